"""docs/rounds-offline.md runs as it stands, and its table of limits is the code's."""

from __future__ import annotations

import importlib
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from asobna_rounds.ledger_cli import ledger
from asobna_rounds.moderator_cli import moderator
from asobna_rounds.registrar.cli import registrar

GUIDE = Path(__file__).parents[2] / "docs" / "rounds-offline.md"
TEXT = GUIDE.read_text("utf-8")
MODULES = ("sealing", "moderator", "ledger_rules", "promises", "locked_file")
MORE = ("registrar.store", "credentials.vouchers")


@click.group()
def rounds() -> None:
    """The offline verbs as `asobna-rounds` mounts them."""


for verb in (registrar, moderator, ledger):
    rounds.add_command(verb)


def steps() -> list[tuple[str, str]]:
    """(command, expected output) of every `$` line in the guide."""
    found = []
    for block in re.findall(r"```console\n(.*?)```", TEXT, re.DOTALL):
        for part in re.split(r"^\$ ", block, flags=re.MULTILINE)[1:]:
            command, _, output = part.partition("\n")
            found.append((command, output))
    return found


def run(command: str) -> str:
    """Run one line of the guide; returns what a terminal shows."""
    line, _, target = command.partition(" > ")
    words = shlex.split(line)
    if words[0] == "python3":
        done = subprocess.run(
            [sys.executable, "-I", *words[1:]], capture_output=True, text=True, check=True
        )
        out, err = done.stdout, done.stderr
    else:
        result = CliRunner().invoke(rounds, words[1:], catch_exceptions=False)
        assert result.exit_code == 0, result.output
        out, err = result.stdout, result.stderr
    if target:
        Path(target).write_text(out, "utf-8")
        return err
    return err + out


def test_the_guide_runs_as_it_stands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("pass.txt").write_text("five words that are long\n", "utf-8")
    Path("pending.txt").write_text("", "utf-8")
    Path("before.txt").write_text("nothing was asked yet\n", "utf-8")
    done = 0
    for command, expected in steps():
        pattern = ".+".join(re.escape(part) for part in expected.split("…"))
        shown = run(command)
        assert re.fullmatch(pattern, shown, re.DOTALL), (command, shown)
        done += 1
    assert done == 28
    assert len("".join(Path("credential.txt").read_text().split())) == 384
    assert not Path("slips.pdf").exists()


def test_the_limits_in_the_guide_are_those_of_the_code() -> None:
    modules = [importlib.import_module(f"asobna_rounds.{name}") for name in (*MODULES, *MORE)]
    table = re.findall(r"^\| `([A-Z_]+)` \| (\d+) \|", TEXT, re.MULTILINE)
    assert len(table) == 10
    for name, value in table:
        (found,) = {getattr(module, name) for module in modules if hasattr(module, name)}
        assert found == int(value), name
