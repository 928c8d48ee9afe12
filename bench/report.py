"""How long a report of a million mentions takes, and how much memory: `python bench/report.py`.

A made-up folder is written once (codes drawn by chance, no classifier), then `asobna report` runs
on it in a process of its own, whose peak memory is read from the operating system. Goals: 20 s,
1 GB.
"""

from __future__ import annotations

import json
import multiprocessing
import os
import platform
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa

from asobna.manifest import begin_manifest, finish_manifest
from asobna.packs import read_packs
from asobna.store import STORED, Store, plain_schema, write_manifest, write_unit

SECONDS, MEBIBYTES = 20, 1024
MENTIONS_A_DOCUMENT, SOURCES, SPEAKERS, YEARS = 3, 40, 300, 8
NAMING = 0.5
TEXT = "Belarus and its neighbours signed a paper on rivers. " * 30
#: One document in so many has the very text of the one before it.
REPRINTED = 20
PART = 100_000


def made_up_folder(folder: Path, mentions: int) -> None:
    """A folder of `mentions` mentions in a third as many documents, and as many without any."""
    rng = np.random.default_rng(1)
    store = Store(str(folder), create=True)
    documents = int(mentions / MENTIONS_A_DOCUMENT / NAMING)
    for number, first in enumerate(range(0, documents, PART)):
        rows = min(PART, documents - first)
        store.commit([write_unit(str(folder), f"unit{number}", _part(rng, first, rows),
                                 [f"made-up:{number}"])])  # fmt: skip
    begun = begin_manifest(read_packs(only=("en",)), {"map": {}, "lang": "en"}, 1)
    write_manifest(str(folder), finish_manifest(begun, [], {"mentions": mentions, "rejects": 0}))


def _part(rng: np.random.Generator, first: int, rows: int) -> dict[str, pa.Table]:
    ids = [f"doc{first + at:07d}" for at in range(rows)]
    texts = [id_ if at % REPRINTED else ids[max(0, at - 1)] for at, id_ in enumerate(ids)]
    naming = rng.random(rows) < NAMING
    days = np.datetime64("2018-01-01") + rng.integers(0, 365 * YEARS, rows)
    source = rng.integers(0, SOURCES, rows)
    documents = {
        "document_id": ids, "title": ids, "lang": ["en"] * rows, "kind": ["news"] * rows,
        "text": [f"{TEXT}{id_}" if named else "" for id_, named in zip(texts, naming, strict=True)],
        "date": days.astype(str).tolist(), "source": [f"Daily {at:02d}" for at in source],
        "party": [f"Group {at % 7}" for at in source], "regions": [[]] * rows,
        "speaker": [f"Member {at}" for at in rng.integers(0, SPEAKERS, rows)],
        "bytes": [1600] * rows, "mentions": (naming * MENTIONS_A_DOCUMENT).tolist(),
    }  # fmt: skip
    named = np.repeat(np.flatnonzero(naming), MENTIONS_A_DOCUMENT)
    return {
        "documents": _table("documents", documents, rows),
        "standings": _table("standings", _codes(rng, [ids[at] for at in named]), len(named)),
    }


def _codes(rng: np.random.Generator, ids: list[str]) -> dict[str, list[object]]:
    def drawn(values: dict[object, float]) -> list[object]:
        picked = rng.choice(len(values), len(ids), p=list(values.values()))
        return [list(values)[at] for at in picked]

    place = [at % MENTIONS_A_DOCUMENT * 52 for at in range(len(ids))]
    return {
        "document_id": list(ids), "start_cp": place, "end_cp": [at + 7 for at in place],
        "surface": ["Belarus"] * len(ids), "sentence_start_cp": place,
        "sentence_end_cp": [at + 52 for at in place], "class": ["belarus.country"] * len(ids),
        "entity": ["BY"] * len(ids), "name_form": ["preferred"] * len(ids),
        "lang": ["en"] * len(ids), "rule_id": ["made.up"] * len(ids),
        "standing": drawn({"own": .7, "contrasted": .08, "listed": .08, "paired": .12,
                           "derived": .015, "absorbed": .005}),
        "warrant": drawn({"parallel": .9, "none-given": .1}),
        "support": drawn({"epithet": .5, "argued": .5}), "basis": ["place"] * len(ids),
        "russia_in_scope": drawn({False: .7, True: .3}),
        "actor": drawn({"country": .4, "regime": .3, "people": .2, "other": .1}),
        "blame": drawn({"R0": .9, "R1": .07, "R2": .02, "R3": .01}),
        "voice": drawn({"author": .9, "quoted": .1}), "time": ["present"] * len(ids),
        "evidence_start_cp": place, "evidence_end_cp": place,
    }  # fmt: skip


def _table(name: str, columns: dict[str, list[object]], rows: int) -> pa.Table:
    schema = plain_schema(STORED[name])
    return pa.Table.from_arrays(
        [pa.array(columns.get(field.name, [None] * rows), field.type) for field in schema],
        schema=schema)  # fmt: skip


def run_once(folder: Path, output_format: str, page: Path) -> tuple[float, float, float]:
    """Wall seconds, CPU seconds and peak mebibytes of one report in a process of its own."""
    code = (
        "import sys; from asobna.outputs.report import report_command; "
        "report_command(sys.argv[1:], standalone_mode=False)"
    )
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.perf_counter()
    subprocess.run([sys.executable, "-c", code, str(folder), "--output-format", output_format,
                    "--to", str(page)], check=True)  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return time.perf_counter() - started, cpu, after.ru_maxrss / 1024


def main() -> int:
    """Time the report and write the run to bench/runs/; returns 1 when a goal is missed."""
    mentions = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    repeats = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "folder"
        # In a process of its own: a child's peak memory begins with that of its parent.
        maker = multiprocessing.get_context("spawn").Process(
            target=made_up_folder, args=(folder, mentions)
        )
        maker.start()
        maker.join()
        runs = {form: [run_once(folder, form, Path(place) / "page") for _ in range(repeats)]
                for form in ("html", "json")}  # fmt: skip
    told = {
        form: {"seconds": round(statistics.median(run[0] for run in found), 1),
               "cpu_seconds": round(statistics.median(run[1] for run in found), 1),
               "peak_mebibytes": round(max(run[2] for run in found))}
        for form, found in runs.items()}  # fmt: skip
    record = {"what": "asobna report", "mentions": mentions, "repeats": repeats,
              "date": date.today().isoformat(), "python": platform.python_version(),
              "machine": platform.machine(), "load": round(os.getloadavg()[0], 1),
              "goals": {"seconds": SECONDS, "peak_mebibytes": MEBIBYTES}, **told}  # fmt: skip
    target = Path(__file__).parent / "runs" / f"report-{record['date']}.json"
    target.parent.mkdir(exist_ok=True)
    target.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=1))
    html = told["html"]
    return int(html["seconds"] > SECONDS or html["peak_mebibytes"] > MEBIBYTES)


if __name__ == "__main__":
    sys.exit(main())
