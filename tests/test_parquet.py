"""Parquet files and folders, at once and as a stream: the same numbers, clear refusals, bounded memory."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

from suffice.data import DataError, read_table, stream_parquet


def written(path, **columns):
    parquet.write_table(pa.table(columns), path)
    return path


@pytest.fixture
def folder(tmp_path):
    generator = np.random.default_rng(0)
    for part in range(3):
        columns = {name: generator.normal(size=100 + part) for name in "abc"}
        written(tmp_path / f"part-{part}.parquet", **columns)
    return tmp_path


@pytest.mark.parametrize("batch_size", [1, 7, 64, 1000])
def test_a_stream_holds_the_same_rows_as_the_table_every_time(folder, batch_size):
    table = read_table(folder)
    rows = stream_parquet(folder, batch_size=batch_size)
    for _ in range(2):
        batches = list(rows)
        assert max(map(len, batches)) <= batch_size
        np.testing.assert_array_equal(np.concatenate(batches), table.values)
    assert (rows.n_rows, rows.n_features, rows.columns) == (303, 3, ["a", "b", "c"])
    assert table.columns == rows.columns


def test_passes_over_a_stream_are_independent(folder):
    rows = stream_parquet(folder, batch_size=50)
    first = iter(rows)
    next(first)
    np.testing.assert_array_equal(next(iter(rows)), read_table(folder).values[:50])
    np.testing.assert_array_equal(next(first), read_table(folder).values[50:100])


def test_files_in_folders_are_read_in_order_and_hidden_ones_are_not(folder):
    values = read_table(folder).values
    for hidden in (".cache", "_log", "z"):
        (folder / hidden).mkdir()
        written(folder / hidden / "more.parquet", a=[1.0], b=[2.0], c=[3.0])
    np.testing.assert_array_equal(read_table(folder).values, np.vstack([values, [1, 2, 3]]))


def test_columns_and_drop_choose_and_order(folder):
    rows = stream_parquet(folder, columns=["c", "a"])
    np.testing.assert_array_equal(np.concatenate(list(rows)), read_table(folder).values[:, [2, 0]])
    assert stream_parquet(folder, drop=["b"]).columns == ["a", "c"]
    for read in (read_table, stream_parquet):
        with pytest.raises(DataError, match="no column 'q'"):
            read(folder, columns=["q"])


def test_columns_are_matched_by_name_not_by_place(tmp_path):
    written(tmp_path / "1.parquet", a=[1.0], b=[2.0])
    written(tmp_path / "2.parquet", b=[4.0], a=[3.0])
    for rows in (read_table(tmp_path).values, np.concatenate(list(stream_parquet(tmp_path)))):
        assert rows.tolist() == [[1, 2], [3, 4]]


def test_float32_stays_and_anything_else_becomes_float64(tmp_path):
    single = written(tmp_path / "single.parquet", a=np.ones(3, np.float32))
    mixed = written(tmp_path / "mixed.parquet", a=np.ones(3, np.float32), b=[1, None, 3], c=[True, False, True])
    assert next(iter(stream_parquet(single))).dtype == np.float32
    assert read_table(single).values.dtype == np.float32
    batch = next(iter(stream_parquet(mixed)))
    assert batch.dtype == np.float64
    np.testing.assert_array_equal(batch, [[1, 1, 1], [1, np.nan, 0], [1, 3, 1]])
    np.testing.assert_array_equal(read_table(mixed).values, batch)


def test_a_target_may_be_text(tmp_path):
    path = written(tmp_path / "a.parquet", a=[1.0, 2.0], kind=["u", "v"])
    table = read_table(path, target="kind")
    assert table.columns == ["a"]
    assert table.target.tolist() == ["u", "v"]


def test_text_is_refused_with_an_option_that_works(tmp_path):
    path = written(tmp_path / "a.parquet", a=[1.0], kind=["1"])
    for read in (read_table, stream_parquet):
        with pytest.raises(DataError, match=r"a.parquet: column 'kind' holds text.*drop=\['kind'\] \(--drop kind\)"):
            read(path)
    assert stream_parquet(path, drop=["kind"]).columns == ["a"]


@pytest.mark.parametrize("other", [{"a": [1.0]}, {"a": [1.0], "b": ["x"]}, {"a": [1.0], "b": [2.0], "c": [3.0]}])
def test_a_file_with_other_columns_is_named(tmp_path, other):
    written(tmp_path / "1.parquet", a=[1.0], b=[2.0])
    written(tmp_path / "2.parquet", **other)
    for read in (read_table, stream_parquet):
        with pytest.raises(DataError, match=r"2\.parquet"):
            read(tmp_path)


def test_incomplete_files_are_named(tmp_path):
    path = written(tmp_path / "a.parquet", a=np.arange(1000.0))
    whole = path.read_bytes()
    for length in (0, 2, 4, 100, len(whole) // 2, len(whole) - 1):
        path.write_bytes(whole[:length])
        for read in (read_table, stream_parquet):
            with pytest.raises(DataError, match=r"a\.parquet"):
                read(path)


def test_a_file_damaged_between_two_passes_is_named(tmp_path):
    path = written(tmp_path / "a.parquet", a=np.arange(1000.0))
    rows = stream_parquet(path)
    assert sum(map(len, rows)) == 1000
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(DataError, match=r"a\.parquet is a damaged"):
        list(rows)
    written(path, b=np.arange(3.0))
    with pytest.raises(DataError, match=r"a\.parquet"):
        list(rows)
    path.unlink()
    with pytest.raises(DataError, match=r"a\.parquet"):
        list(rows)


def test_nothing_to_read_is_said(tmp_path):
    with pytest.raises(DataError, match=r"holds no file \*.parquet"):
        stream_parquet(tmp_path)
    with pytest.raises(DataError, match="There is no file"):
        stream_parquet(tmp_path / "none.parquet")
    path = written(tmp_path / "a.parquet", a=pa.array([], pa.float64()))
    for read in (read_table, stream_parquet):
        with pytest.raises(DataError, match="no rows"):
            read(path)
    with pytest.raises(DataError, match="at least 1 row"):
        stream_parquet(path, batch_size=0)


def test_an_index_that_pandas_stored_is_left_out_with_a_note(tmp_path):
    pandas = pytest.importorskip("pandas")
    path = tmp_path / "a.parquet"
    pandas.DataFrame({"a": [1.0, 2.0]}, index=[5, 9]).to_parquet(path)
    for result in (read_table(path), stream_parquet(path)):
        assert result.columns == ["a"]
        assert any("index" in note for note in result.notes)


def test_the_memory_of_a_stream_does_not_grow_with_the_file(tmp_path):
    path = tmp_path / "large.parquet"
    generator = np.random.default_rng(0)
    schema = pa.schema([(name, pa.float64()) for name in "abcdefgh"])
    with parquet.ParquetWriter(path, schema, compression="none", use_dictionary=False) as writer:
        columns = {name: generator.normal(size=2_000_000) for name in "abcdefgh"}
        writer.write_table(pa.table(columns), row_group_size=2_000_000)
    code = (
        "import resource, sys; from suffice.data import stream_parquet\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024\n"
        f"rows = stream_parquet({str(path)!r}, batch_size=8192); before = peak()\n"
        "assert sum(map(len, rows)) == 2_000_000; print(peak() - before)"
    )
    grown = float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)
    assert grown < path.stat().st_size / 2**20 / 2
