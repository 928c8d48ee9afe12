"""Every limit of the server: its name, unit, default, and what happens when it is reached."""

from __future__ import annotations

from typing import NamedTuple

from asobna.errors import ConfigError


class Limits(NamedTuple):
    """Limits of `asobna serve`; set one with --limit NAME=NUMBER."""

    max_body_bytes: int = 24_000_000
    max_text_cp: int = 6_000_000
    check_seconds: float = 8.0
    body_seconds: float = 20.0
    header_seconds: float = 10.0
    checks_at_once: int = 2
    checks_waiting: int = 200
    inline_cp: int = 4_000
    max_findings: int = 2_000
    max_shown_cp: int = 100_000
    max_paragraphs: int = 20_000
    desk_seconds: float = 5.0
    desk_rows: int = 1_000


#: What each limit does, in the words of the help and the documentation.
MEANING = {
    "max_body_bytes": "bytes of a request; a longer one is answered 413",
    "max_text_cp": "characters of a text; a longer one is answered 413",
    "check_seconds": "seconds after which no other part of a text is begun; the answer says so",
    "body_seconds": "seconds in which a request body must arrive; else 408",
    "header_seconds": "seconds in which the head of a request must arrive; else it is closed",
    "checks_at_once": "long texts checked at the same time, each in a thread",
    "checks_waiting": "long texts that may wait for their turn; the next is answered 503",
    "inline_cp": "characters up to which a text is checked at once, without waiting for a thread",
    "max_findings": "findings of a text that are told; the answer then says that it is incomplete",
    "max_shown_cp": "characters of a text that the page shows; of a longer one, only the findings",
    "max_paragraphs": "lines of a text that become a Word document with comments; else 413",
    "desk_seconds": "seconds a query of the desk may take; else 503",
    "desk_rows": "rows of a table that the desk shows on a page",
}


def read_limits(given: tuple[str, ...]) -> Limits:
    """Limits from `NAME=NUMBER` strings over the defaults. Raises ConfigError."""
    limits = Limits()
    for text in given:
        name, _, value = text.partition("=")
        if name not in Limits._fields:
            raise ConfigError(f"no limit '{name}'; limits are {', '.join(Limits._fields)}")
        kind = type(getattr(limits, name))
        try:
            number = kind(value)
        except ValueError as error:
            raise ConfigError(f"--limit {name}: '{value}' is not a number") from error
        if number <= 0:
            raise ConfigError(f"--limit {name}: must be more than 0")
        limits = limits._replace(**{name: number})
    return limits
