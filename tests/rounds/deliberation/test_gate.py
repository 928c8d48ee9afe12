"""The gate on invented panels: what it shows, what it holds back, and that it keeps its level."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asobna_rounds.deliberation import Votes, deliberate
from asobna_rounds.deliberation.gate import (
    LEAST_RESAMPLES,
    LEAST_SHUFFLES,
    SHUFFLES,
    WORK,
    _Deal,
    _sample,
    judge_gate,
    permutation_test,
    stability,
)
from asobna_rounds.deliberation.pca import centre, principal_axes


def shuffled(votes: Votes, seed: int) -> Votes:
    rng = np.random.default_rng(seed)
    vote = votes.vote.copy()
    for statement in range(votes.statements):
        at = np.flatnonzero(votes.statement == statement)
        vote[at] = vote[rng.permutation(at)]
    return Votes.from_rows(
        votes.person, votes.statement, vote, (votes.participants, votes.statements)
    )


def test_two_clear_camps_are_shown(panel) -> None:
    gate = deliberate(panel(people=60, statements=30, camps=2)).gate
    assert (gate.structure, gate.shown, gate.reasons) == (True, True, ())
    assert (gate.ballots, gate.p_value, gate.shuffles, gate.smallest) == (60, 0.001, SHUFFLES, 30)
    assert gate.stability == 1.0


def test_one_camp_is_not_split_in_two(panel) -> None:
    result = deliberate(panel(people=60, statements=30, camps=1))
    assert result.groups is None
    assert result.gate.reasons == ("structure", "stability")
    assert result.gate.p_value > 0.05


def test_fewer_than_twenty_ballots_are_not_tested(panel) -> None:
    gate = deliberate(panel(people=19, statements=30, camps=2)).gate
    assert gate.reasons == ("ballots", "structure", "stability")
    assert math.isnan(gate.p_value)
    assert (gate.structure, gate.shown, gate.shuffles) == (False, False, 0)


def test_a_group_of_four_is_not_shown(panel) -> None:
    both = panel(people=60, statements=30, camps=2, seed=3)
    kept = np.concatenate([np.arange(0, 60, 2), np.arange(1, 8, 2)])
    gate = deliberate(both.people(np.sort(kept))).gate
    assert (gate.smallest, gate.shown) == (4, False)
    assert "size" in gate.reasons
    assert gate.structure


def test_unanimous_votes_give_neither_structure_nor_groups() -> None:
    votes = Votes.from_rows(np.repeat(np.arange(30), 5), np.tile(np.arange(5), 30), [1] * 150)
    gate = deliberate(votes).gate
    assert gate.p_value == 1.0
    assert gate.reasons == ("structure", "groups", "stability", "size")


def test_the_reasons_say_all_that_failed(panel) -> None:
    votes = panel(people=24, statements=20, camps=1)
    labels = (np.arange(24) < 3).astype(np.int64)
    gate = judge_gate(votes, labels, 2)
    assert gate.reasons == ("structure", "stability", "size")


@pytest.mark.parametrize("seen", [1.0, 0.4])
def test_shuffled_votes_are_called_structure_about_as_often_as_the_level_says(panel, seen) -> None:
    found = [
        permutation_test(shuffled(panel(people=30, statements=20, seen=seen, seed=draw), draw))[0]
        for draw in range(120)
    ]
    assert np.mean(np.array(found) < 0.05) <= 0.10  # 6 of 120 expected; 0.2 % chance above 12
    assert np.mean(found) == pytest.approx(0.5, abs=0.1)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000))
def test_a_deal_keeps_who_voted_and_every_statements_totals(seed: int) -> None:
    rng = np.random.default_rng(seed)
    who, what = np.nonzero(rng.random((15, 6)) < 0.6)
    votes = Votes.from_rows(who, what, rng.integers(-1, 2, who.size), (15, 6))
    deal = _Deal(votes)
    dealt = deal.shuffled(4, rng)
    for one in dealt:
        for statement in range(6):
            own = deal.column == statement
            assert sorted(one[own]) == sorted(deal.dealt[own])


def test_the_statistic_is_the_first_variance(panel) -> None:
    """After 8 steps the leading Ritz value of clear camps is the variance of the first axis."""
    votes = panel(people=60, statements=30)
    deal = _Deal(votes)
    told = deal.leading(np.stack([deal.dealt, deal.dealt]))
    expected = principal_axes(centre(votes)).variances[0]
    assert told == pytest.approx([expected, expected], rel=1e-4)


def test_many_votes_are_tested_on_a_sample_of_people(panel) -> None:
    votes = panel(people=2_000, statements=40, seed=5)
    most = WORK // LEAST_SHUFFLES
    drawn = _sample(votes, most, np.random.default_rng(0))
    assert np.all(np.diff(drawn) > 0)
    assert abs(int(votes.voted[drawn].sum()) - most) <= 40
    assert permutation_test(votes) == (1 / (LEAST_SHUFFLES + 1), LEAST_SHUFFLES)


def test_stability_of_many_people_uses_fewer_resamples(panel) -> None:
    votes = panel(people=8_000, statements=40, seed=5)
    told, resamples = stability(votes, np.arange(8_000) % 2, 2)
    assert resamples == LEAST_RESAMPLES
    assert told >= 0.95


def test_stability_of_invented_groups_is_near_zero(panel) -> None:
    votes = panel(people=60, statements=30)
    told, resamples = stability(votes, np.arange(60) // 2 % 2, 2)
    assert resamples == 50
    assert abs(told) <= 0.1


def test_another_seed_draws_other_shuffles_and_the_same_seed_the_same(panel) -> None:
    votes = panel(people=25, statements=12, camps=1, seed=8)
    assert permutation_test(votes, 1) == permutation_test(votes, 1)
    assert permutation_test(votes, 1)[0] != permutation_test(votes, 2)[0]
