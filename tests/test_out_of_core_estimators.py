"""Estimators that learn by batches, from files and streams: the same rows give the same bits, whatever holds them."""

from copy import deepcopy
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from suffice import RBM, Autoencoder, NeuralClassifier
from suffice.data import stream_parquet
from suffice.fit import checkpoint
from suffice.rows import stored, windows

DRAW = np.random.default_rng(0)
LABELS = np.repeat(["low", "mid", "top"], 100)
ROWS = (DRAW.standard_normal((300, 4)) + 3.0 * np.repeat(np.arange(3), 100)[:, None]).astype(np.float32)
BITS = (DRAW.random((300, 6)) < np.where(LABELS[:, None] == "mid", 0.8, 0.2)).astype(np.float32)


@pytest.fixture(autouse=True)
def small_windows(monkeypatch):
    """Blocks of 7 rows of four numbers, about ten in a window."""
    monkeypatch.setattr(stored, "BLOCK_BYTES", 112)
    monkeypatch.setattr(windows, "WINDOW_BYTES", 1200)
    monkeypatch.setattr(checkpoint, "SECONDS", 0.0)
    monkeypatch.setattr(checkpoint, "SHARE", 1.0)


@pytest.fixture
def held_by(tmp_path):
    """The same rows in a memory-mapped file, a Parquet folder and two streams."""

    def kinds(rows):
        np.save(tmp_path / "rows.npy", rows)
        folder = tmp_path / "parts"
        folder.mkdir()
        for number, part in enumerate(np.array_split(rows, 3)):
            table = pa.table({f"c{j}": column for j, column in enumerate(part.T)})
            parquet.write_table(table, folder / f"{number}.parquet", row_group_size=41)
        return {
            "memmap": np.load(tmp_path / "rows.npy", mmap_mode="r"), "parquet": stream_parquet(folder, batch_size=53),
            "batches": [rows[:10], rows[10:11], rows[11:]], "pairs": [(rows[:200], np.ones(200)), (rows[200:], np.ones(100))],
        }  # fmt: skip

    return kinds


def bits_of(fitted):
    import jax

    return [np.asarray(leaf).tobytes() for leaf in jax.tree.leaves(fitted.model_) if hasattr(leaf, "dtype")]


MODELS = {
    "classifier": lambda X, **more: NeuralClassifier(
        hidden_sizes=6, epochs=2, batch_size=32, random_state=0, standardize=True).fit(X, LABELS, **more),
    "autoencoder": lambda X, **more: Autoencoder(
        3, visible="gaussian", epochs=2, batch_size=32, random_state=0).fit(X, **more),
    "rbm": lambda X, **more: RBM(
        3, visible="gaussian", epochs=2, batch_size=32, random_state=0, sampler="cd").fit(X, **more),
}  # fmt: skip


@pytest.mark.parametrize("name", MODELS)
def test_the_same_rows_give_the_same_bits(name, held_by):
    held = held_by(ROWS)
    found = {kind: MODELS[name](rows) for kind, rows in held.items()}
    assert len({tuple(bits_of(fitted)) for fitted in found.values()}) == 1
    assert found["parquet"].feature_names_in_.tolist() == ["c0", "c1", "c2", "c3"]
    assert not hasattr(found["memmap"], "feature_names_in_")
    assert found["memmap"].n_features_in_ == 4
    np.testing.assert_allclose(found["memmap"].mean_, ROWS.mean(0), atol=1e-4)


@pytest.mark.parametrize("name", ["classifier", "rbm"])
def test_a_checkpoint_goes_on_bit_for_bit_whatever_holds_the_rows(name, held_by, tmp_path):
    held = held_by(ROWS)
    whole = MODELS[name](held["memmap"])

    class Killed(BaseException):
        pass

    with pytest.MonkeyPatch.context() as patch:
        keep = checkpoint.Checkpoint.keep

        def once(self, state, *, last):
            keep(self, state, last=True)
            raise Killed

        patch.setattr(checkpoint.Checkpoint, "keep", once)
        with pytest.raises(Killed):
            MODELS[name](held["batches"], checkpoint=tmp_path / "kept")
    resumed = MODELS[name](held["parquet"], checkpoint=tmp_path / "kept")
    assert bits_of(whole) == bits_of(resumed)
    np.testing.assert_array_equal(list(whole.trace_.values()), list(resumed.trace_.values()))


def test_few_rows_are_learned_as_in_memory(held_by, monkeypatch):
    monkeypatch.setattr(windows, "WINDOW_BYTES", 1 << 20)
    held = held_by(ROWS)
    assert bits_of(MODELS["rbm"](held["parquet"])) == bits_of(MODELS["rbm"](ROWS))
    assert bits_of(MODELS["classifier"](held["memmap"])) == bits_of(MODELS["classifier"](ROWS))


def test_weights_and_rows_held_out(held_by):
    weight = np.tile([1.0, 0.0, 2.0], 100)
    held = held_by(ROWS)
    options = {"hidden_sizes": 6, "epochs": 3, "batch_size": 32, "random_state": 0, "validation_fraction": 0.2}
    of_file = NeuralClassifier(**options).fit(held["memmap"], LABELS, weight)
    of_pairs = NeuralClassifier(**options).fit([(ROWS[:50], weight[:50]), (ROWS[50:], weight[50:])], LABELS)
    assert bits_of(of_file) == bits_of(of_pairs)
    assert len(of_file.validation_rows_) == 39 or 36 <= len(of_file.validation_rows_) <= 42
    assert of_file.trace_["validation_loss"].shape == (4,)
    assert (of_file.predict(held["memmap"]) == of_file.predict(ROWS)).all()


@pytest.mark.parametrize("visible", ["bernoulli", "categorical"])
def test_kinds_of_units(visible):
    rows = BITS if visible == "bernoulli" else BITS * 3
    machine: Any = RBM(
        3, visible=visible, sampler="cd", epochs=2, batch_size=32, validation_fraction=0.2, random_state=0
    )
    file = deepcopy(machine).fit([rows[:100], rows[100:]])
    memory = deepcopy(machine).set_params(validation_fraction=None).fit(rows)
    np.testing.assert_allclose(file.base_, memory.base_, atol=0.3)
    assert np.isfinite(file.trace_["free_energy_gap"]).all()
    assert file.score([rows[:20], rows[20:]]) == file.score(rows)


BAD = {
    "labels": (lambda: NeuralClassifier().fit([ROWS[:9], ROWS[9:]], LABELS[:5]), r"y has shape \(5,\).*300"),
    "gaps": (lambda: NeuralClassifier().fit([ROWS[:200], ROWS[200:] * np.nan], LABELS), "NaN at row 200.*complete rows"),
    "gaps of units": (lambda: RBM().fit([BITS[:200], BITS[200:] * np.nan]), "NaN at row 200.*in memory"),
    "infinite": (lambda: Autoencoder().fit([ROWS[:200], ROWS[200:] * np.inf]), "infin"),
    "width": (lambda: RBM().fit([BITS, BITS[:, :2]]), r"A batch has shape \(300, 2\)"),
    "empty": (lambda: RBM().fit([np.zeros((0, 3)), np.zeros((0, 3))]), "no rows"),
    "iterator": (lambda: RBM().fit(iter([BITS])), "read only once"),
    "twice": (lambda: RBM().fit([(BITS, np.full(300, 2.0))], sample_weight=np.ones(300)), "bring their own weights"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gets_a_sentence(name):
    fit, said = BAD[name]
    with pytest.raises(ValueError, match=said):
        fit()


def test_a_full_disk_is_said(monkeypatch):
    def full():
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(stored.tempfile, "TemporaryFile", full)
    with pytest.raises(OSError, match=r"No space left on device.*TMPDIR"):
        RBM().fit([BITS])
