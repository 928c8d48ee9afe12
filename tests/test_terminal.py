"""What is shown at a terminal: findings of a long text, and lines within its columns."""

from __future__ import annotations

import io
import json
from types import SimpleNamespace

import pytest

from asobna.outputs import terminal
from asobna.outputs.series import SeriesArguments, run_series
from asobna.positions import Lines
from corpora import newspaper, write_folder

FINDING = {
    "path": "a.txt", "location": None, "column": 1, "end_column": 11, "severity": "S",
    "rule_id": "name.former", "message": "A former name.", "because": "It is former.",
    "wordings": ["Belarus"], "advice": "", "facts": [],
}  # fmt: skip


def test_the_lines_of_a_text_are_looked_for_once(monkeypatch):
    """What is counted is the work: for every finding it would be the square of a long text."""
    made = []

    class Counted(Lines):
        def __init__(self, text):
            made.append(text)
            super().__init__(text)

    monkeypatch.setattr(terminal, "Lines", Counted)
    text = "Belorussia\n" * 300
    findings = [FINDING | {"line": line, "end_line": line} for line in range(1, 301)]
    findings += [FINDING | {"path": "b.txt", "line": 1, "end_line": 1}]
    stream = io.StringIO()
    terminal.write_findings(findings, {"a.txt": text, "b.txt": "Belorussia rose."}, stream)
    assert [made.count(text), made.count("Belorussia rose.")] == [1, 1]
    lines = stream.getvalue().splitlines()
    assert lines.count("          Belorussia") == 300
    assert lines.count("          Belorussia rose.") == 1
    assert lines.count("          ^^^^^^^^^^") == 301
    assert lines[-1] == "301 to look at: 301 style. Nothing here is a grade."


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    dates = [f"{2018 + month // 12}-{month % 12 + 1:02d}-01" for month in range(80)]
    documents, mentions = newspaper(1600, seed_dates=dates)
    return write_folder(tmp_path_factory.mktemp("made") / "folder", documents, mentions)


@pytest.mark.parametrize("columns", [60, 80])
def test_a_series_keeps_within_the_terminal(folder, capsys, monkeypatch, columns):
    monkeypatch.setattr("shutil.get_terminal_size", lambda: SimpleNamespace(columns=columns))
    assert run_series(SeriesArguments(str(folder), ("own_terms",))) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= max(columns, len(lines[0]))
    assert lines[:3] == [
        "Before and from 2022-02-24; as published, uncorrected, 95 % intervals.", "", "Own terms",
    ]  # fmt: skip
    assert lines[3].startswith("  BY  before ")
    assert all(line.startswith("      ") for line in lines[4:-1])
    run_series(SeriesArguments(str(folder), ("own_terms",), output_format="json"))
    jump = json.loads(capsys.readouterr().out)["measures"][0]["countries"][0]["jump"]
    told = " ".join(" ".join(lines[3:-1]).split())
    assert f"larger than at {jump['placebo_rank'] * 100:.0f} % of {jump['placebo_dates']}" in told
