"""``reg_covar`` is a floor: covariances above it are those of highest likelihood, and others the likeliest that it allows."""

import numpy as np
import pytest
from scipy.optimize import minimize
from sklearn.mixture import GaussianMixture as Peer

from suffice import GaussianClassifier, GaussianMixture, MixtureOfPPCA
from suffice.fit import em
from suffice.latent import Gaussian, GaussianPrior, LowRankGaussian, LowRankPrior, Mixture, PrincipalGaussian
from suffice.latent.forms.whiten import at_least
from suffice.runtime import computed_by

KINDS = ["full", "tied", "diag", "spherical"]
pytestmark = [
    pytest.mark.filterwarnings("ignore::suffice.DegenerateComponentWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]


def groups(distance=5.0, features=3, count=200):
    draw = np.random.default_rng(0)
    rows = draw.standard_normal((2 * count, features))
    rows[count:] += distance
    return rows


@pytest.mark.parametrize("kind", KINDS)
def test_ordinary_data_are_fitted_as_scikit_learn_fits_them(kind):
    X = groups()
    settings = {"covariance_type": kind, "means_init": X[[0, -1]], "weights_init": [0.5, 0.5], "tol": 1e-9,
                "max_iter": 500, "random_state": 0}  # fmt: skip
    shape = {"full": np.stack([np.eye(3)] * 2), "tied": np.eye(3), "diag": np.ones((2, 3)), "spherical": np.ones(2)}
    settings["precisions_init"] = shape[kind]
    ours, theirs = GaussianMixture(2, **settings).fit(X), Peer(2, **settings).fit(X)
    assert abs(ours.score(X) - theirs.score(X)) < 1e-6
    for name in ("weights_", "means_", "covariances_"):
        np.testing.assert_allclose(getattr(ours, name), getattr(theirs, name), atol=1e-5)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("distance", [1e3, 1e6])
def test_distant_groups_bias_no_covariance(kind, distance):
    X = groups(distance)
    mixture = GaussianMixture(2, covariance_type=kind, random_state=0).fit(X)
    alone = GaussianMixture(1, covariance_type=kind, reg_covar=0).fit(X[:200])
    first = np.argmin(mixture.means_[:, 0])
    if kind == "tied":
        within = np.concatenate([X[:200] - X[:200].mean(0), X[200:] - X[200:].mean(0)])
        np.testing.assert_allclose(mixture.covariances_, within.T @ within / 400, rtol=1e-6, atol=1e-6)
    else:
        np.testing.assert_allclose(mixture.covariances_[first], alone.covariances_[0], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("wild", [1e6, -99999.0])
@pytest.mark.parametrize("kind", ["full", "diag"])
def test_outliers_and_sentinels_bias_no_covariance(kind, wild):
    X = groups(0.0, 2)
    X[:: 400 if wild > 0 else 20, 0] = wild
    mixture = GaussianMixture(2, covariance_type=kind, random_state=0).fit(X)
    bulk = X[X[:, 0] != wild]
    found = mixture.covariances_[np.argmax(mixture.weights_)]
    np.testing.assert_allclose(np.diag(found) if kind == "full" else found, bulk.var(0), rtol=1e-6)


@pytest.mark.parametrize("kind", ["full", "diag", "tied", "tied_diag", "spherical"])
def test_a_distant_class_changes_nothing_for_the_others(kind):
    X = np.concatenate([groups(1.5, 2), groups(0.0, 2)[:200] + 3e4])
    y = np.repeat([0, 1, 2], 200)
    floored, free = (GaussianClassifier(kind, reg_covar=floor).fit(X, y) for floor in (1e-6, 0.0))
    np.testing.assert_allclose(floored.covariances_, free.covariances_, rtol=1e-12)


def objective(matrix, second):
    sign, logarithm = np.linalg.slogdet(matrix)
    return logarithm + np.trace(np.linalg.solve(matrix, second)) if sign > 0 else np.inf


def test_the_bounded_covariance_is_the_likeliest_that_the_floor_allows():
    draw = np.random.default_rng(1)
    rows, floor = draw.standard_normal((2, 3)), np.array([0.5, 1.0, 0.2])
    second = rows.T @ rows / 2
    found = at_least(second[None], floor)[0]

    def of(numbers):
        root = np.zeros((3, 3))
        root[np.tril_indices(3)] = numbers
        return np.diag(floor) + root @ root.T

    tried = min((minimize(lambda n: objective(of(n), second), draw.standard_normal(6), tol=1e-12) for _ in range(5)),
                key=lambda result: result.fun)  # fmt: skip
    assert np.linalg.eigvalsh(found - np.diag(floor)).min() > -1e-12
    assert objective(found, second) == pytest.approx(tried.fun, abs=1e-6)
    np.testing.assert_allclose(found, of(tried.x), atol=1e-3)


FLOOR = np.array([0.3, 0.5, 0.7])
START = np.array([0.5, 0.5]), np.array([[0.0, 0, 0], [5, 5, 5]])
BOUNDED = {
    "full": lambda: Gaussian(START[1], np.stack([np.eye(3)] * 2), GaussianPrior(None, FLOOR, FLOOR, FLOOR)),
    "full with a prior": lambda: Gaussian(START[1], np.stack([np.eye(3)] * 2), GaussianPrior(2.0, FLOOR, np.eye(3), FLOOR)),
    "principal": lambda: PrincipalGaussian(START[1], np.stack([np.eye(3)] * 2), GaussianPrior(None, FLOOR, FLOOR, FLOOR)),
    "low rank": lambda: LowRankGaussian(START[1], np.eye(3), LowRankPrior(None, FLOOR, FLOOR, FLOOR, rank=1)),
}  # fmt: skip


@pytest.mark.parametrize("family", BOUNDED)
@pytest.mark.parametrize("road", ["numpy", "jax"])
def test_the_likelihood_climbs_along_the_floor(family, road):
    X = groups()
    X[:, 2] = X[:, 1]
    with computed_by(road):
        trace = em(Mixture(START[0], BOUNDED[family]()), X, tol=0.0, max_iter=15).trace
    assert np.diff(trace).min() > -1e-12


@pytest.mark.parametrize("kind", ["full", "diag", "spherical"])
def test_a_component_on_one_point_ends_at_the_floor_and_says_so(kind):
    X = np.concatenate([groups(0.0, 2), np.full((30, 2), 9.0)])
    with pytest.warns(UserWarning, match="collapsed"):
        mixture = GaussianMixture(2, covariance_type=kind, random_state=0).fit(X)
    assert np.isfinite(mixture.score(X))


def test_a_principal_component_that_is_flat_has_the_floor_for_noise():
    X = groups(0.0, 4)
    X[:, 2:] = X[:, :2] @ np.array([[1.0, 2.0], [3.0, -1.0]])
    mixture = MixtureOfPPCA(1, n_factors=2).fit(X)
    assert 0 < mixture.noise_variance_[0] < 1e-6
    np.testing.assert_allclose(mixture.covariances_[0], np.cov(X.T, bias=True), atol=1e-5)


def test_columns_too_many_for_a_matrix_of_them():
    """10,000 x 10,000 doubles would be 800 MB; the fit may not hold one."""
    import tracemalloc

    X = np.random.default_rng(0).standard_normal((20, 10_000))
    tracemalloc.start()
    for fit in (lambda: GaussianMixture(2, covariance_type="diag", max_iter=2, random_state=0).fit(X).sample(3),
                lambda: GaussianClassifier().fit(X, np.repeat([0, 1], 10)).sample(3)):  # fmt: skip
        fit()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 200e6
