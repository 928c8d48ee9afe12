"""packs: a broken pack names its file, its entry and the right form; nothing half-loads."""

import shutil

import pytest

import asobna
from asobna.errors import PackError
from asobna.pack_files import BUILT_IN, PackHashes, pack_code, pack_codes, read_csv
from asobna.packs import expand_form, expand_macros, read_packs

PATTERN = """
[[pattern]]
id = "{id}"
match = '{match}'
because = "A reason."
hits = ["<<Toyland>>"]
misses = ["Elsewhere"]
"""
HEADER = "form,entity,class,status,replacement,needs,source,reviewed_by,note\n"


@pytest.fixture
def toy(tmp_path):
    """A folder of packs with one small language."""
    shutil.copytree(BUILT_IN / "shared", tmp_path / "shared")
    pack = tmp_path / "toy"
    (pack / "patterns").mkdir(parents=True)
    (pack / "pack.toml").write_text('code="toy"\nname="Toy"\nstate="draft"\nversion="1"\n')
    (pack / "names.csv").write_text(HEADER + "Toyland,BY,belarus.country,preferred,,,,,\n")
    return tmp_path


def broken(toy, name, content):
    path = toy / "toy" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(content, encoding="utf-8")
    with pytest.raises(PackError) as error:
        read_packs(toy)
    return str(error.value).replace(str(toy / "toy") + "/", "")


def test_a_pack_exists_if_its_toml_does(toy):
    assert pack_codes(toy) == ["toy"]
    assert read_packs(toy).codes == ["toy"]


def test_braces_spell_alternatives():
    assert expand_form("Belarus{,ian,ians}") == ["Belarus", "Belarusian", "Belarusians"]
    assert expand_form("{A,B} {c,d}") == ["A c", "A d", "B c", "B d"]


def test_macros_expand_and_cannot_run_in_circles():
    macros = {"a": "{b}+", "b": "x|y", "c": "{c}"}
    assert expand_macros("{a}{2,3}", macros, "here") == "(?:(?:x|y)+){2,3}"
    with pytest.raises(PackError, match="here: macros refer to each other without end"):
        expand_macros("{c}", macros, "here")


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("names.csv", "form,entity\n", "names.csv:1: the columns must be form,entity,class,status"),
        ("names.csv", HEADER + "X,BY,land,,,,,,\n", "names.csv:2: class 'land' is not one of"),
        ("names.csv", HEADER + "X,BY,trap,odd,,,,,\n", "names.csv:2: status 'odd' is not one of"),
        ("names.csv", HEADER + "X,BY,trap,,,now,,,\n", "names.csv:2: needs 'now' must be empty"),
        ("names.csv", HEADER + "*,BY,trap,,,,,,\n", "names.csv:2: the form is empty"),
        ("names.csv", HEADER + "X,BY,trap\n", "names.csv:2: 9 columns are needed; quote commas"),
        (
            "pack.toml",
            'code="xx"\nname="T"\nstate="draft"\nversion="1"',
            "pack.toml: code 'xx' must be the name of its folder",
        ),
        ("pack.toml", 'code="toy"\nname="T"\nstate="draft"', "pack.toml: 'version' is missing"),
        ("pack.toml", "code=", "pack.toml: Invalid value"),
        ("patterns/odd.toml", "", "patterns/odd.toml: a pattern file is named one of"),
        ("patterns/paired.toml", '[[pattern]]\nid="a"', "pattern 'a': 'because' is missing"),
        (
            "patterns/paired.toml",
            PATTERN.format(id="a", match="x(?=y)"),
            "pattern 'a': not a linear-time (RE2) expression",
        ),
        (
            "patterns/paired.toml",
            PATTERN.format(id="a", match="{nowhere}"),
            "pattern 'a': no macro '{nowhere}'; define it in pack.toml under [macros]",
        ),
        ("patterns/paired.toml", PATTERN.format(id="a", match="x") * 2, "the id 'a' is used twice"),
        (
            "patterns/paired.toml",
            PATTERN.format(id="a", match="(?P<m>x)|(?P<z>y)"),
            "pattern 'a': group 'z' tells nothing; mentions spoken of are in m, n, o, k, the "
            "evidence in e, f, g, h",
        ),
        (
            "patterns/paired.toml",
            PATTERN.format(id="a", match="x") + "oops=1",
            "pattern 'a': unknown key 'oops'",
        ),
        ("advice.toml", '[[advice]]\nid="a"', "advice 'a': 'because' is missing"),
        (
            "advice.toml",
            '[[advice]]\nid="a"\nseverity="X"\nmessage="m"\nbecause="b"\n[advice.when]\n',
            "advice 'a': severity must be one of ('E', 'S', 'C')",
        ),
    ],
)
def test_a_broken_pack_says_where_and_what_is_right(toy, name, content, message):
    assert message in broken(toy, name, content)


def test_a_missing_language_lists_those_there_are(toy):
    with pytest.raises(PackError, match="no pack for 'zz'; packs are toy"):
        read_packs(toy, only=("zz",))


def test_a_hash_covers_the_pack_the_shared_part_and_the_entities(toy):
    def now():
        return PackHashes(toy, ["toy"])["toy"]

    hashes = [now()]
    for name in ("toy/names.csv", "shared/pack.toml", "entities.csv"):
        with (toy / name).open("a", encoding="utf-8") as file:
            file.write("# more\n")
        hashes.append(now())
    assert len(set(hashes)) == 4
    (toy / "facts.toml").write_text("# a fact changes no standing\n")
    assert now() == hashes[-1]


@pytest.mark.parametrize(
    ("lang", "code"),
    [("en", "en"), ("en-GB", "en"), ("pt_BR", "pt"), ("EN", "en"), ("eng", "en"), ("no", "nb"),
     ("zh-Hant", "zh"), ("arb", "ar"), ("tlh", "tlh"), ("", "")])  # fmt: skip
def test_a_language_of_several_codes_has_one_pack(lang, code):
    assert pack_code(lang) == code


def test_no_code_of_a_pack_is_read_as_another():
    read_as = {row["code"]: row["read_as"] for row in read_csv(BUILT_IN / "shared/languages.csv")}
    known = set(pack_codes())
    assert read_as.keys() & known == set()
    assert set(read_as.values()) <= known


def test_a_language_is_read_under_each_of_its_codes():
    text = "Russland og Belarus undertegnet avtalen, sa ministeren i Oslo i går etter møtet."
    assert read_packs(only=("no",)).codes == ["nb"]
    for lang in ("no", "nor", "nb-NO", None):
        assert asobna.read(text, lang).column("lang").to_pylist() == ["nb"]
