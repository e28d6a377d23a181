"""Streams of tables with labels: the fit of the whole table, whatever the batches, and clear refusals."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet
from test_columns_of_kinds import frame

from suffice import CategoricalMixture, MixedMixture, select
from suffice.cli import main
from suffice.data import ColumnEncoder, DataError, stream_parquet
from suffice.files import load

TABLE = frame(300)
PARTS = [TABLE.iloc[:80], TABLE.iloc[80:81], TABLE.iloc[81:]]


def settings():
    return {"random_state": 0, "tol": 1e-9, "max_iter": 2000, "prior_strength": 1.0}


def arrow(part):
    return pa.Table.from_pandas(part, preserve_index=False)


@pytest.fixture(scope="module")
def whole():
    return MixedMixture(3, **settings()).fit(TABLE)


@pytest.mark.parametrize(
    "kind", [lambda part: part, arrow, lambda part: part.to_numpy(object)], ids=["pandas", "arrow", "array"]
)
def test_a_stream_is_fitted_as_the_table(kind, whole):
    batches = [kind(part) for part in PARTS]
    kinds = {"kinds": whole.kinds_} if isinstance(batches[0], np.ndarray) else {}
    mixture = MixedMixture(3, **kinds, **settings()).fit(batches)
    assert mixture.kinds_ == whole.kinds_
    assert [list(own or []) for own in map(list_of, mixture.categories_)] == [
        list(own or []) for own in map(list_of, whole.categories_)
    ]
    assert mixture.score(batches) == pytest.approx(whole.score(TABLE), abs=1e-6)
    assert mixture.predict(batches).shape == (300,)


def list_of(labels):
    return None if labels is None else labels.tolist()


def test_weights_count_and_labels_of_rows_without_weight_are_not_learned():
    table = pd.DataFrame({"colour": ["red", "blue", "red", "green"] * 20, "size": ["s", "l", "s", "s"] * 20})
    weight = np.tile([1.0, 2.0, 0.5, 0.0], 20)
    batches = [(table.iloc[:30], weight[:30]), (table.iloc[30:], weight[30:])]
    streamed = CategoricalMixture(1, **settings()).fit(batches)
    assert streamed.categories_[0].tolist() == ["blue", "red"]
    expected = CategoricalMixture(1, **settings()).fit(table, sample_weight=weight)
    np.testing.assert_allclose(streamed.probabilities_[0], expected.probabilities_[0])


@pytest.mark.filterwarnings("ignore::suffice.data.LeftOutWarning")
def test_kinds_of_batches_are_those_of_the_whole():
    draw = np.random.default_rng(0)
    table = pd.DataFrame({
        "zero first": np.r_[np.zeros(50, int), np.arange(50)],
        "many": draw.permutation(5000)[:100],
        "late fraction": np.r_[np.arange(99.0), 0.5],
        "late negative": np.r_[np.arange(99), -1],
        "gaps": np.r_[np.arange(99.0), np.nan],
        "text": ["a", None] * 50,
        "late": [None] * 90 + ["b"] * 10,
        "ordered": pd.Categorical(["low", "high"] * 50, ["low", "mid", "high"]),
        "truth": [True, False] * 50,
        "answers": draw.integers(1, 3, 100),
        "ages": draw.normal(40, 10, 100).round(),
        "counts": draw.poisson(4, 100),
    })  # fmt: skip
    parts = [table.iloc[start : start + 9] for start in range(0, 100, 9)]
    for most in (254, 100):
        whole = ColumnEncoder(max_categories=most).fit(table)
        found = ColumnEncoder(max_categories=most).fit_batches(parts)
        assert found.kinds_ == whole.kinds_
        assert found.notes_ == whole.notes_
        for a, b in zip(found.categories_, whole.categories_, strict=True):
            np.testing.assert_array_equal(a, b)


def test_many_numbers_are_digested_in_little_memory():
    draw = np.random.default_rng(0)
    parts = [draw.standard_normal((500, 1)) for _ in range(4)]
    assert ColumnEncoder(max_categories=5).fit_batches(parts).kinds_ == ["gaussian"]
    counts = [draw.integers(0, 10_000, (500, 1)) for _ in range(4)]
    assert ColumnEncoder(max_categories=5).fit_batches(counts).kinds_ != ["left-out"]
    counts[3][499] = -1
    assert ColumnEncoder(max_categories=5).fit_batches(counts).kinds_ == ["gaussian"]


def test_what_cannot_be_used_is_refused():
    for batches, message in [
        ([pd.DataFrame({"a": ["x"]}), pd.DataFrame({"b": ["x"]})], "Batch 1 .* has the columns b; a are expected"),
        ([pd.DataFrame({"a": ["x"]}), pd.DataFrame({"a": [1.5]})], "Column 'a' changes its type in batch 1"),
        ([pd.DataFrame({"a": [None, None]}), pd.DataFrame({"a": [None]})], "'a' of X holds no cell"),
        ([(pd.DataFrame({"a": ["x"]}), [-1.0])], "weights must be finite, not negative"),
        ([(pd.DataFrame({"a": ["x"]}), [0.0])], "hold no row"),
    ]:
        with pytest.raises(ValueError, match=message):
            CategoricalMixture().fit(batches)
    with pytest.raises(ValueError, match="read only once"):
        CategoricalMixture().fit(iter(PARTS))
    with pytest.raises(ValueError, match="without sample_weight"):
        CategoricalMixture().fit(PARTS, sample_weight=np.ones(300))
    with pytest.raises(ValueError, match="needs rows in memory"):
        MixedMixture().fit(PARTS, component_labels=np.zeros(300, int))
    with pytest.raises(ValueError, match="select takes a whole table"):
        select(CategoricalMixture(), PARTS, n_components=[1, 2])


def test_parquet_streams_of_text_fit_score_and_are_completed(tmp_path, capsys):
    path = tmp_path / "rows.parquet"
    parquet.write_table(arrow(TABLE), path, row_group_size=70)
    assert [len(batch) for batch in stream_parquet(path, text=True, batch_size=70)] == [70, 70, 70, 70, 20]
    run = str(tmp_path / "run")
    assert main(["fit", "mixed-mixture", str(path), "--stream", "--n-components", "2", "--out", run]) == 0
    capsys.readouterr()
    mixture = load(tmp_path / "run" / "model")
    assert mixture.kinds_ == ColumnEncoder().fit(TABLE).kinds_
    assert main(["score", run, str(path), "--stream"]) == 0
    assert float(capsys.readouterr().out.split()[1]) == pytest.approx(mixture.score(arrow(TABLE)), abs=1e-5)
    assert main(["impute", run, str(path), "--stream", "--out", run + ".csv"]) == 0
    found, expected = pd.read_csv(run + ".csv"), mixture.impute(arrow(TABLE))
    assert (found["species"].to_numpy(str) == expected[:, 1].astype(str)).all()
    np.testing.assert_allclose(found[["mass", "eggs"]], expected[:, [0, 3]].astype(float), rtol=1e-12)


def test_a_parquet_file_cut_short_between_two_passes_is_named(tmp_path):
    path = tmp_path / "rows.parquet"
    parquet.write_table(arrow(TABLE), path)
    rows = stream_parquet(path, text=True)
    assert sum(map(len, rows)) == 300
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(DataError, match=r"rows\.parquet is a damaged"):
        MixedMixture().fit(rows)


def test_files_of_a_folder_whose_types_change_are_refused(tmp_path):
    parquet.write_table(pa.table({"a": ["x", "y"], "b": [1.0, 2.0]}), tmp_path / "1.parquet")
    parquet.write_table(pa.table({"a": [1.0, 2.0], "b": [1.0, 2.0]}), tmp_path / "2.parquet")
    with pytest.raises(DataError, match="Column 'a' changes its type in batch 1"):
        MixedMixture().fit(stream_parquet(tmp_path, text=True))
    parquet.write_table(pa.table({"a": ["x"], "c": [1.0]}), tmp_path / "2.parquet")
    with pytest.raises(DataError, match=r"2\.parquet has no column 'b'"):
        stream_parquet(tmp_path, text=True)
