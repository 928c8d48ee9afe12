"""documents → mentions: every expression that refers to modern Belarus, and the names beside it.

A name is a mention unless a longer trap hides it, a trap pattern covers it, or it is ambiguous and
its paragraph holds no other cue (codebook 1). Names that form one noun phrase, as a title, an
adjective and a surname do, become one mention.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import pyarrow as pa

from asobna.expressions import Panel, panels_of
from asobna.lexicon import Hit, Lexicon, compile_names
from asobna.positions import count_code_points
from asobna.scanner import whole_array
from asobna.sentences import Manner, paragraph_spans, sentence_spans
from asobna.skeletons import Match, Name, Sentence, Skeletons
from asobna.tables import MENTIONS, OURS, SIGHTINGS, make_table
from asobna.texts import texts_of

#: Paragraphs that may name Belarus, ascending half-open code points, by document id.
Spans = Mapping[str, Iterable[tuple[int, int]]]


class Found(NamedTuple):
    """MENTIONS, and SIGHTINGS: every known name in a sentence that holds a mention."""

    mentions: pa.Table
    sightings: pa.Table


class _Sighting(NamedTuple):
    document_id: str
    start_cp: int
    end_cp: int
    sentence: tuple[int, int]
    name_class: str
    row: int
    surface: str


def find_mentions(
    documents: pa.Table, names: pa.Table, patterns: pa.Table, paragraphs: Spans | None = None
) -> Found:
    """Find the mentions in documents of one language.

    documents: DOCUMENTS; names: NAMES and patterns: PATTERNS of that language; paragraphs: those
    that may name Belarus, if they are known already.
    Rows come in the order of documents and text. Raises TableError for other tables.
    """
    lexicon = compile_names(names)
    lang = names.column("lang")[0].as_py() if names.num_rows else ""
    panels = panels_of(patterns)
    manner = Manner(lang, panels.ends_short)
    sentences: list[Sentence] = []
    owners: list[str] = []
    for document_id, text, spans in _texts_with_paragraphs(documents, lexicon, paragraphs):
        for paragraph in spans:
            for span, hits in _sentences_with_names(text, paragraph, lexicon, manner):
                named = [
                    Name(hit.start_cp, hit.end_cp, lexicon.classes[hit.row], hit.row)
                    for hit in hits
                ]
                sentences.append(Sentence(text, *span, named))
                owners.append(document_id)
    sightings = _resolve(sentences, owners, panels.early)
    return _tables(sightings, lexicon, lang)


def _texts_with_paragraphs(
    documents: pa.Table, lexicon: Lexicon, paragraphs: Spans | None
) -> Iterator[tuple[str, str, Iterable[tuple[int, int]]]]:
    """Id and text of each document that may name Belarus for certain, and the paragraphs.

    One pass over the bytes of all texts finds the places; only these texts become strings.
    """
    texts, ids = documents.column("text"), documents.column("document_id").to_pylist()
    strings = texts_of(documents)
    if paragraphs is not None:
        for row, document_id in enumerate(ids):
            if document_id in paragraphs:
                yield document_id, strings[row], paragraphs[document_id]
        return
    found = lexicon.certain_places(whole_array(texts)).by_row()
    for row, offsets in found.items():
        places = count_code_points(texts[row].as_buffer(), offsets)
        yield ids[row], strings[row], paragraph_spans(strings[row], places)


def _sentences_with_names(
    text: str, paragraph: tuple[int, int], lexicon: Lexicon, manner: Manner
) -> list[tuple[tuple[int, int], list[Hit]]]:
    """Sentences of a paragraph that hold a possible mention, each with every name in it.

    A name that needs a cue counts only beside a certain one in its paragraph.
    """
    first = paragraph[0]
    places = [first + place for place in lexicon.names_belarus(text[first : paragraph[1]])]
    if not places:
        return []
    found = []
    for start, end in sentence_spans(text, paragraph, places, manner):
        hits = [
            Hit(hit.start_cp + start, hit.end_cp + start, hit.row)
            for hit in lexicon.find(text[start:end])
        ]
        if any(_is_ours(lexicon.classes[hit.row]) for hit in hits):
            found.append(((start, end), hits))
    rows = {hit.row for _, hits in found for hit in hits}
    if any(_is_ours(lexicon.classes[row]) and not lexicon.needs_cue[row] for row in rows):
        return found
    return [(span, [hit for hit in hits if not lexicon.needs_cue[hit.row]]) for span, hits in found]


def _is_ours(name_class: str) -> bool:
    return name_class.startswith(OURS)


# traps and phrases


def _resolve(sentences: list[Sentence], owners: list[str], patterns: Panel) -> list[_Sighting]:
    """Apply the trap and phrase patterns; keep sentences in which a mention is left."""
    numbered: list[Sentence] = []
    flat: list[tuple[int, Name]] = []
    for index, sentence in enumerate(sentences):
        first = len(flat)
        flat += [(index, name) for name in sentence.names]
        numbered.append(
            sentence._replace(
                names=[name._replace(row=first + at) for at, name in enumerate(sentence.names)]
            )
        )
    skeletons = Skeletons(numbered)
    classes = [name.name_class for _, name in flat]
    ends = [name.end_cp for _, name in flat]
    gone: set[int] = set()
    for match in skeletons.matches(patterns):
        if match.pattern.decides == "trap":
            for row in match.rows:
                classes[row] = "trap"
        else:
            _merge(match, classes, ends, gone)
    return _kept(sentences, owners, flat, (classes, ends, gone))


def _merge(match: Match, classes: list[str], ends: list[int], gone: set[int]) -> None:
    """Make the names of a phrase one name: it spans them all and keeps the class it is told."""
    rows = [row for row in match.rows if row not in gone]
    if len(rows) < 2 or any(classes[row] == "trap" for row in rows):
        return
    kept = rows[0] if match.pattern.sets.get("keep") == "first" else rows[-1]
    classes[rows[0]] = match.pattern.sets.get("class", classes[kept])
    ends[rows[0]] = ends[rows[-1]]
    gone.update(rows[1:])


def _kept(
    sentences: list[Sentence],
    owners: list[str],
    flat: list[tuple[int, Name]],
    changed: tuple[list[str], list[int], set[int]],
) -> list[_Sighting]:
    classes, ends, gone = changed
    alive = {
        index for row, (index, _) in enumerate(flat) if row not in gone and _is_ours(classes[row])
    }
    return [
        _Sighting(
            owners[index],
            name.start_cp,
            ends[row],
            (sentences[index].start_cp, sentences[index].end_cp),
            classes[row],
            name.row,
            sentences[index].text[name.start_cp : ends[row]],
        )
        for row, (index, name) in enumerate(flat)
        if row not in gone and index in alive
    ]


def _tables(sightings: list[_Sighting], lexicon: Lexicon, lang: str) -> Found:
    common = _common_columns(sightings, lexicon)
    ours = [item for item in sightings if _is_ours(item.name_class)]
    mentions: dict[str, list[Any]] = {
        **_common_columns(ours, lexicon),
        "surface": [item.surface for item in ours],
        "name_form": [lexicon.statuses[item.row] for item in ours],
        "replacement": [lexicon.replacements[item.row] for item in ours],
        "lang": [lang] * len(ours),
    }
    common["certain"] = [not lexicon.needs_cue[item.row] for item in sightings]
    return Found(make_table(MENTIONS, mentions), make_table(SIGHTINGS, common))


def _common_columns(sightings: list[_Sighting], lexicon: Lexicon) -> dict[str, list[Any]]:
    return {
        "document_id": [item.document_id for item in sightings],
        "start_cp": [item.start_cp for item in sightings],
        "end_cp": [item.end_cp for item in sightings],
        "sentence_start_cp": [item.sentence[0] for item in sightings],
        "sentence_end_cp": [item.sentence[1] for item in sightings],
        "class": [item.name_class for item in sightings],
        "entity": [lexicon.entities[item.row] for item in sightings],
    }
