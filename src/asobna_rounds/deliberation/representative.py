"""Statements that set a group apart: how likely it is to agree (or disagree), and how much more
likely than everybody else.

Source of all formulas: Polis `repness.clj` and `stats.clj`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .counts import GroupCounts
from .votes import FloatArray, IntArray

Z_90 = 1.2816
"""One-sided 90 % point of the normal distribution, with the digits Polis uses."""
MOST = 5
"""Most representative statements of a group."""


@dataclass(frozen=True, eq=False)
class Side:
    """One side (agree, or disagree) of every statement in every group, (groups, statements).

    `votes` on that side, `share` with one vote added to each side, `share_z` against one half,
    `ratio` to the share of everybody else, `ratio_z` of that difference.
    """

    votes: IntArray
    share: FloatArray
    share_z: FloatArray
    ratio: FloatArray
    ratio_z: FloatArray

    @property
    def score(self) -> FloatArray:
        """The order of representative statements: the product of all four."""
        return self.ratio * self.ratio_z * self.share * self.share_z

    @property
    def passes(self) -> NDArray[np.bool_]:
        """Both tests are significant at 90 %."""
        return (self.ratio_z > Z_90) & (self.share_z > Z_90)


@dataclass(frozen=True)
class Representative:
    """A statement that stands for a group: `side` agree or disagree, `votes` of `seen`."""

    statement: int
    side: str
    votes: int
    seen: int
    share: float
    ratio: float
    share_z: float
    ratio_z: float


@dataclass(frozen=True, eq=False)
class Sides:
    """Both sides of every statement in every group, and who saw it."""

    agree: Side
    disagree: Side
    seen: IntArray


def compare_groups(counts: GroupCounts) -> Sides:
    """Both sides of every statement in every group against everybody else in a group."""
    agree = _side(counts.agree, counts.seen)
    return Sides(agree, _side(counts.disagree, counts.seen), counts.seen)


def representative(sides: Sides, group: int, skip: NDArray[np.bool_]) -> list[Representative]:
    """Up to `MOST` statements of a group that pass both tests, the strongest first.

    `skip` (statements,) leaves statements out. Where two scores are equal the lower index wins.
    """
    agreeing = sides.agree.ratio_z[group] > sides.disagree.ratio_z[group]
    passing = (sides.agree.passes[group] | sides.disagree.passes[group]) & ~skip
    score = np.where(agreeing, sides.agree.score[group], sides.disagree.score[group])
    chosen = np.flatnonzero(passing)
    chosen = chosen[np.argsort(-score[chosen], kind="stable")][:MOST]
    return [describe(sides, group, int(at), bool(agreeing[at])) for at in chosen]


def describe(sides: Sides, group: int, statement: int, agreeing: bool) -> Representative:
    """The figures of one statement in one group."""
    side, at = (sides.agree if agreeing else sides.disagree), (group, statement)
    figures = (side.share, side.ratio, side.share_z, side.ratio_z)
    return Representative(
        statement,
        "agree" if agreeing else "disagree",
        int(side.votes[at]),
        int(sides.seen[at]),
        *(float(figure[at]) for figure in figures),
    )


def share_z(votes: IntArray, seen: IntArray) -> FloatArray:
    """z of a share against one half, with one vote and one success added (Polis `prop-test`)."""
    size = seen + 1.0
    z: FloatArray = 2.0 * np.sqrt(size) * ((votes + 1.0) / size - 0.5)
    return z


def ratio_z(votes: IntArray, others: IntArray, seen: IntArray, seen_others: IntArray) -> FloatArray:
    """z of the difference of two shares, one added to every number (Polis `two-prop-test`)."""
    size, size_others = seen + 1.0, seen_others + 1.0
    pooled = (votes + others + 2.0) / (size + size_others)
    spread = pooled * (1.0 - pooled) * (1.0 / size + 1.0 / size_others)
    gap = (votes + 1.0) / size - (others + 1.0) / size_others
    width = np.sqrt(np.maximum(spread, 0.0))
    z: FloatArray = np.divide(gap, width, out=np.zeros_like(gap), where=width > 0)
    return z


def _side(votes: IntArray, seen: IntArray) -> Side:
    others, seen_others = votes.sum(axis=0) - votes, seen.sum(axis=0) - seen
    share = (votes + 1.0) / (seen + 2.0)
    ratio = share / ((others + 1.0) / (seen_others + 2.0))
    apart = ratio_z(votes, others, seen, seen_others)
    return Side(votes, share, share_z(votes, seen), ratio, apart)
