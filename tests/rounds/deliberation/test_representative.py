from __future__ import annotations

import numpy as np
import pytest

from asobna_rounds.deliberation.counts import GroupCounts
from asobna_rounds.deliberation.representative import (
    compare_groups,
    ratio_z,
    representative,
    share_z,
)

NOTHING = np.zeros(4, dtype=np.bool_)


def counts() -> GroupCounts:
    """Statement 0: group 0 agrees, 1 disagrees; 1: all agree; 2: group 1 agrees, 0 passes."""
    agree = np.array([[18, 19, 1, 0], [2, 18, 15, 0]])
    disagree = np.array([[1, 0, 2, 0], [16, 1, 2, 0]])
    passed = np.array([[1, 1, 17, 0], [2, 1, 3, 0]])
    return GroupCounts(disagree, passed, agree, np.array([20, 20]))


def test_formulas_by_hand() -> None:
    assert share_z(np.array([7]), np.array([9])) == pytest.approx([2 * np.sqrt(10) * 0.3])
    pooled = 11 / 19
    spread = np.sqrt(pooled * (1 - pooled) * (1 / 10 + 1 / 9))
    told = ratio_z(np.array([7]), np.array([2]), np.array([9]), np.array([8]))
    assert told == pytest.approx([(8 / 10 - 3 / 9) / spread])


def test_no_difference_has_no_z_where_everybody_agrees() -> None:
    told = ratio_z(np.array([9]), np.array([8]), np.array([9]), np.array([8]))
    assert told.tolist() == [0.0]


def test_what_sets_a_group_apart_is_chosen_and_what_all_share_is_not() -> None:
    sides = compare_groups(counts())
    first = representative(sides, 0, NOTHING)
    second = representative(sides, 1, NOTHING)
    assert [(r.statement, r.side, r.votes, r.seen) for r in first] == [(0, "agree", 18, 20)]
    assert [(r.statement, r.side, r.votes, r.seen) for r in second] == [
        (0, "disagree", 16, 20),
        (2, "agree", 15, 20),
    ]
    assert first[0].share == pytest.approx(19 / 22)
    assert first[0].ratio == pytest.approx((19 / 22) / (3 / 22))
    assert first[0].share_z == pytest.approx(2 * np.sqrt(21) * (19 / 21 - 0.5))


def test_a_skipped_statement_is_left_out() -> None:
    skip = np.array([True, False, False, False])
    assert representative(compare_groups(counts()), 0, skip) == []


def test_at_most_five_are_chosen_the_strongest_first() -> None:
    agree = np.array([[12, 13, 14, 15, 16, 17, 18], [3] * 7])
    disagree = 20 - agree
    zero = np.zeros_like(agree)
    sides = compare_groups(GroupCounts(disagree, zero, agree, np.array([20, 20])))
    chosen = representative(sides, 0, np.zeros(7, dtype=np.bool_))
    assert [one.statement for one in chosen] == [6, 5, 4, 3, 2]
