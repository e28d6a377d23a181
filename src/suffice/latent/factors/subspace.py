"""The largest eigenvalues of rows' covariance in one unit of the columns after another, each from the vectors of the last."""

from __future__ import annotations

import numpy as np

from suffice.latent.factors.sides import FEWEST_PASSES, passes_worth
from suffice.latent.factors.spectra import OfRows, Spectrum

CLOSE = 1e-9
"""Length of what a vector's image has beside it, as a share of its eigenvalue, at which it counts as found."""
GUARDS = 4
"""Directions drawn at random that go along, so that what grows beside the vectors before is seen."""
TINY = 1e-12


class Pursuit:
    """The ``size`` largest eigenvalues of a covariance in units (D,) that change little by little.

    Where passes over rows with so many vectors are less work than products of every two rows, eigenvectors are sought in the
    Krylov space of those before. Where these turn out to be many, as where eigenvalues lie close together, products are taken,
    and the next time half as many passes are tried.
    """

    def __init__(self, spectrum: Spectrum, size: int):
        self.spectrum, self.size = spectrum, size
        self.passes = passes_worth(len(spectrum.rows), size) if isinstance(spectrum, OfRows) else 0
        self.near: np.ndarray | None = None

    def largest(self, unit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Eigenvalues (size,), rising, and vectors (D, size) of the covariance of columns over their ``unit`` (D,)."""
        if self.passes and self.near is not None and isinstance(self.spectrum, OfRows):
            found = _in_krylov_space(self.spectrum, unit, self.near, self.passes)
            if found is not None:
                self.near = found[1]
                return found
            self.passes = self.passes // 2 if self.passes >= 2 * FEWEST_PASSES else 0
        return self.exactly(unit)

    def exactly(self, unit: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The same, whatever the vectors before."""
        values, self.near = self.spectrum.largest(unit, self.size)
        return values, self.near


def _in_krylov_space(
    spectrum: OfRows, unit: np.ndarray, near: np.ndarray, passes: int
) -> tuple[np.ndarray, np.ndarray] | None:
    """Rayleigh-Ritz in the space of images of ``near`` (D, k) under products of rows; None if so many passes do not do."""
    size = near.shape[1]
    guards = np.random.default_rng(0).standard_normal((len(spectrum.rows), GUARDS))
    block = np.linalg.qr(np.concatenate([spectrum.scores(near, unit), guards], 1))[0]
    basis, images, columns = block, *spectrum.applied(block, unit)
    for sought in (size + GUARDS, *[size] * (passes - 2)):
        values, turn = np.linalg.eigh(basis.T @ images)
        values, turn = values[-sought:], turn[:, -sought:]
        beside = images @ turn - basis @ turn * values
        far = np.linalg.norm(beside, axis=0) > CLOSE * values
        if sought == size and not far.any():
            return values, columns @ turn / np.sqrt(values)
        block = _outside(basis, beside[:, far])
        if not block.shape[1]:
            return None
        more, of_more = spectrum.applied(block, unit)
        basis, images, columns = (
            np.concatenate(pair, 1) for pair in ((basis, block), (images, more), (columns, of_more))
        )
    return None


def _outside(basis: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    """Orthonormal directions of what vectors (n, m) have outside of an orthonormal basis (n, b)."""
    vectors = vectors / np.linalg.norm(vectors, axis=0)
    for _ in range(2):
        vectors = vectors - basis @ (basis.T @ vectors)
    left, values, _ = np.linalg.svd(vectors, full_matrices=False)
    left = left[:, values > TINY]
    return np.linalg.qr(left - basis @ (basis.T @ left))[0]
