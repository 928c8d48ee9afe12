"""The ledger: its written form and what may follow what."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from asobna_rounds.errors import LedgerError
from asobna_rounds.ledger import GENESIS, Ledger
from asobna_rounds.promises import (
    items,
)
from ledgers import TODAY, VISA, build


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


def test_a_line_of_the_ledger_is_json_for_anyone_else_to_read(book: Ledger) -> None:
    for number, line in enumerate(book.path.read_text("utf-8").splitlines(), start=1):
        record = json.loads(line)
        assert record["n"] == number
        assert set(record) >= {"n", "day", "step", "hash"}
