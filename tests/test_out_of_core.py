"""Rows in files: what is learned from windows of them is what was learned in memory, whatever holds the rows."""

from typing import Any

import numpy as np
import pytest

from suffice.energy import RBM as RBMModule
from suffice.fit import Ascent, Gibbs, Watch, checkpoint, contrast, descend
from suffice.nets import MLP, classification_loss
from suffice.rows import stored, windows

DRAW = np.random.default_rng(0)
CODES = np.repeat(np.arange(3), 200).astype(np.int32)
ROWS = (DRAW.standard_normal((600, 4)) + 3.0 * CODES[:, None]).astype(np.float32)
BITS = (DRAW.random((600, 6)) < np.where(CODES[:, None] == 1, 0.8, 0.2)).astype(np.float32)


@pytest.fixture
def small_windows(monkeypatch):
    """Blocks of 7 rows of four numbers, about ten in a window."""
    monkeypatch.setattr(stored, "BLOCK_BYTES", 112)
    monkeypatch.setattr(windows, "WINDOW_BYTES", 1600)


@pytest.fixture
def in_file(tmp_path):
    def mapped(rows, name="rows.npy"):
        np.save(tmp_path / name, rows)
        return np.load(tmp_path / name, mmap_mode="r")

    return mapped


def same(left, right):
    import jax

    jax.tree.map(np.testing.assert_array_equal, left, right)


def trained(data, **options):
    given: Any = {"loss": classification_loss, "batch_size": 32, "epochs": 3, "random_state": 1} | options
    return descend(MLP(4, [8], 3, key=0), data, **given)


def learned(data, **options):
    given: Any = {"batch_size": 20, "epochs": 4, "random_state": 1} | options
    return contrast(RBMModule(6, 3, key=0), data, **given)


def test_every_row_of_weight_comes_once_in_whole_batches(small_windows, in_file):
    weight = (np.arange(600) % 5).astype(float)
    numbers = np.arange(600)
    found = list(windows.windows((stored.Stored(in_file(ROWS)), numbers), weight, 32, [3, 4]))
    assert len(found) > 5
    rows, own = (np.concatenate([part[place] for part, _ in found]) for place in (0, 1))
    assert sorted(own.tolist()) == np.flatnonzero(weight).tolist()
    np.testing.assert_array_equal(rows, ROWS[own])
    np.testing.assert_array_equal(np.concatenate([of_rows for _, of_rows in found]), weight[own])
    assert {len(of_rows) % 32 for _, of_rows in found[:-1]} == {0}
    assert len({int(number) // 200 for number in found[0][0][1]}) == 3  # sorted rows: a window has rows from everywhere


def test_the_order_follows_from_the_seed(small_windows, in_file):
    rows = stored.Stored(in_file(ROWS))
    orders = [np.concatenate([part[0] for part, _ in windows.windows((rows,), np.ones(600), 32, seed)])
              for seed in ([1], [1], [2])]  # fmt: skip
    assert np.array_equal(orders[0], orders[1])
    assert not np.array_equal(orders[0], orders[2])


def test_rows_that_fit_into_a_window_are_learned_as_in_memory(in_file):
    same(trained((in_file(ROWS), CODES)).model, trained((ROWS, CODES)).model)
    same(learned(in_file(BITS)).model, learned(BITS).model)


def test_one_batch_of_all_rows_is_the_step_of_memory(small_windows, in_file):
    memory, file = (trained((X, CODES), batch_size=600, epochs=5) for X in (ROWS, in_file(ROWS)))
    np.testing.assert_allclose(file.trace["loss"], memory.trace["loss"], rtol=1e-5)


def test_rows_without_weight_are_as_if_they_were_not_there(small_windows, in_file):
    weight = (np.arange(600) % 3 > 0).astype(float)
    kept = weight > 0
    one = trained((in_file(ROWS), CODES), weight=weight, batch_size=400)
    other = trained((ROWS[kept], CODES[kept]), batch_size=400)
    np.testing.assert_allclose(one.trace["loss"], other.trace["loss"], rtol=1e-5)


def test_sorted_rows_are_learned_by_windows(small_windows, in_file):
    file, memory = (trained((X, CODES), epochs=20).trace["loss"] for X in (in_file(ROWS), ROWS))
    assert abs(file[-1] - memory[-1]) < 0.1 * (memory[0] - memory[-1])


SAMPLERS = {"cd": Gibbs(), "tempering": Gibbs(1, True, 10, 3)}


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_contrastive_fit_goes_on_from_its_checkpoint_bit_for_bit(
    sampler, small_windows, in_file, tmp_path, monkeypatch
):
    monkeypatch.setattr(checkpoint, "SECONDS", 0.0)
    monkeypatch.setattr(checkpoint, "SHARE", 1.0)
    options = {"sampling": SAMPLERS[sampler], "ascent": Ascent(0.05, momentum=0.5, averaging=0.9, centred=True)}
    rows, kept = in_file(BITS), tmp_path / "kept"
    whole = learned(rows, **options)
    learned(rows, **options, epochs=2, watch=Watch(checkpoint=kept))
    resumed = learned(rows, **options, watch=Watch(checkpoint=kept))
    same(whole.model, resumed.model)
    same(whole.trace, resumed.trace)
    with pytest.raises(Exception, match="another fit"):
        learned(in_file(1 - BITS, "other.npy"), **options, watch=Watch(checkpoint=kept))


def test_a_descent_killed_within_an_epoch_goes_on_bit_for_bit(small_windows, in_file, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "SECONDS", 0.0)
    monkeypatch.setattr(checkpoint, "SHARE", 1.0)
    data, kept = (in_file(ROWS), CODES), tmp_path / "kept"
    whole = trained(data, epochs=4)

    class Killed(BaseException):
        pass

    def kill(state, record):
        if record["epoch"] == 3:
            raise Killed

    with pytest.raises(Killed):
        trained(data, epochs=4, watch=Watch(on_epoch=kill, checkpoint=kept))
    resumed = trained(data, epochs=4, watch=Watch(checkpoint=kept))
    same(whole.model, resumed.model)
    same(whole.trace, resumed.trace)


def test_bad_rows_in_files_get_a_sentence(small_windows, in_file):
    rows = ROWS.copy()
    rows[450, 2] = np.nan
    with pytest.raises(ValueError, match=r"NaN or infinite, the first at \(450, 2\)"):
        trained((in_file(rows), CODES))
    with pytest.raises(ValueError, match="binary units need values from 0 to 1"):
        learned(in_file(2 * BITS))
    with pytest.raises(ValueError, match="validation holds more than"):
        trained((in_file(ROWS), CODES), validation=(in_file(ROWS, "again.npy"), CODES))
