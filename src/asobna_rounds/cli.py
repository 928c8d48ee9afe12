"""`asobna-rounds`: the roles of a round as commands. Exit 0 done, 1 attack succeeded, 2 refused.

A command loads only its own role: the registrar's laptop never loads the web server, the web
server never loads the registrar.
"""

from __future__ import annotations

import sys
from importlib import import_module

import click

from asobna.errors import AsobnaError

ROLES = {
    "check": "asobna_rounds.ballot_box.commands:check",
    "registrar": "asobna_rounds.registrar.cli:registrar",
    "open": "asobna_rounds.ballot_box.commands:open_command",
    "serve": "asobna_rounds.ballot_box.commands:serve",
    "collect": "asobna_rounds.ballot_box.commands:collect",
    "moderator": "asobna_rounds.moderator_cli:moderator",
    "mix": "asobna_rounds.ballot_box.commands:mix",
    "close": "asobna_rounds.publisher.commands:close",
    "ledger": "asobna_rounds.ledger_cli:ledger",
    "demo": "asobna_rounds.demo.commands:demo",
    "attack": "asobna_rounds.demo.commands:attack",
}
"""Command to the place of its code, in the order of a round."""


class Roles(click.Group):
    """A group that imports a command when it is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of a round."""
        del ctx
        return list(ROLES)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command."""
        del ctx
        if cmd_name not in ROLES:
            return None
        module, _, name = ROLES[cmd_name].partition(":")
        found: click.Command = getattr(import_module(module), name)
        return found


@click.command(cls=Roles, context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Rounds of questions to people in exile that a seized server cannot betray.

    Three roles that never share a store: registrar (offline), ballot box (web), publisher.
    """


def main() -> None:
    """The console script: prints one clear message for every error raised on purpose."""
    try:
        commands()
    except AsobnaError as error:
        click.echo(f"asobna-rounds: {error}", err=True)
        sys.exit(error.exit_code)
    except UnicodeDecodeError:
        click.echo("asobna-rounds: a file given is not UTF-8 text; check the path", err=True)
        sys.exit(2)
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        click.echo(
            f"asobna-rounds: {where}{error.strerror or 'cannot be read or written'}", err=True
        )
        sys.exit(2)


if __name__ == "__main__":
    main()
