"""What a reader yields: clean text that grows paragraph by paragraph, with places and regions."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, NamedTuple

from asobna.limits import REASON_OF

# Signs nobody sees, which break a name in two or turn its letters round: soft hyphen, zero-width
# space and joiner of words, byte-order mark, controls of direction (UAX 9), control characters.
_UNSEEN = (
    "\u00ad\u200b\u200e\u200f\u2060\u2061\u2062\u2063\u2064\ufeff\u061c\ufffe\uffff"
    "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u180e"
    + "".join(map(chr, [*range(9), *range(14, 28), 127, *range(0x80, 0x85), *range(0x86, 0xA0)]))
)
_DROP_UNSEEN = {ord(sign): None for sign in _UNSEEN}
_SPACE = re.compile(r"\s+")
_COMPOSABLE = re.compile("[^\\s\u0300-\u036f][\u0300-\u036f]+")
_PIECES = re.compile("\\s+|[^\\s\u0300-\u036f][\u0300-\u036f]+|.", re.DOTALL)
_LONGEST_LABEL = 80


class UnreadableError(Exception):
    """A page or record cannot be read: a reason code, and a sentence a person can act on."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


def over_limit(name: str, limits: Mapping[str, int], what: str) -> UnreadableError:
    """The error for a named limit that was reached; the message says how to raise it."""
    return UnreadableError(
        REASON_OF[name],
        f"{what}: more than {name} = {limits[name]:,}; "
        f"set ASOBNA_{name.upper()} higher if you trust it",
    )


class Page(NamedTuple):
    """One page for a reader. `content` is empty where the format is read from `path` itself."""

    path: str
    content: bytes
    limits: Mapping[str, int]
    today: str
    url: str | None = None
    encoding: str | None = None
    skip: int = 0


class Region(NamedTuple):
    """A half-open span that is not the author's running text: quote, code or heading."""

    start_cp: int
    end_cp: int
    kind: str


def clean(text: str) -> str:
    """One paragraph on one line: letters composed, unseen signs gone, white space single.

    Only Latin, Greek and Cyrillic marks (U+0300 to U+036F) are composed; all else stays as it is.
    """
    return _SPACE.sub(" ", _COMPOSABLE.sub(_composed, text.translate(_DROP_UNSEEN))).strip()


def _composed(cluster: re.Match[str]) -> str:
    return unicodedata.normalize("NFC", cluster.group())


def clean_mapped(text: str) -> tuple[str, list[int]]:
    """`clean(text)`, and for each of its characters the place in `text` it came from."""
    kept = [place for place, sign in enumerate(text) if ord(sign) not in _DROP_UNSEEN]
    seen = "".join(text[place] for place in kept)
    signs: list[str] = []
    places: list[int] = []
    for piece in _PIECES.finditer(seen):
        found = " " if piece.group().isspace() else _composed(piece)
        signs += found
        places += [kept[piece.start()]] * len(found)
    start = 1 if signs[:1] == [" "] else 0
    end = len(signs) - 1 if len(signs) > start and signs[-1] == " " else len(signs)
    return "".join(signs[start:end]), places[start:end]


class Draft:
    """A document under construction; paragraphs are separated by a blank line.

    Raises UnreadableError (`too-much-text`) when the text passes the limit `text_characters`.
    """

    def __init__(self, limits: Mapping[str, int], **fields: Any) -> None:
        self._limits = limits
        self.fields: dict[str, Any] = {name: value for name, value in fields.items() if value}
        self._parts: list[str] = []
        self.length = 0
        self._regions: list[Region] = []
        self._locations: list[tuple[int, str]] = []
        self._heading = ""
        self._chapter = ""
        self._since = 0

    def heading(self, text: str) -> None:
        """Add a heading; the paragraphs after it are counted from it."""
        text = clean(text)
        if not text:
            return
        self._heading, self._since = _shortened(text), 0
        start = self._append(text, self._place("heading " + self._heading))
        self._regions.append(Region(start, self.length, "heading"))

    def paragraph(self, text: str, kind: str | None = None, label: str | None = None) -> None:
        """Add a paragraph of a kind (quote, code) under a label, or under its number."""
        text = clean(text)
        if not text:
            return
        self._since += 1
        number = f"paragraph {self._since}"
        where = f"heading {self._heading}, {number}" if self._heading else number
        start = self._append(text, label or self._place(where))
        if kind:
            self._regions.append(Region(start, self.length, kind))

    def chapter(self, label: str) -> None:
        """Begin a chapter or another large part: it stands before the heading in every label."""
        self._chapter, self._heading, self._since = label, "", 0

    def _place(self, where: str) -> str:
        return f"{self._chapter}, {where}" if self._chapter else where

    def block(self, text: str, label: str) -> None:
        """Add text whose lines matter, as it is but for unseen signs, under a label."""
        text = _COMPOSABLE.sub(_composed, text.translate(_DROP_UNSEEN)).strip()
        if text:
            self._append(text, label)

    def _append(self, text: str, label: str) -> int:
        start = self.length + 2 if self._parts else 0
        self.length = start + len(text)
        if self.length > self._limits["text_characters"]:
            raise over_limit("text_characters", self._limits, "the text is very long")
        self._parts.append(text)
        self._locations.append((start, label))
        return start

    def row(self) -> dict[str, Any]:
        """The document as plain values that JSON can carry. Raises UnreadableError when empty."""
        text = _whole("\n\n".join(self._parts))
        if not text.strip():
            raise UnreadableError("empty", "holds no text; nothing to read")
        fields = {
            name: _whole(clean(value)) if isinstance(value, str) else value
            for name, value in self.fields.items()
        }
        return {
            **fields,
            "text": text,
            "regions": [list(region) for region in self._regions],
            "locations": [[start, _whole(label)] for start, label in self._locations],
        }


def _shortened(text: str) -> str:
    return text if len(text) <= _LONGEST_LABEL else text[: _LONGEST_LABEL - 1].rstrip() + "…"


def _whole(text: str) -> str:
    """The text without lone surrogates, which no table can hold; lengths hold."""
    return text.encode("utf-8", "replace").decode("utf-8")
