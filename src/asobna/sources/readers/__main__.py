"""The guarded process: `python -m asobna.sources.readers STATUS_FD`, started by `sources/guard`.

It waits for jobs on standard input (a length and JSON), loads the reader, and forks for each job a
child that gives up its rights, reads, and writes frames to standard output (a length and JSON).
Only the child ever sees a stranger's bytes; how it ended goes to the status descriptor.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import struct
import sys
from collections.abc import Iterable, Iterator
from typing import Any

from asobna.sources.readers import MODULE_OF_FORMAT, PACKAGE, confinement
from asobna.sources.readers.drafts import Draft, Page, UnreadableError, over_limit

_LENGTH = struct.Struct(">I")
_STDIN, _STDOUT = 0, 1


def main() -> None:
    """Serve jobs until standard input ends."""
    status = int(sys.argv[1])
    confinement.die_with_parent()
    while (head := _read(_LENGTH.size)) and (job := _read(_LENGTH.unpack(head)[0])):
        task = json.loads(job)
        for kind in {page["format"] for page in task["pages"]}:
            with contextlib.suppress(ImportError):  # the child says which library is missing
                _reader(kind)
        gc.freeze()
        child = os.fork()
        if child == 0:
            _work(task)
        os.write(status, f"pid {child}\n".encode())
        os.write(status, f"exit {os.waitpid(child, 0)[1]}\n".encode())


def _read(size: int) -> bytes:
    parts, missing = [], size
    while missing and (data := os.read(_STDIN, missing)):
        parts.append(data)
        missing -= len(data)
    return b"".join(parts)


def _reader(kind: str) -> Any:
    return importlib.import_module(f"{PACKAGE}.{MODULE_OF_FORMAT[kind]}")


def _work(task: dict[str, Any]) -> None:
    """The life of a child: it never returns."""
    code = 1
    try:
        confinement.die_with_parent()
        out = os.dup(_STDOUT)
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(null, descriptor)
        confinement.confine(task["limits"], task["folder"])
        for number, page in enumerate(task["pages"]):
            _read_page(out, number, page, task)
        code = 0
    finally:
        os._exit(code)


def _read_page(out: int, number: int, page: dict[str, Any], task: dict[str, Any]) -> None:
    confinement.allow_time(task["limits"])
    _send(out, {"begin": number, "record": page["skip"]})
    try:
        reader = _reader(page["format"])
        content = b"" if page["file"] is None else _content(page["file"])
        given = Page(
            path=page["path"],
            content=content,
            limits=task["limits"],
            today=task["today"],
            url=page.get("url"),
            encoding=page.get("encoding"),
            skip=page["skip"],
        )
        if task.get("edit"):
            _send_bytes(out, reader.edit(given, task["edit"]))
            return
        _send_drafts(out, number, _guided(out, number, reader.read(given), given))
    except BaseException as error:
        _send(out, {"reject": number, "record": 0, **_why(error)})


def _content(file: str) -> bytes:
    with open(file, "rb") as stream:  # noqa: PTH123 pathlib is not needed here
        return stream.read()


def _guided(
    out: int, number: int, drafts: Iterable[Draft | UnreadableError], page: Page
) -> Iterator[tuple[int, Draft | UnreadableError]]:
    """Drafts with their record number; every record gets its time, and their number is bounded."""
    streamed = not page.content
    for count, draft in enumerate(drafts, 1):
        if not streamed and count > page.limits["documents"]:
            raise over_limit("documents", page.limits, "it holds very many documents")
        yield page.skip + count, draft
        if streamed:
            confinement.allow_time(page.limits)
            _send(out, {"begin": number, "record": page.skip + count})


def _send_drafts(
    out: int, number: int, drafts: Iterable[tuple[int, Draft | UnreadableError]]
) -> None:
    for record, draft in drafts:
        if isinstance(draft, UnreadableError):
            if draft.reason != "passed":
                _send(out, {"reject": number, "record": record, **_why(draft)})
            continue
        try:
            frame = {"document": number, "record": record, **draft.row()}
        except UnreadableError as error:
            frame = {"reject": number, "record": record, **_why(error)}
        _send(out, frame)


def _why(error: BaseException) -> dict[str, str]:
    """Reason and detail; never a word of the text that was read."""
    if isinstance(error, UnreadableError):
        return {"reason": error.reason, "detail": error.detail}
    if isinstance(error, MemoryError):
        return {"reason": "memory-limit", "detail": ""}
    if isinstance(error, RecursionError):
        return {"reason": "too-deep", "detail": "it is nested too deeply"}
    if isinstance(error, ImportError):
        return {
            "reason": "no-reader",
            "detail": f"it needs {error.name or 'a library'}: pip install 'asobna[formats]'",
        }
    return {
        "reason": "damaged",
        "detail": f"it is damaged or not what its name says ({type(error).__name__})",
    }


def _send(out: int, frame: dict[str, Any]) -> None:
    _send_bytes(out, json.dumps(frame).encode("ascii"))


def _send_bytes(out: int, data: bytes) -> None:
    view = memoryview(_LENGTH.pack(len(data)) + data)
    while view:
        view = view[os.write(out, view) :]


if __name__ == "__main__":
    main()
