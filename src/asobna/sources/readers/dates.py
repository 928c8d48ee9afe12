"""Dates as others write them → YYYY-MM-DD, with how far each can be trusted."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date

from asobna.dates import first_day

#: Codes of `date_reliability`, the most reliable first.
RELIABILITY = ("stated", "updated", "file", "fetched", "absurd")

_PARTIAL = re.compile(r"\d{4}(-\d{2})?", re.ASCII)
#: Year first: ISO 8601, also with strokes or dots; compact, alone or with a time; of a PDF.
_YEAR_FIRST = tuple(
    re.compile(form, re.ASCII)
    for form in (
        r"(?P<y>\d{4})(?P<sign>[-/.])(?P<m>\d{2})(?P=sign)(?P<d>\d{2})(?!\d)",
        r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})(?:\d{4}(?:\d{2})?)?(?!\d)",
        r"D:(?P<y>\d{4})(?P<m>\d{2})?(?P<d>\d{2})?",
    )
)
#: With dots the day comes first; with strokes nobody can tell, so 04/05/2022 is not read.
_DOTTED = re.compile(r"(\d{1,2})\. ?(\d{1,2})\. ?(\d{4})(?!\d)", re.ASCII)
#: May 4, 2022 and 4 May 2022, as databases of the press write; RFC 5322 wants a time as well.
_MONTH_DAY = re.compile(r"([A-Z][a-z]{2,8})\.? (\d{1,2}),? (\d{4})(?!\d)", re.ASCII)
_DAY_MONTH = re.compile(r"(\d{1,2}) ([A-Z][a-z]{2,8})\.?,? (\d{4})$", re.ASCII)


def read_date(text: str | None) -> str | None:
    """A date as YYYY, YYYY-MM or YYYY-MM-DD; None for anything else.

    Read are ISO 8601 (also 2022/05/04), compact dates with or without a time (20220504103000),
    05.03.2022 (the day first), RFC 5322, PDF, and English months (May 4, 2022; 4 May 2022).
    """
    text = (text or "").strip()
    if _PARTIAL.fullmatch(text):
        return text
    for form in _YEAR_FIRST:
        if found := form.match(text):
            return "-".join(filter(None, found.group("y", "m", "d")))
    if found := _DOTTED.match(text):
        day, month, year = found.groups()
        return f"{year}-{month:>02}-{day:>02}"
    from email.utils import parsedate_to_datetime  # noqa: PLC0415 most dates have other forms

    try:
        return parsedate_to_datetime(_timed(text)).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return None


def _timed(text: str) -> str:
    """A date with an English month as RFC 5322 writes it; anything else as it stands."""
    if found := _MONTH_DAY.match(text):
        return f"{found[2]} {found[1]} {found[3]} 00:00:00"
    if found := _DAY_MONTH.match(text):
        return f"{found[1]} {found[2]} {found[3]} 00:00:00"
    return text


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
    """Whether it is a date of the tables and not after tomorrow, where it may be already."""
    day = first_day(found)
    return day is not None and day.toordinal() <= date.fromisoformat(today[:10]).toordinal() + 1
