"""Do nominal 95 per cent intervals hold the truth 95 times in 100? Simulated, seeded.

Mentions come in documents: document sizes are geometric, and the mentions of one document share a
beta-distributed rate, so that they resemble each other. The grid is that of docs/rates.md; the second
shares no rate, number of documents or clustering with it. A cell counts as published when its interval
is printed (neither hidden nor an upper bound) in nine of ten draws.
"""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import pytest

from asobna.rates.estimators import (
    Agreeing,
    adjusted_rate,
    asymmetry,
    cluster_rate,
    cluster_rates,
    coded_in,
    difference,
    log_balance,
    pseudo_outcomes,
    wilson,
)
from asobna.rates.suppression import AT_MOST, HIDDEN, judge_figure

RATES = (0.02, 0.05, 0.10, 0.20, 0.35, 0.50)
DOCUMENTS = (10, 20, 40, 100, 400)
#: (correlation within documents, mean mentions a document)
CLUSTERING = ((0.15, 2.5), (0.30, 5.0), (0.50, 2.5))
SECOND_GRID = (
    (0.04, 0.08, 0.12, 0.16, 0.24, 0.31, 0.45),
    (25, 50, 80, 150, 300),
    ((0.12, 3.0), (0.35, 1.8), (0.20, 6.0)),
)
DRAWS = 2500
SMALL, LARGE = 0.93, 0.97


def draw(rng, rate, documents, clustering, *, draws=DRAWS):
    """Mentions with the event and mentions, draws × documents."""
    correlation, size = clustering
    mentions = rng.geometric(1 / size, (draws, documents))
    spread = (1 - correlation) / correlation
    rates = rng.beta(rate * spread, (1 - rate) * spread, (draws, documents))
    return rng.binomial(mentions, rates).astype(float), mentions.astype(float)


def covered(intervals, truth):
    return np.mean([low <= truth <= high for low, high in intervals])


def error(share, draws=DRAWS):
    """Three Monte Carlo standard errors of a share of draws."""
    return 3 * np.sqrt(share * (1 - share) / draws)


class Cell(NamedTuple):
    """Shares of the draws of one cell."""

    covered: float
    naive: float
    #: Draws whose interval lies wholly above the truth, and wholly below it.
    too_high: float
    too_low: float
    #: Draws whose interval is printed, and those of them that hold the truth.
    printed: float
    printed_covered: float
    #: Draws printed as "at most U", and those of them with U no smaller than the truth.
    bounded: float
    bounded_covered: float

    @property
    def wrong(self):
        """Draws in which something untrue is printed."""
        return self.printed - self.printed_covered + self.bounded - self.bounded_covered

    @property
    def held(self):
        """Of the printed intervals, the share that hold the truth."""
        return self.printed_covered / self.printed


def coverage_table(grid, seed):
    rng = np.random.default_rng(seed)
    return {cell: measure(rng, *cell) for cell in itertools.product(*grid)}


def measure(rng, rate, documents, clustering):
    x, n = draw(rng, rate, documents, clustering)
    ours = cluster_rates(x.ravel(), n.ravel(), np.arange(0, DRAWS * documents, documents))
    naive = [wilson(a / b, b, 1.959964) for a, b in zip(x.sum(1), n.sum(1), strict=True)]
    state = np.array([judge_figure(e, documents, "share").state for e in ours])
    low, high = np.array([(e.low, e.high) for e in ours]).T
    hit, below = (low <= rate) & (rate <= high), rate <= high
    bounded = state == AT_MOST
    printed = ~bounded & (state != HIDDEN)
    return Cell(hit.mean(), covered(naive, rate), (low > rate).mean(), (high < rate).mean(),
                printed.mean(), (hit & printed).mean(),
                bounded.mean(), (below & bounded).mean())  # fmt: skip


@pytest.fixture(scope="module")
def table():
    return coverage_table((RATES, DOCUMENTS, CLUSTERING), 20261123)


@pytest.fixture(scope="module")
def second():
    return coverage_table(SECOND_GRID, 20261124)


@pytest.fixture(params=["table", "second"])
def either(request):
    return request.getfixturevalue(request.param)


def outside(shares):
    """Those of cell: (share, draws) beyond 93 to 97 per cent by more than chance."""
    return {
        cell: share
        for cell, (share, draws) in shares.items()
        if not SMALL - error(SMALL, draws) <= share <= LARGE + error(LARGE, draws)
    }


def printed_in(table, least):
    """Printed intervals of the cells that print one in at least this share of draws."""
    return {
        key: (cell.held, cell.printed * DRAWS)
        for key, cell in table.items()
        if cell.printed >= least
    }


def test_clustered_interval_covers_93_to_97_percent_in_every_cell(either):
    assert outside({key: (cell.covered, DRAWS) for key, cell in either.items()}) == {}


def test_printed_intervals_of_published_cells_cover_93_to_97_percent(table, second):
    first, other = printed_in(table, 0.9), printed_in(second, 0.9)
    assert (len(first), len(other)) == (33, 66)
    assert outside(first) == {}
    assert outside(other) == {}


def test_interval_covers_93_to_97_percent_in_every_published_cell_without_allowance(table, second):
    """Over all draws of a cell, so that printing picks none; no allowance for chance is made."""
    for grid in (table, second):
        found = [cell.covered for cell in grid.values() if cell.printed >= 0.9]
        assert min(found) >= SMALL
        assert max(found) <= LARGE


def test_cells_above_97_percent_are_those_where_only_one_end_can_miss(either):
    """With few events the upper end cannot fall below the truth: then an interval whose lower end
    is too high in 2.5 of 100 draws, as it should be, covers 97.5 per cent."""
    found = [cell for cell in either.values() if cell.covered > LARGE]
    assert found
    for cell in found:
        assert cell.too_low <= 0.01 + error(0.01)
        assert 0.015 <= cell.too_high <= 0.03
        assert cell.printed < 0.9


@pytest.mark.xfail(strict=True, reason="printing depends on the width drawn: docs/rates.md")
def test_printed_intervals_of_cells_at_the_threshold_cover_93_to_97_percent(table):
    assert outside(printed_in(table, 0.1)) == {}


def test_something_untrue_is_printed_in_at_most_seven_draws_of_a_hundred(either):
    assert max(cell.wrong for cell in either.values()) <= 0.07 + error(0.07)


def test_upper_bounds_hold_975_times_in_a_thousand(either):
    bounded = sum(cell.bounded for cell in either.values())
    assert sum(cell.bounded_covered for cell in either.values()) / bounded >= 0.975


def test_clustered_interval_covers_95_percent_on_average(either):
    assert np.mean([cell.covered for cell in either.values()]) == pytest.approx(0.954, abs=0.004)


def test_naive_interval_fails_beside_it(table):
    """Wilson on mentions as if independent: the usual practice, shown on the same draws."""
    naive = np.array([cell.naive for cell in table.values()])
    assert np.mean(naive) < 0.85
    assert np.min(naive) < 0.74
    assert np.mean(naive < SMALL) > 0.95


def test_coded_sample_covers_93_to_97_percent():
    """Estimator B: a machine with unequal mistakes, three strata, known inclusion probabilities."""
    rng = np.random.default_rng(4)
    for rate in (0.03, 0.10, 0.30):
        hits = []
        for _ in range(400):
            intervals = coded_interval(rng, rate)
            hits.append(intervals)
        share = covered(hits, rate)
        assert SMALL - error(SMALL, 400) <= share <= LARGE + error(LARGE, 400), (rate, share)


def coded_interval(rng, rate, documents=1200, labels=400):
    """One reading of clustered mentions by a machine that misses a fifth and adds 3 in 100."""
    x, n = draw(rng, rate, documents, (0.15, 2.5), draws=1)
    sizes = n[0].astype(int)
    family = np.repeat(np.arange(documents), sizes)
    truth = np.concatenate([
        rng.permutation(np.r_[np.ones(int(k)), np.zeros(size - int(k))])
        for k, size in zip(x[0], sizes, strict=True)
    ])  # fmt: skip
    machine = np.where(truth == 1, rng.random(len(truth)) < 0.80, rng.random(len(truth)) < 0.03)
    trigger = (truth == 1) | (rng.random(len(truth)) < 0.25)
    stratum = np.where(machine, 0, np.where(trigger, 1, 2))
    probability = np.ones(len(truth))
    coded = np.full(len(truth), np.nan)
    for number, share in enumerate((0.35, 0.45, 0.20)):
        rows = np.flatnonzero(stratum == number)
        drawn = rng.choice(rows, min(len(rows), int(labels * share)), replace=False)
        coded[drawn] = truth[drawn]
        probability[drawn] = len(drawn) / len(rows)
    outcome = pseudo_outcomes(machine.astype(float), coded, probability)
    above = np.bincount(family, outcome, documents)
    estimate = adjusted_rate(above, np.bincount(family, minlength=documents).astype(float))
    return estimate.low, estimate.high


def test_uncorrected_count_misses_the_truth_where_the_coded_sample_holds_it():
    """A machine that misses a fifth is off by more than chance allows, whatever the interval."""
    rng = np.random.default_rng(5)
    hits = []
    for _ in range(200):
        x, n = draw(rng, 0.30, 400, (0.15, 2.5), draws=1)
        estimate = cluster_rate(rng.binomial(x[0].astype(int), 0.80).astype(float), n[0])
        hits.append((estimate.low, estimate.high))
    assert covered(hits, 0.30) < 0.40


def test_difference_of_equal_rates_is_found_at_most_seven_times_in_a_hundred():
    rng = np.random.default_rng(6)
    for rate, documents in ((0.10, 40), (0.20, 100), (0.50, 100)):
        x, n = draw(rng, rate, documents, (0.30, 3.0), draws=2000)
        found = []
        for at in range(0, 2000, 2):
            pair = [cluster_rate(x[at + side], n[at + side]) for side in (0, 1)]
            found.append(difference(*pair))
        apart = np.mean([d.low > 0 or d.high < 0 for d in found])
        assert apart <= 0.07 + error(0.07, 1000), (rate, apart)
        assert np.mean([d.p < 0.05 for d in found]) <= 0.07 + error(0.07, 1000)


def test_balance_covers_93_to_98_percent():
    """Two groups counted in the same documents, at 60 to 40 and at 90 to 10."""
    rng = np.random.default_rng(7)
    for share, documents in ((0.4, 40), (0.4, 150), (0.9, 150)):
        x, n = draw(rng, share, documents, (0.30, 3.0), draws=800)
        truth = np.log(share / (1 - share))
        found = [log_balance(a, b - a) for a, b in zip(x, n, strict=True)]
        hit = covered([(e.low, e.high) for e in found], truth)
        assert SMALL - error(SMALL, 800) <= hit <= 0.98 + error(0.98, 800), (share, hit)


def test_asymmetry_covers_93_to_97_percent():
    rng = np.random.default_rng(8)
    x, n = draw(rng, 0.40, 150, (0.30, 2.0), draws=800)
    y, m = draw(rng, 0.10, 150, (0.30, 5.0), draws=800)
    found = [asymmetry((a, b), (c, d)) for a, b, c, d in zip(x, n, y, m, strict=True)]
    hit = covered([(e.low, e.high) for e in found], 0.30)
    assert SMALL - error(SMALL, 800) <= hit <= LARGE + error(LARGE, 800)


@pytest.mark.parametrize(("rate", "labels"), [(0.01, 100), (0.02, 100)])
def test_rare_events_that_a_small_sample_missed_are_allowed_for(rate, labels):
    """A machine that misses a third: without the bound the interval holds the truth too seldom."""
    rng = np.random.default_rng(7)
    documents, held = 400, [0, 0]
    for _ in range(300):
        document = np.repeat(np.arange(documents), rng.integers(1, 6, documents))
        odds = rng.beta(rate * 2, (1 - rate) * 2, documents)[document]
        truth = rng.random(len(document)) < odds
        machine = np.where(truth, rng.random(len(truth)) < 0.65, rng.random(len(truth)) < 0.004)
        share = np.where(machine, 0.4, 0.6) * labels
        chance = np.minimum(1, share / np.where(machine, machine.sum(), (~machine).sum()))
        drawn = rng.random(len(truth)) < chance
        known = np.where(drawn, truth.astype(float), np.nan)
        outcome = pseudo_outcomes(machine.astype(float), known, chance)
        above = np.bincount(document, outcome, documents)
        below = np.bincount(document, minlength=documents).astype(float)
        agreeing = Agreeing(*(
            coded_in(np.bincount(document, drawn * units / chance, documents),
                     np.bincount(document, drawn * units / chance**2, documents),
                     np.bincount(document, drawn * units * (truth != machine), documents))
            for units in (~machine, machine)))  # fmt: skip
        for at, estimate in enumerate(
            (adjusted_rate(above, below), adjusted_rate(above, below, agreeing))
        ):
            held[at] += estimate.low <= rate <= estimate.high
    assert held[0] / 300 < 0.9
    assert held[1] / 300 > 0.95
