"""Where the output has no room, every command says so in one line and ends with 2."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from reading import read_to, records, write_jsonl

FULL = Path("/dev/full")
CODE = "from asobna.outputs.cli import main; main()"
pytestmark = pytest.mark.skipif(not FULL.exists(), reason="this system has no /dev/full")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("full")
    read_to(place / "t", write_jsonl(place / "a.jsonl", records(6)))
    (place / "draft.txt").write_text("Belorussia voted.\n", encoding="utf-8")
    return place


@pytest.mark.parametrize(
    "command",
    [
        ["check", "draft.txt", "--lang", "en"],
        ["check", "draft.txt", "--lang", "en", "--output-format", "json"],
        ["facts", "Minsk"],
        ["query", "t"],
        ["query", "t", "select * from standings"],
        ["kwic", "t"],
        ["report", "t", "--output-format", "md"],
        ["verify", "t", "--no-rerun"],
    ],
    ids=" ".join,
)
def test_a_full_disk_is_one_line_and_code_2(folder, command):
    with FULL.open("w") as full:
        done = subprocess.run(
            [sys.executable, "-c", CODE, *command], cwd=folder, stdout=full,
            stderr=subprocess.PIPE, text=True, timeout=120, check=False,
        )  # fmt: skip
    told = [line for line in done.stderr.splitlines() if "mentions fit" not in line]
    assert (done.returncode, told) == (2, ["asobna: output: No space left on device"])


def test_what_was_said_before_another_file_failed_is_not_lost(tmp_path):
    code = (
        "import click, asobna.outputs.cli as cli\n"
        "@cli.cli.command('probe')\n"
        "def probe():\n"
        "    print('said')\n"
        "    open('absent')\n"
        "cli.cli.get_command = lambda *_: probe\n"
        "cli.main()"
    )
    done = subprocess.run([sys.executable, "-c", code, "probe"], cwd=tmp_path, text=True,
                          capture_output=True, timeout=60, check=False)  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (
        2, "said\n", "asobna: absent: No such file or directory\n")  # fmt: skip


def test_a_closed_pipe_ends_quietly(folder):
    line = f"{sys.executable} -c '{CODE}' query t | head -1"
    done = subprocess.run(["bash", "-c", line], cwd=folder, text=True, capture_output=True,
                          timeout=60, check=False)  # fmt: skip
    assert (done.stdout, done.stderr) == ("documents\n", "")
