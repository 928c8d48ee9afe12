"""Blocks of CSV and TSV, in the dialects that spreadsheets and databases write → ROWS and REJECTS.

A quotation mark opens a quoted field only where a field begins (RFC 4180, read as leniently as
Python's csv module does); so 5" in the middle of a field is no quotation mark, and where a record
ends is known only by reading from the start of the block.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from typing import NamedTuple

from asobna.limits import MAX_PAGE_BYTES
from asobna.sources.columns import Columns
from asobna.sources.records import TOO_LARGE, Collected, Piece, ProblemError, row_of

#: What may separate the fields of a CSV file: spreadsheets of many countries write semicolons.
SEPARATORS = (",", ";", "\t", "|")
#: The first line by which a spreadsheet tells what separates the others.
_SAID = re.compile(r"sep=(.)\r?\n?")
_UNCLOSED = (
    "a quotation mark opens in this record and is never closed: nothing from line {} on was read. "
    "Double the mark or take it out"
)
#: Bytes of a code point in UTF-8, at most.
_WIDEST = 4
_NOT_UTF8 = "the record is not UTF-8; convert it, for example with iconv"
_RETURN = "a carriage return stands in it outside quotation marks; take it out or quote the field"


class Record(NamedTuple):
    """One record: its fields or what is wrong with it, its lines, and whether it is whole."""

    fields: list[str] | str
    lines: int
    closed: bool = True


def read_separated(data: bytes, path: str, first_line: int, columns: Columns) -> Piece:
    """Rows of a block of whole CSV or TSV records; `columns.header` names their fields.

    A record with bytes that are not UTF-8 is a reject, whole, wherever in it they stand.
    """
    found = Collected(path)
    line = first_line
    text = data.decode("utf-8", "surrogateescape")
    damaged = not _is_utf8(text)
    for record in split_records(text, columns):
        if not record.closed:
            found.reject(line, "not-csv", _UNCLOSED.format(line))
        elif isinstance(record.fields, str):
            found.reject(line, "not-csv", record.fields)
        elif damaged and not all(map(_is_utf8, record.fields)):
            found.reject(line, "not-utf8", _NOT_UTF8)
        elif record.fields:
            _read_record(found, line, record.fields, columns)
        line += record.lines
    return found.piece()


def _read_record(found: Collected, line: int, fields: list[str], columns: Columns) -> None:
    header = columns.header or ()
    if sum(map(len, fields)) * _WIDEST > MAX_PAGE_BYTES and _size(fields) > MAX_PAGE_BYTES:
        found.reject(line, "too-large", TOO_LARGE)
    elif len(fields) != len(header):
        found.reject(line, "not-csv", f"{len(fields)} fields, but the header names {len(header)}")
    elif columns.names["text"] not in header:
        found.reject(line, "no-text", _no_text_in(header, columns))
    else:
        try:
            named = dict(zip(header, fields, strict=True))
            found.rows.append(row_of(named, columns.names, (found.path, line)))
        except ProblemError as problem:
            found.reject(line, problem.reason, problem.detail)


def _is_utf8(text: str) -> bool:
    """Whether text that was decoded with its errors kept has none."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _size(fields: list[str]) -> int:
    """Bytes of the fields and of what separates them."""
    return sum(len(field.encode()) + 1 for field in fields)


def _no_text_in(header: tuple[str, ...], columns: Columns) -> str:
    """What is wrong with a header that does not name the text, and what to do."""
    named = ", ".join(header)
    if not columns.quoted and len(header) == 1 and set(SEPARATORS) & set(header[0]):
        return f"no tab in the header '{named}': if commas or semicolons separate, --format csv"
    return (
        f"no column '{columns.names['text']}'; its columns are {named}. Name one with --map text=…"
    )


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


def said_separator(line: str) -> str | None:
    """The separator that a first line such as `sep=;` tells, or None."""
    said = _SAID.fullmatch(line)
    return said[1] if said else None


def _names(line: str, columns: Columns, separator: str) -> tuple[str, ...]:
    first = next(split_records(line, columns._replace(separator=separator)), Record([], 1)).fields
    return () if isinstance(first, str) else tuple(name.strip() for name in first)


def header_problem(columns: Columns) -> str | None:
    """What keeps a table with this header from being read at all, and what to do; or None."""
    header = columns.header or ()
    if not header:
        return (
            "its lines end with carriage returns alone; convert it, for example with: "
            r"tr '\r' '\n'"
        )
    twice = {name for name in columns.names.values() if header.count(name) > 1}
    if twice:
        return f"two of its columns are named '{min(twice)}'; name each once"
    return None


def split_records(text: str, columns: Columns) -> Iterator[Record]:
    """Records with the number of lines each takes; a message where one is not readable."""
    separator = columns.separator or ","
    if not columns.quoted:
        for line in text.split("\n"):
            yield Record(line.rstrip("\r").split(separator) if line.strip("\r") else [], 1)
        return
    for record, _ in _quoted_records(text, separator):
        yield record


def record_end(block: bytes, columns: Columns) -> int:
    """One past the last byte of the last whole record of a block that begins with one, or 0."""
    end = block.rfind(b"\n") + 1
    if not columns.quoted or b'"' not in block[:end]:
        return end
    whole = 0
    # One byte is one character in Latin-1, so that places in the text are places in the block.
    for record, at in _quoted_records(block[:end].decode("latin-1"), columns.separator or ","):
        whole = at if record.closed else whole
    return whole


def _quoted_records(text: str, separator: str) -> Iterator[tuple[Record, int]]:
    """Records, each with the place in the text where it ends.

    One of more than MAX_PAGE_BYTES counts as never closed, and is the last.
    """
    csv.field_size_limit(MAX_PAGE_BYTES)
    lines = _Lines(text)
    reader = csv.reader(lines, delimiter=separator)
    line, at = 0, 0
    while True:
        try:
            fields: list[str] | str = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            why = str(error)
            if why.startswith("field larger"):
                yield Record(why, lines.count - line, closed=False), lines.at
                return
            fields = _RETURN if why.startswith("new-line") else f"the record is not readable: {why}"
        yield Record(fields, lines.count - line, not lines.asked_beyond_end), lines.at
        if lines.at == at and lines.count == line:
            return
        line, at = lines.count, lines.at


class _Lines:
    """The lines of a text, with how many were asked for: who asks beyond the end waits for more."""

    def __init__(self, text: str) -> None:
        self._lines = io.StringIO(text, newline="\n")
        self.count = self.at = 0
        self.asked_beyond_end = False

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._lines.readline()
        if not line:
            self.asked_beyond_end = True
            raise StopIteration
        self.count += 1
        self.at += len(line)
        return line
