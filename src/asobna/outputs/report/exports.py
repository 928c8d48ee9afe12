"""A report as JSON, CSV or Markdown. The same rows as the page, hidden where the page hides."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from typing import Any

from asobna.outputs.export import fields_of
from asobna.outputs.report.content import rows_of, spoken_period
from asobna.rates.measures import MEASURES
from asobna.tables import RATES

#: A spreadsheet takes a cell that begins so for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
#: Columns besides those of RATES: what in a run they hold, and what they mean.
_EXTRA = {"asobna": ("asobna", "version of the program"),
          "codebook": ("codebook", "version of the codebook"),
          "packs": ("packs", "packs of the languages of the texts: version, start of the hash"),
          "run": ("id", "start of a hash of packs, inputs, version and counts"),
          "country": ("country", "BY, or the control country read in its place"),
          "reprints_found_as": ("reprints", "how reprints were found")}  # fmt: skip


def as_json(content: Mapping[str, Any]) -> str:
    """The whole content, keys sorted, so that equal reports are equal files."""
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def as_csv(content: Mapping[str, Any]) -> str:
    """Every rate as a row of RATES, with versions, run and seed in each row."""
    run = content["run"]
    extra = {name: run[_EXTRA[name][0]] for name in _EXTRA}
    stream = io.StringIO()
    writer = csv.DictWriter(stream, [*RATES.names, *extra], lineterminator="\n",
                            extrasaction="ignore")  # fmt: skip
    writer.writeheader()
    for row in content["rates"]:
        writer.writerow({name: plain_cell(value) for name, value in (dict(row) | extra).items()})
    return stream.getvalue()


def as_package(content: Mapping[str, Any], name: str, text: str) -> str:
    """The Frictionless data package (v1) of a CSV report: every column with type and meaning.

    name: of the CSV file, which lies beside; text: what is in it.
    """
    told = [{"name": column, "type": "string", "description": meaning,
             "constraints": {"required": True}}
            for column, (_, meaning) in _EXTRA.items()]  # fmt: skip
    raw = text.encode()
    package = {
        "profile": "data-package", "name": "asobna-report", "title": content["title"],
        "created": content["run"]["finished"],
        "resources": [{
            "name": "rates", "path": name, "profile": "tabular-data-resource", "format": "csv",
            "mediatype": "text/csv", "encoding": "utf-8", "bytes": len(raw),
            "hash": f"sha256:{hashlib.sha256(raw).hexdigest()}",
            "schema": {"fields": [*fields_of(RATES), *told], "missingValues": [""]},
        }],
    }  # fmt: skip
    return json.dumps(package, ensure_ascii=False, indent=1) + "\n"


def plain_cell(value: object) -> object:
    """A value that no spreadsheet runs as a formula: such text is given a leading apostrophe."""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return "'" + value
    return value


def as_markdown(content: Mapping[str, Any]) -> str:
    """Sentence, all measures, half-years and sources as tables, limits and versions."""
    rates, run, frame = content["rates"], content["run"], content["frame"]
    lines = [f"# {_cell(content['title'])}", ""]
    lines += [f"**{content['control']}**", ""] if content["control"] else []
    lines += [content["sentence"], "", "## All measures", ""]
    lines += _table(["measure", "value", "n", "documents", "reprints", "adjusted", "share of"], [
        [MEASURES[row["measure"]].name, row["printed"], _whole(row["denominator"]),
         _whole(row["documents"]), row["reprints"], row["correction"], MEASURES[row["measure"]].of]
        for row in rates if row["axis"] == "all"])  # fmt: skip
    for axis in ("period", "source"):
        lines += ["", f"## By {axis}", ""]
        lines += _table([axis, "measure", "value", "n", "documents", "note"], [
            [spoken_period(row["value"]) if axis == "period" else row["value"],
             MEASURES[row["measure"]].name, row["printed"],
             _whole(row["denominator"]), _whole(row["documents"]), row["reason"] or ""]
            for row in rows_of(rates, axis=axis)
            if axis == "period" or row["period"] is None])  # fmt: skip
    lines += ["", "## What this cannot say", "", *(f"- {limit}" for limit in content["limits"])]
    lines += ["", "## Made from", "",
              f"{frame['documents']:,} documents, {frame['mentions']:,} mentions "
              f"({frame['quoted']:,} quoted and {frame['historical']:,} historical ones are not in "
              f"shares); reprints: {run['reprints']}; 95 % intervals; asobna {run['asobna']}; "
              f"codebook {run['codebook']}; packs {run['packs']}; run {run['id']}; "
              f"seed {run['seed']}; {content['hidden']} figures hidden.", ""]  # fmt: skip
    return "\n".join(lines)


def _table(head: list[str], rows: list[list[Any]]) -> list[str]:
    return ["| " + " | ".join(_cell(value) for value in row) + " |"
            for row in [head, ["---"] * len(head), *rows]]  # fmt: skip


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|").replace("<", "&lt;")


def _whole(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"
