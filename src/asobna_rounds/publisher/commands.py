"""The publisher's command: close."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import click

from asobna_rounds.ballot_box.box import Box
from asobna_rounds.errors import BoxError
from asobna_rounds.publisher.close import close_round
from asobna_rounds.store import DATABASE, Store

FOLDER = click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))


@click.command()
@FOLDER
@click.option("--early", is_flag=True, help="Close before the announced day, for good.")
def close(folder: Path, early: bool) -> None:
    """Count, write the report, destroy the ballots.

    Repeat it if it was cut off: it finishes what is left.
    """
    box = Box(folder)
    phase = box.phase()
    if phase == "open" and not early:
        raise BoxError(
            f"the round is open until {box.definition.closes}; people were promised that day "
            "(--early closes it now)"
        )
    # An unopened box has a key and a ballot for every code given out: to destroy it by a command
    # typed too soon, or a clock that is wrong, would end the round before anybody came.
    if phase == "issue" and (folder / DATABASE).exists() and not early:
        raise BoxError(
            f"the ballot opens on {box.definition.opens} and nobody has voted; closing now makes "
            "every code worthless (--early does it; if the day is wrong, set the clock)"
        )
    if phase == "closing" and not early:
        _refuse_unread(folder)
    report = close_round(folder, box.today)
    told = f"{report['ballots']} of" if report["ballots"] is not None else "fewer than 10 ballots,"
    click.echo(f"{told} {report['invited']} invited; ballots destroyed; {folder}/report.*")
    click.echo("now restart or stop the server, and wipe the volume the key was on")


def _refuse_unread(folder: Path) -> None:
    """People were told that a moderator would read them; afterwards nobody can."""
    with closing(Store(folder)) as store:
        unread = len(store.take_pending())
    if unread:
        raise BoxError(
            f"{unread} suggested statements were never taken to the moderator: `asobna-rounds "
            "collect` keeps them for the next round (--early closes and destroys them)"
        )
