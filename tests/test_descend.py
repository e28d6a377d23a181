"""Gradient descent: sums over rows, what it reaches, how it stops and goes on."""

import importlib
import os
import subprocess
import sys

import equinox as eqx
import jax
import numpy as np
import optax
import pytest
from sklearn.datasets import load_digits

from suffice import total
from suffice.fit.batches import plan_of, rounds_of, shuffled_batches
from suffice.fit.gradient_descent import descend
from suffice.fit.row_losses import loss_statistics
from suffice.nets import MLP, ResNet, classification_loss
from suffice.outcome import Outcome
from suffice.runtime.precision import in_own_precision

summed = in_own_precision(eqx.filter_jit(loss_statistics))
MODULE = importlib.import_module("suffice.fit.gradient_descent")


@pytest.fixture(scope="module")
def digits():
    digits = load_digits()
    return digits.data / 16, digits.target


@pytest.fixture(scope="module")
def start():
    return MLP(64, [32], 10, key=0)


@pytest.fixture(scope="module")
def network64(start):
    return jax.tree.map(lambda leaf: leaf.astype(np.float64), start)


def first(digits, count=300):
    return digits[0][:count], digits[1][:count]


def learned(start, data, **options):
    options = {"loss": classification_loss, "epochs": 6, "batch_size": 64, "random_state": 1} | options
    return descend(start, data, **options)


def assert_same_bits(left, right):
    jax.tree.map(np.testing.assert_array_equal, left, right)


def assert_close(left, right):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12), left, right)


def test_gradients_of_tiles_sum_to_the_gradient_of_the_whole(network64, digits):
    data, weight = first(digits), np.random.default_rng(0).random(300)
    tiled = total(eqx.Partial(loss_statistics, network64, classification_loss), data, weight, tile=64)
    assert_close(tiled, summed(network64, classification_loss, data, weight))
    with jax.enable_x64(True):
        direct = jax.jit(jax.grad(weighted_mean))(network64, data, weight)
    assert_close(jax.tree.map(lambda leaf: leaf / tiled.weight, tiled.gradient), direct)


def weighted_mean(network, data, weight):
    losses = jax.vmap(lambda x, y: classification_loss(network, x, y))(*data)
    return (weight * losses).sum() / weight.sum()


def test_weight_zero_is_a_row_left_out_and_weight_two_a_row_twice(network64, digits):
    X, y = first(digits, 3)
    sums = summed(network64, classification_loss, (X, y), np.array([2.0, 0.0, 1.0]))
    repeated = (X[[0, 0, 2]], y[[0, 0, 2]])
    assert_close(sums, summed(network64, classification_loss, repeated, np.ones(3)))


def test_row_order_does_not_matter_for_the_sums(network64, digits):
    X, y = first(digits)
    order = np.random.default_rng(0).permutation(300)
    sums = [summed(network64, classification_loss, (X[i], y[i]), np.ones(300)) for i in (slice(None), order)]
    assert_close(*sums)


def test_one_full_batch_step_follows_the_total_gradient(network64, digits):
    data, weight = first(digits), np.random.default_rng(0).random(300)
    solution = learned(
        network64, data, weight=weight, epochs=1, batch_size=300, optimizer=optax.sgd(0.5), precision="float64"
    )
    sums = summed(network64, classification_loss, data, weight)
    expected = jax.tree.map(lambda leaf, g: leaf - 0.5 * g / sums.weight, network64, sums.gradient)
    assert_close(solution.model, expected)
    assert solution.trace["loss"][0] == pytest.approx(sums.loss / sums.weight)


def test_filling_up_the_last_batch_adds_nothing(start, digits):
    solution = learned(start, first(digits), epochs=1, batch_size=200, optimizer=optax.set_to_zero())
    mean = summed(start, classification_loss, first(digits), np.ones(300)).loss / 300
    assert solution.trace["loss"][0] == pytest.approx(float(mean), rel=1e-5)


def test_held_out_digits_are_recognised(start, digits):
    X, y = digits
    rest = X[1200:], y[1200:]
    solution = learned(start, first(digits, 1200), epochs=40, optimizer=optax.adam(3e-3), validation=rest)
    accuracy = (jax.vmap(solution.model)(rest[0].astype(np.float32)).argmax(1) == rest[1]).mean()
    assert accuracy >= 0.9
    assert set(solution.trace) == {"epoch", "loss", "validation_loss"}
    assert solution.trace["loss"][-1] < solution.trace["loss"][0] / 5
    assert solution.outcome is Outcome.STOPPED_AT_LIMIT
    assert all(type(leaf) is np.ndarray for leaf in jax.tree.leaves(solution.model))


def test_validation_loss_reads_the_model_it_returns(start, digits):
    data, rest = first(digits), (digits[0][300:350], digits[1][300:350])
    solution = learned(start, data, epochs=1, validation=rest)
    expected = summed(solution.model, classification_loss, rest, np.ones(50)).loss / 50
    assert solution.trace["validation_loss"][0] == pytest.approx(float(expected), rel=1e-5)


def test_two_runs_with_one_random_state_agree_bit_for_bit(start, digits):
    one, again, other = (learned(start, first(digits), epochs=2, random_state=seed) for seed in (1, 1, 2))
    assert_same_bits(one.model, again.model)
    assert not eqx.tree_equal(one.model, other.model)


def test_three_epochs_and_three_more_are_six_bit_for_bit(start, digits):
    half = learned(start, first(digits), epochs=3)
    resumed = learned(half.details["state"], first(digits))
    whole = learned(start, first(digits))
    assert_same_bits(resumed.details["state"], whole.details["state"])
    np.testing.assert_array_equal(resumed.trace["loss"], whole.trace["loss"][3:])


def test_rows_of_weight_zero_are_absent_bit_for_bit(start, digits):
    X, y = first(digits)
    weight = (np.arange(300) % 3 > 0).astype(float)
    absent = learned(start, (X[weight > 0], y[weight > 0]), epochs=2)
    assert_same_bits(learned(start, (X, y), weight=weight, epochs=2).model, absent.model)


def test_a_single_array_is_a_row_of_one_part():
    rows = np.random.default_rng(0).normal(size=(50, 3))
    solution = descend(MLP(3, [2], 3, key=0), rows, loss=squared_error, epochs=3, batch_size=1000)
    assert solution.trace["loss"][-1] < solution.trace["loss"][0]


def squared_error(model, row):
    return ((model(row) - row) ** 2).sum()


def interrupted_after(epochs):
    original, done = MODULE._epoch, []

    def epoch(*args):
        done.append(1)
        if len(done) > epochs:
            raise KeyboardInterrupt
        return original(*args)

    return epoch


def test_ctrl_c_keeps_the_last_finished_epoch(start, digits, monkeypatch):
    monkeypatch.setattr(MODULE, "_epoch", interrupted_after(2))
    solution = learned(start, first(digits))
    monkeypatch.undo()
    assert solution.outcome is Outcome.INTERRUPTED
    assert_same_bits(solution.model, learned(start, first(digits), epochs=2).model)
    assert len(solution.trace["loss"]) == 2


def test_divergence_keeps_the_last_finite_parameters(start, digits):
    solution = learned(start, first(digits), optimizer=optax.sgd(1e38))
    assert solution.outcome is Outcome.DIVERGED
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(solution.model))
    assert_same_bits(solution.model, start)


SCRIPT = """
import jax, numpy as np
from suffice.fit.batches import plan_of, rounds_of, shuffled_batches
from suffice.fit.gradient_descent import descend
from suffice.nets import MLP, classification_loss
rng = np.random.default_rng(0)
data = rng.normal(size=(90, 5)), rng.integers(0, 3, 90)
for precision in ("float32", "float64"):
    model = descend(MLP(5, [4], 3, key=3), data, loss=classification_loss, epochs=2, precision=precision).model
    print(precision, [(leaf.dtype.name, leaf.tobytes().hex()) for leaf in jax.tree.leaves(model)])
"""


def test_the_users_own_precision_flag_changes_no_bit(capsys):
    assert not jax.config.jax_enable_x64
    exec(SCRIPT, {})
    command, environment = [sys.executable, "-c", SCRIPT], os.environ | {"JAX_ENABLE_X64": "1"}
    beside = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    assert beside == capsys.readouterr().out
    assert "float64 [('float64'" in beside


def not_a_number(model, row, label):
    return model(row)


@pytest.mark.parametrize(
    ("change", "options", "message"),
    [
        (lambda X, y: (X[:, :63], y), {}, "takes 64 inputs"),
        (lambda X, y: (X, y[:-1]), {}, r"\[300, 299\] rows"),
        (lambda X, y: (X[:0], y[:0]), {}, "no rows"),
        (lambda X, y: (X * np.nan, y), {}, r"data\[0\] holds .* NaN or infinite"),
        (lambda X, y: (X, y + 1), {}, "not finite at the start, the first of them row 9"),
        (lambda X, y: (X, y.astype(float)), {}, "whole numbers from 0 to 9"),
        (lambda X, y: (X, y.astype(str)), {}, r"data\[1\] is of type <U"),
        (lambda X, y: (X, y), {"loss": not_a_number}, "must be one number"),
        (lambda X, y: (X, y), {"weight": np.ones(2)}, "300 rows need"),
        (lambda X, y: (X, y), {"epochs": 0}, "epochs=0"),
        (lambda X, y: (X, y), {"validation": (np.zeros((2, 3)), np.zeros(2, int))}, "one row of validation"),
    ],
)
def test_bad_input_is_refused_with_what_was_expected(start, digits, change, options, message):
    with pytest.raises(ValueError, match=message):
        learned(start, change(*first(digits)), **options)


@pytest.mark.parametrize(("count", "size"), [(898, 128), (21, 4), (12, 4), (5, 5), (7, 1)])
def test_an_epoch_has_every_row_once_and_batches_alike_differ_by_one_row_at_most(count, size):
    for alike in (False, True):
        index, true = map(
            np.asarray, shuffled_batches(jax.random.key(0), plan_of(count, size, alike), rounds_of(count))
        )
        assert sorted(index[true]) == list(range(count))
        rows = true.sum(1)[true.any(1)]
        assert len(rows) == -(-count // size)
        assert rows.max() <= size
        assert rows.max() - rows.min() <= 1 if alike else (rows[:-1] == size).all()


def test_a_network_with_moments_is_given_no_short_batch():
    images = np.random.default_rng(0).standard_normal((9, 1, 8, 8))
    fit = {"loss": classification_loss, "epochs": 1, "precision": "float64", "optimizer": optax.sgd(0.0)}
    moments = descend(ResNet(1, 2, key=0), (images, np.arange(9) % 2), batch_size=4, **fit).details["state"].running
    three = descend(ResNet(1, 2, key=0), (images, np.arange(9) % 2), batch_size=3, **fit).details["state"].running
    assert_close(moments, three)


TWO_DEVICES = """
import jax, numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec
from suffice import NeuralClassifier
from suffice.fit import descend
from suffice.nets import ResNet, classification_loss

def same(one, other):
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11), one, other)

devices = jax.devices()
assert len(devices) == 2
draw = np.random.default_rng(0)
images, labels, weight = draw.standard_normal((30, 1, 8, 8)), np.arange(30) % 3, draw.integers(0, 3, 30)
data = images, labels
one, two = (descend(ResNet(2, 3, key=0), data, loss=classification_loss, weight=weight, batch_size=7, epochs=3,
                    precision="float64", validation=data, devices=shared) for shared in (None, devices))
same(one.details["state"], two.details["state"])
same(one.trace, two.trace)
print("same", "moments of batches")
flat = images.reshape(30, -1)
with jax.enable_x64(True):
    spread = jax.device_put(flat, NamedSharding(Mesh(np.array(devices), ("any",)), PartitionSpec("any")))
one, two = (NeuralClassifier(hidden_sizes=(5,), epochs=2, batch_size=7, random_state=0, precision="float64")
            .fit(rows, labels, sample_weight=weight) for rows in (flat, spread))
same(one.model_, two.model_)
same(one.trace_, two.trace_)
print("same", "estimator")
"""


def test_two_devices_learn_what_one_does():
    flags = f"{os.environ['XLA_FLAGS']} --xla_force_host_platform_device_count=2"
    environment = {**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"}
    result = subprocess.run([sys.executable, "-c", TWO_DEVICES], env=environment, capture_output=True, text=True)
    assert result.stdout.count("same") == 2, result.stderr
