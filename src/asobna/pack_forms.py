"""Words of a text that begin as a name of Belarus does and that no pack knows: forms to add.

A pack finds inflections by stems where no other word can be meant (`Białorus*`) and lists forms
where one could. What a list lacks is never guessed at; it is told here, to whoever can judge it.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

import pyarrow as pa

from asobna.lexicon import compile_names

#: Classes of names whose forms are looked for: those of the country itself.
LOOKED_FOR = ("belarus.country", "belarus.adjective", "belarus.demonym")
#: Letters that an ending takes off at most, and what must be left for a stem.
ENDING, SHORTEST = 3, 5
#: Letters by which a word may be longer than its stem.
MAX_LONGER = 10
#: Code points on either side of an example.
BESIDE_CP = 30

_LETTERS = r"(?:[^\W\d_]|[\u0300-\u036f])+"
_WORD = re.compile(rf"{_LETTERS}(?:['’ʼ-]{_LETTERS})*")


class Unknown(NamedTuple):
    """A word no pack knows, how often it stands in the texts, and where it first does."""

    word: str
    times: int
    example: str


def unknown_forms(texts: Iterable[str], names: pa.Table) -> list[Unknown]:
    """Words that begin as a name of the country does and are no known name, the commonest first.

    names: NAMES of one language. Words inside a known name, a trap among them, are known.
    """
    lexicon = compile_names(names)
    stems = country_stems(names)
    counts: Counter[str] = Counter()
    examples: dict[str, str] = {}
    for text in texts:
        known = [(hit.start_cp, hit.end_cp) for hit in lexicon.find(text)]
        for match in _WORD.finditer(text):
            if not _begins(match.group(), stems):
                continue
            if any(start < match.end() and match.start() < end for start, end in known):
                continue
            counts[match.group()] += 1
            examples.setdefault(match.group(), _around(text, *match.span()))
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [Unknown(word, times, examples[word]) for word, times in ordered]


def country_stems(names: pa.Table) -> tuple[str, ...]:
    """What the one-word names of the country begin with, folded; endings taken off."""
    columns = (names.column(name).to_pylist() for name in ("form", "class", "entity"))
    stems = set()
    for form, name_class, entity in zip(*columns, strict=True):
        if name_class in LOOKED_FOR and entity == "BY" and " " not in form:
            stem = _folded(form)[: max(SHORTEST, len(form) - ENDING)]
            if len(stem) >= SHORTEST:
                stems.add(stem)
    return tuple(sorted(stems))


def _begins(word: str, stems: tuple[str, ...]) -> bool:
    folded = _folded(word)
    return any(folded.startswith(stem) and len(folded) <= len(stem) + MAX_LONGER for stem in stems)


def _folded(word: str) -> str:
    return unicodedata.normalize("NFC", word).casefold().replace("ß", "ss")


def _around(text: str, start: int, end: int) -> str:
    before, after = text[max(0, start - BESIDE_CP) : start], text[end : end + BESIDE_CP]
    cut = f"{before.split(' ', 1)[-1] if start > BESIDE_CP else before}[[{text[start:end]}]]{after}"
    return " ".join(cut.split())
