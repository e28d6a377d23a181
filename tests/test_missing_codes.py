"""Codes that stand for nothing: named by the user, by column or in all, and hinted at where they look like it."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from suffice.cli import main
from suffice.data import ColumnEncoder, read_columns, read_table

DRAW = np.random.default_rng(0)
SCALE = np.where(np.arange(60) % 10 == 3, -9, 1 + np.arange(60) % 5)
INCOME = np.where(np.arange(60) % 15 == 4, 999_999, DRAW.choice([1200, 2300, 3100, 4800], 60))
TABLE = pa.table({"scale": SCALE, "income": INCOME, "count": DRAW.poisson(3.0, 60), "word": ["yes", "no"] * 30})


@pytest.fixture
def path(tmp_path):
    TABLE.to_pandas().to_csv(tmp_path / "survey.csv", index=False)
    return tmp_path / "survey.csv"


def hints(notes):
    return [note for note in notes if "far from all other cells" in note]


def test_codes_far_from_all_others_are_hinted_at_by_their_columns(path):
    found = hints(read_columns(path).notes)
    assert len(found) == 2
    assert "'scale' -9" in found[0]
    assert "--missing income=999999" in found[1]
    assert not hints(read_columns(path, missing_values={"scale": [-9], "income": [999_999]}).notes)


@pytest.mark.parametrize(
    "cells",
    [[1, 2, 3, 4, 5, 9], [*range(10)] * 4, [1.5, 2.5, -9.0, 3.5], [0, 9] * 20, [np.nan] * 5, [18, 60, 99] * 9],
    ids=["once", "a scale to 9", "one negative", "two values", "nothing", "no gap that is large"],
)
def test_numbers_that_may_be_numbers_are_not(cells):
    assert not hints(read_table(pd.DataFrame({"a": cells, "b": range(len(cells))})).notes)


def test_the_encoder_takes_codes_of_all_columns_or_of_some(path):
    frame = TABLE.to_pandas()
    numbers = ColumnEncoder(missing_values=[-9]).fit(frame).transform(frame)
    np.testing.assert_array_equal(np.isnan(numbers[:, 0]), SCALE == -9)
    by_column = ColumnEncoder(missing_values={"income": [999_999], "word": ["no"]})
    coded = by_column.fit_batches([frame[:30], frame[30:]]).transform(frame)
    np.testing.assert_array_equal(
        np.isnan(coded), np.c_[SCALE < -9, INCOME == 999_999, SCALE < -9, np.arange(60) % 2 == 1]
    )
    assert by_column.among([1, 3]).missing_values == by_column.missing_values
    with pytest.raises(ValueError, match="'zz', which is no column"):
        ColumnEncoder(missing_values={"zz": [1]}).fit(frame)


def test_options_that_are_given_twice_are_taken_together(path, tmp_path, capsys):
    words = ["fit", "mixed-mixture", str(path), "--out", str(tmp_path / "run")]
    assert main([*words, "--missing", "-9,77", "--missing", "income=999999", "--missing", "word=no"]) == 0
    told = capsys.readouterr()
    gaps = (SCALE == -9).sum() + (INCOME == 999_999).sum() + 30
    assert f"{gaps} missing cells" in told.out
    assert main(["predict", str(tmp_path / "run"), str(path), "--out", str(tmp_path / "told.csv")]) == 0
    assert "-9, 77, income=999999, word=no" in capsys.readouterr().err
    (tmp_path / "suffice.toml").write_text("[fit.mixed-mixture]\nmissing = [-9, 77]\n")
    assert main(["--settings", str(tmp_path / "suffice.toml"), *words, "--overwrite"]) == 0
    assert f"{(SCALE == -9).sum()} missing cells" in capsys.readouterr().out
