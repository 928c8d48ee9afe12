"""Where many literal forms stand in the bytes of a whole column of texts, in one pass.

Only candidates are found here: what stands at a place is decided by the lexicon. The scan sees
ASCII letters in either case and lets any space, apostrophe or hyphen stand for another, so it finds
every place where the lexicon could find a form, and some more.

Hyperscan does the work where it has wheels (Linux and macOS, x86-64 and arm64); elsewhere an
Aho-Corasick automaton finds the same places several times more slowly.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from ahocorasick_rs import BytesAhoCorasick, Implementation, MatchKind
from numpy.typing import NDArray

try:
    import hyperscan
except ImportError:  # pragma: no cover - no wheel for this platform
    hyperscan = None  # type: ignore[assignment]

Ints = NDArray[np.int64]

_SPACES = " \n\t\r\u00a0\u202f\u2009"
_APOSTROPHES = "'’ʼ‘"
_HYPHENS = "-‐‑–"
#: Characters that count as the first of their group, in names and in texts: line ends and exotic
#: spaces in a name, and the apostrophes and hyphens that type-setters vary.
VARIED = {group[0]: group for group in (_SPACES, _APOSTROPHES, _HYPHENS)}
_TO_PLAIN = {ord(kin): plain for plain, group in VARIED.items() for kin in group}
_SPLIT = re.compile("([" + re.escape("".join(VARIED)) + "])")
#: Two or more words of a form are looked for together until they have this many characters.
_RARE_LENGTH = 16
#: A surname that is nothing else is looked for alone from this length on, without its ending.
_OWN_WORD_LENGTH = 8
_ENDING_LENGTH = 3
#: Letters of the last of several words that are looked for.
_STEM_LENGTH = 4
_NEVER = "\x00asobna\x00"
_SIGNS = "".join(chr(code) for code in range(128) if not chr(code).isalnum())
_WORD = np.zeros(256, bool)
_WORD[[*b"0123456789_ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"]] = True
#: Bytes after which the faster engine, which takes a tenth of a second to build, pays for itself.
WORTH_BUILDING_BYTES = 8 << 20
#: Bytes scanned in one call: the engine counts with 32 bits.
_WINDOW_BYTES = 1 << 30
#: Texts in no more languages than this are looked through for the keys of these languages alone:
#: fewer keys are found up to twice as fast.
_FEW_GROUPS = 12


class Candidates(NamedTuple):
    """Candidates in ascending order: row of the column and first byte within its text."""

    rows: Ints
    starts: Ints

    def by_row(self) -> dict[int, list[int]]:
        """Ascending first bytes by row; rows without any are absent."""
        found: dict[int, list[int]] = defaultdict(list)
        for row, start in zip(self.rows.tolist(), self.starts.tolist(), strict=True):
            found[row].append(start)
        return found


class Form(NamedTuple):
    """One spelling to find. `person` names whose it is, if it is a person's: a long word that no
    other person's name has is then enough to look for. `group` numbers the forms that belong
    together, those of a language.
    """

    text: str
    open_ended: bool = False
    person: str = ""
    group: int = 0


class Key(NamedTuple):
    """A literal to look for, which begins a word, whether it must also end one, and the groups
    whose forms it stands for: bit 2ⁿ for group n.
    """

    text: str
    ends_word: bool
    groups: int = 1


class Scanner:
    """A set of forms to look for. Build it once; it is safe to use from one thread at a time."""

    def __init__(self, forms: Iterable[Form], *, portable: bool = False) -> None:
        """forms: spellings as the lexicon knows them; `portable` forbids the faster engine."""
        self._begin(choose_keys(forms) or [Key(_NEVER, False)], portable=portable)

    def _begin(self, keys: list[Key], *, portable: bool = False) -> None:
        self.keys = keys
        self._widths = np.array([len(key.text.encode()) for key in keys], np.int64)
        self._ends = np.array([key.ends_word for key in keys])
        self._groups = _bits([key.groups for key in keys])
        self._portable = portable or hyperscan is None
        self._scanned = 0
        self._small: Any = None
        self._large: Any = None
        self._few: Any = None
        self._few_groups: set[int] = set()

    @classmethod
    def restore(cls, keys: list[Key], compiled: bytes) -> Scanner:
        """A scanner of chosen keys and the engine that `compiled` gave.

        Raises ValueError when it was compiled for another machine or version.
        """
        made = cls.__new__(cls)
        made._begin(keys)
        if compiled and not made._portable:
            try:
                made._large = hyperscan.loadb(compiled, hyperscan.HS_MODE_BLOCK)
                made._large.scratch = hyperscan.Scratch(made._large)
            except hyperscan.HyperscanError as error:
                raise ValueError(f"not compiled for this machine: {error!r}") from error
        return made

    def compiled(self) -> bytes:
        """The faster engine as bytes for `restore`; empty where there is none."""
        if self._portable:
            return b""
        self._large = self._large or self._database()
        return bytes(hyperscan.dumpb(self._large))

    def _database(self, numbers: Sequence[int] | None = None) -> Any:
        """The faster engine for all keys or those of some numbers."""
        numbers = range(len(self.keys)) if numbers is None else numbers
        database = hyperscan.Database(mode=hyperscan.HS_MODE_BLOCK)
        database.compile(
            expressions=[self.keys[number].text.encode() for number in numbers],
            ids=list(numbers),
            elements=len(numbers),
            flags=[hyperscan.HS_FLAG_CASELESS] * len(numbers),
            literal=True,
        )
        return database

    def _database_for(self, groups: Ints | None) -> Any:
        """The faster engine for texts of these groups and of all asked about before, or for any."""
        if self._large is not None and self._scanned < WORTH_BUILDING_BYTES:
            return self._large  # it was kept; a smaller one would have to be built
        if groups is not None and len(groups) and groups.min() >= 0:
            wanted = self._few_groups.union(np.flatnonzero(np.bincount(groups)).tolist())
            if len(wanted) <= _FEW_GROUPS:
                if self._few is None or wanted != self._few_groups:
                    chosen = np.flatnonzero(self._groups[:, sorted(wanted)].any(axis=1))
                    self._few = self._database(chosen.tolist()) if len(chosen) else None
                    self._few_groups = wanted
                if self._few is not None:
                    return self._few
        self._large = self._large or self._database()
        return self._large

    def _automaton(self, implementation: Any) -> Any:
        keys = [key.text.encode() for key in self.keys]
        return BytesAhoCorasick(keys, matchkind=MatchKind.Standard, implementation=implementation)

    def scan(
        self, texts: pa.Array | pa.ChunkedArray, groups: NDArray[np.int64] | None = None
    ) -> Candidates:
        """Candidates in a large_string column without nulls.

        groups: for each text the group whose forms are looked for; -1 for all.
        """
        if isinstance(texts, pa.ChunkedArray):
            texts = whole_array(texts)
        offsets = np.frombuffer(texts.buffers()[1], np.int64)[texts.offset :][: len(texts) + 1]
        if not len(texts) or offsets[-1] == offsets[0]:
            return Candidates(np.empty(0, np.int64), np.empty(0, np.int64))
        data = np.frombuffer(texts.buffers()[2], np.uint8)
        ends, keys = self._matches(data[: offsets[-1]], int(offsets[0]), groups)
        starts = ends - self._widths[keys]
        rows = np.searchsorted(offsets, ends - 1, side="right") - 1
        whole = (starts >= offsets[rows]) & ~(
            ((starts > offsets[rows]) & _WORD[data[starts - 1]])
            | (self._ends[keys] & (ends < offsets[rows + 1]) & _WORD[data[ends - len(data)]])
        )
        if groups is not None:
            group = groups[rows]
            whole &= (group < 0) | self._groups[keys, np.maximum(group, 0)]
        return Candidates(*_once(rows[whole], (starts - offsets[rows])[whole]))

    def _matches(
        self, data: NDArray[np.uint8], start: int, groups: Ints | None
    ) -> tuple[Ints, Ints]:
        """(one past the last byte, key) of every match in data[start:]."""
        ends: list[int] = []
        keys: list[int] = []
        at, end = start, len(data)
        while at < end:
            stop = min(end, at + _WINDOW_BYTES)
            for key, to in self._search(data[at:stop], groups):
                ends.append(at + to)
                keys.append(key)
            at = stop if stop == end else stop - int(self._widths.max())
        return np.array(ends, np.int64), np.array(keys, np.int64)

    def _search(self, data: NDArray[np.uint8], groups: Ints | None) -> list[tuple[int, int]]:
        """(key, one past its last byte) of every match, by the engine that is worth building."""
        self._scanned += len(data)
        if self._scanned < WORTH_BUILDING_BYTES and self._large is None:
            self._small = self._small or self._automaton(Implementation.ContiguousNFA)
            return _search_automaton(self._small, data)
        if self._portable:
            self._large = self._large or self._automaton(Implementation.DFA)
            return _search_automaton(self._large, data)
        found: list[tuple[int, int]] = []
        self._database_for(groups).scan(
            data.data, match_event_handler=lambda key, _, to, *__: found.append((key, to))
        )
        return found


def _search_automaton(automaton: Any, data: NDArray[np.uint8]) -> list[tuple[int, int]]:
    small = data.tobytes().lower()
    hits = automaton.find_matches_as_indexes(small, overlapping=True)
    return [(key, to) for key, _, to in hits]


def whole_array(column: pa.ChunkedArray) -> pa.Array:
    """A column as one array, copied only where it is in several chunks."""
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()


def engine_version() -> str:
    """The faster engine and its version; `portable` where there is none."""
    if hyperscan is None:
        return "portable"
    return f"hyperscan {hyperscan.__version__}"  # type: ignore[attr-defined]


def choose_keys(forms: Iterable[Form]) -> list[Key]:
    """What to look for so that every form is found: a telling part of each, ASCII letters small,
    with every kin of a space, apostrophe or hyphen. What holds another is left to that one.
    """
    groups: dict[tuple[str, bool], int] = defaultdict(int)
    small = set()
    for form in forms:
        text = _small(form.text).lstrip(_SIGNS)
        groups[text, _ends_word(form)] |= 1 << form.group
        small.add(Form(text, form.open_ended, form.person))
    owners: dict[str, set[str]] = defaultdict(set)
    for form in small:
        for word in _SPLIT.split(form.text):
            owners[word].add(form.person)
    whole = _ends_of((form.text, _ends_word(form)) for form in small)
    needed = set(_uncovered(whole))
    parts = _ends_of(
        (kin, ends_word)
        for form in small
        if form.text in needed
        for part, ends_word in [_telling_part(form, owners)]
        for kin in _kin(part)
    )
    return list(_with_groups({text: parts[text] for text in _uncovered(parts)}, groups))


def _with_groups(ends: Mapping[str, bool], groups: Mapping[tuple[str, bool], int]) -> Iterator[Key]:
    """Keys with the groups of all forms in which they, or one of their kin, stand.

    A key that not every group wants to end a word is two: `homel` begins other words in Hungarian,
    where endings follow it, and in English it must not find every homeland for that.
    """
    plain = {text: _plain(text) for text in ends}
    whole, open_ended = (dict.fromkeys(plain.values(), 0) for _ in range(2))
    texts = list(whole)
    automaton = BytesAhoCorasick([text.encode() for text in texts], matchkind=MatchKind.Standard)
    for (form, form_ends), group in groups.items():
        data = form.encode()
        for index, _, end in automaton.find_matches_as_indexes(data, overlapping=True):
            is_whole = form_ends if end == len(data) else not _WORD[data[end]]
            (whole if is_whole else open_ended)[texts[index]] |= group
    for text, must_end in ends.items():
        anyhow, ended = open_ended[plain[text]], whole[plain[text]]
        if must_end:
            anyhow, ended = 0, anyhow | ended
        if anyhow:
            yield Key(text, False, anyhow)
        if ended & ~anyhow:
            yield Key(text, True, ended & ~anyhow)


def _plain(text: str) -> str:
    return text.translate(_TO_PLAIN)


def _once(rows: Ints, starts: Ints) -> tuple[Ints, Ints]:
    """Places in order, each once."""
    order = np.lexsort((starts, rows))
    rows, starts = rows[order], starts[order]
    new = np.ones(len(order), bool)
    new[1:] = (rows[1:] != rows[:-1]) | (starts[1:] != starts[:-1])
    return rows[new], starts[new]


def _bits(numbers: list[int]) -> NDArray[np.bool_]:
    """Row for row the bits of numbers, the lowest first."""
    width = max(1, *(number.bit_length() for number in numbers), 8)
    packed = b"".join(number.to_bytes((width + 7) // 8, "little") for number in numbers)
    rows = np.frombuffer(packed, np.uint8).reshape(len(numbers), -1)
    return np.unpackbits(rows, axis=1, bitorder="little").view(np.bool_)


def _ends_of(texts: Iterable[tuple[str, bool]]) -> dict[str, bool]:
    """Whether each text ends a word wherever it is wanted."""
    ends: dict[str, bool] = {}
    for text, ends_word in texts:
        ends[text] = ends.get(text, True) and ends_word
    return ends


def _uncovered(ends: Mapping[str, bool]) -> list[str]:
    """The texts in which no other one is sure to be found."""
    texts = sorted(ends)
    return [
        text
        for index, inside in enumerate(_held_parts(texts))
        for text in texts[index : index + 1]
        if not any(
            other != index and _covers(ends[texts[other]], (text.encode(), ends[text]), at)
            for other, *at in inside
        )
    ]


def _covers(ends_word: bool, held_in: tuple[bytes, bool], at: list[int]) -> bool:
    """Whether a key that stands at bytes `at` of a text is found wherever the text is."""
    text, text_ends = held_in
    start, end = at
    begins = start == 0 or (not _WORD[text[start - 1]] and text[start - 1] < 128)
    if not ends_word:
        return begins
    return begins and (text_ends if end == len(text) else not _WORD[text[end]] and text[end] < 128)


def _held_parts(texts: list[str]) -> list[list[tuple[int, int, int]]]:
    """For each text, which of the texts stand in it: (index, first byte, one past the last)."""
    if not texts:
        return []
    automaton = BytesAhoCorasick([text.encode() for text in texts], matchkind=MatchKind.Standard)
    return [automaton.find_matches_as_indexes(text.encode(), overlapping=True) for text in texts]


def _small(form: str) -> str:
    return form.encode().lower().decode()


def _telling_part(form: Form, owners: Mapping[str, set[str]]) -> tuple[str, bool]:
    """What to look for in place of a form, and whether it must end a word there.

    The last word of a person's name will do if it is long and in persons' names only, without its
    ending; else neighbouring words, as few as are long enough together to be rare, without the
    ending of the last. Endings are left out because one stem then serves many inflected forms.
    """
    words = _SPLIT.split(form.text)
    last = words[-1]
    if form.person and len(last) >= _OWN_WORD_LENGTH and "" not in owners[last]:
        stem = last[: max(_OWN_WORD_LENGTH, len(last) - _ENDING_LENGTH)]
        return stem, len(stem) == len(last) and _ends_word(form)
    best = _rare_run(words)
    if best == form.text and len(words) == 1:
        return best, _ends_word(form)
    joined, last = best[: len(best) - len(_SPLIT.split(best)[-1])], _SPLIT.split(best)[-1]
    if len(last) <= _STEM_LENGTH:
        return best, last.isalnum() and (best != form.text or _ends_word(form))
    return joined + last[:_STEM_LENGTH], False


def _ends_word(form: Form) -> bool:
    return not form.open_ended and form.text[-1].isalnum()


def _rare_run(words: list[str]) -> str:
    """Neighbouring words (at odd places their separators), as few as make _RARE_LENGTH."""
    for count in range(2, len(words) // 2 + 2):
        size = 2 * count - 1
        runs = ["".join(words[at : at + size]) for at in range(0, len(words) - size + 1, 2)]
        best = max(runs, key=len)
        if len(best) >= _RARE_LENGTH:
            return best
    return "".join(words)


def _kin(part: str) -> list[str]:
    choices = [VARIED.get(piece, (piece,)) for piece in _SPLIT.split(part)]
    return ["".join(chosen) for chosen in product(*choices)]
