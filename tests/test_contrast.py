"""Contrastive divergence: what it learns, what it forgets, how it stops and goes on."""

import importlib
import logging
import os
import subprocess
import sys

import equinox as eqx
import jax
import numpy as np
import optax
import pytest
from sklearn.datasets import load_digits

from suffice.energy import RBM
from suffice.fit import Ascent, Gibbs
from suffice.fit.contrastive.loop import contrast
from suffice.fit.contrastive.one_batch import one_batch
from suffice.outcome import Outcome

MODULE = importlib.import_module("suffice.fit.contrastive.loop")


@pytest.fixture(scope="module")
def digits():
    return (load_digits().data[:500] / 16 > 0.5).astype(np.float32)


@pytest.fixture(scope="module")
def start():
    return RBM(64, 16, key=0)


def assert_same_bits(left, right):
    jax.tree.map(np.testing.assert_array_equal, left, right)


def learned(start, rows, **options):
    return contrast(start, rows, **{"epochs": 6, "batch_size": 64, "random_state": 1} | options)


def test_cd_1_lowers_the_reconstruction_cross_entropy_of_digits(start, digits):
    solution = learned(start, digits, validation=load_digits().data[500:700] / 16)
    trace = solution.trace
    assert trace["reconstruction"][-1] < trace["reconstruction"][0] < start.reconstruction_cross_entropy(digits).mean()
    assert trace["validation_reconstruction"][-1] < trace["validation_reconstruction"][0]
    assert set(trace) == {"epoch", "reconstruction", "validation_reconstruction", "free_energy_gap"}
    np.testing.assert_array_equal(trace["epoch"], np.arange(1, 7))
    assert solution.outcome is Outcome.STOPPED_AT_LIMIT
    assert all(type(leaf) is np.ndarray for leaf in jax.tree.leaves(solution.model))


def test_trace_reads_the_model_it_returns(start, digits):
    solution = learned(start, digits, epochs=1, weight=np.arange(500), validation=digits[:50])
    weight = np.arange(500) / np.arange(500).sum()
    model = solution.model
    expected = weight @ model.reconstruction_cross_entropy(digits)
    gap = model.free_energy(digits[:50]).mean() - weight @ model.free_energy(digits)
    assert solution.trace["reconstruction"][0] == pytest.approx(expected, rel=1e-5)
    assert solution.trace["free_energy_gap"][0] == pytest.approx(gap, abs=1e-3)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"sampling": Gibbs(5, persistent=True, n_chains=200)},
        {"sampling": Gibbs(5, persistent=True, n_temperatures=5)},
        {"ascent": Ascent(centred=True, averaging=0.9)},
        {"ascent": Ascent(momentum=0.5, weight_decay=1e-4)},
    ],
)
def test_many_steps_raise_the_exact_likelihood(options):
    rows = np.repeat([[1, 1, 1, 0, 0, 0], [0, 0, 0, 1, 1, 1]], 60, axis=0)
    options = {"sampling": Gibbs(5)} | options
    solution = contrast(RBM(6, 3, key=0), rows, epochs=60, batch_size=20, random_state=0, **options)
    assert solution.model.log_likelihood(rows).mean() > -1.2 > RBM(6, 3, key=0).log_likelihood(rows).mean()


def test_a_schedule_is_read_at_every_batch(start, digits):
    """A rate of 0 from the second epoch on leaves the parameters of the first."""
    first = learned(start, digits, epochs=1, ascent=Ascent(0.1))
    falling = learned(start, digits, epochs=3, ascent=Ascent(lambda number: 0.1 * (np.asarray(number) < 8)))
    assert_same_bits(first.model, falling.model)


def remember(updates, state, params=None):
    return jax.tree.map(lambda leaf: -0.1 * leaf, updates), updates


REMEMBERING = optax.GradientTransformation(lambda params: jax.tree.map(np.zeros_like, params), remember)


def test_a_step_follows_data_minus_sample_statistics(start, digits):
    solution = learned(
        start, digits, epochs=1, batch_size=500, ascent=Ascent(optimizer=REMEMBERING), precision="float64"
    )
    downhill = solution.details["state"].optimizer_state
    np.testing.assert_allclose(solution.model.weights, start.weights - 0.1 * downhill.weights, rtol=1e-6)
    sampled = digits.sum(0) + 500 * downhill.visible_bias
    np.testing.assert_allclose(sampled, np.round(sampled), atol=1e-9)
    assert sampled.min() >= 0


def test_filling_up_the_last_batch_adds_nothing(start, digits):
    solution = learned(start, digits, epochs=1, batch_size=499, ascent=Ascent(optimizer=REMEMBERING))
    difference_of_two_rows = solution.details["state"].optimizer_state.visible_bias
    assert set(difference_of_two_rows) <= {-1, 0, 1}


def test_two_runs_with_one_random_state_agree_bit_for_bit(start, digits):
    first, second, other = (learned(start, digits, epochs=2, random_state=seed) for seed in (1, 1, 2))
    assert_same_bits(first.model, second.model)
    assert (first.model.weights != other.model.weights).any()


@pytest.mark.parametrize(
    "options", [{}, {"sampling": Gibbs(2, persistent=True), "ascent": Ascent(optimizer=optax.adam(0.01))}]
)
def test_three_epochs_and_three_more_are_six_bit_for_bit(start, digits, options):
    half = learned(start, digits, epochs=3, **options)
    resumed = learned(half.details["state"], digits, **options)
    whole = learned(start, digits, **options)
    assert_same_bits(resumed.details["state"], whole.details["state"])
    np.testing.assert_array_equal(resumed.trace["epoch"], [4, 5, 6])
    np.testing.assert_array_equal(resumed.trace["reconstruction"], whole.trace["reconstruction"][3:])


def test_rows_of_weight_zero_are_absent_bit_for_bit(start, digits):
    weight = (np.arange(500) % 5 > 0).astype(float)
    assert_same_bits(
        learned(start, digits, weight=weight, epochs=2).model, learned(start, digits[weight > 0], epochs=2).model
    )


def test_the_scale_of_the_weights_does_not_matter(start, digits):
    assert_same_bits(learned(start, digits, weight=np.full(500, 4.0)).model, learned(start, digits).model)


def test_heavier_rows_pull_the_biases_their_way(start):
    rows = np.repeat(np.eye(2, 64), 50, axis=0)
    bias = learned(start, rows, weight=np.repeat([9.0, 1.0], 50)).model.visible_bias
    assert bias[0] > bias[1]


def test_a_batch_larger_than_the_data_is_all_of_them(start, digits):
    larger, whole = (learned(start, digits, batch_size=size).model for size in (10_000, 500))
    jax.tree.map(lambda a, b: np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6), larger, whole)


def test_shapes_compile_once(start, digits):
    learned(start, digits)
    with jax.log_compiles(True), CountedCompilations() as compilations:
        learned(RBM(64, 16, key=5), digits, random_state=8)
    assert not compilations.names


class CountedCompilations:
    """What is compiled while it is open."""

    def __enter__(self):
        self.names = []
        self.handler = logging.Handler()
        self.handler.emit = lambda record: self.names.append(record.getMessage())
        self.handler.addFilter(lambda record: record.getMessage().startswith("Compiling"))
        logging.getLogger("jax").addHandler(self.handler)
        return self

    def __exit__(self, *error):
        logging.getLogger("jax").removeHandler(self.handler)


def fails_after(epochs, failure):
    original, done = MODULE._epoch, []

    def epoch(*args):
        done.append(1)
        return original(*args) if len(done) <= epochs else failure(original(*args))

    return epoch


def test_ctrl_c_keeps_the_last_finished_epoch(start, digits, monkeypatch):
    def interrupt(state):
        raise KeyboardInterrupt

    monkeypatch.setattr(MODULE, "_epoch", fails_after(2, interrupt))
    solution = learned(start, digits)
    monkeypatch.undo()
    assert solution.outcome is Outcome.INTERRUPTED
    assert_same_bits(solution.model, learned(start, digits, epochs=2).model)
    assert len(solution.trace["epoch"]) == 2
    assert_same_bits(learned(solution.details["state"], digits).model, learned(start, digits).model)


def test_divergence_keeps_the_last_finite_parameters(start, digits, monkeypatch):
    def diverge(state):
        return state._replace(model=eqx.tree_at(lambda m: m.weights, state.model, state.model.weights * np.nan))

    monkeypatch.setattr(MODULE, "_epoch", fails_after(1, diverge))
    solution = learned(start, digits)
    monkeypatch.undo()
    assert solution.outcome is Outcome.DIVERGED
    assert_same_bits(solution.model, learned(start, digits, epochs=1).model)


def test_a_huge_learning_rate_is_told_and_leaves_finite_parameters(start, digits):
    solution = learned(start, digits, ascent=Ascent(1e38))
    assert solution.outcome is Outcome.DIVERGED
    assert_same_bits(solution.model, start)


SCRIPT = """
import numpy as np, sys
from suffice.energy import RBM
from suffice.fit.contrastive.loop import contrast
from suffice.fit.contrastive.one_batch import one_batch
rows = np.random.default_rng(0).random((90, 12)) < 0.4
for precision in ("float32", "float64"):
    model = contrast(RBM(12, 5, key=3), rows, epochs=2, batch_size=40, precision=precision).model
    print(precision, model.weights.dtype, model.weights.tobytes().hex(), model.hidden_bias.tobytes().hex())
"""


def test_the_users_own_precision_flag_changes_no_bit():
    command = [sys.executable, "-c", SCRIPT]
    runs = [
        subprocess.Popen(command, env=os.environ | {"JAX_ENABLE_X64": flag}, stdout=subprocess.PIPE, text=True)
        for flag in ("0", "1")
    ]
    outputs = [run.communicate()[0] for run in runs]
    assert outputs[0] == outputs[1]
    assert "float64 float64" in outputs[0]


@pytest.mark.parametrize(
    ("data", "options", "message"),
    [
        (np.full((4, 64), 2.0), {}, "from 2 to 2.*0 to 1"),
        (np.full((4, 64), -0.5), {}, "0 to 1"),
        (np.full((4, 64), np.nan), {}, r"Every cell of columns 0, 1, .* is missing"),
        (np.full((4, 64), np.inf), {}, r"NaN or infinite, the first at \(0, 0\)"),
        (np.zeros((4, 64)), {"validation": np.full((4, 64), np.nan)}, "validation holds 256 values that are NaN"),
        (np.zeros((4, 63)), {}, r"shape \(4, 63\).*\(rows, 64\)"),
        (np.zeros(64), {}, r"\(rows, 64\)"),
        (np.zeros((0, 64)), {}, "no rows"),
        ("digits.csv", {}, "not numbers in an array"),
        (np.zeros((4, 64)), {"sampling": Gibbs(0)}, "steps=0"),
        (np.zeros((4, 64)), {"epochs": 0}, "epochs=0"),
        (np.zeros((4, 64)), {"batch_size": 2.5}, "batch_size=2.5"),
        (np.zeros((4, 64)), {"ascent": Ascent(-1)}, "learning_rate=-1"),
        (np.zeros((4, 64)), {"ascent": Ascent(0.1, optimizer=optax.adam(0.1))}, "either optimizer or learning_rate"),
        (np.zeros((4, 64)), {"weight": np.ones(3)}, r"shape \(3,\); 4 rows"),
        (np.zeros((4, 64)), {"weight": -np.ones(4)}, "at least 0"),
        (np.zeros((4, 64)), {"weight": np.zeros(4)}, "not all 0"),
        (np.zeros((4, 64)), {"validation": np.zeros((2, 3))}, "validation has shape"),
        (np.zeros((4, 64)), {"precision": "float16"}, "float16"),
    ],
)
def test_bad_input_is_refused_with_what_was_expected(start, data, options, message):
    with pytest.raises(ValueError, match=message):
        contrast(start, data, **options)


def test_a_state_of_another_optimiser_or_precision_is_refused(start, digits):
    state = learned(start, digits, epochs=1).details["state"]
    with pytest.raises(ValueError, match="no ContrastState that fits"):
        learned(state, digits, ascent=Ascent(optimizer=optax.adam(0.01)))
    with pytest.raises(ValueError, match="no ContrastState that fits"):
        learned(state, digits, precision="float64")


@pytest.mark.parametrize(
    "sampling", [Gibbs(), Gibbs(persistent=True, n_chains=10), Gibbs(persistent=True, n_chains=10, n_temperatures=4)]
)
def test_a_fit_in_two_parts_is_the_fit_in_one(sampling):
    rows = (np.random.default_rng(0).random((60, 6)) < 0.3).astype(float)
    options = {"sampling": sampling, "batch_size": 20, "random_state": 0}
    whole = contrast(RBM(6, 3, key=0), rows, epochs=6, **options)
    part = contrast(RBM(6, 3, key=0), rows, epochs=3, **options)
    resumed = contrast(part.details["state"], rows, epochs=6, **options)
    assert (np.asarray(resumed.model.weights) == np.asarray(whole.model.weights)).all()


@pytest.mark.parametrize(
    ("sampling", "options"),
    [
        (Gibbs(2), {"momentum": 0.5}),
        (Gibbs(persistent=True, n_chains=9), {"averaging": 0.9, "weight_decay": 0.01}),
        (Gibbs(persistent=True, n_chains=9, n_temperatures=4), {"centred": True}),
    ],
    ids=["cd", "persistent", "tempering"],
)
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_rows_of_one_batch_go_on_to_what_one_more_epoch_gives(start, digits, sampling, options, precision):
    """The short way of a call of partial_fit, in one program, is the epoch of ``contrast``."""
    rows, weight, ascent = digits[:37], np.arange(37) % 4, Ascent(0.2, **options)
    common = {"weight": weight, "sampling": sampling, "ascent": ascent, "batch_size": 64, "precision": precision}
    begin = contrast(start, rows, epochs=1, **common).details["state"]
    long = contrast(begin, rows, epochs=2, **common)
    short = one_batch(begin, rows, weight, sampling.steps, ascent, size=64, precision=precision)
    close = 1e-5 if precision == "float32" else 1e-12
    jax.tree.map(
        lambda a, b: np.testing.assert_allclose(a, b, atol=close), short.details["state"], long.details["state"]
    )
    np.testing.assert_allclose(short.trace["reconstruction"], long.trace["reconstruction"], rtol=close)
    hidden = short.model.hidden_probability(rows[weight > 0])
    np.testing.assert_allclose(short.details["range"], (hidden.min(0), hidden.max(0)), atol=close)
    assert short.outcome is long.outcome


def test_one_batch_that_leads_too_far_keeps_the_parameters(start, digits):
    begin = contrast(start, digits[:37], epochs=1, batch_size=64).details["state"]
    far = one_batch(begin, digits[:37], np.ones(37), 1, Ascent(1e9), size=64, precision="float32")
    assert far.outcome is Outcome.DIVERGED
    assert_same_bits(far.model, begin.model)
    assert len(far.trace["reconstruction"]) == 0
