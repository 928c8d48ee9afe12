"""The pages of tests/definitions are tests: each sentence line is read by the whole pipeline.

The mention must be found with exactly the bracketed span, and the standing and every attribute
written after the arrow must hold. Sentences still misread are listed, with the reason, in
definitions/known_failures.toml; one of them that starts to pass fails here until it is taken out.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from asobna.findings import raise_findings
from asobna.packs import read_packs
from asobna.pipeline import read_documents
from asobna.tables import DOCUMENTS, STANDING_VALUES, STANDINGS, make_table
from pages import Sentence, as_param, read_known_failures, read_pages

FOLDER = Path(__file__).parent / "definitions"
_COLUMN = {"kind": "kind_of_pair"}
#: Raised by the findings, not by the standings: tested by itself.
_NOT_A_STANDING = {"severity"}
_MEASURED_ONLY = "M"


DEFINITIONS = read_pages(FOLDER)
KNOWN_FAILURES = read_known_failures(FOLDER)
Rows = dict[str, list[dict[str, Any]]]


@lru_cache
def _read() -> tuple[Rows, Rows]:
    """Standings and findings of every sentence, by text; each sentence is a document."""
    texts = sorted({definition.text for definition in DEFINITIONS})
    documents = make_table(DOCUMENTS, {
        "document_id": [str(index) for index in range(len(texts))], "text": list(texts),
        "lang": ["en"] * len(texts), "regions": [[] for _ in texts]})  # fmt: skip
    packs = read_packs(only=("en",))
    standings = read_documents(documents, packs).standings
    findings = raise_findings(standings, documents, packs.advice)
    return _by_text(texts, standings.to_pylist()), _by_text(texts, findings.to_pylist())


def _by_text(texts: list[str], rows: list[dict[str, Any]]) -> Rows:
    found: Rows = {text: [] for text in texts}
    for row in rows:
        found[texts[int(row["document_id"])]].append(row)
    return found


def _inside(rows: Rows, definition: Sentence) -> list[dict[str, Any]]:
    start, end = definition.span
    return [row for row in rows[definition.text] if row["start_cp"] < end and row["end_cp"] > start]


@pytest.mark.parametrize(
    "definition", [as_param(definition, KNOWN_FAILURES) for definition in DEFINITIONS]
)
def test_definition(definition: Sentence) -> None:
    rows = _inside(_read()[0], definition)
    if definition.standing == "none":
        assert [row["surface"] for row in rows] == []
        return
    assert [(row["start_cp"], row["end_cp"]) for row in rows] == [definition.span], rows
    wanted = {"standing": definition.standing, **{
        _COLUMN.get(key, key): value for key, value in definition.attributes.items()
        if key not in _NOT_A_STANDING}}  # fmt: skip
    assert {column: rows[0][column] for column in wanted} == wanted, rows[0]["rule_id"]


@pytest.mark.parametrize("definition", [
    as_param(definition, KNOWN_FAILURES) for definition in DEFINITIONS if "severity" in definition.attributes
    and definition.line not in KNOWN_FAILURES])  # fmt: skip
def test_severity_of_a_definition(definition: Sentence) -> None:
    raised = {row["severity"]: row["rule_id"] for row in _inside(_read()[1], definition)}
    heaviest = next((code for code in "ESC" if code in raised), _MEASURED_ONLY)
    assert heaviest == definition.attributes["severity"], raised


def test_definitions_use_known_keys() -> None:
    for definition in DEFINITIONS:
        assert definition.standing in (*STANDING_VALUES, "none"), definition.line
        for key in set(definition.attributes) - _NOT_A_STANDING:
            assert _COLUMN.get(key, key) in STANDINGS.names, definition.line


def test_pages_hold_enough_sentences() -> None:
    pages = [page for page in FOLDER.rglob("*.md") if page.stem != "README"]
    counts = {page.relative_to(FOLDER).with_suffix("").as_posix(): 0 for page in pages}
    for definition in DEFINITIONS:
        if definition.page.stem != "README":
            counts[definition.page.with_suffix("").as_posix()] += 1
    assert {page: n for page, n in counts.items()
            if n < (25 if page in STANDING_VALUES else 15)} == {}  # fmt: skip


def test_known_failures_are_sentences_of_the_pages() -> None:
    assert sorted(KNOWN_FAILURES.keys() - {d.line for d in DEFINITIONS}) == []
    assert all(len(why) > 20 for why in KNOWN_FAILURES.values())
