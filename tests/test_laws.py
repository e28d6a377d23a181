"""The laws of sums over rows and of expectation-maximisation, for every model of ``table.py``."""

from __future__ import annotations

import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import equinox as eqx
import jax
import jax.flatten_util
import numpy as np
import pytest
from scipy.special import logsumexp
from sklearn.exceptions import ConvergenceWarning
from table import CASES, COMPLETE, LATENT, MOVABLE, Case, generator

import suffice
from suffice.fit.expectation_maximization import em
from suffice.latent import Mixed
from suffice.model import EStep, Hyperparameters
from suffice.rows.block import add
from suffice.rows.patterns import arrange
from suffice.rows.total import total
from suffice.runtime.precision import cast, scope, to_numpy

FULL_MOVES, MOVE = [(1e3, 1.0), (0.0, 1e6), (1e6, 1e-6), (1e6, 1e6)], [(1e6, 1e6)]
every_model = pytest.mark.parametrize("case", CASES, ids=str)
every_latent_model = pytest.mark.parametrize("case", LATENT, ids=str)
every_movable_model = pytest.mark.parametrize("case", MOVABLE, ids=str)


def compiled(function, case: Case):
    """A program; not optimised at all (``conftest.py``), derivatives of maxima may be wrong, as those of mixed columns are."""
    level = 1 if isinstance(case.model.components, Mixed) else 0
    return jax.jit(function, compiler_options={"xla_backend_optimization_level": level})


def arrays(tree):
    return [np.asarray(leaf) for leaf in jax.tree.leaves(tree) if eqx.is_array_like(leaf)]


def assert_same(left, right, tolerance=1e-11):
    for a, b in zip(arrays(left), arrays(right), strict=True):
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * max(1.0, np.abs(b).max(initial=0.0)))


def rows_of(case: Case) -> int:
    return len(jax.tree.leaves(case.data)[0])


def at(data, index):
    return jax.tree.map(lambda leaf: leaf[index], data)


def weights(case: Case) -> np.ndarray:
    return generator().uniform(0.5, 2.0, rows_of(case))


@every_model
def test_weight_zero_is_a_row_absent(case):
    weight = weights(case)
    weight[::3] = 0
    kept = np.flatnonzero(weight)
    assert_same(total(case.summed, case.data, weight), total(case.summed, at(case.data, kept), weight[kept]))


@every_model
def test_weight_two_is_a_row_twice(case):
    weight = np.ones(rows_of(case))
    weight[:50] = 2
    twice = np.r_[np.arange(rows_of(case)), np.arange(50)]
    assert_same(total(case.summed, case.data, weight), total(case.summed, at(case.data, twice)))


@every_model
def test_order_of_rows_does_not_matter(case):
    order = generator().permutation(rows_of(case))
    weight = weights(case)
    assert_same(total(case.summed, case.data, weight), total(case.summed, at(case.data, order), weight[order]))


@every_model
def test_two_halves_add_to_the_whole(case):
    half, weight = rows_of(case) // 2, weights(case)
    parts = [total(case.summed, at(case.data, part), weight[part]) for part in (slice(half), slice(half, None))]
    assert_same(add(*parts), total(case.summed, case.data, weight))


@every_model
def test_size_of_tiles_does_not_matter(case):
    assert_same(total(case.summed, case.data, tile=7), total(case.summed, case.data, tile=1024))


@every_model
def test_a_stream_sums_to_what_memory_does(case):
    if isinstance(case.data, tuple):
        pytest.skip("streams carry rows and weights; pairs of arrays are summed in memory")
    weight = weights(case)
    batches = [(case.data[s : s + 70], weight[s : s + 70]) for s in range(0, rows_of(case), 70)]
    assert_same(total(case.summed, batches), total(case.summed, case.data, weight))


@every_model
def test_saving_and_loading_keeps_every_bit(case, tmp_path):
    suffice.save(case.model, tmp_path / "model")
    loaded = suffice.load(tmp_path / "model")
    assert jax.tree.structure(loaded) == jax.tree.structure(case.model)
    for a, b in zip(arrays(loaded), arrays(case.model), strict=True):
        assert a.dtype == b.dtype
        assert a.tobytes() == b.tobytes()


@every_latent_model
def test_log_likelihood_never_falls(case):
    trace = em(case.model, case.data, tol=0, max_iter=40).trace
    assert np.diff(trace).min() > -1e-12


@every_latent_model
def test_log_posterior_never_falls_under_a_prior(case):
    trace = em(case.penalised, case.data, tol=0, max_iter=40).trace
    assert np.diff(trace).min() > -1e-12
    assert np.diff(trace).max() > 1e-6


def expected(model, case: Case, centred: bool = False, weight=None):
    """Expected statistics of all rows as one tile."""
    weight = np.ones(rows_of(case)) if weight is None else weight
    return EStep(model, centred).prepare()(arrange(case.data, model.missing), weight)


def joint_by_enumeration(case: Case, rows: np.ndarray) -> np.ndarray:
    components = case.model.components
    each = [case.log_density(components, k, rows) for k in range(len(case.model.weights))]
    return np.stack(each, 1) + np.log(case.model.weights)


@every_latent_model
def test_responsibilities_sum_to_one_and_equal_enumeration(case):
    joint = joint_by_enumeration(case, case.data)
    with scope("float64"):
        share = np.asarray(case.model.responsibilities(case.data))
        evidence = np.asarray(case.model.log_density(case.data))
    np.testing.assert_allclose(share.sum(1), 1, atol=1e-13)
    np.testing.assert_allclose(share, np.exp(joint - logsumexp(joint, axis=1, keepdims=True)), atol=1e-12)
    np.testing.assert_allclose(evidence, logsumexp(joint, axis=1), rtol=1e-12, atol=1e-14)


def moving(model):
    """The arrays of a model that a fit moves, and the rest."""
    held = jax.tree.map(
        lambda leaf: not isinstance(leaf, Hyperparameters),
        model,
        is_leaf=lambda leaf: isinstance(leaf, Hyperparameters),
    )
    return eqx.partition(model, held, is_leaf=lambda leaf: isinstance(leaf, Hyperparameters))


def combined(parts, rest):
    return eqx.combine(parts, rest, is_leaf=lambda leaf: isinstance(leaf, Hyperparameters))


@cache
def derivatives(case: Case):
    """A program: the log-likelihood and its gradient, and that of the expected complete one for statistics at the start."""
    statistics = expected(case.model, case)
    rest = moving(case.model)[1]

    def complete(p):
        return combined(p, rest).expected_complete_log_likelihood(statistics)

    def direct(p):
        return combined(p, rest).log_density(case.data).sum()

    return compiled(lambda p: (*jax.value_and_grad(direct)(p), jax.grad(complete)(p)), case)


@every_latent_model
def test_fishers_identity(case):
    """The gradient of the log-likelihood is that of the expected complete log-likelihood at the same parameters."""
    with scope("float64"):
        _, direct, complete = derivatives(case)(moving(case.model)[0])
    assert_same(complete, direct, 1e-9)


@every_latent_model
def test_gradient_equals_finite_differences(case):
    with scope("float64"):
        parts, _ = moving(case.model)
        flat, rebuild = jax.flatten_util.ravel_pytree(parts.components)
        flat = np.asarray(flat)

        def value_and_gradient(vector):
            moved = eqx.tree_at(lambda p: p.components, parts, to_numpy(rebuild(vector)))
            value, slopes, _ = derivatives(case)(moved)
            return value, slopes.components

        gradient = np.asarray(jax.flatten_util.ravel_pytree(value_and_gradient(flat)[1])[0])
        direction = generator().standard_normal(flat.shape)
        if np.ndim(case.model.components.__dict__.get("covariances", 0)) in (2, 3):
            shape = rebuild(np.asarray(direction))
            if shape.covariances.shape[-1] == shape.covariances.shape[-2]:
                symmetric = (shape.covariances + np.swapaxes(shape.covariances, -1, -2)) / 2
                direction = jax.flatten_util.ravel_pytree(eqx.tree_at(lambda c: c.covariances, shape, symmetric))[0]
        step = 1e-5
        direction = np.asarray(direction)
        ahead, behind = (value_and_gradient(flat + sign * step * direction)[0] for sign in (1, -1))
        slope = float(ahead - behind) / (2 * step)
    np.testing.assert_allclose(gradient @ direction, slope, rtol=1e-6)


@every_latent_model
@pytest.mark.parametrize("penalised", [False, True], ids=["likelihood", "posterior"])
def test_maximisation_leaves_no_slope(case, penalised):
    model = case.penalised if penalised else case.model
    statistics = expected(model, case)
    parts, rest = moving(model.maximize(statistics))

    def objective(p):
        moved = combined(p, rest)
        moved = eqx.tree_at(lambda m: m.components, moved, case.feasible(moved.components))
        whole = moved.expected_complete_log_likelihood(statistics) + moved.log_prior()
        return whole - jax.nn.logsumexp(moved.log_weights) * (rows_of(case) + (6.0 if penalised else 0.0))

    with scope("float64"):
        slopes = jax.jit(jax.grad(objective))(parts)
    for slope in arrays(slopes):
        assert np.abs(slope).max() < case.slope


@pytest.mark.parametrize(
    ("case", "offset", "scale"),
    [(case, *move) for case in MOVABLE if case.estimator for move in (FULL_MOVES if case is MOVABLE[0] else MOVE)],
    ids=str,
)
def test_shift_and_scale_of_the_data_only_shift_and_scale_the_fit(case, offset, scale):
    settings = {"n_components": 3, "random_state": 0, "max_iter": 8, "tol": 0, "reg_covar": 1e-6}
    with pytest.warns(ConvergenceWarning):
        plain = case.estimator(**settings).fit(case.data)
    with pytest.warns(ConvergenceWarning):
        moved = case.estimator(**settings).fit((case.data + offset) * scale)
    observed = (~np.isnan(case.data)).sum() / len(case.data)
    np.testing.assert_allclose(moved.lower_bound_ + observed * np.log(scale), plain.lower_bound_, rtol=1e-8)
    np.testing.assert_allclose(moved.means_ / scale - offset, plain.means_, atol=1e-7)
    np.testing.assert_allclose(moved.covariances_ / scale**2, plain.covariances_, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(
        moved.predict_proba((case.data + offset) * scale), plain.predict_proba(case.data), atol=1e-7
    )


@every_movable_model
def test_products_and_deviations_are_the_same_mathematics(case):
    with scope("float64"):
        model = cast(case.model, "float64")
        weight = weights(case)
        fits = []
        for centred in (False, True):
            statistics = expected(model, case, centred, weight)
            fits.append((statistics.log_likelihood, model.maximize(statistics)))
    assert_same(*fits)


@every_latent_model
def test_a_component_without_weight_keeps_its_parameters(case):
    weightless = np.array([1.0, 1.0, 0.0]) / 2
    model = type(case.model)(weightless, case.model.components)
    with scope("float64"):
        fitted = to_numpy(model.maximize(expected(model, case)))
    assert all(np.isfinite(leaf).all() for leaf in arrays(fitted.components))
    assert fitted.weights[2] == 0


@pytest.mark.parametrize("case", COMPLETE, ids=str)
def test_restarts_together_equal_restarts_alone(case):
    spread = [1.0, 0.8, 1.2]
    models = [
        eqx.tree_at(lambda m: m.log_weights, case.model, np.log(np.array([s, 1.0, 1.0]) / (s + 2))) for s in spread
    ]
    together = jax.tree.map(
        lambda *leaves: leaves[0] if isinstance(leaves[0], Hyperparameters) else np.stack(leaves),
        *models,
        is_leaf=lambda leaf: isinstance(leaf, Hyperparameters),
    )
    batch = em(together, case.data, max_iter=60, tol=1e-4)
    for r, model in enumerate(models):
        alone = em(model, case.data, max_iter=60, tol=1e-4)
        trace = batch.trace[:, r][np.isfinite(batch.trace[:, r])]
        assert len(trace) == len(alone.trace)
        np.testing.assert_allclose(trace, alone.trace, rtol=1e-10)
        np.testing.assert_allclose(batch.model.weights[r], alone.model.weights, rtol=1e-8)


ELSEWHERE = """
import sys, jax, numpy as np
sys.path.insert(0, {tests!r})
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from table import CASES
from suffice.rows.total import total
kept = np.load({kept!r})
assert len(jax.devices()) == 2
mesh = Mesh(np.array(jax.devices()), ("rows",))
split = NamedSharding(mesh, PartitionSpec("rows"))
for number, case in enumerate(CASES):
    with jax.enable_x64(True):
        data = jax.tree.map(lambda leaf: jax.device_put(leaf, split), case.data)
    spread = jax.tree.leaves(total(case.summed, data))
    assert len(spread) == sum(name.startswith(f"{{number}} ") for name in kept)
    for place, a in enumerate(spread):
        b = kept[f"{{number}} {{place}}"]
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-11 * max(1.0, np.abs(b).max(initial=0.0)))
    print("same", case.name)

from suffice import BernoulliMixture, GaussianMixture
from suffice.rows.place import place
X = CASES[0].data
with jax.enable_x64(True):
    Y = jax.device_put(X, split)
with jax.enable_x64(True):
    read = place(Y, origin=X[0], precision="float64", tile=64).each(lambda rows, weight: (rows, 2 * rows[:, 0]))
np.testing.assert_array_equal(read[0], X - X[0])
np.testing.assert_array_equal(read[1], 2 * (X - X[0])[:, 0])
for estimator in (GaussianMixture(2, random_state=0, max_iter=5, tol=0), BernoulliMixture(2, random_state=0, max_iter=5, tol=0)):
    alone = estimator.fit(X).predict_proba(X)
    np.testing.assert_allclose(estimator.fit(Y).predict_proba(Y), alone, atol=1e-10)
    print("same", estimator)
"""


def test_two_devices_sum_to_what_one_does(tmp_path):
    alone = [jax.tree.leaves(total(case.summed, case.data)) for case in CASES]
    sums = {f"{number} {place}": leaf for number, leaves in enumerate(alone) for place, leaf in enumerate(leaves)}
    np.savez(tmp_path / "alone.npz", **sums)
    code = ELSEWHERE.format(tests=str(Path(__file__).parent), kept=str(tmp_path / "alone.npz"))
    environment = {
        **os.environ,
        "XLA_FLAGS": f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count=2",
        "JAX_PLATFORMS": "cpu",
    }
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert result.stdout.count("same") == len(CASES) + 2, result.stderr
