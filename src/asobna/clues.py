"""What every match of an expression must hold, so that most expressions need not be tried at all.

A clue is a set of literals of which every match holds at least one: an expression with the clues
{border, frontier} and {closed} can match no text without one of the first and one of the second.
Each of the alternatives that make up an expression has clues of its own, and a match holds them one
after another. Clues are read off the expression alone. They say too little rather than too much: an
expression whose syntax is not known here has none, and is always tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import product
from typing import NamedTuple

#: Strings that are told apart as what a part of an expression can be.
MOST_STRINGS = 32
#: Clues of an alternative that are looked for, the most telling ones.
MOST_CLUES = 6
#: Alternatives inside an expression that are told apart.
MOST_WAYS = 6
#: Times that a part that is repeated is looked for.
MOST_REPEATS = 3
#: Bytes a literal must have to tell anything.
LEAST_BYTES = 2

Clue = frozenset[str]
#: The clues of each alternative of an expression, in the order in which a match holds them.
Clues = Sequence[Sequence[Clue]]

# Parts that have been read stand for themselves as one sign each.
_FIRST_SIGN, _LAST_SIGN = "\U000f0000", "\U0010ffff"
_ATOM = re.compile(
    r"\[(?P<set>\^?\]?(?:\\[pP]\{\^?\w+\}|\\x\{\w+\}|\\.|[^\]\\])*)\]"
    r"|(?P<any>\.|\\[pP](?:\{\^?\w+\}|\w)|\\[DSW])|(?P<place>[\^$]|\\[bBAz])"
    r"|(?P<digit>\\d)|\\x(?P<code>\{\w+\}|[0-9A-Fa-f]{2})|\\(?P<escaped>[^\w\s])",
    re.DOTALL,
)
_MEMBER = re.compile(r"\\x(\{\w+\}|[0-9A-Fa-f]{2})|\\([^\w\s])|([^\\\[])", re.DOTALL)
_GROUP = re.compile(r"\((?:\?(?:P?<\w+>|[imsU-]*:))?([^()?][^()]*|)\)")
_PIECE = re.compile(
    r"(?P<letters>(?:[^()\[\]{}*+?\\\U000f0000-\U0010ffff](?![*+?{]))+"
    r"|[^()\[\]{}*+?\\\U000f0000-\U0010ffff])|(?P<sign>[\U000f0000-\U0010ffff])"
    r"|(?P<count>[*+?]\??|\{(?P<least>\d+)(?:,\d*)?\}\??)"
)


#: What one alternative of a part is sure to hold, in order.
_Way = tuple[Clue, ...]


class _Part(NamedTuple):
    """What is known of a part: all it can be, if that is few strings, and else its alternatives."""

    strings: Clue | None
    ways: tuple[_Way, ...] = ((),)


_NOTHING = _Part(frozenset([""]))
_ANYTHING = _Part(None)


class _UnknownError(Exception):
    """Syntax that is not known here."""


def read_clues(matches: Iterable[str]) -> dict[str, Clues]:
    """Clues of expressions by their text, case folded; where nothing is sure, none."""
    reader = _Reader()
    return {match: reader.clues(match) for match in matches}


class _Reader:
    """Reads clues off expressions; what many of them have in common is read once."""

    def __init__(self) -> None:
        self._parts: list[_Part] = []
        self._signs: dict[str, str] = {}

    def clues(self, match: str) -> Clues:
        try:
            if max(match, default="") >= _FIRST_SIGN:
                return [[]]
            text, groups = _ATOM.sub(self._atom, match), 1
            while groups:
                text, groups = _GROUP.subn(self._group, text)
            branches = [_sure(_joined(self._pieces(branch))) for branch in text.split("|")]
            return [_most_telling(way) for ways in branches for way in ways]
        except _UnknownError:
            return [[]]

    def _sign(self, part: _Part) -> str:
        self._parts.append(part)
        code = ord(_FIRST_SIGN) + len(self._parts) - 1
        if code > ord(_LAST_SIGN):
            raise _UnknownError
        return chr(code)

    def _atom(self, found: re.Match[str]) -> str:
        known = self._signs.get(found[0])
        if known is None:
            known = self._signs[found[0]] = self._sign(_atom(found))
        return known

    def _group(self, found: re.Match[str]) -> str:
        text = f"({found[1]}"
        known = self._signs.get(text)
        if known is None:
            known = self._signs[text] = self._sign(self._alternatives(found[1]))
        return known

    def _alternatives(self, text: str) -> _Part:
        return _either([_joined(self._pieces(branch)) for branch in text.split("|")])

    def _pieces(self, text: str) -> list[_Part]:
        """The parts that follow one another in a text without groups and alternatives."""
        pieces = list(_PIECE.finditer(text))
        if sum(piece.end() - piece.start() for piece in pieces) != len(text):
            raise _UnknownError
        parts: list[_Part] = []
        for piece in pieces:
            if piece["letters"]:
                parts.append(_Part(frozenset([piece["letters"].casefold()])))
            elif piece["sign"]:
                parts.append(self._parts[ord(piece["sign"]) - ord(_FIRST_SIGN)])
            elif parts:
                parts.append(_counted(parts.pop(), piece))
            else:
                raise _UnknownError
        return parts


def _atom(found: re.Match[str]) -> _Part:
    """A class, an escaped sign, a place or any sign."""
    kind, text = found.lastgroup, found[found.lastgroup or 0]
    if kind == "set":
        return _members(text)
    if kind == "digit":
        return _Part(frozenset("0123456789"))
    if kind == "place":
        return _NOTHING
    if kind == "any":
        return _ANYTHING
    return _Part(frozenset([(_coded(text) if kind == "code" else text).casefold()]))


def _coded(digits: str) -> str:
    return chr(int(digits.strip("{}"), 16))


def _members(inside: str) -> _Part:
    """A class of letters; of many, or of ranges, any sign."""
    found = list(_MEMBER.finditer(inside))
    whole = sum(one.end() - one.start() for one in found) == len(inside)
    if not whole or inside[0] == "^" or "-" in inside[1:-1] or len(found) > MOST_STRINGS:
        return _ANYTHING
    letters = (_coded(one[1]) if one[1] else one[2] or one[3] for one in found)
    return _Part(frozenset(map(str.casefold, letters)))


def _counted(part: _Part, count: re.Match[str]) -> _Part:
    """A part as often as a count says."""
    sign = count["count"][0]
    if sign == "?" and part.strings is not None:
        return _Part(part.strings | {""})
    least = int(count["least"]) if sign == "{" else int(sign == "+")
    return _joined([_Part(None, _sure(part))] * min(least, MOST_REPEATS)) if least else _ANYTHING


def _joined(parts: list[_Part]) -> _Part:
    """What is known of parts that follow one another."""
    if len(parts) == 1:
        return parts[0]
    strings = _NOTHING.strings or frozenset()
    ways: tuple[_Way, ...] = ((),)
    whole = True
    for part in parts:
        if part.strings is not None and len(strings) * len(part.strings) <= MOST_STRINGS:
            strings = frozenset(map("".join, product(strings, part.strings)))
            continue
        whole = False
        ways = _followed(_followed(ways, _sure(_Part(strings))), part.ways)
        strings = frozenset([""]) if part.strings is None else part.strings
    return _Part(strings) if whole else _Part(None, _followed(ways, _sure(_Part(strings))))


def _followed(ways: tuple[_Way, ...], then: tuple[_Way, ...]) -> tuple[_Way, ...]:
    """Each alternative followed by each of others; by what those have in common if too many."""
    if len(ways) * len(then) > MOST_WAYS:
        then = _in_one(then)
    return tuple((*first, *second) for first, second in product(ways, then))


def _either(branches: list[_Part]) -> _Part:
    """What is known of one of several parts."""
    if len(branches) == 1:
        return branches[0]
    strings = [branch.strings for branch in branches if branch.strings is not None]
    if len(strings) == len(branches):
        together = frozenset().union(*strings)
        if len(together) <= MOST_STRINGS:
            return _Part(together)
    ways = tuple(way for branch in branches for way in _sure(branch))
    if not all(ways):
        return _ANYTHING
    return _Part(None, ways if len(ways) <= MOST_WAYS else _in_one(ways))


def _in_one(ways: tuple[_Way, ...]) -> tuple[_Way, ...]:
    """The most telling clue of each alternative, together, as the clue of all."""
    if not all(ways):
        return ((),)
    return ((frozenset().union(*(min(way, key=weakness) for way in ways)),),)


def _sure(part: _Part) -> tuple[_Way, ...]:
    """The alternatives of a part with their clues in order."""
    if part.strings is None:
        return part.ways
    return ((part.strings,) if -weakness(part.strings)[0] >= LEAST_BYTES else (),)


def _most_telling(clues: _Way) -> list[Clue]:
    """As many clues as are looked for, in their order."""
    chosen = sorted(range(len(clues)), key=lambda number: weakness(clues[number]))
    return [clues[number] for number in sorted(chosen[:MOST_CLUES])]


def weakness(clue: Clue) -> tuple[int, int]:
    """Short literals tell less than long ones, many less than few."""
    return -min(len(literal.encode()) for literal in clue), len(clue)
