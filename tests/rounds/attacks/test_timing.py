"""Exact times at registrar and ballot box: at most twice chance with the two phases."""

from __future__ import annotations

from asobna_rounds.attacks.timing import DAY, SIZES, open_minute, run


def test_two_phases_hold_times_to_twice_chance() -> None:
    found = run(tries=600, seed=1)
    assert [timed.size for timed in found] == list(SIZES)
    for timed in found:
        assert timed.two_phases <= 2 * timed.chance


def test_the_attack_works_where_there_is_one_phase() -> None:
    rates = {timed.size: timed.one_phase for timed in run(tries=200, seed=2)}
    assert rates[15] > 0.55
    assert rates[40] > 0.45
    assert rates[150] > 0.35


def test_the_real_box_lets_nobody_in_before_the_open_phase() -> None:
    usable = open_minute()
    week_later = 13 * DAY  # issue ends on day 6 of the simulation, the round opens a week later
    assert [usable(minute) for minute in (0.0, 3 * DAY, 6 * DAY + 10)] == [week_later] * 3
