"""Laws of Ising and Potts fields: enumeration of small grids, other orders of the same sums, limits and refusals."""

import itertools
from dataclasses import replace

import jax
import numpy as np
import pytest
from scipy.special import logsumexp

import suffice
from suffice import IsingDenoiser, PottsDenoiser
from suffice.energy.grid import share
from suffice.energy.grid.methods import METHODS
from suffice.energy.random_words import bernoulli, threefry
from suffice.runtime.keys import as_key

GRID = (3, 3)
STATES = np.array(list(itertools.product([-1, 1], repeat=9)), np.int8).reshape(-1, *GRID)
PARAMETERS = {"h": 0.13, "beta": 0.41, "eta": 0.57}


def random_parameters(seed):
    h, beta, eta = np.random.default_rng(seed).exponential(size=3)
    return {"h": h - 1, "beta": beta, "eta": eta}


def noise(seed, shape=(13, 18), flipped=0.15):
    """A clean image, half white and half black, with a corner, and a noisy one."""
    clean = np.ones(shape, np.int8)
    clean[: shape[0] // 2, 3:] = -1
    clean[:, -6:] = -1
    return clean, np.where(np.random.default_rng(seed).random(shape) < flipped, -clean, clean)


def direct_energy(x, y, h, beta, eta):
    """The sum written out, pixel by pixel and pair by pair."""
    height, width = x.shape
    energy = 0.0
    for i, j in np.ndindex(x.shape):
        energy += h * x[i, j] - eta * x[i, j] * y[i, j]
        for k, m in ((i + 1, j), (i, j + 1)):
            if k < height and m < width:
                energy -= beta * x[i, j] * x[k, m]
    return energy


def probabilities(y, states, **parameters):
    """Probability of +1 at each pixel, by enumeration."""
    minus = np.array([-direct_energy(x, y, **parameters) for x in states])
    weight = np.exp(minus - logsumexp(minus))
    return np.tensordot(weight, states == 1, 1)


@pytest.fixture(scope="module")
def grid():
    return np.random.default_rng(0).choice([-1, 1], GRID)


def test_energy_counts_each_pair_once(grid):
    denoiser = IsingDenoiser(**PARAMETERS)
    energies = [direct_energy(x, grid, **PARAMETERS) for x in STATES]
    np.testing.assert_allclose(denoiser.energy(STATES, grid), energies, rtol=0, atol=1e-12)
    assert denoiser.energy(STATES[7], grid) == pytest.approx(energies[7], abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_energy_difference_is_that_of_two_energies(seed):
    x, y = np.random.default_rng(seed).choice([-1, 1], (2, 4, 5))
    parameters = random_parameters(seed)
    difference = IsingDenoiser(**parameters).energy_difference(x, y)
    for i, j in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i, j], down[i, j] = 1, -1
        expected = direct_energy(up, y, **parameters) - direct_energy(down, y, **parameters)
        assert difference[i, j] == pytest.approx(expected, abs=1e-12)


def test_without_h_and_beta_the_noisy_image_has_the_least_energy_of_all_512(grid):
    denoiser = IsingDenoiser(h=0, beta=0, eta=0.3)
    assert (STATES[np.argmin(denoiser.energy(STATES, grid))] == grid).all()
    for method in ("cut", "icm", "mean_field", "bp"):
        assert (IsingDenoiser(0, 0, 0.3, method=method).denoise(grid).images == grid).all()


@pytest.mark.parametrize("seed", range(20))
def test_cut_has_the_least_energy_of_all_states(seed):
    y = np.random.default_rng(seed).choice([-1, 1], GRID)
    denoiser = IsingDenoiser(**random_parameters(seed))
    found = denoiser.denoise(y)
    assert found.energy == pytest.approx(denoiser.energy(STATES, y).min(), abs=1e-12)
    assert found.energy == pytest.approx(denoiser.energy(found.images, y), abs=1e-12)
    assert found.exact
    assert found.energy - 1e-7 <= found.lower_bound <= found.energy


@pytest.mark.parametrize(("h", "beta", "eta"), [(1e-9, 1.0, 1e-10), (0.3, 1e-7, 1e6), (0, np.pi * 1e12, np.e * 1e12)])
def test_cut_is_exact_for_parameters_of_very_different_size(grid, h, beta, eta):
    denoiser = IsingDenoiser(h, beta, eta)
    energies = denoiser.energy(STATES, grid)
    assert denoiser.denoise(grid).energy == pytest.approx(energies.min(), rel=1e-15)


def test_cut_has_no_more_energy_than_the_other_methods():
    clean, y = noise(1)
    parameters = {"h": 0.05, "beta": 0.8, "eta": 0.9}
    energy = {method: IsingDenoiser(**parameters, method=method).denoise(y).energy for method in METHODS}
    sequential = IsingDenoiser(**parameters, method="icm", order="sequential").denoise(y).energy
    assert energy["cut"] <= min(*energy.values(), sequential) + 1e-9
    restored = IsingDenoiser(**parameters).denoise(y).images
    assert (restored != clean).mean() < 0.3 * (y != clean).mean()


@pytest.mark.parametrize("order", ["checkerboard", "sequential"])
@pytest.mark.parametrize("seed", range(4))
def test_icm_never_raises_the_energy_and_ends_where_no_pixel_lowers_it(seed, order):
    _, y = noise(seed)
    denoiser = IsingDenoiser(**random_parameters(seed), method="icm", order=order)
    found = denoiser.denoise(y)
    assert (np.diff(found.trace) <= 1e-12).all()
    assert found.trace[0] == pytest.approx(denoiser.energy(y, y), abs=1e-9)
    assert found.trace[-1] == found.energy == pytest.approx(denoiser.energy(found.images, y), abs=1e-9)
    assert (found.images * denoiser.energy_difference(found.images, y) <= 1e-12).all()
    assert not found.exact


def test_sequential_icm_is_that_of_a_loop_over_pixels():
    _, y = noise(5)
    denoiser = IsingDenoiser(h=0.13, beta=0.7, eta=0.6, method="icm", order="sequential", max_iter=2)
    x = y.copy()
    for _ in range(2):
        for i, j in np.ndindex(x.shape):
            x[i, j] = -np.sign(denoiser.energy_difference(x, y)[i, j])
    assert (denoiser.denoise(y).images == x).all()


def test_checkerboard_icm_is_that_of_two_half_sweeps():
    _, y = noise(5)
    denoiser = IsingDenoiser(h=0.13, beta=0.7, eta=0.6, method="icm", max_iter=1)
    x, parity = y.copy(), np.indices(y.shape).sum(0) % 2
    for colour in (0, 1):
        x = np.where(parity == colour, -np.sign(denoiser.energy_difference(x, y)), x)
    assert (denoiser.denoise(y).images == x).all()
    assert "max_iter" in denoiser.denoise(y).outcome


@pytest.mark.parametrize("order", ["checkerboard", "sequential"])
def test_icm_leaves_a_pixel_whose_energies_are_equal(order):
    y = np.array([[1, 1, -1, -1]], np.int8)
    assert (IsingDenoiser(0, 0.1, 0.1, method="icm", order=order).denoise(y).images == y).all()


def test_mean_field_lowers_its_free_energy_to_a_bound_on_the_log_partition_function(grid):
    denoiser = IsingDenoiser(**PARAMETERS, method="mean_field", tol=1e-12)
    found = denoiser.denoise(grid)
    assert (np.diff(found.free_energy) <= 1e-12).all()
    assert found.free_energy[-1] >= -logsumexp(-denoiser.energy(STATES, grid))
    means = 2 * found.probability - 1
    padded = np.pad(means, 1)
    beside = padded[:-2, 1:-1] + padded[2:, 1:-1] + padded[1:-1, :-2] + padded[1:-1, 2:]
    field = PARAMETERS["beta"] * beside + PARAMETERS["eta"] * grid - PARAMETERS["h"]
    np.testing.assert_allclose(means, np.tanh(field), atol=1e-11)


def test_mean_field_is_exact_where_pixels_are_independent(grid):
    found = IsingDenoiser(h=0.2, beta=0, eta=0.9, method="mean_field").denoise(grid)
    np.testing.assert_allclose(found.probability, 1 / (1 + np.exp(2 * (0.2 - 0.9 * grid))), rtol=1e-12)
    denoiser = IsingDenoiser(h=0.2, beta=0, eta=0.9)
    assert found.free_energy[-1] == pytest.approx(-logsumexp(-denoiser.energy(STATES, grid)), abs=1e-12)


@pytest.mark.parametrize("shape", [(1, 8), (8, 1)])
def test_belief_propagation_is_exact_on_a_chain(shape):
    y = np.random.default_rng(2).choice([-1, 1], shape)
    states = np.array(list(itertools.product([-1, 1], repeat=8))).reshape(-1, *shape)
    parameters = {"h": -0.2, "beta": 0.9, "eta": 0.5}
    found = IsingDenoiser(**parameters, method="bp", damping=0.0, tol=1e-13).denoise(y)
    np.testing.assert_allclose(found.probability, probabilities(y, states, **parameters), atol=1e-11)
    assert "exact" in found.outcome
    assert not found.exact


def test_damping_changes_the_way_of_belief_propagation_and_not_where_it_ends(grid):
    ends = [IsingDenoiser(**PARAMETERS, method="bp", damping=d, tol=1e-12).denoise(grid) for d in (0.0, 0.6)]
    np.testing.assert_allclose(ends[0].probability, ends[1].probability, atol=1e-10)
    assert len(ends[0].trace) < len(ends[1].trace)
    np.testing.assert_allclose(ends[0].probability, probabilities(grid, STATES, **PARAMETERS), atol=0.05)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("field", [(1e6, 1e8, 1e9), (1e100, 1e100, 1e100), (0, 0, 1e-100), (-1e50, 1e100, 1e-100)])
def test_no_field_gives_nan(grid, method, field):
    found = IsingDenoiser(*field, method=method).denoise(grid)
    assert np.isfinite(found.probability if method in ("mean_field", "bp") else found.energy).all()
    assert np.isfinite(found.trace).all()


@pytest.mark.parametrize("method", METHODS)
def test_one_pixel_is_an_image(method):
    assert IsingDenoiser(h=0.1, eta=0.5, method=method, temperature=(0.01, 0.01)).denoise([[1]]).energy == -0.4


def test_annealed_gibbs_finds_nearly_the_least_energy_and_repeats():
    _, y = noise(2)
    denoiser = IsingDenoiser(0.05, 0.8, 0.9, method="gibbs", random_state=4)
    found, least = denoiser.denoise(y), IsingDenoiser(0.05, 0.8, 0.9).denoise(y).energy
    assert found.energy < least + 0.02 * abs(least)
    assert found.energy == pytest.approx(denoiser.energy(found.images, y), abs=1e-9)
    assert (denoiser.denoise(y).images == found.images).all()
    assert len(found.trace) == denoiser.max_iter + 1
    other = IsingDenoiser(0.05, 0.8, 0.9, method="gibbs", random_state=5).denoise(y)
    assert (other.trace != found.trace).any()


@pytest.mark.parametrize("method", ["cut", "icm", "sequential", "mean_field", "bp"])
def test_a_batch_is_its_images_one_by_one(method):
    batch = np.stack([noise(seed)[1] for seed in range(3)])
    settings = {"method": "icm", "order": "sequential"} if method == "sequential" else {"method": method}
    denoiser = IsingDenoiser(0.05, 0.8, 0.9, **settings)
    together, alone = denoiser.denoise(batch), [denoiser.denoise(image) for image in batch]
    for k, one in enumerate(alone):
        assert (together.images[k] == one.images).all()
        assert together.energy[k] == one.energy
        assert (together.trace[k, : len(one.trace)] == one.trace).all()
        assert (together.trace[k, len(one.trace) :] == one.trace[-1]).all()
        if one.probability is not None:
            np.testing.assert_allclose(together.probability[k], one.probability, rtol=1e-12)


@pytest.mark.parametrize("method", METHODS)
def test_a_batch_shared_out_to_cores_is_the_batch(method, monkeypatch):
    batch = np.stack([noise(seed)[1] for seed in range(3)])
    denoiser = IsingDenoiser(0.05, 0.8, 0.9, method=method)
    whole = denoiser.denoise(batch)
    monkeypatch.setattr(share, "FEWEST_PIXELS", 1)
    monkeypatch.setattr(share, "CORES", 3)
    shared = denoiser.denoise(batch)
    assert (shared.images == whole.images).all()
    assert (shared.trace == whole.trace).all()
    assert (shared.exact, shared.outcome) == (whole.exact, whole.outcome)


def test_random_numbers_of_a_batch_differ_from_image_to_image_and_begin_as_those_of_one():
    _, y = noise(0)
    denoiser = IsingDenoiser(0.0, 0.3, 0.3, method="gibbs", temperature=(1.0, 1.0), max_iter=200)
    batch = denoiser.denoise(np.stack([y, y, y]))
    assert (batch.images[0] == denoiser.denoise(y).images).all()
    assert (batch.images[1] != batch.images[0]).any()
    assert (batch.images[2] != batch.images[1]).any()


@pytest.mark.parametrize("method", ["icm", "mean_field", "bp", "cut"])
def test_restoring_commutes_with_swapping_the_two_values(method):
    _, y = noise(3)
    left = IsingDenoiser(0.21, 0.8, 0.9, method=method).denoise(y)
    right = IsingDenoiser(-0.21, 0.8, 0.9, method=method).denoise(-y)
    assert left.energy == pytest.approx(right.energy, abs=1e-9)


@pytest.mark.parametrize("values", [(0, 1), (0, 255), (0.25, 0.5), (False, True)])
def test_images_come_back_in_the_values_and_type_they_had(values):
    _, y = noise(0)
    image = np.array(values)[(y > 0).astype(int)]
    restored = IsingDenoiser(0.05, 0.8, 0.9).denoise(image).images
    assert restored.dtype == image.dtype
    expected = IsingDenoiser(0.05, 0.8, 0.9).denoise(y).images
    assert (restored == np.array(values)[(expected > 0).astype(int)]).all()


def test_words_are_those_of_jax():
    from jax.extend.random import threefry_2x32

    key, count = np.array([123, 456789], np.uint32), np.arange(10, dtype=np.uint32)
    low, high = threefry(key[0], key[1], jax.numpy.asarray(count[:5]), jax.numpy.asarray(count[5:]))
    np.testing.assert_array_equal(np.concatenate([low, high]), threefry_2x32(key, count))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_ones_are_drawn_with_their_probability_each_by_itself(dtype):
    with jax.enable_x64(dtype == "float64"):
        probability = np.broadcast_to(np.linspace(0, 1, 7, dtype=dtype), (40, 500, 7))
        drawn = np.asarray(bernoulli(as_key(0), probability)).reshape(-1, 7)
    assert drawn.dtype == dtype
    assert set(np.unique(drawn)) == {0.0, 1.0}
    count, share = len(drawn), probability[0, 0]
    margin = 5 * np.sqrt(share * (1 - share) / count)
    assert (np.abs(drawn.mean(0) - share) <= margin).all()
    between = np.corrcoef(drawn[:, 1:-1].T) - np.eye(5)
    after = [np.corrcoef(column[1:], column[:-1])[0, 1] for column in drawn[:, 1:-1].T]
    assert max(np.abs(between).max(), np.abs(after).max()) < 5 / np.sqrt(count)


def test_parameters_learned_from_pairs_have_the_largest_pseudo_likelihood():
    clean, noisy = noise(0, (40, 50))

    def penalised(h, beta, eta):
        difference = IsingDenoiser(h, beta, eta).energy_difference(clean, noisy)
        of_noisy = np.logaddexp(0, -2 * eta * clean * noisy).sum()
        return -np.logaddexp(0, clean * difference).sum() - of_noisy - (h**2 + beta**2 + eta**2) / 2

    found = IsingDenoiser.from_pairs(clean, noisy, method="icm")
    best = penalised(found.h, found.beta, found.eta)
    for step in 1e-3 * np.concatenate([np.eye(3), -np.eye(3)]):
        assert penalised(found.h + step[0], found.beta + step[1], found.eta + step[2]) < best
    assert found.method == "icm"


def test_learning_from_samples_of_a_field_finds_its_parameters():
    draw = np.random.default_rng(0)
    prior = IsingDenoiser(0.1, 0.3, 1e-9, method="gibbs", temperature=(1.0, 1.0))
    clean = prior.denoise(draw.choice([-1, 1], (100, 100))).images
    noisy = np.where(draw.random(clean.shape) < 1 / (1 + np.exp(2 * 0.4)), -clean, clean)
    found = IsingDenoiser.from_pairs(clean, noisy)
    np.testing.assert_allclose([found.h, found.beta, found.eta], [0.1, 0.3, 0.4], atol=0.05)


def test_learning_from_a_clean_image_takes_eta_from_the_share_of_flips():
    clean, noisy = noise(0, (40, 50), 0.1)
    found = IsingDenoiser.from_clean(clean, flipped=0.1)
    assert found.eta == pytest.approx(np.log(9) / 2)
    assert (found.denoise(noisy).images != clean).mean() < 0.02


def test_parameters_stay_finite_where_the_likelihood_has_no_maximum():
    clean, _ = noise(0, (40, 50))
    for found in (IsingDenoiser.from_pairs(clean, clean), IsingDenoiser.from_clean(np.ones((9, 9)), flipped=0.1)):
        assert np.isfinite([found.h, found.beta, found.eta]).all()


def test_parameters_learned_on_half_of_an_image_restore_the_other(real_data):
    images = np.load(real_data("images/binary_images.npz"))
    clean, noisy = images["bayes_clean"], images["bayes_noisy"]
    half = clean.shape[1] // 2
    for method, limit in (("cut", 0.006), ("icm", 0.009)):
        denoiser = IsingDenoiser.from_pairs(clean[:, :half], noisy[:, :half], method=method)
        restored = denoiser.denoise(noisy[:, half:]).images
        assert (restored != clean[:, half:]).mean() < limit


def potts_energy(x, y, beta, eta):
    return -beta * ((x[1:] == x[:-1]).sum() + (x[:, 1:] == x[:, :-1]).sum()) - eta * (x == y).sum()


@pytest.fixture(scope="module")
def labellings():
    return np.array(list(itertools.product(range(3), repeat=6))).reshape(-1, 2, 3)


@pytest.mark.parametrize("seed", range(8))
def test_expansion_is_within_twice_the_least_cost_and_no_expansion_lowers_it(seed, labellings):
    rng = np.random.default_rng(seed)
    y, beta, eta = rng.integers(3, size=(2, 3)), *rng.exponential(size=2)
    denoiser = PottsDenoiser(beta, eta, labels=[0, 1, 2])
    found = denoiser.denoise(y)
    energies = np.array([potts_energy(x, y, beta, eta) for x in labellings])
    all_agree = -7 * beta - 6 * eta
    assert energies.min() - 1e-12 <= found.energy
    assert found.energy - all_agree <= 2 * (energies.min() - all_agree) + 1e-12
    assert found.energy == pytest.approx(denoiser.energy(found.images, y), abs=1e-12)
    for alpha in range(3):
        reachable = ((labellings == found.images) | (labellings == alpha)).all((1, 2))
        assert energies[reachable].min() >= found.energy - 1e-12
    assert (np.diff(found.trace) <= 0).all()
    assert not found.exact


def test_one_expansion_is_the_best_of_all(labellings):
    from suffice.energy.grid.expansion import expanded

    rng, pixels = np.random.default_rng(1), np.indices((2, 3))
    for _ in range(60):
        start, cost, beta = rng.integers(3, size=(2, 3)), rng.normal(size=(2, 3, 3)), rng.exponential()
        reachable = labellings[((labellings == start) | (labellings == 1)).all((1, 2))]
        energies = [potts_energy(x, x, beta, 0) + cost[(*pixels, x)].sum() for x in reachable]
        taken, proven = expanded(start, 1, cost, beta)
        assert potts_energy(taken, taken, beta, 0) + cost[(*pixels, taken)].sum() == pytest.approx(
            min(energies), abs=1e-12
        )
        assert proven


def test_two_labels_are_an_ising_field():
    _, y = noise(4)
    ising = IsingDenoiser(0.0, 0.41, 0.53).denoise(y)
    potts = PottsDenoiser(0.82, 1.06).denoise(y)
    pairs = 2 * y.size - sum(y.shape)
    assert potts.exact
    assert potts.energy == pytest.approx(ising.energy - 0.41 * pairs - 0.53 * y.size, abs=1e-9)


def test_a_potts_batch_is_its_images_one_by_one():
    batch = np.random.default_rng(0).choice([2, 5, 9], (3, 6, 7))
    denoiser = PottsDenoiser(0.9, 1.1)
    together = denoiser.denoise(batch)
    for k, image in enumerate(batch):
        one = denoiser.denoise(image)
        assert (together.images[k] == one.images).all()
        assert together.energy[k] == one.energy == denoiser.energy(one.images, image)
    assert together.images.dtype == batch.dtype


IMAGE = np.zeros((6, 6))
BAD_IMAGES = {
    "different values": (np.arange(36).reshape(6, 6), "36 different values.*Threshold"),
    "colour": (np.zeros((6, 6, 3)), "colour image"),
    "NaN": (np.where(np.eye(6) == 1, np.nan, IMAGE), "nan at pixel"),
    "infinity": (np.where(np.eye(6) == 1, np.inf, IMAGE), "inf at pixel"),
    "one axis": (np.zeros(6), "height, width"),
    "four axes": (np.zeros((2, 2, 2, 2)), "height, width"),
    "empty": (np.zeros((0, 6)), "no pixel"),
    "text": (np.array([["a", "b"]]), "numbers or truth values"),
    "ragged": ([[[1, 0]], [[1], [0]]], "different shapes"),
    "one unknown value": (IMAGE + 7, "7.0 in every pixel"),
    "huge": (np.broadcast_to(np.int8(1), (2**14, 2**13)), "tiles"),
}


@pytest.mark.parametrize("case", BAD_IMAGES)
@pytest.mark.parametrize("method", ["cut", "icm"])
def test_images_that_cannot_be_used_are_refused(case, method):
    image, said = BAD_IMAGES[case]
    with pytest.raises(ValueError, match=said):
        IsingDenoiser(method=method).denoise(image)


def test_an_image_too_large_for_a_cut_is_refused_before_any_work():
    with pytest.raises(ValueError, match="method='icm'"):
        IsingDenoiser().denoise(np.broadcast_to(np.int8(1), (2**13, 2**12)))


BAD_PARAMETERS = [
    {"eta": 1e-200},
    {"eta": 0}, {"eta": -1.0}, {"eta": np.nan}, {"eta": "1"}, {"beta": -0.1}, {"beta": np.inf}, {"h": None}, {"h": 1e101},
    {"method": "cuts"}, {"order": "random"}, {"max_iter": 0}, {"tol": -1}, {"damping": 1}, {"damping": -0.5},
    {"temperature": 1.0}, {"temperature": (1.0, 0.0)}, {"random_state": -1}, {"random_state": 2**31},
]  # fmt: skip


@pytest.mark.parametrize("parameter", BAD_PARAMETERS, ids=str)
def test_parameters_out_of_range_are_refused_by_name(parameter):
    with pytest.raises(ValueError, match=next(iter(parameter))):
        IsingDenoiser(**parameter)


def test_images_that_do_not_belong_together_are_refused():
    with pytest.raises(ValueError, match="one size"):
        IsingDenoiser().energy(np.ones((3, 4)), np.ones((4, 3)))
    with pytest.raises(ValueError, match="one shape"):
        IsingDenoiser.from_pairs(np.ones((3, 4)), np.ones((4, 3)))
    with pytest.raises(ValueError, match="flipped"):
        IsingDenoiser.from_clean(np.eye(4), flipped=0.5)
    with pytest.raises(ValueError, match="says nothing of clean"):
        IsingDenoiser.from_pairs(np.eye(9).cumsum(1), 1 - np.eye(9).cumsum(1))
    with pytest.raises(ValueError, match="more often than they agree"):
        IsingDenoiser.from_clean(np.indices((8, 8)).sum(0) % 2, flipped=0.1)
    with pytest.raises(ValueError, match="n_sweeps"):
        IsingDenoiser().posterior(np.eye(3), n_sweeps=0)


def test_labels_that_cannot_be_used_are_refused():
    with pytest.raises(ValueError, match="at most 64"):
        PottsDenoiser().denoise(np.arange(100).reshape(10, 10))
    with pytest.raises(ValueError, match="none of the labels"):
        PottsDenoiser(labels=[0, 1]).denoise(np.full((3, 3), 2))
    with pytest.raises(ValueError, match="one shape"):
        PottsDenoiser().energy(np.eye(3), np.eye(4))
    with pytest.raises(ValueError, match="nan at pixel"):
        PottsDenoiser().denoise(np.full((3, 3), np.nan))
    for parameter in ({"beta": -1}, {"eta": 0}, {"max_iter": 0}):
        with pytest.raises(ValueError, match=next(iter(parameter))):
            PottsDenoiser(**parameter)


def test_a_potts_limit_is_said():
    y = np.random.default_rng(0).integers(4, size=(8, 8))
    assert "max_iter" in PottsDenoiser(1.0, 1.0, max_iter=1).denoise(y).outcome


@pytest.mark.parametrize(
    "denoiser", [IsingDenoiser(0.1, 0.2, 0.3, method="icm"), PottsDenoiser(1.0, 2.0, labels=[1, 2])]
)
def test_a_denoiser_survives_a_file(denoiser, tmp_path):
    assert suffice.load(suffice.save(denoiser, tmp_path / "denoiser")) == denoiser


def test_where_much_is_flipped_the_method_is_mean_field_and_a_cut_says_what_it_loses():
    clean = np.kron(np.indices((4, 5)).sum(0) % 2, np.ones((12, 12), int))
    noisy = clean ^ (np.random.default_rng(0).random(clean.shape) < 0.3)
    learned = IsingDenoiser.from_pairs(clean, noisy)
    least = replace(learned, method="cut").denoise(noisy)
    assert learned.method == IsingDenoiser.from_clean(clean, flipped=0.3).method == "mean_field"
    assert 3 * (learned.denoise(noisy).images != clean).mean() < (least.images != clean).mean()
    assert least.exact
    assert "30% of the pixels flipped" in least.outcome
    assert IsingDenoiser.from_pairs(clean, noisy, method="icm").method == "icm"


def test_where_little_is_flipped_or_neighbours_hardly_agree_a_cut_is_taken_as_it_is():
    clean, noisy = noise(0, (40, 50), 0.1)
    learned = IsingDenoiser.from_pairs(clean, noisy)
    assert learned.method == IsingDenoiser.from_clean(clean, flipped=0.15).method == "cut"
    for denoiser in (learned, IsingDenoiser(0, 0.3, 0.3)):
        assert denoiser.denoise(noisy).outcome == "Exact: no labelling has less energy."
