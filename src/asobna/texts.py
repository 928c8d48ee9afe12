"""The texts of a table of documents as strings, decoded once for all the stages that read them.

The stages of one reading ask for the same texts one after another, and to decode a long one takes
as long as to find every name in it. What was decoded goes when its table goes: no text of a draft
is kept beyond its reading.
"""

from __future__ import annotations

import weakref

import pyarrow as pa


class Texts:
    """Strings of a column of text by row, each decoded when it is first asked for."""

    def __init__(self, column: pa.ChunkedArray) -> None:
        self._column = column
        self._decoded: dict[int, str] = {}

    def __getitem__(self, row: int) -> str:
        if row not in self._decoded:
            self._decoded[row] = self._column[row].as_py()
        return self._decoded[row]


_known: dict[int, Texts] = {}


def texts_of(documents: pa.Table) -> Texts:
    """The texts of DOCUMENTS; the same table object gives the same, as long as it lives."""
    number = id(documents)
    if number not in _known:
        _known[number] = Texts(documents.column("text"))
        weakref.finalize(documents, _known.pop, number, None).atexit = False
    return _known[number]
