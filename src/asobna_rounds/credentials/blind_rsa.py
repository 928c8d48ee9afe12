"""RFC 9474 blind RSA signatures (RSABSSA-SHA384), standard library only.

NEEDS OUTSIDE REVIEW BEFORE REAL USE. Python integers are not constant-time, so `blind_sign`
runs offline only (the registrar), with base blinding and a check of its own result; the ballot
box never loads this module and verifies with the `cryptography` library instead.

Names follow RFC 9474, section 4: prepare, blind, blind_sign, finalize. The padding is
EMSA-PSS of RFC 8017, section 9.1, with SHA-384 and MGF1-SHA-384.
"""

from __future__ import annotations

import hashlib
import math
import secrets
from collections.abc import Callable
from typing import NamedTuple

from asobna_rounds.credentials.keys import EXPONENT
from asobna_rounds.errors import BlindingError

HASH_BYTES = 48
PREFIX_BYTES = 32

RandomBelow = Callable[[int], int]


class Variant(NamedTuple):
    """One named variant of RFC 9474, section 5: its salt length and kind of preparation."""

    name: str
    salt_bytes: int
    randomized: bool


VARIANTS = (
    Variant("RSABSSA-SHA384-PSS-Randomized", 48, True),
    Variant("RSABSSA-SHA384-PSSZERO-Randomized", 0, True),
    Variant("RSABSSA-SHA384-PSS-Deterministic", 48, False),
    Variant("RSABSSA-SHA384-PSSZERO-Deterministic", 0, False),
)


class Secret(NamedTuple):
    """A private RSA key as plain integers: modulus n and private exponent d."""

    n: int
    d: int


class Blinded(NamedTuple):
    """What `blind` returns: the message for the signer and the inverse that unblinds."""

    message: bytes
    inverse: int


def modulus_bytes(n: int) -> int:
    """Length in bytes of messages and signatures under modulus `n`."""
    return (n.bit_length() + 7) // 8


def prepare(variant: Variant, message: bytes, prefix: bytes | None = None) -> bytes:
    """The input message: `message`, behind 32 random bytes where the variant is randomized.

    `prefix` fixes the random bytes (test vectors; or a nonce that is already uniformly random).
    """
    if not variant.randomized:
        return message
    prefix = secrets.token_bytes(PREFIX_BYTES) if prefix is None else prefix
    if len(prefix) != PREFIX_BYTES:
        raise BlindingError(f"the prefix has {len(prefix)} bytes; RFC 9474 wants {PREFIX_BYTES}")
    return prefix + message


def _mgf1(seed: bytes, length: int) -> bytes:
    """MGF1 of RFC 8017, appendix B.2.1, with SHA-384."""
    blocks = (length + HASH_BYTES - 1) // HASH_BYTES
    counters = (index.to_bytes(4, "big") for index in range(blocks))
    return b"".join(hashlib.sha384(seed + c).digest() for c in counters)[:length]


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(left, right, strict=True))


def encode_pss(message: bytes, bits: int, salt: bytes) -> bytes:
    """EMSA-PSS-ENCODE (RFC 8017, section 9.1.1): `message` padded for a modulus of bits + 1."""
    length = (bits + 7) // 8
    if length < HASH_BYTES + len(salt) + 2:
        raise BlindingError(f"a modulus of {bits + 1} bits is too short for SHA-384 and this salt")
    digest = hashlib.sha384(message).digest()
    fingerprint = hashlib.sha384(bytes(8) + digest + salt).digest()
    block = bytes(length - len(salt) - HASH_BYTES - 2) + b"\x01" + salt
    masked = bytearray(_xor(block, _mgf1(fingerprint, len(block))))
    masked[0] &= 0xFF >> (8 * length - bits)
    return bytes(masked) + fingerprint + b"\xbc"


def verify_pss(n: int, message: bytes, signature: bytes, salt_bytes: int) -> bool:
    """Whether `signature` is RSASSA-PSS (SHA-384, this salt length) of `message` under `n`."""
    if len(signature) != modulus_bytes(n):
        return False
    number = int.from_bytes(signature, "big")
    if number >= n:
        return False
    bits = n.bit_length() - 1
    length = (bits + 7) // 8
    opened = pow(number, EXPONENT, n)
    if opened >> (8 * length):
        return False
    padded = opened.to_bytes(length, "big")
    block, fingerprint = padded[: -HASH_BYTES - 1], padded[-HASH_BYTES - 1 : -1]
    unmasked = bytearray(_xor(block, _mgf1(fingerprint, len(block))))
    unmasked[0] &= 0xFF >> (8 * length - bits)
    salt = bytes(unmasked[len(unmasked) - salt_bytes :])
    return secrets.compare_digest(padded, encode_pss(message, bits, salt))


def blind(
    n: int, prepared: bytes, salt: bytes, random_below: RandomBelow = secrets.randbelow
) -> Blinded:
    """RFC 9474, section 4.2: hide `prepared` under a uniformly random factor.

    The blinded message is uniform among the units modulo `n` whatever `prepared` is, so it
    tells the signer nothing, however much computing power the signer has.
    `random_below` is replaced only by test vectors.
    """
    number = int.from_bytes(encode_pss(prepared, n.bit_length() - 1, salt), "big")
    if math.gcd(number, n) != 1:
        raise BlindingError("the message shares a factor with the key: the round key is not RSA")
    while True:
        factor = random_below(n)
        if math.gcd(factor, n) == 1 and factor:
            break
    hidden = number * pow(factor, EXPONENT, n) % n
    return Blinded(hidden.to_bytes(modulus_bytes(n), "big"), pow(factor, -1, n))


def blind_sign(secret: Secret, blinded: bytes) -> bytes:
    """RFC 9474, section 4.3: sign what cannot be read. Offline only.

    The exponentiation is itself blinded with a fresh random base, so its running time says
    nothing about d; the result is checked, so a computing fault cannot leak the key.
    """
    n = secret.n
    number = int.from_bytes(blinded, "big")
    if len(blinded) != modulus_bytes(n) or not 0 < number < n:
        raise BlindingError("the request was not made for this round key; ask for a new request")
    while math.gcd(base := secrets.randbelow(n), n) != 1 or not base:
        pass
    signed = pow(number * pow(base, EXPONENT, n), secret.d, n) * pow(base, -1, n) % n
    if pow(signed, EXPONENT, n) != number:
        raise BlindingError("the signature failed its own check; nothing was given out")
    return signed.to_bytes(modulus_bytes(n), "big")


def finalize(n: int, prepared: bytes, answer: bytes, unblind: tuple[int, int]) -> bytes:
    """RFC 9474, section 4.4: the signature on `prepared`, from the signer's blind `answer`.

    `unblind` is (inverse from `blind`, salt length). Raises BlindingError when the answer does
    not belong to this request and key, so a wrong answer never becomes a credential.
    """
    inverse, salt_bytes = unblind
    if len(answer) != modulus_bytes(n):
        raise BlindingError(
            f"the answer has {len(answer)} bytes, the round key wants {modulus_bytes(n)}"
        )
    signature = (int.from_bytes(answer, "big") * inverse % n).to_bytes(modulus_bytes(n), "big")
    if not verify_pss(n, prepared, signature, salt_bytes):
        raise BlindingError("the answer does not belong to this request; was it mixed up?")
    return signature
