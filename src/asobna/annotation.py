"""A stratified sample of mentions for people to code, each with a known chance of being drawn.

What is drawn follows the evaluation design: mentions whose machine code is rare, mentions in a
sentence with Russia, and the rest, in shares of 35, 45 and 20 per cent, within each language; at
most one mention of each family of reprints, since its siblings add little. People never see the
machine's code, and the order tells them nothing.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pyarrow as pa

from asobna.agreement import VARIABLES
from asobna.tables import ACTOR_VALUES, BLAME_VALUES, STANDING_VALUES

CODEBOOK = "draft 2"
STRATA = {"rare": 0.35, "russia": 0.45, "rest": 0.20}

#: Values of every variable and when it is asked (codebook 2 to 4 and 7).
VALUES: dict[str, tuple[str, ...]] = {
    "standing": (*STANDING_VALUES, "none"),
    "warrant": ("joint-act", "joint-measure", "parallel", "none-given"),
    "kind_of_pair": ("states", "rulers", "people", "athletes", "money", "forces", "culture",
                     "places"),
    "support": ("argued", "epithet", "role"),
    "basis": ("place", "state", "person", "organisation", "language", "name", "heritage"),
    "actor": ACTOR_VALUES,
    "blame": BLAME_VALUES,
    "voice": ("author", "quoted"),
    "time": ("present", "historical"),
}  # fmt: skip
_ONLY_FOR = {"warrant": "paired", "kind_of_pair": "paired", "support": "derived",
             "basis": "absorbed"}  # fmt: skip


class Drawn(NamedTuple):
    """A mention to code. `row` is its row in STANDINGS; nothing here tells the machine's code."""

    id: str
    row: int
    stratum: str
    stratum_size: int
    stratum_drawn: int
    probability: float


def draw_sample(
    standings: pa.Table, families: Mapping[str, str], size: int, seed: int
) -> list[Drawn]:
    """Draw up to `size` mentions, in random order; equal arguments give equal samples.

    families: document id → family; others are families of their own. One mention of each family is
    drawn first, then mentions within strata of language × machine class. `probability` is the
    product of both chances and is never zero for any mention. Raises ValueError for a size below 1.
    """
    if size < 1:
        raise ValueError("a sample needs at least one mention")
    generator = random.Random(seed)
    strata: dict[str, list[tuple[int, float]]] = {}
    columns = [standings.column(name).to_pylist()
               for name in ("lang", "standing", "warrant", "russia_in_scope")]  # fmt: skip
    for rows in _families(standings, families).values():
        row = generator.choice(rows)
        lang, standing, warrant, russia = (column[row] for column in columns)
        name = f"{lang} {_class(standing, warrant, russia)}"
        strata.setdefault(name, []).append((row, 1 / len(rows)))
    wanted = _allocate({name: len(rows) for name, rows in strata.items()}, size)
    drawn = []
    for name in sorted(strata):
        for row, chance in generator.sample(strata[name], wanted[name]):
            within = wanted[name] / len(strata[name])
            drawn.append(Drawn(_id(standings, row), row, name, len(strata[name]), wanted[name],
                               chance * within))  # fmt: skip
    generator.shuffle(drawn)
    return drawn


def _families(standings: pa.Table, families: Mapping[str, str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {}
    for row, document in enumerate(standings.column("document_id").to_pylist()):
        found.setdefault(families.get(document, document), []).append(row)
    return found


def _class(standing: str, warrant: str | None, russia: bool) -> str:
    if standing in ("derived", "absorbed") or warrant == "none-given":
        return "rare"
    return "russia" if russia else "rest"


def _allocate(sizes: Mapping[str, int], size: int) -> dict[str, int]:
    """Mentions per stratum: the shares of STRATA, spread over languages by their number, at least
    one of each; what a small stratum cannot give goes to the others."""
    parts = {name: name.rsplit(" ", 1)[1] for name in sizes}
    of_class = {part: sum(n for name, n in sizes.items() if parts[name] == part)
                for part in STRATA}  # fmt: skip
    wanted = {name: min(n, max(1, round(size * STRATA[parts[name]] * n / of_class[parts[name]])))
              for name, n in sizes.items()}  # fmt: skip
    while sum(wanted.values()) < min(size, sum(sizes.values())):
        roomy = max(sizes, key=lambda name: (sizes[name] - wanted[name], name))
        wanted[roomy] += 1
    while sum(wanted.values()) > size and max(wanted.values()) > 1:
        fullest = max(sizes, key=lambda name: (wanted[name], name))
        wanted[fullest] -= 1
    return wanted


def _id(standings: pa.Table, row: int) -> str:
    place = (f"{standings.column('document_id')[row]} {standings.column('start_cp')[row]} "
             f"{standings.column('end_cp')[row]}")  # fmt: skip
    return hashlib.sha256(place.encode()).hexdigest()[:16]


def questions(label: Mapping[str, Any]) -> list[str]:
    """Variables still to be coded, given those coded so far; a trap (`none`) needs no more."""
    if label.get("standing") == "none":
        return []
    return [name for name in VARIABLES if name not in label
            and (name not in _ONLY_FOR or label.get("standing") == _ONLY_FOR[name])]  # fmt: skip


def complete_label(answers: Mapping[str, str]) -> dict[str, str | None]:
    """The label of the coded-set format: every variable, empty where it does not apply.

    Raises ValueError naming a value the codebook does not have or a question left open.
    """
    for name, value in answers.items():
        if name not in VALUES or value not in VALUES[name]:
            raise ValueError(f"'{value}' is no value of {name}: {', '.join(VALUES.get(name, ()))}")
    left = questions(answers)
    if left or "standing" not in answers:
        raise ValueError(f"not coded yet: {', '.join(left)}")
    return {name: answers.get(name) for name in VARIABLES}


def find_value(variable: str, typed: str) -> str | None:
    """The value a person meant: its number in the list from 1, or the beginning of its name."""
    values: Sequence[str] = VALUES[variable]
    typed = typed.strip().lower()
    if typed.isdigit():
        return values[int(typed) - 1] if 1 <= int(typed) <= len(values) else None
    found = [value for value in values if value.lower().startswith(typed)] if typed else []
    exact = [value for value in found if value.lower() == typed]
    return exact[0] if exact else found[0] if len(found) == 1 else None
