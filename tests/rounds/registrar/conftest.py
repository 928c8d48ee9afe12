"""A registrar's folder with a cheap lock: guessing costs are not what these tests are about."""

from __future__ import annotations

from pathlib import Path

import pytest
from nacl import pwhash

from asobna_rounds.locked_file import Cost
from asobna_rounds.registrar.store import Registrar

CHEAP = Cost(pwhash.argon2id.OPSLIMIT_MIN, pwhash.argon2id.MEMLIMIT_MIN)
PASSPHRASE = "five words that are long"


def panel(folder: Path, size: int) -> Registrar:
    """A store with `size` invented people: member 0, member 1, ..."""
    store = Registrar.create(folder, PASSPHRASE, CHEAP)
    for number in range(size):
        topic = ("sanctions", "visas")[number % 2]
        store.add(f"member {number}", f"paper box {number}", {"topics": (topic,), "roster": True})
    return store


@pytest.fixture
def store(tmp_path: Path) -> Registrar:
    return panel(tmp_path / "registrar", 12)
