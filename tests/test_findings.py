"""findings: severity, span, wordings and facts, exactly; and silence where silence is due."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asobna.findings import MIN_MENTIONS_FOR_DOCUMENT, raise_findings
from asobna.pipeline import read_documents
from texts import documents, english, findings

EVERY_KIND = [
    ("The museum in Vitebsk, Russia.", "absorbed.place", "E"),
    ("In Russia's Belarus region harvests failed.", "absorbed.state", "E"),
    ("The Russian tennis star Sabalenka won.", "absorbed.person", "E"),
    (
        "The Russian rights group Viasna counted the detained in Belarus.",
        "absorbed.organisation",
        "E",
    ),
    ("Belarusian is a dialect of Russian.", "absorbed.language", "E"),
    ("The Russian painter Chagall loved Paris.", "absorbed.heritage", "C"),
    ("Belorussia will host the fair.", "name.former", "S"),
    ("Belarussian dairy goods are cheap.", "name.spelling", "S"),
    ("The Kremlin satellite Belarus closed a bridge.", "derived.epithet", "C"),
    ("Russians and Belarusians have never wanted freedom.", "paired.people", "C"),
    ("Belarus tortures its prisoners.", "blame.country", "C"),
    ("Belarusians attacked Kyiv from the north.", "blame.people", "C"),
    ("Belarus's nuclear weapons worry planners.", "fact.weapons", "C"),
    ("Belarus attacked Ukraine in 2022.", "fact.launched", "C"),
    ("About 1,500 political prisoners are held in Belarus.", "fact.undated", "C"),
]


def rules(*texts, **columns):
    return [(row["rule_id"], row["severity"]) for row in findings(*texts, **columns)]


@pytest.mark.parametrize(("text", "rule", "severity"), EVERY_KIND)
def test_each_rule_is_raised(text, rule, severity):
    assert (rule, severity) in rules(text)


def test_each_rule_is_tested_here():
    tested = {rule for _, rule, _ in EVERY_KIND} | {"document.beside"}
    known = set(english().advice.column("id").to_pylist())
    assert known - tested == {rule for rule in known if rule.startswith("fact.")} - tested


@pytest.mark.parametrize(
    "text",
    [
        "Sanctions on Russia and Belarus were extended.",
        "Russian and Belarusian athletes may enter as neutrals.",
        "Belarus voted against.",
        "President Lukashenko met farmers.",
        "Belarus is not a part of Russia.",
        "The 1st Belorussian Front reached the river.",
        "In 1943 Belorussia burned.",
        "The Minsk agreements fell apart.",
        "He mixed a White Russian with oat milk.",
        "“Belorussia will host the fair,” the radio said.",
        "Valko-Venäjä is the Finnish name.",
        "After talks in Minsk, Russia agreed to pay.",
        "The Russian ally Belarus, Russian troops and a Belarusian runner.",
    ],
)
def test_what_is_fair_raises_no_error_and_no_style(text):
    assert [rule for rule in rules(text) if rule[1] in "ES"] == []


def test_span_wording_and_fact_of_an_error():
    (found,) = findings("The museum in Vitebsk, Russia.")
    text = "The museum in Vitebsk, Russia."
    assert "Vitebsk, Russia" in text[found["start_cp"] : found["end_cp"]]
    assert found["wordings"] == [
        text[found["start_cp"] : found["end_cp"]].replace("Russia", "Belarus")
    ]


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("Belarus is part of Russia.", "Belarus is part of Russia"),
        ("Oh. Belarus is part of Russia!", "Belarus is part of Russia"),
        ("Belarusian is a dialect of Russian.", "Belarusian is a dialect of Russian"),
        ("He was in Vitebsk (Russia).", "in Vitebsk (Russia)"),
    ],
)
def test_a_span_has_no_stops_at_its_ends(text, span):
    (found,) = [row for row in findings(text) if row["severity"] == "E"]
    assert text[found["start_cp"] : found["end_cp"]] == span
    assert f"“{span}”" in found["message"]


@pytest.mark.parametrize(
    ("opening", "first"), [("", "T"), ("  - ", "T"), ("12) ", "T"), ("- We know that ", "t")]
)
def test_a_bullet_or_number_before_a_sentence_takes_no_capital_away(opening, first):
    (found,) = findings(f"{opening}Belarus tortures its prisoners.")
    assert found["wordings"] == [f"{first}he government in Minsk", f"{first}he regime in Minsk"]


def test_a_wording_keeps_the_capital_that_opens_a_sentence():
    (found,) = findings("Belarus tortures its prisoners.")
    assert found["wordings"] == ["The government in Minsk", "The regime in Minsk"]
    (found,) = findings("We know that Belarus tortures its prisoners.")
    assert found["wordings"] == ["the government in Minsk", "the regime in Minsk"]


@pytest.mark.parametrize(("text", "rule", "severity"), EVERY_KIND)
def test_a_wording_survives_its_own_check(text, rule, severity):
    for found in findings(text):
        for wording in found["wordings"]:
            mended = text[: found["start_cp"]] + wording + text[found["end_cp"] :]
            assert rule not in [name for name, _ in rules(mended)], mended


def test_the_advice_passes_its_own_check():
    for row in english().advice.to_pylist():
        for text in (row["because"], row["advice"]):
            assert [r for r in rules(text) if r[1] == "E"] == []


def test_only_the_first_label_of_a_document_is_remarked():
    text = (
        "The Kremlin satellite Belarus closed a bridge. The Kremlin satellite Belarus opened one."
    )
    assert rules(text) == [("derived.epithet", "C")]


def test_an_error_in_quotes_is_a_clarifying_note_without_a_wording():
    text = 'He wrote: "The Russian tennis star Sabalenka won."'
    (found,) = findings(text)
    assert (found["rule_id"], found["severity"]) == ("absorbed.person", "C")
    assert found["because"].startswith(
        "These are somebody else's words: consider a clarifying note."
    )
    assert found["wordings"] == []


def test_a_block_quotation_is_somebody_elses_voice():
    text = "Belorussia will host the fair."
    quote = [{"start_cp": 0, "end_cp": len(text), "kind": "quote"}]
    assert rules(text, regions=quote) == []


@pytest.mark.parametrize(
    ("kind", "left"),
    [
        ("ignored", []),
        ("ignored name.former", []),
        ("ignored name", []),
        ("ignored name.spelling", [("name.former", "S")]),
        ("heading", [("name.former", "S")]),
    ],
)
def test_ignored_regions(kind, left):
    text = "Belorussia will host the fair."
    region = [{"start_cp": 0, "end_cp": len(text), "kind": kind}]
    assert rules(text, regions=region) == left


def test_a_text_that_never_lets_belarus_stand_alone_is_remarked_once():
    pair = "Sanctions on Russia and Belarus grew. "
    assert ("document.beside", "C") in rules(pair * MIN_MENTIONS_FOR_DOCUMENT)
    assert rules(pair * (MIN_MENTIONS_FOR_DOCUMENT - 1)) == []
    assert rules(pair * MIN_MENTIONS_FOR_DOCUMENT + "Belarus harvested flax.") == []


@given(st.lists(st.sampled_from([text for text, _, _ in EVERY_KIND]), max_size=6))
def test_findings_do_not_depend_on_the_batch(texts):
    together = findings(*texts)
    alone = [row for text in texts for row in findings(text)]
    keys = ("start_cp", "end_cp", "rule_id", "message")
    assert [[row[k] for k in keys] for row in together] == [[row[k] for k in keys] for row in alone]


def test_no_documents_no_findings():
    reading = read_documents(documents(), english())
    assert raise_findings(reading.standings, reading.documents, english().advice).num_rows == 0
