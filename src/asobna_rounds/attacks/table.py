"""All attacks one after another, and their table for a terminal of eighty columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from asobna_rounds.attacks import canary, seizure, timing
from asobna_rounds.attacks.strategies import WEAK
from asobna_rounds.credentials.forgeries import Attack
from asobna_rounds.errors import BoxError

SHORT_SEIZURE = {12: 50, 40: 5, 150: 1}
SHORT_FORGERIES, LONG_FORGERIES = 20_000, 1_000_000


class Line(NamedTuple):
    """One attack: what the attacker got, what was allowed, whether it held; `known` if weak."""

    attack: str
    got: str
    allowed: str
    held: bool
    known: bool = False


def run_all(full: bool, only: tuple[str, ...] = ()) -> Iterator[Line]:
    """The attacks named in `only`, or all; `full` uses the numbers of the full test."""
    runs = {"seizure": _seizure, "canary": _canary, "timing": _timing, "forgery": _forgery}
    if unknown := sorted(set(only) - set(runs)):
        raise BoxError(f"--only {unknown[0]}: there are {', '.join(runs)}")
    for name, attack in runs.items():
        if name in only or not only:
            yield from attack(full)


def _seizure(full: bool) -> Iterator[Line]:
    for size in seizure.SIZES:
        count = seizure.MOMENTS if full else SHORT_SEIZURE[size]
        for score in seizure.run(size, count):
            named = score.strategy in WEAK or score.strategy == seizure.CONTROL
            yield Line(
                f"seizure n={size}: {score.strategy}",
                f"{100 * score.rate:.1f} %",
                f"{100 * score.limit:.1f} %",
                score.held or named,
                named,
            )
    slip = seizure.stolen_code()
    yield Line("code taken before sealing", _yes(slip.before_sealing), "named", True, True)
    yield Line("code taken after sealing", _yes(slip.after_sealing), "no", not slip.after_sealing)
    yield Line("code taken after close", _yes(slip.after_close), "no", not slip.after_close)


def _yes(found: bool) -> str:
    return "found" if found else "nothing"


def _canary(full: bool) -> Iterator[Line]:
    del full
    hunt = canary.run()
    held = not hunt.found and hunt.planted
    searched = f"canaries: {hunt.sought} in {hunt.bytes_read} bytes on disk"
    yield Line(searched, f"{len(hunt.found)} found", "0", held)


def _timing(full: bool) -> Iterator[Line]:
    for timed in timing.run(timing.TRIES * (5 if full else 1)):
        got = f"{100 * timed.two_phases:.1f} %"
        allowed = f"{200 * timed.chance:.1f} %"
        yield Line(f"timing n={timed.size}", got, allowed, timed.held)
        without = f"{100 * timed.one_phase:.1f} %"
        yield Line(f"timing n={timed.size}, control: one phase", without, "", True, True)


def _forgery(full: bool) -> Iterator[Line]:
    tally = Attack.on_a_round().run(LONG_FORGERIES if full else SHORT_FORGERIES)
    tried, accepted = sum(tally.tried.values()), sum(tally.accepted.values())
    yield Line(f"credentials: {tried} false ones", f"{accepted} in", "0", accepted == 0)


def table(lines: list[Line]) -> str:
    """The table. "weak" marks what is known not to hold and named in THREATS.md."""
    rows = [("attack", "attacker got", "allowed", "")]
    for line in lines:
        verdict = "control" if "control" in line.attack else "weak" if line.known else None
        rows.append(
            (line.attack, line.got, line.allowed, verdict or ("held" if line.held else "FAILED"))
        )
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if at in (0, 3) else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    )
