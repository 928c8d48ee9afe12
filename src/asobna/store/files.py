"""Data files: how each table is laid out on disk, and writing those of one piece of work."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from asobna.errors import StoreError
from asobna.tables import MENTIONS, PARTS, REJECTS, SIGHTINGS, STANDINGS, STORED_DOCUMENTS

#: Table of the store → schema, in flow order.
STORED: dict[str, pa.Schema] = {
    "documents": STORED_DOCUMENTS,
    "sightings": SIGHTINGS,
    "mentions": MENTIONS,
    "standings": STANDINGS,
    "rejects": REJECTS,
    "parts": PARTS,
}
PARTITION = "table"
#: What is kept is a few per cent of what is read; LZ4 writes it faster than zstd.
_COMPRESSION = {"compression": "lz4"}


class DataFile(NamedTuple):
    """A data file that has been written and waits for its commit."""

    table: str
    path: str
    bytes: int
    rows: int


class Unit(NamedTuple):
    """Everything that one piece of work wrote: the keys it covers and its files."""

    name: str
    keys: tuple[str, ...]
    files: tuple[DataFile, ...]


def plain_schema(schema: pa.Schema) -> pa.Schema:
    """The schema as it is stored: no dictionaries, nothing that Delta Lake does not know."""
    return pa.schema(
        [pa.field(field.name, _plain_type(field.type), True, field.metadata) for field in schema]
    )


def _plain_type(kind: pa.DataType) -> pa.DataType:
    if pa.types.is_dictionary(kind):
        return _plain_type(kind.value_type)
    return {pa.large_string(): pa.string()}.get(kind, kind)


def joint_schema() -> pa.Schema:
    """The partition and every column of every table: what the log knows. Raises StoreError."""
    fields: dict[str, pa.Field] = {PARTITION: pa.field(PARTITION, pa.string())}
    for schema in STORED.values():
        for field in plain_schema(schema):
            known = fields.setdefault(field.name, field)
            if known.type != field.type:
                raise StoreError(f"column '{field.name}' has two types: {known.type}, {field.type}")
    return pa.schema(list(fields.values()))


def write_unit(folder: str, name: str, tables: dict[str, pa.Table], keys: Iterable[str]) -> Unit:
    """Write the tables of one piece of work as data files that no reader sees yet.

    Empty tables write nothing. Raises StoreError when the folder cannot be written; whatever was
    written of this unit is then removed.
    """
    files = []
    written: list[str] = []
    try:
        for table_name, table in tables.items():
            if not table.num_rows:
                continue
            path = posixpath.join(f"{PARTITION}={table_name}", f"{name}.parquet")
            written.append(path)
            size = _write_file(folder, path, table.cast(plain_schema(STORED[table_name])))
            files.append(DataFile(table_name, path, size, table.num_rows))
    except OSError as error:
        for path in written:
            remove_file(folder, path)
        raise StoreError(
            f"{folder}: cannot write: {error.strerror or error}. What was committed "
            "before is whole; free some space and run the same command again"
        ) from error
    return Unit(name, tuple(keys), tuple(files))


def _write_file(folder: str, path: str, table: pa.Table) -> int:
    options: dict[str, Any] = {
        **_COMPRESSION,
        "use_dictionary": _repeating(table),
        "write_statistics": _repeating(table),
    }
    if "://" in folder:
        import fsspec  # noqa: PLC0415 only for object stores

        with fsspec.open(f"{folder.rstrip('/')}/{path}", "wb") as sink:
            pq.write_table(table, sink, **options)
            return int(sink.tell())
    target = Path(folder) / path
    target.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, target, **options)
    return target.stat().st_size


def _repeating(table: pa.Table) -> list[str]:
    return [name for name in table.column_names if name not in ("text", "surface", "detail")]


def remove_file(folder: str, path: str) -> None:
    """Remove a data file, if it is there."""
    if "://" in folder:
        import fsspec  # noqa: PLC0415 only for object stores

        driver, root = fsspec.core.url_to_fs(folder)
        if driver.exists(f"{root}/{path}"):
            driver.rm(f"{root}/{path}")
        return
    (Path(folder) / path).unlink(missing_ok=True)
