"""Charts as SVG without script. Each is drawn twice, for a wide page and for a narrow one.

A chart only ever sees rows that passed `figure_of`; what is hidden is drawn as a gap that says so.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import altair as alt
import vl_convert as vlc

from asobna.outputs.report.content import spoken_period

Row = Mapping[str, Any]

WIDE, NARROW = 720, 270
_FONT = "DejaVu Sans, Verdana, sans-serif"
#: Okabe and Ito's palette, told apart also by the colour-blind; values are printed as well.
_COLOURS = {"own_terms": "#0072B2", "listed": "#BBBBBB", "warranted": "#E69F00",
            "broad": "#8B0000", "rest": "#F2F2F2"}  # fmt: skip
_LABELS = {"own_terms": "on its own terms", "listed": "in a list",
           "warranted": "paired with a basis", "broad": "conflated (broad)",
           "rest": "rare or hidden, together"}  # fmt: skip
_ORDER = list(_LABELS)
_INK, _GREY = "#222222", "#767676"
#: On a bar: white where it is dark, and an ink of its own that stays where the page is dark.
_INKS = {"own_terms": "#FFFFFF", "broad": "#FFFFFF"}
_ON_BAR = "#212121"
_PAPER, _GRID = "#FDFDFB", "#E5E5E5"
#: What a chart is drawn in on a dark page: the tokens of the page, see templates/page.css.
DARK = {_PAPER: "#151816", _INK: "#e9ece8", _GREY: "#8d958e", _GRID: "#333a35",
        _COLOURS["rest"]: "#212622", _COLOURS["broad"]: "#C0392B"}  # fmt: skip
#: A share below this has no room for its number; more half-years than that have none either.
PRINTED, MANY_PERIODS = 0.07, 16
#: Pixels that a slanted word below or in a chart takes; half-years with less get no words.
WORD = 14


class Drawing(NamedTuple):
    """Two renderings of one chart as data: URIs, and its alternative text."""

    wide: str
    narrow: str
    alternative: str


def draw_standing(shares: Mapping[str, Mapping[str, Row]], events: Sequence[str]) -> Drawing:
    """Stacked shares by half-year. shares: period → measure → row; events: YYYY-MM-DD."""
    records = [record for period in shares for record in _stack(period, shares[period])]
    gaps = {told: [{"period": period} for period, rows in shares.items()
                   if not _drawable(rows) and bool(rows) is hidden]
            for told, hidden in (("hidden", True), ("no mention", False))}  # fmt: skip
    marks = _marks(events, list(shares))
    many = len(shares) > MANY_PERIODS

    def chart(width: int) -> Any:
        """The chart at a width in pixels."""
        x = _half_years(list(shares), width)
        base = _chart(records)
        bars = base.mark_bar(stroke=_GREY, strokeWidth=0.5).encode(
            x=x, y=alt.Y("share:Q", title="share of mentions", axis=alt.Axis(format="%"),
                         scale=alt.Scale(domain=[0, 1])),
            color=alt.Color("label:N", title=None, sort=[_LABELS[key] for key in _ORDER],
                            scale=alt.Scale(domain=[_LABELS[key] for key in _ORDER],
                                            range=[_COLOURS[key] for key in _ORDER]),
                            legend=alt.Legend(orient="top", columns=1 if width == NARROW else 3,
                                              symbolStrokeColor=_GREY, labelLimit=300,
                                              offset=26)),
            order="order:Q")  # fmt: skip
        told = (_text(found, x, why) for why, found in gaps.items())
        crowded = is_crowded(len(shares), width)
        layers = [bars, *([_dots(gaps["hidden"], x, 240)] if crowded else told),
                  *_event_marks(marks, x)]  # fmt: skip
        if width == WIDE and not many:
            layers.insert(1, base.mark_text(fontSize=12).encode(
                x=x, y=alt.Y("middle:Q"), text="printed:N",
                color=alt.Color("ink:N", scale=None)))  # fmt: skip
        return alt.layer(*layers).properties(width=width, height=240)

    return _drawing(chart, "Stacked bars by half-year. " + _spoken_periods(shares))


def _drawable(row: Mapping[str, Row]) -> bool:
    return "own_terms" in row and row["own_terms"]["estimate"] is not None


def _stack(period: str, rows: Mapping[str, Row]) -> list[dict[str, Any]]:
    if not _drawable(rows):
        return []
    found = {code: float(rows[code]["estimate"]) for code in _ORDER
             if code in rows and rows[code]["estimate"] is not None}  # fmt: skip
    found["rest"] = max(0.0, 1 - sum(found.values()))
    records, below = [], 0.0
    for code, share in found.items():
        if share > 1e-9:
            printed = f"{share * 100:.0f} %" if share >= PRINTED and code != "rest" else ""
            records.append({"period": period, "share": share, "label": _LABELS[code],
                            "middle": below + share / 2, "ink": _INKS.get(code, _ON_BAR),
                            "order": _ORDER.index(code), "printed": printed})  # fmt: skip
            below += share
    return records


def draw_sources(rows: Sequence[Row], name: str) -> Drawing:
    """Shares of sources as dots with intervals, in the order of the alphabet, never of rank."""
    shown = [row for row in rows if row["estimate"] is not None]
    middle = sorted(row["estimate"] for row in shown)
    median = _median(middle)
    records = [dict(row) | {"differs": "yes" if row["distinguishable"] else "no"} for row in shown]
    gaps = [{"value": row["value"]} for row in rows if row["estimate"] is None]
    names = sorted(str(row["value"]) for row in rows)

    def chart(width: int) -> Any:
        """The chart at a width in pixels."""
        side = width // (3 if width == NARROW else 4)
        y = alt.Y("value:N", title=None, sort=names, axis=alt.Axis(labelLimit=side))
        x = alt.X("estimate:Q", title=name, axis=alt.Axis(format="%", tickCount=5),
                  scale=alt.Scale(domain=[0, 1]))  # fmt: skip
        base = _chart(records)
        layers = [
            _chart([{"median": median}]).mark_rule(
                strokeDash=[4, 3], color=_GREY).encode(x="median:Q"),
            base.mark_rule(color=_INK).encode(y=y, x="low:Q", x2="high:Q"),
            base.mark_point(filled=False, color=_INK, size=70).encode(y=y, x="shrunk:Q"),
            base.mark_point(filled=True, color="#0072B2", size=70, opacity=1).encode(
                y=y, x=x, shape=alt.Shape("differs:N", title="differs from the median",
                                          scale=alt.Scale(domain=["no", "yes"],
                                                          range=["circle", "diamond"]),
                                          legend=alt.Legend(orient="top"))),
            _chart(gaps).mark_text(
                text="hidden: too little text", color=_GREY, align="left", fontSize=10).encode(
                y=y, x=alt.value(6)),
        ]  # fmt: skip
        return alt.layer(*layers).properties(
            width=width - side, height=alt.Step(22))  # fmt: skip

    spoken = "; ".join(f"{row['value']} {row['estimate'] * 100:.0f} per cent" for row in shown)
    hidden = f" {len(gaps)} hidden." if gaps else ""
    return _drawing(chart, f"Dots with intervals: {name} by source. {spoken or 'None shown'}."
                    + hidden)  # fmt: skip


def draw_attention(rows: Sequence[Row], events: Sequence[str]) -> Drawing:
    """Documents naming Belarus per 1,000, by half-year, with intervals."""
    shown = [dict(row) for row in rows if row["high"] is not None]
    hidden = [{"period": row["period"]} for row in rows if row["high"] is None]
    periods = timeline([str(row["period"]) for row in rows])
    marks = _marks(events, periods)

    def chart(width: int) -> Any:
        """The chart at a width in pixels."""
        x = _half_years(periods, width)
        base = _chart(shown)
        bars = base.mark_rule(color=_INK).encode(x=x, y="low:Q", y2="high:Q")
        dots = base.mark_point(filled=True, color="#0072B2", size=60, opacity=1).encode(
            x=x, y=alt.Y("estimate:Q", title="documents per 1,000"))  # fmt: skip
        layers = [bars, dots, _dots(hidden, x, 180), *_event_marks(marks, x)]
        return alt.layer(*layers).properties(width=width, height=180)

    spoken = "; ".join(f"{spoken_period(row['period'])} {row['estimate']:.0f} per 1,000"
                       for row in shown if row["estimate"] is not None)  # fmt: skip
    return _drawing(chart, f"Dots with intervals: documents that name Belarus. {spoken}.")


def half_years_between(periods: Sequence[str]) -> list[str]:
    """Every half-year from the first to the last of these; bare years are passed over."""
    places = [
        int(period[:4]) * 2 + int(period[-1]) - 1 for period in periods if period[4:-1] == "-H"
    ]
    return [f"{at // 2:04d}-H{at % 2 + 1}" for at in range(min(places), max(places) + 1)
            ] if places else []  # fmt: skip


def timeline(periods: Sequence[str]) -> list[str]:
    """These periods and every half-year between them, in order."""
    return sorted({*periods, *half_years_between(periods)})


def half_year(date: str) -> str:
    """The half-year a date lies in: 2022-02-24 → 2022-H1."""
    return f"{date[:4]}-H{1 if date[5:7] <= '06' else 2}"


def _median(values: Sequence[float]) -> float | None:
    if not values:
        return None
    middle = len(values) // 2
    return values[middle] if len(values) % 2 else (values[middle - 1] + values[middle]) / 2


def _chart(records: Sequence[Row]) -> Any:
    return alt.Chart(alt.Data(values=list(records)))  # type: ignore[no-untyped-call]


def is_crowded(periods: int, width: int) -> bool:
    """Whether so many half-years are too near one another, at that width, for a word each."""
    return periods * WORD > width


def _half_years(periods: Sequence[str], width: int) -> alt.X:
    """The axis of half-years; where there is no room for all names, every second, third …"""
    step = math.ceil(len(periods) * WORD / width)
    axis = alt.Axis(
        labelAngle=-60,
        values=list(periods[:: max(1, step)]),
        labelExpr="length(datum.label) > 4 ? datum.label : datum.label + ', no month'",
    )
    return alt.X("period:O", title=None, axis=axis, scale=alt.Scale(domain=list(periods)))


def _dots(periods: list[dict[str, Any]], x: alt.X, height: int) -> Any:
    """A small dot at the foot of a chart of that height for every half-year that is hidden."""
    return _chart(periods).mark_point(color=_GREY, size=8, y=height - 5).encode(x=x)


def _text(records: list[dict[str, Any]], x: alt.X, text: str) -> Any:
    return (
        _chart(records)
        .mark_text(text=text, angle=270, color=_GREY, fontSize=11, align="left", y=225)
        .encode(x=x)
    )


def _marks(events: Sequence[str], periods: Sequence[str]) -> list[dict[str, Any]]:
    """One mark a half-year, with the numbers of its events."""
    numbers: dict[str, list[str]] = {}
    drawn = [date for date in events if half_year(date) in periods]
    for number, date in enumerate(drawn, 1):
        numbers.setdefault(half_year(date), []).append(str(number))
    return [{"period": period, "label": ", ".join(found)} for period, found in numbers.items()]


def _event_marks(marks: list[dict[str, Any]], x: alt.X) -> list[Any]:
    base = _chart(marks)
    return [base.mark_text(text="▼", color=_INK, fontSize=11, y=-4).encode(x=x),
            base.mark_text(color=_INK, fontSize=10, y=-15).encode(x=x, text="label:N")]  # fmt: skip


def _spoken_periods(shares: Mapping[str, Mapping[str, Row]]) -> str:
    parts = []
    for period, rows in shares.items():
        own = rows.get("own_terms")
        said = (f"{own['estimate'] * 100:.0f} per cent on its own terms"
                if own and own["estimate"] is not None else "hidden")  # fmt: skip
        parts.append(f"{spoken_period(period)} {said}")
    return "; ".join(parts) + "."


def _drawing(chart: Any, alternative: str) -> Drawing:
    wide, narrow = (_svg(chart(width)) for width in (WIDE, NARROW))
    return Drawing(wide, narrow, alternative)


def _svg(chart: Any) -> str:
    styled = chart.configure(font=_FONT, background=_PAPER).configure_view(stroke=None)
    styled = styled.configure_axis(labelColor=_INK, titleColor=_INK, gridColor=_GRID,
                                   titleFontWeight="normal", labelFontSize=12,
                                   titleFontSize=12)  # fmt: skip
    styled = styled.configure_legend(labelColor=_INK, titleColor=_INK, labelFontSize=12,
                                     titleFontSize=12)  # fmt: skip
    svg = _for_dark_pages(vlc.vegalite_to_svg(styled.to_dict(), show_warnings=False))
    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def _for_dark_pages(svg: str) -> str:
    """The drawing with the colours that it has where the reader's system asks for dark pages."""
    rules = "".join(
        f'[fill="{light}" i]{{fill:{dark}}}[stroke="{light}" i]{{stroke:{dark}}}'
        for light, dark in DARK.items()
    )
    style = f"<style>@media (prefers-color-scheme: dark){{{rules}}}</style>"
    start = svg.index(">", svg.index("<svg")) + 1
    return svg[:start] + style + svg[start:]
