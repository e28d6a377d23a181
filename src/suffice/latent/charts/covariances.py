"""Charts of covariances: triangular factors, standard deviations, axes of largest variance."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from suffice.latent.forms.whiten import cholesky
from suffice.runtime.arrays import Array
from suffice.runtime.either import inverse_of_lower, jnp, lax

if TYPE_CHECKING:
    from suffice.latent.families.covariances.matrices import Matrices
    from suffice.latent.families.covariances.principal import PrincipalCovariance
    from suffice.latent.families.covariances.variances import Variances


def _lower(rows: int, columns: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Places on and below the diagonal; arrays that are kept would bring JAX their type from another precision."""
    return np.nonzero(np.tri(rows, columns, dtype=bool))


class CovarianceChart:
    """Coordinates (..., C) of a covariance's values."""

    def position(self, covariance: Any) -> Array:
        """Coordinates of the values, those of all components along the last axis."""
        raise NotImplementedError

    def at(self, covariance: Any, position: Array) -> Any:
        """The same covariance with the values of these coordinates."""
        raise NotImplementedError

    def slope(self, covariance: Any, whitening: Array, second: Array, cells: Array) -> Array:
        """Gradient in the coordinates, by second moments about the means, laid out as its moments, and the cells behind them."""
        raise NotImplementedError

    def units(self, covariance: Any) -> np.ndarray:
        """How far each coordinate goes until distributions differ clearly."""
        return np.ones(self.position(covariance).shape[-1])


class TriangularChart(CovarianceChart):
    """Lower triangular factors of matrices, their diagonals as logarithms."""

    def position(self, covariance: Matrices) -> Array:
        """D (D + 1) / 2 numbers for each matrix."""
        roots = cholesky(covariance.values)
        size = np.eye(roots.shape[-1], dtype=bool)
        return self._together(covariance, jnp.where(size, jnp.log(jnp.where(size, roots, 1.0)), roots))

    def at(self, covariance: Matrices, position: Array) -> Matrices:
        """Products of the factors with their transposes."""
        values = covariance.values
        features = values.shape[-1]
        packed = position.reshape(*values.shape[:-2], -1)
        where = np.zeros((features, features), int)
        where[_lower(features)] = np.arange(packed.shape[-1])
        lower = packed[..., where] * np.tri(features, dtype=bool)
        roots = jnp.where(np.eye(features, dtype=bool), jnp.exp(lower), lower)
        return covariance.holding(roots @ jnp.swapaxes(roots, -1, -2))

    def slope(self, covariance: Matrices, whitening: Array, second: Array, cells: Array) -> Array:
        """The lower triangle of W (W' S W - n I), W the transposed inverse of the factor."""
        if covariance.shared:
            whitening, cells = whitening[..., 0, :, :], cells.sum(-2)
        spread = jnp.swapaxes(whitening, -1, -2) @ second @ whitening
        size = np.eye(spread.shape[-1], dtype=bool)
        rise = whitening @ (spread - jnp.where(size, cells[..., None], 0.0))
        return self._together(covariance, jnp.where(size, rise / jnp.where(size, whitening, 1.0), rise))

    def units(self, covariance: Matrices) -> np.ndarray:
        """Standard deviations of the rows' columns, and 1 for logarithms."""
        deviation = np.sqrt(np.diagonal(np.asarray(covariance.values), axis1=-2, axis2=-1))[..., None]
        size = np.eye(deviation.shape[-2], dtype=bool)
        return np.asarray(self._together(covariance, np.where(size, 1.0, deviation)))

    def _together(self, covariance: Matrices, lower: Array) -> Array:
        i, j = _lower(lower.shape[-1])
        leading = lower.shape[: -2 if covariance.shared else -3]
        return lower[..., i, j].reshape(*leading, -1)


class DeviationChart(CovarianceChart):
    """Logarithms of standard deviations."""

    def position(self, covariance: Variances) -> Array:
        """One for each variance."""
        return self._together(covariance, jnp.log(covariance.values) / 2)

    def at(self, covariance: Variances, position: Array) -> Variances:
        """Squared exponentials."""
        return covariance.holding(jnp.exp(2 * position).reshape(covariance.values.shape))

    def slope(self, covariance: Variances, whitening: Array, second: Array, cells: Array) -> Array:
        """Squares in units of the variance, less the cells."""
        cells = jnp.broadcast_to(cells, whitening.shape)
        if covariance.isotropic:
            second, cells = second[..., 0], cells.sum(-1)
        if covariance.shared:
            second, cells = second.sum(-2), cells.sum(-2)
        return self._together(covariance, second / covariance.values - cells)

    def _together(self, covariance: Variances, values: Array) -> Array:
        own = 1 if covariance.shared or covariance.isotropic else 2
        return values.reshape(*values.shape[: values.ndim - own], -1)


class PrincipalChart(CovarianceChart):
    """The loadings W of ``rank`` axes, turned to be lower triangular, and the logarithm of the noise's standard deviation."""

    def position(self, covariance: PrincipalCovariance) -> Array:
        """D rank - rank (rank - 1) / 2 + 1 numbers for each matrix."""
        loadings, noise = _of_axes(covariance.values, covariance.rank)
        i, j = _lower(*loadings.shape[-2:])
        numbers = jnp.concatenate([loadings[..., i, j], jnp.log(noise)[..., None] / 2], -1)
        return numbers.reshape(*numbers.shape[:-2], -1)

    def at(self, covariance: PrincipalCovariance, position: Array) -> PrincipalCovariance:
        """W W' and the noise."""
        features, rank = covariance.values.shape[-1], covariance.rank
        numbers = position.reshape(*covariance.values.shape[:-2], -1)
        where = np.zeros((features, rank), int)
        where[_lower(features, rank)] = np.arange(numbers.shape[-1] - 1)
        loadings = numbers[..., where] * np.tri(features, rank, dtype=bool)
        noise = jnp.exp(2 * numbers[..., -1])[..., None, None]
        return covariance.holding(loadings @ jnp.swapaxes(loadings, -1, -2) + noise * np.eye(features))

    def slope(self, covariance: PrincipalCovariance, whitening: Array, second: Array, cells: Array) -> Array:
        """G W and the noise times the trace of G, where G is the slope in the covariance, twice."""
        loadings, noise = _of_axes(covariance.values, covariance.rank)
        spread = jnp.swapaxes(whitening, -1, -2) @ second @ whitening
        middle = spread - cells[..., None] * np.eye(spread.shape[-1])
        slope = whitening @ middle @ jnp.swapaxes(whitening, -1, -2)
        i, j = _lower(*loadings.shape[-2:])
        in_noise = noise * jnp.trace(slope, axis1=-2, axis2=-1)
        numbers = jnp.concatenate([(slope @ loadings)[..., i, j], in_noise[..., None]], -1)
        return numbers.reshape(*numbers.shape[:-2], -1)

    def units(self, covariance: PrincipalCovariance) -> np.ndarray:
        """Standard deviations of the columns, and 1 for the logarithm."""
        deviation = np.sqrt(np.diagonal(np.asarray(covariance.values), axis1=-2, axis2=-1))
        i, _ = _lower(deviation.shape[-1], covariance.rank)
        return np.concatenate([deviation[..., i], np.ones_like(deviation[..., :1])], -1).ravel()


def _of_axes(matrices: Array, rank: int) -> tuple[Array, Array]:
    """Loadings (..., D, rank), zero above the diagonal, and the noise variance (...), of matrices of that form."""

    def one(matrix: Array) -> tuple[Array, Array]:
        noise = jnp.linalg.eigvalsh(matrix)[: len(matrix) - rank].mean()
        leading = (matrix - noise * np.eye(len(matrix)))[:, :rank]
        return leading @ inverse_of_lower(jnp.linalg.cholesky(leading[:rank])).T, noise

    loadings, noise = lax.map(one, matrices.reshape(-1, *matrices.shape[-2:]))
    return loadings.reshape(*matrices.shape[:-1], rank), noise.reshape(matrices.shape[:-2])
