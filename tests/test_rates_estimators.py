"""The formulae against other people's implementations and against themselves done by hand."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from scipy.stats import beta

from asobna.errors import InputError
from asobna.rates import estimators
from asobna.rates.coded import inclusion_probability
from asobna.rates.estimators import (
    Agreeing,
    adjusted_count,
    adjusted_rate,
    asymmetry,
    benjamini_hochberg,
    cluster_rate,
    coded_in,
    difference,
    log_balance,
    never_seen,
    pseudo_outcomes,
    shrink,
    t_quantile,
    wilson,
)

X = np.array([2.0, 0, 1, 3, 0, 0, 4, 1])
N = np.array([5.0, 2, 1, 4, 3, 1, 6, 2])


def test_wilson_is_that_of_statsmodels():
    proportion = pytest.importorskip("statsmodels.stats.proportion")
    for count, n in ((0, 20), (3, 40), (17, 17), (250, 1000)):
        expected = proportion.proportion_confint(count, n, 0.05, method="wilson")
        assert wilson(count / n, n, 1.959963984540054) == pytest.approx(expected, abs=1e-12)


def test_variance_is_the_delete_one_document_jackknife():
    """Twenty copies, so that the design effect is trusted and nothing is drawn together."""
    x, n = np.tile(X, 20), np.tile(N, 20)
    share = x.sum() / n.sum()
    left_out = (x.sum() - x) / (n.sum() - n)
    by_hand = (len(n) - 1) / len(n) * ((left_out - share) ** 2).sum()
    assert cluster_rate(x, n).variance == pytest.approx(by_hand, rel=1e-12)


def test_many_cells_at_once_are_the_cells_one_by_one():
    starts = np.array([0, 8, 13])
    x, n = np.r_[X, X[:5], 1.0], np.r_[N, N[:5], 2.0]
    assert estimators.cluster_rates(x, n, starts) == [
        cluster_rate(X, N),
        cluster_rate(X[:5], N[:5]),
        None,
    ]


def test_adjusted_variance_is_cluster_robust_least_squares():
    """The mean of pseudo-outcomes is a regression on a constant with errors by cluster."""
    api = pytest.importorskip("statsmodels.api")
    rng = np.random.default_rng(1)
    cluster = np.repeat(np.arange(30), rng.integers(1, 6, 30))
    outcome = rng.normal(0.3, 0.4, len(cluster)) + rng.normal(0, 0.1, 30)[cluster]
    fit = api.OLS(outcome, np.ones_like(outcome)).fit(
        cov_type="cluster", cov_kwds={"groups": cluster}
    )
    ours = adjusted_rate(np.bincount(cluster, outcome), np.bincount(cluster).astype(float))
    assert ours.value == pytest.approx(fit.params[0], rel=1e-12)
    assert ours.variance == pytest.approx(fit.bse[0] ** 2, rel=1e-9)


def test_pseudo_outcomes_are_prediction_powered_inference_with_weight_one():
    ppi = pytest.importorskip("ppi_py")
    rng = np.random.default_rng(2)
    truth = rng.random(500) < 0.3
    machine = np.where(rng.random(500) < 0.8, truth, ~truth).astype(float)
    drawn = rng.choice(500, 100, replace=False)
    coded = np.full(500, np.nan)
    coded[drawn] = truth[drawn]
    ours = pseudo_outcomes(machine, coded, np.full(500, 0.2)).mean()
    theirs = ppi.ppi_mean_pointestimate(truth[drawn].astype(float), machine[drawn], machine, lam=1)
    assert ours == pytest.approx(float(np.squeeze(theirs)), abs=1e-12)


def test_pseudo_outcome_of_one_coded_mention_by_hand():
    outcome = pseudo_outcomes(
        np.array([1.0, 0, 1]), np.array([0.0, np.nan, np.nan]), np.array([0.25, 1, 1])
    )
    assert outcome.tolist() == [-3.0, 0.0, 1.0]


@pytest.mark.parametrize("chance", [0.0, -0.1, 1.5])
def test_pseudo_outcomes_refuse_an_impossible_probability(chance):
    with pytest.raises(ValueError, match=r"inclusion probability, 0 < π <= 1"):
        pseudo_outcomes(np.array([1.0]), np.array([1.0]), np.array([chance]))


def test_inclusion_probability_is_recorded_or_drawn_out_of_its_stratum():
    assert inclusion_probability({"probability": 0.25}) == 0.25
    assert inclusion_probability({"stratum_size": 400, "stratum_drawn": 100}) == 0.25
    with pytest.raises(InputError, match="coded mention 'm1' has no inclusion probability"):
        inclusion_probability({"id": "m1"})


def test_shrinkage_is_dersimonian_laird():
    meta = pytest.importorskip("statsmodels.stats.meta_analysis")
    values = np.array([0.02, 0.08, 0.15, 0.30, 0.11])
    variances = np.array([0.001, 0.0004, 0.002, 0.003, 0.0002])
    drawn, mean, between = shrink(values, variances)
    fit = meta.combine_effects(values, variances, method_re="dl")
    assert between == pytest.approx(fit.tau2, rel=1e-10)
    assert mean == pytest.approx(fit.mean_effect_re, rel=1e-10)
    by_hand = mean + between / (between + variances) * (values - mean)
    assert drawn == pytest.approx(by_hand)


def test_shrinkage_draws_equal_sources_all_the_way():
    drawn, mean, between = shrink(np.array([0.1, 0.1, 0.1]), np.array([0.01, 0.02, 0.03]))
    assert between == 0
    assert drawn.tolist() == [mean] * 3


def test_discoveries_are_those_of_statsmodels():
    multitest = pytest.importorskip("statsmodels.stats.multitest")
    p = [0.001, 0.04, 0.03, 0.9, 0.02, 0.02, 0.5]
    assert benjamini_hochberg(p) == pytest.approx(
        multitest.multipletests(p, method="fdr_bh")[1].tolist()
    )
    assert benjamini_hochberg([]) == []


def test_t_quantile_is_that_of_scipy_and_normal_in_the_limit():
    assert t_quantile(9) == pytest.approx(2.2621571628, abs=1e-9)
    assert t_quantile(np.inf) == pytest.approx(1.9599639845, abs=1e-9)


def test_rate_by_hand():
    estimate = cluster_rate(X, N)
    assert estimate.value == 11 / 24
    assert (estimate.numerator, estimate.denominator, estimate.clusters) == (11, 24, 8)
    assert estimate.low < 11 / 24 < estimate.high
    assert estimate.n_eff < 24


def test_clusters_without_a_unit_say_nothing():
    padded = cluster_rate(np.r_[X, 0, 0], np.r_[N, 0, 0])
    assert padded == cluster_rate(X, N)


def test_no_rate_from_one_cluster():
    assert cluster_rate(np.array([2.0]), np.array([9.0])) is None
    assert cluster_rate(np.array([2.0, 0]), np.array([9.0, 0])) is None
    assert adjusted_rate(np.array([2.0]), np.array([9.0])) is None
    assert log_balance(np.array([2.0]), np.array([9.0])) is None


def test_clustered_mentions_widen_the_interval():
    """The same 20 of 100, spread evenly or all in a fifth of the documents."""
    even = cluster_rate(np.full(20, 1.0), np.full(20, 5.0))
    lumped = cluster_rate(np.r_[np.full(4, 5.0), np.zeros(16)], np.full(20, 5.0))
    assert even.value == lumped.value == 0.2
    assert lumped.high - lumped.low > 1.4 * (even.high - even.low)


def test_none_of_the_units_still_has_an_upper_bound():
    estimate = cluster_rate(np.zeros(40), np.full(40, 2.0))
    assert (estimate.value, estimate.low) == (0.0, 0.0)
    assert 0.03 < estimate.high < 0.09


def test_balance_by_hand():
    above, below = np.array([3.0, 1, 0, 2]), np.array([1.0, 1, 2, 0])
    estimate = log_balance(above, below)
    assert estimate.value == pytest.approx(np.log(6.5 / 4.5))
    assert log_balance(below, above).value == pytest.approx(-estimate.value)


def test_asymmetry_by_hand():
    ours = (np.array([1.0, 1, 0]), np.array([2.0, 1, 1]))
    theirs = (np.array([1.0, 0, 0]), np.array([10.0, 5, 5]))
    assert asymmetry(ours, theirs).value == pytest.approx(0.5 - 0.05)
    assert asymmetry(ours, (np.zeros(3), np.zeros(3))) is None


def test_difference_runs_from_second_to_first():
    high, low = cluster_rate(N - 0.0, N), cluster_rate(np.zeros(8), N)
    found = difference(high, low)
    assert found.value == 1.0
    assert found.p < 0.001
    assert difference(low, high).value == -1.0


def test_share_hardly_above_nothing_with_a_large_error_warns_of_nothing():
    """Coders took back nearly all that the machine found: the interval is everything."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = adjusted_rate(np.array([40.0, -39.99, 0, 0, 0]), np.ones(5))
    assert (found.low, found.high) == (0.0, 1.0)
    assert found.value == pytest.approx(0.002)


def test_rogan_gladen_by_hand_and_cut():
    assert adjusted_count(0.30, 0.8, 0.9) == pytest.approx(0.2 / 0.7)
    assert adjusted_count(0.05, 0.8, 0.9) == 0.0
    with pytest.raises(ValueError, match="must exceed 1"):
        adjusted_count(0.3, 0.5, 0.5)


@pytest.mark.parametrize(
    ("units", "share"),
    [(0, 1.0), (1, 0.975), (10, 0.3085), (30, 0.1157), (100, 0.03622), (1000, 0.003682)],
)
def test_what_was_never_seen_has_the_exact_limit_of_clopper_and_pearson(units, share):
    assert never_seen(units) == pytest.approx(share, rel=1e-3)
    if units:
        assert never_seen(units) == pytest.approx(beta.ppf(0.975, 1, units))


def test_coders_who_always_agree_do_not_make_a_share_certain():
    ones, none = np.ones(50), np.zeros(50)
    sure = adjusted_rate(ones, ones)
    assert (sure.low, sure.high) == (1, 1)
    weights = np.repeat([4.0, 0.0], [20, 30])
    coded = coded_in(weights, weights**2, none)
    assert coded == pytest.approx(20)
    limit = beta.ppf(0.975, 1, 20)
    all_own = adjusted_rate(ones, ones, Agreeing(0.0, coded))
    assert (all_own.value, all_own.low, all_own.high) == (1, pytest.approx(1 - limit), 1)
    no_event = adjusted_rate(none, ones, Agreeing(coded, 0.0))
    assert (no_event.value, no_event.low, no_event.high) == (0, 0, pytest.approx(limit))
    assert (all_own.n_eff, no_event.n_eff) == (pytest.approx(20), pytest.approx(20))
    nothing = adjusted_rate(np.tile([0.0, 1.0], 25), ones, Agreeing(0.0, 0.0))
    assert (nothing.low, nothing.high) == (0, 1)


def test_mistakes_of_one_kind_tell_nothing_of_the_other():
    half, ones = np.tile([0.0, 1.0], 25), np.ones(50)
    plain = adjusted_rate(half, ones)
    missed = adjusted_rate(half, ones, Agreeing(out=30))
    assert missed.low == plain.low
    moved = np.hypot(plain.high - 0.5, 0.5 * beta.ppf(0.975, 1, 30))
    assert missed.high == pytest.approx(0.5 + moved)


def test_unequal_weights_and_units_of_one_cluster_count_for_fewer():
    weights, none = np.array([1.0, 1.0, 8.0]), np.zeros(3)
    assert coded_in(weights, weights**2, none) == pytest.approx(100 / 66)
    # Ten clusters of five equal units: 50 units less the design effect 1 + .17 × 4.
    assert coded_in(np.full(10, 5.0), np.full(10, 5.0), np.zeros(10)) == pytest.approx(50 / 1.68)


def test_a_difference_ends_the_bound():
    assert coded_in(np.ones(2), np.ones(2), np.array([0.0, 1.0])) == np.inf
