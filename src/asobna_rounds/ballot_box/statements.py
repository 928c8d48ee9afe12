"""The statements people vote on: public, without author, date or original language.

New ones appear only at the daily mix, in random order; the order in the file is drawn anew each
time, so that neither the file nor a column number tells which came first within a batch.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from asobna_rounds.definition import MAX_STATEMENTS, Round, Texts, texts
from asobna_rounds.deliberation.routing import next_statements
from asobna_rounds.durable import replace_file
from asobna_rounds.errors import BoxError
from asobna_rounds.moderator import MAX_EDITED, mix, new_statement_id

FILE = "statements.json"
WAITING = "waiting.json"


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
    added = [Statement(new_statement_id(), len(present) + i, t) for i, t in enumerate(shuffled)]
    return present + added


def waiting_statements(folder: Path) -> list[Texts]:
    """Accepted statements that wait for a mix large enough to hide in."""
    path = folder / WAITING
    return list(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else []


def mix_statements(folder: Path, accepted: list[Texts], definition: Round, last: bool) -> int:
    """The daily mix: accepted statements appear in random order; returns how many wait on.

    Repeating a mix that was cut off adds nothing twice. Raises RoundFileError for a statement
    that lacks a language of the round: in one language only it would point to its author.
    """
    present = read_statements(folder)
    known = [s.texts for s in present]
    queue = waiting_statements(folder)
    for number, given in enumerate(accepted):
        checked = texts(given, f"statements[{number}]", MAX_EDITED, definition.languages)
        if checked not in queue:
            queue.append(checked)
    queue = [t for t in queue if t not in known]
    appearing = mix(queue, last_day=last)
    replace_file(folder / WAITING, json.dumps(queue, ensure_ascii=False).encode())
    write_statements(folder, add_statements(present, appearing))
    left = [t for t in queue if t not in appearing]
    replace_file(folder / WAITING, json.dumps(left, ensure_ascii=False).encode())
    return len(left)


def personal_order(statements: list[Statement], seed: bytes) -> list[Statement]:
    """The statements in an order of one ballot's own, the same for the same seed and statements.

    Up to sixty an even shuffle, above a lottery by priority: `deliberation.next_statements`.
    The order is shown, so `seed` must be nothing that lies on disk: see `Box.statements`.
    """
    by_column = {s.column: s for s in statements}
    weights = np.zeros(max(by_column, default=-1) + 1)
    for column, statement in by_column.items():
        weights[column] = statement.priority
    columns = sorted(by_column)
    drawn = int.from_bytes(seed, "big")
    order = next_statements(weights, columns, count=len(columns), seed=drawn)
    return [by_column[int(column)] for column in order]


def with_priorities(statements: list[Statement], priorities: list[float]) -> list[Statement]:
    """The statements with new weights by column, rounded: exact ones would carry vote counts."""
    return [
        replace(s, priority=max(float(f"{priorities[s.column]:.1g}"), 1e-3)) for s in statements
    ]
