"""Sentences around given places of a text, without splitting the rest of it.

Sentence ends are found by a library; what it cannot know is decided here: where a paragraph ends
in hard-wrapped text, in one-line-a-paragraph text, and in text that never breaks a line.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import NamedTuple

import sentencex

#: Code points kept on each side of a name when a paragraph is longer than this.
MAX_WINDOW_CP = 2000

#: Lines longer than this are paragraphs of their own; shorter ones may be hard-wrapped.
MAX_WRAPPED_LINE_CP = 100
_MIN_WRAPPED_LINE_CP = 40

_BLANK_LINE = re.compile(r"\n[^\S\n]*\n")
#: Code points no name is longer than.
MAX_NAME_CP = 200

#: Code points before the end of a sentence in which something that is cut short may stand.
_TAIL_CP = 24

#: Code points after a line break that tell whether a paragraph ends there.
LOOK_AHEAD_CP = 80

#: An ordinal number, of which a small letter behind it tells that no sentence ends there.
_ORDINAL = re.compile(r"(?:\d|\b[IVXL]+)\.\s*$")
_SOFT_END = re.compile(r"[.!?…;]\s")
_BULLET = re.compile(r"\s*(?:[-*•–—+]|\d{1,3}[.)]|#{1,6}|>|\|)\s")


class Manner(NamedTuple):
    """How sentences of a language are told apart: its code, and whether a text ends with what the
    language cuts short, which the library knows for some languages only.
    """

    lang: str
    ends_short: Callable[[str], bool] = lambda _: False


def sentence_spans(
    text: str, paragraph: tuple[int, int], places_cp: list[int], manner: Manner
) -> list[tuple[int, int]]:
    """Half-open code-point spans of the sentences of a paragraph that hold the given places.

    places_cp: ascending, in the paragraph. One span per sentence, in order; several places may fall
    into one sentence.
    """
    spans = list(_split(text, *paragraph, manner))
    starts = [start for start, _ in spans]
    wanted = sorted({bisect_right(starts, place) - 1 for place in places_cp})
    return [spans[index] for index in wanted if index >= 0]


def paragraph_spans(text: str, places_cp: list[int]) -> Iterator[tuple[int, int]]:
    """Half-open spans of the paragraphs that hold the given ascending places, none overlapping."""
    last_end = -1
    for place in places_cp:
        if place < last_end:
            continue
        start, end = paragraph_span(text, place)
        yield max(start, last_end), end
        last_end = end


def paragraph_span(text: str, place_cp: int) -> tuple[int, int]:
    """Half-open span of the paragraph around a place, cut at MAX_WINDOW_CP on each side.

    Nothing more than that and LOOK_AHEAD_CP after it is looked at.
    """
    low = max(0, place_cp - MAX_WINDOW_CP)
    breaks = [match.end() for match in _BLANK_LINE.finditer(text, low, place_cp)]
    start = breaks[-1] if breaks else low
    after = _BLANK_LINE.search(text, place_cp, place_cp + MAX_WINDOW_CP)
    end = after.end() if after else min(len(text), place_cp + MAX_WINDOW_CP)
    first, last = _line_paragraph(text, (start, end), place_cp)
    cut = last == end and not after and end < len(text)
    return first, _window_end(text, place_cp) if cut else last


def _window_end(text: str, place_cp: int) -> int:
    """Where a sentence or at least a word ends before MAX_WINDOW_CP after a place.

    A name that the window cut in two would be lost: the next window starts where this one ends.
    """
    end = place_cp + MAX_WINDOW_CP
    breaks = [match.end() for match in _SOFT_END.finditer(text, place_cp, end)]
    return breaks[-1] if breaks else text.rfind(" ", end - MAX_NAME_CP, end) + 1 or end


def _line_paragraph(text: str, block: tuple[int, int], place_cp: int) -> tuple[int, int]:
    """Within a block without blank lines: the line, or its run of hard-wrapped lines.

    Whether a line break ends a paragraph depends on its two lines alone, so the search goes out
    from the place: a block of many short lines costs no more than one of a few.
    """
    start, end = block
    first, last = start, end
    at = text.rfind("\n", start, place_cp)
    while at >= 0:
        if _ends_paragraph(text, start, at):
            first = at + 1
            break
        at = text.rfind("\n", start, at)
    at = text.find("\n", place_cp, end)
    while at >= 0:
        if _ends_paragraph(text, start, at):
            last = at + 1
            break
        at = text.find("\n", at + 1, end)
    return first, last


def _ends_paragraph(text: str, start: int, line_end: int) -> bool:
    """Whether the line break at `line_end` ends a paragraph of the block from `start`."""
    line = text[max(start, text.rfind("\n", start, line_end) + 1) : line_end]
    return not _wraps(line, text[line_end + 1 : line_end + 1 + LOOK_AHEAD_CP])


def _wraps(so_far: str, following: str) -> bool:
    """Whether the line break after `so_far` only wraps a sentence."""
    line = so_far.rstrip("\n").rsplit("\n", 1)[-1].strip()
    if _BULLET.match(following) or not line:
        return False
    long_enough = _MIN_WRAPPED_LINE_CP <= len(line) <= MAX_WRAPPED_LINE_CP
    return (long_enough and line[-1] not in ".!?:;…") or following[:1].islower()


def _split(text: str, start: int, end: int, manner: Manner) -> Iterator[tuple[int, int]]:
    plain = text[start:end].replace("\n", " ")
    began: int | None = None
    for boundary in sentencex.get_sentence_boundaries(manner.lang, plain):
        first, last = boundary["start_index"], boundary["end_index"]
        began = first if began is None else began
        if last == len(plain) or not _goes_on(plain, max(began, last - _TAIL_CP), last, manner):
            if plain[began:last].strip():
                yield start + began, start + last
            began = None


def _goes_on(plain: str, tail: int, end: int, manner: Manner) -> bool:
    """Whether a sentence goes on where the library ends it: behind what the language cuts short,
    and behind `24.` in `24. novembra`.
    """
    last = plain[tail:end]
    follows = plain[end : end + LOOK_AHEAD_CP].lstrip()
    return (follows[:1].islower() and _ORDINAL.search(last) is not None) or manner.ends_short(last)
