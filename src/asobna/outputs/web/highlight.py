"""A text with its findings marked, as pieces a template can write without trusting any of them.

No markup is made here. Invisible and direction-changing characters are shown by name, so that the
text cannot rearrange the page or hide what was marked.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from itertools import pairwise
from typing import Any, NamedTuple

#: Code points shown around a finding when the text is too long to be shown whole.
AROUND_CP = 300

_HIDDEN = re.compile(
    "[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u00ad\u061c\u115f\u1160\u180e"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\U000e0000-\U000e007f]"
)
_JOINERS = "\u200c\u200d\ufe0e\ufe0f"  # they belong to letters and emoji


class Piece(NamedTuple):
    """A run of text. `numbers` are the findings that cover it; `opens` those that start with it;
    `sign` is the name of a hidden character, or empty; `gap` marks left-out text before it.
    """

    text: str
    numbers: tuple[int, ...] = ()
    opens: tuple[int, ...] = ()
    severity: str = ""
    sign: str = ""
    gap: bool = False


def pieces(text: str, findings: list[dict[str, Any]], max_shown_cp: int) -> list[Piece]:
    """Cut a text where findings start and end; findings are numbered from 1 in their order.

    Of a text longer than `max_shown_cp` only the surroundings of findings are given, at most that
    many code points in all.
    """
    found: list[Piece] = []
    shown = 0
    numbered = deque(enumerate(findings, 1))
    for start, end in _windows(text, findings, max_shown_cp):
        if shown >= max_shown_cp:
            break
        inside = []
        while numbered and numbered[0][1]["start_cp"] < end:
            inside.append(numbered.popleft())
        run = list(_window(text, (start, end), inside))
        if start:
            run[0] = run[0]._replace(gap=True)
        found += run
        shown += end - start
    return found


def _windows(text: str, findings: list[dict[str, Any]], max_shown_cp: int) -> list[tuple[int, int]]:
    if len(text) <= max_shown_cp:
        return [(0, len(text))] if text else []
    spans: list[tuple[int, int]] = []
    for row in findings:
        start = max(0, row["start_cp"] - AROUND_CP)
        end = min(len(text), min(row["end_cp"], row["start_cp"] + 10 * AROUND_CP) + AROUND_CP)
        if spans and start <= spans[-1][1]:
            spans[-1] = (spans[-1][0], max(end, spans[-1][1]))
        else:
            spans.append((start, end))
    return spans or [(0, AROUND_CP)]


def _window(
    text: str, window: tuple[int, int], findings: list[tuple[int, dict[str, Any]]]
) -> Iterator[Piece]:
    first, last = window
    edges = {first, last}
    for _, row in findings:
        edges |= {row["start_cp"], min(last, row["end_cp"])}
    waiting, covering = list(reversed(findings)), list[tuple[int, dict[str, Any]]]()
    for start, end in pairwise(sorted(edges)):
        covering = [(number, row) for number, row in covering if row["end_cp"] > start]
        opens = []
        while waiting and waiting[-1][1]["start_cp"] <= start:
            covering.append(waiting.pop())
            opens.append(covering[-1][0])
        numbers = tuple(number for number, _ in covering)
        severity = min((row["severity"] for _, row in covering), key="ESC".index, default="")
        for index, piece in enumerate(_named(text[start:end])):
            new = tuple(opens) if index == 0 else ()
            yield piece._replace(numbers=numbers, opens=new, severity=severity)


def _named(text: str) -> Iterator[Piece]:
    """Runs of visible text, and hidden characters by their code."""
    at = 0
    for match in _HIDDEN.finditer(text):
        if match.group() in _JOINERS and match.start() and text[match.start() - 1] > "\x7f":
            continue
        if match.start() > at:
            yield Piece(text[at : match.start()])
        yield Piece("", sign=f"U+{ord(match.group()):04X}")
        at = match.end()
    if at < len(text):
        yield Piece(text[at:])
