"""docs/rounds.md runs as it stands, and its table of limits is the code's."""

from __future__ import annotations

import importlib
import re
import shlex
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from asobna_rounds.cli import ROLES, commands

TEXT = (Path(__file__).parents[2] / "docs" / "rounds.md").read_text("utf-8")


def steps() -> list[tuple[str, str]]:
    """(command, expected output) of every `$` line."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


def run(command: str) -> str:
    words = shlex.split(command)
    if words[0] == "mkdir":
        Path(words[1]).mkdir()
        return ""
    if words[0] == "cp":
        shutil.copy(words[1], words[2])
        return ""
    result = CliRunner().invoke(commands, words[1:], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_guide_runs_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for command, expected in steps():
        pattern = ".+".join(re.escape(part) for part in expected.split("…"))
        shown = run(command)
        assert re.fullmatch(pattern, shown, re.DOTALL), (command, shown)
    assert len(steps()) == 4


def test_the_limits_in_the_guide_are_those_of_the_code() -> None:
    rows = re.findall(r"^\| `([A-Z_]+)` \| (\d+) \| ([a-z_.]+) \|", TEXT, re.MULTILINE)
    assert len(rows) == 14
    for name, value, place in rows:
        module = importlib.import_module(f"asobna_rounds.{place}")
        assert getattr(module, name) == int(value), name


def test_every_command_the_guide_names_is_there() -> None:
    named = set(re.findall(r"asobna-rounds ([a-z]+)", TEXT))
    assert named <= set(ROLES)
    assert {"demo", "check", "open", "serve", "collect", "mix", "close", "attack"} <= named
