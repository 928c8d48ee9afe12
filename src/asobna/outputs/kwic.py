"""`asobna kwic DIR`: the lines behind a figure, the mention aligned, to read and to quote."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import click
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from asobna.errors import ConfigError
from asobna.outputs.filters import require_filters
from asobna.outputs.report.exports import plain_cell
from asobna.outputs.report.folder import Folder, about, read_folder, texts_of
from asobna.outputs.whole import write_whole
from asobna.rates.dates import sides
from asobna.rates.measures import MEASURES, count_mentions
from asobna.rates.sums import AXES, document_rows, half_years, running_text
from asobna.tables import ACTOR_VALUES, BLAME_VALUES, STANDING_VALUES

FORMATS = ("text", "csv", "html")
#: Lines written at most; the number found is always said.
MAX_LINES = 10_000
_CODES = {"standing": STANDING_VALUES, "actor": ACTOR_VALUES, "blame": BLAME_VALUES,
          "warrant": ("joint-act", "joint-measure", "parallel", "none-given"),
          "voice": ("author", "quoted"), "time": ("present", "historical")}  # fmt: skip
#: Measures that count documents: their lines are the mentions for which a document counts.
_OF_DOCUMENTS = {"document_strict": "strict", "attention": None}
#: Measures that count mentions: as many lines as are counted.
COUNTED = [code for code in MEASURES if code not in _OF_DOCUMENTS]
COLUMNS = ("left", "mention", "right", "standing", "warrant", "actor", "blame", "voice", "rule_id",
           "source", "speaker", "date", "title", "url", "document_id", "start_cp",
           "end_cp")  # fmt: skip
_DECIDED = ("standing", "warrant", "rule_id", "date", "source")


class KwicArguments(NamedTuple):
    """What a user asked of `kwic`. filters: column → value, over mentions and documents."""

    folder: str
    filters: Mapping[str, str] = {}
    measure: str | None = None
    output_format: str = "text"
    to: str | None = None
    width: int = 80
    limit: int = MAX_LINES


def _filters(command: Any) -> Any:
    for name, values in _CODES.items():
        command = click.option(f"--{name}", type=click.Choice(values))(command)
    for name in AXES:
        command = click.option(f"--{name}", metavar="NAME")(command)
    return command


@click.command("kwic")
@click.argument("folder", metavar="DIR")
@_filters
@click.option("--period", metavar="2022-H1", help="Half-year, year, month or day.")
@click.option("--before", metavar="DATE", help="Dated before then, for sure.")
@click.option("--since", metavar="DATE", help="Dated then or later, for sure.")
@click.option("--rule", metavar="ID", help="Rule that decided the standing.")
@click.option(
    "--measure",
    type=click.Choice([*MEASURES]),
    help="Only mentions counted by a measure of the report.",
)
@click.option("--output-format", type=click.Choice(FORMATS), default="text", show_default=True)
@click.option("--to", metavar="FILE", help="Write there; else to standard output.")
@click.option(
    "--width",
    type=click.IntRange(40, 400),
    default=80,
    show_default=True,
    help="Columns of a line on a terminal.",
)
@click.option("--limit", type=click.IntRange(1, MAX_LINES), default=MAX_LINES, show_default=True,
              help="Lines at most.")  # fmt: skip
def kwic_command(folder: str, **flags: Any) -> int:
    """Concordance of mentions: every cell of every chart of a report can be read as lines."""
    own = {name: flags.pop(name) for name in ("measure", "output_format", "to", "width", "limit")}
    filters = {name: value for name, value in flags.items() if value is not None}
    return run_kwic(KwicArguments(folder, filters, **own))


def run_kwic(arguments: KwicArguments) -> int:
    """Write the lines; returns 0 when there are some, 1 when none fits the filters.

    Raises ConfigError for a filter that could fit nothing.
    """
    path = Path(arguments.folder)
    folder = read_folder(path)
    require_filters(folder, arguments.filters)
    rows = find_lines(folder, arguments.filters, arguments.measure)
    lines = list(make_lines(path, folder, rows[: arguments.limit]))
    text = _rendered(lines, arguments, len(rows))
    if arguments.to is None:
        click.echo(text, nl=False)
    else:
        write_whole(arguments.to, text)
    mentions = "mention fits" if len(rows) == 1 else "mentions fit"
    click.echo(f"{len(rows):,} {mentions}, {len(lines):,} written", err=True)
    return 0 if len(rows) else 1


def find_lines(folder: Folder, filters: Mapping[str, str], measure: str | None) -> list[int]:
    """Rows of standings that fit every filter, in their order.

    filters: columns of STANDINGS, axes of a report, `period`, `before`, `since`, `rule`. measure:
    only rows in its numerator. Raises ConfigError for a filter that does not exist.
    """
    documents = document_rows(folder.documents, folder.standings)
    keep = np.ones(folder.standings.num_rows, dtype=np.bool_)
    for name, value in filters.items():
        keep &= _fits(folder, documents, name, value)
    measure = _OF_DOCUMENTS.get(measure or "", measure)
    if measure is not None:
        running = running_text(folder.documents, folder.standings, documents)
        keep &= count_mentions(folder.standings, running)[measure][0]
    return [int(row) for row in np.flatnonzero(keep)]


def _fits(folder: Folder, documents: Any, name: str, value: str) -> Any:
    dates = folder.documents.column("date")
    if name in ("before", "since"):
        wanted = pc.equal(sides(dates, value), int(name == "since"))
        return wanted.to_numpy(zero_copy_only=False)[documents]
    if name == "period":
        halves = pc.fill_null(half_years(dates), "").to_numpy(zero_copy_only=False)
        starts = pc.fill_null(pc.starts_with(dates, value), False).to_numpy(zero_copy_only=False)
        return ((halves == value) | starts)[documents]
    if name in AXES:
        column = folder.documents.column(name).cast(pa.string())
        return (column.to_numpy(zero_copy_only=False) == value)[documents]
    column_name = "rule_id" if name == "rule" else name
    if column_name not in folder.standings.schema.names:
        raise ConfigError(f"no filter '{name}'; filters are {', '.join((*_CODES, *AXES))}, period, "
                          "before, since and rule")  # fmt: skip
    column = folder.standings.column(column_name).cast(pa.string())
    return column.to_numpy(zero_copy_only=False) == value


def make_lines(path: Path, folder: Folder, rows: list[int]) -> Iterator[dict[str, Any]]:
    """One line a mention: COLUMNS. `left` and `right` stay within its sentence."""
    mentions = folder.standings.take(pa.array(rows, pa.int64())).to_pylist()
    ids = sorted({mention["document_id"] for mention in mentions})
    texts = texts_of(path, ids)
    known = about(path, ids)
    for mention in mentions:
        text = texts[mention["document_id"]]
        start, end = mention["start_cp"], mention["end_cp"]
        line = mention | known[mention["document_id"]] | {
            "left": text[mention["sentence_start_cp"]:start], "mention": text[start:end],
            "right": text[end:mention["sentence_end_cp"]]}  # fmt: skip
        yield {name: line[name] for name in COLUMNS}


def _rendered(lines: list[dict[str, Any]], arguments: KwicArguments, fitting: int) -> str:
    if arguments.output_format == "csv":
        return _as_csv(lines)
    if arguments.output_format == "html":
        return _as_html(lines, arguments, fitting)
    return "".join(_as_text(line, arguments.width) for line in lines)


def _as_csv(lines: list[dict[str, Any]]) -> str:
    stream = io.StringIO()
    writer = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for line in lines:
        writer.writerow({name: plain_cell(value) for name, value in line.items()})
    return stream.getvalue()


def _as_text(line: Mapping[str, Any], width: int) -> str:
    """Two lines of a terminal: the concordance line, then what was decided and by which rule."""
    side = width * 2 // 5
    mention = _clip(one_line(line["mention"]), width // 3, left=False)
    left = _clip(one_line(line["left"]), side, left=True)
    right = _clip(one_line(line["right"]), width - side - _columns(mention) - 2, left=False)
    decided = " · ".join(one_line(str(line[name])) for name in _DECIDED if line[name])
    pad = " " * (side - _columns(left))
    return f"{pad}{left}[{mention}]{right}\n  {_clip(decided, width - 2, left=False)}\n"


def one_line(text: str) -> str:
    """Text safe on a terminal: no control, escape or direction-changing characters, one line."""
    kept = (
        " " if character in "\n\r\t" else character
        for character in text
        if character in "\n\r\t" or unicodedata.category(character) not in ("Cc", "Cf", "Cs")
    )
    return " ".join("".join(kept).split(" ")).replace("  ", " ")


def _columns(text: str) -> int:
    """Columns of a terminal: wide characters take two, combining ones none."""
    return sum(0 if unicodedata.combining(character)
               else 2 if unicodedata.east_asian_width(character) in "WF" else 1
               for character in text)  # fmt: skip


def _clip(text: str, columns: int, *, left: bool) -> str:
    """As much of the text as fits, from its end when `left`."""
    if _columns(text) <= columns:
        return text
    while text and _columns(text) > columns - 1:
        text = text[1:] if left else text[:-1]
    return "…" + text if left else text + "…"


_STYLE = (
    ":root{color-scheme:light dark}"
    "body{font:1rem/1.4 sans-serif;margin:1rem}table{border-collapse:collapse;width:100%}"
    "td,th{padding:.25rem .5rem;border-bottom:1px solid #808080;vertical-align:top;text-align:left}"
    "td.l{text-align:right}td.m{font-weight:bold}td.l,td.r{width:29%}"
    "td:last-child{width:18%;font-size:.8rem;overflow-wrap:anywhere}"
    ".s{overflow-x:auto}:focus-visible{outline:3px solid Highlight}"
)


def _as_html(lines: list[dict[str, Any]], arguments: KwicArguments, fitting: int) -> str:
    asked = ", ".join(f"{name} {value}" for name, value in arguments.filters.items())
    title = "Lines: " + (asked or "all mentions") + (
        f", measure {arguments.measure}" if arguments.measure else "")  # fmt: skip
    rows = "\n".join(_html_row(line) for line in lines)
    left_out = f" of {fitting:,} that fit" if fitting > len(lines) else ""
    count = f"{len(lines):,} line{'' if len(lines) == 1 else 's'}{left_out}"
    head = "".join(f'<th scope="col">{name}</th>' for name in (
        "left", "mention", "right", "standing", "rule", "source, date"))  # fmt: skip
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; '
        "style-src 'unsafe-inline'; img-src data:\">\n"
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<link rel="icon" href="data:,"><title>{escape(title)}</title><style>{_STYLE}</style>'
        f"</head><body><main><h1>{escape(title)}</h1>\n"
        f"<p>{count}, in the order of documents.</p>\n"
        '<div class="s" role="region" aria-label="Lines" tabindex="0">'
        f"<table><thead><tr>{head}</tr></thead>\n<tbody>{rows}</tbody></table></div></main></body>"
        "</html>\n"
    )


def _html_row(line: Mapping[str, Any]) -> str:
    decided = line["standing"] + (f", {line['warrant']}" if line["warrant"] else "")
    where = ", ".join(str(line[name]) for name in ("source", "speaker", "date") if line[name])
    place = f"{where} ({line['document_id']} at {line['start_cp']})"
    linked = (f'<a href="{escape(line["url"])}" rel="noreferrer">{escape(place)}</a>'
              if is_web_address(line["url"]) else escape(place))  # fmt: skip
    return (f'<tr><td class="l">{escape(line["left"])}</td><td class="m">{escape(line["mention"])}'
            f'</td><td class="r">{escape(line["right"])}</td><td>{escape(decided)}</td>'
            f'<td>{escape(line["rule_id"])}</td><td>{linked}</td></tr>')  # fmt: skip


def is_web_address(url: str | None) -> bool:
    """Whether a link may be made of it: http or https with a host, nothing else."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
