"""Pages in formats that others invented → DOCUMENTS, read in a guarded process.

The process has little memory and little time, no network and one folder (`readers/confinement`).
What it sends back is judged like everything from outside. When it ends badly, or does not end,
the page becomes a reject whose reason names the limit, and the next page gets a new process.
"""

from __future__ import annotations

import atexit
import os
import selectors
import signal
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from asobna.errors import InputError
from asobna.limits import LIMITS, chosen_limits
from asobna.sources.readers import PACKAGE, STREAMED

_LENGTH = struct.Struct(">I")
_READ_BLOCK = 1 << 18
_TO_END_SECONDS = 5.0


class Unread(NamedTuple):
    """Why a page or a record of it is not a document: reason code and what to do about it."""

    page: int
    record: int
    reason: str
    detail: str


class Read(NamedTuple):
    """One document of a page: its number in the page and its fields as the reader gave them."""

    page: int
    record: int
    fields: dict[str, Any]


class Sheet(NamedTuple):
    """One page to read: a path, a format, and its bytes unless the format is streamed."""

    path: str
    format: str
    content: bytes = b""
    url: str | None = None
    encoding: str | None = None


class _EndedError(Exception):
    """The child of a job has ended; `why` is a reason code and a detail, or None if all is well."""

    def __init__(self, why: tuple[str, str] | None) -> None:
        super().__init__(str(why))
        self.why = why


class Guard:
    """A process that reads pages; started at the first page, ended by `close` or with this one."""

    def __init__(self, limits: Mapping[str, int] | None = None) -> None:
        """limits: as from `limits.chosen_limits`; else the environment decides."""
        self.limits = dict(limits or chosen_limits(os.environ))
        self._process: subprocess.Popen[bytes] | None = None
        self._folder = tempfile.TemporaryDirectory(prefix="asobna-")
        self._status = -1
        self._buffer = bytearray()
        self._notes = b""
        self._busy = False

    def __enter__(self) -> Guard:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the process and remove its folder."""
        self._stop()
        self._folder.cleanup()

    # reading

    def read(self, sheets: Sequence[Sheet]) -> Iterator[Read | Unread]:
        """Documents and rejects of pages, in order; every page gives at least one of the two.

        Raises InputError when the guarded process cannot be started at all.
        """
        first, skip, again = 0, 0, 0
        given: set[int] = set()
        while first < len(sheets):
            at = [first, skip]
            try:
                for frame in self._frames(sheets, first, skip):
                    yield from self._judged(frame, first, at, given)
            except _EndedError as end:
                yield from _without_answer(sheets[first : at[0]], first, given)
                if end.why is None:
                    yield from _without_answer(sheets[at[0] :], at[0], given)
                    return
                given.add(at[0])
                yield Unread(at[0], at[1] + 1, *end.why)
                streamed = sheets[at[0]].format in STREAMED
                again += 1
                if streamed and again <= self.limits["restarts"]:
                    first, skip = at[0], at[1] + 1
                else:
                    first, skip, again = at[0] + 1, 0, 0

    def edit(self, sheet: Sheet, order: Mapping[str, Any]) -> bytes:
        """The page with an order carried out by its reader. Raises InputError with the reason."""
        try:
            for frame in self._frames([sheet], 0, 0, order):
                if frame[:1] != b"{":
                    self._drain()
                    return bytes(frame)
                answer = _parsed(frame)
                if "reject" in answer:
                    raise InputError(f"{sheet.path}: {answer.get('detail') or answer['reason']}")
        except _EndedError as end:
            _, detail = end.why or ("", "the reader gave no answer")
            raise InputError(f"{sheet.path}: {detail}") from end
        raise InputError(f"{sheet.path}: the reader gave no answer")

    def _drain(self) -> None:
        with suppress(_EndedError):
            while True:
                self._next_frame(time.monotonic() + _TO_END_SECONDS)

    def _judged(
        self, frame: bytes, first: int, at: list[int], given: set[int]
    ) -> Iterator[Read | Unread]:
        answer = _parsed(frame)
        record = answer.get("record")
        record = record if isinstance(record, int) and 0 <= record < 1 << 53 else 0
        if "begin" in answer:
            at[:] = [first + int(answer["begin"]), record]
        elif "reject" in answer:
            given.add(at[0])
            yield Unread(at[0], record, *self._reason(answer))
        elif "document" in answer:
            given.add(at[0])
            yield Read(at[0], record, judged_fields(answer))

    def _reason(self, answer: dict[str, Any]) -> tuple[str, str]:
        reason = str(answer.get("reason", "damaged"))[:40]
        if reason == "memory-limit":
            return self._limit("memory_bytes")
        return reason, str(answer.get("detail", ""))[:400]

    def _limit(self, name: str) -> tuple[str, str]:
        limit = next(limit for limit in LIMITS if limit.name == name)
        return limit.reason, (
            f"reading it took more than {name} = {self.limits[name]:,} {limit.unit}; "
            f"set ASOBNA_{name.upper()} higher if you trust it"
        )

    # the process

    def _frames(
        self, sheets: Sequence[Sheet], first: int, skip: int,
        order: Mapping[str, Any] | None = None,
    ) -> Iterator[bytes]:  # fmt: skip
        """Frames of the child as they come; ends by raising _EndedError."""
        folder = Path(self._folder.name)
        for number, sheet in enumerate(sheets[first:]):
            if sheet.format not in STREAMED:
                (folder / str(number)).write_bytes(sheet.content)
        inside = folder / "own"
        inside.mkdir(exist_ok=True)
        pages = _pages(sheets[first:], folder, skip)
        today = datetime.now(UTC).date().isoformat()
        self._submit(
            orjson.dumps(
                {"pages": pages, "folder": str(inside), "limits": self.limits, "today": today,
                 "edit": order}
            )
        )  # fmt: skip
        try:
            while True:
                yield self._next_frame(time.monotonic() + self.limits["wall_seconds"])
        finally:
            for file in [*inside.iterdir(), *(f for f in folder.iterdir() if f.is_file())]:
                with suppress(OSError):
                    file.unlink()

    def _submit(self, task: bytes) -> None:
        if self._busy:  # somebody stopped listening to the job before: its answers are not ours
            self._stop()
        for attempt in (1, 2):
            process = self._started()
            self._buffer.clear()
            self._notes, self._busy = b"", True
            try:
                assert process.stdin is not None
                process.stdin.write(_LENGTH.pack(len(task)) + task)
                process.stdin.flush()
            except OSError as error:
                self._stop()
                if attempt == 2:
                    raise InputError(f"the guarded process does not start: {error}") from error
            else:
                return

    def _started(self) -> subprocess.Popen[bytes]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._stop()
        if os.name != "posix":
            raise InputError("this format is read in a guarded process, which needs Linux or macOS")
        self._status, theirs = os.pipe()
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-m", PACKAGE, str(theirs)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            pass_fds=(theirs,),
            env={"PATH": os.defpath, "LANG": "C.UTF-8", "TMPDIR": self._folder.name},
            start_new_session=True,
        )
        os.close(theirs)
        return self._process

    def _stop(self) -> None:
        process, self._process = self._process, None
        self._busy = False
        if process is None:
            return
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        process.wait()
        os.close(self._status)

    def _next_frame(self, deadline: float) -> bytes:
        """The next whole frame. Raises _EndedError when the child ends or passes the wall limit."""
        while True:
            frame = self._whole_frame()
            if frame is not None:
                return frame
            self._wait(deadline)

    def _whole_frame(self) -> bytes | None:
        if len(self._buffer) < _LENGTH.size:
            return None
        size = _LENGTH.unpack_from(self._buffer)[0]
        if size > self.limits["answer_bytes"]:
            self._stop()
            raise _EndedError(self._limit("answer_bytes"))
        if len(self._buffer) < _LENGTH.size + size:
            return None
        frame = bytes(self._buffer[_LENGTH.size : _LENGTH.size + size])
        del self._buffer[: _LENGTH.size + size]
        return frame

    def _wait(self, deadline: float) -> None:
        """Take in what the child or its keeper has to say, whichever comes first."""
        assert self._process is not None
        assert self._process.stdout is not None
        out = self._process.stdout.fileno()
        with selectors.DefaultSelector() as selector:
            selector.register(out, selectors.EVENT_READ)
            selector.register(self._status, selectors.EVENT_READ)
            ready = {key.fd for key, _ in selector.select(max(0.0, deadline - time.monotonic()))}
        if out in ready:
            data = os.read(out, _READ_BLOCK)
            self._buffer += data
            if data:
                return
        if self._status in ready:
            self._take_note()
        elif not ready:
            self._stop()
            raise _EndedError(self._limit("wall_seconds"))

    def _take_note(self) -> None:
        """A note of the keeper: which child works, and later how it ended."""
        data = os.read(self._status, 4096)
        self._notes += data
        ended = [line for line in self._notes.split(b"\n")[:-1] if line.startswith(b"exit ")]
        if not data:
            self._stop()
            raise _EndedError(("crashed", "the guarded process ended; reinstall asobna[formats]"))
        if ended:
            self._busy = False
            raise _EndedError(self._why(int(ended[0].split()[1])))

    def _why(self, status: int) -> tuple[str, str] | None:
        code = os.waitstatus_to_exitcode(status)
        if code == 0:
            return None
        if code in (-signal.SIGXCPU, -signal.SIGALRM):
            return self._limit("cpu_seconds")
        if code == -signal.SIGXFSZ:
            return self._limit("temporary_bytes")
        return "crashed", f"reading it ended the guarded process (code {code}); the file is damaged"


def _pages(sheets: Sequence[Sheet], folder: Path, skip: int) -> list[dict[str, Any]]:
    """What the guarded process is told of each page; `skip` counts for the first."""
    return [
        {
            "path": str(Path(sheet.path).absolute()) if sheet.format in STREAMED else sheet.path,
            "format": sheet.format,
            "file": None if sheet.format in STREAMED else str(folder / str(number)),
            "skip": 0 if number else skip,
            "url": sheet.url,
            "encoding": sheet.encoding,
        }
        for number, sheet in enumerate(sheets)
    ]


def _parsed(frame: bytes) -> dict[str, Any]:
    """A frame as a JSON object; anything else is an empty one."""
    try:
        answer = orjson.loads(frame)
    except orjson.JSONDecodeError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _without_answer(sheets: Sequence[Sheet], first: int, given: set[int]) -> Iterator[Unread]:
    """Pages that gave neither document nor reject: an archive without a text in it."""
    for number in range(first, first + len(sheets)):
        if number not in given:
            yield Unread(number, 0, "empty", "holds no text; nothing to read")


_STRINGS = ("document_id", "title", "date", "date_reliability", "lang", "source", "speaker",
            "party", "url", "kind")  # fmt: skip
_REGION_KINDS = ("quote", "code", "heading")
_LONGEST_FIELD = 2_000


def judged_fields(answer: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a document, as far as they have the type and range they must have."""
    text = answer.get("text")
    text = text if isinstance(text, str) else ""
    fields: dict[str, Any] = {"text": text}
    for name in _STRINGS:
        value = answer.get(name)
        if isinstance(value, str) and value:
            fields[name] = value[:_LONGEST_FIELD]
    fields["regions"] = [
        {"start_cp": start, "end_cp": end, "kind": kind}
        for start, end, kind in _tuples(answer.get("regions"), 3)
        if _inside(start, end, text) and kind in _REGION_KINDS
    ]
    fields["locations"] = [
        {"start_cp": start, "label": str(label)[:200]}
        for start, label in _tuples(answer.get("locations"), 2)
        if _inside(start, start, text)
    ]
    return fields


def _tuples(values: object, size: int) -> Iterator[Any]:
    for value in values if isinstance(values, list) else ():
        if isinstance(value, list) and len(value) == size:
            yield value


def _inside(start: object, end: object, text: str) -> bool:
    return isinstance(start, int) and isinstance(end, int) and 0 <= start <= end <= len(text)


@lru_cache(maxsize=1)
def shared_guard() -> Guard:
    """One guard for this process, ended with it."""
    guard = Guard()
    atexit.register(guard.close)
    return guard
