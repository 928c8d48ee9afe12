"""The commands that play: demo and attack."""

from __future__ import annotations

import sys
import tempfile
import webbrowser
from pathlib import Path

import click

from asobna_rounds.attacks.rehearsal import Rehearsal
from asobna_rounds.attacks.table import Line, run_all, table
from asobna_rounds.errors import BoxError


@click.command()
@click.option("--people", default=40, show_default=True, type=click.IntRange(5, 500))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="A new folder.")
@click.option("--show/--no-show", default=True, help="Open the report in a browser.")
@click.option("--seed", default=0, show_default=True)
def demo(people: int, out: Path | None, show: bool, seed: int) -> None:
    """Play a whole round with simulated people.

    Everything happens on this machine; then the report opens.
    """
    root = out or Path(tempfile.mkdtemp(prefix="asobna-demo-"))
    if root.exists() and any(root.iterdir()):
        raise BoxError(f"{root} is not empty; name a new folder")
    rehearsal = Rehearsal(root, people, seed=seed, turnout=0.8)
    click.echo(f"registrar: {people} simulated people, credentials of both tiers")
    rehearsal.issue()
    click.echo("ballot box: open; people read, vote, suggest, come back, seal")
    acts = 0
    for act in rehearsal.acts():
        act()
        acts += 1
    told = "fewer than 10" if rehearsal.report["ballots"] is None else rehearsal.report["ballots"]
    page = rehearsal.folders.box / "report.en.html"
    click.echo(f"{acts} acts; {told} of {people} invited took part; ballots destroyed")
    click.echo(f"report: {page}")
    if show:
        webbrowser.open(page.resolve().as_uri())


@click.command()
@click.option("--long", "full", is_flag=True, help="Full numbers (many minutes).")
@click.option("--only", multiple=True, help="seizure, canary, timing, forgery; may be repeated.")
def attack(full: bool, only: tuple[str, ...]) -> None:
    """Run the attacks and print the table.

    Exit 1 if one succeeds that must not. Weak moments are marked; THREATS.md names them.
    """
    lines: list[Line] = []
    for line in run_all(full, only):
        lines.append(line)
        click.echo(f"... {line.attack}", err=True)
    click.echo(table(lines))
    if any(not line.held for line in lines):
        sys.exit(1)
