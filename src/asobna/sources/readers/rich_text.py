"""RTF by striprtf: text and paragraphs."""

from __future__ import annotations

from collections.abc import Iterator

from striprtf.striprtf import rtf_to_text

from asobna.sources.readers.drafts import Draft, Page, UnreadableError


def read(page: Page) -> Iterator[Draft]:
    """One document; RTF says neither its headings nor its date in a way that can be relied on."""
    if not page.content.lstrip().startswith(b"{\\rtf"):
        raise UnreadableError("damaged", "it is no RTF: such a file begins with {\\rtf")
    draft = Draft(page.limits)
    for line in rtf_to_text(  # type: ignore[no-untyped-call]
        page.content.decode("latin-1"), errors="replace"
    ).split("\n"):
        draft.paragraph(line)
    yield draft
