"""Before and after, interrupted series, control countries."""

from __future__ import annotations

import numpy as np
import pytest

from asobna.controls import exchange_names, shadow_counts
from asobna.errors import ConfigError
from asobna.packs import read_packs
from asobna.pipeline import read_documents
from asobna.rates.series import Series, measure_jump, minus, monthly
from asobna.rates.standardise import compare_before_after
from asobna.rates.sums import sum_documents
from asobna.tables import DOCUMENTS, make_table
from corpora import document, mention, newspaper, tables

EVENT = "2022-02-24"


def spans(before, after):
    """Documents of sources before and after; {source: (documents, own of three mentions)}."""
    documents, mentions = [], []
    for date, span in (("2021-05-01", before), ("2022-05-01", after)):
        for source, (size, own) in span.items():
            for _ in range(size):
                one = document(len(documents), source=source, date=date)
                documents.append(one)
                mentions += [
                    mention(one, **({} if at < own else {"standing": "listed"})) for at in range(3)
                ]
    return tables(documents, mentions)


def change(before, after):
    documents, standings = spans(before, after)
    sums = sum_documents(documents, standings, {})
    return compare_before_after(sums, documents.column("date"), "own_terms", EVENT)


def test_new_mix_of_sources_is_no_change_at_one_mix():
    """Nobody changes; the source with few own-terms mentions merely writes more."""
    found = change({"A": (80, 3), "B": (20, 1)}, {"A": (20, 3), "B": (80, 1)})
    assert found.crude.value == pytest.approx(-0.4)
    assert found.standardised.value == pytest.approx(0, abs=1e-12)
    assert found.standardised.low < 0 < found.standardised.high


def test_change_of_every_source_is_a_change_at_one_mix():
    found = change({"A": (80, 3), "B": (20, 2)}, {"A": (20, 2), "B": (80, 1)})
    assert found.standardised.value == pytest.approx(-1 / 3)
    assert found.standardised.high < 0


def test_source_on_one_side_only_is_left_out_and_named():
    found = change({"A": (60, 3)}, {"A": (60, 3), "New": (40, 0)})
    assert found.left_out == ("New",)
    assert found.crude.value == pytest.approx(-0.4)
    assert found.standardised.value == pytest.approx(0)


def test_thin_side_hides_the_side_and_both_differences():
    found = change({"A": (6, 3)}, {"A": (60, 1)})
    assert found.before is None
    assert (found.crude, found.standardised) == (None, None)
    assert found.after is not None


def months(count, first=2018):
    return [f"{first + at // 12}-{at % 12 + 1:02d}" for at in range(count)]


def series(rng, *, count=84, jump=0.0, at=50, correlation=0.3):
    noise = np.zeros(count)
    for t in range(1, count):
        noise[t] = correlation * noise[t - 1] + rng.normal(0, 0.05)
    return Series(months(count), 0.7 + noise + jump * (np.arange(count) >= at), np.full(count, 9.0))


def test_jump_is_found_where_there_is_one():
    pytest.importorskip("statsmodels")
    found = measure_jump(series(np.random.default_rng(1), jump=-0.3), months(84)[50])
    assert found.estimate == pytest.approx(-0.3, abs=0.06)
    assert found.low < -0.3 < found.high < -0.1
    assert found.placebo_rank == 1.0
    assert found.months_with_data == 84


def test_false_alarms_are_rare():
    """No jump at all, at a fixed date: SARIMAX at most 9, the placebo rank at most 7 in 100."""
    pytest.importorskip("statsmodels")
    rng = np.random.default_rng(2)
    tried = [measure_jump(series(rng), months(84)[42]) for _ in range(150)]
    found = [jump for jump in tried if jump is not None]
    assert len(found) >= 140
    assert np.mean([jump.low > 0 or jump.high < 0 for jump in found]) <= 0.09 + 0.07
    assert np.mean([jump.placebo_rank > 0.95 for jump in found]) <= 0.05 + 0.05


def test_control_series_takes_a_common_shock_away():
    pytest.importorskip("statsmodels")
    rng = np.random.default_rng(3)
    shared = series(rng, jump=-0.3)
    control = shared._replace(shares=shared.shares + rng.normal(0, 0.02, 84))
    beyond = measure_jump(minus(shared, control), months(84)[50])
    assert beyond.low < 0 < beyond.high
    assert abs(beyond.estimate) < 0.03


def test_short_or_flat_series_gives_no_jump():
    rng = np.random.default_rng(4)
    assert measure_jump(series(rng, count=23, at=12), months(23)[12]) is None
    assert measure_jump(series(rng), months(84)[3]) is None
    flat = Series(months(84), np.zeros(84), np.full(84, 9.0))
    assert measure_jump(flat, months(84)[50]) is None


def test_months_have_no_gaps_and_thin_months_no_share():
    documents, mentions = newspaper(4, seed_dates=("2021-01-05", "2021-04-07", "2021", None))
    del mentions[3]
    sums = sum_documents(*tables(documents, mentions), {})
    found = monthly(sums, [row["date"] for row in documents], "own_terms")
    assert found.months == ["2021-01", "2021-02", "2021-03", "2021-04"]
    assert found.units.tolist() == [3, 0, 0, 2]
    assert np.isnan(found.shares).tolist() == [False, True, True, True]


# control countries


def reading(text, country=None):
    packs = read_packs(only=("en",))
    if country:
        packs = packs._replace(names=exchange_names(packs.names, country))
    rows = make_table(
        DOCUMENTS, {"document_id": ["d"], "text": [text], "lang": ["en"], "regions": [[]]}
    )
    return read_documents(rows, packs).standings


TEXTS = (
    "Russia and {} held naval drills.",
    "{} ratified the convention on lakes.",
    "Delegations from Serbia, {} and Cuba voted no.",
)


@pytest.mark.parametrize("text", TEXTS)
def test_control_country_is_judged_by_the_same_rules(text):
    """The control in Belarus's place gets the standing that Belarus gets in its own."""
    ours = reading(text.format("Belarus")).to_pylist()
    control = reading(text.format("Kazakhstan"), "KZ").to_pylist()
    assert len(ours) == len(control) == 1
    for name in ("standing", "warrant", "rule_id", "russia_in_scope"):
        assert control[0][name] == ours[0][name], name


def test_belarus_is_another_country_while_a_control_is_read():
    assert reading("Belarus and Russia held naval drills.", "KZ").num_rows == 0
    listed = reading("Russia, Belarus and Kazakhstan signed.", "KZ").to_pylist()
    assert [(row["surface"], row["standing"]) for row in listed] == [("Kazakhstan", "listed")]


def test_crude_belarus_keeps_words_of_the_country_only():
    text = "Lukashenka flew to Hrodna. Belarus spoke. Minsk spoke. Belarusians spoke."
    assert reading(text, "BY").column("surface").to_pylist() == ["Belarus", "Minsk", "Belarusians"]
    assert "Lukashenka" in reading(text).column("surface").to_pylist()


def test_russia_and_belarus_exchanged_give_the_shadow():
    text = "Russia spoke. Russia and Belarus spoke. Moscow spoke. Belarus spoke."
    assert shadow_counts(reading(text, "BY")) == (["d"], [1], [2])
    assert shadow_counts(reading(text, "RU")) == (["d"], [1], [3])


def test_country_without_names_is_refused_with_those_there_are():
    with pytest.raises(ConfigError, match=r"no names for country 'XX'; known are: .*KZ"):
        exchange_names(read_packs(only=("en",)).names, "XX")
