"""documents → families: which texts reprint one another, so that figures can be given twice.

Two documents within a window of days are of one family when enough of the shorter one's runs of
words stand in the other (containment; Broder 1997), or when they share fewer but one credits the
other's wire. Families are the connected components. Whatever is found is published as it was found
too: reprints are exposure, originals are editorial choice.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]


class Parameters(NamedTuple):
    """What counts as a reprint; recorded with every figure that leaves reprints out."""

    words: int = 5
    containment: float = 0.5
    credited_containment: float = 0.3
    window_days: int = 7
    min_shingles: int = 12
    #: A shingle in more documents than this is boilerplate and links nothing.
    max_documents: int = 200


REPRINTS = pa.schema(
    [
        pa.field("document_id", pa.string(), False, {"meaning": "document with a reprint"}),
        pa.field("family_id", pa.string(), False, {"meaning": "earliest document of its family"}),
        pa.field("containment", pa.float32(), False, {"meaning": "largest share of shingles in "
                                                      "another of the family, 0 to 1"}),
        pa.field("wire", pa.string(), True, {"meaning": "agency credited, if any"}),
    ]
)  # fmt: skip

#: Agencies as they sign: in brackets, after a dash or at the head of a line.
_WIRES = ("Reuters", "AP", "Associated Press", "AFP", "dpa", "PAP", "BNS", "ELTA", "LETA", "EFE",
          "ANSA", "APA", "ČTK", "TASR", "TT", "NTB", "Ritzau", "STT", "Ukrinform", "Interfax",
          "BelTA", "BelaPAN", "TASS", "Xinhua", "UPI")  # fmt: skip
_CREDIT = re.compile(
    r"(?:[(\[/]|^|\n|[–—-] ?)(" + "|".join(map(re.escape, _WIRES)) + r")(?=[)\]/]|\s[–—-]|\s*$|\n)"
)
_WORD = re.compile(r"\w+")


def find_reprints(documents: pa.Table, parameters: Parameters = Parameters()) -> pa.Table:  # noqa: B008
    """Families of reprints among documents that keep their text.

    documents: columns document_id, text and date of DOCUMENTS. A document without a date is
    compared with every other. Returns REPRINTS, only of documents with a reprint, by id.
    """
    ids = documents.column("document_id").to_pylist()
    days = [_day(value) for value in documents.column("date").to_pylist()]
    texts = documents.column("text")
    shingles = [shingle_hashes(text.as_py(), parameters) for text in texts]
    wires = [wire_of(text.as_py()) for text in texts]
    links = list(_links(shingles, days, wires, parameters))
    return _families(ids, days, wires, links)


def wire_of(text: str) -> str | None:
    """The agency that a text credits in its first or last 300 characters."""
    found = _CREDIT.search(text[:300]) or _CREDIT.search(text[-300:])
    return found.group(1) if found else None


def shingle_hashes(text: str, parameters: Parameters) -> Hashes:
    """Sorted hashes of the runs of words of a text; none where it has too few to compare."""
    words = np.array([_hash(word) for word in _WORD.findall(text.lower())], np.uint64)
    if len(words) < parameters.words:
        return np.empty(0, np.uint64)
    runs = len(words) - parameters.words + 1
    mixed = np.zeros(runs, np.uint64)
    with np.errstate(over="ignore"):
        for place in range(parameters.words):
            mixed = (mixed ^ words[place : place + runs]) * np.uint64(0x9E3779B97F4A7C15)
            mixed ^= mixed >> np.uint64(29)
    every = np.unique(mixed)
    return every if len(every) >= parameters.min_shingles else every[:0]


_hashes: dict[str, int] = {}


def _hash(word: str) -> int:
    """A hash of a word that does not change from run to run (FNV-1a, 64 bits)."""
    known = _hashes.get(word)
    if known is None:
        known = 0xCBF29CE484222325
        for byte in word.encode():
            known = ((known ^ byte) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
        if len(_hashes) < 1_000_000:
            _hashes[word] = known
    return known


class _Link(NamedTuple):
    first: int
    second: int
    containment: float


def _links(
    shingles: list[Hashes], days: list[int | None], wires: list[str | None], parameters: Parameters
) -> Iterator[_Link]:
    """Pairs of documents of one family, each pair once."""
    for (first, second), shared in sorted(_shared(shingles, parameters).items()):
        if not _within(days[first], days[second], parameters.window_days):
            continue
        shorter = min(len(shingles[first]), len(shingles[second]))
        containment = min(1.0, shared / shorter)
        credited = wires[first] is not None and wires[first] == wires[second]
        if containment >= (parameters.credited_containment if credited else parameters.containment):
            yield _Link(first, second, containment)


def _shared(shingles: list[Hashes], parameters: Parameters) -> dict[tuple[int, int], int]:
    """Number of shingles that pairs of documents share, of pairs that share any."""
    filled = [(row, found) for row, found in enumerate(shingles) if len(found)]
    if not filled:
        return {}
    hashes = np.concatenate([found for _, found in filled])
    owners = np.repeat([row for row, _ in filled], [len(found) for _, found in filled])
    order = np.argsort(hashes, kind="stable")
    hashes, owners = hashes[order], owners[order]
    starts = np.flatnonzero(np.r_[True, hashes[1:] != hashes[:-1]])
    lengths = np.diff(np.r_[starts, len(hashes)])
    counts: dict[tuple[int, int], int] = defaultdict(int)
    telling = (lengths > 1) & (lengths <= parameters.max_documents)
    for start, length in zip(starts[telling].tolist(), lengths[telling].tolist(), strict=True):
        group = owners[start : start + length].tolist()
        for at, first in enumerate(group):
            for second in group[at + 1 :]:
                counts[first, second] += 1
    return counts


def _within(first: int | None, second: int | None, window: int) -> bool:
    return first is None or second is None or abs(first - second) <= window


def _day(value: str | None) -> int | None:
    """Ordinal of a full date; a year or a month alone is no day."""
    try:
        return date.fromisoformat(value[:10]).toordinal() if value and len(value) >= 10 else None
    except ValueError:
        return None


def _families(
    ids: list[str], days: list[int | None], wires: list[str | None], links: list[_Link]
) -> pa.Table:
    parent = list(range(len(ids)))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    closest: dict[int, float] = defaultdict(float)
    for link in links:
        parent[root(link.second)] = root(link.first)
        for row in (link.first, link.second):
            closest[row] = max(closest[row], link.containment)
    members: dict[int, list[int]] = defaultdict(list)
    for row in closest:
        members[root(row)].append(row)
    rows: list[dict[str, Any]] = []
    for family in members.values():
        first = min(family, key=lambda row: (days[row] or 0, ids[row]))
        rows += [
            {"document_id": ids[row], "family_id": ids[first], "containment": closest[row],
             "wire": wires[row]}
            for row in family
        ]  # fmt: skip
    return pa.Table.from_pylist(sorted(rows, key=lambda row: row["document_id"]), schema=REPRINTS)
