"""What every answer carries, and what is refused before a view sees it."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from asobna_rounds.definition import INTERFACE_LANGUAGES

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
    code or the ticket in its own body, which no other site has. But another site could send its
    own code: the visitor would fill a ballot that the sender reads later. So a form that a browser
    says comes from elsewhere (`Sec-Fetch-Site`) opens nothing; it leads to the first page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer one request."""
        foreign = request.META.get("HTTP_SEC_FETCH_SITE") in ("cross-site", "same-site")
        for name in [n for n in request.META if n.startswith(("HTTP_", "REMOTE_"))]:
            del request.META[name]
        if foreign and request.method == "POST":
            response: HttpResponseBase = _to_first_page(request.path)
        else:
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


def _to_first_page(path: str) -> HttpResponse:
    language = path.split("/")[1]
    known = language in INTERFACE_LANGUAGES
    return HttpResponse(status=303, headers={"Location": f"/{language}/" if known else "/"})
