"""The complete result: golden numbers, the same bits again, and no row for a person."""

from __future__ import annotations

import dataclasses
import hashlib
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asobna_rounds.deliberation import DeliberationResult, Session, Votes, deliberate
from asobna_rounds.errors import FiguresError


def digest(result: DeliberationResult) -> str:
    """Every number of a result, to the last bit."""
    parts = [repr(result.gate), repr(result.statements), repr(result.axis), repr(result.complete)]
    parts.append(result.priorities.tobytes().hex())
    if result.groups is not None:
        counts = result.groups.counts
        parts += [a.tobytes().hex() for a in (counts.agree, counts.passed, counts.disagree)]
        parts.append(repr(result.groups.representative))
    return hashlib.sha256("|".join(parts).encode()).hexdigest()


@pytest.fixture
def town() -> Votes:
    """Thirty people: statement 0 divides 16 from 14, 1 unites, 2 is passed on, 3 hardly seen."""
    rows = [(p, 0, 1 if p < 16 else -1) for p in range(30)]
    rows += [(p, 1, -1 if p in (3, 20) else 1) for p in range(30)]
    rows += [(p, 2, (1, 0, 0, -1, 0)[p % 5]) for p in range(30)]
    rows += [(p, 3, 1) for p in range(4)]
    rows += [(p, s, 1 if (p < 16) == (s % 2 == 0) else -1) for p in range(30) for s in range(4, 9)]
    return Votes.from_rows(*np.array(rows).T, (30, 9))


def test_golden_statements(town) -> None:
    told = deliberate(town).statements
    assert [s[1:6] for s in told[:4]] == [
        (16, 14, 0, 0, "agree"),
        (28, 2, 0, 0, "agree"),
        (6, 6, 18, 0, "agree"),
        (4, 0, 0, 26, "agree"),
    ]
    assert [s.verdict for s in told[:4]] == ["split", "agreed", "unsure", "unsure"]
    assert [s.minority_kept for s in told[:4]] == [False, False, False, False]
    assert (told[1].share, told[1].low, told[1].high) == pytest.approx(
        (28 / 30, 0.786765, 0.981523), abs=1e-6
    )


def test_golden_groups(town) -> None:
    result = deliberate(town)
    assert result.gate.shown
    assert result.groups is not None
    assert result.groups.sizes == (16, 14)
    assert result.groups.counts.agree[:, :3].tolist() == [[16, 15, 4], [0, 13, 2]]
    assert result.groups.counts.disagree[:, 0].tolist() == [0, 14]
    assert [(r.statement, r.side) for r in result.groups.representative[0]] == [
        (0, "agree"),
        (4, "agree"),
        (5, "disagree"),
        (6, "agree"),
        (7, "disagree"),
    ]
    told = result.statements[1]
    assert told.group_agree == pytest.approx(16 / 18 * 14 / 16, rel=1e-14)
    assert told.group_disagree == pytest.approx(2 / 18 * 2 / 16, rel=1e-14)


def test_golden_axis(town) -> None:
    axis = deliberate(town).axis
    assert axis is not None
    assert sorted(at for at, _ in axis.statements[:6]) == [0, 4, 5, 6, 7, 8]
    assert [abs(loading) for _, loading in axis.statements[:6]] == pytest.approx(
        [0.4079] * 6, abs=2e-4
    )
    assert axis.share == pytest.approx(0.9, abs=0.05)


def test_everyone_is_counted_in_the_group_nearest_to_them(town) -> None:
    """A ballot with one vote, or none, takes no part in finding groups but is counted in one."""
    late = town.changed([30, 31], [0, 0], [-1, 1])
    more = Votes(33, 9, np.append(late.indptr, late.indptr[-1]), late.statement, late.vote)
    result = deliberate(more)
    assert result.groups is not None
    assert (result.gate.ballots, sum(result.groups.sizes), result.ballots) == (30, 33, 33)
    assert result.groups.counts.agree[:, 0].tolist() == [17, 0]
    assert result.groups.counts.disagree[:, 0].tolist() == [0, 15]


def test_without_camps_nothing_is_said_about_groups(panel) -> None:
    result = deliberate(panel(people=60, statements=12, camps=1))
    assert (result.groups, result.axis) == (None, None)
    assert {s.group_agree for s in result.statements} == {None}


def test_no_field_has_a_row_for_every_participant(panel) -> None:
    """Positions and labels of people stay inside; 61 ballots, and nothing of length 61."""
    result = deliberate(panel(people=61, statements=30))
    assert result.groups is not None

    def sizes(value: object) -> set[int]:
        if isinstance(value, np.ndarray):
            return set(value.shape)
        if dataclasses.is_dataclass(value):
            found = [sizes(getattr(value, f.name)) for f in dataclasses.fields(value)]
            return set().union(*found)
        if isinstance(value, tuple | list | dict):
            inside = value.values() if isinstance(value, dict) else value
            return {len(value)}.union(*(sizes(v) for v in inside))
        return set()

    assert 61 not in sizes(result)
    assert 30 in sizes(result)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 1_000_000))
def test_any_order_of_votes_gives_the_same_bits(panel, seed: int) -> None:
    votes = panel(people=40, statements=15, seen=0.8)
    order = np.random.default_rng(seed).permutation(votes.vote.size)
    columns = (votes.person, votes.statement, votes.vote)
    again = Votes.from_rows(*(column[order] for column in columns), (40, 15))
    assert digest(deliberate(again)) == digest(deliberate(votes))


def test_many_votes_in_another_order_give_the_same_bits(panel) -> None:
    """Large enough for samples of people, the summary of positions and block sums to enter."""
    votes = panel(people=4_000, statements=90, seen=0.9)
    order = np.random.default_rng(1).permutation(votes.vote.size)
    columns = (votes.person, votes.statement, votes.vote)
    again = Votes.from_rows(*(column[order] for column in columns), (4_000, 90))
    assert digest(deliberate(again)) == digest(deliberate(votes))


def test_no_table_of_participants_by_statements_is_ever_made() -> None:
    """20,000 people and 5,000 statements: such a table of bytes alone would take 100 MB."""
    rng = np.random.default_rng(0)
    cells = np.unique(rng.integers(0, 20_000 * 5_000, 200_000))
    vote = rng.integers(-1, 2, cells.size)
    tracemalloc.start()
    deliberate(Votes.from_rows(cells // 5_000, cells % 5_000, vote, (20_000, 5_000)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60e6


def test_a_session_follows_votes_and_then_gives_the_same_bits(panel) -> None:
    votes = panel(people=60, statements=20)
    after = votes.changed(range(10), [3] * 10, [1, -1] * 5)
    session = Session(votes)
    quick = session.update(range(10), [3] * 10, [1, -1] * 5)
    assert not quick.complete
    whole = session.complete()
    assert digest(whole) == digest(deliberate(after))
    assert [s[:9] for s in quick.statements] == [s[:9] for s in whole.statements]
    assert quick.groups is not None
    assert quick.groups.counts.agree.tolist() == whole.groups.counts.agree.tolist()
    assert np.allclose(quick.priorities, whole.priorities, rtol=1e-5)


def test_a_session_takes_new_people_and_statements(panel) -> None:
    session = Session(panel(people=40, statements=10))
    result = session.update([40, 41], [10, 0], [1, -1])
    assert (result.ballots, len(result.statements)) == (42, 11)
    assert result.statements[10][1:5] == (1, 0, 0, 41)


def test_more_voters_than_invited_is_an_error(panel) -> None:
    with pytest.raises(FiguresError, match="30 answers from 29 invited"):
        deliberate(panel(people=30, statements=10), invited=29)


def test_a_round_without_a_single_vote_has_a_result() -> None:
    result = deliberate(Votes.from_rows([], [], [], (25, 2)))
    assert result.groups is None
    assert [s[1:6] for s in result.statements] == [(0, 0, 0, 25, None)] * 2
    assert (result.gate.ballots, result.gate.shown) == (0, False)
