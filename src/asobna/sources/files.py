"""Files and folders → PAGES, and lines of JSONL → DOCUMENTS."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from asobna.errors import InputError
from asobna.limits import MAX_PAGE_BYTES
from asobna.sources.readers import FORMAT_OF_ENDING, STREAMED, format_of_ending
from asobna.sources.streams import TruncatedError, suffixes, unpack
from asobna.tables import PAGES, make_table

FORMAT_OF_SUFFIX = {
    ".txt": "txt",
    ".text": "txt",
    ".md": "md",
    ".markdown": "md",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
}
#: Endings of everything that is a page: what `check` reads.
PAGE_ENDINGS = (*FORMAT_OF_SUFFIX, *FORMAT_OF_ENDING)
STDIN = "-"
#: By these names, of which the store has the say, results of an earlier reading are known.
LOG, MANIFEST = "_delta_log", "manifest.json"


def find_files(paths: Iterable[str], suffixes: Iterable[str]) -> list[str]:
    """Files to read, each once, in the order given.

    A folder gives every readable file below it, sorted, but for results of an earlier reading.

    Raises InputError for a path that does not exist, for a folder without a readable file, and for
    a name that is not UTF-8, which no table can hold.
    """
    wanted = tuple(suffixes)
    found: list[str] = []
    for path in paths:
        if path == STDIN or Path(path).is_file():
            found.append(path)
        elif Path(path).is_dir():
            inside = sorted(str(file) for file in _below(path, wanted) if file.is_file())
            if not inside:
                raise InputError(f"{path}: no {', '.join(wanted)} file in this folder")
            found += inside
        else:
            raise InputError(f"{path}: no such file or folder")
    for path in found:
        if (shown := os.fsencode(path).decode("utf-8", "replace")) != path:
            raise InputError(f"{shown}: the name of this file is not UTF-8; rename it")
    once: dict[Path, str] = {}
    for path in found:
        once.setdefault(Path(path).resolve(), path)
    return list(once.values())


def left_out(paths: Iterable[str], suffixes: Iterable[str]) -> list[str]:
    """Files below folders that `find_files` leaves out for their ending, sorted."""
    wanted = tuple(suffixes)
    return sorted(
        str(file)
        for folder in paths
        if Path(folder).is_dir()
        for file in _below(folder)
        if not file.name.lower().endswith(wanted) and file.is_file()
    )


def _below(folder: str, endings: tuple[str, ...] = ("",)) -> Iterator[Path]:
    """What lies below a folder with such an ending, but nothing hidden and no results of a reading:
    who reads a folder again that the results lie in would read what was read before.
    """
    inside = list(Path(folder).rglob("*"))
    logs = [path.parent for path in inside if path.name == LOG and path.parent != Path(folder)]
    results = {path for path in logs if (path / MANIFEST).is_file()}
    for path in inside:
        if (
            path.name.lower().endswith(endings)
            and not _hidden(path.relative_to(folder))
            and results.isdisjoint(path.parents)
        ):
            yield path


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") or part == "node_modules" for part in path.parts)


def format_of(path: str) -> str:
    """Reader for a path by its ending, before .gz or .zst; without a known one, plain text."""
    if guarded := format_of_ending(path):
        return guarded
    ending, packed = suffixes(path)
    inner = path[: -len(packed)] if packed else path
    return format_of_ending(inner) or FORMAT_OF_SUFFIX.get(ending, "txt")


def read_pages(paths: Iterable[str], stdin_name: str = "<stdin>") -> pa.Table:
    """PAGES of files and of standard input (`-`, shown under `stdin_name`).

    Raises InputError when a file cannot be opened.
    """
    rows: dict[str, list[object]] = {"path": [], "content": [], "format": []}
    for path in paths:
        name = stdin_name if path == STDIN else path
        rows["path"].append(name)
        kind = format_of(name)
        content = b"" if kind in STREAMED else _read(path)
        if content and suffixes(name)[1]:
            content, kind = _unpacked(content, suffixes(name)[1], kind)
        rows["content"].append(content)
        rows["format"].append(kind)
    return make_table(PAGES, rows)


def _read(path: str) -> bytes:
    """Bytes of a file, one more than the limit at most: enough to know that it is too large."""
    try:
        if path == STDIN:
            return sys.stdin.buffer.read(MAX_PAGE_BYTES + 1)
        with Path(path).open("rb") as file:
            return file.read(MAX_PAGE_BYTES + 1)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error


def _unpacked(content: bytes, packed: str, kind: str) -> tuple[bytes, str]:
    """What a page packed as .gz or .zst holds, up to the limit, and its format.

    One whose packing is damaged stays as it is, a text with bytes that are none.
    """
    try:
        return unpack(content, packed, MAX_PAGE_BYTES + 1), kind
    except TruncatedError:
        return content, "txt"
