"""Findings for a person at a terminal: grouped by file, the line shown, the span marked."""

from __future__ import annotations

import os
import shutil
import textwrap
import unicodedata
from collections import Counter
from typing import Any, NamedTuple, TextIO

import click

from asobna.positions import Lines

SEVERITY_WORDS = {"E": "error", "S": "style", "C": "consider"}
_COLOURS = {"E": "red", "S": "cyan", "C": "yellow"}
_WIDEST = 100
_CONTROL = dict.fromkeys([*range(32), 127, *range(8234, 8239), *range(8294, 8298), 8206, 8207], "·")


class _Page(NamedTuple):
    stream: TextIO
    width: int
    colour: bool

    def say(self, text: str = "", **style: Any) -> None:
        self.stream.write((click.style(text, **style) if self.colour and style else text) + "\n")

    def wrapped(self, text: str, label: str) -> None:
        indent = " " * 10
        for line in textwrap.wrap(
            text,
            self.width,
            initial_indent=f"{label:>8}  ",
            subsequent_indent=indent,
            break_on_hyphens=False,
            break_long_words=False,
        ):
            self.say(line)


class _Source(NamedTuple):
    """A text with its lines, which are looked for once and not for every finding."""

    text: str
    lines: Lines


def _page(stream: TextIO) -> _Page:
    colour = stream.isatty() and "NO_COLOR" not in os.environ
    return _Page(stream, min(shutil.get_terminal_size().columns, _WIDEST) - 1, colour)


def write_findings(
    findings: list[dict[str, Any]],
    sources: dict[str, str],
    stream: TextIO,
) -> None:
    """Write findings, placed by line and column, file by file; nothing for no findings. Each has
    the facts that it cites and that may be shown.

    A reason and a fact are told once a file: a writer reads them once.
    """
    page = _page(stream)
    told: set[str] = set()
    path, source = None, _Source("", Lines(""))
    for row in findings:
        if row["path"] != path:
            path = row["path"]
            told = set()
            page.say(_inert(str(path)), bold=True)
            source = _Source(sources[str(path)], Lines(sources[str(path)]))
        _write_finding(page, row, source)
        _write_reason(page, row, told)
    if findings:
        page.say(_summary(findings))


def _write_finding(page: _Page, row: dict[str, Any], source: _Source) -> None:
    severity = row["severity"]
    place = _inert(row["location"] or f"{row['line']}:{row['column']}")
    head = f"  {place}  {SEVERITY_WORDS[severity]}  {row['rule_id']}"
    page.say(head, fg=_COLOURS[severity])
    _write_line(page, row, source)
    page.wrapped(_inert(row["message"]), "")
    if row["wordings"]:
        page.wrapped(" · ".join(f"“{_inert(w)}”" for w in row["wordings"]), "write")


def _write_reason(page: _Page, row: dict[str, Any], told: set[str]) -> None:
    if row["because"] not in told:
        page.wrapped(row["because"], "why")
        if row["advice"] and not row["wordings"]:
            page.wrapped(row["advice"], "try")
    for fact in foremost(row["facts"]):
        if fact["id"] not in told:
            page.wrapped(fact_line(fact), "fact")
            told.add(fact["id"])
    told.add(row["because"])
    page.say()


def _write_line(page: _Page, row: dict[str, Any], source: _Source) -> None:
    """The line of the finding, cut to the terminal around the span, with marks below it."""
    if not source.text:
        return
    start, end = source.lines.span(row["line"])
    line = _inert(source.text[start:end])
    left, right = row["column"] - 1, row["end_column"] - 1
    if row["end_line"] != row["line"]:
        right = len(line)
    room = page.width - 10
    cut = max(0, min(left - 12, len(line) - room)) if len(line) > room else 0
    shown = line[cut : cut + room]
    shown = "…" + shown[1:] if cut else shown
    shown = shown[:-1] + "…" if cut + room < len(line) else shown
    page.say(" " * 10 + shown)
    marks = _columns(shown[: left - cut]) * " " + _columns(shown[left - cut : right - cut]) * "^"
    page.say(" " * 10 + marks, fg=_COLOURS[row["severity"]])


def _inert(text: str) -> str:
    """Text that cannot steer a terminal: control and direction characters become a dot."""
    return text.replace("\t", " ").translate(_CONTROL)


def _columns(text: str) -> int:
    """Terminal columns of a text: wide characters take two, combining ones none."""
    return sum(
        0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
        for c in text
    )


def _summary(findings: list[dict[str, Any]]) -> str:
    counts = Counter(row["severity"] for row in findings)
    parts = [f"{counts[code]} {word}" for code, word in SEVERITY_WORDS.items() if counts[code]]
    return f"{len(findings)} to look at: {', '.join(parts)}. Nothing here is a grade."


def foremost(facts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What a short remark has room for: the first fact, and others on its topic, a series."""
    return [fact for fact in facts if fact["topic"] == facts[0]["topic"]]


def fact_line(fact: dict[str, Any]) -> str:
    """A fact with its date and first source, as one line."""
    source = fact["sources"][0]
    where = ", ".join(filter(None, [source.get("publisher"), source.get("date")]))
    as_of = f" As of {fact['as_of']}." if fact["as_of"] else ""
    link = f" {source['url']}" if source.get("url") else ""
    return f"{fact['statement']}{as_of} ({where}){link}"


def write_facts(facts: list[dict[str, Any]], stream: TextIO) -> None:
    """Facts in the order of the register: statement, date, how sure, every source."""
    page = _page(stream)
    for fact in facts:
        page.say(f"{fact['id']}  {fact['topic']}", bold=True)
        page.wrapped(fact["statement"], "")
        if fact["unit"]:
            page.wrapped(f"{fact['value']:,} ({fact['unit']})", "figure")
        if fact["as_of"]:
            page.wrapped(fact["as_of"], "as of")
        page.wrapped(fact["status"], "sure")
        for source in fact["sources"]:
            where = ", ".join(filter(None, [source["title"], source["publisher"], source["date"]]))
            page.wrapped(f"{where} {source['url']}".rstrip(), "source")
        page.say()


def write_rule(row: dict[str, Any], facts: list[dict[str, Any]], stream: TextIO) -> None:
    """One rule as `--explain` shows it, with the facts it cites."""
    page = _page(stream)
    page.say(f"{row['id']}  ({SEVERITY_WORDS[row['severity']]})", bold=True)
    page.wrapped(row["message"].replace("{span}", "…").replace("{surface}", "…"), "says")
    page.wrapped(row["because"], "why")
    if row["advice"]:
        page.wrapped(row["advice"], "try")
    for fact in facts:
        page.wrapped(fact_line(fact), fact["id"])
