"""Weights of a mixture that follow covariates of the rows: checks, the fit, and what is said of rows with covariates."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.validation import check_is_fitted

from suffice.estimators.shared.attributes import progress_attributes, set_attributes
from suffice.fit.expectation_maximization import em
from suffice.fit.restarts import one_restart, restarts_at
from suffice.latent.charts.membership import LARGEST
from suffice.latent.expectation import normalised
from suffice.latent.membership import MembershipMixture
from suffice.latent.mixture import Mixture
from suffice.latent.readers import LogJoint, read
from suffice.outcome import HeldParameterWarning
from suffice.rows.frequencies import weighed
from suffice.rows.streams import is_stream, on_host
from suffice.runtime.module import replaced
from suffice.runtime.types import ArrayLike, TableLike

if TYPE_CHECKING:
    from suffice.estimators.mixtures.base import MixtureEstimator

OF_MEMBERSHIP = ("membership_coefficients_", "membership_", "covariate_names_")
Estimator = TypeVar("Estimator", bound="MixtureEstimator")


def with_covariates(
    mixture: Estimator, X: TableLike, covariates: TableLike, sample_weight: ArrayLike | None, labels: Any
) -> Estimator:
    """A mixture that was fitted without covariates, fitted on with them."""
    _check_free(mixture, X, labels)
    X, sample_weight, _ = weighed(X, sample_weight)
    rows = mixture._input.table(on_host(X))
    weight = None if sample_weight is None else mixture._input.weight(sample_weight, rows)
    names, values = numbers_of(covariates, len(rows))
    refuse_untelling(names, values if weight is None else values[weight > 0])
    centre, scale = values.mean(0), values.std(0)
    start = begun(mixture.model_, values.shape[1])
    data, origin = measured(start, rows)
    designed = design((values - centre) / scale)
    moved = start if origin is None else replaced(start, components=start.components.translated(-origin))
    solution = em(one_restart(moved), (data, designed), weight=weight, tol=mixture.tol, max_iter=mixture.max_iter)
    found = restarts_at(solution.model, 0)
    components = found.components if origin is None else found.components.translated(origin)
    coefficients = unscaled(np.asarray(found.coefficients), centre, scale)
    warn_of_sure(np.abs(np.asarray(found.coefficients)[:, 1:]) > LARGEST / 2, names)
    membership = MembershipMixture(coefficients, components)
    shares = np.average(membership.memberships(values), 0, weight)
    fitted = mixture._attributes(Mixture(shares, components, mixture.model_.prior))
    fitted |= progress_attributes(solution) | {"membership_coefficients_": coefficients, "membership_": membership}
    set_attributes(mixture, fitted | {"covariate_names_": np.array(names)})
    if not fitted["converged_"]:
        warnings.warn(fitted["outcome_"], ConvergenceWarning, stacklevel=4)
    return mixture


def begun(model: Mixture, covariates: int) -> MembershipMixture:
    """A mixture as one whose weights follow covariates, and do not yet."""
    intercept = np.asarray(np.maximum(model.log_weights, -LARGEST))
    coefficients = np.zeros((len(intercept), 1 + covariates))
    coefficients[:, 0] = np.clip(intercept - intercept[0], -LARGEST, LARGEST)
    return MembershipMixture(coefficients, model.components)


def measured(model: MembershipMixture, rows: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
    """Rows measured from a point among the components, and this, where they may be."""
    origin = model.components.centre()
    return (rows, None) if origin is None else (rows - origin, origin)


def design(values: np.ndarray) -> np.ndarray:
    """Covariates (n, 1 + q) behind a column of ones."""
    return np.concatenate([np.ones((len(values), 1)), values], 1)


def joint_of(mixture: Any, X: TableLike, covariates: TableLike) -> tuple[np.ndarray, np.ndarray]:
    """log p(x | z) (n,) and responsibilities (n, K) of rows whose covariates are given."""
    check_is_fitted(mixture, "model_")
    check_fitted_with(mixture)
    rows = list(mixture._input.batches(X))
    values = covariates_of(mixture, covariates, sum(map(len, rows)))
    count = mixture.membership_.coefficients.shape[0]
    plain = Mixture(np.full(count, 1 / count), mixture.membership_.components)
    with np.errstate(divide="ignore"):
        chances = np.log(mixture.membership_.memberships(values))
    evidence, share = normalised((read(plain, rows, LogJoint) + np.log(count) + chances).T)
    return np.asarray(evidence), np.asarray(share).T


def check_fitted_with(mixture: Any) -> None:
    """Refuse covariates where the fit had none."""
    if not hasattr(mixture, "membership_"):
        raise ValueError("covariates were given, but the fit had none; fit(X, covariates=Z) first, or leave them out.")


def covariates_of(mixture: Any, covariates: TableLike, rows: int) -> np.ndarray:
    """Covariates (n, q) as the fit had them."""
    names, values = numbers_of(covariates, rows)
    wanted = mixture.membership_coefficients_.shape[1] - 1
    if values.shape[1] != wanted:
        raise ValueError(f"covariates has {values.shape[1]} columns; {wanted} are expected, as in the fit.")
    fitted = mixture.covariate_names_.tolist()
    if hasattr(covariates, "columns") and names != fitted and fitted != [str(place) for place in range(wanted)]:
        raise ValueError(f"covariates has columns {names}; {fitted} are expected, in this order, as in the fit.")
    return values


def _check_free(mixture: MixtureEstimator, X: TableLike, labels: Any) -> None:
    if is_stream(X):
        raise ValueError("covariates need rows in memory; give an array or a DataFrame, not batches.")
    held = mixture.frozen or mixture.tied or mixture.weight_concentration_prior is not None
    if held or labels is not None or mixture.model_.components.noise_components:
        raise ValueError(
            "covariates were given with frozen, tied, component_labels, weight_concentration_prior or noise, which go without "
            "them; leave one out."
        )


def numbers_of(covariates: TableLike, rows: int) -> tuple[list[str], np.ndarray]:
    """Names and numbers (n, q) of covariates."""
    try:
        values = np.asarray(on_host(covariates), float)
    except (TypeError, ValueError) as error:
        raise ValueError(
            "covariates hold what is no number; numbers (n, q) are expected: encode labels as 0 and 1."
        ) from error
    values = values[:, None] if values.ndim == 1 else values
    if values.ndim != 2 or len(values) != rows or not values.shape[1]:
        raise ValueError(f"covariates has shape {values.shape}; ({rows}, q) is expected, a line for each row.")
    names = [str(name) for name in getattr(covariates, "columns", range(values.shape[1]))]
    gaps = ~np.isfinite(values).all(0)
    if gaps.any():
        wild = ", ".join(np.array(names)[gaps][:20])
        raise ValueError(f"Covariates {wild} have missing or infinite cells; fill them in, or leave their rows out.")
    return names, values


def refuse_untelling(names: list[str], values: np.ndarray) -> None:
    """Refuse covariates that hold one value, or follow from others."""
    spread = values.std(0)
    constant = spread <= 1e-12 * np.abs(values).max(0, initial=0)
    if constant.any():
        raise ValueError(f"Covariates {', '.join(np.array(names)[constant][:20])} hold one value only; leave them out.")
    alike = np.linalg.eigvalsh(np.atleast_2d(np.corrcoef(values.T)))
    if alike[0] < 1e-10:
        raise ValueError(
            f"Some of the covariates {', '.join(names[:20])} follow from others (a total beside its parts, or all categories of "
            "one label); leave one of them out."
        )


def unscaled(coefficients: np.ndarray, centre: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Coefficients of covariates as they are, from those of covariates in units of their standard deviation."""
    slopes = coefficients[:, 1:] / scale
    return np.concatenate([coefficients[:, :1] - (slopes @ centre)[:, None], slopes], 1)


def warn_of_sure(sure: np.ndarray, names: list[str], held: str = "") -> None:
    """Say which covariates tell a class surely, by which coefficients (K, q) do, and what follows from that."""
    telling = [name for name, own in zip(names, sure.T, strict=True) if own.any()]
    if telling:
        warnings.warn(
            f"Covariates {', '.join(telling[:20])} tell a class (nearly) surely, so that the likelihood has no "
            f"maximum: coefficients are held within {LARGEST:g} for each standard deviation, and mean no more than that{held}.",
            HeldParameterWarning, stacklevel=5,
        )  # fmt: skip
