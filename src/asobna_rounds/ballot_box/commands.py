"""The ballot box's commands: check, open, serve, collect, mix."""

from __future__ import annotations

import base64
from contextlib import closing
from pathlib import Path

import click

from asobna_rounds.ballot_box.box import DEFINITION, Box, open_box
from asobna_rounds.ballot_box.statements import (
    mix_statements,
    read_statements,
    with_priorities,
    write_statements,
)
from asobna_rounds.credentials import read_opening
from asobna_rounds.definition import read_round
from asobna_rounds.durable import blur_times
from asobna_rounds.errors import BoxError
from asobna_rounds.locked_file import write_whole
from asobna_rounds.moderator import read_accepted, write_batch
from asobna_rounds.publisher.report import priorities
from asobna_rounds.store import Store

FOLDER = click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@FOLDER
def check(folder: Path) -> None:
    """Check round.json in FOLDER against every limit."""
    definition = read_round(folder / DEFINITION)
    click.echo(
        f"{definition.id}: {len(definition.seeds)} statements, {len(definition.polls)} questions, "
        f"languages {', '.join(definition.languages)}; codes until {definition.issue_until}, "
        f"open {definition.opens} to {definition.closes}"
    )


@click.command("open")
@FOLDER
@click.option("--opening", type=FILE, required=True, help="The registrar's opening file.")
@click.option("--moderator-key", required=True, help="The public key `new-key` printed.")
def open_command(folder: Path, opening: Path, moderator_key: str) -> None:
    """Make the ballot box in FOLDER.

    One empty ballot for each credential issued, from the registrar's opening file.
    """
    try:
        public = base64.b64decode(moderator_key, validate=True)
    except ValueError:
        public = b""
    if len(public) != 32:
        raise BoxError("--moderator-key: needs the 44 characters that `moderator new-key` printed")
    given = read_opening(opening.read_text(encoding="utf-8"))
    open_box(folder, given, public).close()
    click.echo(f"ready: {given.issued} empty ballots; remove the opening file: registrar burn")


@click.command()
@FOLDER
@click.option("--bind", default="127.0.0.1:8000", show_default=True, help="Or unix:PATH.")
def serve(folder: Path, bind: str) -> None:
    """Serve FOLDER behind an onion service.

    Writes no log. Stop with Ctrl-C.
    """
    from asobna_rounds.ballot_box.server import serve as serve_box  # noqa: PLC0415

    if Path("/proc/swaps").exists() and len(Path("/proc/swaps").read_text().splitlines()) > 1:
        click.echo("swap is on: memory may reach the disk; turn it off (swapoff -a)", err=True)
    click.echo(f"serving {Box(folder).definition.id} on {bind}")
    serve_box(folder, bind)


@click.command()
@FOLDER
@click.argument("batch", type=click.Path(dir_okay=False, path_type=Path))
def collect(folder: Path, batch: Path) -> None:
    """Move sealed statements into a file for the moderator."""
    if batch.exists():
        raise BoxError(f"{batch} is already there; a batch is never overwritten")
    with closing(Store(folder)) as store:
        blobs = store.take_pending()
        write_whole(batch, write_batch(blobs).encode())
        store.drop_pending(blobs)
    click.echo(f"{len(blobs)} sealed statements")


@click.command()
@FOLDER
@click.argument("accepted", type=FILE, required=False)
def mix(folder: Path, accepted: Path | None) -> None:
    """The daily mix of accepted statements.

    ACCEPTED is the moderator's file. All orders are drawn anew.
    """
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
