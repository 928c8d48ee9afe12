"""`asobna series DIR`: what changed at a date, against other dates and a control country."""

from __future__ import annotations

import json
import shutil
import textwrap
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np

from asobna.controls import BELARUS, RUSSIA, shadow_counts
from asobna.errors import ConfigError
from asobna.outputs.report.content import country_of, rows_of, versions_of
from asobna.outputs.report.figures import figure_of
from asobna.outputs.report.folder import (
    Folder,
    left_out,
    read_folder,
    reprint_families,
    without_drafts,
)
from asobna.rates import Design, measure_rates
from asobna.rates.cells import EVENT, SIDES
from asobna.rates.dates import require_date
from asobna.rates.estimators import asymmetry
from asobna.rates.measures import MEASURES
from asobna.rates.series import MIN_MONTHS, MIN_UNITS, Jump, Series, measure_jump, minus, monthly
from asobna.rates.standardise import Change, compare_before_after
from asobna.rates.sums import Sums, sum_documents
from asobna.rates.suppression import HIDDEN

#: Columns of the text at most.
_WIDEST = 100
_MEASURED = [code for code, measure in MEASURES.items() if measure.unit == "share"]


class SeriesArguments(NamedTuple):
    """What a user asked of `series`."""

    folder: str
    measures: tuple[str, ...] = ("own_terms", "beside", "paired")
    event: str = "2022-02-24"
    control: tuple[str, ...] = ()
    shadow: str | None = None
    output_format: str = "text"


@click.command("series")
@click.argument("folder", metavar="DIR")
@click.option(
    "--measure",
    "measures",
    multiple=True,
    type=click.Choice(_MEASURED),
    default=SeriesArguments("").measures,
    show_default=True,
)
@click.option("--event", metavar="DATE", default="2022-02-24", show_default=True)
@click.option(
    "--control",
    multiple=True,
    metavar="DIR",
    help="The same texts read with --country CODE; compare with DIR read with --country BY.",
)
@click.option(
    "--shadow",
    metavar="DIR",
    help="The same texts read with --country RU: which of the "
    "two is named beside the other more often?",
)
@click.option("--output-format", type=click.Choice(("text", "json")), default="text",
              show_default=True)  # fmt: skip
def series_command(folder: str, **flags: Any) -> int:
    """Before and after a date, the jump of the monthly series, and how unusual such a jump is."""
    return run_series(SeriesArguments(folder, **flags))


def run_series(arguments: SeriesArguments) -> int:
    """Print the comparison; returns 0. Raises StoreError, and ConfigError for unfit folders."""
    event = require_date(arguments.event)
    folders = [_opened(path, event) for path in (arguments.folder, *arguments.control)]
    found = [_compared(folders, measure, arguments.event) for measure in arguments.measures]
    shadow = _shadow(folders[0], arguments.shadow) if arguments.shadow else None
    if arguments.output_format == "json":
        click.echo(json.dumps({"event": arguments.event, "measures": found, "shadow": shadow},
                              indent=1, sort_keys=True))  # fmt: skip
        return 0
    click.echo(f"Before and from {arguments.event}; as published, uncorrected, 95 % intervals.")
    for measure in found:
        _write_measure(measure)
    if shadow:
        _write_shadow(shadow)
    click.echo("A change at a date is not a change because of it.")
    return 0


class _Opened(NamedTuple):
    """A folder with its sums; `sides` are the rows of a report on the two sides of the event."""

    country: str
    folder: Folder
    sums: Sums
    sides: list[Mapping[str, Any]]
    versions: dict[str, str]


def _opened(path: str, event: str) -> _Opened:
    folder, counts = without_drafts(read_folder(Path(path)))
    if counts:
        click.echo(f"asobna: {path}: {left_out(counts)}", err=True)
    families = reprint_families(Path(path))[0]
    sums = sum_documents(folder.documents, folder.standings, families)
    rates = measure_rates(folder.documents, folder.standings,
                          Design(families=families, events=(event,)), sums)  # fmt: skip
    return _Opened(
        country_of(folder.manifest),
        folder,
        sums,
        rows_of(rates.to_pylist(), axis=EVENT + event),
        versions_of(folder),
    )


def _compared(folders: list[_Opened], measure: str, event: str) -> dict[str, Any]:
    countries = []
    series: list[Series] = []
    for opened in folders:
        dates = opened.folder.documents.column("date")
        change = compare_before_after(opened.sums, dates, measure, event)
        series.append(monthly(opened.sums, dates.to_pylist(), measure))
        jump = measure_jump(series[-1], event[:7])
        countries.append({"country": opened.country, **_told(change, opened),
                          "months_with_data": int((series[-1].units >= MIN_UNITS).sum()),
                          "jump": jump._asdict() if jump else None})  # fmt: skip
    beyond = [{"control": opened.country, "jump": jump._asdict() if jump else None}
              for opened, control in zip(folders[1:], series[1:], strict=True)
              for jump in [measure_jump(minus(series[0], control), event[:7])]]  # fmt: skip
    return {"measure": measure, "countries": countries, "beyond_control": beyond}


def _told(change: Change, opened: _Opened) -> dict[str, Any]:
    """Both sides and their difference, as far as a report would show them."""
    rows = {row["value"]: row for row in opened.sides if row["measure"] == change.measure}
    both = all(rows[side]["state"] != HIDDEN for side in SIDES) if len(rows) == 2 else False
    return {
        **{side: _side(rows.get(side), opened.versions) for side in SIDES},
        "crude": change.crude._asdict() if both and change.crude else None,
        "standardised": change.standardised._asdict() if both and change.standardised else None,
        "left_out": list(change.left_out),
    }  # fmt: skip


#: What is told of a side in JSON.
_SIDE = ("measure", "estimate", "low", "high", "level", "interval", "denominator", "documents",
         "families", "reprints", "state", "reason", "correction")  # fmt: skip


def _side(row: Mapping[str, Any] | None, versions: dict[str, str]) -> dict[str, Any]:
    """One side in words and numbers, through the one door for figures."""
    if row is None or row["state"] == HIDDEN:
        return {"printed": f"hidden: {row['reason'] if row else 'no mention'}"}
    figure = figure_of(row, versions)
    return {name: row[name] for name in _SIDE} | {
        "printed": f"{figure.short} of {row['denominator']:,.0f}"}  # fmt: skip


def _shadow(ours: _Opened, path: str) -> dict[str, Any]:
    theirs = _opened(path, SeriesArguments("").event)
    if ours.country != BELARUS or theirs.country != RUSSIA:
        raise ConfigError("--shadow needs DIR read with --country BY and its own with --country RU")
    counts = [shadow_counts(opened.folder.standings) for opened in (ours, theirs)]
    place: dict[str, int] = {}
    for ids, _, _ in counts:
        for document in ids:
            place.setdefault(document, len(place))
    sides = []
    for ids, both, sentences in counts:
        rows = np.array([place[document] for document in ids])
        sides.append((np.bincount(rows, both, len(place)).astype(np.float64),
                      np.bincount(rows, sentences, len(place)).astype(np.float64)))  # fmt: skip
    found = asymmetry(sides[0], sides[1])
    return {
        "russia_given_belarus": float(sides[0][0].sum() / sides[0][1].sum()),
        "belarus_given_russia": float(sides[1][0].sum() / sides[1][1].sum()),
        "sentences_belarus": int(sides[0][1].sum()), "sentences_russia": int(sides[1][1].sum()),
        "difference": found._asdict() if found else None,
    }  # fmt: skip


# text


def _write_measure(found: dict[str, Any]) -> None:
    click.echo(f"\n{MEASURES[found['measure']].name}")
    for side in found["countries"]:
        _say(f"before {side['before']['printed']}, from then {side['from']['printed']}",
             f"  {side['country']:<3} ")  # fmt: skip
        if side["crude"]:
            _say(f"difference {_points(side['crude'])} points, at one mix of sources "
                 f"{_points(side['standardised'])}")  # fmt: skip
        _say(_jump_line(side["jump"], side["months_with_data"]))
    for beyond in found["beyond_control"]:
        _say(f"beyond {beyond['control']}: {_jump_line(beyond['jump'], None)}", "  ")


def _say(text: str, label: str = " " * 6) -> None:
    """A text within the columns of the terminal, what goes on below the text of its first line."""
    width = min(shutil.get_terminal_size().columns, _WIDEST)
    click.echo(textwrap.fill(text, width, initial_indent=label, subsequent_indent=" " * 6,
                             break_on_hyphens=False))  # fmt: skip


def _jump_line(jump: dict[str, Any] | None, months: int | None) -> str:
    if jump is None:
        seen = "" if months is None else f" ({months} months with data)"
        return f"no series: too few months with data (needs {MIN_MONTHS}), or no variation{seen}"
    told = Jump(**jump)
    return (f"monthly level {_points({'value': told.estimate, 'low': told.low, 'high': told.high})}"
            f" points; larger than at {told.placebo_rank * 100:.0f} % of {told.placebo_dates} other"
            f" dates; {told.months_with_data} months")  # fmt: skip


def _points(difference: dict[str, float] | None) -> str:
    if difference is None:
        return "not given"
    value, low, high = (difference[name] * 100 for name in ("value", "low", "high"))
    return f"{value:+.0f} [{low:+.0f} to {high:+.0f}]".replace("-", "−")


def _write_shadow(shadow: dict[str, Any]) -> None:
    click.echo()
    _say(f"Shadow: Russia is in {shadow['russia_given_belarus'] * 100:.0f} % of "
         f"{shadow['sentences_belarus']:,} sentences that name Belarus; Belarus is in "
         f"{shadow['belarus_given_russia'] * 100:.1f} % of {shadow['sentences_russia']:,} "
         f"that name Russia. Difference {_points(shadow['difference'])} points.", "")  # fmt: skip
