"""Power cuts: `kill -9` while people vote, seal and while the round closes.

Every person has a vote pattern of their own and repeats a step until it is acknowledged, as
people do. Afterwards the ballots on disk must be exactly the acknowledged ones, each once.
"""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from http.client import HTTPException
from pathlib import Path
from typing import Any, NamedTuple

from asobna_rounds.attacks.person import Form
from asobna_rounds.attacks.rehearsal import Participant, Rehearsal
from asobna_rounds.attacks.wire import Server, WireVisitor
from asobna_rounds.ballot_box.statements import read_statements
from asobna_rounds.durable import utc_day
from asobna_rounds.publisher.close import close_round, destroyed
from asobna_rounds.rows import Ballot
from asobna_rounds.store import Store

PEOPLE = 24
TRIES = 4_000


class Outcome(NamedTuple):
    """Requests cut off; ballots acknowledged, on disk as acknowledged, and counted at close."""

    interrupted: int
    acknowledged: int
    exact: int
    counted: int | None
    destroyed: bool

    @property
    def held(self) -> bool:
        """Nothing lost, nothing twice, everything secret gone."""
        return self.acknowledged == self.exact == self.counted and self.destroyed


class Voter:
    """Somebody who does not give up: enter, vote on everything, for some seal."""

    def __init__(self, person: Participant, number: int, columns: dict[str, int]) -> None:
        self._person = person
        self._number = number
        self._columns = columns
        self.done = False
        self.interrupted = 0
        self.steps = 0

    def pattern(self) -> bytes:
        """The votes this person gives, by column: the base-three digits of their number."""
        rest, votes = self._number * 6_151 + 17, bytearray()
        for _ in self._columns:
            votes.append(rest % 3 + 1)
            rest //= 3
        return bytes(votes)

    def vote(self, port: Callable[[], int]) -> None:
        """Until everything is acknowledged, whatever happens to the server."""
        steps = [self._page("page-1"), self._page("page-2")]
        if self._number % 2:
            steps.append(self._seal)
        for step in steps:
            for _ in range(TRIES):
                try:
                    if step(WireVisitor(port())):
                        self.steps += 1
                        break
                except (OSError, HTTPException):
                    self.interrupted += 1
                    time.sleep(0.05)
            else:
                return
        self.done = True

    def _enter(self, visitor: WireVisitor, step: str) -> Form:
        return Form(visitor.send({"code": self._person.code, "step": step}))

    def _page(self, step: str) -> Callable[[WireVisitor], bool]:
        def act(visitor: WireVisitor) -> bool:
            form = self._enter(visitor, step)
            given = {name: str(self.pattern()[self._columns[name[2:]]]) for name in form.groups}
            sent = {"ticket": form.hidden.get("ticket", ""), "step": step, **given}
            html = visitor.send(sent)
            return visitor.status == 200 and 'class="saved"' in html

        return act

    def _seal(self, visitor: WireVisitor) -> bool:
        form = self._enter(visitor, "finish")
        if visitor.status == 403:  # sealed before, but the answer was lost in the cut
            return True
        visitor.send({"ticket": form.hidden.get("ticket", ""), "step": "seal"})
        return visitor.status == 200 and "<form" not in visitor.html


def run(cuts: int, close_cuts: int, seed: int = 0) -> Outcome:
    """A round on a real server killed `cuts` times, and a close killed `close_cuts` times."""
    rng = random.Random(seed)
    with tempfile.TemporaryDirectory(prefix="asobna-attack-") as folder:
        rehearsal = Rehearsal(Path(folder) / "round", PEOPLE, opens=utc_day())
        rehearsal.issue()
        box = rehearsal.folders.box
        columns = {s.id: s.column for s in read_statements(box)}
        voters = [Voter(p, n, columns) for n, p in enumerate(rehearsal.people)]
        _under_fire(box, voters, cuts, rng)
        with closing(Store(box)) as store:
            ballots = store.ballots()
        done = [voter for voter in voters if voter.done]
        exact = _exact(ballots, done, len(columns))
        report = _close_under_fire(box, close_cuts, rng)
        interrupted = sum(voter.interrupted for voter in voters)
        return Outcome(interrupted, len(done), exact, report["ballots"], destroyed(box))


def _exact(ballots: list[Ballot], done: list[Voter], columns: int) -> int:
    """Ballots that are exactly an acknowledged one; -1 when any is there twice or is foreign."""
    found = sorted(ballot.votes[:columns] for ballot in ballots)
    wanted = sorted(voter.pattern() for voter in done)
    return len(found) if found == wanted else -1


def _under_fire(box: Path, voters: list[Voter], cuts: int, rng: random.Random) -> None:
    around = box.parent / "around"
    around.mkdir()
    server = Server(box, around)
    server.start()
    threads = [
        threading.Thread(target=lambda v=v: v.vote(lambda: server.port), daemon=True)
        for v in voters
    ]
    for thread in threads:
        thread.start()
    try:
        for progress in sorted(rng.sample(range(1, 2 * len(voters)), cuts)):
            while sum(v.steps for v in voters) < progress and any(t.is_alive() for t in threads):
                time.sleep(0.001)
            server.kill()
            server.start()
        for thread in threads:
            thread.join()
    finally:
        server.kill()


def _close_under_fire(box: Path, cuts: int, rng: random.Random) -> dict[str, Any]:
    command = [sys.executable, "-m", "asobna_rounds.cli", "close", str(box), "--early"]
    for _ in range(cuts):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(rng.uniform(0.4, 1.6))
        process.send_signal(signal.SIGKILL)
        process.wait()
    return close_round(box)
