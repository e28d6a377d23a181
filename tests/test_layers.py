"""Layers of image networks: the same numbers either way, PyTorch's laws, backward rules by differentiation and differences."""

import equinox as eqx
import jax
import numpy as np
import pytest

from suffice.nets import (
    BatchNorm,
    Block,
    Conv2d,
    ConvNet,
    ResidualBlock,
    ScalarNetwork,
    adaptive_average_pool,
    average_pool,
    batch_norm_vjp,
    conv2d_vjp,
    cross_entropy,
    cross_entropy_vjp,
    dropout,
    evaluate,
    max_pool,
    max_pool_vjp,
    residual_block_vjp,
    scalar_network_vjp,
    sort2,
    sorting_network,
)
from suffice.runtime.precision import cast

RNG = np.random.default_rng(0)
IMAGES = RNG.normal(size=(4, 4, 7, 6))
CONVOLUTIONS = {"plain": {}, "stride": {"stride": 2, "padding": 1}, "groups": {"groups": 2, "padding": 1}}


def turned(maps):
    """Images first or channels first, the other way round."""
    return np.swapaxes(maps, 0, 1)


def in_float64(function, *arguments):
    with jax.enable_x64(True):
        return jax.tree.map(lambda leaf: np.asarray(leaf) if eqx.is_array(leaf) else leaf, function(*arguments))


def pulled_back(function, arguments, cotangent):
    """What automatic differentiation gives for the derivatives with respect to the arguments."""
    pull = jax.jit(lambda cotangent, *arguments: jax.vjp(function, *arguments)[1](cotangent))
    return in_float64(pull, cotangent, *arguments)


def assert_derivatives(function, arguments, cotangent, found):
    """A backward rule agrees with automatic differentiation, and along a direction with central differences."""
    expected = pulled_back(function, arguments, cotangent)
    jax.tree.map(lambda left, right: np.testing.assert_allclose(left, right, rtol=1e-6, atol=1e-9), found, expected)
    direction = jax.tree.map(lambda leaf: RNG.normal(size=np.shape(leaf)), arguments)
    along = sum(np.sum(a * b) for a, b in zip(jax.tree.leaves(found), jax.tree.leaves(direction), strict=True))

    def value(step):
        moved = jax.tree.map(lambda leaf, d: leaf + step * d, arguments, direction)
        return np.sum(np.asarray(in_float64(function, *moved)) * cotangent)

    assert along == pytest.approx((value(1e-6) - value(-1e-6)) / 2e-6, rel=1e-6)


@pytest.fixture(scope="module", params=CONVOLUTIONS)
def convolution(request):
    return cast(Conv2d(4, 6, 3, key=0, **CONVOLUTIONS[request.param]), "float64")


def test_patches_and_the_native_convolution_agree(convolution, monkeypatch):
    ours = convolution(turned(IMAGES))
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    np.testing.assert_allclose(ours, convolution(turned(IMAGES)), rtol=1e-12, atol=1e-13)


def test_convolution_backward_rule(convolution):
    def outputs(images, weight, bias):
        layer = eqx.tree_at(lambda layer: (layer.weight, layer.bias), convolution, (weight, bias))
        return layer(images.swapaxes(0, 1)).swapaxes(0, 1)

    arguments = (IMAGES, convolution.weight, convolution.bias)
    cotangent = RNG.normal(size=in_float64(outputs, *arguments).shape)
    options = {"stride": convolution.stride, "padding": convolution.padding, "groups": convolution.groups}
    found = conv2d_vjp(IMAGES, convolution.weight, cotangent, **options)
    assert_derivatives(outputs, arguments, cotangent, found)


@pytest.mark.parametrize(("size", "stride"), [(2, None), (3, 2)])
def test_max_pool_sends_the_derivative_to_the_largest(size, stride):
    cotangent = RNG.normal(size=max_pool(IMAGES, size, stride).shape)
    found = max_pool_vjp(IMAGES, cotangent, size, stride)
    assert_derivatives(lambda images: max_pool(images, size, stride), (IMAGES,), cotangent, (found,))
    assert set(IMAGES[found != 0]) <= set(max_pool(IMAGES, size, stride).ravel())


def test_of_equal_numbers_the_first_gets_the_derivative():
    ties = np.zeros((4, 4))
    expected = np.zeros((4, 4))
    expected[::2, ::2] = 1
    np.testing.assert_array_equal(max_pool_vjp(ties, np.ones((2, 2))), expected)
    np.testing.assert_array_equal(pulled_back(max_pool, (ties,), np.ones((2, 2)))[0], expected)


def test_pools_are_the_largest_and_the_mean_of_windows():
    windows = IMAGES[:, :, :6].reshape(4, 4, 3, 2, 3, 2)
    np.testing.assert_array_equal(max_pool(IMAGES), windows.max((3, 5)))
    np.testing.assert_allclose(average_pool(IMAGES), windows.mean((3, 5)), rtol=1e-12)
    np.testing.assert_allclose(adaptive_average_pool(IMAGES)[..., 0, 0], IMAGES.mean((2, 3)), rtol=1e-12)
    np.testing.assert_allclose(adaptive_average_pool(IMAGES[:, :, :6], 3), windows.mean((3, 5)), rtol=1e-12)
    np.testing.assert_allclose(adaptive_average_pool(IMAGES, 2)[:, :, 0, 1], IMAGES[:, :, :4, 3:].mean((2, 3)))


@pytest.fixture(scope="module")
def norm():
    return eqx.tree_at(lambda n: (n.scale, n.shift), BatchNorm(4), (RNG.normal(size=4), RNG.normal(size=4)))


@pytest.fixture(scope="module")
def begin(norm):
    return cast(norm.initial_state(), "float64")


def test_batch_norm_backward_rule(norm, begin):
    weight = np.array([1.0, 0.0, 2.0, 0.5])

    def outputs(images, scale, shift):
        layer = eqx.tree_at(lambda n: (n.scale, n.shift), norm, (scale, shift))
        return layer(images.swapaxes(0, 1), weight, begin, True)[0].swapaxes(0, 1)

    cotangent = RNG.normal(size=IMAGES.shape)
    found = batch_norm_vjp(IMAGES, norm.scale, cotangent, weight)
    assert_derivatives(outputs, (IMAGES, norm.scale, norm.shift), cotangent, found)


def test_batch_norm_normalises_and_keeps_the_moments_of_the_batch(norm, begin):
    outputs, after = norm(turned(IMAGES), np.ones(4), begin, True)
    flat, normal = turned(IMAGES).reshape(4, -1), outputs.reshape(4, -1)
    np.testing.assert_allclose(normal.mean(1), norm.shift, rtol=1e-12)
    np.testing.assert_allclose(normal.var(1), norm.scale**2 * flat.var(1) / (flat.var(1) + 1e-5), rtol=1e-12)
    np.testing.assert_allclose(after.mean, 0.1 * flat.mean(1), rtol=1e-12)
    np.testing.assert_allclose(after.variance, 0.9 + 0.1 * flat.var(1, ddof=1), rtol=1e-12)
    again, same = norm(turned(IMAGES), np.ones(4), after, False)
    jax.tree.map(np.testing.assert_array_equal, after, same)
    expected = (flat - after.mean[:, None]) / np.sqrt(after.variance[:, None] + 1e-5)
    np.testing.assert_allclose(again.reshape(4, -1), norm.scale[:, None] * expected + norm.shift[:, None], rtol=1e-11)


def test_rows_of_weight_zero_change_nothing_in_batch_norm(norm, begin):
    padded = np.concatenate([IMAGES, 100 * RNG.normal(size=(3, 4, 7, 6))])
    alone, moments = norm(turned(IMAGES), np.ones(4), begin, True)
    beside, same = norm(turned(padded), np.repeat([1.0, 0.0], [4, 3]), begin, True)
    np.testing.assert_allclose(beside[:, :4], alone, rtol=1e-12)
    jax.tree.map(lambda left, right: np.testing.assert_allclose(left, right, rtol=1e-12), same, moments)


def test_moments_of_two_devices_are_those_of_the_whole_batch(norm, begin):
    weight = np.array([1.0, 3.0, 0.0, 2.0])
    whole, moments = norm(turned(IMAGES), weight, begin, True)
    halves = np.stack([turned(IMAGES)[:, :2], turned(IMAGES)[:, 2:]])
    with jax.enable_x64(True):
        parts, shared = jax.vmap(lambda maps, w: norm(maps, w, begin, True, axis_name="devices"), axis_name="devices")(
            halves, weight.reshape(2, 2)
        )
        np.testing.assert_allclose(np.concatenate(list(parts), 1), whole, rtol=1e-12)
        for half in (0, 1):
            jax.tree.map(lambda a, b, i=half: np.testing.assert_allclose(a[i], b, rtol=1e-12), shared, moments)


def test_block_without_its_inner_part_is_the_rectifier():
    block = eqx.tree_at(lambda block: block.norms[1].scale, Block(4, key=0), np.zeros(4, np.float32))
    maps = turned(IMAGES).astype(np.float32)
    for training in (True, False):
        np.testing.assert_array_equal(block(maps, np.ones(4), block.initial_state(), training)[0], np.maximum(maps, 0))


def test_dropout_keeps_the_mean_and_follows_the_key():
    units = np.ones(20_000, np.float32)
    first, again, other = (dropout(units, 0.3, key) for key in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert np.mean(first == 0) == pytest.approx(0.3, abs=0.02)
    assert first.mean() == pytest.approx(1, abs=0.02)
    assert dropout(units, 0, 0) is units


def test_cross_entropy_backward_rule_sums_to_zero():
    logits, labels = RNG.normal(size=(5, 3)), np.array([0, 2, 1, 1, 0])
    found = cross_entropy_vjp(logits, labels)
    assert_derivatives(lambda z: cross_entropy(z, labels), (logits,), np.ones(5), (found,))
    np.testing.assert_allclose(found.sum(-1), 0, atol=1e-15)


@pytest.mark.parametrize(("size", "stride", "pool"), [(3, 1, 2), (2, 2, 3)])
def test_two_maps_pool_and_softmax_backward_by_hand(size, stride, pool):
    options = {"kernel_size": size, "stride": stride, "pool_size": pool, "activation": "identity"}
    network = cast(ConvNet([2], 3, (1, 8, 8), key=0, **options), "float64")
    image, label = RNG.normal(size=(1, 1, 8, 8)), np.array([2])
    (layer,), linear = network.convolutions, network.head.layers[0]

    def loss(theta, theta_bias, weight, bias):
        where = [lambda n: n.convolutions[0].weight, lambda n: n.convolutions[0].bias]
        where += [lambda n: n.head.layers[0].weight, lambda n: n.head.layers[0].bias]
        moved = eqx.tree_at(lambda n: [get(n) for get in where], network, [theta, theta_bias, weight, bias])
        return cross_entropy(evaluate(moved, image, ()), label)[0]

    maps = turned(layer(turned(image)))
    pooled = max_pool(maps, pool)
    delta = cross_entropy_vjp(linear.weight @ pooled.ravel() + linear.bias, 2)
    of_maps = max_pool_vjp(maps, (linear.weight.T @ delta).reshape(pooled.shape), pool)
    _, of_theta, of_theta_bias = conv2d_vjp(image, layer.weight, of_maps, stride)
    found = (of_theta, of_theta_bias, np.outer(delta, pooled.ravel()), delta)
    assert_derivatives(loss, (layer.weight, layer.bias, linear.weight, linear.bias), 1.0, found)
    assert np.count_nonzero(of_maps) <= pooled.size


def test_scalar_network_gives_the_worked_example_from_stored_activations():
    network = ScalarNetwork(0.7, -1.3, 2.1)
    found = scalar_network_vjp(network, 0.9)
    assert network(0.9) == pytest.approx(0.6295862254, abs=1e-10)
    expected = (-0.1169507006, 0.2876398062, 0.2998029645)
    np.testing.assert_allclose(jax.tree.leaves(found), expected, atol=1e-10)
    weights = tuple(jax.tree.leaves(network))
    assert_derivatives(lambda *w: ScalarNetwork.__call__(rebuilt(network, w), 0.9), weights, 1.0,
                       tuple(jax.tree.leaves(found)))  # fmt: skip


def rebuilt(network, leaves):
    return jax.tree.unflatten(jax.tree.structure(network), leaves)


@pytest.mark.parametrize("activation", ["relu", "sigmoid", "tanh", "identity"])
def test_residual_block_backward_rule(activation):
    block = cast(ResidualBlock(4, key=0, activation=activation), "float64")
    row, cotangent = RNG.normal(size=4), RNG.normal(size=4)
    found = residual_block_vjp(block, row, cotangent)
    leaves, structure = jax.tree.flatten(block)

    def output(row, *leaves):
        return jax.tree.unflatten(structure, leaves)(row)

    assert_derivatives(output, (row, *leaves), cotangent, (found[1], *jax.tree.leaves(found[0])))


@pytest.mark.parametrize(("size", "agree"), [(4, False), (1, True)])
def test_the_derivative_of_the_activation_comes_after_the_matrix(size, agree):
    block = cast(ResidualBlock(size, key=1), "float64")
    row, cotangent = RNG.normal(size=size), RNG.normal(size=size)
    z = block.first.weight @ row + block.first.bias
    r = block.second.weight @ (np.tanh(z) + row) + block.second.bias
    of_z, of_r = 1 - np.tanh(z) ** 2, 1 - np.tanh(r) ** 2
    too_early = (cotangent * of_z * of_r) @ block.second.weight + cotangent * of_z
    found = residual_block_vjp(block, row, cotangent)[0].first.bias
    assert np.allclose(found, too_early, rtol=1e-6) is agree


def test_sort2_gives_the_smaller_and_the_larger():
    pairs = np.concatenate([10 * RNG.normal(size=(1000, 2)), [[0, 0], [2.5, 2.5], [-1, -1], [-3, 0], [0, -3]]])
    network = sort2()
    with jax.enable_x64(True):
        np.testing.assert_allclose(jax.jit(jax.vmap(network))(pairs), np.sort(pairs), atol=1e-12)
    assert [len(layer.weight) for layer in network.layers] == [5, 2]
    assert not any(layer.bias.any() for layer in network.layers)


@pytest.mark.parametrize("size", [3, 6])
def test_sorting_network_sorts(size):
    rows = RNG.integers(-3, 3, size=(200, size)) + 0.5 * RNG.integers(0, 2, size=(200, size))
    with jax.enable_x64(True):
        np.testing.assert_allclose(jax.jit(jax.vmap(sorting_network(size)))(rows), np.sort(rows), atol=1e-12)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Conv2d(3, 4, 3, groups=2, key=0), "3 input and 4 output channels cannot be cut into 2 groups"),
        (lambda: Conv2d(3, 4, 0, key=0), "kernel_size=0; .* at least 1"),
        (lambda: Conv2d(3, 4, 1, padding=-1, key=0), "padding=-1; .* at least 0"),
        (lambda: Conv2d(3, 4, 3, key=0)(np.zeros((2, 3, 8, 8))), r"takes \(3, n, height, width\)"),
        (lambda: Conv2d(3, 4, 3, key=0)(np.zeros((3, 2, 2, 8))), "2 x 8 are smaller than the kernel of 3 x 3"),
        (lambda: BatchNorm(0), "channels=0"),
        (lambda: BatchNorm(2)(np.zeros((3, 4)), np.ones(4), BatchNorm(2).initial_state(), True), r"takes \(2, n"),
        (lambda: BatchNorm(2)(np.zeros((2, 1)), np.ones(1), BatchNorm(2).initial_state(), True), "a batch of one row"),
        (lambda: max_pool(np.zeros((1, 3)), 2), "no window of 2 x 2"),
        (lambda: max_pool(np.zeros((3, 3)), 2, 0), "stride=0"),
        (lambda: adaptive_average_pool(np.zeros((3, 3)), 0), "size=0"),
        (lambda: dropout(np.ones(3), 1.0, 0), "rate=1.0; .* below 1"),
        (lambda: ResidualBlock(0, key=0), "size=0"),
        (lambda: ResidualBlock(3, key=0)(np.zeros(4)), "takes 3 numbers"),
        (lambda: sorting_network(1), "size=1; .* at least 2"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_would(call, message):
    with pytest.raises(ValueError, match=message):
        call()
