"""Minimum cuts of grids: the least energy of all labellings, proven, whatever the sizes of costs and pixels."""

from itertools import product

import numpy as np
import pytest
from scipy.sparse import coo_array
from scipy.sparse.csgraph import maximum_flow

from suffice.energy.grid.cut import minimum_cut


def energy(ones, unary, right, left, down, up):
    zeros = ~ones
    beside = right * (ones[:, :-1] & zeros[:, 1:]) + left * (zeros[:, :-1] & ones[:, 1:])
    below = down * (ones[:-1] & zeros[1:]) + up * (zeros[:-1] & ones[1:])
    return (unary * ones).sum() + beside.sum() + below.sum()


def labellings(height, width):
    return [np.reshape(bits, (height, width)) for bits in product([False, True], repeat=height * width)]


@pytest.mark.parametrize(("height", "width"), [(1, 1), (1, 7), (7, 1), (3, 4), (2, 5)])
def test_no_labelling_has_less_energy_and_of_equals_the_fewest_ones_are_given(height, width):
    rng = np.random.default_rng(height)
    every = labellings(height, width)
    for turn in range(6):
        unary = rng.normal(size=(height, width)) * [0.3, 1, 5][turn % 3]
        shapes = [(height, width - 1)] * 2 + [(height - 1, width)] * 2
        costs = [np.abs(rng.normal(size=shape)) * rng.choice([0, 1], shape) for shape in shapes]
        if turn > 3:
            unary, costs = np.round(unary), [np.round(2 * cost) for cost in costs]
        found = minimum_cut(unary, *costs)
        least = min(energy(ones, unary, *costs) for ones in every)
        assert found.energy == pytest.approx(least, abs=1e-12)
        assert found.energy == pytest.approx(energy(found.ones, unary, *costs), abs=1e-12)
        assert found.proven
        equal = [ones for ones in every if energy(ones, unary, *costs) <= least + 1e-12]
        assert np.array_equal(found.ones, np.logical_and.reduce(equal))


@pytest.mark.parametrize("strength", [1, 4, 30])
def test_a_cut_of_noise_is_as_large_as_scipys_flow(strength):
    rng = np.random.default_rng(strength)
    unary, cost = rng.choice([-strength, strength], (37, 41)), 10
    number = np.arange(unary.size).reshape(unary.shape)
    pairs = [(number[:, :-1], number[:, 1:]), (number[:-1], number[1:])]
    tails, heads = (np.concatenate([pair[side].ravel() for pair in pairs]) for side in (0, 1))
    flat, source, sink = unary.ravel(), unary.size, unary.size + 1
    ends = (np.where(flat < 0, source, number.ravel()), np.where(flat < 0, number.ravel(), sink))
    rows, columns = np.concatenate([tails, heads, ends[0]]), np.concatenate([heads, tails, ends[1]])
    capacity = np.concatenate([np.full(2 * len(tails), cost), np.abs(flat)]).astype(np.int32)
    graph = coo_array((capacity, (rows, columns)), (sink + 1, sink + 1)).tocsr()
    flow = maximum_flow(graph, source, sink).flow_value
    found = minimum_cut(unary, cost, cost, cost, cost)
    assert found.energy - np.minimum(unary, 0).sum() == flow
    assert found.gap == 0
    assert found.proven


@pytest.mark.parametrize("scale", [1e-300, 1e-9, 1e9, 1e200])
def test_units_do_not_matter_and_pixels_far_beyond_their_neighbours_are_exact(scale):
    rng = np.random.default_rng(0)
    unary = rng.normal(size=(8, 9)) * rng.choice([1e-6, 1, 1e9], (8, 9))
    plain, scaled = (
        minimum_cut(unary, 1.0, 0.5, 2.0, 1.0),
        minimum_cut(scale * unary, scale, 0.5 * scale, 2 * scale, scale),
    )
    assert np.array_equal(plain.ones, scaled.ones)
    assert plain.proven
    assert scaled.proven


def test_pixels_without_couplings_stand_for_themselves():
    unary = np.array([[-1.0, 0.0, 2.0]])
    found = minimum_cut(unary, 0.0, 0.0, 0.0, 0.0)
    assert found.ones.tolist() == [[True, False, False]]
    assert (found.energy, found.gap) == (-1, 0)
