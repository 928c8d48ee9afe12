"""sentences: the sentence around a place, whatever the text does with its lines."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asobna.sentences import MAX_WINDOW_CP, paragraph_span, sentence_spans


def around(text, word="Belarus", lang="en"):
    return [text[a:b].strip() for a, b in sentence_spans(text, [text.index(word)], lang)]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("It rained. Belarus voted. It snowed.", "Belarus voted."),
        ("Mr. Smith left Belarus. He slept.", "Mr. Smith left Belarus."),
        ("A heading\n\nBelarus voted.", "Belarus voted."),
        ("A heading\nBelarus voted.", "Belarus voted."),
        (
            "The two ministers spoke at some length about the trade of\nBelarus with its neighbours.",
            "The two ministers spoke at some length about the trade of\nBelarus with its neighbours.",
        ),
        ("- first point\n- Belarus\n- third point", "- Belarus"),
        ("Belarus", "Belarus"),
    ],
)
def test_the_sentence_around_a_name(text, sentence):
    assert around(text) == [sentence]


def test_two_names_in_one_sentence_give_one_span():
    text = "Minsk is in Belarus. It rains."
    assert sentence_spans(text, [0, 12], "en") == [(0, text.index("It"))]


def test_an_endless_line_is_cut_around_the_name():
    text = "x" * 5000 + " Belarus " + "y" * 5000
    start, end = paragraph_span(text, 5001)
    assert (5001 - start, end - 5001) == (MAX_WINDOW_CP, MAX_WINDOW_CP)


@given(st.lists(st.sampled_from(["Belarus", "rain.", "snow!", "\n", "\n\n", "and"]), max_size=30))
def test_every_place_lies_in_exactly_one_span(words):
    text = " ".join(words)
    places = [i for i in range(len(text)) if text.startswith("Belarus", i)]
    spans = sentence_spans(text, places, "en")
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))
    for place in places:
        assert sum(a <= place < b for a, b in spans) == 1


def test_a_paragraph_of_any_length_loses_no_place_at_the_edge_of_a_window():
    text = "Minsk voted. " * 1000
    places = list(range(0, len(text), 13))
    spans = sentence_spans(text, places, "en")
    assert [text[start:end].strip() for start, end in spans] == ["Minsk voted."] * 1000
