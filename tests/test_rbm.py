"""Laws of the restricted Boltzmann machine, by enumeration of all its states and by finite differences."""

import equinox as eqx
import jax
import numpy as np
import pytest

from suffice import total
from suffice.blocks import add
from suffice.energy import RBM

PLACES = ("weights", "visible_bias", "hidden_bias")


def all_states(n_units):
    return (np.arange(2**n_units)[:, None] >> np.arange(n_units) & 1).astype(float)


def replaced(rbm, parameters):
    return eqx.tree_at(lambda m: [getattr(m, place) for place in PLACES], rbm, list(parameters))


def random_rbm(n_visible=5, n_hidden=4, seed=0):
    rng = np.random.default_rng(seed)
    shapes = (n_visible, n_hidden), (n_visible,), (n_hidden,)
    return replaced(RBM(n_visible, n_hidden, key=0), [rng.normal(size=shape) for shape in shapes])


def log_sum_exp(values, axis=None):
    return np.logaddexp.reduce(values, axis=axis)


def joint_log_probability(rbm):
    visible, hidden = all_states(len(rbm.visible_bias)), all_states(len(rbm.hidden_bias))
    negative_energy = -rbm.energy(visible[:, None], hidden[None])
    return negative_energy - log_sum_exp(negative_energy.ravel())


def assert_trees_close(left, right, rtol=1e-12, atol=1e-12):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=rtol, atol=atol), left, right)


@pytest.fixture(scope="module")
def rbm():
    return random_rbm()


def test_hidden_units_are_independent_given_the_visible_ones(rbm):
    hidden = all_states(4)
    joint = np.exp(joint_log_probability(rbm))
    given_visible = joint / joint.sum(1, keepdims=True)
    p = rbm.hidden_probability(all_states(5))[:, None]
    np.testing.assert_allclose(given_visible, (p**hidden * (1 - p) ** (1 - hidden)).prod(-1), atol=1e-12)


def test_visible_units_are_independent_given_the_hidden_ones(rbm):
    visible = all_states(5)[:, None]
    joint = np.exp(joint_log_probability(rbm))
    p = rbm.visible_mean(all_states(4))[None]
    np.testing.assert_allclose(joint / joint.sum(0), (p**visible * (1 - p) ** (1 - visible)).prod(-1), atol=1e-12)


def test_free_energy_sums_the_hidden_states_out(rbm):
    visible = all_states(5)
    summed = -log_sum_exp(-rbm.energy(visible[:, None], all_states(4)[None]), axis=1)
    np.testing.assert_allclose(rbm.free_energy(visible), summed, rtol=1e-12)


@pytest.mark.parametrize("shape", [(5, 4), (4, 5), (3, 14), (14, 3)])
def test_likelihoods_of_all_states_sum_to_one(shape):
    rbm = random_rbm(*shape)
    assert np.exp(rbm.log_likelihood(all_states(shape[0]))).sum() == pytest.approx(1, abs=1e-12)


def test_log_partition_is_the_same_from_either_side():
    rbm = random_rbm(6, 9)
    mirrored = replaced(RBM(9, 6, key=0), [rbm.weights.T, rbm.hidden_bias, rbm.visible_bias])
    assert rbm.log_partition() == pytest.approx(mirrored.log_partition(), rel=1e-13)


def test_log_partition_of_a_large_machine_is_refused_with_a_way_out():
    with pytest.raises(ValueError, match=r"21 visible and 22 hidden.*free_energy"):
        RBM(21, 22, key=0).log_partition()


def test_data_minus_model_statistics_are_the_gradient_of_the_likelihood(rbm):
    rng = np.random.default_rng(1)
    rows, weight = rng.integers(0, 2, (7, 5)).astype(float), rng.random(7)
    states = all_states(5)
    gradient = rbm.gradient(rbm.statistics(rows, weight), rbm.statistics(states, np.exp(rbm.log_likelihood(states))))

    for place in PLACES:
        parameter = getattr(rbm, place)
        for index in np.ndindex(parameter.shape):
            moved = []
            for step in (1e-5, -1e-5):
                shifted = parameter.copy()
                shifted[index] += step
                other = eqx.tree_at(lambda m, place=place: getattr(m, place), rbm, shifted)
                moved.append(weight @ other.log_likelihood(rows) / weight.sum())
            difference = (moved[0] - moved[1]) / 2e-5
            assert getattr(gradient, place)[index] == pytest.approx(difference, rel=1e-6, abs=1e-9)


def test_weight_zero_is_a_row_left_out_and_weight_two_a_row_twice(rbm):
    rows = all_states(5)[[3, 9, 17]]
    weighted = rbm.statistics(rows, np.array([2.0, 0.0, 1.0]))
    assert_trees_close(weighted, rbm.statistics(rows[[0, 0, 2]], np.ones(3)))


def test_statistics_of_halves_add_to_the_whole_in_any_row_order(rbm):
    rng = np.random.default_rng(2)
    rows, weight = rng.random((40, 5)), rng.random(40)
    whole = rbm.statistics(rows, weight)
    assert_trees_close(add(rbm.statistics(rows[:15], weight[:15]), rbm.statistics(rows[15:], weight[15:])), whole)
    order = rng.permutation(40)
    assert_trees_close(rbm.statistics(rows[order], weight[order]), whole)


@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_total_over_tiles_is_the_sum_over_all_rows(rbm, precision):
    rng = np.random.default_rng(3)
    rows, weight = rng.random((50, 5)), rng.random(50)
    tolerance = {"float32": 1e-5, "float64": 1e-12}[precision]
    model = jax.tree.map(lambda leaf: leaf.astype(precision), rbm)
    summed = total(model.statistics, rows, weight, tile=16)
    assert {leaf.dtype.name for leaf in jax.tree.leaves(summed)} == {precision}
    assert_trees_close(summed, rbm.statistics(rows, weight), rtol=tolerance)


def test_any_leading_axes_will_do(rbm):
    visible, hidden = np.random.default_rng(4).random((2, 3, 5)), np.random.default_rng(5).random((2, 3, 4))
    assert rbm.energy(visible, hidden).shape == rbm.free_energy(visible).shape == (2, 3)
    assert rbm.energy(visible[0, 0], hidden[0, 0]).shape == rbm.reconstruction_cross_entropy(visible[0, 0]).shape == ()
    np.testing.assert_array_equal(rbm.hidden_probability(visible)[1, 2], rbm.hidden_probability(visible[1, 2]))
    assert_trees_close(rbm.statistics(visible, np.ones((2, 3))), rbm.statistics(visible.reshape(6, 5), np.ones(6)))


def test_block_gibbs_moves_as_the_enumerated_chain(rbm):
    start = np.tile([1.0, 0, 1, 0, 0], (20_000, 1))
    drawn = rbm.gibbs(start, key=0, steps=2)
    expected = np.linalg.matrix_power(transitions(rbm), 2)[0b00101]
    frequency = np.bincount((drawn @ 2 ** np.arange(5)).astype(int), minlength=32) / len(drawn)
    assert abs(frequency - expected).max() < 5 * np.sqrt(expected.max() / len(drawn))


def test_one_key_gives_the_same_chain_and_another_key_another(rbm):
    start = np.zeros((50, 5))
    chain = rbm.gibbs(start, key=3, steps=3)
    np.testing.assert_array_equal(chain, rbm.gibbs(start, key=jax.random.key(3), steps=3))
    assert (chain != rbm.gibbs(start, key=4, steps=3)).any()


def transitions(rbm):
    visible, hidden = all_states(5), all_states(4)
    up, down = rbm.hidden_probability(visible)[:, None], rbm.visible_mean(hidden)[:, None]
    return (up**hidden * (1 - up) ** (1 - hidden)).prod(-1) @ (down**visible * (1 - down) ** (1 - visible)).prod(-1)


def relative_bias_of_contrastive_divergence(rbm, start, steps):
    """Distance of the expected CD-k gradient from the exact one, over the norm of the exact one."""
    states = all_states(5)
    data = rbm.statistics(states, start)
    exact = rbm.gradient(data, rbm.statistics(states, np.exp(rbm.log_likelihood(states))))
    after = start @ np.linalg.matrix_power(transitions(rbm), steps)
    expected = rbm.gradient(data, rbm.statistics(states, after))
    difference = jax.tree.map(np.subtract, expected, exact)
    return norm(difference) / norm(exact)


def norm(tree):
    return np.sqrt(sum((leaf**2).sum() for leaf in jax.tree.leaves(tree)))


def test_bias_of_contrastive_divergence_vanishes_with_its_steps():
    biases = []
    for seed in range(20):
        start = np.random.default_rng(100 + seed).dirichlet(np.ones(32))
        rbm = random_rbm(seed=seed)
        biases.append([relative_bias_of_contrastive_divergence(rbm, start, k) for k in (1, 5, 10, 20)])
    biases = np.array(biases)
    assert (np.diff(np.log(biases)) < 0).all()
    assert (biases[:, 2] < 1e-3 * biases[:, 0]).all()


def test_initial_parameters_are_numpy_and_have_the_stated_scale():
    rbm = RBM(200, 100, key=1)
    assert all(type(leaf) is np.ndarray and leaf.dtype == np.float32 for leaf in jax.tree.leaves(rbm))
    assert rbm.weights.std() == pytest.approx(0.1, rel=0.05)
    assert RBM(200, 100, key=1, scale=0.01).weights.std() == pytest.approx(0.01, rel=0.05)
    assert not rbm.visible_bias.any()
    assert not rbm.hidden_bias.any()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda rbm: rbm.free_energy(np.zeros((2, 4))), "5 visible units"),
        (lambda rbm: rbm.visible_mean(np.zeros(5)), "4 hidden units"),
        (lambda rbm: rbm.statistics(np.zeros((3, 5)), np.ones(2)), r"shape \(3,\)"),
        (lambda rbm: rbm.gibbs(np.zeros(5), key=0, steps=0), "at least 1 step"),
        (lambda rbm: rbm.gibbs(np.zeros(5), key=-1), "out of range"),
        (lambda rbm: RBM(0, 3, key=0), "at least one unit"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_would(rbm, call, message):
    with pytest.raises(ValueError, match=message):
        call(rbm)


def test_a_key_of_another_kind_is_refused():
    with pytest.raises(TypeError, match="no random key"):
        RBM(3, 2, key="seed")
