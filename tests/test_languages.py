"""Languages are data: names in all of them, full packs in a dozen, and none of it in code."""

import ast
import csv
import json
import shutil
from functools import lru_cache
from pathlib import Path

import pytest

import asobna
from asobna.errors import PackError
from asobna.pack_files import BUILT_IN, pack_codes
from asobna.pack_tools import (
    check_pack,
    coverage,
    languages_page,
    name_problems,
    new_pack,
)
from asobna.pack_trials import read_cases
from asobna.packs import read_packs
from asobna.pipeline import read_documents
from asobna.tables import DOCUMENTS, make_table

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
FORMS = SHARED / "names/exonym_forms.tsv"
GOLD = SHARED / "gold/dev.jsonl"
STATUS = {"neutral-standard": "neutral"}
#: A form that is also a surname counts beside another cue only (codebook 1): a word to read it by.
BESIDE = {"Litvin": "Vilnia, Minsk: "}
WITH_CASES = sorted(path.parent.name for path in BUILT_IN.glob("*/cases.toml"))
FULL = [code for code in WITH_CASES if sum(map(len, read_cases(BUILT_IN, code).values())) >= 25]
HEADER = "form,entity,class,status,replacement,needs,source,reviewed_by,note\n"


def read(lang, texts, packs=None):
    """Standings of each text, read with the pack of `lang`."""
    documents = make_table(DOCUMENTS, {
        "document_id": [str(index) for index in range(len(texts))], "text": list(texts),
        "lang": [lang] * len(texts), "regions": [[] for _ in texts]})  # fmt: skip
    reading = read_documents(documents, packs or read_packs(only=(lang,)))
    found = [[] for _ in texts]
    for row in reading.standings.to_pylist():
        found[int(row["document_id"])].append(row)
    return found


# names


def form_rows():
    if not FORMS.exists():
        return []
    with FORMS.open(encoding="utf-8") as lines:
        return list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))


def samples():
    by_lang = {}
    for row in form_rows():
        for form in row["sample_forms"].split("; "):
            by_lang.setdefault(row["lang"], []).append((form, row["status"]))
    return by_lang


#: Languages whose ending of an owner is no part of the name.
OWNERS_APART = {"en"}


@pytest.mark.skipif(not FORMS.exists(), reason="the shared tables of names are not here")
@pytest.mark.parametrize("lang", sorted(samples()))
def test_every_known_form_is_found_with_its_status_and_no_trap_is(lang):
    forms = samples()[lang]
    texts = [BESIDE.get(form, "") + form for form, _ in forms]
    wrong = []
    for (form, status), found in zip(forms, read(lang, texts), strict=True):
        start = len(BESIDE.get(form, ""))
        got = [(r["surface"], r["name_form"]) for r in found if r["start_cp"] >= start]
        bare = form.removesuffix("'s").rstrip("'’") if lang in OWNERS_APART else form
        expected = [] if status == "trap" else [(bare, STATUS.get(status, status))]
        if got != expected:
            wrong.append((form, got))
    assert wrong == []


def test_a_form_that_is_also_a_surname_counts_beside_a_cue_only():
    for form in BESIDE:
        assert read("en", [f"{form} spoke.", f"In Minsk, Mr {form} spoke."])[0] == []
        (minsk,) = read("en", [f"In Minsk, Mr {form} spoke."])[0]
        assert minsk["surface"] == "Minsk"


HISTORICAL = ["the 1st Belorussian Front", "the Belorussian Military District", "White Ruthenia",
              "the Belorussian Offensive", "the Byelorussian SSR", "Soviet Byelorussia"]  # fmt: skip


@pytest.mark.parametrize("name", HISTORICAL)
@pytest.mark.parametrize(
    "sentence",
    [
        "Under {} the bridges burned.",
        "{} attacked its neighbours.",
        "{} was a part of Russia.",
        "Russians and {} have never known freedom.",
        "The Kremlin's puppet {} reopened its borders.",
        "Books on {} are rare.",
    ],
)
def test_a_historical_name_is_recorded_and_never_flagged(name, sentence):
    text = sentence.format(name)
    (row,) = read("en", [text])[0]
    assert (row["name_form"], row["time"]) == ("historical", "historical")
    assert row["surface"] == name.removeprefix("the ")
    assert asobna.check(text, lang="en").to_pylist() == []


@pytest.mark.parametrize("code", pack_codes())
def test_the_names_of_every_pack_load_and_are_in_order(code):
    assert read_packs(only=(code,)).names[code].num_rows > 0
    assert name_problems(BUILT_IN, code) == []


# full packs


@pytest.mark.parametrize("code", WITH_CASES)
def test_every_sentence_of_a_pack_gets_its_standing(code):
    assert check_pack(code) == []


def test_more_than_thirty_packs_are_full():
    assert len(FULL) >= 32
    for code in FULL:
        assert set(read_cases(BUILT_IN, code)) == {
            "own", "contrasted", "listed", "paired", "derived", "absorbed", "none"}  # fmt: skip


@lru_cache
def gold(lang):
    rows = [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]
    rows = [row for row in rows if row["lang"] == lang]
    pairs = []
    texts = [f"{row['before']} {row['text']} {row['after']}" for row in rows]
    for row, found in zip(rows, read(lang, texts), strict=True):
        first = len(row["before"]) + 1
        start, end = first + row["start"], first + row["end"]
        hits = [h for h in found if h["start_cp"] < end and start < h["end_cp"]]
        best = max(hits, key=lambda h: min(end, h["end_cp"]) - max(start, h["start_cp"]),
                   default=None)  # fmt: skip
        pairs.append((row["label"]["standing"], best["standing"] if best else "none"))
    return pairs


def f1(pairs, value):
    hits = sum(a == b == value for a, b in pairs)
    return 2 * hits / sum((a == value) + (b == value) for a, b in pairs)


@pytest.mark.skipif(not GOLD.exists(), reason="the shared coded sentences are not here")
@pytest.mark.parametrize("lang", ["de", "sv", "ru"])
def test_standings_agree_with_coded_sentences(lang):
    pairs = gold(lang)
    large = {a for a, _ in pairs if sum(b == a for b, _ in pairs) >= 10}
    assert sum(f1(pairs, value) for value in large) / len(large) >= 0.75


@pytest.mark.skipif(not GOLD.exists(), reason="the shared coded sentences are not here")
@pytest.mark.parametrize("lang", ["be", "de", "en", "nl", "ru", "sv"])
def test_mentions_of_coded_sentences_are_found(lang):
    named = [(a, b) for a, b in gold(lang) if a != "none"]
    assert sum(b != "none" for _, b in named) / len(named) >= 0.98


# no language in code, and a way in


def test_no_python_file_holds_the_code_of_a_language():
    codes = set(WITH_CASES)
    named = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.value}"
        for path in sorted((ROOT / "src/asobna").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant) and node.value in codes
    ]
    assert named == []


@pytest.fixture
def packs_folder(tmp_path):
    shutil.copytree(BUILT_IN / "shared", tmp_path / "shared")
    shutil.copy(BUILT_IN / "entities.csv", tmp_path)
    return tmp_path


def test_a_language_is_added_without_touching_code(packs_folder):
    pack = new_pack(packs_folder, "toy")
    (pack / "names.csv").write_text(HEADER + "".join([
        "Belo*,BY,belarus.country,preferred,,,me,,\n", "Kubo*,CU,country.name,,,,me,,\n",
        "Ruso*,RU,russia.country,,,,me,,\n"]), encoding="utf-8")  # fmt: skip
    settings = (pack / "pack.toml").read_text(encoding="utf-8")
    (pack / "pack.toml").write_text(settings.replace("and|or", "ka"), encoding="utf-8")
    (pack / "cases.toml").write_text('own = ["Mi [[Belon]] ama."]\npaired = ["Rusos ka '
                                     '[[Belos]] ama."]\n', encoding="utf-8")  # fmt: skip
    assert check_pack("toy", packs_folder) == []
    texts = ["Rusos ka Belos ama.", "Rusos, Belos ka Kubos ama.", "Belos ama."]
    found = read("toy", texts, read_packs(packs_folder))
    assert [row["standing"] for rows in found for row in rows] == ["paired", "listed", "own"]
    assert found[0][0]["rule_id"] == "x.paired.direct"


def test_a_new_pack_is_a_draft_that_loads(packs_folder):
    new_pack(packs_folder, "toy")
    (row,) = coverage(packs_folder)
    assert (row.code, row.state, row.level, row.all_forms, row.cases) == (
        "toy", "draft", "names and pairs", 0, 0)  # fmt: skip
    with pytest.raises(
        PackError, match=r"toy exists already; check it with: asobna packs check .*toy$"
    ):
        new_pack(packs_folder, "toy")
    with pytest.raises(PackError, match="'Toy': a pack is named by the lower-case code"):
        new_pack(packs_folder, "Toy")


def test_checking_says_what_is_wrong_and_where(packs_folder):
    pack = new_pack(packs_folder, "toy")
    (pack / "names.csv").write_text(HEADER + "".join([
        "Belos,BY,belarus.country,preferred,,,me,,\n",
        "Alos,BY,belarus.country,misspelling,,,me,,\n",
        '"Al{os,an}",BY,belarus.country,accepted,,,me,,\n', "Minos,nowhere,belarus.capital,,,,,,\n",
    ]), encoding="utf-8")  # fmt: skip
    (pack / "cases.toml").write_text('paired = ["[[Belos]] ama."]\nnone = ["[[Belos]] ka."]\n')
    names, cases = f"{pack / 'names.csv'}", f"{pack / 'cases.toml'}"
    order = "is out of order (class, entity, form); --sort puts the lines there"
    assert check_pack("toy", packs_folder) == [
        f"{names}:3: 'Alos' {order}",
        f"{names}:5: 'Minos' {order}",
        f"{names}:4: 'Alos' stands in line 3 already; take it out of one of them",
        f"{names}:3: 'Alos' is misspelling and offers no replacement",
        f"{names}:5: entity 'nowhere' is neither in entities.csv nor a country code",
        f"{names}:5: 'Minos' names no source; say where the form is used",
        f"{cases}:1: paired was expected and own found (default.own) in “[[Belos]] ama.”",
        f"{cases}:2: none was expected and own found (default.own) in “[[Belos]] ka.”",
    ]


def test_a_misspelt_word_list_is_named(packs_folder):
    pack = new_pack(packs_folder, "toy")
    settings = (pack / "pack.toml").read_text(encoding="utf-8").replace("\nx_and", "\nx_amd")
    (pack / "pack.toml").write_text(settings, encoding="utf-8")
    line = 1 + settings.splitlines().index("x_amd = 'and|or'")
    assert (f"{pack / 'pack.toml'}:{line}: no shared pattern asks for a word list 'x_amd'; "
            "is it misspelt?") in check_pack("toy", packs_folder)  # fmt: skip


def test_the_page_of_languages_is_what_the_packs_say():
    page = (ROOT / "docs/languages.md").read_text(encoding="utf-8")
    assert page == languages_page(coverage())


def test_every_full_pack_advises_in_its_language():
    advice = read_packs().advice.to_pylist()
    for code in FULL:
        ids = {row["id"] for row in advice if row["lang"] == code}
        assert {"absorbed.place", "absorbed.state", "absorbed.person", "derived.epithet",
                "paired.people", "blame.country", "blame.people"} <= ids  # fmt: skip
    messages = [row["message"] for row in advice if row["lang"] in FULL]
    assert len(messages) == len(set(messages))


@pytest.mark.parametrize(
    ("lang", "text", "wording"),
    [
        ("de", "die weißrussischen Wälder", "belarussischen"),
        ("de", "aus Weissrussland", "Belarus"),
        ("sv", "i Vitryssland", "Belarus"),
        ("sv", "den vitryska skogen", "belarusiska"),
        ("nl", "in Wit-Rusland", "Belarus"),
        ("nb", "de hviterussiske skogene", "belarusiske"),
        ("da", "i Hviderusland", "Belarus"),
    ],
)
def test_a_dated_name_is_offered_in_its_own_inflection(lang, text, wording):
    (finding,) = asobna.check(text, lang=lang).to_pylist()
    assert (finding["rule_id"], finding["severity"], finding["wordings"]) == (
        "name.former", "S", [wording])  # fmt: skip


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("fi", "Haikarat pesivät Valko-Venäjällä."),
        ("et", "Toonekured pesitsevad Valgevenes."),
        ("lv", "Stārķi ligzdo Baltkrievijā."),
        ("lt", "Gandrai peri Baltarusijoje."),
        ("fr", "Les cigognes nichent en Biélorussie."),
        ("it", "Le cicogne nidificano in Bielorussia."),
        ("es", "Las cigüeñas anidan en Bielorrusia."),
        ("cs", "Čápi hnízdí v Bělorusku."),
        ("ru", "Аисты гнездятся в Белоруссии."),
    ],
)
def test_a_name_that_is_the_norm_of_its_language_is_never_flagged(lang, text):
    assert asobna.check(text, lang=lang).num_rows == 0
