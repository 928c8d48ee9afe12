"""Canaries: unique strings pushed through a whole round, then sought in every byte on disk.

Address, browser, code, name and statement of simulated people go through the real registrar, a
real server process and the publisher, with broken requests among them. Everything the processes
could write to (stores, home, temporary folder, terminal output, memory file system) is searched
as it lies, in several encodings, before and after the close.
"""

from __future__ import annotations

import base64
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from asobna_rounds.attacks.person import Person
from asobna_rounds.attacks.rehearsal import Rehearsal
from asobna_rounds.attacks.wire import Server, WireVisitor
from asobna_rounds.credentials.vouchers import CODE_SYMBOLS, bare_code
from asobna_rounds.durable import memory_folder, utc_day
from asobna_rounds.publisher.close import close_round

ADDRESS = "127.77.13.99"
PEOPLE = 12


class Found(NamedTuple):
    """A canary on disk: what it stands for and in which file, and at what time of the round."""

    what: str
    file: str
    when: str


class Hunt(NamedTuple):
    """What was sought and what was found. `planted` says that the search itself works."""

    sought: int
    bytes_read: int
    found: list[Found]
    planted: bool


def encodings(value: bytes) -> list[bytes]:
    """The forms in which a value may lie on a disk; those of letters in lower case."""
    forms = [value.lower(), value.hex().encode()]
    forms += [bytes(b for letter in value.lower() for b in (letter, 0))]
    for lead in range(3):
        coded = base64.b64encode(bytes(lead) + value)
        forms.append(coded[4:-4] if lead else coded[:-4])
    return forms


def search(places: list[Path], canaries: dict[str, bytes], when: str) -> tuple[list[Found], int]:
    """Every canary in every file below `places`, and in the file names; and the bytes read."""
    sought = [(what, form) for what, value in canaries.items() for form in encodings(value)]
    found, size = [], 0
    for path in _files(places):
        content = path.read_bytes()
        size += len(content)
        for haystack in (content, content.lower(), str(path).lower().encode()):
            found += [Found(what, path.name, when) for what, form in sought if form in haystack]
    return found, size


def _files(places: list[Path]) -> Iterator[Path]:
    for place in places:
        yield from (p for p in sorted(place.rglob("*")) if p.is_file())


def run() -> Hunt:
    """The whole hunt: a round of a dozen people over a real server."""
    with tempfile.TemporaryDirectory(prefix="asobna-attack-") as folder:
        root = Path(folder)
        rehearsal = Rehearsal(root / "round", PEOPLE, opens=utc_day())
        mark = secrets.token_hex(6)
        for number, person in enumerate(rehearsal.people):
            person.name = f"Kanarek {mark} {number}"
        rehearsal.issue()
        canaries = _canaries(rehearsal, mark)
        before = _memory()
        _visit(rehearsal, root / "around", mark)
        places = [root]
        found, size = search(places, canaries, "open")
        close_round(rehearsal.folders.box)
        later, more = search([*places, *_new_memory(before)], canaries, "closed")
        (root / "planted.txt").write_bytes(b"x" + canaries["browser"] + b"x")
        planted = bool(search([root], canaries, "control")[0])
    return Hunt(len(canaries), size + more, found + later, planted)


def _canaries(rehearsal: Rehearsal, mark: str) -> dict[str, bytes]:
    words = {"address": ADDRESS, "browser": f"Browser{mark}", "name": f"Kanarek {mark}"}
    words |= {"path": f"path{mark}", "cookie": f"cookie{mark}", "statement": f"words{mark}"}
    canaries = {what: text.encode() for what, text in words.items()}
    for number, person in enumerate(rehearsal.people):
        canaries[f"token {number}"] = person.token
        if len(person.code) < 2 * CODE_SYMBOLS:
            canaries[f"code {number}"] = bare_code(person.code).encode()
            canaries[f"slip {number}"] = person.code.encode()
    return canaries


def _visit(rehearsal: Rehearsal, around: Path, mark: str) -> None:
    around.mkdir()
    server = Server(rehearsal.folders.box, around)
    server.start()
    headers = {
        "User-Agent": f"Browser{mark}",
        "X-Forwarded-For": ADDRESS,
        "Forwarded": f"for={ADDRESS}",
        "Referer": f"https://example.org/path{mark}",
        "Cookie": f"id=cookie{mark}",
    }
    try:
        for person in rehearsal.people:
            visitor = WireVisitor(server.port, person.language, headers, ADDRESS)
            guest = Person(visitor, person.code, lambda _: "1")
            guest.enter()
            while guest.answer_page():
                pass
            guest.go("suggest-send", {"statement": f"A statement with words{mark}."})
            guest.go("seal")
            _broken_requests(visitor, mark)
    finally:
        server.stop()


def _broken_requests(visitor: WireVisitor, mark: str) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    visitor.get(f"/path{mark}?q=path{mark}")
    visitor.request("DELETE", f"/path{mark}", b"", {})
    visitor.request("POST", "/en/ballot", f"code=path{mark}".encode() * 9000, form)
    visitor.request("POST", "/en/ballot", f"code=%ff%00path{mark}".encode(), form)
    upload = {"Content-Type": "multipart/form-data; boundary=x"}
    visitor.request("POST", "/en/ballot", f"--x\r\npath{mark}\r\n--x--".encode() * 99, upload)
    visitor.send({"code": f"path{mark}", "v-x": f"words{mark}", "step": f"path{mark}"})


def _memory() -> set[str]:
    place = memory_folder()
    return {p.name for p in Path(place).iterdir()} if place else set()


def _new_memory(before: set[str]) -> list[Path]:
    place = memory_folder()
    new = _memory() - before if place else set()
    return [Path(place or "/") / name for name in sorted(new) if not name.startswith("asobna-")]
