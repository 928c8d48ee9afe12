"""A run can be checked by anyone: hashes, packs, code, and the same tables again."""

from __future__ import annotations

import io
import json
import shutil

import pytest

from asobna.errors import StoreError
from asobna.outputs.read import Options, run_read
from asobna.outputs.verify import run_verify, verify_run
from asobna.pack_files import BUILT_IN
from asobna.packs import read_packs

ROWS = [
    {"id": "a", "lang": "en", "date": "2021-02-03", "source": "Daily A",
     "text": "Russia and Belarus held naval drills. Belarus has many lakes."},
    {"id": "b", "lang": "en", "date": "2021-02-04", "source": "Daily B", "text": "Nothing here."},
]  # fmt: skip


@pytest.fixture
def run(tmp_path):
    source = tmp_path / "texts.jsonl"
    source.write_text("".join(json.dumps(row) + "\n" for row in ROWS), encoding="utf-8")
    run_read(Options((str(source),), str(tmp_path / "run"), lang="en"))
    return tmp_path


def test_same_inputs_give_identical_tables(run, capsys):
    assert run_verify(str(run / "run")) == 0
    *lines, verdict = capsys.readouterr().out.splitlines()
    assert verdict == f"{run / 'run'}: verified: read again, it gives the same tables."
    assert all(line.startswith("same     ") for line in lines), lines
    assert [line.split()[1:3] for line in lines[-4:]] == [
        ["table", "documents:"],
        ["table", "sightings:"],
        ["table", "standings:"],
        ["table", "rejects:"],
    ]


def test_changed_input_is_found_and_nothing_is_read_again(run):
    with (run / "texts.jsonl").open("a", encoding="utf-8") as stream:
        stream.write("\n")
    found = {check.what.split()[0]: check for check in verify_run(str(run / "run"))}
    assert not found["input"].holds
    assert found["pack"].holds
    assert found["tables"].found == "not read again, since what they are made from differs"


def test_many_packs_are_counted_and_those_that_differ_named(run, capsys):
    path = run / "run" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    packs = {row["lang"]: {"sha256": row["sha256"]} for row in read_packs().languages.to_pylist()}
    count = len(packs)
    for lang in ("sv", "de"):
        packs[lang]["sha256"] = "0" * 64
    path.write_text(json.dumps(manifest | {"packs": packs}), encoding="utf-8")
    assert run_verify(str(run / "run"), rerun=False) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == f"same     packs: {count - 2} of {count}"
    assert [line[:32] for line in lines[2:4]] == [
        "DIFFERS  pack de: 000000000000, ", "DIFFERS  pack sv: 000000000000, "]  # fmt: skip
    assert lines[-1] == f"{run / 'run'}: not the same: pack de, pack sv."
    for pack in packs.values():
        pack["sha256"] = "0" * 64
    path.write_text(json.dumps(manifest | {"packs": packs}), encoding="utf-8")
    run_verify(str(run / "run"), rerun=False)
    lines = capsys.readouterr().out.splitlines()
    assert sum(line.startswith("DIFFERS  pack ") for line in lines) == 10
    assert f"DIFFERS  packs: {count - 10} more" in lines
    first = sorted(packs)[:3]
    assert lines[-1].endswith(f": not the same: pack {', pack '.join(first)} and others.")


def test_nothing_read_again_is_said(run, capsys):
    assert run_verify(str(run / "run"), rerun=False) == 0
    assert capsys.readouterr().out.splitlines()[-1] == (
        f"{run / 'run'}: inputs, packs and code are those of the run; nothing was read again."
    )


def test_missing_input_is_found(run, capsys):
    (run / "texts.jsonl").unlink()
    assert run_verify(str(run / "run"), rerun=False) == 1
    *_, told, verdict = capsys.readouterr().out.splitlines()
    path = run / "texts.jsonl"
    assert told.startswith(f"DIFFERS  input {path}: ")
    assert told.endswith(", now cannot be read")
    assert verdict == f"{run / 'run'}: not the same: input {path}."


@pytest.mark.parametrize(("part", "value"), [("asobna_version", "0.0.1"), ("packs", None)])
def test_other_code_or_pack_is_found(run, part, value):
    path = run / "run" / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    if part == "packs":
        manifest["packs"]["en"]["sha256"] = "0" * 64
    else:
        manifest[part] = value
    path.write_text(json.dumps(manifest), encoding="utf-8")
    wrong = [check.what for check in verify_run(str(run / "run")) if not check.holds]
    assert wrong == [{"packs": "pack en", "asobna_version": "asobna"}[part], "tables"]


def test_changed_table_is_found(run):
    """A run whose recorded input gives other tables than those in the folder."""
    other = run / "other.jsonl"
    other.write_text(json.dumps(ROWS[0] | {"id": "c"}) + "\n", encoding="utf-8")
    run_read(Options((str(other),), str(run / "second"), lang="en"))
    kept = (run / "run" / "manifest.json").read_text(encoding="utf-8")
    (run / "second" / "manifest.json").write_text(kept, encoding="utf-8")
    wrong = {check.what for check in verify_run(str(run / "second")) if not check.holds}
    assert {"table documents", "table standings"} <= wrong


def test_folder_without_a_run_cannot_be_verified(tmp_path):
    with pytest.raises(StoreError):
        list(verify_run(str(tmp_path)))


def test_inputs_that_are_the_same_are_counted(run, capsys):
    for at in range(5):
        (run / f"{at}.jsonl").write_text(json.dumps({"text": f"Minsk {at}.", "lang": "en"}))
    run_read(Options((str(run / "texts.jsonl"), *(str(run / f"{at}.jsonl") for at in range(5))),
                     str(run / "run"), lang="en"))  # fmt: skip
    (run / "3.jsonl").write_text(json.dumps({"text": "Brest.", "lang": "en"}))
    assert run_verify(str(run / "run"), rerun=False) == 1
    said = [line for line in capsys.readouterr().out.splitlines() if " input" in line]
    assert said[0] == "same     inputs: 5 of 6"
    assert said[1].startswith(f"DIFFERS  input {run / '3.jsonl'}: ")
    assert said[2:] == [f"{run / 'run'}: not the same: input {run / '3.jsonl'}."]


def test_a_format_that_was_given_is_given_again(tmp_path):
    (tmp_path / "a.dat").write_text("id,text\n1,Belarus\n")
    (tmp_path / "b.txt").write_text("Minsk in Belarus")
    for name, given in (("a.dat", "csv"), ("b.txt", None)):
        run_read(Options((str(tmp_path / name),), str(tmp_path / "run"), lang="en", format=given))
    assert [check.what for check in verify_run(str(tmp_path / "run")) if not check.holds] == []


def test_packs_that_were_given_are_asked(tmp_path):
    shutil.copytree(BUILT_IN / "en", tmp_path / "packs" / "en")
    shutil.copytree(BUILT_IN / "shared", tmp_path / "packs" / "shared")
    with (tmp_path / "packs" / "en" / "pack.toml").open("a") as file:
        file.write("\n# mine\n")
    (tmp_path / "a.txt").write_text("Minsk in Belarus")
    given = Options((str(tmp_path / "a.txt"),), str(tmp_path / "run"), lang="en",
                    packs=str(tmp_path / "packs"))  # fmt: skip
    run_read(given)
    assert run_verify(str(tmp_path / "run")) == 0


def test_a_stream_cannot_be_verified(tmp_path, monkeypatch):
    stdin = io.TextIOWrapper(io.BytesIO(b'{"text": "Minsk in Belarus"}\n'))
    monkeypatch.setattr("sys.stdin", stdin)
    run_read(Options(("-",), str(tmp_path / "run"), lang="en"))
    with pytest.raises(StoreError, match="was read from standard input, which cannot be read ag"):
        run_verify(str(tmp_path / "run"))
