"""Missing units given the others: exact sums are enumeration's, chains come within their standard errors, rows stand alone."""

import warnings

import equinox as eqx
import numpy as np
import pytest
from scipy.special import logsumexp, softmax

from suffice import RBM
from suffice.energy import RBM as Module
from suffice.energy import CategoricalRBM, GaussianRBM
from suffice.energy.rbm import given_cells
from suffice.energy.rbm.clamped import anneal_rows

DRAW = np.random.default_rng(0)
HIDDEN = ((np.arange(8)[:, None] >> np.arange(3)) & 1).astype(float)


def random_model(make, scale, seed):
    """A model of 3 hidden units with weights of this size, in double precision."""
    draw, model = np.random.default_rng(seed), make()
    arrays = [draw.normal(0, scale, np.shape(a)) for a in (model.weights, model.visible_bias, model.hidden_bias)]
    return eqx.tree_at(lambda rbm: (rbm.weights, rbm.visible_bias, rbm.hidden_bias), model, arrays)


def with_gaps(rows, share, seed):
    return np.where(np.random.default_rng(seed).random(rows.shape) < share, np.nan, rows)


def enumerated_binary(model, row):
    """Means of the visible and the hidden units by the sum over all states of the missing ones and of the hidden ones."""
    missing = np.flatnonzero(np.isnan(row))
    states = np.tile(np.nan_to_num(row), (2 ** len(missing), 1))
    states[:, missing] = (np.arange(len(states))[:, None] >> np.arange(len(missing))) & 1
    field = states @ model.weights + model.hidden_bias
    share = softmax(states @ model.visible_bias + np.logaddexp(0, field).sum(1))
    return share @ states, share @ (1 / (1 + np.exp(-field)))


@pytest.mark.parametrize("scale", [0.3, 1.0, 4.0])
def test_binary_means_are_those_of_enumeration(scale):
    model = random_model(lambda: Module(7, 3, key=0), scale, seed=1)
    rows = with_gaps(DRAW.integers(0, 2, (40, 7)).astype(float), 0.5, seed=2)
    found = given_cells.conditional_means(model, rows, np.zeros(7), 2, key=0)
    visible, hidden = (np.array(part) for part in zip(*(enumerated_binary(model, row) for row in rows), strict=True))
    np.testing.assert_allclose(found.visible[np.isnan(rows)], visible[np.isnan(rows)], atol=1e-10)
    np.testing.assert_allclose(found.hidden, hidden, atol=1e-10)
    assert found.exact


def test_real_means_are_those_of_the_mixture_that_the_model_is():
    model = random_model(lambda: GaussianRBM(4, 3, key=0), 1.0, seed=3)
    rows = with_gaps(DRAW.normal(size=(30, 4)), 0.5, seed=4)
    found = given_cells.conditional_means(model, rows, np.zeros(4), 2, key=0)
    means = HIDDEN @ model.weights.T + model.visible_bias  # of unit variance, given each hidden state
    prior = HIDDEN @ model.hidden_bias + 0.5 * (means**2).sum(1)
    for row, visible, hidden in zip(rows, found.visible, found.hidden, strict=True):
        known = ~np.isnan(row)
        log_weight = prior - 0.5 * ((row[known] - means[:, known]) ** 2).sum(1)
        share = np.exp(log_weight - logsumexp(log_weight))
        np.testing.assert_allclose(visible[~known], (share @ means)[~known], atol=1e-9)
        np.testing.assert_allclose(hidden, share @ HIDDEN, atol=1e-9)


def test_a_missing_category_has_the_probabilities_of_its_values():
    model = random_model(lambda: CategoricalRBM([3, 2], 3, key=0, n_binary=1), 1.0, seed=5)
    rows = np.array([[1, np.nan, np.nan, np.nan, 0, 1.0]])
    found = given_cells.conditional_means(model, rows, np.zeros(6), 2, key=0)
    filled = [np.r_[1, one, 0, 1.0] for one in np.eye(3)]
    share = softmax([-float(model.free_energy(row)) for row in filled])
    np.testing.assert_allclose(found.visible[0, 1:4], share, atol=1e-10)


def test_chains_come_within_their_standard_errors_of_the_exact_means():
    inside = []
    for seed, scale in enumerate(np.repeat([0.3, 1.0, 2.0], 2)):
        model = random_model(lambda: Module(10, 3, key=0), scale, seed)
        rows = with_gaps(np.random.default_rng(seed).integers(0, 2, (20, 10)).astype(float), 0.6, seed)
        exact = given_cells.conditional_means(model, rows, np.zeros(10), 2, key=0).visible
        found = anneal_rows(model, rows, np.zeros(10), 400, 0, apart=False)
        off = np.abs(found.visible - exact)[np.isnan(rows)]
        inside.append(np.mean(off <= 3 * found.visible_error[np.isnan(rows)] + 1e-3))
    assert np.mean(inside) > 0.95


def test_draws_have_the_exact_means():
    model = random_model(lambda: Module(6, 3, key=0), 1.5, seed=7)
    row = np.array([[1.0, np.nan, 0, np.nan, np.nan, 1]])
    exact = enumerated_binary(model, row[0])[0]
    drawn = given_cells.conditional_draws(model, np.repeat(row, 4000, 0), np.zeros(6), 2, key=3)
    assert (drawn[:, [0, 2, 5]] == row[0, [0, 2, 5]]).all()
    assert np.abs(drawn.mean(0) - exact).max() < 4 * 0.5 / np.sqrt(4000)


@pytest.mark.parametrize("n_hidden", [4, 14])
def test_a_rows_answer_does_not_depend_on_the_rows_beside_it(n_hidden):
    groups = DRAW.integers(0, 2, (300, 1)) == (np.arange(8) < 4)
    rows = (DRAW.random((300, 8)) < np.where(groups, 0.95, 0.05)).astype(float)
    rbm = RBM(n_hidden, epochs=20, learning_rate=0.3, sampler="pcd", random_state=0).fit(rows)
    gaps = with_gaps(rows[:6], 0.4, seed=8)
    for answer in (lambda X: rbm.transform(X), lambda X: rbm.impute(X, n_steps=20)):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            together = answer(gaps)
            np.testing.assert_array_equal(together, np.vstack([answer(row[None]) for row in gaps]))


def test_groups_that_known_cells_tell_are_not_confused_and_doubt_is_said():
    kind = DRAW.integers(0, 2, (400, 1))
    rows = (DRAW.random((400, 40)) < np.where(kind == (np.arange(40) < 20), 0.98, 0.02)).astype(float)
    rbm = RBM(14, epochs=60, random_state=0).fit(rows)
    gaps = with_gaps(rows[:50], 0.8, seed=9)
    cells, error = rbm.impute(gaps, return_standard_error=True)
    assert np.abs(cells - rows[:50]).mean() < 0.08
    assert error.shape == gaps.shape
    assert (error[~np.isnan(gaps)] == 0).all()
    with pytest.warns(UserWarning, match="chains of rows 0 disagree"):
        rbm.impute(np.full((1, 40), np.nan), n_steps=2)
