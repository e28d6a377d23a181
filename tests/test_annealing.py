"""Annealed importance sampling, tempering and mixing diagnostics of RBMs, against enumeration."""

import equinox as eqx
import jax
import numpy as np
import pytest

from suffice.energy import RBM, CategoricalRBM, GaussianRBM, annealed_importance_sampling, mixing
from suffice.energy.rbm.tempering import Path, _swapped, base_of, inverse_temperatures, tempered


def random_parameters(module, seed=0, scale=1.0):
    draw = np.random.default_rng(seed)
    found = jax.tree.map(lambda leaf: scale * draw.normal(size=leaf.shape), module)
    if isinstance(module, GaussianRBM):
        return eqx.tree_at(lambda rbm: rbm.log_precision, found, np.abs(found.log_precision))
    return found


MODULES = [RBM(7, 4, key=0), GaussianRBM(3, 4, key=0), CategoricalRBM([3, 2], 4, key=0, n_binary=2)]
each_module = pytest.mark.parametrize("module", MODULES, ids=lambda module: type(module).__name__)


@each_module
def test_both_annealings_agree_with_enumeration_in_twenty_of_twenty_seeds(module):
    model = random_parameters(module)
    exact, base = model.log_partition(), np.linspace(-1, 1, len(model.visible_bias))
    start = model.gibbs(np.zeros((100, len(base))), key=5, steps=200)
    for seed in range(20):
        forward = annealed_importance_sampling(model, base, n_temperatures=250, key=seed)
        assert abs(forward.value - exact) < 4 * forward.standard_error
    back = annealed_importance_sampling(model, base, n_temperatures=250, key=0, start=start)
    assert abs(back.value - exact) < 5 * back.standard_error


@each_module
def test_without_couplings_every_weight_is_the_same_and_log_z_exact(module):
    model = eqx.tree_at(lambda rbm: rbm.weights, random_parameters(module), np.zeros(module.weights.shape))
    if isinstance(module, GaussianRBM):
        model = eqx.tree_at(lambda rbm: rbm.log_precision, model, np.zeros(3))
    model = eqx.tree_at(lambda rbm: rbm.hidden_bias, model, np.zeros(4))
    found = annealed_importance_sampling(model, model.visible_bias, n_temperatures=50, key=1)
    assert found.value == pytest.approx(float(model.log_partition()), rel=1e-12)
    assert found.standard_error < 1e-12


def test_the_error_bar_is_that_of_repeated_runs():
    model = random_parameters(MODULES[0], seed=3, scale=1.5)
    runs = [annealed_importance_sampling(model, np.zeros(7), n_temperatures=20, key=seed) for seed in range(60)]
    spread, stated = np.std([run.value for run in runs]), np.mean([run.standard_error for run in runs])
    assert 0.6 < spread / stated < 1.6


def test_tempered_chains_keep_the_models_distribution():
    model = random_parameters(RBM(3, 2, key=0), seed=2, scale=3.0)
    states = (np.arange(8)[:, None] >> np.arange(3) & 1).astype(float)
    with jax.enable_x64(True):
        path = Path(model, base_of(model, np.zeros(3)))
        run = jax.jit(lambda key: tempered(path, jax.numpy.zeros((4, 2000, 3)), key, 40))
        drawn = np.asarray(run(jax.random.key(0)))[-1]
    frequency = np.bincount((drawn @ [1, 2, 4]).astype(int), minlength=8) / len(drawn)
    expected = np.exp(model.log_likelihood(states))
    assert abs(frequency - expected).max() < 5 * np.sqrt(0.25 / len(drawn))


TEMPERATURES = 3
JOINT = np.stack(np.meshgrid(*[np.arange(4)] * TEMPERATURES, indexing="ij"), -1).reshape(-1, TEMPERATURES)


@pytest.fixture(scope="module")
def ladder():
    """A path of a tiny machine, and the exact joint distribution of one state at each of its temperatures."""
    model = random_parameters(RBM(2, 2, key=0), seed=4, scale=2.0)
    bias = np.array([0.7, -0.4])
    states = two_units(np.arange(4))
    energy = model.energy(states[:, None], states[None])
    log_p = np.stack(
        [
            np.logaddexp.reduce(-beta * energy + (1 - beta) * (states @ bias)[:, None], axis=1)
            for beta in np.linspace(0, 1, TEMPERATURES)
        ]
    )
    log_p -= np.logaddexp.reduce(log_p, axis=1, keepdims=True)
    joint = np.exp(log_p[np.arange(TEMPERATURES), JOINT].sum(1))
    with jax.enable_x64(True):
        return Path(model, base_of(model, bias)), joint


def two_units(number):
    return (number[..., None] >> np.arange(2) & 1).astype(float)


def number_of(visible):
    """The place in ``JOINT`` of each chain of states (T, n, 2)."""
    return np.ravel_multi_index((np.asarray(visible) @ [1, 2]).astype(int), (4,) * TEMPERATURES)


def test_swaps_are_in_detailed_balance_with_the_enumerated_joint_distribution(ladder):
    path, joint = ladder
    repeats = 4000
    start = np.repeat(np.arange(len(JOINT)), repeats)
    with jax.enable_x64(True):
        visible = jax.numpy.asarray(two_units(JOINT[start].T))
        betas = inverse_temperatures(TEMPERATURES, visible.dtype)[:, None]
        after = jax.jit(lambda key: _swapped(path, visible, betas, key))(jax.random.key(1))
    moved = np.zeros((len(JOINT), len(JOINT)))
    np.add.at(moved, (start, number_of(after)), 1 / repeats)
    flow = joint[:, None] * moved
    variance = joint[:, None] ** 2 * (moved * (1 - moved) + 1 / repeats) / repeats
    assert (abs(flow - flow.T) < 5 * np.sqrt(variance + variance.T)).all()
    exchanged = number_of(two_units(JOINT[:, [1, 0, 2]].T))
    other = exchanged != np.arange(len(JOINT))
    assert (
        np.maximum(moved[np.arange(len(JOINT)), exchanged], moved[exchanged, np.arange(len(JOINT))])[other] > 0.3
    ).all()


def test_a_step_at_all_temperatures_leaves_the_enumerated_joint_distribution(ladder):
    path, joint = ladder
    count = 100_000
    start = np.random.default_rng(0).choice(len(JOINT), count, p=joint)
    with jax.enable_x64(True):
        after = jax.jit(lambda key: tempered(path, jax.numpy.asarray(two_units(JOINT[start].T)), key, 2))(
            jax.random.key(2)
        )
    frequency = np.bincount(number_of(after), minlength=len(JOINT)) / count
    assert (abs(frequency - joint) < 5 * np.sqrt(joint / count) + 1 / count).all()


def test_independent_draws_mix_and_stuck_chains_do_not():
    draws = np.random.default_rng(0).normal(size=(1000, 10))
    good, stuck = mixing(draws), mixing(draws + 3 * np.arange(10))
    assert good.r_hat == pytest.approx(1, abs=0.02)
    assert good.effective_size > 3000
    assert stuck.r_hat > 5
    assert stuck.effective_size < 100


def test_effective_size_of_an_autoregression_is_its_theoretical_one():
    draw, state, trace = np.random.default_rng(1), np.zeros(50), []
    for _ in range(2000):
        state = 0.8 * state + draw.normal(size=50)
        trace.append(state)
    found = mixing(np.array(trace)).effective_size
    assert found == pytest.approx(1000 * 50 * (1 - 0.8) / (1 + 0.8), rel=0.25)


def test_few_steps_have_no_diagnostics():
    assert np.isnan(mixing(np.zeros((3, 4))).r_hat)
    assert mixing(np.zeros((20, 4))).r_hat == 1
