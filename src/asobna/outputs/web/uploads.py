"""A file someone dropped on the page → a draft. Packed formats are read in a guarded process."""

from __future__ import annotations

from typing import Any, NamedTuple

from asobna.documents import decode
from asobna.outputs.docx_comments import commented_document, commented_text
from asobna.outputs.drafts import READERS, Draft
from asobna.sources.files import format_of
from asobna.sources.guard import Guard, Read, Sheet

#: Formats beside text that hold one document a file; the page shows their text without layout.
PACKED = ("docx", "odt", "rtf", "pdf")
ENDINGS = (".txt", ".md", ".markdown", ".html", ".htm", *(f".{kind}" for kind in PACKED))


class Upload(NamedTuple):
    """A file as it was sent."""

    name: str
    content: bytes

    @property
    def format(self) -> str:
        """Its format, by its name."""
        return format_of(self.name)


def read_upload(upload: Upload) -> tuple[Draft, str]:
    """The draft in a file, and what is wrong with it, or an empty text. Never raises for content.

    A packed document becomes plain text: its findings count in what the page shows.
    """
    name, content = upload
    kind = upload.format
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


def word_document(upload: Upload | None, text: str, remarks: list[dict[str, Any]]) -> bytes:
    """A Word document with a comment for every remark: the file that was sent if it is one, else
    a new one of the text. Raises InputError when the file cannot be changed.
    """
    if upload is None or upload.format != "docx":
        return commented_text(text, remarks)
    with Guard() as guard:
        sheet = Sheet(upload.name, "docx", upload.content)
        return commented_document(sheet, remarks, len(text), guard)


def _lines(text: str) -> str:
    """Line ends as a text field counts them."""
    return text.replace("\r\n", "\n").replace("\r", "\n")
