"""The application: routes, the layer that guards them, and what every handler shares."""

from __future__ import annotations

import gc
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import NamedTuple

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from asobna.errors import LimitError
from asobna.outputs.drafts import Draft, Reference, check_draft
from asobna.outputs.web import api, compatible, pages
from asobna.outputs.web.checking import BusyError, Checking
from asobna.outputs.web.guards import LOOPBACK, Guard
from asobna.outputs.web.limits import Limits

log = logging.getLogger("asobna.serve")

STATIC = Path(__file__).parent / "static"


class Options(NamedTuple):
    """Who may ask, and of what: names the server answers to, the one site whose pages may read it,
    and the folder of the desk."""

    hosts: tuple[str, ...] = LOOPBACK
    origin: str | None = None
    store: Path | None = None


def build_app(reference: Reference, limits: Limits, options: Options | None = None) -> ASGIApp:
    """The guarded application over the given packs."""
    asked = options or Options()

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        _warm(reference)
        log.warning("ready")
        yield
        app.state.checking.close()

    routes: list[BaseRoute] = [
        *compatible.routes(),
        *api.routes(),
        *pages.routes(),
        Mount("/static", StaticFiles(directory=STATIC), name="static"),
    ]
    app = Starlette(
        routes=routes,
        lifespan=lifespan,
        exception_handlers={LimitError: _over_limit, HTTPException: _refused, Exception: _failed},
    )
    app.state.checking = Checking(reference, limits)
    app.state.desk = None
    if asked.store:
        # only here: the desk needs what the report needs
        from asobna.outputs.web import desk  # noqa: PLC0415

        app.state.desk = desk.Desk(asked.store, limits)
        app.router.routes[:0] = desk.routes()
    return Guard(app, asked.hosts, limits, asked.origin)


def _warm(reference: Reference) -> None:
    """Compile every pack and load the language model before the first client asks."""
    check_draft(Draft("Asobna.", None), reference.packs)
    for lang in reference.packs.codes:
        check_draft(Draft("Minsk, Belarus.", lang), reference.packs)
    gc.collect()
    gc.freeze()  # the packs stay as long as the process: the collector need not look at them again


async def _over_limit(request: Request, error: Exception) -> Response:
    busy = isinstance(error, BusyError)
    headers = {"retry-after": "2"} if busy else None
    return api.problem(request, 503 if busy else 413, str(error), headers)


async def _failed(request: Request, _: Exception) -> Response:
    return api.problem(request, 500, "this request failed; the text was not kept")


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if request.url.path.startswith("/api/v1"):
        return api.problem(request, error.status_code, error.detail, error.headers)
    known = pages.not_found(request) if error.status_code == 404 else None
    text = f"Error: {error.detail}\n"
    return known or PlainTextResponse(text, error.status_code, error.headers)
