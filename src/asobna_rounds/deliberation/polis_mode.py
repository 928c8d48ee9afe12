"""The computation of Polis, for comparison with conversations Polis has published.

Follows `conversation.clj`, `clusters.clj` and `repness.clj` from a cold start: at least two
groups always, no test whether there are any. Rounds do not use it. Differences that stay: Polis
carries groups over from earlier updates, so its stored groups are often not what a cold start
finds; and its start vector is random where ours is fixed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .clusters import most_groups
from .consensus import group_informed
from .counts import UNGROUPED, GroupCounts, count_by_group
from .pca import Axes, Centred, centre, principal_axes, project
from .representative import (
    MOST,
    Z_90,
    Representative,
    Sides,
    compare_groups,
    describe,
    representative,
    share_z,
)
from .routing import META_PRIORITY, extremity, priorities
from .votes import FloatArray, IntArray, Votes

LEAST_VOTES = 7
"""Votes (or all statements, if fewer) from which a participant is grouped."""
FILLED_UP_TO = 15
"""With fewer grouped participants the next most active fill up to this number."""
BASE_CLUSTERS = 100
"""Small clusters that are then grouped."""
BASE_ROUNDS = 100
"""Most rounds of k-means for the small clusters."""
GROUP_ROUNDS = 20
"""Most rounds for the groups: Polis means 100 but passes it under a name that is not read."""
STANDSTILL = 0.01
"""k-means stops when no centre moves farther."""

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class PolisPlane:
    """`axes`, statement `mean` and participants' `points` (participants, 2) as Polis has them,
    agree counted as +1."""

    axes: Axes
    mean: FloatArray
    points: FloatArray


@dataclass(frozen=True, eq=False)
class PolisResult:
    """What Polis publishes of a conversation.

    `labels` (participants,) the group or `UNGROUPED`; `silhouettes` of each number of groups
    tried; `counts` by group; `agree`, `disagree` (statements,) group-aware consensus;
    `representative` per group; `consensus` statements (agree side, disagree side); `priorities`
    (statements,).
    """

    plane: PolisPlane
    labels: IntArray
    silhouettes: dict[int, float]
    counts: GroupCounts
    agree: FloatArray
    disagree: FloatArray
    representative: tuple[tuple[Representative, ...], ...]
    consensus: tuple[tuple[int, ...], tuple[int, ...]]
    priorities: FloatArray


def like_polis(
    votes: Votes, moderated_out: BoolArray | None = None, meta: BoolArray | None = None
) -> PolisResult:
    """Compute what Polis would from a cold start.

    `moderated_out`, `meta` (statements,) mark rejected statements and those about the speakers.
    """
    nothing = np.zeros(votes.statements, dtype=np.bool_)
    out = nothing if moderated_out is None else moderated_out
    plane = polis_plane(votes, out)
    labels, silhouettes = _group(plane.points, eligible(votes))
    counts = count_by_group(votes, labels, int(labels.max(initial=-1)) + 1)
    agree, disagree = group_informed(counts)
    sides = compare_groups(counts)
    found = tuple(tuple(_select(sides, g, out)) for g in range(len(counts.sizes)))
    weights = priorities(
        counts.agree.sum(axis=0),
        counts.passed.sum(axis=0),
        counts.seen.sum(axis=0),
        extremity(plane.mean, plane.axes),
    )
    weights = np.where(nothing if meta is None else meta, META_PRIORITY, weights)
    shared = _consensus(votes, out)
    return PolisResult(plane, labels, silhouettes, counts, agree, disagree, found, shared, weights)


def polis_plane(votes: Votes, moderated_out: BoolArray) -> PolisPlane:
    """Axes and positions; rejected statements count as a pass by everybody, as in Polis."""
    centred = centre(votes)
    kept = ~moderated_out[votes.statement]
    centred.matrix.data[~kept] = 0.0
    axes = principal_axes(centred)
    own = np.bincount(votes.person[kept], minlength=votes.participants)
    voted = own + np.count_nonzero(moderated_out)
    mean = np.where(moderated_out, 0.0, centred.mean)
    centred = Centred(centred.matrix, mean)
    return PolisPlane(axes, mean, project(centred.matrix, axes.components, voted))


def eligible(votes: Votes) -> IntArray:
    """Participants who are grouped, ascending: 7 votes, or the 15 most active if too few."""
    chosen = votes.voted >= min(LEAST_VOTES, votes.statements)
    missing = FILLED_UP_TO - int(np.count_nonzero(chosen))
    if missing > 0:
        rest = np.flatnonzero(~chosen & (votes.voted > 0))
        chosen[rest[np.argsort(-votes.voted[rest], kind="stable")][:missing]] = True
    return np.flatnonzero(chosen)


def _group(points: FloatArray, chosen: IntArray) -> tuple[IntArray, dict[int, float]]:
    labels = np.full(len(points), UNGROUPED, dtype=np.int64)
    if chosen.size == 0:
        return labels, {}
    everyone = np.ones(chosen.size)
    base, centres = _cold_kmeans(points[chosen], everyone, BASE_CLUSTERS, BASE_ROUNDS)
    weights = np.bincount(base).astype(np.float64)
    tried: dict[int, tuple[float, IntArray]] = {}
    for k in range(2, most_groups(len(centres)) + 1):
        groups, _ = _cold_kmeans(centres, weights, k, GROUP_ROUNDS)
        tried[k] = (_plain_silhouette(centres, groups), groups)
    best = max(tried, key=lambda k: (tried[k][0], k))
    labels[chosen] = tried[best][1][base]
    return labels, {k: score for k, (score, _) in tried.items()}


def _cold_kmeans(
    points: FloatArray, weights: FloatArray, k: int, rounds: int
) -> tuple[IntArray, FloatArray]:
    """k-means from the first k different points; groups that lose all members disappear."""
    _, first = np.unique(points, axis=0, return_index=True)
    centres = points[np.sort(first)[:k]]
    for _ in range(rounds + 1):
        apart = np.subtract.outer(points[:, 0], centres[:, 0]) ** 2
        apart += np.subtract.outer(points[:, 1], centres[:, 1]) ** 2
        held, labels = np.unique(np.argmin(apart, axis=1), return_inverse=True)
        mass = np.bincount(labels, weights=weights)
        moved = np.stack(
            [np.bincount(labels, weights=weights * points[:, a]) / mass for a in (0, 1)], axis=1
        )
        still = held.size == len(centres) and _stands_still(centres, moved)
        centres = moved
        if still:
            break
    return labels.astype(np.int64), centres


def _stands_still(before: FloatArray, after: FloatArray) -> bool:
    first = before[np.lexsort((before[:, 1], before[:, 0]))]
    second = after[np.lexsort((after[:, 1], after[:, 0]))]
    return bool(np.all(((first - second) ** 2).sum(axis=1) < STANDSTILL**2))


def _plain_silhouette(centres: FloatArray, labels: IntArray) -> float:
    """Mean silhouette of the small clusters, each counted once whatever its size."""
    apart = np.sqrt(((centres[:, None] - centres[None]) ** 2).sum(axis=2))
    sizes = np.bincount(labels)
    if sizes.size < 2:
        return 0.0
    member = labels[:, None] == np.arange(sizes.size)
    summed = np.einsum("ij,jg->ig", apart, member.astype(np.float64))
    own = np.arange(len(labels)), labels
    within = summed[own] / np.maximum(sizes[labels] - 1, 1)
    means = summed / sizes
    means[own] = np.inf
    between = means.min(axis=1)
    widest = np.maximum(np.maximum(within, between), 1e-300)
    return float(np.where(sizes[labels] == 1, 0.0, (between - within) / widest).mean())


def _select(sides: Sides, group: int, out: BoolArray) -> list[Representative]:
    """Polis' choice: the best agreed statement first, never an empty list where votes exist."""
    enough = representative(sides, group, out)
    every = [at for at in range(out.size) if not out[at]]
    best_agree = _best_agree(sides, group, every)
    if not enough and best_agree is None:
        return _strongest(sides, group, every)
    head = [] if best_agree is None else [_finalised(sides, group, best_agree)]
    rest = [one for one in enough if not head or one.statement != head[0].statement]
    chosen = (head + rest)[:MOST]
    return sorted(chosen, key=lambda one: one.side != "agree")


def _best_agree(sides: Sides, group: int, statements: list[int]) -> int | None:
    """One pass in statement order; what counts changes once the best exceeds a ratio of 1."""
    side, best = sides.agree, None
    general = (side.share * side.share_z)[group]
    score, ratio = side.score[group], side.ratio[group]
    voted = (sides.agree.votes + sides.disagree.votes)[group] > 0
    good = (side.share_z[group] > Z_90) | ((ratio > 1.0) & (side.share[group] > 0.5))
    for at in statements:
        if not voted[at]:
            continue
        if best is None:
            better = bool(good[at])
        elif ratio[best] > 1.0:
            better = bool(score[at] > score[best])
        else:
            better = bool(general[at] > general[best])
        best = at if better else best
    return best


def _strongest(sides: Sides, group: int, statements: list[int]) -> list[Representative]:
    if not statements:
        return []
    strength = np.maximum(sides.agree.ratio_z[group], sides.disagree.ratio_z[group])
    return [_finalised(sides, group, max(statements, key=lambda at: (strength[at], -at)))]


def _finalised(sides: Sides, group: int, at: int) -> Representative:
    agreeing = sides.agree.ratio_z[group, at] > sides.disagree.ratio_z[group, at]
    return describe(sides, group, at, bool(agreeing))


def _consensus(votes: Votes, out: BoolArray) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Statements most people agree, or disagree, with: share above one half, z above 90 %."""
    counts = votes.counts
    seen = counts.sum(axis=1)

    def top(side: IntArray) -> tuple[int, ...]:
        share, z = (side + 1.0) / (seen + 2.0), share_z(side, seen)
        chosen = np.flatnonzero((share > 0.5) & (z > Z_90) & ~out)
        order = np.argsort(-(share * z)[chosen], kind="stable")
        return tuple(int(at) for at in chosen[order][:MOST])

    return top(counts[:, 2]), top(counts[:, 0])
