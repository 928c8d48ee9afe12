"""`kill -9` of the server while people vote and seal, and of the close."""

from __future__ import annotations

import pytest

from asobna_rounds.attacks.power_cut import PEOPLE, run


def check(cuts: int, close_cuts: int, seed: int) -> None:
    outcome = run(cuts, close_cuts, seed)
    assert outcome.interrupted > 0
    assert outcome.acknowledged == PEOPLE
    assert outcome.exact == PEOPLE
    assert outcome.counted == PEOPLE
    assert outcome.destroyed


def test_no_acknowledged_ballot_is_lost_and_none_counts_twice() -> None:
    check(3, 2, seed=1)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_many_power_cuts(seed: int) -> None:
    check(12, 6, seed)
