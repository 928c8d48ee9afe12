"""The ledger: order of steps, every byte guarded, overdue in plain sight, in six languages."""

from __future__ import annotations

import json
import multiprocessing
import re
import subprocess
import sys
from datetime import date
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from asobna_rounds import ledger_page
from asobna_rounds.errors import LedgerError
from asobna_rounds.ledger import GENESIS, Ledger, mend, read_entries
from asobna_rounds.ledger_cli import ledger as command
from asobna_rounds.promises import (
    ANSWER_WITHIN_DAYS,
    consulted,
    days_since_consulted,
    items,
    kept_share,
)
from asobna_rounds.texts import LANGUAGES, words

TODAY = date(2026, 11, 23)
VISA: list[tuple[str, str, dict[str, Any]]] = [
    ("2026-01-05", "file", {"file": "visas", "title": "Visas and residence"}),
    (
        "2026-02-01",
        "asked",
        {"item": "visa", "file": "visas", "round": "r-1", "text": "What first?"},
    ),
    (
        "2026-02-20",
        "said",
        {
            "item": "visa",
            "text": "Longer papers.",
            "people": 24,
            "invited": 40,
            "report": "r-1.html",
        },
    ),
    (
        "2026-03-10",
        "answered",
        {"item": "visa", "answer": "partly", "reason": "Two years, not three.", "by": "Ministry"},
    ),
    ("2026-03-12", "owner", {"item": "visa", "owner": "Migration desk"}),
    ("2026-03-12", "due", {"item": "visa", "due": "2026-10-01"}),
    ("2026-11-01", "done", {"item": "visa", "evidence": "https://example.org/decree"}),
]


def build(path: Path, *steps: tuple[str, str, dict[str, Any]]) -> Ledger:
    book = Ledger.open(path)
    for day, step, fields in steps:
        book.append(step, date.fromisoformat(day), **fields)
    return book


@pytest.fixture
def book(tmp_path: Path) -> Ledger:
    """A promise that is kept, one that is overdue by 53 days, and a file nobody was asked on."""
    return build(
        tmp_path / "ledger.jsonl",
        ("2026-01-05", "file", {"file": "media", "title": "Media <support>"}),
        ("2026-01-05", "file", {"file": "sanctions", "title": "Sanctions | trade"}),
        *VISA[:4],
        *VISA[4:5],
        ("2026-03-12", "due", {"item": "visa", "due": "2026-06-30"}),
        ("2026-06-28", "due", {"item": "visa", "due": "2026-10-01", "reason": "Second reading."}),
        ("2026-07-01", "asked", {"item": "rent", "file": "media", "round": "r-2", "text": "What?"}),
        (
            "2026-11-03",
            "said",
            {"item": "rent", "text": "Rent <too>.", "people": 12, "invited": 30, "report": "r-2"},
        ),
    )


def test_the_steps_are_kept_as_given_and_the_file_reopens(tmp_path: Path) -> None:
    made = build(tmp_path / "l", *VISA)
    read = Ledger.open(tmp_path / "l", head=made.head)
    assert read.entries == made.entries
    assert [entry.step for entry in read.entries] == [step for _, step, _ in VISA]
    assert read.entries[5].fields == {"item": "visa", "due": "2026-10-01"}
    assert read.entries[5].day == date(2026, 3, 12)


def test_the_written_form_is_fixed(tmp_path: Path) -> None:
    """A ledger must be readable in ten years: this line never changes."""
    build(tmp_path / "l", VISA[0])
    assert (tmp_path / "l").read_text("utf-8") == (
        '{"day":"2026-01-05","file":"visas",'
        '"hash":"HASH","n":1,"step":"file","title":"Visas and residence"}\n'
    ).replace("HASH", "be5b2b8a741fa7f39c65322610f216ddd092b09604242177f002382fdb55317c")


def test_an_empty_ledger_has_a_head_too(tmp_path: Path) -> None:
    assert Ledger.open(tmp_path / "none").head == GENESIS == "0" * 64


# Attacks on the file


def line_of(data: bytes, offset: int) -> int:
    return data[:offset].count(b"\n") + 1


def located(data: bytes) -> int:
    """The line the check names; fails when nothing is noticed."""
    with pytest.raises(LedgerError) as caught:
        read_entries(data)
    found = re.match(r"line (\d+) of the ledger", str(caught.value))
    assert found is not None
    return int(found.group(1))


@pytest.mark.parametrize("flip", [0x01, 0x20, 0x80, 0xFF])
def test_a_change_of_any_byte_is_noticed_and_its_line_named(tmp_path: Path, flip: int) -> None:
    build(tmp_path / "l", *VISA)
    data = (tmp_path / "l").read_bytes()
    for place in range(len(data)):
        altered = data[:place] + bytes([data[place] ^ flip]) + data[place + 1 :]
        assert located(altered) == line_of(data, place), place
    assert len(data) == 1_209


@pytest.mark.slow
def test_every_byte_to_every_other_value(tmp_path: Path) -> None:
    build(tmp_path / "l", *VISA)
    data = (tmp_path / "l").read_bytes()
    for place in range(len(data)):
        for value in set(range(256)) - {data[place]}:
            altered = data[:place] + bytes([value]) + data[place + 1 :]
            assert located(altered) == line_of(data, place)


def test_a_byte_put_in_or_taken_out_is_noticed_and_its_line_named(tmp_path: Path) -> None:
    build(tmp_path / "l", *VISA)
    data = (tmp_path / "l").read_bytes()
    for place in range(len(data)):
        if data[place : place + 1] != data[place - 1 : place]:
            assert located(data[:place] + data[place + 1 :]) == line_of(data, place)
        for extra in (b" ", b"0", b"\n"):
            if extra != data[place : place + 1]:
                assert located(data[:place] + extra + data[place:]) == line_of(data, place)


def test_lines_left_out_swapped_or_doubled_are_noticed(tmp_path: Path) -> None:
    build(tmp_path / "l", *VISA)
    lines = (tmp_path / "l").read_bytes().splitlines(keepends=True)
    for place in range(len(lines) - 1):
        assert located(b"".join(lines[:place] + lines[place + 1 :])) == place + 1
        swapped = lines[:]
        swapped[place], swapped[place + 1] = swapped[place + 1], swapped[place]
        assert located(b"".join(swapped)) == place + 1
    for place in range(len(lines)):
        assert located(b"".join(lines[: place + 1] + lines[place:])) == place + 2


def test_a_cut_at_the_end_and_a_whole_rewrite_show_in_the_published_head(tmp_path: Path) -> None:
    """Without the head nothing could tell: so the head is what reports and invitations print."""
    whole = build(tmp_path / "l", *VISA)
    cut = build(tmp_path / "cut", *VISA[:-1])
    changed = dict(VISA[3][2], answer="accepted")
    build(tmp_path / "new", *VISA[:3], ("2026-03-10", "answered", changed), *VISA[4:])
    for name in ("cut", "new"):
        Ledger.open(tmp_path / name)
        with pytest.raises(LedgerError, match=f"published head {whole.head[:16]}…: it was cut"):
            Ledger.open(tmp_path / name, head=whole.head)
    assert Ledger.open(tmp_path / "l", head=cut.head).head == whole.head


def test_an_incomplete_last_line_is_named_and_mended(tmp_path: Path) -> None:
    build(tmp_path / "l", *VISA)
    data = (tmp_path / "l").read_bytes()
    ends = [place for place in range(1, len(data)) if data[place - 1 : place] == b"\n"]
    for size in (1, ends[0] + 1, ends[2] + 30, len(data) - 1):
        (tmp_path / "l").write_bytes(data[:size])
        with pytest.raises(LedgerError, match="is not complete: the machine stopped while writ"):
            Ledger.open(tmp_path / "l")
        kept = max([0, *(end for end in ends if end <= size)])
        assert mend(tmp_path / "l") == size - kept
        assert (tmp_path / "l").read_bytes() == data[:kept]
        assert mend(tmp_path / "l") == 0


def _append_many(path: Path, number: int) -> int:
    """Append files until ten are in; returns how many this process was acknowledged."""
    done = 0
    while done < 10:
        try:
            Ledger.open(path).append("file", TODAY, file=f"f-{number}-{done}", title="T")
        except LedgerError:
            continue
        done += 1
    return done


def test_two_writers_at_once_lose_nothing_and_break_nothing(tmp_path: Path) -> None:
    with multiprocessing.get_context("fork").Pool(3) as pool:
        done = pool.starmap(_append_many, [(tmp_path / "l", number) for number in range(3)])
    assert done == [10, 10, 10]
    assert len(Ledger.open(tmp_path / "l").entries) == 30


APPEND_FOR_EVER = """
import sys
from datetime import date
from asobna_rounds.ledger import Ledger
book = Ledger.open(sys.argv[1])
for number in range(10_000):
    book.append("file", date(2026, 1, 1), file=f"f-{number}", title="T" * 300)
    print(book.head, flush=True)
"""


@pytest.mark.parametrize("after", [1, 7, 30])
def test_a_kill_while_writing_loses_nothing_acknowledged(tmp_path: Path, after: int) -> None:
    command = [sys.executable, "-c", APPEND_FOR_EVER, str(tmp_path / "l")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        heads = [process.stdout.readline().strip() for _ in range(after)]
        process.kill()
        heads += process.stdout.read().split()
    mend(tmp_path / "l")
    kept = [entry.hash for entry in Ledger.open(tmp_path / "l", head=heads[-1]).entries]
    assert kept[: len(heads)] == heads
    assert len(heads) <= len(kept) <= len(heads) + 1


def test_a_stale_writer_is_told_to_read_again(tmp_path: Path) -> None:
    one = build(tmp_path / "l", VISA[0])
    two = Ledger.open(tmp_path / "l")
    two.append("file", TODAY, file="media", title="Media")
    with pytest.raises(LedgerError, match="the ledger changed since it was read; open it again"):
        one.append("file", TODAY, file="trade", title="Trade")
    assert Ledger.open(tmp_path / "l").head == two.head


# What may follow what


@pytest.mark.parametrize(
    ("before", "attempt", "message"),
    [
        (0, ("asked", {**VISA[1][2]}), 'the file "visas" is not in the ledger; add it first'),
        (1, ("file", {**VISA[0][2]}), 'the file "visas" is already in the ledger'),
        (2, ("asked", {**VISA[1][2]}), 'the item "visa" was already asked; choose another name'),
        (1, ("said", {**VISA[2][2]}), '"visa" cannot be "said" before it is "asked"'),
        (2, ("answered", {**VISA[3][2]}), '"visa" cannot be "answered" before it is "said"'),
        (3, ("owner", {**VISA[4][2]}), '"visa" cannot be "owner" before it is "answered"'),
        (4, ("due", {**VISA[5][2]}), '"visa" cannot be "due" before it is "owner"'),
        (5, ("done", {**VISA[6][2]}), '"visa" cannot be "done" before it is "due"'),
        (6, ("due", {**VISA[5][2]}), '"visa" already has a due day: moving it needs a reason'),
        (6, ("said", {**VISA[2][2]}), '"visa" already has the step "said"'),
        (7, ("due", {**VISA[5][2], "reason": "x"}), '"visa" is already done; open a new item'),
        (
            3,
            ("answered", {**VISA[3][2], "answer": "maybe"}),
            '"answer" must be one of accepted, partly',
        ),
        (3, ("answered", {"item": "visa", "answer": "no"}), "also needs: reason, by"),
        (3, ("answered", {**VISA[3][2], "name": "x"}), 'the step "answered" has no field name'),
        (2, ("said", {**VISA[2][2], "people": 4}), "at least 5 .MIN_PEOPLE.: fewer voices are not"),
        (2, ("said", {**VISA[2][2], "people": True}), '"people" must be a whole number'),
        (2, ("said", {**VISA[2][2], "people": 41}), "more people answered than were invited"),
        (2, ("said", {**VISA[2][2], "text": " "}), '"text" must be text of 1 to 2000 characters'),
        (
            1,
            ("asked", {**VISA[1][2], "item": "Visa 1"}),
            '"item" may hold up to 48 of a-z, 0-9 and',
        ),
        (
            5,
            ("due", {"item": "visa", "due": "2026-02-30"}),
            "due 2026-02-30 is not in the calendar",
        ),
        (5, ("due", {"item": "visa", "due": "1.10.2026"}), "due must be written YYYY-MM-DD"),
        (0, ("promised", {}), 'there is no step "promised"; the steps are file, asked, said'),
    ],
)
def test_a_step_that_does_not_fit_is_refused_and_nothing_is_written(
    tmp_path: Path, before: int, attempt: tuple[str, dict[str, Any]], message: str
) -> None:
    step, fields = attempt
    book = build(tmp_path / "l", *VISA[:before])
    size = (tmp_path / "l").stat().st_size if before else 0
    with pytest.raises(LedgerError, match=message):
        book.append(step, TODAY, **fields)
    assert ((tmp_path / "l").stat().st_size if before else 0) == size


def test_a_refusal_ends_the_item_without_an_owner(tmp_path: Path) -> None:
    no = {**VISA[3][2], "answer": "no"}
    book = build(tmp_path / "l", *VISA[:3], ("2026-03-10", "answered", no))
    with pytest.raises(LedgerError, match='was answered "no": there is no promise to own'):
        book.append("owner", TODAY, item="visa", owner="Desk")
    assert items(book, TODAY)[0].state == "declined"
    book.append("answered", TODAY, **VISA[3][2])
    assert items(book, TODAY)[0].state == "unowned"


def test_the_ledger_only_grows_forward(tmp_path: Path) -> None:
    book = build(tmp_path / "l", *VISA[:2])
    with pytest.raises(LedgerError, match=r"the day 2026-01-31 lies before the last entry"):
        book.append("said", date(2026, 1, 31), **VISA[2][2])


# What it says today


@pytest.mark.parametrize(
    ("steps", "today", "expected"),
    [
        (2, "2026-12-31", ("asking", 0)),
        (3, "2026-05-21", ("unanswered", 0)),
        (3, "2026-05-22", ("unanswered", 1)),
        (4, "2026-06-08", ("unowned", 0)),
        (4, "2026-06-09", ("unowned", 1)),
        (5, "2026-06-09", ("undated", 1)),
        (6, "2026-10-01", ("promised", 0)),
        (6, "2026-10-02", ("promised", 1)),
        (6, "2027-10-01", ("promised", 365)),
        (7, "2027-10-01", ("done", 0)),
    ],
)
def test_what_is_overdue_and_since_when(
    tmp_path: Path, steps: int, today: str, expected: tuple[str, int]
) -> None:
    assert ANSWER_WITHIN_DAYS == 90
    book = build(tmp_path / "l", *VISA[:steps])
    (item,) = items(book, date.fromisoformat(today))
    assert (item.state, item.late_days) == expected
    assert item.overdue == (expected[1] > 0)


def test_overdue_comes_first_and_moved_days_stay_visible(book: Ledger) -> None:
    first, second = items(book, TODAY)
    assert (first.name, first.late_days, first.moved) == ("visa", 53, 1)
    assert first.first_due == date(2026, 6, 30)
    assert (second.name, second.overdue) == ("rent", False)
    assert kept_share([first, second]) == (1, 1)


def test_days_since_somebody_was_consulted_on_a_file(book: Ledger) -> None:
    assert days_since_consulted(book, "visas", TODAY) == 276
    assert days_since_consulted(book, "media", TODAY) == 20
    assert days_since_consulted(book, "sanctions", TODAY) is None
    assert days_since_consulted(book, "nothing", TODAY) is None
    rows = consulted(book, TODAY)
    assert [(row.file, row.within(90), row.people) for row in rows] == [
        ("sanctions", False, 0),
        ("visas", False, 24),
        ("media", True, 12),
    ]
    assert [row.within(276) for row in rows] == [False, True, True]


class Page(HTMLParser):
    """The elements of a page, and the text in each kind."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: dict[str, list[str]] = {}
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "meta":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.text.setdefault(self.open[-1], []).append(data)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_is_whole_and_says_overdue_in_words(book: Ledger, language: str) -> None:
    html = ledger_page.render_html(book, TODAY, language)
    page = Page(html)
    assert page.open == []
    assert page.tags[0] == ("html", {"lang": language})
    names = [tag for tag, _ in page.tags]
    assert not {"script", "img", "link", "iframe", "form"} & set(names)
    assert [names.count(tag) for tag in ("h1", "h2", "h3", "main", "caption")] == [1, 2, 2, 1, 1]
    scopes = [attrs.get("scope") for tag, attrs in page.tags if tag == "th"]
    assert scopes == ["col"] * 4 + ["row"] * 3
    late = words("ledger", language)["overdue"].format(days=53)
    assert page.text["p"].count(f"⚠ {late}") == 1
    assert book.head in page.text["code"]
    assert "Rent <too>." in page.text["h3"]
    assert len(html.encode()) < 30_000


def test_words_in_another_language_say_so(tmp_path: Path) -> None:
    steps = [(day, step, {**fields, "language": "be"}) for day, step, fields in VISA]
    page = Page(ledger_page.render_html(build(tmp_path / "l", *steps), TODAY, "en"))
    marked = [tag for tag, attrs in page.tags if attrs.get("lang") == "be"]
    assert marked == ["th", "h3", *["dd"] * 6]
    plain = Page(ledger_page.render_html(build(tmp_path / "p", *VISA), TODAY, "en"))
    assert [tag for tag, attrs in plain.tags if "lang" in attrs] == ["html"]
    with pytest.raises(LedgerError, match='"language" must be a tag such as "be"'):
        build(tmp_path / "x", ("2026-01-05", "file", {**VISA[0][2], "language": "by!"}))


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_number_of_fresh_files_is_on_the_page(book: Ledger, language: str) -> None:
    line = words("ledger", language)["consulted_line"].format(limit=90, fresh=1, total=3)
    assert line in Page(ledger_page.render_html(book, TODAY, language)).text["caption"]
    assert line in ledger_page.render_markdown(book, TODAY, language)
    assert line in ledger_page.invitation_opening(book, TODAY, language)


def test_markdown_cannot_be_broken_by_what_was_said(book: Ledger) -> None:
    text = ledger_page.render_markdown(book, TODAY)
    assert "| Sanctions \\| trade | never | – | no |\n" in text
    assert "### Rent \\<too\\>.\n" in text
    assert "- Due: 2026-10-01 (first promised for 2026-06-30, moved: 1; Second reading.)\n" in text


def test_the_invitation_opens_with_what_is_overdue(book: Ledger) -> None:
    lines = ledger_page.invitation_opening(book, TODAY).splitlines()
    assert lines[:4] == [
        "Before we ask again: what became of what you told us",
        "",
        "- OVERDUE, days: 53. Longer papers → promised (Migration desk; due 2026-10-01 (first "
        "promised for 2026-06-30, moved: 1; Second reading.))",
        "- Rent <too> → waiting for an answer",
    ]
    assert lines[-1] == f"Mark of this ledger (compare it with earlier reports): {book.head}"


def test_an_empty_ledger_makes_an_empty_page_not_an_error(tmp_path: Path) -> None:
    empty = Ledger.open(tmp_path / "none")
    assert "Nothing has been asked yet." in ledger_page.render_html(empty, TODAY)
    assert "Nothing has been asked yet." in ledger_page.invitation_opening(empty, TODAY)


@settings(max_examples=50, deadline=None)
@given(text=st.text(min_size=1, max_size=200).filter(lambda t: t.strip()))
def test_anything_said_is_text_on_the_page_never_markup(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    folder = tmp_path_factory.mktemp("ledger")
    said = {**VISA[2][2], "text": text}
    try:
        book = build(folder / "l", *VISA[:2], ("2026-02-20", "said", said))
    except LedgerError:
        return
    kept = book.entries[-1].fields["text"]
    assert Ledger.open(folder / "l").entries[-1].fields["text"] == kept
    plain = ledger_page.render_html(build(folder / "p", *VISA[:3]), TODAY)
    html = ledger_page.render_html(book, TODAY)
    assert [tag for tag, _ in Page(html).tags] == [tag for tag, _ in Page(plain).tags]


# The commands


def test_the_commands_add_check_and_show(tmp_path: Path) -> None:
    path = str(tmp_path / "l")
    for day, step, fields in VISA[:6]:
        pairs = [f"{name}={value}" for name, value in fields.items()]
        done = CliRunner().invoke(command, ["add", path, step, *pairs, "--day", day])
        assert done.exit_code == 0, done.output
    head = Ledger.open(path).head
    checked = CliRunner().invoke(command, ["check", path, "--head", head])
    assert checked.stdout == f"6 lines, unbroken; head {head}\n"
    due = CliRunner().invoke(command, ["due", path, "--day", "2026-11-23"])
    assert (due.exit_code, due.stdout) == (
        1,
        "overdue by 53 days: visa (promised)\n"
        "file visas: last consulted 276 days ago (24 people)\n"
        "1 overdue; 1 files without consultation in 90 days\n",
    )
    fine = CliRunner().invoke(command, ["due", path, "--day", "2026-03-12"])
    assert (fine.exit_code, fine.stdout) == (
        0,
        "0 overdue; 0 files without consultation in 90 days\n",
    )
    page = CliRunner().invoke(command, ["page", path, "--as", "markdown", "--day", "2026-11-23"])
    assert page.stdout == ledger_page.render_markdown(Ledger.open(path), TODAY)


def test_every_word_list_has_every_word_in_every_language() -> None:
    fields = re.compile(r"\{\w+\}")
    for subject in ("ledger", "helper", "slips", "invitation"):
        english = words(subject, "en")
        for language in LANGUAGES:
            there = words(subject, language)
            assert list(there) == list(english), (subject, language)
            for key, text in english.items():
                assert sorted(fields.findall(there[key])) == sorted(fields.findall(text)), key
                assert there[key].strip() == there[key] != "", (subject, language, key)
    same = [k for k, v in words("ledger", "be").items() if v == words("ledger", "ru")[k]]
    assert same == ["as_of"]


def test_a_line_of_the_ledger_is_json_for_anyone_else_to_read(book: Ledger) -> None:
    for number, line in enumerate(book.path.read_text("utf-8").splitlines(), start=1):
        record = json.loads(line)
        assert record["n"] == number
        assert set(record) >= {"n", "day", "step", "hash"}
