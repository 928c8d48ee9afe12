"""Paper vouchers (tier 2): 26 characters with a check symbol, and the list the ballot box holds.

NEEDS OUTSIDE REVIEW BEFORE REAL USE.

A code is 25 random symbols (125 bits) and a check symbol over GF(32). The position weights are
powers of a primitive element, all different and none zero, so one wrong symbol anywhere, or any
two symbols swapped (next to each other or not), never passes.

A voucher *is* a credential: for each code the list holds an ordinary signed token, encrypted
under the code. Typing the code decrypts it, and from there both tiers are the same 32 bytes.
Nothing is ever marked on the list, so neither the list nor the ballot store tells which
vouchers were used, and without the paper nobody can tell which stored tag began as a voucher.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from asobna_rounds.credentials.envelopes import Envelope, read_envelope, write_envelope
from asobna_rounds.credentials.keys import KEY_BYTES, TOKEN_BYTES, RoundKey
from asobna_rounds.credentials.tokens import SignedToken
from asobna_rounds.errors import CredentialError, EnvelopeError

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
DATA_SYMBOLS = 25
CODE_SYMBOLS = 26
LOOKUP_BYTES = 32
RECORD_BYTES = LOOKUP_BYTES + TOKEN_BYTES + KEY_BYTES + 16
LIST_STEP = 50
"""A list is filled with decoys to a multiple of this, so its length does not count vouchers."""

_FIELD_POLYNOMIAL = 0b100101  # x^5 + x^2 + 1, primitive over GF(2): x has order 31
_LOOK_ALIKES = str.maketrans(
    # Latin letters the alphabet leaves out, then Cyrillic keys that print the same shape.
    "OILU" + "АВЕЗКМНОРСТУХІЅЈ",
    "011V" + "ABE3KMH0PCTYX1SJ",
)
_IGNORED = dict.fromkeys(map(ord, " \t\r\n-‐‑–—.\u00a0\u200b\ufeff"))


def _syndrome(symbols: Iterable[str]) -> int:
    """Horner's rule over GF(32): the sum of symbol values times descending powers of x."""
    total = 0
    for symbol in symbols:
        total <<= 1
        if total & 32:
            total ^= _FIELD_POLYNOMIAL
        total ^= ALPHABET.index(symbol)
    return total


def check_symbol(data: str) -> str:
    """The 26th symbol for 25 data symbols: it makes the whole code's syndrome zero."""
    return ALPHABET[_syndrome(data + ALPHABET[0])]


def new_code() -> str:
    """A fresh random code of 26 symbols (125 random bits and the check symbol)."""
    data = "".join(secrets.choice(ALPHABET) for _ in range(DATA_SYMBOLS))
    return data + check_symbol(data)


def show_code(code: str) -> str:
    """The code as printed: upper case in groups, `XXXXX-XXXXX-XXXXX-XXXXX-XXXXXX`."""
    groups = [code[i : i + 5] for i in range(0, 20, 5)] + [code[20:]]
    return "-".join(groups)


def bare_code(text: str) -> str:
    """Typed text without spaces and hyphens, in capitals, look-alikes (also Cyrillic) mapped."""
    return text.upper().translate(_IGNORED).translate(_LOOK_ALIKES)


def read_code(text: str) -> str:
    """The 26 symbols of a typed code.

    Raises CredentialError "unreadable" (wrong length or symbols) or "check" (mistyped).
    """
    code = bare_code(text)
    if len(code) != CODE_SYMBOLS or not set(code) <= set(ALPHABET):
        raise CredentialError(
            "unreadable", f"a voucher has {CODE_SYMBOLS} letters and digits; this has {len(code)}"
        )
    if _syndrome(code):
        raise CredentialError(
            "check", "the check symbol does not fit: a character is mistyped or two are swapped"
        )
    return code


def _derive(code: str, round_id: str, purpose: bytes) -> bytes:
    """32 bytes from a code for one purpose; 125 random bits need no slow hashing."""
    message = b"asobna-rounds voucher v1\x00" + purpose + b"\x00" + round_id.encode()
    return hmac.new(code.encode(), message, hashlib.sha256).digest()


def voucher_lookup(code: str, round_id: str) -> bytes:
    """The 32 bytes a code's record is found by; they tell nothing about the code or the token."""
    return _derive(code, round_id, b"lookup")


def voucher_record(code: str, round_id: str, signed: SignedToken) -> bytes:
    """The list's record for one code: its look-up value, then the token encrypted under it."""
    lookup = voucher_lookup(code, round_id)
    cipher = ChaCha20Poly1305(_derive(code, round_id, b"key"))
    # The key is used once, so the nonce may be constant (RFC 8439, section 4).
    return lookup + cipher.encrypt(bytes(12), signed.token + signed.signature, lookup)


@dataclass(frozen=True)
class VoucherList:
    """All vouchers of a round as the ballot box holds them: static, sorted by random values."""

    round_id: str
    fingerprint: str
    records: dict[bytes, bytes]

    @classmethod
    def of(cls, key: RoundKey, records: Iterable[bytes]) -> VoucherList:
        """A list of `records`, filled with decoys; sorting leaves no trace of the issue order."""
        filled = set(records)
        while len(filled) % LIST_STEP:
            filled.add(secrets.token_bytes(RECORD_BYTES))
        pairs = {r[:LOOKUP_BYTES]: r[LOOKUP_BYTES:] for r in sorted(filled)}
        return cls(key.round_id, key.fingerprint, pairs)

    def open(self, code: str) -> SignedToken:
        """The signed token behind a code from `read_code`. Raises CredentialError "unknown"."""
        lookup = voucher_lookup(code, self.round_id)
        box = self.records.get(lookup)
        try:
            if box is None:
                raise InvalidTag
            plain = ChaCha20Poly1305(_derive(code, self.round_id, b"key")).decrypt(
                bytes(12), box, lookup
            )
        except InvalidTag:
            raise CredentialError("unknown", "this voucher does not belong to this round") from None
        return SignedToken(plain[:TOKEN_BYTES], plain[TOKEN_BYTES:])

    def to_text(self) -> str:
        """The list as one text block for the ballot box; nothing in it is secret without a code."""
        payload = b"".join(lookup + box for lookup, box in sorted(self.records.items()))
        return write_envelope(Envelope("VOUCHER LIST", self.round_id, self.fingerprint, payload))


def read_voucher_list(text: str, key: RoundKey) -> VoucherList:
    """The list in a text block. Raises EnvelopeError if damaged or made for another round."""
    envelope = read_envelope(text, "VOUCHER LIST")
    if (envelope.round_id, envelope.fingerprint) != (key.round_id, key.fingerprint):
        raise EnvelopeError("the voucher list belongs to another round key; load the right one")
    payload = envelope.payload
    if len(payload) % RECORD_BYTES:
        raise EnvelopeError("the voucher list is cut off inside a record; copy it again")
    records = [payload[i : i + RECORD_BYTES] for i in range(0, len(payload), RECORD_BYTES)]
    pairs = {r[:LOOKUP_BYTES]: r[LOOKUP_BYTES:] for r in records}
    return VoucherList(key.round_id, key.fingerprint, pairs)
