"""`asobna query DIR SQL`: read-only questions to the tables of a folder."""

from __future__ import annotations

import csv
import json
import sys
from typing import Any, TextIO

import click

from asobna.store import STORED, Store, plain_schema

FORMATS = ("text", "csv", "json")
_ROWS_AT_ONCE = 2048
#: Widest cell of the text table, in characters.
_WIDEST = 60


@click.command("query")
@click.argument("folder", metavar="DIR")
@click.argument("sql", required=False)
@click.option("--output-format", type=click.Choice(FORMATS), default="text", show_default=True)
def query_command(folder: str, sql: str | None, output_format: str) -> int:
    """Ask the tables of DIR a question in SQL (DuckDB); without one, list tables and columns.

    \b
    Nothing is changed and no other file is read. Example:
      asobna query DIR "select standing, count(*) from standings group by 1"
    """
    return run_query(folder, sql, output_format)


def run_query(folder: str, sql: str | None, output_format: str = "text") -> int:
    """Write the answer to standard output. Raises StoreError for what is not one question."""
    store = Store(folder)
    if sql is None:
        write_columns(sys.stdout)
        return 0
    relation = store.ask(sql)
    _WRITERS[output_format](relation, sys.stdout)
    return 0


def write_columns(stream: TextIO) -> None:
    """Every table with its columns, types and meanings."""
    for name, schema in STORED.items():
        stream.write(f"{name}\n")
        for field in plain_schema(schema):
            meaning = (field.metadata or {}).get(b"meaning", b"").decode()
            stream.write(f"  {field.name:<20} {field.type!s:<12.12} {meaning}\n")


def _rows(relation: Any) -> Any:
    for batch in relation.to_arrow_reader(_ROWS_AT_ONCE):
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _write_csv(relation: Any, stream: TextIO) -> None:
    writer = csv.writer(stream)
    writer.writerow(relation.columns)
    writer.writerows(_rows(relation))


def _write_json(relation: Any, stream: TextIO) -> None:
    for row in _rows(relation):
        record = dict(zip(relation.columns, row, strict=True))
        stream.write(json.dumps(record, ensure_ascii=False, default=str) + "\n")


def _write_text(relation: Any, stream: TextIO) -> None:
    rows = [[_cell(value) for value in row] for row in _rows(relation)]
    widths = [max(map(len, column)) for column in zip(relation.columns, *rows, strict=True)]
    for row in [list(relation.columns), *rows]:
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        stream.write(line.rstrip() + "\n")


def _cell(value: Any) -> str:
    text = "" if value is None else str(value)
    text = "".join(c if c.isprintable() else " " for c in text)
    return text if len(text) <= _WIDEST else text[: _WIDEST - 1] + "…"


_WRITERS = {"text": _write_text, "csv": _write_csv, "json": _write_json}
