"""A names table made searchable: every known name in a text, longest first, at word boundaries.

Positions are code points of the text given. The search is an Aho-Corasick automaton over literal
forms; boundaries are checked on the hits, which is far cheaper than inside the automaton.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

import pyarrow as pa
from ahocorasick_rs import AhoCorasick, Implementation, MatchKind

from asobna.scanner import VARIED, Candidates, Form, Scanner
from asobna.scripts import PARTICLED, UNSPACED
from asobna.tables import OURS

#: Letters an open-ended form (`Białorus*`) may add; longer words are other words.
MAX_ENDING_LETTERS = 8

# One code point each, so that positions hold.
_FOLDED = {kin: plain for plain, group in VARIED.items() for kin in group[1:]}
_UNSPACED = re.compile(f"[{UNSPACED}]")
_PARTICLED = re.compile(f"[{PARTICLED}]")
_ADDRESS = re.compile(
    r"://|@|^www\.|^[\w-]+(?:\.[\w-]+)*\.[a-z]{2,}(?:/|$)"  # web and mail
    r"|^[~.]{0,2}/|^[a-z]:\\|/\S*\.\w{1,5}$"  # paths; Poland/Belarus is not one
)


# Names that hashtags and hasty writers type in small letters, and the traps that hide them;
# `memorial` or `our house` are words.
_TYPED_SMALL = frozenset(
    f"{side}.{kind}"
    for side in ("belarus", "russia")
    for kind in ("country", "adjective", "demonym", "capital")
) | {"trap"}


_PERSONS = frozenset({"belarus.person", "belarus.regime", "belarus.democratic", "belarus.heritage"})


class Hit(NamedTuple):
    """One name in a text: half-open code points and the row of the names table."""

    start_cp: int
    end_cp: int
    row: int


#: How names may be typed: each spelling and the row of the names table it stands for.
SPELLINGS = pa.schema([("spelling", pa.string()), ("row", pa.int32())])


class Lexicon:
    """A names table of one language, compiled. Build it with `compile_names`."""

    def __init__(
        self,
        names: pa.Table,
        spelled: pa.Table | None = None,
        scanner: Callable[[], Scanner] | None = None,
    ) -> None:
        """spelled: SPELLINGS of the names, if they are known; scanner: gives that for their
        `certain_forms`.
        """
        spelled = spell_names(names) if spelled is None else spelled
        # A dictionary column becomes a list ten times as fast by way of plain strings.
        self.classes: list[str] = names.column("class").cast(pa.string()).to_pylist()
        self.entities: list[str] = names.column("entity").cast(pa.string()).to_pylist()
        self.statuses: list[str | None] = names.column("status").cast(pa.string()).to_pylist()
        self.replacements: list[str | None] = names.column("replacement").to_pylist()
        self.needs_cue: list[bool] = names.column("needs_cue").to_pylist()
        self._lead: list[int] = names.column("lead_cp").to_pylist()
        self._open: list[bool] = names.column("open_ended").to_pylist()
        self._forms: list[str] = spelled.column("spelling").to_pylist()
        rows: list[int] = spelled.column("row").to_pylist()
        self._rows = dict(zip(self._forms, rows, strict=True))
        self._ours: dict[int, bool] = {}
        self._make_scanner = scanner or (lambda: Scanner(certain_forms(names)))

    @cached_property
    def _all(self) -> AhoCorasick:
        return _automaton(self._forms)

    @cached_property
    def _scanner(self) -> Scanner:
        return self._make_scanner()

    def certain_places(self, texts: pa.Array) -> Candidates:
        """Where, in a large_string array, a Belarus name that needs no cue may stand."""
        return self._scanner.scan(texts)

    def names_belarus(self, text: str) -> list[int]:
        """Start of every place where `find` may find a Belarus name; boundaries are unchecked."""
        return [
            start
            for index, start, _ in self._all.find_matches_as_indexes(fold(text))
            if self._may_name_belarus(index)
        ]

    def find(self, text: str) -> list[Hit]:
        """Every known name in `text`, longest first at each place, none overlapping."""
        folded = fold(text)
        hits = []
        for index, start, _ in self._all.find_matches_as_indexes(folded):
            hit = self._bounded(folded, start, self._forms[index])
            if hit and not _in_address(folded, hit):
                hits.append(hit)
        return hits

    def _may_name_belarus(self, index: int) -> bool:
        """Whether a spelling, or the beginning of it that is a name too, names Belarus."""
        if index not in self._ours:
            beginnings = accumulate(self._forms[index])
            rows = (self._rows.get(form) for form in beginnings)
            self._ours[index] = any(
                self.classes[row].startswith(OURS) for row in rows if row is not None
            )
        return self._ours[index]

    def _bounded(self, text: str, start: int, form: str) -> Hit | None:
        """The longest form starting at `start` that ends where a word ends."""
        if start and _joins(text[start - 1], form[0]):
            return None
        while form:
            row, end = self._rows.get(form), start + len(form)
            if row is not None:
                limit = end + (MAX_ENDING_LETTERS if self._open[row] else 0)
                while end < limit and end < len(text) and _is_word(text[end]):
                    end += 1
                if end == len(text) or _may_end(form[-1], text[end]):
                    return Hit(start + self._lead[row], end, row)
            form = form[:-1]
        return None


_compiled: dict[int, tuple[pa.Table, Lexicon]] = {}
_made: dict[int, tuple[pa.Table, Callable[[], pa.Table], Callable[[], Scanner]]] = {}


def compile_names(names: pa.Table) -> Lexicon:
    """Compile a names table; the same table object is compiled once."""
    known = _compiled.get(id(names))
    if known is None or known[0] is not names:
        made_for, spelled, scanner = _made.pop(id(names), (None, None, None))
        if made_for is names and spelled is not None:
            lexicon = Lexicon(names, spelled(), scanner)
        else:
            lexicon = Lexicon(names)
        known = _compiled[id(names)] = (names, lexicon)
    return known[1]


def use_made(
    names: pa.Table, spelled: Callable[[], pa.Table], scanner: Callable[[], Scanner]
) -> None:
    """Let what was made of a names table before stand for making it: `spelled` gives what
    `spell_names` gave, and `scanner` one for its `certain_forms`, each when it is wanted.
    """
    _made[id(names)] = (names, spelled, scanner)


def spell_names(names: pa.Table) -> pa.Table:
    """SPELLINGS of a names table, each of one row: a form as listed beats another's capitals."""
    classes: list[str] = names.column("class").to_pylist()
    forms: list[str] = names.column("form").to_pylist()
    rows: dict[str, int] = {}
    for row, form in enumerate(forms):
        rows.setdefault(fold(form), row)
    for row, form in enumerate(forms):
        for variant in spellings(form, any_case=classes[row] in _TYPED_SMALL):
            rows.setdefault(variant, row)
    return pa.table([pa.array(rows, pa.string()), pa.array(rows.values(), pa.int32())], SPELLINGS)


def certain_forms(names: pa.Table, group: int = 0) -> list[Form]:
    """Every spelling of the Belarus names that count without a cue beside them; one of those that
    only differ in the case of ASCII letters, which a scanner does not see.
    """
    columns = ("form", "class", "entity", "open_ended", "needs_cue")
    rows = zip(*(names.column(name).to_pylist() for name in columns), strict=True)
    return [
        Form(variant, open_ended, entity if name_class in _PERSONS else "", group)
        for form, name_class, entity, open_ended, needs_cue in rows
        if name_class.startswith(OURS) and not needs_cue
        for variant in _seen_apart(form, any_case=name_class in _TYPED_SMALL)
    ]


def _seen_apart(form: str, *, any_case: bool) -> set[str]:
    return {fold(form)} if form.isascii() else spellings(form, any_case=any_case)


def fold(text: str) -> str:
    """The same text with spaces, apostrophes and hyphens made plain; length and places hold."""
    for character, plain in _FOLDED.items():
        if character in text:
            text = text.replace(character, plain)
    return text


def spellings(form: str, *, any_case: bool) -> set[str]:
    """Ways a form may be typed: case as headlines and hashtags use it, accents (de)composed."""
    form = fold(form)
    cased = {form, form[0].upper() + form[1:], form.upper()}
    if any_case and len(form) > 3:
        cased.add(form.lower())
    if form.isascii():
        return cased
    return {unicodedata.normalize(way, text) for text in cased for way in ("NFC", "NFD")}


def _automaton(forms: list[str]) -> AhoCorasick:
    # Of the kinds of automata this one, of those not too large, is searched fastest.
    return AhoCorasick(
        forms or ["\0"],
        matchkind=MatchKind.LeftmostLongest,
        implementation=Implementation.ContiguousNFA,
    )


def _is_word(character: str) -> bool:
    return character.isalnum() or character == "_" or unicodedata.combining(character) != 0


def _joins(left: str, right: str) -> bool:
    """Whether two neighbouring characters belong to one word."""
    if not (_is_word(left) and _is_word(right)):
        return False
    if unicodedata.combining(right):
        return True
    return not (_UNSPACED.match(left) and _UNSPACED.match(right))


def _may_end(last: str, following: str) -> bool:
    """Whether a name may end between two neighbouring characters."""
    particle = _PARTICLED.match(last) and _PARTICLED.match(following)
    return bool(particle) or not _joins(last, following)


def _in_address(text: str, hit: Hit) -> bool:
    """Whether the name is part of a web or mail address or a file path."""
    # Angle brackets end an address too: a name may follow a tag without a space.
    start = max(text.rfind(" ", 0, hit.start_cp), text.rfind(">", 0, hit.start_cp),
                hit.start_cp - 201) + 1  # fmt: skip
    end = text.find(" ", hit.end_cp, hit.end_cp + 200)
    token = text[start : end if end >= 0 else hit.end_cp + 200].strip("()[]<>\"'.,;:!?")
    return len(token) > hit.end_cp - hit.start_cp and _ADDRESS.search(token) is not None
