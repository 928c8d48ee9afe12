from __future__ import annotations

import numpy as np
import pytest

from asobna_rounds.deliberation import Votes
from asobna_rounds.deliberation.pca import centre, principal_axes, project


def filled(table: np.ndarray) -> np.ndarray:
    """Gaps filled with column means, centred: what the sparse form must equal."""
    return np.nan_to_num(table - np.nanmean(table, axis=0))


@pytest.mark.parametrize("seen", [1.0, 0.4])
def test_axes_are_those_of_the_full_matrix(panel, dense, seen: float) -> None:
    votes = panel(people=80, statements=40, camps=3, seen=seen)
    matrix = filled(dense(votes))
    _, sizes, rows = np.linalg.svd(matrix, full_matrices=False)
    centred = centre(votes)
    axes = principal_axes(centred)
    assert np.allclose(centred.matrix.toarray(), matrix, atol=1e-14)
    assert np.allclose(axes.variances, sizes[:2] ** 2, rtol=1e-12)
    assert axes.total == pytest.approx((matrix**2).sum(), rel=1e-12)
    assert 1 - np.abs((axes.components * rows[:2]).sum(axis=1)) == pytest.approx(0, abs=1e-12)
    assert axes.residual <= 1e-12


def test_positions_are_scaled_by_the_square_root_of_what_was_not_seen(panel, dense) -> None:
    votes = panel(people=50, statements=36, seen=0.5)
    centred = centre(votes)
    axes = principal_axes(centred)
    points = project(centred.matrix, axes.components, votes.voted)
    expected = filled(dense(votes)) @ axes.components.T
    expected *= np.sqrt(36 / votes.voted)[:, None]
    assert np.allclose(points, expected, atol=1e-13)


def test_the_largest_loading_of_each_axis_is_positive(panel) -> None:
    components = principal_axes(centre(panel())).components
    assert (components.max(axis=1) >= -components.min(axis=1)).all()


def test_two_opposed_camps_by_hand() -> None:
    """Four people, two statements on which the pairs are opposed: one axis holds everything."""
    votes = Votes.from_rows([0, 0, 1, 1, 2, 2, 3, 3], [0, 1] * 4, [1, -1, 1, -1, -1, 1, -1, 1])
    centred = centre(votes)
    axes = principal_axes(centred)
    assert axes.variances == pytest.approx([8.0, 0.0], abs=1e-12)
    assert axes.components[0] == pytest.approx([np.sqrt(0.5), -np.sqrt(0.5)])
    assert axes.components[1].tolist() == [0.0, 0.0]
    points = project(centred.matrix, axes.components, votes.voted)
    assert points[:, 0] == pytest.approx([np.sqrt(2)] * 2 + [-np.sqrt(2)] * 2)


def test_unanimous_votes_have_no_axis() -> None:
    votes = Votes.from_rows([0, 1, 2], [0, 0, 0], [1, 1, 1])
    axes = principal_axes(centre(votes))
    assert (axes.total, axes.variances.tolist(), axes.components.tolist()) == (
        0.0,
        [0.0, 0.0],
        [[0.0], [0.0]],
    )


def test_weights_count_a_person_several_times(panel) -> None:
    votes = panel(people=12, statements=8)
    weights = np.array([2, 0, 1] * 4, dtype=float)
    twice = votes.people(np.repeat(np.arange(12), weights.astype(int)))
    weighted = principal_axes(centre(votes, weights), weights)
    repeated = principal_axes(centre(twice))
    assert np.allclose(weighted.variances, repeated.variances, rtol=1e-12)
    assert np.allclose(weighted.components, repeated.components, atol=1e-10)


def test_a_warm_start_reaches_the_same_axes(panel) -> None:
    before = panel(people=200, statements=50, camps=3, seen=0.6)
    axes = principal_axes(centre(before))
    after = before.changed(before.person[:20], before.statement[:20], -before.vote[:20])
    warm = principal_axes(centre(after), None, axes).components
    cold = principal_axes(centre(after)).components
    assert (1 - np.abs((warm * cold).sum(axis=1))).max() <= 1e-6


def test_a_warm_start_follows_into_new_statements(panel) -> None:
    before = panel(people=40, statements=10)
    axes = principal_axes(centre(before))
    after = before.changed(range(40), [10] * 40, [1, -1] * 20)
    warm = principal_axes(centre(after), None, axes).components
    cold = principal_axes(centre(after)).components
    assert (1 - np.abs((warm * cold).sum(axis=1))).max() <= 1e-6
