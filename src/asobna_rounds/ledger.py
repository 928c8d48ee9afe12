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
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

from asobna_rounds.durable import sync_folder
from asobna_rounds.errors import LedgerError
from asobna_rounds.ledger_rules import Course, checked_fields, read_day

GENESIS = "0" * 64


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


def _follow(course: Course, entries: list[Entry]) -> None:
    """Raise LedgerError, naming the last line, when it is not one this program would have added.

    A chain holds no secret, so anybody can write lines that fit it: a voice of one, or a promise
    that is done before it was made.
    """
    entry = entries[-1]
    try:
        if checked_fields(entry.step, entry.fields) != entry.fields:
            raise LedgerError("a field is not in its form")
        course.take(entry.step, entry.fields)
        _check_day(entries[:-1][-1:], entry.day)
    except LedgerError as error:
        raise LedgerError(
            f"line {entry.number} of the ledger was not written by this program: {error}"
        ) from None


def _check_day(last: Sequence[Entry], day: date) -> None:
    if last and day < last[0].day:
        raise LedgerError(
            f"the day {day} lies before the last entry ({last[0].day}); "
            "the ledger only grows forward"
        )


def read_entries(data: bytes) -> tuple[Entry, ...]:
    """Every entry of a ledger file's bytes, checked. Raises LedgerError naming the line."""
    if not data:
        return ()
    lines = data.split(b"\n")
    entries: list[Entry] = []
    course = Course()
    for number, line in enumerate(lines[:-1], start=1):
        previous = entries[-1].hash if entries else GENESIS
        entries.append(_read_line(line, previous, number))
        _follow(course, entries)
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
        course = Course()
        for entry in self.entries:
            course.take(entry.step, entry.fields)
        course.take(step, clean)
        _check_day(self.entries[-1:], day)
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

    Complete lines are never touched, and a line that somebody is writing just now is waited for:
    the same lock as for writing is held. Raises LedgerError when the rest is not intact.
    """
    with path.open("r+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        data = file.read()
        whole = data[: data.rfind(b"\n") + 1]
        read_entries(whole)
        if len(whole) < len(data):
            file.truncate(len(whole))
            os.fsync(file.fileno())
    return len(data) - len(whole)
