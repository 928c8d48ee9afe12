"""Dates as others write them → YYYY-MM-DD, with how far each can be trusted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from email.utils import parsedate_to_datetime

#: Codes of `date_reliability`, the most reliable first.
RELIABILITY = ("stated", "updated", "file", "fetched", "absurd")

#: No document of a press or parliament is older than printing, or younger than tomorrow.
EARLIEST_YEAR = 1450

_DAY = re.compile(r"(\d{4})-(\d{2})-(\d{2})(?!\d)")
_PARTIAL = re.compile(r"\d{4}(-\d{2})?")
_COMPACT = re.compile(r"(\d{4})(\d{2})(\d{2})(?!\d)")
_PDF = re.compile(r"D:(\d{4})(\d{2})?(\d{2})?")


def read_date(text: str | None) -> str | None:
    """ISO 8601, RFC 5322 or PDF date as YYYY, YYYY-MM or YYYY-MM-DD; None for anything else."""
    text = (text or "").strip()
    if _PARTIAL.fullmatch(text):
        return text
    found = _DAY.match(text) or _COMPACT.match(text) or _PDF.match(text)
    if found:
        return "-".join(part for part in found.groups() if part)
    try:
        return parsedate_to_datetime(text).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def dated(candidates: Iterable[tuple[str | None, str]], today: str) -> dict[str, str]:
    """`date` and `date_reliability` of the first candidate that is a date.

    candidates: (as written, reliability), best first. today: YYYY-MM-DD. A date that cannot be,
    such as the 30th of February or one in the future, is not kept; where nothing better follows it,
    the reliability says `absurd`.
    """
    absurd = False
    for written, reliability in candidates:
        found = read_date(written)
        if found and _possible(found, today):
            return {"date": found, "date_reliability": reliability}
        absurd = absurd or bool(written and written.strip())
    return {"date_reliability": "absurd"} if absurd else {}


def _possible(found: str, today: str) -> bool:
    try:
        day = date.fromisoformat((found + "-01-01")[:10])
        latest = datetime.fromisoformat(today).date().toordinal() + 1
    except ValueError:
        return False
    return day.year >= EARLIEST_YEAR and day.toordinal() <= latest
