from __future__ import annotations

import numpy as np
import pytest

from asobna_rounds.deliberation.clusters import (
    EXACT_POINTS,
    Cells,
    adjusted_rand,
    choose_groups,
    group_points,
    most_groups,
    silhouette,
    summarise,
)


def clouds(people: int, centres: list[tuple[float, float]], seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    at = np.arange(people) % len(centres)
    return np.array(centres)[at] + rng.normal(0, 0.3, (people, 2))


def test_three_clouds_are_found_and_ordered_by_size() -> None:
    points = np.concatenate([clouds(30, [(0, 0)]), clouds(50, [(5, 0)]), clouds(40, [(0, 5)])])
    found = group_points(points, 3)
    assert found is not None
    assert found.sizes.tolist() == [50, 40, 30]
    assert found.labels.tolist() == [2] * 30 + [0] * 50 + [1] * 40
    expected = sum(
        ((points[a:b] - points[a:b].mean(axis=0)) ** 2).sum()
        for a, b in ((0, 30), (30, 80), (80, 120))
    )
    assert found.inertia == pytest.approx(expected, rel=1e-12)


def test_many_starts_leave_a_poor_optimum_behind() -> None:
    """Two pairs of clouds: one start often splits a pair and joins the other two."""
    points = clouds(80, [(0, 0), (0, 2), (40, 0), (40, 2)])
    found = group_points(points, 4)
    assert found is not None
    assert found.sizes.tolist() == [20, 20, 20, 20]


def test_fewer_positions_than_groups_give_no_grouping() -> None:
    assert group_points(np.array([[0.0, 0.0], [1.0, 1.0]] * 10), 3) is None
    assert choose_groups(np.zeros((20, 2))) == (None, {})


def test_silhouette_by_hand() -> None:
    """Pairs one apart, four away: (4.062 - 1)/4.062 and (4.062... for the diagonal."""
    points = np.array([[0.0, 0.0], [0.0, 1.0], [4.0, 0.0], [4.0, 1.0]])
    between = (4 + np.sqrt(17)) / 2
    told = silhouette(Cells(points, np.ones(4)), np.array([0, 0, 1, 1]))
    assert told == pytest.approx((between - 1) / between, rel=1e-12)


def test_someone_alone_in_a_group_adds_nothing_to_the_silhouette() -> None:
    points = np.array([[0.0, 0.0], [0.0, 1.0], [4.0, 0.0]])
    told = silhouette(Cells(points, np.ones(3)), np.array([0, 0, 1]))
    assert told == pytest.approx((3 / 4 + (np.sqrt(17) - 1) / np.sqrt(17) + 0) / 3, rel=1e-12)


def test_the_number_of_groups_with_the_best_silhouette_is_chosen() -> None:
    points = clouds(90, [(0, 0), (5, 0), (0, 5)])
    found, tried = choose_groups(points)
    assert found is not None
    assert found.sizes.tolist() == [30, 30, 30]
    assert sorted(tried) == [2, 3, 4, 5]
    assert tried[3] > 0.8


@pytest.mark.parametrize(("people", "most"), [(3, 2), (12, 3), (35, 4), (36, 5), (900, 5)])
def test_most_groups_follow_the_number_of_people(people: int, most: int) -> None:
    assert most_groups(people) == most


def test_a_summary_keeps_everybody_and_the_middle() -> None:
    points = np.random.default_rng(1).normal(size=(EXACT_POINTS + 501, 2))
    cells = summarise(points)
    assert cells.weights.sum() == EXACT_POINTS + 501
    assert cells.weights.min() >= 1
    middle = (cells.points * cells.weights[:, None]).sum(axis=0) / cells.weights.sum()
    assert np.allclose(middle, points.mean(axis=0), atol=1e-12)


def test_many_people_are_grouped_as_well_as_few() -> None:
    points = clouds(3 * EXACT_POINTS, [(0, 0), (2, 0), (0, 2)])
    found = group_points(points, 3)
    assert found is not None
    assert adjusted_rand(found.labels, np.arange(len(points)) % 3) >= 0.99


def test_adjusted_rand_by_hand() -> None:
    first = np.array([0, 0, 0, 1, 1, 1])
    assert adjusted_rand(first, 1 - first) == 1.0
    # pairs: together in both 2, by rows 6, by columns 4, of 15: (2 - 1.6)/(5 - 1.6)
    second = np.array([0, 0, 1, 1, 2, 2])
    by_hand = (2 - 6 * 3 / 15) / ((6 + 3) / 2 - 6 * 3 / 15)
    assert adjusted_rand(first, second) == pytest.approx(by_hand, rel=1e-12)
