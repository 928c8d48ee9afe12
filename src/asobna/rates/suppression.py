"""Which figures are too thin to print, and which others must go so that none can be worked out.

The thresholds are those of the US National Center for Health Statistics (Parker et al. 2017,
Vital and Health Statistics 2(175)) as its own package `surveytable` applies them, and two more:
fewer than ten families of documents hide a cell, and a low share that fails only the relative
width is printed as "at most U" instead of being hidden.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from asobna.rates.estimators import Estimate

Ints = NDArray[np.integer[Any]]

MIN_N_EFF = 30
MIN_FAMILIES = 10
MAX_WIDTH = 0.30
#: A relative width only counts above this absolute one.
SMALL_WIDTH = 0.05
MAX_RELATIVE_WIDTH = 1.30
REVIEW_DF = 8
#: Standard errors of a balance are in logarithms; wider than a factor of four says nothing.
MAX_BALANCE_WIDTH = 2.8

SHOWN, REVIEW, AT_MOST, HIDDEN = "shown", "review", "at-most", "hidden"


class Verdict(NamedTuple):
    """What may be printed of one figure, and why."""

    state: str
    reason: str | None = None


_FEW_FAMILIES = Verdict(HIDDEN, f"fewer than {MIN_FAMILIES} families of documents")
_FEW_UNITS = Verdict(HIDDEN, f"fewer than {MIN_N_EFF} independent units")
_WIDE_BALANCE = Verdict(HIDDEN, "interval too wide")
_WIDE = Verdict(HIDDEN, f"interval wider than {MAX_WIDTH * 100:.0f} points")
_LOW = Verdict(AT_MOST, "the share is low and its interval wide for it")
_FEW_DF = Verdict(REVIEW, f"fewer than {REVIEW_DF} degrees of freedom")
_ALL_OR_NONE = Verdict(REVIEW, "none or all of the units")
_SHOWN = Verdict(SHOWN)


def judge_figure(estimate: Estimate | None, families: int, unit: str) -> Verdict:
    """Apply the thresholds to one figure resting on `families` families of documents."""
    if families < MIN_FAMILIES or estimate is None:
        return _FEW_FAMILIES
    if estimate.n_eff < MIN_N_EFF:
        return _FEW_UNITS
    width = estimate.high - estimate.low
    if unit == "log-ratio":
        return _WIDE_BALANCE if width >= MAX_BALANCE_WIDTH else _review(estimate, share=False)
    if width >= MAX_WIDTH:
        return _WIDE
    if width > SMALL_WIDTH and width > MAX_RELATIVE_WIDTH * estimate.value:
        return _LOW
    return _review(estimate, share=True)


def _review(estimate: Estimate, *, share: bool) -> Verdict:
    if estimate.df < REVIEW_DF:
        return _FEW_DF
    return _ALL_OR_NONE if share and estimate.value in (0, 1) else _SHOWN


class Cell(NamedTuple):
    """A set of documents that a figure is about; `family` names the partition it belongs to."""

    axis: str
    value: str | None
    period: str | None
    rows: Ints

    @property
    def partition(self) -> tuple[str, bool]:
        """Cells of one partition do not overlap; the set of all documents is one of its own."""
        return (self.axis, self.period is not None)


SUBTRACTED = "could be worked out from others, of which one is hidden"
#: Of the sides of a date that lies within a year which is all that some dates tell.
COARSE = "documents of that year tell no month, are on neither side, and too few to be told of"
SLID = "two reports could be subtracted"


#: Pairs of a cell and the cells of one partition that lie wholly within it, as indices.
Nested = list[tuple[int, list[int]]]


def hide_subtractions(
    cells: Sequence[Cell], hidden: set[int], publishable: Callable[[Ints], bool],
    nested: Nested | None = None,
) -> set[int]:  # fmt: skip
    """Indices of `cells` to hide besides `hidden`, for one measure.

    Wherever a cell holds cells of a partition, subtracting those that are shown from it leaves a
    remainder. Where the remainder holds a hidden cell, it must be `publishable` itself and more
    than that one cell; else the smallest shown part is hidden too, and the whole if no part is
    left. Where shown parts add up to a hidden whole, the smallest of them goes. Repeats until
    nothing changes. Rows of a cell are the documents that hold a unit. `nested`
    saves the work of `nest_cells` where it is known.
    """
    families = nest_cells(cells) if nested is None else nested
    gone = set(hidden)
    while True:
        before = len(gone)
        for whole, parts in families:
            if whole in gone:
                gone |= _open_sum(cells, (whole, parts), gone)
            elif gone.intersection(parts):
                gone |= _guard(cells, (whole, parts), gone, publishable)
        if len(gone) == before:
            return gone - hidden


def _open_sum(cells: Sequence[Cell], family: tuple[int, list[int]], gone: set[int]) -> set[int]:
    """The smallest part, where parts that are all shown add up to the hidden whole."""
    whole, parts = family
    if gone.intersection(parts):
        return set()
    sizes = [len(cells[part].rows) for part in parts]
    return {parts[sizes.index(min(sizes))]} if sum(sizes) == len(cells[whole].rows) else set()


def _guard(
    cells: Sequence[Cell], family: tuple[int, list[int]], gone: set[int],
    publishable: Callable[[Ints], bool],
) -> set[int]:  # fmt: skip
    """Parts to hide, or the whole, so that no hidden part can be had by subtraction."""
    whole, parts = family
    shown = sorted((part for part in parts if part not in gone),
                   key=lambda part: (-len(cells[part].rows), part))  # fmt: skip
    lost = [part for part in parts if part in gone]
    more: set[int] = set()
    while True:
        rest = cells[whole].rows
        if shown:
            taken = np.concatenate([cells[part].rows for part in shown])
            rest = np.setdiff1d(rest, taken, assume_unique=True)
        alone = len(lost) == 1 and len(rest) == len(cells[lost[0]].rows)
        if not alone and (not shown or publishable(rest)):
            return more
        if not shown:
            return more | {whole}
        lost.append(shown.pop())
        more.add(lost[-1])


def gives_away(
    cells: Sequence[Cell], whole: Cell, gone: set[int], publishable: Callable[[Ints], bool]
) -> bool:
    """Whether showing `whole` besides `cells`, of which `gone` are hidden, brings one back."""
    size = max((int(cell.rows.max()) + 1 for cell in [*cells, whole] if len(cell.rows)), default=0)
    inside = np.zeros(size, dtype=np.bool_)
    inside[whole.rows] = True
    partitions: dict[tuple[str, bool], list[int]] = {}
    for at, cell in enumerate(cells):
        if len(cell.rows) and inside[cell.rows[0]] and inside[cell.rows].all():
            partitions.setdefault(cell.partition, []).append(at)
    return any(_guard([*cells, whole], (len(cells), parts), gone, publishable)
               for parts in partitions.values() if gone.intersection(parts))  # fmt: skip


def nest_cells(cells: Sequence[Cell]) -> Nested:
    """Every cell with those cells of one partition that lie wholly within it."""
    size = max((int(cell.rows.max()) + 1 for cell in cells if len(cell.rows)), default=0)
    partitions: dict[tuple[str, bool], list[int]] = {}
    for index, cell in enumerate(cells):
        if len(cell.rows):
            partitions.setdefault(cell.partition, []).append(index)
    ends = {name: tuple(np.array([cells[part].rows[end] for part in parts]) for end in (0, -1))
            for name, parts in partitions.items()}  # fmt: skip
    seen = np.zeros(size, dtype=np.bool_)
    for cell in cells:
        seen[cell.rows] = True
    everything = int(np.count_nonzero(seen))
    families: Nested = []
    for whole_partition, wholes in partitions.items():
        if len(cells[wholes[0]].rows) == everything:
            families += [(wholes[0], parts) for partition, parts in partitions.items()
                         if partition != whole_partition]  # fmt: skip
            continue
        owner = np.full(size, -1, dtype=np.int32)
        for index in wholes:
            owner[cells[index].rows] = index
        for partition, parts in partitions.items():
            if partition != whole_partition:
                # Most parts that do not lie within one cell show it at their ends.
                first, last = (owner[end] for end in ends[partition])
                likely = np.flatnonzero((first >= 0) & (first == last))
                families += _within(cells, owner, [parts[at] for at in likely])
    return families


def _within(cells: Sequence[Cell], owner: NDArray[np.int32], parts: list[int]) -> Nested:
    if not parts:
        return []
    sizes = np.array([len(cells[part].rows) for part in parts])
    starts = np.cumsum(sizes) - sizes
    owners = owner[np.concatenate([cells[part].rows for part in parts])]
    whole = np.logical_and.reduceat(owners == np.repeat(owners[starts], sizes), starts)
    inside: dict[int, list[int]] = {}
    for part, one, first in zip(parts, whole.tolist(), owners[starts].tolist(), strict=True):
        if one:
            inside.setdefault(first, []).append(part)
    return list(inside.items())
