"""What the user points at → inputs → references to pieces of work, small enough to send anywhere.

A piece of work never depends on how many workers there are or who reads it: a row group of a
Parquet file, a block of whole lines, a few pages. Its key is the content of its input and its
place in it, so what has been read once is known again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from asobna.errors import InputError
from asobna.limits import MAX_PAGE_BYTES
from asobna.sources import records
from asobna.sources.columns import Columns
from asobna.sources.files import PAGE_ENDINGS, find_files
from asobna.sources.files import read_pages as _read_pages
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
#: Bytes of text decoded at once from a row group; bounds the memory of a worker.
BATCH_BYTES = 8 << 20

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


class Work(NamedTuple):
    """A reference to one piece of one input (or to a few pages)."""

    inputs: tuple[Input, ...]
    part: int
    columns: Columns
    first_line: int = 1
    data: bytes = b""
    problem: str = ""

    @property
    def keys(self) -> list[str]:
        """What this piece adds to the store: content and place, the same wherever it is read."""
        return [part_key(item.sha256, self.part) for item in self.inputs]


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
    return _TABLES.get(suffixes(path)[0], "jsonl" if path == STDIN else "page")


def describe_input(path: str, known: Fingerprint | None = None, given: str | None = None) -> Input:
    """Input of a path with its fingerprint. Raises InputError when it cannot be opened."""
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
    line, part = 1, 0
    quotes = separated and bool(columns.quoted)
    try:
        for block in _blocks(item.path, quotes):
            if separated and part == 0 and line == 1 and columns.header is None:
                columns, head = _take_header(block, columns)
                line += 1
            else:
                head = 0
            yield Work((item,), part, columns, line, block[head:])
            line += block.count(b"\n", head)
            part += 1
    except TruncatedError as error:
        yield Work(
            (item,),
            part,
            columns,
            line,
            problem=(
                f"the compressed data break off after {error.at:,} bytes ({error.why}); whole "
                "lines before that were read. Fetch the file again"
            ),
        )


def _separated_columns(item: Input, columns: Columns) -> Columns:
    tabs = item.format == "tsv"
    separator = columns.separator or ("\t" if tabs else None)
    quoted = columns.quoted if columns.quoted is not None else not tabs
    return columns._replace(separator=separator, quoted=quoted)


def _take_header(block: bytes, columns: Columns) -> tuple[Columns, int]:
    head = block.find(b"\n") + 1 or len(block)
    return records.read_header(block[:head].decode("utf-8-sig", "replace"), columns), head


def _blocks(path: str, quotes: bool) -> Iterator[bytes]:
    """Blocks of BLOCK_BYTES or a little more that end where a record does.

    A line longer than MAX_PAGE_BYTES is cut to that length: it becomes a reject.
    """
    rest = b""
    with open_stream(path) as stream:
        while True:
            try:
                block = _read_fully(stream, BLOCK_BYTES)
            except _BrokenReadError as broken:
                whole = rest + broken.so_far
                if end := whole.rfind(b"\n") + 1:
                    yield whole[:end]
                raise broken.cause from None
            if not block:
                break
            rest += block
            if end := _record_end(rest, quotes):
                yield rest[:end]
                rest = rest[end:]
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


def _record_end(block: bytes, quotes: bool) -> int:
    """One past the last line end that ends a record: outside quotes, where quotes count."""
    end = block.rfind(b"\n") + 1
    if not quotes:
        return end
    odd = block.count(b'"', 0, end) % 2
    while end and odd:
        before = block.rfind(b"\n", 0, end - 1) + 1
        odd ^= block.count(b'"', before, end) % 2
        end = before
    return end


def _skip_line(stream: Any) -> None:
    while (data := stream.readline(1 << 20)) and not data.endswith(b"\n"):
        pass


def _plan_parquet(item: Input, columns: Columns) -> Iterator[Work]:
    import pyarrow.parquet as pq  # noqa: PLC0415 only for Parquet

    try:
        with open_stream(item.path) as stream:
            groups = pq.read_metadata(stream).num_row_groups
    except (pa.ArrowException, OSError, TruncatedError) as error:
        yield Work((item,), 0, columns, problem=f"not a whole Parquet file: {error}")
        return
    for group in range(groups):
        yield Work((item,), group, columns)


def _plan_arrow(item: Input, columns: Columns) -> Iterator[Work]:
    yield Work((item,), 0, columns)


_PLANS = {
    "jsonl": _plan_lines,
    "csv": _plan_lines,
    "tsv": _plan_lines,
    "parquet": _plan_parquet,
    "arrow": _plan_arrow,
}


# reading a piece of work


def read_pages(work: Work) -> pa.Table:
    """PAGES of a piece of work that refers to pages."""
    return _read_pages([item.path for item in work.inputs])


def read_rows(work: Work) -> Iterator[records.Piece]:
    """ROWS and REJECTS of a piece of work that refers to part of a table, batch by batch."""
    item = work.inputs[0]
    if work.problem:
        reason = "truncated" if work.data or "break off" in work.problem else "damaged"
        line = work.first_line if item.format not in ("parquet", "arrow") else None
        yield records.reject_piece(item.path, line, reason, f"{item.path}: {work.problem}")
    elif item.format == "jsonl":
        yield records.read_json_lines(work.data, item.path, work.first_line, work.columns)
    elif item.format in ("csv", "tsv"):
        yield records.read_separated(work.data, item.path, work.first_line, work.columns)
    elif item.format == "parquet":
        yield from _parquet_pieces(work)
    else:
        yield from _arrow_pieces(work)


def _parquet_pieces(work: Work) -> Iterator[records.Piece]:
    path, columns = work.inputs[0].path, work.columns
    try:
        with _parquet_file(path) as file:
            first = 1 + sum(file.metadata.row_group(n).num_rows for n in range(work.part))
            names = file.schema_arrow.names
            if columns.names["text"] not in names:
                yield _textless(names, path, first, columns)
                return
            wanted = [name for name in columns.names.values() if name in names]
            for batch in _batches_of(file, work.part, wanted):
                yield _batch_piece(batch, path, first, columns)
                first += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        detail = f"{path}: row group {work.part + 1} cannot be decoded: {error}"
        yield records.reject_piece(path, None, "damaged", detail)


def _parquet_file(path: str) -> Any:
    import pyarrow.parquet as pq  # noqa: PLC0415 only for Parquet

    if is_address(path) or suffixes(path)[1]:
        return pq.ParquetFile(open_stream(path), pre_buffer=False)
    return pq.ParquetFile(path, memory_map=True, pre_buffer=False)


def _batches_of(file: Any, group: int, wanted: list[str]) -> Iterator[pa.Table]:
    """A row group in pieces that bound memory."""
    meta = file.metadata.row_group(group)
    each = max(1, meta.total_byte_size // max(1, meta.num_rows))
    size = max(1, BATCH_BYTES // each)
    for batch in file.iter_batches(size, [group], wanted, use_threads=False):
        yield pa.table(batch)


def _batch_piece(batch: pa.Table, path: str, row: int, columns: Columns) -> records.Piece:
    if columns.names["text"] not in batch.column_names:
        return _textless(batch.column_names, path, row, columns)
    return records.read_arrow_batch(batch, path, row, columns)


def _textless(names: list[str], path: str, row: int, columns: Columns) -> records.Piece:
    return records.reject_piece(
        path,
        row,
        "no-text",
        f"{path}: no column '{columns.names['text']}'; its columns are {', '.join(names)}. "
        "Name one with --map text=…",
    )


def _arrow_pieces(work: Work) -> Iterator[records.Piece]:
    path, row = work.inputs[0].path, 1
    try:
        with open_stream(path) as stream:
            for batch in _arrow_batches(stream):
                for start in range(0, batch.num_rows, 4096):
                    part = pa.table(batch.slice(start, 4096))
                    yield _batch_piece(part, path, row + start, work.columns)
                row += batch.num_rows
    except (pa.ArrowException, OSError, TruncatedError) as error:
        yield records.reject_piece(
            path, row, "damaged", f"{path}: cannot be decoded after row {row - 1}: {error}"
        )


def _arrow_batches(stream: Any) -> Iterator[pa.RecordBatch]:
    """Batches of an Arrow file or an Arrow stream."""
    magic = stream.peek(6)[:6] if hasattr(stream, "peek") else b""
    if magic == b"ARROW1":
        reader = pa.ipc.open_file(pa.BufferReader(stream.read()))
        yield from (reader.get_batch(index) for index in range(reader.num_record_batches))
    else:
        yield from pa.ipc.open_stream(stream)
