"""Ledgers that the tests of the ledger start from."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from asobna_rounds.ledger import Ledger

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
