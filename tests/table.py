"""One row for each model: every law in ``test_laws.py`` runs on every row to which it applies."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import equinox as eqx
import jax
import numpy as np
from densities import (
    bernoulli_log_density,
    categorical_log_density,
    exponential_log_density,
    factor_log_density,
    gaussian_log_density,
    mixed_log_density,
    negative_binomial_log_density,
    observed_log_density,
    poisson_log_density,
)
from feasible import of_principal_form, of_rank_one, summing_to_one

from suffice import GaussianMixture, MixtureOfPPCA
from suffice.energy import RBM, CategoricalRBM, GaussianRBM
from suffice.latent import (
    Bernoulli,
    BernoulliPrior,
    Categorical,
    CategoricalPrior,
    DiagonalGaussian,
    Exponential,
    ExponentialPrior,
    FactorGaussian,
    Gaussian,
    GaussianPrior,
    GaussianWithNoise,
    LinearGaussian,
    LowRankGaussian,
    LowRankPrior,
    Mixed,
    Mixture,
    MixturePrior,
    NegativeBinomial,
    NegativeBinomialPrior,
    NoiseBox,
    Poisson,
    PoissonPrior,
    PrincipalGaussian,
    SphericalGaussian,
    TiedDiagonalGaussian,
    TiedGaussian,
)
from suffice.model import EStep
from suffice.nets import MLP, cross_entropy

COMPONENTS, FEATURES, ROWS = 3, 4, 300


@dataclass(frozen=True, eq=False)
class Case:
    """A model, rows for it, and the sum over rows that fits it; what a latent model has on top may stay None.

    ``slope`` is the largest that maximisation leaves, for the rows of the table; ``estimator`` fits the same mixture.
    """

    name: str
    model: Any
    data: Any
    summed: Callable[..., Any]
    log_density: Callable[[Any, int, np.ndarray], np.ndarray] | None = None
    penalised: Any = None
    feasible: Callable[[Any], Any] = lambda components: components
    slope: float = 1e-8
    estimator: Callable[..., Any] | None = None

    def __str__(self) -> str:
        return self.name


def generator() -> np.random.Generator:
    return np.random.default_rng(7)


def gaussian_rows() -> np.ndarray:
    draw = generator()
    centres = 3 * draw.standard_normal((COMPONENTS, FEATURES))
    return centres[draw.integers(COMPONENTS, size=ROWS)] + draw.standard_normal((ROWS, FEATURES))


def binary_rows() -> np.ndarray:
    return (generator().random((ROWS, FEATURES)) < 0.4).astype(float)


def matrices(count: int) -> np.ndarray:
    factors = generator().standard_normal((count, FEATURES, FEATURES + 2))
    return factors @ np.swapaxes(factors, -1, -2) / FEATURES + 0.5 * np.eye(FEATURES)


MEANS = gaussian_rows()[:COMPONENTS]
WEIGHTS = np.array([0.5, 0.3, 0.2])
COVARIANCES = {
    Gaussian: matrices(COMPONENTS),
    TiedGaussian: matrices(1)[0],
    DiagonalGaussian: np.linspace(0.5, 2.0, COMPONENTS * FEATURES).reshape(COMPONENTS, FEATURES),
    SphericalGaussian: np.array([0.7, 1.0, 1.9]),
    TiedDiagonalGaussian: np.linspace(0.5, 2.0, FEATURES),
}


def gaussian_case(family: type[Gaussian], name: str) -> Case:
    prior = GaussianPrior(4.0, np.full(FEATURES, 0.3), matrices(2)[1], np.zeros(FEATURES))
    model = Mixture(WEIGHTS, family(MEANS, COVARIANCES[family]))
    penalised = Mixture(WEIGHTS, family(MEANS, COVARIANCES[family], prior), MixturePrior(3.0))
    kind = ESTIMATED.get(family)
    estimator = None if kind is None else partial(GaussianMixture, covariance_type=kind)
    return Case(name, model, gaussian_rows(), EStep(model, False), gaussian_log_density, penalised,
                estimator=estimator)  # fmt: skip


ESTIMATED = {Gaussian: "full", TiedGaussian: "tied", DiagonalGaussian: "diag", SphericalGaussian: "spherical"}


def principal_case() -> Case:
    prior = GaussianPrior(4.0, np.full(FEATURES, 0.3), matrices(2)[1], np.zeros(FEATURES))
    axes = generator().standard_normal((COMPONENTS, FEATURES, 1))
    covariances = axes @ np.swapaxes(axes, -1, -2) + np.array([0.5, 1.0, 1.5])[:, None, None] * np.eye(FEATURES)
    model = Mixture(WEIGHTS, PrincipalGaussian(MEANS, covariances, rank=1))
    penalised = Mixture(WEIGHTS, PrincipalGaussian(MEANS, covariances, prior, rank=1), MixturePrior(3.0))
    return Case("Gaussian mixture, principal", model, gaussian_rows(), EStep(model, False), gaussian_log_density,
                penalised, of_principal_form, estimator=partial(MixtureOfPPCA, n_factors=1))  # fmt: skip


def low_rank_case() -> Case:
    loadings = generator().standard_normal((FEATURES, 1))
    covariance = loadings @ loadings.T + np.diag(np.linspace(0.5, 2.0, FEATURES))

    def prior(strength: float | None) -> LowRankPrior:
        return LowRankPrior(strength, np.full(FEATURES, 0.3), matrices(2)[1], np.zeros(FEATURES), rank=1)

    model = Mixture(WEIGHTS, LowRankGaussian(MEANS, covariance, prior(None)))
    penalised = Mixture(WEIGHTS, LowRankGaussian(MEANS, covariance, prior(4.0)), MixturePrior(3.0))
    return Case("Gaussian mixture, tied low rank", model, gaussian_rows(), EStep(model, False), gaussian_log_density,
                penalised, of_rank_one, slope=1e-2)  # fmt: skip


def factor_gaussian_case() -> Case:
    """Its maximisation also moves the latent variables' mean and covariance, so that it may leave any slope."""
    prior = GaussianPrior(4.0, np.full(FEATURES, 0.3), matrices(2)[1], np.zeros(FEATURES))
    loadings, noise = generator().standard_normal((COMPONENTS, FEATURES, 1)), np.array([[0.5], [1.0], [1.5]])
    model = Mixture(WEIGHTS, FactorGaussian(MEANS, loadings, noise))
    penalised = Mixture(WEIGHTS, FactorGaussian(MEANS, loadings, noise, prior), MixturePrior(3.0))
    return Case("Gaussian mixture, factors", model, gaussian_rows(), EStep(model, False), gaussian_log_density, penalised,
                slope=np.inf)  # fmt: skip


def noise_case() -> Case:
    """Two Gaussians and noise, whose box rows may lie outside of: its density is the same there."""
    prior = GaussianPrior(4.0, np.full(FEATURES, 0.3), matrices(2)[1], np.zeros(FEATURES))
    box = NoiseBox(np.full(FEATURES, -9.0), np.linspace(15.0, 18.0, FEATURES))

    def beside(held: GaussianPrior | None) -> GaussianWithNoise:
        return GaussianWithNoise(Gaussian(MEANS[:-1], matrices(COMPONENTS)[:-1], held), box)

    def log_density(components: Any, k: int, rows: np.ndarray) -> np.ndarray:
        if k < COMPONENTS - 1:
            return gaussian_log_density(components.gaussian, k, rows)
        return np.full(len(rows), -np.log(components.box.sides).sum())

    model = Mixture(WEIGHTS, beside(None))
    return Case("Gaussian mixture beside noise", model, gaussian_rows(), EStep(model, False), log_density,
                Mixture(WEIGHTS, beside(prior), MixturePrior(3.0)))  # fmt: skip


def bernoulli_case() -> Case:
    chances = generator().uniform(0.2, 0.8, (COMPONENTS, FEATURES))
    model = Mixture(WEIGHTS, Bernoulli(chances))
    penalised = Mixture(WEIGHTS, Bernoulli(chances, BernoulliPrior(4.0, np.full(FEATURES, 0.3))), MixturePrior(3.0))
    return Case("Bernoulli mixture", model, binary_rows(), EStep(model, False), bernoulli_log_density, penalised)


SIZES = (2, 3, 2, 4)


def shares(sizes: tuple[int, ...], strength: float = 1.0) -> np.ndarray:
    draw = generator()
    return np.concatenate([draw.dirichlet(np.full(size, 2.0 * strength), COMPONENTS) for size in sizes], 1)


def categorical_case() -> Case:
    model = Mixture(WEIGHTS, Categorical(shares(SIZES), SIZES))
    prior = CategoricalPrior(4.0, shares(SIZES)[0])
    penalised = Mixture(WEIGHTS, Categorical(shares(SIZES), SIZES, prior), MixturePrior(3.0))
    rows = generator().integers(0, SIZES, (ROWS, FEATURES)).astype(float)
    return Case("Categorical mixture", model, rows, EStep(model, False), categorical_log_density, penalised,
                summing_to_one)  # fmt: skip


def poisson_case() -> Case:
    rates = generator().uniform(0.5, 6.0, (COMPONENTS, FEATURES))
    model = Mixture(WEIGHTS, Poisson(rates))
    penalised = Mixture(WEIGHTS, Poisson(rates, PoissonPrior(4.0, np.full(FEATURES, 1.5))), MixturePrior(3.0))
    rows = generator().poisson(rates[generator().integers(COMPONENTS, size=ROWS)]).astype(float)
    return Case("Poisson mixture", model, rows, EStep(model, False), poisson_log_density, penalised)


def exponential_case() -> Case:
    rates = generator().uniform(0.2, 4.0, (COMPONENTS, FEATURES))
    prior = ExponentialPrior(4.0, np.full(FEATURES, 1.5), np.zeros(FEATURES))
    model, penalised = (
        Mixture(WEIGHTS, Exponential(rates)),
        Mixture(WEIGHTS, Exponential(rates, prior), MixturePrior(3.0)),
    )
    rows = generator().exponential(1 / rates[generator().integers(COMPONENTS, size=ROWS)])
    return Case("Exponential mixture", model, rows, EStep(model, False), exponential_log_density, penalised)


def negative_binomial_case() -> Case:
    """Its maximisation raises the likelihood in the dispersions, and promises no more: it may leave any slope."""
    means = generator().uniform(0.5, 6.0, (COMPONENTS, FEATURES))
    dispersions = np.linspace(0.2, 1.5, COMPONENTS * FEATURES).reshape(COMPONENTS, FEATURES)
    prior = NegativeBinomialPrior(4.0, np.full(FEATURES, 2.5), np.full(FEATURES, 5.0))
    model = Mixture(WEIGHTS, NegativeBinomial(means, dispersions))
    penalised = Mixture(WEIGHTS, NegativeBinomial(means, dispersions, prior), MixturePrior(3.0))
    rows = model.components.draw(generator().integers(COMPONENTS, size=ROWS), generator())
    return Case("Negative binomial mixture", model, rows, EStep(model, False), negative_binomial_log_density, penalised,
                slope=np.inf)  # fmt: skip


def mixed_components(strength: float | None = None) -> Mixed:
    chance = generator().uniform(0.2, 0.8, (COMPONENTS, 1))
    nothing = np.zeros(1)
    parts = [
        Poisson(6 * chance, PoissonPrior(strength, np.full(1, 2.0))),
        DiagonalGaussian(6 * chance, 1 + chance, GaussianPrior(strength, nothing, np.eye(1), nothing)),
        Bernoulli(chance, BernoulliPrior(strength, np.full(1, 0.3))),
        Categorical(shares((3,)), (3,), CategoricalPrior(strength, np.array([0.2, 0.5, 0.3]))),
    ]
    return Mixed(parts, [[2], [0], [3], [1]])


def mixed_case() -> Case:
    model = Mixture(WEIGHTS, mixed_components())
    rows = model.components.draw(generator().integers(COMPONENTS, size=ROWS), generator())

    def feasible(components: Mixed) -> Mixed:
        return Mixed([*components.parts[:-1], summing_to_one(components.parts[-1])], components.columns)

    return Case("Mixed columns", model, rows, EStep(model, False), mixed_log_density,
                Mixture(WEIGHTS, mixed_components(4.0), MixturePrior(3.0)), feasible)  # fmt: skip


def factor_case(name: str, noise: np.ndarray, missing: float = 0.0) -> Case:
    draw = generator()
    starts = draw.standard_normal((len(noise), FEATURES, 2))
    model = LinearGaussian(np.repeat(MEANS[:1], len(noise), 0), starts, noise, expanded=True)
    rows = gaussian_rows()
    rows = np.where(draw.random(rows.shape) < missing, np.nan, rows)
    return Case(name, model, rows, EStep(model, False), factor_log_density)


class NetGradient(eqx.Module):
    """The gradient of a classifier's weighted cross-entropy over a tile of rows."""

    net: MLP

    def __call__(self, data: tuple[Any, Any], weight: Any) -> Any:
        rows, labels = data

        def loss(net: MLP) -> Any:
            return weight @ jax.vmap(cross_entropy)(jax.vmap(net)(rows), labels)

        return eqx.filter_grad(loss)(self.net)


def rbm_case(name: str, model: RBM, rows: np.ndarray) -> Case:
    model = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64), model)
    return Case(name, model, rows, model.statistics)


def one_of_three_and_a_binary_unit() -> np.ndarray:
    return np.hstack([binary_rows()[:, :1], np.eye(3)[generator().integers(3, size=ROWS)]])


def net_case() -> Case:
    with jax.enable_x64(True):
        model = MLP(FEATURES, [5], COMPONENTS, key=0)
    model = jax.tree.map(lambda leaf: np.asarray(leaf, np.float64) if eqx.is_inexact_array_like(leaf) else leaf, model)
    labels = generator().integers(COMPONENTS, size=ROWS).astype(np.int32)
    return Case("MLP classifier", model, (gaussian_rows(), labels), NetGradient(model))


def masked(case: Case) -> Case:
    """The same model and rows, of which cells are missing: one row whole, one pattern seen once, a quarter of the others."""
    data = case.data.copy()
    data[generator().random(data.shape) < 0.25] = np.nan
    data[0], data[1] = np.nan, np.where(np.arange(FEATURES) == 2, 1.0, np.nan)

    def log_density(components: Any, k: int, rows: np.ndarray) -> np.ndarray:
        return np.array([observed_log_density(case.log_density, components, k, row) for row in rows])

    return replace(case, name=f"{case.name}, missing cells", data=data, log_density=log_density)


CASES = [
    gaussian_case(Gaussian, "Gaussian mixture, full"),
    gaussian_case(TiedGaussian, "Gaussian mixture, tied"),
    gaussian_case(DiagonalGaussian, "Gaussian mixture, diagonal"),
    gaussian_case(SphericalGaussian, "Gaussian mixture, spherical"),
    gaussian_case(TiedDiagonalGaussian, "Gaussian mixture, tied diagonal"),
    principal_case(),
    factor_gaussian_case(),
    bernoulli_case(),
    categorical_case(),
    poisson_case(),
    exponential_case(),
    negative_binomial_case(),
    mixed_case(),
    factor_case("Probabilistic PCA", np.array([[0.5], [0.7]])),
    factor_case("Factor analysis, some cells missing", np.linspace(0.5, 2.0, 2 * FEATURES).reshape(2, FEATURES), 0.3),
    rbm_case("Bernoulli RBM", RBM(FEATURES, 3, key=0), binary_rows()),
    rbm_case("Gaussian RBM", GaussianRBM(FEATURES, 3, key=0), gaussian_rows()),
    rbm_case("Categorical RBM", CategoricalRBM([3], 3, key=0, n_binary=1), one_of_three_and_a_binary_unit()),
    net_case(),
]
FACTORS = [case for case in CASES if isinstance(case.model, LinearGaussian)]
COMPLETE = [case for case in CASES if isinstance(case.model, Mixture)]
CASES += [masked(case) for case in COMPLETE] + [masked(noise_case()), low_rank_case()]
LATENT = [case for case in CASES if isinstance(case.model, Mixture)]
MOVABLE = [case for case in LATENT if case.model.components.movable]
