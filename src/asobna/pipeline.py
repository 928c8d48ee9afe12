"""The one place where stages meet. Read it as the method section of a paper.

Pages become documents; each document is read with the pack of its language: mentions are found,
each mention is judged. What a writer could change is raised from the judgement, so `check` is
`read` and one step more, and a published rate can be reproduced on a single sentence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from asobna.documents import extract_documents
from asobna.errors import InputError
from asobna.findings import raise_findings
from asobna.languages import identify_language
from asobna.mentions import find_mentions
from asobna.packs import Packs, read_packs
from asobna.sources.readers import GUARDED
from asobna.standings import judge_standings
from asobna.tables import DOCUMENTS, REJECTS, SIGHTINGS, STANDINGS, rows_to_table

#: A language without a pack is believed at this probability; below it the likeliest pack reads.
SURE_OF_LANGUAGE = 0.5


class Reading(NamedTuple):
    """What was read: DOCUMENTS, SIGHTINGS, STANDINGS (one row per mention) and REJECTS."""

    documents: pa.Table
    sightings: pa.Table
    standings: pa.Table
    rejects: pa.Table


def extract_pages(pages: pa.Table, *, articles: bool = False) -> Iterator[tuple[pa.Table, pa.Table]]:
    """DOCUMENTS and REJECTS of pages of any format, a few at a time.

    pages: PAGES. Formats that others invented are read in the guarded process. With `articles`
    web pages give their main content alone; without, every position is one in the file.
    """
    guarded = GUARDED | ({"html"} if articles else set())
    risky = pa.array([kind in guarded for kind in pages.column("format").to_pylist()], pa.bool_())
    plain = pages.filter(pc.invert(risky))
    if plain.num_rows:
        yield extract_documents(plain)
    if pc.any(risky).as_py():
        from asobna.sources.foreign import extract_foreign  # noqa: PLC0415 starts no process unasked

        yield from extract_foreign(pages.filter(risky))


def read_documents(documents: pa.Table, packs: Packs) -> Reading:
    """Find and judge every mention, language by language.

    documents: DOCUMENTS; an empty `lang` is identified. A document whose language has no pack is a
    reject. Rows come in the order of languages, documents and text.
    """
    documents, rejects = assign_languages(documents, packs.codes)
    sightings, standings = [], []
    for lang in packs.codes:
        here = pc.equal(documents.column("lang").cast(pa.string()), lang)
        if not pc.any(here).as_py():
            continue
        ours = documents if pc.all(here).as_py() else documents.filter(here)
        found = find_mentions(ours, packs.names[lang], packs.patterns[lang])
        sightings.append(found.sightings)
        standings.append(
            judge_standings(found.mentions, found.sightings, ours, packs.patterns[lang])
        )
    return Reading(
        documents, _together(sightings, SIGHTINGS), _together(standings, STANDINGS), rejects
    )


def check_documents(documents: pa.Table, packs: Packs) -> tuple[pa.Table, Reading]:
    """FINDINGS of documents, and the reading they were raised from."""
    reading = read_documents(documents, packs)
    return raise_findings(reading.standings, reading.documents, packs.advice), reading


def check_text(text: str, lang: str | None = None) -> pa.Table:
    """FINDINGS of one text. Raises InputError when its language has no pack."""
    packs = read_packs()
    reading = _read_one(text, lang, packs)
    return raise_findings(reading.standings, reading.documents, packs.advice)


def read_text(text: str, lang: str | None = None) -> pa.Table:
    """STANDINGS of one text. Raises InputError when its language has no pack."""
    return _read_one(text, lang, read_packs()).standings


def _read_one(text: str, lang: str | None, packs: Packs) -> Reading:
    row: dict[str, Any] = {"document_id": "text", "text": text, "lang": lang, "regions": []}
    reading = read_documents(rows_to_table([row], DOCUMENTS), packs)
    if reading.rejects.num_rows:
        raise InputError(reading.rejects.column("detail")[0].as_py())
    return reading


def assign_languages(documents: pa.Table, codes: Iterable[str]) -> tuple[pa.Table, pa.Table]:
    """Fill `lang` where it is empty; documents without a pack leave as REJECTS (`no-pack`)."""
    known = set(codes)
    rejects = []
    langs: list[str | None] = []
    columns = (documents.column(name).to_pylist() for name in ("document_id", "lang"))
    for row, (document_id, given) in enumerate(zip(*columns, strict=True)):
        lang = (given or _identified(documents.column("text")[row].as_py(), known)).split("-")[0]
        langs.append(lang if lang in known else None)
        if lang not in known:
            rejects.append(
                {
                    "path": document_id,
                    "line": None,
                    "reason": "no-pack",
                    "detail": f"{document_id} is in '{lang}', which has no pack; packs are "
                    f"{', '.join(sorted(known))}. Say --lang if that is wrong",
                }
            )
    field = DOCUMENTS.field("lang")
    column = pa.array(langs, pa.string()).dictionary_encode().cast(field.type)
    filled = documents.set_column(DOCUMENTS.get_field_index("lang"), field, column)
    return filled.filter(pc.is_valid(column)), rows_to_table(rejects, REJECTS)


def _identified(text: str, known: set[str]) -> str:
    if len(known) == 1:
        return next(iter(known))
    lang, probability = identify_language(text)
    if lang not in known and probability < SURE_OF_LANGUAGE:
        return identify_language(text, known)[0]
    return lang


def _together(tables: list[pa.Table], schema: pa.Schema) -> pa.Table:
    if not tables:
        return schema.empty_table()
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()
