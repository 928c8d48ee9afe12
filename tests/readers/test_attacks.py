"""Hostile input: each ends as a reject that names its limit, the parent barely notices."""

import bz2
import io
import os
import resource
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asobna.errors import ConfigError
from asobna.limits import DEFAULTS, LIMITS, chosen_limits, limits_table
from asobna.sources.guard import Guard, Read, Sheet, judged_fields
from asobna.sources.readers.dates import dated
from asobna.sources.readers.drafts import clean, clean_mapped
from readers import producers as make

MIB = 1 << 20


@pytest.fixture
def guard():
    with Guard({**DEFAULTS, "wall_seconds": 10, "cpu_seconds": 4}) as guard:
        yield guard


def ends(guard, kind, content, path="page"):
    """How a page ended, and by how many MiB the memory of this process rose at most."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answers = list(guard.read([Sheet(path, kind, content)]))
    rise = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert rise < 100, f"the parent rose by {rise} MiB"
    assert answers, "a page must end as a document or a reject"
    return [("document", "") if isinstance(a, Read) else (a.reason, a.detail) for a in answers]


def swollen(size_mib, method=zipfile.ZIP_DEFLATED):
    """A .docx whose text part unpacks to that many MiB."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(make.draft())) as old, zipfile.ZipFile(out, "w", method) as new:
        for name in old.namelist():
            if name != "word/document.xml":
                new.writestr(name, old.read(name))
        with new.open("word/document.xml", "w", force_zip64=True) as part:
            for _ in range(size_mib):
                part.write(b" " * MIB)
    return out.getvalue()


def test_a_docx_of_450_kib_that_inflates_to_gigabytes(guard):
    """Three gigabytes of blanks in several members, packed to under 450 KiB by bzip2's run lengths."""
    packed = bz2.compress(b" " * (64 * MIB))
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(make.draft())) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name), zipfile.ZIP_DEFLATED)
        for number in range(48):
            info = zipfile.ZipInfo(f"word/media/{number}.xml")
            new.writestr(info, packed)
            info.compress_type, info.file_size = zipfile.ZIP_BZIP2, 64 * MIB
    assert len(out.getvalue()) < 450 * 1024
    (end,) = ends(guard, "docx", out.getvalue())
    assert end[0] == "archive-bomb"
    assert "it unpacks to 3,22" in end[1]
    assert "more than archive_bytes = 268,435,456; set ASOBNA_ARCHIVE_BYTES higher" in end[1]


def test_a_docx_that_swells_below_the_sum_is_stopped_by_its_ratio(guard):
    content = swollen(200)
    assert len(content) < 450 * 1024
    (end,) = ends(guard, "docx", content)
    assert end[0] == "archive-bomb"
    assert "archive_ratio = 200" in end[1]


def test_a_directory_that_lies_about_sizes_gives_no_more_than_it_says(guard):
    content = bytearray(swollen(100))
    at = content.rfind(b"word/document.xml") - 46
    content[at + 24 : at + 28] = (1000).to_bytes(4, "little")
    assert ends(guard, "docx", bytes(content))[0][0] in ("damaged", "archive-bomb")


LAUGHS = ('<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)) + "]>")  # fmt: skip


@pytest.mark.parametrize("root", ["TEI", "rss", "publicwhip", "teiCorpus"])
def test_a_billion_laughs(guard, root):
    (end,) = ends(guard, "xml", f"{LAUGHS}<{root}>&j;</{root}>".encode())
    assert end[0] == "xml-entities"


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-8-sig"])
def test_a_billion_laughs_in_another_encoding(guard, encoding):
    (end,) = ends(guard, "xml", f"{LAUGHS}<TEI>&j;</TEI>".replace("1.0", "1.0").encode(encoding))
    assert end[0] in ("xml-entities", "damaged", "unknown-xml")


@pytest.mark.parametrize("member", ["word/document.xml", "word/styles.xml", "[Content_Types].xml"])
def test_a_billion_laughs_inside_a_docx(guard, member):
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(make.draft())) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, f"{LAUGHS}<w>&j;</w>" if name == member else old.read(name))
    assert ends(guard, "docx", out.getvalue())[0][0] == "xml-entities"


def test_an_entity_that_names_a_file_is_not_opened(guard, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    attack = f'<!DOCTYPE r [<!ENTITY x SYSTEM "file://{secret}">]><rss version="2.0"><channel><item><description>&x;</description></item></channel></rss>'
    answers = list(guard.read([Sheet("f.xml", "xml", attack.encode())]))
    assert [a.reason for a in answers] == ["xml-entities"]


def test_a_pdf_whose_table_of_places_leads_in_a_circle(guard):
    content = make.pdf("The fair.")
    start = content.rfind(b"xref\n", 0, content.rfind(b"startxref"))
    looped = content.replace(b"trailer\n<<", b"trailer\n<< /Prev %d" % start)
    assert looped != content
    assert ends(guard, "pdf", looped)[0][0] in ("document", "damaged")


def test_a_pdf_whose_pages_are_their_own_children(guard):
    content = make.pdf("The fair.")
    pages = content[: content.find(b"/Type /Pages")].rfind(b" obj")
    number = content[:pages].split()[-2]
    looped = content.replace(b"/Kids [ ", b"/Kids [ " + number + b" 0 R ")
    assert looped != content
    assert ends(guard, "pdf", looped)[0][0] in ("document", "damaged", "no-text-layer", "crashed")


@pytest.mark.parametrize(
    ("kind", "content", "reason"),
    [
        ("xml", b"<TEI>" + b"<a>" * 100_000, {"damaged", "too-deep"}),
        ("article", b"<html><body>" + b"<div>" * 300_000 + b"text", {"document", "crashed", "damaged",
                                                                  "too-deep", "cpu-limit", "time-limit", "empty"}),
        ("rtf", b"{\\rtf1" + b"{" * 200_000 + b"text", {"document", "empty", "damaged"}),
        ("eml", b"Subject: x\r\n" * 50_000 + b"\r\ntext", {"document"}),
        ("article", b"<html><body><p>" + b"word " * 3_000_000, {"too-much-text"}),
    ],
)  # fmt: skip
def test_depth_and_size(guard, kind, content, reason):
    assert ends(guard, kind, content)[0][0] in reason


def test_a_cell_that_is_too_large_is_told_by_its_limit(guard):
    content = make.word(("word " * 1_100_000, None))
    with Guard({**DEFAULTS, "archive_ratio": 10_000}) as patient:
        assert ends(patient, "docx", content) == [(
            "too-much-text", "the text is very long: more than text_characters = 5,000,000; "
            "set ASOBNA_TEXT_CHARACTERS higher if you trust it",
        )]  # fmt: skip
    assert ends(guard, "docx", content)[0][0] == "archive-bomb"


def test_a_warc_with_wrong_lengths(guard, tmp_path):
    page = ("https://daily.example/a", make.ARTICLE.encode(), "text/html")
    whole = make.warc(page, page)
    at = whole.index(b"Content-Length: ", whole.index(b"Content-Type: application/http"))
    end = whole.index(b"\r\n", at)
    for told, reason in ((b"99999999999999", "too-large"), (b"999999", "wrong-length"),
                         (b"40", "truncated"), (b"-5", "truncated")):  # fmt: skip
        path = tmp_path / "a.warc"
        path.write_bytes(whole[:at] + b"Content-Length: " + told + whole[end:])
        reasons = [reason for reason, _ in ends(guard, "warc", b"", str(path))]
        assert reason in reasons or "damaged" in reasons, (told, reasons)


# the guarded process itself: a reader that misbehaves on purpose


def confined(body, limits):
    """What a child that does `body` after it was confined says; the code it ends with."""
    script = (
        "import sys, os, tempfile\n"
        "from asobna.sources.readers import confinement\n"
        f"confinement.confine({limits!r}, tempfile.mkdtemp())\n"
        f"confinement.allow_time({limits!r})\n"
        f"try:\n    {body}\nexcept BaseException as e: print(type(e).__name__)\nelse: print('done')\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True,
                          timeout=60, check=False)  # fmt: skip
    return done.stdout.strip(), done.returncode


SMALL = {**DEFAULTS, "cpu_seconds": 1, "wall_seconds": 1}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("import socket; socket.socket()", "PermissionError"),
        ("os.fork()", "PermissionError"),
        ("os.execv('/bin/true', ['true'])", "PermissionError"),
        ("os.system('true')", "PermissionError"),
        ("os.kill(os.getppid(), 9)", "PermissionError"),
        ("os.remove('/tmp')", "PermissionError"),
        ("bytearray(4 << 30)", "MemoryError"),
    ],
)
def test_what_a_confined_process_may_not_do(body, said):
    assert confined(body, SMALL) == (said, 0)


def test_a_confined_process_ends_at_its_processor_time_and_files_at_their_size():
    assert confined("\n    while True: pass", SMALL)[1] == -24
    assert confined("open('big', 'wb').write(bytes(1 << 28))", SMALL)[0] in (
        "PermissionError", "OSError", ""
    )  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="system calls are refused by Linux")
@pytest.mark.parametrize(
    ("call", "answer"),
    [
        ("libc.socket(2, 1, 0)", "-1 13"), ("libc.execl(b'/bin/true', b'true', None)", "-1 13"),
        ("libc.fork()", "-1 13"), ("libc.kill(1, 0)", "-1 13"), ("libc.unlink(PATH)", "-1 13"),
        ("libc.open(PATH, os.O_WRONLY | os.O_TRUNC)", "-1 13"),
        ("libc.open(PATH + b'new', os.O_CREAT | os.O_RDWR, 0o600)", "-1 13"),
        ("libc.rename(PATH, PATH + b'new')", "-1 13"), ("libc.truncate(PATH, 0)", "-1 13"),
        ("libc.chmod(PATH, 0)", "-1 13"), ("libc.open(PATH, os.O_RDONLY) > 0", "True 0"),
    ],
)  # fmt: skip
def test_the_kernel_refuses_too_where_the_interpreter_is_got_round(tmp_path, call, answer):
    path = tmp_path / "file"
    path.write_text("kept")
    script = (
        "import ctypes, os\nfrom asobna.sources.readers.confinement import refuse_calls\n"
        f"PATH = {os.fsencode(path)!r}\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        f"assert refuse_calls()\nctypes.set_errno(0)\nprint({call}, ctypes.get_errno())"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=False
    )
    assert done.stdout.strip() == answer, done.stderr
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("file", "kept")]


def test_a_page_that_never_ends_is_a_reject_and_the_next_is_read():
    with Guard({**DEFAULTS, "cpu_seconds": 1, "wall_seconds": 30}) as guard:
        heavy = b"<html><body>" + b"<div>" * 300_000 + b"text"
        began = time.monotonic()
        answers = list(guard.read([Sheet("a", "article", heavy), Sheet("b", "rtf", make.RTF)]))
        assert time.monotonic() - began < 40
    assert isinstance(answers[-1], Read)
    assert answers[0].reason == "cpu-limit"
    assert "cpu_seconds = 1 s" in answers[0].detail


def test_stopping_to_listen_does_not_mix_answers(guard):
    first = guard.read([Sheet("a", "conllu", make.CONLLU)] * 30)
    next(first)
    del first
    (found,) = guard.read([Sheet("b", "rtf", make.RTF)])
    assert found.fields["text"].startswith("The fair in Мinsk")


def test_nothing_is_left_behind():
    with Guard() as guard:
        list(guard.read([Sheet("b", "rtf", make.RTF)]))
        pid, folder = guard._process.pid, guard._folder.name
        assert [path.name for path in Path(folder).iterdir() if path.name != "own"] == []
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert not Path(folder).exists()


@given(st.dictionaries(st.sampled_from(["text", "title", "regions", "locations", "date"]), st.one_of(
    st.none(), st.integers(), st.text(), st.lists(st.lists(st.one_of(st.integers(), st.text()))))))  # fmt: skip
def test_what_the_process_says_is_judged(answer):
    fields = judged_fields(answer)
    assert isinstance(fields["text"], str)
    for region in fields["regions"]:
        assert 0 <= region["start_cp"] <= region["end_cp"] <= len(fields["text"])


@settings(deadline=None)
@given(st.text())
def test_a_cleaned_text_knows_where_each_sign_came_from(text):
    found, places = clean_mapped(text)
    assert found == clean(text)
    assert len(places) == len(found)
    assert places == sorted(places)


@pytest.mark.parametrize(
    ("candidates", "found"),
    [
        ([("2024-02-30", "stated")], {"date_reliability": "absurd"}),
        ([("9999-01-01", "stated"), ("2020-05-06T07:08:09Z", "updated")],
         {"date": "2020-05-06", "date_reliability": "updated"}),
        ([("0001-01-01", "stated")], {"date_reliability": "absurd"}),
        ([("2024-03-06", "stated")], {"date": "2024-03-06", "date_reliability": "stated"}),
        ([("2024-03-08", "stated")], {"date_reliability": "absurd"}),
        ([("Tue, 05 Mar 2024 06:07:08 GMT", "stated")], {"date": "2024-03-05", "date_reliability": "stated"}),
        ([("D:20190102030405Z", "file")], {"date": "2019-01-02", "date_reliability": "file"}),
        ([("2019", "stated")], {"date": "2019", "date_reliability": "stated"}),
        ([("yesterday", "stated")], {"date_reliability": "absurd"}),
        ([(None, "stated"), ("", "file")], {}),
    ],
)  # fmt: skip
def test_dates_that_cannot_be_are_not_kept(candidates, found):
    assert dated(candidates, "2024-03-05") == found


def test_limits_can_be_set_and_are_documented():
    assert chosen_limits({"ASOBNA_WALL_SECONDS": "60"})["wall_seconds"] == 60
    with pytest.raises(
        ConfigError, match="ASOBNA_WALL_SECONDS=0: a whole number above 0 is needed"
    ):
        chosen_limits({"ASOBNA_WALL_SECONDS": "0"})
    page = (make.Path(__file__).parents[2] / "docs" / "limits.md").read_text(encoding="utf-8")
    assert limits_table() in page
    assert len({limit.name for limit in LIMITS}) == len(LIMITS)
