"""What the tests of a round share."""

from __future__ import annotations

from pathlib import Path

import pytest

from asobna_rounds.ledger import Ledger
from ledgers import VISA, build


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
