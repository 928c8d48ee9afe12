"""References to pieces of work → their rows or pages, batch by batch.

What cannot be decoded is a reject that says where; what stands before and after it is read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pyarrow as pa

from asobna.sources import files, records, separated
from asobna.sources.streams import TruncatedError, is_address, open_stream, suffixes
from asobna.sources.work import Work

#: Bytes of text decoded at once from a row group; bounds the memory of a worker.
BATCH_BYTES = 8 << 20


def read_pages(work: Work) -> pa.Table:
    """PAGES of a piece of work that refers to pages."""
    return files.read_pages([item.path for item in work.inputs])


def read_rows(work: Work) -> Iterator[records.Piece]:
    """ROWS and REJECTS of a piece of work that refers to part of a table, batch by batch."""
    item = work.inputs[0]
    if work.problem:
        reason, detail = work.problem
        line = work.first_line if reason == "truncated" else None
        yield records.reject_piece(item.path, line, reason, f"{item.path}: {detail}")
    elif item.format == "jsonl":
        yield records.read_json_lines(work.data, item.path, work.first_line, work.columns)
    elif item.format in ("csv", "tsv"):
        yield separated.read_separated(work.data, item.path, work.first_line, work.columns)
    elif item.format == "parquet":
        yield from _parquet_pieces(work)
    else:
        yield from _arrow_pieces(work)


def _parquet_pieces(work: Work) -> Iterator[records.Piece]:
    path = work.inputs[0].path
    try:
        with _parquet_file(path) as file:
            first = 1 + sum(file.metadata.row_group(n).num_rows for n in range(work.part))
            for group in range(work.part, work.part + work.groups):
                yield from _group_pieces(file, group, first, work)
                first += file.metadata.row_group(group).num_rows
    except (pa.ArrowException, OSError) as error:
        yield _damaged(path, work.part, error)


def _group_pieces(file: Any, group: int, first: int, work: Work) -> Iterator[records.Piece]:
    """Pieces of a row group whose first row has the number `first` in the file."""
    path, columns = work.inputs[0].path, work.columns
    names = file.schema_arrow.names
    wanted = [name for name in columns.names.values() if name in names]
    try:
        for batch in _batches_of(file, group, wanted):
            yield records.read_arrow_batch(batch, path, first, columns)
            first += batch.num_rows
    except (pa.ArrowException, OSError) as error:
        yield _damaged(path, group, error)


def _damaged(path: str, group: int, error: Exception) -> records.Piece:
    detail = f"{path}: row group {group + 1} cannot be decoded: {error}"
    return records.reject_piece(path, None, "damaged", detail)


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


def _arrow_pieces(work: Work) -> Iterator[records.Piece]:
    path, row = work.inputs[0].path, 1
    try:
        with open_stream(path) as stream:
            for batch in _arrow_batches(stream):
                if problem := records.column_problem(batch.schema, work.columns):
                    yield records.reject_piece(path, row, problem[0], f"{path}: {problem[1]}")
                    return
                for start in range(0, batch.num_rows, 4096):
                    part = pa.table(batch.slice(start, 4096))
                    yield records.read_arrow_batch(part, path, row + start, work.columns)
                row += batch.num_rows
    except (pa.ArrowException, OSError, TruncatedError) as error:
        yield records.reject_piece(
            path, row, "damaged", f"{path}: cannot be decoded after row {row - 1}: {error}"
        )
        return
    if row == 1:
        yield records.reject_piece(path, None, "empty", f"{path}: the file holds no row")


def _arrow_batches(stream: Any) -> Iterator[pa.RecordBatch]:
    """Batches of an Arrow file or an Arrow stream."""
    magic = stream.peek(6)[:6] if hasattr(stream, "peek") else b""
    if magic == b"ARROW1":
        reader = pa.ipc.open_file(pa.BufferReader(stream.read()))
        yield from (reader.get_batch(index) for index in range(reader.num_record_batches))
    else:
        yield from pa.ipc.open_stream(stream)
