"""Code points to UTF-8 bytes, UTF-16 units and line:column, and back. Nothing else converts.

Asobna counts in Unicode code points, half-open. Editors and LanguageTool count in UTF-16 units,
files in bytes, people in lines and columns. Only this module knows about more than one of them.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np

from asobna.errors import PositionError

# The line ends of LSP, SARIF and every editor; other Unicode separators do not end a line there.
_LINE_END = re.compile(r"\r\n|\r|\n")
_ASTRAL = re.compile("[\U00010000-\U0010ffff]")


class Place(NamedTuple):
    """A position a person can find: both from 1, the column in code points."""

    line: int
    column: int


class Lines:
    """Line starts of one text, for many look-ups."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._starts = [0, *(m.end() for m in _LINE_END.finditer(text))]

    def place(self, offset_cp: int) -> Place:
        """Line and column of a code-point offset. Raises PositionError when it is outside."""
        _require_inside(offset_cp, self._text)
        line = bisect_right(self._starts, offset_cp)
        return Place(line, offset_cp - self._starts[line - 1] + 1)

    def offset(self, place: Place) -> int:
        """Code-point offset of a place. Raises PositionError when line or column do not exist."""
        line, column = place
        if not 1 <= line <= len(self._starts):
            raise PositionError(f"line {line} does not exist; the text has {len(self._starts)}")
        offset_cp = self._starts[line - 1] + column - 1
        if column < 1 or offset_cp > self.span(line)[1]:
            raise PositionError(f"column {column} is not on line {line}")
        return offset_cp

    def span(self, line: int) -> tuple[int, int]:
        """Half-open code-point span of a line, without its line end."""
        start = self._starts[line - 1]
        stop = self._starts[line] if line < len(self._starts) else len(self._text)
        while stop > start and self._text[stop - 1] in "\r\n":
            stop -= 1
        return start, stop

    @property
    def count(self) -> int:
        """Number of lines; an empty text has one."""
        return len(self._starts)


def code_points_to_bytes(text: str, offset_cp: int) -> int:
    """UTF-8 byte offset of a code-point offset."""
    _require_inside(offset_cp, text)
    return len(text[:offset_cp].encode("utf-8", "surrogatepass"))


def bytes_to_code_points(data: bytes, offsets: Iterable[int]) -> list[int]:
    """Code-point offsets of ascending byte offsets into UTF-8 `data`, in one pass.

    Raises PositionError when an offset is outside, descends, or cuts a character.
    """
    counted, at, found = 0, 0, []
    for offset in offsets:
        if not at <= offset <= len(data):
            raise PositionError(f"byte {offset} is outside or before byte {at}")
        if offset < len(data) and data[offset] & 0xC0 == 0x80:
            raise PositionError(f"byte {offset} lies inside a character")
        counted += len(data[at:offset].decode("utf-8", "surrogatepass"))
        at = offset
        found.append(counted)
    return found


def count_code_points(data: Any, offsets: Iterable[int]) -> list[int]:
    """Code points before ascending byte offsets that begin characters of valid UTF-8.

    data: any buffer. Nothing is checked; `bytes_to_code_points` does.
    """
    begins = np.frombuffer(data, np.int8)
    counted, at, found = 0, 0, []
    for offset in offsets:
        # Every byte but continuation bytes, -128 to -65, begins a code point.
        counted += int(np.count_nonzero(begins[at:offset] > -65))
        at = offset
        found.append(counted)
    return found


def code_points_to_utf16(text: str, offset_cp: int) -> int:
    """UTF-16 unit offset of a code-point offset."""
    _require_inside(offset_cp, text)
    return offset_cp + sum(character > "\uffff" for character in text[:offset_cp])


class Utf16:
    """UTF-16 units of one text, for many look-ups."""

    def __init__(self, text: str) -> None:
        self._length = len(text)
        self._astral = [m.start() for m in _ASTRAL.finditer(text)]

    def units(self, offset_cp: int) -> int:
        """UTF-16 unit offset of a code-point offset. Raises PositionError when it is outside."""
        if not 0 <= offset_cp <= self._length:
            raise PositionError(f"offset {offset_cp} is outside {self._length} code points")
        return offset_cp + bisect_left(self._astral, offset_cp)

    def length(self, start_cp: int, end_cp: int) -> int:
        """UTF-16 units of a half-open span of code points."""
        return self.units(end_cp) - self.units(start_cp)


def utf16_to_code_points(text: str, offset_utf16: int) -> int:
    """Code-point offset of a UTF-16 unit offset.

    Raises PositionError when it is outside or between the halves of a surrogate pair.
    """
    units = 0
    for index, character in enumerate(text):
        if units == offset_utf16:
            return index
        units += 2 if character > "\uffff" else 1
        if units > offset_utf16:
            raise PositionError(f"UTF-16 offset {offset_utf16} lies inside a surrogate pair")
    if units == offset_utf16:
        return len(text)
    raise PositionError(f"UTF-16 offset {offset_utf16} is past the end at {units}")


def _require_inside(offset_cp: int, text: str) -> None:
    if not 0 <= offset_cp <= len(text):
        raise PositionError(f"offset {offset_cp} is outside a text of {len(text)} code points")
