"""The pages as a visitor without scripting gets them."""

from __future__ import annotations

import hmac
import io
import json
import os
import re
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import date, timedelta
from pathlib import Path

import pytest

from asobna_rounds.attacks.person import Form, Person, Visitor
from asobna_rounds.attacks.rehearsal import Rehearsal
from asobna_rounds.ballot_box.box import LEDGER, ORDER, REPORT, ROUND_KEY, Box, Phase
from asobna_rounds.ballot_box.guard import HEADERS
from asobna_rounds.ballot_box.reading import NAMES
from asobna_rounds.ballot_box.server import serve
from asobna_rounds.ballot_box.statements import personal_order, read_statements
from asobna_rounds.ballot_box.web import application
from asobna_rounds.credentials import read_round_key, write_credential
from asobna_rounds.credentials.signing import SigningKey
from asobna_rounds.credentials.vouchers import new_code, show_code
from asobna_rounds.definition import (
    BRIEF_CHARACTERS,
    INTERFACE_LANGUAGES,
    OPTION_CHARACTERS,
    POLL_CHARACTERS,
)
from asobna_rounds.errors import LedgerError
from asobna_rounds.ledger import Ledger
from asobna_rounds.ledger_rules import MAX_TEXT
from asobna_rounds.moderator import MAX_EDITED
from asobna_rounds.publisher.close import close_round
from asobna_rounds.rows import Rows, unpack_tag
from asobna_rounds.sealing import MAX_CHARACTERS
from asobna_rounds.store import DATABASE, KEY, Store

from .conftest import Opened, play

READING = ("", "brief", "protection", "ledger", "report")
PAGE_BYTES = 30_000
REFUSED = "This code does not open a ballot: it belongs to another round"
FORM_TYPE = "application/x-www-form-urlencoded"


@pytest.fixture(scope="module")
def standing(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    """A round for tests that leave it as it is."""
    return play(tmp_path_factory.mktemp("standing"))


@pytest.mark.parametrize("language", INTERFACE_LANGUAGES)
@pytest.mark.parametrize("path", READING)
def test_pages_hold_no_script_and_nothing_from_elsewhere(
    standing: Opened, language: str, path: str
) -> None:
    visitor = standing.visitor()
    html = visitor.get(f"/{language}/{path}")
    assert visitor.status == 200
    assert f'<html lang="{language}">' in html
    assert not re.search(r"<script|<img|<iframe|javascript:|\son\w+=|\sstyle=|https?://", html)
    assert re.findall(r'<link[^>]*href="([^"]*)"', html) == ["/style.css"]
    assert len(html.encode()) <= PAGE_BYTES


def test_headers_allow_only_our_own_style_and_form(standing: Opened) -> None:
    headers: dict[str, str] = {}

    def start(_status: str, given: list[tuple[str, str]]) -> None:
        headers.update(given)

    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": "/en/", "QUERY_STRING": ""}
    environ |= {"SERVER_NAME": "x", "SERVER_PORT": "80", "wsgi.url_scheme": "http"}
    list(standing.app(environ | {"HTTP_COOKIE": "a=b", "wsgi.input": io.BytesIO()}, start))
    assert headers.items() >= HEADERS.items()
    assert headers["Content-Security-Policy"] == (
        "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'"
    )
    assert headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in headers
    assert "Vary" not in headers


def test_language_comes_from_the_address_alone(standing: Opened) -> None:
    visitor = standing.visitor()
    visitor._headers["HTTP_ACCEPT_LANGUAGE"] = "lt"
    assert '<html lang="be">' in visitor.get("/be/")
    start = visitor.get("/")
    assert all(f'lang="{code}" hreflang="{code}">{own}<' in start for code, own in NAMES.items())


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("PUT", {}, 405),
        ("POST", {"CONTENT_TYPE": "multipart/form-data; boundary=x"}, 415),
        ("POST", {"CONTENT_TYPE": FORM_TYPE, "CONTENT_LENGTH": "70000"}, 413),
        ("POST", {"CONTENT_TYPE": FORM_TYPE, "CONTENT_LENGTH": "-1"}, 413),
        ("GET", {"PATH_INFO": "/en/admin"}, 404),
        ("GET", {"PATH_INFO": "/de/"}, 404),
    ],
)
def test_what_no_page_sends_is_refused(
    standing: Opened, method: str, headers: dict[str, str], status: int
) -> None:
    visitor = standing.visitor()
    visitor._headers |= headers
    visitor._request(method, headers.get("PATH_INFO", "/en/ballot"), b"")
    assert visitor.status == status


@pytest.mark.parametrize(
    ("site", "status"),
    [("cross-site", 303), ("same-site", 303), ("none", 200), ("same-origin", 200), (None, 200)],
)
def test_a_form_sent_from_another_site_opens_no_ballot(
    opened: Opened, site: str | None, status: int
) -> None:
    """A site that sends its own code would read later what the visitor answers here."""
    visitor = opened.visitor("be")
    visitor._headers |= {} if site is None else {"HTTP_SEC_FETCH_SITE": site}
    html = visitor.send({"code": opened.people[0].code})
    assert visitor.status == status
    assert ("ticket" in Form(html).hidden) == (status == 200)
    assert opened.box.counts() == (12, int(status == 200))


def test_too_many_fields_are_refused_with_a_page(opened: Opened) -> None:
    visitor = opened.visitor()
    html = visitor.send({f"v-{n}": "1" for n in range(80)})
    assert visitor.status == 400
    assert "Nothing about this request was written down." in html


def test_both_tiers_open_the_same_page(opened: Opened) -> None:
    long = next(p for p in opened.people if len(p.code) > 300)
    short = next(p for p in opened.people if len(p.code) < 60)
    pages = [opened.enter(person)[0].html for person in (long, short)]
    unticketed = [re.sub(r'(name="ticket" value)="[^"]*"', r"\1", page) for page in pages]
    lines = [sorted(re.sub(r'"v-\w+"', "", u).splitlines()) for u in unticketed]
    assert lines[0][:20] == lines[1][:20]
    assert [p.count("<fieldset") for p in pages] == [10, 10]


def test_a_typed_slip_forgives_case_spaces_and_hyphens(opened: Opened) -> None:
    short = next(p for p in opened.people if len(p.code) < 60)
    visitor = opened.visitor()
    html = visitor.send({"code": f"  {short.code.lower().replace('-', ' ')} \n"})
    assert "Statements, page 1 of 2" in html


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("", "No code was entered."),
        ("abc", "This is not a whole code: a slip has 26 letters and digits"),
        (show_code(new_code()), REFUSED),
        ("A" * 5000, "This is not a whole code"),
    ],
    ids=["nothing", "short", "of no round", "too long"],
)
def test_a_refused_code_says_what_to_do(standing: Opened, code: str, words: str) -> None:
    visitor = standing.visitor()
    html = visitor.send({"code": code})
    assert visitor.status == 403
    assert words in html
    assert 'role="alert"' in html
    assert 'aria-invalid="true"' in html


def test_a_mistyped_slip_is_named_as_mistyped(opened: Opened) -> None:
    short = next(p for p in opened.people if len(p.code) < 60)
    last = "Z" if short.code[-1] != "Z" else "Y"
    html = opened.visitor().send({"code": short.code[:-1] + last})
    assert "One character of the slip is mistyped, or two are swapped." in html


def test_a_credential_of_another_round_with_the_same_name_is_refused(opened: Opened) -> None:
    other = SigningKey.generate("demo-simulated").issue()
    assert REFUSED in opened.visitor().send({"code": write_credential(other)})


def test_a_sealed_ballot_and_an_unknown_code_get_the_same_page(opened: Opened) -> None:
    person = next(p for p in opened.people if len(p.code) < 60)
    visitor, form = opened.enter(person)
    visitor.send({"ticket": form.hidden["ticket"], "step": "seal"})
    assert "Nothing links it to your code any more." in visitor.html
    assert opened.enter(person)[0].html == opened.visitor().send({"code": show_code(new_code())})


@pytest.mark.parametrize("length", [26, 384])
def test_a_sealed_ballot_and_a_false_code_cost_the_same_work(opened: Opened, length: int) -> None:
    """Whoever finds a slip and holds a clock: the store is asked the same for both."""
    person = next(p for p in opened.people if (len(p.code) > 60) == (length == 384))
    visitor, form = opened.enter(person)
    visitor.send({"ticket": form.hidden["ticket"], "step": "seal"})
    other = SigningKey.generate("demo-simulated")
    false = write_credential(other.issue()) if length == 384 else show_code(new_code())
    asked: list[list[str]] = []
    for code in (person.code, false):
        asked.append([])
        opened.box._open_store()._db.set_trace_callback(asked[-1].append)
        assert REFUSED in opened.visitor().send({"code": code})
    assert asked[0] == asked[1]
    assert any("FROM tag" in statement for statement in asked[0])


def test_votes_are_saved_shown_and_changeable_until_sealed(opened: Opened) -> None:
    person = opened.people[0]
    visitor, form = opened.enter(person)
    first = next(iter(form.groups))
    html = visitor.send({"ticket": form.hidden["ticket"], "step": "page-1", first: "1"})
    assert "Your answers are saved." in html
    assert "1 of 12 statements answered." in html
    again = opened.enter(person)[1]
    assert again.checked == {first: "1"}
    visitor.send({"ticket": again.hidden["ticket"], "step": "page-1", first: "2"})
    assert opened.enter(person)[1].checked == {first: "2"}
    stale = again.hidden["ticket"]
    visitor.send({"ticket": stale, "step": "seal"})
    assert REFUSED in visitor.send({"ticket": stale, "step": "page-1", first: "1"})


def test_an_answer_can_be_taken_back_without_scripting(opened: Opened) -> None:
    """A radio button once chosen cannot be emptied by hand: so an answered one offers it."""
    person = opened.people[0]
    visitor, form = opened.enter(person)
    first = next(iter(form.groups))
    assert form.groups[first] == ["1", "2", "3"]
    ticket = {"ticket": form.hidden["ticket"]}
    visitor.send(ticket | {"step": "page-1", first: "1"})
    assert Form(visitor.html).groups[first] == ["1", "2", "3", "0"]
    polls = Form(visitor.send(ticket | {"step": "polls", first: "0"}))
    assert polls.groups["p-0"] == ["1", "2", "3"]
    polls = Form(visitor.send(ticket | {"step": "polls", "p-0": "2"}))
    assert polls.checked == {"p-0": "2"}
    assert polls.groups["p-0"] == ["1", "2", "3", "0"]
    visitor.send(ticket | {"step": "finish", "p-0": "0"})
    assert "0 of 12 statements answered." in visitor.html
    assert "0 of 3 questions answered." in visitor.html


@pytest.mark.parametrize("value", ["4", "-1", "x", "١", "1 "])
def test_a_vote_no_page_offers_is_ignored(opened: Opened, value: str) -> None:
    visitor, form = opened.enter(opened.people[0])
    fields = {next(iter(form.groups)): value, "p-0": value.replace("4", "9"), "v-unknown": "1"}
    visitor.send({"ticket": form.hidden["ticket"], "step": "page-1", **fields})
    assert visitor.status == 200
    assert opened.enter(opened.people[0])[1].checked == {}


def test_everybody_has_an_order_of_their_own_that_stays(opened: Opened) -> None:
    forms = [list(opened.enter(person)[1].groups) for person in opened.people]
    assert forms[0] == list(opened.enter(opened.people[0])[1].groups)
    assert len({tuple(form) for form in forms}) == 12


def test_a_picture_of_a_page_fits_no_row_of_the_seized_disk(opened: Opened) -> None:
    """The attacker has a screenshot, every byte on disk and the code of the program."""
    seen = [name[2:] for name in opened.enter(opened.people[0])[1].groups]
    secret = (opened.folder / KEY).read_bytes()
    rows = Rows(secret)
    seeds: list[bytes] = []
    with closing(sqlite3.connect(opened.folder / DATABASE)) as disk:
        for table, at in (("tag", 0), ("ballot", 0), ("tag", 1)):
            for row in disk.execute(f"SELECT id, row FROM {table}"):
                seed = unpack_tag(rows.open(table, *row)).value if at else row[0]
                seeds += [
                    seed,
                    *(hmac.digest(k, m, "sha256") for k, m in ((secret, seed), (seed, ORDER))),
                ]
    statements = read_statements(opened.folder)
    orders = [[s.id for s in personal_order(statements, seed)][: len(seen)] for seed in seeds]
    assert len(seen) == 10
    assert seen not in orders


def test_the_order_is_the_same_after_the_server_was_started_anew(opened: Opened) -> None:
    """Or somebody who comes back for page two would never see part of the statements."""
    code = opened.people[0].code
    again = Box(opened.folder, today=lambda: opened.rehearsal.day)
    boxes = (opened.box, again)
    orders = [[s.id for s in box.statements(box.enter(code) or b"")] for box in boxes]
    assert orders[0] == orders[1]


def test_the_mark_is_shown_also_when_the_server_ran_before_the_opening(opened: Opened) -> None:
    key = opened.folder / ROUND_KEY
    text = key.read_bytes()
    key.unlink()
    mark = read_round_key(text.decode()).fingerprint
    assert mark not in opened.visitor().get("/en/protection")
    key.write_bytes(text)
    assert mark in opened.visitor().get("/en/protection")


def test_a_late_form_keeps_its_answers(opened: Opened) -> None:
    person = opened.people[0]
    visitor, form = opened.enter(person)
    first = next(iter(form.groups))
    opened.minute[0] = 20
    sent = {"ticket": form.hidden["ticket"], "step": "page-2", first: "3"}
    assert "Statements, page 2 of 2" in visitor.send(sent)
    opened.minute[0] = 41
    html = visitor.send(sent | {"statement": "A thought <not> to lose"})
    assert visitor.status == 403
    assert "This page was open for more than 20 minutes. Nothing is lost" in html
    assert 'name="statement" value="A thought &lt;not&gt; to lose"' in html
    kept = Form(html).hidden
    assert kept == {"step": "page-2", first: "3", "statement": "A thought <not> to lose"}
    html = visitor.send(kept | {"code": person.code, first: "2"})
    assert "Statements, page 2 of 2" in html
    assert opened.enter(person)[1].checked == {first: "2"}


def test_a_ticket_of_another_process_or_altered_is_late(opened: Opened) -> None:
    visitor, form = opened.enter(opened.people[0])
    ticket = form.hidden["ticket"]
    for wrong in (ticket[:-4] + "AAAA", "x", ticket.swapcase(), "é"):
        assert "Nothing is lost" in visitor.send({"ticket": wrong, "step": "page-1"})


def test_language_can_be_changed_in_the_middle(opened: Opened) -> None:
    visitor, form = opened.enter(opened.people[0])
    first = next(iter(form.groups))
    visitor.language = "uk"
    html = visitor.send({"ticket": form.hidden["ticket"], "step": "page-1", first: "1"})
    assert "Твердження, сторінка 1 з 2" in html
    assert "Відповідей: 1 з 12 тверджень." in html
    assert Form(html).checked == {first: "1"}


def test_a_text_in_another_language_says_so(opened: Opened) -> None:
    html = opened.enter(opened.people[0], "lt")[0].html
    assert html.count('<legend lang="en">') == 10
    assert opened.enter(opened.people[0], "be")[0].html.count('<legend lang="be">') == 10


def test_a_suggestion_is_sealed_limited_and_explained(opened: Opened) -> None:
    visitor, form = opened.enter(opened.people[0])
    sent = {"ticket": form.hidden["ticket"], "step": "suggest-send"}
    assert "Write one sentence first." in visitor.send(sent | {"statement": " \u200b "})
    html = visitor.send(sent | {"statement": "x" * (MAX_CHARACTERS + 1)})
    assert "281 characters: please shorten it to 280." in html
    assert f">{'x' * 281}</textarea>" in html
    for _ in range(3):
        assert "Received and sealed" in visitor.send(sent | {"statement": "Secret words."})
    html = visitor.send(sent | {"statement": "One more."})
    assert "You have suggested as many statements as one code allows in this round." in html
    blobs = [p.read_bytes() for p in opened.folder.iterdir()]
    assert not any(b"Secret" in blob for blob in blobs)


def test_each_phase_has_its_page(opened: Opened) -> None:
    opened.day(date(2027, 3, 7))
    assert "The ballot opens for everybody on 2027-03-08" in opened.visitor().get("/en/")
    html = opened.visitor().send({"code": opened.people[0].code})
    assert "The ballot opens for everybody on 2027-03-08" in html
    opened.day(date(2027, 3, 21))
    assert "until the end of 2027-03-21 (UTC)." in opened.visitor().get("/en/")
    opened.day(date(2027, 3, 22))
    assert "Voting is over." in opened.visitor().get("/en/")
    assert "Voting is over." in opened.visitor().send({"code": opened.people[0].code})
    assert "after 2027-03-21" in opened.visitor().get("/en/report")
    close_round(opened.folder)
    assert "codes no longer open anything" in opened.visitor().get("/en/")
    assert "Fewer than 10 ballots: nothing is published" in opened.visitor().get("/en/report")


def test_a_vote_sent_while_the_round_closes_is_told_so(opened: Opened) -> None:
    visitor, form = opened.enter(opened.people[0])
    Store(opened.folder).stop()
    sent = {"ticket": form.hidden["ticket"], "step": "page-1", next(iter(form.groups)): "1"}
    assert "Voting is over." in visitor.send(sent)


@pytest.mark.parametrize("known", [True, False])
def test_a_code_sent_while_the_round_closes_is_no_fault_of_ours(
    opened: Opened, known: bool
) -> None:
    """The close falls between the look at the phase and the look into the store."""

    class Stale(Box):
        def phase(self) -> Phase:
            found = super().phase()
            Store(self.folder).stop()
            return found

    visitor = Visitor(application(Stale(opened.folder, today=lambda: opened.rehearsal.day)))
    code = (
        next(p.code for p in opened.people if len(p.code) < 60) if known else show_code(new_code())
    )
    assert "Voting is over." in visitor.send({"code": code})
    assert visitor.status == 200


def test_the_welcome_opens_with_overdue_promises(opened: Opened) -> None:
    ledger = Ledger.open(opened.folder / LEDGER)
    today = date(2027, 3, 8)
    title = {"title": "File on Belarus", "language": "en"}
    ledger.append("file", today - timedelta(200), file="f", **title)
    ledger.append("asked", today - timedelta(200), item="i", file="f", round="r", text="What?")
    said = {"text": "Open a desk.", "people": 9, "invited": 12, "report": "r", "language": "en"}
    ledger.append("said", today - timedelta(199), item="i", **said)
    html = opened.visitor().get("/en/")
    assert html.index("Open a desk") < html.index('id="code"')
    assert '<li class="late">⚠ ' in html
    html = opened.visitor().get("/be/ledger")
    assert '<span lang="en">Open a desk</span> → чакае адказу</li>' in html
    assert '<th scope="row" lang="en">File on Belarus</th><td class="number">199</td>' in html


def test_a_ledger_that_grew_is_read_anew(opened: Opened) -> None:
    assert opened.box.ledger() is None
    ledger = Ledger.open(opened.folder / LEDGER)
    ledger.append("file", date(2026, 1, 1), file="f", title="F")
    first = opened.box.ledger()
    assert first is opened.box.ledger()
    ledger.append("file", date(2026, 1, 1), file="g", title="G")
    again = opened.box.ledger()
    assert first is not None
    assert again is not None
    assert [len(first.entries), len(again.entries)] == [1, 2]


@pytest.mark.parametrize("path", ["", "ledger"])
def test_a_damaged_ledger_stops_nobody_from_voting(opened: Opened, path: str) -> None:
    (opened.folder / LEDGER).write_bytes(b'{"half')
    visitor = opened.visitor()
    html = visitor.get(f"/en/{path}")
    assert visitor.status == 200
    assert "The list of earlier promises cannot be read at present; the ballot works." in html
    assert "This is the first round" not in html
    assert "Statements, page 1 of 2" in opened.enter(opened.people[0])[0].html


def test_serving_beside_a_damaged_ledger_is_refused(opened: Opened) -> None:
    (opened.folder / LEDGER).write_bytes(b'{"half')
    with pytest.raises(LedgerError, match="line 1 of the ledger is not complete"):
        serve(opened.folder, "127.0.0.1:0")


def largest(rehearsal: Rehearsal) -> None:
    """A round at every limit, in an alphabet of two bytes a letter."""

    def text(size: int, mark: str = "") -> dict[str, str]:
        word = f"{mark} " + "Шырокія словы " * size
        return dict.fromkeys(("en", "be", "uk"), word[:size].strip().ljust(size, "ж"))

    rehearsal.definition |= {
        "question": text(300),
        "brief": text(BRIEF_CHARACTERS),
        "seeds": [text(MAX_EDITED, str(n)) for n in range(240)],
        "polls": [
            {"question": text(POLL_CHARACTERS), "options": [text(OPTION_CHARACTERS)] * 8}
            for _ in range(8)
        ],
    }
    rehearsal._leanings = {}


def test_no_page_is_over_thirty_kilobytes_even_at_every_limit(tmp_path: Path) -> None:
    opened = play(tmp_path, largest)
    ledger = Ledger.open(opened.folder / LEDGER)
    long = "ж" * (MAX_TEXT - 10)
    ledger.append("file", date(2026, 1, 1), file="f", title=long)
    for number in range(30):
        item = f"i{number}"
        ledger.append("asked", date(2026, 1, 1), item=item, file="f", round="r", text=long)
        said = {"text": long, "people": 9, "invited": 12, "report": "r"}
        ledger.append("said", date(2026, 1, 1), item=item, **said)
    sizes: dict[str, int] = {}
    for language in INTERFACE_LANGUAGES:
        for path in READING:
            sizes[f"/{language}/{path}"] = len(opened.visitor().get(f"/{language}/{path}").encode())
        visitor, form = opened.enter(opened.people[0], language)
        sizes[f"{language} statements"] = len(visitor.html.encode())
        for step in ("page-24", "polls", "suggest", "finish"):
            html = visitor.send({"ticket": form.hidden["ticket"], "step": step})
            sizes[f"{language} {step}"] = len(html.encode())
        opened.minute[0] += 30
        kept = dict.fromkeys(form.groups, "1") | {"statement": "ж" * 280}
        late = visitor.send({"ticket": form.hidden["ticket"], "step": "page-2", **kept})
        sizes[f"{language} late"] = len(late.encode())
        visitor, form = opened.enter(opened.people[0], language)
        polls = {f"p-{number}": "1" for number in range(8)}
        answered = {"ticket": form.hidden["ticket"], **dict.fromkeys(form.groups, "1"), **polls}
        for step in ("page-1", "polls"):
            html = visitor.send(answered | {"step": step})
            assert html.count('value="0"') >= 8
            sizes[f"{language} {step} answered"] = len(html.encode())
    sizes["style"] = len(opened.visitor().get("/style.css").encode())
    for person in opened.people:
        guest = Person(opened.visitor(), person.code, lambda _: "1")
        guest.enter()
        while guest.answer_page():
            pass
    report = close_round(opened.folder)
    assert len(report["statements"]) == 240
    for language in INTERFACE_LANGUAGES:
        for number in range(1, 26):
            html = opened.visitor().get(f"/{language}/report/{number}")
            sizes[f"/{language}/report/{number}"] = len(html.encode())
    report["groups"] = dict.fromkeys("ABCDE", 5)
    report["representative"] = {g: [[n, "agree"] for n in range(5)] for g in "ABCDE"}
    (opened.folder / REPORT).write_text(json.dumps(report), encoding="utf-8")
    for language in INTERFACE_LANGUAGES:
        html = opened.visitor().get(f"/{language}/report/1")
        assert html.count("<li>") > 25
        sizes[f"/{language}/report/1 with groups"] = len(html.encode())
    over = {page: size for page, size in sizes.items() if size > PAGE_BYTES}
    assert over == {}
    assert max(sizes.values()) > 15_000


def test_statements_file_names_no_author_and_no_day(opened: Opened) -> None:
    data = json.loads((opened.folder / "statements.json").read_text("utf-8"))
    keys = {key for statement in data["statements"] for key in statement}
    assert keys == {"id", "column", "texts", "priority"}
    assert len(read_statements(opened.folder)) == 12


def test_days_are_utc_whatever_the_machine_is_set_to(tmp_path: Path) -> None:
    """Django moves the whole process to its TIME_ZONE; a wrong one shifts every phase by hours."""
    code = (
        "from asobna_rounds.ballot_box.web import setup; setup(); import time, datetime;"
        "from asobna_rounds.durable import utc_day;"
        "assert time.timezone == 0 and utc_day() == datetime.datetime.now(datetime.UTC).date()"
    )
    environment = {**os.environ, "TZ": "Pacific/Kiritimati"}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True)
