"""Weighted polls: intervals for a finite panel, raking, and the refusal of small cells.

People in exile are few and those invited are known in number, so a share is always told as
"12 of 30 invited". Unweighted shares get the Wilson interval with finite-population correction;
weighted ones the same with Kish's effective number of answers in place of n.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from asobna_rounds.errors import FiguresError

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]

Z_95 = 1.959963984540054
"""Two-sided 95 % point of the normal distribution."""
LEAST_EFFECTIVE = 10.0
"""A poll with a smaller effective number of answers is refused."""
WEIGHT_CAP = 5.0
"""Largest weight relative to the mean weight."""
RAKING_ROUNDS = 1_000
"""Most rounds of raking; margins that then still differ are reported, not hidden."""
RAKING_TOLERANCE = 1e-10
NO_ANSWER = -1
"""Code of an answer that was not given."""
SILENT = "no answer"
"""The option under which ballots without an answer are counted."""


def wilson(
    success: ArrayLike, n: ArrayLike, population: int | None = None
) -> tuple[FloatArray, FloatArray]:
    """95 % Wilson interval of success/n, low and high, elementwise; (0, 1) where n is 0.

    `population` is the number of people asked; the variance is then multiplied by
    (N - n)/(N - 1), and the interval closes when everybody answered. Fractional `n` (effective
    numbers) are allowed. Sources: Wilson 1927; Cochran, Sampling Techniques, 2.6.
    """
    hits, size = np.asarray(success, dtype=np.float64), np.asarray(n, dtype=np.float64)
    share = np.divide(hits, size, out=np.full(np.broadcast(hits, size).shape, 0.5), where=size > 0)
    return _score_interval(share, size, finite_size(size, population))


def finite_size(n: FloatArray, population: int | None) -> FloatArray:
    """Answers from an endless population that would tell as much as `n` from a finite one."""
    if population is None:
        return n
    if bool(np.any(n > population)):
        raise FiguresError(
            f"{float(n.max()):g} answers from {population} invited; correct the number invited"
        )
    left = population - n
    return np.divide(n * (population - 1), left, out=np.full_like(n, np.inf), where=left > 0)


def _score_interval(
    share: FloatArray, n: FloatArray, size: FloatArray
) -> tuple[FloatArray, FloatArray]:
    over = np.divide(Z_95**2, size, out=np.full_like(share, np.inf), where=size > 0)
    known = np.isfinite(over)
    tame = np.where(known, over, 1.0)
    middle = (share + tame / 2) / (1 + tame)
    half = np.sqrt(share * (1 - share) * tame + tame**2 / 4) / (1 + tame)
    low = np.where(known & (n > 0), np.maximum(middle - half, 0.0), 0.0)
    high = np.where(known & (n > 0), np.minimum(middle + half, 1.0), 1.0)
    return low, high


@dataclass(frozen=True, eq=False)
class Weights:
    """Weights of the answering people, mean 1.

    `values` (people,); `deff` and `n_eff` after Kish; `low`, `high` the range; `capped` how many
    stand at the cap; `margins` the names raked on; `worst` the largest difference left between a
    weighted margin and its target (0.01 is one percentage point).
    """

    values: FloatArray
    deff: float
    n_eff: float
    low: float
    high: float
    capped: int
    margins: tuple[str, ...]
    worst: float


def kish(weights: FloatArray) -> tuple[float, float]:
    """Design effect n*sum(w^2)/sum(w)^2 and effective number n/deff (Kish 1965, 11.2C)."""
    total = float(weights.sum())
    if weights.size == 0 or total <= 0:
        return 1.0, 0.0
    deff = weights.size * float((weights**2).sum()) / total**2
    return deff, weights.size / deff


def rake(
    margins: Mapping[str, ArrayLike],
    targets: Mapping[str, ArrayLike],
    cap: float = WEIGHT_CAP,
) -> Weights:
    """Weights that bring every margin to its target (Deming and Stephan 1940), capped.

    `margins[name]` (people,) holds a category code from 0 for everyone, `targets[name]`
    (categories,) the shares wanted, summing to 1. Weights above `cap` times the mean are cut
    in every round, so capped margins can miss their target; `worst` says by how much. Raises
    `FiguresError` for unknown names, codes without a target, a wanted category nobody is in, or
    a cap of 1 or less.
    """
    if cap <= 1:
        raise FiguresError(f"a cap of {cap:g} leaves no room for weights; use more than 1")
    codes, wanted = _margins(margins, targets)
    size = len(next(iter(codes.values())))
    values = np.ones(size)
    for _ in range(RAKING_ROUNDS):
        for name, code in codes.items():
            held = np.bincount(code, weights=values, minlength=wanted[name].size)
            values = values * (wanted[name] * size / np.maximum(held, 1e-300))[code]
        values = _cap(values, cap)
        worst = _worst(values, codes, wanted)
        if worst <= RAKING_TOLERANCE:
            break
    deff, n_eff = kish(values)
    capped = int(np.count_nonzero(values >= cap * (1 - 1e-9)))
    low, high = float(values.min()), float(values.max())
    return Weights(values, deff, n_eff, low, high, capped, tuple(codes), worst)


@dataclass(frozen=True)
class PollOption:
    """One option: its `count` of answers, weighted `share` and 95 % interval."""

    label: str
    count: int
    share: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Crossed:
    """Ballots by weight and answer: `weights` (classes,) in rising order, `counts` (classes,
    options), from which all figures of a poll follow."""

    weights: FloatArray
    counts: IntArray


@dataclass(frozen=True)
class Poll:
    """One poll question. `refused` is None or `n_eff`: too few effective answers to show a share.

    `n` answers of `asked` ballots, `n_eff` effective answers, `invited` people or None.
    `crossed` covers all ballots, its last column those without an answer.
    """

    n: int
    asked: int
    n_eff: float
    deff: float
    invited: int | None
    margins: tuple[str, ...]
    options: tuple[PollOption, ...]
    refused: str | None
    crossed: Crossed

    @property
    def cells(self) -> dict[str, int]:
        """Counts of all ballots, those without an answer included, as `disclosure` wants them."""
        labels = (*(option.label for option in self.options), SILENT)
        return dict(zip(labels, self.crossed.counts.sum(axis=0).tolist(), strict=True))

    def of_all_ballots(self) -> Poll:
        """The same with "no answer" counted as an option: shares of all ballots."""
        labels = (*(option.label for option in self.options), SILENT)
        nobody = np.zeros((self.crossed.weights.size, 1), dtype=np.int64)
        counts = np.concatenate([self.crossed.counts, nobody], axis=1)
        return _poll(Crossed(self.crossed.weights, counts), labels, self.margins, self.invited)


def weigh_poll(
    answers: ArrayLike,
    options: tuple[str, ...],
    weights: Weights | None = None,
    invited: int | None = None,
) -> Poll:
    """Shares of the `options` among `answers` (ballots,), option indexes or `NO_ANSWER`.

    Shares are among those who answered. With fewer than `LEAST_EFFECTIVE` effective answers
    shares and intervals are NaN and `refused` says so. Nothing of this is for publishing: pass
    `Poll.cells` through `disclosure.release`, then both through `deliberation.publish_poll`.
    """
    codes = np.asarray(answers, dtype=np.int64)
    if codes.size and (codes.min() < NO_ANSWER or codes.max() >= len(options)):
        raise FiguresError(f"an answer lies outside -1 to {len(options) - 1}; recode it")
    each = np.ones(codes.size) if weights is None else weights.values
    if each.size != codes.size:
        raise FiguresError(f"{each.size} weights for {codes.size} ballots; weigh every ballot")
    values, row = np.unique(each.round(12), return_inverse=True)
    width = len(options) + 1
    flat = row * width + np.where(codes < 0, len(options), codes)
    counts = np.bincount(flat, minlength=values.size * width).reshape(values.size, width)
    margins = () if weights is None else weights.margins
    return _poll(Crossed(values, counts.astype(np.int64)), options, margins, invited)


def _poll(
    crossed: Crossed, options: tuple[str, ...], margins: tuple[str, ...], invited: int | None
) -> Poll:
    given = crossed.counts[:, :-1]
    n = int(given.sum())
    deff, n_eff = kish(np.repeat(crossed.weights, given.sum(axis=1)))
    mass = (crossed.weights[:, None] * given).sum(axis=0)
    refused = "n_eff" if n_eff < LEAST_EFFECTIVE else None
    shares = np.full(len(options), np.nan) if refused else mass / mass.sum()
    low, high = _weighted_interval(shares, deff, n, invited)
    columns = (given.sum(axis=0), shares, low, high)
    rows = zip(options, *(column.tolist() for column in columns), strict=True)
    table = tuple(PollOption(*row) for row in rows)
    asked = int(crossed.counts.sum())
    return Poll(n, asked, n_eff, deff, invited, margins, table, refused, crossed)


def _weighted_interval(
    shares: FloatArray, deff: float, n: int, invited: int | None
) -> tuple[FloatArray, FloatArray]:
    """Wilson on the effective number, with the finite-population correction of the raw one."""
    size = finite_size(np.full(shares.shape, float(n)), invited) / deff
    low, high = _score_interval(np.nan_to_num(shares), np.full(shares.shape, float(n)), size)
    lost = np.isnan(shares)
    return np.where(lost, np.nan, low), np.where(lost, np.nan, high)


def _cap(values: FloatArray, cap: float) -> FloatArray:
    """Weights of mean 1 and at most `cap`; what is cut goes to the others in proportion."""
    values = values / values.mean()
    held = np.zeros(values.size, dtype=np.bool_)
    while bool(np.any(values > cap * (1 + 1e-12))):
        held |= values > cap
        left = values.size - cap * np.count_nonzero(held)
        values = np.where(held, cap, values * left / values[~held].sum())
    return values


def _margins(
    margins: Mapping[str, ArrayLike], targets: Mapping[str, ArrayLike]
) -> tuple[dict[str, IntArray], dict[str, FloatArray]]:
    if not margins or set(margins) != set(targets):
        raise FiguresError("margins and targets must name the same questions, at least one")
    codes = {name: np.asarray(codes, dtype=np.int64) for name, codes in margins.items()}
    wanted = {name: np.asarray(targets[name], dtype=np.float64) for name in codes}
    if len({code.size for code in codes.values()}) != 1:
        raise FiguresError("every margin must have one code for every person")
    for name, code in codes.items():
        _refuse_margin(name, code, wanted[name])
    return codes, wanted


def _refuse_margin(name: str, code: IntArray, wanted: FloatArray) -> None:
    if code.size == 0:
        raise FiguresError(f"margin {name}: nobody answered, there is nothing to weigh")
    if code.min() < 0 or code.max() >= wanted.size:
        raise FiguresError(f"margin {name}: a code lies outside 0 to {wanted.size - 1}")
    if wanted.min() < 0 or abs(float(wanted.sum()) - 1) > 1e-9:
        raise FiguresError(f"margin {name}: the target shares must be at least 0 and sum to 1")
    empty = np.flatnonzero((np.bincount(code, minlength=wanted.size) == 0) & (wanted > 0))
    if empty.size:
        raise FiguresError(
            f"margin {name}: nobody is in category {int(empty[0])}, which has a target;"
            " merge it with another"
        )
    if bool(np.any(wanted[np.unique(code)] == 0)):
        raise FiguresError(f"margin {name}: a category people are in has the target 0; merge it")


def _worst(values: FloatArray, codes: dict[str, IntArray], wanted: dict[str, FloatArray]) -> float:
    def miss(name: str) -> float:
        held = np.bincount(codes[name], weights=values, minlength=wanted[name].size)
        return float(np.abs(held / values.sum() - wanted[name]).max())

    return max(miss(name) for name in codes)
