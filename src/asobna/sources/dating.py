"""Dates of records, one by one or a column at once, by the one rule of `readers.dates`."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from asobna.sources.readers.dates import dated

#: No date of any form is written with as many characters: a text in the wrong column.
LONGEST_DATE = 100
#: An ISO date with a time: what the day is does not depend on the time, and days are few.
_TIMED = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ]"
_IS_TIMED = re.compile(_TIMED).match
_DAY = len("2022-05-04")


class Dated(NamedTuple):
    """`date` and `date_reliability` of one record; both empty where it states no date."""

    date: str | None
    reliability: str | None


_ABSURD = Dated(None, "absurd")


class DatedColumn(NamedTuple):
    """`date` and `date_reliability` of many records."""

    date: pa.Array
    reliability: pa.Array


def today() -> str:
    """The day of reading, UTC, YYYY-MM-DD."""
    return datetime.now(UTC).date().isoformat()


def read_stated(written: str | None, day: str) -> Dated:
    """The date that a record states; `absurd` where it is none. day: that of reading."""
    if written and _IS_TIMED(written):
        written = written[:_DAY]
    return _ABSURD if written and len(written) > LONGEST_DATE else _read_stated(written, day)


@lru_cache(maxsize=1 << 16)
def _read_stated(written: str | None, day: str) -> Dated:
    found = dated([(written, "stated")], day)
    return Dated(found.get("date"), found.get("date_reliability"))


def read_stated_column(written: pa.ChunkedArray, day: str) -> DatedColumn:
    """The dates that a column of strings states; each day, or other value, is parsed once."""
    if (pc.max(pc.binary_length(written)).as_py() or 0) > _DAY:
        timed = pc.match_substring_regex(written, _TIMED)
        written = pc.if_else(timed, pc.utf8_slice_codeunits(written, 0, _DAY), written)
    encoded = written.combine_chunks().dictionary_encode()
    values = encoded.dictionary.to_pylist()
    found = [
        _read_stated(value, day) if len(value) <= LONGEST_DATE else _ABSURD for value in values
    ]
    codes = pa.array([one.reliability for one in found], pa.string()).dictionary_encode()
    dates = pa.array([one.date for one in found], pa.string())
    return DatedColumn(dates.take(encoded.indices), codes.take(encoded.indices))
