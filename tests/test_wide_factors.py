"""Factor models of more columns than rows: the same as by second moments of the columns, which are never put together."""

import warnings

import numpy as np
import pytest

from suffice import PPCA, FactorAnalysis, select
from suffice.estimators.factors import begun
from suffice.fit import em
from suffice.latent import FactorGaussian, LinearGaussian, Mixture
from suffice.latent.factors import subspace
from suffice.latent.factors.factor_maxima import _searched, maximum_likelihood_factors, principal_factors
from suffice.latent.factors.spectra import OfMatrix, rows_about
from suffice.runtime.blas import one_blas_thread

ROWS, FEATURES, SIZE = 30, 300, 2


def rows_of_factors(count=ROWS, features=FEATURES, size=SIZE):
    draw = np.random.default_rng(0)
    loadings = draw.standard_normal((features, size)) * [2.0, 1.0]
    noise = draw.uniform(0.5, 1.5, features)
    return 5 + draw.standard_normal((count, size)) @ loadings.T + noise * draw.standard_normal((count, features))


X = rows_of_factors()
GAPS = np.where(np.random.default_rng(1).random(X.shape) < 0.1, np.nan, X)
WEIGHT = np.random.default_rng(2).integers(1, 4, ROWS).astype(float)


def both_spectra(rows, weight):
    share = weight / weight.sum()
    by_rows = rows_about(rows, share, None)
    return by_rows, OfMatrix(np.cov(rows.T, aweights=weight, bias=True))


def test_rows_and_their_second_moments_have_one_maximum():
    """Probabilistic PCA, and factor analysis from the same noise: not only the maximum, but the way there."""
    wide, narrow = both_spectra(X, WEIGHT)
    least, start = 1e-6 * wide.variance, wide.variance / 2
    (values, axes), (others, vectors) = wide.decomposed(SIZE), narrow.decomposed(SIZE)
    np.testing.assert_allclose(values, others, atol=1e-10 * others[0])
    found = [principal_factors(*pair, SIZE, None, 1e-9) for pair in ((values, axes), (others, vectors))]
    np.testing.assert_allclose(found[0].noise_variance, found[1].noise_variance, rtol=1e-10)
    np.testing.assert_allclose(np.abs(axes.T @ vectors), np.eye(SIZE), atol=1e-8)
    settings = {"max_iter": 500, "close": 1e-9, "starts": [start]}
    with one_blas_thread():
        searched = [maximum_likelihood_factors(each, SIZE, least, **settings) for each in (wide, narrow)]
    assert searched[0].log_likelihood == pytest.approx(searched[1].log_likelihood, rel=1e-11)
    np.testing.assert_allclose(searched[0].noise_variance, searched[1].noise_variance, rtol=1e-6)


@pytest.mark.parametrize("steps", [1, 4])
def test_rows_and_their_second_moments_take_the_same_steps(steps):
    """Of weighted rows, some of which are alike, and columns that repeat others."""
    rows = np.concatenate([X, X[:5]])
    rows[:, 50:60] = rows[:, :10]
    wide, narrow = both_spectra(rows, np.concatenate([WEIGHT, WEIGHT[:5]]))
    with one_blas_thread():
        searched = [subspace.Pursuit(each, SIZE) for each in (wide, narrow)]
        found = [_searched(one, 1e-6 * wide.variance, wide.variance / 3, steps, 1e-9) for one in searched]
    assert [one.iterations for one in found] == [steps, steps]
    np.testing.assert_allclose(found[0].noise_variance, found[1].noise_variance, rtol=1e-8)
    covariances = [one.loadings @ one.loadings.T for one in found]
    np.testing.assert_allclose(covariances[0], covariances[1], atol=1e-8 * np.abs(covariances[1]).max())


@pytest.mark.parametrize("columns", [1, 40], ids=["one noise", "noise of each column"])
def test_latent_variables_take_the_steps_that_covariances_of_the_columns_take(columns):
    """Of weighted rows with gaps; a mixture's only component takes those with expanded parameters."""
    draw = np.random.default_rng(5)
    start = np.zeros(40), draw.standard_normal((40, SIZE)), np.full(columns, 2.0)
    rows, expected = GAPS[:, :40] - 5, start
    for _ in range(3):
        expected = stepped_by_covariance(*expected, rows, WEIGHT)
    settings = {"weight": WEIGHT, "max_iter": 3, "tol": 0.0}
    plain, expanded = (em(LinearGaussian(*start, expanded=own), rows, **settings).model for own in (False, True))
    for one, other in zip((plain.mean, plain.loadings, plain.noise_variance), expected, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-8, atol=1e-8)
    family = FactorGaussian(*(part[None] for part in start))
    found = em(Mixture(np.ones(1), family), rows, **settings).model.components
    for one, other in ((found.means, expanded.mean), (found.loadings, expanded.loadings),
                       (found.noise_variance, expanded.noise_variance)):  # fmt: skip
        np.testing.assert_allclose(one[0], other, rtol=1e-8, atol=1e-8)


def stepped_by_covariance(mean, loadings, noise, rows, weight):
    """One step of expectation-maximisation, from the covariance matrix of all columns."""
    covariance = loadings @ loadings.T + np.diag(np.broadcast_to(noise, len(mean)))
    told = []
    for row in rows:
        seen = ~np.isnan(row)
        gain = np.linalg.solve(covariance[np.ix_(seen, seen)], loadings[seen]).T
        latent = np.append(gain @ (row - mean)[seen], 1.0)
        told.append((latent, np.outer(latent, latent) + np.pad(np.eye(SIZE) - gain @ loadings[seen], (0, 1))))
    latent, second = (np.array(part) for part in zip(*told, strict=True))
    new, left, counts = np.zeros((len(mean), SIZE + 1)), np.zeros(len(mean)), np.zeros(len(mean))
    for column, cells in enumerate(rows.T):
        seen, own = ~np.isnan(cells), weight[~np.isnan(cells)]
        cross, square = own * cells[seen] @ latent[seen], np.einsum("n,nij->ij", own, second[seen])
        new[column] = np.linalg.solve(square, cross)
        left[column], counts[column] = own @ np.square(cells[seen]) - new[column] @ cross, own.sum()
    noise = left / counts if len(noise) > 1 else left.sum(keepdims=True) / counts.sum()
    return new[:, SIZE], new[:, :SIZE], noise


def test_eigenvectors_followed_are_those_of_the_matrix():
    """Also where those before are of no use, and where one that has become the largest is not among them."""
    spectrum, narrow = both_spectra(rows_of_factors(60, 200), np.ones(60))
    draw = np.random.default_rng(6)
    unit = np.sqrt(spectrum.variance) * draw.uniform(0.5, 2.0, 200)
    pursuit = subspace.Pursuit(spectrum, SIZE)
    pursuit.passes = 30
    values, vectors = narrow.largest(unit, 4)
    for near in (vectors[:, 2:], vectors[:, 1:3], draw.standard_normal((200, SIZE))):
        pursuit.near = near
        found = pursuit.largest(unit)
        np.testing.assert_allclose(found[0], values[2:], rtol=1e-12)
        np.testing.assert_allclose(found[1] @ found[1].T, vectors[:, 2:] @ vectors[:, 2:].T, atol=1e-8)
    assert pursuit.passes == 30


def test_a_search_that_follows_eigenvectors_ends_where_that_with_products_ends(monkeypatch):
    plain = FactorAnalysis(SIZE).fit(X, sample_weight=WEIGHT)
    monkeypatch.setattr(subspace, "passes_worth", lambda rows, size: 12)
    followed = FactorAnalysis(SIZE).fit(X, sample_weight=WEIGHT)
    assert followed.lower_bound_ == pytest.approx(plain.lower_bound_, rel=1e-12)
    np.testing.assert_allclose(followed.noise_variance_, plain.noise_variance_, rtol=1e-5)


def test_eigenvectors_that_were_missed_are_found_at_the_end(monkeypatch):
    """Vectors followed that count as found whatever they are: the search starts again from there."""
    plain = FactorAnalysis(SIZE).fit(X)
    monkeypatch.setattr(subspace, "passes_worth", lambda rows, size: 12)
    monkeypatch.setattr(subspace, "CLOSE", 1e3)
    found = FactorAnalysis(SIZE).fit(X)
    assert found.lower_bound_ == pytest.approx(plain.lower_bound_, rel=1e-9)


@pytest.mark.parametrize("model", [PPCA(SIZE), FactorAnalysis(SIZE, rotation="varimax")], ids=["ppca", "factors"])
@pytest.mark.parametrize("rows", [X, GAPS], ids=["complete", "gaps"])
def test_a_wide_fit_is_the_narrow_one(model, rows, monkeypatch):
    wide = type(model)(**model.get_params()).fit(rows, sample_weight=WEIGHT)
    monkeypatch.setattr(begun, "side_of", lambda *_, **__: "moments")
    narrow = type(model)(**model.get_params()).fit(rows, sample_weight=WEIGHT)
    assert wide.converged_
    assert wide.lower_bound_ == pytest.approx(narrow.lower_bound_, abs=1e-8 * FEATURES)
    np.testing.assert_allclose(wide.loadings_, narrow.loadings_, atol=2e-3)
    np.testing.assert_allclose(wide.impute(rows), narrow.impute(rows), atol=2e-3)
    np.testing.assert_allclose(wide.score_samples(rows), narrow.score_samples(rows), atol=2e-3)


@pytest.mark.parametrize("model", [PPCA(SIZE), FactorAnalysis(SIZE)], ids=["ppca", "factors"])
def test_weight_two_is_the_row_twice_and_order_does_not_matter(model):
    weight = np.where(np.arange(ROWS) < 10, 2.0, 1.0)
    order = np.random.default_rng(3).permutation(ROWS)
    once = model.fit(X, sample_weight=weight).model_
    for rows, weights in ((np.concatenate([X, X[:10]]), None), (X[order], weight[order])):
        other = model.fit(rows, sample_weight=weights).model_
        np.testing.assert_allclose(other.loadings, once.loadings, atol=1e-6)
        np.testing.assert_allclose(other.noise_variance, once.noise_variance, rtol=1e-6)


def test_a_rotation_of_rows_padded_with_zeros_changes_no_log_likelihood():
    """Columns of zeros, turned together with the others: probabilistic PCA has no axes of its own."""
    padded = np.concatenate([X[:, :100], np.zeros((ROWS, 100))], 1)
    turn = np.linalg.qr(np.random.default_rng(4).standard_normal((200, 200)))[0]
    plain, turned = PPCA(SIZE).fit(padded), PPCA(SIZE).fit(padded @ turn)
    np.testing.assert_allclose(turned.score_samples(padded @ turn), plain.score_samples(padded), rtol=1e-9)
    np.testing.assert_allclose(turned.explained_variance_, plain.explained_variance_, rtol=1e-10)


def test_batches_known_parameters_and_checkpoints_are_those_of_narrow_tables(tmp_path):
    batches = [(GAPS[:20], WEIGHT[:20]), (GAPS[20:], WEIGHT[20:])]
    stream, memory = PPCA(SIZE).fit(batches), PPCA(SIZE).fit(GAPS, sample_weight=WEIGHT)
    assert stream.lower_bound_ == pytest.approx(memory.lower_bound_, abs=1e-7)
    known = PPCA(SIZE, noise_variance=2.0, mean=5.0).fit(GAPS)
    assert known.noise_variance_ == 2.0
    np.testing.assert_array_equal(known.mean_, 5.0)
    kept = PPCA(SIZE).fit(GAPS, checkpoint=tmp_path / "kept").loadings_
    np.testing.assert_array_equal(PPCA(SIZE).fit(GAPS, checkpoint=tmp_path / "kept").loadings_, kept)


def test_sums_are_never_of_columns_by_columns(monkeypatch):
    def refuse(*_):
        raise AssertionError("second moments of the columns were asked for")

    monkeypatch.setattr(begun, "PairwiseSums", refuse)
    for rows in (X, GAPS):
        for model in (PPCA(SIZE), FactorAnalysis(SIZE)):
            fitted = model.fit(rows)
            assert fitted.sample(3).shape == (3, FEATURES)
            assert fitted.impute(rows, draws=2).shape == (2, *rows.shape)
    found = select(PPCA(), X, n_components=range(1, 5))
    assert found.best.n_components == SIZE


def test_more_factors_than_rows_constant_and_repeated_columns():
    few = np.random.default_rng(5).standard_normal((5, 50))
    few[:, 0], few[:, 1] = 3.0, few[:, 2]
    with pytest.warns(match="components explain the rows without any noise"):
        assert np.isfinite(PPCA(6).fit(few).score(few))
    with pytest.warns():
        factors = FactorAnalysis(6).fit(few)
    assert np.isfinite(factors.score(few))
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert FactorAnalysis(1).fit(few).loadings_[0, 0] == pytest.approx(0)
    assert any("hold one value only" in str(one.message) for one in said)
