"""Routing weights by hand, and that routing is not uniform where it should not be."""

from __future__ import annotations

import numpy as np
import pytest

from asobna_rounds.deliberation import ROUTING_FROM, deliberate, next_statements
from asobna_rounds.deliberation.pca import Axes
from asobna_rounds.deliberation.routing import META_PRIORITY, extremity, priorities


def weight(agree: int, passed: int, seen: int, extreme: float) -> float:
    told = priorities(np.array([agree]), np.array([passed]), np.array([seen]), np.array([extreme]))
    return float(told[0])


def test_weights_by_hand() -> None:
    # (1 - 2/12) * 1.5 * 9/12 * (1 + 8/4), squared
    assert weight(8, 1, 10, 0.5) == pytest.approx(2.8125**2, rel=1e-14)
    # never seen: (1 - 1/2) * 1 * 1/2 * 9, squared
    assert weight(0, 0, 0, 0.0) == pytest.approx(2.25**2, rel=1e-14)


def test_each_part_of_the_weight_pulls_its_way() -> None:
    usual = weight(8, 1, 20, 0.5)
    assert weight(12, 1, 20, 0.5) > usual  # agreed more
    assert weight(8, 5, 20, 0.5) < usual  # passed more
    assert weight(8, 1, 20, 0.9) > usual  # tells positions apart
    assert weight(4, 1, 10, 0.5) > usual  # newer
    assert META_PRIORITY == 49


def test_extremity_is_the_length_of_a_lone_agreeing_vote() -> None:
    axes = Axes(np.array([[0.6, 0.8], [0.3, 0.0]]), np.array([2.0, 1.0]), 3.0, 0.0)
    told = extremity(np.array([0.5, -1.0]), axes)
    assert told == pytest.approx([0.5 * np.sqrt(0.45) * np.sqrt(2), 2 * 0.8 * np.sqrt(2)])


def test_the_weights_of_a_round_are_not_constant(panel) -> None:
    """Polis ran for sixteen months with every weight at 49, unnoticed."""
    weights = deliberate(panel(people=80, statements=70, seen=0.5)).priorities
    assert len(set(np.round(weights, 6).tolist())) > 60
    assert weights.max() / weights.min() > 3
    assert (weights > 0).all()


def draws(weights: np.ndarray, rounds: int = 2_000) -> np.ndarray:
    first = [next_statements(weights, range(weights.size), 1, seed)[0] for seed in range(rounds)]
    return np.bincount(first, minlength=weights.size) / rounds


def test_above_the_limit_the_lottery_follows_the_weights() -> None:
    weights = np.ones(ROUTING_FROM + 1)
    weights[7] = 40.0
    shares = draws(weights)
    assert shares[7] == pytest.approx(40 / 100, abs=0.035)  # 3 sigma of 2,000 draws
    assert np.delete(shares, 7).max() <= 0.025  # 1 in 100 expected


def test_up_to_the_limit_every_order_is_equally_likely() -> None:
    weights = np.ones(ROUTING_FROM)
    weights[7] = 40.0
    shares = draws(weights)
    assert shares[7] == pytest.approx(1 / 60, abs=0.009)


@pytest.mark.parametrize("statements", [20, 100])
def test_only_unseen_statements_are_given_each_once(statements: int) -> None:
    unseen = np.arange(0, statements, 2)
    page = next_statements(np.ones(statements), unseen, 10, seed=4)
    assert len(page) == len(set(page.tolist())) == 10
    assert set(page.tolist()) <= set(unseen.tolist())
    assert next_statements(np.ones(statements), unseen[:3], 10).size == 3
    assert next_statements(np.ones(statements), [], 10).size == 0


@pytest.mark.parametrize("statements", [20, 100])
def test_the_same_seed_gives_the_same_order(statements: int) -> None:
    pages = [next_statements(np.ones(statements), range(statements), 10, s) for s in (3, 3, 4)]
    assert pages[0].tolist() == pages[1].tolist()
    assert pages[0].tolist() != pages[2].tolist()
