"""From ballots to the report as plain data: every figure has passed `disclosure.release`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from asobna_rounds.ballot_box.box import Numbers
from asobna_rounds.ballot_box.statements import Statement
from asobna_rounds.definition import Poll as Question
from asobna_rounds.definition import Round
from asobna_rounds.deliberation import (
    DeliberationResult,
    PublishedResult,
    Votes,
    deliberate,
    publish_poll,
    release_result,
)
from asobna_rounds.disclosure import LEAST_BALLOTS, K, Table
from asobna_rounds.errors import FiguresError
from asobna_rounds.polls import Poll, Weights, rake, weigh_poll
from asobna_rounds.rows import Ballot

FORMAT = "asobna-round-report-1"
VOTE = {1: 1, 2: -1, 3: 0}
"""The ballot's byte to the engine's vote: agree, disagree, pass."""


@dataclass(frozen=True)
class Told:
    """What the report is made from besides the ballots; all of it is public.

    `closed` is the day of a close before the announced one, else None.
    """

    definition: Round
    numbers: Numbers
    statements: Sequence[Statement]
    ledger_head: str | None = None
    closed: date | None = None


def votes_of(ballots: Sequence[Ballot], statements: int) -> Votes:
    """The engine's votes. Every ballot is a row, also one without a vote."""
    cells = [
        (row, column, VOTE[value])
        for row, ballot in enumerate(ballots)
        for column, value in enumerate(ballot.votes[:statements])
        if value
    ]
    rows, columns, values = zip(*cells, strict=True) if cells else ((), (), ())
    return Votes.from_rows(rows, columns, values, shape=(len(ballots), statements))


def make_report(told: Told, ballots: Sequence[Ballot]) -> dict[str, Any]:
    """The report of a closed round as plain JSON data, the same for any order of ballots.

    Nothing in it stands for fewer than `disclosure.K` people; below `LEAST_BALLOTS` ballots it
    only says so, in `refused`.
    """
    ordered = sorted(ballots)
    if len(ordered) < LEAST_BALLOTS:
        return _head(told) | {"refused": "ballots", "statements": [], "polls": []}
    # A credential issued again may have been used beside the lost one.
    invited = max(told.numbers.invited, len(ordered))
    result = deliberate(votes_of(ordered, len(told.statements)), invited=invited)
    polls = _weigh(told, ordered)
    tables = [Table(f"poll:{number}", poll.cells) for number, poll in enumerate(polls)]
    published = release_result(result, polls=tables)
    return _head(told) | _votes(published, told) | {"polls": _tell_polls(published, polls, told)}


def priorities(ballots: Sequence[Ballot], statements: int) -> list[float]:
    """Lottery weight of each statement for the next mix, from the votes so far."""
    result: DeliberationResult = deliberate(votes_of(sorted(ballots), statements))
    return [float(weight) for weight in result.priorities]


def _head(told: Told) -> dict[str, Any]:
    definition = told.definition
    return {
        "format": FORMAT,
        "round": definition.id,
        "file": definition.file,
        "closed": (told.closed or definition.closes).isoformat(),
        "languages": list(definition.languages),
        "question": definition.question,
        "invited": told.numbers.invited,
        "issued": told.numbers.issued,
        "issued_again": told.numbers.again,
        "ballots": None,
        "refused": None,
        "threshold": K,
        "least_ballots": LEAST_BALLOTS,
        "ledger_head": told.ledger_head,
    }


def _votes(published: PublishedResult, told: Told) -> dict[str, Any]:
    data = published.to_json()
    del data["release"]
    words = {s.column: s.texts for s in told.statements}
    data["statements"] = [s | {"texts": words[s["index"]]} for s in data["statements"]]
    return {name: value for name, value in _json(data).items() if name != "invited"}


def _json(value: Any) -> Any:
    """Plain JSON: a number that does not exist (NaN) is null; shares keep three decimals."""
    if isinstance(value, dict):
        return {str(name): _json(v) for name, v in value.items()}
    if isinstance(value, list | tuple):
        return [_json(v) for v in value]
    if isinstance(value, float):
        return None if math.isnan(value) else round(value, 3)
    return value


def _answers(ballots: Sequence[Ballot], number: int) -> np.ndarray[Any, Any]:
    return np.array([ballot.polls[number] - 1 for ballot in ballots], dtype=np.int64)


def _weights(told: Told, ballots: Sequence[Ballot]) -> Weights | None:
    """Raking to the known shares of the invited; None when there are none or they cannot fit.

    Who left such a question open is a category of their own that keeps its share: one person who
    skips must not take the weights from everybody.
    """
    margins, targets = {}, {}
    for number, question in enumerate(told.definition.polls):
        if question.targets is not None:
            answers = _answers(ballots, number)
            silent = answers < 0
            shares = np.array([*question.targets, 0.0]) * (1 - silent.mean())
            shares[-1] = silent.mean()
            margins[f"poll:{number}"] = np.where(silent, shares.size - 1, answers)
            targets[f"poll:{number}"] = shares
    if not margins:
        return None
    try:
        return rake(margins, targets)
    except FiguresError:
        return None


def _weigh(told: Told, ballots: Sequence[Ballot]) -> list[Poll]:
    weights = _weights(told, ballots)
    return [
        weigh_poll(
            _answers(ballots, number),
            _labels(question),
            None if question.margin else weights,
            invited=max(told.numbers.invited, len(ballots)),
        )
        for number, question in enumerate(told.definition.polls)
    ]


def _labels(question: Question) -> tuple[str, ...]:
    return tuple(str(option) for option in range(len(question.options)))


def _tell_polls(
    published: PublishedResult, polls: Sequence[Poll], told: Told
) -> list[dict[str, Any]]:
    tables = published.release.tables
    return [
        {
            "question": question.question,
            "options": list(question.options),
            "margin": question.margin,
        }
        | _json(publish_poll(poll, tables[f"poll:{number}"]))
        for number, (question, poll) in enumerate(zip(told.definition.polls, polls, strict=True))
    ]
