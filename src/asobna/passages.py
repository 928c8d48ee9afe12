"""Long texts → the paragraphs around places in them, read as texts of their own.

A sitting of a parliament is a million characters long and names Belarus once. Only the paragraph
around that place becomes a string; what is found in it gets its position in the whole text back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from asobna.languages import Stretch
from asobna.mentions import Spans
from asobna.sentences import LOOK_AHEAD_CP, MAX_WINDOW_CP, paragraph_span
from asobna.tables import DOCUMENTS, rows_to_table

#: Bytes a code point has in most languages, a few signs included.
_USUAL_BYTES = 1.05


class Window(NamedTuple):
    """A part of a text, half-open in code points, and its UTF-8 with the place of that."""

    start_cp: int
    end_cp: int
    start_byte: int
    content: bytes


class Passage(NamedTuple):
    """A paragraph of a document: its first code point there, its text, a code point of that at
    which a name may stand, what is kept of the document for its sake, the language it is read in,
    and whose it is.
    """

    start_cp: int
    text: str
    place: int
    around: Window
    lang: str = ""
    document_id: str = ""


def cut_passages(text: pa.Buffer, offsets: list[int], places: list[int]) -> Iterator[Passage]:
    """The paragraphs that hold the given ascending places, none overlapping, in order.

    text: UTF-8; offsets: bytes; places: the same as code points. The paragraphs are those of
    `paragraph_spans` over the whole text.
    """
    data = memoryview(text)
    last_end = -1
    for offset, place in zip(offsets, places, strict=True):
        if place < last_end:
            continue
        first, before = _before(data, offset)
        last, after = _after(data, offset)
        window, moved = before + after, place - len(before)
        start, end = paragraph_span(window, len(before))
        start = max(start, last_end - moved)
        around = Window(moved, moved + len(window), first, bytes(data[first:last]))
        yield Passage(moved + start, window[start:end], len(before) - start, around)
        last_end = moved + end


def _before(data: memoryview, offset: int) -> tuple[int, str]:
    """At least MAX_WINDOW_CP code points before a byte, or all there are; and where they start."""
    size = int(MAX_WINDOW_CP * _USUAL_BYTES)
    while True:
        first = max(0, offset - size)
        while first < offset and data[first] & 0xC0 == 0x80:
            first += 1
        text = str(data[first:offset], "utf-8")
        if first == 0 or len(text) >= MAX_WINDOW_CP:
            return first, text
        size *= 2


def _after(data: memoryview, offset: int) -> tuple[int, str]:
    """As many code points from a byte on as the end of its paragraph may depend on, and one more;
    and where they end.
    """
    wanted = MAX_WINDOW_CP + LOOK_AHEAD_CP + 1
    size = int(wanted * _USUAL_BYTES)
    while True:
        last = min(len(data), offset + size)
        while last < len(data) and data[last] & 0xC0 == 0x80:
            last += 1
        text = str(data[offset:last], "utf-8")
        if last == len(data) or len(text) >= wanted:
            return last, text
        size *= 2


def keep_windows(windows: Iterable[Window]) -> bytes:
    """A text of which only ascending windows are left, everything before the last blanked: a space
    for each code point, so that every position holds.
    """
    parts: list[bytes] = []
    at_cp = at_byte = 0
    for window in windows:
        if window.start_byte > at_byte:
            parts += [b" " * (window.start_cp - at_cp), window.content]
        else:
            parts.append(window.content[at_byte - window.start_byte :])
        at_cp = max(at_cp, window.end_cp)
        at_byte = max(at_byte, window.start_byte + len(window.content))
    return b"".join(parts)


class Passages:
    """Passages of many documents as a table of texts, and the way back."""

    def __init__(self, passages: list[Passage], documents: pa.Table) -> None:
        """documents: DOCUMENTS they are from; only ids and regions are looked at."""
        self._passages = passages
        columns = (documents.column(name).to_pylist() for name in ("document_id", "regions"))
        self._regions = {owner: marked for owner, marked in zip(*columns, strict=True) if marked}
        self._owners = np.array([passage.document_id for passage in passages], object)
        self._starts = np.array([passage.start_cp for passage in passages], np.int64)
        self.languages = sorted({passage.lang for passage in passages})

    def named(self, standings: pa.Table) -> dict[str, list[Passage]]:
        """The passages that hold a mention, ascending, by the id of their document.

        standings: STANDINGS about the passages.
        """
        found: dict[str, list[Passage]] = {}
        for number in sorted(map(int, standings.column("document_id").unique().to_pylist())):
            found.setdefault(self._passages[number].document_id, []).append(self._passages[number])
        return found

    def documents(self, lang: str) -> tuple[pa.Table, Spans]:
        """DOCUMENTS with a row for each passage in a language, its number as id; and each as the
        one paragraph of itself.
        """
        ours = {str(n): one for n, one in enumerate(self._passages) if one.lang == lang}
        rows = [
            {"document_id": n, "text": one.text, "lang": lang, "regions": self._regions_in(one)}
            for n, one in ours.items()
        ]
        return rows_to_table(rows, DOCUMENTS), {n: [(0, len(one.text))] for n, one in ours.items()}

    def _regions_in(self, passage: Passage) -> list[dict[str, Any]]:
        first, end = passage.start_cp, passage.start_cp + len(passage.text)
        return [
            {
                "start_cp": max(first, region["start_cp"]) - first,
                "end_cp": min(end, region["end_cp"]) - first,
                "kind": region["kind"],
            }
            for region in self._regions.get(passage.document_id, ())
            if region["start_cp"] < end and region["end_cp"] > first
        ]

    def whole(self, found: pa.Table) -> pa.Table:
        """A table about the passages as one about the documents: their ids and positions."""
        numbers = found.column("document_id").cast(pa.int64()).to_numpy()
        moved = self._starts[numbers]
        columns = {
            name: pa.array(found.column(name).to_numpy() + moved, pa.int32())
            for name in found.column_names
            if name.endswith("_cp")
        }
        columns["document_id"] = pa.array(self._owners[numbers], pa.string())
        return pa.Table.from_arrays(
            [columns.get(name, found.column(name)) for name in found.column_names],
            schema=found.schema,
        )


def in_stretches(
    passages: Iterable[Passage], stretches: list[Stretch], lang: str
) -> Iterator[Passage]:
    """Passages with the language of the stretch they stand in, or else `lang`; what reaches beyond
    is cut.
    """
    for passage in passages:
        first, place = passage.start_cp, passage.start_cp + passage.place
        last, spoken = first + len(passage.text), lang
        for stretch in stretches:
            if stretch.start_cp <= place < stretch.end_cp:
                first, last = max(first, stretch.start_cp), min(last, stretch.end_cp)
                spoken = stretch.lang
            elif stretch.end_cp <= place:
                first = max(first, stretch.end_cp)
            else:
                last = min(last, stretch.start_cp)
        text = passage.text[first - passage.start_cp : last - passage.start_cp]
        yield passage._replace(start_cp=first, text=text, place=place - first, lang=spoken)
