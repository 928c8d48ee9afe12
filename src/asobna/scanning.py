"""Many rows, of which few name Belarus: the pipeline over those that may, a line for all others.

The first step is a scan over the bytes of a whole batch, made from the packs' own names, that drops
no document with a mention. Only what is left is identified, split into sentences and judged.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from asobna.lexicon import certain_forms
from asobna.pack_files import pack_code
from asobna.packs import Packs
from asobna.passages import Passage, Passages, cut_passages, in_stretches, keep_windows
from asobna.pipeline import (
    Reading,
    assign_languages,
    find_mixed,
    read_documents,
    read_languages,
)
from asobna.positions import count_code_points
from asobna.scanner import Scanner, whole_array
from asobna.tables import DOCUMENTS, REJECTS, ROWS, STORED_DOCUMENTS, rows_to_table

#: Bytes of a text that is kept whole: a long article. A sitting of a parliament has twenty times
#: as many, and what it says of something else is nobody's to copy.
KEPT_WHOLE_BYTES = 32 << 10
_TEXT = DOCUMENTS.get_field_index("text")


def scan_rows(rows: pa.Table, packs: Packs, *, prefilter: bool = True) -> Reading:
    """Read a batch of rows.

    rows: ROWS. Returns STORED_DOCUMENTS of every row that can be read, in order, with the
    SIGHTINGS, STANDINGS and REJECTS of `read_documents`. Text is kept where there is a mention, of
    texts longer than KEPT_WHOLE_BYTES only what stands around it.
    Ids may repeat: within a batch rows go by their number. A row without a given language is
    identified only if it may name Belarus. Without `prefilter` every row is read, and kept, whole.
    """
    if not prefilter:
        return _read_whole(rows, packs)
    sieve = Sieve(packs)
    sieve.add(rows)
    return sieve.read()


def _read_whole(rows: pa.Table, packs: Packs) -> Reading:
    """Every row, read as a document; its number is its id."""
    texts = dict(enumerate(rows.column("text").to_pylist()))
    reading = read_documents(_numbered(rows, texts), packs)
    kept = {row: text.encode() for row, text in texts.items()}
    return _stored(_without_text(rows), reading, kept)


class _Held(NamedTuple):
    """A row that may name Belarus: its number, its passages, where names may stand in code points,
    its bytes if they are few, and its text if its language is to be identified.
    """

    row: int
    passages: list[Passage]
    places: list[int]
    whole: bytes
    text: str | None


class Sieve:
    """Rows that come batch by batch. What may name Belarus is held back and read together."""

    def __init__(self, packs: Packs) -> None:
        self._packs = packs
        self._batches: list[pa.Table] = []
        self._held: list[_Held] = []
        self._count = 0

    def add(self, rows: pa.Table) -> None:
        """Look through a batch. rows: ROWS; no more of their texts than need be is held on to."""
        text = whole_array(rows.column("text"))
        found = scanner_of(self._packs).scan(text, _groups(rows, self._packs)).by_row()
        langs = rows.column("lang").take(pa.array(found, pa.int64())).to_pylist()
        for (row, offsets), lang in zip(found.items(), langs, strict=True):
            data = text[row].as_buffer()
            places = count_code_points(data, offsets)
            self._held.append(
                _Held(
                    self._count + row,
                    list(cut_passages(data, offsets, places)),
                    places,
                    data.to_pybytes() if data.size <= KEPT_WHOLE_BYTES else b"",
                    None if lang else text[row].as_py(),
                )
            )
        self._batches.append(_without_text(rows))
        self._count += rows.num_rows

    def read(self) -> Reading:
        """The reading of all batches so far, as of `scan_rows`."""
        rows = pa.concat_tables([_without_text(ROWS.empty_table()), *self._batches])
        rows = rows.unify_dictionaries().combine_chunks()
        documents, rejects = assign_languages(
            _numbered(rows, {held.row: held.text or "" for held in self._held}), self._packs
        )
        mixed = find_mixed(
            documents,
            self._packs.codes,
            {str(held.row) for held in self._held if held.text is None},
            {str(held.row): held.places for held in self._held},
        )
        columns = (documents.column(name).to_pylist() for name in ("document_id", "lang"))
        langs = dict(zip(*columns, strict=True))
        passages = Passages(
            [
                passage._replace(document_id=number)
                for held in self._held
                for number in [str(held.row)]
                if number in langs
                for passage in in_stretches(held.passages, mixed.get(number, []), langs[number])
            ],
            documents,
        )
        readable = [lang for lang in passages.languages if lang in self._packs.names]
        texts = ((lang, *passages.documents(lang)) for lang in readable)
        sightings, standings = read_languages(texts, self._packs)
        whole = {held.row: held.whole for held in self._held}
        kept = {
            int(number): whole[int(number)] or keep_windows(one.around for one in named)
            for number, named in passages.named(standings).items()
        }
        reading = Reading(documents, passages.whole(sightings), passages.whole(standings), rejects)
        return _stored(rows, reading, kept)


def _without_text(rows: pa.Table) -> pa.Table:
    """ROWS with the length of the text in its place."""
    return rows.set_column(_TEXT, "bytes", pc.binary_length(rows.column("text")).cast(pa.int64()))


def _numbered(rows: pa.Table, texts: Mapping[int, str]) -> pa.Table:
    """DOCUMENTS of some rows, with their numbers as ids and these texts."""
    others = [name for name in DOCUMENTS.names if name != "text"]
    chosen = rows.select(others).take(pa.array(texts, pa.int64()))
    ids = pa.array([str(number) for number in texts], pa.string())
    chosen = chosen.set_column(0, DOCUMENTS.field("document_id"), ids)
    column = pa.array(texts.values(), pa.large_string())
    return chosen.add_column(_TEXT, DOCUMENTS.field("text"), column)


def _stored(rows: pa.Table, reading: Reading, kept: Mapping[int, bytes]) -> Reading:
    """A reading of numbered rows as one of the documents themselves.

    rows: as of `_without_text`; kept: what is kept of the texts with a mention.
    """
    rejects = [_placed(reject, rows) for reject in reading.rejects.to_pylist()]
    gone = {int(reject["path"]) for reject in reading.rejects.to_pylist()}
    return Reading(
        _documents(rows, reading, kept, gone),
        _renamed(reading.sightings, rows),
        _renamed(reading.standings, rows),
        rows_to_table(rejects, REJECTS),
    )


def _groups(rows: pa.Table, packs: Packs) -> NDArray[np.int64]:
    """The pack of each row's language by its number, as in `build_scanner`; -1 for any."""
    numbers = {code: number for number, code in enumerate(packs.codes)}
    langs = whole_array(rows.column("lang"))
    known = [numbers.get(pack_code(str(lang)), -1) for lang in langs.dictionary.to_pylist()]
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


def _documents(
    rows: pa.Table, reading: Reading, kept: Mapping[int, bytes], gone: Collection[int]
) -> pa.Table:
    """STORED_DOCUMENTS of the rows that are not rejects."""
    mentions = np.zeros(rows.num_rows, np.int32)
    if reading.standings.num_rows:
        owners = reading.standings.column("document_id").cast(pa.int64()).to_numpy()
        mentions += np.bincount(owners, minlength=rows.num_rows).astype(np.int32)
    numbers = reading.documents.column("document_id").cast(pa.int64()).to_numpy()
    columns = {
        **{name: rows.column(name) for name in rows.column_names},
        "lang": _filled(rows, reading.documents, "lang", numbers),
        "lang_confidence": _filled(rows, reading.documents, "lang_confidence", numbers),
        "mentions": pa.array(mentions),
        "text": _kept(mentions, kept),
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


def _kept(mentions: NDArray[np.int32], kept: Mapping[int, bytes]) -> pa.Array:
    """What is kept of the texts with mentions, and empty texts elsewhere."""
    parts = [kept[row] for row in np.flatnonzero(mentions).tolist()]
    sizes = np.zeros(len(mentions) + 1, np.int64)
    sizes[1:][mentions > 0] = [len(part) for part in parts]
    buffers = [None, pa.py_buffer(np.cumsum(sizes)), pa.py_buffer(b"".join(parts))]
    return pa.Array.from_buffers(pa.large_string(), len(mentions), buffers)


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
