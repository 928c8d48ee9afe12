"""The registrar's store: two kinds of locked files in one folder, and nothing else.

`people.locked` holds the panel and, for each round, only counts once its issue phase has ended.
`round-<name>.locked` exists during the issue phase only: the signing key, who is invited, who
has collected (a set, not a sequence), and the voucher records. Ending the issue destroys it.

There is no time, no order, no token, no code, no request and no answer in either of them.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from asobna_rounds.credentials.keys import ROUND_ID, RoundKey
from asobna_rounds.credentials.opening import Opening
from asobna_rounds.credentials.signing import SigningKey
from asobna_rounds.credentials.vouchers import VoucherList, read_code, voucher_lookup
from asobna_rounds.errors import RegistrarError
from asobna_rounds.locked_file import (
    STRONG,
    Cost,
    Lock,
    destroy,
    read_locked,
    write_locked,
)
from asobna_rounds.registrar.issue import Issue, IssueCounts

PEOPLE_FILE = "people.locked"
MIN_ROSTER = 5
"""A topic with fewer people is not counted aloud: the count would point at them."""


@dataclass(frozen=True)
class Person:
    """Somebody on the panel. `handle` is random, so it carries no order of joining."""

    handle: str
    name: str
    contact: str
    topics: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    roster: bool = False


class Registrar:
    """The opened store. Every change is on disk, whole, before a method returns."""

    def __init__(self, folder: Path, lock: Lock, data: dict[str, Any]) -> None:
        """Use `Registrar.create` or `Registrar.open`."""
        self._folder = folder
        self._lock = lock
        self._seen: dict[Path, bytes] = {}
        self.people = {p["handle"]: _person(p) for p in data["people"]}
        self.ended = {name: IssueCounts(**counts) for name, counts in data["ended"].items()}

    @classmethod
    def create(cls, folder: Path, passphrase: str, cost: Cost = STRONG) -> Registrar:
        """A new, empty store in `folder`, locked with `passphrase`."""
        if (folder / PEOPLE_FILE).exists():
            raise RegistrarError(
                f"{folder} already holds a registrar's store; choose another folder"
            )
        lock = Lock.new(passphrase, cost)  # a refused passphrase leaves no folder behind
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        store = cls(folder, lock, {"people": [], "ended": {}})
        store._save()
        return store

    @classmethod
    def open(cls, folder: Path, passphrase: str) -> Registrar:
        """The store in `folder`. Raises RoundsError for a wrong passphrase."""
        path = folder / PEOPLE_FILE
        lock = Lock.of(path, passphrase)
        seen = path.read_bytes()
        store = cls(folder, lock, json.loads(read_locked(path, lock)))
        store._seen[path] = seen
        return store

    def _save(self) -> None:
        people = [asdict(self.people[handle]) for handle in sorted(self.people)]
        ended = {name: asdict(counts) for name, counts in sorted(self.ended.items())}
        plain = json.dumps({"people": people, "ended": ended}, ensure_ascii=False).encode()
        self._write(self._folder / PEOPLE_FILE, plain)

    def _write(self, path: Path, plain: bytes) -> None:
        """Replace a file as it was when it was read; refused when another command came between.

        Two windows at once must not lose a tick: the person could collect twice.
        """
        with _alone(self._folder):
            if self._seen.get(path, b"") != _content(path):
                raise RegistrarError(
                    "another registrar command changed the store meanwhile; nothing was done, "
                    "repeat yours"
                )
            write_locked(path, self._lock, plain)
            self._seen[path] = _content(path)

    def add(self, name: str, contact: str, details: Mapping[str, Any]) -> Person:
        """Add somebody; `details` may give topics, languages and roster (written opt-in)."""
        if not name.strip() or not contact.strip():
            raise RegistrarError("a person needs a name and a contact")
        if any(person.name == name.strip() for person in self.people.values()):
            raise RegistrarError("there is already a person of this name; use another name")
        person = Person(secrets.token_hex(4), name.strip(), contact.strip(), **details)
        self.people[person.handle] = person
        self._save()
        return person

    def find(self, name: str) -> Person:
        """The person with this name or handle. Raises RegistrarError."""
        for person in self.people.values():
            if name in (person.name, person.handle):
                return person
        raise RegistrarError("there is no such person; `registrar list` shows names and handles")

    def remove(self, person: Person) -> None:
        """Forget somebody, also in rounds whose issue phase is open."""
        for path in sorted(self._folder.glob("round-*.locked")):
            issue = self._read_issue(path)
            issue.gone += person.handle in issue.collected
            issue.invited.discard(person.handle)
            issue.collected.discard(person.handle)
            self._write_issue(issue)
        del self.people[person.handle]
        self._save()

    def roster(self) -> dict[str, int]:
        """Topics with at least `MIN_ROSTER` people who agreed in writing to be counted."""
        willing = [person for person in self.people.values() if person.roster]
        topics = sorted({topic for person in willing for topic in person.topics})
        counts = {topic: sum(topic in p.topics for p in willing) for topic in topics}
        return {topic: count for topic, count in counts.items() if count >= MIN_ROSTER}

    def _issue_path(self, round_id: str) -> Path:
        if not ROUND_ID.fullmatch(round_id):
            raise RegistrarError("a round's name may hold 1 to 32 of a-z, 0-9 and inner hyphens")
        return self._folder / f"round-{round_id}.locked"

    def begin_issue(self, round_id: str, topic: str | None = None) -> RoundKey:
        """Open a round's issue phase for everybody, or for people with `topic`."""
        path = self._issue_path(round_id)
        if path.exists() or round_id in self.ended:
            raise RegistrarError(f'the round "{round_id}" was already begun; choose another name')
        invited = {h for h, p in self.people.items() if topic is None or topic in p.topics}
        if not invited:
            raise RegistrarError("nobody would be invited; add people or choose another topic")
        issue = Issue(SigningKey.generate(round_id), invited)
        self._write_issue(issue)
        return issue.key.public

    def issue(self, round_id: str) -> Issue:
        """A round in its issue phase. Raises RegistrarError when it has ended or never began."""
        path = self._issue_path(round_id)
        if not path.exists():
            raise RegistrarError(
                f'the round "{round_id}" is not in its issue phase: it has ended, and its key is '
                "destroyed, or it was never begun"
            )
        return self._read_issue(path)

    def _read_issue(self, path: Path) -> Issue:
        self._seen[path] = _content(path)
        return Issue.from_json(json.loads(read_locked(path, self._lock)))

    def _write_issue(self, issue: Issue) -> None:
        path = self._issue_path(issue.key.public.round_id)
        self._write(path, json.dumps(issue.to_json()).encode())

    def answer(self, round_id: str, person: Person, request: str, again: bool = False) -> str:
        """Tier 1: tick the person, then return the answer block for their request block."""
        issue = self.issue(round_id)
        text = issue.key.answer(request)
        issue.tick(person.handle, again)
        issue.make_room(1)
        self._write_issue(issue)
        return text

    def voucher(self, round_id: str, person: Person, again: bool = False) -> str:
        """Tier 2, one at a time: tick the person, then return a code to show once."""
        issue = self.issue(round_id)
        code, record = issue.key.voucher()
        issue.tick(person.handle, again)
        issue.make_room(1)
        issue.records.add(record)
        self._write_issue(issue)
        return code

    def slips(self, round_id: str, count: int) -> list[str]:
        """Tier 2 in bulk: `count` codes to print and draw from a bowl.

        At most one for each person invited. `drew` ticks those who draw; `withdraw` takes back
        slips that are left.
        """
        issue = self.issue(round_id)
        issue.make_room(count)
        made = [issue.key.voucher() for _ in range(count)]
        issue.records |= {record for _, record in made}
        self._write_issue(issue)
        return [code for code, _ in made]

    def drew(self, round_id: str, person: Person) -> None:
        """Tick somebody who drew a slip, so that nobody collects twice; which slip is unknown."""
        issue = self.issue(round_id)
        issue.tick(person.handle)
        self._write_issue(issue)

    def withdraw(self, round_id: str, code: str) -> None:
        """Take back a slip that nobody drew: its code opens nothing any more."""
        issue = self.issue(round_id)
        lookup = voucher_lookup(read_code(code), round_id)
        left = {record for record in issue.records if not record.startswith(lookup)}
        if left == issue.records:
            raise RegistrarError("this code is not on the round's list; nothing was withdrawn")
        issue.records = left
        issue.issued -= 1
        self._write_issue(issue)

    def opening(self, round_id: str) -> Opening:
        """What the ballot box is opened with: key, voucher list (with decoys), three numbers."""
        issue = self.issue(round_id)
        if issue.room() < 0:
            raise RegistrarError(
                f"{-issue.room()} more credentials than people, because somebody was forgotten: "
                "withdraw as many slips that nobody drew"
            )
        vouchers = VoucherList.of(issue.key.public, issue.records)
        counts = issue.counts()
        return Opening(issue.key.public, vouchers, counts.invited, counts.issued, counts.again)

    def end_issue(self, round_id: str) -> IssueCounts:
        """End the issue phase: keep the numbers, destroy key, invitations, ticks and records.

        Take `opening` to the ballot box first. May be repeated after a crash.
        """
        issue = self.issue(round_id)
        counts = issue.counts()
        self.ended[round_id] = counts
        self._save()
        destroy(self._issue_path(round_id))
        return counts


def _content(path: Path) -> bytes:
    return path.read_bytes() if path.exists() else b""


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Nobody else writes into `folder` through this program meanwhile."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _person(data: Mapping[str, Any]) -> Person:
    return Person(
        **{**data, "topics": tuple(data["topics"]), "languages": tuple(data["languages"])}
    )
