"""Pictures of an RBM draw what the records say."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from suffice import RBM
from suffice.estimators.rbm.evaluation import evaluate
from suffice.plot import AnnealingDisplay, ChainDisplay, FilterDisplay, LearningDisplay
from suffice.report import section

ROWS = (np.random.default_rng(0).random((120, 36)) < np.linspace(0.1, 0.9, 36)).astype(int)


@pytest.fixture
def ax():
    return Figure().subplots()


@pytest.fixture(scope="module")
def fitted():
    return RBM(22, epochs=2, validation_fraction=0.2, random_state=0).fit(ROWS)


def test_filters_are_weights_as_images_largest_first(fitted, ax):
    display = FilterDisplay.from_estimator(fitted, image_shape=(6, 6), ax=ax)
    norm = (fitted.weights_**2).sum(0)
    assert display.shown_[0] == norm.argmax()
    drawn = np.asarray(ax.images[0].get_array())[1:7, 1:7]
    np.testing.assert_allclose(drawn, fitted.weights_[:, norm.argmax()].reshape(6, 6))
    with pytest.raises(ValueError, match="36 columns"):
        FilterDisplay.from_estimator(fitted, image_shape=(5, 5), ax=ax)


def test_chains_are_rows_of_images_that_begin_at_the_data(fitted, ax):
    display = ChainDisplay.from_estimator(fitted, ROWS[:3], image_shape=(6, 6), steps=(0, 2), ax=ax)
    np.testing.assert_array_equal(display.images[0], ROWS[:3].reshape(3, 6, 6))
    sheet = np.asarray(ax.images[0].get_array())
    np.testing.assert_array_equal(sheet[8:14, 1:7], ROWS[1].reshape(6, 6))
    with pytest.raises(ValueError, match="2 times were given for 3 steps"):
        ChainDisplay(states=np.zeros((2, 3, 4)), steps=[0, 1, 2], image_shape=(2, 2))


def test_both_errors_are_in_one_figure(fitted, ax):
    LearningDisplay.from_estimator(fitted, ax=ax)
    for line, name in zip(ax.lines, ("reconstruction", "validation_reconstruction"), strict=True):
        np.testing.assert_array_equal(line.get_ydata(), fitted.trace_[name])


def test_annealing_is_drawn_from_both_ends_and_leaves_what_is_kept(fitted, ax):
    kept = fitted.log_partition("ais", n_temperatures=40)
    display = AnnealingDisplay.from_estimator(fitted, temperatures=(20, 40), ax=ax)
    assert display.forward[1, 0] == kept.value
    assert display.reverse.shape == (2, 2)
    assert list(fitted.log_partitions_) == ["ais"]


@pytest.mark.parametrize("n_hidden", [4, 22])
def test_a_report_says_what_independent_columns_are_worth(n_hidden):
    rbm = RBM(n_hidden, epochs=1, learning_rate=1e-6, random_state=0).fit(ROWS)
    command = ["suffice", "fit", "rbm", "--epochs", "1"]
    page = section(rbm, ROWS, source="rows", seconds=1.0, command=command, measured=evaluate(rbm, ROWS))
    shares = ROWS.mean(0)
    expected = np.where(ROWS == 1, np.log(shares), np.log1p(-shares)).sum(1).mean()
    said = {name: value for name, value, _ in page.measures}
    assert float(said["independent columns"]) == pytest.approx(expected, abs=0.01)
    assert "hardly likelier" in page.advice[0].text
    assert "--epochs 5" in page.advice[0].commands[0]
