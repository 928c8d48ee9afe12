"""The ballot: one address, one form a page; every button saves the answers on the page first."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils import translation
from django.utils.translation import gettext as _

from asobna_rounds.ballot_box.box import PER_PAGE, Admission, Box
from asobna_rounds.ballot_box.reading import box_of, page, welcome, welcome_context
from asobna_rounds.ballot_box.statements import Statement, read_statements
from asobna_rounds.errors import BoxError, CredentialError, SealError
from asobna_rounds.rows import Ballot
from asobna_rounds.sealing import MAX_CHARACTERS, clean_statement
from asobna_rounds.store import MAX_SUGGESTIONS

VOTES = {"0", "1", "2", "3"}
"""What a page may send on a statement; 0 takes an answer back."""
AGREE, DISAGREE, PASS = 1, 2, 3


@dataclass(frozen=True)
class Visit:
    """One request on behalf of a ballot."""

    request: HttpRequest
    language: str
    box: Box
    admission: Admission
    notes: list[str] = field(default_factory=list)


def ballot(request: HttpRequest, language: str) -> HttpResponse:
    """Enter with a code or a ticket, save what came along, show the page asked for."""
    if request.method != "POST":
        return welcome(request, language)
    with translation.override(language):
        box = box_of(request)
        if box.phase() != "open":
            return welcome(request, language)
        try:
            admission = _admission(request, box)
            if admission is None:
                return _again(request, language, _late_or_sealed(request))
            return _serve(Visit(request, language, box, admission))
        except CredentialError as error:
            return _again(request, language, refusal(error.reason))
        except BoxError:  # closed while this request was on its way
            return welcome(request, language)


def _admission(request: HttpRequest, box: Box) -> Admission | None:
    ticket = request.POST.get("ticket")
    return box.tickets.read(ticket) if ticket else box.enter(request.POST.get("code", ""))


def refusal(reason: str) -> str:
    """What a person can do about a refused code, by `CredentialError.reason`."""
    return {
        "empty": _("No code was entered. Paste the whole code, or type the slip."),
        "check": _("One character of the slip is mistyped, or two are swapped. Compare it again."),
        "unreadable": _(
            "This is not a whole code: a slip has 26 letters and digits, a code made on your own "
            "device has 384. Paste all of it."
        ),
    }.get(reason) or unknown()


def unknown() -> str:
    """One sentence for a code that is false, of another round, or sealed: it tells no finder."""
    return _(
        "This code does not open a ballot: it belongs to another round, or its ballot was "
        "sealed, or it is mistyped."
    )


def _late_or_sealed(request: HttpRequest) -> str:
    if request.POST.get("ticket"):
        return _(
            "This page was open for more than 20 minutes. Nothing is lost: paste your code once "
            "more, and the answers you just gave are saved."
        )
    return unknown()


def _again(request: HttpRequest, language: str, problem: str) -> HttpResponse:
    """Ask for the code once more and carry the unsaved answers along."""
    kept = [
        (name, value[: 4 * MAX_CHARACTERS])
        for name, value in request.POST.items()
        if name.startswith(("v-", "p-")) or name in ("step", "statement")
    ]
    context = welcome_context(request, language) | {"problem": problem, "kept": kept}
    return page(request, language, "welcome.html", context | {"status": 403})


def _serve(visit: Visit) -> HttpResponse:
    votes, polls = _answers(visit)
    if not visit.box.save(visit.admission, votes, polls):
        return _again(visit.request, visit.language, unknown())
    step = visit.request.POST.get("step", "page-1")
    if votes or polls:
        visit.notes.append(_("Your answers are saved."))
    if step == "suggest-send":
        return _suggested(visit)
    if step == "seal":
        visit.box.seal(visit.admission)
        return page(visit.request, visit.language, "sealed.html", {})
    shown = {"polls": _polls, "suggest": _suggest, "finish": _finish}.get(step)
    return shown(visit) if shown else _statements(visit, step)


def _answers(visit: Visit) -> tuple[dict[int, int], dict[int, int]]:
    """Votes and poll answers by column; what no page of ours could have sent is left out."""
    post = visit.request.POST
    votes = {
        s.column: int(post[f"v-{s.id}"])
        for s in read_statements(visit.box.folder)
        if post.get(f"v-{s.id}") in VOTES
    }
    polls = {}
    for number, poll in enumerate(visit.box.definition.polls):
        given = post.get(f"p-{number}", "")
        if given.isascii() and given.isdigit() and 0 <= int(given) <= len(poll.options):
            polls[number] = int(given)
    return votes, polls


def _show(visit: Visit, name: str, step: str, context: dict[str, Any]) -> HttpResponse:
    known = {
        "ticket": visit.box.tickets.write(visit.admission),
        "step": step,
        "notes": visit.notes,
        "has_polls": bool(visit.box.definition.polls),
    }
    return page(visit.request, visit.language, name, known | context)


def _now(visit: Visit) -> Ballot:
    found = visit.box.ballot(visit.admission)
    if found is None:
        raise BoxError("the ballot was sealed meanwhile")
    return found


def _statements(visit: Visit, step: str) -> HttpResponse:
    ordered = visit.box.statements(visit.admission)
    votes = _now(visit).votes
    pages = max(1, -(-len(ordered) // PER_PAGE))
    wanted = step.removeprefix("page-")
    number = min(max(int(wanted), 1), pages) if wanted.isascii() and wanted.isdigit() else 1
    shown = ordered[(number - 1) * PER_PAGE : number * PER_PAGE]
    context = {
        "items": [_item(visit, s, votes[s.column]) for s in shown],
        "first": (number - 1) * PER_PAGE + 1,
        "number": number,
        "pages": pages,
        "answered": sum(bool(votes[s.column]) for s in ordered),
        "total": len(ordered),
        "choices": _choices(),
    }
    return _show(visit, "statements.html", f"page-{number}", context)


def _choices() -> list[tuple[int, str]]:
    return [(AGREE, _("Agree")), (DISAGREE, _("Disagree")), (PASS, _("Pass"))]


def _item(visit: Visit, statement: Statement, vote: int) -> dict[str, Any]:
    text, shown = visit.box.definition.text(statement.texts, visit.language)
    return {"id": statement.id, "text": text, "language": shown, "vote": vote}


def _polls(visit: Visit) -> HttpResponse:
    answers = _now(visit).polls
    definition = visit.box.definition
    polls = [
        {
            "number": number,
            "question": definition.text(poll.question, visit.language),
            "options": [definition.text(o, visit.language) for o in poll.options],
            "answer": answers[number],
        }
        for number, poll in enumerate(definition.polls)
    ]
    return _show(visit, "polls.html", "polls", {"polls": polls})


def _suggest(visit: Visit, **more: Any) -> HttpResponse:
    context = {"limit": MAX_CHARACTERS, "at_most": MAX_SUGGESTIONS}
    return _show(visit, "suggest.html", "suggest", context | more)


def _suggested(visit: Visit) -> HttpResponse:
    text = clean_statement(visit.request.POST.get("statement", "")[: 8 * MAX_CHARACTERS])
    if len(text) > MAX_CHARACTERS:
        problem = _("%(count)s characters: please shorten it to %(limit)s.") % {
            "count": len(text),
            "limit": MAX_CHARACTERS,
        }
        return _suggest(visit, problem=problem, text=text)
    try:
        kept = visit.box.suggest(visit.admission, text, visit.language)
    except SealError:
        return _suggest(visit, problem=_("Write one sentence first."), text=text)
    if not kept:
        problem = _("You have suggested as many statements as one code allows in this round.")
        return _suggest(visit, problem=problem, text=text)
    visit.notes.append(
        _("Received and sealed: only the moderator can open it, and not on this server.")
    )
    return _suggest(visit)


def _finish(visit: Visit) -> HttpResponse:
    ordered = visit.box.statements(visit.admission)
    now = _now(visit)
    context = {
        "answered": sum(bool(now.votes[s.column]) for s in ordered),
        "total": len(ordered),
        "polls_answered": sum(map(bool, now.polls)),
        "polls_total": len(visit.box.definition.polls),
    }
    return _show(visit, "finish.html", "finish", context)
