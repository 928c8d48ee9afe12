"""What the user points at → inputs → references to pieces of work, small enough to send anywhere.

A piece of work never depends on how many workers there are or who reads it: a row group of a
Parquet file, a block of whole lines, a few pages. Its key is the content of its input and its
place in it, so what has been read once is known again.
"""

from __future__ import annotations

import codecs
import hashlib
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from asobna.errors import InputError
from asobna.limits import MAX_PAGE_BYTES
from asobna.sources import records, separated
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

#: Decompressed bytes of lines in one piece of work.
BLOCK_BYTES = 16 << 20
#: Pages in one piece of work.
PAGES_AT_ONCE = 64
#: Bytes that row groups have together, text and all, to be one piece of work.
WORK_BYTES = 64 << 20
#: What a piece of standard input is called; the beginning of its hash follows.
STDIN_PATH = f"{STDIN}#"

#: Bytes of the beginning of a file in which a NUL tells that it is no text.
_SNIFFED = 8192

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


class Input(NamedTuple):
    """One file or stream to read, and its content."""

    path: str
    format: str
    sha256: str
    bytes: int


class Problem(NamedTuple):
    """Why an input, or what is left of it, is one reject: reason code, and what to do."""

    reason: str
    detail: str


class Work(NamedTuple):
    """A reference to one piece of one input (or to a few pages): of a Parquet file, to `groups` row
    groups from that numbered `part` on.
    """

    inputs: tuple[Input, ...]
    part: int
    columns: Columns
    first_line: int = 1
    data: bytes = b""
    problem: Problem | None = None
    groups: int = 1

    @property
    def keys(self) -> list[str]:
        """What this piece adds to the store: content and place, the same wherever it is read."""
        return [part_key(item.sha256, self.part) for item in self.inputs]


def came_on_stdin(path: str) -> bool:
    """Whether an input that was read came on standard input, and so cannot be read again."""
    return path.startswith(STDIN_PATH)


def part_key(sha256: str, part: int) -> str:
    """Name of one part of one content."""
    return f"{sha256}:{part}"


def find_inputs(paths: Iterable[str]) -> list[str]:
    """Paths and addresses to read, in order; folders and globs are opened up, sorted.

    Raises InputError for what does not exist or holds nothing readable.
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
    return list(dict.fromkeys(found))


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
            if work.keys[0] not in done:
                yield work
    if pages:
        yield Work(tuple(pages), 0, columns)


def _plan_lines(item: Input, columns: Columns) -> Iterator[Work]:
    """Blocks of whole lines; where the stream breaks off, one last piece says so."""
    separated = item.format != "jsonl"
    columns = _separated_columns(item, columns) if separated else columns
    plan = Work((item,), 0, columns)
    try:
        with open_stream(item.path) as stream:
            if separated:
                plan = _headed(stream, plan)
                yield from [plan] if plan.problem else _each_block(stream, plan)
            else:
                yield from _each_block(stream, plan)
    except _BrokenPlanError as broken:
        yield broken.plan._replace(data=b"", problem=_broken_off(broken.cause))
    except TruncatedError as error:
        yield plan._replace(problem=_broken_off(error))


class _BrokenPlanError(Exception):
    """The stream breaks off where `plan` would have begun."""

    def __init__(self, plan: Work, cause: TruncatedError) -> None:
        super().__init__(str(cause))
        self.plan = plan
        self.cause = cause


def _broken_off(error: TruncatedError) -> Problem:
    detail = (
        f"the compressed data break off after {error.at:,} bytes ({error.why}); whole "
        "lines before that were read. Fetch the file again"
    )
    return Problem("truncated", detail)


def _each_block(stream: Any, plan: Work) -> Iterator[Work]:
    """Pieces of a stream that stands where records begin; `plan` is the first, without its data."""
    begun = plan
    try:
        for block in _blocks(stream, plan.columns):
            problem = content_problem(block, plan) if plan is begun else None
            yield _named_by_content(plan._replace(data=block, problem=problem))
            if problem:
                return
            line = plan.first_line + block.count(b"\n")
            plan = plan._replace(part=plan.part + 1, first_line=line)
    except TruncatedError as error:
        raise _BrokenPlanError(plan, error) from error
    if plan is begun:
        what = "a header and no record" if plan.columns.header else "nothing"
        yield plan._replace(problem=Problem("empty", f"the file holds {what}"))


def _named_by_content(work: Work) -> Work:
    """The piece as it is; of standard input, whose content is not known before, named by its own.

    So what another stream brings is read too, under another name, and the same adds nothing.
    """
    (item,) = work.inputs
    if item.path != STDIN:
        return work
    sha256 = hashlib.sha256(work.data).hexdigest()
    named = Input(f"{STDIN_PATH}{sha256[:8]}", item.format, sha256, len(work.data))
    return work._replace(inputs=(named,), part=0)


def content_problem(block: bytes, plan: Work) -> Problem | None:
    """Why a file whose first block this is cannot be read line by line at all; or None."""
    if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return Problem("not-utf8", "it is UTF-16; convert it: iconv -f UTF-16 -t UTF-8")
    if b"\0" in block[:_SNIFFED]:
        return Problem("binary", "it is a binary file, not lines of text")
    if plan.inputs[0].format == "jsonl" and records.is_one_value(block):
        return Problem(
            "not-json",
            "it is one JSON value over the whole file, not an object on each line; convert it, for "
            "example with: jq -c '.[]'",
        )
    return None


def _separated_columns(item: Input, columns: Columns) -> Columns:
    tabs = item.format == "tsv"
    separator = columns.separator or ("\t" if tabs else None)
    quoted = columns.quoted if columns.quoted is not None else not tabs
    return columns._replace(separator=separator, quoted=quoted)


def _headed(stream: Any, plan: Work) -> Work:
    """The first piece of a separated file, after its header; or with what is wrong with that."""
    if plan.columns.header is not None:
        return plan
    columns, line = plan.columns, plan.first_line
    head = stream.readline(MAX_PAGE_BYTES)
    if problem := content_problem(head, plan):
        return plan._replace(problem=problem)
    if said := separated.said_separator(head.decode("utf-8-sig", "replace")):
        columns, head, line = columns._replace(separator=said), stream.readline(MAX_PAGE_BYTES), 2
    while columns.quoted and head.count(b'"') % 2 and len(head) < MAX_PAGE_BYTES:
        more = stream.readline(MAX_PAGE_BYTES)
        if not more:
            break
        head, line = head + more, line + 1
    if not head.strip():
        return plan._replace(problem=Problem("empty", "the file holds nothing"))
    columns = separated.read_header(head.decode("utf-8-sig", "replace"), columns)
    told = separated.header_problem(columns)
    return plan._replace(
        columns=columns, first_line=line + 1, problem=Problem("not-csv", told) if told else None
    )


def _blocks(stream: Any, columns: Columns) -> Iterator[bytes]:
    """Blocks of BLOCK_BYTES or a little more that end where a record does.

    A line longer than MAX_PAGE_BYTES is cut to that length: it becomes a reject. So does a record
    of more whose quotation mark is never closed, and with it all that follows.
    """
    rest = b""
    while True:
        try:
            block = _read_fully(stream, BLOCK_BYTES)
        except _BrokenReadError as broken:
            whole = rest + broken.so_far
            if end := separated.record_end(whole, columns):
                yield whole[:end]
            raise broken.cause from None
        if not block:
            break
        rest += block
        if end := separated.record_end(rest, columns):
            yield rest[:end]
            rest = rest[end:]
        elif len(rest) > MAX_PAGE_BYTES and b"\n" in rest:
            yield rest
            return
        elif len(rest) > MAX_PAGE_BYTES:
            _skip_line(stream)
            yield rest[: MAX_PAGE_BYTES + 1] + b"\n"
            rest = b""
    if rest:
        yield rest if rest.endswith(b"\n") else rest + b"\n"


class _BrokenReadError(Exception):
    def __init__(self, so_far: bytes, cause: TruncatedError) -> None:
        super().__init__(str(cause))
        self.so_far = so_far
        self.cause = cause


def _read_fully(stream: Any, size: int) -> bytes:
    parts: list[bytes] = []
    missing = size
    try:
        while missing and (
            data := stream.read1(missing) if hasattr(stream, "read1") else stream.read(missing)
        ):
            parts.append(data)
            missing -= len(data)
    except TruncatedError as error:
        raise _BrokenReadError(b"".join(parts), error) from error
    return b"".join(parts)


def _skip_line(stream: Any) -> None:
    while (data := stream.readline(1 << 20)) and not data.endswith(b"\n"):
        pass


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
    "jsonl": _plan_lines,
    "csv": _plan_lines,
    "tsv": _plan_lines,
    "parquet": _plan_parquet,
    "arrow": _plan_arrow,
}
