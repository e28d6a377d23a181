"""Ways to compute the same E-step: products with sufficient statistics, or deviations from each mean.

``Natural`` writes every log-density as a linear function of sufficient statistics T(x) that all components share, so that the
E-step is one matrix product and the M-step another; ``Linear`` is the same where T(x) is the row itself and a 1. ``Centred``
subtracts each mean first: slower with many components, but exact where the products lose digits, and quicker with few
components in many dimensions. All return the same ``Moments``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Float

from suffice.choices import CovarianceType as Covariance
from suffice.rows.missing import MaskedRows
from suffice.runtime import tree
from suffice.runtime.arrays import Array
from suffice.runtime.either import add_at, jnp, lax
from suffice.runtime.module import Module, field

LEAST = -1e30
"""Stands for the logarithm of 0 in products: infinity times 0, which some of them put beside numbers, is none."""


class Moments(Module):
    """Sums over rows of responsibility times T(x), statistic first: ``total`` is (F, ..., K), its last entry the weight.

    T(x) is what ``STATISTICS`` writes for a covariance type, or [x, 1]; with ``about="means"`` it is written of the deviations.
    Where cells may be missing from independent columns, 1 for each observed cell and 0 for others come before the last entry.
    ``common`` is what all components share, the sum of x x' (..., D, D) of a tied covariance. ``about`` says from where x is
    measured: ``"zero"``, the origin of the rows, or ``"means"``, the mean that each component had.
    """

    total: Array
    common: Any
    about: str = field(static=True)


class Natural(Module):
    """Log-density as ``natural`` (..., K, F) times T(x), whose last entry is 1.

    ``accurate`` says whether rounding errors stay small.
    """

    natural: Array
    statistics: Callable[[Any, Any], Array] = field(static=True)
    accurate: Array | bool = True

    @property
    def size(self) -> int:
        """Number of statistics."""
        return self.natural.shape[-1]

    def features(self, rows: Array | MaskedRows) -> Array:
        """T(x), written out once for both products, (F, n)."""
        return lax.optimization_barrier(self.statistics(rows, self.natural.dtype))

    def weighted(self, log_weights: Float[Array, "... K"]) -> Natural:
        """The form with log-weights (..., K) added to the log-densities."""
        finite = jnp.maximum(log_weights, LEAST)
        return Natural(add_at(self.natural, (..., -1), finite), self.statistics, self.accurate)

    def log_density(self, statistics: Array) -> Float[Array, "... K n"]:
        """Log-density of each row under each component, (..., K, n)."""
        return (_stacked(self.natural) @ statistics).reshape(*self.natural.shape[:-1], -1)

    def moments(
        self, statistics: Array, responsibility: Float[Array, "... K n"], weight: Float[Array, "... n"]
    ) -> Moments:
        """Sums over rows, with weighted responsibilities (..., K, n)."""
        total = statistics @ _stacked(responsibility).T
        return Moments(total.reshape(-1, *responsibility.shape[:-1]), None, "zero")

    def inner(self, moments: Moments) -> Float[Array, ...]:
        """Expected log-density, summed over rows and components (...)."""
        return (self.natural * jnp.moveaxis(moments.total, 0, -1)).sum((-1, -2))


class Linear(Module):
    """Log-density as ``slope`` (..., K, D) times x plus ``constant`` (..., K).

    With ``whitening`` (..., D, D), minus half of |x W|^2 for all components.
    """

    slope: Array
    constant: Array
    whitening: Array | None = None
    accurate: Array | bool = True

    @property
    def size(self) -> int:
        """Number of statistics."""
        return self.slope.shape[-1] + 1

    def features(self, rows: Array) -> Array:
        """The rows, of which there may be small whole numbers, as floating-point numbers."""
        return lax.optimization_barrier(rows.astype(self.slope.dtype))

    def weighted(self, log_weights: Float[Array, "... K"]) -> Linear:
        """The form with log-weights (..., K) added to the log-densities."""
        return Linear(self.slope, self.constant + log_weights, self.whitening, self.accurate)

    def log_density(self, rows: Array) -> Float[Array, "... K n"]:
        """Log-density of each row under each component, (..., K, n)."""
        relative = self.relative(rows)
        if self.whitening is None:
            return relative
        return relative - jnp.square(jnp.einsum("nd,...de->...ne", rows, self.whitening)).sum(-1)[..., None, :] / 2

    def relative(self, rows: Array) -> Array:
        """Log-density of each row under each component up to what all components share, (..., K, n)."""
        return (_stacked(self.slope) @ rows.T).reshape(*self.constant.shape, -1) + self.constant[..., None]

    def moments(self, rows: Array, responsibility: Float[Array, "... K n"], weight: Float[Array, "... n"]) -> Moments:
        """Sums over rows, with weighted responsibilities (..., K, n)."""
        first = (_stacked(responsibility) @ rows).reshape(*responsibility.shape[:-1], -1)
        total = jnp.concatenate([jnp.moveaxis(first, -1, 0), responsibility.sum(-1)[None]])
        common = None if self.whitening is None else (rows.T * weight[..., None, :]) @ rows
        return Moments(total, common, "zero")

    def inner(self, moments: Moments) -> Float[Array, ...]:
        """Expected log-density, summed over rows and components (...)."""
        value = (self.slope * jnp.moveaxis(moments.total[:-1], 0, -1)).sum((-1, -2))
        value += (self.constant * moments.total[-1]).sum(-1)
        if self.whitening is None:
            return value
        return value - jnp.einsum("...de,...df,...fe->...", self.whitening, moments.common, self.whitening) / 2


class Centred(Module):
    """Log-density from each component's own deviations: ``means`` (..., K, D), ``whitening`` (..., K, D, D) or (..., K, D)."""

    means: Array
    whitening: Array
    log_scale: Array
    covariance_type: Covariance = field(static=True)
    accurate: ClassVar[bool] = True

    def features(self, rows: Array) -> tuple[Array, Array]:
        """The rows, and their columns for the second product: the compiler transposes slowly inside it."""
        rows = rows.astype(self.means.dtype)
        return rows, lax.optimization_barrier(rows.T)

    def weighted(self, log_weights: Float[Array, "... K"]) -> Centred:
        """The form with log-weights (..., K) added to the log-densities."""
        return Centred(self.means, self.whitening, self.log_scale + log_weights, self.covariance_type)

    def log_density(self, features: tuple[Array, Array]) -> Float[Array, "... K n"]:
        """Log-density of each row under each component, (..., K, n)."""
        rows, _ = features
        matrix = self.covariance_type in ("full", "tied")

        def square(component: tuple[Array, Array]) -> Array:
            mean, whitening = component
            deviation = rows - mean
            return jnp.square(deviation @ whitening if matrix else deviation * whitening).sum(-1)

        return self.log_scale[..., None] - self._each(square, self.whitening) / 2

    def moments(
        self, features: tuple[Array, Array], responsibility: Float[Array, "... K n"], weight: Float[Array, "... n"]
    ) -> Moments:
        """Sums over rows, with weighted responsibilities (..., K, n)."""
        _, columns = features
        squares = SQUARES[self.covariance_type]

        def sums(component: tuple[Array, Array]) -> tuple[Array, Array]:
            mean, share = component
            deviation = lax.optimization_barrier(columns - mean[:, None])
            return squares(deviation, share), jnp.append(deviation @ share, share.sum())

        second, rest = self._each(sums, responsibility)
        if self.covariance_type == "full":
            return Moments(packed(bordered(second, rest)), None, "means")
        rest = jnp.moveaxis(rest, -1, 0)
        if self.covariance_type == "tied":
            return Moments(rest, second.sum(-3), "means")
        return Moments(jnp.concatenate([jnp.moveaxis(second, -1, 0), rest]), None, "means")

    def _each(self, fn: Callable[[tuple[Array, Array]], Any], other: Array) -> Any:
        """``fn`` of every component's mean and its part of ``other``, one component at a time."""
        leading = self.means.shape[:-1]
        means = self.means.reshape(-1, self.means.shape[-1])
        other = other.reshape(-1, *other.shape[len(leading) :])
        results = lax.map(fn, (means, other))
        return tree.map_leaves(lambda leaf: leaf.reshape(*leading, *leaf.shape[1:]), results)


def _stacked(array: Array) -> Array:
    """All leading axes as one."""
    return array.reshape(-1, array.shape[-1])


def full_statistics(rows: Array, dtype: np.dtype) -> Array:
    """T(x) = [x_i x_j for i <= j] of x with a 1 put after it, (F, n): squares, x and 1."""
    columns = lax.optimization_barrier(jnp.concatenate([rows.T.astype(dtype), jnp.ones((1, len(rows)), dtype)]))
    i, j = np.nonzero(np.tri(len(columns), dtype=bool).T)
    return columns[i] * columns[j]


def diagonal_statistics(rows: Array | MaskedRows, dtype: np.dtype) -> Array:
    """T(x) = [x_i^2, x, 1], (F, n); with missing cells [x_i^2, x, observed, 1]."""
    rest = linear_statistics(rows, dtype)
    return jnp.concatenate([jnp.square(rest[: width_of(rows)]), rest])


def spherical_statistics(rows: Array | MaskedRows, dtype: np.dtype) -> Array:
    """T(x) = [|x|^2, x, 1], (F, n); with missing cells [|x|^2, x, observed, 1]."""
    rest = linear_statistics(rows, dtype)
    return jnp.concatenate([jnp.square(rest[: width_of(rows)]).sum(0, keepdims=True), rest])


def linear_statistics(rows: Array | MaskedRows, dtype: np.dtype) -> Array:
    """T(x) = [x, 1], (F, n); with missing cells [x, observed, 1], x being 0 where it is missing."""
    if isinstance(rows, MaskedRows):
        columns = [rows.filled(dtype).T, rows.observed().T.astype(dtype)]
        return jnp.concatenate([*columns, jnp.ones((1, columns[0].shape[1]), dtype)])
    return jnp.concatenate([rows.T.astype(dtype), jnp.ones((1, len(rows)), dtype)])


def width_of(rows: Array | MaskedRows) -> int:
    """Number of columns."""
    return (rows.values if isinstance(rows, MaskedRows) else rows).shape[1]


STATISTICS = {
    "full": full_statistics,
    "diag": diagonal_statistics,
    "spherical": spherical_statistics,
}


def packed(matrix: Float[Array, "... D D"]) -> Float[Array, "... P"]:
    """Upper triangle of symmetric matrices (..., D, D) along the first axis, (D(D+1)/2, ...)."""
    i, j = np.triu_indices(matrix.shape[-1])
    return jnp.moveaxis(matrix[..., i, j], -1, 0)


def unpacked(triangle: Float[Array, "... P"], features: int) -> Float[Array, "... D D"]:
    """Symmetric matrices (..., D, D) from upper triangles (D(D+1)/2, ...)."""
    position = np.zeros((features, features), int)
    position[np.triu_indices(features)] = np.arange(features * (features + 1) // 2)
    return _last(triangle)[..., np.maximum(position, position.T)]


def bordered(second: Array, rest: Array) -> Array:
    """Moments of x with a 1 put after it (..., D + 1, D + 1), from those of x (..., D, D) and of [x, 1] (..., D + 1)."""
    return jnp.concatenate([jnp.concatenate([second, rest[..., None, :-1]], -2), rest[..., None]], -1)


def _matrix_square(deviation: Array, share: Array) -> Array:
    return lax.optimization_barrier(deviation * share) @ deviation.T


SQUARES: dict[str, Callable[[Array, Array], Array]] = {
    "full": _matrix_square,
    "tied": _matrix_square,
    "diag": lambda deviation, share: jnp.square(deviation) @ share,
    "spherical": lambda deviation, share: (jnp.square(deviation).sum(0) @ share)[None],
}


def split(total: Array, features: int, covariance_type: Covariance | None = None) -> tuple[Array, Array, Array, Array]:
    """``Moments.total`` in its parts: second moments (..., K, D, D), or (..., K, D or 1 or 0), first moments (..., K, D),"""
    if covariance_type == "full":
        whole = unpacked(total, features + 1)
        return whole[..., :-1, :-1], whole[..., :-1, -1], whole[..., -1:, -1], whole[..., -1, -1]
    total = _last(total)
    squares = {"diag": features, "spherical": 1}.get(covariance_type or "", 0)
    first, counts = total[..., squares : squares + features], total[..., squares + features :]
    return total[..., :squares], first, counts[..., :-1] if counts.shape[-1] > 1 else counts, counts[..., -1]


def _last(array: Array) -> Array:
    """The first axis put last, of NumPy and JAX arrays alike."""
    return array.transpose(*range(1, array.ndim), 0)


def many_components(components: int, features: int) -> bool:
    """Whether products are quicker than deviations: T(x) costs D^2 / 2 writes a row and needs K to pay for them."""
    return components * 8 > features


def safe_limit(dtype: np.dtype) -> float:
    """How much larger than 1 the terms of a log-density may be before products lose the digits that matter."""
    return float(jnp.finfo(dtype).eps) ** -0.45
