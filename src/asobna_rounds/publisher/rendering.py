"""The report for people: the same rows as a web page, a file to keep, and Markdown."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from django.template import loader
from django.utils import translation
from django.utils.translation import gettext as _

from asobna_rounds.ballot_box.web import setup
from asobna_rounds.publisher.wording import answered, gate_words, headings, in_language, words

STATEMENTS_A_PAGE = 10
VERDICTS = ("agreed", "minority", "split", "unsure")
"""Sections in order. "minority" holds agreed statements whose opposing side is kept on record."""
OPTIONS = ("agree", "disagree", "pass", "skipped")
_PAGES = Path(__file__).parent.parent / "ballot_box" / "pages"


class Part(NamedTuple):
    """One page of the report: its number of `pages`, its statements, and if first or last."""

    number: int | None
    pages: int
    rows: list[dict[str, Any]]
    first: bool
    last: bool


def rows(report: dict[str, Any], language: str) -> list[dict[str, Any]]:
    """Statements in reading order, ready to print in the active language."""
    found = [_row(s, report, language) for s in report["statements"]]
    return sorted(found, key=lambda r: (VERDICTS.index(r["section"]), -r["order"], r["text"]))


def _row(statement: dict[str, Any], report: dict[str, Any], language: str) -> dict[str, Any]:
    text, shown = in_language(statement["texts"], report, language)
    kept = statement["verdict"] == "agreed" and statement["minority_kept"]
    return {
        "section": "minority" if kept else statement["verdict"],
        "text": text,
        "language": shown,
        "side": statement["side"],
        "finding": _finding(statement),
        "cells": [_cell(statement, option) for option in OPTIONS],
        "other": statement["other"] or "",
        "told": _told(statement),
        "bars": _bars(statement),
        "order": _order(statement),
        "index": statement["index"],
    }


def _finding(statement: dict[str, Any]) -> str:
    if statement["at_least"]:
        option, bound = statement["at_least"]
        return _("%(word)s: at least %(bound)s of %(base)s") % {
            "word": words()[option],
            "bound": bound,
            "base": statement["base"],
        }
    if statement["share"] is None:
        return _("Too few answers to publish")
    side = statement["side"]
    known = {
        "word": words()[side],
        "count": statement["counts"][side],
        "base": statement["base"],
        "percent": round(100 * statement["share"]),
        "low": round(100 * statement["low"]),
        "high": round(100 * statement["high"]),
    }
    if known["low"] == known["high"]:  # everybody invited answered: nothing was sampled
        return _("%(word)s: %(count)s of %(base)s (%(percent)s %%)") % known
    return (
        _("%(word)s: %(count)s of %(base)s (%(percent)s %%; 95 %% interval %(low)s to %(high)s %%)")
        % known
    )


def _cell(table: dict[str, Any], option: str) -> str:
    """A count that may be told, a bound, or a dash."""
    if table["at_least"] and table["at_least"][0] == option:
        return f"≥ {table['at_least'][1]}"
    return str(table["counts"].get(option, "–"))


def _told(statement: dict[str, Any]) -> str:
    """The counts that may be told, in one line; empty when none may."""
    parts = [f"{words()[o]} {statement['counts'][o]}" for o in OPTIONS if o in statement["counts"]]
    if statement["other"]:
        together = _("Told together")
        parts.append(f"{together} {statement['other']}")
    return ", ".join(parts)


def _bars(statement: dict[str, Any]) -> list[tuple[str, float, float]]:
    """(option, start, width) in percent of all ballots: options told alone, or the bound."""
    known = dict(statement["counts"])
    if statement["at_least"]:
        known = dict([statement["at_least"]])
    total = statement["base"] + statement["counts"].get("skipped", 0)
    bars, start = [], 0.0
    for option in ("agree", "disagree", "pass"):
        width = 100 * known.get(option, 0) / total
        bars.append((option, round(start, 1), round(width, 1)))
        start += width
    return bars


def _order(statement: dict[str, Any]) -> float:
    """How large the leading share is known to be, for sorting."""
    if statement["at_least"]:
        return float(statement["at_least"][1] / statement["base"])
    return float(statement["share"] or 0.0)


def poll_rows(report: dict[str, Any], language: str) -> list[dict[str, Any]]:
    """Poll questions ready to print."""
    return [_poll(poll, report, language) for poll in report["polls"]]


def _poll(poll: dict[str, Any], report: dict[str, Any], language: str) -> dict[str, Any]:
    text, shown = in_language(poll["question"], report, language)
    options = []
    for number, option in enumerate(poll["options"]):
        name, option_language = in_language(option, report, language)
        percent = poll["percent"].get(str(number))
        options.append(
            {
                "text": name,
                "language": option_language,
                "count": _cell(poll, str(number)),
                "share": "–" if percent is None else _percent(*percent),
            }
        )
    return {
        "text": text,
        "language": shown,
        "options": options,
        "none": _cell(poll, "no answer"),
        "base": poll["base"],
        "other": poll["other"] or "",
        "weighted": bool(poll["margins"]),
        "n_eff": poll["n_eff"],
        "refused": poll["refused"],
    }


def _percent(share: int, low: int, high: int) -> str:
    return f"{share} %" if low == high else f"{share} % ({low}–{high})"


def group_rows(report: dict[str, Any], language: str) -> list[dict[str, Any]]:
    """Each group with its size and the statements that set it apart."""
    texts = {s["index"]: s["texts"] for s in report["statements"]}
    return [
        {
            "name": name,
            "size": size,
            "statements": [
                (words()[side], *in_language(texts[index], report, language))
                for index, side in report["representative"].get(name, [])
            ],
        }
        for name, size in (report.get("groups") or {}).items()
    ]


def axis_rows(report: dict[str, Any], language: str) -> list[tuple[str, str, str]]:
    """(end, text, language) of the statements farthest apart, where groups are not shown."""
    if report.get("groups"):
        return []
    texts = {s["index"]: s["texts"] for s in report["statements"]}
    ends = {True: _("one end"), False: _("other end")}
    return [
        (ends[loading > 0], *in_language(texts[index], report, language))
        for index, loading in report.get("axis") or []
        if index in texts
    ]


def _part(report: dict[str, Any], found: list[Any], number: int | None) -> Part:
    """Which rows, and whether summary and polls, are on one page of the report (None: all)."""
    if number is None:
        return Part(None, 1, found, True, True)
    lead = bool(report.get("groups"))  # groups with their statements fill a page of their own
    statement_pages = max(1, -(-len(found) // STATEMENTS_A_PAGE))
    pages = lead + statement_pages + bool(report["polls"])
    page = min(max(number, 1), pages)
    first = (page - 1 - lead) * STATEMENTS_A_PAGE
    shown = found[first : first + STATEMENTS_A_PAGE] if first >= 0 else []
    return Part(page, pages, shown, page == 1, page == pages)


def context(report: dict[str, Any], language: str, number: int | None = None) -> dict[str, Any]:
    """Everything the templates print; `number` picks one page of it, None all."""
    part = _part(report, rows(report, language), number)
    titles = headings()
    sections = [
        {"name": v, "title": titles[v][0], "note": titles[v][1], "rows": chosen}
        for v in VERDICTS
        if (chosen := [row for row in part.rows if row["section"] == v])
    ]
    question, question_language = in_language(report["question"], report, language)
    return {
        "language": language,
        "report": report,
        "question": question,
        "question_language": question_language,
        "answered": answered(report),
        "gate": gate_words(report) if part.first else "",
        "groups": group_rows(report, language) if part.first else [],
        "axis": axis_rows(report, language) if part.first else [],
        "sections": sections,
        "polls": poll_rows(report, language) if part.last else [],
        "options": [words()[option] for option in OPTIONS],
        "number": part.number,
        "pages": part.pages,
    }


def render_html(report: dict[str, Any], language: str) -> str:
    """The report as one HTML file with nothing outside it."""
    setup()
    style = (_PAGES / "style.css").read_text(encoding="utf-8")
    with translation.override(language):
        known = context(report, language) | {"style": style}
        return str(loader.render_to_string("report_file.html", known))


def render_markdown(report: dict[str, Any], language: str) -> str:
    """The report as Markdown that reads well as plain text."""
    setup()
    with translation.override(language):
        text = loader.render_to_string("report.md", context(report, language))
    kept = [line.rstrip() for line in text.splitlines()]
    lines = [line for at, line in enumerate(kept) if line or (at and kept[at - 1])]
    return "\n".join(lines).strip() + "\n"
