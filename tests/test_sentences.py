"""sentences: the sentence around a place, whatever the text does with its lines."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asobna.sentences import (
    MAX_WINDOW_CP,
    Manner,
    paragraph_span,
    paragraph_spans,
    sentence_spans,
)


def test_what_a_language_cuts_short_ends_no_sentence():
    text = "Men of Abc. Minsk met. Then qq. Brest left."

    def ends_short(tail):
        return tail.rstrip().endswith(("Abc.", "qq.", "left."))

    manner = Manner("en", ends_short)
    spans = sentence_spans(text, (0, len(text)), [12, 32], manner)
    assert [text[slice(*span)].strip() for span in spans] == [
        "Men of Abc. Minsk met.", "Then qq. Brest left.",
    ]  # fmt: skip
    assert sentence_spans(text[:-1], (0, len(text) - 1), [12], Manner("en")) == [(12, 23)]


@pytest.mark.parametrize(
    ("lang", "text", "sentence"),
    [
        ("hr", "Minsk je 24. novembra 1943. godine gorio. Prošlo je.", "Minsk je 24. novembra 1943. godine gorio."),
        ("sl", "Minsk je obiskal Peter II. je rekel vodič. Konec.", "Minsk je obiskal Peter II. je rekel vodič."),
        ("hr", "Minsk gori od 1943. Prošlo je.", "Minsk gori od 1943."),
        ("en", "Minsk burned in 1943. It was rebuilt.", "Minsk burned in 1943."),
    ],
)  # fmt: skip
def test_an_ordinal_ends_no_sentence_before_a_small_letter(lang, text, sentence):
    (span,) = sentence_spans(text, (0, len(text)), [0], Manner(lang))
    assert text[slice(*span)].strip() == sentence


def spans_of(text, places, lang="en"):
    """Sentences that hold the places, paragraph by paragraph."""
    return [
        span
        for start, end in paragraph_spans(text, places)
        for span in sentence_spans(
            text, (start, end), [p for p in places if start <= p < end], Manner(lang)
        )
    ]


def around(text, word="Belarus"):
    return [text[a:b].strip() for a, b in spans_of(text, [text.index(word)])]


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
    assert spans_of(text, [0, 12]) == [(0, text.index("It"))]


def test_an_endless_line_is_cut_around_the_name():
    text = "x" * 5000 + " Belarus " + "y" * 5000
    start, end = paragraph_span(text, 5001)
    assert (5001 - start, end - 5001) == (MAX_WINDOW_CP, MAX_WINDOW_CP)


def test_a_line_break_near_the_edge_of_the_window_ends_the_paragraph_there():
    text = "Belarus. " + "a. " * 600 + "Last words of it.\nNext paragraph. " + "b. " * 900
    assert paragraph_span(text, 0) == (0, text.index("Next"))


@given(st.lists(st.sampled_from(["Belarus", "rain.", "snow!", "\n", "\n\n", "and"]), max_size=30))
def test_every_place_lies_in_exactly_one_span(words):
    text = " ".join(words)
    places = [i for i in range(len(text)) if text.startswith("Belarus", i)]
    spans = spans_of(text, places)
    assert all(a[1] <= b[0] for a, b in itertools.pairwise(spans))
    for place in places:
        assert sum(a <= place < b for a, b in spans) == 1


def test_a_paragraph_of_any_length_loses_no_place_at_the_edge_of_a_window():
    text = "Minsk voted. " * 1000
    places = list(range(0, len(text), 13))
    spans = spans_of(text, places)
    assert [text[start:end].strip() for start, end in spans] == ["Minsk voted."] * 1000
