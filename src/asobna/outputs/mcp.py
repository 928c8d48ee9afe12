"""`asobna mcp`: four tools and two kinds of resource for an assistant that drafts. No network.

Only files below the root given at the start can be read, and only as drafts: what comes back is
findings, not the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from asobna.documents import decode
from asobna.errors import ConfigError, InputError
from asobna.limits import MAX_PAGE_BYTES
from asobna.outputs.drafts import READERS, Checked, Draft, Reference, check_draft, make_reference
from asobna.outputs.terminal import fact_line
from asobna.pack_files import pack_code
from asobna.packs import read_packs
from asobna.positions import Lines
from asobna.sources.files import FORMAT_OF_SUFFIX, format_of

#: Characters of a text an assistant may hand over at once.
MAX_TEXT_CP = 500_000
#: Findings and facts told at once: more would not be read.
MAX_TOLD = 100

INSTRUCTIONS = """\
Asobna reads how a text places Belarus in relation to Russia. Severities differ in kind: E means a
checkable statement is wrong, S a form of a name, C a wording to consider. Naming the two countries
together is not an error. Pass on the reason and the dated source with every finding; do not turn
counts into a grade of a writer."""


def told(checked: Checked, reference: Reference) -> dict[str, Any]:
    """Findings of a draft with line and column, each with its facts in words."""
    lines = Lines(checked.draft.text)
    findings = []
    for row in checked.findings[:MAX_TOLD]:
        place = lines.place(row["start_cp"])
        findings.append(
            {
                "line": place.line,
                "column": place.column,
                "start_cp": row["start_cp"],
                "end_cp": row["end_cp"],
                "text": checked.draft.text[row["start_cp"] : row["end_cp"]],
                "severity": row["severity"],
                "rule_id": row["rule_id"],
                "message": row["message"],
                "because": row["because"],
                "wordings": row["wordings"],
                "advice": row["advice"] or "",
                "facts": [fact_line(fact) for fact in reference.cited(row)],
            }
        )
    return {
        "lang": checked.lang,
        "unread": checked.unread or "",
        "total": len(checked.findings),
        "findings": findings,
    }


def read_below(root: Path, path: str) -> Draft:
    """A draft from a file below `root`. Raises InputError for any other, links followed."""
    place = (root / path).resolve()
    if not place.is_relative_to(root.resolve()):
        raise InputError(f"{path} is not below the folder this server was started for")
    if format_of(path) not in READERS or place.suffix.lower() not in FORMAT_OF_SUFFIX:
        raise InputError(f"{path}: only {', '.join(FORMAT_OF_SUFFIX)} files are read")
    try:
        with place.open("rb") as file:
            text, problem = decode(file.read(MAX_PAGE_BYTES + 1))
    except OSError as error:
        raise InputError(f"{path}: {error.strerror or 'cannot be read'}") from error
    if problem:
        raise InputError(f"{path} {problem[1]}")
    return Draft(text, None, format_of(path), path)


def rule_told(rule_id: str, lang: str, reference: Reference) -> dict[str, Any]:
    """A rule with its reason and facts. Raises InputError for an unknown one."""
    row = reference.rule(rule_id, lang)
    if row is None:
        raise InputError(f"no rule '{rule_id}'; rules are {', '.join(reference.rules)}")
    return {
        "id": row["id"],
        "lang": row["lang"],
        "severity": row["severity"],
        "message": row["message"],
        "because": row["because"],
        "advice": row["advice"],
        "facts": [fact_line(fact) for fact in reference.cited(row)],
    }


def checked_text(text: str, lang: str, kind: str, reference: Reference) -> dict[str, Any]:
    """Findings of a text. Raises InputError for a text too long, or an unknown language or form."""
    if len(text) > MAX_TEXT_CP:
        raise InputError(f"the text has {len(text):,} characters; at most {MAX_TEXT_CP:,} are read")
    if lang and pack_code(lang) not in reference.packs.codes:
        raise InputError(
            f"no remarks for '{lang}'; there are for {', '.join(reference.packs.codes)}"
        )
    if kind not in READERS:
        raise InputError(f"format must be one of {', '.join(READERS)}")
    return told(check_draft(Draft(text, lang or None, kind), reference.packs), reference)


def make_server(reference: Reference, root: Path) -> Any:
    """An MCP server over the packs and the files below `root`, not yet started."""
    from mcp.server.mcpserver import MCPServer  # noqa: PLC0415 takes most of a second
    from mcp_types import ToolAnnotations  # noqa: PLC0415

    server = MCPServer("asobna", instructions=INSTRUCTIONS, log_level="ERROR")
    reads = ToolAnnotations(
        read_only_hint=True, idempotent_hint=True, destructive_hint=False, open_world_hint=False
    )
    for tool in (*_checks(reference, root), *_look_ups(reference)):
        server.tool(annotations=reads)(tool)
    for address, resource in _resources(reference).items():
        server.resource(address, mime_type="application/json")(resource)
    return server


def _taught(call: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """What a call gives; what is wrong with it goes to the assistant in words."""
    from mcp.server.mcpserver.exceptions import ToolError  # noqa: PLC0415

    try:
        return call()
    except InputError as error:
        raise ToolError(str(error)) from error


# The docstrings below are what an assistant reads.


def _checks(reference: Reference, root: Path) -> tuple[Callable[..., Any], ...]:
    def check_text(text: str, lang: str = "", format: str = "txt") -> dict[str, Any]:
        """Check a draft: what to look at again about Belarus, why, with which words and sources.

        lang: code of a pack, or empty to identify it; format: txt, md or html.
        """
        return _taught(lambda: checked_text(text, lang, format, reference))

    def check_file(path: str) -> dict[str, Any]:
        """Check a .txt, .md or .html file below the folder this server was started for."""
        return _taught(
            lambda: told(check_draft(read_below(root, path), reference.packs), reference)
        )

    return check_text, check_file


def _look_ups(reference: Reference) -> tuple[Callable[..., Any], ...]:
    def explain_rule(rule_id: str, lang: str = "") -> dict[str, Any]:
        """Explain a rule named by a finding: its reason, advice and dated facts."""
        return _taught(lambda: rule_told(rule_id, lang, reference))

    def lookup_fact(query: str) -> dict[str, Any]:
        """Dated, sourced facts on Belarus that hold every word of the query. Show their dates."""
        return {"facts": reference.find_facts(query)[:MAX_TOLD]}

    return explain_rule, lookup_fact


def _resources(reference: Reference) -> dict[str, Callable[..., str]]:
    """Address → what answers it, as JSON."""

    def rule(rule_id: str) -> str:
        """A rule with its reason and facts."""
        return json.dumps(rule_told(rule_id, "", reference), ensure_ascii=False)

    def fact(fact_id: str) -> str:
        """A fact with its date and sources."""
        if fact_id not in reference.facts:
            raise InputError(f"no fact '{fact_id}'")
        return json.dumps(reference.facts[fact_id], ensure_ascii=False)

    def rules() -> str:
        """Ids of every rule."""
        return json.dumps(list(reference.rules))

    def facts() -> str:
        """Ids, topics and dates of every fact."""
        keys = ("id", "topic", "as_of")
        rows = [{key: fact[key] for key in keys} for fact in reference.facts.values()]
        return json.dumps(rows, ensure_ascii=False)

    return {"asobna://rules/{rule_id}": rule, "asobna://facts/{fact_id}": fact,
            "asobna://rules": rules, "asobna://facts": facts}  # fmt: skip


@click.command("mcp")
@click.option("--root", default=".", show_default=True, help="Folder whose drafts may be checked.")
@click.option("--lang", multiple=True, metavar="CODE", help="Load only these packs.")
def mcp_command(root: str, lang: tuple[str, ...]) -> int:
    """Speak the Model Context Protocol on standard input and output."""
    folder = Path(root)
    if not folder.is_dir():
        raise ConfigError(f"--root {root}: no such folder")
    try:
        server = make_server(make_reference(read_packs(only=lang)), folder)
    except ImportError as error:
        raise ConfigError(
            f"this needs one more package ({error.name}): pip install 'asobna[mcp]'"
        ) from error
    server.run("stdio")
    return 0
