"""What a selection asks of estimators that it has not fitted, or starts others from."""

from __future__ import annotations

from typing import Any, TypeAlias

from suffice.estimators.factors.base import FactorEstimator
from suffice.estimators.mixtures.base import MixtureEstimator

Compared: TypeAlias = MixtureEstimator | FactorEstimator


def check_parameters(estimator: Compared) -> None:
    """Refuse parameters of a mixture or factor model that cannot be used."""
    estimator._check_parameters()


def likelihood_of(estimator: Compared) -> str:
    """What the likelihood of an estimator is of; models are compared only where they agree."""
    return estimator._likelihood_of()


def starting_parameters(estimator: Compared) -> dict[str, Any]:
    """Fitted parameters by the name under which a fit starts from them: ``means_`` is ``means_init``."""
    names = [name for name in estimator.get_params() if name.endswith("_init") and name != "n_init"]
    return {name: getattr(estimator, name.removesuffix("init"), None) for name in names}


def shared_starts(estimator: MixtureEstimator) -> tuple[str, ...]:
    """Those of them that all components have in common."""
    return estimator._shared_starts()


def is_free(estimator: Compared) -> bool:
    """Whether it is a mixture of which no parameter is frozen or tied."""
    return isinstance(estimator, MixtureEstimator) and not estimator.frozen and not estimator.tied
