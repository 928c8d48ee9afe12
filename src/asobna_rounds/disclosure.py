"""The one door through which a figure leaves a round.

Rule: everything published about the ballots of a round is a sum of blocks, and every block holds
at least k ballots. A block is one option, or several that are only told together. So no
published count, no complement of one, and nothing that follows from them by adding and
subtracting speaks of fewer than k people. "Nobody" and "everybody" count as small, too: an
option without a vote is told together with others. Which options share a block follows a fixed
order of trials, so that knowing the rule does not undo it (the minimality attack: Wong et al.,
VLDB 2007). Put the options that matter first and "skipped" last.

Two releases: a table once published keeps its blocks. It is told anew only when each of its
blocks has grown by at least k; otherwise the earlier figures stand, marked as carried. The
number of ballots and the sizes of groups follow the same rule.

What is not prevented: bounds ("fewer than 5" remains knowable), and what someone infers who
already knows other people's answers. Floating-point figures made from hidden counts would pass
this door unseen, so `deliberation.publish` computes every share from released counts alone.
Source of the rule: cell suppression with protection against differencing, Hundepool et al.,
Statistical Disclosure Control (2012), ch. 4.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from asobna_rounds.errors import FiguresError

K = 5
"""Fewest ballots behind any published figure."""
LEAST_BALLOTS = 10
"""With fewer ballots nothing is released at all."""

Way = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Table:
    """Counts of every ballot over the options of one question, not yet fit to be published.

    `counts` covers all ballots (add "skipped" or "no answer", last). `by` splits each count by
    group: group to option to count, summing to `counts`. `keep_last`: rather merge other options
    than the last; for rounds in which most people skip most statements, where shares mean
    something only beside the number who did not skip.
    """

    name: str
    counts: Mapping[str, int]
    by: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    keep_last: bool = False


@dataclass(frozen=True)
class Block:
    """Ballots that chose one of `options`."""

    options: tuple[str, ...]
    count: int


@dataclass(frozen=True)
class Published:
    """What may be told of one table: `blocks` that sum to `total`, none when all is withheld.

    `at_least` (option, bound) says that nearly everybody chose one option. `split` gives blocks
    for each group where all of them are large enough. `carried`: these are the figures of the
    earlier release.
    """

    total: int
    blocks: tuple[Block, ...]
    at_least: tuple[str, int] | None = None
    split: Mapping[str, tuple[Block, ...]] = field(default_factory=dict)
    carried: bool = False

    @property
    def counts(self) -> dict[str, int]:
        """Options told on their own."""
        return {block.options[0]: block.count for block in self.blocks if len(block.options) == 1}

    @property
    def other(self) -> int:
        """Ballots in options that are only told together, 0 if there are none."""
        return sum(block.count for block in self.blocks if len(block.options) > 1)

    @property
    def withheld(self) -> tuple[str, ...]:
        """Options that are only told together."""
        return tuple(o for block in self.blocks if len(block.options) > 1 for o in block.options)


@dataclass(frozen=True)
class Release:
    """Everything published at one time. `refused` is None, `ballots` (too few: nothing is told)
    or `nothing-new` (fewer than k new ballots: the earlier release stands)."""

    ballots: int
    tables: Mapping[str, Published]
    k: int
    refused: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data for a JSON file; `from_json` reads it back."""
        tables = {name: _published_json(told) for name, told in self.tables.items()}
        return {"ballots": self.ballots, "k": self.k, "refused": self.refused, "tables": tables}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Release:
        """The release written by `to_json`; raises `FiguresError` if it is not one."""
        try:
            tables = {name: _published_from(told) for name, told in data["tables"].items()}
            return cls(data["ballots"], tables, data["k"], data["refused"])
        except (KeyError, TypeError, AttributeError) as broken:
            raise FiguresError(
                f"this is not a release written by asobna-rounds ({broken!r}); pass the file as it"
                " was written"
            ) from None


def release(tables: Iterable[Table], k: int = K, previous: Release | None = None) -> Release:
    """Decide what may be published of `tables`, all about the same ballots.

    `previous` is the release before this one in the same round; leaving it out when there was
    one defeats the protection. Raises `FiguresError` where the tables do not add up or k is
    below 2 or not that of `previous`.
    """
    given = list(tables)
    ballots = _check(given, k, previous)
    if ballots < max(LEAST_BALLOTS, 2 * k):
        return Release(0, {}, k, "ballots")
    if previous is None or previous.refused == "ballots":
        told = {table.name: _suppress(table, ballots, k, True) for table in given}
        return Release(ballots, told, k)
    if ballots - previous.ballots < k:
        return Release(previous.ballots, _carry_all(previous.tables), k, "nothing-new")
    regroup = _rows_grew(given, previous, k)
    told = _carry_all(previous.tables)
    for table in given:
        before = previous.tables.get(table.name)
        told[table.name] = _renew(table, before, (ballots, k, regroup))
    return Release(ballots, told, k)


def _suppress(table: Table, ballots: int, k: int, split: bool) -> Published:
    for way in _ways(tuple(table.counts), table.keep_last):
        blocks = _sum(table.counts, way)
        if all(block.count >= k for block in blocks):
            return Published(ballots, blocks, None, _split(table, way, k) if split else {})
    return Published(ballots, (), _nearly_all(table.counts, ballots, k))


def _ways(options: tuple[str, ...], keep_last: bool) -> Iterator[Way]:
    """The ways in which a table may be told, in the order in which they are tried.

    First every option alone. With `keep_last`, then runs of neighbouring options alone, the last
    option alone, and the rest together. Then runs alone and all the rest together; long runs
    before short ones, early ones before late ones. The order does not depend on the counts, and
    the option before the last stands alone only where everything or nothing else does: with
    that, even who knows this rule is left with at least k - 1 possibilities for every withheld
    count (tested by enumeration).
    """
    if len(options) < 2:
        return
    yield tuple((option,) for option in options)
    asked, early = options[:-1], options[:-2]
    if keep_last:
        for alone in _runs(early, len(options) - 3):
            yield (*_singles(alone), _rest(asked, alone), options[-1:])
    for alone in _runs(early, len(options) - 2, least=2):
        yield (*_singles(alone), _rest(options, alone))
    for one in asked:
        if len(options) > 2:
            yield ((one,), _rest(options, (one,)))


def _runs(options: tuple[str, ...], most: int, least: int = 1) -> Iterator[tuple[str, ...]]:
    for length in range(most, least - 1, -1):
        for start in range(len(options) - length + 1):
            yield options[start : start + length]


def _singles(options: tuple[str, ...]) -> Way:
    return tuple((option,) for option in options)


def _rest(options: tuple[str, ...], told: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(option for option in options if option not in told)


def _nearly_all(counts: Mapping[str, int], ballots: int, k: int) -> tuple[str, int] | None:
    bound = ballots - k + 1
    return next(((option, bound) for option, n in counts.items() if n >= bound), None)


def _split(table: Table, told: Way, k: int) -> dict[str, tuple[Block, ...]]:
    """Blocks for every group, in the first way in which each block of each group holds k ballots
    and no option stands alone that does not in the way the whole is `told`."""
    for way in _ways(tuple(table.counts), table.keep_last):
        if len(table.by) > 1 and all(len(part) > 1 or part in told for part in way):
            split = {row: _sum(counts, way) for row, counts in table.by.items()}
            if all(block.count >= k for blocks in split.values() for block in blocks):
                return split
    return {}


def _renew(table: Table, before: Published | None, how: tuple[int, int, bool]) -> Published:
    """New figures in the blocks of the earlier release, or the earlier figures carried on."""
    ballots, k, regroup = how
    if before is None or not before.blocks:
        return _suppress(table, ballots, k, regroup)
    carried = Published(before.total, before.blocks, before.at_least, before.split, True)
    if set(table.counts) != {o for block in before.blocks for o in block.options}:
        return carried
    blocks = _again(table.counts, before.blocks)
    split = _split_again(table, before, k) if regroup else {}
    if not _grew(before.blocks, blocks, k) or (before.split and not split):
        return carried
    return Published(ballots, blocks, None, split)


def _split_again(table: Table, before: Published, k: int) -> dict[str, tuple[Block, ...]]:
    """The split in the blocks of the earlier one if all of them grew by k, else nothing."""
    if not before.split:
        return _split(table, tuple(block.options for block in before.blocks), k)
    if set(before.split) != set(table.by):
        return {}
    split = {row: _again(table.by[row], old) for row, old in before.split.items()}
    return split if all(_grew(old, split[row], k) for row, old in before.split.items()) else {}


def _rows_grew(tables: Sequence[Table], previous: Release, k: int) -> bool:
    """Groups may be told anew only when each has grown by k since they were last told.

    Their sizes were told by every split and by a table whose options are the groups.
    """
    sizes = next((_row_sizes(table) for table in tables if table.by), {})
    told = [
        {row: sum(block.count for block in blocks) for row, blocks in published.split.items()}
        for published in previous.tables.values()
        if published.split
    ]
    told += [p.counts for p in previous.tables.values() if p.counts and set(p.counts) == set(sizes)]
    return all(
        set(rows) == set(sizes) and all(sizes[row] - rows[row] >= k for row in rows)
        for rows in told
    )


def _row_sizes(table: Table) -> dict[str, int]:
    return {row: sum(counts.values()) for row, counts in table.by.items()}


def _sum(counts: Mapping[str, int], parts: Iterable[tuple[str, ...]]) -> tuple[Block, ...]:
    return tuple(Block(part, sum(counts[option] for option in part)) for part in parts)


def _again(counts: Mapping[str, int], blocks: Iterable[Block]) -> tuple[Block, ...]:
    return _sum(counts, (block.options for block in blocks))


def _grew(before: Iterable[Block], after: Iterable[Block], k: int) -> bool:
    return all(b.count - a.count >= k for a, b in zip(before, after, strict=True))


def _carry_all(tables: Mapping[str, Published]) -> dict[str, Published]:
    return {
        name: Published(told.total, told.blocks, told.at_least, told.split, True)
        for name, told in tables.items()
    }


def _check(tables: Sequence[Table], k: int, previous: Release | None) -> int:
    """The number of ballots all tables share."""
    if k < 2:
        raise FiguresError(f"k = {k} would publish single ballots; use at least 2, better 5")
    if previous is not None and previous.k != k:
        raise FiguresError(f"the earlier release used k = {previous.k}; this one must, too")
    names = [table.name for table in tables]
    if not tables or len(set(names)) != len(names):
        raise FiguresError("give at least one table, and every table its own name")
    totals = {sum(table.counts.values()) for table in tables}
    if len(totals) > 1:
        raise FiguresError(
            f"the tables count {min(totals)} to {max(totals)} ballots; count all ballots in each,"
            " with an option for those who skipped it"
        )
    for table in tables:
        _check_split(table)
    rows = [_row_sizes(table) for table in tables if table.by]
    if any(sizes != rows[0] for sizes in rows):
        raise FiguresError("the groups differ in size between tables; split all by the same groups")
    return totals.pop()


def _check_split(table: Table) -> None:
    if any(n < 0 for n in table.counts.values()):
        raise FiguresError(f"table {table.name}: a count is below 0")
    if not table.by:
        return
    for option, n in table.counts.items():
        if sum(counts.get(option, -1) for counts in table.by.values()) != n:
            raise FiguresError(f"table {table.name}: the groups do not sum to {option} = {n}")


def _published_json(told: Published) -> dict[str, Any]:
    def plain(blocks: Iterable[Block]) -> list[dict[str, Any]]:
        return [{"options": list(block.options), "count": block.count} for block in blocks]

    return {
        "total": told.total,
        "blocks": plain(told.blocks),
        "at_least": list(told.at_least) if told.at_least else None,
        "split": {row: plain(blocks) for row, blocks in told.split.items()},
        "carried": told.carried,
    }


def _published_from(data: Mapping[str, Any]) -> Published:
    def blocks(plain: Iterable[Mapping[str, Any]]) -> tuple[Block, ...]:
        return tuple(Block(tuple(block["options"]), block["count"]) for block in plain)

    bound = data["at_least"]
    return Published(
        data["total"],
        blocks(data["blocks"]),
        (bound[0], bound[1]) if bound else None,
        {row: blocks(plain) for row, plain in data["split"].items()},
        data["carried"],
    )
