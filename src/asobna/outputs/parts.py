"""A long draft read part by part, so that a reader without time left can stop between two parts.

Mentions are found and judged in each part alone; what a writer could change is raised once, from
all of them, so that rules about the whole text still see the whole of what was read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from asobna.findings import raise_findings
from asobna.packs import Packs
from asobna.pipeline import Reading, check_documents, read_documents
from asobna.tables import DOCUMENTS, STANDINGS, rows_to_table

#: Code points of a part, about: most of a second, even where every word is a name.
PART_CP = 100_000
_PLACES = [name for name in STANDINGS.names if name.endswith("_cp")]


def check_parts(
    row: dict[str, Any], packs: Packs, going: Callable[[], bool]
) -> tuple[pa.Table, Reading, bool]:
    """FINDINGS of one document, the reading they were raised from, and whether it was read whole.

    row: of DOCUMENTS; going: asked before every part but the first. Documents of the reading have
    the whole text, and the rejects of the first part.
    """
    if len(row["text"]) <= PART_CP:
        return (*check_documents(rows_to_table([row], DOCUMENTS), packs), True)
    readings: list[Reading] = []
    standings: list[pa.Table] = []
    whole = True
    for start, part in _parts(row):
        if readings and not going():
            whole = False
            break
        reading = read_documents(rows_to_table([part], DOCUMENTS), packs)
        readings.append(reading)
        standings.append(_moved(reading.standings, start))
    first = readings[0]
    lang = first.documents["lang"][0].as_py() if first.documents.num_rows else row["lang"]
    documents = rows_to_table([{**row, "lang": lang}], DOCUMENTS)
    together = pa.concat_tables(standings).unify_dictionaries().combine_chunks()
    found = raise_findings(together, documents, packs.advice)
    return found, first._replace(documents=documents, standings=together), whole


def _parts(row: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any]]]:
    """(first code point, row) of every part."""
    text = row["text"]
    for start, end in pairwise(_cuts(text)):
        regions = [
            {**region, "start_cp": max(region["start_cp"], start) - start,
             "end_cp": min(region["end_cp"], end) - start}
            for region in row["regions"]
            if region["start_cp"] < end and region["end_cp"] > start
        ]  # fmt: skip
        yield start, {**row, "text": text[start:end], "regions": regions}


def _cuts(text: str) -> list[int]:
    """Places between parts: after a paragraph, else a line, a sentence or a word."""
    cuts = [0]
    while len(text) - cuts[-1] > PART_CP:
        start, end = cuts[-1], cuts[-1] + PART_CP
        ends = (text.rfind(sign, start + PART_CP // 2, end) + len(sign) for sign in _BREAKS)
        cuts.append(next((cut for cut in ends if cut > start + PART_CP // 2), end))
    return [*cuts, len(text)]


_BREAKS = ("\n\n", "\n", ". ", " ")


def _moved(standings: pa.Table, by: int) -> pa.Table:
    for name in _PLACES:
        place = standings.schema.get_field_index(name)
        moved = pc.add(standings.column(name), pa.scalar(by, pa.int32()))
        standings = standings.set_column(place, standings.schema.field(name), moved)
    return standings
