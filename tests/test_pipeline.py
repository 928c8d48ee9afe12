"""pipeline: what holds for every text, whatever the rules are."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import asobna
from asobna.errors import InputError
from asobna.packs import read_packs
from asobna.pipeline import assign_languages, read_documents
from asobna.tables import ACTOR_VALUES, BLAME_VALUES, DOCUMENTS, STANDING_VALUES, rows_to_table
from texts import documents, english, standings

WORDS = [
    "Belarus",
    "Belarusian",
    "Russia",
    "and",
    "Minsk",
    "Putin",
    "Lukashenka",
    "voted",
    ",",
    "the",
    "in",
    "athletes",
    ".",
    "\n\n",
    '"',
    "🇧🇾",
    "ally",
    "Iran",
    "said that",
    "not",
    "of",
]
texts = st.lists(st.sampled_from(WORDS), max_size=30).map(" ".join)


@settings(deadline=None)  # the first text compiles the patterns
@given(texts)
def test_a_mention_slices_to_its_surface_inside_its_sentence(text):
    for row in standings(text):
        assert text[row["start_cp"] : row["end_cp"]] == row["surface"]
        assert row["sentence_start_cp"] <= row["start_cp"] < row["end_cp"] <= row["sentence_end_cp"]
        assert row["sentence_start_cp"] <= row["evidence_start_cp"] < row["evidence_end_cp"]
        assert row["evidence_end_cp"] <= row["sentence_end_cp"]


@settings(deadline=None)
@given(texts)
def test_each_mention_has_one_value_of_each_kind(text):
    rows = standings(text)
    assert len({(row["start_cp"], row["end_cp"]) for row in rows}) == len(rows)
    for row in rows:
        assert row["standing"] in STANDING_VALUES
        assert row["actor"] in ACTOR_VALUES
        assert row["blame"] in BLAME_VALUES
        assert (row["warrant"] is not None) == (row["standing"] == "paired")
        assert (row["support"] is not None) == (row["standing"] == "derived")
        if row["standing"] in ("paired", "derived", "absorbed"):
            assert row["russia_in_scope"] or row["rule_id"].endswith(
                ("union_state", "union_citizens")
            )


@settings(max_examples=40, deadline=None)
@given(st.lists(texts, max_size=6), st.randoms())
def test_batches_and_order_change_nothing(batch, random):
    def keyed(*order):
        table = read_documents(documents(*[batch[i] for i in order]), english()).standings
        rows = table.to_pylist()
        for row in rows:
            row["document_id"] = order[int(row["document_id"][1:])]
        return sorted(rows, key=lambda row: (row["document_id"], row["start_cp"]))

    order = list(range(len(batch)))
    shuffled = random.sample(order, len(order))
    alone = [row for i in order for row in keyed(i)]
    assert keyed(*order) == keyed(*shuffled) == alone


def test_a_count_by_source_sums_to_the_total():
    many = ["Belarus voted."] * 3 + ["It rained."] * 2 + ["Russia and Belarus voted."]
    table = read_documents(documents(*many), english()).standings
    assert table.num_rows == 4
    by_document = table.group_by("document_id").aggregate([([], "count_all")])
    assert sum(by_document.column("count_all").to_pylist()) == 4


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("Minsk voted.", "sv"),
        ("The museum in Vitebsk, Russia.", "en"),
        ("Lukashenko is Putin's puppet.", "en"),
        ("Museet i Vitebsk, Rusland, er lukket for altid.", "da"),
        ("بيلاروسيا وروسيا توقعان اتفاقا.", "ar"),
        ("白俄羅斯總統盧卡申科在明斯克會見代表團。", "zh"),
        ("俄罗斯城市明斯克很漂亮。", "zh"),
    ],
)
def test_a_short_text_is_read_in_a_language_nearly_as_likely_as_any(text, lang):
    rows = [{"document_id": "a", "text": text, "lang": None, "regions": []}]
    left, rejects = assign_languages(rows_to_table(rows, DOCUMENTS), read_packs())
    assert (left["lang"].to_pylist(), rejects.num_rows) == ([lang], 0)


def test_a_text_far_from_every_pack_is_a_reject():
    rows = [{"document_id": "a", "text": "白俄羅斯總統在明斯克會見。", "lang": None, "regions": []}]
    left, rejects = assign_languages(rows_to_table(rows, DOCUMENTS), read_packs(only=("en", "de")))
    assert left.num_rows == 0
    assert rejects["reason"].to_pylist() == ["no-pack"]


def test_a_language_without_a_pack_is_a_reject_that_names_it():
    rows = [{"document_id": "a", "text": "x", "lang": "tlh", "regions": []}]
    left, rejects = assign_languages(rows_to_table(rows, DOCUMENTS), english())
    assert left.num_rows == 0
    assert rejects.to_pylist() == [
        {
            "path": "a",
            "line": None,
            "reason": "no-pack",
            "detail": "a is in 'tlh', which has no pack; packs are en. Say --lang if that is wrong",
        }
    ]


def test_of_many_packs_a_reject_names_the_number_and_where_to_look():
    rows = [{"document_id": "a", "text": "x", "lang": "tlh", "regions": []}]
    detail = assign_languages(rows_to_table(rows, DOCUMENTS), read_packs())[1]["detail"][0].as_py()
    assert detail == (
        f"a is in 'tlh', which has no pack; there are {len(read_packs().codes)} packs, listed by: "
        "asobna packs coverage. Say --lang if that is wrong"
    )


def test_the_public_door():
    assert asobna.check("Belorussia voted.", lang="en").column("rule_id").to_pylist() == [
        "name.former"
    ]
    assert asobna.read("Belarus voted.", lang="en").column("standing").to_pylist() == ["own"]
    with pytest.raises(InputError, match="is in 'tlh', which has no pack"):
        asobna.check("nuqneH", lang="tlh")


def test_the_language_of_a_text_is_identified():
    assert set(read_packs().codes) >= {"en"}
    text = "The committee said on Monday that sanctions on Belarus would be extended by a year."
    assert asobna.read(text).column("lang").to_pylist() == ["en"]


def test_a_line_too_short_to_tell_is_read_with_a_pack_that_can_advise():
    assert asobna.check("The museum in Vitebsk, Russia.").column("rule_id").to_pylist() == [
        "absorbed.place"
    ]
