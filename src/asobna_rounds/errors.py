"""Every exception the listening half raises on purpose: one tree below `asobna.errors`.

Messages say what happened, where, and what to do. They never repeat what a person typed: an
error text may end in a terminal scrollback or a mail, and a credential must not.
"""

from __future__ import annotations

from asobna.errors import AsobnaError


class RoundsError(AsobnaError):
    """Root of every error of the listening half."""


class CredentialError(RoundsError):
    """A credential is not accepted. `reason` is one of `CREDENTIAL_REASONS`, for translation."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


CREDENTIAL_REASONS = ("empty", "unreadable", "check", "unknown", "forged")


class BlindingError(RoundsError):
    """A blind-signature step was given values RFC 9474 refuses."""

    reason = "other"


class EnvelopeError(RoundsError):
    """A pasted text block (request, answer, key, list) is incomplete, damaged or not the right one.

    `reason` is one of `ENVELOPE_REASONS`, for translation.
    """

    def __init__(self, message: str, reason: str = "block") -> None:
        super().__init__(message)
        self.reason = reason


ENVELOPE_REASONS = ("block", "other", "key")


class SealError(RoundsError):
    """A statement cannot be sealed, or a sealed statement cannot be opened with this key."""


class RegistrarError(RoundsError):
    """The registrar's store or one of its steps refuses what was asked."""


class ModerationError(RoundsError):
    """A moderation sheet is incomplete or contradicts itself."""


class LedgerError(RoundsError):
    """An entry does not fit the ledger's order of steps, or the ledger file was altered."""


class FiguresError(RoundsError):
    """Votes, answers or cells are not in the form the engine counts or publishes."""


class RoundFileError(RoundsError):
    """A round's definition file is incomplete or over a limit; names the field and the remedy."""


class BoxError(RoundsError):
    """The ballot box cannot do what was asked in its present phase, or its folder is damaged."""
