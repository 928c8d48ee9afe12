from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asobna_rounds.deliberation import Votes, latest_votes
from asobna_rounds.errors import FiguresError

PEOPLE, STATEMENTS, VOTES = [2, 0, 0, 2], [1, 1, 0, 0], [-1, 1, 0, 1]


def rows(votes: Votes) -> list[tuple[int, int, int]]:
    return list(
        zip(votes.person.tolist(), votes.statement.tolist(), votes.vote.tolist(), strict=True)
    )


def test_rows_are_kept_by_participant_and_statement() -> None:
    votes = Votes.from_rows(PEOPLE, STATEMENTS, VOTES)
    assert rows(votes) == [(0, 0, 0), (0, 1, 1), (2, 0, 1), (2, 1, -1)]
    assert (votes.participants, votes.statements, votes.ballots) == (3, 2, 2)
    assert votes.voted.tolist() == [2, 0, 2]
    assert votes.counts.tolist() == [[0, 1, 1], [1, 0, 1]]


def test_a_shape_adds_ballots_and_statements_without_votes() -> None:
    votes = Votes.from_rows(PEOPLE, STATEMENTS, VOTES, (5, 4))
    assert votes.voted.tolist() == [2, 0, 2, 0, 0]
    assert votes.counts.tolist() == [[0, 1, 1], [1, 0, 1], [0, 0, 0], [0, 0, 0]]


def test_no_votes_at_all_are_votes_too() -> None:
    votes = Votes.from_rows([], [], [], (3, 2))
    assert (votes.ballots, votes.counts.tolist()) == (0, [[0, 0, 0], [0, 0, 0]])


@given(st.permutations(range(4)))
def test_the_order_of_votes_does_not_matter(order: list[int]) -> None:
    columns = [np.array(column)[order] for column in (PEOPLE, STATEMENTS, VOTES)]
    assert rows(Votes.from_rows(*columns)) == rows(Votes.from_rows(PEOPLE, STATEMENTS, VOTES))


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (([0], [0, 1], [1]), "participant, statement and vote differ in length: 1, 2, 1"),
        (([0], [0], [2]), "a vote is not -1"),
        (([0, 0], [1, 1], [1, 1]), "two votes on one statement"),
        (([-1], [0], [1]), "a participant index lies outside 0 to"),
        (([0.5], [0], [1]), "participant must be a one-dimensional array of whole numbers"),
        (([2_000_000], [0], [1]), "2000001 participants are more than the limit of 1000000"),
    ],
)
def test_what_cannot_be_votes_is_refused(given: tuple[list, ...], message: str) -> None:
    with pytest.raises(FiguresError, match=message):
        Votes.from_rows(*given)


def test_a_statement_outside_the_shape_is_refused() -> None:
    with pytest.raises(FiguresError, match="a statement index lies outside 0 to 1"):
        Votes.from_rows([0], [2], [1], (1, 2))


def test_latest_votes_keeps_the_last_by_time_then_by_row() -> None:
    kept = latest_votes([0, 0, 0, 1], [0, 0, 1, 0], [1, -1, 0, 1], [5, 9, 9, 9])
    assert [column.tolist() for column in kept] == [[0, 0, 1], [0, 1, 0], [-1, 0, 1]]
    kept = latest_votes([0, 0], [0, 0], [1, -1], [5, 5])
    assert [column.tolist() for column in kept] == [[0], [0], [-1]]


def test_people_picks_participants_and_renumbers_them() -> None:
    votes = Votes.from_rows(PEOPLE, STATEMENTS, VOTES)
    assert rows(votes.people(np.array([2, 1]))) == [(0, 0, 1), (0, 1, -1)]


@given(
    st.dictionaries(
        st.tuples(st.integers(0, 5), st.integers(0, 4)), st.sampled_from([-1, 0, 1]), max_size=30
    ),
    st.dictionaries(
        st.tuples(st.integers(0, 7), st.integers(0, 6)),
        st.sampled_from([-1, 0, 1]),
        min_size=1,
        max_size=12,
    ),
)
def test_changed_votes_are_those_built_anew(
    before: dict[tuple[int, int], int], after: dict[tuple[int, int], int]
) -> None:
    def columns(cells: dict[tuple[int, int], int]) -> tuple[list[int], list[int], list[int]]:
        return [p for p, _ in cells], [s for _, s in cells], list(cells.values())

    changed = Votes.from_rows(*columns(before), (6, 5)).changed(*columns(after))
    anew = Votes.from_rows(
        *columns({**before, **after}), (changed.participants, changed.statements)
    )
    assert rows(changed) == rows(anew)
    assert changed.indptr.tolist() == anew.indptr.tolist()
