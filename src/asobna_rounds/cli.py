"""`asobna-rounds`: the roles of a round as commands. Exit 0 done, 1 attack succeeded, 2 refused."""

from __future__ import annotations

import sys
import tempfile
import webbrowser
from contextlib import closing
from pathlib import Path

import click

from asobna.errors import AsobnaError
from asobna_rounds.attacks.rehearsal import Rehearsal
from asobna_rounds.attacks.table import Line, run_all, table
from asobna_rounds.ballot_box.box import DEFINITION, Box, open_box
from asobna_rounds.ballot_box.server import serve as serve_box
from asobna_rounds.ballot_box.statements import (
    mix_statements,
    read_statements,
    with_priorities,
    write_statements,
)
from asobna_rounds.credentials import read_opening
from asobna_rounds.definition import read_round
from asobna_rounds.durable import blur_times, replace_file
from asobna_rounds.errors import BoxError
from asobna_rounds.ledger_cli import ledger
from asobna_rounds.moderator import read_accepted, write_batch
from asobna_rounds.moderator_cli import moderator
from asobna_rounds.publisher.close import close_round
from asobna_rounds.publisher.report import priorities
from asobna_rounds.registrar.cli import registrar
from asobna_rounds.store import Store

FOLDER = click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Rounds of questions to people in exile that a seized server cannot betray.

    Three roles that never share a store: registrar (offline), ballot box (web), publisher.
    """


@commands.command()
@FOLDER
def check(folder: Path) -> None:
    """Check FOLDER/round.json against every limit before people are invited."""
    definition = read_round(folder / DEFINITION)
    click.echo(
        f"{definition.id}: {len(definition.seeds)} statements, {len(definition.polls)} questions, "
        f"languages {', '.join(definition.languages)}; codes until {definition.issue_until}, "
        f"open {definition.opens} to {definition.closes}"
    )


@commands.command("open")
@FOLDER
@click.option("--opening", type=FILE, required=True, help="The registrar's opening file.")
@click.option("--moderator-key", required=True, help="The moderator's public key, 64 hex digits.")
def open_command(folder: Path, opening: Path, moderator_key: str) -> None:
    """Make the ballot box in FOLDER: one empty ballot for each credential issued."""
    try:
        public = bytes.fromhex(moderator_key)
    except ValueError:
        public = b""
    if len(public) != 32:
        raise BoxError(
            "--moderator-key: needs 64 hexadecimal digits, as `moderator new-key` prints"
        )
    given = read_opening(opening.read_text(encoding="utf-8"))
    open_box(folder, given, public).close()
    click.echo(f"ready: {given.issued} empty ballots; remove the opening file: registrar burn")


@commands.command()
@FOLDER
@click.option("--bind", default="127.0.0.1:8000", show_default=True, help="Or unix:PATH.")
def serve(folder: Path, bind: str) -> None:
    """Serve FOLDER behind an onion service. Writes no log. Stop with Ctrl-C."""
    if Path("/proc/swaps").exists() and len(Path("/proc/swaps").read_text().splitlines()) > 1:
        click.echo("swap is on: memory may reach the disk; turn it off (swapoff -a)", err=True)
    click.echo(f"serving {Box(folder).definition.id} on {bind}")
    serve_box(folder, bind)


@commands.command()
@FOLDER
@click.argument("batch", type=click.Path(dir_okay=False, path_type=Path))
def collect(folder: Path, batch: Path) -> None:
    """Move sealed statements from FOLDER into a BATCH file for the moderator."""
    if batch.exists():
        raise BoxError(f"{batch} is already there; a batch is never overwritten")
    with closing(Store(folder)) as store:
        blobs = store.take_pending()
        replace_file(batch, write_batch(blobs).encode())
        store.drop_pending(blobs)
    click.echo(f"{len(blobs)} sealed statements")


@commands.command()
@FOLDER
@click.argument("accepted", type=FILE, required=False)
def mix(folder: Path, accepted: Path | None) -> None:
    """The daily mix: show ACCEPTED statements in random order, draw all orders anew."""
    box = Box(folder)
    given = [] if accepted is None else read_accepted(accepted.read_text(encoding="utf-8"))
    last = box.today >= box.definition.closes
    waiting = mix_statements(folder, given, box.definition, last)
    statements = read_statements(folder)
    with closing(Store(folder)) as store:
        weights = priorities(store.ballots(), len(statements))
    write_statements(folder, with_priorities(statements, weights))
    blur_times(folder)
    held = f", {waiting} wait for a larger mix" if waiting else ""
    click.echo(f"{len(statements)} statements in the round{held}")


@commands.command()
@FOLDER
@click.option("--early", is_flag=True, help="Close before the announced day.")
def close(folder: Path, early: bool) -> None:
    """Count, write the report, destroy key and ballots. Repeat it if it was cut off."""
    box = Box(folder)
    if box.phase() == "open" and not early:
        raise BoxError(
            f"the round is open until {box.definition.closes}; people were promised that day "
            "(--early closes it now)"
        )
    report = close_round(folder)
    told = "fewer than 10" if report["ballots"] is None else str(report["ballots"])
    click.echo(f"{told} of {report['invited']} invited; ballots destroyed; {folder}/report.*")
    click.echo("now restart or stop the server, and wipe the volume the key was on")


@commands.command()
@click.option("--people", default=40, show_default=True, type=click.IntRange(5, 500))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), help="A new folder.")
@click.option("--show/--no-show", default=True, help="Open the report in a browser.")
@click.option("--seed", default=0, show_default=True)
def demo(people: int, out: Path | None, show: bool, seed: int) -> None:
    """Play a whole round on this machine with simulated people, and open the report."""
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


@commands.command()
@click.option("--long", "full", is_flag=True, help="Full numbers (many minutes).")
@click.option("--only", multiple=True, help="seizure, canary, timing, forgery; may be repeated.")
def attack(full: bool, only: tuple[str, ...]) -> None:
    """Run the attacks Asobna must withstand and print the table; exit 1 if one succeeds."""
    lines: list[Line] = []
    for line in run_all(full, only):
        lines.append(line)
        click.echo(f"... {line.attack}", err=True)
    click.echo(table(lines))
    if any(not line.held for line in lines):
        sys.exit(1)


commands.add_command(registrar)
commands.add_command(moderator)
commands.add_command(ledger)


def main() -> None:
    """The console script: prints one clear message for every error raised on purpose."""
    try:
        commands()
    except AsobnaError as error:
        click.echo(f"asobna-rounds: {error}", err=True)
        sys.exit(error.exit_code)


if __name__ == "__main__":
    main()
