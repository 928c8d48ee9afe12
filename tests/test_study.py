"""The study's page shows the figures of its last run, and the run gives them again."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
STUDY = ROOT / "studies" / "white-house"
CORPORA = ROOT.parent / "shared" / "corpora"
PAGE = (STUDY / "README.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def study():
    spec = importlib.util.spec_from_file_location("study_figures", STUDY / "figures.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def figures():
    return json.loads((STUDY / "figures.json").read_text(encoding="utf-8"))


def test_tables_of_the_page_are_made_from_the_figures(study, figures):
    assert study.page(figures, PAGE) == PAGE
    assert PAGE.count("| own terms |") == 2


def test_sentence_on_top_holds_the_figures(figures):
    top = " ".join(PAGE.split("## ")[0].split())
    before, since = (figures["wh"]["sides"]["own_terms"][side]["printed"].split("\u00a0")[0]
                     for side in ("before", "from"))  # fmt: skip
    assert f"own terms fell from {before} % to {since} %" in top


def test_words_of_the_page_are_borne_out(figures):
    """What the page says in words, asked of the figures."""
    for name in ("wh", "wce"):
        found = figures[name]
        assert found["series"]["own_terms"]["placebo_rank"] >= 0.95
        assert found["differences"]["own_terms"]["high"] < 0
        assert found["differences"]["warranted"]["low"] > 0
    strict = figures["wh"]["sides"]["strict"]
    assert [strict[side]["numerator"] for side in ("before", "from")] == [0.0, 1.0]
    assert figures["wh"]["whole"]["broad"] == figures["wh"]["whole"]["strict"]
    beside = {row["country"]: row for row in figures["wh"]["controls"][1]["rows"]}
    assert beside["KZ"]["before"].startswith("hidden")
    assert beside["BY"]["difference"]["low"] > beside["IR"]["difference"]["high"]
    crude = {row["country"]: row["difference"] for row in figures["wce"]["controls"][0]["rows"]}
    assert [land for land, found in crude.items() if found and found["high"] < 0] == ["BY"]
    names = [figures[name]["whole"]["outdated_name"] for name in ("wh", "wce")]
    assert [one["numerator"] for one in names] == [0.0, 0.0]
    counts = [f"{one['denominator']:.0f}" for one in names]
    assert f"Outdated names: none in {counts[0]} and {counts[1]} forms of the name." in PAGE
    kazakhstan = {row["country"]: row for row in figures["wce"]["controls"][1]["rows"]}["KZ"]
    assert kazakhstan["difference"]["low"] > 0


def test_no_text_is_in_the_figures(figures):
    """Only numbers, codes and what is printed of them: no sentence, no path."""

    def walk(value):
        if isinstance(value, dict):
            for inner in value.values():
                yield from walk(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from walk(inner)
        elif isinstance(value, str):
            yield value

    said = {text for text in walk(figures) if len(text.split(" ")) > 5}
    packs = {found["run"]["packs"] for found in figures.values()}
    assert {
        text for text in said - packs if not text.startswith(("hidden: ", "not given"))
    } == set()
    assert not [text for text in walk(figures) if "/" in text]


@pytest.mark.slow
@pytest.mark.skipif(not CORPORA.exists(), reason="the given texts are not here")
@pytest.mark.parametrize(("name", "controls"), [("wh", "KZ IR CN"), ("wce", "KZ GE IR CN")])
def test_running_the_study_again_gives_its_figures(name, controls, study, figures, tmp_path):
    tools = tmp_path / "bin"
    tools.mkdir()
    asobna = tools / "asobna"
    asobna.write_text(f"#!/bin/sh\nexec {sys.executable} -c 'from asobna.outputs.cli import main; "
                      "main()' \"$@\"\n", encoding="utf-8")  # fmt: skip
    asobna.chmod(0o755)
    done = subprocess.run(
        ["sh", STUDY / "run.sh", CORPORA / f"{name}.jsonl.zst", tmp_path / "out", controls],
        env=os.environ | {"PATH": f"{tools}:{os.environ['PATH']}"}, cwd=tmp_path, check=False,
        capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    again = study.gather(tmp_path / "out")
    again["run"] = figures[name]["run"]  # versions and hashes are those of the day
    assert study.tables(again) == study.tables(figures[name])
