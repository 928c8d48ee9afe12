"""cache: what is kept is what was made, and nothing else is ever believed."""

import os
import pickle
import struct

import pyarrow as pa
import pytest

from asobna import cache, pack_files
from asobna.expressions import CLUES, clues_table
from asobna.kept_scanners import kept_scanner
from asobna.languages import _identifier, identify_language
from asobna.lexicon import Lexicon, compile_names, spell_names
from asobna.pack_files import PackHashes
from asobna.packs import read_packs
from asobna.scanner import Form, Scanner

NUMBERS = pa.schema([("n", pa.int32())])
WORDS = pa.schema([("word", pa.string())])
MARK = cache.mark_of("a", 1)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setenv("ASOBNA_CACHE", str(tmp_path / "kept"))
    return tmp_path / "kept"


def tables():
    return [pa.table([[1, 2]], NUMBERS), pa.table([["Minsk"]], WORDS)]


def kept(made, schemas=(NUMBERS, WORDS)):
    """The kept tables; `made` counts how often they had to be made."""

    def make():
        made.append(1)
        return tables()

    return cache.kept_tables("thing", MARK, schemas, make)


def test_what_is_kept_is_made_once(folder):
    made = []
    assert [kept(made) for _ in range(3)] == [tables()] * 3
    assert len(made) == 1
    assert [path.name for path in folder.iterdir()] == [f"thing-{MARK}.kept"]


def _cut(data):
    return data[:-8]


def _flipped(data):
    return data[:-20] + bytes([data[-20] ^ 1]) + data[-19:]


class _Bomb:
    def __reduce__(self):
        return os.mkdir, ("exploded",)


def _signed(content):
    """A file whose head is right, whatever its content."""
    return cache._head(content) + content


@pytest.mark.parametrize(
    "spoil",
    [
        _cut,
        _flipped,
        lambda _: b"",
        lambda _: b"asobna",
        lambda data: b"\0" * len(data),
        lambda data: data.replace(b"asobna ", b"asobnb ", 1),
        lambda _: _signed(b""),
        lambda _: _signed(b"no tables " * 9),
        lambda _: _signed(pickle.dumps(_Bomb())),
        lambda data: _signed(data[64:200]),
    ],
)
def test_a_spoilt_file_is_ignored_and_made_anew(folder, tmp_path, monkeypatch, spoil):
    monkeypatch.chdir(tmp_path)
    made = []
    kept(made)
    [path] = folder.iterdir()
    whole = path.read_bytes()
    path.write_bytes(spoil(whole))
    assert kept(made) == tables()
    assert len(made) == 2
    assert path.read_bytes() == whole
    assert not (tmp_path / "exploded").exists()


def test_tables_of_another_shape_are_not_taken_for_these(folder):
    cache.keep_tables("thing", MARK, [pa.table([[1, 2]], NUMBERS)] * 2)
    made = []
    assert kept(made) == tables()
    assert len(made) == 1


def test_tables_that_point_outside_of_themselves_are_not_read(folder):
    made = []
    kept(made)
    [path] = folder.iterdir()
    whole = path.read_bytes()
    word, outside = (struct.pack("<ii", 0, end) + b"Minsk" for end in (5, 1 << 20))
    assert whole.count(word) == 1
    path.write_bytes(_signed(whole.replace(word, outside)[64:]))
    assert kept(made) == tables()
    assert len(made) == 2


def test_an_empty_variable_keeps_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("ASOBNA_CACHE", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    monkeypatch.chdir(tmp_path)
    made = []
    assert [kept(made), kept(made)] == [tables()] * 2
    assert len(made) == 2
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_no_error(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("ASOBNA_CACHE", str(tmp_path / "file"))
    assert kept([]) == tables()


def test_the_oldest_files_go_when_there_is_no_room(folder, monkeypatch):
    monkeypatch.setattr(cache, "MOST_BYTES", 3000)
    monkeypatch.setattr(cache, "_LARGE_BYTES", 1000)
    for number in range(5):
        cache.save("block", str(number), b"x" * 1000)
        os.utime(folder / f"block-{number}.kept", (number, number))
    (folder / "notes.txt").write_text("somebody else's")
    cache.save("block", "5", b"x" * 1000)
    assert sorted(path.name for path in folder.iterdir()) == [
        "block-4.kept",
        "block-5.kept",
        "notes.txt",
    ]


def test_another_program_has_another_mark():
    assert cache.program_mark(("lexicon",)) != cache.program_mark(("scanner",))


# files of packs


@pytest.fixture
def pack(tmp_path):
    """A folder of one pack, with shared parts of its own."""
    (tmp_path / "packs" / "toy").mkdir(parents=True)
    (tmp_path / "packs" / "shared").mkdir()
    (tmp_path / "packs" / "toy" / "pack.toml").write_text('code = "toy"\n')
    return tmp_path / "packs"


def test_a_change_is_noticed_though_length_and_time_of_change_are_as_before(
    folder, pack, monkeypatch
):
    monkeypatch.setattr(pack_files, "SETTLED_NS", 0)
    file = pack / "toy" / "pack.toml"
    before, about = PackHashes(pack, ["toy"])["toy"], file.stat()
    assert len(list(folder.glob("files-*"))) == 1
    file.write_text('code = "toX"\n')
    os.utime(file, ns=(about.st_atime_ns, about.st_mtime_ns))
    assert file.stat().st_size == about.st_size
    assert PackHashes(pack, ["toy"])["toy"] != before


def test_hashes_of_files_that_have_just_changed_are_not_kept(folder, pack):
    first = PackHashes(pack, ["toy"])["toy"]
    assert not folder.exists()
    assert PackHashes(pack, ["toy"])["toy"] == first


def test_kept_hashes_are_those_of_the_files(folder, pack, monkeypatch):
    monkeypatch.setattr(pack_files, "SETTLED_NS", 0)
    kept_now = [PackHashes(pack, ["toy"])["toy"] for _ in range(2)]
    monkeypatch.setenv("ASOBNA_CACHE", "")
    assert kept_now == [PackHashes(pack, ["toy"])["toy"]] * 2


# what is kept


def _of_german():
    read_packs.__globals__["_read"].cache_clear()
    packs = read_packs(only=("de",))
    compile_names(packs.names["de"])
    return packs, packs.names["de"], packs.patterns["de"]


def test_packs_that_were_kept_are_those_on_disk(folder):
    made, again = _of_german(), _of_german()
    assert {"names", "packs", "patterns"} <= {path.name.split("-")[0] for path in folder.iterdir()}
    for one, other in zip(made, again, strict=True):
        assert one is not other
    assert made[1:] == again[1:]
    assert made[0][2:] == again[0][2:]
    assert clues_table(again[2]).schema == CLUES
    assert Lexicon(again[1])._rows == Lexicon(again[1], spell_names(made[1]))._rows


def test_a_scanner_that_was_kept_finds_what_it_found(folder):
    forms = [Form("Belarus"), Form("Weißrussland", group=1), Form("Mińsk", True, group=200)]
    texts = pa.array(["In Belarus.", "aus Weißrussland", "w Mińsku"], pa.large_string())
    built = []

    def build():
        built.append(1)
        return Scanner(forms)

    found = [kept_scanner("forms", build).scan(texts).by_row() for _ in range(2)]
    assert found == [{0: [3], 1: [4], 2: [2]}] * 2
    assert len(built) == 1


def test_a_scanner_of_another_machine_is_built_anew(folder):
    forms = [Form("Belarus")]
    kept_scanner("forms", lambda: Scanner(forms))
    [path] = folder.glob("scan-*")
    whole = path.read_bytes()
    engine = Scanner(forms).compiled()
    foreign = whole.replace(engine, b"\0" * len(engine))
    path.write_bytes(_signed(foreign[64:]))
    texts = pa.array(["In Belarus."], pa.large_string())
    assert kept_scanner("forms", lambda: Scanner(forms)).scan(texts).by_row() == {0: [3]}
    assert path.read_bytes() == whole


TEXTS = [
    "A museum opened in Minsk on Monday, and the minister of culture came from the capital.",
    "Das Museum in Minsk wurde am Montag eröffnet, und der Minister reiste aus der Stadt an.",
    "Музей адкрыўся ў Менску ў панядзелак, і міністр культуры прыехаў са сталіцы.",
    "",
    "1234",
]


def test_the_kept_model_of_languages_tells_what_the_library_tells(folder):
    langid = pytest.importorskip("py3langid.langid")
    own = langid.LanguageIdentifier.from_model_file(langid.MODEL_FILE, norm_probs=True)
    for _ in range(2):
        _identifier.cache_clear()
        assert [_identifier().rank(text) for text in TEXTS] == [own.rank(text) for text in TEXTS]
    [path] = folder.glob("model-*")
    path.write_bytes(path.read_bytes()[:-1000])
    _identifier.cache_clear()
    assert identify_language(TEXTS[1])[0] == "de"
    _identifier.cache_clear()
