"""Web pages as articles: main content by resiliparse, title and date by what the page declares.

Navigation, advertising and comments are left out. A byline is not kept: a table of who wrote what
would be a list of journalists.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from resiliparse.extract.html2text import extract_plain_text
from resiliparse.parse.encoding import bytes_to_str, detect_encoding
from resiliparse.parse.html import HTMLTree

from asobna.sources.readers.dates import dated
from asobna.sources.readers.drafts import Draft, Page

# A private-use sign that stands before each paragraph of a quotation while the text is extracted.
_QUOTED = "\ue000"
_PARTS = "p, li, h1, h2, h3, h4, h5, h6, pre"
_HEADINGS = ("h1", "h2", "h3", "h4", "h5", "h6")
_PUBLISHED = ("article:published_time", "datepublished", "date", "dc.date", "dc.date.issued",
              "dcterms.created", "dcterms.issued", "citation_publication_date", "pubdate",
              "parsely-pub-date", "sailthru.date", "publish-date")  # fmt: skip
_UPDATED = ("article:modified_time", "datemodified", "og:updated_time", "last-modified",
            "dcterms.modified")  # fmt: skip
_MAX_JSON_LD = 200_000
#: Main content shorter than this is doubted: then all of the page is taken.
_LEAST_CP = 40


def read(page: Page) -> Iterator[Draft]:
    """One document: the article of a page, or the whole page where no article is found."""
    yield draft_of_html(decode_html(page.content, page.encoding), page, [])


def decode_html(content: bytes, encoding: str | None) -> str:
    """Text of an HTML page: by its declared encoding where that holds, else by its looks."""
    for name in (encoding, "utf-8-sig"):
        if name:
            try:
                return content.decode(name)
            except (UnicodeDecodeError, LookupError):
                continue
    return str(
        bytes_to_str(
            content,
            detect_encoding(content, from_html_meta=True) or "utf-8",
            "replace",
            ("utf-8", "cp1252"),
        )
    )


def draft_of_html(html: str, page: Page, dates: Iterable[tuple[str | None, str]]) -> Draft:
    """A draft of an HTML text; `dates` are what is known beside the page, the least trusted."""
    tree = HTMLTree.parse(html)
    declared = _declared(tree)
    draft = Draft(
        page.limits,
        title=_first(declared, ("og:title", "twitter:title", "headline")) or tree.title,
        source=_first(declared, ("og:site_name", "publisher")) or _host(page.url),
        url=page.url or _first(declared, ("og:url",)),
        kind="news" if _first(declared, ("og:type",)) == "article" else None,
    )
    candidates = [(declared.get(name), "stated") for name in (*_PUBLISHED, "time")]
    candidates += [(declared.get(name), "updated") for name in _UPDATED]
    known = [item for item in (*candidates, *dates) if item[0]]
    draft.fields |= dated(known, page.today)
    add_html(draft, tree, main_content=True)
    if draft.length < _LEAST_CP:
        whole = Draft(page.limits, **draft.fields)
        add_html(whole, HTMLTree.parse(html), main_content=False)
        return whole
    return draft


def add_html(draft: Draft, tree: Any, *, main_content: bool) -> None:
    """Add headings and paragraphs of a tree to a draft; quotations become regions."""
    reduced = extract_plain_text(
        _with_marked_quotations(tree),
        preserve_formatting="minimal_html",
        main_content=main_content,
        list_bullets=False,
        alt_texts=False,
        comments=False,
    )
    body = HTMLTree.parse(reduced).body
    node = body.first_child if body is not None else None
    while node is not None:  # the library's list of children takes the square of their number
        for text in (node.text or "").split("\n\n"):
            _add(draft, node.tag, text)
        node = node.next


def _with_marked_quotations(tree: Any) -> Any:
    """The tree with a sign before every paragraph of a quotation; parsed anew, because the
    extraction of main content does not see nodes that were put in later.
    """
    quotations = tree.document.query_selector_all("blockquote")
    for quotation in quotations:
        for part in quotation.query_selector_all(_PARTS) or [quotation]:
            if part.first_child is not None:
                part.insert_before(tree.create_text_node(_QUOTED), part.first_child)
    return HTMLTree.parse(tree.document.html) if quotations else tree


def _add(draft: Draft, tag: str | None, text: str) -> None:
    plain = text.replace(_QUOTED, "")
    if tag in _HEADINGS and plain == text:
        draft.heading(plain)
    else:
        draft.paragraph(plain, "quote" if plain != text else "code" if tag == "pre" else None)


def _declared(tree: Any) -> dict[str, str]:
    """Lower-case name → value of everything the page declares about itself, first one wins."""
    found: dict[str, str] = {}
    for element in tree.document.query_selector_all("meta"):
        name = element.getattr("property") or element.getattr("name") or element.getattr("itemprop")
        value = element.getattr("content")
        if name and value:
            found.setdefault(name.lower(), value)
    for script in tree.document.query_selector_all('script[type="application/ld+json"]'):
        _add_json_ld(script.text, found)
    for element in tree.document.query_selector_all("time[datetime]"):
        found.setdefault("time", element.getattr("datetime") or "")
    return found


def _add_json_ld(text: str, found: dict[str, str]) -> None:
    """Dates, headline and publisher of schema.org articles in JSON-LD."""
    if len(text) > _MAX_JSON_LD:
        return
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return
    waiting = data if isinstance(data, list) else [data]
    for item in waiting[:50]:
        if not isinstance(item, dict):
            continue
        graph = item.get("@graph")
        waiting += graph[:50] if isinstance(graph, list) and len(waiting) < 50 else []
        for name in ("datePublished", "dateModified", "headline"):
            if isinstance(item.get(name), str):
                found.setdefault(name.lower(), item[name])
        publisher = item.get("publisher")
        if isinstance(publisher, dict) and isinstance(publisher.get("name"), str):
            found.setdefault("publisher", publisher["name"])


def _first(declared: dict[str, str], names: Iterable[str]) -> str | None:
    return next((declared[name] for name in names if declared.get(name)), None)


def _host(url: str | None) -> str | None:
    return (urlsplit(url).hostname or None) if url else None
