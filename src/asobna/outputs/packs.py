"""`asobna packs`: start a language pack, check it, see what every pack covers."""

from __future__ import annotations

import csv
import json
import sys
import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from asobna.errors import ConfigError, PackError
from asobna.pack_files import BUILT_IN, pack_codes
from asobna.pack_forms import Unknown, unknown_forms
from asobna.pack_tools import (
    Coverage,
    check_pack,
    coverage,
    new_names,
    new_pack,
    shown_advice,
    sort_names,
)
from asobna.packs import read_packs
from asobna.pipeline import extract_pages
from asobna.sources.files import PAGE_ENDINGS, find_files, read_pages

OUTPUT_FORMATS = ("text", "csv", "json")
_FOLDER = click.option("--folder", metavar="DIR", help="Folder that holds the packs.")
_NAME_COLUMNS = 16


@click.group("packs")
def packs_command() -> None:
    """Start a language pack, check it, see what every pack covers.

    \b
    A pack is a folder of text files; whoever can edit text can correct one:
      asobna packs new lt                  a copy of the built-in pack, to edit
      asobna packs check lt                what is wrong, where, and what to do
      asobna check --packs . draft.txt     check a draft with it
      asobna packs forms lt texts/         inflections the pack does not know
    """


@packs_command.command("new")
@click.argument("code", metavar="CODE")
@_FOLDER
def new_command(code: str, folder: str | None) -> int:
    """Make a folder CODE: a copy of the built-in pack, or files to fill in for a new language."""
    copied = code in pack_codes(BUILT_IN)
    pack = new_pack(Path(folder or "."), code)
    kind = "a copy of the built-in pack" if copied else "a draft to fill in; remarks say how"
    click.echo(f"{pack}: {kind}")
    for path in sorted(pack.rglob("*.*")):
        click.echo(f"  {path}")
    click.echo(f"Edit the files with any text editor, then: asobna packs check {pack}")
    return 0


@packs_command.command("check")
@click.argument("pack", metavar="CODE|FOLDER")
@_FOLDER
@click.option("--sort", is_flag=True, help="Put the lines of names.csv in order first.")
@click.option("--show", is_flag=True, help="Show each advice on the sentence that protects it.")
def check_command(pack: str, folder: str | None, sort: bool, show: bool) -> int:
    """Say what is wrong with a pack: file, line, what, and what to do.

    Tries every sentence of cases.toml and every example of its patterns; looks at order, doubled
    names, sources, word lists and advice. CODE is a folder here, or else a built-in pack.

    Exit codes: 0 nothing wrong, 1 problems, 2 bad usage.
    """
    root, code = _place(pack, folder)
    if sort:
        if root is None:
            raise ConfigError("--sort changes a pack of your own; start one: asobna packs new")
        sort_names(root / code / "names.csv")
    problems = [_short(problem) for problem in check_pack(code, root)]
    for problem in problems:
        click.echo(problem)
    if problems:
        click.echo(f"{_counted(len(problems), 'problem')} in {code}", err=True)
        return 1
    _write_protection(code, root, show)
    return 0


@packs_command.command("forms")
@click.argument("pack", metavar="CODE|FOLDER")
@click.argument("paths", nargs=-1, required=True, metavar="PATH …")
@_FOLDER
@click.option(
    "--output-format", type=click.Choice(OUTPUT_FORMATS), default="text", show_default=True
)
def forms_command(pack: str, paths: tuple[str, ...], folder: str | None, output_format: str) -> int:
    """List words that begin as a name of Belarus does and that the pack does not know.

    Reads pages of any format that check reads. A word listed is an inflection to add to names.csv,
    a compound, or another word: nobody but a speaker can tell.

    Exit codes: 0 none, 1 some, 2 bad usage.
    """
    root, code = _place(pack, folder)
    documents = [found for found, _ in extract_pages(read_pages(find_files(paths, PAGE_ENDINGS)))]
    texts = [text for table in documents for text in table.column("text").to_pylist()]
    rows = unknown_forms(texts, read_packs(root, only=(code,)).names[code])
    if output_format == "text":
        for row in rows:
            click.echo(f"{row.times:>6}  {row.word}\n        {row.example}")
        click.echo(f"{_counted(len(rows), 'word')} that {code} does not know", err=True)
    else:
        _write_rows(list(Unknown._fields), rows, output_format)
    return 1 if rows else 0


@packs_command.command("coverage")
@_FOLDER
@click.option("--all", "every", is_flag=True, help="Also the packs without checked sentences.")
@click.option(
    "--output-format", type=click.Choice(OUTPUT_FORMATS), default="text", show_default=True
)
def coverage_command(folder: str | None, every: bool, output_format: str) -> int:
    """Show what each pack covers: forms, word lists, advice and checked sentences."""
    rows = coverage(Path(folder) if folder else None)
    if output_format == "text":
        _write_table(rows, every)
    else:
        _write_rows(list(Coverage._fields), rows, output_format)
    return 0


def _write_rows(columns: list[str], rows: Sequence[tuple[Any, ...]], output_format: str) -> None:
    if output_format == "csv":
        csv.writer(sys.stdout, lineterminator="\n").writerows([columns, *rows])
        return
    json.dump([dict(zip(columns, row, strict=True)) for row in rows], sys.stdout,
              ensure_ascii=False, indent=1)  # fmt: skip
    sys.stdout.write("\n")


def _place(pack: str, folder: str | None) -> tuple[Path | None, str]:
    """The folder that holds the packs (None for the built-in ones) and the code."""
    if folder:
        return Path(folder), pack
    path = Path(pack)
    if (path / "pack.toml").is_file():
        return path.absolute().parent if path.name in ("", "..") else path.parent, _code(path)
    if pack in pack_codes(BUILT_IN):
        return None, pack
    if path.is_dir():
        raise PackError(f"{pack}: no pack.toml in this folder; start a pack: asobna packs new CODE")
    raise PackError(f"no pack '{pack}', neither a folder here nor built in; start it with: "
                    f"asobna packs new {pack}")  # fmt: skip


def _code(path: Path) -> str:
    return path.name if path.name not in ("", "..") else path.resolve().name


def _short(problem: str) -> str:
    """A problem without the part of its path that leads to where the user stands."""
    return problem.removeprefix(f"{Path.cwd()}/")


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _write_protection(code: str, root: Path | None, show: bool) -> None:
    """Say that all is well, and which sentence protects each new name and each advice."""
    row = next(row for row in coverage(root) if row.code == code)
    counts = (_counted(row.belarus_forms, "form") + " of Belarus", _counted(row.cases, "sentence"),
              _counted(row.advice, "text") + " of advice")  # fmt: skip
    click.echo(f"{code} ({row.state}): {', '.join(counts)}: no problem")
    for line, form, text in new_names(code, root) if root else ():
        held = f"protected by “{text}”" if text else "no sentence in cases.toml holds it: add one"
        click.echo(f"  names.csv:{line}: new: {form}: {held}")
    for item in shown_advice(code, root) if show else ():
        click.echo(f"  advice.toml:{item.line}: {item.id}: {item.message}")
        click.echo(f"    on “{item.text}”" if item.text else "    no sentence brings it out")


def _write_table(rows: list[Coverage], every: bool) -> None:
    shown = [row for row in rows if every or row.cases or row.level == "full"]
    shown.sort(key=lambda row: (_LEVELS.index(row.level), row.code))
    click.echo(_line(_HEADS))
    for row in shown:
        click.echo(_line([str(value) for value in row]))
    if len(rows) > len(shown):
        click.echo(f"and {len(rows) - len(shown)} packs of names without checked sentences: --all")


_LEVELS = ("full", "names and pairs", "names")
_HEADS = ["code", "language", "state", "level", "Belarus", "forms", "lists", "advice", "cases"]


def _line(cells: list[str]) -> str:
    code, name, *rest = cells
    widths = (8, 15, -7, -6, -5, -6, -5)
    parts = [code.ljust(4), _fitted(name), *map(_padded, rest, widths)]
    return " ".join(parts).rstrip()


def _padded(cell: str, width: int) -> str:
    return cell.ljust(width) if width > 0 else cell.rjust(-width)


def _fitted(name: str) -> str:
    """The name of a language cut or filled to its column, wide characters counted as two."""
    out, width = "", 0
    for character in name:
        wide = 0 if unicodedata.combining(character) else 1
        wide += unicodedata.east_asian_width(character) in "WF"
        if width + wide > _NAME_COLUMNS:
            break
        out, width = out + character, width + wide
    return out + " " * (_NAME_COLUMNS - width)
