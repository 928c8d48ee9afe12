"""Timing: an attacker who saw every hour at the registrar and every hour at the ballot box.

The attacker pairs the times at which people collected credentials with the times at which
ballots were first used, in the way that fits the assumed delay best (an assignment problem).
Without the rule "issue phase first, then the open phase for all" this re-links most people of a
small panel; with it the times carry nothing. `phase_of` is the rule of the real ballot box.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from asobna_rounds.attacks.rehearsal import demo_definition
from asobna_rounds.ballot_box.box import DEFINITION, Box
from asobna_rounds.durable import memory_folder
from asobna_rounds.store import Store

SIZES = (15, 40, 150)
TRIES = 200
DAY = 24 * 60.0
"""Minutes."""
PROMPT = 0.6
"""Share of people who use a credential about twenty minutes after they may."""
SOON = 20.0


class Timed(NamedTuple):
    """Share of people re-linked by time: without the rule, with it, and by chance."""

    size: int
    one_phase: float
    two_phases: float
    chance: float

    @property
    def held(self) -> bool:
        """At most twice chance."""
        return self.two_phases <= 2 * self.chance


def open_minute() -> Callable[[float], float]:
    """When a credential collected at a minute may first be used, by the real box's phases."""
    with tempfile.TemporaryDirectory(prefix="asobna-attack-", dir=memory_folder()) as folder:
        path = Path(folder)
        definition = demo_definition()
        (path / DEFINITION).write_text(json.dumps(definition), encoding="utf-8")
        Store.create(path, 1).close()
        start = date.fromisoformat(definition["issue_until"]) - timedelta(days=6)
        day = [start]
        box = Box(path, today=lambda: day[0])
        opens = {}
        for issued in range(7):
            day[0] = start + timedelta(days=issued)
            while box.phase() != "open":
                day[0] += timedelta(days=1)
            opens[issued] = (day[0] - start).days * DAY
    return lambda minute: max(minute, opens[min(int(minute // DAY), 6)])


def relinked(size: int, usable: Callable[[float], float], rng: random.Random) -> float:
    """Share of people linked right in one simulated round of a week's issue phase."""
    issued = [rng.uniform(0, 7 * DAY) for _ in range(size)]
    used = [usable(minute) + _delay(rng) for minute in issued]
    order = list(range(size))
    rng.shuffle(order)
    seen = np.array([used[i] for i in order])
    can = np.array([usable(minute) for minute in issued])
    wait = seen[None, :] - can[:, None]
    cost = np.where(wait < 0, 1e6, np.log1p(np.abs(wait - SOON)))
    # Of equally good pairings take a random one: the order of rows must decide nothing.
    rows, columns = linear_sum_assignment(cost + 1e-9 * _noise(size, rng))
    return float(np.mean([order[c] == r for r, c in zip(rows, columns, strict=True)]))


def _noise(size: int, rng: random.Random) -> np.ndarray:
    return np.random.default_rng(rng.getrandbits(32)).random((size, size))


def _delay(rng: random.Random) -> float:
    return rng.gammavariate(4, SOON / 4) if rng.random() < PROMPT else rng.uniform(0, 5 * DAY)


def run(tries: int = TRIES, seed: int = 0) -> list[Timed]:
    """The attack at each size, `tries` simulated rounds each."""
    rng = random.Random(seed)
    two_phases = open_minute()
    found = []
    for size in SIZES:
        count = max(10, tries * 15 // size)
        without = np.mean([relinked(size, lambda minute: minute, rng) for _ in range(count)])
        ruled = np.mean([relinked(size, two_phases, rng) for _ in range(count)])
        found.append(Timed(size, float(without), float(ruled), 1 / size))
    return found
