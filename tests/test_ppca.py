"""Probabilistic PCA: closed form, enumeration and integration, missing cells, and what it refuses."""

from typing import ClassVar

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.linalg import subspace_angles
from scipy.stats import multivariate_normal, norm
from sklearn.decomposition import PCA

from suffice import PPCA, DegenerateComponentWarning
from suffice.fit import em
from suffice.latent import LinearGaussian

ROWS, FEATURES, SIZE = 400, 6, 2


def rows_of_model(count=ROWS, features=FEATURES, size=SIZE, noise=0.5, seed=0):
    draw = np.random.default_rng(seed)
    loadings = draw.standard_normal((features, size)) * np.linspace(2.0, 1.0, size)
    rows = 3.0 + draw.standard_normal((count, size)) @ loadings.T + noise * draw.standard_normal((count, features))
    return rows, loadings


def hidden(rows, share=0.3, seed=1):
    return np.where(np.random.default_rng(seed).random(rows.shape) < share, np.nan, rows)


X, LOADINGS = rows_of_model()
GAPS = hidden(X)
GAPS[0], GAPS[1] = np.nan, np.where(np.arange(FEATURES) == 3, 1.5, np.nan)


@pytest.fixture(scope="module")
def with_gaps():
    return PPCA(SIZE, tol=1e-9, random_state=0).fit(GAPS)


# One latent variable, zero mean, known noise: posterior, E-step, M-step and fixed point in closed form.

NOISE = 0.6
U = np.array([1.0, -0.5, 2.0])
ONE = np.random.default_rng(3).standard_normal((50, 3)) * [2.0, 1.0, 1.5]


def one_factor(loadings=U):
    return LinearGaussian(np.zeros(3), loadings[:, None], np.array([NOISE]), frozen=["mean", "noise_variance"])


def test_posterior_of_one_latent_variable_is_what_integration_gives():
    mean, covariance = one_factor().posterior(ONE[:3])
    for row, m, v in zip(ONE[:3], mean[:, 0], covariance[:, 0, 0], strict=True):

        def joint(z, power=0, row=row):
            return z**power * norm.pdf(z) * norm.pdf(row, U * z, np.sqrt(NOISE)).prod()

        evidence, first, second = (quad(joint, -12, 12, args=(power,), epsabs=1e-14)[0] for power in range(3))
        assert m == pytest.approx(first / evidence, abs=1e-9)
        assert v == pytest.approx(second / evidence - m**2, abs=1e-9)
        assert one_factor().log_density(row[None])[0] == pytest.approx(np.log(evidence), abs=1e-9)


def test_steps_with_one_latent_variable_are_the_closed_ones():
    m = ONE @ U / (NOISE + U @ U)
    s = NOISE / (NOISE + U @ U) + m**2
    mean, covariance = one_factor().posterior(ONE)
    np.testing.assert_allclose(mean[:, 0], m, rtol=1e-12)
    np.testing.assert_allclose(covariance[:, 0, 0] + mean[:, 0] ** 2, s, rtol=1e-12)
    stepped = em(one_factor(), ONE, max_iter=1).model
    np.testing.assert_allclose(stepped.loadings[:, 0], m @ ONE / s.sum(), rtol=1e-12)


def test_fixed_point_of_one_latent_variable_is_the_first_eigenvector():
    values, vectors = np.linalg.eigh(ONE.T @ ONE / len(ONE))
    wanted = np.sqrt(values[-1] - NOISE) * vectors[:, -1]
    solution = em(one_factor(), ONE, tol=0, max_iter=300)
    found = solution.model.loadings[:, 0]
    np.testing.assert_allclose(found * np.sign(found @ wanted), wanted, atol=1e-10)
    assert np.diff(solution.trace).min() > -1e-12
    closed = PPCA(noise_variance=NOISE, mean=0.0).fit(ONE)
    np.testing.assert_allclose(closed.loadings_[:, 0] * np.sign(closed.loadings_[:, 0] @ wanted), wanted, atol=1e-10)


# Complete rows.


def test_maximum_is_the_eigenvalue_solution_by_either_algorithm():
    values, vectors = np.linalg.eigh(np.cov(X.T, bias=True))
    noise = values[:-SIZE].mean()
    axes = vectors[:, : -SIZE - 1 : -1]
    covariance = axes * (values[: -SIZE - 1 : -1] - noise) @ axes.T + noise * np.eye(FEATURES)
    for fitted in (PPCA(SIZE).fit(X), PPCA(SIZE, algorithm="em", n_init=2, tol=1e-14, random_state=0).fit(X)):
        np.testing.assert_allclose(fitted.get_covariance(), covariance, atol=1e-8)
        np.testing.assert_allclose(fitted.mean_, X.mean(0), atol=1e-8)
        assert fitted.converged_
        np.testing.assert_allclose(np.abs(fitted.components_ @ axes), np.eye(SIZE), atol=1e-6)


def test_scores_are_those_of_scikit_learn():
    ours, theirs = PPCA(SIZE).fit(X), PCA(SIZE).fit(X)
    for name in ("explained_variance_", "noise_variance_"):  # scikit-learn divides by N - 1
        setattr(theirs, name, getattr(theirs, name) * (ROWS - 1) / ROWS)
    np.testing.assert_allclose(ours.score_samples(X), theirs.score_samples(X), rtol=1e-10)
    np.testing.assert_allclose(ours.components_, theirs.components_, atol=1e-9)
    np.testing.assert_allclose(ours.explained_variance_, theirs.explained_variance_, rtol=1e-10)
    np.testing.assert_allclose(ours.explained_variance_ratio_, theirs.explained_variance_ratio_, rtol=1e-10)
    np.testing.assert_allclose(ours.get_precision() @ ours.get_covariance(), np.eye(FEATURES), atol=1e-11)
    assert ours.lower_bound_ == pytest.approx(ours.score(X), abs=1e-11)
    assert ours.bic(X) - ours.aic(X) == pytest.approx((np.log(ROWS) - 2) * (FEATURES * SIZE - 1 + FEATURES + 1))


@pytest.mark.parametrize("rows", [X, GAPS], ids=["complete", "gaps"])
def test_weights_order_and_streams(rows):
    weight = np.where(np.arange(ROWS) < 100, 2.0, 1.0)
    order = np.random.default_rng(5).permutation(ROWS)
    fits = [
        PPCA(SIZE).fit(rows, sample_weight=weight),
        PPCA(SIZE).fit(np.concatenate([rows, rows[:100]])),
        PPCA(SIZE).fit(rows[order], sample_weight=weight[order]),
        PPCA(SIZE).fit([(rows[i : i + 150], weight[i : i + 150]) for i in range(0, ROWS, 150)]),
    ]
    for other in fits[1:]:
        np.testing.assert_allclose(other.get_covariance(), fits[0].get_covariance(), rtol=1e-8, atol=1e-9)
        np.testing.assert_allclose(other.components_, fits[0].components_, atol=1e-8)
    assert fits[0].score(rows, sample_weight=weight) == pytest.approx(fits[1].score(np.r_[rows, rows[:100]]), abs=1e-9)


def test_all_components_give_the_density_of_one_fewer():
    most, fewer = PPCA(FEATURES).fit(X), PPCA(FEATURES - 1).fit(X)
    np.testing.assert_allclose(most.score_samples(X), fewer.score_samples(X), rtol=1e-9)
    np.testing.assert_allclose(most.components_ @ most.components_.T, np.eye(FEATURES), atol=1e-10)
    np.testing.assert_allclose(fewer.get_covariance(), np.cov(X.T, bias=True), atol=1e-10)


@pytest.mark.parametrize("settings", [{}, {"noise_variance": 0.3, "mean": 1.0}], ids=["estimated", "known"])
def test_fewer_rows_than_columns_give_what_their_second_moments_give(settings):
    """Rows in memory are decomposed themselves, rows of a stream are not."""
    wide, _ = rows_of_model(12, features=30)
    weight = np.linspace(0.5, 2.0, 12)
    memory = PPCA(SIZE, **settings).fit(wide, sample_weight=weight)
    stream = PPCA(SIZE, **settings).fit([(wide, weight)])
    np.testing.assert_allclose(memory.get_covariance(), stream.get_covariance(), atol=1e-10)
    np.testing.assert_allclose(memory.mean_, stream.mean_, atol=1e-12)
    np.testing.assert_allclose(memory.eigenvalues_, stream.eigenvalues_, atol=1e-10)
    assert memory.lower_bound_ == pytest.approx(stream.lower_bound_, abs=1e-10)


def test_many_columns_are_fitted_by_rows_and_no_matrix_of_them_is_put_together():
    wide = np.random.default_rng(0).standard_normal((4, 200_000))
    assert PPCA(1).fit(wide).components_.shape == (1, 200_000)
    wide[0, 0] = np.nan
    fitted = PPCA(1, max_iter=3, tol=1.0).fit(wide)
    assert np.isfinite(fitted.impute(wide)).all()
    for name in ("get_covariance", "get_precision"):
        with pytest.raises(ValueError, match="of 200000 x 200000 numbers takes about 894 GiB"):
            getattr(fitted, name)()


@pytest.mark.parametrize("algorithm", ["auto", "em"])
def test_callbacks_hear_of_iterations_and_stop_the_fit(algorithm):
    pytest.importorskip("sklearn.callback")

    class Listener:
        heard: ClassVar[list] = []

        def setup(self, estimator, context): ...

        def teardown(self, estimator, context): ...

        def on_fit_task_begin(self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None): ...

        def on_fit_task_end(self, estimator, context, *, X=None, y=None, metadata=None, fitted_estimator=None):
            self.heard.append(fitted_estimator.get_covariance())
            return len(self.heard) == 2

    Listener.heard = []
    fitted = PPCA(SIZE, algorithm=algorithm, tol=0, max_iter=9).set_callbacks(Listener()).fit(X)
    np.testing.assert_array_equal(Listener.heard[-1], fitted.get_covariance())
    assert len(Listener.heard) == (1 if algorithm == "auto" else 3)
    assert ("callback" in fitted.outcome_) == (algorithm == "em")


def test_noise_that_is_known_to_be_large_leaves_components_of_no_length():
    fitted = PPCA(SIZE, noise_variance=1e3).fit(X)
    np.testing.assert_allclose(fitted.loadings_, 0, atol=1e-12)
    np.testing.assert_allclose(fitted.components_ @ fitted.components_.T, np.eye(SIZE), atol=1e-12)
    np.testing.assert_allclose(fitted.transform(X), 0, atol=1e-12)


def test_codes_and_rows_expected_of_them():
    fitted = PPCA(SIZE).fit(X)
    codes, covariance = fitted.transform(X, return_cov=True)
    inner = np.linalg.inv(np.eye(SIZE) + fitted.loadings_.T @ fitted.loadings_ / fitted.noise_variance_)
    np.testing.assert_allclose(covariance, np.broadcast_to(inner, (ROWS, SIZE, SIZE)), atol=1e-12)
    np.testing.assert_allclose(
        codes, (X - fitted.mean_) @ fitted.loadings_ @ inner / fitted.noise_variance_, atol=1e-10
    )
    np.testing.assert_allclose(fitted.inverse_transform(codes), fitted.mean_ + codes @ fitted.loadings_.T, atol=1e-12)
    drawn = PPCA(SIZE, random_state=0).fit(X).sample(20_000)
    np.testing.assert_allclose(np.cov(drawn.T), fitted.get_covariance(), atol=0.15)
    assert fitted.get_feature_names_out().tolist() == ["ppca0", "ppca1"]


# Missing cells.


def test_rows_with_gaps_equal_a_row_by_row_reference(with_gaps):
    covariance, mean = with_gaps.get_covariance(), with_gaps.mean_
    codes, spread = with_gaps.transform(GAPS, return_cov=True)
    filled, deviation = with_gaps.impute(GAPS, return_std=True)
    evidence = with_gaps.score_samples(GAPS)
    for n in range(40):
        o = np.flatnonzero(~np.isnan(GAPS[n]))
        m = np.flatnonzero(np.isnan(GAPS[n]))
        gain = covariance[:, o] @ np.linalg.inv(covariance[np.ix_(o, o)])
        seen = GAPS[n, o] - mean[o]
        np.testing.assert_allclose(filled[n, m], (mean + gain @ seen)[m], atol=1e-9)
        np.testing.assert_allclose(deviation[n, m] ** 2, np.diagonal(covariance - gain @ covariance[o])[m], atol=1e-9)
        loadings = with_gaps.loadings_[o]
        inverse = np.linalg.inv(np.eye(SIZE) + loadings.T @ loadings / with_gaps.noise_variance_)
        np.testing.assert_allclose(spread[n], inverse, atol=1e-10)
        np.testing.assert_allclose(codes[n], inverse @ loadings.T @ seen / with_gaps.noise_variance_, atol=1e-9)
        wanted = multivariate_normal(mean[o], covariance[np.ix_(o, o)]).logpdf(GAPS[n, o]) if len(o) else 0.0
        assert evidence[n] == pytest.approx(wanted, abs=1e-9)
    assert np.array_equal(filled[~np.isnan(GAPS)], GAPS[~np.isnan(GAPS)])
    assert with_gaps.score(GAPS) == pytest.approx(with_gaps.lower_bound_, abs=1e-7)


def test_one_step_with_gaps_equals_regressions_column_by_column(with_gaps):
    model = LinearGaussian(with_gaps.mean_, with_gaps.loadings_ + 0.3, np.linspace(0.2, 0.9, FEATURES))
    codes, spread = model.posterior(GAPS)
    extended = np.concatenate([codes, np.ones((ROWS, 1))], 1)
    second = extended[:, :, None] * extended[:, None]
    second[:, :SIZE, :SIZE] += spread
    stepped = em(model, GAPS, max_iter=1).model
    for d in range(FEATURES):
        seen = ~np.isnan(GAPS[:, d])
        cells = GAPS[seen, d]
        slope = np.linalg.solve(second[seen].sum(0), extended[seen].T @ cells)
        np.testing.assert_allclose(stepped.loadings[d], slope[:SIZE], atol=1e-10)
        assert stepped.mean[d] == pytest.approx(slope[SIZE], abs=1e-10)
        noise = (cells @ cells - slope @ extended[seen].T @ cells) / seen.sum()
        assert stepped.noise_variance[d] == pytest.approx(noise, abs=1e-10)


def test_expanded_parameters_reach_the_same_maximum(with_gaps):
    model = with_gaps.model_
    plain = LinearGaussian(model.mean + 0.1, model.loadings + 0.1, model.noise_variance)
    slow = em(plain, GAPS, tol=1e-10, max_iter=5000)
    assert slow.trace[-1] == pytest.approx(with_gaps.lower_bound_, abs=1e-6)
    assert with_gaps.n_iter_ < len(slow.trace)


def test_intervals_of_imputed_cells_cover_what_they_say():
    rows, _ = rows_of_model(4000, seed=8)
    gaps = hidden(rows)
    fitted = PPCA(SIZE).fit(gaps)
    filled, deviation = fitted.impute(gaps, return_std=True)
    inside = np.abs(rows - filled) < norm.ppf(0.95) * deviation
    assert 0.88 < inside[np.isnan(gaps)].mean() < 0.92


def test_draws_have_the_conditional_mean_and_deviation(with_gaps):
    filled, deviation = with_gaps.impute(GAPS[:5], return_std=True)
    drawn = with_gaps.impute(GAPS[:5], draws=2000)
    np.testing.assert_allclose(drawn.mean(0), filled, atol=0.25)
    np.testing.assert_allclose(drawn.std(0), deviation, atol=0.15)
    np.testing.assert_array_equal(drawn, with_gaps.impute(GAPS[:5], draws=2000))
    np.testing.assert_array_equal(with_gaps.impute(X[:5], draws=2)[1], X[:5])


def test_subspace_is_found_with_a_third_of_the_cells_missing():
    rows, loadings = rows_of_model(4000, seed=8)
    fitted = PPCA(SIZE).fit(hidden(rows))
    assert np.degrees(subspace_angles(fitted.components_.T, loadings)).max() < 2.0


# What cannot be fitted, and what has a defined result.


@pytest.mark.parametrize(
    ("parameters", "rows", "message"),
    [
        ({"n_components": FEATURES + 1}, X, "at most as many components as columns"),
        ({"n_components": 0}, X, "n_components=0 was given"),
        ({"noise_variance": 0.0}, X, "a finite number above 0 is expected"),
        ({"noise_floor": 0.0}, X, "noise_floor=0 was given"),
        ({"mean": [0.0, 1.0]}, X, "mean has shape"),
        ({"algorithm": "svd"}, X, "algorithm='svd' was given"),
        ({}, np.where(np.arange(FEATURES) == 4, np.nan, X), "Columns 4 hold no value"),
        ({}, np.where(X[0, 0] == X, np.inf, X), "infinity at row 0"),
    ],
)
def test_what_is_refused(parameters, rows, message):
    with pytest.raises(ValueError, match=message):
        PPCA(**parameters).fit(rows)


def test_methods_refuse_what_they_cannot_use(with_gaps):
    with pytest.raises(ValueError, match="2\\) is expected"):
        with_gaps.inverse_transform(np.zeros((3, 5)))
    with pytest.raises(ValueError, match="give one of the two"):
        with_gaps.impute(GAPS, draws=2, return_std=True)
    with pytest.raises(ValueError, match="bring their own weights"):
        PPCA().fit([X], sample_weight=np.ones(ROWS))
    with pytest.raises(ValueError, match="All sample weights are zero"):
        PPCA().fit([(X, np.zeros(ROWS))])
    with pytest.raises(ValueError, match="frozen=\\['loadings'\\]"):
        LinearGaussian(np.zeros(2), np.ones((2, 1)), np.ones(1), frozen=["loadings"])


def test_more_components_than_rank_warn_and_keep_the_noise_at_its_floor():
    flat = X[:, :2] @ np.random.default_rng(0).standard_normal((2, FEATURES))
    with pytest.warns(DegenerateComponentWarning, match="without any noise"):
        fitted = PPCA(2).fit(flat)
    assert np.isfinite(fitted.score(flat))
    with pytest.warns(DegenerateComponentWarning):
        few = PPCA(4).fit(X[:5])
    assert np.isfinite(few.score(X))
    assert np.isfinite(few.transform(X)).all()
    few_rows = PPCA(2).fit(X[:5])
    assert few_rows.noise_variance_ > 0


def test_a_row_without_cells_changes_nothing(with_gaps):
    np.testing.assert_array_equal(with_gaps.transform(GAPS[:1]), np.zeros((1, SIZE)))
    assert with_gaps.score_samples(GAPS[:1])[0] == 0
    np.testing.assert_allclose(with_gaps.impute(GAPS[:1])[0], with_gaps.mean_)
    without = PPCA(SIZE, tol=1e-9).fit(GAPS[1:])
    np.testing.assert_allclose(without.get_covariance(), with_gaps.get_covariance(), atol=1e-4)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_parameters_are_as_many_as_the_covariance_has_directions(size):
    """Means and the rank of the derivative of W W' + s I: with a known s all k = D columns of W count."""
    rows = 3 * np.random.default_rng(0).normal(size=(100, 4)) @ np.random.default_rng(1).normal(size=(4, 4))
    for noise in (None, 0.01):
        fitted = PPCA(size, noise_variance=noise).fit(rows)
        moves = [np.eye(4)[np.triu_indices(4)]] * (noise is None)
        for place in np.ndindex(4, size):
            move = np.zeros((4, size))
            move[place] = 1
            moves.append((move @ fitted.loadings_.T + fitted.loadings_ @ move.T)[np.triu_indices(4)])
        assert fitted.model_.parameter_count() == 4 + np.linalg.matrix_rank(np.array(moves), tol=1e-6)
