"""Tied parameters are equal, the likelihood rises under them, and its slope along them is zero where a fit ends."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from test_missing import binary_rows, with_gaps

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

BY_COLUMN = np.array([[0, 0, 0, 0, 0], [0, 1, 0, 1, 0], [1, 1, 0, 2, 2]])
BINARY = np.tile(BY_COLUMN, 2)[:, :8]


def counts():
    draw = np.random.default_rng(0)
    rates = np.array([[1.0, 5, 2, 9, 3], [6.0, 5, 2, 1, 3], [6.0, 1, 2, 4, 8]])
    return draw.poisson(rates[draw.integers(3, size=300)]).astype(float)


def gaussian_rows():
    """Two components about one mean, a narrow and a wide one, and one aside."""
    draw = np.random.default_rng(0)
    noise = draw.standard_normal((300, 3))
    return np.concatenate([noise[:100], 5 * noise[100:200], 2 * noise[200:] + [8.0, 0.0, -8.0]])


CASES = {
    "full": (GaussianMixture(3), {"means": [0, 0, 1], "covariances": [1, 0, 1]}, with_gaps(gaussian_rows(), 0.1)),
    "tied": (GaussianMixture(3, covariance_type="tied"), {"weights": [3, 3, 3]}, gaussian_rows()),
    "diag": (
        GaussianMixture(3, covariance_type="diag"),
        {"means": [[0, 0, 0], [0, 0, 0], [1, 0, 1]], "covariances": [[0, 0, 0], [1, 1, 1], [1, 0, 2]]},
        with_gaps(gaussian_rows(), 0.1),
    ),
    "spherical": (
        GaussianMixture(3, covariance_type="spherical"),
        {"means": [[0, 0, 0], [0, 0, 0], [1, 0, 1]], "covariances": [0, 1, 0]},
        gaussian_rows(),
    ),
    "bernoulli": (
        BernoulliMixture(3),
        {"probabilities": BINARY, "weights": [0, 1, 1]},
        with_gaps(binary_rows(300), 0.2),
    ),
    "poisson": (PoissonMixture(3), {"rates": BY_COLUMN}, counts()),
}


def unfitted(name, **settings):
    mixture, tied, _ = CASES[name]
    floor = {"reg_covar": 0.0} if isinstance(mixture, GaussianMixture) else {}
    return mixture.set_params(random_state=0, tied=tied, tol=0.0, max_iter=600, **floor, **settings)


def labels_like(labels, value):
    """A label for each number of a parameter, (K, ...)."""
    labels = np.asarray(labels)
    return np.broadcast_to(labels.reshape(labels.shape + (1,) * (value.ndim - labels.ndim)), value.shape)


def assert_tied(mixture, tied):
    for name, labels in tied.items():
        value = getattr(mixture, f"{name}_")
        full = labels_like(labels, value)
        for one in range(3):
            for other in range(one):
                same = full[one] == full[other]
                assert np.array_equal(value[one][same], value[other][same])


@pytest.fixture(scope="module", params=list(CASES))
def fit(request):
    mixture, rows = unfitted(request.param), CASES[request.param][2]
    with pytest.warns(ConvergenceWarning):
        return mixture.fit(rows), rows, CASES[request.param][1]


def test_tied_parameters_are_equal_and_the_likelihood_never_falls(fit):
    mixture, _, tied = fit
    assert np.diff(mixture.lower_bounds_).min() > -1e-11
    assert_tied(mixture, tied)


def test_the_slope_along_tied_parameters_is_zero_at_the_end(fit):
    mixture, rows, tied = fit
    slopes = mixture.log_likelihood_gradient(rows, weights="simplex")
    for name, slope in slopes.items():
        whole = getattr(mixture, f"{name}_")
        own = np.arange(len(whole)) if len(whole) == 3 else np.zeros(len(whole), int)
        full = labels_like(tied.get(name, own), slope)
        along = np.array([np.where(full == full[k], slope, 0).sum(0) for k in range(len(slope))])
        scale = np.abs(slope).max() + len(rows) / np.abs(whole).max()
        inside = (whole > 1e-6) & (whole < 1 - 1e-6) if name == "probabilities" else np.ones(whole.shape, bool)
        assert np.abs(along[inside]).max(initial=0) < 1e-4 * scale, name


FREE = {"full": 2 + 6 + 12, "tied": 0 + 9 + 6, "diag": 2 + 5 + 7, "spherical": 2 + 5 + 2, "bernoulli": 1 + 15,
        "poisson": 2 + 10}  # fmt: skip


@pytest.mark.parametrize("name", list(CASES))
def test_shared_parameters_count_once_and_are_kept_by_steps_and_files(name, tmp_path):
    rows = CASES[name][2]
    mixture = unfitted(name).partial_fit(rows[::2]).partial_fit(rows[1::2])
    assert mixture.model_.parameter_count() == FREE[name]
    assert_tied(mixture, CASES[name][1])
    loaded = load(save(mixture, tmp_path / "model"))
    assert loaded.model_.tied == mixture.model_.tied
    np.testing.assert_array_equal(loaded.partial_fit(rows).weights_, mixture.partial_fit(rows).weights_)
    assert mixture.marginal([1]).model_.tied == ()
    assert mixture.model_.marginal([1]).parameter_count() < FREE[name]


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


def test_parts_of_mixed_tables_share_what_they_have():
    rows = np.column_stack([gaussian_rows(), counts()[:, 1:3]])
    tied = {"means": [0, 0, 1], "rates": [[9, 9, 9, 0, 0], [9, 9, 9, 0, 1], [9, 9, 9, 1, 1]]}
    kinds = ["gaussian"] * 3 + ["poisson"] * 2
    mixture = MixedMixture(
        3, kinds=kinds, tied=tied, reg_covar=0, tol=1e-6, max_iter=1000, random_state=0, prior_strength=1.0
    )
    mixture.fit(with_gaps(rows, 0.1))
    assert np.diff(mixture.lower_bounds_).min() > -1e-12
    means = [column["mean"] for column in mixture.column_parameters_[:3]]
    assert all(mean[0] == mean[1] != mean[2] for mean in means)
    first, second = (column["rate"] for column in mixture.column_parameters_[3:])
    assert first[0] == first[1] != first[2]
    assert second[1] == second[2] != second[0]
    assert mixture.model_.parameter_count() == 2 + 2 * 3 + 9 + 4


def test_a_warm_start_begins_to_share():
    rows = gaussian_rows()
    mixture = GaussianMixture(3, covariance_type="diag", random_state=0, warm_start=True).fit(rows)
    assert_tied(mixture.set_params(tied={"covariances": [0, 0, 1]}).fit(rows), {"covariances": [0, 0, 1]})


def test_what_cannot_be_tied_is_refused():
    rows = gaussian_rows()
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
    found = select(
        GaussianMixture(2, tied=tied, random_state=0), gaussian_rows(), covariance_type=["diag", "spherical"]
    )
    assert np.array_equal(*found.best.means_)


@pytest.mark.parametrize("change", [{"tied": None}, {"frozen": ["weights"]}], ids=["tied", "frozen"])
def test_a_checkpoint_goes_on_under_the_same_restrictions_only(change, tmp_path):
    start = {"weights_init": [0.2, 0.8], "rates_init": [[1.0] * 5, [4.0] * 5]}
    mixture = PoissonMixture(2, tied={"rates": [[0] * 5, [1, 0, 0, 1, 1]]}, max_iter=2, tol=0, **start)
    mixture.rates_init[1][1:3] = [1.0, 1.0]
    with pytest.warns(ConvergenceWarning):
        mixture.fit(counts(), checkpoint=tmp_path / "state")
    with pytest.raises(ValueError, match="state"):
        mixture.set_params(**change).fit(counts(), checkpoint=tmp_path / "state")
