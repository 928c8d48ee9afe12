"""Languages: confidence is stored; paragraphs in another language are read with its pack."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asobna.languages import Stretch, identify_language, only_language, split_by_language
from asobna.packs import read_packs
from asobna.pipeline import read_documents
from asobna.tables import DOCUMENTS, rows_to_table

ENGLISH = ("The harvest was good this year, said the farmers of Belarus who had come to the fair in "
           "the town, and the price of grain went down in the week after it.")  # fmt: skip
GERMAN = ("Die Ernte war in diesem Jahr gut, sagten die Bauern aus Belarus, die zum Jahrmarkt in die "
          "Stadt gekommen waren, und der Preis des Getreides sank in der Woche danach.")  # fmt: skip
SWEDISH = ("Skörden var god i år, sade bönderna som hade kommit till marknaden i staden, och priset "
           "på säd sjönk under veckan därefter, vilket gladde alla som köpte bröd.")  # fmt: skip
CODES = ("en", "de", "sv")


def reading(text, **more):
    row = {"document_id": "d", "text": text, "regions": []} | more
    return read_documents(rows_to_table([row], DOCUMENTS), read_packs(only=("en", "de")))


def test_a_text_in_one_language_has_no_stretches():
    assert split_by_language(f"{ENGLISH}\n\n{ENGLISH}", "en", CODES) == []


def test_a_paragraph_in_another_language_is_a_stretch_with_its_confidence():
    text = f"{ENGLISH}\n\n{GERMAN}\n\n{ENGLISH}"
    (found,) = split_by_language(text, "en", CODES)
    assert text[found.start_cp : found.end_cp] == GERMAN
    assert found.lang == "de"
    assert 0.95 <= found.confidence <= 1


def test_neighbours_are_one_stretch_and_short_paragraphs_stay():
    text = f"{ENGLISH}\n\n{GERMAN}\n\n{GERMAN}\n\nGuten Tag.\n\n{ENGLISH}"
    (found,) = split_by_language(text, "en", CODES)
    assert text[found.start_cp : found.end_cp] == f"{GERMAN}\n\n{GERMAN}"


def test_with_places_only_their_paragraphs_are_looked_at():
    text = f"{ENGLISH}\n\n{GERMAN}\n\n{SWEDISH}"
    at = text.index("Skörden")
    assert split_by_language(text, "en", CODES, [3]) == []
    (found,) = split_by_language(text, "en", CODES, [0, at])
    assert (found.start_cp, found.end_cp, found.lang) == (at, len(text), "sv")


def test_every_paragraph_is_read_with_its_pack_at_its_place():
    text = f"{ENGLISH}\n\n{ENGLISH}\n\n{GERMAN}"
    rows = reading(text).standings.to_pylist()
    assert [(row["lang"], text[row["start_cp"] : row["end_cp"]]) for row in rows] == [
        ("de", "Belarus"), ("en", "Belarus"), ("en", "Belarus")
    ]  # fmt: skip
    assert rows[0]["start_cp"] == text.index("Belarus", len(ENGLISH) * 2)


def test_a_paragraph_no_pack_reads_is_not_read_by_another():
    finnish = ("Sato oli tänä vuonna hyvä, sanoivat maanviljelijät, jotka olivat tulleet Belarus-"
               "markkinoille kaupunkiin, ja viljan hinta laski seuraavalla viikolla.")  # fmt: skip
    rows = reading(f"{ENGLISH}\n\n{ENGLISH}\n\n{finnish}").standings.to_pylist()
    assert [row["lang"] for row in rows] == ["en", "en"]


def test_a_language_that_is_given_is_not_doubted_and_has_no_confidence():
    found = reading(f"{ENGLISH}\n\n{GERMAN}", lang="en")
    assert {row["lang"] for row in found.standings.to_pylist()} == {"en"}
    assert found.documents["lang_confidence"].to_pylist() == [None]


def test_the_confidence_of_an_identified_language_is_stored():
    (confidence,) = reading(GERMAN).documents["lang_confidence"].to_pylist()
    assert confidence == pytest.approx(identify_language(GERMAN)[1], abs=1e-6)
    assert confidence > 0.95


@given(
    st.text(alphabet="ab \n", max_size=60), st.lists(st.integers(0, 60), max_size=4, unique=True)
)
def test_languages_part_a_text_and_keep_its_places(text, edges):
    edges = sorted(min(edge, len(text)) for edge in edges)
    pairs = list(zip(edges[::2], edges[1::2], strict=False))
    stretches = [Stretch(start, end, "de", 1.0) for start, end in pairs]
    parts = [only_language(text, stretches, lang, "en") for lang in ("en", "de")]
    assert [len(part) for part in parts] == [len(text)] * 2
    for signs in zip(text, *parts, strict=True):
        assert signs[0] in signs[1:]
        assert signs[1] == signs[2] or " " in signs[1:]
