"""What is to be read, as references small enough to send anywhere: inputs and pieces of them."""

from __future__ import annotations

from typing import NamedTuple

from asobna.sources.columns import Columns
from asobna.sources.streams import STDIN

#: What a piece of standard input is called; the beginning of its hash follows.
STDIN_PATH = f"{STDIN}#"


class Input(NamedTuple):
    """One file or stream to read, and its content."""

    path: str
    format: str
    sha256: str
    bytes: int


class Problem(NamedTuple):
    """Why an input, or what is left of it, is one reject: reason code, and what to do."""

    reason: str
    detail: str


class Work(NamedTuple):
    """A reference to one piece of one input (or to a few pages): of a Parquet file, to `groups` row
    groups from that numbered `part` on.
    """

    inputs: tuple[Input, ...]
    part: int
    columns: Columns
    first_line: int = 1
    data: bytes = b""
    problem: Problem | None = None
    groups: int = 1

    @property
    def keys(self) -> list[str]:
        """What this piece adds to the store: content and place, the same wherever it is read."""
        return [part_key(item.sha256, part) for item, part in self.parts]

    @property
    def parts(self) -> list[tuple[Input, int]]:
        """The parts it stands for, each by its input and its number there."""
        numbers = range(self.part, self.part + self.groups)
        return [(item, number) for item in self.inputs for number in numbers]


def came_on_stdin(path: str) -> bool:
    """Whether an input that was read came on standard input, and so cannot be read again."""
    return path.startswith(STDIN_PATH)


def part_key(sha256: str, part: int) -> str:
    """Name of one part of one content."""
    return f"{sha256}:{part}"
