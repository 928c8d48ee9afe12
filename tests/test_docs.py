"""The pages cannot rot: commands run and print what the page says, links lead somewhere, tables are made."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
CONSOLE = re.compile(r"```console\n\$ (?P<command>[^\n]*)\n(?P<output>.*?)```", re.DOTALL)
LINK = re.compile(r"\]\((?!https?:|#|mailto:)(?P<target>[^)#\s]+)")
ENTRY = f"{shlex.quote(sys.executable)} -c 'from asobna.outputs.cli import main; main()'"


EXAMPLES = [
    pytest.param(found, id=f"{page.name}: {found['command'][:40]}")
    for page in PAGES
    for found in CONSOLE.finditer(page.read_text(encoding="utf-8"))
    if not page.name.startswith("rounds")  # these run in tests/rounds, one after the other
]


@pytest.mark.parametrize("example", EXAMPLES)
def test_a_command_prints_what_the_page_says(example, tmp_path):
    command = example["command"].replace("/tmp/", f"{tmp_path}/")
    command = re.sub(r"(?<![\w/.-])asobna(?= )", lambda _: ENTRY, command)
    done = subprocess.run(
        command,
        shell=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
        env={**os.environ, "COLUMNS": "80", "NO_COLOR": "1"},
    )
    assert done.returncode in (0, 1), done.stderr
    if example["output"]:
        shown = done.stdout.replace(f"{tmp_path}/", "/tmp/")
        assert shown.strip() == example["output"].strip()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    targets = {m["target"] for m in LINK.finditer(page.read_text(encoding="utf-8"))}
    assert [t for t in sorted(targets) if not (page.parent / t).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_a_row_of_a_table_has_as_many_cells_as_its_head(page):
    wrong, cells = [], 0
    for number, line in enumerate(page.read_text(encoding="utf-8").splitlines(), 1):
        found = len(re.findall(r"(?<!\\)\|", line)) if line.startswith("|") else 0
        if cells and found not in (0, cells):
            wrong.append(f"{number}: {line}")
        cells = cells if cells and found else found
    assert wrong == []


def test_generated_parts_are_fresh():
    done = subprocess.run(
        [sys.executable, ROOT / "docs/generate.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")


def test_the_first_screen_shows_a_sentence_a_command_and_its_finding():
    first = (ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:25]
    shown = "\n".join(first)
    assert "$ echo" in shown
    assert "| asobna check" in shown
    assert "^^^^" in shown
    assert "write  “" in shown


def test_the_test_line_of_readme_is_what_the_verb_runs():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    verbs = (ROOT / "justfile").read_text(encoding="utf-8")
    assert ".venv/bin/python -m pytest -n auto" in readme
    assert "{{python}} -m pytest -n auto" in verbs
    assert "-m pytest -n auto" in (ROOT / ".ci/run").read_text(encoding="utf-8")


def test_the_pages_pass_their_own_check():
    done = subprocess.run(
        f"{ENTRY} check --lang en README.md CONTRIBUTING.md docs changelog.d",
        shell=True,
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "")
