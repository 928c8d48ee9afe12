"""What is read is committed whole, once, whatever happens to the reader."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import subprocess
import threading
import time
from pathlib import Path

import pyarrow as pa
import pytest

from asobna.errors import InputError, StoreError
from asobna.manifest import require_same
from asobna.outputs.read import Options, _inputs_of, run_read
from asobna.store import STORED, Lease, Store, plain_schema, read_folder, read_manifest, write_unit
from asobna.tables import REJECTS, STANDINGS, STORED_DOCUMENTS, rows_to_table
from reading import read_to, records, start_reading, write_jsonl, write_parquet


@pytest.fixture
def inputs(tmp_path, small_works):
    (tmp_path / "in").mkdir()
    write_parquet(tmp_path / "in" / "a.parquet", records(60))
    write_jsonl(tmp_path / "in" / "b.jsonl", [*records(20, "j"), {"id": "x"}])
    (tmp_path / "in" / "c.txt").write_text("Belarus and Russia signed. Minsk waited.")
    return tmp_path / "in"


@pytest.fixture
def undisturbed(inputs, tmp_path):
    return read_to(tmp_path / "undisturbed", inputs)


def test_a_run_writes_every_table_and_counts_itself(inputs, undisturbed, tmp_path):
    assert {name: table.num_rows for name, table in undisturbed.items()} == {
        "documents": 81, "sightings": 137, "mentions": 70, "standings": 70, "rejects": 1,
        "parts": 8}  # fmt: skip
    manifest = read_manifest(str(tmp_path / "undisturbed"))
    assert manifest["counts"]["documents_naming_belarus"] == 55
    assert manifest["counts"]["rejects"] == 1
    assert [item["path"] for item in manifest["inputs"]] == [
        str(inputs / name) for name in ("a.parquet", "b.jsonl", "c.txt")]  # fmt: skip
    assert manifest["finished"] >= manifest["started"]
    assert manifest["packs"]["en"].keys() == {"version", "sha256", "state"}


def test_only_documents_that_name_belarus_keep_their_text(undisturbed):
    rows = undisturbed["documents"].to_pylist()
    assert all(bool(row["text"]) == (row["mentions"] > 0) for row in rows)
    assert sum(row["mentions"] for row in rows) == 70
    assert all(row["bytes"] > 30 for row in rows)


def test_read_folder_has_the_types_of_the_schemas(undisturbed, tmp_path):
    documents, standings, manifest = read_folder(str(tmp_path / "undisturbed"))
    assert documents.schema.equals(STORED_DOCUMENTS)
    assert standings.schema.equals(STANDINGS)
    assert manifest["seed"] == 1


def test_the_same_input_adds_nothing(inputs, undisturbed, tmp_path):
    folder = tmp_path / "undisturbed"
    before = Store(str(folder)).version
    assert read_to(folder, inputs) == undisturbed
    shutil.copy(inputs / "a.parquet", inputs / "same-content.parquet")
    assert read_to(folder, inputs) == undisturbed
    assert Store(str(folder)).version == before


def test_a_new_input_is_added_and_a_changed_one_replaced(inputs, undisturbed, tmp_path, capsys):
    write_jsonl(inputs / "d.jsonl", records(6, "new"))
    (inputs / "c.txt").write_text("Minsk is the capital of Belarus. Hrodna has a zoo.")
    found = read_to(tmp_path / "undisturbed", inputs)
    assert found["documents"].num_rows == 81 + 6
    assert "1 input has changed and is read again: " in capsys.readouterr().err
    assert found == read_to(tmp_path / "fresh", inputs)


def test_an_input_is_hashed_when_it_is_its_turn_but_one_that_was_read_at_once(inputs, tmp_path):
    paths = [str(inputs / name) for name in ("a.parquet", "b.jsonl", "c.txt")]
    run_read(Options((paths[2],), str(tmp_path / "out")))
    Path(paths[2]).write_text("Hrodna has a zoo.")
    store = Store(str(tmp_path / "out"))
    found = _inputs_of(paths, store, Options(tuple(paths), str(tmp_path / "out")))
    assert store.inputs() == []  # it has changed: what was read from it is out
    Path(paths[2]).unlink()
    assert next(found).path == paths[0]
    Path(paths[1]).unlink()
    with pytest.raises(InputError, match=r"b\.jsonl: No such file"):
        next(found)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_inputs_come_in_the_order_of_their_paths(inputs, tmp_path, workers):
    paths = sorted(map(str, inputs.iterdir()), reverse=True)
    options = Options(tuple(paths), str(tmp_path / "out"), workers=workers)
    store = Store(options.folder, create=True)
    assert [item.path for item in _inputs_of(paths, store, options)] == paths


def test_other_packs_or_parameters_need_another_folder(inputs, undisturbed, tmp_path):
    with pytest.raises(StoreError, match=r"was read with other parameters \(lang\)"):
        run_read(Options((str(inputs),), str(tmp_path / "undisturbed"), lang="en"))
    with pytest.raises(StoreError, match=r"was read with other parameters \(map\)"):
        run_read(Options((str(inputs),), str(tmp_path / "undisturbed"), mapping="text=body"))


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "novel.txt").write_text("Chapter one")
    with pytest.raises(StoreError, match="is not empty and holds no results"):
        Store(str(tmp_path), create=True)
    with pytest.raises(StoreError, match="holds no results of asobna; results are written there"):
        Store(str(tmp_path))


@pytest.mark.parametrize("name", ["my texts", "żółw Беларусь 文", "it's [1] #2 100% a&b"])
def test_results_may_lie_in_a_folder_of_any_name(inputs, undisturbed, tmp_path, monkeypatch, name):
    assert read_to(tmp_path / name, inputs) == undisturbed
    monkeypatch.chdir(tmp_path)
    assert Store(name).counts()["standings"] == 70
    assert read_to(Path(name), inputs) == undisturbed
    assert left_overs(tmp_path / name) == []


def test_a_folder_that_delta_lake_cannot_keep_is_refused_before_it_is_made(tmp_path):
    with pytest.raises(StoreError, match="a per cent sign and two digits"):
        Store(str(tmp_path / "a%20b"), create=True)
    assert not (tmp_path / "a%20b").exists()


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("other", "holds no results of asobna"),
        ("file", "is no folder"),
        ("absent", "no such folder"),
        ("broken", "holds no results of asobna that can be opened (Generic delta kernel error: "
                   "No files in log segment)"),
    ],
)  # fmt: skip
def test_where_nothing_was_read_is_said_plainly(tmp_path, monkeypatch, name, found):
    monkeypatch.chdir(tmp_path)
    Path("other").mkdir()
    Path("file").touch()
    Path("broken/_delta_log").mkdir(parents=True)
    wanted = f"{name}: {found}; results are written there by: asobna read PATH --to DIR"
    with pytest.raises(StoreError) as caught:
        Store(name)
    assert str(caught.value) == wanted
    if name != "broken":
        with pytest.raises(StoreError) as caught:
            read_manifest(name)
        assert str(caught.value) == wanted


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "No such file or directory"), ("{", "it is broken: Expecting property name")],
)
def test_a_reading_without_a_whole_manifest_says_how_to_finish_it(tmp_path, content, why):
    (tmp_path / "_delta_log").mkdir()
    if content is not None:
        (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(StoreError) as caught:
        read_manifest(str(tmp_path))
    assert str(caught.value).startswith(f"{tmp_path}: no whole manifest.json ({why}")
    assert str(caught.value).endswith("); run the same asobna read again to finish it")


def test_of_many_packs_that_differ_some_are_named():
    then = {"asobna_version": "1", "schema_version": 1, "parameters": {},
            "packs": {f"p{number:02}": "a" for number in range(30)}}  # fmt: skip
    with pytest.raises(StoreError) as caught:
        require_same(then, then | {"packs": dict.fromkeys(then["packs"], "b")}, "t")
    assert str(caught.value) == (
        "t: was read with other packs (30 differ: p00, p01, p02, p03, p04 and others); figures "
        "must not be mixed. Read into a new folder"
    )


def kill_group(process):
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def kill_and_resume(inputs, folder, kills, seed, workers="1"):
    """Kill readers at random moments, as often as asked, starting over in a new folder whenever
    one finishes; after the last kill, read to the end. Returns the tables of every folder.
    """
    chance = random.Random(seed)
    finished, done, longest = [folder], 0, 3.0
    while done < kills:
        began = time.monotonic()
        process = start_reading(finished[-1], str(inputs), "--workers", workers)
        try:
            process.communicate(timeout=chance.uniform(0.2, longest))
        except subprocess.TimeoutExpired:
            kill_group(process)
            done += 1
            continue
        assert process.returncode == 0
        longest = max(0.6, 0.97 * (time.monotonic() - began))
        finished.append(folder.with_name(f"{folder.name}-{done}"))
    return [read_to(place, inputs) for place in finished]


def left_overs(folder):
    named = set(Store(str(folder)).named_files())
    return [path for path in folder.rglob("*.parquet") if str(path) not in named] + list(folder.rglob(".writing/*"))  # fmt: skip


def test_killed_readers_lose_nothing_and_add_nothing_twice(
    inputs, undisturbed, tmp_path, monkeypatch
):
    for tables in kill_and_resume(inputs, tmp_path / "killed", 5, seed=1):
        assert tables == undisturbed
    assert left_overs(tmp_path / "killed") == []


@pytest.mark.slow
def test_two_hundred_kills(inputs, undisturbed, tmp_path):
    folders = kill_and_resume(inputs, tmp_path / "k", 150, seed=2)
    folders += kill_and_resume(inputs, tmp_path / "w", 60, seed=3, workers="2")
    assert len(folders) >= 2
    assert all(tables == undisturbed for tables in folders)
    assert [left_overs(path) for path in tmp_path.glob("[kw]*")] == [[]] * len(
        list(tmp_path.glob("[kw]*")))  # fmt: skip


def test_two_writers_do_not_corrupt_and_do_not_double(inputs, undisturbed, tmp_path):
    folder = tmp_path / "both"
    Store(str(folder), create=True)
    writers = [start_reading(folder, str(inputs)) for _ in range(2)]
    errors = [writer.communicate()[1].decode() for writer in writers]
    assert all(not e or "another reader was adding some of the same pages" in e for e in errors)
    assert read_to(folder, inputs) == undisturbed
    assert left_overs(folder) == []


def unit_of(folder, key, rows=3):
    rejects = rows_to_table([{"path": "p", "line": n, "reason": "empty", "detail": key}
                             for n in range(rows)], REJECTS)  # fmt: skip
    parts = {"key": key, "path": "p", "sha256": "s", "input_bytes": 1, "part": 0, "unit": key,
             "documents": 0, "unread": rows}  # fmt: skip
    tables = {"rejects": rejects, "parts": rows_to_table([parts], STORED["parts"])}
    return write_unit(str(folder), f"run-{key}-{threading.get_ident()}", tables, [key])


def test_racing_commits_of_the_same_keys_add_each_once(tmp_path):
    Store(str(tmp_path / "s"), create=True)
    added = []

    def write():
        store = Store(str(tmp_path / "s"))
        for number in range(12):
            added.append(store.commit([unit_of(tmp_path / "s", f"k{number}")]))

    threads = [threading.Thread(target=write) for _ in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    assert sum(added) == 12
    assert Store(str(tmp_path / "s")).read("rejects").num_rows == 36


def test_a_reader_never_sees_half_a_commit(tmp_path):
    Store(str(tmp_path / "s"), create=True)
    seen, stop = [], threading.Event()

    def look():
        while not stop.is_set():
            store = Store(str(tmp_path / "s"))
            seen.append((store.read("rejects").num_rows, store.read("parts").num_rows))

    reader = threading.Thread(target=look)
    reader.start()
    store = Store(str(tmp_path / "s"))
    for number in range(25):
        store.commit([unit_of(tmp_path / "s", f"k{number}")])
    stop.set()
    reader.join()
    assert all(rejects == 3 * parts for rejects, parts in seen)
    assert seen[-1][1] > 0


def test_left_overs_of_the_dead_go_and_files_of_the_living_stay(inputs, tmp_path):
    folder = tmp_path / "s"
    Store(str(folder), create=True)
    living = Lease(str(folder))
    orphan = folder / "table=rejects" / "dead00-1.parquet"
    ours = folder / "table=rejects" / f"{living.run}-1.parquet"
    orphan.parent.mkdir()
    orphan.write_bytes(b"half")
    ours.write_bytes(b"under way")
    Lease(str(folder)).release([])
    assert (orphan.exists(), ours.exists()) == (False, True)
    living.release([])
    assert not ours.exists()
    assert not (folder / ".writing").exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small tmpfs needs root")
def test_a_full_disk_stops_with_a_message_and_goes_on_later(tmp_path, small_works):
    data = write_parquet(tmp_path / "big.parquet", records(6000), group=500)
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", disk], check=False
    ).returncode:
        pytest.skip("this machine does not let tests mount")
    try:
        with pytest.raises(StoreError, match="free some space and run the same command again"):
            read_to(disk / "s", data)
        survived = Store(str(disk / "s"))
        parts = survived.read("parts", ["unit"]).num_rows
        assert survived.read("documents").num_rows == 500 * parts < 6000
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        assert read_to(disk / "s", data) == read_to(tmp_path / "undisturbed", data)
        assert left_overs(disk / "s") == []
    finally:
        subprocess.run(["umount", disk], check=True)


def test_columns_of_one_name_have_one_type():
    kinds = {}
    for schema in STORED.values():
        for field in plain_schema(schema):
            assert kinds.setdefault(field.name, field.type) == field.type
    assert kinds["text"] == pa.string()
