"""A signed token, and the text a tier 1 participant carries. Standard library only."""

from __future__ import annotations

import base64
import binascii
from typing import NamedTuple

from asobna_rounds.credentials.envelopes import LINE
from asobna_rounds.credentials.keys import KEY_BYTES, TOKEN_BYTES
from asobna_rounds.errors import CredentialError

CREDENTIAL_CHARACTERS = (TOKEN_BYTES + KEY_BYTES) * 4 // 3
_INVISIBLE = dict.fromkeys(map(ord, "\u00a0\u200b\u2060\ufeff"))


class SignedToken(NamedTuple):
    """32 random bytes and the round's 256-byte signature on them: what both tiers end as."""

    token: bytes
    signature: bytes


def write_credential(signed: SignedToken) -> str:
    """A tier 1 credential as people carry it: 384 base64 characters in lines of 64."""
    text = base64.b64encode(signed.token + signed.signature).decode()
    return "".join(text[i : i + LINE] + "\n" for i in range(0, len(text), LINE))


def read_credential(text: str) -> SignedToken:
    """Token and signature in pasted text; spaces and line breaks do not matter.

    Raises CredentialError "unreadable" when it is not 384 base64 characters.
    """
    joined = "".join(text.translate(_INVISIBLE).split())
    try:
        raw = base64.b64decode(joined, validate=True)
    except (binascii.Error, ValueError):
        raw = b""
    if len(raw) != TOKEN_BYTES + KEY_BYTES or len(joined) != CREDENTIAL_CHARACTERS:
        raise CredentialError(
            "unreadable",
            f"a credential has {CREDENTIAL_CHARACTERS} characters, a voucher 26; "
            "paste the whole text",
        )
    return SignedToken(raw[:TOKEN_BYTES], raw[TOKEN_BYTES:])
