"""What workers write of rows: the answers of one process, in folders of Parquet files."""

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("dask")
pytest.importorskip("distributed")

from test_cluster import client_of

from suffice.cli import main

DRAW = np.random.default_rng(0)
NUMBERS = pd.DataFrame(DRAW.standard_normal((200, 2)) + 5.0 * (np.arange(200)[:, None] > 90), columns=["x", "y"])
LABELS = pd.DataFrame({"colour": np.where(DRAW.random(200) < 0.5, "red", "blue"), "size": DRAW.standard_normal(200)})
for _table in (NUMBERS, LABELS):
    _table.iloc[::9, 1] = np.nan
MODELS = {"gaussian-mixture": NUMBERS, "mixed-mixture": LABELS}


@pytest.mark.parametrize("model", MODELS)
def test_answers_of_workers_are_those_of_one_process(model, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("suffice.cli.on_workers.client_for", lambda asked: client_of(1))
    for number, part in enumerate([MODELS[model][:70], MODELS[model][70:]]):
        part.to_parquet(tmp_path / f"{number}.parquet", index=False, row_group_size=31)
        part.to_csv(tmp_path / f"{number}.csv", index=False)
    run, rows = str(tmp_path / "run"), str(tmp_path / "*.parquet")
    assert main(["fit", model, rows, "--n-components", "2", "--out", run, "--in-memory"]) == 0
    capsys.readouterr()
    for command in ("score", "predict", "impute"):
        one, folder = tmp_path / f"{command}.csv", tmp_path / command
        assert main([command, run, rows, "--out", str(one), "--in-memory"]) == 0
        said = capsys.readouterr().out.splitlines()[0]
        assert main([command, run, rows, "--out", str(folder), "--workers", "1"]) == 0
        if command == "score":
            assert capsys.readouterr().out.splitlines()[0].split(",")[0] == said.split(",")[0]
        expected = pd.read_csv(one).drop(columns="row", errors="ignore")
        found = pd.concat([pd.read_parquet(file) for file in sorted(folder.iterdir())], ignore_index=True)
        pd.testing.assert_frame_equal(found[expected.columns], expected, check_dtype=False, atol=1e-12)
    assert main(["score", run, str(tmp_path / "[01].csv"), "--workers", "1"]) == 0
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_what_workers_do_not_do_is_said(tmp_path, capsys):
    NUMBERS.to_parquet(tmp_path / "rows.parquet", index=False)
    run, rows, new = str(tmp_path / "run"), str(tmp_path / "rows.parquet"), str(tmp_path / "new")
    assert main(["fit", "gaussian-mixture", rows, "--out", run]) == 0
    for words, said in (
        (["predict", run, rows, "--workers", "1"], "name it with --out"),
        (["predict", run, rows, "--workers", "1", "--out", new, "--keep", "x"], "--keep is done by one process"),
        (["impute", run, rows, "--workers", "1", "--out", new, "--draws", "2"], "--draws is done by one process"),
        (["score", run, rows, "--workers", "1", "--out", run], "is there already"),
        (["score", run, rows, "--workers", "1", "--cluster", "tcp://127.0.0.1:1"], "give one of the two"),
    ):  # fmt: skip
        assert main(words) == 2
        assert said in capsys.readouterr().err
