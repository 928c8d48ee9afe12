"""Cells of a report, and the figure of each before anything is hidden but the thin.

A cell is a set of documents. Measures that count in the same documents share the work.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from asobna.rates.dates import NAMED_DATES, cut_at, lies_across
from asobna.rates.estimators import (
    Agreeing,
    Estimate,
    adjusted_rate,
    cluster_rates,
    coded_in,
    log_balance,
)
from asobna.rates.measures import MEASURES, PER_LANGUAGE, Measure
from asobna.rates.sums import AXES, DATE, Axis, Layout, Sums, cluster_sums, lay_out
from asobna.rates.suppression import HIDDEN, MIN_FAMILIES, Cell, Verdict, judge_figure

Ints = NDArray[np.integer[Any]]

AS_PUBLISHED, DE_DUPLICATED = "as-published", "de-duplicated"
UNCORRECTED = "uncorrected"
#: Documents on which it is decided whether a set of them could be printed: more are not thinner.
ENOUGH = 5_000
#: Name of an event's axis before its date, and the two values on it.
EVENT, SIDES = "event ", ("before", "from")
#: Place of every measure in the columns of `Sums`.
COLUMN_OF = {code: at for at, code in enumerate(MEASURES)}


class Figure(NamedTuple):
    """One measure in one cell. counts: documents, families and sources; no estimate once hidden."""

    measure: Measure
    cell: Cell
    estimate: Estimate | None
    counts: tuple[int, int, int]
    verdict: Verdict


class State(NamedTuple):
    """One way of counting: with or without reprints, with or without coded labels."""

    sums: Sums
    reprints: str
    correction: str
    earlier: NDArray[np.bool_]
    counted: NDArray[np.bool_]


def with_events(sums: Sums, events: Sequence[str]) -> Sums:
    """An axis for every named date and every event.

    On neither side are documents without a date, and those of a year or month in which it lies.
    """
    axes = dict(sums.axes)
    codes, days = axes[DATE]
    for day in dict.fromkeys([*NAMED_DATES, *events]):
        cut = cut_at(day)
        across = [at for at, written in enumerate(days) if lies_across(written, cut)]
        neither = (codes < 0) | np.isin(codes, across)
        later = np.where(neither, -1, codes >= bisect_left(days, cut)).astype(np.int32)
        axes[EVENT + day] = Axis(later, [*SIDES])
    return sums._replace(axes=axes)


def all_cells(sums: Sums) -> list[Cell]:
    """Everything, half-years, sides of named dates, each axis alone and by half-year, and last the
    sides of the user's own dates."""
    everything = np.arange(len(sums.clusters), dtype=np.int32)
    period = sums.axes["period"]
    cells = [Cell("all", None, None, everything)]
    for axis in ("period", *(EVENT + day for day in NAMED_DATES)):
        cells += _split(axis, sums, everything)
    for axis in AXES:
        for part in _split(axis, sums, everything):
            cells.append(part)
            codes = period.codes[part.rows]
            cells += [Cell(axis, part.value, period.values[code], part.rows[codes == code])
                      for code in np.unique(codes[codes >= 0])]  # fmt: skip
    # Dates of the user's own come last: whether they are shown changes nothing above.
    for axis in sums.axes:
        if axis.startswith(EVENT) and axis.removeprefix(EVENT) not in NAMED_DATES:
            cells += _split(axis, sums, everything)
    return cells


def _split(axis: str, sums: Sums, rows: Ints) -> list[Cell]:
    codes, values = sums.axes[axis]
    order = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[order], np.arange(len(values) + 1, dtype=np.int32))
    return [Cell(axis, value, None, rows[order[edges[at]:edges[at + 1]]])
            for at, value in enumerate(values)]  # fmt: skip


def is_own(cell: Cell) -> bool:
    """Whether the cell is a side of a date of the user's own."""
    return cell.axis.startswith(EVENT) and cell.axis.removeprefix(EVENT) not in NAMED_DATES


class Held(NamedTuple):
    """Cells of one partition, reduced to the documents that hold a unit: what all measures of
    these units rest on."""

    places: list[int]
    cells: list[Cell]


def sharing_units(state: State) -> list[list[Measure]]:
    """Measures that make sense in this state, those counting in the same documents together."""
    groups: dict[bytes, list[Measure]] = {}
    for measure in MEASURES.values():
        # Reprints are not looked for among documents without a mention.
        plain = state.reprints == AS_PUBLISHED and state.correction == UNCORRECTED
        # Whether a document holds a conflation is no sum of mentions: it cannot be adjusted.
        summed = measure.code != "document_strict" or state.correction == UNCORRECTED
        if (measure.code != "attention" or plain) and summed:
            name = measure.code if measure.code in PER_LANGUAGE else ""
            units = np.packbits(_holding(state, measure)).tobytes() + name.encode()
            groups.setdefault(units, []).append(measure)
    return list(groups.values())


def _holding(state: State, measure: Measure) -> NDArray[np.bool_]:
    """Whether each document holds a unit of the measure and is counted in this state."""
    column = COLUMN_OF[measure.code]
    held: NDArray[np.bool_] = state.sums.denominators[:, column] != 0
    if measure.unit == "log-ratio":
        held |= state.sums.numerators[:, column] != 0
    return held & state.counted


def held_cells(state: State, measure: Measure, cells: list[Cell]) -> list[Held]:
    """Cells reduced to the documents that hold a unit of the measure, by partition."""
    holding = _holding(state, measure)
    found: dict[tuple[str, bool], tuple[list[int], list[Cell]]] = {}
    every = bool(holding.all())
    for place, cell in enumerate(cells):
        rows = cell.rows if every else cell.rows[holding[cell.rows]]
        if len(rows) and _meant(measure, cell._replace(rows=rows), state.sums):
            places, kept = found.setdefault(cell.partition, ([], []))
            places.append(place)
            kept.append(cell._replace(rows=rows))
    return [Held(places, kept) for places, kept in found.values()]


def _meant(measure: Measure, cell: Cell, sums: Sums) -> bool:
    """Whether the measure makes sense in the cell: names of the country need one language."""
    if measure.code not in PER_LANGUAGE or cell.axis == "lang":
        return True
    return len(np.unique(sums.axes["lang"].codes[cell.rows])) == 1


def count_cells(
    state: State, measures: list[Measure], held: list[Held]
) -> dict[Measure, list[Figure]]:
    """Figures before subtraction is thought of. One partition at a time bounds the memory."""
    found: dict[Measure, list[Figure]] = {measure: [] for measure in measures}
    for part in held:
        layout = lay_out(state.sums, [cell.rows for cell in part.cells])
        for measure in measures:
            found[measure] += _figures(state, measure, part.cells, layout)
    return found


def _figures(state: State, measure: Measure, cells: list[Cell], layout: Layout) -> list[Figure]:
    counts = zip(layout.documents.tolist(), layout.families.tolist(), layout.sources.tolist(),
                 strict=True)  # fmt: skip
    found = []
    for cell, estimate, count in zip(cells, _estimates(state, measure, layout), counts,
                                     strict=True):  # fmt: skip
        verdict = judge_figure(estimate, count[1], measure.unit)
        if verdict.state != HIDDEN and _gives_away_new(state, measure, cell.rows):
            verdict = Verdict(HIDDEN, "differs from an earlier report by too few documents")
        found.append(Figure(measure, cell, estimate, count, verdict))
    return found


def _estimates(state: State, measure: Measure, layout: Layout) -> Sequence[Estimate | None]:
    size = len(layout.documents)
    if not size:
        return []
    column = COLUMN_OF[measure.code]
    above, below = cluster_sums(state.sums, layout.rows, layout.starts, column)
    if measure.unit != "log-ratio" and state.correction == UNCORRECTED:
        return cluster_rates(above, below, layout.cells[:-1])
    cells = list(itertools.pairwise(layout.cells))
    if measure.unit == "log-ratio":
        return [log_balance(above[a:b], below[a:b]) for a, b in cells]
    sums = state.sums
    coded = [[np.add.reduceat(side[layout.rows, column], layout.starts) for side in sides]
             for sides in zip(sums.weights, sums.squares, sums.differing, strict=True)]  # fmt: skip
    return [adjusted_rate(above[a:b], below[a:b],
                          Agreeing(*(coded_in(*(side[a:b] for side in sides)) for sides in coded)))
            for a, b in cells]  # fmt: skip


def could_print(state: State, measure: Measure, rows: Ints) -> bool:
    """Whether these documents could have a figure of their own, or are none at all."""
    if not len(rows):
        return True
    if len(rows) < MIN_FAMILIES:
        return False
    layout = lay_out(state.sums, [rows[:ENOUGH]])
    estimate = _estimates(state, measure, layout)[0]
    return judge_figure(estimate, int(layout.families[0]), measure.unit).state != HIDDEN


def _gives_away_new(state: State, measure: Measure, rows: Ints) -> bool:
    earlier = state.earlier[rows]
    if not earlier.any() or earlier.all():
        return False
    return not could_print(state, measure, rows[~earlier])
