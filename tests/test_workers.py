"""Engines, numbers of workers, batch sizes and order change nothing in the tables."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from importlib.util import find_spec
from pathlib import Path

import pyarrow as pa
import pytest

from asobna.outputs.read import Options, run_read
from asobna.scanning import Sieve, scan_rows
from asobna.sources.columns import read_mapping
from asobna.sources.inputs import describe_input, plan_work
from asobna.store import Store
from asobna.workers import Job, _pool, read_unit
from reading import read_to, records, start_reading, tables_of, write_jsonl, write_parquet


@pytest.fixture
def inputs(tmp_path, small_works):
    folder = tmp_path / "in"
    folder.mkdir()
    write_parquet(folder / "a.parquet", records(120), group=15)
    write_jsonl(folder / "b.jsonl", records(40, "j"))
    (folder / "c.md").write_text(
        "# Minsk\n\nBelarus and Russia signed.\n\n> Belarus is not Russia.\n"
    )
    return folder


def test_two_workers_write_the_same_tables(inputs, tmp_path):
    assert read_to(tmp_path / "two", inputs, workers=2) == read_to(tmp_path / "one", inputs)


def test_a_worker_looks_for_no_frames():
    if find_spec("pandas") is None:
        pytest.skip("pandas is not installed")
    with _pool(1) as pool:
        assert pool.submit(_imported_after_an_array, "pandas").result() is False


def _imported_after_an_array(module):
    pa.array(["Minsk"]).to_numpy(zero_copy_only=False)
    return module in sys.modules


def test_batches_and_order_of_inputs_change_nothing(inputs, tmp_path, monkeypatch):
    wanted = read_to(tmp_path / "one", inputs)
    monkeypatch.setattr("asobna.sources.pieces.BATCH_BYTES", 200)
    paths = sorted(inputs.iterdir(), reverse=True)
    assert read_to(tmp_path / "small", *paths) == wanted


def test_how_many_row_groups_are_read_together_changes_no_table(inputs, tmp_path, monkeypatch):
    wanted = read_to(tmp_path / "one", inputs)
    monkeypatch.setattr("asobna.sources.inputs.WORK_BYTES", 64 << 20)
    together = read_to(tmp_path / "together", inputs)
    parts = [tables.pop("parts") for tables in (wanted, together)]
    assert parts[0]["key"].equals(parts[1]["key"])
    assert [sum(table["documents"].to_pylist()) for table in parts] == [161, 161]
    assert sum(count > 0 for count in parts[1]["documents"].to_pylist()) == 3
    assert together == wanted


def test_a_reading_goes_on_where_other_row_groups_were_read_together(inputs, tmp_path, monkeypatch):
    wanted = read_to(tmp_path / "one", inputs)
    works = list(
        plan_work([describe_input(str(inputs / "a.parquet"))], read_mapping(None, None), set())
    )
    done = [works[1], works[4]]
    store = Store(str(tmp_path / "half"), create=True)
    store.commit([read_unit(Job(str(tmp_path / "half")), work) for work in done])
    monkeypatch.setattr("asobna.sources.inputs.WORK_BYTES", 64 << 20)
    keys = {key for work in done for key in work.keys}
    left = plan_work([works[0].inputs[0]], read_mapping(None, None), keys)
    assert [(work.part, work.groups) for work in left] == [(0, 1), (2, 2), (5, 3)]
    assert read_to(tmp_path / "half", inputs).pop("documents") == wanted["documents"]


class Whole(Sieve):
    """Holds everything back, and reads it whole."""

    def add(self, rows):
        self._batches.append(rows)

    def read(self):
        rows = pa.concat_tables(self._batches).unify_dictionaries().combine_chunks()
        return scan_rows(rows, self._packs, prefilter=False)


def test_the_prefilter_drops_nothing(inputs, tmp_path, monkeypatch):
    wanted = read_to(tmp_path / "on", inputs)
    monkeypatch.setattr("asobna.workers.Sieve", Whole)
    assert read_to(tmp_path / "off", inputs) == wanted


def children_of(pid):
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for children in lists for child in children.read_text().split()]


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc")
def test_a_killed_worker_changes_nothing(inputs, tmp_path):
    write_parquet(inputs / "more.parquet", records(2000, "m"), group=40)
    process = start_reading(tmp_path / "killed", str(inputs), "--workers", "2")
    killed = 0
    for _ in range(6000):
        time.sleep(0.01)
        if process.poll() is not None:
            break
        workers = [pid for pid in children_of(process.pid) if b"spawn_main" in command_of(pid)]
        if workers and not killed and (tmp_path / "killed" / "table=parts").exists():
            os.kill(workers[-1], signal.SIGKILL)
            killed += 1
    assert process.wait() == 0, process.stderr.read()
    assert killed >= 1
    assert tables_of(tmp_path / "killed") == read_to(tmp_path / "one", inputs)


def command_of(pid):
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


@pytest.mark.slow
def test_a_cluster_of_two_nodes_writes_the_same_tables_when_a_node_dies(inputs, tmp_path):
    """Starts and stops its own cluster; one node and one worker are killed while it reads."""
    ray = pytest.importorskip("ray")
    from ray.cluster_utils import Cluster

    write_parquet(inputs / "more.parquet", records(6000, "m"), group=100)
    wanted = read_to(tmp_path / "one", inputs)
    cluster = Cluster(
        initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False}
    )
    try:
        second = cluster.add_node(num_cpus=1)
        ray.init(address=cluster.address, log_to_driver=False)
        assert len([node for node in ray.nodes() if node["Alive"]]) == 2

        def disturb():
            while not (tmp_path / "ray" / "table=parts").exists():
                time.sleep(0.05)
            cluster.remove_node(second, allow_graceful=False)

        thread = threading.Thread(target=disturb)
        thread.start()
        run_read(Options((str(inputs),), str(tmp_path / "ray"), workers=2, engine="ray"))
        thread.join()
        until = time.monotonic() + 60  # the cluster takes a while to notice
        while len([node for node in ray.nodes() if node["Alive"]]) > 1:
            assert time.monotonic() < until
            time.sleep(0.5)
        assert tables_of(tmp_path / "ray") == wanted
    finally:
        ray.shutdown()
        cluster.shutdown()
