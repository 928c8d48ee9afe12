"""Formats that others invented → documents, one module per family, each by a kept library.

A reader is given one page and yields drafts. It runs only in the guarded process (`sources/guard`),
so nothing here may import a table, a pack or a stage. Which module reads what stands below; the
module is imported when its format is first met.
"""

from __future__ import annotations

PACKAGE = "asobna.sources.readers"

#: Ending of a path → format. `xml` looks at the root element and hands on.
FORMAT_OF_ENDING: dict[str, str] = {
    ".docx": "docx",
    ".odt": "odt",
    ".epub": "epub",
    ".pdf": "pdf",
    ".rtf": "rtf",
    ".eml": "eml",
    ".rss": "xml",
    ".atom": "xml",
    ".xml": "xml",
    ".conllu": "conllu",
    ".warc": "warc",
    ".warc.gz": "warc",
    ".warc.zst": "warc",
}

#: Format → (module of this package, what to install where it is missing).
MODULE_OF_FORMAT: dict[str, str] = {
    "article": "articles",
    "docx": "word",
    "odt": "opendocument",
    "epub": "books",
    "pdf": "pdf",
    "rtf": "rich_text",
    "eml": "mail",
    "feed": "newsfeeds",
    "xml": "xml_roots",
    "parlamint": "parlamint",
    "hansard": "hansard",
    "conllu": "treebanks",
    "warc": "web_archives",
}

#: Formats that are read from the file itself, record by record, however large it is.
STREAMED = frozenset({"warc"})
#: Formats that may hold more than one document.
MANY = frozenset({"warc", "xml", "feed", "parlamint", "hansard", "conllu"})
GUARDED = frozenset(MODULE_OF_FORMAT)


def format_of_ending(path: str) -> str | None:
    """Format of a path that a guarded reader reads, or None."""
    name = path.lower()
    for ending, kind in FORMAT_OF_ENDING.items():
        if name.endswith(ending):
            return kind
    return None
