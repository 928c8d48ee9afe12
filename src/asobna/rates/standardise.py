"""Before and after a date, at one mix of sources: a new source alone is no change."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from asobna.rates.dates import sides
from asobna.rates.estimators import (
    Difference,
    Estimate,
    cluster_rate,
    difference,
    t_quantile,
    two_sided_p,
)
from asobna.rates.measures import MEASURES
from asobna.rates.sums import Sums, cluster_starts, cluster_sums
from asobna.rates.suppression import HIDDEN, judge_figure

Ints = NDArray[np.integer[Any]]


class Change(NamedTuple):
    """A share before and after a date. `before`, `after` are crude, over all documents.

    `standardised` compares at fixed source weights: the share each source has of all units in
    both spans together. `left_out` are sources without units on both sides. A side that
    suppression hides is None, and so are both differences then.
    """

    measure: str
    date: str
    before: Estimate | None
    after: Estimate | None
    crude: Difference | None
    standardised: Difference | None
    left_out: tuple[str, ...]


def compare_before_after(sums: Sums, dates: pa.ChunkedArray, measure: str, date: str) -> Change:
    """Compare `measure` in documents before `date` and from it on.

    sums: from `sum_documents`; dates: the date column of the same documents, in table order;
    date: YYYY-MM-DD. Left out are documents without a date and those dated to the year or month
    alone in which it lies: nobody can say on which side of it they are.
    """
    column = list(MEASURES).index(measure)
    later = np.asarray(sides(dates, date))[sums.order]
    held = sums.denominators[:, column] > 0
    spans = [np.flatnonzero(held & (later == when)) for when in (0, 1)]
    before, after = (_shown(sums, rows, column) for rows in spans)
    crude = difference(after, before) if before and after else None
    standardised, left_out = _standardised(sums, (spans[0], spans[1]), column)
    return Change(measure, date, before, after, crude, standardised if crude else None, left_out)


def _shown(sums: Sums, rows: Ints, column: int) -> Estimate | None:
    if not len(rows):
        return None
    estimate = _rate(sums, rows, column)
    families = 1 + int(np.count_nonzero(np.diff(sums.families[rows])))
    verdict = judge_figure(estimate, families, "share")
    return None if verdict.state == HIDDEN else estimate


def _rate(sums: Sums, rows: Ints, column: int) -> Estimate | None:
    return cluster_rate(*cluster_sums(sums, rows, cluster_starts(sums, rows), column))


def _standardised(
    sums: Sums, spans: tuple[Ints, Ints], column: int
) -> tuple[Difference | None, tuple[str, ...]]:
    codes, values = sums.axes["source"]
    strata, weights, left_out = [], [], []
    for code in np.unique(codes[np.concatenate(spans)]):
        rows = [span[codes[span] == code] for span in spans]
        pair = [_rate(sums, r, column) if len(r) else None for r in rows]
        if pair[0] is None or pair[1] is None:
            left_out.append(values[code] if code >= 0 else "(no source)")
            continue
        strata.append((pair[0], pair[1]))
        weights.append(pair[0].denominator + pair[1].denominator)
    if not strata:
        return None, tuple(left_out)
    return _weighted(strata, np.array(weights) / sum(weights)), tuple(left_out)


def _weighted(strata: list[tuple[Estimate, Estimate]], weights: NDArray[np.float64]) -> Difference:
    """Direct standardisation: Σ w (after - before) with fixed weights."""
    value, variance, spread = 0.0, 0.0, 0.0
    for (before, after), weight in zip(strata, weights, strict=True):
        value += weight * (after.value - before.value)
        for estimate in (before, after):
            # From the interval's width, so that a stratum without the event is not certain.
            error = weight * (estimate.high - estimate.low) / (2 * t_quantile(estimate.df))
            variance += error**2
            spread += error**4 / estimate.df
    df = variance**2 / spread
    half = t_quantile(df) * float(np.sqrt(variance))
    return Difference(value, max(-1.0, value - half), min(1.0, value + half),
                      two_sided_p(value / float(np.sqrt(variance)), df), df)  # fmt: skip
