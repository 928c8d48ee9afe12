"""DOCX, opened by python-docx: paragraphs in order, with inserted and without deleted text."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any, NamedTuple
from zipfile import BadZipFile

import docx
from docx.oxml.ns import qn

from asobna.sources.readers.dates import dated
from asobna.sources.readers.drafts import Draft, Page, UnreadableError
from asobna.sources.readers.packing import judge_package, not_xml

_DELETED = {qn("w:del"), qn("w:moveFrom"), qn("w:txbxContent"), qn("w:rPr"), qn("w:pPr"),
            "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"}  # fmt: skip
_TEXT = qn("w:t")
_SIGNS = {qn("w:tab"): " ", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-",
          qn("w:ptab"): " "}  # fmt: skip
_QUOTING = ("quote", "intense quote", "block text", "quotations", "block quote")
_CODE = ("html preformatted", "preformatted text", "source code", "code", "macro text")
_MAX_STYLES_DEEP = 20


class Paragraph(NamedTuple):
    """One w:p: its element, its kind (heading, quote, code or None) and its pieces of text."""

    element: Any
    kind: str | None
    pieces: list[tuple[Any, str]]

    @property
    def text(self) -> str:
        """The text as a reader of the document sees it."""
        return "".join(text for _, text in self.pieces)


def read(page: Page) -> Iterator[Draft]:
    """One document: body, tables and text boxes, with headings and quotations marked."""
    document = open_document(page)
    properties = document.core_properties
    draft = Draft(page.limits, title=properties.title)
    for paragraph in paragraphs(document):
        add_to(draft, paragraph)
    changed, made = _moment(properties, "modified"), _moment(properties, "created")
    draft.fields |= dated([(changed, "file"), (made, "file")], page.today)
    yield draft


def add_to(draft: Draft, paragraph: Paragraph) -> None:
    """Add one paragraph to a draft, as it is read and as comments find it again."""
    if paragraph.kind == "heading":
        draft.heading(paragraph.text)
    else:
        draft.paragraph(paragraph.text, paragraph.kind)


def open_document(page: Page) -> Any:
    """The document as python-docx knows it. Raises UnreadableError."""
    judge_package(page.content, page.limits).close()
    try:
        return docx.Document(io.BytesIO(page.content))
    except (KeyError, ValueError, AttributeError, BadZipFile) as error:
        raise UnreadableError("damaged", "it is no Word document, or a part is missing") from error
    except SyntaxError as error:
        raise not_xml(error) from error


def _moment(properties: Any, name: str) -> str | None:
    try:
        moment = getattr(properties, name)
    except (ValueError, OverflowError, TypeError):
        return None
    return moment.date().isoformat() if moment else None


def paragraphs(document: Any) -> Iterator[Paragraph]:
    """Every paragraph of the body in order, tables and text boxes included."""
    kinds = _kinds_of_styles(document)
    for element in document.element.body.iter(qn("w:p")):
        if any(parent.tag.endswith("}Fallback") for parent in element.iterancestors()):
            continue
        yield Paragraph(element, _kind(element, kinds), list(_pieces(element)))


def _pieces(element: Any) -> Iterator[tuple[Any, str]]:
    """(element, text) of everything in a paragraph that is read, deleted text left out."""
    for child in element:
        if child.tag in _DELETED:
            continue
        if child.tag == _TEXT:
            yield child, child.text or ""
        elif child.tag in _SIGNS:
            yield child, _SIGNS[child.tag]
        else:
            yield from _pieces(child)


def _kind(element: Any, kinds: dict[str, str]) -> str | None:
    style = element.find(f"{qn('w:pPr')}/{qn('w:pStyle')}")
    level = element.find(f"{qn('w:pPr')}/{qn('w:outlineLvl')}")
    if level is not None and level.get(qn("w:val")) in tuple("012345678"):
        return "heading"
    return kinds.get(style.get(qn("w:val"), "")) if style is not None else None


def _kinds_of_styles(document: Any) -> dict[str, str]:
    """Style id → kind; a style inherits the kind of the style it is based on."""
    names, parents = {}, {}
    for style in document.styles.element.findall(qn("w:style")):
        identity = style.get(qn("w:styleId"), "")
        name, parent = style.find(qn("w:name")), style.find(qn("w:basedOn"))
        names[identity] = (name.get(qn("w:val"), "") if name is not None else "").lower()
        parents[identity] = parent.get(qn("w:val"), "") if parent is not None else ""
    kinds = {}
    for identity in names:
        at, steps = identity, 0
        while at and steps < _MAX_STYLES_DEEP:
            kind = _kind_of_name(names.get(at, ""))
            if kind:
                kinds[identity] = kind
                break
            at, steps = parents.get(at, ""), steps + 1
    return kinds


def _kind_of_name(name: str) -> str | None:
    if name.startswith("heading") or name in ("title", "subtitle"):
        return "heading"
    if name in _QUOTING:
        return "quote"
    return "code" if name in _CODE else None


def edit(page: Page, order: dict[str, Any]) -> bytes:
    """The document with comments at exact words; see `word_comments.annotate`."""
    from asobna.sources.readers.word_comments import annotate  # noqa: PLC0415 only when asked

    return annotate(page, order)
