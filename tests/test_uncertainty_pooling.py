"""Imputation for inference: pooled estimates by Rubin's rules, and draws whose parameters are drawn too."""

import numpy as np
import pytest
from scipy.stats import linregress

import suffice
from suffice import CategoricalMixture, FactorAnalysis, GaussianMixture
from suffice.runtime import computed_by


@pytest.fixture(autouse=True)
def by_numpy():
    with computed_by("numpy"):
        yield


def test_rubin_s_rules():
    draw = np.random.default_rng(0)
    estimates = draw.standard_normal((5, 2))
    roots = draw.standard_normal((5, 2, 2))
    within = roots @ np.swapaxes(roots, 1, 2) + np.eye(2)
    found = suffice.pool(estimates, within)
    between = sum(np.outer(one - estimates.mean(0), one - estimates.mean(0)) for one in estimates) / 4
    np.testing.assert_allclose(found.estimate, estimates.mean(0))
    np.testing.assert_allclose(found.covariance, within.mean(0) + 1.2 * between)
    ratio = 1.2 * np.diag(between) / np.diag(within.mean(0))
    np.testing.assert_allclose(found.degrees_of_freedom, 4 * (1 + 1 / ratio) ** 2)
    lost = (ratio + 2 / (found.degrees_of_freedom + 3)) / (ratio + 1)
    np.testing.assert_allclose(found.missing_information, lost)
    few = suffice.pool(estimates, within, complete_dof=20)
    assert (few.degrees_of_freedom < np.minimum(found.degrees_of_freedom, 20)).all()
    single = suffice.pool(estimates[:, 0], within[:, 0, 0])
    assert single.covariance[0, 0] == pytest.approx(found.covariance[0, 0])


def test_tables_that_agree_and_tables_that_know_nothing():
    alike = suffice.pool(np.ones((3, 1)), np.ones((3, 1, 1)))
    assert alike.degrees_of_freedom[0] == np.inf
    assert alike.missing_information[0] == 0
    apart = suffice.pool([1.0, 2.0, 3.0], [0.0, 0.0, 0.0])
    assert apart.degrees_of_freedom[0] == pytest.approx(2)
    assert apart.missing_information[0] == 1


@pytest.mark.parametrize(
    ("estimates", "covariances", "said"),
    [
        ([[1.0, 2.0]], np.ones((1, 2, 2)), "at least two"),
        (np.ones((3, 2)), np.ones((3, 2)), r"\(m, p, p\)"),
        ([1.0, np.nan], [1.0, 1.0], "not finite"),
        ([1.0, 2.0], [1.0, -1.0], "below 0"),
    ],
)
def test_what_cannot_be_pooled(estimates, covariances, said):
    with pytest.raises(ValueError, match=said):
        suffice.pool(estimates, covariances)


def with_gaps(count, generator):
    """A cause and an effect with slope 2, of which half the effects are missing where the cause is large."""
    cause = generator.standard_normal(count)
    rows = np.c_[cause, 2 * cause + generator.standard_normal(count)]
    rows[(cause > 0) & (generator.random(count) < 0.5), 1] = np.nan
    return rows


def test_drawn_parameters_differ_more_and_hold_the_slope():
    rows = with_gaps(60, np.random.default_rng(0))
    mixture = GaussianMixture(1, random_state=0).fit(rows)
    fixed = mixture.impute(rows, draws=40)
    drawn = mixture.impute(rows, draws=40, parameters="drawn")
    seen = ~np.isnan(rows)
    assert (drawn[:, seen] == rows[seen]).all()
    assert np.isfinite(drawn).all()
    slopes = [np.array([linregress(*table.T).slope for table in tables]) for tables in (fixed, drawn)]
    assert slopes[1].var() > slopes[0].var()
    errors = np.array([linregress(*table.T).stderr for table in drawn])
    pooled = suffice.pool(slopes[1], errors**2)
    assert abs(pooled.estimate[0] - 2) < 3 * pooled.standard_error[0]
    np.testing.assert_array_equal(mixture.impute(rows, draws=2, parameters="drawn"),
                                  mixture.impute(rows, draws=2, parameters="drawn"))  # fmt: skip


def test_factors_and_labels_are_drawn_too():
    draw = np.random.default_rng(1)
    rows = draw.standard_normal((100, 1)) + draw.standard_normal((100, 4))
    rows[draw.random(rows.shape) < 0.1] = np.nan
    factors = FactorAnalysis(1, random_state=0).fit(rows)
    assert np.isfinite(factors.impute(rows, draws=2, parameters="drawn")).all()
    answers = np.array(["no", "yes"], object)[draw.integers(0, 2, (80, 3))]
    answers[::9, 1] = None
    tables = CategoricalMixture(1, random_state=0).fit(answers).impute(answers, draws=2, parameters="drawn")
    assert set(np.ravel(tables)) == {"no", "yes"}


def test_draws_that_cannot_be_made():
    rows = with_gaps(40, np.random.default_rng(0))
    mixture = GaussianMixture(1).fit(rows)
    with pytest.raises(ValueError, match="without draws"):
        mixture.impute(rows, parameters="drawn")
    with pytest.raises(ValueError, match="parameters='random'"):
        mixture.impute(rows, draws=2, parameters="random")
    with pytest.raises(ValueError, match="draws=0"):
        mixture.impute(rows, draws=0, parameters="drawn")
