"""Files and folders that the command line reads in batches: the answers of the tables read as a whole."""

import numpy as np
import pandas as pd
import pytest

from suffice import load
from suffice.cli import main
from suffice.rows import stored, windows

DRAW = np.random.default_rng(0)
KIND = np.repeat(["low", "top"], 100)
ROWS = pd.DataFrame(
    (DRAW.random((200, 4)) < np.where(KIND[:, None] == "top", 0.8, 0.2)).astype(float), columns=list("abcd")
)
NUMBERS = pd.DataFrame(DRAW.standard_normal((200, 3)) + 5.0 * (KIND == "top")[:, None], columns=["x", "y", "z"])
NUMBERS.iloc[::9, 1] = np.nan


@pytest.fixture(autouse=True)
def small_windows(monkeypatch):
    monkeypatch.setattr(stored, "BLOCK_BYTES", 112)
    monkeypatch.setattr(windows, "WINDOW_BYTES", 1200)


def parts(folder, table, write):
    folder.mkdir()
    for number, part in enumerate([table[:70], table[70:]]):
        write(part, folder / f"{number}")
    return str(folder)


def as_csv(table, path):
    table.to_csv(path.with_suffix(".csv"), index=False)


def as_parquet(table, path):
    table.to_parquet(path.with_suffix(".parquet"), index=False, row_group_size=31)


@pytest.mark.parametrize("write", [as_csv, as_parquet], ids=["csv", "parquet"])
def test_answers_of_a_stream_are_those_of_the_table(write, tmp_path, capsys):
    folder, run = parts(tmp_path / "rows", NUMBERS, write), str(tmp_path / "run")
    words = ["fit", "gaussian-mixture", folder, "--n-components", "2", "--out", run, "--stream"]
    assert main(words) == 0
    pattern = f"{folder}/*.{write.__name__[3:]}"
    for command in (["predict"], ["impute"], ["score"]):
        found = []
        for how in ("--stream", "--in-memory"):
            out = tmp_path / f"{command[0]}{how}.csv"
            assert main([*command, run, pattern, "--out", str(out), how]) == 0
            found.append(pd.read_csv(out))
        pd.testing.assert_frame_equal(*found)
    assert "batches" in capsys.readouterr().err


FITS = {
    "rbm": ["rbm", "--n-hidden", "3", "--sampler", "cd", "--epochs", "2"],
    "neural-classifier": ["neural-classifier", "--target", "kind", "--hidden-sizes", "4", "--epochs", "2"],
    "autoencoder": ["autoencoder", "--n-hidden", "3", "--epochs", "2", "--validation-fraction", "0.2"],
}


@pytest.mark.parametrize("name", FITS)
def test_learners_by_batches_take_patterns_of_files(name, tmp_path):
    command, *options = FITS[name]
    table = ROWS.assign(kind=KIND) if "--target" in options else ROWS
    for write in (as_csv, as_parquet):
        folder, run = parts(tmp_path / write.__name__, table, write), tmp_path / f"run{write.__name__}"
        assert main(["fit", command, folder, *options, "--out", str(run), "--stream"]) == 0
        page = (run / "report.html").read_text()
        assert "of them at equal steps" in page
    one, other = (load(tmp_path / f"runas_{kind}" / "model.safetensors") for kind in ("csv", "parquet"))
    assert one.feature_names_in_.tolist() == list("abcd")
    said = "predict_proba" if name == "neural-classifier" else "transform"
    np.testing.assert_array_equal(*(getattr(fitted, said)(ROWS) for fitted in (one, other)))


def test_an_npy_file_is_learned_from_where_it_lies(tmp_path, capsys):
    np.save(tmp_path / "rows.npy", ROWS.to_numpy(np.float32))
    words = ["fit", *FITS["rbm"], str(tmp_path / "rows.npy"), "--out", str(tmp_path / "run"), "--stream"]
    assert main(words) == 0
    assert "learned from where it lies" in capsys.readouterr().err
    assert main([*words[:-2], str(tmp_path / "other"), "--stream", "--drop", "x1"]) == 2
    assert "--drop names columns" in capsys.readouterr().err


BAD = {
    "columns": ({"0.csv": "a,b\n1,2\n", "1.csv": "a,c\n1,2\n"}, "1.csv has the columns"),
    "text": ({"0.csv": "a,b\n1,u\n2,v\n"}, "holds text"),
    "later": ({"0.csv": "a,b\n1,2\n" + "1,2\n" * 9, "1.csv": "a,b\n1,word\n"}, "1.csv cannot be read in batches"),
    "none": ({"0.csv": "a,b\n"}, "no rows"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_texts_get_a_sentence(name, tmp_path, capsys):
    files, said = BAD[name]
    folder = tmp_path / "rows"
    folder.mkdir()
    for file, text in files.items():
        (folder / file).write_text(text)
    assert main(["fit", "gaussian-mixture", str(folder), "--stream", "--out", str(tmp_path / "run")]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_a_pattern_that_matches_nothing_is_said(tmp_path, capsys):
    assert main(["fit", "rbm", str(tmp_path / "*.parquet"), "--out", str(tmp_path / "run")]) == 2
    assert "No file is called like" in capsys.readouterr().err
