"""The one door into a round: typed or pasted text in, a 32-byte token out, for both tiers."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from asobna_rounds.credentials.keys import KEY_BYTES, TOKEN_BYTES, RoundKey
from asobna_rounds.credentials.tokens import CREDENTIAL_CHARACTERS, SignedToken, read_credential
from asobna_rounds.credentials.verification import verify
from asobna_rounds.credentials.vouchers import VoucherList, read_code
from asobna_rounds.errors import CredentialError

MAX_PASTE = 4096


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
        signed = self._open(text)
        if not verify(self.key, signed.token, signed.signature):
            raise CredentialError("forged", "this credential was not signed for this round")
        return signed.token

    def _open(self, text: str) -> SignedToken:
        if len("".join(text.split())) >= CREDENTIAL_CHARACTERS // 4:
            return read_credential(text)
        code = read_code(text)
        try:
            return self.vouchers.open(code)
        except CredentialError:
            # A false code costs what a used one does: a finder's clock must not tell them apart.
            verify(self.key, secrets.token_bytes(TOKEN_BYTES), bytes([0, *[1] * (KEY_BYTES - 1)]))
            raise
