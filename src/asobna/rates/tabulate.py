"""standings → RATES: every measure in every cell, thin figures hidden before anyone sees them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from asobna.rates.cells import (
    AS_PUBLISHED,
    COLUMN_OF,
    DE_DUPLICATED,
    EVENT,
    UNCORRECTED,
    Figure,
    State,
    all_cells,
    with_events,
)
from asobna.rates.coded import CodedSample, outcomes_of
from asobna.rates.dates import NAMED_DATES
from asobna.rates.estimators import LEVEL, benjamini_hochberg, shrink, t_quantile, two_sided_p
from asobna.rates.hiding import hide_together, measured
from asobna.rates.sums import AXES, Sums, sum_documents
from asobna.rates.suppression import AT_MOST, HIDDEN
from asobna.tables import RATES, make_table

#: False discoveries allowed among the sources said to differ from their median.
DISCOVERY_RATE = 0.05


class Design(NamedTuple):
    """What to measure by. `families` maps document ids to families of reprints.

    axes: some of source, kind, speaker, party, lang; the half-year is always one. All axes are
    measured whatever is asked for, so that two reports by different axes hide the same.
    coded: a sample of mentions coded by people, or by a model (then the labels are silver).
    events: dates YYYY-MM-DD; each makes an axis of two cells, before it and from it on. The named
    dates are measured whatever is asked for; others are shown where `dates.Line` admits them.
    earlier: ids of the documents of a report published before, so that the two together do not
    show what either hides.
    """

    axes: tuple[str, ...] = ("source", "kind", "party", "lang")
    families: Mapping[str, str] = {}
    coded: CodedSample | None = None
    events: tuple[str, ...] = ()
    earlier: frozenset[str] = frozenset()


def measure_rates(
    documents: pa.Table, standings: pa.Table, design: Design | None = None,
    sums: Sums | None = None,
) -> pa.Table:  # fmt: skip
    """Measure every rate of MEASURES in all documents, by half-year, by each axis, and by both.

    documents: DOCUMENTS, also those without a mention (text is not needed); standings: STANDINGS;
    sums: of `sum_documents` with the families of the design, where they are made already.
    Returns RATES; a hidden figure has no number in any column. Rows come in the order of
    measures, cells, reprints and correction.
    """
    design = design or Design()
    sums = sums or sum_documents(documents, standings, design.families)
    states = list(_states(documents, standings, design, sums))
    cells = all_cells(states[0].sums)
    figures = [measured(states[0], cells)]
    for state in states[1:]:
        # Without a reprint, counting each text once is counting as published.
        same = state.reprints == DE_DUPLICATED and bool(state.counted.all())
        figures.append(_without_attention(figures[0]) if same else measured(state, cells))
    hide_together(states, figures, cells)
    unasked = {*AXES, *(EVENT + day for day in NAMED_DATES)} - {
        *design.axes, *(EVENT + day for day in design.events)}  # fmt: skip
    rows = [row for state, found in zip(states, figures, strict=True)
            for row in _rows(state, _asked(found, unasked))]  # fmt: skip
    rows.sort(key=lambda row: COLUMN_OF[str(row["measure"])])
    return make_table(RATES, {name: [row[name] for row in rows] for name in RATES.names})


def _states(
    documents: pa.Table, standings: pa.Table, design: Design, sums: Sums
) -> Iterator[State]:
    sums = with_events(sums, design.events)
    known = pa.array(sorted(design.earlier), pa.string())
    found = pc.is_in(documents.column("document_id"), known).to_numpy()
    earlier = np.asarray(found, dtype=np.bool_)[sums.order]
    every = np.ones(documents.num_rows, dtype=np.bool_)
    yield State(sums, AS_PUBLISHED, UNCORRECTED, earlier, every)
    yield State(sums, DE_DUPLICATED, UNCORRECTED, earlier, sums.first)
    if design.coded is not None:
        outcomes = outcomes_of(documents, standings, design.coded)
        adjusted = with_events(
            sum_documents(documents, standings, design.families, outcomes), design.events
        )
        yield State(adjusted, AS_PUBLISHED, design.coded.name, earlier, every)


def _asked(
    figures: dict[tuple[str, int], Figure], unasked: set[str]
) -> dict[tuple[str, int], Figure]:
    return {key: figure for key, figure in figures.items() if figure.cell.axis not in unasked}


def _without_attention(figures: dict[tuple[str, int], Figure]) -> dict[tuple[str, int], Figure]:
    return {key: figure for key, figure in figures.items() if key[0] != "attention"}


def _rows(state: State, figures: dict[tuple[str, int], Figure]) -> Iterator[dict[str, object]]:
    drawn, differs = _side_by_side(figures)
    for key, figure in figures.items():
        row = _row(state, figure)
        if figure.verdict.state != HIDDEN:
            row |= {"shrunk": drawn.get(key), "distinguishable": differs.get(key)}
        yield row


def _row(state: State, figure: Figure) -> dict[str, object]:
    cell, measure, estimate = figure.cell, figure.measure, figure.estimate
    row: dict[str, object] = dict.fromkeys(RATES.names)
    row |= {"measure": measure.code, "axis": cell.axis, "value": cell.value,
            "period": cell.value if cell.axis == "period" else cell.period,
            "reprints": state.reprints, "correction": state.correction, "unit": measure.unit,
            "level": LEVEL, "interval": estimate.interval if estimate else "none",
            "state": figure.verdict.state, "reason": figure.verdict.reason}  # fmt: skip
    if figure.verdict.state == HIDDEN or estimate is None:
        return row
    scale = 1000 if measure.unit == "per-1000" else 1
    low = figure.verdict.state == AT_MOST
    row |= {"estimate": None if low else estimate.value * scale,
            "low": 0.0 if low else estimate.low * scale, "high": estimate.high * scale,
            "numerator": None if low else estimate.numerator,
            "denominator": estimate.denominator, "n_eff": estimate.n_eff, "df": estimate.df,
            "documents": figure.counts[0], "families": figure.counts[1],
            "sources": figure.counts[2]}  # fmt: skip
    return row


def _side_by_side(
    figures: dict[tuple[str, int], Figure],
) -> tuple[dict[tuple[str, int], float], dict[tuple[str, int], bool]]:
    """Shares drawn together, and whether each differs from the median, within each axis."""
    groups: dict[tuple[str, str], list[tuple[str, int]]] = {}
    for key, figure in figures.items():
        if (figure.cell.axis in AXES and figure.cell.period is None
                and figure.measure.unit == "share" and figure.verdict.state != HIDDEN):  # fmt: skip
            groups.setdefault((key[0], figure.cell.axis), []).append(key)
    drawn: dict[tuple[str, int], float] = {}
    differs: dict[tuple[str, int], bool] = {}
    for keys in groups.values():
        if len(keys) < 3:
            continue
        found = [estimate for key in keys if (estimate := figures[key].estimate)]
        values = np.array([estimate.value for estimate in found])
        errors = np.array([(e.high - e.low) / (2 * t_quantile(e.df)) for e in found])
        drawn |= dict(zip(keys, shrink(values, errors**2)[0].tolist(), strict=True))
        # Where nothing varies the error is not known: such a source is told from nobody.
        gaps = np.divide(values - np.median(values), errors, out=np.zeros_like(values),
                         where=errors > 0)  # fmt: skip
        adjusted = benjamini_hochberg([
            two_sided_p(float(gap), estimate.df)
            for gap, estimate in zip(gaps, found, strict=True)])  # fmt: skip
        differs |= {key: p <= DISCOVERY_RATE for key, p in zip(keys, adjusted, strict=True)}
    return drawn, differs
