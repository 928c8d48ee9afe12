"""The public key of a round: one for everybody, with a fingerprint to compare.

Standard library only, for the offline helper. A key of one's own would be a name tag, so
everyone compares the fingerprint with the one printed on the invitation and the round page.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from asobna_rounds.credentials.envelopes import Envelope, read_envelope, write_envelope
from asobna_rounds.errors import EnvelopeError

EXPONENT = 65537
KEY_BITS = 2048
KEY_BYTES = KEY_BITS // 8
TOKEN_BYTES = 32
SALT_BYTES = 48
FINGERPRINT_HEX = 40
ROUND_ID = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?")
DOMAIN = b"asobna-rounds credential v1\x00"
_SMALL_PRIMES = (3, 5, 7, 11, 13, 17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73)


@dataclass(frozen=True)
class RoundKey:
    """The public half of a round's signing key. `modulus` has 2048 bits; the exponent is 65537."""

    round_id: str
    modulus: int

    def __post_init__(self) -> None:
        """Refuse keys that cannot be an honest round key (RFC 9474, section 7.4)."""
        if not ROUND_ID.fullmatch(self.round_id):
            raise EnvelopeError(
                "the round name may hold 1 to 32 of a-z, 0-9 and inner hyphens; check the key file"
            )
        odd = self.modulus % 2 and all(self.modulus % prime for prime in _SMALL_PRIMES)
        if self.modulus.bit_length() != KEY_BITS or not odd:
            raise EnvelopeError(
                f"the round key is not an RSA key of {KEY_BITS} bits; do not use it", "key"
            )

    @property
    def fingerprint(self) -> str:
        """40 hexadecimal digits in groups of four: the same for everybody in a round."""
        digest = hashlib.sha256(DOMAIN + self.round_id.encode() + b"\x00" + self._bytes())
        digits = digest.hexdigest()[:FINGERPRINT_HEX]
        return " ".join(digits[i : i + 4] for i in range(0, FINGERPRINT_HEX, 4))

    def _bytes(self) -> bytes:
        return self.modulus.to_bytes(KEY_BYTES, "big")

    def message(self, token: bytes) -> bytes:
        """The signed bytes: the random token as RFC 9474 prefix, then the round's name."""
        return token + DOMAIN + self.round_id.encode()

    def to_text(self) -> str:
        """The key as a text block to print, mail or publish."""
        return write_envelope(Envelope("ROUND KEY", self.round_id, self.fingerprint, self._bytes()))


def read_round_key(text: str) -> RoundKey:
    """The key in a text block made by `RoundKey.to_text`. Raises EnvelopeError if damaged."""
    envelope = read_envelope(text, "ROUND KEY")
    key = RoundKey(envelope.round_id, int.from_bytes(envelope.payload, "big"))
    if envelope.fingerprint != key.fingerprint:
        raise EnvelopeError(
            "the fingerprint in the key file is not that of its key; do not use it", "key"
        )
    return key
