"""A folder that `asobna read --to DIR` wrote, as tables; texts only where they are asked for."""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from asobna import store
from asobna.errors import StoreError
from asobna.rates.sums import document_rows
from asobna.reprints import Parameters, find_reprints
from asobna.tables import STANDINGS

#: Columns of documents that figures rest on.
MEASURED = ("document_id", "date", "source", "kind", "speaker", "party", "lang", "regions")
#: Columns that tell a reader where a document is from.
TOLD = ("document_id", "title", "date", "source", "speaker", "party", "kind", "url")
#: Columns of plain text whose values repeat.
_REPEATING = ("source", "speaker", "party", "surface")
_BATCH = 1024
#: Documents whose runs of words are compared; more would take minutes.
MAX_COMPARED = 20_000
#: The state of a pack that enters no published rate.
DRAFT = "draft"
#: Bytes of the hash of a text.
_DIGEST = 16


class Folder(NamedTuple):
    """`documents` lack their text: see `texts_of`. Rows come in the order of their keys."""

    documents: pa.Table
    standings: pa.Table
    manifest: dict[str, Any]


def read_folder(path: Path, columns: Sequence[str] = tuple(STANDINGS.names)) -> Folder:
    """Documents (also those without a mention), standings and the manifest of a run.

    columns: of standings, document_id and start_cp among them. Of documents come those that
    figures rest on; `about` has the others. Raises StoreError when the folder holds no finished
    run.
    """
    manifest = store.read_manifest(str(path))
    if manifest.get("finished") is None:
        raise StoreError(f"{path}: the reading is not finished; run the same asobna read again")
    opened = store.Store(str(path))
    documents = _read(opened, "documents", [*MEASURED]).sort_by("document_id")
    standings = _in_order(documents, _read(opened, "standings", list(columns)))
    # What decoding needed is given back: else it is held for good, more than the tables take.
    pa.default_memory_pool().release_unused()
    return Folder(documents, standings, manifest)


def without_drafts(folder: Folder) -> tuple[Folder, dict[str, int]]:
    """The folder without the languages whose pack is a draft, and how many documents each had.

    A draft has not been held against coded sentences: it can be read with, and enters no published
    rate. Raises StoreError when nothing is left.
    """
    packs = folder.manifest.get("packs", {})
    drafts = [code for code, pack in packs.items() if pack.get("state") == DRAFT]
    kept = pc.invert(pc.is_in(folder.documents.column("lang").cast(pa.string()),
                              pa.array(drafts, pa.string())))  # fmt: skip
    left = folder.documents.filter(pc.invert(kept)).column("lang").value_counts().to_pylist()
    counts = {row["values"]: row["counts"] for row in left}
    if not counts:
        return folder, {}
    documents = folder.documents.filter(kept)
    if not documents.num_rows:
        raise StoreError(
            f"every document is in a language whose pack is a draft ({', '.join(sorted(counts))}); "
            "its figures can be looked at with --drafts, and not published"
        )
    named = pc.is_in(folder.standings.column("document_id"), documents.column("document_id"))
    return Folder(documents, folder.standings.filter(named), folder.manifest), counts


def left_out(counts: dict[str, int]) -> str:
    """A sentence on what `without_drafts` left out."""
    told = ", ".join(f"{code} {count:,}" for code, count in sorted(counts.items()))
    return f"Left out of every figure: documents in languages whose pack is a draft ({told})."


def _read(opened: store.Store, table: str, columns: list[str]) -> pa.Table:
    """Columns of a table, repeating words as dictionaries: a tenth of the memory of plain text."""
    schema = pa.schema([store.STORED[table].field(name) for name in columns])
    words = [field.name for field in schema if pa.types.is_dictionary(field.type)
             or field.name in _REPEATING]  # fmt: skip
    # Plain files one after the other: a reader of data sets keeps half as much again in hand.
    parts = [pq.ParquetFile(opened._readable(file), read_dictionary=words).read(
                columns, use_threads=False) for file in opened.files(table)]  # fmt: skip
    return pa.concat_tables(parts).unify_dictionaries() if parts else schema.empty_table()


def _in_order(documents: pa.Table, standings: pa.Table) -> pa.Table:
    """Standings in the order of their documents and places, whoever wrote them in which order."""
    rows = document_rows(documents, standings).astype(np.int64)
    keys = (rows << 32) | standings.column("start_cp").to_numpy()
    if (keys[1:] >= keys[:-1]).all():
        return standings
    return standings.take(pa.array(np.argsort(keys, kind="stable")))


def document_ids(path: Path) -> list[str]:
    """Ids of every document of a folder."""
    ids: list[str] = store.Store(str(path)).read("documents", ["document_id"])[0].to_pylist()
    return ids


def about(path: Path, ids: Sequence[str]) -> dict[str, dict[str, Any]]:
    """The columns TOLD of documents, by id."""
    wanted = pa.array(sorted(set(ids)), pa.string())
    opened = store.Store(str(path))
    found: dict[str, dict[str, Any]] = {}
    for file in opened.files("documents"):
        for batch in pq.ParquetFile(opened._readable(file)).iter_batches(
            batch_size=_BATCH * 16, columns=[*TOLD]
        ):
            rows = batch.filter(pc.is_in(batch.column("document_id"), wanted)).to_pylist()
            found |= {row["document_id"]: row for row in rows}
    return found


def texts_of(path: Path, ids: list[str]) -> dict[str, str]:
    """Texts of documents that hold a mention, by id."""
    wanted = pa.array(sorted(set(ids)), pa.string())
    found: dict[str, str] = {}
    for batch in _naming(path, ["document_id", "text"]):
        rows = batch.filter(pc.is_in(batch.column("document_id"), wanted))
        found |= zip(rows.column(0).to_pylist(), rows.column(1).to_pylist(), strict=True)
    return found


def reprint_families(path: Path) -> tuple[dict[str, str], str]:
    """Document id → family id for documents that reprint another, and how they were found.

    Only documents that name Belarus are compared. What `asobna read --reprints` found is taken as
    it is. Else up to MAX_COMPARED documents are compared by their runs of words (`find_reprints`);
    beyond that only the very same text counts as a reprint.
    """
    recorded = store.read_manifest(str(path)).get("reprints")
    known = store.read_reprints(str(path)) if recorded else None
    if recorded and known is not None:
        return _by_document(known), _near(Parameters(**recorded["parameters"]))
    if sum(batch.num_rows for batch in _naming(path, [])) > MAX_COMPARED:
        return _same_text(path), "documents with the very same text only"
    parts = list(_naming(path, ["document_id", "date", "text"]))
    if not parts:
        return {}, "none looked for"
    found = find_reprints(pa.Table.from_batches(parts).sort_by("document_id"), Parameters())
    return _by_document(found), _near(Parameters())


def _by_document(families: pa.Table) -> dict[str, str]:
    columns = (families.column(name).to_pylist() for name in ("document_id", "family_id"))
    return dict(zip(*columns, strict=True))


def _near(parameters: Parameters) -> str:
    return (
        f"near-duplicates, {parameters.containment:.0%} of runs of {parameters.words} words within "
        f"{parameters.window_days} days ({parameters.credited_containment:.0%} with a wire credit)"
    )


def _same_text(path: Path) -> dict[str, str]:
    """Families of the very same text, named by their smallest id."""
    names: list[pa.Array] = []
    digests: list[bytes] = []
    for batch in _naming(path, ["document_id", "text"]):
        names.append(batch.column(0))
        digests.append(b"".join(_digests(batch.column(1))))
    if not names:
        return {}
    ids = pa.chunked_array(names)
    codes = np.frombuffer(b"".join(digests), dtype=np.dtype((np.void, _DIGEST)))
    _, family, size = np.unique(codes, return_inverse=True, return_counts=True)
    twins: dict[int, list[str]] = {}
    for row in np.flatnonzero(size[family] > 1).tolist():
        twins.setdefault(int(family[row]), []).append(ids[row].as_py())
    return {document: min(same) for same in twins.values() for document in same}


def _digests(texts: pa.Array) -> Iterator[bytes]:
    """A hash of every text, from the buffer it lies in: no string is made."""
    _, offsets, data = texts.buffers()
    width = np.int64 if pa.types.is_large_string(texts.type) else np.int32
    edges = np.frombuffer(offsets, dtype=width)[texts.offset :][: len(texts) + 1].tolist()
    view = memoryview(data or b"")
    for start, end in itertools.pairwise(edges):
        yield hashlib.blake2b(view[start:end], digest_size=_DIGEST).digest()


def _naming(path: Path, columns: list[str]) -> Iterator[pa.RecordBatch]:
    """Columns of documents with a mention, a batch at a time, in no order."""
    opened = store.Store(str(path))
    for file in opened.files("documents"):
        batches = pq.ParquetFile(opened._readable(file)).iter_batches(
            batch_size=_BATCH, columns=[*columns, "mentions"], use_threads=False)  # fmt: skip
        for batch in batches:
            yield batch.filter(pc.greater(batch.column("mentions"), 0))
