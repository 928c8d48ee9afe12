"""The scanner for the names of all packs, kept on disk between runs: it takes seconds to build.

What is kept depends on every byte of the packs and of the modules that make keys from them, so a
changed pack or program never meets a stale scanner. The folder is `$ASOBNA_CACHE`, or `asobna` in
the user's cache folder; it may be removed at any time, and `ASOBNA_CACHE=` (empty) keeps nothing.
"""

from __future__ import annotations

import hashlib
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from tempfile import NamedTemporaryFile

from asobna import lexicon, packs, scanner, transliteration
from asobna.pack_files import BUILT_IN, common_files
from asobna.packs import Packs
from asobna.scanner import Key, Scanner
from asobna.scanning import build_scanner, use_scanner

#: Scanners kept; older ones go.
KEPT = 6


def prepare_scanner(found: Packs, folder: Path | None, country: str | None) -> None:
    """Have the scanner of these packs ready: from disk if it is there, else built and kept."""
    place = cache_folder()
    if place is None:
        return
    path = place / f"scan-{_mark(folder or BUILT_IN, found, country)}"
    kept = _load(path)
    if kept is None:
        kept = build_scanner(found)
        _save(path, kept)
    use_scanner(found, kept)


def cache_folder() -> Path | None:
    """Where scanners are kept; None when nothing is to be kept."""
    given = os.environ.get("ASOBNA_CACHE")
    if given is not None:
        return Path(given) if given else None
    base = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    try:
        return Path(base) / "asobna" if base else Path.home() / ".cache" / "asobna"
    except RuntimeError:
        return None


def _mark(root: Path, found: Packs, country: str | None) -> str:
    """Hash of all that decides the keys."""
    modules = [Path(str(module.__file__)) for module in (lexicon, packs, scanner, transliteration)]
    sources = {path for path in root.rglob("*") if path.suffix in (".csv", ".toml")}
    sources |= set(common_files(root))
    digest = hashlib.sha256(json.dumps([found.codes, country, scanner.engine_version()]).encode())
    for path in [*modules, *sorted(sources)]:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:40]


def _load(path: Path) -> Scanner | None:
    """The scanner kept at a path; None when there is none or it cannot be used."""
    try:
        head, _, compiled = path.read_bytes().partition(b"\n")
        keys = [Key(*row) for row in json.loads(head)]
        return Scanner.restore(keys, compiled)
    except (OSError, ValueError, TypeError, RuntimeError):
        return None


def _save(path: Path, kept: Scanner) -> None:
    """Keep a scanner, in one step; a folder that cannot be written is no error."""
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=path.parent, delete=False) as file:
            file.write(json.dumps(kept.keys).encode() + b"\n" + kept.compiled())
        Path(file.name).replace(path)
        older = sorted(path.parent.glob("scan-*"), key=lambda other: other.stat().st_mtime)
        for other in older[:-KEPT]:
            other.unlink(missing_ok=True)
