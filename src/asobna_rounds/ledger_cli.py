"""`ledger`: the commands that keep the ledger of promises."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import click

from asobna_rounds import ledger_page
from asobna_rounds.errors import LedgerError
from asobna_rounds.ledger import Ledger, mend
from asobna_rounds.ledger_rules import COUNTS
from asobna_rounds.promises import CONSULTED_WITHIN_DAYS, Consulted, consulted, items
from asobna_rounds.texts import LANGUAGES

_FILE = click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
_DAY = click.option(
    "--day",
    type=click.DateTime(["%Y-%m-%d"]),
    default=lambda: date.today().isoformat(),
    show_default="today",
    help="The day the entry or page stands for.",
)
_HEAD = click.option("--head", help="A head published earlier: the ledger must still hold it.")


@click.group()
def ledger() -> None:
    """Keep the ledger: asked, said, answered, owner, due, done with evidence."""


def _there(path: Path) -> Path:
    """`path`, unless it is no file: a mistyped path must not look like a ledger in order."""
    if not path.is_file():
        raise LedgerError(
            f"the ledger {path} is not there; check the path (`ledger add --new` starts a ledger)"
        )
    return path


def _open(path: Path, head: str | None = None) -> Ledger:
    return Ledger.open(_there(path), head)


def _fields(pairs: tuple[str, ...]) -> dict[str, object]:
    """`name=value` pairs as fields; counts become whole numbers."""
    fields: dict[str, object] = {}
    for pair in pairs:
        name, sign, value = pair.partition("=")
        if not sign:
            raise LedgerError(f'"{pair}" is not of the form name=value')
        number = name in COUNTS and value.isdecimal()
        fields[name] = int(value) if number else value
    return fields


@ledger.command()
@_FILE
@click.argument("step")
@click.argument("fields", nargs=-1, metavar="NAME=VALUE...")
@_DAY
@click.option("--new", is_flag=True, help="Start a ledger: PATH must not be there yet.")
def add(path: Path, step: str, fields: tuple[str, ...], **options: Any) -> None:
    """Append one STEP to the ledger at PATH and print the new head.

    \b
    file      file= title=
    asked     item= file= round= text=
    said      item= text= people= invited= report=
    answered  item= answer=accepted|partly|no reason= by=
    owner     item= owner=
    due       item= due=YYYY-MM-DD [reason=, needed when moved]
    done      item= evidence=
    Every step may add language= of its words.
    """
    new = options["new"]
    if new and path.exists():
        raise LedgerError(f"the ledger {path} is already there; leave out --new to add to it")
    book = Ledger.open(path if new else _there(path))
    entry = book.append(step, options["day"].date(), **_fields(fields))
    start = f"new ledger {path}: " if new else ""
    click.echo(f"{start}line {entry.number} added; head {book.head}")


@ledger.command()
@_FILE
@_HEAD
def check(path: Path, head: str | None) -> None:
    """Check every byte of the ledger at PATH against its chain. Exit code 2 when altered."""
    book = _open(path, head)
    click.echo(f"{len(book.entries)} lines, unbroken; head {book.head}")


@ledger.command()
@_FILE
@click.option("--as", "form", type=click.Choice(["html", "markdown", "invitation"]), default="html")
@click.option("--language", type=click.Choice(LANGUAGES), default="en")
@_DAY
def page(path: Path, form: str, language: str, day: datetime) -> None:
    """Print the ledger as a page, as Markdown, or as the opening of the next invitation."""
    render = {
        "html": ledger_page.render_html,
        "markdown": ledger_page.render_markdown,
        "invitation": ledger_page.invitation_opening,
    }[form]
    click.echo(render(_open(path), day.date(), language), nl=False)


@ledger.command()
@_FILE
@_DAY
@click.option("--within", default=CONSULTED_WITHIN_DAYS, show_default=True, help="Days.")
def due(path: Path, day: datetime, within: int) -> None:
    """Say what is overdue and which files nobody was consulted on. Exit code 1 if anything is."""
    book = _open(path)
    late = [item for item in items(book, day.date()) if item.overdue]
    stale = [row for row in consulted(book, day.date()) if not row.within(within)]
    for item in late:
        click.echo(f"overdue by {item.late_days} days: {item.name} ({item.state})")
    for row in stale:
        click.echo(f"file {row.file}: {_heard(row)}")
    click.echo(f"{len(late)} overdue; {len(stale)} files without consultation in {within} days")
    if late or stale:
        raise SystemExit(1)


def _heard(row: Consulted) -> str:
    if row.days is None:
        return "nobody was ever consulted"
    return f"last consulted {row.days} days ago ({row.people} people)"


@ledger.command("mend")
@_FILE
def mend_command(path: Path) -> None:
    """Remove an incomplete last line left by a power cut; complete lines are never touched."""
    click.echo(f"{mend(_there(path))} bytes of an incomplete line removed")
