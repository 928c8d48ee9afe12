"""`moderator`: the offline commands that open, decide and hand back statements."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import click

from asobna_rounds import moderator as moderation
from asobna_rounds import passphrase
from asobna_rounds.errors import ModerationError
from asobna_rounds.locked_file import burn as burn_file
from asobna_rounds.locked_file import write_new

_PATH = click.Path(path_type=Path)


@click.group()
def moderator() -> None:
    """Moderator, offline: reads sealed statements in batches, never ballots or people."""


@moderator.command("new-key")
@click.argument("key", type=_PATH)
@passphrase.option
def new_key(key: Path, passphrase_file: Any) -> None:
    """Make a KEY file and print the public key for the ballot box (base64)."""
    public = moderation.new_key(key, passphrase.read(passphrase_file, confirm=True))
    click.echo(base64.b64encode(public).decode())


@moderator.command()
@click.argument("key", type=_PATH)
@click.argument("batch", type=click.File("r"))
@click.argument("sheet", type=_PATH)
@click.option("--language", "languages", multiple=True, required=True, help="Of the round.")
@passphrase.option
def sheet(key: Path, batch: Any, sheet: Path, **options: Any) -> None:
    """Open BATCH with KEY into SHEET, to decide on in any editor. Exit code 1 if lines fail."""
    if sheet.exists():  # before the passphrase is asked for
        raise ModerationError(f"{sheet} is already there; a sheet is never overwritten")
    private = moderation.read_key(key, passphrase.read(options["passphrase_file"]))
    opened = moderation.open_batch(private, batch.read())
    text = moderation.write_sheet(opened.statements, options["languages"])
    write_new(sheet, text.encode())
    click.echo(f"{len(opened.statements)} statements to decide in {sheet}")
    for reason, count in sorted(opened.refused.items()):
        click.echo(f"refused, {reason}: {count}", err=True)
    if opened.refused.total() > opened.refused["same-text"]:
        raise SystemExit(1)


@moderator.command()
@click.argument("sheet", type=click.File("r"))
@click.argument("accepted", type=_PATH)
def decide(sheet: Any, accepted: Path) -> None:
    """Read a decided SHEET and write the ACCEPTED statements for the ballot box."""
    decided = moderation.read_sheet(sheet.read())
    write_new(accepted, moderation.write_accepted(decided.accepted).encode())
    click.echo(f"accepted {len(decided.accepted)}, declined {decided.declined.total()}")
    for reason, count in sorted(decided.declined.items()):
        click.echo(f"declined, {reason}: {count}")


@moderator.command()
@click.argument("file", type=_PATH)
def burn(file: Path) -> None:
    """Overwrite and remove FILE (a finished sheet or batch: statements in plain words)."""
    burn_file(file)
    click.echo("gone")
