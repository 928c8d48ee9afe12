"""Which mention counts for which measure, and what a cell of RATES holds."""

from __future__ import annotations

import itertools
import warnings

import numpy as np
import pytest

from asobna.errors import InputError
from asobna.rates import Design, measure_rates
from asobna.rates.coded import SILVER, CodedSample
from asobna.rates.measures import MEASURES, WHOLE, count_mentions
from asobna.rates.sums import sum_documents
from asobna.tables import RATES, require_schema
from corpora import ABSORBED, PAIRED, document, mention, newspaper, tables

IN_BROAD = {"broad"}
IN_STRICT = {"strict", "broad"}


@pytest.mark.parametrize(
    ("codes", "numerators"),
    [
        ({}, {"own_terms"}),
        ({"standing": "contrasted", "russia_in_scope": True}, {"own_terms", "beside"}),
        ({"standing": "listed"}, {"listed"}),
        ({"standing": "paired", "warrant": "joint-act"}, {"warranted", "paired"}),
        ({"standing": "paired", "warrant": "joint-measure"}, {"warranted", "paired"}),
        ({"standing": "paired", "warrant": "parallel"}, {"warranted", "paired"}),
        ({"standing": "paired", "warrant": "none-given"}, IN_BROAD | {"paired"}),
        ({"standing": "derived", "support": "epithet"}, IN_STRICT),
        ({"standing": "derived", "support": "argued"}, {"warranted"}),
        ({"standing": "derived", "support": "role"}, {"warranted"}),
        ({"standing": "absorbed", "basis": "place"}, IN_STRICT),
        ({"standing": "absorbed", "basis": "state"}, IN_STRICT),
        ({"standing": "absorbed", "basis": "person"}, IN_STRICT),
        ({"standing": "absorbed", "basis": "heritage"}, IN_BROAD),
        ({"standing": "absorbed", "basis": "name"}, IN_BROAD),
    ],
)
def test_standing_decides_the_share_a_mention_counts_for(codes, numerators):
    _, standings = tables([document(1)], [mention(document(1), **codes)])
    counted = count_mentions(standings, np.array([True]))
    among = {code for code, (above, below) in counted.items() if below[0] and above[0]}
    assert among - {"outdated_name"} == numerators
    assert sum(code in among for code in WHOLE) == 1


@pytest.mark.parametrize(
    ("codes", "why"),
    [({"voice": "quoted"}, "another's words"), ({"time": "historical"}, "former times")],
)
def test_quoted_and_historical_mentions_are_in_no_share(codes, why):
    _, standings = tables([document(1)], [mention(document(1), **ABSORBED, **codes)])
    counted = count_mentions(standings, np.array([True]))
    assert not any(below[0] for _, below in counted.values()), why


def test_headings_are_not_running_text():
    heading = {"start_cp": 0, "end_cp": 14, "kind": "heading"}
    quote = {"start_cp": 15, "end_cp": 40, "kind": "quote"}
    one = document(1, regions=[heading, quote])
    sums = sum_documents(*tables([one], [mention(one), mention(one, **PAIRED)]), {})
    column = list(MEASURES).index("own_terms")
    assert sums.denominators[0, column] == 1
    assert sums.numerators[0, column] == 0


@pytest.mark.parametrize(
    ("blame", "above", "below"), [("R0", 0, 0), ("R1", 0, 1), ("R2", 1, 1), ("R3", 1, 1)]
)
def test_blame_is_a_share_of_acts_of_will(blame, above, below):
    _, standings = tables([document(1)], [mention(document(1), blame=blame)])
    found = count_mentions(standings, np.array([True]))["blame"]
    assert (int(found[0][0]), int(found[1][0])) == (above, below)


@pytest.mark.parametrize(
    ("form", "above", "below"),
    [("preferred", 0, 1), ("accepted", 0, 1), ("neutral", 0, 1), ("dated", 1, 1),
     ("deprecated", 1, 1), ("misspelling", 0, 1), ("historical", 0, 0), (None, 0, 0)],
)  # fmt: skip
def test_outdated_names_are_a_share_of_the_countrys_names(form, above, below):
    _, standings = tables([document(1)], [mention(document(1), name_form=form)])
    found = count_mentions(standings, np.array([True]))["outdated_name"]
    assert (int(found[0][0]), int(found[1][0])) == (above, below)


def rows_of(table, **wanted):
    wanted = {"reprints": "as-published", "correction": "uncorrected"} | wanted
    return [row for row in table.to_pylist() if all(row[k] == v for k, v in wanted.items())]


def one(table, **wanted):
    rows = rows_of(table, **wanted)
    assert len(rows) == 1, rows
    return rows[0]


def test_rates_of_a_made_up_newspaper():
    documents, mentions = newspaper(240)
    rates = measure_rates(*tables(documents, mentions))
    require_schema(rates, RATES)
    own = one(rates, measure="own_terms", axis="all")
    assert (own["numerator"], own["denominator"]) == (616.0, 720.0)
    assert own["estimate"] == pytest.approx(616 / 720)
    assert (own["documents"], own["families"], own["sources"]) == (240, 240, 2)
    assert own["state"] == "shown"
    strict = one(rates, measure="strict", axis="all")
    assert strict["numerator"] == 24.0
    found = one(rates, measure="document_strict", axis="all")
    assert (found["numerator"], found["denominator"]) == (24.0, 240.0)


def test_four_shares_add_up_to_one_in_every_cell():
    documents, mentions = newspaper(240)
    rates = measure_rates(*tables(documents, mentions))
    shares = [one(rates, measure=code, axis="all") for code in WHOLE]
    assert sum(row["numerator"] for row in shares) == shares[0]["denominator"]


def test_attention_counts_documents_without_a_mention():
    documents, mentions = newspaper(60)
    documents += [document(1000 + n) for n in range(140)]
    attention = one(measure_rates(*tables(documents, mentions)), measure="attention", axis="all")
    assert attention["unit"] == "per-1000"
    assert attention["estimate"] == pytest.approx(300)
    assert attention["denominator"] == 200.0


def test_reprints_count_each_time_and_once():
    documents, mentions = newspaper(60)
    families = {f"d{number:05d}": "d00000" for number in (0, 2, 4)}
    rates = measure_rates(*tables(documents, mentions), Design(families=families))
    published = one(rates, measure="own_terms", axis="all")
    once = one(rates, measure="own_terms", axis="all", reprints="de-duplicated")
    assert (published["denominator"], published["families"]) == (180.0, 58)
    assert (once["denominator"], once["families"]) == (174.0, 58)


def test_reprints_in_one_source_are_one_cluster():
    documents, mentions = newspaper(40, sources=("Daily A",))
    alike = {row["document_id"]: f"f{at % 20}" for at, row in enumerate(documents)}
    table = tables(documents, mentions)
    apart = one(measure_rates(*table), measure="own_terms", axis="all")
    joined = one(measure_rates(*table, Design(families=alike)), measure="own_terms", axis="all")
    assert joined["df"] < apart["df"]
    assert joined["families"] == 20


def test_outdated_names_are_never_pooled_over_languages():
    documents, mentions = newspaper(60)
    for at, row in enumerate(documents):
        row["lang"] = "en" if at % 2 else "de"
    rates = measure_rates(*tables(documents, mentions))
    assert rows_of(rates, measure="outdated_name", axis="all") == []
    assert {row["value"] for row in rows_of(rates, measure="outdated_name", axis="lang")} == {
        "en",
        "de",
    }


def test_event_splits_documents_at_its_date_and_leaves_undated_ones_out():
    documents, mentions = newspaper(90, seed_dates=("2021-05-22", "2021-05-23", None))
    rates = measure_rates(*tables(documents, mentions), Design(events=("2021-05-23",)))
    sides = {row["value"]: row["documents"]
             for row in rows_of(rates, measure="own_terms", axis="event 2021-05-23")}  # fmt: skip
    assert sides == {"before": 30, "from": 30}


def test_sources_differ_from_their_median_only_beyond_chance():
    documents, mentions = newspaper(240, sources=("A", "B", "C", "D"))
    for row, source in zip(documents, itertools.cycle("AAABBBCCCDDD"), strict=False):
        row["source"] = source
    of_d = {row["document_id"] for row in documents if row["source"] == "D"}
    for row in mentions:
        if row["document_id"] in of_d and row["standing"] == "own":
            row.update(standing="listed")
    rates = measure_rates(*tables(documents, mentions))
    rows = list(rows_of(rates, measure="own_terms", axis="source", period=None))
    assert {row["value"]: row["distinguishable"] for row in rows} == {
        "A": False,
        "B": False,
        "C": False,
        "D": True,
    }
    assert all(row["shrunk"] is not None for row in rows)


def coded(mentions, truth, probability):
    return [{"id": str(at), "document_id": row["document_id"], "start_cp": row["start_cp"],
             "end_cp": row["end_cp"], "probability": probability, "label": row | truth(at, row)}
            for at, row in enumerate(mentions)]  # fmt: skip


def test_coded_sample_moves_the_share_to_the_truth():
    """Coders of every mention find that each pair is a list: the machine's pairs vanish."""
    documents, mentions = newspaper(240)

    def truth(_, row):
        return {"standing": "listed"} if row["standing"] == "paired" else {}

    sample = CodedSample(coded(mentions, truth, 1.0), SILVER)
    rates = measure_rates(*tables(documents, mentions), Design(coded=sample))
    listed = one(rates, measure="listed", axis="all", correction=SILVER)
    assert (listed["numerator"], listed["denominator"]) == (80.0, 720.0)
    assert one(rates, measure="warranted", axis="all")["numerator"] == 80.0
    assert one(rates, measure="warranted", axis="all", correction=SILVER)["state"] == "review"


def test_coded_sample_too_small_hides_the_adjusted_figure_alone():
    documents, mentions = newspaper(240)

    def truth(at, _):
        return {"standing": "listed"} if at % 2 else {}

    sample = CodedSample(coded(mentions[:12], truth, 12 / 720), SILVER)
    alone = measure_rates(*tables(documents, mentions))
    beside = measure_rates(*tables(documents, mentions), Design(coded=sample))
    assert one(beside, measure="own_terms", axis="all", correction=SILVER)["state"] == "hidden"
    assert rows_of(beside) == rows_of(alone)


@pytest.mark.parametrize(("count", "known"), [(9, False), (720, True)])
def test_sources_are_told_apart_by_as_much_as_was_coded(count, known):
    """Where nothing was coded nothing is adjusted; where coders always agree that has a limit."""
    documents, mentions = newspaper(240, sources=("A", "B", "C", "D"))
    for row, source in zip(documents, itertools.cycle("AAABBBCCCDDD"), strict=False):
        row["source"] = source
    of_d = {row["document_id"] for row in documents if row["source"] == "D"}
    for row in mentions:
        row["standing"] = "listed" if row["document_id"] in of_d else "own"
    truth = [{"standing": row["standing"]} for row in mentions]
    sample = CodedSample(coded(mentions[:count], lambda at, _: truth[at], 1.0), SILVER)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        rates = measure_rates(*tables(documents, mentions), Design(coded=sample))
    asked = {"measure": "own_terms", "axis": "source", "period": None}
    told = {correction: {row["value"]: (row["estimate"], row["distinguishable"])
                         for row in rows_of(rates, **asked, correction=correction)}
            for correction in (SILVER, "uncorrected")}  # fmt: skip
    seen = {"A": (1, False), "B": (1, False), "C": (1, False), "D": (0, True)}
    assert told["uncorrected"] == seen
    assert told[SILVER] == (seen if known else dict.fromkeys("ABCD", (None, None)))
    if known:
        every = one(rates, measure="own_terms", axis="source", value="A", correction=SILVER,
                    period=None)  # fmt: skip
        # 60 documents of three mentions, none coded otherwise: n = 180 / 1.34, 1 - .025^(1/n).
        assert (every["low"], every["high"]) == (pytest.approx(1 - 0.0271, abs=1e-4), 1)


def test_whether_a_document_conflates_is_not_adjusted():
    documents, mentions = newspaper(60)
    sample = CodedSample(coded(mentions, lambda *_: {}, 1.0), SILVER)
    rates = measure_rates(*tables(documents, mentions), Design(coded=sample))
    found = {row["correction"] for row in rates.to_pylist() if row["measure"] == "document_strict"}
    assert found == {"uncorrected"}


def test_coded_trap_leaves_numerator_and_denominator():
    documents, mentions = newspaper(60)
    sample = CodedSample(
        coded(mentions[:90], lambda at, _: {"standing": "none"} if at < 10 else {}, 0.5), SILVER
    )
    rates = measure_rates(*tables(documents, mentions), Design(coded=sample))
    own = one(rates, measure="own_terms", axis="all", correction=SILVER)
    assert own["denominator"] == pytest.approx(180 - 10 / 0.5)


def test_coded_mention_of_another_reading_is_refused():
    documents, mentions = newspaper(60)
    row = coded(mentions[:1], lambda *_: {}, 0.5)[0] | {"start_cp": 900, "end_cp": 907}
    with pytest.raises(InputError, match="'0' at 900:907 of document 'd00000' is no mention"):
        measure_rates(*tables(documents, mentions), Design(coded=CodedSample([row], SILVER)))


def test_nothing_to_measure_gives_hidden_cells_without_numbers():
    rates = measure_rates(*tables([document(1)], []))
    assert {row["state"] for row in rates.to_pylist()} == {"hidden"}
    assert {row["denominator"] for row in rates.to_pylist()} == {None}
