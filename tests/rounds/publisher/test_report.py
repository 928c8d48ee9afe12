"""The report: what it says, what it holds back, and that it is the same for any order."""

from __future__ import annotations

import json
import random
import re
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asobna_rounds.attacks.rehearsal import demo_definition
from asobna_rounds.ballot_box.box import Numbers
from asobna_rounds.ballot_box.statements import Statement
from asobna_rounds.definition import (
    INTERFACE_LANGUAGES,
    MAX_POLLS,
    MAX_STATEMENTS,
    parse_round,
)
from asobna_rounds.publisher.rendering import render_html, render_markdown
from asobna_rounds.publisher.report import Told, make_report, priorities
from asobna_rounds.rows import Ballot

LANGUAGES = ("en", "be", "uk")
AGREE, DISAGREE, PASS = 1, 2, 3


def told(statements: int, invited: int = 30) -> Told:
    definition = parse_round(demo_definition())
    texts = [dict.fromkeys(LANGUAGES, f"Claim {n} *starred*") for n in range(statements)]
    numbered = [Statement(f"{n:016x}", n, text) for n, text in enumerate(texts)]
    return Told(definition, Numbers(invited, invited, 0, "00" * 32), numbered, "a" * 64)


def ballot(votes: list[int], polls: tuple[int, ...] = ()) -> Ballot:
    return Ballot(bytes(votes).ljust(MAX_STATEMENTS, b"\0"), bytes(polls).ljust(MAX_POLLS, b"\0"))


def twelve() -> list[Ballot]:
    """Claim 0: 12 agree. 1: 7 to 5. 2: nobody. 3: 6 and 6. 4: one against eleven."""
    return [
        ballot([AGREE, AGREE if n < 7 else DISAGREE, 0, 1 + n % 2, 1 + (n == 0)], (1 + n % 3, 1, 2))
        for n in range(12)
    ]


def test_twelve_of_thirty_invited() -> None:
    report = make_report(told(5), twelve())
    text = render_markdown(report, "en")
    assert "**12 of 30 people invited took part.**" in text
    assert "These are the views of those who answered, not of Belarusians at large." in text
    assert report["ballots"] == 12
    assert report["ledger_head"] == "a" * 64
    assert "`" + "a" * 64 + "`" in text
    assert "Too few ballots with enough answers to look for groups: 20 are needed." in text


def test_what_is_agreed_split_and_unsure() -> None:
    report = make_report(told(5), twelve())
    by_index = {s["index"]: s for s in report["statements"]}
    assert [by_index[i]["verdict"] for i in range(5)] == ["unsure"] * 5
    assert by_index[1]["counts"] == {"agree": 7}
    assert by_index[1]["other"] == 5
    votes = [[AGREE, (1, 2, 1, 2, 1, 3)[n % 6], AGREE if n < 10 else PASS] for n in range(60)]
    report = make_report(told(3, invited=60), [ballot(v) for v in votes])
    found = {s["index"]: (s["verdict"], s["side"]) for s in report["statements"]}
    assert found == {0: ("agreed", "agree"), 1: ("split", "agree"), 2: ("unsure", "agree")}
    text = render_markdown(report, "en")
    assert text.index("## Agreed") < text.index("Claim 0") < text.index("## Split")
    assert text.index("## Split") < text.index("Claim 1") < text.index("## Unsure")
    assert text.index("## Unsure") < text.index("Claim 2")


def test_the_lone_dissenter_is_not_told() -> None:
    report = make_report(told(5), twelve())
    lone = next(s for s in report["statements"] if s["index"] == 4)
    assert lone["counts"] == {}
    assert lone["at_least"] == ["agree", 8]
    assert "Agree: at least 8 of 12" in render_markdown(report, "en")
    html = render_html(report, "en")
    assert '<rect class="agree" x="0.0" width="66.7" height="4"/>' in html
    assert '<td class="number">≥ 8</td>' in html


def test_a_minority_of_five_is_kept_on_record() -> None:
    votes = [AGREE] * 35 + [DISAGREE] * 6 + [PASS] * 5
    report = make_report(told(1, invited=46), [ballot([vote]) for vote in votes])
    assert report["statements"][0]["minority_kept"] is True
    text = render_markdown(report, "en")
    assert "## Agreed, and a minority view kept" in text
    assert "Agree: 35 of 46 (76 %)" in text
    assert "Agree 35, Disagree 6, Told together 5" in text


@pytest.mark.parametrize("count", [0, 1, 9])
def test_below_ten_ballots_nothing_is_told_not_even_how_many(count: int) -> None:
    report = make_report(told(5), twelve()[:count])
    assert report["refused"] == "ballots"
    assert report["ballots"] is None
    assert report["statements"] == report["polls"] == []
    for language in LANGUAGES:
        assert "## " not in render_markdown(report, language)
    assert "Fewer than 10 ballots: nothing is published" in render_markdown(report, "en")


def test_the_report_is_the_same_for_any_order_of_ballots() -> None:
    ballots = twelve()
    wanted = json.dumps(make_report(told(5), ballots))
    for seed in range(5):
        random.Random(seed).shuffle(ballots)
        assert json.dumps(make_report(told(5), ballots)) == wanted


def test_polls_are_weighted_to_known_shares_and_say_so() -> None:
    crossed = {(1, 1): 15, (2, 1): 10, (1, 2): 5, (2, 2): 20}  # (answer, since when): people
    answers = [key for key, people in crossed.items() for _ in range(people)]
    report = make_report(told(1, invited=80), [ballot([AGREE], (a, 0, m)) for a, m in answers])
    first = report["polls"][0]
    assert first["margins"] == ["poll:2"]
    assert first["counts"]["0"] == 20
    assert first["percent"]["0"][0] == 36
    assert report["polls"][2]["margins"] == []
    assert "Shares refer to 50 ballots." in render_markdown(report, "en")


@pytest.mark.parametrize("language", INTERFACE_LANGUAGES)
def test_no_language_speaks_of_camps(language: str) -> None:
    """A report about people in exile must not be read as a word on prison camps."""
    report = make_report(told(5), twelve()) | {
        "gate": {
            **dict.fromkeys(("ballots", "smallest"), 30),
            **{"p_value": (0.05, 1.0), "stability": (0.0, 0.8), "structure": False, "shown": False},
        }
    }
    text = render_html(report, language) + render_html(make_report(told(5), twelve()), language)
    assert not re.search(r"\bcamp|лагер|табор|obóz|oboz|stovykl", text, re.IGNORECASE)


def test_who_leaves_the_weighting_question_open_keeps_their_share() -> None:
    """Twelve of 62 left it open: the other fifty are weighted as they were without them."""
    crossed = {(1, 1): 15, (2, 1): 10, (1, 2): 5, (2, 2): 20, (1, 0): 6, (2, 0): 6}
    answers = [key for key, people in crossed.items() for _ in range(people)]
    report = make_report(told(1, invited=80), [ballot([AGREE], (a, 0, m)) for a, m in answers])
    first = report["polls"][0]
    assert first["margins"] == ["poll:2"]
    # of 50 with targets 0.4 and 0.6: 0.4 * 15/25 + 0.6 * 5/25 = 0.36; of the twelve, one half
    assert first["percent"]["0"][0] == round(100 * (50 * 0.36 + 6) / 62)


def test_a_few_who_leave_it_open_are_not_told_apart_by_weights() -> None:
    crossed = {(1, 1): 15, (2, 1): 10, (1, 2): 5, (2, 2): 20, (1, 0): 2}
    answers = [key for key, people in crossed.items() for _ in range(people)]
    report = make_report(told(1, invited=80), [ballot([AGREE], (a, 0, m)) for a, m in answers])
    assert report["polls"][0]["margins"] == []


def test_a_margin_nobody_fits_leaves_the_poll_unweighted() -> None:
    ballots = [ballot([AGREE], (1, 1, 1)) for _ in range(12)]
    report = make_report(told(1), ballots)
    assert report["polls"][0]["margins"] == []


def test_more_ballots_than_invited_people_is_not_an_error() -> None:
    """A lost credential that was issued again may turn up and be used."""
    assert make_report(told(5, invited=11), twelve())["ballots"] == 12


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_file_to_keep_needs_nothing_outside_it(language: str) -> None:
    html = render_html(make_report(told(5), twelve()), language)
    assert f'<html lang="{language}">' in html
    assert not re.search(r"<script|src=|https?://|@import|url\(", html)
    assert html.count("<table") == html.count("</table>") == 1 + 3


def test_markdown_shows_marks_as_they_are() -> None:
    text = render_markdown(make_report(told(5), twelve()), "en")
    assert "Claim 0 \\*starred\\*" in text
    assert "\n\n\n" not in text


def numbers_of_people(report: dict[str, Any]) -> list[int]:
    found = [c for s in report["statements"] for c in s["counts"].values()]
    found += [s["other"] for s in report["statements"] if s["other"]]
    found += [c for p in report["polls"] for c in p["counts"].values()]
    found += [p["other"] for p in report["polls"] if p["other"]]
    for statement in report["statements"]:
        found += [c for row in statement["by_group"].values() for c in row.values()]
    return found + list(report.get("groups", {}).values())


@settings(max_examples=40, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.lists(st.integers(0, 3), min_size=4, max_size=4),
            st.tuples(*[st.integers(0, 2)] * 3),
        ),
        max_size=30,
    )
)
def test_no_number_in_a_report_stands_for_fewer_than_five(
    people: list[tuple[list[int], tuple[int, ...]]],
) -> None:
    report = make_report(told(4, invited=40), [ballot(v, p) for v, p in people])
    assert all(number >= 5 for number in numbers_of_people(report))


def test_priorities_differ_between_statements() -> None:
    """A lottery with equal weights would be no routing at all."""
    weights = priorities(twelve(), 5)
    assert len(weights) == 5
    assert len(set(weights)) > 2
    assert min(weights) > 0


def test_closed_day_and_file_are_in_the_data() -> None:
    report = make_report(told(5), twelve())
    assert report["closed"] == date(2027, 3, 21).isoformat()
    assert report["file"] == "belarus-file"
    assert report["format"] == "asobna-round-report-1"
