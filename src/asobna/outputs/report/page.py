"""The report as one HTML page: no script, no request, readable on paper and at 320 pixels."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from asobna.outputs.report.charts import (
    NARROW,
    Drawing,
    draw_attention,
    draw_sources,
    draw_standing,
    half_year,
    is_crowded,
    timeline,
)
from asobna.outputs.report.content import headline_figures, rows_of, spoken_period
from asobna.outputs.report.figures import figure_of
from asobna.rates.cells import DE_DUPLICATED
from asobna.rates.measures import MEASURES, WHOLE
from asobna.rates.suppression import HIDDEN

_TEMPLATES = Path(__file__).parent / "templates"
#: More sources than this are given as a table only.
MAX_DOTS = 60
#: More packs than this are named once at the end, not below every chart.
MAX_PACKS = 4
_DOTS = "A small dot, or a word, marks what is hidden; where nothing is drawn nothing was said. "
_WHY = "n, or why hidden"
_INTERVAL = re.compile(r"(\[[^\]]*\])")
#: The standings, and what a mention counts as, in words that need no codebook.
_STANDINGS = {"own": "In its own right",
              "contrasted": "Told apart from Russia, or one of two sides",
              "paired": "Paired with Russia", "listed": "In a list",
              "derived": "Described through Russia", "absorbed": "Put into Russia"}  # fmt: skip
_COUNTED = {"own_terms": "counts as on its own terms", "listed": "counts as listed",
            "warranted": "counts as paired with a basis", "broad": "counts as conflation (broad)",
            "strict": "counts as conflation (strict and broad)",
            "": "in no share (quoted, of former times or not running text)"}  # fmt: skip
_SHARES = (*WHOLE[:1], "strict", *WHOLE[1:])


def as_html(content: Mapping[str, Any]) -> str:
    """The whole page as text. content: from `make_content`."""
    environment = Environment(loader=FileSystemLoader(_TEMPLATES), autoescape=True,
                              undefined=StrictUndefined, trim_blocks=False)  # fmt: skip
    environment.filters["whole"] = _whole_intervals
    style = (_TEMPLATES / "page.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    content = {**content, "run_line": _run_line(content)}
    return environment.get_template("page.html").render(
        content=content, style=Markup(style), style_hash=f"sha256-{digest}",
        span=_span(content["frame"]), headline=headline_figures(content),
        charts=_charts(content), change_lines=_change_lines(content),
        change_rows=_change_rows(content), measure_rows=_measure_rows(content),
        adjusted=_adjusted(content), examples=_by_standing(content["examples"]),
        standings=_STANDINGS, counted=_COUNTED,
    ) + "\n"  # fmt: skip


def _whole_intervals(text: str) -> Markup:
    """Text as HTML in which no line breaks between the ends of an interval."""
    parts = _INTERVAL.split(text)
    return Markup("").join(Markup('<span class="value">{}</span>').format(part) if at % 2 else part
                           for at, part in enumerate(parts))  # fmt: skip


def _run_line(content: Mapping[str, Any]) -> str:
    run = content["run"]
    packs = f"packs {run['packs']}"
    if len(run["pack_hashes"]) > MAX_PACKS:
        packs = f"{len(run['pack_hashes'])} packs, named at the end"
    return (f"As published, uncorrected, 95 % intervals; codebook {run['codebook']}, {packs}, "
            f"run {run['id']}.")  # fmt: skip


def _span(frame: Mapping[str, Any]) -> str:
    if not frame["first_date"]:
        return "no dates given"
    return f"{frame['first_date']} to {frame['last_date']}"


def _by_standing(
    examples: Sequence[Mapping[str, Any]],
) -> list[tuple[str, list[Mapping[str, Any]]]]:
    return [
        (standing, list(group))
        for standing, group in groupby(examples, key=lambda example: example["standing"])
    ]


# charts with the table behind each


def _charts(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    charts = [_standing_chart(content)] if rows_of(content["rates"], axis="period") else []
    sources = _source_chart(content)
    return charts + ([sources] if sources else []) + _attention_chart(content)


def _standing_chart(content: Mapping[str, Any]) -> dict[str, Any]:
    shares: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in rows_of(content["rates"], axis="period"):
        if row["measure"] in _SHARES:
            shares.setdefault(row["value"], {})[row["measure"]] = row
    periods = timeline([*shares])
    shares = {period: shares.get(period, {}) for period in periods}
    events = [event["date"] for event in content["events"]]
    rows = []
    for period, found in shares.items():
        cells = [found.get(code) for code in _SHARES]
        rows.append([spoken_period(period), *map(_cell, cells), _n(*cells) or "no mention"])
    return {
        "title": "How Belarus is placed, by half-year",
        "drawing": draw_standing(shares, events),
        "caption": "Shares of mentions in the author’s own voice. "
        + (_DOTS if is_crowded(len(shares), NARROW) else "")
        + _named_dates(content, periods),
        "table": {"caption": "How Belarus is placed, by half-year", "rows": rows,
                  "head": ["Half-year", *(MEASURES[code].name for code in _SHARES), _WHY]},
        "command": "asobna kwic DIR --period 2022-H1 --measure warranted",
    }  # fmt: skip


def _named_dates(content: Mapping[str, Any], periods: Sequence[str]) -> str:
    """What the triangles of a chart mark: those dates that lie in the half-years drawn."""
    drawn = [event for event in content["events"] if half_year(event["date"]) in periods]
    named = [
        f"{number}: {spoken_date(event['date'])}, {event['what']}"
        for number, event in enumerate(drawn, 1)
    ]
    return f"Triangles mark {'; '.join(named)}." if named else ""


def spoken_date(day: str) -> str:
    """2022-02-24 → 24 February 2022."""
    found = date.fromisoformat(day)
    return f"{found.day} {found:%B} {found.year}"


def _source_chart(content: Mapping[str, Any]) -> dict[str, Any] | None:
    rows = {code: {row["value"]: row for row in rows_of(content["rates"], axis="source",
                                                        measure=code, period=None)}
            for code in _SHARES}  # fmt: skip
    own = [rows["own_terms"][name] for name in sorted(rows["own_terms"])]
    if len(own) < 2:
        return None
    table = [[row["value"], *(_cell(rows[code].get(row["value"])) for code in _SHARES),
              _differs(row), _n(*(rows[code].get(row["value"]) for code in _SHARES))]
             for row in own]  # fmt: skip
    drawn = own if len(own) <= MAX_DOTS else []
    return {
        "title": "Sources side by side, in alphabetical order",
        "drawing": draw_sources(drawn, "share on its own terms") if drawn else _none(len(own)),
        "caption": "Dot: share on its own terms; line: interval; hollow dot: the share drawn "
        "towards all others; dashed: the median. A diamond differs from the median beyond chance "
        "(false discoveries held at 5 %). This is no ranking.",
        "table": {"caption": "Sources, in alphabetical order", "rows": table,
                  "head": ["Source", *(MEASURES[code].name for code in _SHARES),
                           "Differs from the median", _WHY]},
        "command": "asobna kwic DIR --source NAME --measure broad",
    }  # fmt: skip


def _none(count: int) -> Drawing:
    blank = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/%3E"
    return Drawing(blank, blank, f"{count} sources: too many to draw, see the table.")


def _attention_chart(content: Mapping[str, Any]) -> list[dict[str, Any]]:
    rows = sorted(rows_of(content["rates"], axis="period", measure="attention"),
                  key=lambda row: str(row["value"]))  # fmt: skip
    if not rows:
        return []
    events = [event["date"] for event in content["events"]]
    periods = timeline([str(row["value"]) for row in rows])
    hidden = any(row["high"] is None for row in rows)
    bound = any(row["high"] is not None and row["estimate"] is None for row in rows)
    return [{
        "title": "How often Belarus is named",
        "drawing": draw_attention(rows, events),
        "caption": "Documents that name Belarus, of 1,000 documents read in the half-year. "
        + ("A line without a dot ends at what it is at most. " if bound else "")
        + ("A small dot at the foot marks what is hidden. " if hidden else "")
        + _named_dates(content, periods),
        "table": {"caption": "Documents that name Belarus, per 1,000 read",
                  "head": ["Half-year", "Per 1,000", "Documents read, or why hidden"],
                  "rows": [[spoken_period(row["value"]), _cell(row), _n(row)] for row in rows]},
        "command": "asobna kwic DIR --period 2022-H1",
    }]  # fmt: skip


def _cell(row: Mapping[str, Any] | None) -> str:
    if row is None:
        return "none"
    if row["state"] == HIDDEN:
        return "hidden"
    return str(row["printed"])


def _n(*rows: Mapping[str, Any] | None) -> str:
    """n of the first row, and why any of them is hidden."""
    known = [row for row in rows if row is not None]
    said = [f"{row['denominator']:,.0f}" for row in known[:1] if row["denominator"] is not None]
    reasons = dict.fromkeys(row["reason"] for row in known if row["state"] == HIDDEN)
    return "; ".join([*said, *(f"hidden: {reason}" for reason in reasons)])


def _differs(row: Mapping[str, Any]) -> str:
    return {True: "yes", False: "no", None: "not tested"}[row["distinguishable"]]


# tables


def _measure_rows(content: Mapping[str, Any]) -> list[list[str]]:
    rows = []
    for code, measure in MEASURES.items():
        found = rows_of(content["rates"], measure=code, axis="all")
        if not found:
            continue
        once = rows_of(content["rates"], measure=code, axis="all", reprints=DE_DUPLICATED)
        cells = [measure.name, _cell(found[0]), _cell(once[0]) if once else "not measured"]
        if adjusted := _adjusted(content):
            by_hand = rows_of(content["rates"], measure=code, axis="all", correction=adjusted)
            cells.append(_cell(by_hand[0] if by_hand else None))
        rows.append([*cells, f"{measure.definition} Of {measure.of}.",
                     figure_of(found[0], content["run"]).basis])  # fmt: skip
    return rows


def _adjusted(content: Mapping[str, Any]) -> str:
    names = {row["correction"] for row in content["rates"]} - {"uncorrected"}
    return str(min(names)) if names else ""


def _change_rows(content: Mapping[str, Any]) -> list[list[str]]:
    return [[change["date"], MEASURES[change["measure"]].name, change["before"], change["from"],
             _points(change["crude"]), _points(change["standardised"])]
            for change in content["changes"]]  # fmt: skip


def _points(difference: Mapping[str, float] | None) -> str:
    if difference is None:
        return "not given"
    value, low, high = (difference[name] * 100 for name in ("value", "low", "high"))
    return f"{_signed(value)} [{_signed(low)} to {_signed(high)}]".replace(" ", "\u00a0")


def _signed(points: float) -> str:
    """Whole points with their sign; nothing has none."""
    return f"{points:+.0f}".replace("-", "−") if round(points) else "0"


def _change_lines(content: Mapping[str, Any]) -> list[str]:
    """For the last named date, one sentence on own terms."""
    last = [change for change in content["changes"] if change["measure"] == "own_terms"][-1:]
    lines = []
    for change in last:
        crude = change["crude"]
        if crude is None:
            continue
        clear = crude["low"] > 0 or crude["high"] < 0
        said = "a difference of" if clear else "not distinguishable from no change:"
        lines.append(
            f"From {spoken_date(change['date'])} on, {change['from']} of mentions are on its own "
            f"terms, against {change['before']} before: {said} {_points(crude)} points."
        )
    return lines
