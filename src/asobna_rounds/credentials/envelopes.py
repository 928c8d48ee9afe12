"""Text blocks that survive mail, chat and paper: request, answer, round key, voucher list.

    -----BEGIN ASOBNA REQUEST-----
    round: pulse-2026-12
    key: 1a2b 3c4d ...
    <base64, 64 characters a line>
    check: 9f86d081
    -----END ASOBNA REQUEST-----

Standard library only, for the offline helper. No time, no name, no address, no software version.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import NamedTuple

from asobna_rounds.errors import EnvelopeError

LINE = 64
CHECK_HEX = 8
MAX_TEXT = 8_000_000
"""Room for the opening file of the largest round: 10,000 vouchers make 4.6 million characters."""


class Envelope(NamedTuple):
    """One text block: what it is, for which round and key, and its bytes."""

    kind: str
    round_id: str
    fingerprint: str
    payload: bytes


def _check(envelope: Envelope) -> str:
    """A short checksum against lost lines and mail damage; it protects against no attacker."""
    head = "\x00".join((envelope.kind, envelope.round_id, envelope.fingerprint)).encode()
    return hashlib.sha256(head + b"\x00" + envelope.payload).hexdigest()[:CHECK_HEX]


def write_envelope(envelope: Envelope) -> str:
    """The block as text, ending in a newline."""
    body = base64.b64encode(envelope.payload).decode()
    lines = [
        f"-----BEGIN ASOBNA {envelope.kind}-----",
        f"round: {envelope.round_id}",
        f"key: {envelope.fingerprint}",
        *(body[i : i + LINE] for i in range(0, len(body), LINE)),
        f"check: {_check(envelope)}",
        f"-----END ASOBNA {envelope.kind}-----",
    ]
    return "\n".join(lines) + "\n"


def _bare(line: str) -> str:
    """A line freed of mail quoting ("> "), odd spaces and a byte order mark."""
    return line.replace("\u00a0", " ").replace("\ufeff", "").strip().lstrip("> ").strip()


def _block(text: str, kind: str) -> list[str]:
    """The lines between the two rules; keyboards may have made their hyphens into dashes."""
    lines = [_bare(line) for line in text.splitlines()]
    names = [line.strip("-–— ") for line in lines]
    begin, end = f"BEGIN ASOBNA {kind}", f"END ASOBNA {kind}"
    if begin not in names:
        raise EnvelopeError(f'no line "-----{begin}-----" found: paste the whole {kind.lower()}')
    start = names.index(begin) + 1
    if end not in names[start:]:
        raise EnvelopeError(f'the line "-----{end}-----" is missing: the block was cut off')
    return [line for line in lines[start : names.index(end, start)] if line]


def read_envelope(text: str, kind: str) -> Envelope:
    """The first block of this kind in `text`; words before and after it do not matter.

    Raises EnvelopeError when it is missing, cut off, damaged, or longer than `MAX_TEXT`.
    """
    if len(text) > MAX_TEXT:
        raise EnvelopeError(f"the text has more than {MAX_TEXT} characters (limit MAX_TEXT)")
    fields: dict[str, str] = {}
    body: list[str] = []
    for line in _block(text, kind):
        name, colon, value = line.partition(":")
        if colon:
            fields[name.strip()] = value.strip()
        else:
            body.append(line)
    try:
        payload = base64.b64decode("".join(body), validate=True)
        envelope = Envelope(kind, fields["round"], fields["key"], payload)
    except (KeyError, binascii.Error, ValueError) as error:
        raise EnvelopeError(f"the {kind.lower()} block is damaged: copy it again") from error
    if fields.get("check") != _check(envelope):
        raise EnvelopeError(
            f"the {kind.lower()} block does not match its check line: copy it again"
        )
    return envelope
