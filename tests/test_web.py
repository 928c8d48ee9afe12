"""The served application in this process: JSON, LanguageTool, limits, hosts, headers."""

import asyncio
import logging
import time

import pytest

import loops
from texts import english

pytest.importorskip("starlette")

from asobna.outputs.drafts import Draft, check_draft
from asobna.outputs.parts import PART_CP
from asobna.outputs.web.app import Options, build_app
from asobna.outputs.web.limits import Limits, read_limits
from web_calls import NAME, PLACE, REFERENCE, ask, call, form, small


@pytest.fixture(scope="module")
def app():
    return build_app(REFERENCE, Limits())


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
