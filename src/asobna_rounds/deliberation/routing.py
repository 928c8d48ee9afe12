"""Which statements a participant sees next.

In a small round everybody can see everything, so the order is a fair shuffle. Above
`ROUTING_FROM` statements a lottery prefers statements that are new, that few pass on, that
people agree on and that tell positions apart. Source of the weights: Polis `conversation.clj`,
comment priorities.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from .pca import Axes
from .votes import FloatArray, IntArray

ROUTING_FROM = 60
"""Up to so many statements everybody sees all of them in an even shuffle."""
META_PRIORITY = 49.0
"""Weight of a statement about the speakers themselves, which Polis asks everybody."""


def extremity(mean: FloatArray, axes: Axes) -> FloatArray:
    """How far a lone agreeing vote moves a participant, (statements,).

    A lone vote is scaled by sqrt(statements), as in `pca.project`.
    """
    length = np.sqrt((axes.components**2).sum(axis=0))
    moved: FloatArray = np.abs(1.0 - mean) * length * np.sqrt(mean.size)
    return moved


def priorities(
    agree: IntArray, passed: IntArray, seen: IntArray, extremity: FloatArray
) -> FloatArray:
    """Lottery weight of every statement, (statements,), all above 0.

    ((1 - P(pass)) * (extremity + 1) * P(agree) * (1 + 8 * 2^(-seen/5)))^2
    """
    passing = (passed + 1.0) / (seen + 2.0)
    agreeing = (agree + 1.0) / (seen + 2.0)
    fresh = 1.0 + 8.0 * 2.0 ** (-np.asarray(seen, dtype=np.float64) / 5.0)
    weight: FloatArray = ((1.0 - passing) * (extremity + 1.0) * agreeing * fresh) ** 2
    return weight


def next_statements(
    priorities: FloatArray, unseen: ArrayLike, count: int = 10, seed: int = 0
) -> IntArray:
    """Up to `count` of the `unseen` statement indexes, in the order to show them.

    `priorities` (statements,) covers all statements of the round: up to `ROUTING_FROM` of them
    every order is equally likely, above that a lottery without replacement by weight (Efraimidis
    and Spirakis 2006). The same arguments give the same order: draw a new seed for every page.
    """
    left = np.asarray(unseen, dtype=np.int64)
    rng = np.random.Generator(np.random.PCG64(seed))
    if priorities.size <= ROUTING_FROM:
        return rng.permutation(left)[:count]
    waits = rng.exponential(size=left.size) / priorities[left]
    return left[np.argsort(waits, kind="stable")][:count]
