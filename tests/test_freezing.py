"""Frozen parameters stay to the last bit, and the likelihood rises under all others."""

import jax
import numpy as np
import pytest
from estimators import ESTIMATORS, having, value_of

from suffice import GaussianMixture, load, save, select
from suffice.fit import em
from suffice.latent import Mixture

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::suffice.DegenerateComponentWarning"),
]
every_mixture = having("mixture", "frozen")
FULL = next(row for row in ESTIMATORS if row.name == "GaussianMixture full")


def subsets():
    """Each parameter frozen alone, and all but the weights."""
    for row in ESTIMATORS:
        if row.can.issuperset({"mixture", "frozen"}):
            names = ["weights", *row.starts]
            for frozen in dict.fromkeys([*((name,) for name in names), tuple(names[1:])]):
                yield pytest.param(row, list(frozen), id="-".join((row.name, *frozen)))


def same(one, other):
    return all(np.array_equal(a, b) for a, b in zip(jax.tree.leaves(one), jax.tree.leaves(other), strict=True))


def assert_held(mixture, row, frozen):
    """What is frozen is as it was given, to the last bit, and all else has moved."""
    fitted, given = mixture, row.given
    for name in ("weights", *row.starts):
        assert same(value_of(fitted, row, name), value_of(given, row, name)) == (name in frozen), name


@pytest.mark.parametrize(("row", "frozen"), list(subsets()))
def test_frozen_parameters_stay_and_the_objective_never_falls(row, frozen):
    settings = {"prior_strength": 2.0, "weight_concentration_prior": 2.0, "tol": 0, "max_iter": 15}
    mixture = row.make(**settings, **row.started, frozen=frozen).fit(row.with_gaps)
    assert np.diff(mixture.lower_bounds_).min() > -1e-12
    assert_held(mixture, row, frozen)


@every_mixture
def test_frozen_parameters_are_not_counted_as_free_and_stay_in_steps_and_files(row, tmp_path):
    mixture = row.make(**row.started, frozen=["weights"]).partial_fit(row.X).partial_fit(row.with_gaps)
    assert_held(mixture, row, ["weights"])
    loaded = load(save(mixture, tmp_path / "model"))
    assert same(mixture.model_, loaded.model_)
    free = row.make(max_iter=1).fit(row.X).model_.parameter_count()
    assert loaded.model_.parameter_count() == free - 2


@having("gaussian", "frozen")
def test_covariances_are_measured_from_the_frozen_means(row):
    """Far from the origin, too, where products lose digits: the means are a standard deviation off."""
    kind, rows, means = row.make().covariance_type, row.X + 1e5, row.started["means_init"] + 1.0
    start = {"tol": 0, **row.started, "means_init": means + 1e5, "frozen": ["means"], "reg_covar": 0.0}
    share = row.make(**start, max_iter=3).fit(rows).predict_proba(rows)
    after = row.make(**start, max_iter=4).fit(rows)
    deviation = row.X[:, None] - means
    full = np.einsum("nk,nkd,nke->kde", share, deviation, deviation)
    counts = share.sum(0)
    variances = np.diagonal(full, axis1=1, axis2=2) / counts[:, None]
    expected = {"full": full / counts[:, None, None], "tied": full.sum(0) / counts.sum(), "diag": variances,
                "spherical": variances.mean(1)}  # fmt: skip
    np.testing.assert_allclose(after.covariances_, expected[kind], rtol=1e-6, atol=1e-6)


def test_a_module_can_be_frozen_too():
    start = FULL.given.model_
    frozen = Mixture(start.weights, start.components, frozen=("weights",))
    solution = em(frozen, FULL.with_gaps, max_iter=10, tol=0)
    assert np.diff(solution.trace).min() > -1e-12
    assert np.array_equal(solution.model.log_weights, frozen.log_weights)


def test_means_and_covariances_are_not_counted_when_frozen():
    def count(*frozen):
        return FULL.make(**FULL.started, frozen=list(frozen), max_iter=1).fit(FULL.X).model_.parameter_count()

    assert [count("means"), count("covariances"), count("weights", "means", "covariances")] == [32, 14, 0]


@pytest.mark.parametrize("frozen", [["means"], ["covariances", "weights"]], ids=str)
def test_restarts_labels_and_float32_keep_what_is_frozen(frozen):
    settings = {**FULL.started, "frozen": frozen, "tol": 0, "max_iter": 15}
    single = FULL.make(**settings, n_init=3, precision="float32").fit(FULL.with_gaps)
    assert_held(single, FULL, frozen)
    free = {"means": "precisions_init", "covariances": "means_init"}[frozen[0]]
    assert_held(FULL.make(**{**settings, free: None}).fit(FULL.X, component_labels=FULL.labels), FULL, frozen)


def test_warm_starts_files_and_other_columns(tmp_path):
    mixture = FULL.make(**FULL.started, frozen=["means"]).fit(FULL.X)
    assert mixture.marginal([1, 0]).means_.shape == (3, 2)
    assert mixture.conditional({0: 0.5}).means_.shape == (3, 3)
    loaded = load(save(mixture, tmp_path / "model")).set_params(warm_start=True, frozen=["weights"])
    assert np.array_equal(loaded.fit(FULL.X).weights_, FULL.started["weights_init"])


def test_a_selection_keeps_what_is_frozen():
    start = {"frozen": ["weights"], "weights_init": [0.2, 0.8]}
    found = select(GaussianMixture(2, random_state=0, **start), FULL.X, covariance_type=["diag", "spherical"])
    assert found.best.weights_.tolist() == [0.2, 0.8]


def test_what_cannot_be_used_is_refused():
    rows = FULL.X
    for settings, message in [
        ({"frozen": ["means"]}, "means_init is None"),
        ({"frozen": ["covariances"]}, "precisions_init is None"),
        ({"frozen": "weights"}, "a list of names"),
        ({"frozen": 3}, "a list of names"),
        ({"frozen": ["probabilities"]}, "frozen names 'probabilities'"),
    ]:
        with pytest.raises(ValueError, match=message):
            GaussianMixture(2, **settings).fit(rows)
    mixture = FULL.make(**FULL.started).partial_fit(rows)
    with pytest.raises(ValueError, match="are frozen in the fitted model"):
        mixture.set_params(frozen=["weights"]).partial_fit(rows)


@having("mixture", "frozen", "separate")
def test_single_components_hold_what_they_are_to_hold(row):
    """One iteration is that of a fit in which all hold it for the components named, and of a free fit for the others."""
    names = ["weights", *row.starts]
    for name in names[1:]:
        settings = {"tol": 0, "max_iter": 1, **row.started}
        some, every, none = (row.make(frozen=f, **settings).fit(row.X) for f in ({name: [1]}, [name], None))
        for own in names[1:]:
            values = (jax.tree.leaves(value_of(m, row, own)) for m in (some, every, none))
            for one, held, free in zip(*values, strict=True):
                np.testing.assert_allclose(one[1], held[1], rtol=1e-9, atol=1e-12)
                np.testing.assert_allclose(one[[0, 2]], free[[0, 2]], rtol=1e-9, atol=1e-12)
        longer = row.make(frozen={name: [1]}, **{**settings, "max_iter": 15}).fit(row.with_gaps)
        assert np.diff(longer.lower_bounds_).min() > -1e-12
        for one, given in zip(*(jax.tree.leaves(value_of(m, row, name)) for m in (longer, row.given)), strict=True):
            np.testing.assert_allclose(one[1], given[1], rtol=1e-12)
        counts = [m.model_.parameter_count() for m in (some, every, none)]
        assert 3 * (counts[2] - counts[0]) == counts[2] - counts[1]


def test_the_weight_of_one_component_is_held_and_the_others_share_the_rest(tmp_path):
    weights = np.array([0.5, 0.2, 0.3])
    mixture = FULL.make(**{**FULL.started, "weights_init": weights}, frozen={"weights": [0]}, max_iter=15, tol=0).fit(
        FULL.X
    )
    assert mixture.weights_[0] == pytest.approx(0.5)
    assert mixture.weights_.sum() == pytest.approx(1)
    assert np.diff(mixture.lower_bounds_).min() > -1e-12
    again = load(save(mixture, tmp_path / "model")).partial_fit(FULL.X)
    assert again.weights_[0] == pytest.approx(0.5)


@pytest.mark.parametrize(
    ("frozen", "said"),
    [
        ({"means": [3]}, "component numbers from 0 to 2"),
        ({"means": []}, "component numbers from 0 to 2"),
        ({"means": [0.5]}, "component numbers from 0 to 2"),
        ({"mean": [0]}, "frozen names 'mean'"),
        ("means", "a dictionary from names to component numbers"),
    ],
)
def test_components_that_cannot_be_held_are_refused(frozen, said):
    with pytest.raises(ValueError, match=said):
        FULL.make(**FULL.started, frozen=frozen).fit(FULL.X)
    with pytest.raises(ValueError, match="all components share 'covariances'"):
        FULL.make(**FULL.started).set_params(
            covariance_type="tied", precisions_init=np.eye(FULL.X.shape[1]), frozen={"covariances": [0]}
        ).fit(FULL.X)
