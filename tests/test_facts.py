"""The facts register: every fact dated and sourced, and equal to the register it came from."""

from __future__ import annotations

import csv
import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from asobna.errors import PackError
from asobna.packs import FACT_STATUSES, _read_facts

ROOT = Path(__file__).resolve().parents[1]
FACTS_FILE = ROOT / "src" / "asobna" / "packs" / "facts.toml"
REGISTER = ROOT.parent / "shared" / "facts" / "facts.tsv"
REQUIRED = {"id", "topic", "statement", "event_date", "as_of", "status", "sources"}
OPTIONAL = {"event_until", "as_of_note", "value", "unit"}
SOURCE_REQUIRED = {"title", "publisher", "date", "url"}
NOT_LOOKED_UP = "not looked up"
WORKING_NOTES = re.compile(
    r"op-ed|in copy|garbled|not found|no source (?:found|read)|section read|stored page|"
    r"not recorded|verify|still need|was read|matches",
    re.IGNORECASE,
)
NUMBER = re.compile(r"\d+(?:[.,]\d+)*")

Fact = dict[str, Any]
FACTS: list[Fact] = tomllib.loads(FACTS_FILE.read_text(encoding="utf-8"))["fact"]
EACH = pytest.mark.parametrize("fact", FACTS, ids=lambda fact: fact["id"])


def is_date(text: str) -> bool:
    """True for YYYY, YYYY-MM or YYYY-MM-DD that names a day of the calendar."""
    if not re.fullmatch(r"\d{4}(-\d{2}(-\d{2})?)?", text):
        return False
    year, month, day = (*map(int, text.split("-")), 1, 1)[:3]
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True


@pytest.mark.parametrize("text", ["2024", "2024-02", "2024-02-29"])
def test_is_date_accepts_the_three_lengths(text: str) -> None:
    assert is_date(text)


@pytest.mark.parametrize("text", ["", "-", "n.d.", "2024-13", "2023-02-29", "2020-2024", "2024-2"])
def test_is_date_refuses_everything_else(text: str) -> None:
    assert not is_date(text)


def test_ids_are_unique_and_run_without_gaps() -> None:
    assert [fact["id"] for fact in FACTS] == [f"F{n:02d}" for n in range(1, len(FACTS) + 1)]


@EACH
def test_fact_has_the_documented_keys_and_no_others(fact: Fact) -> None:
    assert set(fact) >= REQUIRED
    assert set(fact) <= REQUIRED | OPTIONAL
    assert all(fact[key] for key in ("topic", "statement", "status"))


@EACH
def test_dates_parse_and_run_forward(fact: Fact) -> None:
    assert is_date(fact["event_date"])
    if "event_until" in fact:
        assert is_date(fact["event_until"])
        assert fact["event_date"] < fact["event_until"]
    assert is_date(fact["as_of"]) or (fact["as_of"] == "" and fact["as_of_note"] in {"n.d.", "-"})


@EACH
def test_statement_is_short_and_ends_as_a_sentence(fact: Fact) -> None:
    assert len(fact["statement"]) <= 320
    assert fact["statement"].endswith(".")
    assert fact["statement"] == " ".join(fact["statement"].split())


@EACH
def test_a_figure_has_a_unit_and_is_the_one_of_the_statement(fact: Fact) -> None:
    assert ("value" in fact) == ("unit" in fact)
    if "value" in fact:
        assert f"{fact['value']:,}" in fact["statement"]


@EACH
def test_fact_is_sourced_or_says_that_it_was_not_looked_up(fact: Fact) -> None:
    """A fact without a source is allowed only when its status says so; it must not be shown."""
    assert bool(fact["sources"]) == (fact["status"] != NOT_LOOKED_UP)
    for source in fact["sources"]:
        assert set(source) >= SOURCE_REQUIRED
        assert set(source) <= SOURCE_REQUIRED | {"note"}
        assert re.fullmatch(r"https?://[^\s/]+\.[^\s/]+/\S*", source["url"])
        assert source["publisher"]
        assert not source["publisher"].startswith("www.")
        assert source["date"] == "" or is_date(source["date"])


def test_only_the_two_known_facts_lack_a_source() -> None:
    assert [fact["id"] for fact in FACTS if not fact["sources"]] == ["F54", "F55"]


def register() -> dict[str, dict[str, str]]:
    if not REGISTER.exists():
        pytest.skip("../shared/facts/facts.tsv is not on this machine")
    with REGISTER.open(encoding="utf-8", newline="") as lines:
        return {row["id"]: row for row in csv.DictReader(lines, delimiter="\t")}


def test_same_ids_as_the_register() -> None:
    assert [fact["id"] for fact in FACTS] == list(register())


@EACH
def test_how_sure_it_is_is_said_in_words_of_the_closed_list(fact: Fact) -> None:
    assert fact["status"] in FACT_STATUSES


@EACH
def test_nothing_shown_speaks_of_how_the_register_was_made(fact: Fact) -> None:
    shown = [fact["topic"], fact["statement"], fact["status"]]
    shown += [source[key] for source in fact["sources"] for key in ("title", "publisher")]
    shown += [source.get("note", "") for source in fact["sources"]]
    assert [text for text in shown if WORKING_NOTES.search(text)] == []


def test_every_status_is_used_and_explained_beside_the_facts() -> None:
    assert {fact["status"] for fact in FACTS} == set(FACT_STATUSES)
    head = FACTS_FILE.read_text(encoding="utf-8").partition("[[fact]]")[0]
    assert [status for status in FACT_STATUSES if f"#                {status}" not in head] == []


PRIMARY = {
    "F01": "John Smith Trust (A. Radniankou)",  # argues it himself
    "F29": "Council of Europe",  # decided
    "F30": "PACE",  # decided
    "F43": "Norwegian Government",  # decided
    "F48": "VLKK",  # decided
}
"""Every fact said to rest on a primary source, and whose word that is. Who relays another's count
(F10) or another's decision beside their own (F50) is a secondary source."""


def test_a_primary_source_is_who_did_decided_or_counted_it() -> None:
    primary = [fact for fact in FACTS if fact["status"] == "confirmed by a primary source"]
    assert [fact["id"] for fact in primary] == list(PRIMARY)
    for fact in primary:
        assert PRIMARY[fact["id"]] in {source["publisher"] for source in fact["sources"]}


def test_figures_that_still_want_checking_are_not_told() -> None:
    """The register has the vote of F31 from a damaged copy only."""
    statement = next(fact["statement"] for fact in FACTS if fact["id"] == "F31")
    assert set(NUMBER.findall(statement)) == {"4", "2024"}


def test_another_status_is_refused_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "facts.toml"
    path.write_text('lang = "en"\n[[fact]]\nid = "F90"\nstatus = "quite sure"\n', "utf-8")
    with pytest.raises(PackError) as caught:
        _read_facts(path)
    assert str(caught.value) == (
        f"{path}: fact 'F90': status 'quite sure' is not one of {', '.join(FACT_STATUSES)}"
    )


@EACH
def test_same_dates_and_topic_as_the_register(fact: Fact) -> None:
    row = register()[fact["id"]]
    note = fact.get("as_of_note", "")
    assert ", ".join(part for part in (fact["as_of"], note) if part) == row["as_of"]
    start, end = fact["event_date"], fact.get("event_until")
    assert row["event_date"] in ({start} if end is None else {f"{start}-{end}", f"{start}/{end}"})
    assert fact["topic"] == {"op-ed": "argument"}.get(row["topic"], row["topic"])
    assert (fact["status"] == NOT_LOOKED_UP) == row["status"].startswith("background knowledge")


@EACH
def test_same_links_in_the_same_order_as_the_register(fact: Fact) -> None:
    assert [source["url"] for source in fact["sources"]] == register()[fact["id"]]["url"].split()


@EACH
def test_every_number_in_the_statement_stands_in_the_register(fact: Fact) -> None:
    """A typing slip in a figure or a date is the likeliest error here, and the worst."""
    row = register()[fact["id"]]
    allowed = set(NUMBER.findall(row["value"]))
    for field in ("event_date", "source_title_publisher_date"):
        allowed |= {number.lstrip("0") for number in re.findall(r"\d+", row[field])}
    stated = {number.rstrip(".,") for number in NUMBER.findall(fact["statement"])}
    assert {number for number in stated if number not in allowed} == set()
