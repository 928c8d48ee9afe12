"""Every exception Asobna raises on purpose: one tree, one screen.

Each message says what happened, where, and what to do. The command line prints the message
and exits with `exit_code`; a library caller catches `AsobnaError`.
"""

from __future__ import annotations


class AsobnaError(Exception):
    """Root of every error raised on purpose. `exit_code` is what the command line returns."""

    exit_code = 2


class InputError(AsobnaError):
    """A path, stream or document cannot be read as asked."""


class ConfigError(AsobnaError):
    """A settings file or command-line value is not usable."""


class PackError(AsobnaError):
    """A language pack is broken; the message names file, entry and the right form."""


class TableError(AsobnaError):
    """A table does not have the columns its schema in `tables.py` promises."""


class PositionError(AsobnaError):
    """An offset lies outside its text or inside an indivisible unit."""


class FigureError(AsobnaError):
    """A figure lacks what every published figure must carry; the message names what is missing."""


class StoreError(AsobnaError):
    """A folder of results cannot be written or read back."""


class LimitError(AsobnaError):
    """A named limit was reached; the message gives its name, value and how to raise it."""
