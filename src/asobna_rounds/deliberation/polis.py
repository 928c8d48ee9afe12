"""Read a conversation that Polis exported as CSV files.

The exports write agree as +1 (Polis counts with the opposite sign inside). Votes come from the
matrix `participants-votes.csv`; where only the event log `votes.csv` is there, the latest vote
of each participant on each statement counts. Statement texts and moderation come from
`comments.csv`.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from asobna_rounds.errors import FiguresError

from .votes import IntArray, Votes, latest_votes

NO_GROUP = -1
"""Group of a participant whom Polis did not put in a group."""


@dataclass(frozen=True, eq=False)
class Conversation:
    """One exported conversation.

    `participant_ids` and `statement_ids` give the export's own numbers for each row and column
    of `votes`; `groups` (participants,) the stored group or `NO_GROUP`; `texts` the statements;
    `moderated_out` (statements,) True where the moderators rejected it.
    """

    votes: Votes
    participant_ids: IntArray
    statement_ids: IntArray
    groups: IntArray
    texts: tuple[str, ...]
    moderated_out: np.ndarray[tuple[int], np.dtype[np.bool_]]


def read_polis_export(folder: Path) -> Conversation:
    """Read the folder of one exported conversation.

    Raises `FiguresError` naming the file, its line and what is wrong, or that no vote file is
    there (large exports are published without).
    """
    matrix, log = folder / "participants-votes.csv", folder / "votes.csv"
    comments = _read_comments(folder / "comments.csv")
    if matrix.exists():
        return _from_matrix(matrix, comments)
    if log.exists():
        return _from_log(log, comments)
    raise FiguresError(
        f"{folder.name}: neither participants-votes.csv nor votes.csv is there; "
        "without votes there is nothing to count"
    )


def _from_matrix(path: Path, comments: dict[int, tuple[str, bool]]) -> Conversation:
    lines = _lines(path)
    header = next(lines)[1]
    columns = [at for at, name in enumerate(header) if name.strip().lstrip("-").isdigit()]
    statement_ids = np.array([int(header[at]) for at in columns], dtype=np.int64)
    if "participant" not in header or "group-id" not in header:
        raise FiguresError(f"{path.name} line 1: the columns participant and group-id are missing")
    who, group = header.index("participant"), header.index("group-id")
    people: list[int] = []
    groups: list[int] = []
    rows: list[int] = []
    cells: list[int] = []
    votes: list[int] = []
    for number, line in lines:
        if len(line) != len(header):
            raise FiguresError(f"{path.name} line {number}: {len(line)} fields, not {len(header)}")
        cast = [(at, line[column]) for at, column in enumerate(columns) if line[column] != ""]
        rows += [len(people)] * len(cast)
        cells += [at for at, _ in cast]
        votes += [_vote(path, number, text) for _, text in cast]
        people.append(int(line[who]))
        groups.append(int(line[group]) if line[group] != "" else NO_GROUP)
    shape = (len(people), len(columns))
    columns_of = [np.array(column, dtype=np.int64) for column in (rows, cells, votes)]
    matrix = Votes.from_rows(columns_of[0], columns_of[1], columns_of[2], shape)
    stored = np.array(people, int), np.array(groups, int)
    return _conversation(matrix, stored, statement_ids, comments)


def _from_log(path: Path, comments: dict[int, tuple[str, bool]]) -> Conversation:
    lines = _lines(path)
    header = next(lines)[1]
    try:
        at = [header.index(name) for name in ("voter-id", "comment-id", "vote", "timestamp")]
    except ValueError as missing:
        raise FiguresError(f"{path.name} line 1: {missing}") from None
    events = [
        (int(line[at[0]]), int(line[at[1]]), _vote(path, number, line[at[2]]), int(line[at[3]]))
        for number, line in lines
    ]
    table = np.array(events, dtype=np.int64).reshape(-1, 4)
    person, statement, vote = latest_votes(*table.T)
    people, rows = np.unique(person, return_inverse=True)
    known = np.array(sorted(set(statement.tolist()) | set(comments)), dtype=np.int64)
    shape = (people.size, known.size)
    votes = Votes.from_rows(rows, np.searchsorted(known, statement), vote, shape)
    return _conversation(votes, (people, np.full(people.size, NO_GROUP)), known, comments)


def _conversation(
    votes: Votes,
    people: tuple[IntArray, IntArray],
    statements: IntArray,
    comments: dict[int, tuple[str, bool]],
) -> Conversation:
    known = [comments.get(int(number), ("", False)) for number in statements]
    out = np.array([rejected for _, rejected in known], dtype=np.bool_)
    texts = tuple(text for text, _ in known)
    return Conversation(votes, people[0], statements, people[1], texts, out)


def _read_comments(path: Path) -> dict[int, tuple[str, bool]]:
    """Statement number to (text, moderated out); empty where the file is missing."""
    if not path.exists():
        return {}
    lines = _lines(path)
    header = next(lines)[1]
    number, text, state = (header.index(n) for n in ("comment-id", "comment-body", "moderated"))
    return {int(line[number]): (line[text], int(line[state]) == -1) for _, line in lines}


def _lines(path: Path) -> Iterator[tuple[int, list[str]]]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file)
        found = False
        for line in reader:
            found = True
            yield reader.line_num, line
        if not found:
            raise FiguresError(f"{path.name} is empty")


def _vote(path: Path, number: int, text: str) -> int:
    if text in {"1", "0", "-1"}:
        return int(text)
    raise FiguresError(f"{path.name} line {number}: the vote {text!r} is not 1, 0 or -1")
