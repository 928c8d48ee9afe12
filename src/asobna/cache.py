"""What takes long to make, kept on disk between runs: tables and bytes, never anything that runs.

A file is named by its kind and the hash of all it was made from, so another version of a pack or of
this program never meets it. Its head holds the length and checksum of the rest: a file that was
cut off, or that something else wrote, is as good as none. The folder is `$ASOBNA_CACHE`, or
`asobna` in the user's cache folder; it may be removed at any time, and `ASOBNA_CACHE=` (empty)
keeps nothing.
"""

from __future__ import annotations

import hashlib
import json
import mmap
import os
import sys
import zlib
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from unicodedata import unidata_version

import pyarrow as pa

#: Bytes kept in all; above that the oldest files go.
MOST_BYTES = 512 << 20

# A file of this size calls for room; small ones only come with one.
_LARGE_BYTES = 1 << 20
_SUFFIX = ".kept"
# One block of memory long, so that what follows is aligned for numbers of any width.
_HEAD_BYTES = 64


def cache_folder() -> Path | None:
    """Where things are kept; None when nothing is to be kept."""
    given = os.environ.get("ASOBNA_CACHE")
    if given is not None:
        return Path(given) if given else None
    base = os.environ.get("LOCALAPPDATA" if sys.platform == "win32" else "XDG_CACHE_HOME")
    try:
        return Path(base) / "asobna" if base else Path.home() / ".cache" / "asobna"
    except RuntimeError:
        return None


def mark_of(*parts: object) -> str:
    """A hash of anything JSON can say, to name what was made from it."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:40]


@cache
def program_mark(modules: tuple[str, ...]) -> str:
    """A hash of the modules of this package that decide what is made, and of Python's Unicode."""
    specs = [find_spec(f"{__package__}.{name}") for name in modules]
    sources = [Path(str(spec and spec.origin)).read_bytes() for spec in specs]
    digests = [hashlib.sha256(source).hexdigest() for source in sources]
    return mark_of(unidata_version, sys.byteorder, digests)


def load(kind: str, mark: str) -> memoryview | None:
    """The bytes kept under a kind and mark, mapped into memory; None where there are none."""
    folder = cache_folder()
    if folder is None:
        return None
    try:
        with (folder / f"{kind}-{mark}{_SUFFIX}").open("rb") as file:
            mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    except (OSError, ValueError):  # an empty file cannot be mapped
        return None
    content = mapped[_HEAD_BYTES:]
    return content if mapped[:_HEAD_BYTES] == _head(content) else None


def save(kind: str, mark: str, *parts: bytes | memoryview) -> None:
    """Keep bytes, in one step; a folder that cannot be written is no error."""
    folder = cache_folder()
    if folder is None:
        return
    from tempfile import NamedTemporaryFile  # noqa: PLC0415 nothing is kept on most runs

    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile(dir=folder, suffix=_SUFFIX, delete=False) as file:
            try:
                file.write(_head(*parts))
                file.writelines(parts)
                file.close()
                Path(file.name).replace(folder / f"{kind}-{mark}{_SUFFIX}")
            except OSError:
                Path(file.name).unlink(missing_ok=True)
        if sum(map(len, parts)) >= _LARGE_BYTES:
            _make_room(folder)


def _head(*parts: bytes | memoryview) -> bytes:
    check, length = 0, 0
    for part in parts:
        check, length = zlib.crc32(part, check), length + len(part)
    return f"asobna {length} {check:08x}".encode().ljust(_HEAD_BYTES - 1) + b"\n"


def _make_room(folder: Path) -> None:
    found = [(path.stat(), path) for path in folder.glob(f"*{_SUFFIX}")]
    room = MOST_BYTES
    for about, path in sorted(found, key=lambda one: one[0].st_mtime_ns, reverse=True):
        room -= about.st_size
        if room < 0:
            path.unlink(missing_ok=True)


def kept_tables(
    kind: str, mark: str, schemas: Sequence[pa.Schema], make: Callable[[], Iterable[pa.Table]]
) -> list[pa.Table]:
    """Tables of these schemas, as they are kept or else as they are made now, and kept then."""
    return load_tables(kind, mark, schemas) or keep_tables(kind, mark, make())


def keep_tables(kind: str, mark: str, made: Iterable[pa.Table]) -> list[pa.Table]:
    """The tables, which are kept from now on."""
    tables = list(made)
    sink = pa.BufferOutputStream()
    for table in tables:
        with pa.ipc.new_stream(sink, table.schema) as writer:
            writer.write_table(table.combine_chunks())
    save(kind, mark, memoryview(sink.getvalue()))
    return tables


def load_tables(kind: str, mark: str, schemas: Sequence[pa.Schema]) -> list[pa.Table] | None:
    """The tables kept under a kind and mark; None when there are none of these schemas."""
    content = load(kind, mark)
    if content is None:
        return None
    source = pa.BufferReader(pa.py_buffer(content))
    try:
        found = [pa.ipc.open_stream(source).read_all() for _ in schemas]
        for table in found:
            table.validate(full=True)
    except pa.ArrowException:
        return None
    same = all(table.schema.equals(wanted) for table, wanted in zip(found, schemas, strict=True))
    return found if same else None
