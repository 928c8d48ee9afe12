"""A folder that `asobna read --to DIR` wrote, as tables; texts only where they are asked for."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from asobna import store
from asobna.errors import StoreError
from asobna.tables import DOCUMENTS

#: Everything about documents but their text, which may be most of the folder.
_WITHOUT_TEXT = [name for name in DOCUMENTS.names if name != "text"]


class Folder(NamedTuple):
    """`documents` lack their text: see `texts_of`. Rows come in the order of their keys."""

    documents: pa.Table
    standings: pa.Table
    manifest: dict[str, Any]


def read_folder(path: Path) -> Folder:
    """Documents (also those without a mention), standings and the manifest of a run.

    Raises StoreError when the folder holds no finished run.
    """
    manifest = store.read_manifest(str(path))
    if manifest.get("finished") is None:
        raise StoreError(f"{path}: the reading is not finished; run the same asobna read again")
    opened = store.Store(str(path))
    documents = opened.read("documents", _WITHOUT_TEXT)
    standings = opened.read("standings")
    return Folder(
        documents.sort_by([("document_id", "ascending")]),
        standings.sort_by([(name, "ascending") for name in ("document_id", "start_cp", "end_cp")]),
        manifest,
    )


def document_ids(path: Path) -> list[str]:
    """Ids of every document of a folder."""
    ids: list[str] = store.Store(str(path)).read("documents", ["document_id"])[0].to_pylist()
    return ids


def texts_of(path: Path, ids: list[str]) -> dict[str, str]:
    """Texts of documents that hold a mention, by id."""
    wanted = pa.array(sorted(set(ids)), pa.string())
    found: dict[str, str] = {}
    for batch in _texts(path):
        rows = batch.filter(pc.is_in(batch.column("document_id"), wanted))
        found |= zip(rows.column(0).to_pylist(), rows.column(1).to_pylist(), strict=True)
    return found


def reprint_families(path: Path) -> tuple[dict[str, str], str]:
    """Document id → family id for documents that reprint another, and how they were found.

    Documents that name Belarus with the very same text are one family.
    """
    first: dict[bytes, str] = {}
    families: dict[str, str] = {}
    for batch in _texts(path):
        for document, text in zip(batch.column(0).to_pylist(), batch.column(1), strict=True):
            digest = hashlib.blake2b(text.as_buffer(), digest_size=16).digest()
            kept = first.setdefault(digest, document)
            if kept is not document:
                families[document] = families[kept] = kept
    return families, "documents with the very same text only"


def _texts(path: Path) -> Any:
    """document_id and text of documents with a mention, a batch at a time."""
    database = store.Store(str(path)).database()
    return database.sql(
        "select document_id, text from documents where mentions > 0 order by document_id"
    ).to_arrow_reader(4096)
