"""Schedules of random networks: the lines as they are printed, run by NumPy, give the gradient."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from random_networks import EVERY, USUAL, networks

from suffice.inspect import graph
from suffice.inspect.labels import barred
from suffice.inspect.namespace import FUNCTIONS
from suffice.inspect.values import evaluated


def printed_lines(schedule):
    return [re.sub(r"^\d+\. |   # frees .*$", "", line) for line in str(schedule).splitlines()]


@USUAL
@given(networks())
def test_the_printed_lines_of_a_schedule_give_the_gradient(network):
    assert_lines_give_the_gradient(network)


@pytest.mark.whole
@EVERY
@given(networks())
def test_the_printed_lines_of_many_schedules_give_the_gradient(network):
    assert_lines_give_the_gradient(network)


def assert_lines_give_the_gradient(network):
    def loss(parameters, image):
        return jnp.sum(network(parameters, image) ** 2)

    arguments = network.parameters(), np.random.default_rng(0).standard_normal(network.shapes[0])
    found = graph(loss, *arguments)

    @jax.jit
    def values_and_gradient(*arguments):
        leaves = dict(enumerate(jax.tree.leaves(arguments)))
        return evaluated(found, leaves), jax.grad(loss, argnums=(0, 1))(*arguments)

    with jax.enable_x64(True):
        values, gradient = values_and_gradient(*arguments)
    names = {**FUNCTIONS, **dict(zip(found.labels, map(np.asarray, values), strict=True))}
    for line in printed_lines(found.schedule()):
        assert "pull_" not in line
        exec(line, names)
    for number, right in enumerate(jax.tree.leaves(gradient)):
        ours = names[barred(found.labels[number])]
        np.testing.assert_allclose(ours, right, rtol=0, atol=1e-12 * max(1, np.abs(right).max()))
