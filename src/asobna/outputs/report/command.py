"""`asobna report DIR`: one page, or its rows as JSON, CSV or Markdown."""

from __future__ import annotations

import importlib
import json
from pathlib import Path
from typing import Any, NamedTuple

import click
import pyarrow as pa

from asobna.errors import ConfigError, InputError
from asobna.outputs.report.content import COLUMNS, Request, make_content
from asobna.outputs.report.exports import as_csv, as_json, as_markdown, as_package
from asobna.outputs.report.folder import document_ids, left_out, read_folder, without_drafts
from asobna.outputs.whole import write_whole
from asobna.rates.coded import CORRECTED, SILVER, CodedSample
from asobna.rates.dates import NAMED_DATES, require_date
from asobna.rates.sums import AXES
from asobna.rates.tabulate import Design

FORMATS = ("html", "json", "csv", "md")
DRAFTS_TOO = "Languages whose pack is a draft are counted too: figures to look at, not to publish."


class ReportArguments(NamedTuple):
    """What a user asked of `report`; nothing is read before `run_report`."""

    folder: str
    output_format: str = "html"
    to: str | None = None
    title: str | None = None
    by: tuple[str, ...] = ("source", "kind", "party", "lang")
    events: tuple[str, ...] = tuple(NAMED_DATES)
    coded: str | None = None
    silver: bool = True
    beside: str | None = None
    seed: int | None = None
    drafts: bool = False


@click.command("report")
@click.argument("folder", metavar="DIR")
@click.option("--output-format", type=click.Choice(FORMATS), default="html", show_default=True)
@click.option("--to", metavar="FILE", help="Write there; else to standard output.")
@click.option("--title", help="Heading of the report.")
@click.option(
    "--by",
    multiple=True,
    type=click.Choice(AXES),
    default=ReportArguments("").by,
    show_default=True,
    help="Axes besides the half-year. May be repeated.",
)
@click.option(
    "--event",
    "events",
    multiple=True,
    metavar="DATE",
    default=tuple(NAMED_DATES),
    show_default=True,
    help="Compare before and after: one of these, or the first day of a month. May be repeated.",
)
@click.option("--coded", metavar="FILE", help="Coded sample of these mentions (JSON lines).")
@click.option(
    "--silver/--gold",
    default=True,
    show_default=True,
    help="Labels by a model, or by people who saw no machine label.",
)
@click.option(
    "--beside",
    metavar="DIR",
    help="Folder of a report published before: hide what the two together would show.",
)
@click.option("--seed", type=int, help="For the sentences drawn at random; else the run's own.")
@click.option(
    "--drafts", is_flag=True, help="Also languages whose pack is a draft: not to publish."
)
def report_command(folder: str, **flags: Any) -> int:
    """Report how Belarus is placed in the texts read into DIR.

    Figures resting on too little text are hidden, in every format.
    """
    return run_report(ReportArguments(folder, **flags))


def run_report(arguments: ReportArguments) -> int:
    """Write the report; returns 0.

    Raises StoreError for an unreadable folder, ConfigError for a date or a missing extra,
    InputError for a coded sample that does not fit.
    """
    path = Path(arguments.folder)
    folder = read_folder(path, COLUMNS)
    note = DRAFTS_TOO
    if not arguments.drafts:
        folder, counts = without_drafts(folder)
        note = left_out(counts) if counts else ""
    design = Design(
        axes=arguments.by, events=tuple(sorted({*map(require_date, arguments.events)})),
        coded=_coded(arguments) if arguments.coded else None,
        earlier=_earlier(arguments.beside) if arguments.beside else frozenset(),
    )  # fmt: skip
    seed = folder.manifest["seed"] if arguments.seed is None else arguments.seed
    content = make_content(
        path, folder, Request(arguments.title or _title(path), design, seed, note)
    )
    del folder  # drawing the page needs room of its own
    pa.default_memory_pool().release_unused()
    text = _rendered(content, arguments.output_format)
    if arguments.to is None:
        click.echo(text, nl=False)
        return 0
    target = Path(arguments.to)
    write_whole(target, text)
    if arguments.output_format == "csv":
        package = as_package(content, target.name, text)
        write_whole(target.with_suffix(".datapackage.json"), package)
    return 0


def _rendered(content: dict[str, Any], output_format: str) -> str:
    if output_format != "html":
        return {"json": as_json, "csv": as_csv, "md": as_markdown}[output_format](content)
    try:
        page = importlib.import_module("asobna.outputs.report.page")
    except ImportError as error:
        raise ConfigError(
            f"the page needs '{error.name}': pip install 'asobna[report]', or use "
            "--output-format json, csv or md"
        ) from error
    return str(page.as_html(content))


def _title(path: Path) -> str:
    return f"Belarus in {path.resolve().name}"


def _coded(arguments: ReportArguments) -> CodedSample:
    name = SILVER if arguments.silver else CORRECTED
    return CodedSample(read_coded(Path(arguments.coded or "")), name)


def read_coded(path: Path) -> list[dict[str, Any]]:
    """Coded mentions, one JSON object a line. Raises InputError naming file and line."""
    rows = []
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "it is not UTF-8"
        raise InputError(f"cannot read {path}: {why}; give a file of coded mentions") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            row["document_id"], row["start_cp"], row["end_cp"], row["label"]["standing"]
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(
                f"{path}:{number}: a coded mention needs document_id, start_cp, end_cp and "
                f"label.standing ({type(error).__name__})"
            ) from error
        rows.append(row)
    return rows


def _earlier(path: str) -> frozenset[str]:
    return frozenset(document_ids(Path(path)))
