"""standings: precedence, spans, attributes and mild defaults; the definitions test the values."""

import pytest

from texts import standings


def one(text, **columns):
    (row,) = standings(text, **columns)
    return row


@pytest.mark.parametrize(
    ("text", "in_list"),
    [
        ("Iran, Russia, Belarus and Syria voted.", True),
        ("Envoys of Serbia, Belarus and Cuba voted no.", False),
        ("Moscow heard that Serbia, Belarus and Cuba voted no.", False),
        ("Belarus voted.", None),
    ],
)
def test_whether_russia_stands_in_the_list(text, in_list):
    assert one(text)["russia_in_list"] is in_list


def test_the_default_is_mild():
    row = one("Belarus!")
    assert {
        key: row[key] for key in ("standing", "rule_id", "actor", "blame", "voice", "time")
    } == {
        "standing": "own",
        "rule_id": "default.own",
        "actor": "country",
        "blame": "R0",
        "voice": "author",
        "time": "present",
    }
    assert (row["evidence_start_cp"], row["evidence_end_cp"]) == (0, 7)


def test_a_label_beside_a_comparison_is_its_second_standing():
    row = one("The Kremlin satellite Belarus, unlike Russia, has no navy.")
    assert (row["standing"], row["standing_secondary"]) == ("contrasted", "derived")


def test_the_evidence_is_what_the_pattern_saw():
    text = "In May, sanctions on Russia and Belarus grew."
    row = one(text)
    assert text[row["evidence_start_cp"] : row["evidence_end_cp"]] == "Russia and Belarus"
    assert row["rule_id"] == "en.paired.direct"


def test_blame_falls_only_where_it_can():
    assert one("The Lukashenka regime tortures its prisoners.")["blame"] == "R0"
    assert one("Belarus tortures its prisoners.")["blame"] == "R2"
    assert one("Storks nest in Belarus.")["blame"] == "R0"


def test_nobody_is_called_misnamed_on_an_ambiguous_name():
    text = "Belarus was there. The Russian writer Kolesnikova won a prize."
    assert {row["standing"] for row in standings(text)} == {"own"}


def test_a_block_quotation_is_quoted_and_the_text_around_it_is_not():
    text = "Belarus voted.\n\nBelarus waits."
    quote = [{"start_cp": 16, "end_cp": len(text), "kind": "quote"}]
    assert [row["voice"] for row in standings(text, regions=quote)] == ["author", "quoted"]


def test_russia_in_another_sentence_is_not_in_scope():
    assert [row["russia_in_scope"] for row in standings("Belarus voted. Russia left.")] == [False]
    assert one("Belarus, Gazprom says, paid.")["russia_in_scope"] is False
