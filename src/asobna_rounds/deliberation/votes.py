"""Votes as a sparse matrix: one row a participant, one column a statement, never densified.

Agree is +1, disagree -1, pass 0; a cell without a vote is simply not stored. Rows are kept in
one order (participant, then statement), so that the order in which votes arrived can change no
bit of any later result.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from asobna_rounds.errors import FiguresError

IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]

AGREE, PASS, DISAGREE = 1, 0, -1

MAX_PARTICIPANTS = 1_000_000
"""Most participants in one round; a larger index is taken for a mistake, not for a crowd."""
MAX_STATEMENTS = 100_000
"""Most statements in one round; see `MAX_PARTICIPANTS`."""


@dataclass(frozen=True, eq=False)
class Votes:
    """All votes of a round, at most one for each participant and statement.

    `indptr` (participants + 1,) marks where each participant's votes begin; `statement` and
    `vote` (votes,) hold them, statements ascending within a participant.
    """

    participants: int
    statements: int
    indptr: NDArray[np.int32]
    statement: NDArray[np.int32]
    vote: NDArray[np.int8]

    @classmethod
    def from_rows(
        cls,
        participant: ArrayLike,
        statement: ArrayLike,
        vote: ArrayLike,
        shape: tuple[int, int] | None = None,
    ) -> Votes:
        """Build from three equal-length integer arrays, in any order.

        `shape` is (participants, statements); without it the largest indexes decide. Raises
        `FiguresError` for unequal lengths, a vote other than -1, 0, +1, an index outside the
        shape, or two votes of one participant on one statement.
        """
        rows = _integers("participant", participant)
        columns = _integers("statement", statement)
        values = _integers("vote", vote)
        _refuse_unequal(rows, columns, values)
        people, statements = shape if shape is not None else (_end(rows), _end(columns))
        _refuse_outside("participant", rows, people, MAX_PARTICIPANTS)
        _refuse_outside("statement", columns, statements, MAX_STATEMENTS)
        if values.size and (values.min() < DISAGREE or values.max() > AGREE):
            raise FiguresError("a vote is not -1 (disagree), 0 (pass) or +1 (agree); recode it")
        keys = (rows * max(statements, 1) + columns) * 4 + (values + 1)
        keys.sort()
        cells = keys >> 2
        if cells.size > 1 and bool(np.any(cells[1:] == cells[:-1])):
            raise FiguresError(
                "a participant has two votes on one statement; keep the latest with latest_votes"
            )
        person = cells // max(statements, 1)
        column = (cells - person * max(statements, 1)).astype(np.int32)
        indptr = np.zeros(people + 1, dtype=np.int32)
        np.cumsum(np.bincount(person, minlength=people), out=indptr[1:])
        return cls(people, statements, indptr, column, (keys & 3).astype(np.int8) - np.int8(1))

    @cached_property
    def person(self) -> NDArray[np.int32]:
        """Participant index of every vote, (votes,)."""
        return np.repeat(np.arange(self.participants, dtype=np.int32), self.voted)

    @cached_property
    def voted(self) -> NDArray[np.int32]:
        """Number of votes of every participant, (participants,)."""
        return np.diff(self.indptr)

    @cached_property
    def counts(self) -> IntArray:
        """Votes on every statement, (statements, 3): disagree, pass, agree."""
        flat = np.bincount(self.statement * 3 + (self.vote + 1), minlength=3 * self.statements)
        return flat.reshape(self.statements, 3).astype(np.int64)

    @property
    def ballots(self) -> int:
        """Participants with at least one vote."""
        return int(np.count_nonzero(self.voted))

    def people(self, chosen: IntArray) -> Votes:
        """The votes of the `chosen` participants alone, renumbered in the order given."""
        lengths = self.voted[chosen]
        indptr = np.zeros(len(chosen) + 1, dtype=np.int32)
        np.cumsum(lengths, out=indptr[1:])
        offset = np.repeat(self.indptr[:-1][chosen] - indptr[:-1], lengths)
        at = np.arange(indptr[-1]) + offset
        return Votes(len(chosen), self.statements, indptr, self.statement[at], self.vote[at])

    def changed(self, participant: ArrayLike, statement: ArrayLike, vote: ArrayLike) -> Votes:
        """These votes with new ones set or replaced; new indexes enlarge the shape."""
        new = Votes.from_rows(participant, statement, vote)
        shape = (max(self.participants, new.participants), max(self.statements, new.statements))
        ends = np.pad(self.indptr, (0, shape[0] - self.participants), mode="edge")
        at = self._places(ends, new)
        known = at < self.vote.size
        known[known] = self.statement[at[known]] == new.statement[known]
        known &= at < ends[new.person + 1]
        values = self.vote.copy()
        values[at[known]] = new.vote[known]
        added = ~known
        indptr = ends.copy()
        np.add(ends[1:], np.cumsum(np.bincount(new.person[added], minlength=shape[0])), indptr[1:])
        column = np.insert(self.statement, at[added], new.statement[added])
        return Votes(*shape, indptr, column, np.insert(values, at[added], new.vote[added]))

    def _places(self, ends: NDArray[np.int32], new: Votes) -> IntArray:
        """Where each new vote stands, or would stand, among the stored ones."""
        places = [
            first + np.searchsorted(self.statement[first:last], statement)
            for first, last, statement in zip(
                ends[new.person], ends[new.person + 1], new.statement, strict=True
            )
        ]
        return np.array(places, dtype=np.int64)


def latest_votes(
    participant: ArrayLike, statement: ArrayLike, vote: ArrayLike, when: ArrayLike
) -> tuple[IntArray, IntArray, IntArray]:
    """Keep each participant's latest vote on a statement; equal times: the later row wins."""
    rows, columns, values = (
        _integers("participant", participant),
        _integers("statement", statement),
        _integers("vote", vote),
    )
    order = np.lexsort((np.asarray(when), columns, rows))
    rows, columns, values = rows[order], columns[order], values[order]
    last = np.ones(rows.size, dtype=bool)
    last[:-1] = (rows[1:] != rows[:-1]) | (columns[1:] != columns[:-1])
    return rows[last], columns[last], values[last]


def _integers(name: str, given: ArrayLike) -> IntArray:
    array: NDArray[Any] = np.asarray(given)
    if array.size == 0:
        return np.zeros(0, dtype=np.int64)
    if array.ndim != 1 or array.dtype.kind not in "iu":
        raise FiguresError(f"{name} must be a one-dimensional array of whole numbers")
    return array.astype(np.int64)


def _end(indexes: IntArray) -> int:
    return int(indexes.max()) + 1 if indexes.size else 0


def _refuse_unequal(rows: IntArray, columns: IntArray, values: IntArray) -> None:
    if not rows.size == columns.size == values.size:
        raise FiguresError(
            f"participant, statement and vote differ in length:"
            f" {rows.size}, {columns.size}, {values.size}; give one of each for every vote"
        )


def _refuse_outside(name: str, indexes: IntArray, end: int, limit: int) -> None:
    if end > limit:
        raise FiguresError(f"{end} {name}s are more than the limit of {limit}; renumber from 0")
    if indexes.size and (indexes.min() < 0 or indexes.max() >= end):
        raise FiguresError(f"a {name} index lies outside 0 to {end - 1}")
