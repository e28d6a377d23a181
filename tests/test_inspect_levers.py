"""What single changes do is what the changed networks have."""

from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from suffice.inspect import Convention, account, levers
from suffice.inspect.edits import widened
from suffice.inspect.leverage import CHANGES, needed_bytes
from suffice.inspect.plan import counted, plan_of
from suffice.nets import MLP, AlexNet, Autoencoder, ConvNet, ResidualBlock, ResNet


@cache
def alexnet(towers):
    return account(lambda: AlexNet(towers=towers, key=0), (3, 227, 227))


NETWORKS = {
    "alexnet": lambda: alexnet(2),
    "resnet": lambda: account(lambda: ResNet(4, key=0), (1, 28, 28)),
    "lenet": lambda: account(lambda: ConvNet([20, 50], hidden_sizes=[500], key=0), (1, 28, 28)),
    "mlp": lambda: account(lambda: MLP(4, [5, 5], 3, key=0), (4,)),
    "tied": lambda: account(lambda: Autoencoder(784, 100, tied=True, key=0), (784,)),
    "block": lambda: account(lambda: ResidualBlock(4, key=0), (4,)),
    "another convention": lambda: account(
        lambda: ResNet(4, key=0), (1, 28, 28), Convention(bias=True, padding_taps=False, mac_or_flop="flop", batch=3)
    ),
}


def test_half_of_fc6_is_most_weights_and_few_connections():
    lever = levers(alexnet(2)).of("fc6", "half the width")
    assert lever.weights == -27_262_976
    assert round(100 * lever.shares["weights"], 1) == -44.7
    assert round(100 * lever.shares["connections"], 1) == -3.8


def test_convolutions_hold_few_weights_and_most_connections():
    assert "Convolutions hold 3.8 % of the weights and 91.9 % of the connections." in str(levers(alexnet(2)))


def scaled(layers, change):
    """Changes of weights and connections, in percent, of the ungrouped network."""
    found, plan = alexnet(1), plan_of(alexnet(1))
    numbers = tuple(found[layer].path[0] for layer in layers)
    after, before = counted(widened(plan, numbers, change)), found.total
    changes = (after.weights / before.weights - 1, after.connections / before.connections - 1)
    return tuple(round(100 * share, 2) for share in changes)


def test_what_the_document_proposes_changes_little_and_the_first_hidden_layer_much():
    convolutions = [f"conv{number}" for number in range(1, 6)]
    assert scaled(["conv1"], lambda width: 90) == (-0.07, -3.05)
    assert scaled(convolutions, lambda width: width * 90 // 96) == (-4.51, -11.15)
    assert scaled(["fc6"], lambda width: 2048) == (-43.71, -2.40)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_plan_of_a_network_counts_as_its_account(name):
    found = NETWORKS[name]()
    plan = plan_of(found)
    same = counted(plan)
    total = found.total
    assert (same.units, same.weights, same.biases, same.connections) == (
        total.units,
        total.weights,
        total.biases,
        total.connections,
    )
    assert needed_bytes(found, plan, plan, same) == found.backward.total_needed


def change(before, after):
    """What a network has more than another."""
    counts = {name: getattr(after.total, name) - getattr(before.total, name) for name in CHANGES[:3]}
    return {**counts, "backward_bytes": after.backward.total_needed - before.backward.total_needed}


def images(**changes):
    settings = {"channels": [8, 8, 12], "image_shape": (2, 30, 30), "kernel_size": 3, "padding": 1, **changes}
    return account(lambda: ConvNet(key=0, **settings), settings["image_shape"])


@pytest.mark.parametrize(
    ("layer", "edit", "changed"),
    [
        ("conv1", "half the width", {"channels": [4, 8, 12]}),
        ("conv2", "half the width", {"channels": [8, 4, 12]}),
        ("conv3", "half the width", {"channels": [8, 8, 6]}),
    ],
)
def test_a_lever_is_what_the_changed_network_has(layer, edit, changed):
    lever = levers(images()).of(layer, edit)
    assert {name: getattr(lever, name) for name in CHANGES} == change(images(), images(**changed))


def test_levers_of_perceptrons_are_those_of_the_changed_perceptrons():
    def network(*hidden):
        return account(lambda: MLP(6, hidden, 3, key=0), (6,))

    found = levers(network(8, 10))
    for layer, edit, hidden in (
        ("fc1", "half the width", (4, 10)),
        ("fc1", "layer dropped", (10,)),
        ("fc2", "layer dropped", (8,)),
    ):
        lever, wanted = found.of(layer, edit), change(network(8, 10), network(*hidden))
        assert {name: getattr(lever, name) for name in CHANGES[:3]} == {name: wanted[name] for name in CHANGES[:3]}


def convolved(kernels, strides=(1, 1), groups=(1, 1), pool=False):
    """An account of two native convolutions."""
    weights = [np.ones(shape, np.float32) for shape in kernels]

    def network(x):
        for kernel, stride, group in zip(weights, strides, groups, strict=True):
            margin = [(kernel.shape[2] // 2,) * 2] * 2
            x = jax.lax.conv_general_dilated(x, kernel, (stride,) * 2, margin, feature_group_count=group)
            x = (
                jax.lax.reduce_window(x, -jnp.inf, jax.lax.max, (1, 1, 2, 2), (1, 1, 2, 2), "VALID")
                if pool and kernel is weights[0]
                else x
            )
        return x

    return account(network, (1, 4, 16, 16))


PLAIN = ((8, 4, 5, 5), (8, 8, 3, 3))


@pytest.mark.parametrize(
    ("layer", "edit", "changed"),
    [
        ("conv1", "stride 2", {"kernels": PLAIN, "strides": (2, 1)}),
        ("conv1", "kernel 3×3", {"kernels": ((8, 4, 3, 3), PLAIN[1])}),
        ("conv2", "2 groups", {"kernels": (PLAIN[0], (8, 4, 3, 3)), "groups": (1, 2)}),
        ("conv1", "2×2 pooling after it", {"kernels": PLAIN, "pool": True}),
    ],
)
def test_levers_of_convolutions_are_those_of_the_changed_convolutions(layer, edit, changed):
    lever, wanted = levers(convolved(PLAIN)).of(layer, edit), change(convolved(PLAIN), convolved(**changed))
    assert {name: getattr(lever, name) for name in CHANGES[:3]} == {name: wanted[name] for name in CHANGES[:3]}


def test_layers_that_are_added_are_halved_together():
    found = levers(lambda: ResNet(4, key=0), (1, 28, 28))
    assert found.of("conv1", "half the width").layers == ("conv1", "conv3")
    assert not [lever for lever in found if lever.layers == ("conv1",) and lever.edit == "half the width"]


@pytest.mark.parametrize("by", CHANGES)
def test_levers_are_sorted_by_what_they_save(by):
    found = [getattr(lever, by) for lever in levers(alexnet(2), by=by)]
    assert found == sorted(found)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (lambda: levers(alexnet(2), by="wheels"), "by='wheels'"),
        (lambda: levers(MLP(4, [3], 2, key=0)), "input_shape is missing"),
        (lambda: levers(alexnet(2)).of("fc6", "half the height"), "its levers are"),
        (lambda: levers(lambda x: jnp.outer(x, x) @ x, (4,)), "do not follow"),
    ],
)
def test_bad_input_gets_a_sentence(question, sentence):
    with pytest.raises(ValueError, match=sentence):
        question()
