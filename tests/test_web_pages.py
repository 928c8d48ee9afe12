"""The pages of the served application in this process: forms, interfaces, files, hostile text."""

import re
from urllib.parse import urlencode

import pytest

from texts import english

pytest.importorskip("starlette")

from asobna.outputs.web.app import build_app
from asobna.outputs.web.limits import Limits
from asobna.outputs.web.words import FOLDER, interfaces
from web_calls import NAME, PLACE, REFERENCE, Page, call, form, small, upload


@pytest.fixture(scope="module")
def app():
    return build_app(REFERENCE, Limits())


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
