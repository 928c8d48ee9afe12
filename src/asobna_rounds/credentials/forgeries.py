"""An attack on the door of a round: forged, altered, other-round and replayed credentials.

Used by the test suite and by `asobna-rounds attack`. A try counts as *accepted* when the door
admits it under a tag that no genuine credential has: that would be one more ballot. A genuine
credential in other clothes is admitted, under its own tag; that is the same person again.
"""

from __future__ import annotations

import base64
import random
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from asobna_rounds.credentials.door import Door
from asobna_rounds.credentials.keys import KEY_BYTES, TOKEN_BYTES, RoundKey
from asobna_rounds.credentials.signing import SigningKey
from asobna_rounds.credentials.tokens import SignedToken, write_credential
from asobna_rounds.credentials.verification import tag
from asobna_rounds.credentials.vouchers import (
    ALPHABET,
    DATA_SYMBOLS,
    VoucherList,
    check_symbol,
    show_code,
)
from asobna_rounds.errors import CredentialError

Rng = random.Random


class Tally(NamedTuple):
    """Per kind: tries made, tries accepted as a new voter (must be 0), replays recognised."""

    tried: Counter[str]
    accepted: Counter[str]
    recognised: Counter[str]


@dataclass(frozen=True)
class Attack:
    """A round to attack: its door, and everything an attacker may have got hold of."""

    door: Door
    genuine: list[SignedToken]
    codes: list[str]
    foreign: list[SignedToken]
    foreign_codes: list[str]
    known: frozenset[bytes]
    round_secret: bytes

    @classmethod
    def on_a_round(cls, size: int = 40) -> Attack:
        """A round with `size` credentials of each tier, and as many of three other rounds."""
        key = SigningKey.generate("attacked")
        renamed = SigningKey(RoundKey("attacked-2", key.public.modulus), key.exponent)
        others = (SigningKey.generate("other"), SigningKey.generate("attacked"), renamed)
        genuine = [key.issue() for _ in range(size)]
        made = [key.voucher() for _ in range(size)]
        door = Door(key.public, VoucherList.of(key.public, [record for _, record in made]))
        codes = [code for code, _ in made]
        secret = secrets.token_bytes(32)
        tokens = [signed.token for signed in genuine] + [door.admit(code) for code in codes]
        return cls(
            door=door,
            genuine=genuine,
            codes=codes,
            foreign=[others[i % 3].issue() for i in range(size)],
            foreign_codes=[others[i % 3].voucher()[0] for i in range(size)],
            known=frozenset(tag(secret, token) for token in tokens),
            round_secret=secret,
        )

    def run(self, tries: int, seed: int = 0) -> Tally:
        """Make `tries` tries, the kinds in turn, reproducible by `seed`."""
        rng, tally = random.Random(seed), Tally(Counter(), Counter(), Counter())
        kinds = list(KINDS.items())
        for number in range(tries):
            name, forge = kinds[number % len(kinds)]
            tally.tried[name] += 1
            try:
                token = self.door.admit(forge(self, rng))
            except CredentialError:
                continue
            known = tag(self.round_secret, token) in self.known
            (tally.recognised if known else tally.accepted)[name] += 1
        return tally


def _flip(data: bytes, rng: Rng) -> bytes:
    """One bit changed."""
    place = rng.randrange(len(data) * 8)
    return (int.from_bytes(data, "big") ^ (1 << place)).to_bytes(len(data), "big")


def _bit_of_signature(attack: Attack, rng: Rng) -> str:
    signed = rng.choice(attack.genuine)
    return write_credential(SignedToken(signed.token, _flip(signed.signature, rng)))


def _bit_of_token(attack: Attack, rng: Rng) -> str:
    signed = rng.choice(attack.genuine)
    return write_credential(SignedToken(_flip(signed.token, rng), signed.signature))


def _other_token(attack: Attack, rng: Rng) -> str:
    """A genuine signature on a fresh token of the attacker's."""
    return write_credential(SignedToken(rng.randbytes(TOKEN_BYTES), rng.choice(attack.genuine)[1]))


def _random_signature(_: Attack, rng: Rng) -> str:
    return write_credential(SignedToken(rng.randbytes(TOKEN_BYTES), rng.randbytes(KEY_BYTES)))


def _product(attack: Attack, rng: Rng) -> str:
    """The homomorphism of bare RSA: the product of two signatures signs the product of two
    padded messages, and padding must make that useless."""
    left, right = rng.choice(attack.genuine), rng.choice(attack.genuine)
    modulus = attack.door.key.modulus
    number = int.from_bytes(left.signature, "big") * int.from_bytes(right.signature, "big")
    token = bytes(a ^ b for a, b in zip(left.token, right.token, strict=True))
    return write_credential(SignedToken(token, (number % modulus).to_bytes(KEY_BYTES, "big")))


def _mirrored(attack: Attack, rng: Rng) -> str:
    """The modulus minus a genuine signature, or a trivial number, on a fresh token."""
    modulus = attack.door.key.modulus
    genuine = int.from_bytes(rng.choice(attack.genuine).signature, "big")
    number = rng.choice((modulus - genuine, 0, 1, modulus - 1, modulus))
    token = rng.randbytes(TOKEN_BYTES)
    return write_credential(SignedToken(token, number.to_bytes(KEY_BYTES, "big")))


def _other_round(attack: Attack, rng: Rng) -> str:
    return write_credential(rng.choice(attack.foreign))


def _other_round_voucher(attack: Attack, rng: Rng) -> str:
    return rng.choice(attack.foreign_codes)


def _random_voucher(_: Attack, rng: Rng) -> str:
    """A guess that passes the check symbol."""
    data = "".join(rng.choices(ALPHABET, k=DATA_SYMBOLS))
    return data + check_symbol(data)


def _near_voucher(attack: Attack, rng: Rng) -> str:
    """A genuine code with one symbol changed and the check symbol made to fit again."""
    data = list(rng.choice(attack.codes)[:DATA_SYMBOLS])
    place = rng.randrange(DATA_SYMBOLS)
    data[place] = rng.choice(ALPHABET.replace(data[place], ""))
    return "".join(data) + check_symbol("".join(data))


def _mistyped_voucher(attack: Attack, rng: Rng) -> str:
    code = rng.choice(attack.codes)
    place = rng.randrange(len(code))
    return code[:place] + rng.choice(ALPHABET.replace(code[place], "")) + code[place + 1 :]


def _replayed_credential(attack: Attack, rng: Rng) -> str:
    """A genuine one, with other line breaks."""
    text = base64.b64encode(b"".join(rng.choice(attack.genuine))).decode()
    place = rng.randrange(len(text))
    return f" {text[:place]}\r\n\t{text[place:]} "


def _replayed_voucher(attack: Attack, rng: Rng) -> str:
    """A genuine one, in lower case and with hyphens."""
    return f" {show_code(rng.choice(attack.codes)).lower()}\n"


KINDS: dict[str, Callable[[Attack, Rng], str]] = {
    "one bit of a signature": _bit_of_signature,
    "one bit of a token": _bit_of_token,
    "genuine signature, other token": _other_token,
    "random token and signature": _random_signature,
    "product of two signatures": _product,
    "mirrored or trivial signature": _mirrored,
    "other round": _other_round,
    "other round's voucher": _other_round_voucher,
    "guessed voucher": _random_voucher,
    "near voucher, check mended": _near_voucher,
    "mistyped voucher": _mistyped_voucher,
    "replayed credential": _replayed_credential,
    "replayed voucher": _replayed_voucher,
}
REPLAYS = ("replayed credential", "replayed voucher")
