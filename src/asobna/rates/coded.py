"""A coded sample of mentions, and what it says about those nobody coded (estimator B)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from asobna.errors import InputError
from asobna.rates.estimators import pseudo_outcomes
from asobna.rates.measures import COLUMNS, count_mentions
from asobna.rates.sums import document_rows, running_text

Floats = NDArray[np.float64]

CORRECTED, SILVER = "corrected", "silver-adjusted"
_LABELS = ("standing", "warrant", "support", "basis", "actor", "blame", "voice", "time")


class CodedSample(NamedTuple):
    """Coded mentions: document_id, start_cp, end_cp, label, probability; and what they are.

    `name` is `corrected` when people who saw no machine label coded every mention, else
    `silver-adjusted`: figures resting on labels made by a model must say so.
    """

    mentions: Sequence[Mapping[str, Any]]
    name: str


class Outcome(NamedTuple):
    """Of one measure, for every mention: pseudo-outcomes of numerator and denominator.

    weights, squares, differing: where a unit was coded, 1/π, 1/π², and whether the coders had it
    otherwise; first for what the machine left out of the numerator and may have missed, then for
    what it has there.
    """

    above: Floats
    below: Floats
    weights: tuple[Floats, Floats]
    squares: tuple[Floats, Floats]
    differing: tuple[Floats, Floats]


def inclusion_probability(row: Mapping[str, Any]) -> float:
    """π of a coded mention: as recorded, or drawn out of the size of its stratum.

    Raises InputError when the row records neither, or π is not in (0, 1].
    """
    value = row.get("probability")
    if value is None and row.get("stratum_size"):
        value = row["stratum_drawn"] / row["stratum_size"]
    if value is None or not 0 < value <= 1:
        raise InputError(
            f"coded mention '{row.get('id')}' has no inclusion probability: give 'probability' "
            "in (0, 1], or 'stratum_size' and 'stratum_drawn'"
        )
    return float(value)


def outcomes_of(
    documents: pa.Table, standings: pa.Table, sample: CodedSample
) -> dict[str, Outcome]:
    """Pseudo-outcomes of every mention, for each measure made of mentions.

    A coded mention is the row of standings that overlaps it most. One labelled `none` (no mention
    of modern Belarus) leaves numerator and denominator alike. Raises InputError when a coded
    mention overlaps no row: then the sample is of another reading.
    """
    running = running_text(documents, standings, document_rows(documents, standings))
    machine = count_mentions(standings, running)
    rows = _matched(standings, sample.mentions)
    labels = _labelled(standings, rows, sample.mentions)
    none = np.array([m["label"]["standing"] == "none" for m in sample.mentions], dtype=np.bool_)
    coded = count_mentions(labels, running[rows] & ~none)
    chance = np.ones(standings.num_rows)
    chance[rows] = [inclusion_probability(mention) for mention in sample.mentions]
    outcomes = {}
    for code, pair in machine.items():
        truth = [np.full(standings.num_rows, np.nan) for _ in pair]
        for at, known in enumerate(coded[code]):
            truth[at][rows] = known
        f = [side.astype(np.float64) for side in pair]
        above, below = (pseudo_outcomes(*sides, chance) for sides in zip(f, truth, strict=True))
        unit = (np.nan_to_num(truth[1]) + f[1] > 0) & ~np.isnan(truth[1])
        units = unit & (f[0] == 0), unit & (f[0] > 0)
        outcomes[code] = Outcome(
            above, below, (units[0] / chance, units[1] / chance),
            (units[0] / chance**2, units[1] / chance**2),
            ((units[0] & (truth[0] > 0)) * 1.0, (units[1] & (truth[0] == 0)) * 1.0),
        )  # fmt: skip
    return outcomes


def _matched(standings: pa.Table, mentions: Sequence[Mapping[str, Any]]) -> NDArray[np.int64]:
    places: dict[str, list[tuple[int, int, int]]] = {}
    wanted = {mention["document_id"] for mention in mentions}
    columns = (standings.column(name).to_pylist() for name in ("document_id", "start_cp", "end_cp"))
    for row, (document, start, end) in enumerate(zip(*columns, strict=True)):
        if document in wanted:
            places.setdefault(document, []).append((start, end, row))
    return np.array([_overlapping(places.get(m["document_id"], []), m) for m in mentions],
                    dtype=np.int64)  # fmt: skip


def _overlapping(places: list[tuple[int, int, int]], mention: Mapping[str, Any]) -> int:
    start, end = mention["start_cp"], mention["end_cp"]
    overlap, row = max(((min(b, end) - max(a, start), row) for a, b, row in places),
                       default=(0, -1))  # fmt: skip
    if overlap <= 0:
        raise InputError(
            f"coded mention '{mention.get('id')}' at {start}:{end} of document "
            f"'{mention['document_id']}' is no mention of this reading; code a sample drawn from it"
        )
    return row


def _labelled(
    standings: pa.Table, rows: NDArray[np.int64], mentions: Sequence[Mapping[str, Any]]
) -> pa.Table:
    """The columns COLUMNS of the coded mentions, with the coders' values where they coded."""
    taken = standings.select(list(COLUMNS)).take(pa.array(rows))
    for name in _LABELS:
        given = [mention["label"].get(name) for mention in mentions]
        kept = taken.column(name).to_pylist()
        # An attribute that nobody was asked for (basis) stays as the machine has it.
        values = [value if name in mention["label"] else old
                  for value, old, mention in zip(given, kept, mentions, strict=True)]  # fmt: skip
        taken = taken.set_column(taken.schema.get_field_index(name), name,
                                 pa.array(values, pa.string()))  # fmt: skip
    return taken
