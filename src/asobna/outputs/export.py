"""`asobna export DIR --to OUT`: plain files of every table, with a data dictionary."""

from __future__ import annotations

import csv
import hashlib
import json
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click
import pyarrow as pa
import pyarrow.parquet as pq

from asobna.errors import StoreError
from asobna.store import STORED, Store, plain_schema, read_manifest

FORMATS = ("parquet", "csv", "jsonl", "sqlite")
PACKAGE = "datapackage.json"
#: Text columns that always have a value, which may be the empty text: as CSV that is no value.
MAY_BE_EMPTY = ("text",)
_BATCH_ROWS = 8192
_KEPT = ("asobna_version", "packs", "parameters", "counts")
_FRICTIONLESS = {"string": "string", "int32": "integer", "int64": "integer", "bool": "boolean",
                 "float": "number", "double": "number"}  # fmt: skip
_SQLITE = {"integer": "INTEGER", "boolean": "INTEGER"}


@click.command("export")
@click.argument("folder", metavar="DIR")
@click.option("--to", "target", required=True, metavar="OUT", help="New folder for the files.")
@click.option("--format", "format", type=click.Choice(FORMATS), default="parquet",
              show_default=True)  # fmt: skip
def export_command(folder: str, target: str, format: str) -> int:
    """Write the tables of DIR as plain files with a data dictionary (datapackage.json)."""
    run_export(folder, target, format)
    click.echo(f"{target}: {', '.join(name for name in STORED)} as {format}, {PACKAGE}", err=True)
    return 0


def run_export(folder: str, target: str, format: str) -> None:
    """Write every table, sorted by its key, and the dictionary; the folder appears when whole.

    Raises StoreError when `target` exists or cannot be written.
    """
    store, manifest = Store(folder), read_manifest(folder)
    place = Path(target)
    try:
        if place.exists():
            raise StoreError(f"{target}: exists already; name a new folder")
        with _draft_of(place) as draft:
            resources = _write_sqlite(store, draft) if format == "sqlite" else [
                _write_table(store, name, draft, format) for name in STORED
            ]  # fmt: skip
            _write_package(draft, resources, manifest)
            draft.chmod(0o755)
            draft.rename(place)
    except (OSError, sqlite3.OperationalError) as error:
        why = getattr(error, "strerror", None) or error
        raise StoreError(
            f"{target}: cannot write: {why}; name a new folder in one that can be written"
        ) from error


@contextmanager
def _draft_of(place: Path) -> Iterator[Path]:
    """A hidden folder beside `place` to fill; what is left of it goes, with the folders that were
    made to hold it.
    """
    made = [parent for parent in place.parents if not parent.exists()]
    draft = None
    try:
        if not place.parent.exists():
            place.parent.mkdir(parents=True, exist_ok=True)
        draft = tempfile.mkdtemp(prefix=f".{place.name[:100]}-", dir=place.parent)
        yield Path(draft)
    finally:
        if draft is not None:
            shutil.rmtree(draft, ignore_errors=True)
        with suppress(OSError):  # a folder with something in it stays
            for parent in made:
                parent.rmdir()


def _write_table(store: Store, name: str, draft: Path, format: str) -> dict[str, Any]:
    path = draft / f"{name}.{format}"
    _FILE_WRITERS[format](store, name, path)
    return _resource(name, path, format)


def _batches(store: Store, name: str) -> Iterator[pa.RecordBatch]:
    return store.batches(name, _BATCH_ROWS)


def _write_parquet(store: Store, name: str, path: Path) -> None:
    with pq.ParquetWriter(path, plain_schema(STORED[name]), compression="zstd") as writer:
        for batch in _batches(store, name):
            writer.write_batch(batch)


def _write_csv(store: Store, name: str, path: Path) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(STORED[name].names)
        for row in _plain_rows(store, name):
            writer.writerow(row.values())


def _write_jsonl(store: Store, name: str, path: Path) -> None:
    with path.open("w", encoding="utf-8") as file:
        for batch in _batches(store, name):
            for row in batch.to_pylist():
                file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _plain_rows(store: Store, name: str) -> Iterator[dict[str, Any]]:
    """Rows whose lists are JSON text, for formats that have no lists."""
    for batch in _batches(store, name):
        for row in batch.to_pylist():
            yield {key: json.dumps(value, ensure_ascii=False) if isinstance(value, list) else value
                   for key, value in row.items()}  # fmt: skip


_FILE_WRITERS = {"parquet": _write_parquet, "csv": _write_csv, "jsonl": _write_jsonl}


def _write_sqlite(store: Store, draft: Path) -> list[dict[str, Any]]:
    path = draft / "asobna.sqlite"
    connection = sqlite3.connect(path)
    try:
        for name, schema in STORED.items():
            fields = fields_of(schema)
            columns = ", ".join(f'"{f["name"]}" {_SQLITE.get(f["type"], "TEXT")}' for f in fields)
            connection.execute(f'create table "{name}" ({columns})')
            marks = ", ".join("?" * len(fields))
            connection.executemany(
                f'insert into "{name}" values ({marks})',
                (tuple(row.values()) for row in _plain_rows(store, name)),
            )
        connection.commit()
    finally:
        connection.close()
    return [_resource(name, path, "sqlite") for name in STORED]


def _resource(name: str, path: Path, format: str) -> dict[str, Any]:
    """A table in the words of the Frictionless Data Package standard (v1)."""
    kind = {"csv": "text/csv", "jsonl": "application/jsonl", "sqlite": "application/vnd.sqlite3",
            "parquet": "application/vnd.apache.parquet"}[format]  # fmt: skip
    resource: dict[str, Any] = {
        "name": name, "path": path.name, "format": format, "mediatype": kind,
        "profile": "tabular-data-resource" if format == "csv" else "data-resource",
        "encoding": "utf-8", "bytes": path.stat().st_size, "hash": f"sha256:{_sha256(path)}",
        "schema": {"fields": fields_of(STORED[name]), "missingValues": [""]},
    }  # fmt: skip
    if format == "sqlite":
        resource["dialect"] = {"table": name}
    return resource


def fields_of(schema: pa.Schema) -> list[dict[str, Any]]:
    """The columns of a table in the words of Frictionless Table Schema."""
    return [
        {"name": field.name, "type": _FRICTIONLESS.get(str(plain.type), "array"),
         "description": field.metadata[b"meaning"].decode(),
         "constraints": {"required": not (field.nullable or field.name in MAY_BE_EMPTY)}}
        for field, plain in zip(schema, plain_schema(schema), strict=True)
    ]  # fmt: skip


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write_package(draft: Path, resources: list[dict[str, Any]], manifest: dict[str, Any]) -> None:
    package = {
        "profile": "data-package", "name": "asobna-reading",
        "title": "Mentions of Belarus and how they stand to Russia",
        "created": manifest["finished"] or manifest["started"],
        "asobna": {key: manifest[key] for key in _KEPT},
        "resources": resources,
    }  # fmt: skip
    (draft / PACKAGE).write_text(json.dumps(package, ensure_ascii=False, indent=1) + "\n",
                                 encoding="utf-8")  # fmt: skip
