"""The ledger of promises: asked, said, answered, owner, due, done. Append-only, hash-chained.

One JSON object a line. Each line carries the SHA-256 over the hash of the line before and its
own text, and must be byte for byte the canonical form of itself, so a change of any byte is
found and its line is named. Whoever rewrites a line and everything after it changes the *head*
(the last hash); the head is printed in every report and invitation, so that shows as well.

Dates are days. Nobody is named: owners are offices, voices are counts of at least `MIN_PEOPLE`.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from asobna_rounds.durable import sync_folder
from asobna_rounds.errors import LedgerError

GENESIS = "0" * 64
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


class Entry(NamedTuple):
    """One line of the ledger: its number from 1, day, step, fields and hash."""

    number: int
    day: date
    step: str
    fields: Mapping[str, Any]
    hash: str


def _canonical(record: Mapping[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _hash(previous: str, record: Mapping[str, Any]) -> str:
    """SHA-256 over the previous hash and the canonical line without its own hash."""
    return hashlib.sha256(f"{previous}\n{_canonical(record)}".encode()).hexdigest()


def read_day(text: object, what: str = "day") -> date:
    """A calendar day written YYYY-MM-DD. Raises LedgerError for anything else."""
    if not isinstance(text, str) or not _DAY.fullmatch(text):
        raise LedgerError(f"{what} must be written YYYY-MM-DD, for example 2027-01-31")
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise LedgerError(f"{what} {text} is not in the calendar") from None


def _read_line(line: bytes, previous: str, number: int) -> Entry:
    """The entry in one line; raises LedgerError with the line's number when it was altered."""
    altered = f"line {number} of the ledger was altered: restore it from a published copy"
    try:
        record = json.loads(line)
        if not isinstance(record, dict) or _canonical(record).encode() != line:
            raise LedgerError(altered)
        found = record.pop("hash")
        if found != _hash(previous, record):
            raise LedgerError(altered)
        fields = {k: v for k, v in record.items() if k not in ("n", "day", "step")}
        if record["n"] != number:
            raise LedgerError(altered)
        return Entry(number, read_day(record["day"]), str(record["step"]), fields, found)
    except (ValueError, KeyError, RecursionError) as error:
        raise LedgerError(altered) from error


def read_entries(data: bytes) -> tuple[Entry, ...]:
    """Every entry of a ledger file's bytes, checked. Raises LedgerError naming the line."""
    if not data:
        return ()
    lines = data.split(b"\n")
    entries: list[Entry] = []
    for number, line in enumerate(lines[:-1], start=1):
        previous = entries[-1].hash if entries else GENESIS
        entries.append(_read_line(line, previous, number))
    if lines[-1]:
        raise LedgerError(
            f"line {len(lines)} of the ledger is not complete: the machine stopped while writing, "
            "or it was altered; `ledger mend` removes an incomplete last line"
        )
    return tuple(entries)


class Ledger:
    """A ledger file, read and checked. `entries` is everything recorded, oldest first."""

    def __init__(self, path: Path, entries: tuple[Entry, ...]) -> None:
        """Use `Ledger.open`."""
        self.path = path
        self.entries = entries

    @classmethod
    def open(cls, path: Path | str, head: str | None = None) -> Ledger:
        """Read and check `path`; a file that is not there yet is an empty ledger.

        `head` is a head published earlier: the ledger must still contain it, or it was cut
        short or rewritten. Raises LedgerError.
        """
        path = Path(path)
        try:
            data = path.read_bytes() if path.exists() else b""
        except OSError as error:
            raise LedgerError(f"the ledger {path} cannot be read: {error.strerror}") from error
        ledger = cls(path, read_entries(data))
        if head and head not in {GENESIS, *(entry.hash for entry in ledger.entries)}:
            raise LedgerError(
                f"the ledger does not contain the published head {head[:16]}…: it was cut short "
                "or rewritten; compare it with the copies in earlier reports"
            )
        return ledger

    @property
    def head(self) -> str:
        """64 hexadecimal digits that stand for the whole ledger; publish them."""
        return self.entries[-1].hash if self.entries else GENESIS

    def append(self, step: str, day: date, **fields: Any) -> Entry:
        """Add one step; on return it is on disk. Fields by step: see `FIELDS`.

        Raises LedgerError when a field is missing or unfit, the step is out of order, the day
        lies before the last entry, or another process wrote in the meantime.
        """
        clean = checked_fields(step, fields)
        check_order(self.entries, step, clean)
        if self.entries and day < self.entries[-1].day:
            raise LedgerError(
                f"the day {day} lies before the last entry ({self.entries[-1].day}); "
                "the ledger only grows forward"
            )
        record = {"n": len(self.entries) + 1, "day": day.isoformat(), "step": step, **clean}
        digest = _hash(self.head, record)
        self._write(_canonical({**record, "hash": digest}).encode() + b"\n")
        entry = Entry(len(self.entries) + 1, day, step, clean, digest)
        self.entries = (*self.entries, entry)
        return entry

    def _write(self, line: bytes) -> None:
        """One write under a lock, then fsync; refused when the file is not what we have read."""
        flags = os.O_RDWR | os.O_CREAT | os.O_APPEND
        descriptor = os.open(self.path, flags, 0o644)
        with os.fdopen(descriptor, "r+b", buffering=0) as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            file.seek(0)
            if read_entries(file.read()) != self.entries:
                raise LedgerError("the ledger changed since it was read; open it again")
            end = file.tell()
            if file.write(line) != len(line):
                file.truncate(end)
                raise LedgerError(f"{self.path}: no room for the whole line; nothing was added")
            os.fsync(file.fileno())
        if not self.entries:  # a new file's name must be on disk as well
            sync_folder(self.path.parent)


def mend(path: Path) -> int:
    """Drop an incomplete last line (power cut while writing); returns the bytes dropped.

    Complete lines are never touched. Raises LedgerError when the rest is not intact.
    """
    data = path.read_bytes()
    whole = data[: data.rfind(b"\n") + 1]
    read_entries(whole)
    if len(whole) < len(data):
        with path.open("r+b") as file:
            file.truncate(len(whole))
            os.fsync(file.fileno())
    return len(data) - len(whole)


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


def check_order(entries: tuple[Entry, ...], step: str, fields: Mapping[str, Any]) -> None:
    """Raise LedgerError when `step` cannot follow what the ledger says about its item."""
    if step in ("file", "asked"):
        _check_opening(entries, step, fields)
        return
    item = fields["item"]
    steps = [e.step for e in entries if e.fields.get("item") == item]
    if "done" in steps:
        raise LedgerError(f'"{item}" is already done; open a new item')
    if NEEDS[step] not in steps:
        raise LedgerError(f'"{item}" cannot be "{step}" before it is "{NEEDS[step]}"')
    if step in steps and step not in REPEATABLE:
        raise LedgerError(f'"{item}" already has the step "{step}"')
    answers = [e.fields["answer"] for e in entries if _is(e, item, "answered")]
    if step in ("owner", "due", "done") and answers[-1] == "no":
        raise LedgerError(f'"{item}" was answered "no": there is no promise to own')
    if step == "due" and "due" in steps and "reason" not in fields:
        raise LedgerError(f'"{item}" already has a due day: moving it needs a reason')


def _check_opening(entries: tuple[Entry, ...], step: str, fields: Mapping[str, Any]) -> None:
    files = {e.fields["file"] for e in entries if e.step == "file"}
    if step == "file" and fields["file"] in files:
        raise LedgerError(f'the file "{fields["file"]}" is already in the ledger')
    if step == "asked" and fields["file"] not in files:
        raise LedgerError(f'the file "{fields["file"]}" is not in the ledger; add it first')
    if step == "asked" and any(_is(e, fields["item"], "asked") for e in entries):
        raise LedgerError(f'the item "{fields["item"]}" was already asked; choose another name')


def _is(entry: Entry, item: str, step: str) -> bool:
    return entry.step == step and entry.fields.get("item") == item
