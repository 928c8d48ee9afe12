"""Which language a text is in, offline, and which of its paragraphs are in another.

A library does the work; its model is loaded at the first call only, because that takes longer than
checking a page.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from asobna import cache
from asobna.pack_files import pack_code, seen

#: Code points looked at: identification does not get better with more.
SAMPLE_CP = 1200

#: A paragraph with fewer letters is in the language around it.
LEAST_LETTERS = 60
#: A paragraph is in another language than its document at this probability only.
SURE_OF_PARAGRAPH = 0.95
#: Paragraphs looked at in one document, from its beginning; the rest is in its language.
MOST_PARAGRAPHS = 400

_PARAGRAPH = re.compile(r"[^\n]+(?:\n(?!\s*\n)[^\n]*)*")
_LINE = re.compile(r"[^\n]+")
_NOT_LETTERS = re.compile(r"[\W\d_]+")


class Stretch(NamedTuple):
    """A half-open span of paragraphs in one language, and the least of their probabilities."""

    start_cp: int
    end_cp: int
    lang: str
    confidence: float


def identify_language(text: str, among: Iterable[str] = ()) -> tuple[str, float]:
    """BCP 47 code of the likeliest language, of those `among` if any are given, and its
    probability, from 0 to 1.
    """
    wanted = set(among)
    for label, probability in _identifier().rank(text.strip()[:SAMPLE_CP]):
        code = pack_code(str(label))
        if not wanted or code in wanted:
            return code, float(probability)
    return "und", 0.0


def split_by_language(
    text: str, lang: str, among: Collection[str], places: list[int] | None = None
) -> list[Stretch]:
    """Stretches of paragraphs of a text that are surely not in `lang` but in another language.

    among: languages that can be read; a paragraph in a language not among them is a stretch too,
    so that no pack reads what it does not know. places: ascending code points; with them, a
    paragraph that holds none stays in `lang`, as do short or unsure ones.
    Returns half-open spans in order; none for a text in one language.
    """
    found: list[Stretch] = []
    if "\n" not in text.strip():  # a text of one paragraph is in the language of that paragraph
        return found
    for start, end in _paragraphs(text, places):
        other, probability = identify_language(text[start:end])
        if other == lang or probability < SURE_OF_PARAGRAPH:
            continue
        if other not in among and identify_language(text[start:end], among)[0] == lang:
            continue  # a language that is not read, nearest to the one around it: leave it there
        stretch = Stretch(start, end, other, probability)
        if found and found[-1].lang == other and not text[found[-1].end_cp : start].strip():
            last = found.pop()
            least = min(probability, last.confidence)
            stretch = stretch._replace(start_cp=last.start_cp, confidence=least)
        found.append(stretch)
    return found


def only_language(text: str, stretches: Iterable[Stretch], lang: str, document_lang: str) -> str:
    """The text with everything that is not in `lang` blanked; every position stays."""
    parts: list[str] = []
    at = 0
    for stretch in stretches:
        parts += [
            _kept(text[at : stretch.start_cp], lang == document_lang),
            _kept(text[stretch.start_cp : stretch.end_cp], lang == stretch.lang),
        ]
        at = stretch.end_cp
    return "".join([*parts, _kept(text[at:], lang == document_lang)])


def _kept(text: str, keep: bool) -> str:
    return text if keep else "\n".join(" " * len(line) for line in text.split("\n"))


def _paragraphs(text: str, places: list[int] | None) -> Iterator[tuple[int, int]]:
    """Spans of paragraphs with letters enough to tell, of those that hold a place if any are given;
    lines are paragraphs if none is blank.
    """
    pattern = _PARAGRAPH if "\n\n" in text else _LINE
    for count, match in enumerate(pattern.finditer(text)):
        if count >= MOST_PARAGRAPHS:
            return
        start, end = match.span()
        if places is not None and bisect_left(places, start) == bisect_left(places, end):
            continue
        sample = text[start : min(end, start + SAMPLE_CP)]
        if _holds_letters(sample) or _holds_letters(text[start:end]):
            yield start, end


def _holds_letters(text: str) -> bool:
    return len(_NOT_LETTERS.sub("", text)) >= LEAST_LETTERS


# The model of the library, spread out: its weights and the automaton that finds its features.
_MODEL = tuple(
    pa.schema([(name, kind)])
    for name, kind in (
        ("weights", pa.float16()),
        ("priors", pa.float32()),
        ("languages", pa.string()),
        ("moves", pa.uint32()),
        ("rows", pa.uint32()),
        ("features", pa.int32()),
    )
)


@lru_cache(maxsize=1)
def _identifier() -> Any:
    """The library's identifier. To unpack its model takes longer than to check a page, so it is
    kept spread out and only mapped into memory, where other processes share it.
    """
    from py3langid import langid  # noqa: PLC0415 heavy

    packed = langid.MODEL_DIR / langid.MODEL_FILE
    mark = cache.mark_of(seen(str(packed)), seen(langid.__file__))
    made = None

    def unpack() -> Iterator[pa.Table]:
        nonlocal made
        made = langid.LanguageIdentifier.from_model_file(packed, norm_probs=True)
        return _spread(made)

    kept = cache.kept_tables("model", mark, _MODEL, unpack)
    return made or _gathered(langid.LanguageIdentifier, kept)


def _spread(made: Any) -> Iterator[pa.Table]:
    """The model of an identifier as tables of one column."""
    columns = (made.nb_ptc.ravel(), made.nb_pc, made.nb_classes, made.tk_nextmove, made.tk_row,
               made.tk_output)  # fmt: skip
    for schema, values in zip(_MODEL, columns, strict=True):
        yield pa.table([pa.array(np.asarray(values), schema.types[0])], schema)


def _gathered(identifier: Any, kept: list[pa.Table]) -> Any:
    """The identifier of a model that is kept; its large arrays stay where they are mapped."""
    weights, priors, names, moves, rows, features = (table.column(0).chunk(0) for table in kept)
    return identifier(
        weights.to_numpy().reshape(-1, len(priors)),
        priors.to_numpy(),
        names.to_pylist(),
        memoryview(moves.to_numpy()),
        features.to_pylist(),
        norm_probs=True,
        tk_row=rows.to_pylist(),
    )
