"""Do nominal 95 per cent intervals hold the truth 95 times in 100? Simulated, seeded.

Mentions come in documents: document sizes are geometric, and the mentions of one document share a
beta-distributed rate, so that they resemble each other. The grid is that of docs/rates.md.
"""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from asobna.rates.estimators import (
    adjusted_rate,
    asymmetry,
    cluster_rate,
    difference,
    log_balance,
    pseudo_outcomes,
    wilson,
)

RATES = (0.02, 0.05, 0.10, 0.20, 0.35, 0.50)
DOCUMENTS = (10, 20, 40, 100, 400)
#: (correlation within documents, mean mentions a document)
CLUSTERING = ((0.15, 2.5), (0.30, 5.0), (0.50, 2.5))
DRAWS = 1500
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


def coverage_table():
    rng = np.random.default_rng(20261123)
    table = {}
    for rate, documents, clustering in itertools.product(RATES, DOCUMENTS, CLUSTERING):
        x, n = draw(rng, rate, documents, clustering)
        ours, naive = [], []
        for a, b in zip(x, n, strict=True):
            estimate = cluster_rate(a, b)
            ours.append((estimate.low, estimate.high))
            naive.append(wilson(a.sum() / b.sum(), b.sum(), 1.959964))
        table[rate, documents, clustering] = covered(ours, rate), covered(naive, rate)
    return table


@pytest.fixture(scope="module")
def table():
    return coverage_table()


def test_clustered_interval_covers_93_to_97_percent_in_every_cell(table):
    outside = {
        cell: ours
        for cell, (ours, _) in table.items()
        if not SMALL - error(SMALL) <= ours <= LARGE + error(LARGE)
    }
    assert outside == {}


def test_clustered_interval_covers_95_percent_on_average(table):
    assert np.mean([ours for ours, _ in table.values()]) == pytest.approx(0.953, abs=0.006)


def test_naive_interval_fails_beside_it(table):
    """Wilson on mentions as if independent: the usual practice, shown on the same draws."""
    naive = np.array([naive for _, naive in table.values()])
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
        outside = np.mean([d.low > 0 or d.high < 0 for d in found])
        assert outside <= 0.07 + error(0.07, 1000), (rate, outside)
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
