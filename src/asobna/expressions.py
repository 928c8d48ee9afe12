"""Patterns of a pack as compiled expressions, and which of them a short text can match at all.

Expressions are RE2's, linear in the length of the text. A sentence of a draft holds the letters of
few patterns: one pass over it, for the literals that every match of a pattern must hold, leaves a
third of them to be tried.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

import pyarrow as pa
import re2

#: Texts that a panel is asked about before it sorts out patterns: that takes time to prepare.
WORTH_PREPARING = 50
#: Bytes from which on a text holds the literals of most patterns.
LONGEST_SORTED_BYTES = 16_384

# RE2 compiles Unicode's exact letter class to some thousand instructions each time it is named; the
# complement of what is surely no letter is a dozen, and says the same of running text.
_ABOVE_DIGITS = (
    r"\x3a-\x40\x5b-\x60\x7b-\x{a9}\x{ab}-\x{b4}\x{b6}-\x{b9}\x{bb}-\x{bf}\x{d7}\x{f7}"
    r"\x{2000}-\x{206f}\x{20a0}-\x{20cf}\x{2190}-\x{2bff}\x{3000}-\x{3004}"
    r"\x{3008}-\x{3020}\x{e000}-\x{e0ff}\x{fe30}-\x{fe4f}\x{ff00}-\x{ff0f}"
)
_LETTER = rf"[^\x00-\x39{_ABOVE_DIGITS}]"
_EDGE = rf"[\x00-\x2f{_ABOVE_DIGITS}]"
_LOOSE_LETTER = re.compile(r"(?<!\[)(?<!\[\^)\\pL(?=[+*?{ ]|\)|\||$)")
_CASED = "(?-i:"
_KEPT_AS_IS = re.compile(r"\\[pP](?:\{\^?\w+\}|\w)|\\x\{\w+\}|\\.|\(\?P<\w+>")

_PART = re.compile(
    r"(?P<class>\[(?:\\.|[^\]\\])*\])|(?P<letters>\\[pP](?:\{\^?\w+\}|\w))"
    r"|\\x\{\w+\}|\(\?P<\w+>|\\.|\{(?P<least>\d+)(?:,\d*)?\}"
)


class Pattern(NamedTuple):
    """One compiled row of the patterns table; `match` is its source, if it is known."""

    id: str
    decides: str
    rank: int
    expression: Any
    sees_case: bool
    sets: dict[str, str]
    only: frozenset[str]
    match: str = ""


def _in_small_letters(match: str) -> str:
    """The expression with its own letters small, escapes and group names untouched."""
    parts, at = [], 0
    for kept in _KEPT_AS_IS.finditer(match):
        parts += [match[at : kept.start()].lower(), kept.group()]
        at = kept.end()
    return "".join(parts) + match[at:].lower()


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
    inner = _LOOSE_LETTER.sub(lambda _: _LETTER, inner)
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
        self._asked = 0
        self._literals: Any = None

    def __iter__(self) -> Iterator[Pattern]:
        return iter(self._patterns)

    def possible(self, small: bytes) -> list[Pattern]:
        """The patterns that can match a text, given in small letters: every one that does match,
        and some more.
        """
        if not self._patterns or len(small) > LONGEST_SORTED_BYTES or not self._prepared():
            return self._patterns
        found = set(self._literals.Match(small, True) or ())
        text = small.decode()
        if text.casefold() != text:  # a pattern that sees case may take ſ for an s
            folded = "".join(map(_folded, text))
            found.update(self._literals.Match(folded.encode(), True) or ())
        return [self._patterns[index] for index in sorted(found)]

    def _prepared(self) -> bool:
        self._asked += 1
        if self._literals is None and self._asked > WORTH_PREPARING:
            self._literals = _filter([pattern.match for pattern in self._patterns])
        return self._literals is not None


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
    """The patterns of a language by when they are tried."""

    early: Panel
    clauses: Panel
    judging: Panel


_EARLY = ("trap", "phrase")
_compiled: dict[int, tuple[pa.Table, list[Pattern], Panels]] = {}


def compile_patterns(patterns: pa.Table) -> list[Pattern]:
    """Compile a patterns table, sorted by rank; the same table object is compiled once."""
    return _compile(patterns)[1]


def panels_of(patterns: pa.Table) -> Panels:
    """The compiled patterns of a table in panels: early ones (traps first), clauses, all others."""
    return _compile(patterns)[2]


def _compile(patterns: pa.Table) -> tuple[pa.Table, list[Pattern], Panels]:
    known = _compiled.get(id(patterns))
    if known is None or known[0] is not patterns:
        rows = sorted(map(_pattern, patterns.to_pylist()), key=lambda pattern: pattern.rank)
        early = [row for row in rows if row.decides in _EARLY]
        early.sort(key=lambda row: row.decides != _EARLY[0])
        clauses = [row for row in rows if row.decides == "clause"]
        judging = [row for row in rows if row.decides not in (*_EARLY, "clause")]
        panels = Panels(Panel(early), Panel(clauses), Panel(judging))
        known = _compiled[id(patterns)] = (patterns, rows, panels)
    return known


def _pattern(row: dict[str, Any]) -> Pattern:
    return Pattern(
        row["id"],
        row["decides"],
        row["rank"],
        compile_expression(row["match"]),
        _CASED in row["match"],
        json.loads(row["sets"]),
        frozenset(row["only"]),
        row["match"],
    )
