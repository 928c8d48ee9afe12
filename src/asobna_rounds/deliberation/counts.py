"""Votes counted by group: the table from which everything told about groups is derived."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .votes import IntArray, Votes

UNGROUPED = -1
"""Label of a participant who is in no group; such votes are not counted here."""


@dataclass(frozen=True, eq=False)
class GroupCounts:
    """Votes by group and statement.

    `disagree`, `passed`, `agree` (groups, statements); `sizes` (groups,) people in each.
    """

    disagree: IntArray
    passed: IntArray
    agree: IntArray
    sizes: IntArray

    @property
    def seen(self) -> IntArray:
        """Votes of any kind, (groups, statements)."""
        return self.disagree + self.passed + self.agree


def count_by_group(votes: Votes, labels: IntArray, groups: int) -> GroupCounts:
    """Count the votes of every group; `labels` (participants,) from 0 or `UNGROUPED`."""
    slots = groups + 1
    row = np.where(labels < 0, groups, labels).astype(np.int32) * np.int32(3 * votes.statements)
    flat = np.repeat(row, votes.voted)
    flat += votes.statement * np.int32(3)
    flat += votes.vote
    flat += np.int32(1)
    counted = np.bincount(flat, minlength=3 * votes.statements * slots)
    table = counted.reshape(slots, votes.statements, 3)[:groups].astype(np.int64)
    sizes = np.bincount(labels[labels >= 0], minlength=groups).astype(np.int64)
    return GroupCounts(table[..., 0], table[..., 1], table[..., 2], sizes)
