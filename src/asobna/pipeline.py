"""The one place where stages meet. Read it as the method section of a paper.

Pages become documents; each document is read with the pack of its language: mentions are found,
each mention is judged. What a writer could change is raised from the judgement, so `check` is
`read` and one step more, and a published rate can be reproduced on a single sentence.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from asobna.documents import extract_documents
from asobna.errors import InputError
from asobna.findings import compile_advice, raise_findings
from asobna.languages import Stretch, identify_language, only_language, split_by_language
from asobna.mentions import Spans, find_mentions
from asobna.pack_files import pack_code, told_packs
from asobna.packs import Packs, read_packs
from asobna.sources.readers import GUARDED
from asobna.standings import judge_standings
from asobna.tables import DOCUMENTS, REJECTS, SIGHTINGS, STANDINGS, rows_to_table
from asobna.texts import texts_of

#: A language is believed at this probability; below it the likeliest pack that can advise reads.
SURE_OF_LANGUAGE = 0.5
#: A text that leaves its language open is rather read with a pack that somebody has reviewed: its
#: probability counts so many times beside that of a draft.
REVIEWED_COUNTS = 3
#: A language that can be read is taken for the likeliest one from this share of its probability on.
LEAST_SHARE = 0.1


class Reading(NamedTuple):
    """What was read: DOCUMENTS, SIGHTINGS, STANDINGS (one row per mention) and REJECTS."""

    documents: pa.Table
    sightings: pa.Table
    standings: pa.Table
    rejects: pa.Table


def extract_pages(
    pages: pa.Table, *, articles: bool = False
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """DOCUMENTS and REJECTS of pages of any format, a few at a time.

    pages: PAGES. Formats that others invented are read in the guarded process. With `articles`
    web pages give their main content alone; without, every position is one in the file.
    """
    guarded = GUARDED | ({"html"} if articles else set())
    risky = pa.array([kind in guarded for kind in pages.column("format").to_pylist()], pa.bool_())
    if not pc.any(risky).as_py():
        yield extract_documents(pages)  # a filter copies the contents
        return
    plain = pages.filter(pc.invert(risky))
    if plain.num_rows:
        yield extract_documents(plain)
    if pages.num_rows > plain.num_rows:
        from asobna.sources.foreign import extract_foreign  # noqa: PLC0415 starts no process unasked

        yield from extract_foreign(pages.filter(risky))


def read_documents(documents: pa.Table, packs: Packs) -> Reading:
    """Find and judge every mention, language by language.

    documents: DOCUMENTS. An empty `lang` is identified. A document whose language has no pack is
    a reject. Paragraphs of an identified document that are surely in another language are read with
    the pack of that, or not at all. Rows come in the order of languages, documents and text.
    """
    given = set(documents.filter(pc.is_valid(documents["lang"]))["document_id"].to_pylist())
    documents, rejects = assign_languages(documents, packs)
    mixed = find_mixed(documents, packs.codes, given)
    ours = (
        (lang, in_language(documents, lang, mixed), None)
        for lang in sorted(_languages_in(documents, mixed) & set(packs.names))
    )
    return Reading(documents, *read_languages(ours, packs), rejects)


def read_languages(
    texts: Iterable[tuple[str, pa.Table, Spans | None]], packs: Packs
) -> tuple[pa.Table, pa.Table]:
    """SIGHTINGS and STANDINGS of texts, language by language: a code that has a pack, DOCUMENTS,
    and their paragraphs that may name Belarus where these are known.
    """
    sightings, standings = [], []
    for lang, documents, paragraphs in texts:
        if not documents.num_rows:
            continue
        found = find_mentions(documents, packs.names[lang], packs.patterns[lang], paragraphs)
        sightings.append(found.sightings)
        standings.append(
            judge_standings(found.mentions, found.sightings, documents, packs.patterns[lang])
        )
    return _together(sightings, SIGHTINGS), _together(standings, STANDINGS)


def _advised(packs: Packs) -> set[str]:
    """Languages in which a pack advises on how Belarus is placed, and not on its name alone."""
    return {
        lang
        for lang, rules in compile_advice(packs.advice).items()
        if any("standing" in rule.when for rule in rules)
    }


def _reviewed(packs: Packs) -> set[str]:
    """Languages whose pack is no draft."""
    rows = packs.languages.select(["lang", "state"]).to_pylist()
    return {row["lang"] for row in rows if row["state"] != "draft"}


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


def find_mixed(
    documents: pa.Table,
    codes: Collection[str],
    given: Collection[str],
    places: Mapping[str, list[int]] | None = None,
) -> dict[str, list[Stretch]]:
    """Stretches in other languages, by document id; of those whose language was `given`, none.

    With `places`, code points by document id, only paragraphs that hold one are looked at.
    """
    known = set(codes)
    if len(known) == 1:
        return {}
    columns = (documents.column(name).to_pylist() for name in ("document_id", "lang"))
    found = {}
    texts = texts_of(documents)
    for row, (document_id, lang) in enumerate(zip(*columns, strict=True)):
        if document_id not in given:
            wanted = None if places is None else places.get(document_id, [])
            found[document_id] = split_by_language(texts[row], lang, known, wanted)
    return {document_id: stretches for document_id, stretches in found.items() if stretches}


def _languages_in(documents: pa.Table, mixed: dict[str, list[Stretch]]) -> set[str]:
    """Languages of documents and of stretches: few beside all that can be read."""
    whole = documents.column("lang").cast(pa.string()).unique().to_pylist()
    return {*whole, *(part.lang for parts in mixed.values() for part in parts)}


def in_language(documents: pa.Table, lang: str, mixed: dict[str, list[Stretch]]) -> pa.Table:
    """The documents that hold text in a language, everything in others blanked in its place."""
    here = pc.equal(documents.column("lang").cast(pa.string()), lang)
    if mixed:
        also = [name for name, parts in mixed.items() if any(part.lang == lang for part in parts)]
        here = pc.or_(here, pc.is_in(documents.column("document_id"), pa.array(also, pa.string())))
    ours = documents if pc.all(here).as_py() else documents.filter(here)
    if not any(name in mixed for name in ours.column("document_id").to_pylist()):
        return ours
    columns = [ours.column(name).to_pylist() for name in ("document_id", "text", "lang")]
    texts = [
        only_language(text, mixed[name], lang, main) if name in mixed else text
        for name, text, main in zip(*columns, strict=True)
    ]
    place, field = ours.schema.get_field_index("text"), ours.schema.field("text")
    return ours.set_column(place, field, pa.array(texts, field.type))


def assign_languages(documents: pa.Table, packs: Packs) -> tuple[pa.Table, pa.Table]:
    """Fill `lang` where it is empty, with its confidence; documents without a pack leave as
    REJECTS (`no-pack`).

    A text too short to tell is read with a pack that can advise: one line of English looks like
    Latin as long as nothing else is known of it.
    """
    known = set(packs.codes)
    likely = known & _advised(packs) or known
    reviewed = likely & _reviewed(packs)
    rejects = []
    texts = texts_of(documents)
    langs: list[str | None] = []
    confidences: list[float | None] = []
    columns = (documents.column(name).to_pylist() for name in ("document_id", "lang"))
    for row, (document_id, given) in enumerate(zip(*columns, strict=True)):
        lang, sure = (given, None) if given else _identified(texts[row], known, likely, reviewed)
        lang = pack_code(lang)
        confidences.append(sure)
        langs.append(lang if lang in known else None)
        if lang not in known:
            rejects.append(
                {
                    "path": document_id,
                    "line": None,
                    "reason": "no-pack",
                    "detail": f"{document_id} is in '{lang}', which has no pack; "
                    f"{told_packs(known)}. Say --lang if that is wrong",
                }
            )
    field = DOCUMENTS.field("lang")
    column = pa.array(langs, pa.string()).dictionary_encode().cast(field.type)
    filled = documents.set_column(DOCUMENTS.get_field_index("lang"), field, column)
    field = DOCUMENTS.field("lang_confidence")
    kept = filled.column("lang_confidence").to_pylist()
    all_sure = [old if new is None else new for old, new in zip(kept, confidences, strict=True)]
    filled = filled.set_column(
        DOCUMENTS.get_field_index("lang_confidence"), field, pa.array(all_sure, field.type)
    )
    return filled.filter(pc.is_valid(column)), rows_to_table(rejects, REJECTS)


def _identified(
    text: str, known: set[str], likely: set[str], reviewed: set[str]
) -> tuple[str, float | None]:
    """Language and its probability; a single pack is used unasked, and then there is none.

    Another than the likeliest is taken only if it is nearly as likely: Arabic is no English.
    """
    if len(known) == 1:
        return next(iter(known)), None
    lang, probability = identify_language(text)
    others = []
    if probability < SURE_OF_LANGUAGE:
        drafted, chance = identify_language(text, likely)
        trusted, trust = identify_language(text, reviewed) if reviewed else ("", 0.0)
        others.append((trusted, trust) if trust * REVIEWED_COUNTS >= chance else (drafted, chance))
    if lang not in known:
        others.append(identify_language(text, known))
    for other, chance in others:
        if chance >= LEAST_SHARE * probability:
            return other, chance
    return lang, probability


def _together(tables: list[pa.Table], schema: pa.Schema) -> pa.Table:
    if not tables:
        return schema.empty_table()
    return pa.concat_tables(tables).unify_dictionaries().combine_chunks()
