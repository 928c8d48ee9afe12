"""The registrar's half of the credentials: one signing key per round, used for nothing else.

NEEDS OUTSIDE REVIEW BEFORE REAL USE. Offline only; the ballot box never imports this module.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric import rsa

from asobna_rounds.credentials import blind_rsa
from asobna_rounds.credentials.envelopes import Envelope, read_envelope, write_envelope
from asobna_rounds.credentials.keys import EXPONENT, KEY_BITS, SALT_BYTES, TOKEN_BYTES, RoundKey
from asobna_rounds.credentials.tokens import SignedToken
from asobna_rounds.credentials.vouchers import new_code, voucher_record
from asobna_rounds.errors import EnvelopeError


@dataclass(frozen=True)
class SigningKey:
    """A round's private key. `exponent` never leaves the registrar and is never printed."""

    public: RoundKey
    exponent: int = field(repr=False)

    @classmethod
    def generate(cls, round_id: str) -> SigningKey:
        """A fresh 2048-bit key for one round."""
        private = rsa.generate_private_key(EXPONENT, KEY_BITS).private_numbers()
        return cls(RoundKey(round_id, private.public_numbers.n), private.d)

    def _sign(self, blinded: bytes) -> bytes:
        return blind_rsa.blind_sign(blind_rsa.Secret(self.public.modulus, self.exponent), blinded)

    def answer(self, request: str) -> str:
        """The answer block for a participant's request block (tier 1).

        The request is a uniformly random number whatever token is inside, so there is nothing
        to learn from it and nothing to keep. Raises EnvelopeError or BlindingError.
        """
        envelope = read_envelope(request, "REQUEST")
        expected = (self.public.round_id, self.public.fingerprint)
        if (envelope.round_id, envelope.fingerprint) != expected:
            raise EnvelopeError(
                f'the request was made for another round or key than "{self.public.round_id}"; '
                "send the participant the right round key"
            )
        payload = self._sign(envelope.payload)
        return write_envelope(Envelope("ANSWER", *expected, payload))

    def issue(self) -> SignedToken:
        """A fresh signed token, made here: for vouchers, demos and tests."""
        token = secrets.token_bytes(TOKEN_BYTES)
        prepared = self.public.message(token)
        blinded = blind_rsa.blind(
            self.public.modulus, prepared, salt := secrets.token_bytes(SALT_BYTES)
        )
        answer = self._sign(blinded.message)
        signature = blind_rsa.finalize(
            self.public.modulus, prepared, answer, (blinded.inverse, len(salt))
        )
        return SignedToken(token, signature)

    def voucher(self) -> tuple[str, bytes]:
        """A fresh voucher: its code for the slip, and its record for `VoucherList.of`.

        The code is printed once and kept nowhere; the record says nothing without the code.
        """
        code = new_code()
        return code, voucher_record(code, self.public.round_id, self.issue())
