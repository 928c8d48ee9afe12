"""Patterns of a pack as compiled expressions, and which of them a sentence can match at all.

Expressions are RE2's, linear in the length of the text. A sentence holds the letters of few
patterns: one pass over it, for the literals that every match of a pattern must hold, leaves a
seventh of them to be tried. Those that are never tried are never compiled.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, NamedTuple

import pyarrow as pa
import re2

#: Lines of no more bytes in all, the sentences of a page, are asked about at once.
ASKED_TOGETHER_BYTES = 4096

# RE2 compiles Unicode's exact classes to some thousand instructions each time they are named. A few
# wide ranges say the same of running text; capital and small letters are told apart in Latin,
# Greek, Cyrillic and Armenian.
_LETTERS = r"A-Za-z\x{c0}-\x{1fff}\x{2c00}-\x{2dff}\x{3005}-\x{d7ff}"
_EDGE = rf"[^0-9{_LETTERS}]"
_CASED_ALPHABETS = range(0x41, 0x590)


def _ranges(codes: Iterable[int]) -> str:
    """Code points as the inside of a class; those of every other code point stay single."""
    spans: list[list[int]] = []
    for code in codes:
        if spans and spans[-1][1] == code - 1:
            spans[-1][1] = code
        else:
            spans.append([code, code])
    return "".join(rf"\x{{{first:x}}}-\x{{{last:x}}}" for first, last in spans)


_CLASSES = {
    r"\pL": _LETTERS,
    r"\p{Lu}": _ranges(code for code in _CASED_ALPHABETS if chr(code).isupper()),
    r"\p{Ll}": _ranges(code for code in _CASED_ALPHABETS if chr(code).islower()),
}
_CLASS = re.compile(r"\\.\{[^}]*\}|\\pL|\\.|\[\^?\]?|\]")
_CASED = "(?-i:"
_KEPT_AS_IS = re.compile(r"\\[pP](?:\{\^?\w+\}|\w)|\\x\{\w+\}|\\.|\(\?P<\w+>")

_PART = re.compile(
    r"(?P<class>\[(?:\\.|[^\]\\])*\])|(?P<letters>\\[pP](?:\{\^?\w+\}|\w))"
    r"|\\x\{\w+\}|\(\?P<\w+>|\\.|\{(?P<least>\d+)(?:,\d*)?\}"
)


class Pattern(NamedTuple):
    """One row of the patterns table. `sees_case`: it reads letters as they are, not small ones."""

    id: str
    decides: str
    rank: int
    match: str
    sets: dict[str, str]
    only: frozenset[str]
    sees_case: bool

    @property
    def expression(self) -> Any:
        """Compiled when it is first asked for."""
        return compile_expression(self.match)


def _in_small_letters(match: str) -> str:
    """The expression with its own letters small, escapes and group names untouched."""
    parts, at = [], 0
    for kept in _KEPT_AS_IS.finditer(match):
        parts += [match[at : kept.start()].lower(), kept.group()]
        at = kept.end()
    return "".join(parts) + match[at:].lower()


def _with_short_classes(match: str) -> str:
    """The expression with the classes of letters written out, inside of a set or as one."""
    inside = False

    def written(part: re.Match[str]) -> str:
        nonlocal inside
        text = part.group()
        if text in _CLASSES:
            return _CLASSES[text] if inside else f"[{_CLASSES[text]}]"
        if text[0] != "\\":
            inside = text[0] == "["
        return text

    return _CLASS.sub(written, match)


def _options() -> Any:
    options = re2.Options()
    options.never_nl = True
    options.log_errors = False
    options.max_mem = 64 << 20
    return options


@cache
def compile_expression(match: str) -> Any:
    """Compile a macro-free `match`: whole words, the span in group 1.

    It is case-blind but for `(?-i:…)`: an expression without that part is read against small
    letters, which RE2 compiles and runs several times faster than a case-blind expression.
    Raises `re2.error` when it is not an RE2 expression.
    """
    inner = f"(?i:{match})" if _CASED in match else _in_small_letters(match)
    inner = _with_short_classes(inner)
    bounded = rf"(?m)(?:^|{_EDGE})({inner})(?:$|{_EDGE})"
    return re2.compile(bounded.encode(), _options())


@cache
def groups_of(expression: Any) -> tuple[Any, Any]:
    """Groups of an expression that tell the mentions spoken of and the evidence; else group 1."""
    groups = expression.groupindex
    return groups.get(b"m", 1), groups.get(b"e", 1)


class Panel:
    """Patterns that are tried together, in their order."""

    def __init__(self, patterns: Iterable[Pattern]) -> None:
        self._patterns = list(patterns)
        self._literals: Any = None

    def __iter__(self) -> Iterator[Pattern]:
        return iter(self._patterns)

    def possible(self, lines: Sequence[tuple[int, bytes]]) -> list[tuple[Pattern, list[int]]]:
        """Patterns and the numbers of the lines they can match: all they do match, and some more.

        lines: (number, text in small letters), ascending. A few are asked about together.
        """
        if not self._patterns or not lines:
            return []
        numbers = [number for number, _ in lines]
        if sum(len(line) for _, line in lines) <= ASKED_TOGETHER_BYTES:
            together = b"".join(line for _, line in lines)
            return [(self._patterns[index], numbers) for index in self._patterns_of(together)]
        found: list[list[int]] = [[] for _ in self._patterns]
        for number, line in lines:
            for index in self._patterns_of(line):
                found[index].append(number)
        return [pair for pair in zip(self._patterns, found, strict=True) if pair[1]]

    def _patterns_of(self, line: bytes) -> list[int]:
        if self._literals is None:
            self._literals = _filter([pattern.match for pattern in self._patterns])
        possible: list[int] = self._literals.Match(line, True) or []
        if line.isascii():
            return sorted(possible)
        text = line.decode()
        folded = text.casefold()
        if folded == text:
            return sorted(possible)
        # A pattern that sees case may take ſ for an s.
        letters = "".join(map(_folded, text)).encode()
        return sorted({*possible, *(self._literals.Match(letters, True) or ())})


@cache
def _folded(letter: str) -> str:
    """A letter as RE2 compares it without case: one for one, where that is possible."""
    folded = letter.casefold()
    return folded if len(folded) == 1 else letter.lower()


def _filter(matches: list[str]) -> Any:
    """RE2's filter over the literals of expressions. It wants small letters on both sides, so an
    expression that sees case is given without its case; only its literals are looked at.
    """
    made = re2.Filter()
    for match in matches:
        made.Add(_outline(match).encode(), _options())
    made.Compile()
    return made


def _outline(match: str) -> str:
    """An expression that asks for no literal the given one does not, and is compiled in a tenth of
    the time: counts become `*` and `+`, classes of many letters any sign.
    """
    small = _in_small_letters(match.replace(_CASED, "(?:"))
    return _PART.sub(_outlined, small) or ".*"


def _outlined(part: re.Match[str]) -> str:
    text = part.group()
    if part["least"]:
        return "+" if int(part["least"]) else "*"
    wide = part["letters"] or (part["class"] and (text[1] == "^" or r"\p" in text.lower()))
    return "." if wide else text


class Panels(NamedTuple):
    """The patterns of a language by when they are tried, each panel in the order of trial."""

    early: Panel
    clauses: Panel
    judging: Panel
    pairs: Panel
    support: Panel


#: The panel of what a pattern decides; `judging` tries all others.
_PANELS = {
    "trap": "early",
    "phrase": "early",
    "clause": "clauses",
    "warrant": "pairs",
    "kind_of_pair": "pairs",
    "support": "support",
}
_compiled: dict[int, tuple[pa.Table, Panels]] = {}


def panels_of(patterns: pa.Table) -> Panels:
    """The patterns of a table in panels, by rank; the same table object is prepared once."""
    known = _compiled.get(id(patterns))
    if known is None or known[0] is not patterns:
        rows = sorted(map(_pattern, patterns.to_pylist()), key=lambda pattern: pattern.rank)
        known = _compiled[id(patterns)] = (patterns, _in_panels(rows))
    return known[1]


def _in_panels(rows: list[Pattern]) -> Panels:
    """rows: by rank. Traps come before phrases: what is no name joins none."""
    panels: dict[str, list[Pattern]] = defaultdict(list)
    for pattern in sorted(rows, key=lambda pattern: pattern.decides == "phrase"):
        panels[_PANELS.get(pattern.decides, "judging")].append(pattern)
    return Panels(*(Panel(panels[name]) for name in Panels._fields))


def _pattern(row: dict[str, Any]) -> Pattern:
    return Pattern(
        row["id"],
        row["decides"],
        row["rank"],
        row["match"],
        json.loads(row["sets"]),
        frozenset(row["only"]),
        _CASED in row["match"],
    )
