"""Fill the generated parts of the pages: `python docs/generate.py`, or `--check` to compare.

A part stands between `<!-- generated: NAME -->` and `<!-- end -->`; NAME chooses what fills it.
"""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

import click

from asobna.outputs.cli import COMMANDS
from asobna.packs import read_packs
from asobna.tables import SCHEMAS

ROOT = Path(__file__).parents[1]
_PART = re.compile(r"(<!-- generated: (?P<name>[^>]+?) -->\n).*?(<!-- end -->)", re.DOTALL)
_SEVERITY = {"E": "error", "S": "style", "C": "consider"}


def flags(command: str) -> str:
    """The flags of a command as a table."""
    module, attribute, _ = COMMANDS[command]
    found = getattr(importlib.import_module(f"asobna.outputs.{module}"), attribute)
    rows = ["| flag | meaning |", "|---|---|"]
    for option in found.params:
        if isinstance(option, click.Option):
            name = ", ".join(option.opts)
            value = "" if option.is_flag else f" {option.make_metavar(click.Context(found))}"
            rows.append(f"| `{_one_line(name + value)}` | {_one_line(option.help or '')} |")
    return "\n".join(rows)


def _one_line(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def rules(_: str) -> str:
    """Every rule of the English advice with its severity and reason."""
    rows = ["| rule | severity | why |", "|---|---|---|"]
    advice = list(read_packs(only=("en",)).advice.to_pylist())
    for row in sorted(advice, key=lambda row: row["id"]):
        rows.append(
            f"| `{row['id']}` | {_SEVERITY[row['severity']]} | {_one_line(row['because'])} |"
        )
    return "\n".join(rows)


def tables(_: str) -> str:
    """Every table in flow order with its columns."""
    parts = []
    for name, schema in SCHEMAS.items():
        parts += [f"## {name}", "", "| column | type | empty | meaning |", "|---|---|---|---|"]
        for field in schema:
            kind = str(field.type).replace(
                "dictionary<values=string, indices=int32, ordered=0>", "string, from a short list"
            )
            kind = re.sub(r"list<\w+: (.*)>", r"list of \1", kind).replace("struct<", "<")
            empty = "may be" if field.nullable else ""
            meaning = _one_line(field.metadata[b"meaning"].decode())
            parts.append(f"| `{field.name}` | {kind} | {empty} | {meaning} |")
        parts.append("")
    return "\n".join(parts).rstrip()


def filled(page: str) -> str:
    """The page with every generated part made anew."""

    def fill(match: re.Match[str]) -> str:
        name, _, argument = match["name"].partition(" of ")
        return f"{match.group(1)}\n{_PARTS[name](argument)}\n\n{match.group(3)}"

    return _PART.sub(fill, page)


_PARTS = {"flags": flags, "rules": rules, "tables": tables}


def stale_pages() -> list[Path]:
    """Pages whose generated parts are not what they would be made of today."""
    return [path for path in pages() if filled(path.read_text("utf-8")) != path.read_text("utf-8")]


def pages() -> list[Path]:
    """Every page of the project that may hold a generated part."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]


if __name__ == "__main__":
    stale = stale_pages()
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(
                f"{path.relative_to(ROOT)} is stale: run python docs/generate.py", file=sys.stderr
            )
        sys.exit(1 if stale else 0)
    for path in stale:
        path.write_text(filled(path.read_text("utf-8")), "utf-8")
