"""Named dates, and which other dates may be compared, so that no two reports can be subtracted.

Half-years and the two sides of a date are spans of one line of days. Whoever has two spans that
share an end has the span between their other ends: shown spans are edges of a graph whose nodes
are days, and all that subtraction and addition can give are the spans between nodes of one
connected part. So in no part may two neighbouring nodes hold too little text between them, or both
ends of a hidden span stand. Dates are admitted in an order that no user can choose.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from asobna.dates import is_date
from asobna.errors import ConfigError

#: Dates fixed beforehand: the election, the forced landing, the full-scale invasion.
NAMED_DATES = {"2020-08-09": "presidential election in Belarus",
               "2021-05-23": "forced landing of a passenger aircraft in Minsk",
               "2022-02-24": "full-scale invasion of Ukraine"}  # fmt: skip

#: In which order they are admitted where not all can be: what is asked first comes first.
ADMITTED_FIRST = ("2022-02-24", "2020-08-09", "2021-05-23")

#: Whether the units between two places hold too little text to be told of.
Thin = Callable[[int, int], bool]


def require_date(day: str) -> str:
    """The date itself if it may be compared: a named one, or the first day of a month.

    Raises ConfigError otherwise. Days chosen freely could be moved one by one from report to
    report, and each step would tell of a single day.
    """
    try:
        date.fromisoformat(day)
    except ValueError as error:
        raise ConfigError(f"--event '{day}' is no date; write YYYY-MM-DD") from error
    if day in NAMED_DATES or day.endswith("-01"):
        return day
    year, month = divmod(int(day[:4]) * 12 + int(day[5:7]), 12)
    raise ConfigError(
        f"--event '{day}': besides {', '.join(NAMED_DATES)} only the first day of a month can be "
        f"compared, or two reports could be subtracted; use {day[:7]}-01 or "
        f"{year:04d}-{month + 1:02d}-01"
    )


def cut_at(day: str) -> str:
    """Where a day cuts dates written more or less exactly: what sorts before it is before it, what
    sorts after it is from it on. 2022-03-01 → 2022-03, since March of 2022 is all from it on.
    """
    if day.endswith("-01-01"):
        return day[:4]
    return day[:7] if len(day) == len("2022-03-01") and day.endswith("-01") else day


def lies_across(written: str, cut: str) -> bool:
    """Whether a date is written too coarsely to tell on which side of a cut it lies."""
    return written != cut and cut.startswith(written)


def sides(dates: pa.ChunkedArray, day: str) -> pa.ChunkedArray:
    """1 for dates from a day on, 0 for those before it, -1 for those of which nobody can say."""
    cut = cut_at(day)
    coarse = [cut[:size] for size in (4, 7) if lies_across(cut[:size], cut)]
    unknown = pc.or_kleene(pc.is_null(dates), pc.is_in(dates, pa.array(coarse, dates.type)))
    return pc.if_else(unknown, -1, pc.greater_equal(dates, cut).cast(pa.int8())).cast(pa.int8())


class HalfYear(NamedTuple):
    """Places of a half-year on the line of units, and whether its figure is shown so far."""

    start: int
    end: int
    shown: bool


class Line:
    """Places on the line of units in order of days, joined by what is shown.

    size: units with a date. thin: of a span. half_years: all of them in order.
    """

    def __init__(self, size: int, thin: Thin, half_years: Sequence[HalfYear]) -> None:
        self._thin = thin
        self._named: set[int] = set()
        self._half_years = half_years
        self._parts = [{0, size}]
        self.hidden = [not half.shown for half in half_years]

    def join_named(self, places: Mapping[str, int]) -> list[str]:
        """Take named dates in whose sides pass, one by one; those that must be hidden."""
        lost = []
        for day, place in places.items():
            self._named.add(place)
            if not self.admits(place):
                self._named.discard(place)
                lost.append(day)
        return lost

    def join_half_years(self) -> list[int]:
        """Take the shown half-years in, one by one; those that must be hidden too, as indices."""
        lost = []
        for at, half in enumerate(self._half_years):
            if half.shown and not self._joined({half.start, half.end}):
                self.hidden[at] = True
                lost.append(at)
        return lost

    def admits(self, place: int) -> bool:
        """Whether both sides of a further place can be shown; if so it is taken in."""
        return self._joined({0, place})

    def holds(self, place: int) -> bool:
        """Whether both sides of a place follow from what is shown already."""
        return any({0, place} <= part for part in self._parts)

    def _joined(self, ends: set[int]) -> bool:
        part = set.union(ends, *(other for other in self._parts if other & ends))
        if not self._is_safe(part):
            return False
        self._parts = [part, *(other for other in self._parts if not other & ends)]
        return True

    def _is_safe(self, part: set[int]) -> bool:
        if any(hidden and half.start != half.end and {half.start, half.end} <= part
               for hidden, half in zip(self.hidden, self._half_years, strict=True)):  # fmt: skip
            return False
        return not any(self._thin(*pair) for pair in self._neighbours(part))

    def _neighbours(self, part: set[int]) -> Iterator[tuple[int, int]]:
        """Neighbouring places, but for a named date and the ends of its own half-year: that piece
        is fixed beforehand and no figure is about it."""
        for pair in itertools.pairwise(sorted(part)):
            named = [place for place in pair if place in self._named]
            within = any(half.start <= pair[0] and pair[1] <= half.end for half in self._half_years)
            if not (len(named) == 1 and within and self._is_edge(*pair)):
                yield pair

    def _is_edge(self, *pair: int) -> bool:
        edges = {end for half in self._half_years for end in (half.start, half.end)}
        return any(place in edges for place in pair if place not in self._named)


def known_dates(dates: pa.ChunkedArray) -> pa.ChunkedArray:
    """The dates of documents, empty where they are none: tables may be older than that rule."""
    values = dates.unique()
    odd = [value for value in values.to_pylist() if value is not None and not is_date(value)]
    if not odd:
        return dates
    unread = pc.is_in(dates, pa.array(odd, dates.type))
    return pc.if_else(unread, pa.scalar(None, dates.type), dates)


def months_between(first: str, last: str) -> list[str]:
    """First days of the months from one date to another; a bare year begins in January."""
    if not first:
        return []
    start, end = (int(day[:4]) * 12 + int(day[5:7] or 1) - 1 for day in (first, last))
    return [f"{at // 12:04d}-{at % 12 + 1:02d}-01" for at in range(start, end + 1)]


def ends_of(period: str) -> tuple[str, str]:
    """A half-year (or a bare year) as texts between which its dates sort: [start, end)."""
    year = period[:4]
    if period.endswith("-H1"):
        return f"{year}-", f"{year}-07"
    return (f"{year}-07", f"{year}.") if period.endswith("-H2") else (year, f"{year}-")
