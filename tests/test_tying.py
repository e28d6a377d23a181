"""Tied parameters are equal, the likelihood rises under them, and its slope along them is zero where a fit ends."""

from functools import cache
from itertools import combinations

import numpy as np
import pytest
from estimators import COUNTS, ESTIMATORS, REAL, having, value_of
from sklearn.exceptions import ConvergenceWarning

from suffice import (
    BernoulliMixture,
    CategoricalMixture,
    GaussianMixture,
    MixedMixture,
    PoissonMixture,
    load,
    save,
    select,
)

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
every_mixture = having("mixture", "tied")


def labels_like(labels, value):
    """A label for each number of a parameter, (K, ...)."""
    labels = np.asarray(labels)
    return np.broadcast_to(labels.reshape(labels.shape + (1,) * (value.ndim - labels.ndim)), value.shape)


def assert_tied(mixture, row, ties=None):
    for name, labels in (ties or row.ties).items():
        value, labels = value_of(mixture, row, name), np.asarray(labels)
        parts = value if isinstance(value, dict) else {...: value}
        for column, part in parts.items():
            own = labels_like(labels if labels.ndim == 1 else labels[:, column], part)
            for one, other in combinations(range(3), 2):
                same = own[one] == own[other]
                assert np.array_equal(part[one][same], part[other][same])


@cache
def fitted(row):
    to_the_end = 600 if "slopes" in row.can else 60
    return row.accepting(tied=row.ties, tol=0.0, max_iter=to_the_end, reg_covar=0.0).fit(row.with_gaps)


@every_mixture
def test_tied_parameters_are_equal_and_the_likelihood_never_falls(row):
    assert np.diff(fitted(row).lower_bounds_).min() > -1e-11
    assert_tied(fitted(row), row)


@having("mixture", "tied", "slopes")
def test_the_slope_along_tied_parameters_is_zero_at_the_end(row):
    mixture = fitted(row)
    slopes = mixture.log_likelihood_gradient(row.with_gaps, weights="simplex")
    for name, slope in slopes.items():
        whole = getattr(mixture, f"{name}_")
        own = np.arange(len(whole)) if len(whole) == 3 else np.zeros(len(whole), int)
        full = labels_like(row.ties.get(name, own), slope)
        along = np.array([np.where(full == full[k], slope, 0).sum(0) for k in range(len(slope))])
        scale = np.abs(slope).max() + len(row.X) / np.abs(whole).max()
        inside = (whole > 1e-6) & (whole < 1 - 1e-6) if name == "probabilities" else np.ones(whole.shape, bool)
        assert np.abs(along[inside]).max(initial=0) < 1e-4 * scale, name


@every_mixture
def test_shared_parameters_count_once_and_are_kept_by_steps_and_files(row, tmp_path):
    mixture = row.make(tied=row.ties).partial_fit(row.X).partial_fit(row.with_gaps)
    assert mixture.model_.parameter_count() == row.free
    assert_tied(mixture, row)
    loaded = load(save(mixture, tmp_path / "model"))
    assert loaded.model_.tied == mixture.model_.tied
    np.testing.assert_array_equal(loaded.partial_fit(row.X).weights_, mixture.partial_fit(row.X).weights_)
    assert mixture.marginal([1]).model_.tied == ()
    assert mixture.model_.marginal([1]).parameter_count() < row.free


def test_categories_are_pooled_in_the_columns_that_share_them():
    """All rows with known components: shares of categories among the rows of the components that share them."""
    draw = np.random.default_rng(0)
    labels, rows = draw.integers(3, size=300), draw.integers(0, [2, 4], (300, 2))
    rows[:, 0] |= labels == 2
    tied = {"probabilities": [[0, 0], [0, 1], [1, 1]]}
    mixture = CategoricalMixture(3, tied=tied, random_state=0).fit(rows, component_labels=labels)
    for groups, column, size in [([[0, 1], [2]], 0, 2), ([[0], [1, 2]], 1, 4)]:
        for group in groups:
            share = np.bincount(rows[np.isin(labels, group), column], minlength=size) / np.isin(labels, group).sum()
            np.testing.assert_allclose(mixture.probabilities_[column][group], np.tile(share, (len(group), 1)))
    assert mixture.model_.parameter_count() == 2 + 2 * 1 + 2 * 3


def test_a_warm_start_begins_to_share():
    row = next(row for row in ESTIMATORS if row.name == "GaussianMixture diag")
    mixture = row.make(warm_start=True).fit(row.X)
    tied = {"covariances": [0, 0, 1]}
    assert_tied(mixture.set_params(tied=tied).fit(row.X), row, tied)


def test_what_cannot_be_tied_is_refused():
    rows = REAL[:, :3]
    for settings, message in [
        ({"tied": ["means"]}, "a dictionary from names"),
        ({"tied": {"rates": [0, 0, 1]}}, "tied names 'rates'"),
        ({"tied": {"means": [0, 1]}}, r"shape \(2,\)"),
        ({"tied": {"means": [0.0, 0.0, 1.0]}}, "whole numbers"),
        ({"tied": {"means": [[0, 0, 0], [0, 1, 1], [1, 1, 1]]}}, r"of shape \(3,\) are expected"),
        ({"tied": {"covariances": [0, 0, 1]}, "covariance_type": "tied"}, "share already"),
        ({"tied": {"means": [0, 0, 1]}, "covariance_type": "tied"}, "components 0 and 1 share every parameter"),
        ({"tied": {"means": [0, 0, 1]}, "frozen": ["means"], "means_init": rows[:3]}, "tied and frozen both name"),
        ({"tied": {"means": [0, 0, 1]}, "means_init": rows[:3]}, "means_init differs between components"),
        ({"tied": {"weights": [0, 0, 1]}, "weights_init": [0.2, 0.3, 0.5]}, "weights_init differs"),
        ({"tied": {"means": [0, 0, 1]}, "degenerate": "remove"}, "tied needs them as they are"),
    ]:
        with pytest.raises(ValueError, match=message):
            GaussianMixture(3, **settings).fit(rows)
    with pytest.raises(ValueError, match="components 1 and 2 share every parameter"):
        BernoulliMixture(3, tied={"probabilities": [0, 1, 1]}).fit(rows)
    mixture = GaussianMixture(3, random_state=0).partial_fit(rows)
    with pytest.raises(ValueError, match="is tied in the fitted model"):
        mixture.set_params(tied={"means": [0, 0, 1]}).partial_fit(rows)
    start = {"x0": {"mean": [0.0, 1.0]}}
    with pytest.raises(ValueError, match="'means' by tied"):
        MixedMixture(2, column_parameters_init=start, tied={"means": [0, 0]}).fit(rows)


def test_a_selection_over_what_is_not_tied_keeps_the_ties():
    tied = {"means": [0, 0]}
    found = select(GaussianMixture(2, tied=tied, random_state=0), REAL, covariance_type=["diag", "spherical"])
    assert np.array_equal(*found.best.means_)


@pytest.mark.parametrize("change", [{"tied": None}, {"frozen": ["weights"]}], ids=["tied", "frozen"])
def test_a_checkpoint_goes_on_under_the_same_restrictions_only(change, tmp_path):
    start = {"weights_init": [0.2, 0.8], "rates_init": [[1.0] * 4, [4.0] * 4]}
    mixture = PoissonMixture(2, tied={"rates": [[0] * 4, [1, 0, 0, 1]]}, max_iter=2, tol=0, **start)
    mixture.rates_init[1][1:3] = [1.0, 1.0]
    with pytest.warns(ConvergenceWarning):
        mixture.fit(COUNTS, checkpoint=tmp_path / "state")
    with pytest.raises(ValueError, match="state"):
        mixture.set_params(**change).fit(COUNTS, checkpoint=tmp_path / "state")
