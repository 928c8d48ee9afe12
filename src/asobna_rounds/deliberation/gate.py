"""The gate: groups are shown only where the votes give evidence of separate camps.

k-means finds groups in noise as readily as in opinions. So before any group is told: enough
ballots; a permutation test of the first axis; groups that come back when the people are drawn
again; no group too small. Structure (the first two) is found in panels of thirty; membership
needs more, so the verdict on structure is given apart.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from .clusters import adjusted_rand, best_centres, finish, nearest_group, summarise
from .pca import Axes, centre, gram, principal_axes, project
from .votes import FloatArray, IntArray, Votes

LEAST_BALLOTS = 20
"""Fewer ballots than this: no test, no groups."""
LEVEL = 0.05
"""The permutation test must fall below this."""
STABILITY = 0.8
"""Median adjusted Rand index of regrouped resamples that the groups must reach."""
LEAST_GROUP = 5
"""Every group must have at least this many people."""

SHUFFLES = 999
"""Shuffles of the permutation test where the votes tested are at most `WORK` / `SHUFFLES`."""
LEAST_SHUFFLES = 199
"""Shuffles at the least; for more votes the people are a random sample with `WORK` / 199 votes."""
WORK = 4_000_000
"""Votes shuffled in one test at the most, over all shuffles."""
STEPS = 8
"""Lanczos steps in the permutation statistic."""
RESAMPLES = 50
"""Resamples of the stability test where the votes are at most `STABILITY_WORK` / `RESAMPLES`."""
LEAST_RESAMPLES = 10
"""Resamples at the least; for more votes a random sample of people with `STABILITY_WORK` / 10
votes is regrouped. Fewer people make the test only stricter."""
STABILITY_WORK = 3_000_000
"""Votes regrouped in one test at the most, over all resamples."""
_BATCH = 400_000


@dataclass(frozen=True)
class Gate:
    """The verdict with its numbers.

    `ballots` that count; `p_value` of the first axis with `shuffles`, NaN where not tested;
    `stability` the median adjusted Rand index of `resamples`; `smallest` group size. `structure`:
    the votes are not shuffled noise. `shown`: groups may be shown. `reasons` why not, from
    `ballots`, `structure`, `groups`, `stability`, `size`.
    """

    ballots: int
    p_value: float
    shuffles: int
    stability: float
    resamples: int
    smallest: int
    structure: bool
    shown: bool
    reasons: tuple[str, ...]


def judge_gate(votes: Votes, labels: IntArray, groups: int, seed: int = 0) -> Gate:
    """Try the four rules on the participants in `votes`, grouped by `labels` (participants,).

    `groups` is their number, 0 where none could be formed. Every rule that can be tried is.
    """
    ballots = votes.participants
    p_value, shuffles, stable, resamples = float("nan"), 0, float("nan"), 0
    if ballots >= LEAST_BALLOTS:
        p_value, shuffles = permutation_test(votes, seed)
        if groups:
            stable, resamples = stability(votes, labels, groups, seed)
    smallest = int(np.bincount(labels, minlength=groups).min()) if groups else 0
    failed = {
        "ballots": ballots < LEAST_BALLOTS,
        "structure": not p_value < LEVEL,
        "groups": groups == 0,
        "stability": not stable >= STABILITY,
        "size": smallest < LEAST_GROUP,
    }
    reasons = tuple(name for name, fails in failed.items() if fails)
    structure = not failed["ballots"] and not failed["structure"]
    numbers = (ballots, p_value, shuffles, stable, resamples, smallest)
    return Gate(*numbers, structure, not reasons, reasons)


def permutation_test(votes: Votes, seed: int = 0) -> tuple[float, int]:
    """p value of the first axis, and the number of shuffles behind it.

    Each shuffle deals the votes of every statement anew among those who voted on it, so margins
    and activity stay. The statistic is the leading Ritz value after `STEPS` steps, the same for
    the real and the shuffled votes: the test holds its level however far that is from the limit.
    p = (1 + shuffles at least as large) / (1 + shuffles) (Phipson and Smyth 2010).
    """
    rng = np.random.Generator(np.random.PCG64([seed, 1]))
    votes = votes.people(_sample(votes, WORK // LEAST_SHUFFLES, rng))
    shuffles = int(np.clip(WORK // max(votes.vote.size, 1), LEAST_SHUFFLES, SHUFFLES))
    deal = _Deal(votes)
    real = deal.leading(deal.dealt[None])[0]
    at_least = 0
    for count in _batches(shuffles, votes.vote.size):
        at_least += int(np.count_nonzero(deal.leading(deal.shuffled(count, rng)) >= real))
    return (1 + at_least) / (1 + shuffles), shuffles


def stability(votes: Votes, labels: IntArray, groups: int, seed: int = 0) -> tuple[float, int]:
    """Median agreement (adjusted Rand index) with groupings of resampled people.

    Each resample draws people with replacement, finds axes and groups from them alone, assigns
    everybody to the nearest of these groups and compares with `labels`.
    """
    rng = np.random.Generator(np.random.PCG64([seed, 2]))
    drawn = _sample(votes, STABILITY_WORK // LEAST_RESAMPLES, rng)
    votes, labels = votes.people(drawn), labels[drawn]
    most = STABILITY_WORK // max(votes.vote.size, 1)
    resamples = int(np.clip(most, LEAST_RESAMPLES, RESAMPLES))
    agreements = []
    before: Axes | None = None
    for _ in range(resamples):
        drawn = rng.integers(0, votes.participants, votes.participants)
        weights = np.bincount(drawn, minlength=votes.participants).astype(np.float64)
        again, before = _regroup(votes, weights, groups, before)
        agreements.append(0.0 if again is None else adjusted_rand(labels, again))
    return float(np.median(agreements)), resamples


def _regroup(
    votes: Votes, weights: FloatArray, groups: int, before: Axes | None
) -> tuple[IntArray | None, Axes]:
    centred = centre(votes, weights)
    axes = principal_axes(centred, weights, before)
    points = project(centred.matrix, axes.components, votes.voted)
    drawn = np.repeat(points, weights.astype(np.int64), axis=0)
    centres = best_centres(summarise(drawn), groups)
    if centres is None:
        return None, axes
    return nearest_group(points, finish(drawn, centres).centres), axes


def _sample(votes: Votes, most: int, rng: np.random.Generator) -> IntArray:
    """Everybody, or people drawn at random until about `most` votes are reached, ascending."""
    if votes.vote.size <= most:
        return np.arange(votes.participants)
    order = rng.permutation(votes.participants)
    reached = np.cumsum(votes.voted[order])
    return np.sort(order[: int(np.searchsorted(reached, most)) + 1])


def _batches(count: int, size: int) -> Iterator[int]:
    step = max(1, _BATCH // max(size, 1))
    for start in range(0, count, step):
        yield min(step, count - start)


class _Deal:
    """Votes in the order of their statements, dealt anew many times at once."""

    def __init__(self, votes: Votes) -> None:
        order = np.argsort(votes.statement, kind="stable")
        self.shape = (votes.participants, votes.statements)
        self.person, self.column = votes.person[order], votes.statement[order]
        self.dealt = votes.vote[order].astype(np.float64)
        counts = votes.counts
        total = np.maximum(counts.sum(axis=1), 1)
        self.mean = ((counts[:, 2] - counts[:, 0]) / total)[self.column]
        self.key = (self.column.astype(np.uint64) << np.uint64(34)) | (self.dealt + 1).astype(
            np.uint64
        )

    def shuffled(self, count: int, rng: np.random.Generator) -> FloatArray:
        """`count` random deals, (count, votes): sorting random keys within each statement."""
        luck = rng.integers(0, 1 << 32, (count, self.key.size), dtype=np.uint64)
        keys = self.key | (luck << np.uint64(2))
        keys.sort(axis=1)
        return (keys & np.uint64(3)).astype(np.float64) - 1.0

    def leading(self, deals: FloatArray) -> FloatArray:
        """Leading Ritz value of every deal, (count,): one block-diagonal Lanczos run for all."""
        count, size = len(deals), self.shape[1]
        matrix = self._blocks(deals - self.mean)
        apply = gram(matrix)
        rng = np.random.Generator(np.random.PCG64(0))
        vector = np.tile(rng.standard_normal(size), count)
        vector = apply(vector).reshape(count, size)
        before = np.zeros_like(vector)
        diagonal, side = np.zeros((count, STEPS)), np.zeros((count, STEPS))
        for step in range(STEPS):
            length: FloatArray = np.sqrt(np.einsum("cm,cm->c", vector, vector))
            if step:
                side[:, step - 1] = length
            held = vector / np.maximum(length, 1e-300)[:, None]
            image = apply(held.ravel()).reshape(count, size)
            diagonal[:, step] = np.einsum("cm,cm->c", held, image)
            vector = np.subtract(image, diagonal[:, step, None] * held)
            if step:
                vector -= length[:, None] * before
            before = held
        return _largest(diagonal, side)

    def _blocks(self, values: FloatArray) -> csr_array:
        """Deals side by side on the diagonal of one sparse matrix, participants by statements."""
        count, (people, size) = len(values), self.shape
        shift = np.arange(count, dtype=np.int32)[:, None]
        rows = (self.person + shift * np.int32(people)).ravel()
        starts = np.searchsorted(self.column, np.arange(size))
        indptr = np.append((starts + shift * self.key.size).ravel(), rows.size).astype(np.int32)
        shape = (count * size, count * people)
        return csr_array((values.ravel(), rows, indptr), shape=shape).T


def _largest(diagonal: FloatArray, side: FloatArray) -> FloatArray:
    """Largest eigenvalue of every symmetric tridiagonal matrix."""
    steps = diagonal.shape[1]
    dense = np.zeros((len(diagonal), steps, steps))
    at = np.arange(steps)
    dense[:, at, at] = diagonal
    dense[:, at[1:], at[:-1]] = side[:, : steps - 1]
    return np.asarray(np.linalg.eigvalsh(dense), dtype=np.float64)[:, -1]
