"""`python -m bench.scale`: reading the corpora 1, 4 and 19 times over, with one worker and with two.

Every copy is a Parquet file of its own, so that none is known from another. Printed are megabytes of
text, CPU and wall seconds, peak memory of one process, and CPU seconds for a gigabyte, beside those
of only decompressing and decoding the same text. 19 copies are ten gigabytes and some minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
from bench.material import make_material

RUNS = Path(__file__).parent / "runs"


def write_copies(source: Path, folder: Path, count: int) -> list[str]:
    """Paths of `count` files with the rows of `source`, different in their metadata alone."""
    folder.mkdir(exist_ok=True)
    file = pq.ParquetFile(source)
    paths = [folder / f"copy-{number:02}.parquet" for number in range(count)]
    for path in paths:
        if path.exists():
            continue
        mark = {"copy": path.stem}
        unfinished = path.with_suffix(".part")
        with pq.ParquetWriter(
            unfinished, file.schema_arrow.with_metadata(mark), compression="zstd"
        ) as writer:
            for group in range(file.num_row_groups):
                table = file.read_row_group(group, use_threads=False)
                writer.write_table(table.replace_schema_metadata(mark))
        unfinished.rename(path)
    return [str(path) for path in paths]


def measure(command: list[str]) -> dict[str, float]:
    """CPU and wall seconds and peak memory in MB of one command."""
    began = time.perf_counter()
    # As installed packages, an editable one too keeps what its modules compile to.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"bench.scale: {command[-3:]} failed")
    return {
        "cpu": usage.ru_utime + usage.ru_stime,
        "wall": time.perf_counter() - began,
        "peak_mb": usage.ru_maxrss / 1024,
    }


def read_command(paths: list[str], to: Path, workers: int) -> list[str]:
    code = "from asobna.outputs.cli import main; main()"
    options = ["--to", str(to), "--quiet", "--workers", str(workers)]
    return [sys.executable, "-c", code, "read", *paths, *options]


def floor_command(paths: list[str]) -> list[str]:
    """Decompress and decode every row group of the same files, and nothing else."""
    code = (
        "import sys, pyarrow.parquet as pq\n"
        "for path in sys.argv[1:]:\n"
        "    file = pq.ParquetFile(path, memory_map=True, pre_buffer=False)\n"
        "    for group in range(file.num_row_groups): file.read_row_group(group, use_threads=False)"
    )
    return [sys.executable, "-c", code, *paths]


def measure_all(material: Path, counts: list[int], workers: list[int]) -> list[dict[str, Any]]:
    """A row for each number of copies and workers; the scan is compiled before the first."""
    text_mb = (material / "all.txt").stat().st_size / 1e6
    paths = write_copies(material / "all.parquet", material / "copies", max(counts))
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch:
        measure(read_command(paths[:1], Path(scratch) / "first", 1))
        for count in counts:
            floor = measure(floor_command(paths[:count]))
            rows.append({"what": "floor", "copies": count, "mb": count * text_mb, **floor})
            for number in workers:
                to = Path(scratch) / f"{count}-{number}"
                found = measure(read_command(paths[:count], to, number))
                rows.append({**rows[-1], "what": f"read, {number} workers", **found})
                print_row(rows[-1], floor)
    return rows


def print_row(row: dict[str, Any], floor: dict[str, float]) -> None:
    print(
        f"{row['what']:<18} {row['mb']:>8,.0f} MB  CPU {row['cpu']:>7.2f} s  wall "
        f"{row['wall']:>7.2f} s  {row['peak_mb']:>5.0f} MB  "
        f"{row['cpu'] / row['mb'] * 1000:>6.2f} CPU s/GB  "
        f"{row['cpu'] / floor['cpu']:.1f} × the floor",
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.scale", description=__doc__)
    parser.add_argument("--copies", type=int, nargs="+", default=[1, 4, 19])
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--corpora", default="../shared/corpora")
    parser.add_argument("--record", action="store_true", help="write the run to bench/runs/")
    options = parser.parse_args()
    material = make_material(Path(options.corpora), 1)
    if material is None:
        print(f"bench.scale: no corpora in {options.corpora}; nothing measured")
        return 0
    rows = measure_all(material, options.copies, options.workers)
    if options.record:
        run = {"taken": datetime.now(UTC).isoformat(timespec="seconds"), "cores": os.cpu_count(),
               "load_before": os.getloadavg()[0], "rows": rows}  # fmt: skip
        (RUNS / "scale.json").write_text(json.dumps(run, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
