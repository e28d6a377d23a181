"""Mixtures of probabilistic PCA: one component is probabilistic PCA, several keep the laws of mixtures."""

import numpy as np
import pytest

import suffice
from suffice import PPCA, GaussianMixture, MixtureOfPPCA, select
from suffice.latent import Gaussian

FEATURES = 5


def flat_clusters():
    """Two clusters, each with spread along a direction of its own."""
    draw = np.random.default_rng(0)
    lines = np.zeros((2, FEATURES))
    lines[0, 0], lines[1, 4] = 3.0, 2.0
    component = draw.integers(2, size=500)
    centres = np.array([[0.0] * FEATURES, [0.0, 4.0, 0.0, 4.0, 0.0]])
    rows = centres[component] + draw.standard_normal((500, 1)) * lines[component]
    return rows + 0.4 * draw.standard_normal((500, FEATURES)), component


X, COMPONENT = flat_clusters()
GAPS = np.where(np.random.default_rng(1).random(X.shape) < 0.2, np.nan, X)


@pytest.fixture(scope="module")
def mixture():
    return MixtureOfPPCA(2, tol=1e-8, random_state=0).fit(X)


def test_one_component_is_probabilistic_pca():
    one, alone = MixtureOfPPCA(1, n_factors=2, reg_covar=0, random_state=0).fit(X), PPCA(2).fit(X)
    np.testing.assert_allclose(one.covariances_[0], alone.get_covariance(), atol=1e-9)
    np.testing.assert_allclose(one.components_[0], alone.components_, atol=1e-7)
    np.testing.assert_allclose(one.explained_variance_[0], alone.explained_variance_, rtol=1e-9)
    assert one.noise_variance_[0] == pytest.approx(alone.noise_variance_, rel=1e-9)
    assert one.bic(X) == pytest.approx(alone.bic(X), rel=1e-10)


def test_one_component_is_probabilistic_pca_with_cells_missing():
    one = MixtureOfPPCA(1, reg_covar=0, tol=1e-10, max_iter=1000, random_state=0).fit(GAPS)
    alone = PPCA(1, tol=1e-10).fit(GAPS)
    assert one.score(GAPS) == pytest.approx(alone.score(GAPS), abs=1e-6)
    np.testing.assert_allclose(one.impute(GAPS), alone.impute(GAPS), atol=1e-2)


def test_likelihood_never_falls_and_the_directions_are_found(mixture):
    assert np.diff(mixture.lower_bounds_).min() > -1e-10
    order = np.argsort(mixture.means_[:, 1])
    np.testing.assert_allclose(np.abs(mixture.components_[order, 0][[0, 1], [0, 4]]), 1, atol=0.01)
    assert (mixture.predict(X) == order[COMPONENT]).mean() > 0.99
    values = np.linalg.eigvalsh(mixture.covariances_)
    np.testing.assert_allclose(values[:, :-1], np.broadcast_to(mixture.noise_variance_[:, None], (2, FEATURES - 1)))
    full = GaussianMixture(2, tol=1e-8, random_state=0).fit(X)
    assert mixture.score(X) < full.score(X)
    assert mixture.bic(X) < full.bic(X)


def test_starts_online_steps_and_files_are_those_of_mixtures(mixture, tmp_path):
    again = MixtureOfPPCA(2, weights_init=mixture.weights_, means_init=mixture.means_,
                          precisions_init=mixture.precisions_, tol=1e-6).fit(X)  # fmt: skip
    assert again.n_iter_ == 2
    assert isinstance(mixture.marginal([0, 2]).model_.components, Gaussian)
    step = MixtureOfPPCA(2, random_state=0).partial_fit(X)
    np.testing.assert_allclose(
        np.linalg.eigvalsh(step.covariances_)[:, :-1], np.repeat(step.noise_variance_, 4).reshape(2, 4)
    )
    suffice.save(mixture, tmp_path / "model")
    np.testing.assert_array_equal(suffice.load(tmp_path / "model").predict_proba(X), mixture.predict_proba(X))


def test_frozen_parameters_stay_and_covariances_must_have_the_form_of_the_model(mixture):
    means = MixtureOfPPCA(2, means_init=mixture.means_ + 0.1, frozen=["means"], tol=1e-6, random_state=0).fit(X)
    np.testing.assert_array_equal(means.means_, mixture.means_ + 0.1)
    assert means.bic(X) > mixture.bic(X)
    assert mixture.model_.parameter_count() - means.model_.parameter_count() == 2 * FEATURES
    settings = {"precisions_init": mixture.precisions_, "frozen": ["covariances"], "random_state": 0}
    held = MixtureOfPPCA(2, **settings).fit(X)
    np.testing.assert_array_equal(held.precisions_, mixture.precisions_)
    np.testing.assert_allclose(held.noise_variance_, mixture.noise_variance_, rtol=1e-9)
    settings["precisions_init"] = np.stack([np.diag(np.arange(1.0, FEATURES + 1))] * 2)
    with pytest.raises(ValueError, match="equal noise in all but n_factors=1 directions"):
        MixtureOfPPCA(2, **settings).fit(X)
    with pytest.raises(TypeError, match="tied"):
        MixtureOfPPCA(2, tied={"means": [0, 0]})


def test_number_of_factors_is_refused_or_selected():
    with pytest.raises(ValueError, match="n_factors=5 was given for 5 columns"):
        MixtureOfPPCA(n_factors=FEATURES).fit(X)
    with pytest.raises(ValueError, match="n_factors=0 was given"):
        MixtureOfPPCA(n_factors=0).fit(X)
    found = select(PPCA(), X, n_components=range(1, 5))
    assert found.best.n_components == min(range(1, 5), key=lambda size: PPCA(size).fit(X).bic(X))
    assert found.table["icl"].tolist() == found.table["bic"].tolist()
    with_mixture = select([PPCA(2), MixtureOfPPCA(2, random_state=0)], X, criterion="held_out")
    assert isinstance(with_mixture.best, MixtureOfPPCA)


def test_a_fit_goes_on_with_as_many_factors_only():
    mixture = MixtureOfPPCA(2, n_factors=1, warm_start=True, random_state=0).fit(X)
    mixture.fit(X).set_params(n_factors=2)
    for go_on in (mixture.fit, mixture.partial_fit):
        with pytest.raises(ValueError, match="n_factors=2 was given, but the fitted model has 1"):
            go_on(X)


def test_a_restart_beyond_single_precision_ends_without_a_warning():
    """Warnings are errors here: of ten restarts on columns of very different scales one overflows, another is kept."""
    draw = np.random.default_rng(3)
    groups, turned = draw.integers(3, size=400), draw.normal(size=(3, 4, 4))
    rows = 2 * draw.normal(size=(3, 4))[groups] + np.einsum("nij,nj->ni", turned[groups], draw.normal(size=(400, 4)))
    rows = (rows + 0.3 * draw.normal(size=(400, 4))) * [1, 30, 1 / 30, 1]
    fits = [MixtureOfPPCA(3, n_factors=2, n_init=10, random_state=0, precision=precision).fit(rows)
            for precision in ("float32", "float64")]  # fmt: skip
    assert fits[0].score(rows) == pytest.approx(fits[1].score(rows), abs=1e-3)
