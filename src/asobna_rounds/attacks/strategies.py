"""How an attacker who holds every byte may try to link people to ballots.

Each strategy proposes one ballot for each person. "Watched" ones know in addition who came, in
which order. Those in `WEAK` are known to do better than chance and are named in THREATS.md.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

WINDOW = 8
"""Bytes two stores must share for the attacker to call it the same value."""


@dataclass
class Spoils:
    """What the attacker holds: `people` in the registrar's order, `came` in order of arrival.

    `used` ballots, `tags` and `pending` statements in the order they lie in the file; `links`
    from tag to unsealed ballot; `bodies` the answers; `backups` the ballots in use each night.
    """

    people: list[str]
    came: list[str]
    used: list[bytes]
    tags: list[bytes]
    links: dict[bytes, bytes]
    bodies: dict[bytes, bytes]
    registrar: bytes
    published: list[str]
    pending: list[str]
    backups: list[set[bytes]]
    times: set[float]


Guess = dict[str, bytes]
Strategy = Callable[[Spoils, random.Random], Guess]


def _pair(people: Sequence[str], ballots: Sequence[bytes]) -> Guess:
    return dict(zip(people, ballots, strict=False))


def by_registrar_order(spoils: Spoils, rng: random.Random) -> Guess:
    """The i-th ballot in the file belongs to the i-th person in the registrar's list."""
    del rng
    return _pair(spoils.people, spoils.used)


def by_arrival_order(spoils: Spoils, rng: random.Random) -> Guess:
    """The i-th ballot in the file belongs to the i-th person who came."""
    del rng
    return _pair(spoils.came, spoils.used)


def by_tag_order(spoils: Spoils, rng: random.Random) -> Guess:
    """The ballot of the i-th tag in the file belongs to the i-th person who came."""
    ballots = [spoils.links.get(i, b"") for i in spoils.tags]
    left = [b for b in spoils.used if b not in ballots]
    rng.shuffle(left)
    filled = [b or left.pop() for b in ballots]
    return _pair(spoils.came, filled)


def by_row_name(spoils: Spoils, rng: random.Random) -> Guess:
    """The i-th smallest random row name belongs to the i-th person who came."""
    del rng
    return _pair(spoils.came, sorted(spoils.used))


def by_shared_bytes(spoils: Spoils, rng: random.Random) -> Guess:
    """A ballot that shares eight bytes with a person's registrar record is theirs; else chance."""
    ballots = list(spoils.used)
    rng.shuffle(ballots)
    guess = _pair(spoils.people, ballots)
    for line in spoils.registrar.splitlines():
        name = json.loads(line)[0]
        windows = {line[i : i + WINDOW] for i in range(len(line) - WINDOW)}
        for ballot, body in spoils.bodies.items():
            haystack = ballot + body.rstrip(b"\0")
            if any(w in haystack for w in windows):
                guess[name] = ballot
    return guess


def by_fullness(spoils: Spoils, rng: random.Random) -> Guess:
    """Who came first had most time: fuller ballots belong to earlier people. A named weakness."""
    del rng
    order = sorted(spoils.used, key=lambda b: -sum(map(bool, spoils.bodies[b])))
    return _pair(spoils.came, order)


def by_backups(spoils: Spoils, rng: random.Random) -> Guess:
    """Ballots new since the last backup belong to the next people in the registrar's list."""
    return _by_nights(spoils, spoils.people, rng)


def by_watched_backups(spoils: Spoils, rng: random.Random) -> Guess:
    """Ballots new since the last backup belong to the people who came since. A named weakness."""
    return _by_nights(spoils, spoils.came, rng)


def _by_nights(spoils: Spoils, people: list[str], rng: random.Random) -> Guess:
    guess: Guess = {}
    start = 0
    for earlier, later in pairwise([set[bytes](), *spoils.backups, set(spoils.used)]):
        fresh = sorted(later - earlier)
        rng.shuffle(fresh)
        guess |= _pair(people[start : start + len(fresh)], fresh)
        start += len(fresh)
    return guess


STRATEGIES: dict[str, Strategy] = {
    "registrar's order": by_registrar_order,
    "shared bytes": by_shared_bytes,
    "nightly images": by_backups,
    "watched, file order": by_arrival_order,
    "watched, tag order": by_tag_order,
    "watched, row names": by_row_name,
}
STATEMENTS = ("statements, list order", "watched, sealed statements")
WEAK: dict[str, Strategy] = {
    "watched, nightly images": by_watched_backups,
    "watched, fullness": by_fullness,
}
"""Known to do better than chance; each is a heading in THREATS.md."""
