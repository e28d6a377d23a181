"""One row for each estimator: a law runs on every row that can do what the law is about."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache, partial
from typing import Any

import numpy as np
import pytest

from suffice import (
    PPCA,
    RBM,
    Autoencoder,
    BayesianNetwork,
    BayesianNetworkClassifier,
    BernoulliMixture,
    CategoricalMixture,
    DenoisingAutoencoder,
    ExponentialMixture,
    FactorAnalysis,
    GaussianClassifier,
    GaussianMixture,
    IsingDenoiser,
    MixedMixture,
    MixtureClassifier,
    MixtureOfPPCA,
    MultinomialNaiveBayes,
    NaiveBayes,
    NegativeBinomialMixture,
    NeuralClassifier,
    PoissonMixture,
    PottsDenoiser,
    RBMClassifier,
    RBMStack,
)
from suffice.data import ColumnEncoder

ROWS, COLUMNS = 120, 4
FEATURES_OF_MIXTURES = {
    "partial_fit", "component_labels", "missing", "frozen", "tied", "checkpoint", "streams", "weights", "select",
    "select from a stream",
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Row:
    """An estimator, rows for it, and what it can do.

    ``can`` holds words that laws ask for, ``lacks`` reasons for what a mixture cannot do. ``starts`` tells for each parameter
    that may be frozen or tied from which attribute, and so from which ``..._init``, it starts; ``ties`` is an example of tied
    parameters, under which ``free`` of them are left. A mixture ``begins`` where all its parameters can be given to start from.
    """

    name: str
    make: Callable[..., Any]
    X: Any
    can: frozenset[str]
    y: Any = None
    lacks: Mapping[str, str] = field(default_factory=dict)
    starts: Mapping[str, str] = field(default_factory=dict)
    ties: Mapping[str, Any] = field(default_factory=dict)
    free: int = 0

    def __str__(self) -> str:
        return self.name

    @property
    def with_gaps(self) -> np.ndarray:
        """The rows with a fifth of the cells missing."""
        return with_gaps(self.X, 0.2)

    @property
    def labels(self) -> np.ndarray:
        """Components of two thirds of the rows, -1 for the others."""
        return np.random.default_rng(3).integers(-1, 3, len(self.X))

    def accepting(self, **settings: Any) -> Any:
        """Unfitted, with those of the settings that the estimator has."""
        known = self.make().get_params()
        return self.make(**{name: value for name, value in settings.items() if name in known})

    @property
    def given(self) -> Any:
        """A fit of few iterations to other weights: nothing in it is stationary for the rows."""
        return given(self)

    @property
    def started(self) -> dict[str, Any]:
        """Settings that start where ``given`` ended."""
        return {f"{name}_init": getattr(self.given, f"{name}_") for name in ("weights", *self.starts.values())}


def having(*features: str) -> Any:
    """Run a test on every row that can do all of this."""
    rows = [row for row in ESTIMATORS if row.can.issuperset(features)]
    return pytest.mark.parametrize("row", rows, ids=str)


@cache
def given(row: Row) -> Any:
    weight = np.random.default_rng(9).uniform(0.2, 1.8, len(row.X))
    return row.make(max_iter=3, tol=1e9).fit(row.X, sample_weight=weight)


def value_of(fitted: Any, row: Row, parameter: str) -> Any:
    """A parameter of a fitted mixture: an array, or a dictionary of those of the columns that have it."""
    value = getattr(fitted, f"{row.starts.get(parameter, parameter)}_")
    if row.starts.get(parameter) == "column_parameters":
        found = [(column, own[key]) for column, own in enumerate(value) for key in KEYS[parameter] if key in own]
        return dict(found)
    return dict(enumerate(value)) if isinstance(value, list) else value


KEYS = {
    "means": ["mean"],
    "covariances": ["variance"],
    "rates": ["rate"],
    "probabilities": ["probability", "probabilities"],
}


def with_gaps(rows: Any, share: float, seed: int = 0) -> np.ndarray:
    rows = np.array(rows, float)
    rows[np.random.default_rng(seed).random(rows.shape) < share] = np.nan
    return rows


DRAW = np.random.default_rng(0)
GROUP = DRAW.integers(3, size=ROWS)
CENTRES, SPREADS = np.array([[0.0, 0, 0, 0], [0, 0, 0, 0], [8, 0, -8, 4]]), np.array([1.0, 5.0, 2.0])
REAL = CENTRES[GROUP] + SPREADS[GROUP, None] * DRAW.standard_normal((ROWS, COLUMNS))
BINARY = (DRAW.random((ROWS, COLUMNS)) < DRAW.uniform(0.1, 0.9, (3, COLUMNS))[GROUP]).astype(float)
BINARY = np.where(
    np.arange(BINARY.size).reshape(BINARY.shape) % 7 == 0, 1 - BINARY, BINARY
)  # no long ridge of the likelihood
CODES = ((GROUP[:, None] + DRAW.integers(0, 2, (ROWS, COLUMNS))) % 3).astype(float)
COUNTS = DRAW.poisson(np.array([[1.0, 5, 2, 9], [6, 5, 2, 1], [6, 1, 9, 4]])[GROUP]).astype(float)
WAITS = DRAW.exponential(np.array([[1.0, 9, 2, 20], [9, 9, 2, 1], [9, 1, 30, 4]])[GROUP])
SPREAD = DRAW.poisson(DRAW.gamma(2.0, 1 + COUNTS / 2)).astype(float)
OF_EACH_KIND = np.column_stack([REAL[:, 0], COUNTS[:, 0], BINARY[:, 0], CODES[:, 0], REAL[:, 2]])
KINDS = ["gaussian", "poisson", "bernoulli", "categorical", "gaussian"]
BY_COLUMN = np.array([[0, 0, 0, 0], [0, 1, 0, 1], [1, 1, 0, 2]])
MEANS_BY_COLUMN = [[0, 0, 0, 0], [0, 0, 0, 0], [1, 0, 1, 1]]
OF_SOME_KINDS = [[9, 9, 0, 0, 9], [9, 9, 0, 1, 9], [9, 9, 1, 1, 9]]
GAUSSIAN = {"means": "means", "covariances": "precisions"}
COLUMN = "column_parameters"
WHOLE_TABLE = (
    "labels of a stream are known after its last batch only, and a search needs the same codes in every candidate"
)


def mixture(
    name: str, kind: Any, X: Any, starts: Any, ties: Any, free: int, also: str = "", lacks: Any = (), **fixed: Any
) -> Row:
    """A mixture of three components, which can do whatever mixtures can, but for what it ``lacks``."""
    can = (FEATURES_OF_MIXTURES | {"mixture", *also.split()}) - set(lacks)
    make = partial(kind, **{"n_components": 3, "random_state": 0} | fixed)
    return Row(name, make, X, frozenset(can), lacks=dict(lacks), starts=starts, ties=ties, free=free)


def gaussian(kind: str, ties: Any, free: int) -> Row:
    own = {"full": " separate checks dependent", "tied": " dependent"}.get(kind, " separate independent")
    also = "gaussian begins slopes" + own + (" one unit" if kind == "spherical" else " units")
    return mixture(f"GaussianMixture {kind}", GaussianMixture, REAL, GAUSSIAN, ties, free, also, covariance_type=kind)


def other(name: str, make: Callable[..., Any], X: Any, can: str, y: Any = None) -> Row:
    return Row(name, make, X, frozenset(can.split()), y)


ESTIMATORS = [
    gaussian("full", {"means": [0, 0, 1], "covariances": [1, 0, 1]}, 2 + 8 + 20),
    gaussian("tied", {"weights": [3, 3, 3]}, 0 + 12 + 10),
    gaussian("diag", {"means": MEANS_BY_COLUMN, "covariances": [[0, 0, 0, 0], [1, 1, 1, 1], [1, 0, 2, 2]]}, 2 + 7 + 10),
    gaussian("spherical", {"means": MEANS_BY_COLUMN, "covariances": [0, 1, 0]}, 2 + 7 + 2),
    mixture("BernoulliMixture", BernoulliMixture, BINARY, {"probabilities": "probabilities"},
            {"probabilities": BY_COLUMN, "weights": [0, 1, 1]}, 1 + 8, "begins checks slopes separate independent"),
    mixture("CategoricalMixture", CategoricalMixture, CODES, {"probabilities": "probabilities"},
            {"probabilities": BY_COLUMN}, 2 + 2 * 8, "begins checks labelled separate independent",
            {"select from a stream": WHOLE_TABLE}),
    mixture("PoissonMixture", PoissonMixture, COUNTS, {"rates": "rates"}, {"rates": BY_COLUMN}, 2 + 8,
            "begins counts checks slopes separate independent"),
    mixture("ExponentialMixture", ExponentialMixture, WAITS, {"rates": "rates"}, {"rates": BY_COLUMN}, 2 + 8,
            "begins checks slopes separate independent units"),
    mixture("NegativeBinomialMixture", NegativeBinomialMixture, SPREAD, {"means": "means", "dispersions": "dispersions"},
            {"means": BY_COLUMN, "dispersions": BY_COLUMN}, 2 + 8 + 8, "begins counts checks independent"),
    mixture("MixedMixture diag", MixedMixture, OF_EACH_KIND,
            dict.fromkeys(["means", "covariances", "rates", "probabilities"], COLUMN),
            {"means": [0, 0, 1], "probabilities": OF_SOME_KINDS}, 2 + 4 + 6 + 3 + 2 + 4,
            "begins counts labelled separate", {"select from a stream": WHOLE_TABLE}, kinds=KINDS),
    mixture("MixedMixture full", MixedMixture, OF_EACH_KIND, dict.fromkeys(["means", "rates", "probabilities"], COLUMN),
            {"means": [0, 0, 1], "rates": [0, 1, 1]}, 2 + 4 + 9 + 2 + 3 + 6, "labelled separate",
            {"select from a stream": WHOLE_TABLE}, kinds=KINDS, covariance_type="full"),
    mixture("MixtureOfPPCA", MixtureOfPPCA, REAL, GAUSSIAN, {}, 0, "begins checks one unit",
            {"tied": "shared covariances would have to share their axes, for which there is no closed M-step"}, n_factors=1),
    other("GaussianMixture as it is", GaussianMixture, REAL, "checks"),
    other("MixedMixture of kinds detected", partial(MixedMixture, 3), REAL, "checks"),
    other("NaiveBayes of kinds detected", NaiveBayes, REAL, "checks", GROUP),
    other("PPCA", partial(PPCA, 2), REAL, "checks missing streams weights checkpoint select factors one unit"),
    other("PPCA by EM, noise known", partial(PPCA, 2, noise_variance=0.1, mean=0.0, algorithm="em", max_iter=20), REAL,
          "checks missing streams weights checkpoint factors"),
    other("FactorAnalysis", partial(FactorAnalysis, 1, random_state=0), REAL,
          "checks missing streams weights checkpoint factors units"),
    other("GaussianClassifier tied", GaussianClassifier, REAL,
          "checks missing weights partial_fit classifier units independent", GROUP),
    other("GaussianClassifier full", partial(GaussianClassifier, "full"), REAL,
          "checks missing weights partial_fit classifier units dependent", GROUP),
    other("NaiveBayes", partial(NaiveBayes, kinds=KINDS), OF_EACH_KIND,
          "missing weights partial_fit classifier independent", GROUP),
    other("MultinomialNaiveBayes", MultinomialNaiveBayes, COUNTS, "checks weights partial_fit classifier", GROUP),
    other("MixtureClassifier", partial(MixtureClassifier, GaussianMixture(2, tol=1e-6, reg_covar=0.1), random_state=0), REAL,
          "checks missing weights partial_fit classifier", GROUP),
    other("BayesianNetwork", partial(BayesianNetwork, [("x0", "x1"), ("x1", "x2"), ("x0", "x3"), ("x2", "x3")], random_state=0),
          CODES, "missing streams weights"),
    other("BayesianNetworkClassifier", partial(BayesianNetworkClassifier, n_bins=3), REAL,
          "checks missing weights classifier", GROUP),
    other("RBM", partial(RBM, 3, batch_size=100, epochs=2, precision="float64", random_state=0), BINARY,
          "rbm checks partial_fit"),
    other("RBMClassifier", partial(RBMClassifier, 4, epochs=20, n_chains=50, learning_rate=0.5, batch_size=10, sampler="pcd",
                                   random_state=0),
          BINARY, "rbm checks classifier", GROUP),
    other("RBMStack", lambda: RBMStack([RBM(3, epochs=2, random_state=0), RBM(2, epochs=2, random_state=1)]), BINARY, "rbm"),
    other("NeuralClassifier",
          partial(NeuralClassifier, hidden_sizes=(16,), learning_rate=0.02, epochs=20, batch_size=32, random_state=0), REAL,
          "network checks classifier partial_fit", GROUP),
    other("Autoencoder", partial(Autoencoder, n_hidden=8, epochs=3, random_state=0), BINARY, "network checks partial_fit"),
    other("DenoisingAutoencoder", partial(DenoisingAutoencoder, n_hidden=8, epochs=3, random_state=0), BINARY,
          "network checks partial_fit"),
    other("IsingDenoiser", IsingDenoiser, np.where(BINARY > 0, 1, -1), "denoiser"),
    other("PottsDenoiser", PottsDenoiser, CODES.astype(int), "denoiser"),
    other("ColumnEncoder", ColumnEncoder, CODES, "checks"),
]  # fmt: skip
