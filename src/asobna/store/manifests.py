"""The manifest of a folder, read and written whole."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from asobna.errors import StoreError

MANIFEST = "manifest.json"
#: Where Delta Lake keeps the log of commits, below the folder.
LOG = "_delta_log"


def read_manifest(folder: str) -> dict[str, Any]:
    """The manifest of a folder. Raises StoreError when it is missing or broken."""
    require_results(folder)
    try:
        if "://" in folder:
            import fsspec  # noqa: PLC0415 only for object stores

            with fsspec.open(f"{folder.rstrip('/')}/{MANIFEST}", "rb") as file:
                return dict(json.load(file))
        return dict(json.loads((Path(folder) / MANIFEST).read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise StoreError(
            f"{folder}: no whole {MANIFEST} ({_why(error)}); "
            "run the same asobna read again to finish it"
        ) from error


def _why(error: Exception) -> str:
    return getattr(error, "strerror", None) or f"it is broken: {error}"


def require_results(folder: str) -> None:
    """Raise StoreError unless a reading has begun in this folder. Addresses are not looked at."""
    path = Path(folder)
    if "://" in folder or (path / LOG).is_dir():
        return
    found = (
        "holds no results of asobna" if path.is_dir()
        else "is no folder" if path.exists() else "no such folder"
    )  # fmt: skip
    raise no_results(f"{folder}: {found}")


def no_results(found: str) -> StoreError:
    """The error to raise where results were looked for. found: where, and what is there."""
    return StoreError(f"{found}; results are written there by: asobna read PATH --to DIR")


def write_manifest(folder: str, manifest: dict[str, Any]) -> None:
    """Write the manifest in one step: a reader sees the old one or the new one."""
    text = json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    if "://" in folder:
        import fsspec  # noqa: PLC0415 only for object stores

        with fsspec.open(f"{folder.rstrip('/')}/{MANIFEST}", "wb") as file:
            file.write(text.encode())
        return
    target = Path(folder) / MANIFEST
    draft = target.with_suffix(f".{os.getpid()}.tmp")
    try:
        draft.write_text(text, encoding="utf-8")
        draft.replace(target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StoreError(f"{target}: cannot write: {error.strerror or error}") from error


REPRINTS_FILE = "reprints.parquet"


def write_reprints(folder: str, families: pa.Table) -> None:
    """Write the families of reprints beside the tables, in one step: they follow from all of them.

    families: REPRINTS of `asobna.reprints`. Raises StoreError. Only for local folders.
    """
    target = Path(folder) / REPRINTS_FILE
    draft = target.with_suffix(f".{os.getpid()}.tmp")
    try:
        pq.write_table(families, draft, compression="zstd")
        draft.replace(target)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise StoreError(f"{target}: cannot write: {error.strerror or error}") from error


def read_reprints(folder: str) -> pa.Table | None:
    """The families of reprints of a folder; None when they were not looked for."""
    path = Path(folder) / REPRINTS_FILE
    return pq.read_table(path) if path.exists() else None
