"""Marginal and conditional mixtures: the laws of probability, enumeration, drawing, refusals."""

from __future__ import annotations

import itertools
from functools import cache

import numpy as np
import pandas as pd
import pytest
from scipy.integrate import trapezoid
from scipy.special import logsumexp
from sklearn.exceptions import NotFittedError
from table import COMPLETE, FEATURES

import suffice
from suffice import BernoulliMixture, GaussianMixture
from suffice.fit.restarts import one_restart
from suffice.latent import Gaussian, Mixture

TYPES = ["full", "tied", "diag", "spherical"]
NAMES = ["a", "b", "c", "d"]
every_latent_model = pytest.mark.parametrize("case", COMPLETE, ids=str)
every_type = pytest.mark.parametrize("kind", TYPES)
limited = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def rows_of_groups(rows=300, offset=0.0):
    draw = np.random.default_rng(3)
    centres, mixing = 3 * draw.standard_normal((3, 4)), draw.standard_normal((4, 4))
    return centres[draw.integers(3, size=rows)] + draw.standard_normal((rows, 4)) @ mixing + offset


def binary_rows(rows=300):
    draw = np.random.default_rng(5)
    return (draw.random((rows, 4)) < draw.choice([0.2, 0.8], size=(rows, 1))).astype(float)


@cache
def gaussian(kind, offset=0.0, strength=0.0):
    X = rows_of_groups(offset=offset)
    prior = {"prior_strength": strength, "prior_mean": np.full(4, 0.5)} if strength else {}
    mixture = GaussianMixture(3, covariance_type=kind, random_state=0, max_iter=5, tol=0, **prior)
    return mixture.fit(pd.DataFrame(X, columns=NAMES)), X


@cache
def bernoulli(binarize=None, strength=0.0):
    X = binary_rows()
    prior = {"prior_strength": strength, "prior_mean": np.full(4, 0.5)} if strength else {}
    mixture = BernoulliMixture(2, random_state=0, max_iter=20, tol=0, binarize=binarize, **prior)
    return mixture.fit(pd.DataFrame(X, columns=NAMES)), X


def frame(X, columns):
    return pd.DataFrame(X, columns=[NAMES[c] for c in columns])


@every_latent_model
@pytest.mark.parametrize("known", [[0], [3, 0, 1]])
def test_the_joint_is_the_marginal_times_the_conditional(case, known):
    rest = [c for c in range(FEATURES) if c not in known]
    for row in case.data[:2]:
        part = case.model.conditional(dict(zip(known, row[known], strict=True)))
        split = case.model.marginal(known).log_density(row[None, known]) + part.log_density(row[None, rest])
        np.testing.assert_allclose(split, case.model.log_density(row[None]), rtol=1e-11)


@every_latent_model
def test_a_conditional_of_a_conditional_is_the_conditional_on_both(case):
    row = case.data[0]
    both = case.model.conditional({1: row[1], 2: row[2]})
    in_turn = case.model.conditional({1: row[1]}).conditional({1: row[2]})
    assert type(in_turn.components) is type(both.components)
    for a, b in zip(vars(both.components).values(), vars(in_turn.components).values(), strict=True):
        if isinstance(a, np.ndarray):
            np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(in_turn.weights, both.weights, rtol=1e-10)


@every_latent_model
def test_the_marginal_of_all_columns_is_the_model_itself(case):
    whole = case.penalised.marginal(range(FEATURES))
    np.testing.assert_array_equal(whole.log_density(case.data), case.model.log_density(case.data))
    np.testing.assert_allclose(whole.log_prior(), case.penalised.log_prior(), rtol=1e-14)


@every_latent_model
def test_columns_come_in_the_order_wanted(case):
    turned = case.model.marginal([2, 0]).log_density(case.data[:, [2, 0]])
    np.testing.assert_allclose(turned, case.model.marginal([0, 2]).log_density(case.data[:, [0, 2]]), rtol=1e-12)


@every_latent_model
def test_restarts_are_conditioned_side_by_side(case):
    value = case.data[0, 1]
    alone, beside = case.model.conditional({1: value}), one_restart(case.model).conditional({1: value})
    rows = case.data[:2, [0, 2, 3]]
    np.testing.assert_allclose(beside.log_density(rows)[0], alone.log_density(rows), rtol=1e-12)


@limited
@every_type
def test_a_gaussian_marginal_is_the_integral_over_the_others(kind):
    mixture, X = gaussian(kind)
    centre, spread = X[:, 0].mean(), 60.0
    grid = np.linspace(centre - spread, centre + spread, 4001)
    plane = mixture.marginal(["a", "b"])
    for value in X[:2, 1]:
        rows = frame(np.column_stack([grid, np.full(len(grid), value)]), [0, 1])
        area = trapezoid(np.exp(plane.score_samples(rows)), grid)
        assert area == pytest.approx(np.exp(mixture.marginal(["b"]).score_samples(frame([[value]], [1])))[0], rel=1e-9)


@limited
def test_a_bernoulli_marginal_is_the_sum_over_the_others():
    mixture, _ = bernoulli()
    every = np.array(list(itertools.product([0.0, 1.0], repeat=4)))
    log_probability = mixture.score_samples(frame(every, range(4)))
    part = mixture.marginal(["d", "b"])
    for pair in itertools.product([0.0, 1.0], repeat=2):
        summed = logsumexp(log_probability[(every[:, [3, 1]] == pair).all(1)])
        assert part.score_samples(frame([pair], [3, 1]))[0] == pytest.approx(summed, rel=1e-12)


@limited
@every_type
def test_draws_of_the_joint_near_a_value_have_the_conditional_mean(kind):
    """Draws with x_0 within h of a: a mean in a window differs by O(h^2), well below the standard error."""
    mixture, X = gaussian(kind)
    drawn, _ = mixture.sample(400_000)
    value = float(np.median(X[:, 0]))
    near = drawn[np.abs(drawn[:, 0] - value) < 0.02][:, 1:]
    part = mixture.conditional({"a": value})
    error = near.std(0) / np.sqrt(len(near))
    assert len(near) > 500
    assert (np.abs(near.mean(0) - part.weights_ @ part.means_) < 4.5 * error).all()
    own, _ = part.sample(len(near))
    assert (np.abs(near.std(0) / own.std(0) - 1) < 4.5 / np.sqrt(len(near))).all()


@limited
@every_type
def test_covariances_keep_their_type_and_stay_symmetric(kind):
    mixture, X = gaussian(kind)
    for part in (mixture.conditional({"b": X[0, 1], 3: X[0, 3]}), mixture.marginal([2, 0])):
        shapes = {"full": (3, 2, 2), "tied": (2, 2), "diag": (3, 2), "spherical": (3,)}
        assert type(part) is GaussianMixture
        assert part.covariance_type == kind
        assert part.covariances_.shape == part.precisions_.shape == shapes[kind]
        if kind in ("full", "tied"):
            np.testing.assert_allclose(part.covariances_, np.swapaxes(part.covariances_, -1, -2), rtol=1e-13)
            identity = np.broadcast_to(np.eye(2), part.covariances_.shape)
            np.testing.assert_allclose(part.covariances_ @ part.precisions_, identity, atol=1e-10)


@limited
@every_type
def test_far_from_the_origin_the_law_still_holds(kind):
    mixture, X = gaussian(kind, offset=1e6)
    for row in X[:2]:
        part = mixture.conditional({"a": row[0], "c": row[2]})
        split = mixture.marginal(["a", "c"]).score_samples(frame(row[None, [0, 2]], [0, 2])) + part.score_samples(
            frame(row[None, [1, 3]], [1, 3])
        )
        np.testing.assert_allclose(split, mixture.score_samples(frame(row[None], range(4))), rtol=1e-8)


@limited
@every_type
def test_a_value_whose_densities_underflow_leaves_finite_weights(kind):
    mixture, _ = gaussian(kind)
    part = mixture.conditional({"a": 1e5})
    assert part.weights_.sum() == pytest.approx(1)
    assert np.isfinite(part.score_samples(frame(part.means_, [1, 2, 3]))).all()
    with pytest.raises(ValueError, match="so far from every component"):
        mixture.conditional({"a": 1e200})


def test_columns_of_very_different_scales_lose_nothing():
    scale = np.array([1e-8, 1e8, 1.0])
    correlation = np.array([[1.0, 0.9, 0.5], [0.9, 1.0, 0.3], [0.5, 0.3, 1.0]])
    plain = Mixture(np.ones(1), Gaussian(np.zeros((1, 3)), correlation[None]))
    scaled = Mixture(np.ones(1), Gaussian(np.zeros((1, 3)), (correlation * scale * scale[:, None])[None]))
    a = plain.conditional({0: 1.5, 1: -0.5}).components
    b = scaled.conditional({0: 1.5 * scale[0], 1: -0.5 * scale[1]}).components
    np.testing.assert_allclose(b.means, a.means, rtol=1e-13)
    np.testing.assert_allclose(b.covariances, a.covariances, rtol=1e-13)


@limited
@pytest.mark.parametrize("made", [*TYPES, "bernoulli"])
def test_a_part_is_a_fitted_estimator(made, tmp_path):
    mixture, X = bernoulli(strength=2.0) if made == "bernoulli" else gaussian(made, strength=2.0)
    for part, columns in (
        (mixture.marginal(["c", "a"]), [2, 0]),
        (mixture.conditional({"a": X[0, 0], 1: X[0, 1]}), [2, 3]),
    ):
        rows = frame(X[:, columns], columns)
        assert part.n_features_in_ == 2
        assert part.feature_names_in_.tolist() == [NAMES[c] for c in columns]
        np.testing.assert_allclose(part.predict_proba(rows).sum(1), 1)
        assert part.sample(3)[0].shape == (3, 2)
        assert np.isfinite(part.expected_complete_log_likelihood(rows))
        assert np.isfinite(part.bic(rows))
        assert part.outcome_ == mixture.outcome_
        assert not hasattr(part, "lower_bound_")
        again = suffice.load(suffice.save(part, tmp_path / "part"))
        np.testing.assert_array_equal(again.score_samples(rows), part.score_samples(rows))
    assert np.isfinite(part.fit(rows).lower_bound_)  # its parameters suit its columns


@limited
def test_values_are_cut_as_the_rows_of_a_fit_are():
    mixture, _ = bernoulli(binarize=0.5)
    np.testing.assert_array_equal(mixture.conditional({0: 7.3}).weights_, mixture.conditional({0: True}).weights_)
    np.testing.assert_array_equal(mixture.conditional({0: -2}).weights_, mixture.conditional({0: 0.5}).weights_)


@limited
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"z": 1.0}, "Column 'z' is not known; a position from 0 to 3, or one of the names a, b, c, d"),
        ({4: 1.0}, "Column 4 is not known"),
        ({-1: 1.0}, "Column -1 is not known"),
        ({True: 1.0}, "Column True is not known"),
        ({"a": 1.0, 0: 1.0}, r"Columns \['a'\] were given twice"),
        ({}, "No column was given"),
        (dict.fromkeys(NAMES, 1.0), "All 4 columns are given"),
        ({"a": np.inf}, "Column 'a' was given the value inf; .* is expected"),
        ({"a": "1"}, "a number is expected"),
        ({"a": [1.0]}, "a number is expected"),
        ([("a", 1.0)], "a dict from column to value is expected"),
    ],
)
@pytest.mark.parametrize("made", ["gaussian", "bernoulli", "binarized"])
def test_what_cannot_be_given_is_refused(made, given, said):
    mixture, _ = gaussian("diag") if made == "gaussian" else bernoulli(binarize=0.0 if made == "binarized" else None)
    with pytest.raises(ValueError, match=said):
        mixture.conditional(given)


@limited
@pytest.mark.parametrize("gap", [None, np.nan])
@pytest.mark.parametrize("covariance_type", ["full", "diag"])
def test_a_column_of_unknown_value_tells_nothing(covariance_type, gap):
    mixture, rows = gaussian(covariance_type)
    for given, rest in (({"a": gap}, ["b", "c", "d"]), ({"c": gap, "a": rows[0, 0]}, ["b", "d"])):
        told = {name: value for name, value in given.items() if value is not gap}
        part = mixture.marginal([*rest, *told])
        expected = part.conditional(told) if told else part
        found = mixture.conditional(given)
        np.testing.assert_allclose(found.weights_, expected.weights_)
        np.testing.assert_allclose(found.means_, expected.means_)


@limited
def test_a_value_that_no_binary_row_holds_is_refused():
    mixture, _ = bernoulli()
    with pytest.raises(ValueError, match=r"Column 'b' was given the value 0\.5; 0 or 1 is expected"):
        mixture.conditional({"b": 0.5})


@limited
@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ([], "No column was given"),
        (["a", "z"], "Column 'z' is not known"),
        ([0, "b", 0], r"Columns \['a'\] were given twice"),
        ("a", "a list of names or positions is expected"),
        (2, "a list of names or positions is expected"),
        ([1.0], "Column 1.0 is not known"),
    ],
)
def test_columns_that_cannot_be_kept_are_refused(columns, said):
    mixture, _ = gaussian("diag")
    with pytest.raises(ValueError, match=said):
        mixture.marginal(columns)


def test_an_estimator_without_names_knows_positions_only():
    mixture = GaussianMixture(1).fit(rows_of_groups())
    assert not hasattr(mixture.marginal([1]), "feature_names_in_")
    with pytest.raises(ValueError, match="Column 'a' is not known; a position from 0 to 3 is expected"):
        mixture.marginal(["a"])


@pytest.mark.parametrize("ask", [lambda m: m.marginal([0]), lambda m: m.conditional({0: 1.0})])
def test_an_unfitted_estimator_is_refused(ask):
    with pytest.raises(NotFittedError):
        ask(GaussianMixture())
