"""standings → RATES: every measure in every cell, thin figures hidden before anyone sees them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from asobna.rates.coded import CodedSample, outcomes_of
from asobna.rates.estimators import (
    LEVEL,
    Estimate,
    adjusted_rate,
    benjamini_hochberg,
    cluster_rates,
    log_balance,
    shrink,
    t_quantile,
    two_sided_p,
)
from asobna.rates.measures import MEASURES, PER_LANGUAGE, WHOLE, Measure
from asobna.rates.sums import AXES, Axis, Layout, Sums, cluster_sums, lay_out, sum_documents
from asobna.rates.suppression import (
    AT_MOST,
    HIDDEN,
    MIN_FAMILIES,
    SUBTRACTED,
    Cell,
    Nested,
    Verdict,
    hide_subtractions,
    judge_figure,
    nest_cells,
)
from asobna.tables import RATES, make_table

Ints = NDArray[np.integer[Any]]

AS_PUBLISHED, DE_DUPLICATED = "as-published", "de-duplicated"
#: Name of an event's axis before its date, and the two values on it.
EVENT, SIDES = "event ", ("before", "from")
#: False discoveries allowed among the sources said to differ from their median.
DISCOVERY_RATE = 0.05
#: Coded mentions below which a cell gets no adjusted figure of its own.
MIN_CODED = 30


class Design(NamedTuple):
    """What to measure by. `families` maps document ids to families of reprints.

    axes: some of source, kind, speaker, party, lang; the half-year is always one. All axes are
    measured whatever is asked for, so that two reports by different axes hide the same.
    coded: a sample of mentions coded by people, or by a model (then the labels are silver).
    events: dates YYYY-MM-DD; each makes an axis of two cells, before it and from it on.
    earlier: ids of the documents of a report published before, so that the two together do not
    show what either hides.
    """

    axes: tuple[str, ...] = ("source", "kind", "party", "lang")
    families: Mapping[str, str] = {}
    coded: CodedSample | None = None
    events: tuple[str, ...] = ()
    earlier: frozenset[str] = frozenset()


class _Figure(NamedTuple):
    measure: Measure
    cell: Cell
    estimate: Estimate | None
    counts: tuple[int, int, int]
    verdict: Verdict


class _State(NamedTuple):
    """One way of counting: with or without reprints, with or without coded labels."""

    sums: Sums
    reprints: str
    correction: str
    earlier: NDArray[np.bool_]
    counted: NDArray[np.bool_]


_COLUMNS = {code: at for at, code in enumerate(MEASURES)}


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
    cells = _cells(states[0].sums)
    unasked = set(AXES) - set(design.axes)
    figures = [_asked(_measured(states[0], cells), unasked)]
    for state in states[1:]:
        # Without a reprint, counting each text once is counting as published.
        same = state.reprints == DE_DUPLICATED and bool(state.counted.all())
        figures.append(_without_attention(figures[0]) if same
                       else _asked(_measured(state, cells), unasked))  # fmt: skip
    rows = [row for state, measured in zip(states, _same_in_all(figures), strict=True)
            for row in _rows(state, measured)]  # fmt: skip
    rows.sort(key=lambda row: _COLUMNS[str(row["measure"])])
    return make_table(RATES, {name: [row[name] for row in rows] for name in RATES.names})


def _states(
    documents: pa.Table, standings: pa.Table, design: Design, sums: Sums
) -> Iterator[_State]:
    sums = _with_events(sums, documents, design)
    known = pa.array(sorted(design.earlier), pa.string())
    found = pc.is_in(documents.column("document_id"), known).to_numpy()
    earlier = np.asarray(found, dtype=np.bool_)[sums.order]
    every = np.ones(documents.num_rows, dtype=np.bool_)
    yield _State(sums, AS_PUBLISHED, "uncorrected", earlier, every)
    yield _State(sums, DE_DUPLICATED, "uncorrected", earlier, sums.first)
    if design.coded is not None:
        outcomes = outcomes_of(documents, standings, design.coded)
        adjusted = _with_events(
            sum_documents(documents, standings, design.families, outcomes), documents, design
        )
        yield _State(adjusted, AS_PUBLISHED, design.coded.name, earlier, every)


def _asked(
    figures: dict[tuple[str, int], _Figure], unasked: set[str]
) -> dict[tuple[str, int], _Figure]:
    return {key: figure for key, figure in figures.items() if figure.cell.axis not in unasked}


def _without_attention(figures: dict[tuple[str, int], _Figure]) -> dict[tuple[str, int], _Figure]:
    return {key: figure for key, figure in figures.items() if key[0] != "attention"}


def _with_events(sums: Sums, documents: pa.Table, design: Design) -> Sums:
    """An axis for every event: undated documents are on neither side."""
    axes = dict(sums.axes)
    for date in design.events:
        later = pc.fill_null(pc.greater_equal(documents.column("date"), date).cast(pa.int8()), -1)
        axes[f"{EVENT}{date}"] = Axis(np.asarray(later).astype(np.int32)[sums.order], [*SIDES])
    return sums._replace(axes=axes)


def _cells(sums: Sums) -> list[Cell]:
    everything = np.arange(len(sums.clusters), dtype=np.int32)
    period = sums.axes["period"]
    cells = [Cell("all", None, None, everything)]
    for axis in ("period", *(name for name in sums.axes if name.startswith(EVENT))):
        cells += _split(axis, sums, everything)
    for axis in AXES:
        for part in _split(axis, sums, everything):
            cells.append(part)
            codes = period.codes[part.rows]
            cells += [Cell(axis, part.value, period.values[code], part.rows[codes == code])
                      for code in np.unique(codes[codes >= 0])]  # fmt: skip
    return cells


def _split(axis: str, sums: Sums, rows: Ints) -> list[Cell]:
    codes, values = sums.axes[axis]
    order = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[order], np.arange(len(values) + 1, dtype=np.int32))
    return [Cell(axis, value, None, rows[order[edges[at]:edges[at + 1]]])
            for at, value in enumerate(values)]  # fmt: skip


# one way of counting


class _Held(NamedTuple):
    """Cells of one partition, reduced to the documents that hold a unit: what all measures of
    these units rest on."""

    places: list[int]
    cells: list[Cell]


def _measured(state: _State, cells: list[Cell]) -> dict[tuple[str, int], _Figure]:
    """Every figure of one state, by measure and cell."""
    figures: dict[tuple[str, int], _Figure] = {}
    for measures in _sharing_units(state):
        held = _held_cells(state, measures[0], cells)
        places = [place for part in held for place in part.places]
        nested = nest_cells([cell for part in held for cell in part.cells])
        for measure, counted in _counted(state, measures, held).items():
            found = _hide_thin(state, counted, nested)
            figures |= {(measure.code, place): figure
                        for place, figure in zip(places, found, strict=True)}  # fmt: skip
    _hide_last_share(figures)
    return figures


def _counted(
    state: _State, measures: list[Measure], held: list[_Held]
) -> dict[Measure, list[_Figure]]:
    """Figures before subtraction is thought of. One partition at a time bounds the memory."""
    found: dict[Measure, list[_Figure]] = {measure: [] for measure in measures}
    for part in held:
        layout = lay_out(state.sums, [cell.rows for cell in part.cells])
        for measure in measures:
            found[measure] += _figures(state, measure, part.cells, layout)
    return found


def _sharing_units(state: _State) -> list[list[Measure]]:
    """Measures that make sense in this state, those counting in the same documents together."""
    groups: dict[bytes, list[Measure]] = {}
    for measure in MEASURES.values():
        # Reprints are not looked for among documents without a mention.
        plain = state.reprints == AS_PUBLISHED and state.correction == "uncorrected"
        if measure.code != "attention" or plain:
            name = measure.code if measure.code in PER_LANGUAGE else ""
            units = np.packbits(_holding(state, measure)).tobytes() + name.encode()
            groups.setdefault(units, []).append(measure)
    return list(groups.values())


def _holding(state: _State, measure: Measure) -> NDArray[np.bool_]:
    """Whether each document holds a unit of the measure and is counted in this state."""
    column = _COLUMNS[measure.code]
    held: NDArray[np.bool_] = state.sums.denominators[:, column] != 0
    if measure.unit == "log-ratio":
        held |= state.sums.numerators[:, column] != 0
    return held & state.counted


def _held_cells(state: _State, measure: Measure, cells: list[Cell]) -> list[_Held]:
    holding = _holding(state, measure)
    found: dict[tuple[str, bool], tuple[list[int], list[Cell]]] = {}
    every = bool(holding.all())
    for place, cell in enumerate(cells):
        rows = cell.rows if every else cell.rows[holding[cell.rows]]
        if len(rows) and _meant(measure, cell._replace(rows=rows), state.sums):
            places, kept = found.setdefault(cell.partition, ([], []))
            places.append(place)
            kept.append(cell._replace(rows=rows))
    return [_Held(places, kept) for places, kept in found.values()]


def _meant(measure: Measure, cell: Cell, sums: Sums) -> bool:
    """Whether the measure makes sense in the cell: names of the country need one language."""
    if measure.code not in PER_LANGUAGE or cell.axis == "lang":
        return True
    return len(np.unique(sums.axes["lang"].codes[cell.rows])) == 1


def _figures(
    state: _State, measure: Measure, cells: list[Cell], layout: Layout
) -> list[_Figure]:
    counts = zip(layout.documents.tolist(), layout.families.tolist(), layout.sources.tolist(),
                 strict=True)  # fmt: skip
    found = []
    for cell, estimate, count in zip(cells, _estimates(state, measure, layout), counts,
                                     strict=True):  # fmt: skip
        verdict = judge_figure(estimate, count[1], measure.unit)
        if verdict.state != HIDDEN and _gives_away_new(state, measure, cell.rows):
            verdict = Verdict(HIDDEN, "differs from an earlier report by too few documents")
        found.append(_Figure(measure, cell, estimate, count, verdict))
    return found


def _estimates(state: _State, measure: Measure, layout: Layout) -> Sequence[Estimate | None]:
    size = len(layout.documents)
    if not size:
        return []
    column = _COLUMNS[measure.code]
    above, below = cluster_sums(state.sums, layout.rows, layout.starts, column)
    if measure.unit != "log-ratio" and state.correction == "uncorrected":
        return cluster_rates(above, below, layout.cells[:-1])
    one = log_balance if measure.unit == "log-ratio" else adjusted_rate
    return [one(above[a:b], below[a:b]) for a, b in itertools.pairwise(layout.cells)]


def _publishable(state: _State, measure: Measure, rows: Ints) -> bool:
    if not len(rows):
        return True
    if len(rows) < MIN_FAMILIES:
        return False
    layout = lay_out(state.sums, [rows])
    estimate = _estimates(state, measure, layout)[0]
    return judge_figure(estimate, int(layout.families[0]), measure.unit).state != HIDDEN


def _gives_away_new(state: _State, measure: Measure, rows: Ints) -> bool:
    earlier = state.earlier[rows]
    if not earlier.any() or earlier.all():
        return False
    return not _publishable(state, measure, rows[~earlier])


def _hide_thin(state: _State, figures: list[_Figure], nested: Nested) -> list[_Figure]:
    """Hide what subtraction would give away, within one measure."""
    if not figures:
        return []
    hidden = {at for at, figure in enumerate(figures) if figure.verdict.state == HIDDEN}
    measure = figures[0].measure
    also = hide_subtractions([figure.cell for figure in figures], hidden,
                             lambda rows: _publishable(state, measure, rows), nested)  # fmt: skip
    return [figure._replace(verdict=Verdict(HIDDEN, SUBTRACTED)) if at in also else figure
            for at, figure in enumerate(figures)]  # fmt: skip


def _hide_last_share(figures: dict[tuple[str, int], _Figure]) -> None:
    """Four shares add up to one: where one is hidden, hide the next smallest as well."""
    for index in {key[1] for key in figures}:
        shares = [figures[code, index] for code in WHOLE if (code, index) in figures]
        shown = [figure for figure in shares if figure.verdict.state != HIDDEN]
        if len(shares) == len(shown) + 1 and shown:
            least = min(shown, key=lambda f: f.estimate.numerator if f.estimate else 0)
            figures[least.measure.code, index] = least._replace(
                verdict=Verdict(HIDDEN, SUBTRACTED))  # fmt: skip


def _same_in_all(
    states: list[dict[tuple[str, int], _Figure]],
) -> list[dict[tuple[str, int], _Figure]]:
    """What is hidden in one way of counting is hidden in all: the ways differ by little."""
    hidden = {key for figures in states for key, figure in figures.items()
              if figure.verdict.state == HIDDEN}  # fmt: skip
    return [{key: figure if figure.verdict.state == HIDDEN or key not in hidden
             else figure._replace(verdict=Verdict(HIDDEN, "hidden in another way of counting"))
             for key, figure in figures.items()} for figures in states]  # fmt: skip


# rows


def _rows(state: _State, figures: dict[tuple[str, int], _Figure]) -> Iterator[dict[str, object]]:
    drawn, differs = _side_by_side(figures)
    for key, figure in figures.items():
        row = _row(state, figure)
        if figure.verdict.state != HIDDEN:
            row |= {"shrunk": drawn.get(key), "distinguishable": differs.get(key)}
        yield row


def _row(state: _State, figure: _Figure) -> dict[str, object]:
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
    figures: dict[tuple[str, int], _Figure],
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
        adjusted = benjamini_hochberg([
            two_sided_p(float(gap), estimate.df) for gap, estimate
            in zip((values - np.median(values)) / errors, found, strict=True)])  # fmt: skip
        differs |= {key: p <= DISCOVERY_RATE for key, p in zip(keys, adjusted, strict=True)}
    return drawn, differs
