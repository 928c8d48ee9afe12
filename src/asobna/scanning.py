"""Many rows, of which few name Belarus: the pipeline over those that may, a line for all others.

The first step is a scan over the bytes of a whole batch, made from the packs' own names, that drops
no document with a mention. Only what is left is identified, split into sentences and judged.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from asobna.lexicon import certain_forms
from asobna.packs import Packs
from asobna.passages import Passages, cut_passages, in_stretches, keep_windows
from asobna.pipeline import (
    Reading,
    assign_languages,
    find_mixed,
    read_documents,
    read_languages,
)
from asobna.positions import count_code_points
from asobna.scanner import Scanner, whole_array
from asobna.tables import DOCUMENTS, REJECTS, STORED_DOCUMENTS, rows_to_table

#: Bytes of a text that is kept whole: a long article. A sitting of a parliament has twenty times
#: as many, and what it says of something else is nobody's to copy.
KEPT_WHOLE_BYTES = 32 << 10


def scan_rows(rows: pa.Table, packs: Packs, *, prefilter: bool = True) -> Reading:
    """Read a batch of rows.

    rows: ROWS. Returns STORED_DOCUMENTS of every row that can be read, in order, with the
    SIGHTINGS, STANDINGS and REJECTS of `read_documents`. Text is kept where there is a mention, of
    texts longer than KEPT_WHOLE_BYTES only what stands around it.
    Ids may repeat: within a batch rows go by their number. A row without a given language is
    identified only if it may name Belarus. Without `prefilter` every row is read, and kept, whole.
    """
    reading, parts = _read_paragraphs(rows, packs) if prefilter else _read_whole(rows, packs)
    rejects = [_placed(reject, rows) for reject in reading.rejects.to_pylist()]
    gone = {int(reject["path"]) for reject in reading.rejects.to_pylist()}
    return Reading(
        _documents(rows, reading, parts, gone),
        _renamed(reading.sightings, rows),
        _renamed(reading.standings, rows),
        rows_to_table(rejects, REJECTS),
    )


#: What is kept of long texts, by the number of the row.
_Parts = dict[int, bytes]


def _read_whole(rows: pa.Table, packs: Packs) -> tuple[Reading, _Parts]:
    """Every row, read as a document; its number is its id."""
    every = range(rows.num_rows)
    return read_documents(_numbered(rows, every, every), packs), {}


def _read_paragraphs(rows: pa.Table, packs: Packs) -> tuple[Reading, _Parts]:
    """The rows that may name Belarus, of each only the paragraphs that do; the number of a row is
    its id.
    """
    text = whole_array(rows.column("text"))
    offsets = scanner_of(packs).scan(text, _groups(rows, packs)).by_row()
    places = {row: count_code_points(text[row].as_buffer(), offsets[row]) for row in offsets}
    unknown = {row for row, lang in zip(offsets, _langs(rows, offsets), strict=True) if not lang}
    documents, rejects = assign_languages(_numbered(rows, offsets, unknown), packs)
    given = {str(row) for row in offsets.keys() - unknown}
    mixed = find_mixed(documents, packs.codes, given, {str(row): places[row] for row in unknown})
    passages = Passages(
        [
            passage._replace(document_id=number)
            for number, lang in zip(*_columns(documents, "document_id", "lang"), strict=True)
            for row in [int(number)]
            for passage in in_stretches(
                cut_passages(text[row].as_buffer(), offsets[row], places[row]),
                mixed.get(number, []),
                lang,
            )
        ],
        documents,
    )
    readable = [lang for lang in passages.languages if lang in packs.names]
    read = read_languages(((lang, *passages.documents(lang)) for lang in readable), packs)
    parts = {
        int(number): keep_windows(data, windows)
        for number, windows in passages.windows(read[1]).items()
        for data in [text[int(number)].as_buffer()]
        if data.size > KEPT_WHOLE_BYTES
    }
    sightings, standings = map(passages.whole, read)
    return Reading(documents, sightings, standings, rejects), parts


def _langs(rows: pa.Table, numbers: Iterable[int]) -> list[str | None]:
    return rows.column("lang").take(pa.array(numbers, pa.int64())).to_pylist()  # type: ignore[no-any-return]


def _columns(table: pa.Table, *names: str) -> Iterator[list[Any]]:
    return (table.column(name).to_pylist() for name in names)


def _numbered(rows: pa.Table, numbers: Collection[int], with_text: Collection[int]) -> pa.Table:
    """DOCUMENTS of some rows, with their numbers as ids; others than `with_text` have no text."""
    texts = [rows.column("text")[row].as_py() if row in with_text else "" for row in numbers]
    chosen = rows.select([name for name in DOCUMENTS.names if name != "text"])
    chosen = chosen.take(pa.array(numbers, pa.int64()))
    ids = pa.array([str(number) for number in numbers], pa.string())
    chosen = chosen.set_column(0, DOCUMENTS.field("document_id"), ids)
    place = DOCUMENTS.get_field_index("text")
    return chosen.add_column(place, DOCUMENTS.field("text"), pa.array(texts, pa.large_string()))


def _groups(rows: pa.Table, packs: Packs) -> NDArray[np.int64]:
    """The pack of each row's language by its number, as in `build_scanner`; -1 for any."""
    numbers = {code: number for number, code in enumerate(packs.codes)}
    langs = whole_array(rows.column("lang"))
    known = [numbers.get(str(lang).split("-")[0], -1) for lang in langs.dictionary.to_pylist()]
    places: NDArray[np.int64] = pc.fill_null(langs.indices, len(known)).to_numpy()
    return np.take(np.array([*known, -1], np.int64), places)


_scanners: dict[int, tuple[Packs, Scanner]] = {}


def scanner_of(packs: Packs) -> Scanner:
    """The scanner for the names of all packs; the same packs are compiled once."""
    known = _scanners.get(id(packs))
    if known is None or known[0] is not packs:
        use_scanner(packs, build_scanner(packs))
    return _scanners[id(packs)][1]


def build_scanner(packs: Packs) -> Scanner:
    """A scanner for the certain Belarus names of all packs, each language a group."""
    return Scanner(
        form
        for group, code in enumerate(packs.codes)
        for form in certain_forms(packs.names[code], group)
    )


def use_scanner(packs: Packs, scanner: Scanner) -> None:
    """Let `scanner` stand for the names of these packs in this process."""
    _scanners[id(packs)] = (packs, scanner)


def _documents(rows: pa.Table, reading: Reading, parts: _Parts, gone: set[int]) -> pa.Table:
    """STORED_DOCUMENTS of the rows that are not rejects."""
    mentions = np.zeros(rows.num_rows, np.int32)
    if reading.standings.num_rows:
        owners = reading.standings.column("document_id").cast(pa.int64()).to_numpy()
        mentions += np.bincount(owners, minlength=rows.num_rows).astype(np.int32)
    numbers = reading.documents.column("document_id").cast(pa.int64()).to_numpy()
    text = whole_array(rows.column("text"))
    columns = {
        **{name: rows.column(name) for name in rows.column_names},
        "lang": _filled(rows, reading.documents, "lang", numbers),
        "lang_confidence": _filled(rows, reading.documents, "lang_confidence", numbers),
        "bytes": pc.binary_length(text),
        "mentions": pa.array(mentions),
        "text": _kept(text, mentions, parts),
    }
    table = pa.Table.from_arrays(
        [columns[name] for name in STORED_DOCUMENTS.names], schema=STORED_DOCUMENTS
    )
    if not gone:
        return table
    keep = np.ones(rows.num_rows, bool)
    keep[list(gone)] = False
    return table.filter(pa.array(keep))


def _filled(rows: pa.Table, read: pa.Table, name: str, numbers: NDArray[np.int64]) -> pa.Array:
    """A column of all rows, with what the reading found out about the rows it read."""
    field = rows.schema.field(name)
    coded = pa.types.is_dictionary(field.type)
    kind = field.type.value_type if coded else field.type
    places = np.arange(rows.num_rows)
    places[numbers] = rows.num_rows + np.arange(len(numbers))
    both = pa.chunked_array(
        [*rows.column(name).cast(kind).chunks, *read.column(name).cast(kind).chunks], kind
    )
    values = both.take(pa.array(places)).combine_chunks()
    return values.dictionary_encode().cast(field.type) if coded else values


def _kept(text: pa.Array, mentions: NDArray[np.int32], parts: _Parts) -> pa.Array:
    """The texts with mentions, or their parts, and empty ones elsewhere."""
    kept = [parts.get(row) or text[row].as_buffer() for row in np.flatnonzero(mentions).tolist()]
    sizes = np.zeros(len(text) + 1, np.int64)
    sizes[1:][mentions > 0] = [len(data) for data in kept]
    buffers = [None, pa.py_buffer(np.cumsum(sizes)), pa.py_buffer(b"".join(kept))]
    return pa.Array.from_buffers(pa.large_string(), len(text), buffers)


def _renamed(table: pa.Table, rows: pa.Table) -> pa.Table:
    """Numbers of rows become the documents' own ids."""
    numbers = table.column("document_id").cast(pa.int64())
    ids = rows.column("document_id").take(numbers)
    return table.set_column(0, table.schema.field("document_id"), ids)


def _placed(reject: dict[str, Any], rows: pa.Table) -> dict[str, Any]:
    """A reject of the pipeline, which knows only the row's number, with its file and line."""
    number = int(reject["path"])
    path, line = (rows.column(name)[number].as_py() for name in ("path", "line"))
    where = path if line is None else f"{path}:{line}"
    return {
        "path": path,
        "line": line,
        "reason": reject["reason"],
        "detail": where + reject["detail"].removeprefix(str(number)),
    }
