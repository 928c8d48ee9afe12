"""documents + standings → sums per document, sorted so that a cell adds up in one pass.

A cell is a set of documents. Its figures need sums per cluster (family within source), so the
documents are sorted by cluster once and every cell keeps that order.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from asobna.rates.dates import known_dates
from asobna.rates.measures import FURNITURE, MEASURES, Bools, count_mentions

Ints = NDArray[np.integer[Any]]
Floats = NDArray[np.float64]

#: Axes a reader may ask for; `period` is the half-year of the document's date.
AXES = ("source", "kind", "speaker", "party", "lang")
#: The axis of days, by which nobody asks and others are made.
DATE = "date"
#: Cells times sources per document up to which sources are ticked off in a table.
_DENSE = 8


Pair = tuple[Floats, Floats]
#: Pseudo-outcomes of numerator and denominator, then pairs of what was coded: coded.Outcome.
Coded = tuple[Floats, Floats, Pair, Pair, Pair]


class Axis(NamedTuple):
    """Codes of one axis per document, -1 where unknown, and the values they stand for."""

    codes: Ints
    values: list[str]


class Sums(NamedTuple):
    """Sums per document, documents sorted by cluster.

    numerators, denominators: one row per document, one column per measure of MEASURES; counts are
    kept in single precision, which holds them exactly, pseudo-outcomes in double.
    clusters, families: codes per document; first: the document stands for its family.
    weights, squares, differing: with a coded sample, Σ 1/π and Σ 1/π² over the coded units of each
    document, and how many of them the coders had otherwise; two of each, see coded.Outcome. Else
    empty.
    """

    numerators: NDArray[np.floating[Any]]
    denominators: NDArray[np.floating[Any]]
    clusters: Ints
    families: Ints
    first: Bools
    axes: dict[str, Axis]
    order: Ints
    weights: Pair
    squares: Pair
    differing: Pair


def sum_documents(
    documents: pa.Table, standings: pa.Table, families: Mapping[str, str],
    outcomes: Mapping[str, Coded] | None = None,
) -> Sums:  # fmt: skip
    """Add the mentions of each document up.

    documents: DOCUMENTS, also those without a mention; families: document id to family id, a
    document not in it is a family of its own; outcomes: per measure and mention, values to add up
    instead of the machine's own codes (pseudo-outcomes of a coded sample), with the weight of a
    coded unit and whether it was coded otherwise.
    """
    rows = document_rows(documents, standings)
    axes = {name: _axis(documents.column(name)) for name in AXES}
    dates = known_dates(documents.column("date"))
    axes["period"] = _axis(half_years(dates))
    axes[DATE] = _axis(dates)
    family_codes = _families(documents.column("document_id"), families)
    sources = axes["source"].codes
    # A cluster is a family within a source; sorting by family first keeps families together too.
    clusters = family_codes * (len(axes["source"].values) + 1) + sources + 1
    order = np.lexsort((sources, family_codes)).astype(np.int32)
    place = np.empty_like(order)
    place[order] = np.arange(len(order), dtype=np.int32)
    counted: Mapping[str, tuple[Any, ...]] = outcomes or count_mentions(
        standings, running_text(documents, standings, rows))  # fmt: skip
    precision = np.dtype(np.float32 if outcomes is None else np.float64)
    numerators, denominators = _add_up(counted, place[rows], (documents.num_rows, precision))
    first = _first_of_family(family_codes, axes[DATE])
    return Sums(
        numerators, denominators, clusters[order], family_codes[order].astype(np.int32),
        first[order], {name: Axis(axis.codes[order], axis.values) for name, axis in axes.items()},
        order, *_coded_sums(outcomes or {}, place[rows], documents.num_rows),
    )  # fmt: skip


def document_rows(documents: pa.Table, standings: pa.Table) -> Ints:
    """Row of its document for every mention."""
    found = pc.index_in(standings.column("document_id").combine_chunks(),
                        documents.column("document_id").combine_chunks())  # fmt: skip
    rows: Ints = np.asarray(found.to_numpy(zero_copy_only=False), dtype=np.int32)
    return rows


def running_text(documents: pa.Table, standings: pa.Table, rows: Ints) -> Bools:
    """Whether each mention stands in running text: not in a heading, code or ignored region."""
    keep = np.ones(standings.num_rows, dtype=np.bool_)
    regions = documents.column("regions")
    marked = np.flatnonzero(pc.fill_null(pc.list_value_length(regions), 0).to_numpy())
    if not len(marked) or not standings.num_rows:
        return keep
    furniture = {int(row): spans for row in marked
                 if (spans := [(s["start_cp"], s["end_cp"]) for s in regions[int(row)].as_py()
                               if s["kind"] in FURNITURE])}  # fmt: skip
    starts = standings.column("start_cp").to_numpy()
    for mention in np.flatnonzero(np.isin(rows, list(furniture))):
        place = int(starts[mention])
        keep[mention] = not any(a <= place < b for a, b in furniture[int(rows[mention])])
    return keep


def half_years(dates: pa.ChunkedArray) -> pa.ChunkedArray:
    """2022-H1 or 2022-H2 for a date of at least year and month; the year where that is all.

    Empty for what is no date.
    """
    dates = known_dates(dates)
    year = pc.utf8_slice_codeunits(dates, 0, 4)
    month = pc.utf8_slice_codeunits(dates, 5, 7)
    half = pc.if_else(pc.less_equal(month, "06"), "-H1", "-H2")
    return pc.if_else(pc.equal(month, ""), year, pc.binary_join_element_wise(year, half, ""))


def _axis(column: pa.ChunkedArray) -> Axis:
    encoded = pc.dictionary_encode(column.cast(pa.string()).combine_chunks())
    if isinstance(encoded, pa.ChunkedArray):
        encoded = encoded.combine_chunks()
    values = encoded.dictionary.to_pylist()
    by_name = sorted(range(len(values)), key=values.__getitem__)
    rank = np.full(len(values) + 1, -1, dtype=np.int32)
    rank[by_name] = np.arange(len(values), dtype=np.int32)
    codes = rank[encoded.indices.fill_null(len(values)).to_numpy(zero_copy_only=False)]
    return Axis(codes, [values[index] for index in by_name])


def _families(ids: pa.ChunkedArray, families: Mapping[str, str]) -> Ints:
    if not families:
        return np.arange(len(ids))
    names = [families.get(document, document) for document in ids.to_pylist()]
    coded: Ints = np.asarray(pa.array(names).dictionary_encode().indices, dtype=np.int64)
    return coded


def _first_of_family(families: Ints, dates: Axis) -> Bools:
    """The earliest document of each family; the first in the table where dates are equal."""
    days = np.where(dates.codes < 0, len(dates.values), dates.codes)
    order = np.lexsort((days, families))
    first = np.zeros(len(families), dtype=np.bool_)
    if len(order):
        starts = np.r_[True, families[order][1:] != families[order][:-1]]
        first[order[starts]] = True
    return first


def _add_up(
    counted: Mapping[str, tuple[Any, ...]], rows: Ints, size: tuple[int, np.dtype[Any]]
) -> tuple[NDArray[np.floating[Any]], NDArray[np.floating[Any]]]:
    documents, precision = size
    above = np.zeros((documents, len(MEASURES)), dtype=precision, order="F")
    below = np.zeros((documents, len(MEASURES)), dtype=precision, order="F")
    columns = {code: at for at, code in enumerate(MEASURES)}
    for code, (numerator, denominator, *_) in counted.items():
        above[:, columns[code]] = np.bincount(rows, numerator, documents)
        below[:, columns[code]] = np.bincount(rows, denominator, documents)
    strict = columns["strict"]
    above[:, columns["document_strict"]] = above[:, strict] > 0
    below[:, columns["document_strict"]] = below[:, strict] > 0
    above[:, columns["attention"]] = np.bincount(rows, minlength=documents) > 0
    below[:, columns["attention"]] = 1
    return above, below


def _coded_sums(
    outcomes: Mapping[str, Coded], rows: Ints, documents: int
) -> tuple[Pair, Pair, Pair]:
    """`weights`, `squares` and `differing` of Sums."""
    size = (documents if outcomes else 0, len(MEASURES))
    columns = {code: at for at, code in enumerate(MEASURES)}

    def added(part: int) -> Pair:
        """One of the three, by document and measure."""
        found = np.zeros(size), np.zeros(size)
        for code, outcome in outcomes.items():
            for side, values in zip(found, outcome[part], strict=True):
                side[:, columns[code]] = np.bincount(rows, values, documents)
        return found

    return added(2), added(3), added(4)


def cluster_starts(sums: Sums, rows: Ints) -> Ints:
    """Where each cluster begins among the rows of a cell (sorted)."""
    clusters = sums.clusters[rows]
    return np.flatnonzero(np.r_[True, clusters[1:] != clusters[:-1]])


def cluster_sums(sums: Sums, rows: Ints, starts: Ints, column: int) -> tuple[Floats, Floats]:
    """Numerators and denominators of one measure per cluster of one or more cells.

    rows: of the cells, one after the other; starts: where their clusters begin; column: place of
    the measure in MEASURES.
    """
    above, below = (np.add.reduceat(side[rows, column], starts, dtype=np.float64)
                    for side in (sums.numerators, sums.denominators))  # fmt: skip
    return above, below


class Layout(NamedTuple):
    """Cells laid end to end, so that all are added up in one pass.

    rows: of every cell; starts: where each cluster begins among them; cells: the first cluster of
    each cell, and the end; documents, families, sources: per cell.
    """

    rows: Ints
    starts: Ints
    cells: Ints
    documents: Ints
    families: Ints
    sources: Ints


def lay_out(sums: Sums, cells: list[Ints]) -> Layout:
    """Lay cells (sorted rows, none empty) end to end."""
    sizes = np.array([len(rows) for rows in cells], dtype=np.int64)
    edges = np.concatenate([[0], np.cumsum(sizes)])
    rows = np.concatenate(cells) if cells else np.array([], dtype=np.int64)
    first = np.zeros(len(rows), dtype=np.bool_)
    first[edges[:-1]] = True
    of_row = np.repeat(np.arange(len(cells), dtype=np.int32), sizes)
    new_cluster, new_family = (first | np.r_[True, codes[1:] != codes[:-1]] for codes in
                               (sums.clusters[rows], sums.families[rows]))  # fmt: skip
    starts = np.flatnonzero(new_cluster).astype(np.int32)
    return Layout(rows, starts, np.searchsorted(starts, edges.astype(np.int32)), sizes,
                  np.bincount(of_row[new_family], minlength=len(cells)),
                  _distinct_sources(sums, rows, of_row, len(cells)))  # fmt: skip


def _distinct_sources(sums: Sums, rows: Ints, of_row: Ints, cells: int) -> Ints:
    codes, values = sums.axes["source"]
    size = len(values) + 1
    pairs = of_row.astype(np.int64) * size + codes[rows] + 1
    if cells * size > _DENSE * len(rows):
        pairs = np.unique(pairs)
        return np.bincount(pairs[pairs % size > 0] // size, minlength=cells)
    seen = np.zeros(cells * size, dtype=np.bool_)
    seen[pairs] = True
    found: Ints = seen.reshape(cells, size)[:, 1:].sum(axis=1)
    return found
