"""Sentences in which every known name is one sign, read by patterns.

A skeleton is UTF-8 text, one sentence a line. Each name has become a single private-use character
that tells its class, so a pattern says `{russia} and {belarus}` and needs no list of names; where
one touches a letter, as in scripts without spaces, a space stands between them. A space before a
word that opens a new clause has become CLAUSE, so that a plain space in a pattern never reaches
into another clause. The lines a pattern can match are searched as one text by RE2, which is linear
in its length and never crosses a line.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Any, NamedTuple

from asobna.expressions import Panel, Pattern, groups_of
from asobna.tables import CLASSES

CLAUSE = "\x1f"
_FIRST_SIGN = 0xE000
SIGN_OF_CLASS = {name: chr(_FIRST_SIGN + index) for index, name in enumerate(CLASSES)}
_SIGN_BYTES = {name: sign.encode() for name, sign in SIGN_OF_CLASS.items()}

_QUOTES = dict.fromkeys(map(ord, "“”„«»‟＂「」『』"), '"')
_PLAIN: dict[int, str | None] = {
    **{wide: chr(wide - 0xFEE0) for wide in range(0xFF01, 0xFF5F)},
    **_QUOTES,
    **dict.fromkeys(map(ord, "‘’ʼ‛`"), "'"),
    **dict.fromkeys(map(ord, "‐‑–−"), "-"),
    **dict.fromkeys(range(_FIRST_SIGN, _FIRST_SIGN + len(CLASSES)), " "),
    0x1F: " ",
    **dict.fromkeys(map(ord, "、،፣"), ","),
    **dict.fromkeys(map(ord, "。۔।։።"), "."),
    ord("؛"): ";",
    ord("؟"): "?",
    0x3000: " ",
    0x00A0: " ",
    0x2009: " ",
    0x202F: " ",
    0x000A: " ",
    0x0009: " ",
    0x000D: " ",
}
_INVISIBLE = "\u2060\u200b\ufeff\u00ad"
_PLAIN |= dict.fromkeys(map(ord, _INVISIBLE))
_SPACES = re.compile(r"\s\s+")
_OPENING = re.compile(
    rf"[\s{_INVISIBLE}]*(?:(?:[-*•–—+>]|\d{{1,3}}[.)]|#{{1,6}})[\s{_INVISIBLE}]+)?"
)


# Signs of scripts without spaces after which a name stands as if there were one.
_CLOSING = frozenset("、。，；：！？」』）")


class Name(NamedTuple):
    """A name inside a sentence: half-open code points, class, and the caller's row number."""

    start_cp: int
    end_cp: int
    name_class: str
    row: int


class Sentence(NamedTuple):
    """What a skeleton is made from. `names` ascend and do not overlap."""

    text: str
    start_cp: int
    end_cp: int
    names: list[Name]


class Match(NamedTuple):
    """A pattern found in a sentence.

    `rows` are the names inside it, or inside its group `m`; the bytes are its span, or that of its
    group `e`, the evidence a reader is shown.
    """

    pattern: Pattern
    line: int
    start_byte: int
    end_byte: int
    rows: list[int]


class Skeletons:
    """Many sentences as one buffer, with the way back to their texts."""

    def __init__(self, sentences: list[Sentence], clauses: Panel | None = None) -> None:
        self._sentences = [_from_first_word(sentence) for sentence in sentences]
        self._line_starts: list[int] = []
        self._line_ends: list[int] = []
        self._name_bytes: list[int] = []
        self._name_ends: list[int] = []
        self._names: list[Name] = []
        data = bytearray()
        for sentence in self._sentences:
            self._line_starts.append(len(data))
            self._append(data, sentence)
            data += b"\n"
            self._line_ends.append(len(data))
        self._set(data)
        opened = list(self.matches(clauses)) if clauses else []
        for match in opened:
            if match.start_byte and data[match.start_byte - 1] == ord(" "):
                data[match.start_byte - 1] = ord(CLAUSE)
        if opened:
            self._set(data)

    def _set(self, data: bytearray) -> None:
        self.data = bytes(data)
        self._small = _small_letters(self.data)

    def _append(self, data: bytearray, sentence: Sentence) -> None:
        text, at = sentence.text, sentence.start_cp
        for name in sentence.names:
            data += _plain(text[at : name.start_cp]).encode("utf-8", "replace")
            if name.start_cp > sentence.start_cp and _touches(text[name.start_cp - 1]):
                data += b"" if data.endswith(b" ") else b" "
            self._name_bytes.append(len(data))
            self._names.append(name)
            data += _SIGN_BYTES[name.name_class]
            at = name.end_cp
            if at < sentence.end_cp and text[at].isalnum():
                data += b" "
            self._name_ends.append(len(data))
        data += _plain(text[at : sentence.end_cp]).encode("utf-8", "replace")

    def matches(self, patterns: Panel, among: Iterable[int] | None = None) -> Iterator[Match]:
        """Every match of every pattern, pattern by pattern; `among` some lines only."""
        numbers = range(len(self._line_starts)) if among is None else sorted(among)
        lines = [
            (number, self._small[self._line_starts[number] : self._line_ends[number]])
            for number in numbers
        ]
        for pattern, possible in patterns.possible(lines):
            yield from self._found(pattern, possible)

    def _found(self, pattern: Pattern, lines: list[int]) -> Iterator[Match]:
        """Every match of a pattern in some lines, which are searched as one text."""
        data, ends = self.data if pattern.sees_case else self._small, self._line_ends
        if len(lines) < len(ends):
            parts = [data[self._line_starts[line] : self._line_ends[line]] for line in lines]
            data, ends = b"".join(parts), list(accumulate(map(len, parts)))
        expression = pattern.expression
        spoken_of, evidence = groups_of(expression)
        at = 0
        while found := expression.search(data, at):
            start, end = found.span(1)
            at = max(end, at + 1)
            index = bisect_right(ends, start)
            line = lines[index]
            back = self._line_ends[line] - ends[index]
            rows = self._rows(_moved(_span(found, spoken_of), back))
            yield Match(pattern, line, *_moved(_span(found, evidence), back), rows)

    def _rows(self, span: tuple[int, int]) -> list[int]:
        first = bisect_left(self._name_bytes, span[0])
        last = bisect_left(self._name_bytes, span[1])
        return [self._names[index].row for index in range(first, last)]

    def source_span(self, match: Match) -> tuple[int, int]:
        """Half-open code points of a match in the text of its sentence."""
        return self._source(match.line, match.start_byte), self._source(match.line, match.end_byte)

    def _source(self, line: int, byte: int) -> int:
        """Code point of a byte of the skeleton, counted from the nearest name before it."""
        index = bisect_right(self._name_bytes, byte) - 1
        sentence = self._sentences[line]
        if index >= 0 and self._name_bytes[index] >= self._line_starts[line]:
            anchor, at = self._name_ends[index], self._names[index].end_cp
            if byte == self._name_bytes[index]:
                return self._names[index].start_cp
        else:
            anchor, at = self._line_starts[line], sentence.start_cp
        wanted = len(self.data[anchor:byte].decode("utf-8", "replace"))
        return _walk(sentence.text, at, wanted)


def first_word(text: str, start_cp: int, limit_cp: int) -> int:
    """Where the words of a sentence begin: past the blanks, bullet or number it is set with.

    Half-open code points; nothing from `limit_cp` on is looked at. Opening quotes stay: a sentence
    in them is somebody else's.
    """
    opening = _OPENING.match(text, start_cp, limit_cp)
    return opening.end() if opening else start_cp


def _from_first_word(sentence: Sentence) -> Sentence:
    limit = sentence.names[0].start_cp if sentence.names else sentence.end_cp
    first = first_word(sentence.text, sentence.start_cp, limit)
    return sentence if first == sentence.start_cp else sentence._replace(start_cp=first)


def _touches(before: str) -> bool:
    """Whether a name that a character stands right before is set apart from it."""
    return before.isalnum() or before in _CLOSING


def _plain(gap: str) -> str:
    plain = gap.translate(_PLAIN)
    return _SPACES.sub(" ", plain) if "  " in plain else plain


def _walk(text: str, at: int, wanted: int) -> int:
    """Step over `wanted` code points of skeleton text, a run of spaces counting as one."""
    while wanted > 0 and at < len(text):
        at += 1
        if text[at - 1] in _INVISIBLE:
            continue
        if text[at - 1].isspace():
            while at < len(text) and text[at].isspace():
                at += 1
        wanted -= 1
    return at


def _moved(span: tuple[int, int], back: int) -> tuple[int, int]:
    return span[0] + back, span[1] + back


def _span(found: Any, groups: tuple[int, ...]) -> tuple[int, int]:
    """Span of the group that took part, or of the whole match where none did."""
    spans = (found.span(group) for group in groups)
    whole: tuple[int, int] = found.span(1)
    return next((span for span in spans if span[0] >= 0), whole)


def _small_letters(data: bytes) -> bytes:
    """The same bytes in small letters; the few letters whose small form is longer stay."""
    text = data.decode("utf-8", "replace")
    small = text.lower().encode("utf-8")
    if len(small) == len(data):
        return small
    return "".join(_small_letter(letter) for letter in text).encode("utf-8")


def _small_letter(letter: str) -> str:
    small = letter.lower()
    return small if len(small.encode()) == len(letter.encode()) else letter
