"""The served application in this process: limits, hosts, headers, pages, JSON, hostile text."""

import asyncio
import json
import logging
import re
import time
from html.parser import HTMLParser
from urllib.parse import urlencode

import pytest

import loops
from texts import english

pytest.importorskip("starlette")

from asobna.outputs.drafts import Draft, check_draft, make_reference
from asobna.outputs.parts import PART_CP
from asobna.outputs.web.app import Options, build_app
from asobna.outputs.web.limits import Limits, read_limits
from asobna.outputs.web.words import FOLDER, interfaces

REFERENCE = make_reference(english())
PLACE = "The museum in Vitebsk, Russia."
NAME = "Belorussia voted."


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode()

    @property
    def json(self):
        return json.loads(self.body)


def call(app, method, path, body=b"", **headers):
    """One request, as a server would hand it over: the body in two parts."""
    path, _, query = path.partition("?")
    given = {"host": "127.0.0.1:8081", "content_length": str(len(body)), **headers}
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method,
        "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": query.encode(),
        "root_path": "", "server": ("127.0.0.1", 8081), "client": ("127.0.0.1", 9),
        "headers": [(k.replace("_", "-").encode(), str(v).encode()) for k, v in given.items()],
    }  # fmt: skip
    parts = [body[: len(body) // 2], body[len(body) // 2 :]]
    sent = []

    async def receive():
        if not parts:
            await asyncio.sleep(3600)
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def send(message):
        sent.append(message)

    loops.run(app(scope, receive, send))
    start = sent[0]
    answered = {k.decode(): v.decode() for k, v in start["headers"]}
    return Answer(start["status"], answered, b"".join(m.get("body", b"") for m in sent[1:]))


@pytest.fixture(scope="module")
def app():
    return build_app(REFERENCE, Limits())


def small(**limits):
    return build_app(REFERENCE, Limits()._replace(**limits))


def form(app, path="/", **fields):
    body = urlencode(fields).encode()
    return call(app, "POST", path, body, content_type="application/x-www-form-urlencoded")


def upload(app, name, content, **headers):
    body = (
        b'--x\r\ncontent-disposition: form-data; name="file"; filename="' + name.encode() + b'"\r\n'
        b"\r\n" + content + b"\r\n--x--\r\n"
    )
    return call(app, "POST", "/", body, content_type="multipart/form-data; boundary=x", **headers)


def ask(app, **body):
    sent = json.dumps(body).encode()
    return call(app, "POST", "/api/v1/check", sent, content_type="application/json")


# JSON


def test_a_check_answers_findings_in_both_units_with_their_facts(app):
    answer = ask(app, text="😀 " + NAME)
    assert answer.status == 200
    (finding,) = answer.json["findings"]
    assert (finding["start_cp"], finding["end_cp"]) == (2, 12)
    assert (finding["start_utf16"], finding["end_utf16"]) == (3, 13)
    assert finding["wordings"] == ["Belarus"]
    assert set(answer.json["facts"]) == set(finding["fact_ids"])
    assert answer.json["complete"] is True
    assert answer.json["packs"] == {"en": english().languages["sha256"][0].as_py()}


@pytest.mark.parametrize(
    ("body", "status", "message"),
    [
        ({}, 422, "'text' must be a string"),
        ({"text": 3}, 422, "'text' must be a string"),
        ({"text": "x", "txet": 1}, 422, "unknown key 'txet'; keys are format, ignore, lang"),
        ({"text": "x", "lang": "tlh"}, 422, "'lang' must be one of en"),
        ({"text": "x", "lang": ["en"]}, 422, "'lang' must be one of en"),
        ({"text": "x", "format": "doc"}, 422, "'format' must be one of txt, md, html"),
        ({"text": "x", "select": "E"}, 422, "'select' must be a list"),
        ({"text": "x", "ignore": ["nope"]}, 422, "'ignore': no such rule"),
    ],
)
def test_a_wrong_question_is_answered_in_words(app, body, status, message):
    answer = ask(app, **body)
    assert answer.status == status
    assert message in answer.json["error"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"[]", "application/json", 422),
        (b"text=x", "application/x-www-form-urlencoded", 415),
    ],
)
def test_a_body_that_is_not_an_object_is_refused(app, body, kind, status):
    assert call(app, "POST", "/api/v1/check", body, content_type=kind).status == status


def test_rules_and_families_can_be_chosen(app):
    both = f"{PLACE} {NAME}"
    rules = [f["rule_id"] for f in ask(app, text=both).json["findings"]]
    assert rules == ["absorbed.place", "name.former"]
    assert [f["rule_id"] for f in ask(app, text=both, select=["S"]).json["findings"]] == rules[1:]
    assert [f["rule_id"] for f in ask(app, text=both, ignore=["name"]).json["findings"]] == rules[
        :1
    ]


def test_rules_facts_and_packs_are_told(app):
    rules = call(app, "GET", "/api/v1/rules").json["rules"]
    assert [rule["id"] for rule in rules] == sorted(REFERENCE.rules)
    one = call(app, "GET", "/api/v1/rules/name.former").json
    assert (one["severity"], [f["id"] for f in one["facts"]]) == ("S", one["fact_ids"])
    assert call(app, "GET", "/api/v1/rules/nope").status == 404
    facts = call(app, "GET", "/api/v1/facts?q=9%20August%202020").json["facts"]
    assert "F02" in [fact["id"] for fact in facts]
    assert all(fact["as_of"] is not None and fact["sources"] is not None for fact in facts)
    assert call(app, "GET", "/api/v1/facts/F02").json["event_date"] == "2020-08-09"
    assert call(app, "GET", "/api/v1/facts/F0").json == {"error": "no such fact; see /api/v1/facts"}
    (pack,) = call(app, "GET", "/api/v1/packs").json["packs"]
    assert (pack["lang"], pack["rules"]) == ("en", len(REFERENCE.rules))


# LanguageTool


def test_the_small_answers_of_languagetool(app):
    assert call(app, "GET", "/v2/healthcheck").text == "OK"
    assert call(app, "POST", "/v2/maxtextlength", b"\0").text == str(Limits().max_text_cp)
    assert call(app, "GET", "/v2/info").json["software"]["name"] == "Asobna"
    codes = [row["longCode"] for row in call(app, "GET", "/v2/languages").json]
    assert codes[0] == "en"
    assert {"en-US", "en-GB", "en-AU"} <= set(codes)
    assert call(app, "GET", "/v2/configinfo").text == "Error: Missing 'language' parameter"
    assert call(app, "GET", "/v2/configinfo?language=en").json["rules"]
    assert call(app, "POST", "/v2/words/add").status == 403


def test_errors_of_languagetool_are_plain_text(app):
    answer = form(app, "/v2/check", language="en")
    assert answer.status == 400
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.text == "Error: Give either 'text' or 'data', and not both"


# limits


def test_a_body_over_the_limit_is_refused_before_it_is_read():
    app = small(max_body_bytes=1000)
    told = call(app, "POST", "/v2/check", b"", content_length=10**9)
    counted = call(app, "POST", "/v2/check", b"a" * 1001, content_length="x")
    for answer in (told, counted):
        assert answer.status == 413
        assert answer.text == (
            "Error: at most 1,000 bytes are read (max_body_bytes); send the text in parts\n"
        )


def test_a_text_over_the_limit_says_which_limit():
    app = small(max_text_cp=10)
    answer = ask(app, text="x" * 11)
    assert (answer.status, "(max_text_cp)" in answer.json["error"]) == (413, True)
    plain = form(app, "/v2/check", text="x" * 11, language="en")
    assert plain.text.startswith("Error: the text has 11 characters; at most 10 are read")


def test_a_text_without_time_is_answered_with_its_first_part():
    app = small(check_seconds=0.001, max_findings=100_000)
    line = "Belorussia voted.\n"
    found = form(app, "/v2/check", text=line * 20_000, language="en").json
    assert found["warnings"] == {"incompleteResults": True}
    assert len(found["matches"]) == PART_CP // len(line)


def test_after_its_time_a_check_works_no_more_and_gives_its_place_to_others():
    app = small(check_seconds=0.2, checks_at_once=1, checks_waiting=1)
    found = form(app, "/v2/check", text="Belorussia, Russia\n" * 300_000, language="en").json
    assert found["warnings"] == {"incompleteResults": True}
    used = time.process_time()
    time.sleep(1)
    assert time.process_time() - used < 0.2  # it would go on for half a minute
    again = form(app, "/v2/check", text="Belorussia voted.\n" * 1000, language="en")
    assert (again.status, len(again.json["matches"])) == (200, 1000)


def test_a_long_draft_is_read_in_parts_as_it_is_read_whole():
    sentence = "The museum in Vitebsk, Russia. > Belorussia voted 😀.\n\n"
    text = f"# Title\n\n{sentence * (3 * PART_CP // len(sentence))}> Belorussia quoted.\n"
    draft = Draft(text, "en", "md")
    checked = check_draft(draft, english())
    assert checked.whole
    spans = [(row["start_cp"], row["end_cp"]) for row in checked.findings]
    assert {text[slice(*span)] for span in spans} == {"Vitebsk, Russia", "Belorussia"}
    assert len(spans) == 2 * text.count("Vitebsk") == 2 * text.count("Belorussia") - 2
    assert [text[slice(*span)][:7] for span in checked.sentences[:2]] == ["The mus", "> Belor"]


def test_findings_without_end_are_cut_and_the_answer_says_so():
    answer = ask(small(max_findings=3), text="Belorussia voted.\n" * 9).json
    assert (len(answer["findings"]), answer["complete"]) == (3, False)


def test_a_body_that_does_not_arrive_is_given_up():
    app = small(body_seconds=0.05)

    async def slow():
        sent = []

        async def receive():
            await asyncio.sleep(3600)

        async def send(message):
            sent.append(message)

        scope = {"type": "http", "method": "POST", "path": "/v2/check", "query_string": b"",
                 "headers": [(b"host", b"localhost")]}  # fmt: skip
        await app(scope, receive, send)
        return sent

    assert loops.run(slow())[0]["status"] == 408


def test_limits_are_set_by_name():
    assert read_limits(("check_seconds=2.5", "max_text_cp=9")).check_seconds == 2.5
    for wrong in ("nope=1", "max_text_cp=many", "max_text_cp=0"):
        with pytest.raises(Exception, match="limit"):
            read_limits((wrong,))


# who may ask


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8081", 200),
        ("localhost", 200),
        ("[::1]:8081", 200),
        ("LOCALHOST:1", 200),
        ("evil.example", 403),
        ("localhost.evil.example:8081", 403),
        ("", 403),
    ],
)
def test_only_known_names_are_answered(app, host, status):
    assert call(app, "GET", "/v2/healthcheck", host=host).status == status


def test_other_sites_may_read_only_when_asked(app):
    origin = "https://editor.example"
    answer = call(app, "GET", "/v2/languages", origin=origin)
    assert "access-control-allow-origin" not in answer.headers
    open_app = build_app(REFERENCE, Limits(), Options(("127.0.0.1",), origin))
    answer = call(open_app, "GET", "/v2/languages", origin=origin)
    assert answer.headers["access-control-allow-origin"] == origin
    before = call(open_app, "OPTIONS", "/v2/check", origin=origin)
    assert (before.status, before.headers["access-control-allow-methods"]) == (204, "GET, POST")


@pytest.mark.parametrize("path", ["/", "/rules", "/v2/check", "/nope", "/static/page.js"])
def test_every_answer_carries_the_strict_headers(app, path):
    headers = call(app, "GET", path).headers
    assert headers["content-security-policy"].startswith("default-src 'none'; style-src 'self';")
    assert "unsafe" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"


def test_a_failure_tells_neither_client_nor_log_what_was_sent(app, caplog, monkeypatch):
    def fail(*_):
        raise ValueError("cannot read: secret words")

    monkeypatch.setattr("asobna.outputs.web.checking.check_draft", fail)
    with caplog.at_level(logging.DEBUG):
        answer = form(app, "/v2/check?x=secret", text="secret words", language="en")
    assert (answer.status, answer.text) == (
        500, "Error: this request failed; the text was not kept\n",
    )  # fmt: skip
    assert "secret" not in caplog.text
    assert "/v2/check: ValueError at test_web:" in caplog.text


# pages


class Page(HTMLParser):
    """Tags with their attributes, and the text between them."""

    def __init__(self, source):
        super().__init__()
        self.tags, self.said = [], []
        self.feed(source)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.said.append(data)

    def having(self, **wanted):
        wanted = {k.rstrip("_").replace("_", "-"): v for k, v in wanted.items()}
        return [t for t in self.tags if wanted.items() <= t[1].items()]


def test_paste_and_submit_works_without_script(app):
    answer = form(app, "/?ui=en", text=f"{PLACE}\r\n{NAME}", lang="en", format="txt")
    page = Page(answer.text)
    said = " ".join("".join(page.said).split())
    assert "To look at: 2" in said
    assert [a["href"] for _, a in page.tags if "mark" in a.get("class", "").split()] == [
        "#f1",
        "#f2",
    ]
    assert page.having(id="f1", class_="E")
    assert page.having(id="f2", class_="S")
    wording = page.having(class_="wording")[-1][1]
    # the browser counts a line end as one unit, whatever it sends
    assert (wording["data-start"], wording["data-end"]) == ("31", "41")
    assert "(1991-09-19)" in said  # the date of the fact, beside it
    assert f"{PLACE}\n{NAME}" in "".join(page.said)


def test_a_file_is_read_as_its_name_says(app):
    page = upload(app, "draft.md", b"`Belorussia` and **Belorussia**.")
    assert page.text.count('id="f1"') == 1
    assert 'id="f2"' not in page.text
    assert '<option value="md" selected>' in page.text
    refused = upload(app, "draft.txt", b"caf\xe9", accept_language="de")
    assert "Diese Datei konnte nicht gelesen werden: is not UTF-8" in refused.text


def test_the_result_can_be_taken_away(app):
    page = form(app, text=NAME, **{"as": "html"})
    assert page.headers["content-disposition"] == 'attachment; filename="asobna.html"'
    assert "<script" not in page.text
    assert "Belarus" in page.text
    data = form(app, text=NAME, **{"as": "json"})
    assert data.headers["content-disposition"] == 'attachment; filename="asobna.json"'
    assert data.json["findings"][0]["rule_id"] == "name.former"


def test_the_part_that_changes_can_be_had_alone(app):
    body = urlencode({"text": NAME}).encode()
    part = call(
        app, "POST", "/", body, content_type="application/x-www-form-urlencoded", x_part="1"
    )
    assert part.text.startswith("<h2>To look at: 1</h2>")
    assert "<html" not in part.text


def test_every_interface_has_the_same_words_and_slots():
    english_words = interfaces()["en"]
    slots = {key: sorted(re.findall(r"\{\w+\}", text)) for key, text in english_words.items()}
    assert sorted(interfaces()) == sorted(path.stem for path in FOLDER.glob("*.toml"))
    assert sorted(interfaces()) == ["be", "de", "en", "lt", "pl", "uk"]
    for code, words in interfaces().items():
        assert {k: sorted(re.findall(r"\{\w+\}", v)) for k, v in words.items()} == slots, code
        same = [k for k, v in words.items() if v == english_words[k] and code != "en"]
        assert set(same) <= {"format_md", "format_html"}, code


@pytest.mark.parametrize("code", sorted(interfaces()))
def test_a_page_says_its_language_in_every_interface(app, code):
    for path in ("/", "/rules", "/rules/name.former", "/facts", "/facts/F02", "/nope"):
        answer = call(app, "GET", f"{path}?ui={code}")
        assert f'<html lang="{code}">' in answer.text
        assert answer.headers["content-language"] == code
    preferred = call(app, "GET", "/", accept_language=f"xx, {code}-ZZ;q=0.8")
    assert f'<html lang="{code}">' in preferred.text


def test_a_rule_page_shows_reason_and_dated_fact(app):
    page = call(app, "GET", "/rules/blame.country?lang=en&ui=en")
    fact = REFERENCE.facts[REFERENCE.rules["blame.country"]["en"]["fact_ids"][0]]
    said = " ".join("".join(Page(page.text).said).split())
    assert fact["statement"] in said
    assert f"(as of {fact['as_of']})" in said
    assert fact["sources"][0]["url"] in page.text
    assert call(app, "GET", "/rules/nope").status == 404


# hostile text

HOSTILE = [
    "<script>alert(1)</script> Belorussia",
    '"><img src=x onerror=alert(1)> Belorussia',
    "</textarea><script>alert(1)</script> Belorussia",
    "{{ 7*7 }} {% raw %} Belorussia",
    "Belorussia<!-- --><svg onload=alert(1)>",
    "javascript:alert(1) Belorussia",
]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("kind", ["txt", "md", "html"])
def test_markup_in_a_text_stays_text(app, text, kind):
    for fields in ({}, {"as": "html"}):
        page = Page(form(app, text=text, format=kind, lang="en", **fields).text)
        assert [t for t in page.tags if t[0] in ("img", "svg")] == []
        assert [a for t, a in page.tags if t == "script"] == (
            [] if fields else [{"src": "/static/page.js", "defer": None}]
        )
        assert [a for _, a in page.tags for k in a if k.startswith("on")] == []
        assert "49" not in "".join(page.said)


def test_hidden_characters_are_named_and_cannot_turn_the_page(app):
    text = "Belorussia \u202evoted\u202c \u200b\u2066x\u2069 \u00ad\U000e0041."
    page = form(app, text=text, lang="en")
    shown = page.text.split('class="shown"')[1].split("</div>")[0]
    assert not re.search("[\u200b\u202a-\u202e\u2066-\u2069\u00ad\U000e0041]", shown)
    names = re.findall(r"U\+[0-9A-F]+", shown)
    assert names == ["U+202E", "U+202C", "U+200B", "U+2066", "U+2069", "U+00AD", "U+E0041"]


def test_emoji_keep_their_joiners(app):
    shown = form(app, text="Belorussia 👩\u200d🚀 voted", lang="en").text
    assert "👩\u200d🚀" in shown.split('class="shown"')[1]


def test_five_megabytes_on_one_line_give_a_page_of_bounded_size():
    app = small(check_seconds=60)
    text = "x" * 2_500_000 + " Belorussia voted. " + "y" * 2_500_000
    answer = form(app, text=text, lang="en")
    shown = answer.text.split('class="shown"')[1]
    assert len(shown) < 20_000
    assert '<a class="mark S" href="#f1" id="m1">Belorussia<sup>1</sup></a>' in shown
    assert "only the surroundings of the remarks are shown" in answer.text


def test_overlapping_findings_are_both_reachable(app):
    from asobna.outputs.web.highlight import pieces

    rows = [
        {"start_cp": 0, "end_cp": 6, "severity": "C"},
        {"start_cp": 2, "end_cp": 4, "severity": "E"},
        {"start_cp": 5, "end_cp": 8, "severity": "S"},
    ]
    cut = [(p.text, p.numbers, p.opens, p.severity) for p in pieces("abcdefghij", rows, 100)]
    assert cut == [
        ("ab", (1,), (1,), "C"),
        ("cd", (1, 2), (2,), "E"),
        ("e", (1,), (), "C"),
        ("f", (1, 3), (3,), "S"),
        ("gh", (3,), (), "S"),
        ("ij", (), (), ""),
    ]


def test_a_packed_document_is_read_in_a_guarded_process(app):
    docx = pytest.importorskip("docx")
    from io import BytesIO

    document = docx.Document()
    document.add_paragraph("The first. Belorussia voted.")
    kept = BytesIO()
    document.save(kept)
    page = upload(app, "draft.docx", kept.getvalue())
    assert '<a class="mark S" href="#f1" id="m1">Belorussia<sup>1</sup></a>' in page.text
    broken = upload(app, "draft.docx", b"PK\x03\x04 no")
    assert "This file could not be read: " in broken.text
    other = upload(app, "draft.exe.jsonl.zip", b"x")
    assert other.status == 200


def test_a_fact_without_a_source_is_never_shown(app):
    without = [row["id"] for row in english().facts.to_pylist() if row["sources"] == "[]"]
    assert without
    shown = [fact["id"] for fact in call(app, "GET", "/api/v1/facts").json["facts"]]
    assert set(shown) & set(without) == set()
    for fact_id in without:
        assert call(app, "GET", f"/facts/{fact_id}").status == 404
