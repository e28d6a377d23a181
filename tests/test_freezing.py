"""Frozen parameters stay to the last bit, and the likelihood rises under all others."""

import warnings
from itertools import combinations

import jax
import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from test_missing import COVARIANCE_TYPES, binary_rows, mixture_rows, with_gaps

from suffice import BernoulliMixture, DegenerateComponentWarning, GaussianMixture, load, save, select
from suffice.fit import em
from suffice.latent import Mixture

KINDS = [*COVARIANCE_TYPES, "bernoulli"]


def data(kind, share=0.2, count=300):
    rows = binary_rows(count) if kind == "bernoulli" else mixture_rows(count)
    return with_gaps(rows, share) if share else rows


def starts(kind):
    draw = np.random.default_rng(1)
    weights = np.array([0.5, 0.3, 0.2])
    if kind == "bernoulli":
        return {"weights_init": weights, "probabilities_init": draw.uniform(0.3, 0.7, (3, 8))}
    factors = draw.standard_normal((3, 5, 8))
    matrices = factors @ np.swapaxes(factors, -1, -2) / 40
    precisions = {"full": matrices, "tied": matrices[0], "diag": draw.uniform(0.1, 0.4, (3, 5)),
                  "spherical": draw.uniform(0.1, 0.4, 3)}  # fmt: skip
    return {
        "weights_init": weights,
        "means_init": 3 * draw.standard_normal((3, 5)),
        "precisions_init": precisions[kind],
    }


def unfitted(kind, frozen, **settings):
    settings = {"random_state": 0, "tol": 0.0, "max_iter": 15, "frozen": frozen} | starts(kind) | settings
    if kind == "bernoulli":
        return BernoulliMixture(3, **settings)
    return GaussianMixture(3, **({"covariance_type": kind, "reg_covar": 0.0} | settings))


def fitted(kind, frozen, rows, **settings):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.simplefilter("ignore", DegenerateComponentWarning)
        return unfitted(kind, frozen, **settings).fit(rows)


def names(kind):
    return ["weights", "probabilities"] if kind == "bernoulli" else ["weights", "means", "covariances"]


def sets():
    for kind in KINDS:
        for count in range(1, len(names(kind)) + 1):
            for frozen in combinations(names(kind), count):
                yield pytest.param(kind, list(frozen), id="-".join((kind, *frozen)))


def assert_held(mixture, kind, frozen):
    start = starts(kind)
    for name in frozen:
        fitted_name, init = (
            ("precisions_", "precisions_init") if name == "covariances" else (f"{name}_", f"{name}_init")
        )
        assert np.array_equal(getattr(mixture, fitted_name), start[init])
    for name in set(names(kind)) - set(frozen) - {"covariances"}:
        assert not np.array_equal(getattr(mixture, f"{name}_"), start[f"{name}_init"])
    assert ("covariances" in frozen) or kind == "bernoulli" or not np.array_equal(
        mixture.precisions_, start["precisions_init"])  # fmt: skip


@pytest.mark.parametrize(("kind", "frozen"), list(sets()))
def test_frozen_parameters_stay_and_the_objective_never_falls(kind, frozen):
    settings = {"prior_strength": 2.0, "weight_concentration_prior": 2.0}
    mixture = fitted(kind, frozen, data(kind), **settings)
    assert np.diff(mixture.lower_bounds_).min() > -1e-12
    assert_held(mixture, kind, frozen)


@pytest.mark.parametrize("offset", [1e5])
@pytest.mark.parametrize("kind", COVARIANCE_TYPES)
def test_covariances_are_measured_from_the_frozen_means(kind, offset):
    """Far from the origin, too, where products lose digits: the means are three standard deviations off."""
    rows, means = data(kind, 0.0), starts(kind)["means_init"]
    before = fitted(kind, ["means"], rows + offset, means_init=means + offset, max_iter=3)
    share = before.predict_proba(rows + offset)
    after = fitted(kind, ["means"], rows + offset, means_init=means + offset, max_iter=4)
    deviation = rows[:, None] - means
    full = np.einsum("nk,nkd,nke->kde", share, deviation, deviation)
    counts = share.sum(0)
    variances = np.diagonal(full, axis1=1, axis2=2) / counts[:, None]
    expected = {"full": full / counts[:, None, None], "tied": full.sum(0) / counts.sum(), "diag": variances,
                "spherical": variances.mean(1)}  # fmt: skip
    np.testing.assert_allclose(after.covariances_, expected[kind], rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_module_can_be_frozen_too(kind):
    start = fitted(kind, None, data(kind), max_iter=2).model_
    frozen = Mixture(start.weights, start.components, frozen=("weights",))
    solution = em(frozen, data(kind), max_iter=10, tol=0)
    assert np.diff(solution.trace).min() > -1e-12
    assert np.array_equal(solution.model.log_weights, frozen.log_weights)


@pytest.mark.parametrize("kind", ["full", "bernoulli"])
def test_frozen_parameters_are_not_counted_as_free(kind):
    rows = data(kind)
    free = fitted(kind, None, rows).model_.parameter_count()
    assert fitted(kind, ["weights"], rows).model_.parameter_count() == free - 2
    assert fitted(kind, names(kind), rows).model_.parameter_count() == 0
    if kind == "full":
        assert fitted(kind, ["means"], rows).model_.parameter_count() == free - 15
        assert fitted(kind, ["covariances"], rows).model_.parameter_count() == free - 45


@pytest.mark.parametrize("frozen", [["means"], ["covariances", "weights"]], ids=str)
def test_steps_restarts_labels_and_float32_keep_what_is_frozen(frozen):
    rows, labels = data("full"), np.arange(300) % 4 - 1
    mixture = unfitted("full", frozen)
    assert_held(mixture.partial_fit(rows[:200]).partial_fit(rows[200:]), "full", frozen)
    assert_held(fitted("full", frozen, rows, n_init=3, precision="float32", reg_covar=1e-6), "full", frozen)
    free = {"means": "precisions_init", "covariances": "means_init"}[frozen[0]]
    with pytest.warns(ConvergenceWarning):
        mixture = unfitted("full", frozen, **{free: None}).fit(rows, component_labels=labels)
    assert_held(mixture, "full", frozen)


def test_warm_starts_files_and_other_columns(tmp_path):
    rows = data("full")
    mixture = fitted("full", ["means"], rows)
    loaded = load(save(mixture, tmp_path / "model"))
    for a, b in zip(jax.tree.leaves(mixture.model_), jax.tree.leaves(loaded.model_), strict=True):
        assert np.array_equal(a, b)
    assert mixture.marginal([1, 0]).means_.shape == (3, 2)
    assert mixture.conditional({0: 0.5}).means_.shape == (3, 4)
    loaded.set_params(warm_start=True, frozen=["weights"])
    with pytest.warns(ConvergenceWarning):
        loaded.fit(rows)
    assert np.array_equal(loaded.weights_, starts("full")["weights_init"])


def test_a_selection_keeps_what_is_frozen():
    start = {"frozen": ["weights"], "weights_init": [0.2, 0.8]}
    found = select(
        GaussianMixture(2, random_state=0, **start), mixture_rows(200), covariance_type=["diag", "spherical"]
    )
    assert found.best.weights_.tolist() == [0.2, 0.8]


def test_what_cannot_be_used_is_refused():
    rows = mixture_rows(50)
    for settings, message in [
        ({"frozen": ["means"]}, "means_init is None"),
        ({"frozen": ["covariances"]}, "precisions_init is None"),
        ({"frozen": "weights"}, "a list of names"),
        ({"frozen": 3}, "a list of names"),
        ({"frozen": ["probabilities"]}, "frozen names 'probabilities'"),
    ]:
        with pytest.raises(ValueError, match=message):
            GaussianMixture(2, **settings).fit(rows)
    mixture = unfitted("full", None).partial_fit(rows)
    with pytest.raises(ValueError, match="are frozen in the fitted model"):
        mixture.set_params(frozen=["weights"]).partial_fit(rows)
