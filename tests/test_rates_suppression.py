"""Thin figures are hidden, and stay hidden when others are subtracted."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asobna.rates import Design, measure_rates
from asobna.rates.estimators import Estimate
from asobna.rates.suppression import Cell, hide_subtractions, judge_figure
from corpora import document, mention, newspaper, tables


def estimate(value, low, high, *, n_eff=100.0, df=50.0):
    return Estimate(value, low, high, 0.001, n_eff, df, 50, value * 100, 100.0, "made up")


@pytest.mark.parametrize(
    ("figure", "families", "state", "reason"),
    [
        (estimate(0.50, 0.42, 0.58), 50, "shown", None),
        (estimate(0.50, 0.42, 0.58), 10, "shown", None),
        (estimate(0.50, 0.42, 0.58), 9, "hidden", "fewer than 10 families of documents"),
        (None, 50, "hidden", "fewer than 10 families of documents"),
        (estimate(0.50, 0.42, 0.58, n_eff=29.9), 50, "hidden", "fewer than 30 independent units"),
        (estimate(0.50, 0.42, 0.58, n_eff=30.0), 50, "shown", None),
        (estimate(0.50, 0.35, 0.65), 50, "hidden", "interval wider than 30 points"),
        (estimate(0.50, 0.351, 0.649), 50, "shown", None),
        (estimate(0.06, 0.03, 0.12), 50, "at-most",
         "the share is low and its interval wide for it"),
        (estimate(0.02, 0.005, 0.055), 50, "shown", None),
        (estimate(0.50, 0.42, 0.58, df=7.9), 50, "review", "fewer than 8 degrees of freedom"),
        (estimate(0.0, 0.0, 0.03), 50, "review", "none or all of the units"),
        (estimate(1.0, 0.97, 1.0), 50, "review", "none or all of the units"),
    ],
)  # fmt: skip
def test_thresholds(figure, families, state, reason):
    assert judge_figure(figure, families, "share") == (state, reason)


def test_balance_is_hidden_only_where_it_is_wide():
    narrow, wide = estimate(-0.5, -1.0, 0.0), estimate(-0.5, -2.0, 0.9)
    assert judge_figure(narrow, 50, "log-ratio").state == "shown"
    assert judge_figure(wide, 50, "log-ratio") == ("hidden", "interval too wide")


def cells(*parts):
    """A whole of 100 documents, and partitions of it: lists of sizes."""
    made = [Cell("all", None, None, np.arange(100))]
    for axis, sizes in enumerate(parts):
        edges = np.cumsum([0, *sizes])
        made += [
            Cell(f"axis{axis}", str(at), None, np.arange(a, b))
            for at, (a, b) in enumerate(itertools.pairwise(edges))
        ]
    return made


def ten(rows):
    return len(rows) >= 10


def test_lone_hidden_part_takes_the_smallest_shown_part_with_it():
    assert hide_subtractions(cells([5, 20, 75]), {1}, ten) == {2}


def test_two_hidden_parts_that_are_too_thin_together_take_a_third():
    assert hide_subtractions(cells([3, 4, 33, 60]), {1, 2}, ten) == {3}


def test_two_hidden_parts_that_are_thick_together_take_nobody():
    assert hide_subtractions(cells([5, 6, 29, 60]), {1, 2}, ten) == set()


def test_whole_goes_where_it_is_its_only_part():
    assert hide_subtractions(cells([100]), {1}, ten) == {0}


def test_whole_stays_where_nothing_shown_can_be_subtracted():
    made = [Cell("all", None, None, np.arange(100)), Cell("axis", "x", None, np.arange(5))]
    assert hide_subtractions(made, {1}, ten) == set()


def test_hidden_complement_of_one_axis_reaches_the_other():
    """The first axis hides a part; the second, whose parts are nested in it, must not give it."""
    made = cells([5, 95], [2, 3, 95])
    gone = hide_subtractions(made, {1, 3, 4}, ten)
    assert 2 in gone or 0 in gone


def attack(made, gone):
    """Everything that subtraction of shown cells from a shown whole gives: sets of documents."""
    for whole in range(len(made)):
        if whole in gone:
            continue
        for axis in {cell.partition for cell in made} - {made[whole].partition}:
            parts = [
                at
                for at, cell in enumerate(made)
                if cell.partition == axis
                and len(cell.rows)
                and set(cell.rows) <= set(made[whole].rows)
            ]
            shown = [made[at].rows for at in parts if at not in gone]
            if shown and any(at in gone for at in parts):
                yield set(made[whole].rows) - set(np.concatenate(shown)), parts


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.integers(0, 5), min_size=40, max_size=40),
    st.lists(st.integers(0, 3), min_size=40, max_size=40),
)
def test_no_subtraction_gives_a_thin_remainder(first, second):
    """Any two crossing axes: whatever an attacker subtracts is publishable, or is nothing."""
    made = [Cell("all", None, None, np.arange(40))]
    for name, codes in (("a", first), ("b", second)):
        made += [
            Cell(name, str(code), None, np.flatnonzero(np.array(codes) == code))
            for code in sorted(set(codes))
        ]
        made += [
            Cell(name, str(code), str(half), rows)
            for code in sorted(set(codes))
            for half in (0, 1)
            if len(
                rows := np.array(
                    [r for r in np.flatnonzero(np.array(codes) == code) if r % 2 == half]
                )
            )
        ]
    hidden = {at for at, cell in enumerate(made) if len(cell.rows) < 10}
    gone = hidden | hide_subtractions(made, hidden, ten)
    for rest, parts in attack(made, gone):
        assert len(rest) >= 10 or not rest
        assert not any(rest == set(made[at].rows) for at in parts if at in gone)


# whole tables


def uneven(sizes):
    """Sources with given numbers of documents; three mentions a document."""
    documents, mentions = [], []
    for source, size in sizes.items():
        for _ in range(size):
            one = document(len(documents), source=source, text=f"Text {len(documents)}.")
            documents.append(one)
            kinds = ({}, {"standing": "listed"}, {})
            mentions += [
                mention(
                    one, start_cp=at * 10, end_cp=at * 10 + 5, **kinds[(len(documents) + at) % 3]
                )
                for at in range(3)
            ]
    return documents, mentions


def published(rates, measure="own_terms"):
    return {
        (row["axis"], row["value"], row["period"], row["reprints"]): row
        for row in rates.to_pylist()
        if row["measure"] == measure
    }


NUMBERS = (
    "estimate",
    "low",
    "high",
    "numerator",
    "denominator",
    "documents",
    "families",
    "sources",
    "n_eff",
    "df",
    "shrunk",
    "distinguishable",
)


def test_hidden_rows_hold_no_number():
    rates = measure_rates(*tables(*uneven({"A": 80, "B": 70, "C": 4})))
    hidden = [row for row in rates.to_pylist() if row["state"] == "hidden"]
    assert hidden
    assert [row for row in hidden if any(row[name] is not None for name in NUMBERS)] == []
    assert all(row["reason"] for row in hidden)


def test_lone_thin_source_cannot_be_had_from_the_total():
    rows = published(measure_rates(*tables(*uneven({"A": 80, "B": 70, "C": 4}))))
    states = {
        key[1]: row["state"]
        for key, row in rows.items()
        if key[0] == "source" and key[2] is None and key[3] == "as-published"
    }
    assert states == {"A": "shown", "B": "hidden", "C": "hidden"}
    assert rows["all", None, None, "as-published"]["denominator"] == 462.0


def test_what_one_way_of_counting_hides_the_other_hides_too():
    documents, mentions = uneven({"A": 60, "B": 50, "C": 12})
    of_c = [row["document_id"] for row in documents if row["source"] == "C"]
    rows = published(
        measure_rates(
            *tables(documents, mentions), Design(families=dict.fromkeys(of_c[:4], of_c[0]))
        )
    )
    for key, row in rows.items():
        other = rows[(*key[:3], "de-duplicated")]
        assert (row["state"] == "hidden") == (other["state"] == "hidden"), key


def test_nobody_is_hidden_alone_among_four_shares_of_a_whole():
    rates = measure_rates(*tables(*newspaper(60))).to_pylist()
    cells_ = {(r["axis"], r["value"], r["period"], r["reprints"]) for r in rates}
    for cell in cells_:
        states = [
            r["state"]
            for r in rates
            if (r["axis"], r["value"], r["period"], r["reprints"]) == cell
            and r["measure"] in ("own_terms", "broad", "listed", "warranted")
        ]
        assert states.count("hidden") != 1, cell


def test_two_reports_of_growing_texts_do_not_give_the_growth():
    """The second report has five documents more: subtracting the first must give nothing."""
    documents, mentions = uneven({"A": 85, "B": 70})
    earlier = frozenset(row["document_id"] for row in documents[5:])
    table = tables(documents, mentions)
    alone = published(measure_rates(*table))
    beside = published(measure_rates(*table, Design(earlier=earlier)))
    everything = ("all", None, None, "as-published")
    assert alone[everything]["state"] == "shown"
    assert (beside[everything]["state"], beside[everything]["reason"]) == (
        "hidden",
        "differs from an earlier report by too few documents",
    )
    assert beside["source", "A", None, "as-published"]["denominator"] is None


def test_two_reports_may_differ_by_much():
    documents, mentions = uneven({"A": 85, "B": 70})
    earlier = frozenset(row["document_id"] for row in documents if row["source"] == "B")
    rows = published(measure_rates(*tables(documents, mentions), Design(earlier=earlier)))
    assert rows["all", None, None, "as-published"]["state"] == "shown"


def test_two_reports_by_different_axes_give_nothing_that_one_of_both_hides():
    """Parties are made of sources: what `--by source` hides, `--by party` must not complete."""
    documents, mentions = uneven({"A": 80, "B": 70, "C": 4, "D": 60})
    for row in documents:
        row["party"] = {"A": "P", "C": "P", "B": "Q", "D": "Q"}[row["source"]]
    table = tables(documents, mentions)
    both = published(measure_rates(*table, Design(axes=("source",))))
    assert {key[0] for key in both} == {"all", "period", "source"}
    both |= published(measure_rates(*table, Design(axes=("party",))))
    assert both["source", "C", None, "as-published"]["state"] == "hidden"
    given_away = (
        both["party", "P", None, "as-published"]["denominator"] is not None
        and both["source", "A", None, "as-published"]["denominator"] is not None
    )
    assert not given_away
