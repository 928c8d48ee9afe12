"""The round's public file: every limit is checked and every message names its field."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from asobna_rounds.attacks.rehearsal import demo_definition
from asobna_rounds.definition import parse_round, read_round
from asobna_rounds.errors import RoundFileError


def test_the_demo_round_is_read_as_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "round.json").write_text(json.dumps(demo_definition()), encoding="utf-8")
    found = read_round(tmp_path / "round.json")
    assert found.id == "demo-simulated"
    assert found.languages == ("en", "be", "uk")
    assert (len(found.seeds), len(found.polls)) == (12, 3)
    assert [poll.margin for poll in found.polls] == [False, False, True]
    assert found.polls[2].targets == (0.4, 0.6)
    assert found.text(found.question, "lt") == (
        "What should the government do first for Belarus?",
        "en",
    )


def change(path: str, value: Any) -> dict[str, Any]:
    data = copy.deepcopy(demo_definition())
    *parents, last = path.split(".")
    place: Any = data
    for name in parents:
        place = place[int(name) if name.isdigit() else name]
    place[int(last) if last.isdigit() else last] = value
    return data


THREE = dict.fromkeys(("en", "be", "uk"), "text")


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("id", 7, "round.json, id: needs a JSON string"),
        ("languages", ["en", "xx"], "round.json, languages: ['en', 'xx']; use some of"),
        ("languages", ["en", "en"], "each once"),
        ("question", {"en": "x"}, "question: needs one text for each language of the round"),
        ("question.be", "  ", "question, be: the text is empty"),
        ("question.uk", "x" * 301, "question, uk: 301 characters; the limit is 300"),
        ("brief.en", "x" * 9001, "brief, en: 9001 characters; the limit is 9000"),
        ("seeds.3.be", "x" * 401, "seeds[3], be: 401 characters; the limit is 400"),
        ("seeds", [THREE] * 241, "seeds: 241; the limit is 240 (MAX_STATEMENTS)"),
        ("seeds.0", {"lt": "vienas"}, "seeds[0]: needs one text for each language"),
        ("polls.1.options", [THREE], "polls[1].options: needs at least two"),
        ("polls.1.options", [THREE] * 9, "polls[1].options: 9; the limit is 8 (MAX_OPTIONS)"),
        ("polls.2.targets", [0.5, 0.6], "polls[2].targets: one share above 0 per option, togeth"),
        ("polls.2.targets", [1.0], "polls[2].targets: one share above 0 per option"),
        (
            "polls.2.targets",
            5,
            "polls[2].targets: one share above 0 per option, together 1 (got 5)",
        ),
        ("polls.2.targets", ["a", "b"], "polls[2].targets: one share above 0 per option"),
        ("polls.2.targets", [1.5, -0.5], "polls[2].targets: one share above 0 per option"),
        ("polls.2.targets", [float("nan")] * 2, "polls[2].targets: one share above 0 per option"),
        (
            "polls.2.target",
            [0.4, 0.6],
            "round.json, polls[2]: target is none of question, options, ",
        ),
        (
            "close",
            "2027-03-21",
            "round.json: close is none of id, languages, question, brief, seed",
        ),
        ("id", "../../x", "round.json, id: 1 to 32 of a-z, 0-9 and inner hyphens"),
        ("seeds.0.en", "half \ud800", "seeds[0], en: half a character (a lone surrogate)"),
        ("opens", "20270308", "round.json, opens: write a day as 2027-01-31"),
        ("opens", "2027-W10-1", "round.json, opens: write a day as 2027-01-31"),
        ("polls.0", "x", "polls[0]: must be an object with question and options"),
        ("opens", "8 March", "round.json, opens: write a day as 2027-01-31"),
        ("opens", "2027-03-01", "issue_until must be a day before opens"),
        ("closes", "2027-03-07", "opens not after closes"),
    ],
)
def test_each_mistake_is_named(path: str, value: Any, message: str) -> None:
    with pytest.raises(RoundFileError) as caught:
        parse_round(change(path, value))
    assert message in str(caught.value)


def test_a_round_of_one_day_is_allowed() -> None:
    data = demo_definition() | {"opens": "2027-03-02", "closes": "2027-03-02"}
    assert parse_round(data).opens.day == 2


@pytest.mark.parametrize(("text", "message"), [("{", "not readable as JSON"), ("[]", "object")])
def test_a_file_that_is_no_round(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "round.json").write_text(text, encoding="utf-8")
    with pytest.raises(RoundFileError, match=message):
        read_round(tmp_path / "round.json")
