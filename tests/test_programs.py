"""Compiled programs: how many are kept, which numbers of rows they serve, and what a forked process says."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from scipy.sparse import csr_array

import suffice.fit.batches as batches
import suffice.fit.contrastive.loop as contrastive
from suffice import RBM, NeuralClassifier
from suffice.energy import RBM as Machine
from suffice.energy.rbm.machine import _gibbs
from suffice.estimators.networks.denoising_autoencoder import DenoisingAutoencoder
from suffice.fit import Gibbs, contrast, descend
from suffice.fit.batches import permuted, rounds_of
from suffice.nets import DenoisingAutoencoder as DenoisingNet
from suffice.nets import ResNet, classification_loss, reconstruction_loss
from suffice.runtime.compiling import MOST, compiled

RNG = np.random.default_rng(0)
BITS = (RNG.random((300, 6)) < 0.4).astype(float)
IMAGES, LABELS = RNG.standard_normal((60, 1, 8, 8)), RNG.integers(0, 3, 300)


@contextmanager
def counting() -> Iterator[list[str]]:
    """What JAX compiles meanwhile, whoever asks for it."""
    found: list[str] = []
    active = True

    def listen(event: str, duration: float, **more: object) -> None:
        if active and event.endswith("backend_compile_duration"):
            found.append(str(more))

    jax.monitoring.register_event_duration_secs_listener(listen)
    try:
        yield found
    finally:
        active = False


def test_the_programs_used_last_are_kept():
    traced = []

    @compiled(most=3)
    def double(rows):
        traced.append(len(rows))
        return 2 * rows

    for size in (1, 2, 3, 1, 4, 1, 2):
        assert double(np.ones(size)).shape == (size,)
        assert len(double.kept) <= 3
    assert traced == [1, 2, 3, 4, 2]


def test_what_jax_keeps_of_a_program_goes_with_it():
    client = jax.devices()[0].client
    if not hasattr(client, "live_executables"):
        pytest.skip("this JAX does not tell its programs")

    @compiled(most=2)
    def rolled(rows):
        return jnp.roll(rows, 1) * 3

    rolled(np.ones(1))
    before = len(client.live_executables())
    for size in range(2, 12):
        rolled(np.ones(size))
    assert len(client.live_executables()) <= before + 1


class Pair(NamedTuple):
    left: object
    right: object


def test_what_is_no_array_goes_in_and_comes_out_as_it_is():
    @compiled
    def paired(module, rows, *, word, flag):
        return Pair(module, {"word": word, "none": None, "sum": rows.sum(), "kind": type(flag).__name__})

    machine, rows = Machine(3, 2, key=0), np.arange(3.0, dtype=np.float32)
    for flag, kind in ((True, "bool"), (1, "int"), (1.0, "float")):
        found = paired(machine, rows, word="w", flag=flag)
        assert isinstance(found, Pair)
        assert isinstance(found.left, Machine)
        assert found.right == {"word": "w", "none": None, "sum": 3.0, "kind": kind}
        expected = eqx.filter_jit(paired.function)(machine, rows, word="w", flag=flag)
        assert jax.tree.structure(found) == jax.tree.structure(expected)


def test_double_precision_is_a_program_of_its_own():
    @compiled
    def third(rows):
        return rows / 3

    rows = np.ones(2)
    assert third(rows).dtype == np.float32
    with jax.enable_x64(True):
        assert third(rows).dtype == np.float64
    assert third(rows).dtype == np.float32


def test_shapes_of_units_are_bounded_too():
    for units in range(2, MOST + 6):
        Machine(units, 2, key=0).gibbs(np.zeros((3, units)), key=0)
    assert len(_gibbs.kept) == MOST


@pytest.mark.parametrize("count", [1, 2, 7, 300, 1625, 1626, 5000])
def test_a_permutation_is_that_of_jax_whatever_it_is_filled_up_to(count):
    key = jax.random.key(3)
    order = np.asarray(permuted(key, np.int32(count), count + count // 3 + 5, rounds_of(count)))
    np.testing.assert_array_equal(order[:count], jax.random.permutation(key, count))


def learned_units(rows):
    return contrast(Machine(6, 4, key=0), rows, epochs=2, batch_size=50, random_state=0).model


def learned_chains(rows):
    gaps = np.where(np.random.default_rng(1).random(rows.shape) < 0.1, np.nan, rows)
    sampling = Gibbs(persistent=True, n_chains=20)
    return contrast(Machine(6, 4, key=0), gaps, epochs=2, batch_size=150, sampling=sampling, random_state=0).model


def learned_sparse(rows):
    return contrast(Machine(6, 4, key=0), csr_array(rows), epochs=2, batch_size=50, random_state=0).model


def learned_dropped(rows):
    net = DenoisingNet(6, 4, rate=0.3, key=0)
    return descend(net, rows, loss=reconstruction_loss, epochs=2, batch_size=50, random_state=0).model


def learned_moments(rows):
    data, some = (IMAGES[: len(rows)], LABELS[: len(IMAGES)][: len(rows)]), {"optimizer": optax.sgd(0.01)}
    found = descend(ResNet(1, 3, key=0), data, loss=classification_loss, epochs=2, batch_size=17, **some)
    return found.model, found.details["state"].running


@pytest.mark.parametrize("learn", [learned_units, learned_chains, learned_sparse, learned_dropped, learned_moments])
def test_filling_up_rows_and_batches_changes_no_result(monkeypatch, learn):
    rows = BITS[:133]
    filled = learn(rows)
    for module in (batches, contrastive):
        monkeypatch.setattr(module, "few", lambda number: number)
        monkeypatch.setattr(module, "room", lambda rows, batch_size, least=32: min(rows, batch_size))
    monkeypatch.setattr(batches, "rounded", lambda number: number)
    for one, other in zip(jax.tree.leaves(filled), jax.tree.leaves(learn(rows)), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize(
    "estimator",
    [
        RBM(4, epochs=2, random_state=0),
        NeuralClassifier("mlp", hidden_sizes=(5,), epochs=2, random_state=0),
        DenoisingAutoencoder(4, epochs=2, random_state=0),
    ],
)
def test_other_numbers_of_rows_compile_nothing(estimator):
    def learn(count):
        rows, labels = BITS[:count], LABELS[:count].copy()
        labels[:3] = 0, 1, 2
        more = {"classes": [0, 1, 2]} if isinstance(estimator, NeuralClassifier) else {}
        estimator.fit(rows, labels)
        (estimator.predict_proba if more else estimator.transform)(rows)
        estimator.partial_fit(rows[: count // 3], labels[: count // 3], **more)

    learn(257)
    learn(300)
    with counting() as found:
        for count in (260, 283, 299):
            learn(count)
    assert not found


FORKED = """
import os, warnings
warnings.filterwarnings("ignore")
import numpy as np
from suffice import RBM, GaussianMixture, NeuralClassifier
rows = np.random.default_rng(0).random((60, 4))
labels = np.arange(60) % 2
fits = {
    "mixture": lambda: GaussianMixture(2, random_state=0).fit(rows),
    "rbm": lambda: RBM(2, epochs=1, random_state=0).fit(rows),
    "mlp": lambda: NeuralClassifier(epochs=1, random_state=0).fit(rows, labels),
    "transform": lambda: rbm.transform(rows),
    "sample": lambda: rbm.sample(2, n_steps=3),
    "impute": lambda: rbm.impute(np.where(rows > 0.9, np.nan, rows), n_steps=3),
}
rbm = fits["rbm"]()
child = os.fork()
for name, fit in fits.items() if child == 0 else ():
    try:
        fit()
        print(name, "answers", flush=True)
    except RuntimeError as error:
        print(name, "refuses:", error, flush=True)
if child == 0:
    os._exit(0)
os.waitpid(child, 0)
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")
def test_a_forked_process_answers_or_says_what_to_do():
    run = subprocess.run([sys.executable, "-c", FORKED], capture_output=True, text=True, timeout=120)
    said = dict(line.split(" ", 1) for line in run.stdout.splitlines())
    assert said.pop("mixture") == "answers"
    assert sorted(said) == ["impute", "mlp", "rbm", "sample", "transform"], run.stderr
    assert all("forked after JAX had started" in words and "spawn" in words for words in said.values())
