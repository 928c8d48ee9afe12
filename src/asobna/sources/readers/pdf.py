"""PDF by pdfium (pypdfium2): text page by page, words put together again at line ends."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pypdfium2 as pdfium

from asobna.sources.readers.dates import dated
from asobna.sources.readers.drafts import Draft, Page, UnreadableError, over_limit

_HYPHENATED = re.compile(
    r"(?<=\w)(?:[\ufffe\u00ad\x02]-?|[-\u2010](?=\r?\n[^\W\d_A-ZА-ЯЁЎІ]))\r?\n"
)
_LEFTOVER = re.compile("[\ufffe\x02]")
_LINE_END = re.compile(r"\r\n?")
_NO_TEXT = "its pages hold pictures, not text; run text recognition first (for example ocrmypdf)"


def read(page: Page) -> Iterator[Draft]:
    """One document; every page begins a paragraph and a place."""
    try:
        document = pdfium.PdfDocument(page.content)
    except pdfium.PdfiumError as error:
        locked = "assword" in str(error)
        raise UnreadableError(
            "encrypted" if locked else "damaged",
            "it is protected by a password" if locked else "it is no whole PDF",
        ) from error
    with document:
        count = len(document)
        if count > page.limits["pdf_pages"]:
            raise over_limit("pdf_pages", page.limits, f"it has {count:,} pages")
        known = document.get_metadata_dict(skip_empty=True)
        draft = Draft(page.limits, title=known.get("Title"))
        days = [(known.get("ModDate"), "file"), (known.get("CreationDate"), "file")]
        draft.fields |= dated(days, page.today)
        for number in range(count):
            draft.block(_text(document, number), f"page {number + 1}")
    if not draft.length:
        raise UnreadableError("no-text-layer" if count else "damaged", _NO_TEXT)
    yield draft


def _text(document: pdfium.PdfDocument, number: int) -> str:
    try:
        sheet = document[number]
        text = sheet.get_textpage().get_text_range()
    except pdfium.PdfiumError:
        return ""
    text = _HYPHENATED.sub("", text)
    return _LINE_END.sub("\n", _LEFTOVER.sub("", text))
