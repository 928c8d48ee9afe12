"""The shape of the project: import direction, names, sizes, and no language in code."""

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from asobna.pack_files import pack_codes

ROOT = Path(__file__).parents[1]
SOURCES = sorted((ROOT / "src").rglob("*.py"))
SAYS_NOTHING = {
    "util",
    "utils",
    "helper",
    "helpers",
    "core",
    "base",
    "common",
    "misc",
    "tools",
    "manager",
    "handler",
    "processor",
    "service",
}
PURE = (
    "tables",
    "positions",
    "lexicon",
    "skeletons",
    "sentences",
    "markup",
    "documents",
    "mentions",
    "standings",
    "findings",
)
MAX_LINES = 500


def test_the_import_contracts_hold():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "4 kept, 0 broken" in done.stdout, done.stdout


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_named_for_what_it_is_and_is_no_room_for_two(path):
    assert path.stem not in SAYS_NOTHING
    assert len(path.read_text(encoding="utf-8").splitlines()) <= MAX_LINES


@pytest.mark.parametrize("name", PURE)
def test_a_pure_stage_opens_nothing(name):
    tree = ast.parse((ROOT / "src/asobna" / f"{name}.py").read_text(encoding="utf-8"))
    called = {
        node.func.id
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert called & {"open", "eval", "exec", "__import__", "input", "print"} == set()


def test_no_language_is_named_in_code():
    codes = set(pack_codes())
    named = []
    for path in sorted((ROOT / "src/asobna").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Compare):
                words = {c.value for c in ast.walk(node) if isinstance(c, ast.Constant)}
                names = ast.unparse(node)
                if words & codes and re.search(r"\blang|\bcode\b", names):
                    named.append(f"{path.name}: {names}")
    assert named == []


def test_every_public_function_has_a_docstring():
    bare = []
    for path in SOURCES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        bare += [
            f"{path.name}: {node.name}"
            for node in tree.body
            if isinstance(node, ast.FunctionDef | ast.ClassDef)
            and not node.name.startswith("_")
            and not ast.get_docstring(node)
        ]
    assert bare == []


def test_no_function_takes_more_than_four_arguments_without_a_reason():
    """Click commands get theirs from flags; every other exception is named here with its reason."""
    long = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and "command" not in ast.unparse(
                node.decorator_list
            ):
                count = len(node.args.args) + len(node.args.kwonlyargs)
                count -= bool(node.args.args and node.args.args[0].arg in ("self", "cls"))
                if count > 4:
                    long.append(f"{path.name}: {node.name}")
    assert long == []


def test_the_project_speaks_of_itself_alone():
    tracked = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    ).stdout.split("\0")
    if tracked == [""]:
        pytest.skip("not a git checkout")
    forbidden = re.compile(r"(?<![\w.])/(?:work|root|tmp/brief|opt/\w+-venv)/")
    found = []
    for name in tracked:
        path = ROOT / name
        if (
            name
            and path.is_file()
            and path.suffix in {".py", ".md", ".toml", ".csv", ".html", ".json", ".po"}
        ):
            found += [name] if forbidden.search(path.read_text(encoding="utf-8")) else []
    assert found == []


def test_every_dependency_says_what_it_is_for():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    comment = text[: text.index("dependencies = [")].rpartition("]\n")[2]
    for requirement in project["project"]["dependencies"]:
        name = re.match(r"[\w.-]+", requirement).group()
        assert name in comment, f"{name}: say in the comment above what it is for"
