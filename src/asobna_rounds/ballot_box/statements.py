"""The statements people vote on: public, without author, date or original language.

New ones appear only at the daily mix, in random order; the order in the file is drawn anew each
time, so that neither the file nor a column number tells which came first within a batch.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from asobna_rounds.definition import MAX_STATEMENTS, STATEMENT_CHARACTERS, Round, Texts, texts
from asobna_rounds.deliberation.routing import next_statements
from asobna_rounds.durable import replace_file
from asobna_rounds.errors import BoxError, RoundFileError
from asobna_rounds.store import Handle

FILE = "statements.json"


@dataclass(frozen=True)
class Statement:
    """One statement: `column` is its byte in every ballot, `priority` its weight when routed."""

    id: str
    column: int
    texts: Texts
    priority: float = 1.0


def read_statements(folder: Path) -> list[Statement]:
    """The statements of a round in their present random order."""
    data = json.loads((folder / FILE).read_text(encoding="utf-8"))
    return [Statement(**item) for item in data["statements"]]


def write_statements(folder: Path, statements: list[Statement]) -> None:
    """Replace the round's statements, in a fresh random order."""
    mixed = list(statements)
    secrets.SystemRandom().shuffle(mixed)
    body = json.dumps({"statements": [asdict(s) for s in mixed]}, ensure_ascii=False, indent=1)
    replace_file(folder / FILE, body.encode())


def add_statements(present: list[Statement], new: list[Texts]) -> list[Statement]:
    """`present` and the new ones, which get random ids and the next columns in random order.

    Raises BoxError above MAX_STATEMENTS.
    """
    if len(present) + len(new) > MAX_STATEMENTS:
        raise BoxError(
            f"{len(present) + len(new)} statements; a round has at most {MAX_STATEMENTS} "
            "(MAX_STATEMENTS); put the rest into the next round"
        )
    shuffled = list(new)
    secrets.SystemRandom().shuffle(shuffled)
    added = [Statement(secrets.token_hex(8), len(present) + i, t) for i, t in enumerate(shuffled)]
    return present + added


def read_accepted(data: Any, definition: Round) -> list[Texts]:
    """The moderator's accepted statements, each with a text in every language of the round.

    Raises RoundFileError: a statement in one language only would point to its author.
    """
    items = data.get("statements") if isinstance(data, dict) else None
    if not isinstance(items, list):
        raise RoundFileError('accepted statements: needs an object with a list "statements"')
    return [_accepted(item, f"statements[{i}]", definition) for i, item in enumerate(items)]


def _accepted(item: Any, field: str, definition: Round) -> Texts:
    given = item.get("texts") if isinstance(item, dict) else None
    if given is None and isinstance(item, dict):
        given = {item.get("language"): item.get("text")}
    return texts(given, field, STATEMENT_CHARACTERS, definition.languages)


def personal_order(statements: list[Statement], handle: Handle) -> list[Statement]:
    """The statements in this ballot's own order, the same on every visit between two mixes.

    Up to sixty an even shuffle, above a lottery by priority: `deliberation.next_statements`.
    """
    by_column = {s.column: s for s in statements}
    weights = np.zeros(max(by_column, default=-1) + 1)
    for column, statement in by_column.items():
        weights[column] = statement.priority
    columns = sorted(by_column)
    seed = int.from_bytes(handle, "big")
    order = next_statements(weights, columns, count=len(columns), seed=seed)
    return [by_column[int(column)] for column in order]


def with_priorities(statements: list[Statement], priorities: list[float]) -> list[Statement]:
    """The statements with new weights by column, rounded: exact ones would carry vote counts."""
    return [
        replace(s, priority=max(float(f"{priorities[s.column]:.1g}"), 1e-3)) for s in statements
    ]
