"""Seizure: an attacker with every byte of every machine tries to link people to answers.

The round is stopped at a random moment. The attacker gets all files of registrar and ballot box
with the passphrase, the key, the file times and the nightly backups. "Watched" strategies know in
addition who came, in which order. Each strategy proposes one ballot (or one statement) for each
person; chance is one in n, or one in those who came where that was watched. The control runs a
strategy on a store as one would build it without these rules, to show that it finds people there.
"""

from __future__ import annotations

import json
import math
import random
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from scipy.stats import poisson

from asobna_rounds.attacks.rehearsal import PASSPHRASE, Rehearsal
from asobna_rounds.attacks.strategies import STATEMENTS, STRATEGIES, WEAK, Spoils
from asobna_rounds.ballot_box.statements import read_statements
from asobna_rounds.durable import memory_folder
from asobna_rounds.moderator import read_key
from asobna_rounds.registrar.store import Registrar
from asobna_rounds.rows import LIVE, Rows, unpack_tag
from asobna_rounds.sealing import open_sealed
from asobna_rounds.store import DATABASE, KEY, Store

SIZES = (12, 40, 150)
MOMENTS = 50
TOGETHER = "all together"
THREE_SIGMA = 0.00135
"""Chance that a normal number lies three standard deviations above its mean."""
CHECKS = 24
"""Eight single strategies at three sizes."""
ACTS_EACH = 6
"""Acts of one simulated person, about: where a random moment falls."""


class Score(NamedTuple):
    """One strategy at one size over all moments: links tried, right, and expected by chance."""

    strategy: str
    size: int
    tried: int
    right: int
    chance: float

    @property
    def rate(self) -> float:
        """Share of links that were right."""
        return self.right / self.tried if self.tried else 0.0

    @property
    def limit(self) -> float:
        """The highest rate that still is chance.

        A random matching has one right link on average with variance one, whatever its length
        (the matching problem, Montmort 1708), so the number right over all moments is close to
        Poisson. All strategies together are held to chance plus three standard deviations. A
        single strategy gets the Poisson quantile at which all `CHECKS` of a table together raise
        a false alarm as rarely as one check at three deviations does.
        """
        if not self.tried:
            return 1.0
        if self.strategy.startswith(TOGETHER):
            return (self.chance + 3 * math.sqrt(self.chance)) / self.tried
        return float(poisson.isf(THREE_SIGMA / CHECKS, self.chance)) / self.tried

    @property
    def held(self) -> bool:
        """Whether the attacker did no better than chance."""
        return self.rate <= self.limit


def seize(rehearsal: Rehearsal, backups: list[set[bytes]]) -> Spoils:
    """Take everything at this moment, unlock it, and lay it out in physical order."""
    folder = rehearsal.folders.box
    people = Registrar.open(rehearsal.folders.registrar, PASSPHRASE).people.values()
    records = [json.dumps([p.name, p.handle, p.contact]) for p in people]
    image, rows = (folder / DATABASE).read_bytes(), Rows((folder / KEY).read_bytes())
    with closing(sqlite3.connect(folder / DATABASE)) as db:
        ballots, tags, pending = (
            dict(db.execute(f"SELECT id, row FROM {t}").fetchall())
            for t in ("ballot", "tag", "pending")
        )
    bodies = {i: rows.open("ballot", i, row) for i, row in ballots.items()}
    entries = {i: unpack_tag(rows.open("tag", i, row)) for i, row in tags.items()}
    used = sorted((i for i in bodies if bodies[i][0]), key=lambda i: image.find(ballots[i]))
    private = read_key(rehearsal.folders.moderator, PASSPHRASE)
    sealed = sorted(pending, key=image.find)
    return Spoils(
        people=[p.name for p in people],
        came=list(rehearsal.arrivals),
        used=used,
        tags=sorted((i for i in entries if entries[i].state), key=lambda i: image.find(tags[i])),
        links={i: e.ballot for i, e in entries.items() if e.state == LIVE},
        bodies={i: bodies[i] for i in used},
        registrar="\n".join(records).encode(),
        published=[s.texts["en"] for s in read_statements(folder)],
        # Opened only so that a guess can be judged; the attacker uses no more than the order.
        pending=[open_sealed(private, rows.open("pending", i, pending[i])) for i in sealed],
        backups=backups,
        times={p.stat().st_mtime for p in folder.iterdir()},
    )


@dataclass
class Count:
    """Links of one strategy so far."""

    tried: int = 0
    right: int = 0
    chance: float = 0.0

    def add(self, right: int, tried: int, chance: float) -> None:
        """One moment."""
        self.tried, self.right, self.chance = (
            self.tried + tried,
            self.right + right,
            self.chance + chance,
        )


def moments(size: int, count: int, seed: int) -> Iterator[tuple[Rehearsal, Spoils]]:
    """`count` independent rounds of `size` people, each stopped at a random moment and seized."""
    rng = random.Random(seed)
    for number in range(count):
        with tempfile.TemporaryDirectory(prefix="asobna-attack-", dir=memory_folder()) as folder:
            rehearsal = Rehearsal(Path(folder) / "round", size, seed=seed * 1000 + number)
            backups: list[set[bytes]] = []
            stop = rng.randrange(1, ACTS_EACH * size)
            rehearsal.issue()
            for done, act in enumerate(rehearsal.acts()):
                if done == stop or act == rehearsal.close:
                    break
                if act == rehearsal.night:
                    backups.append(set(seize(rehearsal, []).used))
                act()
            yield rehearsal, seize(rehearsal, backups)


def run(size: int, count: int = MOMENTS, seed: int = 0) -> list[Score]:
    """All strategies at one size, then the same order attack on a store without our rules."""
    rng = random.Random(seed)
    counts: dict[str, Count] = {}
    for rehearsal, spoils in moments(size, count, seed):
        for name, strategy in (STRATEGIES | WEAK).items():
            guess = strategy(spoils, rng)
            right = sum(guess.get(p) == b for p, b in rehearsal.truth.items())
            tried = len(rehearsal.truth)
            expected = 1.0 if name.startswith("watched") else tried / size
            counts.setdefault(name, Count()).add(right, tried, min(expected, tried))
        for name, (right, tried, chance) in _statement_guesses(rehearsal, spoils).items():
            counts.setdefault(name, Count()).add(right, tried, chance)
        right = naive_store(rehearsal)
        counts.setdefault(CONTROL, Count()).add(right, len(rehearsal.arrivals), 1.0)
    scores = [Score(name, size, c.tried, c.right, c.chance) for name, c in counts.items()]
    return [*_together(scores), *scores]


def _together(scores: list[Score]) -> list[Score]:
    """All strategies that must fail as one, apart for those who watched who came."""
    found = []
    for label, watched in ((TOGETHER, False), (f"{TOGETHER}, watched", True)):
        chosen = [
            s
            for s in scores
            if s.strategy in (STRATEGIES.keys() | STATEMENTS)
            and s.strategy.startswith("watched") == watched
        ]
        columns = zip(*(s[2:] for s in chosen), strict=True)
        tried, right, chance = (sum(column) for column in columns)
        found.append(Score(label, scores[0].size, int(tried), int(right), chance))
    return found


CONTROL = "control: a plain store"


def _statement_guesses(rehearsal: Rehearsal, spoils: Spoils) -> dict[str, tuple[int, int, float]]:
    """Authors guessed from the order of published and of sealed statements.

    Links right, tried, and expected by chance.
    """
    ours = [text for text in spoils.published if text in rehearsal.authors]
    known = {t: rehearsal.authors[e] for e in rehearsal.authors for t in rehearsal.versions(e)}
    by_list = sum(known[t] == p for p, t in zip(spoils.people, ours, strict=False))
    watched = sum(known[t] == p for p, t in zip(spoils.came, spoils.pending, strict=False))
    listed, sealed = len(ours), len(spoils.pending)
    return {
        "statements, list order": (by_list, listed, listed / len(spoils.people)),
        "watched, sealed statements": (watched, sealed, sealed / max(1, len(spoils.came))),
    }


def naive_store(rehearsal: Rehearsal) -> int:
    """The control: the same people in a plain SQLite table; links found by its row order."""
    with closing(sqlite3.connect(":memory:")) as db:
        db.execute("CREATE TABLE ballot (id BLOB, body BLOB)")
        for name in rehearsal.arrivals:
            db.execute("INSERT INTO ballot VALUES (?, x'00')", (rehearsal.truth[name],))
        found = [row[0] for row in db.execute("SELECT id FROM ballot ORDER BY rowid")]
    pairs = zip(rehearsal.arrivals, found, strict=True)
    return sum(rehearsal.truth[name] == ballot for name, ballot in pairs)


class Slip(NamedTuple):
    """What a code taken from a person gives to whoever also holds the live ballot box."""

    before_sealing: bool
    after_sealing: bool
    after_close: bool


def stolen_code(seed: int = 0) -> Slip:
    """Take one person's code before sealing, after sealing, and after close: does it lead on?

    Before sealing it does. That is the weak moment the pages and THREATS.md name.
    """
    with tempfile.TemporaryDirectory(prefix="asobna-attack-", dir=memory_folder()) as folder:
        rehearsal = Rehearsal(Path(folder) / "round", 12, seed=seed)
        rehearsal.issue()
        box = rehearsal.folders.box
        victim = rehearsal.comers[0]
        with closing(Store(box)) as store:
            handle = store.enter(victim.token)
            before = store.ballot_of(victim.token) != b""
            store.seal(handle or b"")
            after = store.ballot_of(victim.token) != b"" or store.enter(victim.token) is not None
        rehearsal.close()
        return Slip(before, after, any(name in (KEY, DATABASE) for name in _names(box)))


def _names(folder: Path) -> list[str]:
    return [p.name for p in folder.iterdir()]
