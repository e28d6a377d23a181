"""Gaussian mixtures beside uniform noise: recovery, the maximum, gaps, batches, and what cannot be asked."""

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import multivariate_normal

from suffice import GaussianMixture, MixtureClassifier, load, save, select
from suffice.cli.main import main
from suffice.plot.marginal import component_densities, kolmogorov_distance
from suffice.rows.bounds import column_bounds
from suffice.runtime import computed_by

DRAW = np.random.default_rng(0)
CENTRES = np.array([[-4.0, 0], [3, 4], [4, -4]])
TRUTH = np.append(np.repeat([0, 1, 2], 160), np.full(120, -1))
X = np.where(TRUTH[:, None] < 0, DRAW.uniform(-10, 10, (600, 2)), CENTRES[TRUTH] + 0.7 * DRAW.standard_normal((600, 2)))
GAPS = np.where(DRAW.random(X.shape) < 0.15, np.nan, X)
VOLUME = np.ptp(X, 0).prod()


@pytest.fixture(autouse=True)
def by_numpy():
    with computed_by("numpy"):
        yield


@pytest.fixture(scope="module")
def fitted():
    with computed_by("numpy"):
        return GaussianMixture(3, noise=True, random_state=0).fit(X)


def joint(mixture, rows, volume=VOLUME):
    parts = [w * multivariate_normal(m, c).pdf(rows) for w, m, c in
             zip(mixture.weights_, mixture.means_, mixture.covariances_, strict=True)]  # fmt: skip
    return np.stack([*parts, np.full(len(rows), mixture.noise_weight_ / volume)], 1)


def test_clusters_in_known_noise_are_found_with_its_share(fitted):
    order = [int(np.square(fitted.means_ - centre).sum(1).argmin()) for centre in CENTRES]
    np.testing.assert_allclose(fitted.means_[order], CENTRES, atol=0.2)
    error = fitted.standard_errors(X)["noise_weight_"]
    assert abs(fitted.noise_weight_ - 0.2) < 3 * error
    assert fitted.weights_.sum() + fitted.noise_weight_ == pytest.approx(1, abs=1e-12)
    found = fitted.predict(X)
    assert np.mean(np.array([*order, -1])[TRUTH] == found) > 0.95
    assert (fitted.predict_proba(X)[:, -1] > 0.5).tolist() == (found == -1).tolist()


def test_without_it_clusters_have_to_take_the_noise(fitted):
    assert GaussianMixture(3, random_state=0).fit(X).bic(X) > fitted.bic(X) + 100


def test_densities_are_those_of_normals_and_a_constant(fitted):
    rows = np.r_[X[:20], [[50.0, -70.0]]]
    expected = joint(fitted, rows)
    np.testing.assert_allclose(fitted.score_samples(rows), np.log(expected.sum(1)))
    np.testing.assert_allclose(fitted.predict_proba(rows), expected / expected.sum(1, keepdims=True), atol=1e-12)
    assert fitted.predict(rows)[-1] == -1


def test_the_share_of_noise_is_at_a_maximum(fitted):
    def value(logit):
        share = 1 / (1 + np.exp(-logit))
        parts = joint(fitted, X)
        scale = np.append(np.full(3, (1 - share) / fitted.weights_.sum()), share / fitted.noise_weight_)
        return np.log(parts @ scale).sum()

    at = np.log(fitted.noise_weight_ / (1 - fitted.noise_weight_))
    slope = (value(at + 1e-4) - value(at - 1e-4)) / 2e-4
    assert abs(slope) < 1e-3


def test_bic_counts_a_weight_more_and_no_box(fitted):
    without = GaussianMixture(3, random_state=0, tol=9.0).fit(X)
    assert fitted.model_.parameter_count() == without.model_.parameter_count() + 1


def test_a_volume_stands_in_for_the_box():
    by_volume = GaussianMixture(3, noise=float(VOLUME), random_state=0).fit(X)
    by_box = GaussianMixture(3, noise=True, random_state=0).fit(X)
    np.testing.assert_allclose(by_volume.means_, by_box.means_, atol=1e-8)
    wider = GaussianMixture(3, noise=4.0 * VOLUME, random_state=0).fit(X)
    np.testing.assert_allclose(wider.score_samples(X), np.log(joint(wider, X, 4 * VOLUME).sum(1)))
    box = wider.model_.components.box
    np.testing.assert_allclose(box.sides, 2 * np.ptp(X, 0))
    np.testing.assert_allclose(box.middle, (X.min(0) + X.max(0)) / 2)


@pytest.mark.parametrize("kind", ["tied", "diag", "spherical"])
def test_other_covariances_find_it_too(kind):
    found = GaussianMixture(3, covariance_type=kind, noise=True, random_state=0).fit(X)
    assert abs(found.noise_weight_ - 0.2) < 0.05
    assert (np.diff(found.lower_bounds_) > -1e-12).all()


@pytest.mark.parametrize("kind", ["full", "diag"])
def test_a_row_with_gaps_has_the_volume_of_what_is_observed(kind):
    found = GaussianMixture(3, covariance_type=kind, noise=True, random_state=0).fit(GAPS)
    assert abs(found.noise_weight_ - 0.2) < 0.06
    for column in (0, 1):
        rows = np.full((5, 2), np.nan)
        rows[:, column] = X[:5, column]
        np.testing.assert_allclose(found.score_samples(rows), found.marginal([column]).score_samples(rows[:, [column]]))
    assert np.isfinite(found.impute(GAPS)).all()


def test_an_imputed_cell_is_the_mean_of_its_conditional(fitted):
    given = fitted.conditional({0: 3.2})
    box = fitted.model_.components.box
    middle = box.low[1] + box.sides[1] / 2
    expected = given.weights_ @ given.means_[:, 0] + given.noise_weight_ * middle
    mean, deviation = fitted.impute([[3.2, np.nan]], return_std=True)
    assert mean[0, 1] == pytest.approx(expected)
    drawn = fitted.impute(np.tile([[3.2, np.nan]], (4000, 1)), draws=1)[0, :, 1]
    assert drawn.mean() == pytest.approx(expected, abs=4 * deviation[0, 1] / np.sqrt(4000))
    assert drawn.std() == pytest.approx(deviation[0, 1], rel=0.1)


def test_pictures_of_one_column_add_to_its_density(fitted):
    low, side = fitted.model_.components.box.low[0], fitted.model_.components.box.sides[0]
    alone = fitted.marginal([0])
    mass = quad(lambda x: np.exp(alone.score_samples([[x]])[0]), low, low + side, limit=200)[0]
    assert mass == pytest.approx(1, abs=1e-3)
    grid = np.linspace(low, low + side, 7)
    np.testing.assert_allclose(component_densities(fitted, 0, grid).sum(0), np.exp(alone.score_samples(grid[:, None])))
    assert kolmogorov_distance(fitted, 0, X[:, 0], np.ones(600)) < 0.06


def test_weights_count_rows_and_units_and_order_do_not_matter(fitted):
    twice = GaussianMixture(3, noise=True, random_state=0).fit(X, sample_weight=np.full(600, 2.0))
    rows = GaussianMixture(3, noise=True, random_state=0).fit(np.repeat(X, 2, 0))
    np.testing.assert_allclose(twice.means_, rows.means_, atol=1e-5)
    scaled = GaussianMixture(3, noise=True, random_state=0).fit(X[::-1] * [1000, 0.1] + 5)
    assert scaled.noise_weight_ == pytest.approx(fitted.noise_weight_, abs=1e-6)
    far = np.r_[X, [[1e6, 1e6]]]
    kept = GaussianMixture(3, noise=True, random_state=0).fit(far, sample_weight=np.append(np.ones(600), 0))
    assert kept.noise_weight_ == pytest.approx(fitted.noise_weight_, abs=1e-9)


def test_batches_steps_files_and_a_second_fit(fitted, tmp_path):
    bounds = column_bounds([(part, np.ones(200)) for part in np.split(GAPS, 3)], None)
    np.testing.assert_array_equal(bounds, column_bounds(GAPS, None))
    np.testing.assert_array_equal(bounds, [np.nanmin(GAPS, 0), np.nanmax(GAPS, 0)])
    loaded = load(save(fitted, tmp_path / "model"))
    assert (loaded.predict_proba(X) == fitted.predict_proba(X)).all()
    again = GaussianMixture(3, noise=True, random_state=0, warm_start=True).fit(X)
    assert again.fit(X).noise_weight_ == pytest.approx(fitted.noise_weight_, abs=1e-6)
    online = GaussianMixture(3, noise=True, random_state=0, learning_offset=2.0)
    for part in np.split(X[DRAW.permutation(600)], 4):
        online.partial_fit(part)
    assert abs(online.noise_weight_ - 0.2) < 0.06
    with pytest.raises(ValueError, match="with noise"):
        GaussianMixture(3, random_state=0, warm_start=True).fit(X).set_params(noise=True).fit(X)


def test_rows_are_drawn_from_a_component_or_from_the_noise(fitted):
    rows, component = fitted.sample(2000)
    assert abs((component == -1).mean() - fitted.noise_weight_) < 0.04
    box = fitted.model_.components.box
    noise, said = fitted.sample(500, component=-1)
    assert (said == -1).all()
    assert ((noise >= box.low) & (noise <= box.low + box.sides)).all()
    assert noise.std(0) == pytest.approx(box.sides / np.sqrt(12), rel=0.15)
    rows, component = fitted.sample(300, component=np.repeat([0, 2, -1], 100))
    np.testing.assert_allclose(rows[100:200].mean(0), fitted.means_[2], atol=0.4)
    for wrong in (3, -2, 1.0, [0, 1]):
        with pytest.raises(ValueError, match="or -1 for the noise"):
            fitted.sample(5, component=wrong)
    with pytest.raises(ValueError, match="from 0 to 2 is expected"):
        GaussianMixture(3, random_state=0).fit(X).sample(2, component=-1)


def test_errors_of_all_kinds_agree(fitted):
    observed = fitted.standard_errors(X)
    assert observed.keys() == {"weights_", "noise_weight_", "means_", "covariances_"}
    refits = fitted.standard_errors(X, method="bootstrap", samples=40)
    assert refits["noise_weight_"] == pytest.approx(observed["noise_weight_"], rel=0.4)
    low, high = fitted.confidence_intervals(X, method="robust")["noise_weight_"]
    assert low < fitted.noise_weight_ < high


def test_a_search_finds_three_clusters_in_noise():
    found = select(GaussianMixture(noise=True, random_state=0), X, n_components=[2, 3])
    assert len(found.best.weights_) == 3


def test_labels_and_degenerate_components_leave_the_noise_alone():
    known = np.where(np.arange(600) % 5 == 0, TRUTH, -1)
    found = GaussianMixture(3, noise=True, random_state=0).fit(X, component_labels=known)
    np.testing.assert_allclose(found.means_, CENTRES, atol=0.2)
    crowded = np.r_[np.repeat([[0.0, 0.0]], 40, 0), X[:160], X[-40:]]
    fewer = GaussianMixture(2, noise=True, reg_covar=0, degenerate="remove", random_state=0).fit(crowded)
    assert len(fewer.weights_) == 1
    assert fewer.noise_weight_ > 0


def test_parameters_to_start_from_leave_a_rest_for_the_noise(fitted):
    start = {"weights_init": fitted.weights_, "means_init": fitted.means_, "precisions_init": fitted.precisions_}
    again = GaussianMixture(3, noise=True, tol=9.0, **start).fit(X)
    assert again.noise_weight_ == pytest.approx(fitted.noise_weight_, abs=1e-5)
    with pytest.raises(ValueError, match="the rest is the noise's"):
        GaussianMixture(3, noise=True, weights_init=[0.2, 0.3, 0.5]).fit(X)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"noise": 0.0 - 1}, "a volume above 0 is expected"),
        ({"noise": np.inf}, "a volume above 0 is expected"),
        ({"noise": "box"}, "a volume above 0 is expected"),
        ({"noise": True, "frozen": ["means"], "means_init": CENTRES}, "frozen or tied, which go without it"),
        ({"noise": True, "tied": {"means": [0, 0, 1]}}, "frozen or tied, which go without it"),
    ],
)
def test_what_noise_cannot_be_is_said(settings, sentence):
    with pytest.raises(ValueError, match=sentence):
        GaussianMixture(3, **settings).fit(X)


def test_noise_needs_a_box_and_goes_without_covariates_and_classes():
    with pytest.raises(ValueError, match="has no box"):
        GaussianMixture(2, noise=True).fit(np.c_[X, np.ones(600)])
    with pytest.raises(ValueError, match="or noise, which go without"):
        GaussianMixture(3, noise=True, random_state=0).fit(X, covariates=X[:, 0])
    with pytest.raises(ValueError, match="set its noise=False"):
        MixtureClassifier(GaussianMixture(2, noise=True)).fit(X, TRUTH)


def test_the_command_line_and_the_report_tell_noise(tmp_path, capsys):
    np.savetxt(tmp_path / "rows.csv", X, delimiter=",", header="a,b", comments="")
    run = tmp_path / "run"
    main(["fit", "gaussian-mixture", str(tmp_path / "rows.csv"), "--n-components", "3", "--noise", "--out", str(run)])
    assert "3 components and uniform noise" in capsys.readouterr().out
    assert ">noise<" in (run / "report.html").read_text()
    assert '"component"' in (run / "assignments.csv").read_text().splitlines()[0]
    assert sum(",-1," in line for line in (run / "assignments.csv").read_text().splitlines()) > 80
    main(["predict", str(run), str(tmp_path / "rows.csv")])
    assert "probability_-1" in capsys.readouterr().out
