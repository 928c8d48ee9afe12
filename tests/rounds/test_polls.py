"""Intervals, raking and refusals, against numbers worked by hand and by simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from asobna_rounds.errors import FiguresError
from asobna_rounds.polls import NO_ANSWER, PollOption, kish, rake, weigh_poll, wilson


class TestWilson:
    def test_by_hand(self) -> None:
        low, high = wilson([12, 0, 20], 20)
        assert low == pytest.approx([0.386582, 0.0, 0.838875], abs=1e-6)
        assert high == pytest.approx([0.781193, 0.161125, 1.0], abs=1e-6)

    def test_nobody_asked_can_be_anything(self) -> None:
        assert [float(end) for end in wilson(0, 0)] == [0.0, 1.0]

    def test_a_finite_population_narrows_by_hand(self) -> None:
        """20 of 39: as many as 20 * 38 / 19 = 40 of an endless population."""
        low, high = wilson(12, 20, 39)
        endless = wilson(24, 40)
        assert [float(low), float(high)] == pytest.approx([*map(float, endless)], rel=1e-14)

    def test_everybody_answered_leaves_no_doubt(self) -> None:
        assert [float(end) for end in wilson(12, 30, 30)] == [0.4, 0.4]

    def test_more_answers_than_people_is_an_error(self) -> None:
        with pytest.raises(FiguresError, match="31 answers from 30 invited"):
            wilson(12, 31, 30)

    @pytest.mark.parametrize("yes", [6, 15, 27, 29])
    def test_coverage_of_a_finite_panel(self, yes: int) -> None:
        """12 of 30 answer at random: the interval holds the panel's share in 92 % or more."""
        rng = np.random.default_rng(yes)
        hits = rng.hypergeometric(yes, 30 - yes, 12, 4_000)
        low, high = wilson(hits, 12, 30)
        covered = np.mean((low <= yes / 30 + 1e-12) & (yes / 30 - 1e-12 <= high))
        assert covered >= 0.92

    @given(st.integers(0, 200), st.integers(1, 200), st.integers(0, 100))
    def test_the_interval_holds_the_share_and_stays_in_range(self, hits, more, unasked) -> None:
        n = hits + more
        low, high = wilson(hits, n, n + unasked)
        assert 0 <= float(low) <= hits / n + 1e-12
        assert hits / n - 1e-12 <= float(high) <= 1


class TestRaking:
    def test_one_margin_is_plain_reweighting(self) -> None:
        told = rake({"country": [0, 0, 0, 1]}, {"country": [0.5, 0.5]})
        assert told.values == pytest.approx([2 / 3, 2 / 3, 2 / 3, 2.0])
        assert (told.deff, told.n_eff) == pytest.approx((4 / 3, 3.0))
        assert (told.low, told.high, told.capped) == pytest.approx((2 / 3, 2.0, 0))
        assert told.worst <= 1e-10

    def test_two_margins_are_both_met(self) -> None:
        rng = np.random.default_rng(1)
        codes = {"age": rng.integers(0, 3, 300), "country": rng.integers(0, 4, 300)}
        targets = {"age": [0.2, 0.3, 0.5], "country": [0.4, 0.3, 0.2, 0.1]}
        told = rake(codes, targets)
        for name, code in codes.items():
            shares = np.bincount(code, weights=told.values) / told.values.sum()
            assert shares == pytest.approx(targets[name], abs=1e-9)
        assert told.values.mean() == pytest.approx(1.0)
        assert told.margins == ("age", "country")

    def test_weights_keep_the_odds_inside_the_table(self) -> None:
        """Raking multiplies rows and columns only: the cross ratio of weights stays 1."""
        age, country = [0, 0, 1, 1, 0, 1, 0], [0, 1, 0, 1, 0, 1, 1]
        told = rake({"age": age, "country": country}, {"age": [0.3, 0.7], "country": [0.6, 0.4]})
        cell = {
            pair: w
            for *pair, w in zip(age, country, told.values, strict=True)
            for pair in [tuple(pair)]
        }
        assert cell[0, 0] * cell[1, 1] / (cell[0, 1] * cell[1, 0]) == pytest.approx(1.0)

    def test_the_cap_is_kept_and_its_price_is_told(self) -> None:
        told = rake({"country": [0] * 99 + [1]}, {"country": [0.5, 0.5]})
        assert told.high <= 5.0 * (1 + 1e-9)
        assert told.capped == 1
        assert told.worst == pytest.approx(0.45, abs=0.001)

    def test_a_cap_of_one_is_refused(self) -> None:
        with pytest.raises(FiguresError, match="a cap of 1 leaves no room"):
            rake({"a": [0, 1]}, {"a": [0.5, 0.5]}, cap=1.0)

    @pytest.mark.parametrize(
        ("margins", "targets", "message"),
        [
            ({}, {}, "must name the same questions"),
            ({"a": [0]}, {"b": [1.0]}, "must name the same questions"),
            ({"a": [0, 1], "b": [0]}, {"a": [0.5, 0.5], "b": [1.0]}, "one code for every person"),
            ({"a": []}, {"a": [1.0]}, "nobody answered"),
            ({"a": [0, 2]}, {"a": [0.5, 0.5]}, "margin a: a code lies outside 0 to 1"),
            ({"a": [0, 1]}, {"a": [0.5, 0.6]}, "must be at least 0 and sum to 1"),
            ({"a": [0, 0]}, {"a": [0.5, 0.5]}, "nobody is in category 1"),
            ({"a": [0, 1]}, {"a": [1.0, 0.0]}, "a category people are in has the target 0"),
        ],
    )
    def test_what_cannot_be_raked(self, margins: dict, targets: dict, message: str) -> None:
        with pytest.raises(FiguresError, match=message):
            rake(margins, targets)

    def test_kish_by_hand(self) -> None:
        assert kish(np.array([1.0, 1.0, 2.0])) == pytest.approx((18 / 16, 16 / 6))
        assert kish(np.zeros(0)) == (1.0, 0.0)

    @settings(max_examples=30, deadline=None)
    @given(st.integers(0, 1_000))
    def test_the_order_of_people_changes_nothing_they_would_notice(self, seed: int) -> None:
        rng = np.random.default_rng(seed)
        code = np.concatenate([np.arange(3), rng.integers(0, 3, 40)])
        order = rng.permutation(43)
        told = rake({"a": code}, {"a": [0.2, 0.3, 0.5]}).values
        again = rake({"a": code[order]}, {"a": [0.2, 0.3, 0.5]}).values
        assert again == pytest.approx(told[order], rel=1e-12)


class TestPoll:
    ANSWERS = np.array([0] * 12 + [1] * 6 + [2] * 2 + [NO_ANSWER] * 4)

    def test_unweighted_shares_are_among_those_who_answered(self) -> None:
        told = weigh_poll(self.ANSWERS, ("yes", "no", "unsure"), invited=39)
        low, high = (float(end) for end in wilson(12, 20, 39))
        assert (told.n, told.asked, told.n_eff, told.deff) == (20, 24, 20.0, 1.0)
        assert told.options[0] == PollOption("yes", 12, 0.6, low, high)
        assert told.cells == {"yes": 12, "no": 6, "unsure": 2, "no answer": 4}
        assert told.refused is None

    def test_weights_move_shares_and_widen_intervals(self) -> None:
        code = np.array([0] * 12 + [1] * 12)
        weights = rake({"country": code}, {"country": [0.25, 0.75]})
        told = weigh_poll(self.ANSWERS, ("yes", "no", "unsure"), weights)
        assert told.options[0].share == pytest.approx(12 * 0.5 / (12 * 0.5 + 8 * 1.5))
        assert told.deff == pytest.approx(20 * (12 * 0.25 + 8 * 2.25) / 18**2)
        low, high = (float(end) for end in wilson(told.n_eff / 3, told.n_eff))
        assert (told.options[0].low, told.options[0].high) == pytest.approx((low, high))
        assert told.margins == ("country",)

    def test_fewer_than_ten_effective_answers_are_refused(self) -> None:
        nine = weigh_poll([0] * 5 + [1] * 4, ("yes", "no"))
        ten = weigh_poll([0] * 5 + [1] * 5, ("yes", "no"))
        assert (nine.refused, ten.refused) == ("n_eff", None)
        assert np.isnan([o.share for o in nine.options] + [o.low for o in nine.options]).all()

    def test_uneven_weights_can_refuse_what_the_number_would_allow(self) -> None:
        weights = rake({"c": [0] * 14 + [1]}, {"c": [0.7, 0.3]})
        told = weigh_poll([0] * 8 + [1] * 7, ("yes", "no"), weights)
        assert (told.n, told.refused) == (15, "n_eff")

    def test_nobody_answered(self) -> None:
        told = weigh_poll([NO_ANSWER] * 12, ("yes", "no"))
        assert (told.n, told.refused) == (0, "n_eff")
        assert told.cells == {"yes": 0, "no": 0, "no answer": 12}

    def test_answers_and_weights_must_fit(self) -> None:
        with pytest.raises(FiguresError, match="an answer lies outside -1 to 1"):
            weigh_poll([2], ("yes", "no"))
        with pytest.raises(FiguresError, match="2 weights for 3 ballots"):
            weigh_poll([0, 0, 1], ("yes", "no"), rake({"c": [0, 1]}, {"c": [0.5, 0.5]}))

    def test_weighted_intervals_cover(self) -> None:
        """Strongly weighted answers: 95 % intervals hold the truth; without weights they do not."""
        rng = np.random.default_rng(3)
        kept, naive = 0, 0
        for _ in range(400):
            code = (rng.random(150) < 0.08).astype(np.int64)
            code[0] = 1
            yes = rng.random(150) < 0.5
            weights = rake({"c": code}, {"c": [0.7, 0.3]})
            told = weigh_poll((~yes).astype(int), ("yes", "no"), weights)
            kept += told.options[0].low <= 0.5 <= told.options[0].high
            low, high = wilson(told.options[0].share * 150, 150)
            naive += bool(low <= 0.5 <= high)
        assert kept / 400 >= 0.93
        assert naive / 400 <= 0.88
