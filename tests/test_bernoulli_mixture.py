"""Bernoulli mixtures: S1 and S2, wrong input, the bundled digits."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.special import logsumexp
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning

from suffice import BernoulliMixture
from suffice.runtime.precision import scope


def drawn(rows=4000, seed=0):
    """S2's recovery problem: K = 2, D = 8, probabilities 0.1 and 0.9."""
    draw = np.random.default_rng(seed)
    chances = np.array([[0.9] * 4 + [0.1] * 4, [0.1] * 4 + [0.9] * 4])
    return (draw.random((rows, 8)) < chances[draw.integers(2, size=rows)]).astype(float), chances


def test_density_sums_to_one_over_all_binary_rows():
    X, _ = drawn(500)
    mixture = BernoulliMixture(2, random_state=0, max_iter=500).fit(X)
    every = np.array(list(itertools.product([0.0, 1.0], repeat=8)))
    assert np.exp(mixture.score_samples(every)).sum() == pytest.approx(1, abs=1e-12)


def test_log_likelihood_sums_over_rows_not_columns():
    """Document 000-1 a.iii ran the sum to D; with n = 40 and D = 5 the two differ widely."""
    X = drawn(40)[0][:, :5]
    mixture = BernoulliMixture(2, random_state=0, max_iter=500).fit(X)
    parts = (
        np.log(mixture.weights_) + X @ np.log(mixture.probabilities_.T) + (1 - X) @ np.log1p(-mixture.probabilities_.T)
    )
    whole = logsumexp(parts, axis=1)
    assert mixture.score_samples(X).sum() == pytest.approx(whole.sum(), rel=1e-6)
    assert abs(whole.sum() - whole[:5].sum()) > 10


def test_expected_complete_log_likelihood_equals_enumeration_of_all_assignments():
    X, _ = drawn(300)
    with pytest.warns(ConvergenceWarning):
        mixture = BernoulliMixture(2, random_state=0, max_iter=2, tol=0).fit(X)
    few = X[:4]
    share = mixture.predict_proba(few)
    chances = mixture.probabilities_
    joint = np.log(mixture.weights_) + few @ np.log(chances.T) + (1 - few) @ np.log1p(-chances.T)
    expected = 0.0
    for assignment in itertools.product(range(2), repeat=4):
        probability = np.prod([share[i, k] for i, k in enumerate(assignment)])
        expected += probability * sum(joint[i, k] for i, k in enumerate(assignment))
    assert mixture.expected_complete_log_likelihood(few) == pytest.approx(expected, rel=1e-10)


def test_gradient_has_the_minus_sign_and_vanishes_at_the_update():
    """Document 000-1 c.i printed x/p + (1-x)/(1-p)."""
    X, _ = drawn(200)
    with pytest.warns(ConvergenceWarning):
        mixture = BernoulliMixture(2, random_state=0, max_iter=1).fit(X)
    share, p = mixture.predict_proba(X), mixture.probabilities_
    ones, zeros = share.T @ X, share.T @ (1 - X)
    gradient = mixture.log_likelihood_gradient(X)["probabilities"]
    np.testing.assert_allclose(gradient, ones / p - zeros / (1 - p), rtol=1e-9, atol=1e-9)
    assert np.abs(gradient - (ones / p + zeros / (1 - p))).max() > 1
    step = 1e-6 * np.random.default_rng(0).standard_normal(p.shape)

    def log_likelihood(chances):
        joint = np.log(mixture.weights_) + X @ np.log(chances.T) + (1 - X) @ np.log1p(-chances.T)
        return logsumexp(joint, axis=1).sum()

    slope = (log_likelihood(p + step) - log_likelihood(p - step)) / 2
    assert np.sum(gradient * step) == pytest.approx(slope, rel=1e-6)
    update = ones / share.sum(0)[:, None]
    np.testing.assert_allclose(ones / update - zeros / (1 - update), 0, atol=1e-8)


def test_weights_have_multiplier_n():
    X, _ = drawn(1000)
    mixture = BernoulliMixture(2, random_state=0, tol=1e-12, max_iter=3000).fit(X)
    assert mixture.weights_.sum() == pytest.approx(1, abs=1e-14)
    assert np.abs(mixture.log_likelihood_gradient(X, weights="simplex")["weights"]).max() < 1e-2


def test_recovers_the_probabilities_it_was_drawn_from():
    X, chances = drawn()
    mixture = BernoulliMixture(2, random_state=0, max_iter=500).fit(X)
    order = np.argsort(-mixture.probabilities_[:, 0])
    assert np.abs(mixture.probabilities_[order] - chances).max() < 0.05


def test_prior_is_rows_seen_beforehand():
    X, _ = drawn(100)
    mixture = BernoulliMixture(1, prior_strength=50.0, prior_mean=np.full(8, 0.5)).fit(X)
    np.testing.assert_allclose(mixture.probabilities_[0], (X.sum(0) + 25) / 150, rtol=1e-12)


def test_digits_float32_and_float64_agree():
    X = (load_digits().data > 8).astype(float)
    single, double = (
        BernoulliMixture(10, random_state=0, precision=p, max_iter=300, binarize=None).fit(X)
        for p in ("float32", "float64")
    )
    assert single.lower_bound_ == pytest.approx(double.lower_bound_, abs=0.05)
    assert single.score(X) == pytest.approx(single.lower_bound_, abs=0.05)


def test_rows_never_seen_are_unlikely_rather_than_impossible():
    X = np.array([[1.0, 0.0]] * 6 + [[0.0, 1.0]] * 6)
    mixture = BernoulliMixture(2, random_state=0, max_iter=5000, tol=1e-9).fit(X)
    assert np.isfinite(mixture.score_samples(np.ones((1, 2)))).all()


def test_sample_follows_the_probabilities():
    X, _ = drawn()
    mixture = BernoulliMixture(2, random_state=0, max_iter=500).fit(X)
    rows, component = mixture.sample(20000)
    assert set(np.unique(rows)) == {0.0, 1.0}
    for k in range(2):
        mine = rows[component == k]
        assert np.abs(mine.mean(0) - mixture.probabilities_[k]).max() < 5 * np.sqrt(0.25 / len(mine))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.filterwarnings("ignore::suffice.DegenerateComponentWarning")
@pytest.mark.parametrize("rows", [np.ones((5, 3)), np.zeros((5, 3)), np.eye(3), np.ones((1, 2))])
def test_ugly_data_give_finite_results(rows):
    mixture = BernoulliMixture(min(2, len(rows)), random_state=0, n_init=2).fit(rows)
    assert np.isfinite(mixture.score_samples(rows)).all()
    assert np.isfinite(mixture.probabilities_).all()


@pytest.mark.parametrize(
    ("options", "X", "message"),
    [
        ({"binarize": None}, [[0.0, 0.5]], "0.5 at row 0, column 1.*binarize"),
        ({}, [[0.0, np.nan]], "Columns 1 hold no value"),
        ({"n_components": 3}, [[0.0, 1.0]], "n_samples=1"),
        ({"probabilities_init": [[2.0, 0.0]]}, [[0.0, 1.0]], "probabilities_init holds numbers above 1"),
        ({"prior_mean": [2.0, 0.0]}, [[0.0, 1.0]], "prior_mean holds numbers above 1"),
        ({"probabilities_init": [[0.5]]}, [[0.0, 1.0]], "expected"),
        ({"binarize": "yes"}, [[0.0, 1.0]], "binarize='yes'"),
    ],
)
def test_wrong_input_is_refused_with_a_sentence(options, X, message):
    with pytest.raises(ValueError, match=message):
        BernoulliMixture(**options).fit(np.array(X))


def test_module_log_density_needs_no_scope():
    X, _ = drawn(50)
    mixture = BernoulliMixture(2, random_state=0, max_iter=500).fit(X)
    with scope("float32"):
        evidence = mixture.model_.log_density(X)
    assert evidence.dtype == np.float64
    np.testing.assert_allclose(evidence, mixture.score_samples(X), rtol=1e-12)


@pytest.mark.parametrize("dtype", [int, float, np.uint8])
def test_answers_coded_1_and_2_need_their_threshold(dtype):
    binary = (np.random.default_rng(0).random((200, 5)) < np.repeat([[0.2], [0.8]], 100, 0)).astype(dtype)
    with pytest.raises(ValueError, match=r"is 1 or 2, and both are above binarize=0, .* set binarize=1\.5"):
        BernoulliMixture(2).fit(binary + 1)
    with pytest.raises(ValueError, match="0 or 1, and both are at most binarize=5"):
        BernoulliMixture(2, binarize=5).fit(binary)
    settings = {"random_state": 0, "tol": 1e-6, "max_iter": 500}
    coded = BernoulliMixture(2, binarize=1.5, **settings).fit(binary + 1)
    np.testing.assert_array_equal(coded.probabilities_, BernoulliMixture(2, **settings).fit(binary).probabilities_)
    assert coded.predict(binary[:1] + 1).shape == (1,)
