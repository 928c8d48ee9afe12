"""What else must be hidden, so that no figure can be had from others, in one report or several.

Three ways lead to a hidden figure: subtracting cells from those that hold them (`suppression`),
days from days (`dates`), and shares or ways of counting from each other. Each may open another,
so all are closed in turn until nothing changes.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from asobna.rates.cells import (
    ENOUGH,
    EVENT,
    SIDES,
    UNCORRECTED,
    Figure,
    Held,
    State,
    could_print,
    count_cells,
    held_cells,
    is_own,
    sharing_units,
)
from asobna.rates.dates import (
    ADMITTED_FIRST,
    NAMED_DATES,
    HalfYear,
    Line,
    cut_at,
    ends_of,
    lies_across,
    months_between,
)
from asobna.rates.measures import WHOLE
from asobna.rates.sums import DATE
from asobna.rates.suppression import (
    COARSE,
    HIDDEN,
    SLID,
    SUBTRACTED,
    Cell,
    Nested,
    Verdict,
    gives_away,
    hide_subtractions,
    nest_cells,
)

Ints = NDArray[np.integer[Any]]


def measured(state: State, cells: list[Cell]) -> dict[tuple[str, int], Figure]:
    """Every figure of one state, by measure and cell."""
    figures: dict[tuple[str, int], Figure] = {}
    for measures in sharing_units(state):
        held = held_cells(state, measures[0], cells)
        places = [place for part in held for place in part.places]
        nested = _nest(held)
        for measure, counted in count_cells(state, measures, held).items():
            found = _hide_thin(state, counted, nested)
            # Without the rows of this measure, which would be kept for every figure.
            figures |= {(measure.code, place): figure._replace(cell=cells[place])
                        for place, figure in zip(places, found, strict=True)}  # fmt: skip
    return figures


def _nest(held: list[Held]) -> Nested:
    """Which cells lie within which, leaving out those of the user's own dates."""
    return nest_cells([cell for part in held for cell in part.cells if not is_own(cell)])


def _hide_thin(state: State, figures: list[Figure], nested: Nested) -> list[Figure]:
    """Hide what subtraction would give away, within one measure."""
    if not figures:
        return []
    hidden = {at for at, figure in enumerate(figures) if figure.verdict.state == HIDDEN}
    reasons = hide_derivable(state, figures, hidden, nested)
    return [_hidden(figure, reasons[at]) if at in reasons else
            figure._replace(estimate=None) if at in hidden else figure
            for at, figure in enumerate(figures)]  # fmt: skip


def _hidden(figure: Figure, reason: str) -> Figure:
    return figure._replace(estimate=None, verdict=Verdict(HIDDEN, reason))


def hide_together(
    states: list[State], figures: list[dict[tuple[str, int], Figure]], cells: list[Cell]
) -> None:
    """Hide in place, until nothing changes: the last of four shares, what another way of counting
    hides, and what either makes derivable again."""
    dirty = {(at, code) for at in range(len(states)) for code in hide_last_share(figures[at])}
    while dirty := dirty | _hide_in_all(states, figures):
        again: set[tuple[int, str]] = set()
        for at, state in enumerate(states):
            codes = {code for where, code in dirty if where == at}
            again |= {(at, code) for code in _hide_again(state, figures[at], cells, codes)}
            again |= {(at, code) for code in hide_last_share(figures[at])}
        dirty = again


def _hide_again(
    state: State, figures: dict[tuple[str, int], Figure], cells: list[Cell], codes: set[str]
) -> set[str]:
    """Hide what has become derivable within the measures `codes`; returns those that changed."""
    changed = set()
    for measures in sharing_units(state) if codes else []:
        if not codes.intersection(measure.code for measure in measures):
            continue
        held = held_cells(state, measures[0], cells)
        kept = {place: cell for part in held
                for place, cell in zip(part.places, part.cells, strict=True)}  # fmt: skip
        nested = _nest(held)
        for code in codes.intersection(measure.code for measure in measures):
            before = [figures[code, place]._replace(cell=cell) for place, cell in kept.items()]
            after = _hide_thin(state, before, nested)
            for place, old, new in zip(kept, before, after, strict=True):
                if old.verdict.state != new.verdict.state:
                    figures[code, place] = new._replace(cell=cells[place])
                    changed.add(code)
    return changed


def hide_last_share(figures: dict[tuple[str, int], Figure]) -> set[str]:
    """Four shares add up to one: where one is hidden, hide the next smallest as well. Returns the
    measures in which something was hidden."""
    changed = set()
    for index in {key[1] for key in figures}:
        shares = [figures[code, index] for code in WHOLE if (code, index) in figures]
        shown = [figure for figure in shares if figure.verdict.state != HIDDEN]
        if len(shares) == len(shown) + 1 and shown:
            least = min(shown, key=lambda f: f.estimate.numerator if f.estimate else 0)
            figures[least.measure.code, index] = _hidden(least, SUBTRACTED)
            changed.add(least.measure.code)
    return changed


def _hide_in_all(
    states: list[State], figures: list[dict[tuple[str, int], Figure]]
) -> set[tuple[int, str]]:
    """What is hidden with or without reprints is hidden in all: these ways differ by little.

    A coded sample too small for a figure hides the adjusted one alone.
    """
    hidden = {key for state, found in zip(states, figures, strict=True)
              if state.correction == UNCORRECTED
              for key, figure in found.items() if figure.verdict.state == HIDDEN}  # fmt: skip
    changed = set()
    for at, found in enumerate(figures):
        for key in hidden & found.keys():
            if found[key].verdict.state != HIDDEN:
                found[key] = _hidden(found[key], "hidden in another way of counting")
                changed.add((at, key[0]))
    return changed


def hide_derivable(
    state: State, figures: list[Figure], hidden: set[int], nested: Nested
) -> dict[int, str]:
    """What to hide besides `hidden`, and why: indices of `figures`, those of one measure."""
    cells, measure = [figure.cell for figure in figures], figures[0].measure

    def publishable(rows: Ints) -> bool:
        """Whether these documents could have a figure of their own."""
        return could_print(state, measure, rows)

    gone = set(hidden)
    while True:
        gone |= hide_subtractions(cells, gone, publishable, nested)
        line = _line(state, cells, gone, publishable)
        lost = _lost(line, cells, gone)
        if not lost:
            break
        gone |= lost
    across = _across(cells, gone)
    reasons = {at: COARSE if cells[at].axis.startswith(EVENT)
               and across(cells[at].axis.removeprefix(EVENT)) else SUBTRACTED
               for at in gone - hidden}  # fmt: skip
    own = _own_dates(cells)
    known = {axis for axis in own if line.joined.holds(line.place(axis.removeprefix(EVENT)))
             and not across(axis.removeprefix(EVENT))}  # fmt: skip
    admitted = {axis for axis in (_admitted(line) if own else ())
                if not across(axis.removeprefix(EVENT))}  # fmt: skip
    fixed = [cell for cell in cells if not is_own(cell)]
    for axis, sides in own.items():
        # With one side alone there is nothing on the other, and it may be all that is hidden.
        if (
            gone.intersection(sides)
            or _is_again(cells, sides, gone)
            or (
                axis not in known
                and len(sides) == len(SIDES)
                and (
                    axis not in admitted
                    or any(gives_away(fixed, cells[at], gone, publishable) for at in sides)
                )
            )
        ):
            why = COARSE if across(axis.removeprefix(EVENT)) else SLID
            reasons |= dict.fromkeys(set(sides) - hidden, why)
    return reasons


def _is_again(cells: list[Cell], sides: list[int], gone: set[int]) -> bool:
    """Whether a side holds the very documents of a cell that is hidden."""
    return any(np.array_equal(cells[side].rows, cells[at].rows)
               for side in sides for at in gone if at not in sides)  # fmt: skip


class _Drawn(NamedTuple):
    """The line of days of one measure, and the indices of its half-years."""

    joined: Line
    half_years: list[int]
    place: Callable[[str], int]
    days: tuple[str, str]


def _line(
    state: State, cells: list[Cell], gone: set[int], publishable: Callable[[Ints], bool]
) -> _Drawn:
    """Half-years and named dates of one measure on the line of its units."""
    codes, days = state.sums.axes[DATE]
    halves = [at for at, cell in enumerate(cells) if cell.axis == "period"]
    rows = np.concatenate([np.array([], dtype=np.int32), *(cells[at].rows for at in halves)])
    rows = rows[np.argsort(codes[rows], kind="stable")]
    in_order = codes[rows]
    known: dict[tuple[int, int], bool] = {}

    def place(day: str) -> int:
        """How many units are dated before a day."""
        return int(np.searchsorted(in_order, bisect_left(days, cut_at(day))))

    # Units that may be on either side of a date are on neither: they do not thicken a span.
    coarse = [at for at, written in enumerate(days) if _is_coarse(written)]
    exact = np.flatnonzero(~np.isin(in_order, coarse))

    def thin(start: int, end: int) -> bool:
        """Whether the units between two places are too few to tell of."""
        if (start, end) not in known:
            within = exact[np.searchsorted(exact, start) : np.searchsorted(exact, end)]
            counted = rows[within] if len(within) else rows[start:end]
            known[start, end] = start < end and not publishable(np.sort(counted[:ENOUGH]))
        return known[start, end]

    spans = [HalfYear(place(first), place(end), at not in gone) for at in halves
             for first, end in [ends_of(str(cells[at].value))]]  # fmt: skip
    ends = (days[in_order[0]], days[in_order[-1]]) if len(rows) else ("", "")
    return _Drawn(Line(len(rows), thin, spans), halves, place, ends)


def _across(cells: list[Cell], gone: set[int]) -> Callable[[str], bool]:
    """Whether a year that is a cell of its own, and hidden, lies across a day: what is on neither
    side of the day would tell it."""
    years = {str(cells[at].value) for at in gone if cells[at].axis == "period"}

    def across(day: str) -> bool:
        return any(lies_across(year, cut_at(day)) for year in years)

    return across


def _is_coarse(written: str) -> bool:
    """Whether a date is a year alone, or a month in which a named date lies."""
    return len(written) == len("2022") or any(lies_across(written, day) for day in NAMED_DATES)


def _lost(line: _Drawn, cells: list[Cell], gone: set[int]) -> set[int]:
    """Join named dates, then half-years; indices of those cells that have to be hidden for it."""
    sides = {day: [at for at, cell in enumerate(cells) if cell.axis == EVENT + day]
             for day in ADMITTED_FIRST}  # fmt: skip
    across = _across(cells, gone)
    lost = {at for day in sides if across(day) for at in sides[day]} - gone
    shown = {day: line.place(day) for day in sides
             if not gone.intersection(sides[day]) and not across(day)}  # fmt: skip
    lost |= {at for day in line.joined.join_named(shown) for at in sides[day]}
    return lost | {line.half_years[at] for at in line.joined.join_half_years()}


def _own_dates(cells: list[Cell]) -> dict[str, list[int]]:
    """The sides of every date of the user's own, as indices."""
    found: dict[str, list[int]] = {}
    for at, cell in enumerate(cells):
        if is_own(cell):
            found.setdefault(cell.axis, []).append(at)
    return found


def _admitted(line: _Drawn) -> set[str]:
    """Axes of the months that may be compared, whichever of them a user names."""
    return {EVENT + day for day in months_between(*line.days)
            if line.joined.admits(line.place(day))}  # fmt: skip
