"""Log-densities and moments of sparse rows: products with what is stored, and what zeros give in closed form."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from scipy.sparse import csr_array
from scipy.special import gammaln

from suffice.latent.forms.natural import LEAST, Linear, Moments, Natural, linear_statistics
from suffice.latent.forms.rising import rising
from suffice.latent.forms.rising_counts import RisingCounts
from suffice.rows.sparse import SparseTile
from suffice.runtime.module import Module, field


class SparseLinear(Module):
    """Log-density as ``slope`` (..., K, D) times x plus ``constant`` (..., K).

    A missing cell takes back what is its ``own`` (..., K, D) of the constant. With ``counts``, less log x! of every cell.
    """

    slope: np.ndarray
    constant: np.ndarray
    own: Any
    counts: bool = field(static=True)
    accurate: ClassVar[bool] = True

    def features(self, rows: SparseTile) -> SparseTile:
        """The rows as they are."""
        return rows

    def log_density(self, rows: SparseTile) -> np.ndarray:
        """Log-density of each row under each component, (..., K, n)."""
        found = times(self.slope, rows.values) + self.constant[..., None]
        if rows.missing is not None:
            found = found - times(self.own, rows.missing)
        return found - _log_factorials(rows.values) if self.counts else found

    def moments(self, rows: SparseTile, responsibility: np.ndarray, weight: np.ndarray) -> Moments:
        """Sums over rows, with weighted responsibilities (..., K, n)."""
        first = summed(responsibility, rows.values)
        total = np.concatenate([first, *cells(rows, responsibility)])
        return Moments(total, weight @ _log_factorials(rows.values) if self.counts else None, "zero")


class SparseRising(Module):
    """The same of negative binomial counts, as ``RisingCounts`` has them."""

    form: RisingCounts
    accurate: ClassVar[bool] = True

    def features(self, rows: SparseTile) -> SparseTile:
        """The rows as they are."""
        return rows

    def log_density(self, rows: SparseTile) -> np.ndarray:
        """Log-density of each row under each component, (..., K, n)."""
        values, form = rows.values, self.form
        zeros = -np.log1p(form.means * form.dispersions) / form.dispersions
        found = np.stack([self._stored(values, *part) for part in self._components()])
        found = found.reshape(*form.log_weights.shape, -1) + (zeros.sum(-1) + form.log_weights)[..., None]
        return found if rows.missing is None else found - times(zeros, rows.missing)

    def moments(self, rows: SparseTile, responsibility: np.ndarray, weight: np.ndarray) -> Moments:
        """Sums over rows, with weighted responsibilities (..., K, n)."""
        values, lead = rows.values, responsibility.shape[:-1]
        places, own = values.indices, np.repeat(np.arange(values.shape[0]), np.diff(values.indptr))
        parts, constant = [], []
        for (_, dispersion), share in zip(self._components(), responsibility.reshape(-1, values.shape[0]), strict=True):
            log, once, twice = rising(values.data, 1 / dispersion[places])
            held = share[own]
            parts.append([np.bincount(places, held * part, len(dispersion)) for part in (once, twice)])
            constant.append((held * (log - gammaln(values.data + 1))).sum())
        once, twice = (np.stack(part).T.reshape(-1, *lead) for part in zip(*parts, strict=True))
        total = np.concatenate([summed(responsibility, values), once, twice, *cells(rows, responsibility)])
        return Moments(total, np.reshape(constant, lead).sum(-1), "zero")

    def _components(self) -> list[tuple[np.ndarray, np.ndarray]]:
        """Means and dispersions (D,) of every component."""
        width = self.form.means.shape[-1]
        pairs = zip(self.form.means.reshape(-1, width), self.form.dispersions.reshape(-1, width), strict=True)
        return [(np.asarray(mean), np.asarray(dispersion)) for mean, dispersion in pairs]

    def _stored(self, values: Any, mean: np.ndarray, dispersion: np.ndarray) -> np.ndarray:
        """What the stored cells of each row, (n,), add to the log-density of a row of zeros."""
        mean, dispersion = mean[values.indices], dispersion[values.indices]
        product, _, _ = rising(values.data, 1 / dispersion)
        added = product - gammaln(values.data + 1) + values.data * (np.log(mean) - np.log1p(mean * dispersion))
        return _by_row(values, added)


def of_sparse(form: Any, rows: SparseTile) -> SparseLinear | SparseRising:
    """The form for sparse rows that is one for dense ones."""
    if isinstance(form, RisingCounts):
        return SparseRising(form)
    products, counts = getattr(form, "products", form), hasattr(form, "products")
    if isinstance(products, Linear) and products.whitening is None:
        return SparseLinear(np.asarray(products.slope), np.maximum(products.constant, LEAST), None, counts)
    if not isinstance(products, Natural) or products.statistics is not linear_statistics:
        raise TypeError("Sparse rows were given, and the components take dense ones: give rows.toarray().")
    natural, width = np.asarray(products.natural), rows.values.shape[1]
    own = natural[..., width:-1] if products.size == 2 * width + 1 else None
    constant = natural[..., -1] if own is None else natural[..., -1] + own.sum(-1)
    return SparseLinear(natural[..., :width], constant, own, counts)


def times(parameters: np.ndarray, values: Any) -> np.ndarray:
    """Products (..., K, n) of parameters (..., K, D) with rows (n, D)."""
    flat = np.asarray(parameters).reshape(-1, parameters.shape[-1])
    return (values @ np.ascontiguousarray(flat.T)).T.reshape(*parameters.shape[:-1], -1)


def summed(responsibility: np.ndarray, values: Any) -> np.ndarray:
    """Sums of rows (n, D) weighted with responsibilities (..., K, n), columns first, (D, ..., K)."""
    flat = responsibility.reshape(-1, responsibility.shape[-1])
    return (values.T @ np.ascontiguousarray(flat.T)).reshape(-1, *responsibility.shape[:-1])


def cells(rows: SparseTile, responsibility: np.ndarray) -> list[np.ndarray]:
    """The weight (1, ..., K) of the rows, before it that of the cells observed in each column where they are counted."""
    weight = responsibility.sum(-1)[None]
    if not rows.counted:
        return [weight]
    absent = 0.0 if rows.missing is None else summed(responsibility, rows.missing)
    return [np.broadcast_to(weight - absent, (rows.values.shape[1], *weight.shape[1:])), weight]


def _log_factorials(values: Any) -> np.ndarray:
    """Sum of log x! of each row, (n,)."""
    return _by_row(values, gammaln(values.data + 1))


def _by_row(values: Any, cells: np.ndarray) -> np.ndarray:
    """Sums (n,) of numbers that stand in the place of the stored cells."""
    return np.asarray(csr_array((cells, values.indices, values.indptr), values.shape).sum(1)).ravel()
