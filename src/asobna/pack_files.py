"""The files of packs on disk: where they are, their text, and what their bytes hash to.

Nothing else opens a pack file.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from asobna.errors import PackError

BUILT_IN = Path(__file__).parent / "packs"
SHARED = "shared"


def pack_codes(folder: Path | None = None) -> list[str]:
    """Codes of the packs below `folder`: a pack exists if its pack.toml does."""
    root = folder or BUILT_IN
    return sorted(
        path.parent.name for path in root.glob("*/pack.toml") if path.parent.name != SHARED
    )


def common_root(root: Path) -> Path:
    """Where the shared patterns, entities and facts of the packs below `root` are: beside them, or
    those built in when the folder holds packs alone.
    """
    return root if (root / SHARED).is_dir() else BUILT_IN


def stamp_of(root: Path) -> int:
    """What changes when a file below a folder of packs does: packs of a user are read anew then."""
    if root == BUILT_IN:
        return 0
    files = [(str(path.absolute()), path.stat().st_mtime_ns) for path in _data_files(root)]
    return hash(tuple(files))


def read_text(path: Path) -> str:
    """A pack file as text, without the mark some editors put before it."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise PackError(f"{path} is missing; see packs/FORMAT.md") from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise PackError(f"{path}:{line}: not UTF-8 text; save the file as UTF-8") from error


def read_toml(path: Path) -> dict[str, Any]:
    """A TOML file of a pack. Raises PackError when it is missing or broken."""
    try:
        return tomllib.loads(read_text(path))
    except tomllib.TOMLDecodeError as error:
        raise PackError(f"{path}: {error}") from error


@lru_cache(maxsize=64)
def read_csv(path: Path) -> tuple[dict[str, str], ...]:
    """Rows of a shared table. Raises PackError when it is missing."""
    try:
        return tuple(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8"))))
    except FileNotFoundError as error:
        raise PackError(f"{path} is missing; see packs/FORMAT.md") from error


def pack_hash(folder: Path, root: Path) -> str:
    """SHA-256 of everything that tells how a language is read: the files of its pack, those every
    pack shares, and the entities; names and bytes, in sorted order.
    """
    return hash_of(folder, root, common_hashes(root))


def hash_of(folder: Path, root: Path, common: str) -> str:
    """SHA-256 of a pack; `common` are the hashes of the files every pack shares."""
    own = "".join(_file_hash(path, root) for path in _data_files(folder))
    return hashlib.sha256((own + common).encode()).hexdigest()


def common_hashes(root: Path) -> str:
    """Hashes of the files that every pack below `root` shares, one after another."""
    shared = common_root(root)
    return "".join(_file_hash(path, shared) for path in common_files(root))


def _data_files(folder: Path) -> list[Path]:
    found = [Path(where, name) for where, _, names in os.walk(folder) for name in names]
    return sorted(path for path in found if path.suffix in (".toml", ".csv"))


def common_files(root: Path) -> list[Path]:
    """The files that every pack below `root` reads beside its own."""
    shared = common_root(root)
    return [*_data_files(shared / SHARED), *sorted(shared.glob("*.csv"))]


@lru_cache(maxsize=4096)
def _file_hash(path: Path, root: Path) -> str:
    digest = hashlib.sha256(path.relative_to(root).as_posix().encode() + b"\0")
    digest.update(path.read_bytes())
    return digest.hexdigest()
