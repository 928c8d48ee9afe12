"""Closing a round: stop, count, publish, destroy. Each step may be cut off and done again.

The report is made from ballots alone and is the same whenever it is made, so a close that was
cut off is finished by closing again: nothing is counted twice, and nothing is destroyed before
the report is whole on disk.
"""

from __future__ import annotations

import json
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

from asobna_rounds.ballot_box.box import (
    DEFINITION,
    LEDGER,
    REPORT,
    VOUCHERS,
    read_numbers,
)
from asobna_rounds.ballot_box.statements import FILE as STATEMENTS
from asobna_rounds.ballot_box.statements import WAITING, read_statements
from asobna_rounds.definition import read_round
from asobna_rounds.durable import blur_times, replace_file, shred
from asobna_rounds.ledger import Ledger
from asobna_rounds.publisher.rendering import render_html, render_markdown
from asobna_rounds.publisher.report import Told, make_report
from asobna_rounds.store import DATABASE, KEY, Store

DESTROYED = (KEY, DATABASE, f"{DATABASE}-journal", f"{DATABASE}.new", VOUCHERS, STATEMENTS, WAITING)
"""In this order: once the key is gone, what follows can no longer be read."""


def close_round(folder: Path, today: date | None = None) -> dict[str, Any]:
    """Close a round for good, or finish a close that was cut off; returns the report.

    `today` is told as the day of the close when it lies before the announced one. Raises BoxError
    when the round was never opened.
    """
    if not (folder / REPORT).exists():
        _publish(folder, today)
    report: dict[str, Any] = json.loads((folder / REPORT).read_text(encoding="utf-8"))
    destroy(folder)
    return report


def _publish(folder: Path, today: date | None) -> None:
    numbers = read_numbers(folder)
    definition = read_round(folder / DEFINITION)
    with closing(Store(folder)) as store:
        store.stop()
        ballots = store.ballots()
    path = folder / LEDGER
    head = Ledger.open(path).head if path.exists() else None
    closed = None if today is None or today >= definition.closes else today
    told = Told(definition, numbers, read_statements(folder), head, closed)
    report = make_report(told, ballots)
    for language in definition.languages:
        replace_file(folder / f"report.{language}.html", render_html(report, language).encode())
        replace_file(folder / f"report.{language}.md", render_markdown(report, language).encode())
    # Last, because its presence says that the report is whole and the ballots may go.
    replace_file(folder / REPORT, json.dumps(report, ensure_ascii=False, indent=1).encode())


def destroy(folder: Path) -> None:
    """Destroy the key, the ballots, the voucher list and every file of a cut-off step."""
    for name in DESTROYED:
        shred(folder / name)
    for path in folder.glob("*.new"):
        shred(path)
    blur_times(folder)


def destroyed(folder: Path) -> bool:
    """Whether nothing secret is left in a round's folder."""
    return not any((folder / name).exists() for name in DESTROYED)


__all__ = ["DESTROYED", "close_round", "destroy", "destroyed"]
