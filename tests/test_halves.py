"""Laws of halves: a cut shares rows out, each restart sees its own share, and the gain is that of the mixture."""

import numpy as np
import pytest

from suffice import GaussianMixture, PoissonMixture
from suffice.estimators.mixtures import halves
from suffice.estimators.mixtures.halves import most_promising_halves
from suffice.latent import Gaussian, Mixture
from suffice.latent.halving import CUTS, cut_in_two
from suffice.latent.shared_rows import SharedRows
from suffice.model import EStep
from suffice.rows.place import place
from suffice.runtime import tree
from suffice.runtime.road import computed_by

draw = np.random.default_rng(0)
PAIR = np.concatenate([draw.normal(centre, 1.0, (60, 3)) for centre in (0.0, 9.0)])
ONES = np.ones(len(PAIR))


def cut(rows, weight, shares):
    return cut_in_two(shares)(rows, weight, 2, CUTS * shares.shape[1], np.random.default_rng(0))


def test_halves_add_up_to_what_they_divide():
    shares = np.random.default_rng(1).random((len(PAIR), 3))
    np.testing.assert_allclose(cut(PAIR, ONES, shares).sum(-1), np.repeat(shares.T, CUTS, axis=0))


def test_every_cut_goes_between_two_groups_far_apart():
    sides = cut(PAIR, ONES, ONES[:, None])[..., 0]
    for side in sides:
        assert len(set(side[:60])) == len(set(side[60:])) == 1
        assert side[0] != side[60]


def test_a_row_of_weight_two_is_cut_as_the_row_twice():
    weight = np.random.default_rng(2).integers(1, 3, len(PAIR))
    rows = PAIR * [1.0, 0.2, 0.1]
    whole = cut(rows, weight.astype(float), ONES[:, None])
    twice = cut(np.repeat(rows, weight, axis=0), np.ones(weight.sum()), np.ones((weight.sum(), 1)))
    np.testing.assert_array_equal(np.repeat(whole, weight, axis=1), twice)


def test_rows_all_alike_are_cut_into_numbers():
    assert np.isfinite(cut(np.ones((8, 2)), np.ones(8), np.ones((8, 1)))).all()


def test_each_restart_sums_over_its_own_share_of_the_rows():
    shares = np.random.default_rng(3).random((len(PAIR), 2))
    means = np.random.default_rng(4).normal(size=(2, 2, 3))
    both = Mixture(np.full((2, 2), 0.5), Gaussian(means, np.broadcast_to(np.eye(3), (2, 2, 3, 3))))
    with computed_by("numpy"):
        rows = place((PAIR, shares), ONES, precision="float64", tile=64, width=4)
        found = rows.total(SharedRows(EStep(both, False), np.array([1, 0])))
    for restart, group in enumerate((1, 0)):
        alone = Mixture(np.full(2, 0.5), Gaussian(means[restart], np.broadcast_to(np.eye(3), (2, 3, 3))))
        expected = alone.expectation(False)(PAIR, shares[:, group])
        assert found.log_likelihood[restart] == pytest.approx(float(expected.log_likelihood))
        np.testing.assert_allclose(found.moments.total[:, restart], expected.moments.total)
    assert len(tree.leaves(found)) == 3


@pytest.mark.parametrize("make", [GaussianMixture, PoissonMixture])
def test_the_component_of_two_groups_is_the_one_to_be_split(make):
    generator = np.random.default_rng(5)
    rows = np.concatenate([generator.poisson(rate, (80, 2)) for rate in (2.0, 40.0, 90.0)]).astype(float)
    mixture = make(2, random_state=0).fit(rows)
    heavy = int(mixture.weights_.argmax())
    (halved, pair), *others = most_promising_halves(mixture, rows, np.ones(len(rows)), np.arange(2), 1).items()
    assert halved == heavy
    assert not others
    together = rows[mixture.predict(rows) == heavy]
    assert sorted(np.bincount(pair.predict(together))) == [80, 80]


def test_halves_are_the_same_in_one_round_and_in_several(monkeypatch):
    rows = np.concatenate([np.random.default_rng(6).normal(centre, 1.0, (60, 2)) for centre in (0.0, 6.0, 20.0, 29.0)])
    mixture = GaussianMixture(2, random_state=0).fit(rows)

    def found():
        return most_promising_halves(mixture, rows, np.ones(len(rows)), np.arange(2), 2)

    together = found()
    monkeypatch.setattr(halves, "MOST", 1)
    apart = found()
    assert list(together) == list(apart)
    for component, pair in together.items():
        np.testing.assert_allclose(pair.means_, apart[component].means_, rtol=1e-9)
