"""Small inputs and helpers for the tests of reading: folders, tables, runs in a process of their own."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from asobna.outputs.read import Options, run_read
from asobna.store import STORED, Store, sorted_table

TEXTS = (
    "Belarus held a fair in Minsk.",
    "Sanctions on Russia and Belarus were extended.",
    "The committee met in Geneva and spoke of fish.",
    "A Belarusian choir sang in Vilnius, and the hall was full.",
    "Poland, Lithuania, Belarus and Latvia measured the river.",
    "Nothing is said here of any country.",
)


def records(count: int, prefix: str = "d") -> list[dict[str, str]]:
    """That many documents, two of three naming Belarus, with ids, dates and sources."""
    return [
        {"id": f"{prefix}{index}", "text": f"{TEXTS[index % 6]} This is number {index}.",
         "date": f"2024-0{1 + index % 9}-01", "source": f"Daily {'ABC'[index % 3]}", "lang": "en"}
        for index in range(count)
    ]  # fmt: skip


def write_jsonl(path: Path, rows: list[dict[str, str]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def write_parquet(path: Path, rows: list[dict[str, str]], group: int = 10) -> Path:
    pq.write_table(pa.Table.from_pylist(rows), path, row_group_size=group, compression="zstd")
    return path


def read_to(folder: Path, *paths: Path | str, **options: object) -> dict[str, pa.Table]:
    """Read into a folder and return its tables, sorted by key, without names of data files."""
    run_read(Options(tuple(map(str, paths)), str(folder), **options))
    return tables_of(folder)


def tables_of(folder: Path) -> dict[str, pa.Table]:
    store = Store(str(folder))
    tables = {name: sorted_table(store, name) for name in STORED}
    return tables | {"parts": tables["parts"].drop_columns(["unit"])}


def start_reading(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """`asobna read` in a process group of its own, so that a test can kill all of it.

    Every row group is a piece of work, so that there are moments between them.
    """
    code = (
        "from asobna.outputs.cli import main; from asobna.sources import inputs; "
        "inputs.WORK_BYTES = 1; main()"
    )
    return subprocess.Popen(
        [sys.executable, "-c", code, "read", *arguments, "--to", str(folder), "--quiet"],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
