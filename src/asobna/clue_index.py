"""Which of many expressions a text may match, by the clues (see clues.py) that it holds.

One pass over a text finds the literals of all clues; bits say which of them an expression wants. A
second look asks for their order: it sees more and takes longer, so it is for expressions whose
compilation it may save.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from ahocorasick_rs import BytesAhoCorasick, MatchKind

from asobna.clues import Clue, Clues, weakness


class ClueIndex:
    """Which of several expressions a text holds the clues of."""

    def __init__(self, clues: Sequence[Clues]) -> None:
        self._clues = clues
        every = dict.fromkeys(clue for told in clues for branch in told for clue in branch)
        numbers = {clue: number for number, clue in enumerate(sorted(every, key=weakness))}
        self._always: set[int] = set()
        # An alternative is asked about only where its most telling clue is there.
        self._asked: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for owner, told in enumerate(clues):
            for branch in told:
                here = {numbers[clue] for clue in branch}
                if here:
                    self._asked[min(here)].append((owner, _bits(here)))
                else:
                    self._always.add(owner)
        self._held: dict[str, list[int]] = {"\n": []}  # something to look for, if there is nothing
        for clue, number in numbers.items():
            for literal in clue:
                self._held.setdefault(literal, []).append(number)
        self._literals = list(self._held)
        self._told: list[tuple[int, frozenset[int]] | None] = [None] * len(self._held)
        encoded = list(map(str.encode, self._literals))
        self._automaton = BytesAhoCorasick(encoded, matchkind=MatchKind.Standard)

    def possible(self, text: bytes) -> list[int]:
        """Numbers of the expressions, ascending, that may match a text whose case is folded."""
        found = self._automaton.find_matches_as_indexes(text, overlapping=True)
        held, asked = 0, set[int]()
        for index in {index for index, _, _ in found}:
            mask, asking = self._told[index] or self._tell(index)
            held |= mask
            asked |= asking
        owners = set(self._always)
        for number in asked:
            for owner, wanted in self._asked[number]:
                if wanted & held == wanted:
                    owners.add(owner)
        return sorted(owners)

    def _tell(self, index: int) -> tuple[int, frozenset[int]]:
        """The clues that a literal is one of, and those that are asked about, when it is met."""
        numbers = self._held[self._literals[index]]
        told = _bits(numbers), frozenset(numbers) & self._asked.keys()
        self._told[index] = told
        return told

    def in_order(self, owner: int, text: bytes) -> bool:
        """Whether a text holds the clues of one alternative one after another, as a match does.

        It sees more than `possible` and takes longer.
        """
        places = self._places(text)
        return any(_in_order(branch, places) for branch in self._clues[owner])

    def _places(self, text: bytes) -> dict[str, list[tuple[int, int]]]:
        places: dict[str, list[tuple[int, int]]] = defaultdict(list)
        for index, start, end in self._automaton.find_matches_as_indexes(text, overlapping=True):
            places[self._literals[index]].append((start, end))
        return places


def _bits(numbers: Iterable[int]) -> int:
    return sum(1 << number for number in numbers)


def _in_order(clues: Sequence[Clue], places: Mapping[str, list[tuple[int, int]]]) -> bool:
    """Whether literals of all clues stand one after another; each is taken as early as it ends."""
    at = 0
    for clue in clues:
        ends = [
            end for literal in clue & places.keys() for start, end in places[literal] if start >= at
        ]
        if not ends:
            return False
        at = min(ends)
    return True
