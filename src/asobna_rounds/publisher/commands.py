"""The publisher's command: close."""

from __future__ import annotations

from pathlib import Path

import click

from asobna_rounds.ballot_box.box import Box
from asobna_rounds.errors import BoxError
from asobna_rounds.publisher.close import close_round

FOLDER = click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))


@click.command()
@FOLDER
@click.option("--early", is_flag=True, help="Close before the announced day.")
def close(folder: Path, early: bool) -> None:
    """Count, write the report, destroy the ballots.

    Repeat it if it was cut off: it finishes what is left.
    """
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
