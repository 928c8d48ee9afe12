"""`asobna agreement FILE FILE …`: how far coders agree, per variable, with intervals."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from asobna.agreement import Agreement, measure_agreement
from asobna.errors import InputError


@click.command("agreement")
@click.argument("files", nargs=-1, required=True, metavar="FILE FILE …")
@click.option(
    "--output-format", type=click.Choice(("text", "json")), default="text", show_default=True
)
@click.option("--seed", type=int, default=1, show_default=True, help="For the intervals.")
def agreement_command(files: tuple[str, ...], output_format: str, seed: int) -> int:
    """Krippendorff's alpha of two or more coders, one file of `asobna annotate` each.

    .80 and above may be published, .67 to .80 is tentative; below, merge values first.
    """
    return run_agreement(files, output_format, seed)


def run_agreement(files: tuple[str, ...], output_format: str = "text", seed: int = 1) -> int:
    """Print one line a variable; returns 0. Raises InputError for fewer than two coders."""
    codings: dict[str, dict[str, Any]] = {}
    for file in files:
        for row in _read(Path(file)):
            codings.setdefault(str(row.get("coder", file)), {})[row["id"]] = row["label"]
    if len(codings) < 2:
        raise InputError("agreement needs the codes of at least two coders")
    found = measure_agreement(list(codings.values()), seed)
    if output_format == "json":
        click.echo(json.dumps([a._asdict() | {"verdict": a.verdict} for a in found], indent=1))
        return 0
    click.echo(f"Coders: {', '.join(sorted(codings))}. Alpha for nominal values, 95 % intervals "
               "over mentions.")  # fmt: skip
    click.echo(f"{'variable':<14}{'alpha':>7}  {'interval':<14}{'units':>6}  verdict")
    for agreement in found:
        click.echo(_line(agreement))
    return 0


def _line(a: Agreement) -> str:
    alpha = "–" if a.alpha is None else f"{a.alpha:.2f}"
    interval = "–" if a.low is None else f"[{a.low:.2f}–{a.high:.2f}]"
    return f"{a.variable:<14}{alpha:>7}  {interval:<14}{a.units:>6}  {a.verdict}"


def _read(file: Path) -> list[dict[str, Any]]:
    rows = []
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise InputError(f"cannot read {file}: {why}; give a file of coded mentions") from error
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            row["id"], row["label"]["standing"]
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(f"{file}:{number}: a coded mention needs id and label.standing"
                             ) from error  # fmt: skip
        rows.append(row)
    return rows
