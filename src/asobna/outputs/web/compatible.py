"""Routes of LanguageTool's interface; `asobna.outputs.languagetool` reads and answers.

Half of the clients want the address with /v2, half add it themselves: a doubled path is answered
with the address to use.
"""

from __future__ import annotations

from typing import Any

import orjson
from babel import Locale, UnknownLocaleError
from babel.localedata import locale_identifiers
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Route

from asobna.outputs import languagetool
from asobna.outputs.drafts import Reference
from asobna.outputs.web.checking import Checking
from asobna.outputs.web.words import FIRST
from asobna.pack_files import pack_code

PREFIXES = ("/v2", "/api/v2")
_EXPLICIT = ("check", "languages", "info", "healthcheck", "configinfo", "maxtextlength", "words")


def routes() -> list[BaseRoute]:
    """Every route, below both prefixes, and the mistaken ones."""
    found: list[BaseRoute] = []
    for prefix in PREFIXES:
        found += [
            Route(f"{prefix}/check", check, methods=["GET", "POST"]),
            Route(f"{prefix}/languages", languages, methods=["GET", "POST"]),
            Route(f"{prefix}/info", info, methods=["GET", "POST"]),
            Route(f"{prefix}/healthcheck", healthcheck, methods=["GET", "POST"]),
            Route(f"{prefix}/configinfo", config_info, methods=["GET", "POST"]),
            Route(f"{prefix}/maxtextlength", max_text_length, methods=["GET", "POST"]),
            Route(f"{prefix}/words", words, methods=["GET", "POST"]),
            Route(f"{prefix}/words/{{what}}", words, methods=["GET", "POST"]),
            Route(f"{prefix}/{{rest:path}}", mistaken, methods=["GET", "POST"]),
        ]
    found += [Route(f"/{name}", mistaken, methods=["GET", "POST"]) for name in _EXPLICIT[:3]]
    return found


class Exact(Response):
    """JSON whose content type has no charset: one client compares the header as a whole."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


def error(text: str, status: int = 400) -> Response:
    """An error as LanguageTool gives it: plain text."""
    return PlainTextResponse(f"Error: {text}", status)


def base_address(request: Request) -> str:
    """Address of this server as the client knows it; the host has passed the allow-list."""
    return f"{request.url.scheme}://{request.headers.get('host', 'localhost')}"


async def check(request: Request) -> Response:
    """Findings of a text as matches."""
    checking: Checking = request.app.state.checking
    reference = checking.reference
    try:
        fields = languagetool.read_fields(await request.body(), request.url.query)
        question = languagetool.read_question(fields, reference.packs.codes)
    except languagetool.BadRequestError as refused:
        return error(str(refused))
    if question.silent:
        question = question._replace(draft=question.draft._replace(text=""))
    outcome = await checking.check(question.draft)
    found = languagetool.answer(question, outcome.checked, reference, base_address(request))
    found["warnings"]["incompleteResults"] = not outcome.complete
    return Exact(found)


async def languages(request: Request) -> Response:
    """Every pack, alone and with each country that writes in it: some clients match exactly."""
    return Exact(_languages(request.app.state.checking.reference))


def _languages(reference: Reference) -> list[dict[str, str]]:
    found = []
    for code in reference.packs.codes:
        name = reference.names[code]
        found.append({"name": name, "code": code, "longCode": code})
        for identifier in sorted(locale_identifiers()):
            language, _, land = identifier.partition("_")
            if language == code and len(land) == 2 and land.isupper():
                where = _land(identifier, land)
                found.append(
                    {"name": f"{name} ({where})", "code": code, "longCode": f"{code}-{land}"}
                )
    return found


def _land(identifier: str, land: str) -> str:
    try:
        return str(Locale(FIRST).territories.get(land, land))
    except UnknownLocaleError:  # pragma: no cover the data of a library, not of a client
        return identifier


async def info(request: Request) -> Response:
    """Name and version."""
    return Exact({"software": languagetool.software()})


async def healthcheck(request: Request) -> Response:
    """OK, as long as the process answers."""
    return PlainTextResponse("OK")


async def max_text_length(request: Request) -> Response:
    """Longest text, in characters."""
    return PlainTextResponse(str(request.app.state.checking.limits.max_text_cp))


async def config_info(request: Request) -> Response:
    """Rules of a language."""
    checking: Checking = request.app.state.checking
    lang = pack_code(request.query_params.get("language", ""))
    if not lang:
        return error("Missing 'language' parameter")
    limits = checking.limits
    return Exact(languagetool.config_info(lang, checking.reference, limits.max_text_cp))


async def words(request: Request) -> Response:
    """No dictionary is kept here; a client that asks learns why."""
    return error("This server keeps no words and no accounts; ignore a finding in the text", 403)


async def mistaken(request: Request) -> Response:
    """Any other path: the address that was probably meant."""
    last = request.url.path.rstrip("/").rsplit("/", 1)[-1]
    meant = last if last in _EXPLICIT else "check"
    return error(
        f"there is nothing here. The address to use is {base_address(request)}/v2/{meant}; "
        "a client that adds /v2 itself wants the address without it",
        404,
    )
