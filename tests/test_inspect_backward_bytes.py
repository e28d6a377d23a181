"""Memory of the backward pass: what the rules need, and what this version of JAX keeps."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from suffice.inspect import Convention, account
from suffice.nets import MLP, ConvNet, ResNet, forward, initial_state


def leaf_bytes(function, *arguments):
    """Bytes of the arrays that ``jax.vjp`` holds, each array once."""
    leaves = jax.tree.leaves(jax.vjp(function, *arguments)[1])
    held = {id(leaf): leaf.nbytes for leaf in leaves if isinstance(leaf, jax.Array)}
    return sum(held.values())


def layers(checkpoint=False):
    """Two layers, whose values in between may be computed again instead of kept."""
    draw = np.random.default_rng(0)
    first, second = (jnp.asarray(draw.standard_normal((64, 64)), jnp.float32) for _ in range(2))

    def block(weights, x):
        return jnp.tanh(jnp.sin(jnp.exp(weights @ x)))

    block = jax.checkpoint(block) if checkpoint else block

    class Layers(eqx.Module):
        first: jax.Array
        second: jax.Array

        def __call__(self, x):
            return block(self.second, block(self.first, x))

    return Layers(first, second)


@pytest.mark.parametrize("checkpoint", [False, True])
def test_what_jax_keeps_is_what_its_derivative_holds(checkpoint):
    network, x = layers(checkpoint), jnp.ones(64)
    assert account(network, (64,)).backward.total_saved == leaf_bytes(lambda net, x: net(x), network, x)


def test_computing_again_keeps_less():
    plain, again = (account(layers(checkpoint), (64,)).backward.total_saved for checkpoint in (False, True))
    assert again < plain


@pytest.mark.parametrize(
    ("network", "shape", "training"),
    [
        (ConvNet([2], 3, (1, 8, 8), key=0), (1, 8, 8), False),
        (ResNet(2, key=0), (1, 12, 12), False),
        (ResNet(2, key=0), (1, 12, 12), True),
        (ConvNet([2], 3, (1, 8, 8), hidden_sizes=[6], dropout=0.4, key=0), (1, 8, 8), True),
    ],
)
def test_of_our_own_networks_too(network, shape, training):
    state = initial_state(network)
    arrays, others = eqx.partition(network, eqx.is_array)
    key = jax.random.key(0) if training else None

    def outputs(arrays, rows):
        return forward(eqx.combine(arrays, others), rows, jnp.ones(1), state, key, training=training)[0]

    arrays = jax.tree.map(jnp.asarray, arrays)
    found = account(network, shape, training=training).backward.total_saved
    assert found == leaf_bytes(outputs, arrays, jnp.ones((1, *shape)))


def test_in_training_dropout_keeps_a_mask():
    network = ConvNet([2], 3, (1, 8, 8), hidden_sizes=[6], dropout=0.4, key=0)
    used, trained = (account(network, (1, 8, 8), training=training) for training in (False, True))
    assert [row.weights for row in used.rows] == [row.weights for row in trained.rows]
    dropped = [node.number for node in trained.graph.nodes if node.operation == "dropout"]
    assert [(need.kind, need.bytes) for need in trained.graph.needs().of(dropped[0])] == [("mask", 8)]
    assert not [node for node in used.graph.nodes if node.operation == "dropout"]
    with pytest.raises(ValueError, match="MLP is traced as it is called: switch to training inside it"):
        account(MLP(4, [5], 3, key=0), (4,), training=True)


def test_what_the_rules_of_a_perceptron_need_is_counted_by_hand():
    """Both weights and both layers' inputs in full, the signs of the hidden units as a mask."""
    kept = account(MLP(4, [5], 3, key=0), (4,)).backward
    assert kept.total_needed == 4 * (4 * 5 + 5 * 3) + 4 * (4 + 5) + 5
    assert sum(kept.needed) == kept.total_needed


def test_rows_add_up_to_the_total():
    kept = account(lambda: ResNet(4, key=0), (1, 28, 28)).backward
    assert sum(kept.needed) == kept.total_needed
    assert 0 <= kept.total_saved - sum(kept.saved) < 100


def test_a_batch_needs_more_values_and_no_more_weights():
    weights = 4 * (4 * 5 + 5 * 3)
    one, many = (account(MLP(4, [5], 3, key=0), (4,), Convention(batch=batch)).backward for batch in (1, 7))
    assert many.total_needed - weights == 7 * (one.total_needed - weights)


def test_both_columns_stand_in_the_table():
    table = account(MLP(4, [5], 3, key=0), (4,)).to_dataframe()
    assert {"bytes the rules need", "bytes this JAX keeps"} <= set(table.columns)
