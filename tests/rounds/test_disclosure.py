"""The door through which figures leave: worked examples, and an attacker who adds and subtracts."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from asobna_rounds.disclosure import Block, Published, Release, Table, release
from asobna_rounds.errors import FiguresError

K = 5


def one(counts: dict[str, int]) -> Published:
    return release([Table("q", counts)]).tables["q"]


class TestOneTable:
    def test_large_options_are_told_alone(self) -> None:
        told = one({"agree": 12, "disagree": 7, "pass": 6})
        assert told.counts == {"agree": 12, "disagree": 7, "pass": 6}
        assert (told.other, told.withheld, told.total) == (0, (), 25)

    def test_small_options_are_told_together(self) -> None:
        told = one({"agree": 14, "disagree": 3, "pass": 3})
        assert told.blocks == (Block(("agree",), 14), Block(("disagree", "pass"), 6))

    def test_a_large_option_joins_a_lone_small_one(self) -> None:
        told = one({"agree": 12, "disagree": 6, "pass": 2})
        assert told.counts == {"agree": 12}
        assert (told.other, told.withheld) == (8, ("disagree", "pass"))

    def test_a_small_first_option_is_told_with_the_last(self) -> None:
        told = one({"agree": 2, "disagree": 14, "pass": 6, "skipped": 8})
        assert told.counts == {"disagree": 14}
        assert (told.other, told.withheld) == (16, ("agree", "pass", "skipped"))

    def test_the_last_option_is_kept_apart_where_that_is_asked_for(self) -> None:
        counts = {"agree": 83, "disagree": 5, "pass": 2, "skipped": 110}
        kept = release([Table("q", counts, keep_last=True)]).tables["q"]
        assert kept.counts == {"agree": 83, "skipped": 110}
        assert (kept.other, kept.withheld) == (7, ("disagree", "pass"))
        assert one(counts).counts == {"agree": 83, "disagree": 5}

    def test_the_last_option_never_stands_alone_beside_a_block(self) -> None:
        told = one({"agree": 4, "disagree": 4, "pass": 22})
        assert told.blocks == ()

    def test_nobody_is_a_small_number_too(self) -> None:
        told = one({"agree": 12, "disagree": 8, "pass": 0})
        assert told.counts == {"agree": 12}
        assert told.withheld == ("disagree", "pass")

    def test_everybody_becomes_a_bound(self) -> None:
        told = one({"agree": 20, "disagree": 0, "pass": 0})
        assert told.blocks == ()
        assert told.at_least == ("agree", 16)

    def test_a_bound_is_given_only_when_fewer_than_k_differ(self) -> None:
        assert one({"agree": 16, "disagree": 4}).at_least == ("agree", 16)
        assert one({"agree": 15, "disagree": 5}).at_least is None
        assert one({"agree": 15, "disagree": 5}).counts == {"agree": 15, "disagree": 5}

    def test_an_even_spread_of_small_options_is_withheld_whole(self) -> None:
        assert one({"a": 4, "b": 3, "c": 3}) == Published(10, ())

    def test_nine_ballots_are_refused_and_their_number_is_not_told(self) -> None:
        told = release([Table("q", {"agree": 5, "disagree": 4})])
        assert (told.refused, told.ballots, told.tables) == ("ballots", 0, {})
        assert release([Table("q", {"agree": 5, "disagree": 5})]).refused is None


BY = {"A": {"agree": 12, "disagree": 2, "pass": 3}, "B": {"agree": 5, "disagree": 8, "pass": 0}}
COUNTS = {"agree": 17, "disagree": 10, "pass": 3}


class TestSplitByGroup:
    def test_told_as_one_option_against_the_rest_where_more_would_be_small(self) -> None:
        told = release([Table("q", COUNTS, BY)]).tables["q"]
        assert told.split == {
            "A": (Block(("agree",), 12), Block(("disagree", "pass"), 5)),
            "B": (Block(("agree",), 5), Block(("disagree", "pass"), 8)),
        }

    def test_told_in_full_where_every_block_is_large(self) -> None:
        by = {"A": {"agree": 9, "disagree": 5}, "B": {"agree": 5, "disagree": 11}}
        told = release([Table("q", {"agree": 14, "disagree": 16}, by)]).tables["q"]
        assert told.split["B"] == (Block(("agree",), 5), Block(("disagree",), 11))

    def test_one_small_cell_in_any_group_stops_the_split(self) -> None:
        by = {"A": {"agree": 13, "disagree": 6}, "B": {"agree": 4, "disagree": 7}}
        told = release([Table("q", {"agree": 17, "disagree": 13}, by)]).tables["q"]
        assert told.split == {}
        assert told.counts == {"agree": 17, "disagree": 13}


FIRST = {"agree": 12, "disagree": 8}


class TestTwoReleases:
    def after(self, counts: dict[str, int]) -> Release:
        return release([Table("q", counts)], previous=release([Table("q", FIRST)]))

    def test_four_new_ballots_change_nothing(self) -> None:
        told = self.after({"agree": 14, "disagree": 10})
        assert (told.refused, told.ballots) == ("nothing-new", 20)
        assert told.tables["q"].counts == FIRST
        assert told.tables["q"].carried

    def test_a_block_that_grew_by_less_than_k_holds_the_table_back(self) -> None:
        told = self.after({"agree": 18, "disagree": 12})
        assert (told.refused, told.ballots) == (None, 30)
        assert told.tables["q"] == Published(20, told.tables["q"].blocks, carried=True)
        assert told.tables["q"].counts == FIRST

    def test_all_blocks_grown_by_k_are_told_anew(self) -> None:
        told = self.after({"agree": 17, "disagree": 13}).tables["q"]
        assert (told.counts, told.carried) == ({"agree": 17, "disagree": 13}, False)

    def test_a_table_keeps_the_blocks_it_was_first_told_in(self) -> None:
        first = release([Table("q", {"agree": 14, "disagree": 3, "pass": 3})])
        second = release([Table("q", {"agree": 20, "disagree": 9, "pass": 9})], previous=first)
        assert second.tables["q"].blocks == (
            Block(("agree",), 20),
            Block(("disagree", "pass"), 18),
        )

    def test_group_sizes_that_hardly_moved_stop_a_new_split(self) -> None:
        first = release([Table("groups", {"A": 10, "B": 10})])
        by = {"A": {"x": 6, "y": 6}, "B": {"x": 9, "y": 9}}
        second = release(
            [Table("groups", {"A": 12, "B": 18}), Table("q", {"x": 15, "y": 15}, by)],
            previous=first,
        )
        assert second.tables["groups"].carried
        assert second.tables["q"].counts == {"x": 15, "y": 15}
        assert second.tables["q"].split == {}

    def test_one_cell_of_a_split_that_hardly_moved_holds_the_table_back(self) -> None:
        by = {"A": {"x": 6, "y": 6}, "B": {"x": 6, "y": 6}}
        first = release([Table("q", {"x": 12, "y": 12}, by)])
        moved = {"A": {"x": 8, "y": 16}, "B": {"x": 20, "y": 12}}
        told = release([Table("q", {"x": 28, "y": 28}, moved)], previous=first).tables["q"]
        assert told.carried
        assert told.split["A"] == (Block(("x",), 6), Block(("y",), 6))
        grown = {"A": {"x": 11, "y": 16}, "B": {"x": 17, "y": 12}}
        told = release([Table("q", {"x": 28, "y": 28}, grown)], previous=first).tables["q"]
        assert not told.carried
        assert told.split["A"] == (Block(("x",), 11), Block(("y",), 16))

    def test_a_new_split_keeps_to_the_blocks_of_the_whole(self) -> None:
        first = release([Table("q", {"agree": 14, "disagree": 3, "pass": 3})])
        by = {
            "A": {"agree": 12, "disagree": 9, "pass": 9},
            "B": {"agree": 12, "disagree": 9, "pass": 9},
        }
        counts = {"agree": 24, "disagree": 18, "pass": 18}
        told = release([Table("q", counts, by)], previous=first).tables["q"]
        assert told.split["A"] == (Block(("agree",), 12), Block(("disagree", "pass"), 18))

    def test_the_file_of_a_release_is_read_back_whole(self) -> None:
        by = {"A": {"x": 6, "y": 6}, "B": {"x": 9, "y": 9}}
        told = release([Table("q", {"x": 15, "y": 15}, by), Table("r", {"u": 30, "v": 0})])
        assert told.tables["r"].at_least == ("u", 26)
        assert Release.from_json(told.to_json()) == told

    def test_a_file_that_is_no_release_is_named_as_such(self) -> None:
        with pytest.raises(FiguresError, match="not a release written by asobna-rounds"):
            Release.from_json({"ballots": 3})


class TestRefusals:
    def test_tables_must_count_the_same_ballots(self) -> None:
        with pytest.raises(FiguresError, match="the tables count 20 to 21 ballots"):
            release([Table("q", {"a": 20}), Table("r", {"a": 21})])

    def test_groups_must_sum_to_the_table(self) -> None:
        with pytest.raises(FiguresError, match="table q: the groups do not sum to a = 20"):
            release([Table("q", {"a": 20}, {"A": {"a": 9}, "B": {"a": 10}})])

    def test_k_of_one_is_refused(self) -> None:
        with pytest.raises(FiguresError, match="k = 1 would publish single ballots"):
            release([Table("q", {"a": 20})], k=1)

    def test_k_may_not_change_between_releases(self) -> None:
        first = release([Table("q", {"a": 10, "b": 10})])
        with pytest.raises(FiguresError, match="the earlier release used k = 5"):
            release([Table("q", {"a": 20, "b": 20})], k=6, previous=first)

    def test_two_tables_of_one_name_are_refused(self) -> None:
        with pytest.raises(FiguresError, match="every table its own name"):
            release([Table("q", {"a": 20}), Table("q", {"a": 20})])


ROWS = ("A", "B")
OPTIONS = ("agree", "disagree", "pass", "skipped")
Atom = tuple[int, str, str, str]  # release, table, group, option


class Attacker:
    """Knows every release and solves for what nobody told.

    Unknown are the ballots of each (release, table, group, option). Every published number is
    one linear equation. A sum of unknowns is known when it is a combination of equations.
    """

    def __init__(self, releases: Sequence[Release], names: Sequence[str]) -> None:
        self.names = names
        self.atoms: list[Atom] = list(itertools.product(range(len(releases)), names, ROWS, OPTIONS))
        self.at = {atom: i for i, atom in enumerate(self.atoms)}
        self.rows: list[np.ndarray] = []
        self.right: list[float] = []
        for number, told in enumerate(releases):
            self._learn(number, told)
        matrix = np.array(self.rows)
        _, sizes, turn = np.linalg.svd(matrix)
        rank = int((sizes > 1e-9).sum())
        self.free = turn[rank:].T  # directions nothing published speaks of

    def _equation(self, atoms: dict[Atom, float], value: float) -> None:
        row = np.zeros(len(self.atoms))
        for atom, sign in atoms.items():
            row[self.at[atom]] += sign
        self.rows.append(row)
        self.right.append(value)

    def _learn(self, number: int, told: Release) -> None:
        every = {name: list(itertools.product(ROWS, OPTIONS)) for name in self.names}
        for name in self.names:
            cells = {(number, name, g, o): 1.0 for g, o in every[name]}
            self._equation(cells, told.ballots)
            for group in ROWS:  # all tables are about the same people
                own = {(number, name, group, o): 1.0 for o in OPTIONS}
                same = {(number, self.names[0], group, o): -1.0 for o in OPTIONS}
                if name != self.names[0]:
                    self._equation({**own, **same}, 0.0)
        for name, table in told.tables.items():
            if not table.carried:
                self._learn_table(number, name, table)

    def _learn_table(self, number: int, name: str, table: Published) -> None:
        if name == "groups":
            for group, count in table.counts.items():
                own = {(number, self.names[0], group, o): 1.0 for o in OPTIONS}
                self._equation(own, count)
            return
        for block in table.blocks:
            cells = itertools.product(ROWS, block.options)
            self._equation({(number, name, g, o): 1.0 for g, o in cells}, block.count)
        for group, blocks in table.split.items():
            for block in blocks:
                own = {(number, name, group, o): 1.0 for o in block.options}
                self._equation(own, block.count)

    def known(self, candidates: np.ndarray) -> np.ndarray:
        """Which rows of 0, 1 and -1 over the atoms have a value that follows from the releases."""
        return np.abs(candidates @ self.free).max(axis=1, initial=0.0) < 1e-7

    def subsets(self, number: int, name: str) -> np.ndarray:
        """Every sum of cells of one table in one release."""
        at = [self.at[(number, name, g, o)] for g, o in itertools.product(ROWS, OPTIONS)]
        chosen = np.array(list(itertools.product((0.0, 1.0), repeat=len(at))))
        wide = np.zeros((len(chosen), len(self.atoms)))
        wide[:, at] = chosen
        return wide[1:]

    def bounds(self, atom: Atom, floors: dict[str, tuple[str, int]]) -> tuple[float, float]:
        """Least and most ballots one unknown can have, by linear programming."""
        goal = np.zeros(len(self.atoms))
        goal[self.at[atom]] = 1.0
        least, limits = [], []
        for name, (option, bound) in floors.items():
            row = np.zeros(len(self.atoms))
            for group in ROWS:
                row[self.at[(0, name, group, option)]] = -1.0
            least.append(row)
            limits.append(-float(bound))
        ends = [
            linprog(
                sign * goal,
                A_eq=np.array(self.rows),
                b_eq=self.right,
                A_ub=np.array(least) if least else None,
                b_ub=limits or None,
            ).fun
            for sign in (1.0, -1.0)
        ]
        return ends[0], -ends[1]


Cells = dict[str, dict[str, dict[str, int]]]


def tables_of(cells: Cells, keep_last: bool = False) -> list[Table]:
    """Tables (with the sizes of the groups) from table -> group -> option -> ballots."""
    made = []
    for name, by in cells.items():
        counts = {o: sum(by[g][o] for g in ROWS) for o in OPTIONS}
        made.append(Table(name, counts, by, keep_last))
    first = next(iter(cells.values()))
    made.append(Table("groups", {g: sum(first[g].values()) for g in ROWS}))
    return made


@st.composite
def ballots(draw: st.DrawFn, least: int = 6, most: int = 30) -> list[list[tuple[str, str, str]]]:
    """People as (group, answer to p, answer to q), with lopsided tables often among them."""
    people = []
    for group in ROWS:
        size = draw(st.integers(least, most))
        leaning = st.sampled_from(OPTIONS[: draw(st.integers(1, 4))])
        people += [(group, draw(leaning), draw(leaning)) for _ in range(size)]
    return people


def count(people: list[tuple[str, str, str]]) -> Cells:
    cells = {n: {g: dict.fromkeys(OPTIONS, 0) for g in ROWS} for n in ("p", "q")}
    for group, p, q in people:
        cells["p"][group][p] += 1
        cells["q"][group][q] += 1
    return cells


def truth(states: Sequence[Cells], attacker: Attacker) -> np.ndarray:
    return np.array([states[i][n][g][o] for i, n, g, o in attacker.atoms], dtype=float)


@settings(max_examples=150, deadline=None)
@given(ballots(), st.booleans())
def test_no_sum_of_cells_that_can_be_worked_out_is_below_k(people, keep_last) -> None:
    cells = count(people)
    told = release(tables_of(cells, keep_last))
    attacker = Attacker([told], ("p", "q"))
    values = truth([cells], attacker)
    for name in ("p", "q"):
        candidates = attacker.subsets(0, name)
        known = candidates[attacker.known(candidates)] @ values
        assert known.size >= 1  # the number of ballots itself
        assert known.min() >= K


@settings(max_examples=40, deadline=None)
@given(ballots(), st.booleans())
def test_no_small_cell_is_pinned_down_by_bounds_either(people, keep_last) -> None:
    cells = count(people)
    told = release(tables_of(cells, keep_last))
    attacker = Attacker([told], ("p", "q"))
    floors = {n: t.at_least for n, t in told.tables.items() if t.at_least}
    for (i, name, group, option), value in zip(
        attacker.atoms, truth([cells], attacker), strict=True
    ):
        if value < K:
            low, high = attacker.bounds((i, name, group, option), floors)
            assert high - low >= 1.0 - 1e-6, (name, group, option, low, high)


@st.composite
def growing(draw: st.DrawFn) -> list[list[tuple[str, str, str]]]:
    """States of a round: people join between releases, and some change their answers."""
    states = [draw(ballots())]
    for _ in range(draw(st.integers(1, 2))):
        people = list(states[-1])
        for _ in range(draw(st.integers(0, 6))):
            at = draw(st.integers(0, len(people) - 1))
            group, p, _ = people[at]
            people[at] = (group, p, draw(st.sampled_from(OPTIONS)))
        joining = st.tuples(st.sampled_from(ROWS), *[st.sampled_from(OPTIONS)] * 2)
        people += draw(st.lists(joining, min_size=0, max_size=60))
        states.append(people)
    return states


@settings(max_examples=300, deadline=None)
@given(growing(), st.booleans())
def test_no_difference_of_releases_that_can_be_worked_out_is_below_k(states, keep_last) -> None:
    cells = [count(people) for people in states]
    releases: list[Release] = []
    for state in cells:
        before = releases[-1] if releases else None
        releases.append(release(tables_of(state, keep_last), previous=before))
    news = [i for i, told in enumerate(releases) if told.refused is None]
    releases, cells = [releases[i] for i in news], [cells[i] for i in news]
    attacker = Attacker(releases, ("p", "q"))
    values = truth(cells, attacker)
    for (i, j), name in itertools.product(
        itertools.combinations(range(len(releases)), 2), ("p", "q")
    ):
        change = attacker.subsets(j, name) - attacker.subsets(i, name)
        known = change[attacker.known(change)] @ values
        assert known.min() >= K  # the number of ballots, at least, is known to have grown
        for number in (i, j):
            sums = attacker.subsets(number, name)
            assert (sums[attacker.known(sums)] @ values).min() >= K


@pytest.mark.parametrize("keep_last", [False, True])
@pytest.mark.parametrize(
    ("ballots", "options"),
    [(10, 2), (10, 3), (13, 3), (20, 3), (40, 3), (10, 4), (14, 4), (18, 4), (23, 4), (12, 5)],
)
def test_knowing_the_rule_itself_pins_down_no_withheld_count(
    ballots: int, options: int, keep_last: bool
) -> None:
    """All tables of so many ballots: a withheld count always leaves k - 1 possibilities."""
    names = (*("agree", "disagree", "pass", "other", "skipped")[: options - 1], "skipped")
    seen: dict[str, list[dict[str, int]]] = defaultdict(list)
    told: dict[str, Published] = {}
    for some in itertools.product(range(ballots + 1), repeat=options - 1):
        if sum(some) <= ballots:
            counts = dict(zip(names, (*some, ballots - sum(some)), strict=True))
            table = release([Table("q", counts, keep_last=keep_last)]).tables["q"]
            seen[repr(table)].append(counts)
            told[repr(table)] = table
    for key, candidates in seen.items():
        for option in set(names) - set(told[key].counts):
            assert len({counts[option] for counts in candidates}) >= K - 1
