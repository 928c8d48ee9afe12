"""The scanner for the names of all packs, kept on disk between runs: it takes seconds to build.

What is kept depends on the hashes of the packs and of the modules that make keys from them, so a
changed pack or program never meets a stale scanner.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa

from asobna import cache, scanner
from asobna.packs import MAKERS, Packs
from asobna.scanner import Key, Scanner
from asobna.scanning import build_scanner, use_scanner

_MAKERS = (*MAKERS, "controls", "scanner", "scanning")
#: The keys of a scanner; `groups` is a number of as many bits as there are languages.
_KEYS = pa.schema([("text", pa.string()), ("ends_word", pa.bool_()), ("groups", pa.binary())])
_ENGINE = pa.schema([("compiled", pa.large_binary())])


def prepare_scanner(
    found: Packs,
    folder: Path | None = None,  # noqa: ARG001 what is kept goes by content, wherever it lay
    country: str | None = None,
) -> None:
    """Have the scanner of these packs ready: from disk if it is there, else built and kept."""
    if cache.cache_folder() is None:
        return
    mark = _mark(found, country)

    def make() -> Iterator[pa.Table]:
        return _compiled(build_scanner(found))

    try:
        ready = _restored(*cache.kept_tables("scan", mark, (_KEYS, _ENGINE), make))
    except ValueError:  # compiled by another machine that keeps its things in the same folder
        ready = _restored(*cache.keep_tables("scan", mark, make()))
    use_scanner(found, ready)


def _mark(found: Packs, country: str | None) -> str:
    """Hash of all that decides the keys and how they are compiled."""
    packs = found.languages.select(["lang", "sha256"]).to_pydict()
    program = cache.program_mark(_MAKERS)
    return cache.mark_of(found.codes, packs, country, scanner.engine_version(), program)


def _compiled(built: Scanner) -> Iterator[pa.Table]:
    texts, ends, groups = zip(*built.keys, strict=True)
    data = [number.to_bytes((number.bit_length() + 7) // 8, "little") for number in groups]
    yield pa.table([texts, ends, data], _KEYS)
    yield pa.table([[built.compiled()]], _ENGINE)


def _restored(keys: pa.Table, engine: pa.Table) -> Scanner:
    texts, ends, data = (column.to_pylist() for column in keys.columns)
    groups = [int.from_bytes(number, "little") for number in data]
    made = list(map(Key, texts, ends, groups))
    return Scanner.restore(made, engine.column("compiled")[0].as_py())
