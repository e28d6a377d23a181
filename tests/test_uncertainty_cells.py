"""Single cells given the others of their row: chances of labels and intervals of numbers."""

import numpy as np
import pytest
from scipy.stats import expon, norm, poisson

from suffice import (
    BernoulliMixture,
    CategoricalMixture,
    ExponentialMixture,
    GaussianMixture,
    MixedMixture,
    PoissonMixture,
)
from suffice.runtime import computed_by

DRAW = np.random.default_rng(0)
KNOWN = DRAW.integers(0, 2, 300)
REAL = np.array([[0.0, 0], [5, 3]])[KNOWN] + DRAW.standard_normal((300, 2)) @ [[1, 0.8], [0, 0.6]]
CODES = ((KNOWN[:, None] + (DRAW.random((300, 3)) < 0.2)) % 3).astype(float)
COUNTS = DRAW.poisson(np.array([[2.0, 9], [12, 1]])[KNOWN])


@pytest.fixture(autouse=True)
def by_numpy():
    with computed_by("numpy"):
        yield


def test_chances_of_labels_are_bayes_rule():
    classes = CategoricalMixture(2, random_state=0).fit(CODES)
    rows = CODES[:8].copy()
    rows[0, 2] = np.nan
    chances = classes.probabilities_
    joint = classes.weights_ * chances[1][:, rows[:, 1].astype(int)].T
    joint[1:] *= chances[2][:, rows[1:, 2].astype(int)].T
    expected = joint / joint.sum(1, keepdims=True) @ chances[0]
    found = classes.cell_probabilities(rows, 0)
    np.testing.assert_allclose(found, expected, rtol=1e-10)
    hidden = rows.copy()
    hidden[:, 0] = np.nan
    np.testing.assert_array_equal(classes.cell_probabilities(hidden, 0), found)
    yes = BernoulliMixture(2, binarize=None, random_state=0).fit((CODES > 0).astype(float))
    np.testing.assert_allclose(yes.cell_probabilities((CODES > 0).astype(float), 1).sum(1), 1)


@pytest.mark.parametrize("noise", [False, True])
@pytest.mark.parametrize("kind", ["full", "diag"])
def test_intervals_of_numbers_are_quantiles_of_the_conditional(kind, noise):
    mixture = GaussianMixture(2, covariance_type=kind, noise=noise, random_state=0).fit(REAL)
    ends = mixture.cell_intervals(REAL[:5], 1, level=0.9)
    for row, (low, high) in zip(REAL[:5], ends, strict=True):
        given = mixture.conditional({0: row[0]})
        spread = np.sqrt(np.reshape(given.covariances_, -1))
        for end, chance in ((low, 0.05), (high, 0.95)):
            reached = given.weights_ @ norm.cdf((end - given.means_[:, 0]) / spread)
            if noise:
                box = mixture.model_.components.box
                reached += given.noise_weight_ * np.clip((end - box.low[1]) / box.sides[1], 0, 1)
            assert reached == pytest.approx(chance, abs=1e-9)
    inside = (mixture.cell_intervals(REAL, 1)[:, 0] <= REAL[:, 1]) & (
        REAL[:, 1] <= mixture.cell_intervals(REAL, 1)[:, 1]
    )
    assert abs(inside.mean() - 0.95) < 0.04


def test_intervals_of_counts_and_waits():
    counts = PoissonMixture(2, random_state=0).fit(COUNTS)
    share = counts.marginal([1]).predict_proba(COUNTS[:6, [1]])
    for row, (low, high) in zip(share, counts.cell_intervals(COUNTS[:6], 0), strict=True):
        for end, chance in ((low, 0.025), (high, 0.975)):
            assert row @ poisson.cdf(end, counts.rates_[:, 0]) >= chance
            assert row @ poisson.cdf(end - 1, counts.rates_[:, 0]) < chance
    waits = ExponentialMixture(1).fit(DRAW.exponential(3.0, (200, 1)))
    expected = expon.ppf([0.25, 0.75], scale=1 / waits.rates_[0, 0])
    np.testing.assert_allclose(waits.cell_intervals([[np.nan]], 0, level=0.5)[0], expected, rtol=1e-9)


def test_columns_of_several_kinds_and_what_they_do_not_tell():
    table = np.c_[REAL[:, 0], CODES[:, 0], COUNTS[:, 0]]
    mixture = MixedMixture(2, kinds=["gaussian", "categorical", "poisson"], random_state=0).fit(table)
    assert mixture.cell_probabilities(table, 1).shape == (300, 3)
    for column in (0, 2):
        ends = mixture.cell_intervals(table, column)
        assert ((ends[:, 0] <= table[:, column]) & (table[:, column] <= ends[:, 1])).mean() > 0.9
    with pytest.raises(ValueError, match="ask cell_probabilities"):
        mixture.cell_intervals(table, 1)
    with pytest.raises(ValueError, match="no table of labels"):
        mixture.cell_probabilities(table, 0)
    with pytest.raises(ValueError, match="is not known"):
        mixture.cell_probabilities(table, 7)
    with pytest.raises(ValueError, match="level"):
        mixture.cell_intervals(table, 0, level=1.0)
