"""Pages for people: check a text, rules, facts. They work without script, and are live with it."""

from __future__ import annotations

import asyncio
import json
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import BaseRoute, Route

from asobna.errors import InputError, LimitError
from asobna.outputs.docx_comments import remark
from asobna.outputs.drafts import READERS, Draft, Reference
from asobna.outputs.web.api import findings_object
from asobna.outputs.web.checking import Checking, Outcome
from asobna.outputs.web.highlight import pieces
from asobna.outputs.web.uploads import ENDINGS, Upload, read_upload, word_document
from asobna.outputs.web.words import COOKIELESS, interface_of, interfaces
from asobna.positions import Utf16
from asobna.tables import SEVERITIES

HERE = Path(__file__).parent
#: A request with this header wants the result alone, not the page around it.
PART = "x-part"
_MAX_FORM_FIELDS = 20
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
#: Word documents are made by the package that reads them; without it they are not offered.
_WORD_MADE = find_spec("docx") is not None

_templates = Environment(
    loader=FileSystemLoader(HERE / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class Asked(NamedTuple):
    """What the form held. `problem` says why a file could not be read."""

    draft: Draft
    as_file: str = ""
    problem: str = ""
    upload: Upload | None = None


def routes() -> list[BaseRoute]:
    """Every page."""
    return [
        Route("/", home, methods=["GET"]),
        Route("/", check, methods=["POST"]),
        Route("/rules", rules),
        Route("/rules/{rule_id}", rule),
        Route("/facts", facts),
        Route("/facts/{fact_id}", fact),
    ]


def page(request: Request, template: str, status: int = 200, **values: Any) -> Response:
    """A page in the language of the interface, from a template and its values."""
    ui = interface_of(request)

    def link(path: str, **query: str) -> str:
        return f"{path}?{urlencode({**query, COOKIELESS: ui})}"

    text = _templates.get_template(template).render(
        t=interfaces()[ui],
        ui=ui,
        interfaces=interfaces(),
        path=request.url.path,
        link=link,
        severities=SEVERITIES,
        has_desk=request.app.state.desk is not None,
        **values,
    )
    return HTMLResponse(text, status, {"content-language": ui, "vary": "accept-language"})


async def home(request: Request) -> Response:
    """The empty form."""
    asked = Asked(Draft("", None))
    return page(request, "home.html", **_form(request, asked), outcome=None)


def _form(request: Request, asked: Asked) -> dict[str, Any]:
    reference: Reference = request.app.state.checking.reference
    return {
        "asked": asked,
        "names": reference.names,
        "formats": list(READERS),
        "endings": ",".join(ENDINGS),
        "downloads": ["html", "json", *(["docx"] if _WORD_MADE else [])],
    }


async def check(request: Request) -> Response:
    """Check what the form holds, and answer with the page, its result alone, or a file."""
    checking: Checking = request.app.state.checking
    most = checking.limits.max_body_bytes
    async with request.form(max_files=1, max_fields=_MAX_FORM_FIELDS, max_part_size=most) as form:
        asked = await _read(form, checking.reference)
    if asked.problem or not asked.draft.text.strip():
        return page(request, _template(request), 200, **_form(request, asked), outcome=None)
    outcome = await checking.check(asked.draft)
    if asked.as_file == "json":
        return _json_file(outcome, checking.reference)
    if asked.as_file == "docx":
        return await _word_file(request, asked, outcome)
    shown = result_values(outcome, checking)
    if asked.as_file == "html":
        style = (HERE / "static" / "style.css").read_text(encoding="utf-8")
        answered = page(request, "download.html", **shown, style=style)
        answered.headers["content-disposition"] = 'attachment; filename="asobna.html"'
        return answered
    return page(request, _template(request), **_form(request, asked), **shown)


def _template(request: Request) -> str:
    return "result.html" if PART in request.headers else "home.html"


async def _read(form: FormData, reference: Reference) -> Asked:
    fields = {name: value for name, value in form.items() if isinstance(value, str)}
    lang = fields.get("lang", "")
    kind = fields.get("format", "txt")
    draft = Draft(
        # A browser sends CRLF for what its text field counts as one character.
        fields.get("text", "").replace("\r\n", "\n"),
        lang if lang in reference.packs.codes else None,
        kind if kind in READERS else "txt",
    )
    problem, upload = "", None
    file = form.get("file")
    if isinstance(file, UploadFile) and file.filename:
        upload = Upload(file.filename, await file.read())
        read, problem = await asyncio.to_thread(read_upload, upload)
        draft = read._replace(lang=draft.lang)
    return Asked(draft, fields.get("as", ""), problem, upload)


def result_values(outcome: Outcome, checking: Checking) -> dict[str, Any]:
    """What the result template needs: the marked text, numbered findings, their facts."""
    checked, reference = outcome.checked, checking.reference
    text = checked.draft.text
    units = Utf16(text)
    findings = [
        {
            **row,
            "number": number,
            "was": text[row["start_cp"] : row["end_cp"]],
            "start16": units.units(row["start_cp"]),
            "end16": units.units(row["end_cp"]),
            "facts": reference.cited(row),
        }
        for number, row in enumerate(checked.findings, 1)
    ]
    limit = checking.limits.max_shown_cp
    return {
        "outcome": outcome,
        "checked": checked,
        "findings": findings,
        "counts": {s: sum(row["severity"] == s for row in findings) for s in SEVERITIES},
        "pieces": pieces(text, checked.findings, limit),
        "cut": len(text) > limit,
        "known_languages": ", ".join(reference.names.values()),
    }


def _json_file(outcome: Outcome, reference: Reference) -> Response:
    content = json.dumps(findings_object(outcome, reference, [], []), ensure_ascii=False, indent=1)
    headers = {"content-disposition": 'attachment; filename="asobna.json"'}
    return Response(content + "\n", media_type="application/json", headers=headers)


async def _word_file(request: Request, asked: Asked, outcome: Outcome) -> Response:
    checking: Checking = request.app.state.checking
    checked, most = outcome.checked, checking.limits.max_paragraphs
    if checked.draft.text.count("\n") >= most:
        raise LimitError(f"at most {most:,} paragraphs become a Word document (max_paragraphs)")
    remarks = [remark(row, checking.reference.cited(row)) for row in checked.findings]
    try:
        content = await asyncio.to_thread(word_document, asked.upload, checked.draft.text, remarks)
    except InputError as error:
        failed = asked._replace(problem=str(error))
        return page(request, _template(request), **_form(request, failed), outcome=None)
    headers = {"content-disposition": 'attachment; filename="asobna.docx"'}
    return Response(content, media_type=_WORD, headers=headers)


async def rules(request: Request) -> Response:
    """Every rule, in the language of the interface where it has one."""
    reference: Reference = request.app.state.checking.reference
    rows = [reference.rule(rule_id, interface_of(request)) for rule_id in reference.rules]
    return page(request, "rules.html", rows=rows)


async def rule(request: Request) -> Response:
    """One rule in every language it has, the asked one first, with its facts."""
    reference: Reference = request.app.state.checking.reference
    rule_id = request.path_params["rule_id"]
    lang = request.query_params.get("lang", interface_of(request))
    first = reference.rule(rule_id, lang)
    if first is None:
        raise HTTPException(404)
    others = [row for row in reference.rules[rule_id].values() if row is not first]
    cited = reference.cited(first)
    return page(
        request,
        "rule.html",
        rule=first,
        others=others,
        facts=cited,
        names=reference.names,
    )


async def facts(request: Request) -> Response:
    """The register, or what of it holds every word of `q`."""
    reference: Reference = request.app.state.checking.reference
    query = request.query_params.get("q", "")
    return page(request, "facts.html", facts=reference.find_facts(query), query=query)


async def fact(request: Request) -> Response:
    """One fact."""
    found = request.app.state.checking.reference.facts.get(request.path_params["fact_id"])
    if found is None:
        raise HTTPException(404)
    return page(request, "facts.html", facts=[found], query="")


def not_found(request: Request) -> Response:
    """The page that says that there is none."""
    return page(request, "missing.html", 404)
