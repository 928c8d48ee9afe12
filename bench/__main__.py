"""`python -m bench`: reading and checking beside named peers, on the same text, in one run.

Every contender runs in a process of its own, `--runs` times, in turn. What is printed are medians:
CPU seconds, megabytes of text per CPU second, peak memory, and the ratio to `read`. Peers that need
a model or a dictionary in memory are timed without loading it; `read` is timed whole, with start,
packs, judging and writing. Peers that are not installed are named and left out.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from bench.contenders import CHECKERS, READERS, Contender

RUNS = Path(__file__).parent / "runs"


def measure(contender: Contender, material: Path) -> dict[str, float] | None:
    """One run in a process of its own: CPU seconds, wall seconds, MB and peak memory in MB."""
    command = contender.command(material)
    if command is None:
        return None
    with tempfile.TemporaryDirectory() as scratch, tempfile.TemporaryFile() as said:
        environment = {
            **os.environ,
            "BENCH_SCRATCH": scratch,
            "ASOBNA_CACHE": str(material / "cache"),
            # As installed packages, an editable one too keeps what its modules compile to.
            "PYTHONDONTWRITEBYTECODE": "",
        }
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=said, stderr=subprocess.DEVNULL, env=environment)
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - began
        said.seek(0)
        last = said.read().decode("utf-8", "replace").strip().rsplit("\n", 1)[-1]
    code = os.waitstatus_to_exitcode(status)
    if code not in contender.fine:
        return None
    own = json.loads(last) if contender.tells_itself else {}
    megabytes = own.get("mb") or contender.megabytes(material)
    cpu = own.get("cpu") or usage.ru_utime + usage.ru_stime
    return {"cpu": cpu, "wall": wall, "mb": megabytes, "peak_mb": usage.ru_maxrss / 1024}


def run_all(contenders: list[Contender], material: Path, runs: int) -> list[dict[str, object]]:
    """Medians of every contender, the runs taken in turn so that a slow spell hits all alike."""
    found: dict[str, list[dict[str, float]]] = {c.name: [] for c in contenders}
    for _ in range(runs):
        for contender in contenders:
            if result := measure(contender, material):
                found[contender.name].append(result)
    rows: list[dict[str, object]] = []
    for contender in contenders:
        results = found[contender.name]
        row: dict[str, object] = {
            "name": contender.name,
            "runs": len(results),
            "does": contender.does,
        }
        if results:
            row |= {key: statistics.median(r[key] for r in results) for key in results[0]}
            row["mb_per_cpu_s"] = statistics.median(r["mb"] / r["cpu"] for r in results)
            row["cpu_all"] = [round(r["cpu"], 3) for r in results]
        rows.append(row)
    return rows


def print_table(rows: list[dict[str, object]], base: str) -> None:
    rate = {row["name"]: row.get("mb_per_cpu_s") for row in rows}
    print(f"\n{'contender':<22} {'CPU s':>8} {'MB':>6} {'MB/CPU-s':>9} {'peak MB':>8}  {base} is")
    for row in rows:
        if not row.get("mb_per_cpu_s"):
            print(f"{row['name']:<22} not here; left out")
            continue
        ratio = rate[base] / row["mb_per_cpu_s"] if rate.get(base) else float("nan")
        print(
            f"{row['name']:<22} {row['cpu']:>8.2f} {row['mb']:>6.0f} {row['mb_per_cpu_s']:>9.1f} "
            f"{row['peak_mb']:>8.0f}  {ratio:>7.2f} × as fast   {row['does']}"
        )


def _material(corpora: str, times: int) -> Path | None:
    """The folder of material, made by another process: this one must stay small, because a child
    counts the memory of its parent until it has started.
    """
    code = (
        "import sys; from pathlib import Path; from bench.material import make_material; "
        "print(make_material(Path(sys.argv[1]), int(sys.argv[2])) or '')"
    )
    said = subprocess.run(
        [sys.executable, "-c", code, corpora, str(times)],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.strip()
    return Path(said) if said else None


def versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in (
        "asobna",
        "pyarrow",
        "hyperscan",
        "ahocorasick_rs",
        "google-re2",
        "flashtext2",
        "spacy",
        "codespell",
        "proselint",
        "deltalake",
        "duckdb",
        "ray",
    ):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--times", type=int, default=1, help="repeat the corpora this many times")
    parser.add_argument("--corpora", default="../shared/corpora")
    parser.add_argument("--only", default="", help="contenders, separated by commas")
    parser.add_argument("--record", action="store_true", help="write the run to bench/runs/")
    options = parser.parse_args()
    material = _material(options.corpora, options.times)
    if material is None:
        print(f"bench: no corpora in {options.corpora}; nothing measured")
        return 0
    chosen = set(filter(None, options.only.split(",")))
    readers = [c for c in READERS if not chosen or c.name in chosen]
    checkers = [c for c in CHECKERS if not chosen or c.name in chosen]
    tables = {
        "read": run_all(readers, material, options.runs),
        "check": run_all(checkers, material, options.runs),
    }
    print_table(tables["read"], "read")
    print_table(tables["check"], "check")
    if options.record:
        RUNS.mkdir(exist_ok=True)
        now = datetime.now(UTC)
        path = (
            RUNS
            / f"{now:%Y-%m-%d}-{platform.machine()}-{os.cpu_count()}-cores-x{options.times}.json"
        )
        path.write_text(
            json.dumps(
                {
                    "taken": now.isoformat(timespec="seconds"),
                    "machine": platform.machine(),
                    "cores": os.cpu_count(),
                    "load_before": os.getloadavg()[0],
                    "versions": versions(),
                    "times": options.times,
                    **tables,
                },
                indent=1,
            )
            + "\n"
        )
        print(f"\nrecorded in bench/runs/{path.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
