"""`registrar`: the offline commands that know people and issue credentials.

Everything is text in, text out. Nothing here writes a time, a log or a network packet.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from asobna_rounds import passphrase
from asobna_rounds.credentials.helper_file import write_helper
from asobna_rounds.credentials.keys import RoundKey
from asobna_rounds.credentials.opening import read_opening
from asobna_rounds.credentials.slips import SlipText, slips_pdf
from asobna_rounds.credentials.vouchers import new_code, show_code
from asobna_rounds.errors import EnvelopeError, RegistrarError, RoundsError
from asobna_rounds.locked_file import burn as burn_file
from asobna_rounds.locked_file import write_whole
from asobna_rounds.registrar.invitation import write_invitation
from asobna_rounds.registrar.store import Registrar
from asobna_rounds.texts import LANGUAGES

REVIEW = "Needs outside review before real use."
_PATH = click.Path(path_type=Path)
_DATE = click.DateTime(["%Y-%m-%d"])
_FOLDER = click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
_ROUND = click.argument("round_id", metavar="ROUND")
_PERSON = click.argument("person")
_AGAIN = click.option("--again", is_flag=True, help="Replace a lost one; counted and published.")


@click.group(help=f"Registrar, offline: people and credentials, never statements. {REVIEW}")
def registrar() -> None:
    """Registrar commands."""


@registrar.command()
@_FOLDER
@passphrase.option
def init(folder: Path, passphrase_file: Any) -> None:
    """Make an empty store in FOLDER (put it on a volume of its own)."""
    Registrar.create(folder, passphrase.read(passphrase_file, confirm=True))
    click.echo(f"store made in {folder}")


@registrar.command()
@_FOLDER
@passphrase.option
@click.option("--name", prompt=True, help="Left out, it is asked for and in no history.")
@click.option("--contact", prompt=True, help="How to reach the person; asked for likewise.")
@click.option("--topic", "topics", multiple=True)
@click.option("--language", "languages", multiple=True)
@click.option("--roster", is_flag=True, help="Agreed in writing to be counted among experts.")
def add(folder: Path, passphrase_file: Any, name: str, contact: str, **details: Any) -> None:
    """Add a person to the panel."""
    store = Registrar.open(folder, passphrase.read(passphrase_file))
    details["topics"], details["languages"] = map(tuple, (details["topics"], details["languages"]))
    click.echo(store.add(name, contact, details).handle)


@registrar.command()
@_FOLDER
@passphrase.option
@_PERSON
def remove(folder: Path, passphrase_file: Any, person: str) -> None:
    """Forget a PERSON (name or handle)."""
    store = Registrar.open(folder, passphrase.read(passphrase_file))
    store.remove(store.find(person))
    click.echo("forgotten")


@registrar.command("list")
@_FOLDER
@passphrase.option
def list_people(folder: Path, passphrase_file: Any) -> None:
    """Show the panel."""
    people = Registrar.open(folder, passphrase.read(passphrase_file)).people.values()
    for p in sorted(people, key=lambda person: person.name):
        topics, languages = ", ".join(p.topics), ", ".join(p.languages)
        click.echo(f"{p.handle}  {p.name}  {p.contact}  [{topics}]  [{languages}]")


@registrar.command()
@_FOLDER
@passphrase.option
def roster(folder: Path, passphrase_file: Any) -> None:
    """Topics with at least five people who agreed in writing; smaller ones are not shown."""
    for topic, count in Registrar.open(folder, passphrase.read(passphrase_file)).roster().items():
        click.echo(f"{topic}: {count}")


@registrar.command()
@_FOLDER
@_ROUND
@passphrase.option
@click.option("--topic", help="Invite only people with this topic.")
def begin(folder: Path, round_id: str, passphrase_file: Any, topic: str | None) -> None:
    """Begin the issue phase of ROUND: print its public key, the same for everybody."""
    key = Registrar.open(folder, passphrase.read(passphrase_file)).begin_issue(round_id, topic)
    click.echo(f"print this mark on every invitation: {key.fingerprint}", err=True)
    click.echo(key.to_text(), nl=False)


@registrar.command()
@_FOLDER
@_ROUND
@_PERSON
@passphrase.option
@click.option("--request", type=click.File("r"), default="-", help="The block; else pasted.")
@_AGAIN
def answer(folder: Path, round_id: str, person: str, **options: Any) -> None:
    """Tier 1: answer the request block of PERSON."""
    store = Registrar.open(folder, passphrase.read(options["passphrase_file"]))
    who = store.find(person)
    text = store.answer(round_id, who, options["request"].read(), again=options["again"])
    click.echo(text, nl=False)


@registrar.command()
@_FOLDER
@_ROUND
@_PERSON
@passphrase.option
@_AGAIN
def voucher(folder: Path, round_id: str, person: str, **options: Any) -> None:
    """Tier 2: show one voucher for PERSON, once. It is kept nowhere."""
    store = Registrar.open(folder, passphrase.read(options["passphrase_file"]))
    click.echo(show_code(store.voucher(round_id, store.find(person), again=options["again"])))


def _round_options(function: Callable[..., None]) -> Callable[..., None]:
    """The options of everything that is printed about a round."""
    for option in (
        click.option("--language", type=click.Choice(LANGUAGES), default="en"),
        click.option("--closes", type=_DATE, required=True),
        click.option("--opens", type=_DATE, required=True),
        click.option("--address", required=True, help="The round's page, an onion address."),
    ):
        function = option(function)
    return function


def _round_text(options: dict[str, Any]) -> SlipText:
    """What is printed about a round. Raises RegistrarError when it closes before it opens."""
    opens, closes = options["opens"].date(), options["closes"].date()
    if opens > closes:
        raise RegistrarError("the round would close before it opens; check --opens and --closes")
    discreet = bool(options.get("discreet"))
    return SlipText(options["address"], opens, closes, options["language"], discreet)


@registrar.command()
@_FOLDER
@_ROUND
@passphrase.option
@click.option("--before", type=click.File("r"), required=True, help="The ledger's opening.")
@_round_options
def invitation(folder: Path, round_id: str, **options: Any) -> None:
    """Print the invitation, the same for everybody; it opens with `ledger page --as invitation`."""
    text = _round_text(options)
    store = Registrar.open(folder, passphrase.read(options["passphrase_file"]))
    key = store.issue(round_id).key.public
    click.echo(write_invitation(options["before"].read(), key, text), nl=False)


@registrar.command()
@_FOLDER
@_ROUND
@passphrase.option
@click.option("--count", type=click.IntRange(1, 1000), required=True)
@click.option("--pdf", type=_PATH, required=True, help="Where to write the slips.")
@_round_options
@click.option("--discreet", is_flag=True, help="Only the code on each slip, no word beside it.")
def slips(folder: Path, round_id: str, count: int, **options: Any) -> None:
    """Tier 2: print COUNT slips to cut and draw from a bowl; tick who draws with `drew`."""
    text = _round_text(options)
    store = Registrar.open(folder, passphrase.read(options["passphrase_file"]))
    if options["pdf"].exists():  # before vouchers are used up
        raise RegistrarError(f"{options['pdf']} is already there; slips are never overwritten")
    key = store.issue(round_id).key.public
    slips_pdf([new_code()], key, text)  # a text that does not fit must not use up vouchers
    codes = store.slips(round_id, count)
    try:
        write_whole(options["pdf"], slips_pdf(codes, key, text))
    except RoundsError:
        for code in codes:  # on no paper, so they must not stand for anybody
            store.withdraw(round_id, code)
        raise
    click.echo(f"{count} slips; print them, then: asobna-rounds registrar burn {options['pdf']}")


@registrar.command()
@_FOLDER
@_ROUND
@_PERSON
@passphrase.option
def drew(folder: Path, round_id: str, person: str, passphrase_file: Any) -> None:
    """Tick PERSON as having drawn a slip; which one is not asked."""
    store = Registrar.open(folder, passphrase.read(passphrase_file))
    store.drew(round_id, store.find(person))
    click.echo("ticked")


@registrar.command()
@_FOLDER
@_ROUND
@passphrase.option
@click.option("--code", prompt=True, help="The code of a slip that nobody drew.")
def withdraw(folder: Path, round_id: str, passphrase_file: Any, code: str) -> None:
    """Take back a slip that nobody drew, to make room for somebody else."""
    Registrar.open(folder, passphrase.read(passphrase_file)).withdraw(round_id, code)
    click.echo("withdrawn")


@registrar.command()
@click.argument("file", type=_PATH)
def burn(file: Path) -> None:
    """Overwrite and remove FILE (printed slips, a handed-over list)."""
    burn_file(file)
    click.echo("gone")


def _is_opening(path: Path, key: RoundKey) -> bool:
    """Whether `path` holds a whole opening file for this round's key."""
    try:
        return read_opening(path.read_text("utf-8")).key == key
    except (EnvelopeError, UnicodeDecodeError):
        return False


@registrar.command()
@_FOLDER
@_ROUND
@passphrase.option
@click.argument("opening", type=_PATH)
def end(folder: Path, round_id: str, passphrase_file: Any, opening: Path) -> None:
    """End the issue phase of ROUND, before the round opens.

    Writes the OPENING file for the ballot box (public key, voucher list, three numbers), reads it
    back, then destroys the signing key, the invitations and the ticks. May be repeated when it
    was cut off; a file that is not this round's opening is never overwritten.
    """
    store = Registrar.open(folder, passphrase.read(passphrase_file))
    made = store.opening(round_id)
    if opening.exists() and not _is_opening(opening, made.key):
        raise RegistrarError(
            f"{opening} is already there and is not the opening file of this round; it is left "
            "as it is, and the issue phase goes on: name another file"
        )
    write_whole(opening, made.to_text().encode())
    if not _is_opening(opening, made.key):
        raise RegistrarError(f"{opening} cannot be read back; nothing was destroyed, end again")
    store.end_issue(round_id)
    click.echo(f"invited {made.invited}, issued {made.issued}, issued again {made.again}")


@registrar.command()
@click.argument("file", type=_PATH)
def helper(file: Path) -> None:
    """Write the participants' offline helper to FILE (one file, standard Python only)."""
    click.echo(f"SHA-256 {write_helper(file)}  {file}")
