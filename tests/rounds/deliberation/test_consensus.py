from __future__ import annotations

import numpy as np
import pytest

from asobna_rounds.deliberation.consensus import VERDICTS, group_informed, judge
from asobna_rounds.deliberation.counts import UNGROUPED, count_by_group
from asobna_rounds.deliberation.votes import Votes


@pytest.mark.parametrize(
    ("agree", "disagree", "seen", "verdict"),
    [
        (24, 3, 30, "agreed"),
        (21, 9, 30, "agreed"),  # lower bound .521
        (20, 10, 30, "unsure"),  # lower bound .488, other side .192
        (15, 15, 30, "split"),
        (17, 12, 30, "split"),
        (3, 24, 30, "agreed"),
        (9, 0, 9, "unsure"),  # lower bound .701, but fewer than ten votes
        (10, 0, 10, "agreed"),
        (9, 9, 30, "unsure"),  # many passes: neither side above a fifth for certain
        (0, 0, 0, "unsure"),
    ],
)
def test_verdicts(agree: int, disagree: int, seen: int, verdict: str) -> None:
    found = judge(np.array([agree]), np.array([disagree]), np.array([seen]), None)
    assert VERDICTS[found.verdict[0]] == verdict
    assert bool(found.agrees[0]) == (agree >= disagree)


def test_knowing_that_nearly_all_invited_answered_settles_more() -> None:
    alone = judge(np.array([20]), np.array([10]), np.array([30]), None)
    of_32 = judge(np.array([20]), np.array([10]), np.array([30]), 32)
    assert [VERDICTS[f.verdict[0]] for f in (alone, of_32)] == ["unsure", "agreed"]
    assert of_32.agree_low[0] > alone.agree_low[0]


def test_an_opposing_side_of_five_is_kept() -> None:
    found = judge(np.array([24, 24, 15]), np.array([5, 4, 15]), np.array([30, 30, 30]), None)
    assert found.minority.tolist() == [True, False, False]


def counted() -> tuple[np.ndarray, np.ndarray]:
    """Two statements; group 0 of three people, group 1 of two, one person in no group."""
    votes = Votes.from_rows(
        [0, 1, 2, 3, 4, 5, 0, 3], [0, 0, 0, 0, 0, 0, 1, 1], [1, 1, -1, -1, 0, 1, 1, -1]
    )
    counts = count_by_group(votes, np.array([0, 0, 0, 1, 1, UNGROUPED]), 2)
    assert counts.sizes.tolist() == [3, 2]
    assert counts.agree.tolist() == [[2, 1], [0, 0]]
    assert counts.disagree.tolist() == [[1, 0], [1, 1]]
    assert counts.passed.tolist() == [[0, 0], [1, 0]]
    return group_informed(counts)


def test_group_informed_consensus_by_hand() -> None:
    agree, disagree = counted()
    assert agree == pytest.approx([3 / 5 * 1 / 4, 2 / 3 * 1 / 3], rel=1e-15)
    assert disagree == pytest.approx([2 / 5 * 2 / 4, 1 / 3 * 2 / 3], rel=1e-15)
