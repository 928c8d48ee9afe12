"""What people agree on: verdicts that need no groups, and the group-informed score.

A verdict rests on the 95 % interval of a share, not on the share: a statement counts as agreed
only when more than half would still stand behind it at the lower bound.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asobna_rounds.polls import wilson

from .counts import GroupCounts
from .votes import FloatArray, IntArray

AGREED_SHARE = 0.5
"""Agreed: the lower bound of one side lies above this share of those who voted."""
SPLIT_SHARE = 0.2
"""Split: the lower bounds of both sides lie above this share."""
LEAST_SEEN = 10
"""With fewer votes on it a statement stays unsure, whatever they say."""
MINORITY = 5
"""An opposing side of at least this many people is kept in the report of an agreed statement."""

UNSURE, SPLIT, AGREED = 0, 1, 2
VERDICTS = ("unsure", "split", "agreed")


@dataclass(frozen=True, eq=False)
class Verdicts:
    """Verdict of every statement, all arrays (statements,).

    `verdict` indexes `VERDICTS`; `agrees` True where the agreeing side is the larger;
    `agree_low`, `agree_high`, `disagree_low`, `disagree_high` the 95 % bounds of the shares
    among those who voted; `minority` True where an agreed statement has an opposing side.
    """

    verdict: IntArray
    agrees: NDArray[np.bool_]
    agree_low: FloatArray
    agree_high: FloatArray
    disagree_low: FloatArray
    disagree_high: FloatArray
    minority: NDArray[np.bool_]


def judge(agree: IntArray, disagree: IntArray, seen: IntArray, invited: int | None) -> Verdicts:
    """Verdicts from the votes on every statement; `invited` people narrow the intervals.

    The lower bounds are the group-free consensus score: comparable between rounds with and
    without groups.
    """
    agree_low, agree_high = wilson(agree, seen, invited)
    disagree_low, disagree_high = wilson(disagree, seen, invited)
    known = seen >= LEAST_SEEN
    agreed = known & (np.maximum(agree_low, disagree_low) > AGREED_SHARE)
    split = known & ~agreed & (np.minimum(agree_low, disagree_low) > SPLIT_SHARE)
    verdict = np.where(agreed, AGREED, np.where(split, SPLIT, UNSURE)).astype(np.int64)
    minority = agreed & (np.minimum(agree, disagree) >= MINORITY)
    bounds = (agree_low, agree_high, disagree_low, disagree_high)
    return Verdicts(verdict, agree >= disagree, *bounds, minority)


def group_informed(counts: GroupCounts) -> tuple[FloatArray, FloatArray]:
    """Agreement and disagreement that hold in every group, (statements,) each.

    The product over groups of (votes + 1)/(seen + 2). Source: Polis `conversation.clj`,
    group-aware consensus.
    """
    seen = counts.seen + 2.0
    return ((counts.agree + 1.0) / seen).prod(axis=0), ((counts.disagree + 1.0) / seen).prod(axis=0)
