"""Receptive fields are where derivatives are: through strides, dilation, groups, skips, pools and shared weights."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from jax import lax
from random_networks import EVERY, USUAL, fields, networks

from suffice.inspect import account
from suffice.inspect.flow import flow
from suffice.inspect.of_network import network_graph
from suffice.inspect.receptive_field import receptive_fields
from suffice.inspect.seen import confirmed, seen
from suffice.nets import AlexNet, Conv2d, ConvNet, max_pool

SOME = settings(USUAL, max_examples=20)
IMAGES = np.random.default_rng(0).standard_normal((30, 1, 1, 21, 21)).astype(np.float32)
"""Enough of them that each place of a window is once its largest."""


def convolved(x, size, stride=1, padding=None, dilation=1, outputs=1):
    """A convolution with positive weights."""
    inputs, margin = x.shape[1], (size // 2 if padding is None else padding,) * 2
    kernel = jnp.ones((outputs, inputs, size, size), x.dtype)
    return lax.conv_general_dilated(x, kernel, (stride,) * 2, [margin] * 2, rhs_dilation=(dilation,) * 2)


def residual(x):
    """A residual block of stride 2, then a convolution."""
    inner = convolved(jax.nn.relu(convolved(x, 3, stride=2)), 3)
    return convolved(inner + convolved(x, 1, stride=2), 3)


def traced(network):
    shapes = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, np.float32), network.parameters())
    graph, source = network_graph(eqx.Partial(network, shapes), network.shapes[0])
    links = flow(graph)
    return links, links.values[source], links.values.get(graph.outputs[0], links.values[source])


def seen_by(network, links, source, value, unit):
    """What the unit sees by our account, shape (height, width); all channels see the same."""
    cells = seen(links, value, network.shapes[-1], {1: unit[0], 2: unit[1]}, source, network.shapes[0])
    assert (cells == cells[:1]).all()
    return cells[0]


def units_of(network):
    _, height, width = network.shapes[-1]
    return {(0, 0), (height // 2, width // 2), (height - 1, width - 1), (0, width - 1)}


@USUAL
@given(networks())
def test_the_field_of_random_networks_is_what_each_unit_depends_on(network):
    assert_field_is_what_units_depend_on(network)


@pytest.mark.whole
@EVERY
@given(networks())
def test_the_field_of_many_random_networks_is_what_each_unit_depends_on(network):
    assert_field_is_what_units_depend_on(network)


def assert_field_is_what_units_depend_on(network):
    if network.layers:
        truth = fields(network)
        links, source, value = traced(network)
        field = receptive_fields(links, source, network.shapes[0])[value]
        field = confirmed({value: field}, links, {value: network.shapes[-1]}, source)[value]
        for unit in units_of(network):
            cells = seen_by(network, links, source, value, unit)
            assert np.array_equal(cells, truth[unit])
            check_box(field, network, unit, cells)


def check_box(field, network, unit, cells):
    """Away from the borders the box is what the status says."""
    ends = [box_along(field, axis, place) for axis, place in zip((1, 2), unit, strict=True)]
    inside = all(low >= 0 and high < side for (low, high), side in zip(ends, network.shapes[0][1:], strict=True))
    box = np.zeros_like(cells)
    box[tuple(slice(max(low, 0), high + 1) for low, high in ends)] = True
    assert not (cells & ~box).any()
    if inside and field.status == "exact":
        assert np.array_equal(cells, box)


def box_along(field, axis, place):
    """First and last place of an input without borders that a unit may see; ``steps`` is 0 where all see the same."""
    ends = [(box[axis].start, box[axis].last) for box in field.boxes]
    moved = int(field.steps[axis]) * place
    return min(low for low, _ in ends) + moved, max(high for _, high in ends) + moved


@SOME
@given(networks())
def test_derivatives_by_jax_lie_where_the_field_says(network):
    if network.layers:
        links, source, value = traced(network)
        parameters = jax.tree.map(np.float32, network.parameters())
        image = np.random.default_rng(0).uniform(1, 2, network.shapes[0]).astype(np.float32)
        unit = (network.shapes[-1][1] // 2, network.shapes[-1][2] // 2)
        slope = jax.jit(jax.grad(lambda x: network(parameters, x)[:, unit[0], unit[1]].sum()))(image)
        support, cells = (np.asarray(slope) != 0).any(0), seen_by(network, links, source, value, unit)
        assert not (support & ~cells).any()
        if all(layer.kind != "max pooling" for layer in network.layers):
            assert np.array_equal(support, cells)


def test_a_residual_block_of_stride_2_and_a_convolution_see_11_places():
    found = account(residual, (1, 1, 40, 40))
    row = found.rows[-1]
    assert (row.receptive_field.size, row.receptive_field.status) == ((11, 11), "exact")
    assert found.box(-1, 10) == ((15, 25), (15, 25))
    slope = jax.jit(jax.grad(lambda x: residual(x)[0, 0, 10, 10]))(jnp.ones((1, 1, 40, 40)))
    assert np.array_equal(np.asarray(slope[0, 0]) != 0, found.seen(-1, 10))


def test_our_own_convolutions_see_where_their_derivatives_are():
    first, second = Conv2d(1, 2, 5, stride=2, padding=1, key=0), Conv2d(2, 2, 3, padding=2, groups=2, key=1)

    def network(maps):
        return second(max_pool(first(maps), 3, 2))

    found = account(network, (1, 1, 21, 21))
    assert (found["conv2"].receptive_field.size, found["conv2"].receptive_field.steps[2]) == ((17, 17), 4)
    slopes = jax.jit(jax.vmap(jax.grad(lambda image, unit: network(image)[:, 0, unit, unit].sum()), (0, None)))
    for unit in range(6):
        support = (np.asarray(slopes(IMAGES, unit))[:, 0, 0] != 0).any(0)
        assert np.array_equal(support, found.seen("conv2", unit))


def test_fields_of_known_networks():
    alexnet = account(lambda: AlexNet(key=0), (3, 227, 227))
    assert [row.receptive_field.size[0] for row in alexnet.rows[:5]] == [11, 51, 99, 131, 163]
    assert {row.receptive_field.status for row in alexnet.rows[5:]} == {"whole input"}
    lenet = account(lambda: ConvNet([20, 50], key=0), (1, 28, 28))
    assert [str(row.receptive_field) for row in lenet.rows] == ["5×5", "14×14", "whole input"]


def test_dilation_leaves_gaps_and_the_box_is_a_bound():
    found = account(lambda x: convolved(x, 3, dilation=2, padding=0), (1, 1, 9, 9))
    assert str(found.rows[0].receptive_field) == "≤ 5×5"
    assert found.seen(0, 0).sum() == 9


def test_pooling_a_whole_map_sees_the_whole_input_only_if_strides_skip_nothing():
    def pooled(x, stride):
        return convolved(x, 1 if stride == 2 else 2, stride=stride, padding=0).mean((2, 3)) @ jnp.ones((1, 3))

    assert account(lambda x: pooled(x, 1), (1, 1, 8, 8)).rows[-1].receptive_field.status == "whole input"
    skipping = account(lambda x: pooled(x, 2), (1, 1, 8, 8)).rows[-1].receptive_field
    assert (skipping.status, skipping.size) == ("bound", (7, 7))


@pytest.mark.parametrize(("causal", "status"), [(False, "whole input"), (True, "bound")])
def test_a_mask_makes_the_field_a_bound(causal, status):
    weights = jnp.ones((8, 8))

    def attending(x):
        heads = (x @ weights).reshape(6, 1, 8)
        return jax.nn.dot_product_attention(heads, heads, heads, is_causal=causal).reshape(6, 8) @ weights

    assert account(attending, (6, 8)).rows[-1].receptive_field.status == status


def test_depth_5000_needs_no_recursion():
    def deep(x):
        for _ in range(5000):
            x = lax.reduce_window(x, 0.0, lax.add, (1, 1, 3, 3), (1, 1, 1, 1), "SAME")
        return x

    graph, source = network_graph(deep, (1, 1, 4, 4))
    links = flow(graph)
    field = receptive_fields(links, links.values[source], (1, 1, 4, 4))[links.values[graph.outputs[0]]]
    assert field.size == (10_001, 10_001)


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (lambda found: found.seen("conv1", 99), "unit=99"),
        (lambda found: found.seen("conv1", (1, 2, 3)), "a place along each of 2 axes"),
        (lambda found: found.seen("conv1", -1), "unit=-1"),
        (lambda found: found.seen("conv7", 0), "names no layers"),
    ],
)
def test_bad_units_get_a_sentence(question, sentence):
    with pytest.raises(ValueError, match=sentence):
        question(account(residual, (1, 1, 40, 40)))


def test_a_unit_that_sees_only_padding_has_no_box():
    found = account(lambda x: convolved(x, 1, padding=2), (1, 1, 4, 4))
    with pytest.raises(ValueError, match="nothing but padding"):
        found.box(0, 0)
