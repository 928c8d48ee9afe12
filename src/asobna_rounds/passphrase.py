"""How the offline commands ask for a passphrase: from a file, or typed and not shown."""

from __future__ import annotations

import resource
from typing import Any

import click

option = click.option(
    "--passphrase-file",
    type=click.File("r"),
    help="Read the passphrase from a file; otherwise it is asked for and not shown.",
)


def read(file: Any, confirm: bool = False) -> str:
    """The passphrase from an open file, or typed at the terminal (twice with `confirm`).

    From here on the process holds secrets, so it leaves no core dump when it crashes.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if file is not None:
        return str(file.read().strip())
    typed: str = click.prompt("Passphrase", hide_input=True, confirmation_prompt=confirm, err=True)
    return typed
