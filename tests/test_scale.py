"""Numbers of any size: units beyond single precision, rows far away, probabilities to rounding, precisions, distant classes."""

import numpy as np
import pytest
from scipy.stats import poisson
from sklearn.naive_bayes import GaussianNB

from suffice import (
    PPCA,
    CategoricalMixture,
    GaussianClassifier,
    GaussianMixture,
    MixtureClassifier,
    MixtureOfPPCA,
    NaiveBayes,
    PoissonMixture,
    select,
)
from suffice.latent import Mixture, Poisson
from suffice.latent.readers import Evidence, read

pytestmark = [
    pytest.mark.filterwarnings("ignore::suffice.DegenerateComponentWarning"),
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
]
DRAW = np.random.default_rng(0)
X = np.concatenate([DRAW.standard_normal((60, 3)), 4 + DRAW.standard_normal((60, 3))])
Y = np.repeat([0, 1], 60)
KINDS = ["full", "tied", "diag", "spherical"]


@pytest.mark.parametrize("unit", [1e-25, 1e-10, 1e10, 1e25])
@pytest.mark.parametrize("kind", KINDS)
def test_single_precision_fits_what_double_does_in_any_unit(kind, unit):
    double, single = (GaussianMixture(2, covariance_type=kind, random_state=0, precision=precision).fit(X * unit)
                      for precision in ("float64", "float32"))  # fmt: skip
    assert single.score(X * unit) == pytest.approx(double.score(X * unit), abs=1e-3)
    assert ("double precision" in single.outcome_) == (unit in (1e-25, 1e25))
    assert "double precision" not in double.outcome_


@pytest.mark.parametrize("unit", [1e-25, 1e25])
def test_classifiers_and_factors_too(unit):
    double, single = (GaussianClassifier("full", precision=kind).fit(X * unit, Y) for kind in ("float64", "float32"))
    np.testing.assert_allclose(single.predict_proba(X * unit), double.predict_proba(X * unit), atol=1e-4)
    assert "double precision" in single.outcome_
    double, single = (PPCA(1, precision=kind, algorithm="em").fit(X * unit) for kind in ("float64", "float32"))
    assert single.score(X * unit) == pytest.approx(double.score(X * unit), abs=1e-3)


@pytest.mark.parametrize("road", ["numpy", "jax"])
def test_single_precision_keeps_noise_where_columns_differ_in_scale(road):
    from suffice.runtime import computed_by

    rows = X * np.array([1.0, 1e3, 1e-3])
    with computed_by(road):
        double, single = (MixtureOfPPCA(2, precision=kind, random_state=0).fit(rows) for kind in ("float64", "float32"))
    np.testing.assert_allclose(single.noise_variance_, double.noise_variance_, rtol=1e-3)
    assert (single.noise_variance_ > 0).all()


def test_large_counts_keep_their_digits_in_single_precision():
    counts = DRAW.poisson(1e5, (50, 2)).astype(float)
    rates = np.full((1, 2), 1e5)
    found = read(Mixture(np.ones(1), Poisson(rates)), [counts], Evidence, "float32")
    np.testing.assert_allclose(found, poisson(1e5).logpmf(counts).sum(1), atol=1e-3)
    fitted = PoissonMixture(1, precision="float32").fit(counts)
    assert fitted.score(counts) == pytest.approx(PoissonMixture(1).fit(counts).score(counts), abs=1e-6)


@pytest.mark.parametrize("unit", [1e160, 1e-160])
def test_cells_whose_squares_are_no_double_are_refused(unit):
    for fit in (lambda: GaussianMixture(2).fit(X * unit), lambda: GaussianClassifier().fit(X * unit, Y),
                lambda: NaiveBayes(kinds="gaussian").fit(X * unit, Y)):  # fmt: skip
        with pytest.raises(ValueError, match=r"columns .*0, .*1, .*2 differ by so much or so little"):
            fit()


@pytest.mark.parametrize("kind", ["tied_diag", "tied", "diag", "full", "spherical"])
@pytest.mark.parametrize("distance", [1e8, 1e17, 1e100, 1e160, 1e300])
def test_rows_far_away_have_one_answer(kind, distance):
    classifier = GaussianClassifier(kind).fit(X, Y)
    rows = np.array([[1.0, 1, 1], [-1.0, 0, 0.5]]) * distance
    log = classifier.predict_log_proba(rows)
    assert not np.isnan(log).any()
    np.testing.assert_allclose(classifier.predict_proba(rows), np.exp(log), atol=1e-12)
    np.testing.assert_array_equal(classifier.predict(rows), classifier.classes_[log.argmax(1)])
    np.testing.assert_array_equal(log.argmax(1), classifier.predict_log_proba(rows / distance * 1e6).argmax(1))


def test_scores_of_rows_far_away_are_numbers():
    rows = np.full((1, 3), 1e200)
    for fitted in (GaussianMixture(2, random_state=0).fit(X), PPCA(1).fit(X)):
        assert fitted.score_samples(rows)[0] < -1e200
    assert GaussianMixture(2, random_state=0).fit(X).predict_proba(rows).sum() == pytest.approx(1)


NEARLY = [0.33333, 0.33333, 0.33333]


def test_probabilities_to_rounding_sum_to_one():
    y = np.arange(120) % 3
    mixture = GaussianMixture(3, weights_init=NEARLY, frozen=["weights"], random_state=0).fit(X)
    assert mixture.weights_.sum() == pytest.approx(1, abs=1e-15)
    assert len(mixture.sample(5)[1]) == 5
    for classifier in (GaussianClassifier(priors=NEARLY), MixtureClassifier(priors=NEARLY, random_state=0)):
        fitted = classifier.fit(X, y)
        assert fitted.class_prior_.sum() == pytest.approx(1, abs=1e-15)
        assert len(fitted.sample(5)[1]) == 5
    start = [np.array([NEARLY, [0.2, 0.3, 0.5]])] * 2
    codes = DRAW.integers(0, 3, (40, 2))
    fitted = CategoricalMixture(2, probabilities_init=start, frozen=["probabilities"], random_state=0).fit(codes)
    np.testing.assert_allclose(fitted.probabilities_[0].sum(1), 1, atol=1e-15)


def test_given_weights_that_sum_to_one_stay_to_the_last_bit():
    weights = np.array([0.1, 0.2, 0.7])
    fitted = GaussianMixture(3, weights_init=weights, frozen=["weights"], random_state=0).fit(X)
    np.testing.assert_array_equal(fitted.weights_, weights)


@pytest.mark.parametrize("unit", [1e2, 1e5, 1e9])
@pytest.mark.parametrize("kind", ["full", "tied"])
def test_a_fits_own_precisions_are_taken_whatever_the_units(kind, unit):
    rows = X @ np.array([[1, 0.5, 0.2], [0, 1, 0.3], [0, 0, 1]]) * np.array([1, unit, 1 / unit])
    fitted = GaussianMixture(2, covariance_type=kind, random_state=0).fit(rows)
    again = GaussianMixture(2, covariance_type=kind, means_init=fitted.means_, precisions_init=fitted.precisions_,
                            weights_init=fitted.weights_).fit(rows)  # fmt: skip
    assert again.score(rows) == pytest.approx(fitted.score(rows), abs=1e-3)
    found = select(GaussianMixture(covariance_type=kind, random_state=0), rows, n_components=[1, 2, 3])
    assert found.best.n_components == 2
    assert np.isfinite(found.table["log_likelihood"]).all()


@pytest.mark.parametrize("far", [10.0, 100.0, 1e4])
def test_naive_bayes_tells_near_classes_apart_wherever_another_is(far):
    sizes = [20, 200, 200]
    y, centres = np.repeat([0, 1, 2], sizes), np.array([[0.0, 0], [4, 0], [far, far]])
    rows = DRAW.standard_normal((420, 2)) + centres[y]
    ours, theirs = NaiveBayes(kinds="gaussian").fit(rows, y), GaussianNB().fit(rows, y)
    new, truth = DRAW.standard_normal((3000, 2)) + np.repeat(centres, 1000, 0), np.repeat([0, 1, 2], 1000)
    assert (ours.predict(new) == truth).mean() > (theirs.predict(new) == truth).mean() - 5e-3
    assert (ours.predict(new[:1000]) == 0).mean() > (theirs.predict(new[:1000]) == 0).mean() - 0.02
    counts = DRAW.poisson(np.array([1.0, 6.0, far**2])[y][:, None], (420, 3)).astype(float)
    assert NaiveBayes(kinds="poisson").fit(counts, y).score(counts, y) > 0.95


def test_a_class_of_one_row_has_a_spread_and_counts_never_seen_are_possible():
    rows, y = np.array([[0.0, 0], [0.2, 0], [0.1, 1], [9.0, 4]]), [0, 0, 0, 1]
    classifier = NaiveBayes(["gaussian", "poisson"]).fit(rows, y)
    np.testing.assert_array_equal(classifier.predict([[9.1, 3], [0.0, 0]]), [1, 0])
    assert classifier.column_parameters_[0]["variance"][1] > 1e-4
    assert NaiveBayes("poisson").fit([[0], [0], [5]], [0, 0, 1]).predict_log_proba([[1]])[0, 0] > -5
