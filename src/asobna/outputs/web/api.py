"""The JSON interface: check, rules, facts, packs; described by openapi.json.

Offsets are Unicode code points, as everywhere in Asobna; each finding also carries UTF-16 units.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from asobna.outputs.drafts import (
    READERS,
    Draft,
    Reference,
    chosen,
    known_name,
    package_rows,
)
from asobna.outputs.formats import FINDING_KEYS
from asobna.outputs.languagetool import software
from asobna.outputs.web.checking import Checking, Outcome
from asobna.pack_files import pack_code
from asobna.positions import Utf16

DESCRIPTION = Path(__file__).with_name("openapi.json")
PREFIX = "/api/v1"


def routes() -> list[BaseRoute]:
    """Every route of the interface."""
    return [
        Route("/openapi.json", description),
        Route(f"{PREFIX}/check", check, methods=["POST"]),
        Route(f"{PREFIX}/rules", rules),
        Route(f"{PREFIX}/rules/{{rule_id}}", rule),
        Route(f"{PREFIX}/facts", facts),
        Route(f"{PREFIX}/facts/{{fact_id}}", fact),
        Route(f"{PREFIX}/packs", packs),
    ]


def problem(
    request: Request, status: int, detail: str, headers: Mapping[str, str] | None = None
) -> Response:
    """An error: an object for this interface, plain text for every other."""
    if request.url.path.startswith(PREFIX):
        return JSONResponse({"error": detail}, status, headers)
    return PlainTextResponse(f"Error: {detail}\n", status, headers)


async def description(request: Request) -> Response:
    """The OpenAPI description, with the version that runs."""
    content = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    content["info"]["version"] = software()["version"]
    return JSONResponse(content)


async def check(request: Request) -> Response:
    """Findings of one text."""
    checking: Checking = request.app.state.checking
    draft, select, ignore = _asked(await _object(request), checking.reference)
    outcome = await checking.check(draft)
    return JSONResponse(findings_object(outcome, checking.reference, select, ignore))


async def _object(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").split(";")[0].strip() != "application/json":
        raise HTTPException(415, "send application/json")
    try:
        found = json.loads(await request.body())
    except (ValueError, RecursionError) as error:
        raise HTTPException(400, "the body is not JSON in UTF-8") from error
    if not isinstance(found, dict):
        raise HTTPException(422, 'the body must be an object: {"text": "…"}')
    return found


_KEYS = {"text", "lang", "format", "select", "ignore"}


def _asked(body: dict[str, Any], reference: Reference) -> tuple[Draft, list[str], list[str]]:
    unknown = sorted(set(body) - _KEYS)
    if unknown:
        raise HTTPException(422, f"unknown key '{unknown[0]}'; keys are {', '.join(sorted(_KEYS))}")
    text, lang, kind = body.get("text"), body.get("lang"), body.get("format", "txt")
    if not isinstance(text, str):
        raise HTTPException(422, "'text' must be a string")
    if lang is not None and pack_code(str(lang)) not in reference.packs.codes:
        raise HTTPException(422, f"'lang' must be one of {', '.join(reference.packs.codes)}")
    if not isinstance(kind, str) or kind not in READERS:
        raise HTTPException(422, f"'format' must be one of {', '.join(READERS)}")
    select, ignore = (
        _rule_names(body.get(key, []), key, reference) for key in ("select", "ignore")
    )
    return Draft(text, lang, kind), select, ignore


def _rule_names(value: Any, key: str, reference: Reference) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise HTTPException(422, f"'{key}' must be a list of rules, families or severities")
    for name in value:
        if not known_name(reference, name):
            raise HTTPException(422, f"'{key}': no such rule; see {PREFIX}/rules")
    return value


def findings_object(
    outcome: Outcome, reference: Reference, select: list[str], ignore: list[str]
) -> dict[str, Any]:
    """What a check answers: the findings, the facts they cite, language, versions."""
    checked = outcome.checked
    units = Utf16(checked.draft.text)
    found = [
        {key: row[key] for key in (*FINDING_KEYS, "fact_ids")}
        | {
            "start_utf16": units.units(row["start_cp"]),
            "end_utf16": units.units(row["end_cp"]),
        }
        for row in chosen(checked.findings, select, ignore)
    ]
    cited = {fact["id"]: fact for row in found for fact in reference.cited(row)}
    return {
        "asobna": software()["version"],
        "lang": checked.lang,
        "complete": outcome.complete,
        "unread": checked.unread,
        "findings": found,
        "facts": cited,
        "packs": {row["lang"]: row["sha256"] for row in reference.packs.languages.to_pylist()},
    }


def rule_object(row: dict[str, Any], reference: Reference) -> dict[str, Any]:
    """A rule as it is told to people and programs."""
    return {
        "id": row["id"],
        "lang": row["lang"],
        "langs": sorted(reference.rules[row["id"]]),
        "severity": row["severity"],
        "message": row["message"],
        "because": row["because"],
        "advice": row["advice"] or None,
        "fact_ids": row["fact_ids"],
    }


async def rules(request: Request) -> Response:
    """Every rule, in `lang` where it has that language."""
    reference: Reference = request.app.state.checking.reference
    lang = request.query_params.get("lang", "")
    rows = [reference.rule(rule_id, lang) for rule_id in reference.rules]
    return JSONResponse({"rules": [rule_object(row, reference) for row in rows if row]})


async def rule(request: Request) -> Response:
    """One rule with its facts."""
    reference: Reference = request.app.state.checking.reference
    row = reference.rule(request.path_params["rule_id"], request.query_params.get("lang", ""))
    if row is None:
        raise HTTPException(404, f"no such rule; see {PREFIX}/rules")
    cited = reference.cited(row)
    return JSONResponse({**rule_object(row, reference), "facts": cited})


async def facts(request: Request) -> Response:
    """Facts of the register that hold every word of `q`."""
    reference: Reference = request.app.state.checking.reference
    return JSONResponse({"facts": reference.find_facts(request.query_params.get("q", ""))})


async def fact(request: Request) -> Response:
    """One fact with its date and sources."""
    found = request.app.state.checking.reference.facts.get(request.path_params["fact_id"])
    if found is None:
        raise HTTPException(404, f"no such fact; see {PREFIX}/facts")
    return JSONResponse(found)


async def packs(request: Request) -> Response:
    """Every language, its version and its hash."""
    return JSONResponse({"packs": package_rows(request.app.state.checking.reference)})
