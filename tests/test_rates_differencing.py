"""Attacks: whoever holds every report of one folder subtracts and adds all that they print.

What is printed of a cell is a sum over its documents: the count of each measure, and the count of all
mentions. A hidden count leaks when it is a linear combination of printed ones (Sande 1984; the
audit of statistical disclosure control). Every report that `--event` and `--by` allow is made, all
are laid together, and every hidden count is looked for in what they span.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asobna.errors import ConfigError
from asobna.rates import Design, measure_rates
from asobna.rates.dates import (
    ADMITTED_FIRST,
    NAMED_DATES,
    HalfYear,
    Line,
    cut_at,
    lies_across,
    months_between,
    require_date,
)
from asobna.rates.measures import WHOLE
from corpora import document, mention, tables

CODES = {
    "own_terms": {},
    "broad": {"standing": "absorbed", "basis": "place"},
    "listed": {"standing": "listed"},
    "warranted": {"standing": "paired", "warrant": "joint-act"},
}
AXES = ("source", "kind", "party", "speaker", "lang")


def corpus(seed, sizes, span):
    """Documents of sources with given numbers of documents, at random days of `span` months."""
    rng = np.random.default_rng(seed)
    months = months_between("2021-01", "2022-12")[:span]
    documents, mentions = [], []
    for source, size in enumerate(sizes):
        odds = rng.dirichlet((6, 1, 1, 2))
        for _ in range(size):
            day = f"{rng.choice(months)[:7]}-{rng.integers(1, 29):02d}"
            one = document(len(documents), source=f"S{source}", date=day, party=f"P{source // 2}",
                           text=f"Text {len(documents)}.")  # fmt: skip
            documents.append(one)
            for code in rng.choice(list(CODES), rng.integers(1, 4), p=odds):
                mentions.append(mention(one, **CODES[code]))
    return documents, mentions


def dates_of(span):
    return [day for day in NAMED_DATES if day > "2021"] + months_between("2021-01", "2022-12")[
        :span
    ]


def reports(documents, mentions, families, events):
    """Every row of every report: each date in a report of its own, and all in one; by each axis."""
    table = tables(documents, mentions)
    for chosen in [(), *((day,) for day in events), tuple(events)]:
        yield from measure_rates(*table, Design(("source",), families, events=chosen)).to_pylist()
    for axis in AXES:
        yield from measure_rates(*table, Design((axis,), families)).to_pylist()


def inside(row, one):
    """Whether a document belongs to the cell of a row."""
    axis, date = row["axis"], one["date"]
    half = f"{date[:4]}-H{1 if date[5:7] <= '06' else 2}" if len(date) > 4 else date
    if axis.startswith("event "):
        cut = cut_at(axis.removeprefix("event "))
        return not lies_across(date, cut) and (date >= cut) == (row["value"] == "from")
    if axis in ("all", "period"):
        return axis == "all" or half == row["value"]
    return one.get(axis) == row["value"] and row["period"] in (None, half)


def hidden_and_found(rows, documents, reprints):
    """Hidden counts that printed ones span, as (measure, axis, value, period).

    A date of the user's own tells nothing new where a report without it tells the same: those are
    left out.
    """
    states = {}
    for row in rows:
        if row["measure"] in WHOLE and row["reprints"] == reprints:
            key = tuple(row[name] for name in ("measure", "axis", "value", "period"))
            assert states.setdefault(key, row)["state"] == row["state"], key
    cells = sorted({key[1:] for key in states}, key=str)
    member = np.array([[inside(dict(zip(("axis", "value", "period"), cell, strict=True)), one)
                        for one in documents] for cell in cells], dtype=float)  # fmt: skip
    # Documents in the same cells cannot be told apart: one unknown for each such group.
    groups = np.unique(member, axis=1)
    place = {cell: at for at, cell in enumerate(cells)}

    def counts(cell, measures):
        """Which unknown counts a printed one is the sum of."""
        return np.concatenate([groups[place[cell]] * (code in measures) for code in WHOLE])

    every = span(printed(states, counts))
    fixed = span(printed({key: row for key, row in states.items() if not is_own(key[1])}, counts))
    for key, row in states.items():
        wanted = counts(key[1:], {key[0]})
        told_before = is_own(key[1]) and holds(fixed, wanted)
        if row["state"] == "hidden" and wanted.any() and holds(every, wanted) and not told_before:
            yield key


def is_own(axis):
    return axis.startswith("event ") and axis.removeprefix("event ") not in NAMED_DATES


def printed(states, counts):
    for (measure, *cell), row in states.items():
        if row["denominator"] is not None:
            yield counts(tuple(cell), WHOLE)
        if row["numerator"] is not None:
            yield counts(tuple(cell), {measure})


def span(vectors):
    """An orthonormal basis of all that the vectors add and subtract up to."""
    known = [*vectors]
    if not known:
        return np.zeros((0, 1))
    found = np.linalg.svd(np.array(known), full_matrices=False)
    return found.Vh[found.S > 1e-9]


def holds(basis, wanted):
    return len(basis) > 0 and np.abs(wanted - basis.T @ (basis @ wanted)).max() < 1e-7


def made(seed):
    """A corpus and its families: a tenth of the documents reprint the one before in their source."""
    rng = np.random.default_rng(seed)
    months = int(rng.integers(8, 16))
    sizes = rng.integers(3, 80, rng.integers(2, 5)).tolist()
    documents, mentions = corpus(seed, sizes, months)
    families = {}
    for before, one in itertools.pairwise(documents):
        if before["source"] == one["source"] and rng.random() < 0.1:
            first = families.get(before["document_id"], before["document_id"])
            families |= {before["document_id"]: first, one["document_id"]: first}
    return documents, mentions, families, months


def coarsened(documents, seed):
    """A tenth of the documents tell the year alone, and another tenth the month."""
    rng = np.random.default_rng(seed)
    for one in documents:
        one["date"] = one["date"][: rng.choice([4, 7, 10], p=[0.1, 0.1, 0.8])]


def attacked(seed, *, coarse=False):
    """Leaks of one made-up corpus, and how many figures all its reports print."""
    documents, mentions, families, months = made(seed)
    if coarse:
        coarsened(documents, seed)
    rows = [*reports(documents, mentions, families, dates_of(months))]
    first = {}
    for one in sorted(documents, key=lambda one: (one["date"], one["document_id"])):
        first.setdefault(families.get(one["document_id"], one["document_id"]), one)
    found = [*hidden_and_found(rows, documents, "as-published"),
             *hidden_and_found(rows, [*first.values()], "de-duplicated")]  # fmt: skip
    return found, rows


def too_near(rows, documents, families):
    """Shown dates with one to nine families between them. The piece of a half-year on one side of a
    named date is let be: it is fixed beforehand."""

    def place(day):
        return sum(one["date"] < day for one in documents)

    edges = {place(f"{year}-{month}") for year in (2021, 2022) for month in ("01-01", "07-01")}
    named = {place(day) for day in NAMED_DATES}
    for measure in WHOLE:
        days = sorted({row["axis"].removeprefix("event ") for row in rows
                       if row["measure"] == measure and row["axis"].startswith("event ")
                       and row["state"] != "hidden"})  # fmt: skip
        for first, second in itertools.combinations(days, 2):
            between = {families.get(one["document_id"], one["document_id"])
                       for one in documents if first <= one["date"] < second}  # fmt: skip
            ends = {place(first), place(second)}
            fixed = bool(ends & edges) and bool(ends & named)
            if 0 < len(between) < 10 and not fixed:
                yield measure, first, second


@pytest.mark.parametrize("seed", range(3))
def test_all_reports_together_give_no_hidden_count(seed):
    found, rows = attacked(seed)
    assert found == []
    documents, _, families, _ = made(seed)
    assert [*too_near(rows, documents, families)] == []
    states = [row["state"] for row in rows]
    assert states.count("hidden") > 100
    assert states.count("shown") > 100


@pytest.mark.parametrize("seed", [0, 1, 104])
def test_dates_without_a_day_give_no_hidden_count(seed):
    found, rows = attacked(seed, coarse=True)
    assert found == []
    states = [row["state"] for row in rows]
    assert states.count("hidden") > 100
    assert states.count("shown") > 50


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 160))
def test_all_reports_together_give_no_hidden_count_in_sixty_more(seed):
    found, rows = attacked(seed)
    assert found == []
    documents, _, families, _ = made(seed)
    assert [*too_near(rows, documents, families)] == []


def test_attack_finds_what_a_naive_report_gives_away(monkeypatch):
    """The same attack on reports that hide thin figures and nothing else: it must succeed."""
    monkeypatch.setattr("asobna.rates.hiding.hide_derivable", lambda *_: {})
    monkeypatch.setattr("asobna.rates.hiding.hide_last_share", lambda _: set())
    assert len(attacked(0)[0]) > 20


def test_named_dates_are_admitted_in_an_order_of_their_own():
    assert sorted(ADMITTED_FIRST) == sorted(NAMED_DATES)
    assert ADMITTED_FIRST[0] == "2022-02-24"


# the line of days


def thin_below(least):
    return lambda start, end: 0 < end - start < least


def halves(*spans):
    return [HalfYear(*span) for span in spans]


def test_half_years_whose_hidden_neighbour_lies_between_dates_are_hidden():
    """[0, 40) and [50, 90) shown, [40, 50) hidden: both ends of it must not be joined."""
    line = Line(90, thin_below(20), halves((0, 40, True), (40, 50, False), (50, 90, True)))
    assert line.join_half_years() == [2]


def test_months_are_admitted_only_far_enough_from_each_other():
    line = Line(100, thin_below(10), halves((0, 100, True)))
    line.join_half_years()
    assert [place for place in range(0, 101, 4) if line.admits(place)] == [
        0, 12, 24, 36, 48, 60, 72, 84, 100,
    ]  # fmt: skip


def test_piece_between_a_named_date_and_its_half_year_is_let_be():
    line = Line(100, thin_below(10), halves((0, 50, True), (50, 100, True)))
    assert line.join_named({"2022-02-24": 55}) == []
    assert line.join_half_years() == []
    assert not line.admits(58)
    assert line.admits(70)


def test_named_dates_too_near_each_other_are_not_both_shown():
    line = Line(100, thin_below(10), halves((0, 100, True)))
    assert line.join_named({"2020-08-09": 50, "2021-05-23": 55}) == ["2021-05-23"]


@given(st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=1, max_size=8),
       st.lists(st.integers(0, 240), max_size=12))  # fmt: skip
def test_no_hidden_half_year_has_both_ends_joined(sizes, places):
    edges = np.cumsum([0, *(size for size, _ in sizes)]).tolist()
    spans = halves(*((a, b, shown) for (a, b), (_, shown)
                     in zip(itertools.pairwise(edges), sizes, strict=True)))  # fmt: skip
    line = Line(edges[-1], thin_below(10), spans)
    lost = line.join_half_years()
    for place in places:
        if place <= edges[-1]:
            line.admits(place)
    hidden = [span for at, span in enumerate(spans) if not span.shown or at in lost]
    whole = [span for span in spans if (span.start, span.end) == (0, edges[-1])]
    assert not any(line.holds(span.start) and line.holds(span.end) for span in hidden
                   if span not in whole)  # fmt: skip


@pytest.mark.parametrize("day", ["2022-02-24", "2020-08-09", "2021-11-01"])
def test_named_dates_and_months_may_be_compared(day):
    assert require_date(day) == day


def test_other_days_are_refused_with_those_beside_them():
    with pytest.raises(ConfigError) as refused:
        require_date("2021-12-08")
    assert str(refused.value) == (
        "--event '2021-12-08': besides 2020-08-09, 2021-05-23, 2022-02-24 only the first day of a "
        "month can be compared, or two reports could be subtracted; use 2021-12-01 or 2022-01-01"
    )


@pytest.mark.parametrize(
    ("written", "day", "side"),
    [
        ("2022", "2022-02-24", "neither"), ("2022-02", "2022-02-24", "neither"),
        ("2022-02-24", "2022-02-24", "from"), ("2022-02-23", "2022-02-24", "before"),
        ("2022-03", "2022-02-24", "from"), ("2021", "2022-02-24", "before"),
        ("2023", "2022-02-24", "from"), ("2022-03", "2022-03-01", "from"),
        ("2022-02", "2022-03-01", "before"), ("2022", "2022-03-01", "neither"),
        ("2022", "2022-01-01", "from"), ("2021", "2022-01-01", "before"),
        (None, "2022-01-01", "neither"),
    ],
)  # fmt: skip
def test_a_date_is_on_a_side_only_where_it_surely_is(written, day, side):
    documents = [document(at, source="S", date=written, text=f"Text {at}.") for at in range(40)]
    mentions = [mention(one) for one in documents]
    rows = measure_rates(*tables(documents, mentions), Design(("source",), {}, events=(day,)))
    found = [row["value"] for row in rows.to_pylist()
             if row["axis"] == f"event {day}" and row["measure"] == "own_terms"
             and row["reprints"] == "as-published"]  # fmt: skip
    assert found == ([] if side == "neither" else [side])
