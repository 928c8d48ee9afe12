"""Markdown and HTML → the author's running text, every character in its old place.

Markup, code and addresses become spaces of the same length, so a position in the text is a position
in the file. What is not the author's own running text is named as a region.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from html.parser import HTMLParser
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from markdown_it.token import Token


class Region(NamedTuple):
    """A half-open span of code points and what it is: quote, code, heading or ignored."""

    start_cp: int
    end_cp: int
    kind: str


class Marked(NamedTuple):
    """Text of the same length as the file, and its regions in order."""

    text: str
    regions: list[Region]
    title: str | None


IGNORED = "ignored"
#: `<` before the next `>` of which a tag is expected; more of them are text.
MAX_NESTED_SIGNS = 20
_LONG = (("<!--", "-->"), ("<![", r"\]\s*\]\s*>"))
INVISIBLE_FILLER = "\u2060"  # word joiner: skeletons drop it, names end at it
_COMMENT = re.compile(r"<!--(.*?)(?:-->|$)", re.DOTALL)
_IGNORE = re.compile(
    r"\s*asobna:\s*ignore(?P<reach>-start|-end|-file)?(?P<rules>(?:\s+[\w.-]+,?)*?)"
    r"\s*(?:--|because|:)\s*(?P<reason>\S.*?)\s*$",
    re.DOTALL,
)
_WANTS_IGNORE = re.compile(r"\s*asobna:\s*ignore\b")


def plain_text(source: str) -> Marked:
    """A text file: nothing is markup but ignore comments."""
    regions = ignored_regions(source)
    return Marked(_blank(source, _COMMENT), regions, None)


def ignored_regions(source: str) -> list[Region]:
    """Spans that ignore comments cover; the kind is `ignored` and the rules named, if any.

    A comment without a reason covers nothing: see `unreasoned_ignores`.
    """
    regions: list[Region] = []
    opened: tuple[int, str] | None = None
    for comment in _COMMENT.finditer(source):
        found = _IGNORE.match(comment.group(1))
        if not found:
            continue
        kind = " ".join([IGNORED, *re.findall(r"[\w.-]+", found["rules"] or "")])
        reach = found["reach"]
        if reach == "-file":
            regions.append(Region(0, len(source), kind))
        elif reach == "-start":
            opened = (comment.start(), kind)
        elif reach == "-end" and opened:
            regions.append(Region(opened[0], comment.end(), opened[1]))
            opened = None
        elif reach is None:
            regions.append(_lines_around(source, comment, kind))
    if opened:
        regions.append(Region(opened[0], len(source), opened[1]))
    return regions


def unreasoned_ignores(source: str) -> list[int]:
    """Code-point offsets of ignore comments that give no reason and so are not honoured."""
    return [
        comment.start()
        for comment in _COMMENT.finditer(source)
        if _WANTS_IGNORE.match(comment.group(1)) and not _IGNORE.match(comment.group(1))
    ]


def _lines_around(source: str, comment: re.Match[str], kind: str) -> Region:
    """The line of the comment; the line after it too when the comment stands alone."""
    start = source.rfind("\n", 0, comment.start()) + 1
    end = source.find("\n", comment.end())
    end = len(source) if end < 0 else end
    if not (source[start : comment.start()] + source[comment.end() : end]).strip():
        following = source.find("\n", end + 1)
        end = len(source) if following < 0 else following
    return Region(start, end, kind)


def _blank(text: str, pattern: re.Pattern[str], group: int = 0) -> str:
    parts, at = [], 0
    for match in pattern.finditer(text):
        start, end = match.span(group)
        parts += [text[at:start], _blanks(text[start:end])]
        at = end
    return "".join(parts) + text[at:]


def _blanks(text: str, blank: str = " ") -> str:
    return re.sub(r"[^\n]", blank, text)


#: Stands for markup inside a line until the text around it is known.
_INSIDE = "\x00"
_BEFORE_CLOSING = re.compile(r"\x00+(?=[,.;:!?)\]’'])")


def _settled(text: str) -> str:
    """Markup inside a line blanked, and before a sign that closes made a sign no pattern sees: a
    name and its comma belong together, whatever stood between them.
    """
    text = _BEFORE_CLOSING.sub(lambda run: INVISIBLE_FILLER * len(run.group()), text)
    return text.replace(_INSIDE, " ")


# Markdown

_INLINE_CODE = re.compile(r"(`+)(?!`).*?(?<!`)\1(?!`)", re.DOTALL)
_LINK_TARGET = re.compile(
    r"(?<=\])\([^()\s]*(?:\([^()]*\)[^()\s]*)*(?:\s+[\"'(][^\n]*?[\"')])?\)|(?<=\])\[[^\]\n]*\]"
)
_REFERENCE = re.compile(r"^ {0,3}\[[^\]\n]+\]:.*$", re.MULTILINE)
_AUTOLINK = re.compile(r"<(?:https?|mailto|ftp):[^>\s]*>|\bhttps?://[^\s)>\]]+")
_TAG = re.compile(r"</?[A-Za-z][^<>\n]*>")
_MARKS = re.compile(
    r"(?<![\w])[*_~]{1,3}(?=\S)|(?<=\S)[*_~]{1,3}(?!\w)|\*{1,3}"  # emphasis
    r"|!?\[|\](?=[(\[\s\x00.,;:!?)]|$)"  # brackets of links
    r"|^ {0,3}#{1,6}(?=\s)|^ {0,3}>+ ?|^\s*[-*+](?=\s)"  # headings, quotations, lists
    r"|\\(?=[!-/:-@\[-`{-~])",  # escapes
    re.MULTILINE,
)
_FRONT_MATTER = re.compile(r"\A---\n.*?\n(?:---|\.\.\.)(?:\n|\Z)", re.DOTALL)
_CODE_TOKENS = {"fence", "code_block"}


def markdown_text(source: str) -> Marked:
    """Markdown by CommonMark blocks; code, addresses and marks are blanked."""
    from markdown_it import MarkdownIt  # noqa: PLC0415 longer to import than a text is to read

    regions = ignored_regions(source)
    front = _FRONT_MATTER.match(source)
    body = _blanks(front.group()) + source[front.end() :] if front else source
    starts = [0, *(m.end() for m in re.finditer("\n", body))]
    title = None
    for token in MarkdownIt("commonmark").enable("table").parse(body):
        if token.map is None:
            continue
        start, end = starts[token.map[0]], _line_start(starts, token.map[1], len(body))
        if token.type in _CODE_TOKENS:
            regions.append(Region(start, end, "code"))
            body = body[:start] + _blanks(body[start:end]) + body[end:]
        elif token.type == "blockquote_open":
            regions.append(Region(start, end, "quote"))
        elif token.type == "heading_open":
            regions.append(Region(start, end, "heading"))
            title = title or _heading_text(token, body[start:end])
    for pattern in (_COMMENT, _INLINE_CODE, _REFERENCE):
        body = _blank(body, pattern)
    for pattern in (_LINK_TARGET, _AUTOLINK, _TAG, _MARKS):
        body = pattern.sub(lambda mark: _blanks(mark.group(), _INSIDE), body)
    return Marked(_settled(body), sorted(regions), title)


def _line_start(starts: list[int], line: int, length: int) -> int:
    return starts[line] if line < len(starts) else length


def _heading_text(token: Token, line: str) -> str | None:
    return line.strip().strip("#=-\n ").split("\n")[0].strip() if token.tag == "h1" else None


# HTML

_SILENT = {
    "script",
    "style",
    "code",
    "pre",
    "kbd",
    "samp",
    "var",
    "template",
    "noscript",
    "svg",
    "math",
    "head",
    "nav",
    "textarea",
    "select",
    "button",
}
_QUOTING = {"blockquote", "q"}
_HEADING = {"h1", "h2", "h3", "h4", "h5", "h6"}
_INLINE = {
    "a",
    "abbr",
    "b",
    "bdi",
    "bdo",
    "big",
    "cite",
    "data",
    "del",
    "dfn",
    "em",
    "font",
    "i",
    "ins",
    "label",
    "mark",
    "q",
    "s",
    "small",
    "span",
    "strong",
    "sub",
    "sup",
    "time",
    "tt",
    "u",
    "wbr",
    "img",
    *_SILENT,
} - {"nav", "head", "pre"}
_VOID = frozenset(
    re.findall(r"\w+", "area base br col embed hr img input link meta source track wbr")
)


def html_text(source: str) -> Marked:
    """HTML by the standard library's parser; tags, code and navigation are blanked."""
    reader = _HtmlReader(source)
    reader.feed(_closable(source))
    reader.close()
    reader.finish()
    regions = sorted([*ignored_regions(source), *reader.regions])
    return Marked(_settled("".join(reader.parts)), regions, reader.title.strip() or None)


def _closable(source: str) -> str:
    """The source, a space for every `<` that opens what nothing closes; length and places hold.

    For each of those the parser would look through all that follows: a page of them took minutes.
    """
    signs = [match.start() for match in re.finditer("<(?=[a-zA-Z/!?])|>", source)]
    open_, nested = [], MAX_NESTED_SIGNS
    for at in reversed(signs):
        if source[at] == ">":
            nested = 0
        elif nested >= MAX_NESTED_SIGNS:
            open_.append(at)
        else:
            nested += 1
    for opening, closing in _LONG:
        ends = [match.start() for match in re.finditer(closing, source)]
        start = source.find(opening, ends[-1] if ends else 0)
        while start >= 0:
            open_.append(start)
            start = source.find(opening, start + 1)
    if not open_:
        return source
    letters = list(source)
    for at in open_:
        letters[at] = " "
    return "".join(letters)


class _HtmlReader(HTMLParser):
    """Copies character data to its old place and blanks everything else."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=False)
        self._source = source
        self._starts = [0, *(m.end() for m in re.finditer("\n", source))]
        self._done = 0
        self._silent: list[str] = []
        self._open: list[tuple[str, int]] = []
        self._in_title = False
        self.parts: list[str] = []
        self.regions: list[Region] = []
        self.title = ""

    def _here(self) -> int:
        line, column = self.getpos()
        return self._starts[line - 1] + column

    def _blank_to(self, end: int, block: bool = False) -> None:
        if end <= self._done:
            return
        hidden = self._source[self._done : end]
        if not block:
            self.parts.append(_soft(_blanks(hidden, _INSIDE)))
        elif len(hidden) > 1:
            self.parts.append("\n\n" + _blanks(hidden)[2:])
        else:
            self.parts.append(_blanks(hidden))
        self._done = end

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        start = self._here()
        self._blank_to(start)
        self._blank_to(start + len(self.get_starttag_text() or ""), tag not in _INLINE)
        if tag == "title":
            self._in_title = True
        if tag in _VOID:
            return
        if tag in _SILENT:
            self._silent.append(tag)
        if tag in _QUOTING or tag in _HEADING:
            self._open.append((tag, self._done))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._blank_to(self._here())

    def handle_endtag(self, tag: str) -> None:
        start = self._here()
        self._blank_to(start)
        end = self._source.find(">", start) + 1 or len(self._source)
        self._blank_to(end, tag not in _INLINE)
        self._in_title = self._in_title and tag != "title"
        if tag in self._silent:
            del self._silent[_last(self._silent, tag) :]
        names = [name for name, _ in self._open]
        if tag in names:
            index = _last(names, tag)
            kind = "quote" if tag in _QUOTING else "heading"
            self.regions.append(Region(self._open[index][1], start, kind))
            del self._open[index:]

    def handle_data(self, data: str) -> None:
        start = self._here()
        self._blank_to(start)
        if self._in_title:
            self.title += data
        if not self._silent:
            self.parts.append(_soft(data))
            self._done = start + len(data)

    def handle_entityref(self, name: str) -> None:
        self._character(f"&{name}")

    def handle_charref(self, name: str) -> None:
        self._character(f"&#{name}")

    def _character(self, reference: str) -> None:
        start = self._here()
        self._blank_to(start)
        length = len(reference) + self._source.startswith(";", start + len(reference))
        character = html.unescape(reference + ";")
        if len(character) == 1 and not self._silent:
            self.parts.append(character)
            self._done = start + 1
            self._hide(start + length)
        else:
            self._blank_to(start + length)

    def _hide(self, end: int) -> None:
        """Fill the rest of a character reference with signs that no pattern sees."""
        self.parts.append(INVISIBLE_FILLER * (end - self._done))
        self._done = end

    def finish(self) -> None:
        """Blank what is left after the last event."""
        self._blank_to(len(self._source))


def _soft(text: str) -> str:
    """Line ends of the source, which no reader of a page sees, as spaces."""
    return text.replace("\r", " ").replace("\n", " ")


def _last(items: list[str], wanted: str) -> int:
    return len(items) - 1 - items[::-1].index(wanted)


def region_at(regions: list[Region], place_cp: int, kind: str) -> Region | None:
    """The first region of a kind that holds a place, or None."""
    starts = [region.start_cp for region in regions]
    for region in regions[: bisect_right(starts, place_cp)]:
        if region.end_cp > place_cp and region.kind.split()[0] == kind:
            return region
    return None
