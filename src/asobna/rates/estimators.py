"""Shares, balances and differences with intervals that know that mentions come in documents.

Every function takes sums per cluster, a cluster being a family of reprints within one source.
Formulae and the simulations behind them are in docs/rates.md; tests/test_rates_coverage.py runs
the coverage of each interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, ndtri, stdtr, stdtrit

Floats = NDArray[np.float64]
Ints = NDArray[np.integer[Any]]

LEVEL = 0.95
#: Clusters that must carry the event, and as many its absence, before the design effect seen in
#: the data is believed outright; below that it is drawn towards the one expected from sizes. Fewer
#: than 20 to 50 are "few" (Cameron and Miller 2015, J. Human Resources 50:317, VI); with 20,
#: printed intervals of rare events in long documents cover less than 93 per cent.
TRUSTED_CLUSTERS = 30
#: Correlation of mentions within a document expected beforehand. Measured values run from .14
#: (parliament) to .6 (White House); .17 is the smallest with which no cell of the grid of
#: docs/rates.md covers less than 93 per cent.
EXPECTED_CORRELATION = 0.17
_SMALLEST_WEIGHT = 0.05


class Estimate(NamedTuple):
    """One figure: `value` with its interval, and what it rests on."""

    value: float
    low: float
    high: float
    variance: float
    n_eff: float
    df: float
    clusters: int
    numerator: float
    denominator: float
    interval: str


def cluster_rate(numerators: Floats, denominators: Floats, level: float = LEVEL) -> Estimate | None:
    """Estimator A: a share of counted units with a Wilson interval on the effective number.

    numerators, denominators: counts per cluster, 0 <= numerator <= denominator.
    Returns None with fewer than two clusters that hold a unit.

    The variance is that of the delete-one-cluster jackknife of a ratio. With few clusters on either
    side of the event it cannot be estimated; there the design effect is not allowed below the one
    expected from cluster sizes. The t quantile has m - 1 degrees of freedom to the degree that the
    design effect was estimated.
    """
    held = denominators > 0
    if not held.any():
        return None
    return cluster_rates(numerators[held], denominators[held], np.array([0]), level)[0]


def cluster_rates(
    x: Floats, n: Floats, starts: Ints, level: float = LEVEL
) -> list[Estimate | None]:
    """Estimator A in many cells at once, laid end to end. starts: the first cluster of each cell.

    Every cell must hold a cluster, and every cluster a unit.
    """
    clusters = np.diff(np.append(starts, len(n))).astype(np.float64)
    sizes = clusters.astype(np.int64)

    def total(values: Floats) -> Floats:
        """Sums per cell."""
        return np.add.reduceat(values, starts, dtype=np.float64)

    with np.errstate(all="ignore"):
        units, events = total(n), total(x)
        share = events / units
        residuals = (x - np.repeat(share, sizes) * n) / (1 - n / np.repeat(units, sizes))
        variance = total(residuals**2) / units**2 * (clusters - 1) / clusters
        expected = 1 + EXPECTED_CORRELATION * (total(n**2) / units - 1)
        sides = np.minimum(total((x > 0).astype(np.float64)), total((x < n).astype(np.float64)))
        weight = np.minimum(1, sides / TRUSTED_CLUSTERS)
        seen = variance * units / (share * (1 - share))
        drawn = np.maximum(1, weight * seen + (1 - weight) * np.maximum(seen, expected))
        effect = np.where((share > 0) & (share < 1), drawn, expected)
        n_eff = units / effect
        df = (clusters - 1) / np.maximum(weight, _SMALLEST_WEIGHT)
        quantile = stdtrit(df, (1 + level) / 2)
        low, high = _wilson_ends(share, n_eff, quantile)
        variance = share * (1 - share) / n_eff
    columns = np.stack([share, low, high, variance, n_eff, df, clusters, events, units]).T.tolist()
    return [Estimate(p, lo, hi, v, e, d, int(m), k, u, "Wilson, effective n, t") if m >= 2 else None
            for p, lo, hi, v, e, d, m, k, u in columns]  # fmt: skip


def wilson(share: float, n: float, quantile: float) -> tuple[float, float]:
    """Wilson's score interval for `share` of `n` units (Wilson 1927), ends within 0 and 1."""
    low, high = _wilson_ends(np.array([share]), np.array([n]), np.array([quantile]))
    return float(low[0]), float(high[0])


def _wilson_ends(share: Floats, n: Floats, quantile: Floats) -> tuple[Floats, Floats]:
    square = quantile**2
    centre = (share + square / (2 * n)) / (1 + square / n)
    half = quantile / (1 + square / n) * np.sqrt(share * (1 - share) / n + square / (4 * n**2))
    return np.maximum(0, centre - half), np.minimum(1, centre + half)


def t_quantile(df: float, level: float = LEVEL) -> float:
    """Two-sided quantile of Student's t; the normal one for infinite `df`."""
    tail = (1 + level) / 2
    return float(ndtri(tail)) if np.isinf(df) else float(stdtrit(df, tail))


# estimator B: coded sample with known inclusion probabilities


def pseudo_outcomes(machine: Floats, coded: Floats, probability: Floats) -> Floats:
    """Per mention `f + R/π (y - f)`: unbiased for the truth whatever the machine's mistakes.

    machine: f for every mention; coded: y, NaN where nobody coded; probability: π of those coded.
    This is the difference estimator of survey statistics (Särndal et al. 1992, 6.3), used as
    design-based supervised learning (Egami et al. 2023) and as prediction-powered inference with
    λ = 1. Raises ValueError when a coded mention has no probability in (0, 1].
    """
    sampled = ~np.isnan(coded)
    if not ((probability[sampled] > 0) & (probability[sampled] <= 1)).all():
        raise ValueError("each coded mention needs its inclusion probability, 0 < π <= 1")
    outcome = machine.astype(np.float64)
    outcome[sampled] += (coded[sampled] - machine[sampled]) / probability[sampled]
    return outcome


class Agreeing(NamedTuple):
    """From `coded_in`: of units the machine left out of the numerator, and of those in it."""

    out: float = float("inf")
    within: float = float("inf")


#: Coders and machine differ in both kinds: the variance holds what the sample tells of mistakes.
DIFFERING = Agreeing()


def coded_in(weights: Floats, squares: Floats, differing: Floats) -> float:
    """Independent coded units in which machine and coders never differ; infinite where they do.

    weights, squares: Σ 1/π and Σ 1/π² of the coded units of each cluster; differing: how many of
    them the coders had otherwise. Kish's (1965) effective number (Σw)²/Σw², units of one cluster
    being alike by EXPECTED_CORRELATION.
    """
    if differing.sum() > 0:
        return float("inf")
    alike = EXPECTED_CORRELATION
    square = float(((1 - alike) * squares + alike * weights**2).sum())
    return float(weights.sum()) ** 2 / square if square else 0.0


def never_seen(units: float, level: float = LEVEL) -> float:
    """The largest share that none of so many units leaves possible: 1 - (α/2)^(1/n).

    The exact upper end of Clopper and Pearson (1934) for none of n, 3.7/n for many: the two-sided
    kin of the rule of three (Hanley and Lippman-Hand 1983). All is possible after no unit.
    """
    return 1 - float(((1 - level) / 2) ** (1 / units)) if units > 0 else 1.0


def adjusted_rate(
    numerators: Floats, denominators: Floats, agreeing: Agreeing = DIFFERING, level: float = LEVEL
) -> Estimate | None:
    """Estimator B: ratio of sums of pseudo-outcomes per cluster, logit-t interval.

    agreeing: where coders never found an event that the machine left out, or never one too many,
    the variance holds nothing of such mistakes among what nobody coded: that end is moved, in
    quadrature, by the share of them that the sample may have missed. Returns None with fewer than
    two clusters or when no unit is left. Where the estimate itself falls on or outside 0 or 1 the
    interval is the plain t one, cut at 0 and 1.
    """
    held = (denominators != 0) | (numerators != 0)
    x, n = numerators[held], denominators[held]
    clusters, total = len(n), float(n.sum())
    if clusters < 2 or total <= 0:
        return None
    share = float(x.sum()) / total
    residuals = x - share * n
    variance = float((residuals**2).sum() / total**2 * clusters / (clusters - 1))
    quantile = t_quantile(clusters - 1, level)
    low, high = _logit_interval(share, variance, quantile)
    n_eff = total if variance == 0 else min(total, max(share * (1 - share), 0) / variance)
    value = min(1.0, max(0.0, share))
    if np.isfinite(agreeing.out):
        missed = (1 - value) * never_seen(agreeing.out, level)
        high = min(1.0, value + float(np.hypot(high - value, missed)))
    if np.isfinite(agreeing.within):
        wrong = value * never_seen(agreeing.within, level)
        low = max(0.0, value - float(np.hypot(value - low, wrong)))
    if variance == 0:
        n_eff = min(n_eff, max(known for known in agreeing))
    return Estimate(value, low, high, variance, n_eff, clusters - 1, clusters,
                    float(x.sum()), total, "logit, cluster t")  # fmt: skip


def _logit_interval(share: float, variance: float, quantile: float) -> tuple[float, float]:
    error = quantile * float(np.sqrt(variance))
    if not 0 < share < 1:
        return max(0.0, share - error), min(1.0, share + error)
    centre, half = np.log(share / (1 - share)), error / (share * (1 - share))
    return float(expit(centre - half)), float(expit(centre + half))


def adjusted_count(share: float, sensitivity: float, specificity: float) -> float:
    """Rogan and Gladen's (1978) corrected share, cut at 0 and 1: a line of sensitivity, no more.

    It is right only if texts of one class look alike in every source. Raises ValueError when the
    machine is no better than chance.
    """
    informed = sensitivity + specificity - 1
    if informed <= 0:
        raise ValueError("sensitivity + specificity must exceed 1")
    return min(1.0, max(0.0, (share + specificity - 1) / informed))


# estimator C: many small sources


def shrink(values: Floats, variances: Floats) -> tuple[Floats, float, float]:
    """Draw shares towards their common mean: `μ + τ²/(τ² + v) (p - μ)`.

    Returns the drawn shares, μ and τ² (method of moments, DerSimonian and Laird 1986). Meant for
    reading many small sources together; never a ground for accusing one.
    """
    weights = 1 / np.maximum(variances, 1e-12)
    mean = float((weights * values).sum() / weights.sum())
    excess = float((weights * (values - mean) ** 2).sum()) - (len(values) - 1)
    spread = float(weights.sum() - (weights**2).sum() / weights.sum())
    between = max(0.0, excess / spread) if spread > 0 else 0.0
    weights = 1 / np.maximum(variances + between, 1e-12)
    mean = float((weights * values).sum() / weights.sum())
    pull = between / (between + variances) if between > 0 else np.zeros_like(values)
    return mean + pull * (values - mean), mean, between


# balances and differences


def log_balance(above: Floats, below: Floats, level: float = LEVEL) -> Estimate | None:
    """ln[(Σ above + ½) / (Σ below + ½)] with a linearised cluster variance; 0 is parity.

    Returns None with fewer than two clusters that hold either, or where pseudo-outcomes add up to
    less than nothing.
    """
    held = (above + below) > 0
    a, b = above[held], below[held]
    clusters = len(a)
    if clusters < 2:
        return None
    top, bottom = float(a.sum()) + 0.5, float(b.sum()) + 0.5
    if top <= 0 or bottom <= 0:
        return None
    influence = a / top - b / bottom
    influence = influence / (1 - (a + b) / (a + b).sum())
    # Half a unit on either side keeps the width honest where one side was never seen.
    variance = float((influence**2).sum()) * (clusters - 1) / clusters + 0.25 * (
        1 / top**2 + 1 / bottom**2)  # fmt: skip
    value = float(np.log(top / bottom))
    half = t_quantile(clusters - 1, level) * float(np.sqrt(variance))
    total = float((a + b).sum())
    # As many coin flips would have this variance, were the balance even.
    n_eff = min(total, 4 / variance)
    return Estimate(value, value - half, value + half, variance, n_eff, clusters - 1, clusters,
                    float(a.sum()), total, "linearised, cluster t")  # fmt: skip


class Difference(NamedTuple):
    """`value` is later minus earlier, or first minus second; `p` is two-sided."""

    value: float
    low: float
    high: float
    p: float
    df: float


def difference(first: Estimate, second: Estimate, level: float = LEVEL) -> Difference:
    """First minus second, for estimates from different clusters.

    The interval joins the two single intervals (Newcombe 1998, method 10), so it stays sensible
    for rare events; `p` is that of a t test with Satterthwaite's degrees of freedom.
    """
    value = first.value - second.value
    low = value - float(np.hypot(first.value - first.low, second.high - second.value))
    high = value + float(np.hypot(first.high - first.value, second.value - second.low))
    # Half the interval as standard error: never zero where a share is 0 or 1.
    errors = [(e.high - e.low) / (2 * t_quantile(e.df, level)) for e in (first, second)]
    variance = errors[0] ** 2 + errors[1] ** 2
    df = variance**2 / (errors[0] ** 4 / first.df + errors[1] ** 4 / second.df)
    return Difference(value, max(-1.0, low), min(1.0, high),
                      two_sided_p(value / float(np.sqrt(variance)), df), df)  # fmt: skip


def asymmetry(
    ours: tuple[Floats, Floats], theirs: tuple[Floats, Floats], level: float = LEVEL
) -> Estimate | None:
    """First share minus second, both of the same clusters: linearised variance, t interval.

    ours, theirs: numerators and denominators per cluster. Returns None with fewer than two clusters
    or an empty denominator.
    """
    totals = [float(below.sum()) for _, below in (ours, theirs)]
    held = (ours[1] + theirs[1]) > 0
    clusters = int(held.sum())
    if clusters < 2 or min(totals) <= 0:
        return None
    shares = [float(above.sum()) / total
              for (above, _), total in zip((ours, theirs), totals, strict=True)]  # fmt: skip
    parts = [(above - share * below) / total for (above, below), share, total
             in zip((ours, theirs), shares, totals, strict=True)]  # fmt: skip
    influence = parts[0] - parts[1]
    variance = float((influence**2).sum()) * clusters / (clusters - 1)
    half = t_quantile(clusters - 1, level) * float(np.sqrt(variance))
    value = shares[0] - shares[1]
    return Estimate(value, max(-1.0, value - half), min(1.0, value + half), variance,
                    min(totals), clusters - 1, clusters, value, min(totals),
                    "linearised, cluster t")  # fmt: skip


def two_sided_p(statistic: float, df: float) -> float:
    """Two-sided p of a t statistic."""
    return float(2 * stdtr(df, -abs(statistic)))


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted p-values (Benjamini and Hochberg 1995); those <= q are discoveries at rate q."""
    p = np.asarray(p_values, dtype=np.float64)
    if not len(p):
        return []
    order = np.argsort(p)[::-1]
    ranks = np.arange(len(p), 0, -1)
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum.accumulate(p[order] * len(p) / ranks)
    return [float(value) for value in np.minimum(adjusted, 1)]
