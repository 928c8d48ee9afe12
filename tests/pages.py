"""Pages of sentences that are tests: `- text with one [[mention]] → standing; key=value; …`.

Sentences still misread are named, with the reason, in a known_failures.toml beside the pages; one
that starts to pass fails until it is taken out.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any, NamedTuple

import pytest

_LINE = re.compile(r"- (.*?)\[\[(.*?)\]\](.*) → (.*)")


class Sentence(NamedTuple):
    """One line: its page, the line, the text, the bracketed span and what must come out."""

    page: Path
    line: str
    text: str
    span: tuple[int, int]
    standing: str
    attributes: dict[str, str]


def read_pages(folder: Path) -> list[Sentence]:
    """Every sentence line of every page below a folder; `page` is relative to it."""
    return [
        read_line(path.relative_to(folder), line.strip())
        for path in sorted(folder.rglob("*.md"))
        for line in path.read_text(encoding="utf-8").splitlines()
        if line.startswith("- ") and "[[" in line
    ]


def read_line(page: Path, line: str) -> Sentence:
    """The sentence of a line; a line of another form fails."""
    match = _LINE.fullmatch(line)
    assert match, f"{page}: not a sentence line: {line}"
    before, mention, after, expected = match.groups()
    standing, *rest = [part.strip() for part in expected.split(";")]
    span = (len(before), len(before) + len(mention))
    attributes = dict(part.split("=", 1) for part in rest)
    return Sentence(page, line, before + mention + after, span, standing, attributes)


def read_known_failures(folder: Path) -> dict[str, str]:
    """line → why it is still misread."""
    text = (folder / "known_failures.toml").read_text(encoding="utf-8")
    return {entry["line"]: entry["why"] for entry in tomllib.loads(text).get("failure", [])}


def as_param(sentence: Sentence, known: dict[str, str]) -> Any:
    """The sentence as a parameter, a strict expected failure where it is known to fail."""
    why = known.get(sentence.line)
    marks = [pytest.mark.xfail(strict=True, reason=why)] if why else []
    name = f"{sentence.page.as_posix().removesuffix('.md')}: {sentence.text}"
    return pytest.param(sentence, id=name, marks=marks)
