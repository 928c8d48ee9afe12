"""The log of commits: what is visible, what was read before, and questions to the tables."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from asobna.errors import StoreError
from asobna.store.files import PARTITION, STORED, Unit, joint_schema, plain_schema, remove_file
from asobna.store.manifests import LOG, no_results, read_manifest, require_results
from asobna.tables import STANDING_VALUES, STANDINGS, STORED_DOCUMENTS

_WRITER = "asobna"
_ATTEMPTS = 50
#: What Delta Lake takes for a sign of an address wherever it stands.
_ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")
#: Memory a query may take; beyond it DuckDB says so.
QUERY_MEMORY = "700MB"


class Store:
    """A folder of results, open for appending or reading."""

    def __init__(self, folder: str, *, create: bool = False) -> None:
        """Open the store at `folder`. Raises StoreError when there is none and `create` is off."""
        if not create:
            require_results(folder)
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
                    _address(folder),
                    Schema.from_arrow(joint_schema()),
                    mode="ignore",
                    partition_by=[PARTITION],
                    name="asobna",
                )
            self._delta = DeltaTable(_address(folder))
        except (DeltaError, OSError, ValueError) as error:
            if not create:
                raise no_results(
                    f"{folder}: holds no results of asobna that can be opened "
                    f"({_first_line(error)})"
                ) from error
            raise StoreError(
                f"{folder}: {_first_line(error)}; name a folder that can be written"
            ) from error

    def _make_folder(self) -> None:
        if "://" in self.folder:
            return
        path = Path(self.folder)
        if _ESCAPED.search(str(path.absolute())):
            raise StoreError(
                f"{self.folder}: Delta Lake cannot keep a table where a per cent sign and two "
                "digits stand in the name of a folder; name another folder"
            )
        path.mkdir(parents=True, exist_ok=True)
        if not (path / LOG).exists() and any(path.iterdir()):
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
        from deltalake.transaction import AddAction  # noqa: PLC0415 heavy

        now = int(time.time() * 1000)
        self._write(
            [
                AddAction(
                    file.path,
                    file.bytes,
                    {PARTITION: file.table},
                    now,
                    True,
                    json.dumps({"numRecords": file.rows}),
                )
                for unit in units
                for file in unit.files
            ]
        )

    def _write(self, actions: list[Any]) -> None:
        """One commit. Only one of several writers that saw the same version can make it."""
        from deltalake.transaction import CommitProperties, Transaction  # noqa: PLC0415 heavy

        turn = Transaction(_WRITER, (self._delta.transaction_version(_WRITER) or 0) + 1)
        self._delta.create_write_transaction(
            actions,
            "append",
            self._delta.schema(),
            [PARTITION],
            commit_properties=CommitProperties(app_transactions=[turn], max_commit_retries=0),
        )

    def _discard(self, units: list[Unit]) -> None:
        """Remove files of units that another writer was faster to commit."""
        for unit in units:
            for file in unit.files:
                remove_file(self.folder, file.path)
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
        """Data files of one table at the version seen, as absolute paths or addresses.

        The log tells places as parts of an address, where a blank is %20: of a local one only the
        name of the file is taken, which holds no such sign.
        """
        inside = f"{PARTITION}={table}"
        uris = [uri for uri in self._delta.file_uris() if uri.split("/")[-2] == inside]
        if "://" in self.folder:
            return sorted(uris)
        place = Path(self.folder).absolute() / inside
        return sorted(str(place / uri.rsplit("/", 1)[1]) for uri in uris)

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

    def drop_inputs(self, paths: Iterable[str]) -> int:
        """Take out everything read from these paths, in one commit; returns the units removed.

        Units that hold other pages too lose those as well: they are read again.
        """
        from deltalake.transaction import RemoveAction  # noqa: PLC0415 heavy

        asked = set(paths)
        parts = self.read("parts", ["path", "unit"]).to_pylist()
        units = {row["unit"] for row in parts if row["path"] in asked}
        now = int(time.time() * 1000)
        removals = [
            RemoveAction(
                f"{PARTITION}={name}/{file.rsplit('/', 1)[1]}",
                True,
                now,
                partition_values={PARTITION: name},
            )
            for name in STORED
            for file in self.files(name)
            if file.rsplit("/", 1)[1].removesuffix(".parquet") in units
        ]
        if removals:
            self._write(removals)
            self._delta.update_incremental()
            self._seen, self._done = set(), set()
        return len(units)

    def named_files(self) -> list[str]:
        """Every data file that a commit names or once named: another reader may still have it."""
        dropped = self._delta.vacuum(
            retention_hours=0, dry_run=True, enforce_retention_duration=False
        )
        folder = self.folder.rstrip("/")
        return [*self._every_file(), *(f"{folder}/{path}" for path in dropped)]

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
                count(*) filter (date_reliability = 'absurd') as dates_not_read,
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

    def example_of_unread_date(self) -> str:
        """File and line, or page, of the first document whose date could not be read."""
        rows = self.query("""
            select coalesce(path, document_id) as path, line from documents
            where date_reliability = 'absurd' order by path, line limit 1""").to_pylist()
        return ":".join(str(part) for row in rows for part in row.values() if part is not None)

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


def _address(folder: str) -> str:
    """The folder as Delta Lake takes any: as an address, whatever signs its name holds."""
    return folder if "://" in folder else Path(folder).absolute().as_uri()


def _quoted(files: list[str]) -> str:
    return ", ".join("'" + file.replace("'", "''") + "'" for file in files)


def _first_line(error: Exception) -> str:
    told = getattr(error, "strerror", None) or str(error)
    return told.strip().split("\n")[0].rstrip(".!")


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
