"""Patterns of a pack as compiled expressions, and which of them a sentence can match at all.

Expressions are RE2's, linear in the length of the text. A sentence holds the clues of few patterns
(see clues.py): one pass over it leaves a seventh of them to be tried. Those that are never tried
are never compiled.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache, cached_property
from typing import Any, NamedTuple

import pyarrow as pa
import re2

from asobna.clue_index import ClueIndex
from asobna.clues import Clue, Clues, read_clues

#: What is kept of clues beside the patterns table they are read off: one row of JSON, which is read
#: in a third of the time of nested lists.
CLUES = pa.schema([("clues", pa.string())])

# RE2 compiles Unicode's exact classes to some thousand instructions each time they are named. A few
# wide ranges say the same of running text; capital and small letters are told apart in the Latin,
# Greek and Cyrillic alphabets of Europe, Azerbaijani among them.
_LETTERS = r"A-Za-z\x{c0}-\x{1fff}\x{2c00}-\x{2dff}\x{3005}-\x{d7ff}"
# What has a letter on both sides is inside a word, but for scripts that set no spaces.
_EDGE = r"[^0-9A-Za-z\x{c0}-\x{dff}\x{f00}-\x{1fff}\x{2c00}-\x{2dff}\x{a000}-\x{d7ff}]"
_CASED_ALPHABETS = (
    *range(0x41, 0x180), 0x18F, *range(0x218, 0x21C), 0x259, *range(0x386, 0x3CF),
    *range(0x400, 0x460), 0x490, 0x491,
)  # fmt: skip


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
#: Names of groups: RE2 takes each once, so every alternative of an expression has its own.
SPOKEN_OF = ("m", "n", "o", "k")
EVIDENCE = ("e", "f", "g", "h")
_KEPT_AS_IS = re.compile(r"\\[pP](?:\{\^?\w+\}|\w)|\\x\{\w+\}|\\.|\(\?P<\w+>")


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
def _at_end(match: str) -> Any:
    inner = _with_short_classes(match)
    return re2.compile(rf"(?i)(?:^|{_EDGE})(?:{inner})\.?\s*$", _options())


@cache
def groups_of(expression: Any) -> tuple[tuple[int, ...], ...]:
    """Numbers of the groups that tell the mentions spoken of, and of those that tell the evidence;
    of each kind one takes part in a match, or none.
    """
    groups = expression.groupindex
    return tuple(
        tuple(groups[name.encode()] for name in names if name.encode() in groups)
        for names in (SPOKEN_OF, EVIDENCE)
    )


class Panel:
    """Patterns that are tried together, in their order."""

    def __init__(
        self, patterns: Iterable[Pattern], clues: Mapping[str, Clues] | None = None
    ) -> None:
        """clues: those of the patterns by `match`, where they are known already."""
        self._patterns = list(patterns)
        self._clues = clues
        self._met: set[int] = set()

    def __iter__(self) -> Iterator[Pattern]:
        return iter(self._patterns)

    @cached_property
    def _index(self) -> ClueIndex:
        matches = [pattern.match for pattern in self._patterns]
        clues = self._clues or read_clues(matches)
        return ClueIndex([clues[match] for match in matches])

    def possible(self, lines: Sequence[tuple[int, bytes]]) -> list[tuple[Pattern, list[int]]]:
        """Patterns and the numbers of the lines they can match: all they do match, and some more.

        lines: (number, text in small letters), ascending.
        """
        if not self._patterns or not lines:
            return []
        found: list[list[int]] = [[] for _ in self._patterns]
        for number, line in lines:
            folded = _folded(line)
            for index in self._index.possible(folded):
                if index in self._met or self._meets(index, folded):
                    found[index].append(number)
        return [pair for pair in zip(self._patterns, found, strict=True) if pair[1]]

    def _meets(self, index: int, line: bytes) -> bool:
        """Whether a pattern that is not compiled yet is worth it for a line; then it is for all."""
        if not self._index.in_order(index, line):
            return False
        self._met.add(index)
        return True


def _folded(line: bytes) -> bytes:
    """A line in small letters with its case folded: a pattern that sees case may take ſ for an s,
    as RE2 does. Folding takes no other letters for one another, and some more.
    """
    return line if line.isascii() else line.decode().casefold().encode()


class Panels(NamedTuple):
    """The patterns of a language by when they are tried, each panel in the order of trial."""

    early: Panel
    clauses: Panel
    judging: Panel
    pairs: Panel
    support: Panel
    abbreviations: Panel

    def ends_short(self, text: str) -> bool:
        """Whether a text ends with what the language cuts short, and so does not end a sentence."""
        return any(_at_end(pattern.match).search(text) for pattern in self.abbreviations)


#: The panel of what a pattern decides; `judging` tries all others.
_PANELS = {
    "trap": "early",
    "phrase": "early",
    "clause": "clauses",
    "warrant": "pairs",
    "kind_of_pair": "pairs",
    "support": "support",
    "abbreviation": "abbreviations",
}
_compiled: dict[int, tuple[pa.Table, Panels]] = {}
_clues: dict[int, tuple[pa.Table, pa.Table]] = {}


def panels_of(patterns: pa.Table) -> Panels:
    """The patterns of a table in panels, by rank; the same table object is prepared once."""
    known = _compiled.get(id(patterns))
    if known is None or known[0] is not patterns:
        rows = sorted(map(_pattern, patterns.to_pylist()), key=lambda pattern: pattern.rank)
        told_for, clues = _clues.pop(id(patterns), (None, None))
        told = _told(patterns, clues) if told_for is patterns and clues is not None else None
        known = _compiled[id(patterns)] = (patterns, _in_panels(rows, told))
    return known[1]


def use_clues(patterns: pa.Table, clues: pa.Table) -> None:
    """Let `clues`, as `clues_table` gave them before, stand for those of a table of patterns."""
    _clues[id(patterns)] = (patterns, clues)


def clues_table(patterns: pa.Table) -> pa.Table:
    """CLUES of a table of patterns: each clue once, and for each row the numbers of its own."""
    clues = read_clues(patterns.column("match").to_pylist())
    numbers: dict[Clue, int] = {}
    rows = [
        [[numbers.setdefault(clue, len(numbers)) for clue in branch] for branch in told]
        for told in clues.values()
    ]
    kept = {"clues": [sorted(clue) for clue in numbers], "rows": rows}
    return pa.table([[json.dumps(kept, ensure_ascii=False)]], CLUES)


def _told(patterns: pa.Table, clues: pa.Table) -> dict[str, Clues]:
    """Clues of a table of patterns, by `match`, out of what was kept of them."""
    kept = json.loads(clues.column(0)[0].as_py())
    every = list(map(frozenset, kept["clues"]))
    matches = dict.fromkeys(patterns.column("match").to_pylist())
    return {
        match: [[every[number] for number in branch] for branch in told]
        for match, told in zip(matches, kept["rows"], strict=True)
    }


def _in_panels(rows: list[Pattern], clues: Mapping[str, Clues] | None) -> Panels:
    """rows: by rank. Traps come before phrases: what is no name joins none."""
    panels: dict[str, list[Pattern]] = defaultdict(list)
    for pattern in sorted(rows, key=lambda pattern: pattern.decides == "phrase"):
        panels[_PANELS.get(pattern.decides, "judging")].append(pattern)
    return Panels(*(Panel(panels[name], clues) for name in Panels._fields))


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
