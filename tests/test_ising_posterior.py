"""Probabilities of pixels: exact where grids are narrow, weighed chains elsewhere, and a sentence where these disagree."""

import itertools

import numpy as np
import pytest

from suffice import IsingDenoiser, PottsDenoiser
from suffice.energy.grid import posterior as module
from suffice.energy.grid.exact_marginals import marginals

SHAPES = [(1, 1), (1, 6), (6, 1), (2, 2), (3, 4), (4, 3), (2, 5)]


def enumerated(y, h, beta, eta):
    """Probability of +1 at each pixel by the sum over all images."""
    states = np.array(list(itertools.product([-1, 1], repeat=y.size))).reshape(-1, *y.shape).astype(float)
    pairs = (states[:, 1:] * states[:, :-1]).sum((1, 2)) + (states[:, :, 1:] * states[:, :, :-1]).sum((1, 2))
    log_weight = beta * pairs + eta * (states * y).sum((1, 2)) - h * states.sum((1, 2))
    weight = np.exp(log_weight - log_weight.max())
    return np.einsum("s,shw->hw", weight / weight.sum(), states > 0)


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("field", [(0.0, 0.4, 0.7), (0.2, 1.0, 0.5), (0.0, 3.3, 0.5), (-0.1, 0.0, 1.0)], ids=str)
def test_narrow_grids_are_what_enumeration_gives(shape, field):
    y = np.random.default_rng(0).choice([-1, 1], shape)
    found = IsingDenoiser(*field).posterior(y, return_diagnostics=True, values=(-1, 1))
    np.testing.assert_allclose(found.probability, enumerated(y, *field), atol=1e-13)
    assert (found.exact, found.r_hat, found.standard_error.max()) == (True, 1.0, 0.0)


def test_chains_come_within_their_standard_errors_of_elimination(monkeypatch):
    monkeypatch.setattr(module, "affordable", lambda height, width: False)
    draw, inside = np.random.default_rng(1), []
    for h, beta, eta in ((0.0, 0.3, 1.0), (0.1, 0.4, 0.3), (-0.2, 0.2, 0.1)):
        y = draw.choice([-1, 1], (12, 9))
        found = IsingDenoiser(h, beta, eta).posterior(y, n_sweeps=16_000, return_diagnostics=True)
        error = np.abs(found.probability - marginals(eta * y - h, beta))
        assert not found.exact
        assert found.r_hat < module.AGREED
        inside.append(np.mean(error < 3 * found.standard_error))
    assert min(inside) > 0.95


def test_chains_that_end_in_different_modes_are_said(monkeypatch):
    monkeypatch.setattr(module, "affordable", lambda height, width: False)
    y = np.random.default_rng(2).choice([-1, 1], (12, 12))
    with pytest.warns(UserWarning, match="The chains disagree"):
        IsingDenoiser(0.0, 2.0, 0.3).posterior(y)


def test_too_few_sweeps_to_tell_are_said():
    y = np.random.default_rng(2).choice([-1, 1], (20, 20))
    with pytest.warns(UserWarning, match="too few sweeps"):
        IsingDenoiser().posterior(y, n_sweeps=5)


def test_a_batch_is_its_images_one_by_one():
    y = np.random.default_rng(3).choice([0, 1], (3, 5, 20))
    together = IsingDenoiser(0.1, 0.7, 0.6).posterior(y)
    alone = [IsingDenoiser(0.1, 0.7, 0.6).posterior(image) for image in y]
    np.testing.assert_allclose(together, np.stack(alone), atol=1e-14)


def test_two_images_tell_their_values_together():
    y = np.array([[1, 2, 1], [2, 2, 1]])
    denoiser = IsingDenoiser(0.3, 0.8, 0.6)
    low, high = np.ones((2, 3), int), np.full((2, 3), 2)
    spins = np.where(y == 2, 1, -1)
    assert denoiser.energy(low, y) == pytest.approx(denoiser.energy(-np.ones((2, 3)), spins))
    assert denoiser.energy(high, y) == pytest.approx(denoiser.energy(np.ones((2, 3)), spins))
    dark = np.where(y == 2, 0, -1)
    assert denoiser.energy(np.zeros((2, 3)), dark) == pytest.approx(denoiser.energy(np.ones((2, 3)), spins))
    np.testing.assert_allclose(denoiser.energy_difference(low, y), denoiser.energy_difference(-np.ones((2, 3)), spins))
    assert denoiser.energy(low, low, values=(1, 2)) == pytest.approx(
        denoiser.energy(-np.ones((2, 3)), -np.ones((2, 3)))
    )
    with pytest.raises(ValueError, match="give values"):
        denoiser.energy(high, high)
    with pytest.raises(ValueError, match="together"):
        denoiser.energy(np.array([[0, 1, 1]] * 2), y)
    with pytest.raises(ValueError, match="none of the values"):
        denoiser.energy(y, y, values=(0, 1))
    with pytest.raises(ValueError, match="two different numbers"):
        denoiser.denoise(y, values=(1, 1))


def test_masked_pixels_are_refused():
    masked = np.ma.masked_array([[1, -1, 1], [1, 1, 1]], mask=[[0, 1, 0], [0, 0, 0]])
    with pytest.raises(ValueError, match="masked"):
        IsingDenoiser().denoise(masked)


def test_whole_and_broken_strengths_are_one_field_of_potts():
    y = np.random.default_rng(4).integers(0, 3, (6, 6))
    assert PottsDenoiser(1.5, 2).denoise(y).energy == PottsDenoiser(1.5, 2.0).denoise(y).energy
    with pytest.raises(ValueError, match=r"labels=\[\]"):
        PottsDenoiser(labels=[]).denoise(y)


def test_a_batch_is_exact_only_where_all_its_images_are(monkeypatch):
    from suffice.energy.grid.potts import FIXED, PottsDenoiser

    ends = iter(
        [(np.zeros((2, 2), int), [0.0], "Exact: no labelling has less energy."), (np.zeros((2, 2), int), [0.0], FIXED)]
    )
    monkeypatch.setattr(PottsDenoiser, "_restored", lambda self, noisy, count: next(ends))
    found = PottsDenoiser().denoise(np.array([[[0, 1], [1, 0]], [[1, 1], [0, 0]]]))
    assert (found.exact, found.outcome) == (False, FIXED)
