"""ODT, opened by odfdo: paragraphs and headings in order; deletions and remarks left out."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

from lxml import etree
from odfdo import Document

from asobna.sources.readers.dates import dated
from asobna.sources.readers.drafts import Draft, Page, UnreadableError
from asobna.sources.readers.packing import judge_package, not_xml

_XPATH = (
    "//text:p[not(ancestor::text:tracked-changes) and not(ancestor::office:annotation)]"
    " | //text:h[not(ancestor::text:tracked-changes)]"
)
_KINDS = {
    "heading": ("Title", "Subtitle"),
    "quote": ("Quotations", "Quote", "Block_20_Text", "Intense_20_Quote"),
    "code": ("Preformatted_20_Text", "Source_20_Text"),
}
_MAX_STYLES_DEEP = 20


def read(page: Page) -> Iterator[Draft]:
    """One document: headings, paragraphs, lists and tables in order."""
    judge_package(page.content, page.limits).close()
    try:
        document = Document(io.BytesIO(page.content))
        body, meta = document.body, document.meta
    except etree.XMLSyntaxError as error:
        raise not_xml(error) from error
    except (KeyError, ValueError, AttributeError, TypeError) as error:
        raise UnreadableError(
            "damaged", "it is no OpenDocument text, or a part is missing"
        ) from error
    draft = Draft(page.limits, title=_or_none(meta, "title"))
    parents = _parent_styles(document)
    for element in body.xpath(_XPATH):
        _add(draft, element, parents)
    days = [(_day(meta, "date"), "file"), (_day(meta, "creation_date"), "file")]
    draft.fields |= dated(days, page.today)
    yield draft


def _add(draft: Draft, element: Any, parents: dict[str, str]) -> None:
    text = _text(element)
    kind = _kind(element.get_attribute_string("text:style-name") or "", parents)
    if element.tag == "text:h" or kind == "heading":
        draft.heading(text)
    else:
        draft.paragraph(text, kind)


def _kind(style: str, parents: dict[str, str]) -> str | None:
    """Kind of a style or of the nearest style it is made from."""
    for _ in range(_MAX_STYLES_DEEP):
        for kind, names in _KINDS.items():
            if style in names:
                return kind
        style = parents.get(style, "")
    return None


def _text(element: Any) -> str:
    """Text of a paragraph: what stands in notes, remarks and nested paragraphs is not of it."""
    parts = [element.text or ""]
    for child in element.children:
        if child.tag in ("text:s", "text:tab", "text:line-break"):
            parts.append(" ")
        elif child.tag not in ("office:annotation", "text:note", "draw:frame", "text:p", "text:h"):
            parts.append(_text(child))
        parts.append(child.tail or "")
    return "".join(parts)


def _parent_styles(document: Any) -> dict[str, str]:
    """Paragraph style → the style it is made from."""
    found = {}
    for style in document.get_styles("paragraph"):
        name = style.get_attribute_string("style:name")
        parent = style.get_attribute_string("style:parent-style-name")
        if name and parent:
            found[name] = parent
    return found


def _or_none(meta: Any, name: str) -> str | None:
    value = getattr(meta, name, None)
    return str(value) if value else None


def _day(meta: Any, name: str) -> str | None:
    try:
        return _or_none(meta, name)
    except (ValueError, TypeError, OverflowError):
        return None
