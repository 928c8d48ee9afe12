"""`asobna lsp`: findings in an editor, with reason, source and quick fixes.

Positions go out in the unit the editor negotiated and come back through `EditorText`. Quick fixes
are made from our own findings: some editors echo diagnostics with ranges in another unit.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import unquote, urlsplit

import click

from asobna.errors import ConfigError, PositionError
from asobna.outputs.drafts import (
    READERS,
    Checked,
    Draft,
    Reference,
    check_draft,
    chosen,
    make_reference,
    reason,
    whole_text,
)
from asobna.outputs.terminal import fact_line
from asobna.packs import read_packs
from asobna.positions import (
    Lines,
    bytes_to_code_points,
    code_points_to_bytes,
    code_points_to_utf16,
    utf16_to_code_points,
)
from asobna.settings import Settings, find_settings
from asobna.sources.files import format_of

_FORMATS = {"markdown": "md", "html": "html", "plaintext": "txt"}
_MARKDOWN_SIGNS = re.compile(r"([\\`*_{}\[\]()#+!<>|~-])")
#: What an ignore comment asks its writer to fill in.
SAY_WHY = "say why"

_OUT: dict[str, Callable[[str, int], int]] = {
    "utf-8": code_points_to_bytes,
    "utf-16": code_points_to_utf16,
    "utf-32": lambda _, offset: offset,
}
_BACK: dict[str, Callable[[str, int], int]] = {
    "utf-8": lambda text, units: bytes_to_code_points(text.encode(), [units])[0],
    "utf-16": utf16_to_code_points,
    "utf-32": lambda _, units: units,
}


class EditorText:
    """A text with positions as an editor counts them: line and unit from 0."""

    def __init__(self, text: str, encoding: str) -> None:
        self.text = text
        self._lines = Lines(text)
        self._encoding = encoding

    def position(self, offset_cp: int) -> tuple[int, int]:
        """Line and unit of a code-point offset."""
        line, column = self._lines.place(offset_cp)
        start, _ = self._lines.span(line)
        head = self.text[start : start + column - 1]
        return line - 1, _OUT[self._encoding](head, len(head))

    def offset(self, line: int, unit: int) -> int:
        """Code-point offset of a position; one past a line or the text is its end."""
        if line >= self._lines.count:
            return len(self.text)
        start, end = self._lines.span(line + 1)
        inside = self.text[start:end]
        units = min(unit, _OUT[self._encoding](inside, len(inside)))
        while units > 0:
            try:
                return start + _BACK[self._encoding](inside, units)
            except PositionError:  # inside a character: the editor means its start
                units -= 1
        return start

    def line_end(self, offset_cp: int) -> int:
        """Code-point offset of the end of the line that holds an offset."""
        return self._lines.span(self._lines.place(offset_cp).line)[1]

    def changed(self, start: tuple[int, int], end: tuple[int, int], text: str) -> str:
        """The text with a range replaced."""
        first, last = self.offset(*start), self.offset(*end)
        return self.text[:first] + text + self.text[max(first, last) :]


class Open(NamedTuple):
    """A document open in the editor, and what was found when it was last checked."""

    uri: str
    version: int
    format: str
    text: EditorText
    checked: Checked | None


class Desk:
    """Documents that are open, and their findings. Knows nothing of the protocol's objects."""

    def __init__(self, reference: Reference, encoding: str = "utf-16") -> None:
        self.reference = reference
        self.encoding = encoding
        self.documents: dict[str, Open] = {}

    def open(self, uri: str, text: str, number: int, language: str = "") -> None:
        """Take a document, or its new text."""
        kept = self.documents.get(uri)
        kind = kept.format if kept else _FORMATS.get(language) or format_of(file_of(uri))
        content = EditorText(whole_text(text), self.encoding)
        self.documents[uri] = Open(uri, number, kind if kind in READERS else "txt", content, None)

    def close(self, uri: str) -> None:
        """Forget a document."""
        self.documents.pop(uri, None)

    def checked(self, uri: str) -> Checked:
        """What was found in a document; it is checked when it has changed since."""
        document = self.documents[uri]
        if document.checked is None:
            settings = project_settings(uri)
            draft = Draft(document.text.text, settings.lang, document.format, file_of(uri))
            found = check_draft(draft, self.reference.packs)
            kept = chosen(found.findings, list(settings.select), list(settings.ignore))
            document = document._replace(checked=found._replace(findings=kept))
            self.documents[uri] = document
        assert document.checked is not None
        return document.checked

    def findings_at(self, uri: str, start_cp: int, end_cp: int) -> list[dict[str, Any]]:
        """Findings whose span touches a half-open range; an empty one is a caret."""
        return [
            row
            for row in self.checked(uri).findings
            if row["start_cp"] <= end_cp and start_cp <= row["end_cp"]
        ]


def file_of(uri: str) -> str:
    """Path of a file address; any other address as it is."""
    parts = urlsplit(uri)
    return unquote(parts.path) if parts.scheme == "file" else uri


def project_settings(uri: str) -> Settings:
    """Settings of the project that holds a document; the defaults when they are broken."""
    path = Path(file_of(uri))
    try:
        return find_settings(path.parent) if path.is_absolute() else Settings()
    except ConfigError:
        return Settings()


def hover_text(rows: list[dict[str, Any]], reference: Reference) -> str:
    """Markdown: message, reason, wordings and dated facts of findings."""
    parts = []
    for row in rows:
        lines = [f"**{_plain(row['message'])}**", _plain(reason(row))]
        lines += [f"- {_plain(wording)}" for wording in row["wordings"]]
        lines += [_fact(fact) for fact in reference.cited(row)]
        lines.append(f"`{row['rule_id']}`")
        parts.append("\n\n".join(lines))
    return "\n\n---\n\n".join(parts)


def _plain(text: str) -> str:
    return _MARKDOWN_SIGNS.sub(r"\\\1", " ".join(text.split()))


def _fact(fact: dict[str, Any]) -> str:
    link = next((s["url"] for s in fact["sources"] if s.get("url", "").startswith("http")), "")
    line = fact_line({**fact, "sources": [{**s, "url": ""} for s in fact["sources"]]})
    return f"{_plain(line)}" + (f" <{link}>" if link else "")


def ignore_comment(rule_id: str) -> str:
    """Comment that ignores a rule on its line, once its reason is filled in."""
    return f" <!-- asobna: ignore {rule_id} -- {SAY_WHY} -->"


@click.command("lsp")
@click.option("--lang", multiple=True, metavar="CODE", help="Load only these packs.")
def lsp_command(lang: tuple[str, ...]) -> int:
    """Speak the Language Server Protocol on standard input and output."""
    try:
        from asobna.outputs.lsp_server import make_server  # noqa: PLC0415 heavy
    except ImportError as error:
        raise ConfigError(
            f"the language server needs one more package ({error.name}): pip install 'asobna[lsp]'"
        ) from error
    make_server(make_reference(read_packs(only=lang))).start_io()
    return 0
