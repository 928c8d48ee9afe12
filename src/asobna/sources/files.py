"""Files and folders → PAGES, and lines of JSONL → DOCUMENTS."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa

from asobna.errors import InputError
from asobna.limits import MAX_PAGE_BYTES
from asobna.sources.dating import read_stated, today
from asobna.sources.readers import FORMAT_OF_ENDING, STREAMED, format_of_ending
from asobna.sources.streams import TruncatedError, suffixes, unpack
from asobna.tables import DOCUMENTS, PAGES, REJECTS, make_table, rows_to_table

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
JSONL_SUFFIXES = (".jsonl", ".ndjson")
STDIN = "-"
#: By these names, of which the store has the say, results of an earlier reading are known.
LOG, MANIFEST = "_delta_log", "manifest.json"

_OPTIONAL = ("title", "date", "source", "speaker", "party", "lang", "url", "kind")


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


def read_jsonl(path: str, stream: BinaryIO | None = None) -> tuple[pa.Table, pa.Table]:
    """DOCUMENTS and REJECTS of a JSONL file: one object a line, `text` required.

    Raises InputError when the file cannot be opened.
    """
    try:
        with stream or Path(path).open("rb") as lines:
            rows, rejects = _read_lines(path, lines)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    return rows_to_table(rows, DOCUMENTS), rows_to_table(rejects, REJECTS)


def _read_lines(path: str, lines: BinaryIO) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    rows: list[dict[str, Any]] = []
    rejects: list[dict[str, Any]] = []
    seen: set[str] = set()
    for number, line in enumerate(_bounded_lines(lines), 1):
        if not line.strip():
            continue
        row, problem = _document(line, f"{path}:{number}")
        if row and row["document_id"] in seen:
            problem = ("double-id", f"the id {row['document_id']} stands twice")
        if row and not problem:
            seen.add(row["document_id"])
            rows.append({**row, "path": path})
        elif problem:
            rejects.append(
                {
                    "path": path,
                    "line": number,
                    "reason": problem[0],
                    "detail": f"{path}:{number}: {problem[1]}",
                }
            )
    return rows, rejects


def _bounded_lines(lines: BinaryIO) -> Iterator[bytes]:
    """Lines, each cut one byte past the limit, so that one endless line cannot fill memory."""
    while line := lines.readline(MAX_PAGE_BYTES + 1):
        yield line
        while len(line) > MAX_PAGE_BYTES and not line.endswith(b"\n"):
            line = lines.readline(MAX_PAGE_BYTES + 1)


def _document(line: bytes, where: str) -> tuple[dict[str, Any] | None, tuple[str, str] | None]:
    """A row of DOCUMENTS, or a (reason code, what is wrong)."""
    row, problem = _object(line)
    if row is None:
        return None, problem
    text = row.get("text")
    if not isinstance(text, str):
        return None, ("no-text", 'the object needs a string under "text"')
    if not text.strip():
        return None, ("empty", "the text is empty")
    document = {"document_id": str(row.get("id", where)), "text": _whole(text), "regions": []}
    given = {name: _optional(row.get(name)) for name in _OPTIONAL}
    given["date"], given["date_reliability"] = read_stated(given["date"], today())
    return document | given, None


def _optional(value: object) -> str | None:
    return None if value is None else str(value)


def _object(line: bytes) -> tuple[dict[str, Any] | None, tuple[str, str] | None]:
    if len(line) > MAX_PAGE_BYTES:
        return None, ("too-large", f"the line has more than {MAX_PAGE_BYTES:,} bytes: split it")
    try:
        row = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        return None, ("not-utf8", f"the line is not UTF-8 (byte {error.start})")
    except (json.JSONDecodeError, RecursionError) as error:
        return None, ("not-json", f"the line is not a JSON object: {error}")
    if not isinstance(row, dict):
        return None, ("not-json", 'the line is not a JSON object: {"text": "…"} is needed')
    return row, None


def _whole(text: str) -> str:
    """The text without lone surrogates, which no table can hold; lengths hold."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")
    return text
