"""What the front door keeps: nothing is lost to a full disk, a damaged file, Ctrl-C or a kill; and what it remembers."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from matplotlib.figure import Figure
from pyarrow import parquet
from sklearn.linear_model import LogisticRegression

import suffice
from suffice import PPCA, RBM, GaussianMixture, plot
from suffice.cli import main
from suffice.data import DataError, layout, read_columns, read_table
from suffice.fit import checkpoint, em
from suffice.latent import Gaussian, Mixture
from suffice.outcome import Outcome

ROWS = np.random.default_rng(0).normal(size=(60, 3)).round(4)


@pytest.fixture
def rows(tmp_path):
    path = tmp_path / "rows.csv"
    lines = [",".join(map(str, row)) for row in ROWS.tolist()]
    path.write_text("a,b,c\n" + "\n".join(lines) + "\n")
    return path


def read_or_refused(path):
    """The table of a file, or None where it is refused with words; any other error is one."""
    try:
        return read_table(path)
    except DataError as refused:
        return None if str(refused) else pytest.fail("a refusal without words")


# Models that are none


def start(first):
    return Mixture(np.full(2, 0.5), Gaussian(np.array([[first, 0.0, 0.0], [1.0, 1.0, 1.0]]), np.stack([np.eye(3)] * 2)))


@pytest.mark.parametrize("tol", [None, 1e-3])
@pytest.mark.parametrize("road", ["numpy", "jax"])
def test_a_model_of_no_numbers_has_an_outcome_of_its_own_at_once(tol, road):
    with suffice.runtime.computed_by(road):
        solution = em(start(np.nan), ROWS, tol=tol)
    assert solution.outcome is Outcome.NOT_FINITE
    assert len(solution.trace) < 100
    assert not solution.details["converged"]


def test_a_restart_of_no_numbers_does_not_keep_the_others_from_their_end():
    both = [start(np.nan), start(0.0)]
    joined = Mixture(
        np.stack([one.weights for one in both]),
        Gaussian(*(np.stack([getattr(one.components, name) for one in both]) for name in ("means", "covariances"))),
    )
    solution = em(joined, ROWS)
    assert solution.outcome is Outcome.STATIONARY
    assert solution.details["converged"].tolist() == [False, True]


def test_an_estimator_says_that_its_parameters_are_no_model():
    with pytest.warns(UserWarning, match="these parameters are no model"):
        found = GaussianMixture(2, means_init=np.full((2, 3), 1e300)).fit(np.ones((20, 3)))
    assert found.outcome_.startswith(Outcome.NOT_FINITE.value)
    assert not found.converged_


# Disks and files


@pytest.mark.skipif(os.name != "posix", reason="limits of files are of POSIX systems")
def test_a_full_disk_is_a_sentence_and_nothing_is_lost(rows, tmp_path, capsys):
    assert main(["fit", "gaussian-mixture", str(rows), "--out", str(tmp_path / "run"), "--quiet"]) == 0
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    script = """
import resource, sys
from suffice.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))
sys.dont_write_bytecode = True
for words in (["fit", "gaussian-mixture", "rows.csv", "--out", "run", "--overwrite"], ["score", "run", "rows.csv", "--out", "s"],
              ["impute", "run", "rows.csv", "--out", "i"], ["sample", "run", "--n", "2000", "--out", "x"]):
    sys.stderr.write(f"{main(words)} ")
"""
    done = subprocess.run([sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stderr.count("2 ") >= 4
    assert "Traceback" not in done.stderr
    for name in ("run/model.safetensors", "s", "i", "x"):
        assert f"{name} cannot be written (File too large); nothing that was there is changed." in done.stderr
    assert {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()} == before


def test_a_checkpoint_that_cannot_be_written_costs_no_fit(tmp_path):
    with pytest.warns(UserWarning, match="cannot be written .* The fit goes on"):
        found = GaussianMixture(2, random_state=0).fit(ROWS, checkpoint=tmp_path / "rows" / ("x" * 300))
    assert found.converged_


def test_every_prefix_of_a_table_is_read_or_refused_in_a_sentence(rows, tmp_path):
    path = tmp_path / "damaged.csv"
    whole = rows.read_bytes()
    for end in range(0, len(whole), 97):
        path.write_bytes(whole[:end])
        found = read_or_refused(path)
        assert found is None or found.values.shape[1] <= 3


@pytest.mark.parametrize("codec", ["snappy", "none"])
def test_damaged_parquet_is_refused_in_a_sentence(tmp_path, codec):
    path = tmp_path / "table.parquet"
    parquet.write_table(pa.table(dict(zip("abc", ROWS.T, strict=True))), path, compression=codec)
    whole, draw = path.read_bytes(), np.random.default_rng(1)
    for _ in range(60):
        damaged = bytearray(whole[: draw.integers(len(whole))] if draw.random() < 0.3 else whole)
        for place in draw.integers(max(len(damaged), 1), size=draw.integers(1, 20)):
            damaged[place : place + 1] = bytes([draw.integers(256)])
        path.write_bytes(damaged)
        found = read_or_refused(path)
        assert found is None or found.values.ndim == 2


def test_what_unpacks_to_too_much_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(layout, "MOST_UNPACKED", 1000)
    np.save(tmp_path / "a.npy", np.zeros((1000, 2)))
    packed = {
        "a.npy.gz": (tmp_path / "a.npy").read_bytes(),
        "a.idx.gz": bytes([0, 0, 8, 1, 0, 0, 7, 208]) + bytes(2000),
    }
    for name, content in packed.items():
        (tmp_path / name).write_bytes(gzip.compress(content))
        with pytest.raises(DataError, match="unpacks to more than"):
            read_table(tmp_path / name)


# Numbers and dates


def test_a_point_beside_decimal_commas_is_asked_about(tmp_path):
    path = tmp_path / "both.csv"
    path.write_text('a,b\n1.234,"3,5"\n2.345,"4,5"\n')
    with pytest.raises(DataError, match=r"'1.234' is 1.234 with a decimal point and 1,234 with a decimal comma"):
        read_table(path)
    assert read_table(path, decimal=",").values.tolist() == [[1234.0, 3.5], [2345.0, 4.5]]
    path.write_text('a,b\n1.23,"3,5"\n2.345,"4,5"\n')
    assert read_table(path).values.tolist() == [[1.23, 3.5], [2.345, 4.5]]


@pytest.mark.parametrize("read", [read_table, read_columns])
def test_parts_of_dates_of_several_files_are_those_that_differ_in_any(tmp_path, read):
    for month in (1, 2):
        lines = [f"2024-0{month}-{day:02} 10:00,{day + month / 7}" for day in range(1, 9)]
        (tmp_path / f"{month}.csv").write_text("time,v\n" + "\n".join(lines) + "\n")
    files = [tmp_path / "1.csv", tmp_path / "2.csv"]
    assert read(files, dates="parts").columns == ["v", "time.month", "time.day", "time.weekday"]
    assert read(files[:1], dates="parts").columns == ["v", "time.day", "time.weekday"]
    assert read(files, dates="parts", columns=["v", "time.hour"]).columns == ["v", "time.hour"]


# What a run remembers


def test_predict_remembers_marks_of_missing_cells_and_the_target(tmp_path, capsys):
    draw = np.random.default_rng(0)
    kind = np.tile(["x", "y"], 30)
    cells = np.where(kind == "x", 0.0, 4.0)[:, None] + draw.normal(size=(60, 2)).round(3)
    lines = [f"{-99 if row % 9 == 0 else a},{b},{k}" for row, ((a, b), k) in enumerate(zip(cells, kind, strict=True))]
    data, run = tmp_path / "data.csv", tmp_path / "run"
    data.write_text("a,b,kind\n" + "\n".join(lines) + "\n")
    assert (
        main(["fit", "gaussian-classifier", str(data), "--target", "kind", "--missing", "a=-99", "--out", str(run)])
        == 0
    )
    capsys.readouterr()
    assert main(["predict", str(run), str(data), "--out", str(tmp_path / "p.csv")]) == 0
    said = capsys.readouterr()
    assert "those of the fit: a=-99" in said.err
    assert "rows are told as kind has them" in said.out
    table = read_columns(tmp_path / "p.csv").values
    assert table["probability_x"].to_numpy().max() < 1
    (run / "reading.json").write_text("{")
    assert main(["predict", str(run), str(data)]) == 2
    assert "reading.json is damaged" in capsys.readouterr().err


# What goes on where it was


def test_an_rbm_goes_on_from_its_checkpoint_to_the_same_bits(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "SECONDS", 0.0)
    monkeypatch.setattr(checkpoint, "SHARE", 1e9)
    binary = (ROWS > 0).astype(float)
    given = {"n_hidden": 4, "batch_size": 20, "random_state": 0, "epochs": 6}
    whole = RBM(**given).fit(binary)
    kept = tmp_path / "rbm.checkpoint"
    from suffice.fit.contrastive import loop

    done, epoch = [], loop._epoch

    def killed(*arguments):
        if len(done) == 3:
            raise RuntimeError("killed")
        done.append(1)
        return epoch(*arguments)

    monkeypatch.setattr(loop, "_epoch", killed)
    with pytest.raises(RuntimeError, match="killed"):
        RBM(**given).fit(binary, checkpoint=kept)
    monkeypatch.setattr(loop, "_epoch", epoch)
    resumed = RBM(**given).fit(binary, checkpoint=kept)
    np.testing.assert_array_equal(resumed.weights_, whole.weights_)
    for name, values in whole.trace_.items():
        np.testing.assert_array_equal(resumed.trace_[name], values)
    with pytest.raises(ValueError, match="another fit"):
        RBM(**given | {"learning_rate": 0.2}).fit(binary, checkpoint=kept)


# What is said


def test_queries_and_restored_pictures_as_json(tmp_path, capsys):
    from PIL import Image

    picture = np.zeros((12, 12), np.uint8)
    picture[3:9, 3:9] = 255
    Image.fromarray(picture).save(tmp_path / "scan.png")
    words = ["denoise", str(tmp_path / "scan.png"), "--out", str(tmp_path / "restored"), "--format", "json"]
    assert main(words) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["pixels"] == 144
    assert found["energy"] <= found["energy_before"]


@pytest.mark.parametrize("name", ["Trace", "Weights", "Parameter", "Loadings", "Scree", "Learning"])
def test_a_display_of_another_kind_of_estimator_is_refused_in_a_sentence(name):
    wrong = LogisticRegression().fit(ROWS, ROWS[:, 0] > 0)
    with pytest.raises(TypeError, match=rf"{name}Display draws .*; a LogisticRegression was given"):
        getattr(plot, f"{name}Display").from_estimator(wrong, ax=Figure().subplots())


def test_a_mixture_has_no_scree():
    with pytest.raises(TypeError, match="draws a factor model of suffice, fitted; a GaussianMixture"):
        plot.ScreeDisplay.from_estimator(GaussianMixture(2, random_state=0).fit(ROWS))
    with pytest.raises(TypeError, match="draws a mixture, fitted; a PPCA was given"):
        plot.WeightsDisplay.from_estimator(PPCA(1).fit(ROWS))
