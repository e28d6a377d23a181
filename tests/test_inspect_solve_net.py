"""Sizes of networks that meet constraints: the bounds are those of the networks themselves."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest

from suffice.inspect import Convention, account, solve_net
from suffice.nets import MLP, ConvNet


def perceptron(width):
    return MLP(784, [width], 10, key=0)


def stacked(layers, size, stride):
    """The receptive field of convolutions one after another, traced."""

    def network(x):
        for _ in range(layers):
            x = jax.lax.conv_general_dilated(x, jnp.ones((1, 1, size, size)), (stride,) * 2, "SAME")
        return x

    return account(network, (1, 1, 300, 300)).rows[-1].receptive_field.size[0]


def test_16_layers_of_3_by_3_see_32_places():
    assert solve_net("receptive field >= 32, kernel 3, stride 1").smallest == 16
    assert stacked(15, 3, 1) < 32 <= stacked(16, 3, 1)


@pytest.mark.parametrize(("size", "stride", "bound"), [(3, 2, 100), (5, 1, 40), (2, 3, 50)])
def test_the_number_of_layers_is_that_of_traced_layers(size, stride, bound):
    found = solve_net(f"receptive field >= {bound}, kernel {size}, stride {stride}").smallest
    assert stacked(found - 1, size, stride) < bound <= stacked(found, size, stride)


def test_the_widest_network_of_a_million_weights():
    width = solve_net("weights <= 1 M", perceptron, (784,)).largest
    weights = [account(perceptron(size), (784,)).total.weights for size in (width, width + 1)]
    assert weights[0] <= 10**6 < weights[1]


def test_several_constraints_leave_what_meets_all():
    found = solve_net(["weights <= 80,000", "units >= 60"], perceptron, (784,))
    assert (found.unknown, found.smallest, found.largest) == ("width", 50, 100)
    assert found.values == {"weights": (39_700, 79_400), "units": (60, 110)}
    assert solve_net("weights = 79400", perceptron, (784,)).smallest == 100


def test_the_largest_batch_is_that_of_the_traced_batch():
    network = ConvNet([4], 3, (1, 12, 12), key=0)
    batch = solve_net("backward bytes <= 1 MB", network, (1, 12, 12)).largest
    kept = [account(network, (1, 12, 12), Convention(batch=size)).backward.total_needed for size in (batch, batch + 1)]
    assert kept[0] <= 10**6 < kept[1]


def test_of_plain_functions_the_batch_is_unknown():
    weights = np.ones((5, 4), np.float32)
    found = solve_net("connections <= 100", lambda x: weights @ x, (4,))
    assert (found.unknown, found.largest) == ("batch", 5)


def test_what_nothing_bounds_is_open():
    found = solve_net("weights >= 100", perceptron, (784,), most=4096)
    assert (found.smallest, found.largest) == (1, None)
    assert "any" in str(found)


class Two(eqx.Module):
    def __call__(self, x):
        return x


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (
            lambda: solve_net(["weights <= 1 M", "units >= 5000"], perceptron, (784,)),
            "holds from 4,990 to 65,536. Loosen one",
        ),
        (lambda: solve_net("weights = 1 M", perceptron, (784,)), "999,646 at 1,259 and 1,000,440 at 1,260"),
        (lambda: solve_net("weights <= 10", perceptron, (784,), most=64), "'weights <= 10' holds for none"),
        (lambda: solve_net(""), "No constraint was given"),
        (lambda: solve_net("kernel 3"), "No quantity is constrained"),
        (lambda: solve_net("receptive field >= 32"), "Add their kernel"),
        (lambda: solve_net("weights >= 32, kernel 3"), "needs a network"),
        (lambda: solve_net("wheels >= 32"), "is no constraint"),
        (lambda: solve_net("weights around 32"), "is no constraint"),
        (lambda: solve_net("weights >= 3 parsecs", perceptron, (784,)), "no number that can be read"),
        (lambda: solve_net("weights >= 3"), "needs a network"),
        (lambda: solve_net(3), "int"),
        (lambda: solve_net([3]), "constraints are words"),
        (lambda: solve_net("weights <= 10", perceptron), "input_shape is missing"),
        (lambda: solve_net("weights <= 10, kernel 3", perceptron, (784,)), "kernel describes layers"),
        (lambda: solve_net("weights <= 10", perceptron, (784,), most=0), "most=0"),
        (lambda: solve_net("weights >= 10", Two(), (4,), most=8), "holds for none"),
    ],
)
def test_bad_input_gets_a_sentence(question, sentence):
    with pytest.raises(ValueError, match=sentence):
        question()
