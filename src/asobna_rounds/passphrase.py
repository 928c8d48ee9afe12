"""How the offline commands ask for a passphrase: from a file, or typed and not shown."""

from __future__ import annotations

from typing import Any

import click

option = click.option(
    "--passphrase-file",
    type=click.File("r"),
    help="Read the passphrase from a file; otherwise it is asked for and not shown.",
)


def read(file: Any, confirm: bool = False) -> str:
    """The passphrase from an open file, or typed at the terminal (twice with `confirm`)."""
    if file is not None:
        return str(file.read().strip())
    typed: str = click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True)
    return typed
