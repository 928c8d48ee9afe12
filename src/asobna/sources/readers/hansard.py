"""Debates of the UK Parliament as TheyWorkForYou and ParlParse publish them, by lxml."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from lxml import etree

from asobna.sources.readers.dates import dated
from asobna.sources.readers.drafts import Draft, Page, clean
from asobna.sources.readers.packing import parse_xml

_DAY = re.compile(r"(\d{4}-\d{2}-\d{2})")
_HEADINGS = ("oral-heading", "major-heading", "minor-heading")
_SKIPPED = ("table",)
_CHAMBER = re.compile(r"uk\.org\.publicwhip/(\w+)/")
_SOURCES = {"debate": "House of Commons", "lords": "House of Lords",
    "westminhall": "Westminster Hall",
            "wrans": "Written answers", "wms": "Written statements"}  # fmt: skip


def read(page: Page) -> Iterator[Draft]:
    """One document for every speech. ParlParse keeps parties in another file: none is given."""
    titles = {"major-heading": "", "minor-heading": ""}
    for element in parse_xml(page.content):
        if element.tag in _HEADINGS:
            kind = "minor-heading" if element.tag == "minor-heading" else "major-heading"
            titles[kind] = clean("".join(map(str, element.itertext())))
            if kind == "major-heading":
                titles["minor-heading"] = ""
        elif element.tag in ("speech", "reply", "ques"):
            draft = _speech(element, page, titles)
            if draft.length:
                yield draft


def _speech(element: etree._Element, page: Page, titles: dict[str, str]) -> Draft:
    identity = element.get("id") or ""
    chamber = _CHAMBER.match(identity)
    draft = Draft(
        page.limits,
        document_id=identity,
        title=": ".join(filter(None, titles.values())),
        speaker=element.get("speakername") if element.get("nospeaker") != "true" else None,
        source=_SOURCES.get(chamber[1]) if chamber else None,
        url=element.get("url"),
        kind="parliament",
    )
    known = _DAY.search(identity) or _DAY.search(PurePath(page.path).name)
    draft.fields |= dated([(known[1] if known else None, "stated")], page.today)
    column = element.get("colnum")
    for number, paragraph in enumerate(_paragraphs(element), 1):
        where = f"column {column}, paragraph {number}" if column else f"paragraph {number}"
        draft.paragraph("".join(map(str, paragraph.itertext())), _kind(paragraph), where)
    return draft


def _paragraphs(element: etree._Element) -> list[etree._Element]:
    found = [child for child in element if isinstance(child.tag, str) and child.tag not in _SKIPPED]
    return found or [element]


def _kind(paragraph: etree._Element) -> str | None:
    quoted = paragraph.tag == "blockquote" or "indent" in (paragraph.get("class") or "")
    return "quote" if quoted else None
