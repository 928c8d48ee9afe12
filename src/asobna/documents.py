"""pages → documents: bytes become clean text in which every position is a position in the page.

A page that cannot be read becomes a row of REJECTS with a reason code and a sentence that says what
to do; it never raises.
"""

from __future__ import annotations

import codecs
from collections.abc import Callable, Iterator
from typing import Any

import pyarrow as pa

from asobna.limits import MAX_PAGE_BYTES
from asobna.markup import Marked, html_text, markdown_text, plain_text
from asobna.tables import DOCUMENTS, REJECTS, rows_to_table

_READERS: dict[str, Callable[[str], Marked]] = {
    "txt": plain_text,
    "md": markdown_text,
    "html": html_text,
}
_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SNIFFED_BYTES = 8192


def extract_documents(pages: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Read pages of known formats.

    pages: PAGES. Returns (DOCUMENTS with `lang` still empty, REJECTS), each in the order of pages.
    """
    documents: list[dict[str, Any]] = []
    rejects: list[dict[str, Any]] = []
    for page, content in each_page(pages):
        source, problem = decode(content)
        marked = _READERS[page["format"]](source) if not problem else None
        if marked is None or not marked.text.strip():
            reason, detail = problem or ("empty", f"{page['path']} holds no text; nothing to read")
            rejects.append(
                {
                    "path": page["path"],
                    "line": None,
                    "reason": reason,
                    "detail": f"{page['path']} {detail}" if problem else detail,
                }
            )
            continue
        documents.append(
            {
                "document_id": page["path"],
                "text": marked.text,
                "title": marked.title,
                "path": page["path"],
                "regions": [region._asdict() for region in marked.regions],
            }
        )
    return rows_to_table(documents, DOCUMENTS), rows_to_table(rejects, REJECTS)


def each_page(pages: pa.Table) -> Iterator[tuple[dict[str, Any], memoryview]]:
    """Each of PAGES beside its content, which stays in its place."""
    contents = (memoryview(content.as_buffer()) for content in pages.column("content"))
    return zip(pages.drop_columns(["content"]).to_pylist(), contents, strict=True)


def decode(content: bytes | memoryview) -> tuple[str, tuple[str, str] | None]:
    """Text of a page, or a (reason code, what is wrong and what to do).

    UTF-8, with or without a byte-order mark, and UTF-16 with one. Other encodings are not guessed:
    a wrong guess would corrupt names.
    """
    if len(content) > MAX_PAGE_BYTES:
        return "", (
            "too-large",
            f"has more than {MAX_PAGE_BYTES:,} bytes, the most read at once: split it, or give its "
            "parts as lines of JSONL",
        )
    beginning = bytes(content[:_SNIFFED_BYTES])
    for mark, encoding in _BOMS:
        if beginning.startswith(mark):
            return _decode(content, encoding)
    if b"\0" in beginning:
        return "", (
            "binary",
            "is a binary file, not text; give .txt, .md or .html, an archive unpacked",
        )
    return _decode(content, "utf-8")


def _decode(content: bytes | memoryview, encoding: str) -> tuple[str, tuple[str, str] | None]:
    try:
        return str(content, encoding), None
    except UnicodeDecodeError as error:
        return "", (
            "not-utf8",
            f"is not {encoding.upper()} (byte {error.start:,}); convert it, "
            "for example with: iconv -f WINDOWS-1252 -t UTF-8 (Cyrillic: WINDOWS-1251)",
        )
