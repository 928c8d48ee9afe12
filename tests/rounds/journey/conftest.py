"""Chromium, a server process and a round that is open today. Skips where Chromium is missing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from asobna_rounds.attacks.rehearsal import Rehearsal
from asobna_rounds.attacks.wire import Server
from asobna_rounds.ballot_box.box import LEDGER
from asobna_rounds.durable import utc_day
from asobna_rounds.ledger import Ledger

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
SHOTS = os.environ.get("ASOBNA_SHOTS")
"""A folder for screenshots, to look at."""


@dataclass
class Site:
    """A served round and the browser to visit it with."""

    rehearsal: Rehearsal
    address: str
    browser: Any
    taken: int = 0

    @property
    def port(self) -> int:
        return int(self.address.rpartition(":")[2])

    def code(self) -> str:
        """The code of somebody who has not come yet; tiers alternate."""
        own = sorted(self.rehearsal.people, key=lambda p: len(p.code))
        mixed = [p for pair in zip(own, reversed(own), strict=True) for p in pair]
        self.taken += 1
        return mixed[self.taken - 1].code

    @contextmanager
    def tab(self, script: bool = False, width: int = 900) -> Iterator[Any]:
        """A fresh browser profile; `script` only for tools that inspect the page."""
        context = self.browser.new_context(
            java_script_enabled=script, viewport={"width": width, "height": 900}
        )
        try:
            yield context.new_page()
        finally:
            context.close()


def shot(tab: Any, name: str) -> None:
    if SHOTS:
        tab.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


@pytest.fixture(scope="module")
def browser(playwright: Any) -> Iterator[Any]:
    """The browser of a voter: no process of its own for each page."""
    if CHROMIUM is None:
        pytest.skip("Chromium is not on this machine")
    chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
    yield chromium
    chromium.close()


def promise(folder: Path) -> None:
    """A ledger with one overdue promise."""
    ledger, today = Ledger.open(folder / LEDGER), utc_day()
    early = today - timedelta(days=190)
    ledger.append("file", early, file="belarus-file", title="Belarus")
    ledger.append("asked", early, item="papers", file="belarus-file", round="r", text="Papers?")
    said = {"text": "Issue travel documents.", "people": 31, "invited": 40, "report": "r"}
    ledger.append("said", early, item="papers", **said)
    answer = {"answer": "accepted", "reason": "It fits the rules.", "by": "Belarus desk"}
    ledger.append("answered", early, item="papers", **answer)
    ledger.append("owner", early, item="papers", owner="Belarus desk")
    due = (today - timedelta(days=9)).isoformat()
    ledger.append("due", early, item="papers", due=due)


@contextmanager
def served(browser: Any, root: Path, people: int) -> Iterator[Site]:
    """A round that is open today, behind a server process of its own."""
    rehearsal = Rehearsal(root / "round", people, opens=utc_day())
    rehearsal.issue()
    promise(rehearsal.folders.box)
    (root / "around").mkdir()
    server = Server(rehearsal.folders.box, root / "around")
    server.start()
    try:
        yield Site(rehearsal, f"http://127.0.0.1:{server.port}", browser)
    finally:
        server.stop()


@pytest.fixture(scope="module")
def site(browser: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One round for all tests that leave it open; each takes its own people."""
    with served(browser, tmp_path_factory.mktemp("site"), 24) as found:
        yield found


@pytest.fixture
def closing_site(browser: Any, tmp_path: Path) -> Iterator[Site]:
    """A round for a test that closes it."""
    with served(browser, tmp_path, 12) as found:
        yield found
