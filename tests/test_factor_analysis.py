"""Factor analysis: its maximum, missing cells, rotations, and what it refuses."""

import numpy as np
import pytest
from sklearn.decomposition import FactorAnalysis as ScikitLearn

import suffice
from suffice import DegenerateComponentWarning, FactorAnalysis
from suffice.latent.factors.rotation import oblimin, of_length_one, quartimax, varimax

ROWS, FEATURES, SIZE = 500, 8, 2
ROTATIONS = ("varimax", "quartimax", "promax", "oblimin")


def simple_rows():
    """Rows of which the first columns load on one factor, the last on another that is correlated with it."""
    draw = np.random.default_rng(2)
    loadings = np.zeros((FEATURES, SIZE))
    loadings[:5, 0], loadings[4:, 1] = [1.5, 1.2, 0.9, 1.4, 0.8], [0.7, 1.6, 1.1, 1.3]
    latent = draw.multivariate_normal(np.zeros(SIZE), [[1.0, 0.4], [0.4, 1.0]], ROWS)
    return 5 + latent @ loadings.T + draw.standard_normal((ROWS, FEATURES)) * np.linspace(0.4, 1.2, FEATURES), loadings


X, LOADINGS = simple_rows()
GAPS = np.where(np.random.default_rng(1).random(X.shape) < 0.2, np.nan, X)


@pytest.fixture(scope="module")
def fitted():
    return FactorAnalysis(SIZE, tol=1e-12).fit(X)


def test_maximum_is_stationary_and_that_of_scikit_learn(fitted):
    """At a maximum inside the bounds, the model has the variances of the rows, and W = S Σ^-1 W."""
    covariance = np.cov(X.T, bias=True)
    np.testing.assert_allclose(np.diagonal(fitted.get_covariance()), np.diagonal(covariance), rtol=1e-6)
    projected = covariance @ fitted.get_precision() @ fitted.loadings_
    np.testing.assert_allclose(projected, fitted.loadings_, atol=1e-5)
    theirs = ScikitLearn(SIZE, tol=1e-10, max_iter=20_000, svd_method="lapack").fit(X)
    assert fitted.score(X) == pytest.approx(theirs.score(X), abs=1e-8)
    assert fitted.score(X) == pytest.approx(fitted.lower_bound_, abs=1e-11)
    np.testing.assert_allclose(fitted.noise_variance_, theirs.noise_variance_, rtol=1e-3)
    np.testing.assert_allclose(np.abs(fitted.transform(X)), np.abs(theirs.transform(X)), atol=2e-2)


def test_either_algorithm_finds_the_same_maximum(fitted):
    climbed = FactorAnalysis(SIZE, algorithm="em", n_init=2, tol=1e-11, random_state=0, max_iter=5000).fit(X)
    assert climbed.lower_bound_ == pytest.approx(fitted.lower_bound_, abs=1e-8)
    np.testing.assert_allclose(climbed.get_covariance(), fitted.get_covariance(), atol=1e-3)


def test_scale_of_the_columns_does_not_matter(fitted):
    scale = np.geomspace(1e-3, 1e3, FEATURES)
    scaled = FactorAnalysis(SIZE, tol=1e-12).fit(X * scale)
    np.testing.assert_allclose(scaled.noise_variance_ / scale**2, fitted.noise_variance_, rtol=1e-4)
    np.testing.assert_allclose(scaled.transform(X * scale), fitted.transform(X), atol=1e-4)
    np.testing.assert_allclose(scaled.eigenvalues_, fitted.eigenvalues_, rtol=1e-9)


def test_weight_two_is_a_row_twice_with_cells_missing():
    weight = np.where(np.arange(ROWS) < 200, 2.0, 1.0)
    weighted = FactorAnalysis(SIZE).fit(GAPS, sample_weight=weight)
    twice = FactorAnalysis(SIZE).fit(np.concatenate([GAPS, GAPS[:200]]))
    np.testing.assert_allclose(weighted.loadings_, twice.loadings_, atol=1e-8)
    assert np.diff(weighted.lower_bounds_).min() > -1e-12


@pytest.mark.parametrize("name", ROTATIONS)
def test_rotations_change_loadings_and_not_the_distribution(name, fitted):
    rotated = FactorAnalysis(SIZE, rotation=name, tol=1e-12).fit(X)
    np.testing.assert_allclose(rotated.score_samples(X), fitted.score_samples(X), rtol=1e-12)
    correlation = rotated.factor_correlation_
    common = rotated.loadings_ @ correlation @ rotated.loadings_.T
    np.testing.assert_allclose(common, fitted.loadings_ @ fitted.loadings_.T, atol=1e-9)
    np.testing.assert_allclose(np.diagonal(correlation), 1, atol=1e-12)
    codes, covariance = rotated.transform(X, return_cov=True)
    np.testing.assert_allclose(
        rotated.inverse_transform(codes), fitted.inverse_transform(fitted.transform(X)), atol=1e-9
    )
    np.testing.assert_allclose(covariance[0] + codes.T @ codes / ROWS, correlation, atol=1e-4)
    if name in ("varimax", "quartimax"):
        np.testing.assert_allclose(correlation, np.eye(SIZE), atol=1e-10)
    else:
        assert 0.25 < correlation[0, 1] < 0.55
        assert np.abs(rotated.loadings_[LOADINGS == 0]).max() < 0.15


@pytest.mark.filterwarnings("ignore::suffice.DegenerateComponentWarning")
@pytest.mark.parametrize(("name", "criterion"), [("varimax", varimax), ("quartimax", quartimax)])
def test_no_small_turn_is_simpler(name, criterion):
    loadings = of_length_one(FactorAnalysis(3, rotation=name).fit(X).loadings_)
    best, slope = criterion(loadings)
    for i, j, angle in [(0, 1, 1e-3), (0, 2, -1e-3), (1, 2, 1e-3)]:
        turn = np.eye(3)
        turn[[i, j, i, j], [i, j, j, i]] = np.cos(angle), np.cos(angle), -np.sin(angle), np.sin(angle)
        assert criterion(loadings @ turn)[0] > best
    inner = loadings.T @ slope
    np.testing.assert_allclose(inner, inner.T, atol=1e-6)


def test_no_oblique_move_is_simpler():
    fitted = FactorAnalysis(SIZE, rotation="oblimin").fit(X)
    plain = of_length_one(np.asarray(fitted.model_.loadings))
    best = oblimin(np.linalg.solve(fitted.rotation_matrix_, plain.T).T)[0]
    for column in range(SIZE):
        for move in (-1e-3, 1e-3):
            turn = fitted.rotation_matrix_.copy()
            turn[:, column] += move * turn[::-1, column] * [1, -1]
            turn /= np.sqrt(np.square(turn).sum(0))
            assert oblimin(np.linalg.solve(turn, plain.T).T)[0] > best


@pytest.mark.parametrize("criterion", [varimax, quartimax, oblimin])
def test_slopes_of_criteria_are_their_derivatives(criterion):
    draw = np.random.default_rng(0)
    loadings, move = draw.standard_normal((2, 5, 3))
    ahead, behind = (criterion(loadings + step * move)[0] for step in (1e-5, -1e-5))
    assert (criterion(loadings)[1] * move).sum() == pytest.approx((ahead - behind) / 2e-5, rel=1e-7)


def test_varimax_is_that_of_scikit_learn(fitted):
    from sklearn.decomposition._factor_analysis import _ortho_rotation

    plain = of_length_one(fitted.loadings_)
    theirs = _ortho_rotation(plain, method="varimax", tol=1e-12, max_iter=10_000)
    ours = of_length_one(FactorAnalysis(SIZE, rotation="varimax", tol=1e-12).fit(X).loadings_).T
    assert varimax(ours.T)[0] == pytest.approx(varimax(theirs.T)[0], rel=1e-6)
    overlap = np.abs(np.corrcoef(ours, theirs)[:SIZE, SIZE:])
    np.testing.assert_allclose(overlap.max(1), 1, atol=1e-5)


@pytest.mark.parametrize("name", [None, *ROTATIONS])
def test_units_of_columns_do_not_turn_the_factors(name):
    """Loadings are in the units of the columns, all else is the same: factors, their signs, order and correlation."""
    units = np.array([1000.0, -1, 1, 1, 0.03, 1, 1, 1])
    plain, scaled = (FactorAnalysis(SIZE, rotation=name, tol=1e-12).fit(rows) for rows in (X, X * units))
    turn = np.sign((plain.loadings_ * scaled.loadings_ / units[:, None]).sum(0))
    np.testing.assert_allclose(scaled.loadings_ / units[:, None] * turn, plain.loadings_, atol=1e-4)
    np.testing.assert_allclose(scaled.transform(X * units) * turn, plain.transform(X), atol=1e-3)
    np.testing.assert_allclose(scaled.factor_correlation_ * np.outer(turn, turn), plain.factor_correlation_, atol=1e-4)


def rows_of_covariance(covariance, count):
    draw = np.random.default_rng(0).standard_normal((count, len(covariance)))
    draw -= draw.mean(0)
    white = draw @ np.linalg.inv(np.linalg.cholesky(draw.T @ draw / count)).T
    return white @ np.linalg.cholesky(covariance).T


def test_varimax_and_promax_are_those_of_r():
    """``factanal(factors = 2, covmat = ability.cov)`` of R's data sets, with its two rotations."""
    covariance = np.zeros((6, 6))
    covariance[np.tril_indices(6)] = [
        24.641, 5.991, 6.700, 33.520, 18.137, 149.831, 6.023, 1.782, 19.424, 12.711, 20.755, 4.936, 31.430, 4.757, 52.604,
        29.701, 7.204, 50.753, 9.075, 66.762, 135.292,
    ]  # fmt: skip
    covariance += np.tril(covariance, -1).T
    rows = rows_of_covariance(covariance, 112)
    for name, first in (
        ("varimax", [0.50, 0.16, 0.21, 0.11, 0.96, 0.79]),
        ("promax", [0.36, -0.06, -0.09, -0.05, 1.02, 0.81]),
    ):
        fitted = FactorAnalysis(2, rotation=name).fit(rows)
        np.testing.assert_allclose(fitted.loadings_[:, 0] / np.sqrt(np.diagonal(covariance)), first, atol=0.006)


@pytest.mark.filterwarnings("ignore::suffice.DegenerateComponentWarning")
@pytest.mark.parametrize("seed", range(2))
def test_a_column_twice_is_explained_whole_and_more_starts_are_no_worse(seed):
    draw = np.random.default_rng(seed)
    rows = draw.normal(size=(200, 2)) @ draw.normal(size=(2, 6)) + 0.5 * draw.normal(size=(200, 6))
    rows[:, 2] = rows[:, 1]
    one, many = (FactorAnalysis(2, n_init=n_init, random_state=0).fit(rows) for n_init in (1, 10))
    climbed = FactorAnalysis(2, algorithm="em", n_init=10, random_state=0, tol=1e-9, max_iter=5000).fit(rows)
    assert one.score(rows) > climbed.score(rows) - 0.1
    assert many.score(rows) >= one.score(rows) - 1e-9
    assert many.score(rows) > climbed.score(rows) - 1e-4


def test_columns_of_one_value_are_named():
    rows = np.column_stack([X[:, :4], np.full(ROWS, 0.1)])
    with pytest.warns(DegenerateComponentWarning, match="Columns 4 hold one value only"):
        fitted = FactorAnalysis(1, rotation="varimax").fit(rows)
    assert not fitted.loadings_[4].any()
    for nothing in (np.full((10, 6), 0.1), np.repeat([[1.0, 2.0, 3.0]], 2, 0)):
        with pytest.warns(DegenerateComponentWarning, match="one value only"):
            assert np.isfinite(FactorAnalysis(2, rotation="promax").fit(nothing).score(nothing))


def test_one_factor_has_nothing_to_turn():
    plain, turned = FactorAnalysis().fit(X), FactorAnalysis(rotation="promax").fit(X)
    np.testing.assert_allclose(turned.loadings_, plain.loadings_)


def test_a_column_that_the_factors_explain_whole_is_named():
    rows = np.column_stack([X[:, :3], X[:, 0] + X[:, 1] * 1e-9])
    with pytest.warns(DegenerateComponentWarning, match="Heywood"):
        heywood = FactorAnalysis(1).fit(rows)
    assert np.isfinite(heywood.score(rows))
    assert (heywood.noise_variance_ > 0).all()


@pytest.mark.filterwarnings("ignore::suffice.DegenerateComponentWarning")
@pytest.mark.parametrize("size", [FEATURES - 1, FEATURES])
def test_as_many_factors_as_columns_give_finite_results(size):
    full = FactorAnalysis(size).fit(X)
    assert np.isfinite(full.score(X))
    assert full.score(X) == pytest.approx(FactorAnalysis(FEATURES - 3).fit(X).score(X), abs=0.05)


@pytest.mark.filterwarnings("ignore::suffice.DegenerateComponentWarning")
def test_fewer_rows_than_columns_and_a_constant_column_give_finite_results():
    assert np.isfinite(FactorAnalysis(SIZE).fit(X[:5]).score(X))
    constant = np.where(np.arange(FEATURES) == 3, 7.0, X)
    assert np.isfinite(FactorAnalysis(SIZE).fit(constant).score(constant))


def test_what_is_refused():
    with pytest.raises(ValueError, match="rotation='equamax' was given"):
        FactorAnalysis(rotation="equamax").fit(X)
    with pytest.raises(ValueError, match="at most as many components"):
        FactorAnalysis(FEATURES + 1).fit(X)


def test_saving_keeps_codes(tmp_path):
    fitted = FactorAnalysis(SIZE, rotation="oblimin").fit(X)
    suffice.save(fitted, tmp_path / "model")
    np.testing.assert_array_equal(suffice.load(tmp_path / "model").transform(X), fitted.transform(X))
