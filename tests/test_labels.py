"""Components known for some rows: their likelihood is that of the clamped model, and they name their components."""

import warnings

import jax
import numpy as np
import pytest
from estimators import having, value_of, with_gaps
from scipy.special import logsumexp
from sklearn.metrics import adjusted_rand_score
from test_missing import mixture_rows

from suffice import BernoulliMixture, DegenerateComponentWarning, GaussianMixture

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::suffice.DegenerateComponentWarning"),
]
every_mixture = having("mixture", "component_labels")


def clamped(mixture, rows, labels):
    """log p(x, z) of labelled rows and log p(x) of others, by enumeration."""
    joint = mixture.model_.components.log_density(rows) + np.log(mixture.weights_)[:, None]
    allowed = (labels == -1) | (labels == np.arange(3)[:, None])
    return logsumexp(np.where(allowed, joint, -np.inf), axis=0)


def assert_same_model(one, other, rtol):
    for a, b in zip(jax.tree.leaves(one.model_), jax.tree.leaves(other.model_), strict=True):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=1e-12)


@every_mixture
@pytest.mark.parametrize("gaps", [False, True], ids=["complete", "gaps"])
def test_the_likelihood_is_that_of_the_clamped_model_and_never_falls(row, gaps):
    rows = row.with_gaps if gaps else row.X
    known = {"component_labels": row.labels, "sample_weight": np.random.default_rng(4).uniform(0.5, 2.0, len(rows))}
    shorter, longer = (row.make(tol=0, max_iter=most).fit(rows, **known) for most in (5, 20))
    assert np.diff(longer.lower_bounds_).min() > -1e-12
    expected = np.average(clamped(shorter, rows, row.labels), weights=known["sample_weight"])
    assert longer.lower_bounds_[5] == pytest.approx(expected, abs=1e-10)


@every_mixture
def test_a_warm_start_with_labels_goes_on_where_the_last_fit_ended(row):
    known = {"component_labels": row.labels}
    mixture = row.make(tol=0, max_iter=5, warm_start=True).fit(row.with_gaps, **known)
    expected = clamped(mixture, row.with_gaps, row.labels).mean()
    assert mixture.fit(row.with_gaps, **known).lower_bounds_[0] == pytest.approx(expected, abs=1e-10)


@having("mixture", "component_labels", "separate")
def test_components_of_known_rows_are_those_of_fits_to_their_rows(row):
    """Far from the origin, too, where products lose digits."""
    rows, labels = row.X + (1e6 if "gaussian" in row.can else 0.0), np.abs(row.labels)
    whole = row.accepting(reg_covar=0, max_iter=1).fit(rows, component_labels=labels)
    np.testing.assert_allclose(whole.weights_, np.bincount(labels) / len(rows))
    for k in range(3):
        one = row.accepting(reg_covar=0, n_components=1, max_iter=2).fit(rows, sample_weight=labels == k)
        for name in row.starts:
            for a, b in zip(
                jax.tree.leaves(value_of(whole, row, name)), jax.tree.leaves(value_of(one, row, name)), strict=True
            ):
                np.testing.assert_allclose(a[k], b[0], rtol=1e-6, atol=1e-8)


@having("mixture", "component_labels", "begins")
def test_no_label_known_is_a_fit_without_labels(row):
    start = {**row.started, "tol": 0, "max_iter": 20}
    one = row.make(**start).fit(row.with_gaps, component_labels=np.full(len(row.X), -1))
    assert_same_model(one, row.make(**start).fit(row.with_gaps), 1e-9)


@every_mixture
def test_a_first_step_with_labels_is_one_iteration_and_later_ones_use_theirs(row):
    rows, known = row.with_gaps, {"component_labels": row.labels}
    step = row.make().partial_fit(rows, **known)
    assert_same_model(step, row.make(max_iter=1).fit(rows, **known), 1e-9)
    expected = clamped(step, rows, row.labels).mean()
    assert step.partial_fit(rows, **known).lower_bound_ == pytest.approx(expected, abs=1e-10)


@pytest.mark.parametrize("kind", ["full", "diag"])
def test_a_few_labels_name_their_components(kind):
    draw = np.random.default_rng(0)
    centres = np.array([[0.0, 0], [9, 0], [0, 9], [9, 9]])
    truth = draw.integers(4, size=800)
    rows = centres[truth] + draw.standard_normal((800, 2))
    labels = np.full(800, -1)
    for component, name in ((2, 0), (0, 3)):
        labels[np.flatnonzero(truth == component)[:2]] = name
    mixture = GaussianMixture(4, covariance_type=kind, random_state=1, n_init=3).fit(rows, component_labels=labels)
    assert np.abs(mixture.means_[0] - centres[2]).max() < 0.5
    assert np.abs(mixture.means_[3] - centres[0]).max() < 0.5
    assert adjusted_rand_score(truth, mixture.predict(rows)) > 0.99


def test_labels_of_rows_without_weight_and_their_order_do_not_matter():
    rows, labels = with_gaps(mixture_rows(300), 0.2), np.random.default_rng(3).integers(-1, 3, 300)
    weight = np.ones(300)
    weight[:100] = 0
    one = GaussianMixture(3, random_state=0, tol=1e-4, max_iter=500).fit(
        rows, sample_weight=weight, component_labels=labels
    )
    order = np.random.default_rng(0).permutation(np.arange(100, 300))
    other = GaussianMixture(3, random_state=0, tol=1e-4, max_iter=500).fit(rows[order], component_labels=labels[order])
    np.testing.assert_allclose(one.means_, other.means_, rtol=1e-7)


def test_what_cannot_be_used_is_refused():
    rows, labels = mixture_rows(30), np.zeros(30, int)
    mixture = GaussianMixture(2, random_state=0)
    for wrong, message in [
        (labels[:20], r"shape \(20,\)"),
        (labels + 2, "holds 2 at row 0"),
        (labels - 2, "holds -2"),
        (labels + 0.5, "holds 0.5"),
        (np.where(labels == 0, np.nan, 0), "holds nan"),
        (labels.astype(str), "component numbers from 0 to 1"),
        (labels == 0, "component numbers from 0 to 1"),
        (3, r"shape \(\)"),
    ]:
        with pytest.raises(ValueError, match=message):
            mixture.fit(rows, component_labels=wrong)
    with pytest.raises(ValueError, match="rows in memory"):
        mixture.fit([rows], component_labels=labels)
    with pytest.raises(ValueError, match="component 0, whose weight is 0"):
        GaussianMixture(2, weights_init=[0.0, 1.0]).fit(rows, component_labels=labels)


def test_y_stays_ignored():
    rows = mixture_rows(100)
    one = GaussianMixture(2, random_state=0).fit(rows, np.arange(100))
    np.testing.assert_array_equal(one.means_, GaussianMixture(2, random_state=0).fit(rows).means_)


def test_labels_of_steps_that_cannot_be_used_are_refused():
    rows, labels = mixture_rows(30), np.zeros(30, int)
    mixture = GaussianMixture(2, random_state=0).partial_fit(rows, component_labels=np.arange(30) % 2)
    with pytest.raises(ValueError, match=r"shape \(20,\)"):
        mixture.partial_fit(rows, component_labels=labels[:20])
    with pytest.raises(ValueError, match="holds 2 at row 0"):
        mixture.partial_fit(rows, component_labels=labels + 2)
    never = GaussianMixture(2, weights_init=[0.0, 1.0], frozen=["weights"])
    for learn in (never.fit, never.partial_fit):
        with pytest.raises(ValueError, match="component 0, whose weight is 0"):
            learn(rows, component_labels=labels)
    with pytest.warns(DegenerateComponentWarning):
        never.fit(rows)
    with pytest.raises(ValueError, match="component 0, whose weight is 0"):
        never.partial_fit(rows, component_labels=labels)


def test_labels_that_contradict_frozen_parameters_give_finite_likelihoods():
    """The frozen component holds a cell of every row to be impossible, and gets all rows."""
    rows = np.ones((20, 2))
    mixture = BernoulliMixture(2, probabilities_init=[[0.0, 0.0], [1.0, 1.0]], frozen=["probabilities"], random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DegenerateComponentWarning)
        mixture.fit(rows, component_labels=np.zeros(20, int))
    assert np.isfinite(mixture.lower_bound_)
    np.testing.assert_allclose(mixture.weights_, [1.0, 0.0], atol=1e-12)
