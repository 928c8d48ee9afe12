"""Blocks of JSONL and batches of Parquet and Arrow → ROWS with their REJECTS.

ROWS are DOCUMENTS with the `line` (or row, from 1) of each in its file. Every record is either a
row or a reject with its line and a reason; nothing is skipped in silence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import orjson
import pyarrow as pa
import pyarrow.compute as pc

from asobna.limits import MAX_PAGE_BYTES
from asobna.sources.columns import FIELDS, Columns
from asobna.sources.dating import read_stated, read_stated_column, today
from asobna.tables import REJECTS, ROWS, rows_to_table

_OPTIONAL = tuple(name for name in FIELDS if name not in ("text", "id"))
_TEXTS = (
    pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view, pa.types.is_binary,
    pa.types.is_large_binary, pa.types.is_binary_view, pa.types.is_null,
)  # fmt: skip
_NOT_UTF8 = "the row is not UTF-8; convert it"
TOO_LARGE = f"the record has more than {MAX_PAGE_BYTES:,} bytes: split it"


class Piece(NamedTuple):
    """Some rows of an input and what could not be read beside them."""

    rows: pa.Table
    rejects: pa.Table


class ProblemError(Exception):
    """Why a record is not a document: (reason code, what is wrong)."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.detail = detail


class Collected:
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
    found = Collected(path)
    for line, record in enumerate(data.split(b"\n"), first_line):
        if not record.strip():
            continue
        try:
            found.rows.append(row_of(_json_object(record), columns.names, (path, line)))
        except ProblemError as problem:
            found.reject(line, problem.reason, problem.detail)
    return found.piece()


def is_one_value(block: bytes) -> bool:
    """Whether a file that begins so is one array, or one object over many lines: no JSON lines."""
    first, _, more = block.removeprefix(b"\xef\xbb\xbf").lstrip().partition(b"\n")
    if first.rstrip() in (b"[", b"{"):
        return True
    return first.startswith(b"[{") and not more.strip()


def _json_object(record: bytes) -> Mapping[str, Any]:
    if len(record) > MAX_PAGE_BYTES:
        raise ProblemError("too-large", TOO_LARGE)
    try:
        value = orjson.loads(record.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        value = _lenient_json(record, error)
    if not isinstance(value, dict):
        raise ProblemError("not-json", 'the line is not a JSON object: {"text": "…"} is needed')
    return value


def _lenient_json(record: bytes, error: Exception) -> Any:
    """What Python's own json writes and the standard does not know: NaN, half of a surrogate pair.

    The half becomes a question mark, so that lengths hold. Raises ProblemError.
    """
    try:
        told = json.loads(record.decode("utf-8-sig"), parse_constant=lambda _: None)
        return orjson.loads(json.dumps(told, ensure_ascii=False).encode("utf-8", "replace"))
    except UnicodeDecodeError as bad:
        raise ProblemError("not-utf8", f"the line is not UTF-8 (byte {bad.start})") from error
    except (ValueError, RecursionError):
        raise ProblemError("not-json", f"the line is not a JSON object: {error}") from error


def row_of(
    record: Mapping[str, Any], names: Mapping[str, str], at: tuple[str, int]
) -> dict[str, Any]:
    """One row of ROWS. Raises ProblemError when the record has no text."""
    path, line = at
    text = record.get(names["text"])
    if not isinstance(text, str):
        raise ProblemError(
            "no-text",
            f'the record needs a string under "{names["text"]}"; '
            "name another column with --map text=…",
        )
    if not text.strip():
        raise ProblemError("empty", "the text is empty")
    given = record.get(names["id"]) if "id" in names else None
    row: dict[str, Any] = {
        "document_id": f"{path}:{line}" if given in (None, "") else _told(given),
        "text": text,
        "regions": [],
        "path": path,
        "line": line,
    }
    for field in _OPTIONAL:
        value = record.get(names.get(field, ""))
        row[field] = None if value in (None, "") else _told(value)
    row["lang"] = row["lang"] and read_lang(row["lang"])
    row["date"], row["date_reliability"] = read_stated(row["date"], today())
    return row


def _told(value: Any) -> str:
    """A value of JSON as text: lists and objects as JSON, which is what Arrow columns give too."""
    return value if isinstance(value, str) else orjson.dumps(value, default=str).decode()


def read_lang(written: str) -> str:
    """A code of a language as others write it, EN or en_US, as a BCP 47 code in small letters."""
    return written.strip().replace("_", "-").lower()


def column_problem(schema: pa.Schema, columns: Columns) -> tuple[str, str] | None:
    """(reason, what to do) where a table with these columns cannot be read at all; else None."""
    name, has = columns.names["text"], schema.names
    if name not in has:
        return "no-text", (
            f"no column '{name}'; its columns are {', '.join(has)}. Name one with --map text=…"
        )
    twice = [theirs for theirs in columns.names.values() if has.count(theirs) > 1]
    if twice:
        return "no-text", f"two of its columns are named '{twice[0]}'; name each once"
    kind = schema.field(name).type
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if not any(test(kind) for test in _TEXTS):
        return "no-text", (
            f"column '{name}' holds {kind}, not text. Name another one with --map text=…"
        )
    return None


def read_arrow_batch(batch: pa.Table, path: str, first_row: int, columns: Columns) -> Piece:
    """Rows of a batch of somebody's columns, without making Python objects of the texts.

    A row that is not UTF-8 in a column that is read is a reject: in another encoding a name would
    not be found.
    """
    names = columns.names
    batch = _as_strings(batch, list(names.values()))
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
    arrays["lang"] = pc.utf8_lower(
        pc.replace_substring(pc.utf8_trim_whitespace(arrays["lang"]), "_", "-")
    )
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


def _as_strings(batch: pa.Table, names: list[str]) -> pa.Table:
    """The columns of a batch that are read, as strings of whatever bytes they hold."""
    kept = [name for name in dict.fromkeys(names) if name in batch.column_names]
    return pa.table({name: _as_string(batch.column(name)) for name in kept})


def _as_string(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column as strings; numbers and times as Arrow writes them, nested values as JSON.

    Bytes are not looked into: which rows are no UTF-8 is told one by one.
    """
    kind = column.type
    if pa.types.is_dictionary(kind):
        return _as_string(column.cast(kind.value_type))
    if pa.types.is_nested(kind):
        told = (None if value is None else _told(value) for value in column.to_pylist())
        return pa.chunked_array([pa.array(told, pa.string())])
    large = pa.types.is_large_string(kind) or pa.types.is_large_binary(kind)
    return column.cast(pa.large_string() if large else pa.string(), safe=False)


def _strings(batch: pa.Table, name: str | None, kind: pa.DataType) -> pa.ChunkedArray:
    if name is None or name not in batch.column_names:
        return pa.chunked_array([pa.nulls(batch.num_rows, kind)])
    column = batch.column(name).cast(kind)
    if kind == pa.large_string():
        return column
    return pc.if_else(pc.equal(pc.binary_length(column), 0), None, column)


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
