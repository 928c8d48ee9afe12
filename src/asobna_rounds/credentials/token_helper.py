"""`asobna-token`: the participant's offline helper (tier 1). Text in, text out.

NEEDS OUTSIDE REVIEW BEFORE REAL USE. Standard library only; opens no network connection; runs
as one file (see `helper_file`). Blocks go to standard output, words about them to standard
error, so `asobna-token request KEY > request.txt` holds just what is sent.
"""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import textwrap
from contextlib import suppress
from pathlib import Path

from asobna_rounds.credentials import blind_rsa
from asobna_rounds.credentials.envelopes import Envelope, read_envelope, write_envelope
from asobna_rounds.credentials.keys import (
    KEY_BYTES,
    SALT_BYTES,
    TOKEN_BYTES,
    RoundKey,
    read_round_key,
)
from asobna_rounds.credentials.tokens import SignedToken, write_credential
from asobna_rounds.errors import BlindingError, EnvelopeError, RoundsError
from asobna_rounds.texts import LANGUAGES, words

#: Errors are written in this language, with their details.
_ERRORS_ARE_IN = "en"


def make_request(key: RoundKey) -> tuple[str, str]:
    """(request block to send, secret block to keep) for a fresh random token."""
    token, salt = secrets.token_bytes(TOKEN_BYTES), secrets.token_bytes(SALT_BYTES)
    blinded = blind_rsa.blind(key.modulus, key.message(token), salt)
    inverse = blinded.inverse.to_bytes(KEY_BYTES, "big")
    request = Envelope("REQUEST", key.round_id, key.fingerprint, blinded.message)
    modulus = key.modulus.to_bytes(KEY_BYTES, "big")
    secret = Envelope("SECRET", key.round_id, key.fingerprint, token + inverse + modulus)
    return write_envelope(request), write_envelope(secret)


def make_credential(secret: str, answer: str) -> str:
    """The credential (384 characters in lines of 64) from the kept secret and the answer block.

    Raises EnvelopeError or BlindingError when they do not belong together.
    """
    kept, given = read_envelope(secret, "SECRET"), read_envelope(answer, "ANSWER")
    if (kept.round_id, kept.fingerprint) != (given.round_id, given.fingerprint):
        raise EnvelopeError("the answer is for another round or key than your request", "other")
    token, rest = kept.payload[:TOKEN_BYTES], kept.payload[TOKEN_BYTES:]
    inverse, modulus = (int.from_bytes(rest[i : i + KEY_BYTES], "big") for i in (0, KEY_BYTES))
    key = RoundKey(kept.round_id, modulus)
    signature = blind_rsa.finalize(
        modulus, key.message(token), given.payload, (inverse, SALT_BYTES)
    )
    return write_credential(SignedToken(token, signature))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="asobna-token",
        description="Make a credential that nobody can link to you. Works offline. "
        "Needs outside review before real use.",
    )
    parser.add_argument("--language", choices=LANGUAGES, default=_ERRORS_ARE_IN)
    steps = parser.add_subparsers(dest="step", required=True)
    for name, file, what in (
        ("request", "KEY", "print a request block for the round key in KEY"),
        ("credential", "ANSWER", "print the credential from the registrar's ANSWER"),
    ):
        step = steps.add_parser(name, help=what, description=what)
        step.add_argument("file", metavar=file, help="file with the block, or - for pasting it")
        step.add_argument("--secret", default="asobna-secret.txt", help="file for your secret")
    return parser


def _input(file: str) -> str:
    return sys.stdin.read() if file == "-" else Path(file).read_text("utf-8")


def _say(message: str) -> None:
    """Words for the person, wrapped for a terminal of 80 columns; blocks go to stdout unwrapped."""
    for line in message.split("\n"):
        print(textwrap.fill(line, 79, replace_whitespace=False), file=sys.stderr)


def _keep(path: Path, secret: str) -> None:
    """Write the secret readable by the owner only; never over an earlier one."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    with suppress(OSError):  # Windows opens no folder; there the name is on disk with the file
        folder = os.open(path.parent, os.O_RDONLY)
        os.fsync(folder)
        os.close(folder)


def _drop(path: Path) -> None:
    """Overwrite the secret with zeros and remove it."""
    with path.open("r+b") as file:
        file.write(bytes(path.stat().st_size))
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


def _request(options: argparse.Namespace, text: dict[str, str]) -> None:
    key = read_round_key(_input(options.file))
    request, secret = make_request(key)
    try:
        _keep(Path(options.secret), secret)
    except FileExistsError:
        raise _SaidError(text["exists"].format(path=options.secret)) from None
    _say(f"\n    {key.round_id}\n    {key.fingerprint}\n\n{text['compare']}\n")
    _say(f"{text['save'].format(path=options.secret)}\n\n{text['send']}\n")
    print(request, end="", flush=True)


def _credential(options: argparse.Namespace, text: dict[str, str]) -> None:
    path = Path(options.secret)
    kept = path.read_text("utf-8")
    try:
        credential = make_credential(kept, _input(options.file))
    except (RoundsError, OSError, UnicodeDecodeError) as error:
        told = _told(error, options.language)
        raise _SaidError(f"{told}\n{text['again'].format(path=path)}") from error
    _say(f"{text['done']}\n")
    print(credential, end="", flush=True)
    _drop(path)
    _say(f"\n{text['clean'].format(path=path)}")


class _SaidError(RoundsError):
    """Told in the person's language already."""


def _told(error: Exception, language: str) -> str:
    """What went wrong in the person's language; in English with the detail."""
    text = words("helper", language)
    if isinstance(error, FileNotFoundError):
        return text["file"].format(path=error.filename)
    if isinstance(error, UnicodeDecodeError):
        return text["block"]
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}"
    if language == _ERRORS_ARE_IN or isinstance(error, _SaidError):
        return str(error)
    return text[error.reason] if isinstance(error, BlindingError | EnvelopeError) else str(error)


def main(arguments: list[str] | None = None) -> int:
    """Run the helper; returns the exit code (0, or 2 with one message)."""
    options = _parser().parse_args(arguments)
    steps = {"request": _request, "credential": _credential}
    try:
        steps[options.step](options, words("helper", options.language))
    except (RoundsError, OSError, UnicodeDecodeError) as error:
        _say(f"asobna-token: {_told(error, options.language)}")
        return RoundsError.exit_code
    return 0
