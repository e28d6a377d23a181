"""Standard errors and intervals of the parameters of a fitted model, as people read them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import Any, get_args

import numpy as np
from sklearn.exceptions import ConvergenceWarning

from suffice.choices import ErrorMethod
from suffice.fit.restarts import restarts_at
from suffice.outcome import HeldParameterWarning
from suffice.runtime.blas import one_blas_thread
from suffice.uncertainty.information import FAR, Information, information
from suffice.uncertainty.intervals import intervals, percentiles
from suffice.uncertainty.named import kinds, listed, names, numbers, shaped
from suffice.uncertainty.neighbourhood import Neighbourhood, around, differences, neighbourhood
from suffice.uncertainty.resampling import to_drawn_rows, to_resampled_rows
from suffice.validation import check_choice, check_count

METHODS = get_args(ErrorMethod)
NUDGE, LEAST = 0.1, 1e-100
MAIN = 0.75
"""Of the largest change, what a number changes by that a sentence names."""
ROUNDING = 1e-10
"""Of a parameter, what an error below it is no more than."""


@dataclass(frozen=True)
class Fitted:
    """A fitted model, its rows with weights, and ``read``, which gives its parameters as people read them.

    ``matrices``: covariances are matrices. ``matched`` puts the components of a refit in the order of the model's.
    """

    model: Any
    data: Any
    weight: np.ndarray | None
    read: Callable[[Any], dict[str, Any]]
    matrices: bool = False
    matched: Callable[[Any], Any] = lambda model: model


@dataclass(frozen=True)
class Spread:
    """Estimates (Q,) and their standard errors, and draws (S, Q) of them where these were simulated."""

    estimate: np.ndarray
    error: np.ndarray
    draws: np.ndarray | None = None


def standard_errors(fitted: Fitted, method: str, samples: int, generator: np.random.Generator) -> dict[str, Any]:
    """Standard errors in the shapes of the parameters."""
    return shaped(fitted.read(fitted.model), spread(fitted, method, samples, generator).error)


def confidence_intervals(
    fitted: Fitted, level: float, method: str, samples: int, generator: np.random.Generator
) -> dict[str, Any]:
    """Intervals in the shapes of the parameters, with lower and upper ends along a last axis."""
    check_level(level)
    return _ends(fitted, spread(fitted, method, samples, generator), level)


def errors_and_intervals(
    fitted: Fitted, level: float, method: str, samples: int, generator: np.random.Generator
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both, of the same information or the same draws."""
    check_level(level)
    found = spread(fitted, method, samples, generator)
    return shaped(fitted.read(fitted.model), found.error), _ends(fitted, found, level)


def _ends(fitted: Fitted, found: Spread, level: float) -> dict[str, Any]:
    nested = fitted.read(fitted.model)
    if found.draws is not None:
        return shaped(nested, percentiles(found.draws, level))
    return shaped(nested, intervals(found.estimate, found.error, kinds(nested, fitted.matrices), level))


def check_level(level: float) -> None:
    """Refuse what is no probability."""
    if not (isinstance(level, Real) and 0 < level < 1):
        raise ValueError(f"level={level!r} was given; a number between 0 and 1 is expected, such as 0.95.")


def spread(fitted: Fitted, method: str, samples: int, generator: np.random.Generator) -> Spread:
    """Estimates and their errors, by one of the methods."""
    check_choice("method", method, METHODS)
    near = neighbourhood(fitted.model, fitted.data, fitted.weight)
    if method in ("bootstrap", "parametric"):
        check_count("samples", samples, 2)
        refits = to_resampled_rows if method == "bootstrap" else to_drawn_rows
        return _simulated(fitted, list(refits(near, samples, generator)))
    if not fitted.model.chart.exists(fitted.model):
        raise ValueError(
            "Covariances of low rank that components share have no coordinates to differentiate in; use method='bootstrap'."
        )
    with one_blas_thread():
        found = information(near)
        root = found.root if method == "observed" else found.robust_root()
        slopes, held = _slopes(fitted, found), _held(fitted, found)
    estimate = numbers(fitted.read(fitted.model))
    _warn_of(fitted, found, slopes, held)
    error = np.sqrt(np.square(slopes.T @ root).sum(1))
    return Spread(estimate, np.where(held | (error < ROUNDING * np.abs(estimate)), 0.0, error))


def _simulated(fitted: Fitted, refits: list[Any]) -> Spread:
    models = [model for model in refits if model is not None]
    if len(models) < len(refits):
        warnings.warn(
            f"{len(refits) - len(models)} of {len(refits)} samples lost a component (it held less than one row), and are left "
            "out: errors are those of the others; fewer components, or a prior, would be steadier.",
            HeldParameterWarning, stacklevel=5,
        )  # fmt: skip
    if len(models) < 2:
        raise ValueError(
            "Fewer than two samples kept all components, so that nothing tells an error; use fewer components."
        )
    draws = np.stack([numbers(fitted.read(fitted.matched(model))) for model in models])
    return Spread(numbers(fitted.read(fitted.model)), draws.std(0, ddof=1), draws)


def _slopes(fitted: Fitted, found: Information) -> np.ndarray:
    """Derivatives (F, Q) of what people read along the free steps."""
    if not found.steps.shape[1]:
        return np.zeros((0, len(numbers(fitted.read(fitted.model)))))
    return differences(_read(fitted, found.near, around(found.near.position, found.steps)))


def _read(fitted: Fitted, near: Neighbourhood, positions: np.ndarray) -> np.ndarray:
    """What people read (R, Q) of models at coordinates (R, P)."""
    many = near.models(positions)
    models = [restarts_at(many, place) for place in range(len(positions))]
    return np.stack([numbers(fitted.read(_restored(near, model))) for model in models])


def _restored(near: Neighbourhood, model: Any) -> Any:
    return model if near.origin is None else model.translated(near.origin)


def _held(fitted: Fitted, found: Information) -> np.ndarray:
    """Which numbers (Q,) are at an edge, and held there: those that change most where one of the coordinates leaves it."""
    if not found.held.any():
        return np.zeros(len(numbers(fitted.read(fitted.model))), bool)
    nudges = NUDGE * np.diag(np.maximum(found.near.units, LEAST))[found.held]
    changes = _read(fitted, found.near, np.concatenate([found.near.position[None], found.near.position + nudges]))
    return _main(changes[1:] - changes[0])


def _warn_of(fitted: Fitted, found: Information, slopes: np.ndarray, held: np.ndarray) -> None:
    """Say what is held, what is not told, and that the fit is at no maximum."""
    named = np.array(names(fitted.read(fitted.model)))
    if held.any():
        warnings.warn(
            f"At the edge of what is possible, and held there with error 0: {listed(named[held].tolist())}.",
            HeldParameterWarning, stacklevel=5,
        )  # fmt: skip
    untold = (slopes.T @ found.untold).T
    if untold.size and np.abs(untold).max() > 0:
        warnings.warn(
            f"The rows do not tell {len(untold)} direction{'s' if len(untold) > 1 else ''} in the parameters (the model "
            "is not identified, or not at a maximum); there the error counts as 0. Most of all concerned: "
            f"{listed(named[_main(untold)].tolist())}.",
            HeldParameterWarning, stacklevel=5,
        )  # fmt: skip
    if not found.left < FAR:
        warnings.warn(
            f"The log-likelihood of these rows promises {found.left:.3g} nats more: the parameters are at no maximum of it, and "
            "the errors are not to be relied on; give the rows and weights of the fit, or fit with tol=None and more iterations.",
            ConvergenceWarning, stacklevel=5,
        )  # fmt: skip


def _main(changes: np.ndarray) -> np.ndarray:
    """Which numbers (Q,) change most in one of some directions (U, Q)."""
    size = np.abs(changes)
    return ((size >= MAIN * size.max(1, keepdims=True)) & (size > 0)).any(0)
