"""What the user points at → inputs → references to pieces of work, small enough to send anywhere.

A piece of work never depends on how many workers there are or who reads it: a row group of a
Parquet file, a block of whole lines, a few pages. Its key is the content of its input and its
place in it, so what has been read once is known again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

import pyarrow as pa

from asobna.errors import InputError
from asobna.sources import records
from asobna.sources.blocks import plan_lines
from asobna.sources.columns import Columns
from asobna.sources.files import PAGE_ENDINGS, find_files
from asobna.sources.streams import (
    STDIN,
    Fingerprint,
    TruncatedError,
    fingerprint,
    is_address,
    list_address,
    open_stream,
    suffixes,
)
from asobna.sources.work import Input, Problem, Work, part_key

#: Pages in one piece of work.
PAGES_AT_ONCE = 64
#: Bytes that row groups have together, text and all, to be one piece of work.
WORK_BYTES = 64 << 20
_TABLES = {
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".tab": "tsv",
    ".parquet": "parquet",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
}
#: What standard input may hold.
_STREAMED = ("jsonl", "csv", "tsv")
#: Read as lines when named; in a folder such files are mostly settings.
_NAMED_ALONE = {".json": "jsonl"}
_ENDINGS = (*PAGE_ENDINGS, *_TABLES)
READABLE_SUFFIXES = (
    *_ENDINGS,
    *(f"{end}{packed}" for end in _ENDINGS for packed in (".gz", ".zst")),
)


def find_inputs(paths: Iterable[str]) -> list[str]:
    """Paths and addresses to read, in order; folders and globs are opened up, sorted.

    Raises InputError for what does not exist, may not be opened or holds nothing readable.
    """
    found: list[str] = []
    for path in paths:
        if is_address(path):
            found += [name for name in list_address(path) if _readable(name, path)]
        elif path != STDIN and not Path(path).exists() and any(sign in path for sign in "*?["):
            matches = (
                sorted(str(name) for name in Path().glob(path))
                if not Path(path).is_absolute()
                else sorted(str(name) for name in Path("/").glob(path.lstrip("/")))
            )
            if not matches:
                raise InputError(f"{path}: no file matches")
            found += find_files(matches, READABLE_SUFFIXES)
        else:
            found += find_files([path], READABLE_SUFFIXES)
    if not found:
        raise InputError("nothing to read: no readable file at the addresses given")
    inputs = list(dict.fromkeys(found))
    _require_openable(inputs)
    return inputs


def _require_openable(paths: Iterable[str]) -> None:
    """Raise InputError for the first file that may not be read: before anything is read of any."""
    for path in paths:
        if path != STDIN and not is_address(path):
            try:
                Path(path).open("rb").close()
            except OSError as error:
                raise InputError(f"{path}: {error.strerror or error}") from error


def _readable(name: str, asked: str) -> bool:
    return name == asked or name.lower().endswith(READABLE_SUFFIXES)


def format_of(path: str, given: str | None = None) -> str:
    """Format of a path by its ending: a table format, or `page`. Standard input is JSONL."""
    if given:
        return given
    formats = _TABLES | _NAMED_ALONE
    return formats.get(suffixes(path)[0], "jsonl" if path == STDIN else "page")


def is_table(path: str) -> bool:
    """Whether a path is, by its ending, one of many records."""
    return suffixes(path)[0] in _TABLES


def describe_input(path: str, known: Fingerprint | None = None, given: str | None = None) -> Input:
    """Input of a path with its fingerprint.

    Raises InputError when it cannot be opened, or is a stream of what needs a file.
    """
    if path == STDIN and format_of(path, given) not in _STREAMED:
        raise InputError(
            f"standard input is read as {', '.join(_STREAMED)}; give {given} as a file"
        )
    mark = known or (Fingerprint("stdin", 0) if path == STDIN else fingerprint(path))
    return Input(path, format_of(path, given), mark.sha256, mark.bytes)


def plan_work(inputs: Iterable[Input], columns: Columns, done: Collection[str]) -> Iterator[Work]:
    """Every piece of work whose keys are not in `done`, in order, made as it is asked for."""
    pages: list[Input] = []
    for item in inputs:
        if item.format == "page":
            if part_key(item.sha256, 0) not in done:
                pages.append(item)
            if len(pages) == PAGES_AT_ONCE:
                yield Work(tuple(pages), 0, columns)
                pages = []
            continue
        for work in _PLANS[item.format](item, columns):
            yield from _undone(work, done)
    if pages:
        yield Work(tuple(pages), 0, columns)


def _undone(work: Work, done: Collection[str]) -> Iterator[Work]:
    """What is left of a piece of work of one input. How many row groups make one may have changed
    since some of them were read, so each is looked up.
    """
    for read, parts in groupby(work.parts, lambda part: part_key(part[0].sha256, part[1]) in done):
        if not read:
            numbers = [number for _, number in parts]
            yield work._replace(part=numbers[0], groups=len(numbers))


def _plan_parquet(item: Input, columns: Columns) -> Iterator[Work]:
    import pyarrow.parquet as pq  # noqa: PLC0415 only for Parquet

    plan = Work((item,), 0, columns)
    try:
        with open_stream(item.path) as stream:
            meta = pq.read_metadata(stream)
            problem = records.column_problem(meta.schema.to_arrow_schema(), columns)
    except (pa.ArrowException, OSError, TruncatedError) as error:
        yield plan._replace(problem=Problem("damaged", f"not a whole Parquet file: {error}"))
        return
    if not meta.num_rows:
        yield plan._replace(problem=Problem("empty", "the file holds no row"))
    elif problem:
        yield plan._replace(problem=Problem(*problem))
    else:
        yield from (plan._replace(part=part, groups=groups) for part, groups in _runs(meta))


def _runs(meta: Any) -> Iterator[tuple[int, int]]:
    """Neighbouring row groups that have WORK_BYTES together: the number of the first, and how many.

    Some writers make a row group of every thousand rows, and what is judged together costs less.
    """
    first = size = 0
    for group in range(meta.num_row_groups):
        size += meta.row_group(group).total_byte_size
        if size >= WORK_BYTES or group + 1 == meta.num_row_groups:
            yield first, group + 1 - first
            first, size = group + 1, 0


def _plan_arrow(item: Input, columns: Columns) -> Iterator[Work]:
    yield Work((item,), 0, columns)


_PLANS = {
    "jsonl": plan_lines,
    "csv": plan_lines,
    "tsv": plan_lines,
    "parquet": _plan_parquet,
    "arrow": _plan_arrow,
}
