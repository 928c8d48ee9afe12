"""Principal axes of the votes, computed on the stored votes alone.

An unseen cell is filled with its statement's mean; after centring it is exactly zero. So the
centred, mean-filled matrix has the pattern of the votes and nothing is ever filled in. The
axes are those of Polis (`math/pca.clj`), found by a Lanczos iteration with full
re-orthogonalisation (Golub and Van Loan, Matrix Computations, 4th ed., 10.1) from a fixed start
vector. Sums run outside threaded linear algebra, so that no bit depends on the thread count.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh_tridiagonal
from scipy.sparse import csr_array

from .votes import FloatArray, Votes

AXES = 2
"""Axes computed: the plane in which groups are looked for, as in Polis."""
TOLERANCE = 1e-12
"""Largest residual of an axis, as a share of the first variance, at which the search stops."""
WARM_TOLERANCE = 1e-6
"""The same for a search that starts from earlier axes, between two complete results."""
WARM_NOISE = 1e-4
"""Share of a random direction in a warm start, so that a new axis can be found."""
MAX_STEPS = 400
"""Most Lanczos steps; what is reached by then is returned with its residual."""
CHECK_EVERY = 4

_START_SEED = 190901

Linear = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True, eq=False)
class Centred:
    """Centred votes: `matrix` (participants, statements) sparse, `mean` (statements,)."""

    matrix: csr_array
    mean: FloatArray


@dataclass(frozen=True, eq=False)
class Axes:
    """Axes of the votes.

    `components` (2, statements) of unit length, or zero where there is no variance left;
    `variances` (2,) sums of squares along them; `total` the sum over all axes; `residual` the
    worst relative residual.
    """

    components: FloatArray
    variances: FloatArray
    total: float
    residual: float


def centre(votes: Votes, weights: FloatArray | None = None) -> Centred:
    """Centre every statement on the mean of its own votes.

    `weights` (participants,) counts a participant that many times in the means, as a bootstrap
    does. Source: Polis fills gaps with column means and then centres (`conversation.clj`, :mat).
    """
    each = votes.vote.astype(np.float64)
    if weights is None:
        seen, summed = votes.counts.sum(axis=1), votes.counts[:, 2] - votes.counts[:, 0]
    else:
        counted, size = weights[votes.person], votes.statements
        seen = np.bincount(votes.statement, weights=counted, minlength=size)
        summed = np.bincount(votes.statement, weights=each * counted, minlength=size)
    mean = np.divide(summed, seen, out=np.zeros(votes.statements), where=seen > 0)
    each -= mean[votes.statement]
    shape = (votes.participants, votes.statements)
    return Centred(csr_array((each, votes.statement, votes.indptr), shape=shape), mean)


def gram(matrix: csr_array, weights: FloatArray | None = None) -> Linear:
    """The map v -> X'WXv for centred votes X, W the participants' weights (all 1 if None)."""
    transposed = matrix.T

    def apply(vector: FloatArray) -> FloatArray:
        along: FloatArray = matrix @ vector
        if weights is not None:
            along = along * weights
        product: FloatArray = transposed @ along
        return product

    return apply


def principal_axes(
    centred: Centred, weights: FloatArray | None = None, before: Axes | None = None
) -> Axes:
    """The two leading axes of the centred votes.

    Without `before` from a fixed start vector to `TOLERANCE`; with it from those axes to
    `WARM_TOLERANCE`, for which a few steps are enough after a few changed votes.
    """
    apply = gram(centred.matrix, weights)
    size = centred.mean.size
    squares = centred.matrix.data**2
    if weights is not None:
        squares = squares * np.repeat(weights, np.diff(centred.matrix.indptr))
    total = float(squares.sum())
    if total == 0.0:
        return Axes(np.zeros((AXES, size)), np.zeros(AXES), 0.0, 0.0)
    start = np.random.Generator(np.random.PCG64(_START_SEED)).standard_normal(size)
    tolerance = TOLERANCE
    if before is None:
        start = apply(start)
    else:
        old = before.components.sum(axis=0)
        start = np.pad(old, (0, size - old.size)) + WARM_NOISE * start / np.sqrt(size)
        tolerance = WARM_TOLERANCE
    vectors, values, residual = _lanczos(apply, start, tolerance)
    return _axes(vectors, values, total, residual)


def project(matrix: csr_array, components: FloatArray, voted: NDArray[np.integer]) -> FloatArray:
    """Positions (participants, 2): own votes along the axes, scaled by sqrt(statements / voted).

    The scaling moves people who saw few statements out from the middle (Polis, `pca.clj`,
    sparsity-aware projection). `voted` (participants,) counts own votes.
    """
    scale = np.sqrt(components.shape[1] / np.maximum(voted, 1))
    return np.stack([(matrix @ row) * scale for row in components], axis=1)


def _axes(vectors: FloatArray, values: FloatArray, total: float, residual: float) -> Axes:
    found = min(AXES, values.size)
    variances, components = np.zeros(AXES), np.zeros((AXES, vectors.shape[1]))
    variances[:found] = np.maximum(values[:found], 0.0)
    components[:found] = vectors
    components[variances <= TOLERANCE * total] = 0.0
    return Axes(_signed(components), variances, total, residual)


def _signed(components: FloatArray) -> FloatArray:
    """Each axis turned so that its largest loading is positive: the sign alone means nothing."""
    largest = np.argmax(np.abs(components), axis=1)
    sign = np.where(components[np.arange(len(components)), largest] < 0, -1.0, 1.0)
    return components * sign[:, None]


def _lanczos(
    apply: Linear, start: FloatArray, tolerance: float
) -> tuple[FloatArray, FloatArray, float]:
    """Leading eigenvectors (rows), all Ritz values and the worst relative residual of the axes."""
    limit = min(start.size, MAX_STEPS)
    basis = np.zeros((limit, start.size))
    diagonal, side = np.zeros(limit), np.zeros(limit)
    basis[0] = start / np.sqrt(_dot(start, start))
    for step in range(limit):
        known = basis[: step + 1]
        image = apply(basis[step])
        diagonal[step] = _dot(basis[step], image)
        for _ in range(2):
            image -= np.einsum("i,im->m", np.einsum("im,m->i", known, image), known)
        side[step] = np.sqrt(_dot(image, image))
        last = step + 1 == limit or side[step] <= 1e-14 * diagonal[0]
        if last or step % CHECK_EVERY == CHECK_EVERY - 1:
            values, turn = eigh_tridiagonal(diagonal[: step + 1], side[:step])
            values, turn = values[::-1], turn[:, ::-1][:, :AXES]
            miss = float(np.abs(side[step] * turn[step]).max() / max(values[0], 1e-300))
            if last or miss <= tolerance:
                return _unit(np.einsum("ij,im->jm", turn, known)), values, miss
        basis[step + 1] = image / side[step]
    raise AssertionError("the last step always returns")


def _unit(rows: FloatArray) -> FloatArray:
    lengths = np.sqrt(np.einsum("im,im->i", rows, rows))
    scaled: FloatArray = rows / lengths[:, None]
    return scaled


def _dot(a: FloatArray, b: FloatArray) -> float:
    return float(np.einsum("i,i->", a, b))
