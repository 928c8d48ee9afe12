"""A file locked with a passphrase, for machines that are kept offline.

Argon2id makes the key, libsodium's secret box locks the bytes (PyNaCl). The plain text is
padded, so the length says nothing; the file is replaced as a whole, so nothing is half-written;
its times are set to a fixed day, so they do not tell when somebody came.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from nacl import pwhash, utils
from nacl.exceptions import CryptoError
from nacl.secret import SecretBox

from asobna_rounds.durable import replace_file, shred
from asobna_rounds.errors import RoundsError

MAGIC = b"asobna-locked-1\n"
PAD_BYTES = 65_536
FIXED_TIME = 946_684_800
"""2000-01-01: every file of the registrar and moderator carries this time (seconds)."""
MIN_PASSPHRASE = 12


class Cost(NamedTuple):
    """How hard guessing a passphrase is: Argon2id passes and memory in bytes."""

    passes: int
    memory: int


STRONG = Cost(pwhash.argon2id.OPSLIMIT_MODERATE, pwhash.argon2id.MEMLIMIT_MODERATE)
MAX_COST = Cost(passes=20, memory=4 * 2**30)
"""A file that asks for more was altered to exhaust the machine."""


@dataclass(frozen=True)
class Lock:
    """A passphrase turned into a key, with the salt and cost that are written into files."""

    key: bytes
    salt: bytes
    cost: Cost

    @classmethod
    def new(cls, passphrase: str, cost: Cost = STRONG) -> Lock:
        """A lock with a fresh salt. Raises RoundsError for a passphrase that is too short."""
        if len(passphrase) < MIN_PASSPHRASE:
            raise RoundsError(
                f"the passphrase needs at least {MIN_PASSPHRASE} characters (MIN_PASSPHRASE); "
                "five random words are good"
            )
        return cls._derive(passphrase, utils.random(pwhash.argon2id.SALTBYTES), cost)

    @classmethod
    def _derive(cls, passphrase: str, salt: bytes, cost: Cost) -> Lock:
        key = pwhash.argon2id.kdf(SecretBox.KEY_SIZE, passphrase.encode(), salt, *cost)
        return cls(key, salt, cost)

    @classmethod
    def of(cls, path: Path, passphrase: str) -> Lock:
        """The lock of an existing file, from its header."""
        header = _read(path)[:_HEADER]
        salt = header[len(MAGIC) : len(MAGIC) + pwhash.argon2id.SALTBYTES]
        numbers = header[len(MAGIC) + pwhash.argon2id.SALTBYTES :]
        cost = Cost(int.from_bytes(numbers[:8], "big"), int.from_bytes(numbers[8:], "big"))
        if not (0 < cost.passes <= MAX_COST.passes and 8192 <= cost.memory <= MAX_COST.memory):
            raise RoundsError(f"{path} asks for an impossible lock: it was altered")
        return cls._derive(passphrase, salt, cost)

    def header(self) -> bytes:
        """The part of a file that is not secret."""
        return MAGIC + self.salt + b"".join(number.to_bytes(8, "big") for number in self.cost)


_HEADER = len(MAGIC) + pwhash.argon2id.SALTBYTES + 16


def _read(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RoundsError(f"{path} cannot be read: {error.strerror}; check the path") from error
    if not data.startswith(MAGIC) or len(data) <= _HEADER:
        raise RoundsError(f"{path} is not a locked file of this program; check the path")
    return data


def read_locked(path: Path, lock: Lock) -> bytes:
    """The plain bytes of a locked file. Raises RoundsError: wrong passphrase, or altered."""
    data = _read(path)
    try:
        plain: bytes = SecretBox(lock.key).decrypt(data[_HEADER:])
    except CryptoError as error:
        raise RoundsError(f"{path} does not open: wrong passphrase, or altered") from error
    size = int.from_bytes(plain[:8], "big")
    return plain[8 : 8 + size]


def write_locked(path: Path, lock: Lock, plain: bytes) -> None:
    """Lock `plain` into `path`: whole or not at all, padded, readable by the owner only."""
    body = len(plain).to_bytes(8, "big") + plain
    body += bytes(-len(body) % PAD_BYTES)
    write_whole(path, lock.header() + SecretBox(lock.key).encrypt(body))


def write_whole(path: Path, data: bytes) -> None:
    """Replace `path` by `data` in one step (mode 600), then forget when that was."""
    try:
        replace_file(path, data)
    except OSError as error:
        path.with_name(f"{path.name}.new").unlink(missing_ok=True)
        raise RoundsError(f"{path} cannot be written: {error.strerror}; nothing changed") from error
    forget_times(path)


def write_new(path: Path, data: bytes) -> None:
    """`write_whole` for what a command makes: a file that is there already is left as it is.

    Raises RoundsError: a mistyped path must not cost the panel, a key or decided statements.
    """
    if path.exists():
        raise RoundsError(f"{path} is already there and is never overwritten; name another file")
    write_whole(path, data)


def forget_times(path: Path) -> None:
    """Set the times of a file and of its folder to `FIXED_TIME`; a shared folder is let be."""
    os.utime(path, (FIXED_TIME, FIXED_TIME))
    _forget_folder(path.parent)


def _forget_folder(folder: Path) -> None:
    with contextlib.suppress(PermissionError):  # somebody else's folder, for example /tmp
        os.utime(folder, (FIXED_TIME, FIXED_TIME))


def burn(path: Path) -> None:
    """`destroy` for a command: a file that is not there is a mistyped path, never a success.

    Raises RoundsError when `path` is not a file: whoever meant another one must hear of it.
    """
    half_written = path.parent / f"{path.name}.new"  # left by a power cut, as secret as the whole
    if path.is_dir() or not (path.is_file() or half_written.is_file()):
        raise RoundsError(f"{path}: there is no such file; nothing was destroyed, check the path")
    destroy(half_written)
    destroy(path)


def destroy(path: Path) -> None:
    """Overwrite a file, remove it, and forget when that was; no error if it is gone.

    Flash memory and journaling file systems may keep old blocks: keep the folder on an
    encrypted volume that is itself thrown away (see THREATS.md).
    """
    shred(path)
    _forget_folder(path.parent)
