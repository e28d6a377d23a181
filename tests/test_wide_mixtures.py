"""Mixtures of probabilistic PCA of many columns: the same as by covariance matrices, which are never put together."""

import numpy as np
import pytest

import suffice
from suffice import PPCA, GaussianClassifier, MixtureClassifier, MixtureOfPPCA
from suffice.latent import FactorGaussian, PrincipalGaussian

ROWS, FEATURES = 60, 40


def rows_of_clusters(count=ROWS, features=FEATURES):
    draw = np.random.default_rng(0)
    component = np.arange(count) % 2
    lines, centres = draw.standard_normal((2, features, 2)), draw.standard_normal((2, features))
    latent = draw.standard_normal((count, 2))
    rows = centres[component] + np.einsum("ndq,nq->nd", lines[component], latent)
    return rows + 0.7 * draw.standard_normal((count, features)), component


X, COMPONENT = rows_of_clusters()
GAPS = np.where(np.random.default_rng(1).random(X.shape) < 0.1, np.nan, X)
WEIGHT = np.random.default_rng(2).integers(1, 4, ROWS).astype(float)


@pytest.fixture
def of_factors(monkeypatch):
    """All columns are many."""
    monkeypatch.setattr("suffice.estimators.mixtures.of_ppca.by_factors", lambda features: features > 10)


@pytest.mark.parametrize("settings", [{}, {"prior_strength": 3.0, "n_init": 2}], ids=["plain", "prior"])
@pytest.mark.parametrize("rows", [X, GAPS], ids=["complete", "gaps"])
def test_a_wide_fit_is_the_narrow_one(rows, settings, request):
    narrow = MixtureOfPPCA(2, n_factors=2, random_state=0, **settings).fit(rows, sample_weight=WEIGHT)
    assert isinstance(narrow.model_.components, PrincipalGaussian)
    request.getfixturevalue("of_factors")
    wide = MixtureOfPPCA(2, n_factors=2, random_state=0, **settings).fit(rows, sample_weight=WEIGHT)
    assert isinstance(wide.model_.components, FactorGaussian)
    assert wide.lower_bound_ == pytest.approx(narrow.lower_bound_, abs=1e-7)
    order = [np.argsort(fitted.means_[:, 0]) for fitted in (wide, narrow)]
    for name in ("means_", "covariances_", "precisions_", "noise_variance_", "explained_variance_", "components_"):
        one, other = (getattr(fitted, name)[own] for fitted, own in zip((wide, narrow), order, strict=True))
        np.testing.assert_allclose(one, other, atol=2e-3, err_msg=name)
    np.testing.assert_allclose(wide.impute(rows), narrow.impute(rows), atol=2e-3)
    np.testing.assert_allclose(wide.score_samples(rows), narrow.score_samples(rows), atol=2e-3)
    given = {0: 1.0, 3: -0.5}
    one, other = wide.conditional(given), narrow.conditional(given)
    np.testing.assert_allclose(one.means_[order[0]], other.means_[order[1]], atol=2e-3)
    np.testing.assert_allclose(one.covariances_[order[0]], other.covariances_[order[1]], atol=2e-3)
    np.testing.assert_allclose(wide.marginal([5, 1]).covariances_[order[0]], narrow.marginal([5, 1]).covariances_[order[1]],
                               atol=2e-3)  # fmt: skip


@pytest.mark.usefixtures("of_factors")
def test_one_component_is_probabilistic_pca_of_the_same_rows():
    for rows in (X, GAPS):
        one, alone = MixtureOfPPCA(1, n_factors=2, reg_covar=0, random_state=0).fit(rows), PPCA(2).fit(rows)
        assert one.score(rows) == pytest.approx(alone.score(rows), abs=1e-7)
        np.testing.assert_allclose(one.components_[0], alone.components_, atol=1e-3)


@pytest.mark.usefixtures("of_factors")
def test_batches_steps_files_frozen_parameters_and_draws(tmp_path):
    fitted = MixtureOfPPCA(2, n_factors=2, random_state=0).fit(GAPS)
    stream = MixtureOfPPCA(2, n_factors=2, random_state=0).fit([GAPS[:35], GAPS[35:]])
    assert stream.score(GAPS) == pytest.approx(fitted.score(GAPS), abs=1e-6)
    assert (fitted.predict(GAPS) == COMPONENT).mean() in (0.0, 1.0)
    before = fitted.score(GAPS)
    suffice.save(fitted, tmp_path / "model")
    np.testing.assert_array_equal(suffice.load(tmp_path / "model").predict_proba(GAPS), fitted.predict_proba(GAPS))
    draws = fitted.impute(GAPS, draws=400)
    mean, deviation = fitted.impute(GAPS, return_std=True)
    gaps = np.isnan(GAPS)
    far = (draws.mean(0) - mean)[gaps] / (deviation[gaps] / np.sqrt(400))
    assert np.sqrt(np.square(far).mean()) == pytest.approx(1, abs=0.15)
    assert draws.std(0)[gaps] / deviation[gaps] == pytest.approx(1, abs=0.2)
    assert fitted.partial_fit(GAPS).score(GAPS) == pytest.approx(before, abs=1e-5)
    held = MixtureOfPPCA(2, n_factors=2, means_init=fitted.means_ + 0.1, frozen=["means"], random_state=0).fit(X)
    np.testing.assert_array_equal(held.means_, fitted.means_ + 0.1)
    with pytest.raises(ValueError, match="n_factors=40 was given for 40 columns"):
        MixtureOfPPCA(n_factors=FEATURES).fit(X)


@pytest.mark.filterwarnings("ignore::suffice.DegenerateComponentWarning")
@pytest.mark.parametrize("shrinkage", [0.0, 0.3])
@pytest.mark.parametrize("kind", ["tied", "tied_low_rank"])
def test_a_shared_covariance_of_more_columns_than_rows_is_that_of_the_matrix(kind, shrinkage, monkeypatch):
    few, labels, weight = X[:30], np.arange(30) % 3, WEIGHT[:30]
    settings = {"covariance_type": kind, "shrinkage": shrinkage, "rank": 2}
    narrow = GaussianClassifier(**settings).fit(few, labels, sample_weight=weight)
    monkeypatch.setattr("suffice.latent.gaussian_classes.by_factors", lambda features: True)
    wide = GaussianClassifier(**settings).fit(few, labels, sample_weight=weight)
    assert isinstance(wide.model_.components, FactorGaussian)
    close = {"rtol": 1e-8, "atol": 1e-8} if kind == "tied" else {"rtol": 1e-3, "atol": 1e-3}
    np.testing.assert_allclose(wide.means_, narrow.means_, atol=1e-12)
    np.testing.assert_allclose(wide.class_prior_, narrow.class_prior_, atol=1e-14)
    np.testing.assert_allclose(wide.covariances_, narrow.covariances_, **close)
    far = np.abs(narrow.coef_).max()
    np.testing.assert_allclose(wide.coef_ / far, narrow.coef_ / far, atol=1e-8 if kind == "tied" else 2e-3)
    np.testing.assert_allclose(wide.predict_proba(X), narrow.predict_proba(X), atol=1e-6 if kind == "tied" else 0.05)
    if kind == "tied":
        scale = np.abs(narrow.score_samples(X))
        np.testing.assert_allclose(wide.score_samples(X) / scale, narrow.score_samples(X) / scale, atol=1e-8)
        hidden = np.where(np.random.default_rng(3).random(X.shape) < 0.1, np.nan, X)
        scale = np.abs(narrow.score_samples(hidden))
        np.testing.assert_allclose(wide.score_samples(hidden) / scale, narrow.score_samples(hidden) / scale, atol=1e-7)


@pytest.mark.filterwarnings("ignore::suffice.DegenerateComponentWarning")
@pytest.mark.parametrize("count", [2, 3])
def test_scores_of_a_wide_shared_covariance_are_distances_from_the_means(count):
    """They are measured from the means, so that rows far from the origin lose no digits; no class is asked on its own."""
    draw, labels = np.random.default_rng(0), np.arange(30) % count
    rows = draw.integers(-3, 4, (30, 300)) / 4 + labels[:, None] / 2 + 2.0**20
    wide = GaussianClassifier("tied", shrinkage=0.2).fit(rows, labels)
    means, covariance = wide.means_ - 2.0**20, wide.covariances_
    others = draw.integers(-3, 4, (9, 300)) / 4
    apart = (others[:, None] - means).transpose(1, 0, 2)
    distances = np.stack([(part * np.linalg.solve(covariance, part.T).T).sum(1) for part in apart], 1)
    joint = np.log(wide.class_prior_) - distances / 2
    expected = joint - np.logaddexp.reduce(joint, axis=1, keepdims=True)
    np.testing.assert_allclose(wide.predict_log_proba(others + 2.0**20), expected, atol=1e-7)
    np.testing.assert_array_equal(wide.predict(others + 2.0**20), expected.argmax(1))


@pytest.fixture
def narrow_and_wide(monkeypatch):
    """A classifier fitted by second moments, and the same from the rows; ``fit`` does what is asked of both."""

    def both(fit, **settings):
        narrow = fit(GaussianClassifier("tied", **settings))
        with monkeypatch.context() as patched:
            patched.setattr("suffice.latent.gaussian_classes.by_factors", lambda features: True)
            wide = fit(GaussianClassifier("tied", **settings))
        assert isinstance(wide.model_.components, FactorGaussian)
        assert not isinstance(narrow.model_.components, FactorGaussian)
        return narrow, wide

    return both


def same(wide, narrow, rows=X):
    np.testing.assert_allclose(wide.means_, narrow.means_, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(wide.class_prior_, narrow.class_prior_, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(wide.covariances_, narrow.covariances_, rtol=1e-8, atol=1e-8)
    np.testing.assert_allclose(wide.predict_log_proba(rows), narrow.predict_log_proba(rows), rtol=1e-7, atol=1e-5)


@pytest.mark.parametrize("prior_mean", [None, np.linspace(-1, 1, FEATURES)], ids=["of the data", "given"])
def test_a_prior_of_a_wide_shared_covariance_is_that_of_the_matrix(prior_mean, narrow_and_wide):
    few, labels = X[:30], np.arange(30) % 3
    narrow, wide = narrow_and_wide(
        lambda own: own.fit(few, labels, sample_weight=WEIGHT[:30]), prior_strength=2.5, prior_mean=prior_mean
    )
    same(wide, narrow)


@pytest.mark.filterwarnings("ignore::suffice.DegenerateComponentWarning")
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("strength", [0.0, 2.5])
@pytest.mark.parametrize("iterations", [1, 4])
def test_unlabelled_rows_take_the_same_steps_in_the_space_of_the_rows(strength, iterations, narrow_and_wide):
    few, labels = X[:30], np.where(np.arange(30) % 3 < 2, COMPONENT[:30], -1)
    settings = {"unlabelled": -1, "prior_strength": strength, "tol": 0.0, "max_iter": iterations, "reg_covar": 1e-2}
    narrow, wide = narrow_and_wide(lambda own: own.fit(few, labels, sample_weight=WEIGHT[:30]), **settings)
    same(wide, narrow)
    np.testing.assert_allclose(
        wide.lower_bounds_[1:], narrow.lower_bounds_[1:], rtol=1e-8
    )  # starts differ where no row is
    assert np.diff(wide.lower_bounds_).min(initial=0) > -1e-9


@pytest.mark.filterwarnings("ignore::suffice.DegenerateComponentWarning")
@pytest.mark.parametrize(
    "settings", [{}, {"prior_strength": 3.0}, {"shrinkage": 0.2}], ids=["plain", "prior", "shrunk"]
)
def test_steps_after_a_wide_fit_are_one_fit_until_rows_are_more_than_columns(settings, monkeypatch):
    labels = np.arange(ROWS) % 3
    with monkeypatch.context() as patched:
        patched.setattr("suffice.latent.gaussian_classes.by_factors", lambda features: True)
        steps = GaussianClassifier("tied", **settings).partial_fit(X[:9], labels[:9], [0, 1, 2], WEIGHT[:9])
        for part in (slice(9, 25), slice(25, 60)):
            steps.partial_fit(X[part], labels[part], sample_weight=WEIGHT[part])
        fitted = GaussianClassifier("tied", **settings).fit(X[:30], labels[:30], WEIGHT[:30])
        fitted.partial_fit(X[30:], labels[30:], sample_weight=WEIGHT[30:])
    assert steps.running_statistics_["root"].shape == (FEATURES, FEATURES)
    whole = GaussianClassifier("tied", **settings).fit(X, labels, WEIGHT)
    same(steps, whole)
    same(fitted, whole)


@pytest.mark.parametrize("method", ["ledoit_wolf", "oas"])
def test_suggested_shrinkage_of_more_columns_than_rows_is_scikit_learns(method):
    from sklearn.covariance import ledoit_wolf, oas

    few, labels = X[:12], np.arange(12) % 2
    centred = np.concatenate([few[labels == k] - few[labels == k].mean(0) for k in (0, 1)])
    _, expected = {"ledoit_wolf": ledoit_wolf, "oas": oas}[method](centred, assume_centered=True)
    fitted = GaussianClassifier("tied", shrinkage=method).fit(few, labels)
    assert fitted.shrinkage_ == pytest.approx(expected, rel=1e-10)


def test_a_mixture_of_low_rank_for_each_class_takes_wide_rows(monkeypatch):
    monkeypatch.setattr("suffice.estimators.mixtures.of_ppca.by_factors", lambda features: True)
    classes = np.where(np.arange(ROWS) % 7 == 0, -1, COMPONENT)
    found = MixtureClassifier(MixtureOfPPCA(1, n_factors=1), unlabelled=-1, random_state=0).fit(GAPS, classes)
    assert all(isinstance(one.model_.components, FactorGaussian) for one in found.mixtures_)
    assert (found.predict(GAPS) == COMPONENT).all()


@pytest.mark.filterwarnings("ignore::suffice.DegenerateComponentWarning")
def test_one_row_a_class_constant_and_repeated_columns_end_in_a_defined_classifier(monkeypatch):
    monkeypatch.setattr("suffice.latent.gaussian_classes.by_factors", lambda features: True)
    few = X[:4].copy()
    few[:, :10], few[:, 20:30] = 3.0, few[:, 10:20]
    for settings in ({}, {"prior_strength": 1.0}):
        fitted = GaussianClassifier("tied", **settings).fit(few, [0, 0, 1, 2])
        assert (fitted.predict(few) == [0, 0, 1, 2]).all()
        assert np.isfinite(fitted.score_samples(few)).all()
    empty = np.where(np.arange(FEATURES) == 5, np.nan, few)
    with pytest.raises(ValueError, match="Columns 5 hold no value"):
        GaussianClassifier("tied").fit(empty, [0, 0, 1, 2])


@pytest.mark.filterwarnings("ignore::suffice.DegenerateComponentWarning")
def test_a_shared_matrix_of_many_columns_is_not_put_together_without_a_word(monkeypatch):
    labels = np.arange(30) % 2
    rows = np.random.default_rng(3).standard_normal((30, 35)) + labels[:, None]
    holed = np.where(np.random.default_rng(4).random(rows.shape) < 0.05, np.nan, rows)
    monkeypatch.setattr("suffice.latent.gaussian_classes.MUCH", 1)
    with pytest.warns(
        UserWarning, match=r"35 x 35, since cells are missing.*MixtureClassifier\(MixtureOfPPCA"
    ) as caught:
        GaussianClassifier("tied", prior_strength=1.0).fit(holed, labels)
    assert caught[0].filename == __file__
    monkeypatch.setattr("suffice.latent.gaussian_classes.by_factors", lambda features: True)
    GaussianClassifier("tied", prior_strength=1.0).fit(rows, labels)
