"""What a date in a table is: YYYY, YYYY-MM or YYYY-MM-DD, a day of the calendar since printing."""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache

#: No document of a press or parliament is older than printing.
EARLIEST_YEAR = 1450
#: A bound that needs no clock; what is read is also held against the day of reading.
LATEST_YEAR = 2100

_SHAPE = re.compile(r"\d{4}(-\d{2}){0,2}", re.ASCII)


@lru_cache(maxsize=1 << 16)
def is_date(text: str | None) -> bool:
    """Whether a text is a date as the tables hold it; the 30th of February is none."""
    return first_day(text) is not None


def first_day(text: str | None) -> date | None:
    """The first day that a date of the tables can mean, 2022-05 → 1 May 2022; None for no date."""
    if not text or not _SHAPE.fullmatch(text):
        return None
    try:
        day = date.fromisoformat((text + "-01-01")[:10])
    except ValueError:
        return None
    return day if EARLIEST_YEAR <= day.year <= LATEST_YEAR else None
