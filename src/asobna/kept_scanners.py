"""Scanners kept on disk between runs: one for all languages takes seconds to build."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pyarrow as pa

from asobna import cache
from asobna.scanner import Key, Scanner, engine_version

#: The keys of a scanner; `groups` is a number of as many bits as there are languages.
_KEYS = pa.schema([("text", pa.string()), ("ends_word", pa.bool_()), ("groups", pa.binary())])
_ENGINE = pa.schema([("compiled", pa.large_binary())])


def kept_scanner(of: str, build: Callable[[], Scanner]) -> Scanner:
    """The scanner kept under a mark of all that decides its keys, or else built and kept now."""
    if cache.cache_folder() is None:
        return build()
    mark = cache.mark_of(of, engine_version(), cache.program_mark(("kept_scanners", "scanner")))

    def make() -> Iterator[pa.Table]:
        return _tables(build())

    try:
        return _restored(*cache.kept_tables("scan", mark, (_KEYS, _ENGINE), make))
    except ValueError:  # compiled by another machine that keeps its things in the same folder
        return _restored(*cache.keep_tables("scan", mark, make()))


def _tables(built: Scanner) -> Iterator[pa.Table]:
    texts, ends, groups = zip(*built.keys, strict=True)
    data = [number.to_bytes((number.bit_length() + 7) // 8, "little") for number in groups]
    yield pa.table([texts, ends, data], _KEYS)
    yield pa.table([[built.compiled()]], _ENGINE)


def _restored(keys: pa.Table, engine: pa.Table) -> Scanner:
    texts, ends, data = (column.to_pylist() for column in keys.columns)
    groups = [int.from_bytes(number, "little") for number in data]
    made = list(map(Key, texts, ends, groups))
    return Scanner.restore(made, engine.column("compiled")[0].as_py())
