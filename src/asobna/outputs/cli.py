"""Arguments and exit codes. Every command lives in its own module and is imported when it is run.

Exit codes, the same for every command: 0 nothing to say, 1 findings, 2 bad usage or unreadable
input. Results go to standard output, everything else to standard error.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import sys
import threading
from contextlib import suppress
from typing import NoReturn

import click

from asobna.errors import AsobnaError
from asobna.frames import expect_no_frames

#: command → (module below asobna.outputs, attribute, one-line help shown without importing it)
COMMANDS: dict[str, tuple[str, str, str]] = {
    "check": ("check", "check_command", "Check drafts: what to look at again, why, and a source."),
    "read": ("read", "read_command", "Read texts into tables: every mention and its standing."),
    "serve": ("serve", "serve_command", "Serve the page, LanguageTool's interface and JSON."),
    "query": ("query", "query_command", "Ask the tables that read wrote a question in SQL."),
    "export": ("export", "export_command", "Write the tables as Parquet, CSV, JSONL or SQLite."),
    "lsp": ("lsp", "lsp_command", "Check in an editor, over the Language Server Protocol."),
    "mcp": ("mcp", "mcp_command", "Check for an assistant, over the Model Context Protocol."),
    "export-rules": ("exports", "export_command", "Write names for Vale, codespell and others."),
    "facts": ("facts", "facts_command", "Show dated, sourced facts; cite them."),
    "report": ("report", "report_command", "Report on one page how texts place Belarus."),
    "kwic": ("kwic", "kwic_command", "Show the lines behind a figure."),
    "series": ("series", "series_command", "Compare before and after a date, with a control."),
    "annotate": ("annotate", "annotate_command", "Code mentions by hand, blind to the machine."),
    "agreement": ("agreement", "agreement_command", "Say how far coders agree."),
    "verify": ("verify", "verify_command", "Check a run: same inputs, same tables?"),
    "follow": ("follow", "follow_command", "Follow feeds politely; read what is new."),
    "packs": ("packs", "packs_command", "Start, check and count language packs."),
    "evaluate": ("evaluate", "evaluate_command", "Score the classifier on coded sentences."),
}


class LazyGroup(click.Group):
    """A group whose commands are imported only when they are run: `--help` stays instant."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, attribute, _ = COMMANDS[cmd_name]
        command: click.Command = getattr(
            importlib.import_module(f"asobna.outputs.{module}"), attribute
        )
        expect_no_frames()
        _keep_imports()
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in COMMANDS.items()])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="asobna", message="asobna %(version)s")
def cli() -> None:
    """Read how texts place Belarus: on its own, beside Russia, or folded into it.

    Asobna counts far more than it remarks. Naming the two countries together is not an error.
    """


def _keep_imports() -> None:
    """End what `main` began: imports are over, and no search for garbage looks at them from now on.

    They stay to the end, and to look through them took a sixth of the time of a check.
    """
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def main() -> None:
    """Run the command line; turn every error made on purpose into one message and its code."""
    # numpy's linear algebra would start a thread for every core, for matrices of a few rows.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    gc.disable()  # until all is imported, see _keep_imports
    try:
        code = cli.main(standalone_mode=False)
        _flush()
    except click.exceptions.Abort:
        code = 130
    except click.ClickException as error:
        error.show()
        code = 2
    except AsobnaError as error:
        click.echo(f"asobna: {error}", err=True)
        code = error.exit_code
    except BrokenPipeError:
        code = _silence()
    except OSError as error:
        click.echo(f"asobna: {error.filename or 'output'}: {error.strerror or error}", err=True)
        code = _lost()
    _leave(code if isinstance(code, int) else 0)


def _leave(code: int) -> NoReturn:
    """End the process once what asked to be called has been: to take down every table and compiled
    expression one by one, before the memory goes at once, is a tenth of the time of a check.
    """
    if threading.active_count() > 1:
        sys.exit(code)
    atexit._run_exitfuncs()
    with suppress(OSError, ValueError):  # told above, where it matters
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(code)


def _flush() -> None:
    sys.stdout.flush()


def _silence() -> int:
    """A reader such as `head` closed the pipe: end quietly, as every filter does."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 0


def _lost() -> int:
    """Say no second time, when Python ends, that what is left of the output has no place."""
    try:
        _flush()
    except OSError:
        _silence()
    return AsobnaError.exit_code
