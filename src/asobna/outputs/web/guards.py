"""What stands before every handler: host, body, headers, silence about what was sent.

A pure ASGI layer: the body is counted as it arrives, before anything parses it, so that no parser
can be fed more than the limit.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from asobna.outputs.web.limits import Limits

log = logging.getLogger("asobna.serve")

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")

#: No outside file, no inline script or style, no framing, no form to elsewhere.
_HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; "
    "img-src 'self' data:; connect-src 'self'; form-action 'self'; frame-ancestors 'none'; "
    "base-uri 'none'",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
    "cache-control": "no-store",
}


class Guard:
    """The outermost layer. `hosts` are the names this server answers to, without a port."""

    def __init__(
        self, app: ASGIApp, hosts: Iterable[str], limits: Limits, origin: str | None = None
    ) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)
        self._limits = limits
        headers = dict(_HEADERS)
        if origin:
            headers["access-control-allow-origin"] = origin
            headers["cross-origin-resource-policy"] = "cross-origin"
        self._origin = origin
        self._headers = [(name.encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started = False

        async def guarded(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                have = {name for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(pair for pair in self._headers if pair[0] not in have),
                ]
            await send(message)

        try:
            await self._answer(scope, receive, guarded)
        except Exception as error:  # the last line of defence: say where, never what was sent
            log.error("%s %s: %s", scope["method"], _route(scope), _place(error))
            if not started:
                reply = PlainTextResponse(
                    "Error: this request failed; the text was not kept\n", 500
                )
                await reply(scope, receive, guarded)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope)
        refused = self._refused(scope, headers)
        if refused is None:
            body, refused = await self._body(receive, headers)
        if refused is not None:
            await refused(scope, receive, send)
            return
        await self._app(scope, _replay(body, receive), send)

    def _refused(self, scope: Scope, headers: Headers) -> PlainTextResponse | None:
        host = headers.get("host", "")
        name = host.rsplit(":", 1)[0] if ":" in host.rpartition("]")[2] else host
        if self._hosts and name.lower() not in self._hosts:
            return PlainTextResponse(
                "Error: this server does not answer to that name; start it with --host-name\n", 403
            )
        origin = headers.get("origin")
        if scope["method"] == "OPTIONS" and self._origin and origin:
            return PlainTextResponse(
                "", 204, {"access-control-allow-methods": "GET, POST",
                          "access-control-allow-headers": "content-type, accept"}
            )  # fmt: skip
        return None

    async def _body(self, receive: Receive, headers: Headers) -> tuple[bytes, Any]:
        """The whole body within bytes and seconds, or an answer that refuses it."""
        limit = self._limits.max_body_bytes
        told = headers.get("content-length", "0")
        if told.isdigit() and int(told) > limit:
            return b"", _too_large(limit)
        parts: list[bytes] = []
        size, more = 0, True
        try:
            async with asyncio.timeout(self._limits.body_seconds):
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        return b"", PlainTextResponse("", 400)
                    part = message.get("body", b"")
                    size += len(part)
                    if size > limit:
                        return b"", _too_large(limit)
                    parts.append(part)
                    more = message.get("more_body", False)
        except TimeoutError:
            text = f"Error: the request did not arrive in {self._limits.body_seconds:g} seconds\n"
            return b"", PlainTextResponse(text, 408, {"connection": "close"})
        return b"".join(parts), None


def _too_large(limit: int) -> PlainTextResponse:
    text = f"Error: at most {limit:,} bytes are read (max_body_bytes); send the text in parts\n"
    return PlainTextResponse(text, 413, {"connection": "close"})


def _replay(body: bytes, receive: Receive) -> Receive:
    sent = False

    async def replay() -> Message:
        nonlocal sent
        if sent:
            return await receive()
        sent = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replay


def _route(scope: Scope) -> str:
    """The pattern of the route, never the path or query as sent: they may hold text."""
    return str(getattr(scope.get("route"), "path", "unknown"))


def _place(error: Exception) -> str:
    """Type and place of an error. Its message is left out: it may quote the text."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_globals.get('__name__')}:{trace.tb_lineno}" if trace else "?"
    return f"{type(error).__name__} at {where}"
