"""Rows that all miss the same cells: a way of their own, which gives what the way for many patterns gives."""

import jax.numpy as jnp
import numpy as np
import pytest

from suffice import GaussianMixture
from suffice.latent import Gaussian, Mixture
from suffice.latent.forms.conditional import Conditional
from suffice.rows.missing import PatternRows
from suffice.rows.patterns import grouped, of_one_pattern
from suffice.runtime import tree
from suffice.runtime.precision import scope

COLUMNS = 5
GAPS = [(2,), (0, 4), (0, 1, 3, 4), (0, 1, 2, 3, 4)]


def drawn_rows(count, seed=0):
    draw = np.random.default_rng(seed)
    return draw.standard_normal((count, COLUMNS)) @ draw.standard_normal((COLUMNS, COLUMNS)) + draw.integers(
        3, size=(count, 1)
    )


def without(rows, columns):
    hidden = rows.copy()
    hidden[:, columns] = np.nan
    return hidden


def conditional(restarts, matrices, seed=1):
    """A form of 3 components in so many restarts, with as many matrices for each or one that they share."""
    draw = np.random.default_rng(seed)
    whitening = np.tril(draw.standard_normal((*restarts, matrices, COLUMNS, COLUMNS))) + 3 * np.eye(COLUMNS)
    means, log_scale = draw.standard_normal((*restarts, 3, COLUMNS)), draw.standard_normal((*restarts, 3))
    return Conditional(means, whitening, log_scale, matrices == 1, "means")


@pytest.mark.parametrize("gaps", GAPS, ids=str)
@pytest.mark.parametrize("covariance_type", ["full", "tied"])
def test_rows_say_the_same_alone_together_and_among_others(covariance_type, gaps):
    mixture = GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(drawn_rows(300))
    alike, others = without(drawn_rows(9, 1), gaps), without(drawn_rows(4, 2), (1,))
    among = np.r_[others[:2], alike, others[2:]]
    for ask in (
        mixture.score_samples,
        mixture.predict_proba,
        mixture.impute,
        lambda rows: mixture.impute(rows, return_std=True)[1],
    ):
        together = ask(alike)
        np.testing.assert_allclose(np.concatenate([ask(row[None]) for row in alike]), together, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(ask(among)[2:-2], together, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("gaps", [(), *GAPS, (3, COLUMNS), (COLUMNS, 1)], ids=str)
@pytest.mark.parametrize("restarts", [(), (2,)], ids=["one start", "restarts"])
@pytest.mark.parametrize("matrices", [3, 1], ids=["full", "tied"])
def test_stacks_of_matrices_give_what_sweeps_give(matrices, restarts, gaps):
    """Sweeps are JAX's; a column beyond the last one fills up a list of missing ones."""
    form, rows = conditional(restarts, matrices), drawn_rows(7)
    rows[:, [column for column in gaps if column < COLUMNS]] = 0
    laid = PatternRows(rows, np.zeros(7, np.int32), np.array(gaps, np.int32)[None])
    share = np.random.default_rng(2).random((*restarts, 3, 7))
    with scope("float64"):
        same, other_rows = tree.map_leaves(jnp.asarray, (form, laid))
        swept = _said(same, other_rows, share)
    for own, other in zip(_said(form, laid, share), swept, strict=True):
        np.testing.assert_allclose(own, other, rtol=1e-9, atol=1e-10)


def _said(form, rows, share):
    completed = form.features(rows)
    moments = form.moments(completed, share, np.ones(7))
    means = [] if share.ndim > 2 and form.tied else form.conditional(completed)
    return [form.log_density(completed), moments.total, *([] if moments.common is None else [moments.common]), *means]


def test_the_density_is_that_of_the_columns_that_are_observed():
    """Whatever the units of the columns."""
    units = 10.0 ** np.arange(-8, 12, 4)
    rows, gaps, left = drawn_rows(6), [1, 3], [0, 2, 4]
    draw = np.random.default_rng(3)
    means, roots = draw.standard_normal((2, COLUMNS)), draw.standard_normal((2, COLUMNS, COLUMNS)) + 2 * np.eye(COLUMNS)
    matrices, weights = roots @ roots.swapaxes(1, 2), np.array([0.3, 0.7])
    whole = Mixture(weights, Gaussian(means * units, matrices * units[:, None] * units))
    part = Mixture(weights, Gaussian(means[:, left], matrices[:, left][:, :, left]))
    found = whole.log_density(without(rows * units, gaps))
    np.testing.assert_allclose(found, part.log_density(rows[:, left]) - np.log(units[left]).sum(), rtol=1e-9)


def test_rows_are_of_one_pattern_where_all_miss_the_same():
    rows = without(drawn_rows(6), (0, 3))
    group, (same,) = of_one_pattern(rows), grouped(rows)
    assert group is not None
    np.testing.assert_array_equal(group.rows, same.rows)
    np.testing.assert_array_equal(group.missing, same.missing)
    rows[4, 1] = np.nan
    assert of_one_pattern(rows) is None


def test_a_singular_part_is_no_error():
    """What cannot be inverted gives NaN, as elsewhere."""
    form = conditional((), 3)
    broken = Conditional(form.means, np.zeros_like(form.whitening), form.log_scale, False, "means")
    laid = PatternRows(np.zeros((1, COLUMNS)), np.zeros(1, np.int32), np.array([[0, 2]], np.int32))
    with np.errstate(all="ignore"):
        assert np.isnan(broken.features(laid).deviation[:, 0, [0, 2]]).all()
