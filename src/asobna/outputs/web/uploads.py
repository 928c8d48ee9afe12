"""A file someone dropped on the page → a draft. Packed formats are read in a guarded process."""

from __future__ import annotations

from asobna.documents import decode
from asobna.outputs.drafts import READERS, Draft
from asobna.sources.files import format_of
from asobna.sources.guard import Guard, Read, Sheet

#: Formats beside text that hold one document a file; the page shows their text without layout.
PACKED = ("docx", "odt", "rtf", "pdf")
ENDINGS = (".txt", ".md", ".markdown", ".html", ".htm", *(f".{kind}" for kind in PACKED))


def read_upload(name: str, content: bytes) -> tuple[Draft, str]:
    """The draft in a file, and what is wrong with it, or an empty text. Never raises for content.

    A packed document becomes plain text: its findings count in what the page shows.
    """
    kind = format_of(name)
    if kind in READERS:
        text, problem = decode(content)
        return Draft(_lines(text), None, kind), problem[1] if problem else ""
    if kind not in PACKED:
        return Draft(""), f"this page reads {', '.join(ENDINGS)}"
    with Guard() as guard:
        for found in guard.read([Sheet(name, kind, content)]):
            if isinstance(found, Read):
                return Draft(_lines(str(found.fields["text"]))), ""
            return Draft(""), found.detail
    return Draft(""), "it holds no text"


def _lines(text: str) -> str:
    """Line ends as a text field counts them."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
