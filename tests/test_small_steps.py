"""What small steps of learning do without JAX or a generator at work, and that it is the same."""

from typing import Any

import equinox as eqx
import jax
import numpy as np
import pytest
from scipy.special import log_softmax
from sklearn.metrics import log_loss, zero_one_loss

from suffice.energy import RBM
from suffice.estimators.networks.logits import loss_and_error
from suffice.estimators.shared.row_weights import row_weights
from suffice.fit.epochs import continued
from suffice.fit.gradient_descent import first_key
from suffice.latent import Bernoulli
from suffice.nets import MLP
from suffice.runtime import tree
from suffice.runtime.keys import LARGEST_SEED, as_key, seed_of, words_of_key
from suffice.runtime.precision import to_numpy


@pytest.mark.parametrize("seed", [0, 1, 12345, LARGEST_SEED])
def test_words_of_a_key_are_those_of_jax(seed):
    np.testing.assert_array_equal(words_of_key(seed), jax.random.key_data(as_key(seed)))


def test_further_keys_of_a_seed_draw_other_numbers():
    drawn = [jax.random.bits(as_key(words_of_key(7, number)), (4,)).tolist() for number in range(50)]
    assert len({tuple(words) for words in drawn}) == 50


def test_a_seed_is_drawn_from_a_number_again_and_from_a_generator_anew():
    assert seed_of(3) == seed_of(3) == seed_of(np.random.RandomState(3)) != seed_of(4)
    generator = np.random.RandomState(3)
    assert seed_of(generator) != seed_of(generator)
    np.testing.assert_array_equal(first_key(3), words_of_key(seed_of(3)))


MIXED = {
    "net": MLP(3, [4], 2, key=0),
    "pair": (RBM(4, 2, key=0), [Bernoulli(np.array([[0.2], [0.4]])), None]),
    "number": np.float32(2),
}


def test_a_tree_of_modules_of_both_kinds_has_the_leaves_that_jax_finds():
    assert list(map(id, tree.leaves(MIXED))) == list(map(id, jax.tree.leaves(MIXED)))
    doubled = tree.map_leaves(lambda leaf, same: (leaf, same)[0], MIXED, MIXED)
    assert jax.tree.structure(doubled) == jax.tree.structure(MIXED)
    with pytest.raises(ValueError, match="Trees of one shape"):
        tree.map_leaves(lambda leaf, other: leaf, MIXED["net"], MLP(3, [4, 4], 2, key=0))


def test_arrays_of_a_tree_become_numpy_and_all_else_stays():
    net = to_numpy(MLP(3, [4], 2, key=0))
    assert all(isinstance(leaf, np.ndarray) for leaf in jax.tree.leaves(eqx.filter(net, eqx.is_array)))
    assert to_numpy((1.5, "word", np.float32(2)))[:2] == (1.5, "word")
    assert isinstance(to_numpy(np.float32(2)), np.ndarray)


def test_a_state_of_other_shapes_is_refused():
    small: Any
    large: Any
    small, large = MLP(3, [4], 2, key=0), MLP(3, [5], 2, key=0)
    assert continued(to_numpy(small), small) is not None
    with pytest.raises(ValueError, match="earlier call"):
        continued(small, large)


def test_loss_and_error_are_those_of_scikit_learn():
    draw = np.random.default_rng(0)
    logits, codes, weight = 5 * draw.standard_normal((30, 4)), draw.integers(4, size=30), draw.random(30)
    found = loss_and_error(logits.astype(np.float32), codes, weight)
    share = np.exp(log_softmax(logits, axis=1))
    np.testing.assert_allclose(found["loss"], log_loss(codes, share, sample_weight=weight), rtol=1e-5)
    np.testing.assert_allclose(found["error"], zero_one_loss(codes, logits.argmax(1), sample_weight=weight), rtol=1e-12)
    assert np.isfinite(loss_and_error(1e4 * logits, codes, weight)["loss"])
    assert not np.isfinite(loss_and_error(np.full((30, 4), np.inf), codes, weight)["loss"])


def test_rows_weigh_1_where_nothing_is_said():
    rows = np.zeros((3, 2), np.float32)
    np.testing.assert_array_equal(row_weights(None, rows), row_weights(np.ones(3), rows))
