"""Which runs are writing, so that the files of those that were killed can be told and removed.

A run holds a lock on a file of its own for as long as its process lives; the system lets go of it
however the process ends. Files in the data folders that no commit names and whose run holds no lock
are left-overs. Object stores have no locks: there left-overs stay until somebody removes files that
are not in the log.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path, PurePath
from typing import IO

from asobna.store.files import PARTITION, STORED

try:
    import fcntl
except ImportError:  # pragma: no cover - Windows: left-overs stay
    fcntl = None  # type: ignore[assignment]

_FOLDER = ".writing"


class Lease:
    """The right of one run to write files that begin with its name."""

    def __init__(self, folder: str) -> None:
        self.run = uuid.uuid4().hex[:12]
        self._local = "://" not in folder and fcntl is not None
        self._folder = Path(folder)
        self._file: IO[bytes] | None = None
        if self._local:
            place = self._folder / _FOLDER
            self._file = _opened(place / self.run)
            fcntl.flock(self._file, fcntl.LOCK_EX)

    def release(self, kept: Iterable[str]) -> None:
        """Give the right up and remove left-overs; `kept` are the files that commits name."""
        if self._file is None:
            return
        sweep(self._folder, set(kept), own=self.run)
        self._file.close()
        (self._folder / _FOLDER / self.run).unlink(missing_ok=True)
        with suppress(OSError):  # another run has its lock there
            (self._folder / _FOLDER).rmdir()


def sweep(folder: Path, kept: set[str], own: str = "") -> int:
    """Remove data files that no commit names and no living run writes; returns how many.

    Files go by their names, which no two share: a folder may be given as a relative path.
    """
    gone = 0
    names = {PurePath(path).name for path in kept}
    locks = {path.name: path for path in (folder / _FOLDER).glob("*")}
    living = {run: run != own and _is_living(path) for run, path in locks.items()}
    for table in STORED:
        for path in (folder / f"{PARTITION}={table}").glob("*.parquet"):
            run = path.name.split("-", 1)[0]
            if path.name not in names and not living.get(run, False):
                path.unlink(missing_ok=True)
                gone += 1
    return gone


def _opened(lock: Path) -> IO[bytes]:
    """A new lock file; the folder may vanish under us when another run tidies up."""
    while True:
        lock.parent.mkdir(exist_ok=True)
        with suppress(FileNotFoundError):
            return lock.open("wb")


def _is_living(lock: Path) -> bool:
    """Whether the process that made a lock file still holds it; a dead one's file is removed."""
    try:
        with lock.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    lock.unlink(missing_ok=True)
    return False
