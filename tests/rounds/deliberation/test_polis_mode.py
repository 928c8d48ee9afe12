from __future__ import annotations

import numpy as np
import pytest

from asobna_rounds.deliberation import Votes, like_polis
from asobna_rounds.deliberation.counts import UNGROUPED, GroupCounts
from asobna_rounds.deliberation.polis_mode import _select, eligible, polis_plane
from asobna_rounds.deliberation.representative import compare_groups
from asobna_rounds.deliberation.routing import META_PRIORITY


def full(people: int, statements: int) -> Votes:
    who, what = np.divmod(np.arange(people * statements), statements)
    return Votes.from_rows(who, what, np.where((who + what) % 2, 1, -1), (people, statements))


def test_seven_votes_make_a_participant_eligible() -> None:
    votes = full(20, 9)
    few = votes.voted.copy()
    few[3] = 6
    short = Votes.from_rows(
        *(
            c[(votes.person != 3) | (votes.statement < 6)]
            for c in (votes.person, votes.statement, votes.vote)
        )
    )
    assert short.voted.tolist() == few.tolist()
    assert eligible(short).tolist() == [p for p in range(20) if p != 3]


def test_all_statements_are_enough_where_there_are_fewer_than_seven() -> None:
    assert eligible(full(20, 4)).size == 20


def test_the_most_active_fill_up_to_fifteen() -> None:
    lengths = [9] * 12 + [2, 5, 4, 0, 5, 1]
    who = np.repeat(np.arange(18), lengths)
    what = np.concatenate([np.arange(n) for n in lengths])
    votes = Votes.from_rows(who, what, np.ones(who.size, dtype=int), (18, 9))
    assert eligible(votes).tolist() == [*range(12), 13, 14, 16]


def test_rejected_statements_are_a_pass_by_everybody_and_still_scale() -> None:
    votes = Votes.from_rows([0, 0, 1, 1, 2], [0, 1, 0, 1, 0], [1, 1, -1, 1, 1], (3, 3))
    plane = polis_plane(votes, np.array([False, True, False]))
    assert plane.mean == pytest.approx([1 / 3, 0.0, 0.0])
    assert plane.axes.components[0] == pytest.approx([1.0, 0.0, 0.0])
    # one own vote and one rejected statement, of three: sqrt(3/2) each
    assert plane.points[:, 0] == pytest.approx(np.sqrt(1.5) * np.array([2 / 3, -4 / 3, 2 / 3]))


def test_two_camps_are_the_two_groups(panel) -> None:
    told = like_polis(panel(people=40, statements=20, camps=2))
    elsewhere = np.flatnonzero(told.labels != np.arange(40) % 2)
    assert elsewhere.tolist() == [34]  # stands between the camps
    assert max(told.silhouettes, key=lambda k: told.silhouettes[k]) == 2
    assert sorted(told.silhouettes) == [2, 3, 4, 5]


def test_participants_below_the_limit_are_in_no_group(panel) -> None:
    votes = panel(people=40, statements=20, camps=2)
    kept = (votes.person != 5) | (votes.statement < 3)
    columns = (c[kept] for c in (votes.person, votes.statement, votes.vote))
    told = like_polis(Votes.from_rows(*columns, (40, 20)))
    assert told.labels[5] == UNGROUPED
    assert told.counts.sizes.sum() == 39


def test_more_than_a_hundred_people_pass_through_small_clusters(panel) -> None:
    told = like_polis(panel(people=400, statements=30, camps=3, seed=2))
    groups = [set(told.labels[camp::3].tolist()) for camp in range(3)]
    assert [len(found) for found in groups] == [1, 1, 1]
    assert told.counts.sizes.sum() == 400


def test_meta_statements_have_the_fixed_priority(panel) -> None:
    meta = np.zeros(20, dtype=np.bool_)
    meta[4] = True
    told = like_polis(panel(people=40, statements=20), meta=meta)
    assert told.priorities[4] == META_PRIORITY
    assert (np.delete(told.priorities, 4) != META_PRIORITY).all()


def test_rejected_statements_stand_for_nobody(panel) -> None:
    votes = panel(people=40, statements=20)
    chosen = {r.statement for group in like_polis(votes).representative for r in group}
    out = np.zeros(20, dtype=np.bool_)
    out[sorted(chosen)[0]] = True
    told = like_polis(votes, out)
    shown = {r.statement for group in told.representative for r in group}
    assert sorted(chosen)[0] not in shown | set(told.consensus[0]) | set(told.consensus[1])


def test_consensus_by_hand() -> None:
    """Ten people: all agree with 0, 7 disagree with 1, 5 to 5 on 2."""
    vote = [[1] * 10, [-1] * 7 + [1] * 3, [1] * 5 + [-1] * 5]
    votes = Votes.from_rows(
        np.tile(np.arange(10), 3), np.repeat(np.arange(3), 10), np.concatenate(vote)
    )
    assert like_polis(votes).consensus == ((0,), (1,))


def counts(agree: list[list[int]], disagree: list[list[int]]) -> GroupCounts:
    zero = np.zeros_like(np.array(agree))
    return GroupCounts(np.array(disagree), zero, np.array(agree), np.array([20, 20]))


def test_the_best_agreed_statement_comes_first_then_agreement_before_disagreement() -> None:
    sides = compare_groups(counts([[18, 1, 17], [3, 18, 15]], [[2, 19, 3], [17, 2, 5]]))
    chosen = _select(sides, 0, np.zeros(3, dtype=np.bool_))
    assert [(r.statement, r.side) for r in chosen] == [(0, "agree"), (1, "disagree")]


def test_a_group_without_significant_statements_still_gets_one() -> None:
    sides = compare_groups(counts([[9, 10], [10, 9]], [[11, 10], [10, 11]]))
    chosen = _select(sides, 0, np.zeros(2, dtype=np.bool_))
    assert [(r.statement, r.side) for r in chosen] == [(0, "disagree")]
