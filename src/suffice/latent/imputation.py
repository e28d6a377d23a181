"""Missing cells filled in from a mixture: by their conditional means given the observed cells, or by draws."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from suffice.latent.expectation import normalised
from suffice.latent.families.family import Family
from suffice.latent.mixture import Mixture
from suffice.latent.readers import Reader, Responsibilities, read, ready
from suffice.latent.spread import precision_for
from suffice.rows.missing import any_missing, with_nan
from suffice.runtime.arrays import Array
from suffice.runtime.module import replaced

Completed = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]
"""Expected value and standard deviation of every cell of rows, (n, D) each."""


class Completion(Reader):
    """What each row's cells are expected to be given the observed ones, and standard deviations, (n, D) each."""

    components: Family

    def __call__(self, rows: Any, weight: Array) -> tuple[Array, Array]:
        form = self.expectation.of(rows)
        features = form.features(rows)
        _, share = normalised(form.log_density(features))
        return self.components.completed(form, features, share)


def filled(rows: np.ndarray, completed: Completed) -> tuple[np.ndarray, np.ndarray]:
    """Rows (n, D) with missing cells filled in, and standard deviations (n, D), 0 for observed cells."""
    whole, deviation = with_nan(rows).astype(float), np.zeros(rows.shape)
    gaps = np.isnan(whole)
    held = np.flatnonzero(gaps.any(1))
    if len(held):
        mean, std = completed(rows[held])
        whole[gaps], deviation[gaps] = mean[gaps[held]], std[gaps[held]]
    return whole, deviation


def impute(model: Mixture, rows: np.ndarray, precision: str = "float64") -> tuple[np.ndarray, np.ndarray]:
    r"""Rows (n, D) with missing cells filled in by :math:`\sum_k r_k(x_o) E[x_m | x_o, k]`, and standard deviations."""
    return filled(rows, partial(_completed, model, precision))


def _completed(model: Mixture, precision: str, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    precision = precision_for(model, precision)
    moved, origin, *_ = ready(model, precision)
    mean, deviation = read(model, [rows], lambda fn: Completion(fn, moved.components), precision)
    return (mean if origin is None else mean + origin), deviation


def draw_missing(
    model: Mixture, rows: np.ndarray, draws: int, generator: np.random.Generator, precision: str = "float64"
) -> np.ndarray:
    """So many copies of rows, (draws, n, D), with missing cells drawn from their distribution given the observed ones."""
    whole = np.broadcast_to(with_nan(rows).astype(float), (draws, *rows.shape)).copy()
    if not any_missing(rows):
        return whole
    level = np.cumsum(read(model, [rows], Responsibilities, precision), 1)
    component = (generator.random((draws, len(rows), 1)) * level[:, -1:] > level).sum(-1)
    star = model.components.draw(component.ravel(), generator).reshape(whole.shape)
    gaps = np.isnan(whole)
    if model.missing == "patterns" or model.components.dependent_cells:
        star = star + _shift(model, whole, star, component, precision)
    whole[gaps] = star[gaps]
    return whole


def _shift(model: Mixture, rows: np.ndarray, star: np.ndarray, component: np.ndarray, precision: str) -> np.ndarray:
    """What conditional means given the rows' cells differ from those given the draws' (Matheron's rule)."""
    shift = np.zeros(star.shape)
    masked = np.where(np.isnan(rows), np.nan, star)
    for k in np.unique(component):
        here = component == k
        given_rows, given_draws = (completed_by(model, cells[here], k, precision)[0] for cells in (rows, masked))
        shift[here] = given_rows - given_draws
    return shift


def completed_by(
    model: Mixture, rows: np.ndarray, component: int, precision: str = "float64"
) -> tuple[np.ndarray, np.ndarray]:
    """Expected value and standard deviation (n, D) of every cell in one component, given those that are observed."""
    with np.errstate(divide="ignore"):
        only = replaced(model, log_weights=np.log(np.arange(len(model.weights)) == component))
    return _completed(only, precision, rows)


def refuse_deviations(return_std: bool) -> None:
    """Refuse to give standard deviations beside draws."""
    if return_std:
        raise ValueError("return_std=True says how uncertain means are; draws show it themselves: give one of the two.")
