"""What leaves the engine: figures that follow from released counts, and from nothing else."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asobna_rounds.deliberation import Session, Votes, deliberate, publish_poll, release_result
from asobna_rounds.disclosure import Release, Table, release
from asobna_rounds.errors import FiguresError
from asobna_rounds.polls import Poll, rake, weigh_poll, wilson


def ballot(agree: int, disagree: int, passed: int, ballots: int) -> Votes:
    """One statement with these votes; the others skipped it."""
    vote = [1] * agree + [-1] * disagree + [0] * passed
    return Votes.from_rows(range(len(vote)), [0] * len(vote), vote, (ballots, 1))


def one(agree: int, disagree: int, passed: int, ballots: int):
    return release_result(deliberate(ballot(agree, disagree, passed, ballots))).statements[0]


def test_shares_refer_to_voters_where_their_number_was_released() -> None:
    told = one(14, 6, 5, 40)
    assert told.counts == {"agree": 14, "disagree": 6, "pass": 5, "skipped": 15}
    assert (told.base, told.share, told.side) == (25, 14 / 25, "agree")


def test_shares_refer_to_all_ballots_where_it_was_not() -> None:
    told = one(18, 8, 2, 30)
    assert told.counts == {"agree": 18}
    assert (told.other, told.base, told.share) == (12, 30, 18 / 30)


def test_in_a_large_round_the_number_who_voted_comes_before_the_smaller_side() -> None:
    small, large = one(30, 5, 2, 60), one(30, 5, 2, 61)
    assert (small.counts, small.base, small.verdict) == ({"agree": 30, "disagree": 5}, 60, "unsure")
    assert (large.counts, large.base, large.verdict) == (
        {"agree": 30, "skipped": 24},
        37,
        "agreed",
    )


def test_nearly_everybody_is_told_as_a_bound() -> None:
    told = one(29, 1, 0, 30)
    assert (told.counts, told.at_least) == ({}, ("agree", 26))
    assert (told.verdict, told.side, told.share, told.high) == ("agreed", "agree", None, None)
    assert told.low == pytest.approx(0.703187, abs=1e-6)  # of 26 in 30


def test_a_table_withheld_whole_has_no_verdict_of_its_own() -> None:
    told = one(4, 4, 4, 12)
    assert (told.counts, told.at_least, told.side, told.verdict) == ({}, None, None, "unsure")


def test_nine_ballots_leave_nothing_but_the_reason() -> None:
    told = release_result(deliberate(ballot(5, 4, 0, 9)))
    assert told.refused == "ballots"
    assert told.to_json() == {
        "release": {"ballots": 0, "k": 5, "refused": "ballots", "tables": {}},
        "refused": "ballots",
        "ballots": 0,
        "invited": None,
        "gate": {},
        "statements": [],
        "groups": {},
        "representative": {},
        "axis": [],
    }


def test_groups_and_what_sets_them_apart(panel) -> None:
    result = deliberate(panel(people=80, statements=30))
    told = release_result(result)
    assert told.groups == {"A": 40, "B": 40}
    assert result.groups is not None
    assert [len(chosen) for chosen in told.representative.values()] == [5, 5]
    agree, disagree = result.groups.counts.agree, result.groups.counts.disagree
    for row, chosen in enumerate(told.representative.values()):
        assert list(chosen) == sorted(chosen)
        for statement, side in chosen:
            counts = agree if side == "agree" else disagree
            assert counts[row, statement] > 20 > counts[1 - row, statement]


def test_no_groups_are_told_that_the_gate_held_back(panel) -> None:
    told = release_result(deliberate(panel(people=60, statements=12, camps=1)))
    assert (told.groups, told.representative, told.axis) == ({}, {}, ())
    assert told.gate["shown"] is False
    assert all(s.by_group == {} for s in told.statements)


@settings(max_examples=60, deadline=None)
@given(st.tuples(*[st.integers(0, most) for most in (12, 12, 6, 6)]), st.booleans())
def test_figures_follow_from_released_counts_alone(counts, more) -> None:
    """Two rounds whose released counts are equal publish equal figures on every statement."""
    agree, disagree, passed, skipped = counts
    ballots = sum(counts)
    first = release_result(deliberate(ballot(agree, disagree, passed, ballots)))
    moved = (agree, disagree, passed + 1) if more else (agree, disagree + 1, passed)
    if skipped == 0:
        return
    second = release_result(deliberate(ballot(*moved, ballots)))
    if first.release == second.release:
        assert first.statements == second.statements


@pytest.mark.parametrize("seed", range(3))
def test_the_gate_does_not_tell_who_the_lone_dissenter_is(seed: int) -> None:
    """Who knows all votes but which of 30 people disagreed tries all 30 and compares the gate.

    With p value and stability to three decimals each of the thirty gave another gate.
    """
    rng = np.random.default_rng(seed)
    votes = rng.choice([1, -1, 0], size=(30, 10), p=[0.5, 0.35, 0.15])
    person, statement = (at.ravel() for at in np.indices(votes.shape))
    told = []
    for lone in range(30):
        votes[:, 0] = 1
        votes[lone, 0] = -1
        given = Votes.from_rows(person, statement, votes.ravel(), votes.shape)
        told.append(release_result(deliberate(given)))
    assert all(t.release == told[0].release for t in told)
    assert told[0].statements[0].at_least == ("agree", 26)
    assert len({repr(t.gate) for t in told}) == 1


def test_a_second_release_carries_what_hardly_changed(panel) -> None:
    first = release_result(deliberate(ballot(14, 6, 0, 20)))
    again = Release.from_json(json.loads(json.dumps(first.to_json()["release"])))
    second = release_result(deliberate(ballot(15, 7, 0, 22)), previous=again)
    assert second.refused == "nothing-new"
    assert second.statements == (dataclasses.replace(first.statements[0], carried=True),)
    assert (second.groups, second.gate, second.axis) == ({}, {}, ())


def told_poll(poll: Poll) -> dict:
    told = release([Table("poll:1", poll.cells)])
    return publish_poll(poll, told.tables["poll:1"])


def test_the_gate_is_told_with_released_numbers_only(panel) -> None:
    """Two of sixty ballots are too short to count: neither 58 nor the difference is told."""
    votes = panel(people=60, statements=30)
    kept = (votes.person < 58) | (votes.statement < 3)
    columns = [c[kept] for c in (votes.person, votes.statement, votes.vote)]
    result = deliberate(Votes.from_rows(*columns, (60, 30)))
    told = release_result(result)
    assert result.gate.ballots == 58
    assert (told.gate["ballots"], told.gate["smallest"]) == (60, min(told.groups.values()))
    assert (told.gate["p_value"], told.gate["shown"]) == ((0.0, 0.01), True)
    assert told.gate["stability"] == (0.8, 1.0)
    assert set(told.gate) == {
        *("ballots", "p_value", "stability", "smallest", "structure", "shown", "reasons")
    }
    assert {end for _, end in told.axis} == {1, -1}


def test_a_result_in_between_is_not_published(panel) -> None:
    session = Session(panel(people=30, statements=10))
    with pytest.raises(FiguresError, match=r"call Session\.complete first"):
        release_result(session.update([0], [0], [0]))


def test_polls_leave_through_the_same_door() -> None:
    """Three did not answer; the percents are of all 25, or they would tell that number."""
    answers = np.array([0] * 14 + [1] * 8 + [-1] * 3)
    poll = weigh_poll(answers, ("yes", "no"), invited=30)
    result = deliberate(ballot(14, 6, 5, 25))
    told = release_result(result, polls=[Table("poll:1", poll.cells)])
    assert publish_poll(poll, told.release.tables["poll:1"]) == {
        "counts": {"yes": 14},
        "other": 11,
        "at_least": None,
        "total": 25,
        "base": 25,
        "refused": None,
        "margins": [],
        "n_eff": 25,
        "deff": 1.0,
        "percent": {"yes": [56, 48, 64]},
    }


def test_a_released_number_of_answers_is_the_base() -> None:
    told = told_poll(weigh_poll([0] * 14 + [1] * 8 + [-1] * 8, ("yes", "no")))
    assert (told["base"], told["n_eff"], told["percent"]["yes"][0]) == (22, 22, 64)


def test_weighted_percents_are_told_where_every_weight_is_well_filled() -> None:
    country = (np.arange(120) % 3 == 0).astype(int)
    weights = rake({"country": country}, {"country": [0.5, 0.5]})
    poll = weigh_poll([0] * 60 + [1] * 40 + [-1] * 20, ("yes", "no"), weights)
    told = told_poll(poll)
    assert (told["margins"], told["base"], told["deff"]) == (["country"], 100, 1.1)
    # of 100 answers 34 weigh 1.5 and 66 weigh 0.75; of 60 yes 20 and 40
    share, n_eff = 60 / 100.5, 100.5**2 / (34 * 2.25 + 66 * 0.5625)
    expected = (share, *(float(end) for end in wilson(share * n_eff, n_eff)))
    assert told["percent"]["yes"] == [round(100 * figure) for figure in expected]
    assert told["n_eff"] == 89
    silent = weigh_poll([0] * 60 + [1] * 57 + [-1] * 3, ("yes", "no"), weights)
    told = told_poll(silent)
    assert (told["base"], told["counts"]) == (120, {"yes": 60})
    assert told["percent"]["yes"][0] == 50


def test_few_heavy_ballots_stop_the_weighting() -> None:
    """Of 14 yes, 2 weigh more: a weighted share beside the count would tell that number."""
    country = np.array([0] * 12 + [1] * 2 + [0] * 16 + [1] * 10)
    weights = rake({"country": country}, {"country": [0.4, 0.6]})
    told = told_poll(weigh_poll([0] * 14 + [1] * 26, ("yes", "no"), weights))
    assert (told["margins"], told["deff"]) == ([], 1.0)
    assert told["counts"] == {"yes": 14}
    assert told["percent"] == {"yes": [35, 22, 50]}


def test_fewer_than_ten_answers_have_no_percents() -> None:
    told = told_poll(weigh_poll([0] * 9 + [-1] * 11, ("yes", "no")))
    assert told["counts"] == {"yes": 9}
    assert (told["base"], told["refused"]) == (20, None)
    told = told_poll(weigh_poll([0] * 9 + [1] * 0 + [-1] * 11, ("yes",)))
    assert (told["counts"], told["refused"]) == ({"yes": 9, "no answer": 11}, "n_eff")
    assert told["percent"] == {}


def test_json_holds_no_number_json_does_not_know(panel) -> None:
    told = release_result(deliberate(panel(people=15, statements=8)))
    assert told.gate["p_value"] is None
    assert (
        json.loads(json.dumps(told.to_json(), allow_nan=False))["gate"]["reasons"][0] == "ballots"
    )
