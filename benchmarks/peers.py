"""The same fit by every library, each in its own function: ``fit(X, start, iterations)``, and how it is scored."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np


class Start(NamedTuple):
    """Where a fit starts: weights ``(K,)``, and means (precisions are identities) or probabilities ``(K, D)``."""

    weights: np.ndarray
    locations: np.ndarray


class Peer(NamedTuple):
    """A library that fits, and how its fitted model is scored: mean log-likelihood of a row."""

    fit: Callable[[np.ndarray, Start, int], Any]
    score: Callable[[Any, np.ndarray], float]


def identities(start: Start) -> np.ndarray:
    """Identity matrices, one for each component."""
    n_components, n_features = start.locations.shape
    return np.broadcast_to(np.eye(n_features), (n_components, n_features, n_features)).copy()


def quietly(fit: Callable[[], Any]) -> Any:
    """Fit without the warning that so few iterations do not converge."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return fit()


def suffice_gaussian(X: np.ndarray, start: Start, iterations: int) -> Any:
    from suffice import GaussianMixture

    return quietly(lambda: GaussianMixture(**gaussian_options(start, iterations)).fit(X))


def sklearn_gaussian(X: np.ndarray, start: Start, iterations: int) -> Any:
    from sklearn.mixture import GaussianMixture

    return quietly(lambda: GaussianMixture(**gaussian_options(start, iterations)).fit(X))


def gaussian_options(start: Start, iterations: int) -> dict[str, Any]:
    """Options that suffice and scikit-learn name alike."""
    return {
        "n_components": len(start.weights),
        "covariance_type": "full",
        "tol": 0.0,
        "reg_covar": 0.0,
        "max_iter": iterations,
        "weights_init": start.weights,
        "means_init": start.locations,
        "precisions_init": identities(start),
        "random_state": 0,
    }


def pomegranate_gaussian(X: np.ndarray, start: Start, iterations: int) -> Any:
    from pomegranate.distributions import Normal

    locations, covariances = start.locations.astype("float32"), identities(start).astype("float32")
    return pomegranate(X, [Normal(m, c) for m, c in zip(locations, covariances, strict=True)], start, iterations)


def pomegranate_bernoulli(X: np.ndarray, start: Start, iterations: int) -> Any:
    from pomegranate.distributions import Bernoulli

    return pomegranate(X, [Bernoulli(p) for p in start.locations.astype("float32")], start, iterations)


def pomegranate(X: np.ndarray, distributions: list[Any], start: Start, iterations: int) -> Any:
    """pomegranate's EM, in float32, its own precision."""
    from pomegranate.gmm import GeneralMixtureModel

    weights = start.weights.astype("float32")
    model = GeneralMixtureModel(distributions, priors=weights, max_iter=iterations, tol=-np.inf)
    return quietly(lambda: model.fit(X.astype("float32")))


def stepmix_gaussian(X: np.ndarray, start: Start, iterations: int) -> Any:
    parameters = {"means": start.locations, "covariances": identities(start)}
    return stepmix(X, "gaussian_full", parameters, start, iterations, {"reg_covar": 0.0})


def stepmix_bernoulli(X: np.ndarray, start: Start, iterations: int) -> Any:
    return stepmix(X, "binary", {"pis": start.locations}, start, iterations, {})


def stepmix(X: np.ndarray, measurement: str, parameters: dict, start: Start, iterations: int, options: dict) -> Any:
    """StepMix's EM; it has no option for given parameters, so its own initialisation is replaced."""
    from stepmix.stepmix import StepMix

    class Started(StepMix):
        def _initialize_parameters(self, X, random_state):
            self.weights_ = start.weights.copy()
            self._initialize_parameters_measurement(X, random_state, init_emission=False)
            self._mm.set_parameters(dict(parameters))

    model = Started(
        len(start.weights),
        measurement=measurement,
        measurement_params=options,
        abs_tol=0.0,
        max_iter=iterations,
        progress_bar=0,
        random_state=0,
    )
    return quietly(lambda: model.fit(X))


def suffice_bernoulli(X: np.ndarray, start: Start, iterations: int, precision: str = "float64") -> Any:
    from suffice import BernoulliMixture

    return quietly(
        lambda: BernoulliMixture(
            len(start.weights),
            binarize=None,
            tol=0.0,
            max_iter=iterations,
            weights_init=start.weights,
            probabilities_init=start.locations,
            random_state=0,
            precision=precision,
        ).fit(X)
    )


def estimator_score(model: Any, X: np.ndarray) -> float:
    return float(model.score(X))


def pomegranate_score(model: Any, X: np.ndarray) -> float:
    return float(model.log_probability(X.astype("float32")).double().mean())


GAUSSIAN = {
    "suffice": Peer(suffice_gaussian, estimator_score),
    "scikit-learn": Peer(sklearn_gaussian, estimator_score),
    "pomegranate": Peer(pomegranate_gaussian, pomegranate_score),
    "stepmix": Peer(stepmix_gaussian, estimator_score),
}
BERNOULLI = {
    "suffice": Peer(suffice_bernoulli, estimator_score),
    "suffice float32": Peer(partial(suffice_bernoulli, precision="float32"), estimator_score),
    "stepmix": Peer(stepmix_bernoulli, estimator_score),
    "pomegranate": Peer(pomegranate_bernoulli, pomegranate_score),
}
MODULES = {
    "suffice": "suffice",
    "suffice float32": "suffice",
    "scikit-learn": "sklearn.mixture",
    "pomegranate": "pomegranate.gmm",
    "stepmix": "stepmix.stepmix",
}


def installed(peers: dict[str, Peer]) -> dict[str, Peer]:
    """The peers that can be imported, imported now so that no timing holds it; the others are named."""
    return {name: peer for name, peer in peers.items() if imported(name)}


def imported(name: str) -> bool:
    """Whether a peer could be imported."""
    try:
        import_module(MODULES[name])
    except ModuleNotFoundError as error:
        print(f"{name} is skipped ({error}); the extra `bench` brings it.")
        return False
    return True
