"""Long measurements on the corpora: nothing dropped, memory bounded, figures for docs/scale.md."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from asobna.packs import read_packs
from asobna.scanning import scan_rows
from asobna.sources.columns import read_mapping
from asobna.sources.inputs import describe_input, plan_work
from asobna.sources.pieces import read_rows

CORPORA = Path("../shared/corpora")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CORPORA.exists(), reason="the corpora are not here"),
]


@pytest.mark.parametrize("name", ["wce", "g0vse", "wh", "hrr", "bundestag"])
def test_no_document_with_a_mention_is_dropped_from_the_corpora(name):
    """The same tables with the scan in front and without it."""
    works = plan_work([describe_input(str(CORPORA / f"{name}.jsonl.zst"))], read_mapping(None, None),
                      set())  # fmt: skip
    packs = read_packs(only=("en", "sv", "de"))
    for work in works:
        for piece in read_rows(work):
            fast, slow = (scan_rows(piece.rows, packs, prefilter=on) for on in (True, False))
            assert fast.standings.equals(slow.standings)
            assert fast.sightings.equals(slow.sightings)
            assert fast.documents.column("mentions").equals(slow.documents.column("mentions"))


def peak_megabytes(path: Path, folder: Path) -> float:
    """Of a small process's child: until it runs, a child counts the memory of its parent."""
    code = (
        "import os, subprocess, sys\n"
        "run = [sys.executable, '-c', 'from asobna.outputs.cli import main; main()', *sys.argv[1:]]\n"
        "_, status, usage = os.wait4(subprocess.Popen(run).pid, 0)\n"
        "print(usage.ru_maxrss / 1024 if status == 0 else 'failed')"
    )
    command = [sys.executable, "-c", code, "read", str(path), "--to", str(folder), "--quiet"]
    return float(subprocess.run(command, check=True, capture_output=True).stdout)


def test_memory_does_not_grow_with_the_input(tmp_path):
    """A quarter of a gigabyte of text and a whole one take the same memory, below a gigabyte."""
    rows = [json.loads(line) for line in _lines(CORPORA / "wce.jsonl.zst", 8000)]
    table = pa.Table.from_pylist(
        [{k: row.get(k) for k in ("text", "date", "lang")} for row in rows]
    )
    peaks = []
    for times in (3, 12):
        path = tmp_path / f"{times}.parquet"
        with pq.ParquetWriter(path, table.schema, compression="zstd") as writer:
            for _ in range(times * 4):
                writer.write_table(table)
        peaks.append(peak_megabytes(path, tmp_path / f"out{times}"))
    assert max(peaks) < 1000
    assert peaks[1] < 1.15 * peaks[0]


def _lines(path: Path, count: int) -> list[bytes]:
    import zstandard

    with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as stream:
        return stream.read(1 << 25).split(b"\n")[: min(count, 8000)][:-1]
