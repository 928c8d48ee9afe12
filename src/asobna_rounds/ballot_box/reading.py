"""The pages anyone may read: languages, welcome, brief, protection, promises, report, errors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.template import loader
from django.utils import translation

from asobna_rounds.ballot_box.box import LEDGER, REPORT, Box
from asobna_rounds.credentials.door import MAX_PASTE
from asobna_rounds.definition import INTERFACE_LANGUAGES
from asobna_rounds.errors import LedgerError
from asobna_rounds.ledger import Ledger
from asobna_rounds.ledger_page import invitation_opening, opening_parts
from asobna_rounds.promises import CONSULTED_WITHIN_DAYS, consulted, items
from asobna_rounds.publisher.rendering import context as report_context
from asobna_rounds.texts import words

NAMES = {
    "en": "English",
    "be": "Беларуская",
    "ru": "Русский",
    "pl": "Polski",
    "lt": "Lietuvių",
    "uk": "Українська",
}
"""Each language in its own words, so that nobody has to read another to find theirs."""
PROMISES_ON_WELCOME = 5
PROMISES_A_PAGE = 10
PROMISE_CHARACTERS = 600
FILES_ON_LEDGER = 20
FILE_CHARACTERS = 160
_STYLE = Path(__file__).parent / "pages" / "style.css"


def box_of(request: HttpRequest) -> Box:
    """The round this process serves; the server puts it into every request."""
    box: Box = request.META["asobna.box"]
    return box


def page(request: HttpRequest, language: str, name: str, context: dict[str, Any]) -> HttpResponse:
    """A page in one language: nothing about the request but its path enters it."""
    box = box_of(request)
    definition = box.definition
    question, question_language = definition.text(definition.question, language)
    known = {
        "language": language,
        "languages": NAMES,
        "question": question,
        "question_language": question_language,
        "rest": request.path.partition(f"/{language}/")[2] if request.method == "GET" else None,
        "phase": box.phase(),
        "days": {
            name: f"{getattr(definition, name)} (UTC)"
            for name in ("issue_until", "opens", "closes")
        },
        "max_paste": MAX_PASTE,
    }
    status = context.pop("status", 200)
    with translation.override(language):
        return HttpResponse(loader.render_to_string(name, known | context), status=status)


def languages(_request: HttpRequest) -> HttpResponse:
    """The choice of language, each named in itself."""
    with translation.override("en"):
        body = loader.render_to_string("languages.html", {"languages": NAMES})
    return HttpResponse(body)


def style(_request: HttpRequest) -> HttpResponse:
    """The one style sheet."""
    return HttpResponse(_STYLE.read_bytes(), content_type="text/css; charset=utf-8")


def welcome(request: HttpRequest, language: str) -> HttpResponse:
    """Promises first, then the question and the place for the code."""
    return page(request, language, "welcome.html", welcome_context(request, language))


def welcome_context(request: HttpRequest, language: str) -> dict[str, Any]:
    """What the welcome page shows; also used when a code is refused."""
    box = box_of(request)
    promises, notes = _promises(box, language)
    return {
        "promises": promises[:PROMISES_ON_WELCOME],
        "promise_notes": notes,
        "promises_lost": _lost(box),
        "fingerprint": box.fingerprint,
        "numbers": box.numbers if box.phase() != "issue" else None,
    }


def _ledger(box: Box) -> Ledger | None:
    """The ledger beside the round; None when there is none, or none that can be read.

    A damaged ledger is the operator's to restore and stops nobody from voting.
    """
    try:
        return box.ledger()
    except LedgerError:
        return None


def _lost(box: Box) -> bool:
    path = box.folder / LEDGER
    return _ledger(box) is None and path.exists() and path.stat().st_size > 0


Line = tuple[list[tuple[str, str]], bool]
"""One promise: its parts with their languages, and whether it is overdue."""


def _promises(box: Box, language: str) -> tuple[list[Line], list[str]]:
    """Every promise, overdue first, and the closing sums; empty if no ledger."""
    ledger = _ledger(box)
    if ledger is None:
        return [], []
    text = words("ledger", language)
    told: list[Line] = []
    for item in items(ledger, box.today):
        parts = [
            (part[:PROMISE_CHARACTERS], spoken or language)
            for part, spoken in opening_parts(item, text)
        ]
        told.append((parts, item.overdue))
    lines = invitation_opening(ledger, box.today, language).splitlines()[1:]
    notes = [line for line in lines if line and not line.startswith("- ")]
    return told or [([(text["empty"], language)], False)], notes


def brief(request: HttpRequest, language: str) -> HttpResponse:
    """The background to the question."""
    definition = box_of(request).definition
    text, shown = definition.text(definition.brief, language)
    context = {"paragraphs": text.split("\n\n"), "shown": shown}
    return page(request, language, "brief.html", context)


def protection(request: HttpRequest, language: str) -> HttpResponse:
    """What each way of getting a code protects, and what it does not."""
    context = {"fingerprint": box_of(request).fingerprint}
    return page(request, language, "protection.html", context)


def ledger(request: HttpRequest, language: str) -> HttpResponse:
    """Everything asked and promised, overdue first; when people were last heard on each file."""
    box = box_of(request)
    promises, notes = _promises(box, language)
    book = _ledger(box)
    files = consulted(book, box.today)[:FILES_ON_LEDGER] if book else []
    text = words("ledger", language)
    rows = [
        (
            row.title[:FILE_CHARACTERS],
            row.language or language,
            text["never"] if row.days is None else row.days,
            text["yes" if row.within() else "no"],
        )
        for row in files
    ]
    known = {"limit": CONSULTED_WITHIN_DAYS}
    context = {
        "promises": promises[:PROMISES_A_PAGE],
        "promise_notes": notes,
        "promises_lost": _lost(box),
        "heading": text["consulted_heading"],
        "columns": [text["file"], text["days_since"], text["within"].format(**known)],
        "files": rows,
    }
    return page(request, language, "ledger.html", context)


def report(request: HttpRequest, language: str, page_number: int = 1) -> HttpResponse:
    """The report, in pages; before close, a sentence that says when it comes."""
    path = box_of(request).folder / REPORT
    if not path.exists():
        return page(request, language, "report_later.html", {})
    data = json.loads(path.read_text(encoding="utf-8"))
    with translation.override(language):
        found = report_context(data, language, page_number)
    found["page_numbers"] = range(1, found["pages"] + 1)
    return page(request, language, "report.html", found)


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """400: a request no page of ours sends."""
    return _plain(request, "broken.html", 400)


def missing(request: HttpRequest, exception: Exception) -> HttpResponse:  # noqa: ARG001
    """404: no page at this address."""
    return _plain(request, "missing.html", 404)


def broken(request: HttpRequest) -> HttpResponse:
    """500: our fault; nothing about the request is written down."""
    return _plain(request, "broken.html", 500)


def _plain(request: HttpRequest, name: str, status: int) -> HttpResponse:
    language = request.path.split("/")[1] if request.path.count("/") else "en"
    chosen = language if language in INTERFACE_LANGUAGES else "en"
    with translation.override(chosen):
        context = {"language": chosen, "languages": NAMES, "rest": ""}
        return HttpResponse(loader.render_to_string(name, context), status=status)
