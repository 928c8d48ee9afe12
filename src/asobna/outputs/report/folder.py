"""A folder that `asobna read --to DIR` wrote, as tables; texts only where they are asked for."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

from asobna.errors import StoreError
from asobna.tables import DOCUMENTS

#: Everything about documents but their text, which may be most of the folder.
_WITHOUT_TEXT = [name for name in DOCUMENTS.names if name != "text"]
_MANIFEST_KEYS = ("asobna_version", "packs", "inputs", "started", "finished", "counts", "seed")


class Folder(NamedTuple):
    """`documents` lack their text: see `texts_of`."""

    documents: pa.Table
    standings: pa.Table
    manifest: dict[str, Any]


def read_folder(path: Path) -> Folder:
    """Documents (also those without a mention), standings and the manifest of a run.

    Raises StoreError when a file is missing or unreadable, or the manifest lacks a key.
    """
    documents = read_rows(path, "documents", _WITHOUT_TEXT)
    return Folder(documents, read_rows(path, "standings"), read_manifest(path))


def read_manifest(path: Path) -> dict[str, Any]:
    """manifest.json of a run. Raises StoreError when it is missing or lacks a key."""
    try:
        manifest = json.loads((path / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _unreadable(path / "manifest.json", error) from error
    missing = [key for key in _MANIFEST_KEYS if key not in manifest]
    if missing:
        raise StoreError(f"{path / 'manifest.json'} has no '{missing[0]}'; read the texts again")
    return dict(manifest)


def read_rows(path: Path, name: str, columns: list[str] | None = None) -> pa.Table:
    """One table of the folder. Raises StoreError when it cannot be read."""
    file = path / f"{name}.parquet"
    try:
        return pq.read_table(file, columns=columns)
    except (OSError, pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise _unreadable(file, error) from error


def texts_of(path: Path, ids: list[str]) -> dict[str, str]:
    """Texts of the documents named, by id."""
    if not ids:
        return {}
    scan = ds.dataset(path / "documents.parquet").to_table(
        columns=["document_id", "text"], filter=ds.field("document_id").isin(ids))  # fmt: skip
    return dict(zip(scan.column("document_id").to_pylist(), scan.column("text").to_pylist(),
                    strict=True))  # fmt: skip


def reprint_families(path: Path) -> tuple[dict[str, str], str]:
    """Document id → family id for documents that reprint another, and how they were found.

    `families.parquet` (document_id, family) is used where the reader wrote one; else only
    documents with the very same text are one family.
    """
    if (path / "families.parquet").exists():
        table = read_rows(path, "families")
        pairs = zip(table.column("document_id").to_pylist(), table.column("family").to_pylist(),
                    strict=True)  # fmt: skip
        return dict(pairs), "near-duplicate families written by the reader"
    return _same_text(path), "documents with the very same text only"


def _same_text(path: Path) -> dict[str, str]:
    first: dict[bytes, str] = {}
    families: dict[str, str] = {}
    for batch in ds.dataset(path / "documents.parquet").to_batches(
        columns=["document_id", "text"], batch_size=4096, batch_readahead=1, fragment_readahead=1
    ):
        ids = batch.column(0).to_pylist()
        for document, text in zip(ids, batch.column(1), strict=True):
            digest = hashlib.blake2b(text.as_buffer(), digest_size=16).digest()
            kept = first.setdefault(digest, document)
            if kept is not document:
                families[document] = families[kept] = kept
    return families


def _unreadable(file: Path, error: Exception) -> StoreError:
    hint = "" if file.exists() else "; `asobna read --to DIR` writes it"
    return StoreError(f"cannot read {file}: {type(error).__name__}{hint}")
