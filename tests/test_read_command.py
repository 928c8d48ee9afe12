"""`read`, `query` and `export` as a person and a program meet them."""

from __future__ import annotations

import csv
import json
import sqlite3

import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from asobna.errors import StoreError
from asobna.outputs.cli import cli
from asobna.outputs.export import run_export
from asobna.outputs.query import run_query
from asobna.store import STORED
from reading import read_to, records, write_jsonl


@pytest.fixture
def folder(tmp_path):
    read_to(tmp_path / "out", write_jsonl(tmp_path / "a.jsonl", [*records(36), {"id": "x"}]))
    return tmp_path / "out"


def run(*arguments):
    return CliRunner().invoke(cli, [str(argument) for argument in arguments])


def test_the_summary_tells_counts_shares_sentences_and_rejects(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", [*records(36), {"id": "x"}])
    result = run("read", path, "--to", tmp_path / "out", "--seed", "3")
    lines = result.stdout.splitlines()
    assert lines[0] == "24 of 36 documents name Belarus (66.7 %); 30 mentions."
    assert lines[2] == "standing     mentions   share   95 % interval"
    assert lines[3].startswith("own                18   60.0 %   ")
    assert lines[5].startswith("listed              6   20.0 %   ")
    assert "Up to 3 sentences of each, drawn at random (seed 3), the mention marked:" in lines
    assert result.stdout.count("Sanctions on Russia and [Belarus] were extended.") == 3
    assert "       1  no-text     for example: " in result.stdout
    assert max(len(line) for line in lines if "Tables are in" not in line) < 80
    assert (result.stderr, result.exit_code) == ("", 0)


def test_the_same_seed_draws_the_same_sentences(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", records(60))
    shown = [run("read", path, "--to", tmp_path / name, "--seed", seed).stdout.partition("\nTables")[0]
             for name, seed in (("a", 1), ("b", 1), ("c", 2))]  # fmt: skip
    assert shown[0] == shown[1]
    assert shown[0].replace("seed 1", "seed 2") != shown[2]


def test_quiet_says_nothing(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", records(6))
    assert run("read", path, "--to", tmp_path / "out", "--quiet").output == ""


def test_a_question_is_answered_as_text_csv_and_json(folder, capsys):
    sql = "select standing, count(*) as n from standings group by 1 order by 2 desc, 1"
    run_query(str(folder), sql)
    assert capsys.readouterr().out.splitlines() == [
        "standing  n", "own       18", "listed    6", "paired    6"]  # fmt: skip
    run_query(str(folder), sql, "csv")
    assert capsys.readouterr().out.splitlines() == ["standing,n", "own,18", "listed,6", "paired,6"]
    run_query(str(folder), sql + " limit 1", "json")
    assert json.loads(capsys.readouterr().out) == {"standing": "own", "n": 18}


@pytest.mark.parametrize(("sql", "message"), [
    ("delete from standings", "one SELECT"),
    ("select 1; select 2", "one SELECT"),
    ("copy standings to 'x.csv'", "one SELECT"),
    ("select * from read_text('/etc/hostname')", "disabled by configuration"),
    ("select nonsense from standings", "the query was not understood"),
    ("set memory_limit = '9GB'", "one SELECT")])  # fmt: skip
def test_a_question_changes_and_reaches_nothing_else(folder, sql, message):
    with pytest.raises(StoreError, match=message):
        run_query(str(folder), sql)


def test_columns_are_told_without_a_question(folder, capsys):
    run_query(str(folder), None)
    told = capsys.readouterr().out
    assert [line for line in told.splitlines() if line[0] != " "] == list(STORED)
    assert "  blame                string       R0, R1, R2, R3" in told


def test_an_export_holds_every_row_with_a_dictionary(folder, tmp_path):
    for name in ("parquet", "csv", "jsonl", "sqlite"):
        run_export(str(folder), str(tmp_path / name), name)
    package = json.loads((tmp_path / "csv" / "datapackage.json").read_text())
    assert [resource["name"] for resource in package["resources"]] == list(STORED)
    blame = {f["name"]: f for f in package["resources"][3]["schema"]["fields"]}["blame"]
    assert blame == {"name": "blame", "type": "string", "description": "R0, R1, R2, R3",
                     "constraints": {"required": True}}  # fmt: skip
    table = pq.read_table(tmp_path / "parquet" / "standings.parquet")
    with (tmp_path / "csv" / "standings.csv").open() as file:
        from_csv = list(csv.DictReader(file))
    lines = (tmp_path / "jsonl" / "standings.jsonl").read_text().splitlines()
    with sqlite3.connect(tmp_path / "sqlite" / "asobna.sqlite") as database:
        from_sqlite = database.execute("select document_id, standing from standings").fetchall()
    wanted = [(row["document_id"], row["standing"]) for row in table.to_pylist()]
    assert len(wanted) == 30
    assert [(row["document_id"], row["standing"]) for row in from_csv] == wanted
    assert [(row["document_id"], row["standing"]) for row in map(json.loads, lines)] == wanted
    assert from_sqlite == wanted


@pytest.mark.parametrize("text", ["", " ", "\r\n", 'a "b", c'])
def test_an_export_fits_its_dictionary_in_a_reader_of_others(tmp_path, text):
    """A document that does not name Belarus is kept without its text."""
    frictionless = pytest.importorskip("frictionless")
    rows = [*records(4), {"id": "none", "text": f"Nothing here{text}.", "title": text,
                          "lang": "en"}, {"id": "x"}]  # fmt: skip
    read_to(tmp_path / "t", write_jsonl(tmp_path / "a.jsonl", rows))
    run_export(str(tmp_path / "t"), str(tmp_path / "x"), "csv")
    with (tmp_path / "x" / "documents.csv").open(newline="") as file:
        assert [row["text"] == "" for row in csv.DictReader(file)] == [False] * 2 + [True] + [
            False] + [True]  # fmt: skip
    found = frictionless.validate(str(tmp_path / "x" / "datapackage.json"))
    assert found.valid, found.flatten(["fieldName", "message"])[:5]
    package = json.loads((tmp_path / "x" / "datapackage.json").read_text())
    fields = {f["name"]: f["constraints"] for f in package["resources"][0]["schema"]["fields"]}
    assert (fields["text"], fields["document_id"]) == ({"required": False}, {"required": True})


def test_an_export_writes_over_nothing(folder, tmp_path):
    with pytest.raises(StoreError, match="exists already; name a new folder"):
        run_export(str(folder), str(tmp_path), "csv")
    assert not list(tmp_path.glob(".*"))


@pytest.mark.parametrize(("arguments", "message"), [
    (["nowhere.txt"], "nowhere.txt: no such file or folder"),
    (["."], "holds no results of asobna")])  # fmt: skip
def test_what_cannot_be_read_exits_with_two(arguments, message, tmp_path, monkeypatch):
    (tmp_path / "a.txt").write_text("Minsk.")
    monkeypatch.chdir(tmp_path)
    result = run("read", *arguments, "--to", ".")
    assert message in str(result.exception)
    assert result.exception.exit_code == 2


@pytest.mark.parametrize("given", ["out", "./out/", "sub/../out"])
def test_a_relative_folder_keeps_what_was_read(tmp_path, monkeypatch, given):
    (tmp_path / "sub").mkdir()
    write_jsonl(tmp_path / "a.jsonl", records(36))
    monkeypatch.chdir(tmp_path)
    for _ in range(2):  # what was read before is not read again, and is there
        result = run("read", "a.jsonl", "--to", given)
        assert result.stdout.startswith("24 of 36 documents name Belarus (66.7 %); 30 mentions.")
        assert (result.stderr, result.exit_code) == ("", 0)
    asked = run("query", given, "select count(*) as n from documents", "--output-format", "csv")
    assert asked.stdout.split() == ["n", "36"]


def test_results_inside_the_folder_that_is_read_are_not_read(tmp_path, monkeypatch):
    write_jsonl(tmp_path / "a.jsonl", records(6))
    monkeypatch.chdir(tmp_path)
    for _ in range(3):
        result = run("read", ".", "--to", "results")
        assert result.stdout.startswith("4 of 6 documents name Belarus (66.7 %); 5 mentions.")
        assert result.stderr == ""


def test_files_of_a_folder_that_are_not_read_are_told(tmp_path, folder):
    (tmp_path / "in").mkdir()
    write_jsonl(tmp_path / "in" / "a.jsonl", records(6))
    (tmp_path / "in" / "b.xlsx").write_bytes(b"PK")
    (tmp_path / "in" / ".c.xlsx").write_bytes(b"PK")
    result = run("read", str(tmp_path / "in"), "--to", str(tmp_path / "out"))
    assert result.stderr == (
        "asobna: 1 file of the folders has an ending that is not read, for example "
        f"{tmp_path}/in/b.xlsx\n"
    )
