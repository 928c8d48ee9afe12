"""What the ledger says today: overdue in plain sight, in six languages, by page and command."""

from __future__ import annotations

import re
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from asobna_rounds import ledger_page
from asobna_rounds.errors import LedgerError
from asobna_rounds.ledger import Ledger
from asobna_rounds.ledger_cli import ledger as command
from asobna_rounds.promises import (
    ANSWER_WITHIN_DAYS,
    consulted,
    days_since_consulted,
    items,
    kept_share,
)
from asobna_rounds.texts import LANGUAGES, words
from ledgers import TODAY, VISA, build


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
        start = ["--new"] if step == "file" else []
        done = CliRunner().invoke(command, ["add", *start, path, step, *pairs, "--day", day])
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
