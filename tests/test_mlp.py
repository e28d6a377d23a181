"""The multilayer perceptron and its losses, by finite differences."""

import equinox as eqx
import jax
import numpy as np
import pytest

from suffice.fit.row_losses import loss_statistics
from suffice.nets import MLP, classification_loss, cross_entropy, softmax_vjp

LOGITS = np.array([[0.7, 0.23, 3.45], [4, 5.1, 0.654]])
COTANGENT = np.array([[0.1, 1.2, 1], [1, 1, 1.08]])


def in_float64(network):
    return jax.tree.map(lambda leaf: leaf.astype(np.float64), network)


def softmax(logits):
    shifted = np.exp(logits - logits.max(-1, keepdims=True))
    return shifted / shifted.sum(-1, keepdims=True)


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh"])
def test_gradient_equals_finite_differences(activation):
    network = in_float64(MLP(4, [5, 3], 3, key=0, activation=activation))
    rng = np.random.default_rng(0)
    rows, weight = (rng.normal(size=(6, 4)), rng.integers(0, 3, 6)), rng.random(6)
    leaves, structure = jax.tree.flatten(network)
    direction = jax.tree.unflatten(structure, [rng.normal(size=leaf.shape) for leaf in leaves])
    value = evaluate(rows, weight)
    up, down = (jax.tree.map(lambda leaf, d, s=s: leaf + s * 1e-6 * d, network, direction) for s in (1, -1))
    gradient = loss_statistics(network, classification_loss, rows, weight).gradient
    along = sum((g * d).sum() for g, d in zip(jax.tree.leaves(gradient), jax.tree.leaves(direction), strict=True))
    assert along == pytest.approx((value(up) - value(down)) / 2e-6, rel=1e-6)


def evaluate(rows, weight):
    return lambda network: loss_statistics(network, classification_loss, rows, weight).loss


def test_outputs_are_the_layers_one_after_the_other():
    network = in_float64(MLP(4, [5], 3, key=0, activation="tanh"))
    row = np.random.default_rng(0).normal(size=4)
    first, last = network.layers
    expected = last.weight @ np.tanh(first.weight @ row + first.bias) + last.bias
    np.testing.assert_allclose(network(row), expected, rtol=1e-13)


def test_one_row_and_many_agree():
    network = MLP(4, [8], 3, key=0)
    rows = np.random.default_rng(0).normal(size=(5, 4)).astype(np.float32)
    np.testing.assert_allclose(jax.vmap(network)(rows)[3], network(rows[3]), rtol=1e-5)


def test_parameters_are_numpy_and_follow_the_key():
    first, again, other = (MLP(4, [8], 3, key=key) for key in (0, jax.random.key(0), 1))
    assert all(type(leaf) is np.ndarray and leaf.dtype == np.float32 for leaf in jax.tree.leaves(first))
    jax.tree.map(np.testing.assert_array_equal, first, again)
    assert not eqx.tree_equal(first, other)


def test_cross_entropy_is_minus_the_log_of_the_softmax():
    labels = np.array([2, 0])
    np.testing.assert_allclose(cross_entropy(LOGITS, labels), -np.log(softmax(LOGITS)[[0, 1], labels]), rtol=1e-13)


def test_cross_entropy_and_its_gradient_are_exact_at_800():
    logits = np.array([[800.0, -800.0, 0.0], [-800.0, -800.0, -800.0]])
    np.testing.assert_allclose(cross_entropy(logits, [1, 2]), [1600, np.log(3)], rtol=1e-12)
    with jax.enable_x64(True):
        gradient = jax.grad(lambda z: cross_entropy(z, np.array([1, 2])).sum())(logits)
    np.testing.assert_allclose(gradient, [[1, -1, 0], [1 / 3, 1 / 3, -2 / 3]], atol=1e-12)


def test_softmax_vjp_gives_the_worked_example():
    expected = [[-0.04952146, 0.00886349, 0.04065796], [-0.00017271, -0.00051884, 0.00069155]]
    np.testing.assert_allclose(softmax_vjp(LOGITS, COTANGENT), expected, atol=5e-9)


def test_softmax_vjp_is_the_derivative_of_softmax_and_its_rows_sum_to_zero():
    for scale in (1, 100, 800):
        logits = scale * np.random.default_rng(0).uniform(-1, 1, (4, 3))
        result = softmax_vjp(logits, np.tile(COTANGENT, (2, 1)))
        with jax.enable_x64(True):
            expected = jax.vjp(jax.nn.softmax, logits)[1](np.tile(COTANGENT, (2, 1)))[0]
        np.testing.assert_allclose(result, expected, atol=1e-14)
        np.testing.assert_allclose(result.sum(-1), 0, atol=1e-14)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: MLP(4, [0], 3, key=0), "at least one unit"),
        (lambda: MLP(4, [3], 3, key=0, activation="swish"), "relu, sigmoid, tanh"),
        (lambda: MLP(4, [3], 3, key=0)(np.zeros(5)), "takes 4 inputs"),
        (lambda: MLP(4, [3], 3, key=0)(np.zeros((2, 4))), "a row at a time"),
        (lambda: cross_entropy(LOGITS, np.array([0, 3])), "from 0 to 3; with 3 logits: 0 to 2"),
        (lambda: cross_entropy(LOGITS, np.array([0.0, 1.0])), "whole numbers from 0 to 2"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_would(call, message):
    with pytest.raises(ValueError, match=message):
        call()
