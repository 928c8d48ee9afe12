"""Offline batch moderation: sealed statements in, one sheet to decide on, accepted ones out.

The moderator opens a whole batch on a machine without network, sees it in random order, decides
in any text editor, and takes back a file whose order is random again. Nothing in the sheet or
the result tells when, by whom, or in what order statements came.
"""

from __future__ import annotations

import base64
import binascii
import json
import secrets
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from nacl.public import PrivateKey

from asobna_rounds.errors import ModerationError, SealError
from asobna_rounds.locked_file import STRONG, Cost, Lock, read_locked, write_locked
from asobna_rounds.sealing import (
    LANGUAGE,
    SealedStatement,
    clean_statement,
    open_statement,
)

MAX_BATCH = 10_000
MIX_MINIMUM = 3
"""Fewer accepted statements than this wait for the next day: a mix of one hides nothing."""
REASONS = ("identifies", "duplicate", "off-topic", "unclear", "unlawful", "insult")
MAX_EDITED = 400
"""Characters of an accepted text: a translation may be longer than what it translates."""
_BLOCK = "=== statement"
_GUIDE = f"""\
# For every statement write "accept" or "decline" after "decision:".
# Declined ones need a reason: {", ".join(REASONS)}.
# Accepted ones need a text in every language, each one line of at most {MAX_EDITED} characters,
# so that no language points at its author. Shorten or smooth, but keep the meaning.
# Ask of each one: could its style, or a fact only few people know, point at its author?
"""

S = TypeVar("S")
Texts = dict[str, str]
Shuffle = Callable[[list[Any]], None]
_shuffle: Shuffle = secrets.SystemRandom().shuffle


class Batch(NamedTuple):
    """An opened batch: statements in random order, and how many lines were refused and why."""

    statements: list[SealedStatement]
    refused: Counter[str]


class Decided(NamedTuple):
    """A decided sheet: accepted texts by language, in random order; declined counts by reason."""

    accepted: list[Texts]
    declined: Counter[str]


def new_key(path: Path, passphrase: str, cost: Cost = STRONG) -> bytes:
    """Make the moderator's key, locked into `path`; returns the 32-byte public key."""
    if path.exists():
        raise ModerationError(f"{path} is already there; a key is never overwritten")
    private = PrivateKey.generate()
    write_locked(path, Lock.new(passphrase, cost), bytes(private))
    return bytes(private.public_key)


def read_key(path: Path, passphrase: str) -> bytes:
    """The moderator's 32-byte private key from its locked file."""
    return read_locked(path, Lock.of(path, passphrase))


def write_batch(blobs: Iterable[bytes]) -> str:
    """Sealed statements as text for the way to the moderator: sorted, so no order is left."""
    return "".join(f"{base64.b64encode(blob).decode()}\n" for blob in sorted(blobs))


def open_batch(private_key: bytes, text: str, shuffle: Shuffle = _shuffle) -> Batch:
    """Open a batch (one base64 sealed statement a line); bad lines are counted, not fatal.

    Refusal reasons: "not-base64", "not-opened" (other key, altered, wrong form), "same-text"
    (word for word another one, ignoring case). Raises ModerationError above `MAX_BATCH` lines.
    """
    lines = text.split()
    if len(lines) > MAX_BATCH:
        raise ModerationError(f"{len(lines)} statements; the limit is {MAX_BATCH} (MAX_BATCH)")
    refused: Counter[str] = Counter()
    found: dict[str, SealedStatement] = {}
    for line in lines:
        try:
            statement = open_statement(private_key, base64.b64decode(line, validate=True))
        except (binascii.Error, ValueError):
            refused["not-base64"] += 1
        except SealError:
            refused["not-opened"] += 1
        else:
            refused["same-text"] += statement.text.casefold() in found
            found.setdefault(statement.text.casefold(), statement)
    statements = list(found.values())
    shuffle(statements)
    return Batch(statements, +refused)


def _block(number: int, statement: SealedStatement, languages: Sequence[str]) -> str:
    """One statement to decide on: its words, and a line for every language of the round."""
    known = {statement.language: statement.text}
    texts = "".join(f"text {lang}: {known.get(lang, '')}\n" for lang in languages)
    original = "" if statement.language in languages else f"# written: {statement.text}\n"
    return f"\n{_BLOCK} {number}\n{original}decision: \nreason: \n{texts}"


def write_sheet(statements: Sequence[SealedStatement], languages: Sequence[str]) -> str:
    """The sheet to decide on, as plain text for any editor; `languages` are the round's.

    Raises ModerationError when there is no language or one is not a tag such as "be".
    """
    if not languages or not all(LANGUAGE.fullmatch(language) for language in languages):
        raise ModerationError('name the languages of the round, each as a tag such as "be"')
    blocks = (_block(number, s, languages) for number, s in enumerate(statements, start=1))
    return f"{_GUIDE}languages: {' '.join(languages)}\n{''.join(blocks)}"


class _Sheet(NamedTuple):
    languages: list[str]
    blocks: list[tuple[int, dict[str, str]]]


def _parse(sheet: str) -> _Sheet:
    """The round's languages, and (line number, fields) of every statement block."""
    languages: list[str] = []
    blocks: list[tuple[int, dict[str, str]]] = []
    for number, line in enumerate(sheet.removeprefix("\ufeff").splitlines(), start=1):
        name, colon, value = (part.strip() for part in line.partition(":"))
        if line.startswith(_BLOCK):
            blocks.append((number, {}))
        elif not line.strip() or line.startswith("#"):
            continue
        elif name == "languages" and not blocks:
            languages = value.split()
        elif blocks and colon and name in _names(languages):
            blocks[-1][1][name] = value
        else:
            raise ModerationError(
                f"line {number} of the sheet is not one of its fields "
                f"({', '.join(_names(languages))}); every text stays on one line"
            )
    if not languages:
        raise ModerationError('the line "languages:" is missing at the top of the sheet')
    return _Sheet(languages, blocks)


def _names(languages: Sequence[str]) -> tuple[str, ...]:
    return ("decision", "reason", *(f"text {language}" for language in languages))


def _judge(where: str, block: dict[str, str], languages: Sequence[str]) -> tuple[Texts | None, str]:
    """(accepted texts or None, reason) of one block; raises naming `where` it is."""
    decision, reason = block.get("decision", ""), block.get("reason", "")
    if decision == "decline":
        if reason not in REASONS:
            raise ModerationError(f"{where} is declined without one of: {', '.join(REASONS)}")
        return None, reason
    if decision != "accept":
        raise ModerationError(f'{where} is not decided: write "accept" or "decline"')
    texts = {lang: clean_statement(block.get(f"text {lang}", "")) for lang in languages}
    if wrong := [lang for lang, text in texts.items() if not 0 < len(text) <= MAX_EDITED]:
        raise ModerationError(
            f"{where} needs a text of 1 to {MAX_EDITED} characters (MAX_EDITED) in: "
            f"{', '.join(wrong)}"
        )
    return texts, ""


def read_sheet(sheet: str, shuffle: Shuffle = _shuffle) -> Decided:
    """The decisions in a sheet; every statement must be decided. Raises ModerationError."""
    languages, blocks = _parse(sheet)
    verdicts = [
        _judge(f"the statement at line {number} of the sheet", block, languages)
        for number, block in blocks
    ]
    accepted = [texts for texts, _ in verdicts if texts is not None]
    shuffle(accepted)
    return Decided(accepted, Counter(reason for texts, reason in verdicts if texts is None))


def write_accepted(accepted: Sequence[Texts]) -> str:
    """The file the ballot box takes in: {"statements": [{"texts": {language: text}}, ...]}."""
    rows = [{"texts": texts} for texts in accepted]
    return json.dumps({"statements": rows}, ensure_ascii=False, indent=1) + "\n"


def read_accepted(text: str) -> list[Texts]:
    """The texts in an accepted file. Raises ModerationError when it is not one."""
    try:
        rows = json.loads(text)["statements"]
        return [{str(k): clean_statement(v) for k, v in row["texts"].items()} for row in rows]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModerationError("this is not a file of accepted statements; make it again") from error


def mix(pending: Sequence[S], last_day: bool = False) -> list[S]:
    """What appears at today's mix: all of `pending` in random order, or nothing yet.

    With fewer than `MIX_MINIMUM` pending nothing appears, unless it is the last day.
    """
    if len(pending) < MIX_MINIMUM and not last_day:
        return []
    mixed = list(pending)
    secrets.SystemRandom().shuffle(mixed)
    return mixed


def new_statement_id() -> str:
    """A random statement name of 16 hexadecimal digits: it carries no order."""
    return secrets.token_hex(8)
