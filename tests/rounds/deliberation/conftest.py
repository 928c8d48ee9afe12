"""Small invented panels, and the open Polis conversations where they are at hand."""

from __future__ import annotations

import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from asobna_rounds.deliberation import Votes

ARCHIVE = Path(__file__).parents[4] / "shared" / "polis" / "openData.tar.zst"

MakePanel = Callable[..., Votes]


@pytest.fixture(scope="session")
def open_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of unpacked conversations; tests that ask for it skip without the archive."""
    if not ARCHIVE.exists():
        pytest.skip("the open Polis conversations are not on this machine")
    folder = tmp_path_factory.mktemp("polis")
    with tarfile.open(fileobj=pa.input_stream(ARCHIVE, compression="zstd"), mode="r|") as tar:
        tar.extractall(folder, filter="data")
    return folder / "openData"


@pytest.fixture(scope="session")
def panel() -> MakePanel:
    """Votes of people in `camps` camps of opinion; 1 camp: everybody votes by the same chances."""

    def make(
        people: int = 60, statements: int = 30, camps: int = 2, seen: float = 1.0, seed: int = 0
    ) -> Votes:
        rng = np.random.default_rng(seed)
        camp = np.arange(people) % camps
        lean = rng.normal(0, 2.0, (camps, statements))
        who, what = np.nonzero(rng.random((people, statements)) < seen)
        pull = lean[camp[who], what] + rng.logistic(size=who.size)
        vote = np.where(np.abs(pull) < 0.3, 0, np.sign(pull)).astype(np.int64)
        return Votes.from_rows(who, what, vote, (people, statements))

    return make


@pytest.fixture(scope="session")
def dense() -> Callable[[Votes], np.ndarray]:
    """The votes as a full array, NaN where there is none: the slow way to check the sparse one."""

    def fill(votes: Votes) -> np.ndarray:
        table = np.full((votes.participants, votes.statements), np.nan)
        table[votes.person, votes.statement] = votes.vote
        return table

    return fill
