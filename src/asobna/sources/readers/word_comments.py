"""Comments and suggested changes put into a Word document at exact words, by python-docx.

The text is walked as `word` walks it, so an offset in the document that was read is an offset here.
Runs are cut where a span begins or ends; nothing else of the document is touched.
"""

from __future__ import annotations

import copy
import io
from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.text.run import Run

from asobna.sources.readers import word
from asobna.sources.readers.drafts import Draft, Page, UnreadableError, clean_mapped

_AUTHOR, _INITIALS = "Asobna", "A"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_INSERTED = qn("w:ins")


class _Anchor(NamedTuple):
    """One paragraph: where it begins in the text, its element pieces and where each sign is."""

    start_cp: int
    pieces: list[tuple[Any, str]]
    places: list[int]


def annotate(page: Page, order: Mapping[str, Any]) -> bytes:
    """The document with a comment for every remark of the order.

    order: {"remarks": [{start_cp, end_cp, text, wording or None}], "text": length in code points
    of the text the offsets count in}. A remark with a wording also becomes a tracked change.
    Raises UnreadableError when the document is not the one that was read.
    """
    document = word.open_document(page)
    anchors, length = _anchors(document, page)
    if length != order["text"]:
        raise UnreadableError("changed", "the document has changed since it was read")
    starts = [anchor.start_cp for anchor in anchors]
    by_anchor: dict[int, list[Mapping[str, Any]]] = {}
    for remark in order["remarks"]:
        by_anchor.setdefault(bisect_right(starts, remark["start_cp"]) - 1, []).append(remark)
    changes = _Changes(document, page.today)
    for place, remarks in by_anchor.items():
        _annotate_paragraph(document, anchors[place], remarks, changes)
    saved = io.BytesIO()
    document.save(saved)
    return saved.getvalue()


def _anchors(document: Any, page: Page) -> tuple[list[_Anchor], int]:
    draft, anchors = Draft(page.limits), []
    for paragraph in word.paragraphs(document):
        before = draft.length
        word.add_to(draft, paragraph)
        if draft.length != before:
            text, places = clean_mapped(paragraph.text)
            anchors.append(_Anchor(draft.length - len(text), paragraph.pieces, places))
    return anchors, draft.length


def _annotate_paragraph(
    document: Any, anchor: _Anchor, remarks: Sequence[Mapping[str, Any]], changes: _Changes
) -> None:
    """Cut the runs at every edge first, so that spans that overlap do not disturb each other."""
    spans = [_raw_span(anchor, remark) for remark in remarks]
    cuts = {edge for span in spans for edge in span}
    pieces = _cut(anchor.pieces, cuts)
    changed: list[tuple[int, int]] = []
    for (start, end), remark in zip(spans, remarks, strict=True):
        runs = _runs(pieces, start, end)
        if not runs:
            continue
        document.add_comment(
            [Run(runs[0], document), Run(runs[-1], document)],
            text=remark["text"],
            author=_AUTHOR,
            initials=_INITIALS,
        )
        free = all(end <= a or b <= start for a, b in changed)
        if remark.get("wording") and free and changes.replace(runs, remark["wording"]):
            changed.append((start, end))


def _raw_span(anchor: _Anchor, remark: Mapping[str, Any]) -> tuple[int, int]:
    """Offsets of a remark in the text of its paragraph as the document holds it."""
    last = len(anchor.places) - 1
    first = min(max(0, remark["start_cp"] - anchor.start_cp), last)
    final = min(max(first, remark["end_cp"] - anchor.start_cp - 1), last)
    return anchor.places[first], anchor.places[final] + 1


def _cut(pieces: Iterable[tuple[Any, str]], cuts: set[int]) -> list[tuple[Any, int, int]]:
    """(element, start, end) of pieces, none of which reaches over a cut."""
    done, at = [], 0
    for element, text in pieces:
        end = at + len(text)
        inside = sorted(cut for cut in cuts if at < cut < end)
        for cut in inside if element.tag == qn("w:t") else ():
            rest = _split(element, cut - at)
            done.append((element, at, cut))
            element, at = rest, cut  # noqa: PLW2901 the rest is cut further
        done.append((element, at, end))
        at = end
    return done


def _split(text: Any, offset: int) -> Any:
    """Cut a run in two inside one of its texts; returns the text that begins the second run."""
    run = text.getparent()
    second = OxmlElement("w:r")
    if run.find(qn("w:rPr")) is not None:
        second.append(copy.deepcopy(run.find(qn("w:rPr"))))
    rest = OxmlElement("w:t")
    rest.text, text.text = text.text[offset:], text.text[:offset]
    for part in (text, rest):
        part.set(_SPACE, "preserve")
    second.append(rest)
    for follower in list(text.itersiblings()):
        second.append(follower)
    run.addnext(second)
    return rest


def _runs(pieces: Iterable[tuple[Any, int, int]], start: int, end: int) -> list[Any]:
    runs: list[Any] = []
    for element, first, last in pieces:
        run = element.getparent()
        if first < end and last > start and run.tag == qn("w:r") and run not in runs:
            runs.append(run)
    return runs


class _Changes:
    """Tracked changes of one document, each with an id of its own."""

    def __init__(self, document: Any, today: str) -> None:
        ids = [
            int(element.get(qn("w:id")))
            for element in document.element.iter(qn("w:ins"), qn("w:del"))
            if (element.get(qn("w:id")) or "").isdigit()
        ]
        self._next = max(ids, default=0) + 1
        self._date = f"{today}T00:00:00Z"

    def replace(self, runs: Sequence[Any], wording: str) -> bool:
        """Mark runs as deleted and a wording as inserted; False where that cannot be said."""
        parent = runs[0].getparent()
        if parent.tag == _INSERTED or any(run.getparent() is not parent for run in runs):
            return False
        deleted, inserted = self._mark("w:del"), self._mark("w:ins")
        runs[0].addprevious(deleted)
        added = OxmlElement("w:r")
        style = runs[0].find(qn("w:rPr"))
        if style is not None:
            added.append(copy.deepcopy(style))
        text = OxmlElement("w:t")
        text.text = wording
        text.set(_SPACE, "preserve")
        added.append(text)
        inserted.append(added)
        for run in runs:
            deleted.append(run)
            for old in run.findall(qn("w:t")):
                old.tag = qn("w:delText")
                old.set(_SPACE, "preserve")
        deleted.addnext(inserted)
        return True

    def _mark(self, tag: str) -> Any:
        mark = OxmlElement(tag)
        mark.set(qn("w:id"), str(self._next))
        mark.set(qn("w:author"), _AUTHOR)
        mark.set(qn("w:date"), self._date)
        self._next += 1
        return mark
