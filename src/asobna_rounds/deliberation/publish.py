"""The published form of a result: every figure in it follows from released counts alone.

The engine's result holds exact counts. Here they pass `disclosure.release`, and shares,
intervals and verdicts are worked out again from what came through, so that no decimal place
carries a count that was held back.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from math import isnan
from typing import Any

import numpy as np

from asobna_rounds.disclosure import K, Published, Release, Table, release
from asobna_rounds.errors import FiguresError
from asobna_rounds.polls import LEAST_EFFECTIVE, SILENT, Poll, wilson

from .consensus import VERDICTS, judge
from .gate import LEVEL, STABILITY, Gate
from .result import DeliberationResult, Groups
from .routing import ROUTING_FROM

OPTIONS = ("agree", "disagree", "pass", "skipped")
GROUP_NAMES = "ABCDE"
GROUPS_TABLE = "groups"
AXIS_TOLD = 6
"""Outermost statements of the first axis that are told, where groups are not."""
P_TOLD = (0.01, LEVEL)
"""A p value is told as the range between two of these that it lies in."""
SKIPPING_FROM = 60
"""With more ballots, or more than `ROUTING_FROM` statements, many skip a statement: then their
number is told before those who disagree or pass, so that shares refer to people who voted. Both
numbers are public, so the choice tells nothing."""


@dataclass(frozen=True)
class ToldStatement:
    """One statement as published.

    `counts` of the options told alone and `other` for the rest together; `base` is what shares
    refer to: those who voted where that number was released, else all ballots. `side`, `share`,
    `low`, `high`, `verdict` as in `Statement`, from released counts; None where they give none.
    `at_least` (option, bound) where nearly everybody chose one option. `by_group`: counts for
    each group, where they were released.
    """

    index: int
    counts: Mapping[str, int]
    other: int
    base: int
    side: str | None
    share: float | None
    low: float | None
    high: float | None
    verdict: str
    minority_kept: bool
    at_least: tuple[str, int] | None
    by_group: Mapping[str, Mapping[str, int]]
    carried: bool


@dataclass(frozen=True)
class PublishedResult:
    """All that a report may print about the votes. `refused` as in `Release`.

    `gate` figures are ranges; `groups` maps a letter to its size, empty without groups;
    `representative` maps it to (statement, side), empty when the groups of an earlier release
    are carried on; `axis` holds (statement, end), end 1 or -1. The last two are chosen from exact
    counts but tell none. `gate`, `representative` and `axis` are empty where nothing new is told.
    """

    release: Release
    invited: int | None
    gate: Mapping[str, Any]
    statements: tuple[ToldStatement, ...]
    groups: Mapping[str, int]
    representative: Mapping[str, tuple[tuple[int, str], ...]]
    axis: tuple[tuple[int, int], ...]

    @property
    def refused(self) -> str | None:
        """Why nothing, or nothing new, is told: `ballots`, `nothing-new`, or None."""
        return self.release.refused

    def to_json(self) -> dict[str, Any]:
        """Plain data for the report and, its `release` part, for the next release."""
        return {
            "release": self.release.to_json(),
            "refused": self.refused,
            "ballots": self.release.ballots,
            "invited": self.invited,
            "gate": dict(self.gate),
            "statements": [asdict(told) for told in self.statements],
            "groups": dict(self.groups),
            "representative": {
                g: [list(r) for r in told] for g, told in self.representative.items()
            },
            "axis": [list(pair) for pair in self.axis],
        }


def release_result(
    result: DeliberationResult,
    *,
    polls: Iterable[Table] = (),
    previous: Release | None = None,
    k: int = K,
) -> PublishedResult:
    """Publish a complete result, together with the `polls` of the same ballots.

    `previous` is the release before this one. Raises `FiguresError` for a result in between two
    complete ones, and for tables that do not add up.
    """
    if not result.complete:
        raise FiguresError("this result follows an open round; call Session.complete first")
    told = release([*_tables(result), *polls], k, previous)
    if told.refused == "ballots":
        return PublishedResult(told, result.invited, {}, (), {}, {}, ())
    sizes = told.tables.get(GROUPS_TABLE)
    groups = sizes.counts if sizes else {}
    statements = tuple(
        _statement(int(name.partition(":")[2]), table, result.invited)
        for name, table in told.tables.items()
        if name.startswith("statement:")
    )
    if told.refused is not None:
        return PublishedResult(told, result.invited, {}, statements, groups, {}, ())
    shown = result.groups if sizes and not sizes.carried else None
    found = _representative(shown) if shown else {}
    gate, axis = _gate(result.gate, told.ballots, groups), _axis(result)
    return PublishedResult(told, result.invited, gate, statements, groups, found, axis)


def publish_poll(poll: Poll, told: Published, k: int = K) -> dict[str, Any]:
    """A poll as published: whole percents for the options released alone.

    `told` is the released table of `Poll.cells`. Percents are of those who answered where their
    number was released, else of all ballots (`base`). They are weighted only where each released
    block holds k ballots of every weight: else a weighted share beside its count would tell who
    the few heavy ballots chose. `margins` is empty where they are not weighted. `refused` is
    `n_eff` where too few effective answers are left.
    """
    known = SILENT in told.counts
    base = told.total - told.counts.get(SILENT, 0)
    if poll.margins and _weights_are_safe(poll, told, k):
        figures = poll if known else poll.of_all_ballots()
        rows = {o.label: (o.share, o.low, o.high) for o in figures.options}
        deff, n_eff, margins = figures.deff, figures.n_eff, poll.margins
    else:
        counts = {label: n for label, n in told.counts.items() if label != SILENT}
        low, high = wilson(list(counts.values()), base, poll.invited)
        shares = [count / base for count in counts.values()]
        rows = dict(zip(counts, zip(shares, low.tolist(), high.tolist(), strict=True), strict=True))
        deff, n_eff, margins = 1.0, float(base), ()
    refused = "n_eff" if n_eff < LEAST_EFFECTIVE else None
    shown = [] if refused else [o.label for o in poll.options if o.label in told.counts]
    return {
        "counts": told.counts,
        "other": told.other,
        "at_least": told.at_least,
        "total": told.total,
        "base": base,
        "refused": refused,
        "margins": list(margins),
        "n_eff": round(n_eff),
        "deff": round(deff, 1),
        "percent": {label: [round(100 * f) for f in rows[label]] for label in shown},
    }


def _weights_are_safe(poll: Poll, told: Published, k: int) -> bool:
    at = {label: i for i, label in enumerate(poll.cells)}
    blocks = [[at[option] for option in block.options] for block in told.blocks]
    counts = [poll.crossed.counts[:, block].sum(axis=1).min() for block in blocks]
    return not told.carried and bool(counts) and min(counts) >= k


def _tables(result: DeliberationResult) -> list[Table]:
    split = _by_group(result.groups) if result.groups else {}
    skipping = len(result.statements) > ROUTING_FROM or result.ballots > SKIPPING_FROM
    tables = []
    for told in result.statements:
        counts = dict(zip(OPTIONS, told[1:5], strict=True))
        by = {name: table[told.statement] for name, table in split.items()}
        tables.append(Table(f"statement:{told.statement}", counts, by, skipping))
    if result.groups:
        sizes = dict(zip(GROUP_NAMES, result.groups.sizes, strict=False))
        tables.append(Table(GROUPS_TABLE, sizes))
    return tables


def _by_group(groups: Groups) -> dict[str, list[dict[str, int]]]:
    counts, split = groups.counts, dict[str, list[dict[str, int]]]()
    for row, size in enumerate(groups.sizes):
        columns = (counts.agree[row], counts.disagree[row], counts.passed[row])
        each = zip(*(column.tolist() for column in columns), strict=True)
        split[GROUP_NAMES[row]] = [
            dict(zip(OPTIONS, (*voted, size - sum(voted)), strict=True)) for voted in each
        ]
    return split


def _statement(index: int, told: Published, invited: int | None) -> ToldStatement:
    counts = told.counts
    base = told.total - counts.get("skipped", 0)
    known = dict(counts)
    if told.at_least and told.at_least[0] in ("agree", "disagree"):
        known[told.at_least[0]] = told.at_least[1]
    agree, disagree = known.get("agree", 0), known.get("disagree", 0)
    found = judge(np.array([agree]), np.array([disagree]), np.array([base]), invited)
    side = ("agree" if agree >= disagree else "disagree") if agree or disagree else None
    low, high = (
        (found.agree_low[0], found.agree_high[0])
        if side == "agree"
        else (found.disagree_low[0], found.disagree_high[0])
    )
    exact = side in counts
    return ToldStatement(
        index,
        counts,
        told.other,
        base,
        side,
        max(agree, disagree) / base if exact else None,
        float(low) if side else None,
        float(high) if exact else None,
        VERDICTS[int(found.verdict[0])],
        bool(found.minority[0]),
        told.at_least,
        {
            row: {b.options[0]: b.count for b in blocks if len(b.options) == 1}
            for row, blocks in told.split.items()
        },
        told.carried,
    )


def _representative(groups: Groups) -> dict[str, tuple[tuple[int, str], ...]]:
    """Which statements set a group apart, in the order of the statements: no figure, no rank."""
    named = zip(GROUP_NAMES, groups.representative, strict=False)
    return {name: tuple(sorted((r.statement, r.side) for r in chosen)) for name, chosen in named}


def _axis(result: DeliberationResult) -> tuple[tuple[int, int], ...]:
    """The outermost statements of the first axis by the end they are at: no loading, no rank."""
    outer = () if result.axis is None else result.axis.statements[:AXIS_TOLD]
    ends = ((at, 1 if loading > 0 else -1) for at, loading in outer)
    return tuple(sorted(ends, key=lambda pair: (-pair[1], pair[0])))


def _gate(gate: Gate, ballots: int, groups: Mapping[str, int]) -> dict[str, Any]:
    """The verdict, with the range each number lies in; None where a rule could not be tried.

    The numbers themselves are a fingerprint of all votes: whoever knows the others' finds out by
    trying who the one is whose vote was held back. So only the first rule that failed is told, and
    not the numbers of shuffles and resamples, which would tell how many votes there were. Ballots
    and the smallest group are told as released: the gate's own exclude people with few votes,
    whose number would follow from the difference.
    """
    return {
        "ballots": ballots,
        "p_value": _range(gate.p_value, P_TOLD),
        "stability": _range(gate.stability, (STABILITY,)),
        "smallest": min(groups.values()) if groups else None,
        "structure": gate.structure,
        "shown": gate.shown,
        "reasons": gate.reasons[:1],
    }


def _range(number: float, cuts: tuple[float, ...]) -> tuple[float, float] | None:
    """The range between two neighbouring `cuts`, 0 or 1 that `number` lies in, low end included."""
    if isnan(number):
        return None
    ends = (0.0, *cuts, 1.0)
    at = sum(number >= cut for cut in cuts)
    return ends[at], ends[at + 1]
