"""Reading Polis exports: invented ones for every rule, the open ones for agreement."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from asobna_rounds.deliberation import Conversation, deliberate, read_polis_export
from asobna_rounds.deliberation.clusters import adjusted_rand, group_points
from asobna_rounds.deliberation.polis_mode import polis_plane
from asobna_rounds.errors import FiguresError

COMMENTS = """timestamp,datetime,comment-id,author-id,agrees,disagrees,moderated,comment-body
3,x,2,0,1,0,1,"Ask us, ""before"" you decide."
2,x,1,0,1,0,-1,Buy cheap watches.
1,x,0,0,1,0,0,The embassy should open on Saturdays.
"""
MATRIX = """participant,xid,group-id,n-comments,n-votes,n-agree,n-disagree,0,1,2
0,,1,0,2,1,1,1,,-1
4,,,0,1,0,0,,0,
7,,0,0,3,3,0,1,1,1
"""
LOG = """timestamp,datetime,comment-id,voter-id,vote
100,x,0,0,-1
900,x,0,0,1
300,x,2,0,-1
200,x,1,4,0
"""
CLASS_B = {  # name: least adjusted Rand index with the stored groups
    "15-per-hour-seattle": 0.80,
    "austria-climate.2vkxcncppn": 0.90,
    "austria-climate.5twd2jsnkf": 0.90,
    "austria-climate.7z7ejpbmv5": 0.80,
    "brexit-consensus": 0.80,
    "canadian-electoral-reform": 0.90,
    "scoop-hivemind.biodiversity": 0.85,
    "scoop-hivemind.taxes": 0.85,
    "ssis.land-bank-farmland": 0.90,
    "vtaiwan.uberx": 0.80,
}


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name.replace('_', '-')}.csv").write_text(text, encoding="utf-8")
    return folder


def cells(talk: Conversation) -> list[tuple[int, int, int]]:
    people = talk.participant_ids[talk.votes.person].tolist()
    statements = talk.statement_ids[talk.votes.statement].tolist()
    return list(zip(people, statements, talk.votes.vote.tolist(), strict=True))


class TestMatrix:
    def test_votes_groups_texts_and_moderation(self, tmp_path: Path) -> None:
        talk = read_polis_export(write(tmp_path, participants_votes=MATRIX, comments=COMMENTS))
        assert cells(talk) == [(0, 0, 1), (0, 2, -1), (4, 1, 0), (7, 0, 1), (7, 1, 1), (7, 2, 1)]
        assert talk.groups.tolist() == [1, -1, 0]
        assert talk.texts == (
            "The embassy should open on Saturdays.",
            "Buy cheap watches.",
            'Ask us, "before" you decide.',
        )
        assert talk.moderated_out.tolist() == [False, True, False]

    def test_a_vote_that_is_none_is_named_with_its_line(self, tmp_path: Path) -> None:
        folder = write(tmp_path, participants_votes=MATRIX.replace("1,1,1\n", "1,2,1\n"))
        with pytest.raises(FiguresError, match=r"participants-votes.csv line 4: the vote '2'"):
            read_polis_export(folder)

    def test_a_short_line_is_named(self, tmp_path: Path) -> None:
        folder = write(tmp_path, participants_votes=MATRIX.replace(",,0,\n", "\n"))
        with pytest.raises(FiguresError, match=r"participants-votes.csv line 3: 7 fields, not 10"):
            read_polis_export(folder)

    def test_missing_columns_are_named(self, tmp_path: Path) -> None:
        folder = write(tmp_path, participants_votes=MATRIX.replace("group-id", "camp"))
        with pytest.raises(FiguresError, match="the columns participant and group-id are missing"):
            read_polis_export(folder)


class TestLog:
    def test_the_latest_vote_counts(self, tmp_path: Path) -> None:
        talk = read_polis_export(write(tmp_path, votes=LOG, comments=COMMENTS))
        assert cells(talk) == [(0, 0, 1), (0, 2, -1), (4, 1, 0)]
        assert talk.groups.tolist() == [-1, -1]
        assert talk.votes.statements == 3

    def test_the_matrix_is_preferred_over_the_log(self, tmp_path: Path) -> None:
        talk = read_polis_export(write(tmp_path, votes=LOG, participants_votes=MATRIX))
        assert talk.votes.participants == 3
        assert talk.texts == ("", "", "")

    def test_a_missing_column_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(FiguresError, match=r"votes.csv line 1: 'voter-id'"):
            read_polis_export(write(tmp_path, votes=LOG.replace("voter-id", "who")))

    def test_an_empty_file_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(FiguresError, match=r"votes.csv is empty"):
            read_polis_export(write(tmp_path, votes=""))


def test_an_export_without_votes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FiguresError, match=r"neither participants-votes\.csv nor votes\.csv"):
        read_polis_export(write(tmp_path, comments=COMMENTS))


def talk_of(open_data: Path, name: str) -> Conversation:
    return read_polis_export(next(open_data.glob(f"{name}*")))


@pytest.mark.parametrize("name", sorted(CLASS_B))
def test_groups_agree_with_the_stored_ones_and_lie_no_wider(open_data: Path, name: str) -> None:
    talk = talk_of(open_data, name)
    stored = talk.groups >= 0
    points = polis_plane(talk.votes, talk.moderated_out).points[stored]
    labels = talk.groups[stored]
    found = group_points(points, int(labels.max()) + 1)
    assert found is not None
    assert adjusted_rand(labels, found.labels) >= CLASS_B[name]
    inertia = sum(
        ((points[labels == g] - points[labels == g].mean(axis=0)) ** 2).sum()
        for g in range(labels.max() + 1)
    )
    assert found.inertia <= inertia


def test_matrix_and_log_of_a_real_conversation_hold_the_same_votes(
    open_data: Path, tmp_path: Path
) -> None:
    source = next(open_data.glob("canadian-electoral-reform*"))
    from_matrix = read_polis_export(source)
    (tmp_path / "votes.csv").write_bytes((source / "votes.csv").read_bytes())
    from_log = read_polis_export(tmp_path)
    assert sorted(cells(from_log)) == sorted(cells(from_matrix))


def densest(talk: Conversation, people: int) -> list:
    """Samples as in the study behind the gate: 30 statements, people who answered 24 of them."""
    votes = talk.votes
    count = np.where(talk.moderated_out, -1, votes.counts.sum(axis=1))
    kept = np.sort(np.argsort(-count, kind="stable")[:30])
    column = np.full(votes.statements, -1)
    column[kept] = np.arange(kept.size)
    own = column[votes.statement] >= 0
    part = type(votes).from_rows(
        votes.person[own], column[votes.statement[own]], votes.vote[own], (votes.participants, 30)
    )
    active = np.flatnonzero(part.voted >= 24)
    rng = np.random.default_rng(7)
    return [
        part.people(np.sort(rng.choice(active, people, replace=False)))
        for _ in range(5)
        if active.size >= people
    ]


def test_the_gate_finds_structure_in_thirty_and_none_in_shuffled_votes(open_data: Path) -> None:
    """Five samples of each of ten conversations; the bench draws twenty-five."""
    rng = np.random.default_rng(5)
    real, shown = [], []
    for name in CLASS_B:
        for draw, votes in enumerate(densest(talk_of(open_data, name), 30)):
            real.append(deliberate(votes, seed=draw).gate.structure)
            vote = votes.vote.copy()
            for statement in range(30):
                at = np.flatnonzero(votes.statement == statement)
                vote[at] = vote[rng.permutation(at)]
            noise = type(votes).from_rows(votes.person, votes.statement, vote, (30, 30))
            shown.append(deliberate(noise, seed=draw).gate.shown)
    assert len(real) == 50
    assert np.mean(real) >= 0.90
    assert np.mean(shown) <= 0.06
