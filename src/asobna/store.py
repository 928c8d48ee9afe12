"""Tables ⇄ a folder or object store, and the only module that knows SQL.

The store is one Delta Lake table with a partition for each of ours, so that everything read from
one piece of work appears in one commit or not at all. Each piece writes its data files first, one
per partition and named by the piece; the commit that names them makes them visible. Two writers
race for the next version of one log: the loser looks again at what is there and commits only what
is still missing.
"""

from __future__ import annotations

import json
import os
import posixpath
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from asobna.errors import StoreError
from asobna.tables import (
    DOCUMENTS,
    MENTIONS,
    PARTS,
    REJECTS,
    SIGHTINGS,
    STANDING_VALUES,
    STANDINGS,
    STORED_DOCUMENTS,
)

#: Table of the store → schema, in flow order.
STORED: dict[str, pa.Schema] = {
    "documents": STORED_DOCUMENTS,
    "sightings": SIGHTINGS,
    "mentions": MENTIONS,
    "standings": STANDINGS,
    "rejects": REJECTS,
    "parts": PARTS,
}
_WRITER = "asobna"
_PARTITION = "table"
#: What is kept is a few per cent of what is read; LZ4 writes it faster than zstd.
_COMPRESSION = {"compression": "lz4"}
_ATTEMPTS = 50
#: Memory a query may take; beyond it DuckDB says so.
QUERY_MEMORY = "700MB"


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


def _joint_schema() -> pa.Schema:
    fields: dict[str, pa.Field] = {_PARTITION: pa.field(_PARTITION, pa.string())}
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
            path = posixpath.join(f"{_PARTITION}={table_name}", f"{name}.parquet")
            written.append(path)
            size = _write_file(folder, path, table.cast(plain_schema(STORED[table_name])))
            files.append(DataFile(table_name, path, size, table.num_rows))
    except OSError as error:
        for path in written:
            _remove(folder, path)
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


def _remove(folder: str, path: str) -> None:
    if "://" in folder:
        import fsspec  # noqa: PLC0415 only for object stores

        driver, root = fsspec.core.url_to_fs(folder)
        if driver.exists(f"{root}/{path}"):
            driver.rm(f"{root}/{path}")
        return
    (Path(folder) / path).unlink(missing_ok=True)


class Store:
    """A folder of results, open for appending or reading."""

    def __init__(self, folder: str, *, create: bool = False) -> None:
        """Open the store at `folder`. Raises StoreError when there is none and `create` is off."""
        from deltalake import DeltaTable, Schema  # noqa: PLC0415 heavy
        from deltalake.exceptions import DeltaError  # noqa: PLC0415

        self.folder = folder
        self._seen: set[str] = set()
        self._done: set[str] = set()
        self._database: tuple[int, Any] | None = None
        try:
            if create:
                self._make_folder()
                self._delta = DeltaTable.create(
                    folder,
                    Schema.from_arrow(_joint_schema()),
                    mode="ignore",
                    partition_by=[_PARTITION],
                    name="asobna",
                )
            self._delta = DeltaTable(folder)
        except (DeltaError, OSError, ValueError) as error:
            raise StoreError(
                f"{folder}: {_first_line(error)}. "
                + (
                    "A folder that can be written is needed"
                    if create
                    else "Results are written there by: asobna read PATH --to DIR"
                )
            ) from error

    def _make_folder(self) -> None:
        if "://" in self.folder:
            return
        path = Path(self.folder)
        path.mkdir(parents=True, exist_ok=True)
        if not (path / "_delta_log").exists() and any(path.iterdir()):
            raise StoreError(
                f"{self.folder}: the folder is not empty and holds no results of "
                "asobna; name a new or empty folder"
            )

    # writing

    def commit(self, units: Iterable[Unit]) -> int:
        """Make the files of units visible at once; units whose keys are there already are dropped.

        Returns the number of units added. Raises StoreError when the log cannot be written.
        """
        from deltalake.exceptions import CommitFailedError, DeltaError  # noqa: PLC0415

        wanted = list(units)
        for attempt in range(_ATTEMPTS):
            self._delta.update_incremental()
            done = self.done()
            fresh = [unit for unit in wanted if done.isdisjoint(unit.keys)]
            if not fresh:
                break
            try:
                self._append(fresh)
                break
            except CommitFailedError:
                time.sleep(0.01 * (attempt + 1))
            except (DeltaError, OSError) as error:
                raise StoreError(f"{self.folder}: cannot commit: {_first_line(error)}") from error
        else:
            raise StoreError(
                f"{self.folder}: other writers kept committing; run the same command again"
            )
        self._delta.update_incremental()
        self._discard([unit for unit in wanted if unit not in fresh])
        return len(fresh)

    def _append(self, units: list[Unit]) -> None:
        from deltalake.transaction import (  # noqa: PLC0415
            AddAction,
            CommitProperties,
            Transaction,
        )

        now = int(time.time() * 1000)
        adds = [
            AddAction(
                file.path,
                file.bytes,
                {_PARTITION: file.table},
                now,
                True,
                json.dumps({"numRecords": file.rows}),
            )
            for unit in units
            for file in unit.files
        ]
        turn = (self._delta.transaction_version(_WRITER) or 0) + 1
        self._delta.create_write_transaction(
            adds,
            "append",
            self._delta.schema(),
            [_PARTITION],
            commit_properties=CommitProperties(
                app_transactions=[Transaction(_WRITER, turn)], max_commit_retries=0
            ),
        )

    def _discard(self, units: list[Unit]) -> None:
        """Remove files of units that another writer was faster to commit."""
        for unit in units:
            for file in unit.files:
                _remove(self.folder, file.path)
        halves = [unit for unit in units if not self.done().issuperset(unit.keys)]
        if halves:
            raise StoreError(
                f"{self.folder}: another reader was adding some of the same pages; "
                "run the same command again to add the rest"
            )

    # reading

    @property
    def version(self) -> int:
        """Version of the last commit seen."""
        return int(self._delta.version())

    def done(self) -> set[str]:
        """Keys of everything committed, at the version seen."""
        for file in self.files("parts"):
            if file not in self._seen:
                self._seen.add(file)
                keys = pq.read_table(self._readable(file), columns=["key"], partitioning=None)
                self._done.update(keys.column("key").to_pylist())
        return self._done

    def files(self, table: str) -> list[str]:
        """Data files of one table at the version seen, as paths or addresses."""
        uris = self._delta.file_uris(partition_filters=[(_PARTITION, "=", table)])
        return sorted(uri.removeprefix("file://") for uri in uris)

    def read(self, table: str, columns: list[str] | None = None) -> pa.Table:
        """One table at the version seen, plain types, in no order. Raises StoreError."""
        schema = plain_schema(STORED[table])
        if columns:
            schema = pa.schema([schema.field(name) for name in columns])
        files = self.files(table)
        if not files:
            return schema.empty_table()
        parts = [
            pq.read_table(self._readable(file), schema=None, columns=columns, partitioning=None)
            for file in files
        ]
        return pa.concat_tables(parts).cast(schema)

    def _readable(self, file: str) -> Any:
        if "://" not in file:
            return file
        import fsspec  # noqa: PLC0415 only for object stores

        return fsspec.open(file, "rb").open()

    def database(self) -> Any:
        """A DuckDB connection, in memory, with a view for every table at the version seen.

        It can read the files of the store and nothing else, and write nowhere.
        """
        import duckdb  # noqa: PLC0415 heavy

        if self._database and self._database[0] == self.version:
            return self._database[1]
        database = duckdb.connect(":memory:", config={"memory_limit": QUERY_MEMORY, "threads": 2})
        for name, schema in STORED.items():
            self._make_view(database, name, plain_schema(schema))
        database.execute(f"set allowed_paths = [{_quoted(self._every_file())}]")
        database.execute("set enable_external_access = false")
        database.execute("set lock_configuration = true")
        self._database = (self.version, database)
        return database

    def _every_file(self) -> list[str]:
        return [] if "://" in self.folder else [f for name in STORED for f in self.files(name)]

    def _make_view(self, database: Any, name: str, schema: pa.Schema) -> None:
        files = self.files(name)
        if not files:
            source: Any = schema.empty_table()
        elif "://" in self.folder:
            source = self._dataset(files, schema)
        else:
            columns = ", ".join(f'"{column}"' for column in schema.names)
            database.execute(
                f'create view "{name}" as select {columns} from '
                f"read_parquet([{_quoted(files)}], hive_partitioning = false)"
            )
            return
        database.register(f"stored_{name}", source)
        database.execute(f'create view "{name}" as select * from "stored_{name}"')

    def _dataset(self, files: list[str], schema: pa.Schema) -> Any:
        import fsspec  # noqa: PLC0415 only for object stores
        import pyarrow.dataset as ds  # noqa: PLC0415

        driver, _ = fsspec.core.url_to_fs(self.folder)
        paths = [driver._strip_protocol(file) for file in files]
        return ds.dataset(paths, schema=schema, format="parquet", filesystem=driver)

    def query(self, sql: str, values: list[Any] | None = None) -> pa.Table:
        """The result of a query over the tables of the store."""
        return self.database().sql(sql, params=values or []).to_arrow_table()

    def ask(self, sql: str) -> Any:
        """The relation of one reading statement of a user. Raises StoreError for anything else."""
        import duckdb  # noqa: PLC0415 heavy

        database = self.database()
        try:
            statements = database.extract_statements(sql)
            kinds = [statement.type for statement in statements]
            if len(kinds) != 1 or kinds[0] not in (
                duckdb.StatementType.SELECT,
                duckdb.StatementType.EXPLAIN,
            ):
                raise StoreError(
                    "one SELECT (or WITH, DESCRIBE, EXPLAIN) is needed; nothing is "
                    f"changed by a query. Tables are {', '.join(STORED)}"
                )
            return database.sql(sql)
        except duckdb.Error as error:
            raise StoreError(f"the query was not understood: {error}") from error

    def batches(self, table: str, rows: int) -> Iterator[pa.RecordBatch]:
        """One table in the order of its key, some rows at a time, without holding it in memory."""
        schema = plain_schema(STORED[table])
        keys = ", ".join(f'"{name}" nulls first' for name in _KEYS[table])
        reader = self.database().sql(f'select * from "{table}" order by {keys}')
        for batch in reader.to_arrow_reader(rows):
            yield batch.cast(schema)

    def inputs(self) -> list[dict[str, Any]]:
        """Path, sha256 and bytes of every input that was read, in order of path."""
        rows = self.query("""select distinct path, sha256, input_bytes as bytes from parts
                             order by path, sha256""")
        return list(rows.to_pylist())

    def counts(self) -> dict[str, Any]:
        """Rows of every table, documents that name Belarus, and what to know about ids."""
        tables = [name for name in STORED if name != "parts"]
        totals = ", ".join(f"(select count(*) from {name}) as {name}" for name in tables)
        return dict(
            self.query(f"""
            select {totals}, count(*) filter (mentions > 0) as documents_naming_belarus,
                coalesce(sum(bytes), 0)::bigint as text_bytes,
                count(*) - count(distinct document_id) as double_ids from documents""").to_pylist()[
                0
            ]
        )

    def standings_by_document(self) -> dict[str, Any]:
        """For each standing, its mentions in every document that has any, as equal-long arrays."""
        counts = ", ".join(
            f"count(*) filter (standing = '{name}')::bigint as \"{name}\""
            for name in STANDING_VALUES
        )
        table = self.query(
            f"select {counts} from standings group by document_id order by document_id"
        )
        return {name: table.column(name).to_numpy() for name in STANDING_VALUES}

    def rejects_by_reason(self) -> list[dict[str, Any]]:
        """Reason, number and one detail of everything that was not read, most frequent first."""
        return list(
            self.query("""select reason, count(*) as n, min(detail) as detail from rejects
                                  group by reason order by n desc, reason""").to_pylist()
        )

    def random_sentences(self, per_class: int, seed: int) -> list[dict[str, Any]]:
        """Mentions drawn at random within each standing, with their sentence and document.

        The order is a hash of seed, document and place: the same whoever wrote the tables.
        """
        return list(
            self.query(
                """
            with drawn as (
                select *, row_number() over (partition by standing order by
                    md5(concat_ws('|', ?::varchar, document_id, start_cp, end_cp))) as place
                from standings)
            select drawn.*, documents.text, documents.source, documents.date, documents.path,
                documents.line
            from drawn join documents using (document_id)
            where place <= ? and documents.mentions > 0
            order by standing, place""",
                [str(seed), per_class],
            ).to_pylist()
        )


def _quoted(files: list[str]) -> str:
    return ", ".join("'" + file.replace("'", "''") + "'" for file in files)


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0]


# sorted tables and the folder as a whole

_KEYS = {
    "documents": ("path", "line", "document_id"),
    "rejects": ("path", "line", "reason", "detail"),
    "sightings": ("document_id", "start_cp", "end_cp"),
    "parts": ("key",),
    "mentions": ("document_id", "start_cp", "end_cp"),
    "standings": ("document_id", "start_cp", "end_cp"),
}


def sorted_table(store: Store, table: str) -> pa.Table:
    """One table of the store in the order of its key: the same whoever wrote it."""
    rows = store.read(table)
    return rows.sort_by([(name, "ascending") for name in _KEYS[table]])


def read_folder(folder: str) -> tuple[pa.Table, pa.Table, dict[str, Any]]:
    """(STORED_DOCUMENTS, STANDINGS, manifest) of a folder that `asobna read` wrote, sorted by key.

    Documents without a mention are there with an empty text. Raises StoreError.
    """
    store = Store(folder)
    manifest = read_manifest(folder)
    return (
        _coded(sorted_table(store, "documents"), STORED_DOCUMENTS),
        _coded(sorted_table(store, "standings"), STANDINGS),
        manifest,
    )


def _coded(table: pa.Table, schema: pa.Schema) -> pa.Table:
    """The table with its dictionaries back, as `tables.py` promises them."""
    arrays = [
        table.column(field.name).dictionary_encode().cast(field.type)
        if pa.types.is_dictionary(field.type)
        else table.column(field.name).cast(field.type)
        for field in schema
    ]
    return pa.Table.from_arrays(arrays, schema=schema)


MANIFEST = "manifest.json"


def read_manifest(folder: str) -> dict[str, Any]:
    """The manifest of a folder. Raises StoreError when it is missing or broken."""
    try:
        if "://" in folder:
            import fsspec  # noqa: PLC0415 only for object stores

            with fsspec.open(f"{folder.rstrip('/')}/{MANIFEST}", "rb") as file:
                return dict(json.load(file))
        return dict(json.loads((Path(folder) / MANIFEST).read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise StoreError(
            f"{folder}: no whole {MANIFEST} ({error}); run the same asobna read again to finish it"
        ) from error


def write_manifest(folder: str, manifest: dict[str, Any]) -> None:
    """Write the manifest in one step: a reader sees the old one or the new one."""
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    if "://" in folder:
        import fsspec  # noqa: PLC0415 only for object stores

        with fsspec.open(f"{folder.rstrip('/')}/{MANIFEST}", "wb") as file:
            file.write(text.encode())
        return
    target = Path(folder) / MANIFEST
    draft = target.with_suffix(f".{os.getpid()}.tmp")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StoreError(f"{target}: cannot write: {error.strerror or error}") from error


def documents_table(table: pa.Table) -> pa.Table:
    """The DOCUMENTS columns of stored documents."""
    return table.select(DOCUMENTS.names)
