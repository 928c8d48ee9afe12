"""The one place where stages meet. Read it as the method section of a paper.

A document is read with the pack of its language. Mentions are found, each mention is judged, and
what a writer could change is raised from the judgement: `check` is `read` and one step more, so a
published rate can be reproduced on a single sentence.
"""

from __future__ import annotations

from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from asobna.mentions import find_mentions
from asobna.packs import Packs
from asobna.standings import judge_standings
from asobna.tables import SIGHTINGS, STANDINGS


class Reading(NamedTuple):
    """What was read: DOCUMENTS as given, SIGHTINGS, STANDINGS (one row per mention)."""

    documents: pa.Table
    sightings: pa.Table
    standings: pa.Table


def read_documents(documents: pa.Table, packs: Packs) -> Reading:
    """Find and judge every mention, language by language.

    documents: DOCUMENTS whose `lang` has a pack; others are passed over. Rows of the results come
    in the order of languages, documents and text.
    """
    sightings, standings = [], []
    for lang in packs.codes:
        ours = documents.filter(pc.equal(documents.column("lang").cast(pa.string()), lang))
        if not ours.num_rows:
            continue
        found = find_mentions(ours, packs.names[lang], packs.patterns[lang])
        sightings.append(found.sightings)
        standings.append(judge_standings(found.mentions, found.sightings, ours,
                                         packs.patterns[lang]))  # fmt: skip
    return Reading(documents, _together(sightings, SIGHTINGS), _together(standings, STANDINGS))


def _together(tables: list[pa.Table], schema: pa.Schema) -> pa.Table:
    if not tables:
        return schema.empty_table()
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()
