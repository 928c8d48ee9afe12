"""What one row of a ballot file holds, always the same number of bytes, always encrypted."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from typing import NamedTuple

from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from asobna_rounds.credentials.verification import TAG_BYTES
from asobna_rounds.definition import MAX_POLLS, MAX_STATEMENTS

ID_BYTES = 16
BODY_BYTES = 256
"""A used byte, one byte per statement, one per poll question, and room."""
VOTES_AT = 1
POLLS_AT = VOTES_AT + MAX_STATEMENTS
FREE, LIVE, SEALED = 0, 1, 2


class Ballot(NamedTuple):
    """A ballot's answers. Bytes of `votes` and `polls`: 0 none, else the answer plus one.

    Votes: 1 agree, 2 disagree, 3 pass. Polls: option index + 1.
    """

    votes: bytes
    polls: bytes


class Tag(NamedTuple):
    """A place at the door: its state, the hash of a credential, the ballot it opens, how many
    statements were suggested from it.
    """

    state: int
    value: bytes
    ballot: bytes
    suggestions: int


class Rows:
    """Encrypts and decrypts rows under the round's secret, bound to table and row id."""

    def __init__(self, secret: bytes) -> None:
        self.secret = secret
        self._cipher = ChaCha20Poly1305(
            hmac.new(secret, b"asobna-rounds rows v1", hashlib.sha256).digest()
        )

    def lock(self, table: str, key: bytes, plain: bytes) -> bytes:
        nonce = secrets.token_bytes(12)
        return nonce + self._cipher.encrypt(nonce, plain, table.encode() + key)

    def open(self, table: str, key: bytes, row: bytes) -> bytes:
        return self._cipher.decrypt(row[:12], row[12:], table.encode() + key)


EMPTY_TAG = Tag(FREE, bytes(TAG_BYTES), bytes(ID_BYTES), 0)


def pack_tag(entry: Tag) -> bytes:
    """Bytes of a tag, always of one length."""
    return bytes([entry.state, entry.suggestions]) + entry.value + entry.ballot


def unpack_tag(plain: bytes) -> Tag:
    """The tag that `pack_tag` wrote."""
    return Tag(plain[0], plain[2 : 2 + TAG_BYTES], plain[2 + TAG_BYTES :], plain[1])


def answers(body: bytes) -> Ballot:
    """Votes and poll answers of a ballot row, without its padding."""
    return Ballot(body[VOTES_AT:POLLS_AT], body[POLLS_AT : POLLS_AT + MAX_POLLS])
