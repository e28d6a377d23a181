"""Where an RBM begins: visible biases that alone fit the means of the rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.energy.rbm.categorical_rbm import CategoricalRBM
from suffice.energy.rbm.gaussian_rbm import GaussianRBM
from suffice.energy.rbm.machine import BoltzmannMachine
from suffice.rows.stored import Stored, WeightedPieces


def base_bias(model: BoltzmannMachine, units: Any, weight: np.ndarray) -> np.ndarray:
    """Visible biases (U,) of a model without couplings whose means are those of rows (n, U); real units have mean 0.

    Shares of 0 and 1 count as if half a row spoke against them.
    """
    means = unit_means(units, weight)
    if isinstance(model, GaussianRBM):
        return np.zeros_like(means)
    margin = 0.5 / (len(weight) + 1)
    shares = np.clip(means, margin, 1 - margin)
    binary = model.n_binary if isinstance(model, CategoricalRBM) else len(shares)
    return np.where(np.arange(len(shares)) < binary, np.log(shares / (1 - shares)), np.log(shares))


def unit_means(units: Any, weight: np.ndarray) -> np.ndarray:
    """Weighted mean of each unit over its known cells, (U,)."""
    if isinstance(units, Stored):
        parts = [of_rows @ part for part, of_rows in WeightedPieces(units, weight)]
        return np.sum(parts, axis=0) / weight.sum()
    if not isinstance(units, np.ndarray):
        return np.asarray(units.T @ weight).ravel() / weight.sum()
    known = ~np.isnan(units) * weight[:, None]
    return (known * np.nan_to_num(units)).sum(0) / np.maximum(known.sum(0), np.finfo(float).tiny)
