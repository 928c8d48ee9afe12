"""From votes to everything a round tells about them.

`deliberate` is the complete computation; its result holds aggregates only, no row for a person.
`Session` keeps votes and positions in memory between complete results, so that an open round can
follow new votes at once; what it holds about people is never written anywhere.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from .clusters import choose_groups, finish, nearest_group
from .consensus import VERDICTS, group_informed, judge
from .counts import GroupCounts, count_by_group
from .gate import Gate, judge_gate
from .pca import Axes, centre, principal_axes, project
from .representative import Representative, compare_groups, representative
from .routing import extremity, priorities
from .votes import FloatArray, IntArray, Votes

LEAST_VOTES = 7
"""Votes (or all statements, if fewer) from which a participant counts in finding groups."""
AXIS_STATEMENTS = 10
"""Statements told that lie farthest out on the first axis."""


class Statement(NamedTuple):
    """One statement by its index. `skipped` counts ballots without a vote on it.

    `side` is the larger side (agree or disagree; None without votes) and `share`, `low`, `high`
    its share among those who voted with the 95 % interval. `verdict` is agreed, split or unsure;
    `minority_kept` True where an agreed statement has an opposing side of five or more.
    `group_agree`, `group_disagree` are the group-informed scores, None without groups.
    """

    statement: int
    agree: int
    disagree: int
    passed: int
    skipped: int
    side: str | None
    share: float
    low: float
    high: float
    verdict: str
    minority_kept: bool
    group_agree: float | None
    group_disagree: float | None
    priority: float


@dataclass(frozen=True)
class Axis:
    """The first axis: its `share` of all variance, and (statement, loading) of the outermost."""

    share: float
    statements: tuple[tuple[int, float], ...]


@dataclass(frozen=True, eq=False)
class Groups:
    """Opinion groups that passed the gate: votes `counts` by group, in falling size, and
    `representative` statements of each."""

    counts: GroupCounts
    representative: tuple[tuple[Representative, ...], ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Ballots in each group; together all ballots."""
        return tuple(int(size) for size in self.counts.sizes)


@dataclass(frozen=True, eq=False)
class DeliberationResult:
    """All that is told about the votes of a round.

    `ballots` of `invited` (or None); `groups` None unless the gate shows them; `axis` None unless
    it found structure; `priorities` (statements,) for `next_statements`. `complete` is False in
    between two complete results: then gate and number of groups are those of the last one.
    Counts are exact: nothing of this may be published except through `release_result`.
    """

    ballots: int
    invited: int | None
    gate: Gate
    statements: tuple[Statement, ...]
    groups: Groups | None
    axis: Axis | None
    priorities: FloatArray
    complete: bool = True


def deliberate(votes: Votes, *, seed: int = 0, invited: int | None = None) -> DeliberationResult:
    """The complete result of a round.

    Every participant of `votes` is a ballot, also one without a vote. `invited`, the number of
    people asked, narrows the intervals. The same votes in any order and the same seed give the
    same bits. Raises `FiguresError` if more voted than were invited.
    """
    return Session(votes, seed=seed, invited=invited).result


@dataclass(frozen=True, eq=False)
class _Plane:
    """Votes seen along their axes; `points` (participants, 2)."""

    votes: Votes
    mean: FloatArray
    axes: Axes
    points: FloatArray

    @classmethod
    def of(cls, votes: Votes, before: Axes | None = None) -> _Plane:
        centred = centre(votes)
        axes = principal_axes(centred, None, before)
        points = project(centred.matrix, axes.components, votes.voted)
        return cls(votes, centred.mean, axes, points)

    @property
    def counted(self) -> IntArray:
        """Participants who take part in finding groups."""
        least = min(LEAST_VOTES, max(self.votes.statements, 1))
        return np.flatnonzero(self.votes.voted >= least)


class Session:
    """A round that follows its votes. `result` is always current; see `update` and `complete`."""

    def __init__(self, votes: Votes, *, seed: int = 0, invited: int | None = None) -> None:
        self._seed, self._invited = seed, invited
        self._plane = _Plane.of(votes)
        self._centres: FloatArray | None = None
        self.result = self._complete()

    def update(
        self, participant: ArrayLike, statement: ArrayLike, vote: ArrayLike
    ) -> DeliberationResult:
        """Set or change votes and follow them from the present axes and groups.

        Everything is counted anew but the gate, the number of groups and the fixed start of the
        search: call `complete` before anything is reported.
        """
        changed = self._plane.votes.changed(participant, statement, vote)
        self._plane = _Plane.of(changed, self._plane.axes)
        counted = self._plane.points[self._plane.counted]
        if self._centres is not None:
            self._centres = finish(counted, self._centres).centres
        self.result = replace(self._tell(self.result.gate), complete=False)
        return self.result

    def complete(self) -> DeliberationResult:
        """The complete result for the present votes, the same bits as `deliberate` gives."""
        self._plane = _Plane.of(self._plane.votes)
        self.result = self._complete()
        return self.result

    def _complete(self) -> DeliberationResult:
        counted = self._plane.counted
        points = self._plane.points[counted]
        grouping, _ = choose_groups(points, self._seed)
        self._centres = None if grouping is None else grouping.centres
        labels = np.zeros(counted.size, dtype=np.int64) if grouping is None else grouping.labels
        groups = 0 if grouping is None else len(grouping.centres)
        gate = judge_gate(self._plane.votes.people(counted), labels, groups, self._seed)
        return self._tell(gate)

    def _tell(self, gate: Gate) -> DeliberationResult:
        votes, axes = self._plane.votes, self._plane.axes
        groups = None
        if gate.shown and self._centres is not None:
            groups = _tell_groups(votes, nearest_group(self._plane.points, self._centres))
        agree, passed, seen = votes.counts[:, 2], votes.counts[:, 1], votes.counts.sum(axis=1)
        weights = priorities(agree, passed, seen, extremity(self._plane.mean, axes))
        statements = _tell_statements(votes, self._invited, groups, weights)
        axis = _tell_axis(axes) if gate.structure else None
        facts = (votes.participants, self._invited, gate, statements, groups, axis, weights)
        return DeliberationResult(*facts)


def _tell_groups(votes: Votes, labels: IntArray) -> Groups:
    """Every ballot counts in the group nearest to it, also one with few votes."""
    counts = count_by_group(votes, labels, int(labels.max()) + 1)
    sides = compare_groups(counts)
    nothing = np.zeros(votes.statements, dtype=np.bool_)
    found = [tuple(representative(sides, g, nothing)) for g in range(len(counts.sizes))]
    return Groups(counts, tuple(found))


def _tell_statements(
    votes: Votes, invited: int | None, groups: Groups | None, weights: FloatArray
) -> tuple[Statement, ...]:
    disagree, passed, agree = votes.counts.T
    seen = votes.counts.sum(axis=1)
    found = judge(agree, disagree, seen, invited)
    side = np.where(found.agrees, agree, disagree)
    share = np.divide(side, seen, out=np.zeros(seen.size), where=seen > 0)
    names = np.where(found.agrees, "agree", "disagree").tolist()
    low = np.where(found.agrees, found.agree_low, found.disagree_low)
    high = np.where(found.agrees, found.agree_high, found.disagree_high)
    nothing: list[float | None] = [None] * seen.size
    informed = [nothing, nothing]
    if groups is not None:
        informed = [score.tolist() for score in group_informed(groups.counts)]
    columns = (
        range(seen.size),
        agree.tolist(),
        disagree.tolist(),
        passed.tolist(),
        (votes.participants - seen).tolist(),
        [name if n else None for name, n in zip(names, seen.tolist(), strict=True)],
        share.tolist(),
        low.tolist(),
        high.tolist(),
        [VERDICTS[verdict] for verdict in found.verdict.tolist()],
        found.minority.tolist(),
        informed[0],
        informed[1],
        weights.tolist(),
    )
    return tuple(map(Statement._make, zip(*columns, strict=True)))


def _tell_axis(axes: Axes) -> Axis:
    first = axes.components[0]
    outer = np.argsort(-np.abs(first), kind="stable")[:AXIS_STATEMENTS]
    share = float(axes.variances[0] / axes.total) if axes.total else 0.0
    return Axis(share, tuple((int(at), float(first[at])) for at in outer))
