"""Findings as JSON, SARIF 2.1.0 and GitHub annotations; `terminal` writes them for people."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import Any, NamedTuple, TextIO
from urllib.parse import quote

import pyarrow as pa

from asobna.outputs import terminal
from asobna.outputs.baseline import fingerprints
from asobna.packs import Packs
from asobna.positions import Lines

SARIF_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_SARIF_LEVEL = {"E": "error", "S": "note", "C": "note"}
_GITHUB_LEVEL = {"E": "error", "S": "notice", "C": "warning"}


class Result(NamedTuple):
    """FINDINGS with their DOCUMENTS, the packs, and the text of every page as the user has it."""

    findings: pa.Table
    documents: pa.Table
    packs: Packs
    sources: dict[str, str]


def write(output_format: str, result: Result, stream: TextIO | None = None) -> None:
    """Write findings in one of the output formats."""
    _WRITERS[output_format](result, stream or sys.stdout)


def facts_by_id(packs: Packs) -> dict[str, dict[str, Any]]:
    """Facts that may be shown, their sources as lists: one without a source nobody has looked up,
    and no face shows it.
    """
    rows = ({**row, "sources": json.loads(row["sources"])} for row in packs.facts.to_pylist())
    return {row["id"]: row for row in rows if row["sources"]}


def cited(row: dict[str, Any], facts: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    """Those of `facts`, as from `facts_by_id`, that a finding or rule cites, in its order."""
    return [facts[fact_id] for fact_id in row["fact_ids"] if fact_id in facts]


def placed_findings(result: Result) -> Iterator[dict[str, Any]]:
    """Findings with line and column (from 1, in code points) of start and end."""
    named = set(result.findings.column("path").to_pylist())
    lines = {path: Lines(text) for path, text in result.sources.items() if path in named}
    locations = dict(
        zip(*(result.documents.column(name).to_pylist() for name in ("path", "locations")),
            strict=True)
    )  # fmt: skip
    for row in result.findings.to_pylist():
        start, end = (lines[row["path"]].place(row[key]) for key in ("start_cp", "end_cp"))
        yield {
            **row,
            "location": place_of(locations.get(row["path"]), row["start_cp"]),
            "line": start.line,
            "column": start.column,
            "end_line": end.line,
            "end_column": end.column,
        }


def place_of(locations: list[dict[str, Any]] | None, start_cp: int) -> str | None:
    """The label of the last location at or before a place: 'heading Results, paragraph 2'."""
    labels = [where["label"] for where in locations or () if where["start_cp"] <= start_cp]
    return labels[-1] if labels else None


def _version() -> str:
    from importlib.metadata import version  # noqa: PLC0415 half as long to import as click

    return version("asobna")


def _write_json(result: Result, stream: TextIO) -> None:
    facts = facts_by_id(result.packs)
    findings = [
        {**{key: row[key] for key in _JSON_KEYS}, "facts": cited(row, facts)}
        for row in placed_findings(result)
    ]
    languages = {
        row["lang"]: {"version": row["version"], "sha256": row["sha256"]}
        for row in result.packs.languages.to_pylist()
    }
    json.dump(
        {
            "asobna": _version(),
            "packs": languages,
            "documents": result.documents.num_rows,
            "findings": findings,
        },
        stream,
        ensure_ascii=False,
        indent=1,
    )
    stream.write("\n")


#: What every face that answers in JSON tells of a finding.
FINDING_KEYS = (
    "start_cp",
    "end_cp",
    "severity",
    "rule_id",
    "message",
    "because",
    "wordings",
    "advice",
)
_JSON_KEYS = ("path", "location", "line", "column", "end_line", "end_column", *FINDING_KEYS)


def _write_sarif(result: Result, stream: TextIO) -> None:
    rules = sorted(
        {row["id"]: row for row in result.packs.advice.to_pylist()}.values(),
        key=lambda row: row["id"],
    )
    index = {row["id"]: number for number, row in enumerate(rules)}
    prints = fingerprints(result.findings, result.documents)
    run = {
        "tool": {
            "driver": {
                "name": "asobna",
                "version": _version(),
                "informationUri": "https://pypi.org/project/asobna/",
                "rules": [_sarif_rule(row) for row in rules],
            }
        },
        "columnKind": "unicodeCodePoints",
        "results": [
            _sarif_result(row, index, mark)
            for row, mark in zip(placed_findings(result), prints, strict=True)
        ],
    }
    json.dump(
        {"$schema": SARIF_SCHEMA, "version": "2.1.0", "runs": [run]},
        stream,
        ensure_ascii=False,
        indent=1,
    )
    stream.write("\n")


def _sarif_rule(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": row["id"],
        "shortDescription": {"text": _without_slots(row["message"])},
        "fullDescription": {"text": row["because"]},
        "help": {"text": row["advice"] or row["because"]},
        "defaultConfiguration": {"level": _SARIF_LEVEL[row["severity"]]},
        "properties": {"severity": row["severity"]},
    }


def _without_slots(message: str) -> str:
    return message.replace("{span}", "…").replace("{surface}", "…").replace("{replacement}", "…")


def _sarif_result(row: dict[str, Any], index: dict[str, int], mark: str) -> dict[str, Any]:
    region = {
        "startLine": row["line"],
        "startColumn": row["column"],
        "endLine": row["end_line"],
        "endColumn": row["end_column"],
    }
    location: dict[str, Any] = {
        "physicalLocation": {"artifactLocation": {"uri": _uri(row["path"])}}
    }
    if row["location"]:  # lines are those of the extracted text: no other program can find them
        location["logicalLocations"] = [{"fullyQualifiedName": row["location"]}]
    else:
        location["physicalLocation"]["region"] = region
    found: dict[str, Any] = {
        "ruleId": row["rule_id"],
        "ruleIndex": index[row["rule_id"]],
        "level": _SARIF_LEVEL[row["severity"]],
        "message": {"text": f"{row['message']} {row['because']}"},
        "locations": [location],
        "partialFingerprints": {"asobna/v1": mark},
    }
    if row["wordings"] and not row["location"]:
        found["fixes"] = [
            {
                "description": {"text": f"Write “{wording}”"},
                "artifactChanges": [
                    {
                        "artifactLocation": {"uri": _uri(row["path"])},
                        "replacements": [
                            {"deletedRegion": region, "insertedContent": {"text": wording}}
                        ],
                    }
                ],
            }
            for wording in row["wordings"]
        ]
    return found


def _uri(path: str) -> str:
    return quote(str(PurePosixPath(path.replace("\\", "/"))), safe="/")


def _write_github(result: Result, stream: TextIO) -> None:
    for row in placed_findings(result):
        message = f"{row['message']} {row['because']}"
        place = (
            f"line={row['line']},endLine={row['end_line']},"
            f"col={row['column']},endColumn={row['end_column']},"
        )
        if row["location"]:
            message, place = f"{row['location']}: {message}", ""
        stream.write(
            f"::{_GITHUB_LEVEL[row['severity']]} file={_property(row['path'])},{place}"
            f"title={_property('asobna ' + row['rule_id'])}::{_data(message)}\n"
        )


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def _write_text(result: Result, stream: TextIO) -> None:
    facts = facts_by_id(result.packs)
    findings = [{**row, "facts": cited(row, facts)} for row in placed_findings(result)]
    terminal.write_findings(findings, result.sources, stream)


_WRITERS = {
    "text": _write_text,
    "json": _write_json,
    "sarif": _write_sarif,
    "github": _write_github,
}
