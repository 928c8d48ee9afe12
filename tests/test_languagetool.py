"""LanguageTool's interface without a socket: what is read, what is answered, in which units."""

import json

import pytest

from asobna.markup import INVISIBLE_FILLER
from asobna.outputs.drafts import check_draft, make_reference
from asobna.outputs.languagetool import (
    BadRequestError,
    annotated_text,
    answer,
    config_info,
    read_fields,
    read_question,
)
from texts import english

REFERENCE = make_reference(english())
EVERY_KEY = {
    "message", "shortMessage", "replacements", "offset", "length", "context", "sentence", "type",
    "rule", "ignoreForIncompleteSentence", "contextForSureMatch",
}  # fmt: skip


def ask(**fields):
    question = read_question({"language": "en-US", **fields}, ["en"])
    return answer(question, check_draft(question.draft, english()), REFERENCE, "http://h")


def test_every_key_is_there_and_offsets_count_utf16_units():
    found = ask(text="😀 Belorussia voted.")
    assert list(found) == ["software", "warnings", "language", "matches", "sentenceRanges"]
    assert found["language"]["code"] == "en-US"
    assert found["warnings"] == {"incompleteResults": False}
    (match,) = found["matches"]
    assert set(match) == EVERY_KEY
    assert (match["offset"], match["length"]) == (3, 10)
    assert match["context"] == {"text": "😀 Belorussia voted.", "offset": 3, "length": 10}
    assert match["sentence"] == "😀 Belorussia voted."
    assert match["replacements"] == [{"value": "Belarus", "shortDescription": ""}]
    assert match["rule"]["id"] == "name.former"
    assert match["rule"]["category"] == {"id": "STYLE", "name": "Form of a name"}
    assert match["rule"]["urls"] == [{"value": "http://h/rules/name.former?lang=en"}]
    assert found["sentenceRanges"] == [[0, 20]]


def test_severities_are_told_apart_in_the_two_ways_that_clients_colour_by():
    texts = {
        "E": "The museum in Vitebsk, Russia.",
        "S": "Belorussia voted.",
        "C": "Belarus, Russia's closest ally, voted.",
    }
    seen = {}
    for severity, text in texts.items():
        (match,) = ask(text=text)["matches"]
        seen[severity] = (match["rule"]["category"]["id"], match["rule"]["issueType"])
    assert seen == {
        "E": ("TYPOS", "misspelling"),
        "S": ("STYLE", "style"),
        "C": ("CONSIDER", "uncategorized"),
    }


def test_a_compact_answer_leaves_out_what_may_be_left_out():
    found = ask(text="Belorussia voted.", c="1")
    assert "software" not in found
    assert EVERY_KEY - set(found["matches"][0]) == {"context", "sentence"}


@pytest.mark.parametrize(
    ("fields", "rules"),
    [
        ({}, ["name.former"]),
        ({"disabledRules": "name.former"}, []),
        ({"disabledRules": "name"}, []),
        ({"disabledCategories": "STYLE"}, []),
        ({"disabledCategories": "TYPOS"}, ["name.former"]),
        ({"enabledOnly": "yes", "enabledRules": "absorbed.place"}, []),
        ({"enabledOnly": "true", "enabledCategories": "STYLE,TYPOS"}, ["name.former"]),
        ({"mode": "textLevelOnly"}, []),
        ({"mode": "allButTextLevelOnly", "level": "picky"}, ["name.former"]),
        ({"language": "auto", "preferredVariants": "en-GB"}, ["name.former"]),
        ({"language": "en", "preferredVariants": "en-GB"}, ["name.former"]),
        ({"language": "xx"}, []),
    ],
)
def test_what_a_client_chooses(fields, rules):
    question = read_question({"language": "en", "text": "Belorussia voted."} | fields, ["en"])
    text = "" if question.silent else question.draft.text
    checked = check_draft(question.draft._replace(text=text), english())
    found = answer(question, checked, REFERENCE, "http://h")
    assert [match["rule"]["id"] for match in found["matches"]] == rules


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"text": "x"}, "Missing 'language' parameter"),
        ({"language": "en"}, "either 'text' or 'data'"),
        ({"language": "en", "text": "x", "data": "{}"}, "either 'text' or 'data'"),
        ({"language": "en", "text": "x", "mode": "some"}, "'mode' must be one of all, textLevel"),
        ({"language": "en", "text": "x", "level": "high"}, "'level' must be one of default, picky"),
        ({"language": "en", "text": "x", "enabledOnly": "true"}, "enabledOnly needs"),
        ({"language": "en", "data": "{"}, "'data' is not JSON"),
        ({"language": "en", "data": "[" * 100_000}, "'data' is not JSON"),
        ({"language": "en", "data": "{}"}, "either 'text' or 'annotation'"),
        ({"language": "en", "data": '{"annotation": 3}'}, "'annotation' must be a list"),
        ({"language": "en", "data": '{"annotation": [3]}'}, "either 'text' or 'markup'"),
        ({"language": "en", "data": '{"annotation": [{"text": 1}]}'}, "'text' must be a string"),
        (
            {"language": "en", "data": '{"annotation": [{"text": "a", "interpretAs": "b"}]}'},
            "'interpretAs' belongs to 'markup'",
        ),
    ],
)
def test_a_bad_request_is_told_in_words(fields, message):
    with pytest.raises(BadRequestError, match=message):
        read_question(fields, ["en"])


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"text=R%26D+is&language=en", "R&D is"),
        (b"text=R&D is 50%25 a+b&language=en-US", "R&D is 50%25 a+b"),
        ("text=Я&language=fr і&language=en-US".encode(), "Я&language=fr і"),
        (b"text=a b&language=en-US&username=u&apiKey=k", "a b"),
        (b"text=two\nlines&language=en-US", "two\nlines"),
        (b"text=whole&language=en-US", "whole"),
        (b"text=\xff\xfe x&language=en", "\ufffd\ufffd x"),
        (b"language=en&text=%F0%9F%98%80", "😀"),
    ],
)
def test_bodies_encoded_or_not(body, text):
    fields = read_fields(body, "")
    assert fields["text"] == text
    assert fields["language"].startswith("en")


def test_the_query_counts_where_the_body_says_nothing():
    assert read_fields(b"text=b", "language=de&text=q") == {"language": "de", "text": "b"}
    with pytest.raises(BadRequestError, match="at most 100 fields"):
        read_fields(b"a=1&" * 200, "")


def test_markup_keeps_its_length_and_ends_a_word():
    data = {"annotation": [{"markup": "<b>"}, {"text": "Minsk"}, {"markup": "</b>"},
                           {"markup": "<p>", "interpretAs": "\n\n"}, {"text": "x"}]}  # fmt: skip
    filler = INVISIBLE_FILLER
    assert annotated_text(json.dumps(data)) == f"{filler * 3}Minsk{filler * 4}\n\n{filler}x"


def test_a_lone_half_of_a_pair_is_replaced_and_shifts_nothing():
    data = '{"text": "\\ud83d Belorussia"}'
    (match,) = ask(data=data)["matches"]
    assert (match["offset"], match["length"]) == (2, 10)


def test_the_rules_of_a_language_are_listed_with_their_category():
    listed = config_info("en", REFERENCE, 7)
    assert listed["parameter"] == {"maxTextLength": 7}
    former = next(rule for rule in listed["rules"] if rule["ruleId"] == "name.former")
    assert (former["categoryId"], former["locQualityIssueType"]) == ("STYLE", "style")
    assert config_info("xx", REFERENCE, 7)["rules"] == []
