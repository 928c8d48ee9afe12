"""evaluation: the figures are arithmetic on a confusion table; a floor that falls fails."""

import json
from pathlib import Path

import pytest

from asobna.errors import ConfigError, InputError
from asobna.evaluation import evaluate, macro_f1, read_coded, wilson
from asobna.outputs.evaluate import _update, compare_floors
from texts import english

ROOT = Path(__file__).parents[1]
CODED = ROOT / "../shared/gold/dev.jsonl"


def unit(text, standing, before="", **label):
    start, end = text.index("["), text.index("]") - 1
    return {
        "lang": "en",
        "part": "p",
        "before": before,
        "after": "It rained.",
        "text": text.replace("[", "").replace("]", ""),
        "start": start,
        "end": end,
        "label": {"standing": standing, "actor": None, "blame": None, **label},
    }


UNITS = [
    unit("[Belarus] voted against.", "own", before="Russia voted.", actor="country", blame="R1"),
    unit("Trade with Russia and [Belarus] fell.", "paired", actor="country", blame="R0"),
    unit("The [Minsk] agreements failed.", "none"),
    unit("The [Zubr] tractor rolled.", "own"),
    unit("Iran, Russia, [Belarus] and Syria voted.", "paired", actor="people"),
]


def test_wilson_is_the_textbook_interval():
    assert wilson(8, 10) == pytest.approx((0.4901625, 0.9433178), abs=1e-6)
    assert wilson(0, 0) == (0.0, 1.0)
    assert wilson(0, 5)[0] == 0.0


def test_figures_of_five_units():
    report = evaluate(UNITS, english())
    assert report["n"] == 5
    assert report["mention_recall"] == 0.75
    assert report["accuracy"] == 0.6
    assert report["confusion"] == {
        "own": {"own": 1, "none": 1},
        "paired": {"listed": 1, "paired": 1},
        "none": {"none": 1},
    }
    own = report["classes"]["own"]
    assert (own["precision"], own["recall"], own["n"]) == (1.0, 0.5, 2)
    assert own["f1"] == pytest.approx(2 / 3)
    assert report["actor_n"] == 3
    assert report["prevalence_error_points"]["paired"] == pytest.approx(-20)
    assert report["by_lang"]["en"]["n"] == 5


def test_baselines_count_words_and_do_not_read():
    report = evaluate(UNITS, english())
    assert report["baselines"]["document"]["accuracy"] == 3 / 5
    assert report["baselines"]["sentence"]["accuracy"] == 4 / 5 - 0.0


def test_units_are_weighted_back_to_their_frame():
    heavy = [{**UNITS[4], "stratum_size": 80, "stratum_drawn": 10}, UNITS[1], UNITS[0]]
    report = evaluate(heavy, english())
    assert report["prevalence_error_points"]["paired"] == pytest.approx(-80)
    assert report["prevalence_error_points"]["listed"] == pytest.approx(80)


def test_macro_leaves_rare_classes_out():
    truths = ["own"] * 10 + ["paired"] * 9
    assert macro_f1(truths, ["own"] * 10 + ["listed"] * 9) == 1.0
    assert macro_f1(["own"], ["own"]) == 0.0


def test_a_language_without_a_pack_is_counted_not_scored():
    report = evaluate([*UNITS, {**UNITS[0], "lang": "tlh"}], english())
    assert (report["n"], report["skipped"]) == (5, {"tlh": 1})


def test_a_line_that_does_not_fit_is_named():
    for line, why in (
        ('{"text": "x"}', "it has no 'label'"),
        ('{"label": {}}', "it has no 'standing'"),
        ("[]", "it is no JSON object, or its label is none"),
        ("x", "it is no JSON (Expecting value: line 1 column 1 (char 0))"),
    ):
        with pytest.raises(InputError) as caught:
            read_coded([json.dumps(UNITS[0]), line])
        assert str(caught.value) == f"line 2 is not a coded unit: {why}; see docs/evaluate.md"


def test_floors_hold_fall_and_are_lowered_only_with_a_reason(tmp_path):
    report = evaluate(UNITS, english()) | {"coded_sha256": "a"}
    path = tmp_path / "floors.json"
    assert _update(report, path, None) == 0
    assert compare_floors(report, path) == 0
    worse = {**report, "mention_recall": 0.5}
    assert compare_floors(worse, path) == 1
    with pytest.raises(ConfigError, match="this would lower mention_recall; say why"):
        _update(worse, path, None)
    assert _update(worse, path, "a trap was a mention") == 0
    assert json.loads(path.read_text())["lowered"] == [
        {"floors": ["mention_recall"], "reason": "a trap was a mention"}
    ]
    with pytest.raises(ConfigError, match="measured on another coded set"):
        compare_floors({**report, "coded_sha256": "b"}, path)


@pytest.mark.skipif(not CODED.exists(), reason="the coded set is not on this machine")
def test_english_on_the_coded_set_beats_every_way_of_counting_words():
    rows = [
        row
        for row in read_coded(CODED.read_text(encoding="utf-8").splitlines())
        if row["lang"] == "en"
    ]
    report = evaluate(rows, english())
    assert report["macro_f1"] >= 0.82
    assert report["mention_recall"] >= 0.99
    for name, scores in report["baselines"].items():
        assert report["macro_f1"] - scores["macro_f1"] >= 0.25, name
