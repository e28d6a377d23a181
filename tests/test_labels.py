"""Components known for some rows: their likelihood is that of the clamped model, and they name their components."""

import warnings

import jax
import numpy as np
import pytest
from scipy.special import logsumexp
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score
from test_missing import COVARIANCE_TYPES, binary_rows, mixture_rows, with_gaps

from suffice import BernoulliMixture, DegenerateComponentWarning, GaussianMixture

KINDS = [*COVARIANCE_TYPES, "bernoulli"]


def unfitted(kind, components=3, **settings):
    settings = {"random_state": 0, "tol": 0.0, "max_iter": 20} | settings
    if kind == "bernoulli":
        return BernoulliMixture(components, **settings)
    return GaussianMixture(components, **({"covariance_type": kind, "reg_covar": 0.0} | settings))


def fitted(kind, rows, labels, **settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", DegenerateComponentWarning)
        return unfitted(kind, **settings).fit(rows, component_labels=labels)


def data(kind, share=0.2, count=300):
    rows = binary_rows(count) if kind == "bernoulli" else mixture_rows(count)
    labels = np.random.default_rng(3).integers(-1, 3, size=count)
    return with_gaps(rows, share) if share else rows, labels


def clamped(mixture, rows, labels):
    """Mean of log p(x, z) of labelled rows and log p(x) of others, by enumeration."""
    joint = mixture.model_.components.log_density(rows) + np.log(mixture.weights_)[:, None]
    allowed = (labels == -1) | (labels == np.arange(3)[:, None])
    return logsumexp(np.where(allowed, joint, -np.inf), axis=0)


@pytest.mark.parametrize("share", [0.0, 0.2])
@pytest.mark.parametrize("kind", KINDS)
def test_the_likelihood_is_that_of_the_clamped_model_and_never_falls(kind, share):
    rows, labels = data(kind, share)
    weight = np.random.default_rng(4).uniform(0.5, 2.0, len(rows))
    with pytest.warns(ConvergenceWarning):
        mixture = unfitted(kind).fit(rows, sample_weight=weight, component_labels=labels)
    assert np.diff(mixture.lower_bounds_).min() > -1e-12
    before = np.average(clamped(mixture, rows, labels), weights=weight)
    mixture.set_params(warm_start=True, max_iter=1)
    with pytest.warns(ConvergenceWarning):
        mixture.fit(rows, sample_weight=weight, component_labels=labels)
    assert mixture.lower_bound_ == pytest.approx(before, abs=1e-10)


@pytest.mark.parametrize("offset", [1e6])
@pytest.mark.parametrize("kind", KINDS)
def test_all_labels_known_is_maximum_likelihood_of_each_class(kind, offset):
    rows, labels = data(kind, 0.0)
    labels = np.abs(labels)
    mixture = fitted(kind, rows + (0 if kind == "bernoulli" else offset), labels, max_iter=1)
    parts = [rows[labels == k] for k in range(3)]
    np.testing.assert_allclose(mixture.weights_, [len(part) / len(rows) for part in parts])
    if kind == "bernoulli":
        np.testing.assert_allclose(mixture.probabilities_, [part.mean(0) for part in parts])
        return
    np.testing.assert_allclose(mixture.means_ - offset, [part.mean(0) for part in parts], atol=1e-8 + 1e-15 * offset)
    full = np.array([np.cov(part.T, bias=True) for part in parts])
    variances = np.diagonal(full, axis1=1, axis2=2)
    expected = {"full": full, "tied": np.einsum("k,kde->de", mixture.weights_, full), "diag": variances,
                "spherical": variances.mean(1)}  # fmt: skip
    np.testing.assert_allclose(mixture.covariances_, expected[kind], rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("kind", ["full", "diag", "bernoulli"])
@pytest.mark.parametrize("labels", [None, "none known"])
def test_no_label_known_is_a_fit_without_labels(kind, labels):
    rows, _ = data(kind)
    start = {"weights_init": [0.5, 0.3, 0.2]}
    draw = np.random.default_rng(1)
    if kind == "bernoulli":
        start["probabilities_init"] = draw.uniform(0.3, 0.7, (3, 8))
    else:
        start |= {"means_init": draw.standard_normal((3, 5)),
                  "precisions_init": np.tile(np.eye(5), (3, 1, 1)) if kind == "full" else np.ones((3, 5))}  # fmt: skip
    one = fitted(kind, rows, None if labels is None else np.full(len(rows), -1), **start)
    other = fitted(kind, rows, None, **start)
    for a, b in zip(jax.tree.leaves(one.model_), jax.tree.leaves(other.model_), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9)


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
    rows, labels = data("full")
    weight = np.ones(300)
    weight[:100] = 0
    one = unfitted("full", tol=1e-4, max_iter=500).fit(rows, sample_weight=weight, component_labels=labels)
    order = np.random.default_rng(0).permutation(np.arange(100, 300))
    other = unfitted("full", tol=1e-4, max_iter=500).fit(rows[order], component_labels=labels[order])
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


@pytest.mark.parametrize("kind", ["diag", "bernoulli"])
@pytest.mark.parametrize("share", [0.0, 0.2])
def test_a_first_step_with_labels_is_one_iteration_and_later_ones_use_theirs(kind, share):
    rows, labels = data(kind, share)
    step = unfitted(kind).partial_fit(rows, component_labels=labels)
    for a, b in zip(
        jax.tree.leaves(step.model_), jax.tree.leaves(fitted(kind, rows, labels, max_iter=1).model_), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-9)
    expected = clamped(step, rows, labels).mean()
    assert step.partial_fit(rows, component_labels=labels).lower_bound_ == pytest.approx(expected, abs=1e-10)


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
