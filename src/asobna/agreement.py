"""How far coders agree: Krippendorff's alpha for values without order, with intervals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

#: Variables that are coded, in the order of the codebook. An attribute of one standing is compared
#: only where all coders gave that standing.
VARIABLES = ("standing", "warrant", "kind_of_pair", "support", "basis", "actor", "blame", "voice",
             "time")  # fmt: skip
PUBLISH, TENTATIVE = 0.80, 0.67
DRAWS = 2000
#: Fewer units than this give no interval.
MIN_UNITS = 10

Unit = Sequence[Any]


class Agreement(NamedTuple):
    """Alpha of one variable. `units` are mentions that at least two coders coded."""

    variable: str
    alpha: float | None
    low: float | None
    high: float | None
    units: int
    coders: int

    @property
    def verdict(self) -> str:
        """What codebook section 12 allows: publish, tentative or merge values first."""
        if self.alpha is None:
            return "not determined: too few units, or one value only"
        if self.alpha >= PUBLISH:
            return "publish"
        return "tentative" if self.alpha >= TENTATIVE else "merge values first"


def krippendorff_alpha(units: Sequence[Unit]) -> float | None:
    """Alpha for nominal values (Krippendorff 2019, chapter 12). None where it is undefined.

    units: for each unit the values given, one per coder, None where a coder gave none. Units with
    fewer than two values say nothing. Undefined when no two values differ anywhere.
    """
    pairable = [[value for value in unit if value is not None] for unit in units]
    pairable = [values for values in pairable if len(values) > 1]
    observed = sum(_disagreement(Counter(values)) / (len(values) - 1) for values in pairable)
    pooled = Counter(value for values in pairable for value in values)
    total = sum(pooled.values())
    expected = _disagreement(pooled) / (total - 1) if total > 1 else 0.0
    return None if expected == 0 else 1 - observed / expected


def _disagreement(counts: Counter[Any]) -> float:
    """Ordered pairs of values that differ."""
    total = sum(counts.values())
    return float(total**2 - sum(count**2 for count in counts.values()))


def alpha_interval(units: Sequence[Unit], seed: int) -> tuple[float, float] | None:
    """A 95 per cent percentile interval over units drawn again with replacement.

    None with fewer than MIN_UNITS units. Where every draw agrees fully, alpha is undefined and
    counts as 1.
    """
    kept = [unit for unit in units if sum(value is not None for value in unit) > 1]
    if len(kept) < MIN_UNITS:
        return None
    generator = np.random.default_rng(seed)
    draws = []
    for _ in range(DRAWS):
        picked = generator.integers(0, len(kept), len(kept))
        alpha = krippendorff_alpha([kept[at] for at in picked])
        draws.append(1.0 if alpha is None else alpha)
    low, high = np.quantile(draws, [0.025, 0.975])
    return float(low), float(high)


def measure_agreement(
    codings: Sequence[Mapping[str, Mapping[str, Any]]], seed: int = 1
) -> list[Agreement]:
    """Agreement of coders per variable. codings: per coder, mention id → label.

    A variable nobody coded is left out.
    """
    ids = sorted({id_ for coding in codings for id_ in coding})
    found = []
    for variable in VARIABLES:
        units = [[_value(coding.get(id_), variable) for coding in codings] for id_ in ids]
        pairable = [unit for unit in units if sum(value is not None for value in unit) > 1]
        if not any(value is not None for unit in units for value in unit):
            continue
        interval = alpha_interval(pairable, seed)
        low, high = interval or (None, None)
        found.append(Agreement(variable, krippendorff_alpha(pairable), low, high, len(pairable),
                               len(codings)))  # fmt: skip
    return found


def _value(label: Mapping[str, Any] | None, variable: str) -> Any:
    return None if label is None else label.get(variable)
