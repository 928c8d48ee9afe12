"""standings → RATES: every measure in every cell, thin figures hidden before anyone sees them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

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
    cluster_rate,
    log_balance,
    shrink,
    t_quantile,
    two_sided_p,
)
from asobna.rates.measures import MEASURES, PER_LANGUAGE, WHOLE, Measure
from asobna.rates.sums import AXES, Axis, Sums, cluster_sums, sum_documents
from asobna.rates.suppression import (
    AT_MOST,
    HIDDEN,
    MIN_FAMILIES,
    SUBTRACTED,
    Cell,
    Verdict,
    hide_subtractions,
    judge_figure,
)
from asobna.tables import RATES, make_table

Ints = NDArray[np.int64]

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


def measure_rates(
    documents: pa.Table, standings: pa.Table, design: Design | None = None
) -> pa.Table:
    """Measure every rate of MEASURES in all documents, by half-year, by each axis, and by both.

    documents: DOCUMENTS, also those without a mention (text is not needed); standings: STANDINGS.
    Returns RATES; a hidden figure has no number in any column. Rows come in the order of
    measures, cells, reprints and correction.
    """
    design = design or Design()
    states = list(_states(documents, standings, design))
    cells = _cells(states[0].sums)
    figures = [_measured(state, cells) for state in states]
    figures = _same_in_all(figures)
    unasked = set(AXES) - set(design.axes)
    rows = [row for state, measured in zip(states, figures, strict=True)
            for row in _rows(state, measured) if row["axis"] not in unasked]  # fmt: skip
    order = {code: at for at, code in enumerate(MEASURES)}
    rows.sort(key=lambda row: order[str(row["measure"])])
    return make_table(RATES, {name: [row[name] for row in rows] for name in RATES.names})


def _states(documents: pa.Table, standings: pa.Table, design: Design) -> Iterator[_State]:
    sums = _with_events(sum_documents(documents, standings, design.families), documents, design)
    ids = documents.column("document_id").to_pylist()
    earlier = np.array([id_ in design.earlier for id_ in ids], dtype=np.bool_)[sums.order]
    yield _State(sums, AS_PUBLISHED, "uncorrected", earlier)
    yield _State(_first_only(sums), DE_DUPLICATED, "uncorrected", earlier)
    if design.coded is not None:
        outcomes = outcomes_of(documents, standings, design.coded)
        adjusted = _with_events(
            sum_documents(documents, standings, design.families, outcomes), documents, design)
        yield _State(adjusted, AS_PUBLISHED, design.coded.name, earlier)


def _with_events(sums: Sums, documents: pa.Table, design: Design) -> Sums:
    """An axis for every event: undated documents are on neither side."""
    axes = dict(sums.axes)
    for date in design.events:
        later = pc.fill_null(pc.greater_equal(documents.column("date"), date).cast(pa.int8()), -1)
        axes[f"{EVENT}{date}"] = Axis(np.asarray(later).astype(np.int64)[sums.order], [*SIDES])
    return sums._replace(axes=axes)


def _first_only(sums: Sums) -> Sums:
    keep = sums.first[:, None]
    return sums._replace(numerators=sums.numerators * keep, denominators=sums.denominators * keep)


def _cells(sums: Sums) -> list[Cell]:
    everything = np.arange(len(sums.clusters))
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
    edges = np.searchsorted(codes[order], np.arange(len(values) + 1))
    return [Cell(axis, value, None, rows[order[edges[at]:edges[at + 1]]])
            for at, value in enumerate(values)]  # fmt: skip


# one way of counting


def _measured(state: _State, cells: list[Cell]) -> dict[tuple[str, int], _Figure]:
    """Every figure of one state, by measure and cell."""
    figures: dict[tuple[str, int], _Figure] = {}
    for column, measure in enumerate(MEASURES.values()):
        held = state.sums.denominators[:, column] != 0
        if measure.unit == "log-ratio":
            held |= state.sums.numerators[:, column] != 0
        for index, cell in enumerate(cells):
            rows = cell.rows[held[cell.rows]]
            if len(rows) and _meant(state, measure, cell):
                figures[measure.code, index] = _figure(state, measure, cell._replace(rows=rows))
        _hide_thin(state, measure, figures)
    _hide_last_share(figures)
    return figures


def _meant(state: _State, measure: Measure, cell: Cell) -> bool:
    """Whether the measure makes sense: names of the country need one language, and attention is
    as published only, since reprints are not looked for among documents without a mention."""
    if measure.code == "attention":
        return state.reprints == AS_PUBLISHED and state.correction == "uncorrected"
    if measure.code not in PER_LANGUAGE or cell.axis == "lang":
        return True
    return len(np.unique(state.sums.axes["lang"].codes[cell.rows])) == 1


def _figure(state: _State, measure: Measure, cell: Cell) -> _Figure:
    if len(cell.rows) < MIN_FAMILIES:
        return _Figure(measure, cell, None, (0, 0, 0), judge_figure(None, 0, measure.unit))
    estimate = _estimate(state, measure, cell.rows)
    counts = _counts(state.sums, cell.rows)
    verdict = judge_figure(estimate, counts[1], measure.unit)
    if _gives_away_new(state, measure, cell):
        verdict = Verdict(HIDDEN, "differs from an earlier report by too few documents")
    return _Figure(measure, cell, estimate, counts, verdict)


def _estimate(state: _State, measure: Measure, rows: Ints) -> Estimate | None:
    above, below = cluster_sums(state.sums, rows, list(MEASURES).index(measure.code))
    if measure.unit == "log-ratio":
        return log_balance(above, below)
    if state.correction == "uncorrected":
        return cluster_rate(above, below)
    return adjusted_rate(above, below)


def _counts(sums: Sums, rows: Ints) -> tuple[int, int, int]:
    sources = sums.axes["source"].codes[rows]
    return len(rows), len(np.unique(sums.families[rows])), len(np.unique(sources[sources >= 0]))


def _publishable(state: _State, measure: Measure, rows: Ints) -> bool:
    if not len(rows):
        return True
    if len(rows) < MIN_FAMILIES:
        return False
    families = _counts(state.sums, rows)[1]
    return judge_figure(_estimate(state, measure, rows), families, measure.unit).state != HIDDEN


def _gives_away_new(state: _State, measure: Measure, cell: Cell) -> bool:
    earlier = state.earlier[cell.rows]
    if not earlier.any() or earlier.all():
        return False
    return not _publishable(state, measure, cell.rows[~earlier])


def _hide_thin(
    state: _State, measure: Measure, figures: dict[tuple[str, int], _Figure]
) -> None:
    """Hide what subtraction would give away, within one measure."""
    keys = [key for key in figures if key[0] == measure.code]
    hidden = {at for at, key in enumerate(keys) if figures[key].verdict.state == HIDDEN}
    also = hide_subtractions([figures[key].cell for key in keys], hidden,
                             lambda rows: _publishable(state, measure, rows))  # fmt: skip
    for at in also:
        figures[keys[at]] = figures[keys[at]]._replace(verdict=Verdict(HIDDEN, SUBTRACTED))


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
    states: list[dict[tuple[str, int], _Figure]]
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
    figures: dict[tuple[str, int], _Figure]
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
