"""The files of packs on disk: where they are, their text, and what their bytes hash to.

Nothing else opens a pack file.
"""

from __future__ import annotations

import csv
import hashlib
import io
import os
import time
import tomllib
from collections.abc import Collection, Iterable
from functools import lru_cache
from itertools import chain
from pathlib import Path
from typing import Any

from asobna import cache
from asobna.errors import PackError

BUILT_IN = Path(__file__).parent / "packs"
SHARED = "shared"
FACTS_FILE = "facts.toml"
#: A file whose last change is this long past cannot change again at the same time of change.
SETTLED_NS = 2_000_000_000
#: Codes that a message names one by one; of more it says how many there are.
NAMED_CODES = 20


def pack_codes(folder: Path | None = None) -> list[str]:
    """Codes of the packs below `folder`: a pack exists if its pack.toml does."""
    root = folder or BUILT_IN
    return sorted(
        path.parent.name for path in root.glob("*/pack.toml") if path.parent.name != SHARED
    )


def told_packs(codes: Collection[str]) -> str:
    """Which packs there are, for a message: their codes, or of many how many and where to look."""
    if len(codes) <= NAMED_CODES:
        return f"packs are {', '.join(sorted(codes))}"
    return f"there are {len(codes)} packs, listed by: asobna packs coverage"


def common_root(root: Path) -> Path:
    """Where the shared patterns, entities and facts of the packs below `root` are: beside them, or
    those built in when the folder holds packs alone.
    """
    return root if (root / SHARED).is_dir() else BUILT_IN


def stamp_of(root: Path) -> int:
    """What changes when a file below a folder of packs does: packs of a user are read anew then."""
    return 0 if root == BUILT_IN else hash(tuple(map(seen, _data_files(root))))


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


@lru_cache(maxsize=1)
def _read_as() -> dict[str, str]:
    return {row["code"]: row["read_as"] for row in read_csv(BUILT_IN / SHARED / "languages.csv")}


def pack_code(lang: str) -> str:
    """The code of the pack that reads a language: BCP 47 without its region, and for a language of
    two or three codes (deu, nor, arb) the one in use here.

    Source: packs/shared/languages.csv, from ISO 639-2, ISO 639-3 and the subtag registry.
    """
    code = lang.replace("_", "-").split("-")[0].lower()
    return _read_as().get(code, code)


class PackHashes:
    """SHA-256 of packs below a folder: of everything that tells how a language is read, the files
    of its pack, those every pack shares, and the entities; names and bytes, in sorted order.

    The hashes of files are kept under what the system tells of the files: path, length, the times
    of the last change of content and of the file's entry, and its number. A change of content
    moves the time of the entry, which no program can set (on Windows there is only that of the
    content, and a program that sets it back goes unnoticed); where a time is so fresh that another
    change could fall on it, nothing is kept.
    """

    def __init__(self, root: Path, codes: Iterable[str]) -> None:
        shared = common_root(root)
        owned = {code: [(path, root) for path in _data_files(root / code)] for code in codes}
        common = [(path, shared) for path in common_files(root)]
        facts = [(str(path), shared) for path in [shared / FACTS_FILE] if path.exists()]
        found = _file_hashes([*facts, *common, *chain.from_iterable(owned.values())])
        self.facts = [found[path] for path, _ in facts]
        self._common = "".join(found[path] for path, _ in common)
        self._owned = {code: "".join(found[path] for path, _ in own) for code, own in owned.items()}

    def __getitem__(self, code: str) -> str:
        return hashlib.sha256((self._owned[code] + self._common).encode()).hexdigest()


def _data_files(folder: Path) -> list[str]:
    found = [
        os.path.join(where, name)  # noqa: PTH118 thrice as fast for a thousand files
        for where, _, names in os.walk(folder)
        for name in names
        if name.endswith((".toml", ".csv"))
    ]
    return sorted(found, key=lambda path: path.split(os.sep))  # noqa: PTH206


def common_files(root: Path) -> list[str]:
    """The files that every pack below `root` reads beside its own."""
    shared = common_root(root)
    return [*_data_files(shared / SHARED), *map(str, sorted(shared.glob("*.csv")))]


def seen(path: str) -> tuple[str, int, int, int, int]:
    """What changes with a file without reading it."""
    about = os.stat(path)  # noqa: PTH116
    return path, about.st_size, about.st_mtime_ns, about.st_ctime_ns, about.st_ino


def _file_hashes(files: list[tuple[str, Path]]) -> dict[str, str]:
    """Hashes of files by their path. files: (path, the folder its name is counted from)."""
    told = [seen(path) for path, _ in files]
    mark = cache.mark_of(told, [str(root) for _, root in files])
    kept = cache.load("files", mark)
    if kept is not None:
        return dict(zip((path for path, _ in files), str(kept, "ascii").split(), strict=True))
    hashes = {path: _file_hash(Path(path), root) for path, root in files}
    newest = max((max(mtime, ctime) for *_, mtime, ctime, _ in told), default=0)
    if newest < time.time_ns() - SETTLED_NS:
        cache.save("files", mark, " ".join(hashes.values()).encode())
    return hashes


def _file_hash(path: Path, root: Path) -> str:
    digest = hashlib.sha256(path.relative_to(root).as_posix().encode() + b"\0")
    digest.update(path.read_bytes())
    return digest.hexdigest()
