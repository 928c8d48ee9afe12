"""Paths and object-store addresses → open streams; compression is told by the ending.

Local paths are opened as files; an address with `://` goes through fsspec, so `s3://`, `gs://`,
`https://` work where their drivers are installed.
"""

from __future__ import annotations

import hashlib
import io
import sys
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, BinaryIO, NamedTuple, cast

from asobna.errors import InputError

STDIN = "-"
COMPRESSIONS = {".gz": "gzip", ".zst": "zstd"}
#: What fsspec opens these addresses with; for others it names the package itself.
DRIVERS = {"s3": "s3fs", "gs": "gcsfs", "gcs": "gcsfs", "https": "aiohttp", "http": "aiohttp"}
_HASH_BLOCK = 1 << 20


class TruncatedError(Exception):
    """A compressed stream ended before its end mark, or is damaged: `at` bytes were decoded."""

    def __init__(self, at: int, why: str) -> None:
        super().__init__(why)
        self.at = at
        self.why = why


class Fingerprint(NamedTuple):
    """What tells one input's content from another's."""

    sha256: str
    bytes: int


def is_address(path: str) -> bool:
    """Whether a path is an object-store or web address rather than a local file."""
    return "://" in path


def compression_of(path: str) -> str | None:
    """gzip, zstd or None, by the ending of the path."""
    return COMPRESSIONS.get(suffixes(path)[1])


def suffixes(path: str) -> tuple[str, str]:
    """(ending of the content, ending of the compression), both lower case: a.jsonl.zst."""
    name = path.rsplit("/", 1)[-1].lower()
    stem, dot, last = name.rpartition(".")
    packed = f".{last}" if dot and f".{last}" in COMPRESSIONS else ""
    inner = stem if packed else name
    stem, dot, last = inner.rpartition(".")
    return (f".{last}" if dot else ""), packed


def open_raw(path: str) -> BinaryIO:
    """The stored bytes of a path, address or standard input. Raises InputError."""
    if path == STDIN:
        return sys.stdin.buffer
    try:
        if is_address(path):
            return cast(BinaryIO, _driver(path).open(path, "rb"))
        return Path(path).open("rb")
    except (OSError, ValueError, ImportError) as error:
        raise InputError(f"{path}: {getattr(error, 'strerror', None) or error}") from error


def _driver(path: str) -> Any:
    try:
        import fsspec  # noqa: PLC0415 only for addresses
    except ImportError as error:
        raise InputError(f"{path}: addresses need: pip install 'asobna[remote]'") from error
    scheme = path.split("://", 1)[0]
    try:
        return fsspec.core.url_to_fs(path)[0]
    except ImportError as error:
        driver = DRIVERS.get(scheme)
        remedy = f"pip install 'asobna[remote]' {driver}" if driver else _first_line(error)
        message = f"{path}: the driver for {scheme}:// is not installed: {remedy}"
        raise InputError(message) from error
    except (ValueError, OSError) as error:
        raise InputError(f"{path}: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]


def list_address(pattern: str) -> list[str]:
    """Addresses below a folder address or matching a glob, sorted, with their scheme."""
    driver = _driver(pattern)
    scheme = pattern.split("://", 1)[0]
    try:
        if any(sign in pattern for sign in "*?["):
            found = driver.glob(pattern)
        elif driver.isdir(pattern):
            found = driver.find(pattern)
        else:
            return [pattern]
    except OSError as error:
        raise InputError(f"{pattern}: {error}") from error
    return sorted(f"{scheme}://{str(name).removeprefix(scheme + '://')}" for name in found)


def open_stream(path: str) -> IO[bytes]:
    """The decompressed bytes of a path. Reading raises TruncatedError where the data breaks off."""
    raw = open_raw(path)
    packed = compression_of(path)
    if packed is None:
        return raw
    return io.BufferedReader(_Decompressed(raw, packed), 1 << 20)


def unpack(content: bytes, ending: str, most: int) -> bytes:
    """The first `most` bytes that packed content holds. ending: .gz or .zst.

    Raises TruncatedError where the content breaks off or is damaged before that.
    """
    packed = _Decompressed(io.BytesIO(content), COMPRESSIONS[ending])
    return io.BufferedReader(packed, 1 << 20).read(most)


class _Decompressed(io.RawIOBase):
    """Bytes out of a compressed stream that knows when its end is missing."""

    def __init__(self, raw: BinaryIO, packed: str) -> None:
        self._raw = raw
        self._done = 0
        self._stream = _Frames(raw, _beginner(packed))

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._stream.read(len(buffer))
        except Exception as error:
            if not _is_damage(error):
                raise
            raise TruncatedError(self._done, str(error)) from error
        if not data and not self._stream.ended:
            raise TruncatedError(self._done, "the last frame has no end")
        buffer[: len(data)] = data
        self._done += len(data)
        return len(data)

    def close(self) -> None:
        self._raw.close()
        super().close()


class _Frames:
    """All frames of a zstd stream, or members of a gzip one; `ended` tells whether the last one
    was complete.
    """

    def __init__(self, raw: BinaryIO, begin: Callable[[], Any]) -> None:
        self._raw = raw
        self._begin = begin
        self._frame: Any = None
        self._rest = b""
        self._ready = b""
        self.ended = True

    def read(self, size: int) -> bytes:
        while not self._ready:
            block = self._rest or self._raw.read(1 << 17)
            if not block:
                return b""
            if self._frame is None:
                self._frame = self._begin()
                self.ended = False
            self._ready = self._frame.decompress(block)
            self._rest = b""
            if self._frame.eof:
                self._rest, self._frame, self.ended = self._frame.unused_data, None, True
        data, self._ready = self._ready[:size], self._ready[size:]
        return data


def _beginner(packed: str) -> Callable[[], Any]:
    """What begins a new frame of a compression."""
    if packed == "gzip":
        return lambda: zlib.decompressobj(wbits=31)
    import zstandard  # noqa: PLC0415 only for .zst

    factory = zstandard.ZstdDecompressor(max_window_size=1 << 31)
    return cast(Callable[[], Any], factory.decompressobj)


def _is_damage(error: Exception) -> bool:
    return isinstance(error, zlib.error) or type(error).__name__ == "ZstdError"


def fingerprint(path: str) -> Fingerprint:
    """SHA-256 and size of the stored bytes of a path or address. Raises InputError."""
    digest, size = hashlib.sha256(), 0
    try:
        with open_raw(path) as raw:
            while block := raw.read(_HASH_BLOCK):
                digest.update(block)
                size += len(block)
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or error}") from error
    return Fingerprint(digest.hexdigest(), size)
