"""An open round in this process, with a day that tests can move."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest

from asobna_rounds.attacks.person import Form, Visitor
from asobna_rounds.attacks.rehearsal import Participant, Rehearsal
from asobna_rounds.ballot_box.box import Box
from asobna_rounds.ballot_box.web import Application, application


@dataclass
class Opened:
    """A round of twelve, open, nobody has come yet."""

    rehearsal: Rehearsal
    folder: Path
    box: Box
    app: Application
    minute: list[int]

    @property
    def people(self) -> list[Participant]:
        return self.rehearsal.people

    def day(self, day: date) -> None:
        self.rehearsal.day = day

    def visitor(self, language: str = "en") -> Visitor:
        return Visitor(self.app, language)

    def enter(self, person: Participant, language: str = "en") -> tuple[Visitor, Form]:
        visitor = self.visitor(language)
        return visitor, Form(visitor.send({"code": person.code}))


def play(tmp_path: Path, change: Callable[[Rehearsal], None] = lambda _: None) -> Opened:
    rehearsal = Rehearsal(tmp_path / "round", 12)
    change(rehearsal)
    rehearsal.issue()
    box = Box(rehearsal.folders.box, today=lambda: rehearsal.day)
    minute = [0]
    box.tickets._minutes = lambda: minute[0]
    return Opened(rehearsal, rehearsal.folders.box, box, application(box), minute)


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    return play(tmp_path)
