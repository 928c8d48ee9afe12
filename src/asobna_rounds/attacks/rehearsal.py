"""A whole round with simulated people, cut into single acts so that it can be stopped anywhere.

It uses the same registrar, ballot box, moderator and publisher as a real round; only the people
are made up. `truth` is what no attacker has: which ballot each person got.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from importlib import resources
from pathlib import Path
from typing import Any, TypedDict, Unpack

from nacl.pwhash import argon2id

from asobna_rounds.attacks.person import Person, Visitor
from asobna_rounds.ballot_box.box import DEFINITION, Box, open_box
from asobna_rounds.ballot_box.statements import mix_statements, read_statements
from asobna_rounds.ballot_box.web import application
from asobna_rounds.credentials import Door
from asobna_rounds.credentials.token_helper import make_credential, make_request
from asobna_rounds.credentials.vouchers import show_code
from asobna_rounds.definition import parse_round
from asobna_rounds.durable import replace_file
from asobna_rounds.locked_file import Cost
from asobna_rounds.moderator import (
    new_key,
    open_batch,
    read_accepted,
    read_key,
    write_accepted,
    write_batch,
)
from asobna_rounds.publisher.close import close_round
from asobna_rounds.registrar.store import Registrar
from asobna_rounds.store import Store

PASSPHRASE = "a rehearsal has no secrets"
CHEAP = Cost(argon2id.OPSLIMIT_MIN, argon2id.MEMLIMIT_MIN)
LANGUAGES = ("en", "be", "uk")
FIRST_DAY = date(2027, 3, 8)
Act = Callable[[], object]


def _demo() -> dict[str, Any]:
    text = resources.files("asobna_rounds.demo").joinpath("round.json").read_text("utf-8")
    data: dict[str, Any] = json.loads(text)
    return data


def demo_definition() -> dict[str, Any]:
    """The invented round that demo and attacks play."""
    return {name: value for name, value in _demo().items() if name != "leanings"}


def demo_suggestions() -> list[dict[str, str]]:
    """Invented statements that simulated people suggest, in every language of the round."""
    text = resources.files("asobna_rounds.demo").joinpath("suggestions.json").read_text("utf-8")
    found: list[dict[str, str]] = json.loads(text)
    return found


@dataclass
class Participant:
    """Somebody made up: `camp` leans their answers, `code` is what they carry."""

    name: str
    language: str
    camp: int
    handle: str = ""
    code: str = ""
    token: bytes = b""
    suggestion: dict[str, str] | None = None
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Folders:
    """Where the roles keep their things; no two roles share one."""

    root: Path

    @property
    def registrar(self) -> Path:
        """The registrar's store."""
        return self.root / "registrar"

    @property
    def box(self) -> Path:
        """The ballot box."""
        return self.root / "box"

    @property
    def moderator(self) -> Path:
        """The moderator's locked key."""
        return self.root / "moderator" / "key.locked"

    def make(self) -> None:
        """Make them."""
        self.box.mkdir(parents=True)
        self.moderator.parent.mkdir()


class Choices(TypedDict, total=False):
    """`seed` decides all but the cryptography; `turnout` is the share who come at all."""

    seed: int
    turnout: float
    opens: date


class Rehearsal:
    """One simulated round of `size` people in folders below `root`."""

    def __init__(self, root: Path, size: int, **choices: Unpack[Choices]) -> None:
        self.folders = Folders(root)
        self.folders.make()
        seed, turnout = choices.get("seed", 0), choices.get("turnout", 1.0)
        self.day = choices.get("opens", FIRST_DAY)
        self._random = random.Random(seed)
        self.people = [self._made_up(number) for number in range(size)]
        self.comers = self._random.sample(self.people, round(turnout * size))
        for person, suggestion in zip(self.comers, demo_suggestions(), strict=False):
            person.suggestion = suggestion
        self.definition = demo_definition() | {
            "issue_until": str(self.day - timedelta(days=7)),
            "opens": str(self.day),
            "closes": str(self.day + timedelta(days=13)),
        }
        seeds = [texts["en"] for texts in self.definition["seeds"]]
        self._leanings = dict(zip(seeds, _demo()["leanings"], strict=True))
        self.truth: dict[str, bytes] = {}
        self.authors: dict[str, str] = {}
        self.arrivals: list[str] = []
        self.report: dict[str, Any] = {}

    def _made_up(self, number: int) -> Participant:
        language = self._random.choice(LANGUAGES)
        return Participant(f"Person {number + 1:03d}", language, self._random.randrange(2))

    def issue(self) -> None:
        """The registrar's part: people, credentials of both tiers, the opening file."""
        folders = self.folders
        registrar = Registrar.create(folders.registrar, PASSPHRASE, CHEAP)
        for person in self.people:
            details = {"topics": ("belarus-file",), "languages": (person.language,)}
            person.handle = registrar.add(person.name, f"{person.name}@example.org", details).handle
        definition = self.definition
        key = registrar.begin_issue(definition["id"])
        for number, person in enumerate(self._random.sample(self.people, len(self.people))):
            known = registrar.find(person.handle)
            if number % 2:
                person.code = show_code(registrar.voucher(key.round_id, known))
            else:
                request, secret = make_request(key)
                answer = registrar.answer(key.round_id, known, request)
                person.code = make_credential(secret, answer)
        opening = registrar.opening(key.round_id)
        registrar.end_issue(key.round_id)
        public = new_key(folders.moderator, PASSPHRASE, CHEAP)
        # As a person would write it: it is the example that others start from.
        written = json.dumps(definition, ensure_ascii=False, indent=1)
        replace_file(folders.box / DEFINITION, written.encode())
        door = Door(opening.key, opening.vouchers)
        for person in self.people:
            person.token = door.admit(person.code)
        open_box(folders.box, opening, public).close()

    def acts(self) -> Iterator[Act]:
        """Everything that happens while the round is open, person by person and day by day.

        People come in random order and in several visits, mixed with each other.
        """
        self.box = Box(self.folders.box, today=lambda: self.day)
        app = application(self.box)
        visits = [person for person in self.comers for _ in range(2)]
        self._random.shuffle(visits)
        seen: set[str] = set()
        days = 4
        for number, person in enumerate(visits):
            yield from self._visit(app, person, first=person.name not in seen)
            seen.add(person.name)
            if (number + 1) % max(1, len(visits) // days) == 0:
                yield self.night
        yield self.close

    def _visit(self, app: Any, person: Participant, first: bool) -> Iterator[Act]:
        visitor = Visitor(app, person.language, person.headers)
        guest = Person(visitor, person.code, lambda statement: self._opinion(person, statement))

        def enter() -> None:
            guest.enter()
            if first:
                self.arrivals.append(person.name)
                self.truth[person.name] = ballot_of(self.folders.box, person.token)

        yield enter
        if first:
            yield lambda: guest.go("page-1")
            for _ in range(2):
                yield lambda: self._fill(guest)
            if person.suggestion is not None:
                yield lambda: self._suggest(guest, person)
        else:
            yield lambda: guest.go("polls", self._polls(person))
            if self._random.random() < 0.5:
                yield lambda: guest.go("seal")

    @staticmethod
    def _fill(guest: Person) -> None:
        guest.answer_page()

    def _suggest(self, guest: Person, person: Participant) -> None:
        assert person.suggestion is not None
        guest.go("suggest-send", {"statement": person.suggestion[person.language]})
        self.authors[person.suggestion["en"]] = person.name

    def _polls(self, person: Participant) -> dict[str, str]:
        choices = (self._random.choice("123"), self._random.choice("123"), str(person.camp + 1))
        return {f"p-{number}": choice for number, choice in enumerate(choices)}

    def _opinion(self, person: Participant, statement: str) -> str:
        texts = next(s.texts for s in read_statements(self.folders.box) if s.id == statement)
        chance = self._random.random()
        if chance < 0.08:
            return "3"
        agrees = {"camp": person.camp == 0, "other camp": person.camp == 1}
        leaning = self._leanings.get(texts["en"], "agree")
        return "1" if agrees.get(leaning, True) == (chance < 0.9) else "2"

    def night(self) -> None:
        """Collect sealed statements, moderate them offline, mix, and let a day pass."""
        folder = self.folders.box
        with closing(Store(folder)) as store:
            blobs = store.take_pending()
            store.drop_pending(blobs)
        private = read_key(self.folders.moderator, PASSPHRASE)
        words = {text: s for s in demo_suggestions() for text in s.values()}
        opened = open_batch(private, write_batch(blobs)).statements
        accepted = read_accepted(write_accepted([words[s.text] for s in opened]))
        definition = parse_round(self.definition)
        mix_statements(folder, accepted, definition, last=False)
        self.day += timedelta(days=1)

    @staticmethod
    def versions(text: str) -> list[str]:
        """A suggested statement, given in English, in every language."""
        return next(list(s.values()) for s in demo_suggestions() if s["en"] == text)

    def close(self) -> None:
        """The publisher's part."""
        self.day += timedelta(days=14)
        self.report = close_round(self.folders.box)

    def play(self, acts: int | None = None) -> int:
        """Issue, then the given number of acts, or all; returns how many there were."""
        self.issue()
        done = 0
        for act in self.acts():
            if done == acts:
                break
            act()
            done += 1
        return done


def ballot_of(folder: Path, token: bytes) -> bytes:
    """The row id of a token's ballot: what only the holder of the token can find out.

    Empty when the ballot is sealed or the token was never used.
    """
    with closing(Store(folder)) as store:
        return store.ballot_of(token)
