"""Groups in the plane of the axes: k-means from many starts, and how well k groups fit.

One start often ends in a poor grouping, so many are run together and the best is kept. Up to
`EXACT_POINTS` people take part in every start; above that the starts run on a summary (cells
with equally many people) and the best is finished on everybody.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .votes import FloatArray, IntArray

STARTS = 16
"""Starts of k-means; the grouping with the least inertia is kept."""
MAX_ROUNDS = 100
"""Most rounds of one k-means run."""
MAX_GROUPS = 5
"""Most groups looked for, as in Polis."""
EXACT_POINTS = 2_000
"""People up to whom every start uses every position."""
SUMMARY_STRIPS = 28
"""The summary has this many strips along the first axis and cells in each: 784 cells."""


@dataclass(frozen=True, eq=False)
class Grouping:
    """A grouping of points: `labels` (points,) from 0 in falling size of group, `centres`
    (groups, 2), `inertia` the weighted sum of squared distances to the centres."""

    labels: IntArray
    centres: FloatArray
    inertia: float

    @property
    def sizes(self) -> IntArray:
        """People in each group, (groups,)."""
        return np.bincount(self.labels, minlength=len(self.centres)).astype(np.int64)


@dataclass(frozen=True, eq=False)
class Cells:
    """Points summed up: `points` (cells, 2), `weights` (cells,) people in each."""

    points: FloatArray
    weights: FloatArray


def most_groups(people: int) -> int:
    """Most groups to look for among so many people: 2 + people/12, at most 5 (Polis)."""
    return min(MAX_GROUPS, 2 + people // 12)


def group_points(points: FloatArray, k: int, seed: int = 0) -> Grouping | None:
    """The best grouping of `points` (points, 2) into k groups found from many starts.

    None where the points do not fall into k different groups (fewer than k positions).
    """
    cells = summarise(points)
    centres = best_centres(cells, k, seed)
    if centres is None:
        return None
    return finish(points, centres)


def best_centres(cells: Cells, k: int, seed: int = 0) -> FloatArray | None:
    """Centres (k, 2) of the best of many starts on weighted points, or None (see above)."""
    if len(cells.points) < k:
        return None
    centres = _spread_starts(cells, k, np.random.Generator(np.random.PCG64(seed)))
    moving = np.arange(STARTS)
    for _ in range(MAX_ROUNDS):
        labels, _ = _nearest(cells.points, centres[moving])
        moved = _centres(cells, labels, centres[moving])
        still = (moved == centres[moving]).all(axis=(1, 2))
        centres[moving] = moved
        moving = moving[~still]
        if moving.size == 0:
            break
    labels, squares = _nearest(cells.points, centres)
    inertia = np.einsum("rn,n->r", squares, cells.weights)
    held = np.array([len(np.unique(row)) for row in labels])
    inertia[held < k] = np.inf
    best = int(np.argmin(inertia))
    return centres[best] if np.isfinite(inertia[best]) else None


def finish(points: FloatArray, centres: FloatArray) -> Grouping:
    """k-means on all points from the given centres; groups ordered by falling size."""
    everyone = Cells(points, np.ones(len(points)))
    for _ in range(MAX_ROUNDS):
        labels, _ = _nearest(points, centres[None])
        moved = _centres(everyone, labels, centres[None])[0]
        still = np.array_equal(moved, centres)
        centres = moved
        if still:
            break
    labels, squares = _nearest(points, centres[None])
    sizes = np.bincount(labels[0], minlength=len(centres))
    order = np.lexsort((centres[:, 1], centres[:, 0], -sizes))
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    return Grouping(rank[labels[0]].astype(np.int64), centres[order], float(squares[0].sum()))


def nearest_group(points: FloatArray, centres: FloatArray) -> IntArray:
    """Index of the nearest centre for every point, the first of equals."""
    labels: IntArray = _nearest(points, centres[None])[0][0]
    return labels


def summarise(points: FloatArray) -> Cells:
    """All points, or for many the means of cells with equally many points each."""
    if len(points) <= EXACT_POINTS:
        return Cells(points, np.ones(len(points)))
    count = len(points)
    rank = np.empty(count, dtype=np.int64)
    rank[np.argsort(points[:, 0], kind="stable")] = np.arange(count)
    strip = rank * SUMMARY_STRIPS // count
    order = np.lexsort((points[:, 1], strip))
    width = np.bincount(strip, minlength=SUMMARY_STRIPS)
    within = np.arange(count) - np.repeat(np.cumsum(width) - width, width)
    cell = np.empty(count, dtype=np.int64)
    cell[order] = strip[order] * SUMMARY_STRIPS + within * SUMMARY_STRIPS // width[strip[order]]
    weights = np.bincount(cell, minlength=SUMMARY_STRIPS**2).astype(np.float64)
    sums = [np.bincount(cell, weights=points[:, axis]) for axis in (0, 1)]
    return Cells(np.stack(sums, axis=1) / weights[:, None], weights)


def silhouette(cells: Cells, labels: IntArray) -> float:
    """Weighted mean silhouette (Rousseeuw 1987) of weighted points; alone in a group counts 0."""
    return _silhouette(_distances(cells.points), cells.weights, labels)


def choose_groups(points: FloatArray, seed: int = 0) -> tuple[Grouping | None, dict[int, float]]:
    """The grouping whose number of groups has the best silhouette, and each number's silhouette.

    None where not even two groups can be formed. Up to `EXACT_POINTS` positions enter one by one.
    """
    cells = summarise(points)
    apart = _distances(cells.points)
    found: dict[int, FloatArray] = {}
    scores: dict[int, float] = {}
    for k in range(2, most_groups(len(points)) + 1):
        centres = best_centres(cells, k, seed)
        if centres is not None:
            found[k] = centres
            scores[k] = _silhouette(apart, cells.weights, nearest_group(cells.points, centres))
    if not found:
        return None, {}
    best = max(scores, key=lambda k: (scores[k], -k))
    return finish(points, found[best]), scores


def adjusted_rand(first: IntArray, second: IntArray) -> float:
    """Agreement of two groupings of the same people: 1 the same, 0 as by chance.

    Source: Hubert and Arabie 1985.
    """
    width = int(second.max(initial=0)) + 1
    joint = np.bincount(first * width + second).astype(np.float64)
    rows, columns = np.bincount(first), np.bincount(second)
    together, by_row, by_column = (_pairs(joint), _pairs(rows), _pairs(columns))
    every = first.size * (first.size - 1) / 2
    expected = by_row * by_column / every if every else 0.0
    most = (by_row + by_column) / 2
    return 1.0 if most == expected else float((together - expected) / (most - expected))


def _pairs(counts: FloatArray | IntArray) -> float:
    return float((counts * (counts - 1) / 2).sum())


def _spread_starts(cells: Cells, k: int, rng: np.random.Generator) -> FloatArray:
    """Start centres (STARTS, k, 2): k-means++ (Arthur and Vassilvitskii 2007) in every start."""
    centres = np.empty((STARTS, k, 2))
    chance = np.broadcast_to(cells.weights, (STARTS, cells.weights.size))
    nearest = np.full(chance.shape, np.inf)
    for group in range(k):
        heap = np.cumsum(chance, axis=1)
        draw = rng.random(STARTS) * heap[:, -1]
        chosen = np.minimum((heap <= draw[:, None]).sum(axis=1), heap.shape[1] - 1)
        centres[:, group] = cells.points[chosen]
        _, squares = _nearest(cells.points, centres[:, group : group + 1])
        nearest = np.minimum(nearest, squares)
        chance = nearest * cells.weights
    return centres


def _nearest(points: FloatArray, centres: FloatArray) -> tuple[IntArray, FloatArray]:
    """Nearest centre and its squared distance for every start: labels, squares (starts, points)."""
    starts, k, _ = centres.shape
    labels = np.zeros((starts, len(points)), dtype=np.int64)
    x, y = points[:, 0], points[:, 1]
    squares = (x - centres[:, 0, :1]) ** 2 + (y - centres[:, 0, 1:]) ** 2
    for group in range(1, k):
        other = (x - centres[:, group, :1]) ** 2 + (y - centres[:, group, 1:]) ** 2
        closer = other < squares
        labels[closer] = group
        np.minimum(squares, other, out=squares)
    return labels, squares


def _centres(cells: Cells, labels: IntArray, before: FloatArray) -> FloatArray:
    """Weighted means of the groups of every start; an empty group keeps its centre."""
    starts, k, _ = before.shape
    flat = (labels + k * np.arange(starts)[:, None]).ravel()
    each = np.broadcast_to(cells.weights, labels.shape).ravel()
    mass = np.bincount(flat, weights=each, minlength=starts * k)
    moved = before.reshape(-1, 2).copy()
    held = mass > 0
    for axis in (0, 1):
        drawn = np.broadcast_to(cells.points[:, axis] * cells.weights, labels.shape).ravel()
        summed = np.bincount(flat, weights=drawn, minlength=starts * k)
        moved[held, axis] = summed[held] / mass[held]
    return moved.reshape(before.shape)


def _distances(points: FloatArray) -> FloatArray:
    x, y = points[:, 0], points[:, 1]
    return np.sqrt((x[:, None] - x) ** 2 + (y[:, None] - y) ** 2)


def _silhouette(apart: FloatArray, weights: FloatArray, labels: IntArray) -> float:
    k = int(labels.max(initial=0)) + 1
    mass = np.bincount(labels, weights=weights, minlength=k)
    heavy = weights[:, None] * (labels[:, None] == np.arange(k))
    summed = np.einsum("ij,jg->ig", apart, heavy)
    own = np.arange(len(labels)), labels
    rest = np.maximum(mass[labels] - 1.0, 1e-300)
    within = summed[own] / rest
    others = summed / np.maximum(mass, 1e-300)
    others[own] = np.inf
    between = others.min(axis=1)
    widest = np.maximum(within, between)
    score = np.divide(between - within, widest, out=np.zeros(len(labels)), where=widest > 0)
    score[mass[labels] <= 1.0] = 0.0
    return float((score * weights).sum() / weights.sum())
