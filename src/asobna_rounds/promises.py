"""What the ledger says today: the state of every item, and who was consulted when."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from asobna_rounds.ledger import Entry, Ledger

ANSWER_WITHIN_DAYS = 90
"""An ask without an answer is overdue after this many days (three months: usual UK practice)."""
CONSULTED_WITHIN_DAYS = 90

STATES = ("asking", "unanswered", "unowned", "undated", "promised", "done", "declined")


class Item(NamedTuple):
    """One ask and where it stands. `facts` holds the latest fields of every step taken.

    `late_days` is 0 unless the answer or the promised day is overdue. `moved` counts how often
    the due day was moved; `first_due` is the day promised first.
    """

    name: str
    state: str
    facts: Mapping[str, Any]
    late_days: int
    moved: int
    first_due: date | None

    @property
    def overdue(self) -> bool:
        """Whether an answer or a promise is late today."""
        return self.late_days > 0


class Consulted(NamedTuple):
    """How long ago people were heard on a file: `days` is None when never."""

    file: str
    title: str
    days: int | None
    people: int
    language: str

    def within(self, limit: int = CONSULTED_WITHIN_DAYS) -> bool:
        """Whether a Belarusian was consulted on this file within `limit` days."""
        return self.days is not None and self.days <= limit


def _state(steps: Mapping[str, Entry]) -> str:
    if "done" in steps:
        return "done"
    if "answered" not in steps:
        return "unanswered" if "said" in steps else "asking"
    if steps["answered"].fields["answer"] == "no":
        return "declined"
    if "owner" not in steps:
        return "unowned"
    return "promised" if "due" in steps else "undated"


def _late(state: str, steps: Mapping[str, Entry], today: date) -> int:
    """Days past the promised day, or past the time for an answer; 0 when not late."""
    if state == "promised":
        return max(0, (today - date.fromisoformat(steps["due"].fields["due"])).days)
    since = {"unanswered": "said", "unowned": "answered", "undated": "answered"}.get(state)
    if since is None:
        return 0
    return max(0, (today - steps[since].day).days - ANSWER_WITHIN_DAYS)


def _item(name: str, entries: list[Entry], today: date) -> Item:
    steps = {entry.step: entry for entry in entries}
    facts: dict[str, Any] = {}
    for entry in entries:
        facts |= {f"{entry.step}.{key}": value for key, value in entry.fields.items()}
        facts[f"{entry.step}.day"] = entry.day.isoformat()
    dues = [date.fromisoformat(e.fields["due"]) for e in entries if e.step == "due"]
    state = _state(steps)
    late = _late(state, steps, today)
    return Item(name, state, facts, late, max(0, len(dues) - 1), dues[0] if dues else None)


def items(ledger: Ledger, today: date) -> list[Item]:
    """Every item as it stands on `today`: overdue first (the latest first), then by name order."""
    grouped: dict[str, list[Entry]] = {}
    for entry in ledger.entries:
        if "item" in entry.fields:
            grouped.setdefault(entry.fields["item"], []).append(entry)
    found = [_item(name, entries, today) for name, entries in grouped.items()]
    return sorted(found, key=lambda item: (-item.late_days, STATES.index(item.state), item.name))


def consulted(ledger: Ledger, today: date) -> list[Consulted]:
    """For every file in the ledger, when people were last heard on it. Never asked comes first."""
    files = {e.fields["file"]: e.fields for e in ledger.entries if e.step == "file"}
    file_of = {e.fields["item"]: e.fields["file"] for e in ledger.entries if e.step == "asked"}
    last = {file_of[e.fields["item"]]: e for e in ledger.entries if e.step == "said"}
    rows = []
    for name, file in files.items():
        days = (today - last[name].day).days if name in last else None
        people = last[name].fields["people"] if name in last else 0
        rows.append(Consulted(name, file["title"], days, people, file.get("language", "")))
    return sorted(rows, key=lambda row: (row.days is not None, -(row.days or 0), row.file))


def days_since_consulted(ledger: Ledger, file: str, today: date) -> int | None:
    """Days since people were last heard on `file`; None when never, or not in the ledger."""
    return next((row.days for row in consulted(ledger, today) if row.file == file), None)


def kept_share(found: list[Item]) -> tuple[int, int]:
    """(agreed asks with an owner and a due day, all agreed asks); the aim: both are equal."""
    agreed = [item for item in found if item.state in ("unowned", "undated", "promised", "done")]
    return sum(item.state in ("promised", "done") for item in agreed), len(agreed)
