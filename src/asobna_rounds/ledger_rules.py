"""What a line of the ledger may hold, and what may follow what.

The same rules hold when a step is added and when a file is read: a line that anybody can put into
the chain, since the chain has no secret, is still refused when it breaks them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from asobna_rounds.errors import LedgerError

MIN_PEOPLE = 5
"""Fewer voices than this are not put on record: a count of one is a person."""
MAX_TEXT = 2000
ANSWERS = ("accepted", "partly", "no")
FIELDS: dict[str, tuple[str, ...]] = {
    "file": ("file", "title", "language"),
    "asked": ("item", "file", "round", "text", "language"),
    "said": ("item", "text", "people", "invited", "report", "language"),
    "answered": ("item", "answer", "reason", "by", "language"),
    "owner": ("item", "owner", "language"),
    "due": ("item", "due", "reason", "language"),
    "done": ("item", "evidence", "language"),
}
"""The fields of each step. `language` says what language the entry's words are in, so that a
screen reader pronounces them rightly (WCAG 2.2, 3.1.2)."""
OPTIONAL = frozenset({("due", "reason"), *((step, "language") for step in FIELDS)})
COUNTS = frozenset({"people", "invited"})
NEEDS = {"said": "asked", "answered": "said", "owner": "answered", "due": "owner", "done": "due"}
REPEATABLE = frozenset({"answered", "owner", "due"})
_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,47}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-zA-Z]{2,8})?")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def read_day(text: object, what: str = "day") -> date:
    """A calendar day written YYYY-MM-DD. Raises LedgerError for anything else."""
    if not isinstance(text, str) or not _DAY.fullmatch(text):
        raise LedgerError(f"{what} must be written YYYY-MM-DD, for example 2027-01-31")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise LedgerError(f"{what} {text} is not in the calendar") from None


def checked_fields(step: str, fields: Mapping[str, Any]) -> dict[str, Any]:
    """Exactly the fields `FIELDS` names for `step`, each in its form. Raises LedgerError."""
    if step not in FIELDS:
        raise LedgerError(f'there is no step "{step}"; the steps are {", ".join(FIELDS)}')
    wanted = [n for n in FIELDS[step] if n in fields or (step, n) not in OPTIONAL]
    if missing := [name for name in wanted if name not in fields]:
        raise LedgerError(f'the step "{step}" also needs: {", ".join(missing)}')
    if extra := sorted(set(fields) - set(wanted)):
        raise LedgerError(f'the step "{step}" has no field {", ".join(extra)}')
    clean = {name: _checked(name, fields[name]) for name in wanted}
    if step == "said" and clean["people"] > clean["invited"]:
        raise LedgerError("more people answered than were invited; check both numbers")
    return clean


def _checked(name: str, value: Any) -> Any:
    """One field's value in its form."""
    if name in COUNTS:
        return _checked_count(name, value)
    if not isinstance(value, str) or not value.strip() or len(value) > MAX_TEXT:
        raise LedgerError(f'"{name}" must be text of 1 to {MAX_TEXT} characters (MAX_TEXT)')
    text = " ".join(value.split())
    if name in ("item", "file", "round") and not _NAME.fullmatch(text):
        raise LedgerError(f'"{name}" may hold up to 48 of a-z, 0-9 and hyphens')
    if name == "language" and not _LANGUAGE.fullmatch(text):
        raise LedgerError('"language" must be a tag such as "be"')
    if name == "answer" and text not in ANSWERS:
        raise LedgerError(f'"answer" must be one of {", ".join(ANSWERS)}')
    return read_day(text, "due").isoformat() if name == "due" else text


def _checked_count(name: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < MIN_PEOPLE:
        raise LedgerError(
            f'"{name}" must be a whole number of at least {MIN_PEOPLE} (MIN_PEOPLE): fewer voices '
            "are not put on record, because a count of one is a person"
        )
    return value


class Course:
    """What the steps taken so far allow next. Each check looks at one item, never at all lines."""

    def __init__(self) -> None:
        self._files: set[str] = set()
        self._steps: dict[str, dict[str, Mapping[str, Any]]] = {}

    def take(self, step: str, fields: Mapping[str, Any]) -> None:
        """Take a step. Raises LedgerError, with nothing taken, when it cannot follow."""
        if step in ("file", "asked"):
            self._check_opening(step, fields)
        else:
            self._check_item(step, fields)
        if step == "file":
            self._files.add(fields["file"])
        else:
            self._steps.setdefault(fields["item"], {})[step] = fields

    def _check_opening(self, step: str, fields: Mapping[str, Any]) -> None:
        known = fields["file"] in self._files
        if step == "file" and known:
            raise LedgerError(f'the file "{fields["file"]}" is already in the ledger')
        if step == "asked" and not known:
            raise LedgerError(f'the file "{fields["file"]}" is not in the ledger; add it first')
        if step == "asked" and fields["item"] in self._steps:
            raise LedgerError(f'the item "{fields["item"]}" was already asked; choose another name')

    def _check_item(self, step: str, fields: Mapping[str, Any]) -> None:
        item = fields["item"]
        steps = self._steps.get(item, {})
        if "done" in steps:
            raise LedgerError(f'"{item}" is already done; open a new item')
        if NEEDS[step] not in steps:
            raise LedgerError(f'"{item}" cannot be "{step}" before it is "{NEEDS[step]}"')
        if step in steps and step not in REPEATABLE:
            raise LedgerError(f'"{item}" already has the step "{step}"')
        if step in ("owner", "due", "done") and steps["answered"]["answer"] == "no":
            raise LedgerError(f'"{item}" was answered "no": there is no promise to own')
        if step == "due" and "due" in steps and "reason" not in fields:
            raise LedgerError(f'"{item}" already has a due day: moving it needs a reason')
