"""What every answer carries, and what is refused before a view sees it."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
FORM = "application/x-www-form-urlencoded"


class Guard:
    """Middleware: drops what a view must not know, refuses what no page sends, sets headers.

    There is no CSRF cookie because there is nothing to ride on: a request acts only through the
    code or the ticket in its own body, which no other site has.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        for name in [n for n in request.META if n.startswith(("HTTP_", "REMOTE_"))]:
            del request.META[name]
        response = self._refusal(request) or self._get_response(request)
        for name, value in HEADERS.items():
            response[name] = value
        return response

    def _refusal(self, request: HttpRequest) -> HttpResponse | None:
        if request.method not in ("GET", "HEAD", "POST"):
            return HttpResponse(status=405)
        if request.method == "POST" and request.content_type != FORM:
            return HttpResponse(status=415)
        length = request.META.get("CONTENT_LENGTH") or "0"
        if not length.isdigit() or int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return HttpResponse(status=413)
        return None
