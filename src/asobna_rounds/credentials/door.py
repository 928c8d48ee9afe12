"""The one door into a round: typed or pasted text in, a 32-byte token out, for both tiers."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from asobna_rounds.credentials.envelopes import LINE
from asobna_rounds.credentials.keys import KEY_BYTES, TOKEN_BYTES, RoundKey
from asobna_rounds.credentials.verification import verify
from asobna_rounds.credentials.vouchers import CODE_SYMBOLS, Opened, VoucherList, read_code
from asobna_rounds.errors import CredentialError

CREDENTIAL_CHARACTERS = (TOKEN_BYTES + KEY_BYTES) * 4 // 3
MAX_PASTE = 4096
_INVISIBLE = dict.fromkeys(map(ord, "\u00a0\u200b\u2060\ufeff"))


def write_credential(opened: Opened) -> str:
    """A tier 1 credential as people carry it: 384 base64 characters in lines of 64."""
    text = base64.b64encode(opened.token + opened.signature).decode()
    return "\n".join(text[i : i + LINE] for i in range(0, len(text), LINE)) + "\n"


def read_credential(text: str) -> Opened:
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
            f"a credential has {CREDENTIAL_CHARACTERS} characters, a voucher {CODE_SYMBOLS}; "
            "paste the whole text",
        )
    return Opened(raw[:TOKEN_BYTES], raw[TOKEN_BYTES:])


@dataclass(frozen=True)
class Door:
    """Admits both kinds of credential to one round and forgets which kind it was.

    `key` is the round's public key, `vouchers` its voucher list (may be empty, never None).
    """

    key: RoundKey
    vouchers: VoucherList

    def admit(self, text: str) -> bytes:
        """The 32-byte token of a valid credential. Pass it to `tag` and drop it.

        `text` is what the participant typed or pasted: 26 characters or 384. The result does
        not tell which. Whether the token is new, returning or sealed is the store's question.
        Raises CredentialError; its `reason` is one of `errors.CREDENTIAL_REASONS`.
        """
        if len(text) > MAX_PASTE:
            raise CredentialError("unreadable", f"more than {MAX_PASTE} characters (MAX_PASTE)")
        if not text.strip():
            raise CredentialError("empty", "nothing was entered; paste the credential or voucher")
        opened = self._open(text)
        if not verify(self.key, opened.token, opened.signature):
            raise CredentialError("forged", "this credential was not signed for this round")
        return opened.token

    def _open(self, text: str) -> Opened:
        if len("".join(text.split())) < CREDENTIAL_CHARACTERS // 4:
            return self.vouchers.open(read_code(text))
        return read_credential(text)
