"""An interrupted monthly series: the jump at a named date, and how unusual such a jump is.

Two answers are given together, since neither suffices: SARIMAX(1,0,0) with a level step, and the
rank of the jump among jumps at placebo dates. In simulation false alarms at a nominal 5 per cent
rise to .09 for the first and stay at .03 for the second. "Changed at", never "because of".
"""

from __future__ import annotations

import warnings
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from asobna.dates import is_date
from asobna.errors import ConfigError
from asobna.rates.measures import MEASURES
from asobna.rates.sums import Sums

Floats = NDArray[np.float64]

#: Fewer months with data than this: only before and after with intervals, no series.
MIN_MONTHS = 24
#: A month with fewer units has no share: one mention is 0 or 100 per cent of itself.
MIN_UNITS = 3
#: A standard error of a share beyond this is no estimate but a sign that there is none.
MAX_ERROR = 0.5
#: Months a placebo date must keep on either side.
PLACEBO_MARGIN = 6


class Series(NamedTuple):
    """Monthly shares; NaN where a month holds fewer than MIN_UNITS. months: YYYY-MM, no gaps."""

    months: list[str]
    shares: Floats
    units: Floats


class Jump(NamedTuple):
    """A change of level at a month, in share points / 100.

    placebo_rank: share of placebo dates whose absolute jump is smaller.
    """

    month: str
    estimate: float
    low: float
    high: float
    months_with_data: int
    placebo_rank: float
    placebo_dates: int


def monthly(sums: Sums, dates: list[str | None], measure: str) -> Series:
    """Add a measure up by month. dates: of the documents, in table order; days are dropped.

    Documents whose date has no month, or is none, are left out.
    """
    column = list(MEASURES).index(measure)
    written = (dates[row] for row in sums.order)
    months = np.array([day[:7] if day and is_date(day) else "" for day in written], dtype=np.str_)
    known = np.char.str_len(months) == 7
    if not known.any():
        return Series([], np.array([]), np.array([]))
    axis = _all_months(min(months[known].tolist()), max(months[known].tolist()))
    place = {month: at for at, month in enumerate(axis)}
    rows = np.array([place[str(month)] for month in months[known]])
    above = np.bincount(rows, sums.numerators[known, column], len(axis))
    below = np.bincount(rows, sums.denominators[known, column], len(axis)).astype(np.float64)
    return Series(axis, above / np.where(below >= MIN_UNITS, below, np.nan), below)


def _all_months(first: str, last: str) -> list[str]:
    start, end = (int(month[:4]) * 12 + int(month[5:]) - 1 for month in (first, last))
    return [f"{at // 12:04d}-{at % 12 + 1:02d}" for at in range(start, end + 1)]


def minus(ours: Series, control: Series) -> Series:
    """The difference of two series over the months both cover."""
    months = [month for month in ours.months if month in set(control.months)]
    pick = [[series.months.index(month) for month in months] for series in (ours, control)]
    return Series(months, ours.shares[pick[0]] - control.shares[pick[1]],
                  np.minimum(ours.units[pick[0]], control.units[pick[1]]))  # fmt: skip


def measure_jump(series: Series, month: str) -> Jump | None:
    """The change of level at `month` with its SARIMAX(1,0,0) interval and placebo rank.

    Returns None with fewer than MIN_MONTHS months of data, fewer than PLACEBO_MARGIN of them on
    either side, or where the share hardly ever differs from one value or the model finds no fit.
    Raises ConfigError when statsmodels is not installed.
    """
    known = ~np.isnan(series.shares)
    step = np.array([at >= month for at in series.months], dtype=np.float64)
    sides = [int((known & (step == side)).sum()) for side in (0, 1)]
    if sum(sides) < MIN_MONTHS or min(sides) < PLACEBO_MARGIN:
        return None
    usual = np.nanmedian(series.shares)
    if (np.abs(series.shares[known] - usual) > 1e-9).sum() < PLACEBO_MARGIN:
        return None
    fitted = _fit_step(series.shares, step)
    if fitted is None:
        return None
    estimate, error = fitted
    placebo = _placebo_jumps(series.shares)
    here = abs(_raw_jump(series.shares, int(step.argmax())))
    others = np.array([abs(jump) for at, jump in placebo.items() if at != int(step.argmax())])
    half = 1.959964 * error
    return Jump(month, estimate, estimate - half, estimate + half, sum(sides),
                float((others < here).mean()), len(others))  # fmt: skip


def _raw_jump(shares: Floats, at: int) -> float:
    return float(np.nanmean(shares[at:]) - np.nanmean(shares[:at]))


def _placebo_jumps(shares: Floats) -> dict[int, float]:
    """Jump of the mean at every month that leaves PLACEBO_MARGIN months of data on both sides."""
    known = np.cumsum(~np.isnan(shares))
    return {at: _raw_jump(shares, at) for at in range(1, len(shares))
            if known[at - 1] >= PLACEBO_MARGIN
            and known[-1] - known[at - 1] >= PLACEBO_MARGIN}  # fmt: skip


def _fit_step(shares: Floats, step: Floats) -> tuple[float, float] | None:
    """Level step and its standard error in an AR(1) model; months without data stay missing.

    None where the likelihood has no maximum that can be found.
    """
    try:
        from statsmodels.tsa.statespace.sarimax import SARIMAX  # noqa: PLC0415 - seconds to import
    except ImportError as error:
        raise ConfigError(
            "interrupted series need statsmodels: pip install 'asobna[series]'"
        ) from error
    exog = np.column_stack([np.ones_like(step), step])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        fit = SARIMAX(shares, exog=exog, order=(1, 0, 0)).fit(disp=False, cov_type="approx")
    spread = float(fit.bse[1])
    if not fit.mle_retvals["converged"] or not 0 < spread < MAX_ERROR:
        return None
    return float(fit.params[1]), spread
