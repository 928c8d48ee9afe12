"""Asobna: how a text places Belarus in relation to Russia.

    >>> import asobna
    >>> findings = asobna.check("The museum in Vitebsk, Russia.", lang="en")
    >>> findings.column("rule_id").to_pylist()
    ['absorbed.place']

`check` and `read` share one classifier: what is counted can be reproduced on a single sentence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from asobna.errors import (
    AsobnaError,
    ConfigError,
    InputError,
    LimitError,
    PackError,
    PositionError,
    StoreError,
    TableError,
)

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = [
    "AsobnaError",
    "ConfigError",
    "InputError",
    "LimitError",
    "PackError",
    "PositionError",
    "StoreError",
    "TableError",
    "check",
    "read",
]


def check(text: str, lang: str | None = None) -> pa.Table:
    """What a writer could change in `text`, as a FINDINGS table (see `asobna.tables`).

    `lang` is a BCP 47 code; without it the language is identified. Raises InputError for a
    language without a pack.
    """
    from asobna.pipeline import check_text  # noqa: PLC0415 the door opens without pyarrow

    return check_text(text, lang)


def read(text: str, lang: str | None = None) -> pa.Table:
    """Every mention of Belarus in `text` and how it stands to Russia, as a STANDINGS table.

    Raises InputError for a language without a pack.
    """
    from asobna.pipeline import read_text  # noqa: PLC0415 the door opens without pyarrow

    return read_text(text, lang)
