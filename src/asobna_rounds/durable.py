"""Files that are on disk whole or not at all, that carry no times, and that can be destroyed."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from datetime import UTC, date, datetime, time
from pathlib import Path


def utc_day() -> date:
    """The day it is, the same for server and people wherever they are."""
    return datetime.now(UTC).date()


def write_private(path: Path, data: bytes) -> None:
    """Write a new file only its owner can read, on disk before this returns."""
    descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def replace_file(path: Path, data: bytes) -> None:
    """Put `data` at `path` whole or not at all, on disk before this returns."""
    new = path.with_name(path.name + ".new")
    new.unlink(missing_ok=True)
    write_private(new, data)
    new.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames and removals in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def blur_times(folder: Path) -> None:
    """Set every file time in a round's folder to the start of the day: a time is a trace."""
    start = datetime.combine(utc_day(), time(), UTC).timestamp()
    for path in (*folder.iterdir(), folder):
        # SQLite may remove its journal meanwhile.
        with suppress(FileNotFoundError):
            os.utime(path, (start, start))


def shred(path: Path) -> None:
    """Overwrite a file with random bytes, then remove it. Nothing happens when it is gone.

    An SSD may keep old blocks; what lay in them was encrypted under the round's secret, and the
    secret itself should lie on a volume of its own (see THREATS.md).
    """
    with suppress(FileNotFoundError):
        size = path.stat().st_size
        with path.open("r+b", buffering=0) as file:
            file.write(secrets.token_bytes(size))
            os.fsync(file.fileno())
        path.unlink()
        sync_folder(path.parent)


def memory_folder() -> str | None:
    """A folder that is in memory only, where the system has one."""
    return "/dev/shm" if Path("/dev/shm").is_dir() else None
