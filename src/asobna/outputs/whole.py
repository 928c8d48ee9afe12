"""A file that the user asked for, written in one step: it is there whole or not at all."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from asobna.errors import InputError


def write_whole(target: str | Path, content: str | bytes, *, fresh: bool = False) -> None:
    """Write a file; one that is there already is replaced whole, or with `fresh` never.

    Text is written as UTF-8. What is no regular file, as /dev/stdout, is written into. Raises
    InputError when it cannot be written; nothing is left of it then.
    """
    data = content.encode("utf-8") if isinstance(content, str) else content
    try:
        _write(Path(os.path.realpath(target)), Path(target), data, fresh=fresh)
    except OSError as error:
        raise InputError(
            f"{target}: cannot write: {error.strerror or error}; name a file in a folder that is "
            "there and can be written"
        ) from error


def _write(place: Path, named: Path, data: bytes, *, fresh: bool) -> None:
    if named.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    if named.exists() and not named.is_file():
        named.write_bytes(data)
        return
    part = place.with_name(f".asobna-{os.getpid()}.part")
    try:
        part.write_bytes(data)
        if fresh:
            os.link(part, place)  # unlike a rename, never replaces a file made meanwhile
        else:
            part.replace(place)
    finally:
        part.unlink(missing_ok=True)
