"""lexicon: exactly the names that stand in a text, at exact places, in every script."""

import itertools
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asobna.lexicon import Lexicon, fold, spellings
from asobna.tables import NAMES, rows_to_table


def lexicon(*rows):
    """A lexicon of (form, class) pairs; a form ending in * is open-ended."""
    return Lexicon(
        rows_to_table(
            [
                {
                    "lang": "xx",
                    "form": form.rstrip("*").replace("(", "").replace(")", ""),
                    "lead_cp": form.find(")") - 1 if form.startswith("(") else 0,
                    "open_ended": form.endswith("*"),
                    "entity": "BY",
                    "class": name_class,
                    "needs_cue": False,
                }
                for form, name_class in rows
            ],
            NAMES,
        )
    )


NAMES_OF_TWO = lexicon(
    ("Belarus", "belarus.country"),
    ("Belarusian", "belarus.adjective"),
    ("Minsk", "belarus.capital"),
    ("Minsk agreements", "trap"),
    ("Bélarus", "belarus.country"),
    ("Białoru*", "belarus.country"),
    ("白俄罗斯", "belarus.country"),
    ("Côte d'Ivoire", "country.name"),
    ("Chad", "country.name"),
    ("(the )Union State", "joint.body"),
    ("벨라루스", "belarus.country"),
    ("벨라루스어", "belarus.adjective"),
    ("(و)بيلاروسيا", "belarus.country"),
)


def found(text):
    return [text[hit.start_cp : hit.end_cp] for hit in NAMES_OF_TWO.find(text)]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Belarus and the Belarusian side", ["Belarus", "Belarusian"]),
        ("The Minsk agreements failed in Minsk.", ["Minsk agreements", "Minsk"]),
        ("the minsk\nagreements", ["minsk\nagreements"]),
        ("BELARUS, #belarus and belarus's", ["BELARUS", "belarus", "belarus"]),
        ("Belarus’s fields", ["Belarus"]),
        ("벨라루스가 벨라루스어를, 러시아와벨라루스는", ["벨라루스", "벨라루스어"]),
        ("روسيا وبيلاروسيا", ["بيلاروسيا"]),
        ("Côte d’Ivoire", ["Côte d’Ivoire"]),
        ("w Białorusi i Białorusinami", ["Białorusi", "Białorusinami"]),
        ("访问白俄罗斯之后", ["白俄罗斯"]),
        ("anti-Belarus/Minsk", ["Belarus", "Minsk"]),
        ("Chad/Belarus/Chad desk", ["Chad", "Belarus", "Chad"]),
        ("the Union State and THE UNION STATE", ["Union State", "UNION STATE"]),
    ],
)
def test_hits(text, names):
    assert found(text) == names


@pytest.mark.parametrize(
    "text",
    [
        "Minskoff and Minsky",
        "Belarusification",
        "chad of a ballot",
        "see https://belarus.example/minsk now",
        "write to info@belarus.example",
        "belarus.by",
        "a union state",
        "./belarus/notes",
        "maps/Belarus/minsk.png",
        "Belarus\u0301 with a mark that makes another letter",
        "Białorusoznawczynie is too long a word",
    ],
)
def test_near_misses(text):
    assert found(text) == []


def test_a_long_form_that_does_not_fit_leaves_room_for_a_short_one():
    names = lexicon(("Minsk", "belarus.capital"), ("Minsk I", "trap"))
    text = "Minsk Iron Works"
    assert [text[h.start_cp : h.end_cp] for h in names.find(text)] == ["Minsk"]


def test_composed_and_decomposed_accents_are_one_name():
    for way in ("NFC", "NFD"):
        text = unicodedata.normalize(way, "Le Bélarus vote.")
        assert found(text) == [text[3 : text.index(" vote")]]


def test_only_words_of_the_country_are_read_in_small_letters():
    assert spellings("Memorial", any_case=False) == {"Memorial", "MEMORIAL"}
    assert "belarus" in spellings("Belarus", any_case=True)


@given(st.text(max_size=80))
def test_folding_keeps_every_place(text):
    assert len(fold(text)) == len(text)


@given(st.lists(st.sampled_from(["Belarus", "Minsk", "rain", "x", "🇧🇾", "白俄罗斯"]), max_size=8))
def test_hits_ascend_never_overlap_and_slice_to_a_name(words):
    text = " ".join(words)
    hits = NAMES_OF_TWO.find(text)
    assert [text[h.start_cp : h.end_cp] for h in hits] == [
        w for w in words if w in {"Belarus", "Minsk", "白俄罗斯"}
    ]
    assert all(a.end_cp <= b.start_cp for a, b in itertools.pairwise(hits))
