"""Image networks and autoencoders: sizes, what training and evaluation may depend on, and descent with a state."""

import equinox as eqx
import jax
import numpy as np
import optax
import pytest
from sklearn.datasets import load_digits

from suffice.fit.gradient_descent import descend
from suffice.nets import (
    AlexNet,
    Autoencoder,
    ConvNet,
    DenoisingAutoencoder,
    ResNet,
    classification_loss,
    cross_entropy,
    evaluate,
    forward,
    initial_state,
    reconstruction_loss,
)
from suffice.outcome import Outcome
from suffice.runtime.precision import cast, to_numpy


def parameters(network):
    return sum(leaf.size for leaf in jax.tree.leaves(eqx.filter(network, eqx.is_inexact_array)))


def assert_same_bits(left, right):
    jax.tree.map(np.testing.assert_array_equal, left, right)


@pytest.fixture(scope="module")
def images():
    digits = load_digits()
    return (digits.data[:200] / 16).reshape(-1, 1, 8, 8), digits.target[:200]


@pytest.fixture(scope="module")
def resnet():
    return ResNet(4, key=0)


@pytest.fixture(scope="module")
def solution(resnet, images):
    return learned(resnet, images)


def learned(network, images, **options):
    options = {"loss": classification_loss, "epochs": 4, "batch_size": 64, "random_state": 1} | options
    return descend(network, images, **{"optimizer": SGD} | options)


SGD = optax.sgd(0.1)


@pytest.mark.parametrize(("channels", "count"), [(1, 53), (2, 132), (4, 398), (64, 75_338)])
def test_resnet_has_the_parameters_of_its_formula(channels, count):
    network = ResNet(channels, key=0)
    assert parameters(network) == count == 18 * channels**2 + 25 * channels + 10
    assert all(type(leaf) is np.ndarray and leaf.dtype == np.float32 for leaf in jax.tree.leaves(network))


def test_images_of_other_channels_and_classes(images):
    network = ResNet(2, 3, 4, key=0)
    coloured = np.repeat(images[0][:2], 4, axis=1)
    assert evaluate(network, coloured, initial_state(network)).shape == (2, 3)
    assert parameters(network) == 9 * 2 * (2 * 2 + 4) + 6 * 2 + 3 * (2 + 1)


def test_lenet_has_the_shapes_of_its_stages():
    network = ConvNet([20, 50], hidden_sizes=[500], key=0)
    first, second = network.convolutions
    maps = first(np.zeros((1, 2, 28, 28)))
    assert maps.shape == (20, 2, 24, 24)
    assert second(maps[:, :, ::2, ::2]).shape == (50, 2, 8, 8)
    assert second.weight.size == 25_000
    assert network.head.layers[0].weight.shape == (500, 50 * 4 * 4)
    assert evaluate(network, np.zeros((2, 1, 28, 28)), ()).shape == (2, 10)


@pytest.mark.parametrize(("towers", "weights"), [(1, 62_367_776), (2, 60_954_656)])
def test_alexnet_has_the_weights_of_the_paper(towers, weights, monkeypatch):
    monkeypatch.setattr(jax.random, "uniform", without_memory)
    network = AlexNet(towers=towers, key=0)
    assert parameters(network) == weights + 10_568
    widths = [layer.weight.shape for layer in network.convolutions]
    assert widths[1] == (256, 96 // towers, 5, 5)
    assert [layer.weight.shape for layer in network.layers] == [(4096, 9216), (4096, 4096), (1000, 4096)]


def without_memory(key, shape, dtype, minval, maxval):
    return np.broadcast_to(np.zeros((), dtype), shape)


def test_alexnet_brings_its_own_image_size_to_the_maps_of_the_paper():
    network = AlexNet(2, width=1 / 48, key=0)
    seen, pictures = [], np.zeros((1, 3, 227, 227), np.float32)

    def training(key):
        seen.append(network.convolutions[0](pictures.swapaxes(0, 1)).shape)
        return forward(network, pictures, np.ones(1), (), key, True)[0]

    assert jax.eval_shape(training, jax.random.key(0)).shape == (1, 2)
    assert seen == [(2, 1, 55, 55)]


def test_dropout_of_a_network_happens_in_training_only(images):
    network, ones = ConvNet([2], 3, (1, 8, 8), dropout=0.5, key=0), np.ones(20)
    first, again, other = (
        forward(network, images[0][:20], ones, (), jax.random.key(key), True)[0] for key in (0, 0, 1)
    )
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    plain = ConvNet([2], 3, (1, 8, 8), key=0)
    np.testing.assert_array_equal(evaluate(network, images[0][:20], ()), evaluate(plain, images[0][:20], ()))


def test_evaluation_of_a_row_does_not_depend_on_the_rows_beside_it(solution, images):
    running = solution.details["state"].running
    together = evaluate(solution.model, images[0][:6], running)
    other = np.concatenate([images[0][:3], 5 * images[0][50:53]])
    np.testing.assert_array_equal(evaluate(solution.model, other, running)[:3], together[:3])


def test_padding_rows_change_neither_gradient_nor_state(resnet, images):
    network = cast(resnet, "float64")
    rows, labels, begin = images[0][:20], images[1][:20], cast(initial_state(resnet), "float64")

    @eqx.filter_jit
    @eqx.filter_value_and_grad(has_aux=True)
    def mean_loss(network, rows, labels, weight):
        logits, after = forward(network, rows, weight, begin, None, training=True)
        return weight @ cross_entropy(logits, labels) / weight.sum(), after

    with jax.enable_x64(True):
        alone = mean_loss(network, rows, labels, np.ones(20))
        padded = np.concatenate([rows, 9 * rows[:12]]), np.concatenate([labels, labels[:12]])
        beside = mean_loss(network, *padded, np.repeat([1.0, 0.0], [20, 12]))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-13), alone, beside)


def test_descent_learns_and_gathers_running_moments(solution, resnet, images):
    assert solution.outcome is Outcome.STOPPED_AT_LIMIT
    assert solution.trace["loss"][-1] < solution.trace["loss"][0]
    running = solution.details["state"].running
    assert jax.tree.structure(running) == jax.tree.structure(initial_state(resnet))
    assert all(type(leaf) is np.ndarray for leaf in jax.tree.leaves(running))
    assert not eqx.tree_equal(running, initial_state(resnet))


def test_one_step_follows_the_gradient_and_moves_the_state(resnet, images):
    once = learned(resnet, images, epochs=1, batch_size=200, precision="float64")
    begin = cast(initial_state(resnet), "float64")

    def mean_loss(network):
        logits, after = forward(network, images[0], np.ones(200), begin, None, training=True)
        return cross_entropy(logits, images[1]).mean(), after

    with jax.enable_x64(True):
        gradient, after = to_numpy(eqx.filter_jit(eqx.filter_grad(mean_loss, has_aux=True))(cast(resnet, "float64")))
    expected = jax.tree.map(lambda leaf, slope: leaf - 0.1 * slope, cast(resnet, "float64"), gradient)
    close = (once.model, once.details["state"].running), (expected, after)
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11), *close)


def test_two_epochs_and_two_more_are_four_bit_for_bit(solution, resnet, images):
    half = learned(resnet, images, epochs=2)
    resumed = learned(half.details["state"], images)
    assert_same_bits(resumed.details["state"], solution.details["state"])


def test_validation_uses_running_moments(resnet, images):
    held_out = images[0][:10], images[1][:10]
    once = learned(resnet, images, epochs=1, validation=held_out)
    logits = evaluate(once.model, held_out[0], once.details["state"].running)
    assert once.trace["validation_loss"][0] == pytest.approx(float(cross_entropy(logits, held_out[1]).mean()), rel=1e-5)


@pytest.fixture(scope="module")
def rows():
    return load_digits().data[:200] / 16


def reconstructed(network, rows, **options):
    return learned(network, rows, loss=reconstruction_loss, optimizer=ADAM, **options)


ADAM = optax.adam(0.02)


@pytest.mark.parametrize("tied", [False, True])
def test_denoising_with_rate_zero_is_the_plain_autoencoder_bit_for_bit(rows, tied):
    plain = reconstructed(Autoencoder(64, 16, tied=tied, key=0), rows)
    denoising = reconstructed(DenoisingAutoencoder(64, 16, rate=0, tied=tied, key=0), rows)
    assert_same_bits(denoising.model.autoencoder, plain.model)
    np.testing.assert_array_equal(denoising.trace["loss"], plain.trace["loss"])


def test_corruption_happens_in_training_only_and_follows_the_key(rows):
    network, ones = DenoisingAutoencoder(64, 16, rate=0.3, key=0), np.ones(200)
    plain = evaluate(network.autoencoder, rows, ())
    np.testing.assert_array_equal(evaluate(network, rows, ()), plain)
    first, again, other = (forward(network, rows, ones, (), jax.random.key(key), True)[0] for key in (0, 0, 1))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()
    assert (first != plain).any()


def bias_of(network):
    return network.autoencoder.visible_bias


def test_the_loss_compares_with_the_clean_rows(rows):
    network = eqx.tree_at(bias_of, DenoisingAutoencoder(64, 16, rate=0.9, key=0), np.ones(64, np.float32))
    idle = learned(network, rows, loss=reconstruction_loss, optimizer=optax.set_to_zero(), epochs=1, batch_size=200)
    dropped = forward(network, np.zeros_like(rows), np.ones(200), (), None, training=False)[0]
    hidden = reconstruction_loss(lambda row: dropped, rows).mean()
    assert idle.trace["loss"][0] == pytest.approx(float(hidden), rel=0.05)


@pytest.mark.parametrize("tied", [False, True])
def test_gradient_of_an_autoencoder_equals_finite_differences(rows, tied):
    network = cast(Autoencoder(64, 5, tied=tied, key=0), "float64")
    leaves, structure = jax.tree.flatten(network)
    direction = [np.random.default_rng(i).normal(size=leaf.shape) for i, leaf in enumerate(leaves)]

    def value(step):
        moved = [leaf + step * d for leaf, d in zip(leaves, direction, strict=True)]
        return reconstruction_loss(jax.tree.unflatten(structure, moved), rows[0])

    with jax.enable_x64(True):
        slopes = eqx.filter_grad(reconstruction_loss)(network, rows[0])
        gradient = [np.asarray(slope) for slope in jax.tree.leaves(slopes)]
    along = sum((g * d).sum() for g, d in zip(gradient, direction, strict=True))
    assert along == pytest.approx((value(1e-6) - value(-1e-6)) / 2e-6, rel=1e-6)


def test_an_autoencoder_beats_the_mean_image(rows):
    fitted = reconstructed(Autoencoder(64, 16, key=0), rows, epochs=60)
    mean = np.clip(rows.mean(0), 1e-6, 1 - 1e-6)
    baseline = -(rows * np.log(mean) + (1 - rows) * np.log1p(-mean)).sum(1).mean()
    assert fitted.trace["loss"][-1] < 0.9 * baseline
    again = fitted.model.decode(fitted.model.encode(rows[0]))
    assert np.abs(again - rows[0]).mean() < np.abs(mean - rows[0]).mean()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x, y: learned(ResNet(1, key=0), (x[:, 0], y)), r"\(8, 8\) given; this network takes \(1, height"),
        (lambda x, y: learned(ResNet(1, key=0), (np.moveaxis(x, 1, -1), y)), "move the channels first"),
        (lambda x, y: learned(ResNet(1, key=0), (x[:, :, :2], y)), "2 x 8 are too small"),
        (lambda x, y: learned(ConvNet([2], 10, (1, 9, 9), key=0), (x, y)), r"takes \(1, 9, 9\)"),
        (lambda x, y: learned(AlexNet(10, in_channels=1, width=1 / 96, key=0), (x, y)), "67 x 67 is the least"),
        (lambda x, y: learned(ResNet(1, 3, key=0), (x, y)), "not finite at the start"),
        (lambda x, y: ConvNet([2, 3], 10, (1, 8, 8), key=0), "too small for 2 stages with kernel_size=5"),
        (lambda x, y: ConvNet([2], 10, (1, 8, 8), dropout=1, key=0), "dropout=1"),
        (lambda x, y: ConvNet([2], 10, (1, 8, 8), activation="swish", key=0), "activation='swish'"),
        (lambda x, y: ResNet(0, key=0), "channels=0"),
        (lambda x, y: AlexNet(towers=3, key=0), "towers=3"),
        (lambda x, y: AlexNet(width=0, key=0), "width=0"),
        (lambda x, y: Autoencoder(4, 0, key=0), "n_hidden=0"),
        (lambda x, y: Autoencoder(4, 2, key=0)(np.zeros(3)), "takes 4 inputs"),
        (lambda x, y: Autoencoder(4, 2, key=0).decode(np.zeros(3)), "has 2"),
        (lambda x, y: DenoisingAutoencoder(4, 2, rate=-0.1, key=0), "rate=-0.1"),
    ],
)
def test_what_does_not_fit_is_refused_with_what_would(images, call, message):
    with pytest.raises(ValueError, match=message):
        call(*images)
