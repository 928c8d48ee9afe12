"""The stateless value in each form that stands for the credential for twenty minutes.

It is encrypted under a key that exists only in this process's memory: it is in no cookie, in no
URL and on no disk. A form sent later is not lost: the page asks for the code again and keeps the
answers.
"""

from __future__ import annotations

import base64
import binascii
import secrets
import time
from collections.abc import Callable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

LIFE_MINUTES = 20
"""How long an untouched form stays valid; every save starts it anew."""


class Tickets:
    """Writes and reads tickets of one process for one round."""

    def __init__(self, minutes: Callable[[], int] = lambda: int(time.monotonic() // 60)) -> None:
        self._cipher = ChaCha20Poly1305(ChaCha20Poly1305.generate_key())
        self._minutes = minutes

    def write(self, admission: bytes) -> str:
        """A fresh ticket for an admission (48 bytes): 108 characters, different every time."""
        nonce = secrets.token_bytes(12)
        plain = admission + self._minutes().to_bytes(4, "big")
        return base64.urlsafe_b64encode(nonce + self._cipher.encrypt(nonce, plain, None)).decode()

    def read(self, ticket: str) -> bytes | None:
        """The admission in a ticket, or None when it is too old, altered or of another process."""
        try:
            raw = base64.b64decode(ticket, altchars=b"-_", validate=True)
            plain = self._cipher.decrypt(raw[:12], raw[12:], None)
        except (binascii.Error, ValueError, InvalidTag):
            return None
        written = int.from_bytes(plain[-4:], "big")
        return plain[:-4] if self._minutes() - written <= LIFE_MINUTES else None
