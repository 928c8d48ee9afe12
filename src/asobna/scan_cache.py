"""The scanner for the names of all packs, ready before a run.

What is kept of it goes by the hashes of the packs and of the modules that make keys from them, so a
changed pack or program never meets a stale scanner.
"""

from __future__ import annotations

from asobna import cache
from asobna.kept_scanners import kept_scanner
from asobna.packs import MAKERS, Packs
from asobna.scanning import build_scanner, use_scanner


def prepare_scanner(found: Packs, country: str | None) -> None:
    """Have the scanner of these packs ready: from disk if it is there, else built and kept.

    country: whose names stand in Belarus's place, if another's do.
    """
    if cache.cache_folder() is not None:
        use_scanner(found, kept_scanner(_mark(found, country), lambda: build_scanner(found)))


def _mark(found: Packs, country: str | None) -> str:
    """Hash of all that decides the keys."""
    packs = found.languages.select(["lang", "sha256"]).to_pydict()
    return cache.mark_of(found.codes, packs, country, cache.program_mark(("controls", *MAKERS)))
