"""Rows drawn from a fitted mixture: by its weights, by covariates, or from components that are named."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.estimators.mixtures.membership import check_fitted_with, covariates_of
from suffice.runtime.types import ArrayLike, TableLike
from suffice.validation import check_count


def draw_components(
    mixture: Any,
    n_samples: int,
    component: int | ArrayLike | None,
    covariates: TableLike | None,
    generator: np.random.Generator,
) -> np.ndarray:
    """The component (n,) of each row to draw; that of noise is -1."""
    check_count("n_samples", n_samples)
    if component is not None and covariates is not None:
        raise ValueError("component and covariates were given, and covariates draw components; give one of the two.")
    if component is not None:
        return _named(mixture, n_samples, component)
    if covariates is not None:
        return _by_covariates(mixture, n_samples, covariates, generator)
    weights = mixture.weights_
    if not mixture.model_.components.noise_components:
        return generator.choice(len(weights), size=n_samples, p=weights)
    found = generator.choice(len(weights) + 1, size=n_samples, p=np.append(weights, mixture.noise_weight_))
    return np.where(found == len(weights), -1, found)


def rows_of(mixture: Any, component: np.ndarray, generator: np.random.Generator) -> np.ndarray:
    """A row (n, D) from each component."""
    return mixture.model_.components.draw(np.where(component < 0, len(mixture.weights_), component), generator)


def _named(mixture: Any, n_samples: int, component: int | ArrayLike) -> np.ndarray:
    given, count = np.asarray(component), len(mixture.weights_)
    noise = bool(mixture.model_.components.noise_components)
    least = -1 if noise else 0
    inside = (
        given.dtype.kind in "iu" and given.shape in ((), (n_samples,)) and ((given >= least) & (given < count)).all()
    )
    if not inside:
        raise ValueError(
            f"component={component!r} was given; a component number from 0 to {count - 1}{', or -1 for the noise,' * noise} is "
            f"expected, or one for each of the {n_samples} rows."
        )
    return np.broadcast_to(given, n_samples).astype(int)


def _by_covariates(mixture: Any, n_samples: int, covariates: TableLike, generator: np.random.Generator) -> np.ndarray:
    check_fitted_with(mixture)
    rows = len(covariates)  # type: ignore[arg-type]
    if n_samples not in (1, rows):
        raise ValueError(
            f"n_samples={n_samples} and covariates of {rows} rows were given; one row is drawn for each of these."
        )
    level = np.cumsum(mixture.membership_.memberships(covariates_of(mixture, covariates, rows)), 1)
    return (generator.random((rows, 1)) > level[:, :-1]).sum(1)
