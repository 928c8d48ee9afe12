"""Statements sealed to the moderator's offline key: the ballot box cannot read what it holds.

Every sealed statement has the same length, so its size says nothing about its text. The box is
libsodium's anonymous sealed box (PyNaCl `SealedBox`): no sender key, nothing about the author.
"""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

from nacl.exceptions import CryptoError
from nacl.public import PrivateKey, PublicKey, SealedBox

from asobna_rounds.errors import SealError

MAX_CHARACTERS = 280
"""A short statement carries less of its author's style; 4 UTF-8 bytes each still fit."""
PLAIN_BYTES = 2048
SEALED_BYTES = PLAIN_BYTES + 48
LANGUAGE_BYTES = 8
_UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)
"""Letters and marks that show nothing (Unicode: Default_Ignorable_Code_Point outside category C,
and the empty braille cell): a text somebody was given to paste could carry a name in them."""
LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z]{2,4})?")


class SealedStatement(NamedTuple):
    """An opened statement: its text and its language tag ("" when the author gave none)."""

    text: str
    language: str


def clean_statement(text: str) -> str:
    """One line in Unicode NFC, without control or invisible format characters.

    Invisible characters and odd spacing can mark an author as surely as a name.
    """
    kept = "".join(
        " " if c.isspace() else c
        for c in _UNSEEN.sub("", text)
        if c.isspace() or unicodedata.category(c)[0] != "C"
    )
    # Composed last: what stood between a letter and its accent is gone only now.
    return " ".join(unicodedata.normalize("NFC", kept).split())


def seal(public_key: bytes, text: str, language: str = "") -> bytes:
    """Seal a statement to the moderator: always `SEALED_BYTES` (2096) bytes.

    `public_key` is the 32-byte X25519 key of `moderator`; `language` a tag such as "be".
    Raises SealError when the text is empty or longer than `MAX_CHARACTERS` once cleaned.
    """
    cleaned = clean_statement(text)
    if not cleaned:
        raise SealError("the statement is empty; write one sentence")
    if len(cleaned) > MAX_CHARACTERS:
        raise SealError(
            f"the statement has {len(cleaned)} characters; the limit is {MAX_CHARACTERS} "
            "(MAX_CHARACTERS); shorten it"
        )
    if language and not LANGUAGE.fullmatch(language):
        raise SealError('the language tag is not of the form "be"')
    body = cleaned.encode()
    head = len(body).to_bytes(2, "big") + language.encode().ljust(LANGUAGE_BYTES, b"\x00")
    return bytes(
        SealedBox(PublicKey(public_key)).encrypt((head + body).ljust(PLAIN_BYTES, b"\x00"))
    )


def open_statement(private_key: bytes, blob: bytes) -> SealedStatement:
    """The statement in a sealed blob. `private_key` is the moderator's 32-byte X25519 key.

    Raises SealError when the blob has another length, was altered, or was sealed to another key.
    """
    if len(blob) != SEALED_BYTES:
        raise SealError(f"a sealed statement has {SEALED_BYTES} bytes, this has {len(blob)}")
    try:
        plain = SealedBox(PrivateKey(private_key)).decrypt(blob)
    except CryptoError as error:
        raise SealError("sealed to another key, or altered: it cannot be opened") from error
    size = int.from_bytes(plain[:2], "big")
    start = 2 + LANGUAGE_BYTES
    try:
        text = plain[start : start + size].decode()
        language = plain[2:start].rstrip(b"\x00").decode("ascii")
    except UnicodeDecodeError as error:
        raise SealError("the sealed statement does not hold text") from error
    if any(plain[start + size :]) or clean_statement(text) != text or not text:
        raise SealError("the sealed statement is not in the agreed form")
    return SealedStatement(text, language)


def open_sealed(private_key: bytes, blob: bytes) -> str:
    """The text alone of `open_statement`."""
    return open_statement(private_key, blob).text
