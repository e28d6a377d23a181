"""Displays draw what the records say, on the axes they are given."""

import subprocess
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.exceptions import NotFittedError
from sklearn.mixture import GaussianMixture as PeerMixture  # the same attributes, without compilation

from suffice import BernoulliMixture, GaussianMixture
from suffice.plot import (
    EllipseDisplay,
    FrequencyDisplay,
    ImputedDisplay,
    MarginalDisplay,
    MissingnessDisplay,
    ParameterDisplay,
    ResponsibilityDisplay,
    TraceDisplay,
    WeightsDisplay,
)
from suffice.plot.components import column_moments, covariance_block, telling_columns, variances
from suffice.plot.marginal import kolmogorov_distance


def blobs(columns=4, apart=(1, 3)):
    """Two groups of rows that differ in some columns only."""
    rows = np.random.default_rng(0).normal(size=(200, columns))
    rows[:100, list(apart)] += 8.0
    return rows


@pytest.fixture(scope="module")
def gaussian():
    return GaussianMixture(2, n_init=3, random_state=0).fit(blobs())


@pytest.fixture(scope="module")
def bernoulli():
    rows = np.random.default_rng(0).random((60, 6)) < 0.5
    return BernoulliMixture(3, random_state=0, tol=1e-2).fit(rows.astype(float))


@pytest.fixture
def ax():
    return Figure().subplots()


def test_importing_the_package_leaves_matplotlib_alone():
    code = "import sys, suffice, suffice.plot, suffice.report; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_every_restart_has_a_line_and_the_highest_is_marked(ax):
    display = TraceDisplay(traces=[[-3, -2.5], [-3, -2.0, -1.0], [-9, np.nan]]).plot(ax=ax)
    assert display.best_ == 1
    assert len(ax.lines) == 4  # three traces and the dot at the end of the best


def test_trace_display_of_a_fit_shows_its_restarts(gaussian, ax):
    assert len(TraceDisplay.from_estimator(gaussian, ax=ax).traces) == 3


def test_telling_columns_are_those_that_differ(gaussian):
    assert telling_columns(gaussian) == [1, 3]


def test_ellipses_are_named_after_their_columns_and_keep_to_the_axes_given(gaussian, ax):
    display = EllipseDisplay.from_estimator(gaussian, blobs(), feature_names=list("abcd"), max_points=50, ax=ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("b", "d")
    assert display.rows.shape == (50, 2)
    assert len(ax.patches) == 4
    assert display.figure_ is ax.figure


def test_ellipse_axes_are_two_standard_deviations_long(ax):
    display = EllipseDisplay(rows=[[0, 0]], labels=[0], weights=[1], means=[[0, 0]], covariances=[np.diag([4.0, 9.0])])
    one_sigma = display.plot(ax=ax).ax_.patches[0]
    assert sorted([one_sigma.width, one_sigma.height]) == [4.0, 6.0]


def test_a_single_column_is_drawn_as_a_density_that_integrates_to_one(ax):
    rows = np.random.default_rng(0).normal(size=(50, 1))
    EllipseDisplay.from_estimator(PeerMixture(2, random_state=0).fit(rows), rows, ax=ax)
    grid, total = ax.lines[-1].get_data()
    assert np.trapezoid(total, grid) == pytest.approx(1.0, abs=0.05)


@pytest.mark.parametrize("columns", [[1], [1, 3]])
def test_rows_that_miss_a_drawn_cell_are_left_out(gaussian, ax, columns):
    rows = blobs()
    rows[:7, 3], rows[5:9, 1], rows[20:40, 0] = np.nan, np.nan, np.nan
    display = EllipseDisplay.from_estimator(gaussian, rows, columns=columns, ax=ax)
    assert len(display.rows) == len(display.labels) == (191 if len(columns) == 2 else 196)


def test_ellipses_refuse_a_model_without_covariances(bernoulli):
    with pytest.raises(TypeError, match="ParameterDisplay"):
        EllipseDisplay.from_estimator(bernoulli, np.zeros((3, 6)))


def test_weights_are_the_heights_of_the_bars(gaussian, ax):
    WeightsDisplay.from_estimator(gaussian, ax=ax)
    np.testing.assert_array_equal([bar.get_height() for bar in ax.patches], gaussian.weights_)


def test_responsibility_histogram_counts_every_row_once(gaussian, ax):
    display = ResponsibilityDisplay.from_estimator(gaussian, blobs(), ax=ax)
    assert display.counts.sum() == 200
    assert sum(bar.get_height() for bar in ax.patches) == pytest.approx(1.0)


def test_heat_map_shows_probabilities_as_they_are(bernoulli, ax):
    ParameterDisplay.from_estimator(bernoulli, ax=ax)
    np.testing.assert_array_equal(ax.images[0].get_array(), bernoulli.probabilities_)


def test_images_are_drawn_one_for_each_component(bernoulli, ax):
    ParameterDisplay.from_estimator(bernoulli, image_shape=(2, 3), ax=ax)
    assert [image.get_array().shape for image in ax.images] == [(2, 3)] * 3


def test_an_image_shape_that_does_not_fit_is_refused(bernoulli):
    with pytest.raises(ValueError, match=r"image_shape \(5, 5\).*6 columns"):
        ParameterDisplay.from_estimator(bernoulli, image_shape=(5, 5))


def test_wrong_number_of_names_is_refused(gaussian):
    with pytest.raises(ValueError, match="2 column names were given for 4 columns"):
        ParameterDisplay.from_estimator(gaussian, feature_names=["a", "b"])


def test_an_unfitted_estimator_is_refused():
    with pytest.raises(NotFittedError):
        WeightsDisplay.from_estimator(GaussianMixture())


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_covariance_types_agree_on_variances_and_moments(kind):
    rows = blobs()
    fitted = PeerMixture(2, covariance_type=kind, random_state=0, reg_covar=0.0).fit(rows)
    block = covariance_block(fitted, [0, 2])
    np.testing.assert_allclose(np.einsum("kii->ki", block), variances(fitted)[:, [0, 2]])
    mean, deviation = column_moments(fitted)
    np.testing.assert_allclose(mean, rows.mean(0), atol=1e-3)
    if kind != "spherical":
        np.testing.assert_allclose(deviation, rows.std(0), rtol=1e-3)


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_components_of_a_marginal_add_up_to_a_density(kind, ax):
    rows = blobs()
    rows[::9, 1] = np.nan
    mixture = GaussianMixture(2, covariance_type=kind, random_state=0).fit(rows)
    display = MarginalDisplay.from_estimator(mixture, rows, 1, feature_names=list("abcd"), ax=ax)
    assert ax.get_xlabel() == "b"
    assert len(display.cells) == np.isfinite(rows[:, 1]).sum()
    share = np.trapezoid(display.densities, display.values, axis=1)
    np.testing.assert_allclose(share, mixture.weights_, atol=0.02)
    total = np.exp(mixture.marginal([1]).score_samples(display.values[:, None]))
    np.testing.assert_allclose(display.densities.sum(0), total, rtol=1e-10)


def test_distance_to_a_marginal_equals_that_of_scipy_and_counts_weights():
    from scipy.stats import kstest, norm

    cells, weight = np.random.default_rng(1).normal(0.4, 1.0, 50).round(1), np.arange(50.0) % 3 + 1
    mixture = GaussianMixture(1).fit(np.random.default_rng(0).normal(size=(80, 2)))
    column = norm(mixture.means_[0, 1], np.sqrt(mixture.covariances_[0, 1, 1]))
    found = kolmogorov_distance(mixture, 1, cells, np.ones(50))
    assert found == pytest.approx(kstest(cells, column.cdf).statistic)
    repeated = kolmogorov_distance(mixture, 1, np.repeat(cells, weight.astype(int)), np.ones(int(weight.sum())))
    assert kolmogorov_distance(mixture, 1, cells, weight) == pytest.approx(repeated)


def test_a_binary_column_is_drawn_as_shares_and_differs_by_its_frequency(ax):
    rows = np.random.default_rng(0).integers(0, 9, (60, 4)).astype(float)
    rows[:5, 2] = np.nan
    mixture = BernoulliMixture(
        2, binarize=4, random_state=0, tol=0.01, prior_strength=5.0, prior_mean=np.full(4, 0.2)
    ).fit(rows)
    display = MarginalDisplay.from_estimator(mixture, rows, 2, ax=ax)
    share = (rows[5:, 2] > 4).mean()
    np.testing.assert_allclose([bar.get_height() for bar in ax.patches], [1 - share, share])
    fitted = mixture.weights_ @ mixture.probabilities_[:, 2]
    np.testing.assert_allclose(display.densities.sum(0), [1 - fitted, fitted])
    assert display.distance == pytest.approx(abs(share - fitted))


def test_a_column_without_observed_cells_has_no_marginal_to_compare(gaussian):
    rows = blobs()
    rows[:, 2] = np.nan
    with pytest.raises(ValueError, match="Column 'x2' has no observed cell"):
        MarginalDisplay.from_estimator(gaussian, rows, 2)


def test_frequencies_are_those_of_observed_cells_and_far_ones_are_named(ax):
    rows = np.array([[1.0, 1.0], [1.0, np.nan], [0.0, 1.0], [np.nan, 1.0]])
    mixture = BernoulliMixture(1).fit(np.array([[1.0, 0.0], [0.0, 0.0], [1.0, 1.0], [1.0, 0.0]]))
    display = FrequencyDisplay.from_estimator(
        mixture, rows, sample_weight=[1, 2, 1, 5], feature_names=["a", "b"], ax=ax
    )
    np.testing.assert_allclose(display.observed, [0.75, 1.0])
    np.testing.assert_array_equal(display.counts, [4, 7])
    np.testing.assert_allclose(display.fitted, mixture.probabilities_[0])
    assert [text.get_text() for text in ax.texts] == ["b"]


def test_frequencies_refuse_a_model_without_probabilities(gaussian):
    with pytest.raises(TypeError, match="MarginalDisplay"):
        FrequencyDisplay.from_estimator(gaussian, blobs())


def test_the_map_of_missing_cells_puts_alike_rows_and_columns_together(ax):
    rows = np.ones((30, 5))
    rows[::3, 1], rows[::5, 2], rows[::5, 4] = np.nan, np.nan, np.nan
    display = MissingnessDisplay.from_rows(rows, feature_names=list("abcde"), ax=ax)
    assert display.lines() == [[1], [2, 4]]
    assert [label.get_text() for label in ax.get_yticklabels()] == ["b 33.3%", "c and 1 more 20.0%"]
    drawn = np.asarray(ax.images[0].get_array(), int)
    assert drawn.sum(1).tolist() == [10, 6]
    assert (np.abs(np.diff(drawn, axis=1)).sum(1) <= 2).all()
    assert drawn.shape[1] == 14  # 2 rows miss both


def test_imputed_cells_lie_within_their_intervals_beside_the_observed(gaussian, ax):
    rows = blobs()
    rows[::2, 3] = np.nan
    display = ImputedDisplay.from_estimator(gaussian, rows, 3, max_cells=30, ax=ax)
    chosen = np.unique(np.linspace(0, 99, 30).round().astype(int)) * 2
    np.testing.assert_allclose(display.means, gaussian.impute(rows[chosen])[:, 3])
    deviation = gaussian.impute(rows[chosen], return_std=True)[1][:, 3]
    assert ((display.low < display.means) & (display.means < display.high)).all()
    np.testing.assert_allclose(display.high - display.low, 2 * 1.645 * deviation, rtol=0.3)
    np.testing.assert_array_equal(display.observed, rows[1::2, 3])


def test_imputed_binary_cells_are_probabilities_without_intervals(ax):
    rows = np.random.default_rng(0).integers(0, 200, (40, 3)).astype(float)
    rows[:6, 1] = np.nan
    mixture = BernoulliMixture(2, binarize=99, random_state=0, tol=1e-2).fit(rows)
    display = ImputedDisplay.from_estimator(mixture, rows, 1, ax=ax)
    assert set(display.observed) == {0.0, 1.0}
    assert display.low is None
    assert ((display.means > 0) & (display.means < 1)).all()


def test_a_column_that_misses_nothing_has_nothing_to_impute(gaussian):
    with pytest.raises(ValueError, match="Column 'x0' misses no cell"):
        ImputedDisplay.from_estimator(gaussian, blobs(), 0)


def test_without_axes_a_new_figure_is_made(gaussian):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    display = WeightsDisplay.from_estimator(gaussian)
    assert display.figure_.number in pyplot.get_fignums()
    pyplot.close(display.figure_)
