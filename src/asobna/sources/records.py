"""Blocks of JSONL, CSV and TSV, and batches of Parquet and Arrow → ROWS with their REJECTS.

ROWS are DOCUMENTS with the `line` (or row, from 1) of each in its file. Every record is either a
row or a reject with its line and a reason; nothing is skipped in silence.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from asobna.limits import MAX_PAGE_BYTES
from asobna.sources.columns import FIELDS, Columns
from asobna.sources.dating import read_stated, read_stated_column, today
from asobna.tables import REJECTS, ROWS, rows_to_table

#: What may separate the fields of a CSV file: spreadsheets of many countries write semicolons.
SEPARATORS = (",", ";", "\t")
_OPTIONAL = tuple(name for name in FIELDS if name not in ("text", "id"))
_NOT_UTF8 = "the row is not UTF-8; convert it"
_TOO_LARGE = f"the record has more than {MAX_PAGE_BYTES:,} bytes: split it"


class Piece(NamedTuple):
    """Some rows of an input and what could not be read beside them."""

    rows: pa.Table
    rejects: pa.Table


class _ProblemError(Exception):
    """Why a record is not a document: (reason code, what is wrong)."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


class _Collected:
    """Rows and rejects of one block, in order."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.rows: list[dict[str, Any]] = []
        self.rejects: list[dict[str, Any]] = []

    def reject(self, line: int, reason: str, detail: str) -> None:
        self.rejects.append(_reject(self.path, line, reason, detail))

    def piece(self) -> Piece:
        return Piece(rows_to_table(self.rows, ROWS), rows_to_table(self.rejects, REJECTS))


def reject_piece(path: str, line: int | None, reason: str, detail: str) -> Piece:
    """A piece that holds one reject and no row."""
    row = {"path": path, "line": line, "reason": reason, "detail": detail}
    return Piece(ROWS.empty_table(), rows_to_table([row], REJECTS))


def read_json_lines(data: bytes, path: str, first_line: int, columns: Columns) -> Piece:
    """Rows of a block of whole lines, one JSON object each."""
    found = _Collected(path)
    for line, record in enumerate(data.split(b"\n"), first_line):
        if not record.strip():
            continue
        try:
            found.rows.append(_row(_json_object(record), columns.names, (path, line)))
        except _ProblemError as problem:
            found.reject(line, problem.reason, problem.detail)
    return found.piece()


def _json_object(record: bytes) -> Mapping[str, Any]:
    if len(record) > MAX_PAGE_BYTES:
        raise _ProblemError("too-large", _TOO_LARGE)
    try:
        value = orjson.loads(record.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        try:
            record.decode("utf-8")
        except UnicodeDecodeError as bad:
            raise _ProblemError("not-utf8", f"the line is not UTF-8 (byte {bad.start})") from error
        raise _ProblemError("not-json", f"the line is not a JSON object: {error}") from error
    if not isinstance(value, dict):
        raise _ProblemError("not-json", 'the line is not a JSON object: {"text": "…"} is needed')
    return value


def _row(
    record: Mapping[str, Any], names: Mapping[str, str], at: tuple[str, int]
) -> dict[str, Any]:
    """One row of ROWS. Raises _ProblemError when the record has no text."""
    path, line = at
    text = record.get(names["text"])
    if not isinstance(text, str):
        raise _ProblemError(
            "no-text",
            f'the record needs a string under "{names["text"]}"; '
            "name another column with --map text=…",
        )
    if not text.strip():
        raise _ProblemError("empty", "the text is empty")
    given = record.get(names["id"]) if "id" in names else None
    row: dict[str, Any] = {
        "document_id": f"{path}:{line}" if given in (None, "") else str(given),
        "text": text,
        "regions": [],
        "path": path,
        "line": line,
    }
    for field in _OPTIONAL:
        value = record.get(names.get(field, ""))
        row[field] = None if value in (None, "") else str(value)
    row["date"], row["date_reliability"] = read_stated(row["date"], today())
    return row


def read_separated(data: bytes, path: str, first_line: int, columns: Columns) -> Piece:
    """Rows of a block of whole CSV or TSV records; `columns.header` names their fields."""
    found = _Collected(path)
    header = columns.header or ()
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        return _separated_lines(data, path, first_line, columns)
    line = first_line
    for record, used in split_records(text, columns):
        if isinstance(record, str):
            found.reject(line, "not-csv", record)
        elif record:
            _separated_row(found, line, (header, record), columns)
        line += used
    return found.piece()


def read_header(line: str, columns: Columns) -> Columns:
    """The columns with the names that the first line of a table gives.

    Where the separator is not known it is the first of SEPARATORS that gives several names.
    """
    known = columns.separator
    for separator in (known,) if known else SEPARATORS:
        columns = columns._replace(separator=separator, header=_names(line, columns, separator))
        if len(columns.header or ()) > 1:
            return columns
    return columns if known else columns._replace(separator=SEPARATORS[0])


def _names(line: str, columns: Columns, separator: str) -> tuple[str, ...]:
    first = next(split_records(line, columns._replace(separator=separator)), ([], 1))[0]
    return () if isinstance(first, str) else tuple(name.strip() for name in first)


def _separated_lines(data: bytes, path: str, first_line: int, columns: Columns) -> Piece:
    """A block with bytes that are not UTF-8: lines with such are rejects, the rest is read."""
    pieces, good, begun = [], list[bytes](), first_line
    for line, content in enumerate(io.BytesIO(data), first_line):
        try:
            content.decode("utf-8")
            good.append(content)
        except UnicodeDecodeError as error:
            detail = f"{path}:{line}: the line is not UTF-8 (byte {error.start}); convert it"
            pieces += [
                read_separated(b"".join(good), path, begun, columns),
                reject_piece(path, line, "not-utf8", detail),
            ]
            good, begun = [], line + 1
    return _joined([*pieces, read_separated(b"".join(good), path, begun, columns)])


def split_records(text: str, columns: Columns) -> Iterator[tuple[list[str] | str, int]]:
    """Records with the number of lines each takes; a message where one is not readable."""
    separator = columns.separator or ","
    if not columns.quoted:
        for line in text.split("\n"):
            yield (line.rstrip("\r").split(separator) if line.strip("\r") else []), 1
        return
    csv.field_size_limit(MAX_PAGE_BYTES)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    before = 0
    while True:
        try:
            record: list[str] | str = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            record = f"the record is not readable: {error}"
        yield record, reader.line_num - before
        before = reader.line_num


def _separated_row(
    found: _Collected, line: int, headed: tuple[tuple[str, ...], list[str]], columns: Columns
) -> None:
    header, record = headed
    if len(record) != len(header):
        found.reject(line, "not-csv", f"{len(record)} fields, but the header names {len(header)}")
        return
    if columns.names["text"] not in header:
        found.reject(line, "no-text", _no_text_in(header, columns))
        return
    try:
        row = _row(dict(zip(header, record, strict=True)), columns.names, (found.path, line))
        found.rows.append(row)
    except _ProblemError as problem:
        found.reject(line, problem.reason, problem.detail)


def _no_text_in(header: tuple[str, ...], columns: Columns) -> str:
    """What is wrong with a header that does not name the text, and what to do."""
    named = ", ".join(header)
    if not columns.quoted and len(header) == 1 and set(SEPARATORS) & set(header[0]):
        return f"no tab in the header '{named}': if commas or semicolons separate, --format csv"
    return (
        f"no column '{columns.names['text']}'; its columns are {named}. Name one with --map text=…"
    )


def read_arrow_batch(batch: pa.Table, path: str, first_row: int, columns: Columns) -> Piece:
    """Rows of a batch of somebody's columns, without making Python objects of the texts.

    A row that is not UTF-8 in a column that is read is a reject: in another encoding a name would
    not be found.
    """
    names = columns.names
    lines = pa.array(range(first_row, first_row + batch.num_rows), pa.int64())
    bad = _not_utf8(batch, [name for name in names.values() if name in batch.column_names])
    if bad:
        keep = np.ones(batch.num_rows, bool)
        keep[bad] = False
        batch, lines = batch.filter(pa.array(keep)), lines.filter(pa.array(keep))
    text = _strings(batch, names["text"], pa.large_string())
    given = _strings(batch, names.get("id"), pa.string())
    places = pc.binary_join_element_wise(path, lines.cast(pa.string()), ":")
    arrays = {
        "document_id": pc.coalesce(given, places),
        "text": text,
        "line": lines,
        "path": pa.repeat(path, batch.num_rows),
        "regions": _no_regions(batch.num_rows),
    }
    for field in _OPTIONAL:
        arrays[field] = _strings(batch, names.get(field), pa.string())
    arrays["date"], arrays["date_reliability"] = read_stated_column(arrays["date"], today())
    rejects = _textless(text, lines, path)
    if rejects:
        gone = pa.array([row["line"] for row in rejects], pa.int64())
        keep = pc.invert(pc.is_in(lines, gone))
        arrays = {name: pc.filter(values, keep) for name, values in arrays.items()}
    rows = [
        _as_field(arrays.get(field.name, pa.nulls(len(arrays["text"]), field.type)), field)
        for field in ROWS
    ]
    rejects += [_reject(path, first_row + row, "not-utf8", _NOT_UTF8) for row in bad]
    return Piece(pa.Table.from_arrays(rows, schema=ROWS), rows_to_table(rejects, REJECTS))


def _not_utf8(batch: pa.Table, names: list[str]) -> list[int]:
    """Rows that are not valid in one of the columns, ascending; nothing else is looked into."""
    return sorted({row for name in names for row in _invalid(batch.column(name), 0)})


def _invalid(column: pa.ChunkedArray, first: int) -> list[int]:
    """Rows, counted from `first`, that Arrow finds invalid, by halving."""
    try:
        column.validate(full=True)
    except pa.ArrowInvalid:
        half = len(column) // 2
        if not half:
            return [first]
        return _invalid(column.slice(0, half), first) + _invalid(column.slice(half), first + half)
    return []


def _joined(pieces: list[Piece]) -> Piece:
    return Piece(
        pa.concat_tables([piece.rows for piece in pieces]).unify_dictionaries(),
        pa.concat_tables([piece.rejects for piece in pieces]).unify_dictionaries(),
    )


def _strings(batch: pa.Table, name: str | None, kind: pa.DataType) -> pa.ChunkedArray:
    if name is None or name not in batch.column_names:
        return pa.chunked_array([pa.nulls(batch.num_rows, kind)])
    column = batch.column(name)
    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    return column if column.type == kind else column.cast(kind)


def _no_regions(count: int) -> pa.Array:
    kind = ROWS.field("regions").type
    starts = pa.array(np.zeros(count + 1, np.int32))
    return pa.ListArray.from_arrays(starts, pa.array([], kind.value_type)).cast(kind)


def _as_field(values: Any, field: pa.Field) -> Any:
    if pa.types.is_dictionary(field.type) and values.type != field.type:
        return pc.cast(values.dictionary_encode(), field.type)
    return values


def _textless(text: pa.ChunkedArray, lines: pa.Array, path: str) -> list[dict[str, Any]]:
    """Rejects of rows whose text is missing or empty; only short texts are looked into."""
    short = pc.less(pc.fill_null(pc.binary_length(text), 0), 64)
    rejects = []
    for index in pc.indices_nonzero(short).to_pylist():
        value = text[index].as_py()
        if value is not None and value.strip():
            continue
        reason, detail = (
            ("no-text", "no text in this row") if value is None else ("empty", "the text is empty")
        )
        rejects.append(_reject(path, lines[index].as_py(), reason, detail))
    return rejects


def _reject(path: str, line: int, reason: str, detail: str) -> dict[str, Any]:
    return {"path": path, "line": line, "reason": reason, "detail": f"{path}:{line}: {detail}"}
