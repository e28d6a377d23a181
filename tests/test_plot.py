"""Displays draw what the records say, on the axes they are given."""

import subprocess
import sys

import numpy as np
import pytest
from matplotlib.figure import Figure
from sklearn.exceptions import NotFittedError
from sklearn.mixture import GaussianMixture as PeerMixture  # the same attributes, without compilation

from suffice import BernoulliMixture, GaussianMixture
from suffice.plot import EllipseDisplay, ParameterDisplay, ResponsibilityDisplay, TraceDisplay, WeightsDisplay
from suffice.plot.components import column_moments, covariance_block, telling_columns, variances


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


def test_without_axes_a_new_figure_is_made(gaussian):
    pyplot = pytest.importorskip("matplotlib.pyplot")
    display = WeightsDisplay.from_estimator(gaussian)
    assert display.figure_.number in pyplot.get_fignums()
    pyplot.close(display.figure_)
