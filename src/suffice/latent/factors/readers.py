"""What a fitted linear Gaussian model says of each row: its density, latent variables and missing cells."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from suffice.latent.factors.linear_gaussian import LinearGaussian
from suffice.latent.factors.posterior import codes_of
from suffice.latent.imputation import filled
from suffice.latent.readers import Reader, read
from suffice.rows.missing import MaskedRows, any_missing
from suffice.runtime.arrays import Array


class FactorReader(Reader):
    """What is read of each row's posterior."""

    elementwise: ClassVar[bool] = True


class Density(FactorReader):
    """Log-density of each row."""

    def __call__(self, rows: Array | MaskedRows, weight: Array) -> Array:
        return self.expectation.inferred(rows).log_density


class Codes(FactorReader):
    """Posterior mean of each row's latent variables."""

    def __call__(self, rows: Array | MaskedRows, weight: Array) -> Array:
        return self.expectation.inferred(rows).mean.T


class CodesAndCovariances(FactorReader):
    """Posterior mean and covariance of each row's latent variables."""

    def __call__(self, rows: Array | MaskedRows, weight: Array) -> tuple[Array, Array]:
        return codes_of(self.expectation.inferred(rows))


class Completed(FactorReader):
    """Expected value of every cell and its standard deviation, given the row's observed cells."""

    def __call__(self, rows: Array | MaskedRows, weight: Array) -> tuple[Array, Array]:
        inferred = self.expectation.inferred(rows)
        return self.expectation.completed(inferred.mean, inferred.covariance)


def impute_factors(
    model: LinearGaussian, rows: np.ndarray, precision: str = "float64"
) -> tuple[np.ndarray, np.ndarray]:
    r"""Rows (n, D) with missing cells filled in by :math:`\mu_m + W_m E[z | x_o]`, and standard deviations (n, D)."""

    def completed(cells: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        mean, deviation = read(model, [cells], Completed, precision)
        return mean + model.mean, deviation

    return filled(rows, completed)


def draw_missing_factors(
    model: LinearGaussian, rows: np.ndarray, draws: int, generator: np.random.Generator, precision: str = "float64"
) -> np.ndarray:
    """So many copies of rows, (draws, n, D), with missing cells drawn given the observed ones.

    Draws of whole rows are moved by what conditional means given the rows differ from those given the draws (Matheron's rule).
    """
    whole = np.broadcast_to(rows, (draws, *rows.shape)).copy()
    if not any_missing(rows):
        return whole
    gaps = np.isnan(whole)
    star = model.draw(draws * len(rows), generator)
    masked = np.where(gaps.reshape(star.shape), np.nan, star)
    shift = star - impute_factors(model, masked, precision)[0]
    moved = shift.reshape(whole.shape) + impute_factors(model, rows, precision)[0]
    whole[gaps] = moved[gaps]
    return whole
