"""Laws of the restricted Boltzmann machine, by enumeration of all its states and by finite differences."""

import equinox as eqx
import jax
import numpy as np
import pytest

from suffice import total
from suffice.energy import RBM, CategoricalRBM, GaussianRBM
from suffice.rows.block import add

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


def test_exchanging_zeros_and_ones_changes_no_centred_step(rbm):
    """The RBM of 1 - v with the same distribution: its centred gradient is that of v, in its own parameters."""
    rows = np.random.default_rng(6).integers(0, 2, (9, 5)).astype(float)
    flipped = replaced(rbm, [-rbm.weights, -rbm.visible_bias, rbm.hidden_bias + rbm.weights.sum(0)])
    samples = rbm.gibbs(rows, key=0)
    centre = rows.mean(0), rbm.hidden_probability(rows).mean(0)
    plain = rbm.gradient(rbm.statistics(rows, np.ones(9)), rbm.statistics(samples, np.ones(9)))
    mirrored = flipped.gradient(flipped.statistics(1 - rows, np.ones(9)), flipped.statistics(1 - samples, np.ones(9)))
    here, there = rbm.centred(plain, *centre), flipped.centred(mirrored, 1 - centre[0], centre[1])
    np.testing.assert_allclose(there.weights, -here.weights, atol=1e-12)
    np.testing.assert_allclose(there.visible_bias, -here.visible_bias, atol=1e-12)
    np.testing.assert_allclose(there.hidden_bias, here.hidden_bias + here.weights.sum(0), atol=1e-12)


def test_exchanging_the_states_of_hidden_units_changes_no_centred_step(rbm):
    rows = np.random.default_rng(6).integers(0, 2, (9, 5)).astype(float)
    flipped = replaced(rbm, [-rbm.weights, rbm.visible_bias + rbm.weights.sum(1), -rbm.hidden_bias])
    samples, ones = rbm.gibbs(rows, key=0), np.ones(9)
    centre = rows.mean(0), rbm.hidden_probability(rows).mean(0)
    plain, mirrored = (m.gradient(m.statistics(rows, ones), m.statistics(samples, ones)) for m in (rbm, flipped))
    here, there = rbm.centred(plain, *centre), flipped.centred(mirrored, centre[0], 1 - centre[1])
    np.testing.assert_allclose(there.weights, -here.weights, atol=1e-12)
    np.testing.assert_allclose(there.hidden_bias, -here.hidden_bias, atol=1e-12)
    np.testing.assert_allclose(there.visible_bias, here.visible_bias + here.weights.sum(1), atol=1e-12)


def test_centring_at_zero_is_the_plain_gradient(rbm):
    assert_trees_close(rbm.centred(rbm, np.zeros(5), np.zeros(4)), rbm)


def test_pseudo_likelihood_sums_conditionals_of_the_enumerated_distribution(rbm):
    states = all_states(5)
    log_p, expected = rbm.log_likelihood(states), 0.0
    for unit in range(5):
        other = log_p[np.arange(32) ^ (1 << unit)]
        expected = expected + log_p - np.logaddexp(log_p, other)
    np.testing.assert_allclose(rbm.pseudo_log_likelihood(states), expected, rtol=1e-10)


def categorical(seed=0):
    rng = np.random.default_rng(seed)
    return jax.tree.map(lambda leaf: rng.normal(size=leaf.shape), CategoricalRBM([3, 2], 4, key=0, n_binary=2))


def test_states_of_a_categorical_machine_are_all_its_rows_and_their_probabilities_sum_to_one():
    rbm = categorical()
    with jax.enable_x64(True):
        states = np.asarray(rbm.visible_state(jax.numpy.arange(rbm.visible_states, dtype="int32")))
    assert len(np.unique(states, axis=0)) == 4 * 3 * 2
    assert (states[:, 2:5].sum(1) == 1).all()
    log_p = rbm.log_likelihood(states)
    assert np.exp(log_p).sum() == pytest.approx(1, abs=1e-12)
    by_hidden = [log_sum_exp([-rbm.energy(v, h) for v in states]) for h in all_states(4)]
    assert log_sum_exp(np.array(by_hidden)) == pytest.approx(rbm.log_partition(), rel=1e-12)


def test_pseudo_likelihood_of_columns_is_that_of_the_enumerated_distribution():
    rbm = categorical(1)
    with jax.enable_x64(True):
        states = np.asarray(rbm.visible_state(jax.numpy.arange(24, dtype="int32")))
    log_p, expected = rbm.log_likelihood(states), np.zeros(24)
    for group in ([0], [1], [2, 3, 4], [5, 6]):
        rest = np.delete(states, group, axis=1)
        same = (rest[:, None] == rest[None]).all(-1)
        expected += log_p - np.array([log_sum_exp(log_p[row]) for row in same])
    np.testing.assert_allclose(rbm.pseudo_log_likelihood(states), expected, rtol=1e-10)


@pytest.mark.parametrize("kind", ["gaussian", "categorical"])
def test_gibbs_steps_of_other_units_have_the_conditional_mean(kind):
    rng = np.random.default_rng(2)
    rbm = categorical(2) if kind == "categorical" else gaussian(rng)
    hidden = np.array([1.0, 0, 1, 1])
    mean = rbm.visible_mean(hidden)
    with jax.enable_x64(True):
        field = np.tile(hidden @ rbm.weights.T + rbm.visible_bias, (20_000, 1))
        drawn = np.asarray(rbm.draw_at(jax.numpy.asarray(field), jax.random.key(0)))
    assert (abs(drawn.mean(0) - mean) < 5 * drawn.std(0) / np.sqrt(20_000)).all()


def gaussian(rng):
    return jax.tree.map(lambda leaf: 0.7 * rng.normal(size=leaf.shape), GaussianRBM(3, 4, key=0))


def test_a_gaussian_machine_is_the_mixture_of_its_hidden_states():
    rng = np.random.default_rng(4)
    rbm, rows = gaussian(rng), rng.normal(size=(6, 3))
    hidden, variance = all_states(4), np.exp(-rbm.log_precision)
    means = (rbm.visible_bias + hidden @ rbm.weights.T) * variance
    log_joint = norm_log_density(rows[:, None], means, variance).sum(-1)
    weight = hidden @ rbm.hidden_bias + 0.5 * (means**2 / variance).sum(-1)
    expected = log_sum_exp(log_joint + weight - log_sum_exp(weight), axis=1)
    np.testing.assert_allclose(rbm.log_likelihood(rows), expected, rtol=1e-10)


def norm_log_density(x, mean, variance):
    return -0.5 * ((x - mean) ** 2 / variance + np.log(2 * np.pi * variance))


def test_the_gradient_of_a_gaussian_machine_is_that_of_its_likelihood():
    """Moments of the mixture that it is stand for samples."""
    rng = np.random.default_rng(5)
    rbm, rows = gaussian(rng), rng.normal(size=(6, 3))
    data = rbm.statistics(rows, np.ones(6))
    hidden, variance = all_states(4), np.exp(-rbm.log_precision)
    means = (rbm.visible_bias + hidden @ rbm.weights.T) * variance
    share = hidden @ rbm.hidden_bias + 0.5 * (means**2 / variance).sum(-1)
    share = np.exp(share - log_sum_exp(share))
    model = type(data)(
        (share[:, None] * means).T @ hidden, share @ means, share @ hidden, np.array(1.0), share @ (means**2 + variance)
    )
    gradient = rbm.gradient(data, model)
    for place in (*PLACES, "log_precision"):
        parameter = getattr(rbm, place)
        for index in list(np.ndindex(parameter.shape))[:4]:
            moved = []
            for step in (1e-5, -1e-5):
                shifted = parameter.copy()
                shifted[index] += step
                other = eqx.tree_at(lambda m, place=place: getattr(m, place), rbm, shifted)
                moved.append(other.log_likelihood(rows).mean())
            assert getattr(gradient, place)[index] == pytest.approx((moved[0] - moved[1]) / 2e-5, rel=1e-6, abs=1e-9)


def test_known_units_stay_and_the_others_follow_their_conditional():
    rbm = random_rbm(seed=7)
    start = np.tile([1.0, 0, 1, 0, 0], (20_000, 1))
    known = np.tile([True, True, False, True, False], (20_000, 1))
    drawn = rbm.gibbs(start, key=1, steps=30, known=known)
    np.testing.assert_array_equal(drawn[:, [0, 1, 3]], start[:, [0, 1, 3]])
    options = np.array([[1.0, 0, a, 0, b] for a in (0, 1) for b in (0, 1)])
    expected = np.exp(rbm.log_likelihood(options))
    frequency = np.bincount((drawn[:, [2, 4]] @ [2, 1]).astype(int), minlength=4) / len(drawn)
    assert abs(frequency - expected / expected.sum()).max() < 5 * np.sqrt(0.25 / len(drawn))


def test_the_pseudo_likelihood_of_real_units_is_refused():
    with pytest.raises(ValueError, match="no closed form"):
        GaussianRBM(3, 2, key=0).pseudo_log_likelihood(np.zeros((1, 3)))


def test_a_categorical_machine_needs_columns():
    with pytest.raises(ValueError, match="at least one column"):
        CategoricalRBM([], 2, key=0)
