"""What the ballot box does with a credential: verify it, and reduce it to a tag.

Verification is by the `cryptography` library (plain RSA-PSS); no own cryptography runs here.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import lru_cache

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers
from cryptography.hazmat.primitives.hashes import SHA384

from asobna_rounds.credentials.keys import EXPONENT, KEY_BYTES, SALT_BYTES, TOKEN_BYTES, RoundKey

TAG_BYTES = 32
_PSS = padding.PSS(mgf=padding.MGF1(SHA384()), salt_length=SALT_BYTES)


@lru_cache(maxsize=8)
def _public_key(modulus: int) -> RSAPublicKey:
    return RSAPublicNumbers(EXPONENT, modulus).public_key()


def verify(key: RoundKey, token: bytes, signature: bytes) -> bool:
    """Whether `signature` (256 bytes) is the round's signature on `token` (32 random bytes).

    False for anything else: wrong lengths, another round's key or name, altered bytes.
    """
    if len(token) != TOKEN_BYTES or len(signature) != KEY_BYTES:
        return False
    try:
        _public_key(key.modulus).verify(signature, key.message(token), _PSS, SHA384())
    except InvalidSignature:
        return False
    return True


def tag(round_secret: bytes, token: bytes) -> bytes:
    """The 32 bytes the ballot box stores instead of a token: HMAC-SHA256 under the round's secret.

    Only the token counts, never the signature or the typed text, so a credential in other
    clothes (another signature on it, other spacing, voucher or long form) has the same tag and
    can never become a second ballot. Destroying `round_secret` makes all tags meaningless.
    """
    if len(round_secret) < TAG_BYTES:
        raise ValueError(f"the round secret has {len(round_secret)} bytes; use 32 random bytes")
    return hmac.new(round_secret, b"asobna-rounds tag v1\x00" + token, hashlib.sha256).digest()
