"""EPUB: chapters in the order of the spine.

The kept libraries for EPUB are under the AGPL; the container is a zip file with one XML list, so
zipfile, lxml and resiliparse read it.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote
from zipfile import ZipFile

from lxml import etree
from resiliparse.parse.html import HTMLTree

from asobna.sources.readers.articles import add_html, decode_html
from asobna.sources.readers.dates import dated
from asobna.sources.readers.drafts import Draft, Page, UnreadableError, clean
from asobna.sources.readers.packing import open_archive, parse_xml, read_entry

_CONTAINER = "META-INF/container.xml"
_HTML = ("application/xhtml+xml", "text/html")


def read(page: Page) -> Iterator[Draft]:
    """One document; every file of the spine is a chapter."""
    with open_archive(page.content, page.limits) as archive:
        path = _package_path(archive)
        package = parse_xml(read_entry(archive, path))
        draft = Draft(
            page.limits, title=_meta(package, "title"), source=_meta(package, "publisher")
        )
        draft.fields |= dated([(_meta(package, "date"), "stated")], page.today)
        for number, name in enumerate(_spine(package, posixpath.dirname(path)), 1):
            _add_chapter(draft, read_entry(archive, name), number)
    yield draft


def _package_path(archive: ZipFile) -> str:
    root = parse_xml(read_entry(archive, _CONTAINER))
    for element in root.iter("{*}rootfile"):
        if element.get("full-path"):
            return str(element.get("full-path"))
    raise UnreadableError("damaged", "its container names no package")


def _meta(package: etree._Element, name: str) -> str | None:
    found = package.find(f"{{*}}metadata/{{http://purl.org/dc/elements/1.1/}}{name}")
    return found.text if found is not None else None


def _spine(package: etree._Element, folder: str) -> Iterator[str]:
    """Names of the chapters inside the archive, in reading order; tables of contents left out."""
    items: dict[str | None, Any] = {
        item.get("id"): item for item in package.iterfind("{*}manifest/{*}item")
    }
    for reference in package.iterfind("{*}spine/{*}itemref"):
        item = items.get(reference.get("idref"))
        if item is None or item.get("media-type") not in _HTML:
            continue
        if "nav" not in (item.get("properties") or "").split():
            yield posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "")))


def _add_chapter(draft: Draft, content: bytes, number: int) -> None:
    tree = HTMLTree.parse(decode_html(content, None))
    heading = tree.document.query_selector("h1, h2, h3") if tree.document else None
    named = clean(heading.text or "") if heading is not None else ""
    draft.chapter(f"chapter {named[:80] or number}")
    add_html(draft, tree, main_content=False)
