"""What a page says of one fitted factor model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from suffice.report.mixture.advice import Advice, option
from suffice.report.mixture.summary import Summary


@dataclass(frozen=True)
class Factor:
    """A line of the table of components."""

    index: int
    share: float
    columns: str


def factor_lead(estimator: Any, summary: Summary, source: str | None, kind: str) -> str:
    """The first sentence of the page."""
    count = estimator.loadings_.shape[1]
    where = f"the {summary.n_rows:,} rows of {source}" if source else f"{summary.n_rows:,} rows"
    turned = f", {estimator.rotation} rotation" if getattr(estimator, "rotation", None) else ""
    columns = f"{estimator.n_features_in_:,} column{'' if estimator.n_features_in_ == 1 else 's'}"
    return f"{kind} with {count} component{'' if count == 1 else 's'}{turned}, fitted to {where} in {columns}."


def factor_lines(estimator: Any, names: list[str]) -> list[Factor]:
    """Number, share of the variance and most telling columns of each component."""
    covariance = np.asarray(estimator.get_covariance())
    correlation = getattr(estimator, "factor_correlation_", np.eye(estimator.loadings_.shape[1]))
    share = np.square(estimator.loadings_ @ np.linalg.cholesky(correlation)).sum(0) / np.trace(covariance)
    apart = estimator.loadings_ / np.sqrt(np.diagonal(covariance))[:, None]
    return [Factor(j, float(share[j]), _telling(apart[:, j], names)) for j in range(len(share))][:200]


def _telling(loadings: np.ndarray, names: list[str]) -> str:
    strongest = np.argsort(-np.abs(loadings), kind="stable")[:5]
    words = [f"{names[j]} ({loadings[j]:+.2f} sd)" for j in strongest if abs(loadings[j]) >= 0.1]
    return ", ".join(words) or "no column by a tenth of its standard deviation"


def factor_advice(estimator: Any, command: Sequence[str] | None, selection: Any) -> list[Advice]:
    """Sentences on what the fit suggests doing next."""
    found = []
    if not estimator.converged_:
        more = option("max_iter", 5 * estimator.max_iter, command)
        found.append(
            Advice(f"The fit had not converged after {estimator.n_iter_} iterations; let it run longer with {more}.")
        )
    if selection is None:
        most = 2 * estimator.n_components
        sizes = f"n_components=range(1, {most + 1})" if command is None else f"--n-components 1-{most}"
        found.append(Advice(f"Compare other numbers of components: {sizes} selects among them by BIC."))
    spread = np.diagonal(estimator.get_covariance())
    if np.ndim(estimator.noise_variance_) == 0 and spread.max() > 100 * spread.min():
        found.append(Advice("Variances of the columns differ more than a hundredfold, and the noise is alike in all: bring them "
                            "to one scale, or take factor analysis, to which the scale does not matter."))  # fmt: skip
    return found or [Advice("Look at the loadings and at the rows in latent space before you trust the components.")]
