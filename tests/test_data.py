"""Tables from text, arrays, frames and digits: what is detected, kept, left out and refused."""

import codecs
import gzip
import subprocess
import sys

import numpy as np
import pytest
from scipy import sparse

from suffice.data import (
    DataError,
    balanced_splits,
    balanced_subset,
    bundled_digits,
    load_digits_text,
    load_mnist,
    read_table,
    write_digits_text,
)


@pytest.fixture
def written(tmp_path):
    """A function from the content of a file to its path."""

    def write(content, name="rows.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|", " ", "   "])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_every_delimiter_and_line_end_gives_the_same_numbers(written, delimiter, end):
    lines = ["a", "b", "c"], ["1", "-2.5", "3e2"], ["4", "0.5", "6"]
    table = read_table(written(end.join(delimiter.join(line) for line in lines) + end))
    assert table.columns == ["a", "b", "c"]
    np.testing.assert_array_equal(table.values, [[1, -2.5, 300], [4, 0.5, 6]])


@pytest.mark.parametrize("delimiter", [",", ";", " "])
def test_a_first_line_of_numbers_is_a_row(written, delimiter):
    table = read_table(written(f"1{delimiter}2\n3{delimiter}4"))
    assert table.columns == ["x0", "x1"]
    assert table.values.tolist() == [[1, 2], [3, 4]]


def test_a_text_column_without_header_does_not_make_the_first_row_a_header(written):
    table = read_table(written("5.1,3.5,setosa\n4.9,3.0,virginica\n"), target="x2")
    assert len(table.values) == 2
    assert table.target is not None
    assert table.target.tolist() == ["setosa", "virginica"]


def test_a_word_above_numbers_makes_the_first_line_a_header(written):
    assert read_table(written("country,2019,size\nfr,1,2\nde,3,4\n"), drop=["country"]).columns == ["2019", "size"]


def test_quoted_cells_may_hold_delimiters_and_line_ends(written):
    table = read_table(written('a,"b, in\nkm",c\n1,2,"x,\ny"\n3,4,z\n'), target="c")
    assert table.columns == ["a", "b, in\nkm"]
    assert table.values.tolist() == [[1, 2], [3, 4]]


def test_header_given_overrules_what_is_detected(written):
    path = written("2019,2020\n1,2\n")
    assert read_table(path).values.shape == (2, 2)
    assert read_table(path, header=True).columns == ["2019", "2020"]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_encodings_and_byte_order_marks_do_not_reach_names_or_numbers(written, encoding):
    table = read_table(written("größe,b\n1,2\n".encode(encoding)))
    assert table.columns == ["größe", "b"]
    assert table.values.tolist() == [[1, 2]]


def test_a_byte_order_mark_before_numbers_is_no_part_of_the_first(written):
    assert read_table(written(codecs.BOM_UTF8 + b"1,2\n3,4\n")).values.tolist() == [[1, 2], [3, 4]]


@pytest.mark.parametrize(
    "text", ["a;b\n1,5;2\n-0,25;3\n", 'a,b\n"1,5",2\n"-0,25",3\n', "a\tb\n1,5\t2\n-0,25\t3\n", "a b\n1,5 2\n-0,25 3\n"]
)
def test_decimal_commas_are_read_and_reported(written, text):
    table = read_table(written(text))
    assert table.values.tolist() == [[1.5, 2], [-0.25, 3]]
    assert any("decimal commas" in note and "'1,5' is read as 1.5" in note for note in table.notes)


def test_two_decimal_marks_in_one_column_are_refused(written):
    with pytest.raises(DataError, match=r"column 'a' holds text, such as '1.5' in row 2, among 2 numbers"):
        read_table(written("a;b\n1,5;1\n1.5;2\n2,5;3\n"))


@pytest.mark.parametrize("missing", ["", "NA", "NaN", "?", "null", " NA "])
def test_missing_cells_are_nan_and_counted(written, missing):
    table = read_table(written(f"a,b\n1,2\n{missing},4\n"))
    np.testing.assert_array_equal(table.values, [[1, 2], [np.nan, 4]])
    assert "1 missing cell (NaN)." in table.notes


def test_an_empty_line_of_a_single_column_is_a_missing_cell(written):
    np.testing.assert_array_equal(read_table(written("a\n1\n\n3\n\n\n")).values, [[1], [np.nan], [3]])


@pytest.mark.parametrize("name", ["rownames", "", "Unnamed: 0", "id"])
def test_row_numbers_are_left_out_with_a_note_unless_asked_for(written, name):
    path = written(f"{name},a\n1,5\n2,6\n3,9\n")
    table = read_table(path)
    assert table.columns == ["a"]
    assert any("left out" in note for note in table.notes)
    assert read_table(path, columns=[name, "a"]).columns == [name, "a"]


@pytest.mark.parametrize("name", ["id", "index"])
def test_a_column_that_does_not_count_rows_is_kept(written, name):
    assert read_table(written(f"{name},a\n4,5\n2,6\n2,9\n")).columns == [name, "a"]


def test_row_names_without_a_heading_are_left_out(written):
    table = read_table(written("mpg,cyl\nMazda,21,6\nFiat,32,4\n"))
    assert table.columns == ["mpg", "cyl"]
    assert table.values.tolist() == [[21, 6], [32, 4]]


def test_a_delimiter_at_the_end_of_every_line_makes_no_column(written):
    table = read_table(written("a,b,\n1,2,\n3,4,\n"))
    assert table.columns == ["a", "b"]
    assert any("empty last column" in note for note in table.notes)


def test_columns_are_read_in_the_order_asked_for(written):
    path = written("a,b,c\n1,2,3\n")
    assert read_table(path, columns=["c", "a"]).values.tolist() == [[3, 1]]
    assert read_table(path, drop=["b"]).columns == ["a", "c"]


def test_text_columns_are_refused_with_an_option_that_works(written):
    path = written("kind,a,place\nu,1,x\nv,2,y\n")
    with pytest.raises(DataError, match=r"drop=\['kind', 'place'\] \(--drop kind,place\)"):
        read_table(path)
    assert read_table(path, drop=["kind", "place"]).columns == ["a"]


def test_a_word_among_numbers_is_named_with_its_row(written):
    rows = "".join(f"{i},2\n" for i in range(500))
    with pytest.raises(DataError, match=r"column 'a' holds text, such as 'broken' in row 501"):
        read_table(written(f"a,b\n{rows}broken,3\n"))


def test_dates_are_kept_aside_unless_they_are_asked_for(written):
    path = written("day,a\n2020-01-01,1\n2020-01-02,2\n")
    table = read_table(path)
    assert table.columns == ["a"]
    assert any("'day' holds dates or times and is kept aside" in note for note in table.notes)
    with pytest.raises(DataError, match="column 'day' holds dates or times"):
        read_table(path, columns=["day", "a"])


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ("", "is empty"),
        ("\n \n", "is empty"),
        ("a,b\n", "no rows"),
        ("a,b\n1,2\n3\n", "line 3 has 1 cell where 2 are expected"),
        ("a,b\n\n1,2\n\n3,4,5\n", "line 5 has 3 cells where 2 are expected"),
        ("1 2\n3 4 5\n", "line 2 has 3 cells where 2 are expected"),
        ("a,b,a\n1,2,3\n", r"'a' occurs 2 times \(columns 1, 3\)"),
        (b"\x01\x02\x00\x00\x03", "zero bytes"),
        (b"\x80\x04\x95", "pickle"),
        (b"\x89PNG\r\n", "a picture"),
        (b"\xfd7zXZ\x00", "compressed with xz"),
    ],
)
def test_files_that_are_no_table_are_refused(written, content, says):
    with pytest.raises(DataError, match=says):
        read_table(written(content))


@pytest.mark.parametrize("length", [0, 1, 5, 30, 60, -1])
def test_incomplete_gzip_files_are_refused(written, length):
    whole = gzip.compress("".join(f"{i},{i * i}\n" for i in range(200)).encode())
    assert read_table(written(whole, "rows.csv.gz")).values.shape == (200, 2)
    with pytest.raises(DataError):
        read_table(written(whole[:length], "rows.csv.gz"))


def test_unknown_columns_are_named_with_the_nearest(written):
    path = written("height,weight\n1,2\n")
    with pytest.raises(DataError, match=r"no column 'hieght' \(given in columns=\); did you mean 'height'"):
        read_table(path, columns=["hieght"])
    with pytest.raises(DataError, match=r"no column 'q' \(given in drop=\); its columns are 'height', 'weight'"):
        read_table(path, drop=["q"])
    with pytest.raises(DataError, match="no column is left"):
        read_table(path, drop=["height", "weight"])
    with pytest.raises(DataError, match="give a list"):
        read_table(path, columns="height")


def test_options_for_other_kinds_of_files_are_refused(written, tmp_path):
    np.save(tmp_path / "a.npy", np.ones((2, 2)))
    with pytest.raises(DataError, match="header=True is for text"):
        read_table(tmp_path / "a.npy", header=True)
    with pytest.raises(DataError, match="array='x' is for npz"):
        read_table(written("1,2\n"), array="x")
    with pytest.raises(DataError, match="data in memory"):
        read_table(np.ones((2, 2)), delimiter=",")


def test_a_file_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DataError, match="There is no file"):
        read_table(tmp_path / "nothing.csv")


@pytest.mark.parametrize("dtype", ["float32", "float64", "bool", "uint8", "int64", ">f8"])
def test_arrays_keep_their_type(tmp_path, dtype):
    values = np.array([[0, 1], [1, 1]], dtype)
    np.save(tmp_path / "a.npy", values)
    for source in (values, tmp_path / "a.npy"):
        table = read_table(source)
        assert table.values.dtype == values.dtype.newbyteorder("=")
        np.testing.assert_array_equal(table.values, values)


def test_images_become_rows():
    images = np.arange(24.0).reshape(2, 3, 4)
    table = read_table(images)
    assert table.image_shape == (3, 4)
    np.testing.assert_array_equal(table.values.reshape(images.shape), images)
    assert read_table(images, drop=["x0"]).image_shape is None


def test_one_axis_is_one_column_and_sparse_is_dense():
    assert read_table(np.arange(3.0)).values.shape == (3, 1)
    np.testing.assert_array_equal(read_table(sparse.csr_array(np.eye(3))).values, np.eye(3))


@pytest.mark.parametrize(
    ("source", "says"),
    [
        (np.zeros((0, 3)), "at least one row"),
        (np.float64(3), "at least one row"),
        (np.array([["a", "b"]]), "numbers are needed"),
        (np.array([[1, "b"]], object), "not numbers"),
        (np.array([[1j]]), "numbers are needed"),
        ([[1, 2], [3]], "different lengths"),
    ],
)
def test_arrays_that_are_no_table_are_refused(source, says):
    with pytest.raises(DataError, match=says):
        read_table(source)


def test_an_archive_of_several_arrays_asks_which(tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, train=np.ones((2, 3)), test=np.zeros((1, 3)), labels=np.array([4, 5]))
    with pytest.raises(DataError, match=r"holds 3 arrays 'train', 'test', 'labels'.*array='train' \(--array train\)"):
        read_table(path)
    with pytest.raises(DataError, match="holds no array 'valid'"):
        read_table(path, array="valid")
    table = read_table(path, array="train", target="labels")
    assert table.values.shape == (2, 3)
    assert table.target.tolist() == [4, 5]
    with pytest.raises(DataError, match="one label for each"):
        read_table(path, array="test", target="labels")


def test_python_objects_are_never_unpickled(tmp_path):
    np.savez(tmp_path / "a.npz", a=np.array([{}, 1], object))
    np.save(tmp_path / "a.npy", np.array([{}, 1], object))
    for name in ("a.npz", "a.npy"):
        with pytest.raises(DataError, match="never unpickled"):
            read_table(tmp_path / name)


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_incomplete_numpy_files_are_refused(tmp_path, name):
    path = tmp_path / name
    (np.save if name == "a.npy" else np.savez)(path, np.ones((20, 3)))
    whole = path.read_bytes()
    for length in (0, 3, 8, 60, 200, len(whole) - 1):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError):
            read_table(path)


def idx(array, code):
    return bytes([0, 0, code, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.tobytes()


@pytest.mark.parametrize(("code", "dtype"), [(8, "u1"), (9, "i1"), (11, ">i2"), (12, ">i4"), (13, ">f4"), (14, ">f8")])
@pytest.mark.parametrize("compressed", [False, True])
def test_idx_files_of_every_type_are_read(written, code, dtype, compressed):
    images = np.arange(12).astype(dtype).reshape(2, 3, 2)
    content = idx(images, code)
    table = read_table(written(gzip.compress(content) if compressed else content, "images"))
    np.testing.assert_array_equal(table.values, images.reshape(2, 6))
    assert table.image_shape == (3, 2)


def test_short_long_and_foreign_idx_files_are_refused(written):
    whole = idx(np.arange(12, dtype="u1").reshape(2, 3, 2), 8)
    for length in (4, 10, 16, len(whole) - 1):
        with pytest.raises(DataError, match="fetch it again"):
            read_table(written(whole[:length], "images"))
    with pytest.raises(DataError, match="fetch it again"):
        read_table(written(whole + b"\0", "images"))
    with pytest.raises(DataError, match="not an IDX file"):
        read_table(written(b"\1" + whole[1:], "train-images-idx3-ubyte"))


def test_frames_of_pandas_and_polars_give_the_same_table():
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    content = {"a": [1.5, None, 3.0], "b": [True, False, True], "c": ["u", "v", "w"]}
    tables = [read_table(frame(content), target="c") for frame in (pandas.DataFrame, polars.DataFrame)]
    for table in tables:
        assert table.columns == ["a", "b"]
        np.testing.assert_array_equal(table.values, [[1.5, 1], [np.nan, 0], [3, 1]])
        assert table.target.tolist() == ["u", "v", "w"]


def test_frames_keep_a_shared_type_and_refuse_text_and_duplicates():
    pandas = pytest.importorskip("pandas")
    assert read_table(pandas.DataFrame({"a": [1, 0]}, dtype="uint8")).values.dtype == np.uint8
    assert read_table(pandas.DataFrame({"a": [1, 0]}, dtype="float32")).values.dtype == np.float32
    with pytest.raises(DataError, match="column 'a' holds text"):
        read_table(pandas.DataFrame({"a": ["u", "v"]}))
    with pytest.raises(DataError, match="occurs 2 times"):
        read_table(pandas.DataFrame(np.ones((2, 2)), columns=["a", "a"]))


def test_reading_text_needs_no_pandas_and_a_failing_process_ends_cleanly(written):
    path = written("a,b\n1,2\n")
    (path.parent / "pandas.py").write_text("raise ModuleNotFoundError('as where pandas is not installed')")
    code = f"import sys; sys.path.insert(0, {str(path.parent)!r}); from suffice.data import read_table; "
    ended = subprocess.run([sys.executable, "-c", f"{code}read_table({str(path)!r}); sys.exit(3)"], check=False)
    assert ended.returncode == 3


def test_digits_text_survives_writing_and_reading(tmp_path):
    generator = np.random.default_rng(0)
    values = generator.integers(0, 10001, (30, 784)) / 10000
    labels = generator.integers(0, 10, 30)
    order = np.argsort(labels, kind="stable")
    for name in ("digits.txt", "digits.txt.gz"):
        table = read_table(write_digits_text(tmp_path / name, values, labels))
        np.testing.assert_array_equal(table.values, values[order])
        np.testing.assert_array_equal(table.target, labels[order])
        assert table.image_shape == (28, 28)


def test_digits_text_refuses_what_the_format_cannot_hold(tmp_path):
    with pytest.raises(DataError, match="values from 0 to 1"):
        write_digits_text(tmp_path / "a.txt", np.full((1, 784), 255.0), [1])
    with pytest.raises(DataError, match="labels from 0 to 9"):
        write_digits_text(tmp_path / "a.txt", np.zeros((1, 784)), [10])
    with pytest.raises(DataError, match=r"got \(1, 64\)"):
        write_digits_text(tmp_path / "a.txt", np.zeros((1, 64)), [1])


def test_balanced_subsets_have_equal_classes_sorted_and_share_no_row():
    values, labels = np.arange(600.0)[:, None], np.repeat(np.arange(3), [300, 200, 100])
    splits = balanced_splits(values, labels, [60, 20, 20], random_state=1)
    for (rows, classes), count in zip(splits, [60, 20, 20], strict=True):
        assert np.bincount(classes).tolist() == [count] * 3
        assert (np.diff(classes) >= 0).all()
        np.testing.assert_array_equal(labels[rows[:, 0].astype(int)], classes)
    drawn = np.concatenate([rows[:, 0] for rows, _ in splits])
    assert len(np.unique(drawn)) == 300
    again = balanced_subset(values, labels, 60, random_state=1)
    np.testing.assert_array_equal(again[0], splits[0][0])
    assert not np.array_equal(balanced_subset(values, labels, 60, random_state=2)[0], again[0])
    with pytest.raises(DataError, match="Class 2 has 100 rows and 101 are asked for"):
        balanced_subset(values, labels, 101)


def test_bundled_digits_are_scaled_to_one():
    digits = bundled_digits()
    assert digits.values.shape == (1797, 64)
    assert digits.values.min() == 0
    assert digits.values.max() == 1
    assert np.unique(digits.target).tolist() == list(range(10))


def test_loaders_say_what_they_need(monkeypatch, tmp_path):
    monkeypatch.delenv("SUFFICE_DATA", raising=False)
    for load in (load_mnist, load_digits_text):
        with pytest.raises(DataError, match="folder=, or set the environment variable SUFFICE_DATA"):
            load()
        with pytest.raises(DataError, match="There is no file"):
            load(tmp_path)


@pytest.mark.parametrize(
    ("name", "shape", "columns"),
    [
        ("faithful.csv", (272, 2), ["eruptions", "waiting"]),
        ("galaxies.csv", (82, 1), ["dat"]),
        ("airquality.csv", (153, 6), ["Ozone", "Solar.R", "Wind", "Temp", "Month", "Day"]),
        ("winequality-red.csv", (1599, 12), [f"x{j}" for j in range(12)]),
        ("winequality-white.csv", (4898, 12), [f"x{j}" for j in range(12)]),
    ],
)
def test_real_tables_are_read_as_they_are(real_data, name, shape, columns):
    table = read_table(real_data(f"tabular/{name}"))
    assert table.values.shape == shape
    assert table.columns == columns
    assert np.isnan(table.values).sum() == (44 if name == "airquality.csv" else 0)


def test_the_mice_table_needs_its_text_columns_dropped(real_data):
    path = real_data("tabular/mice_protein.csv")
    text = ["MouseID", "Genotype", "Treatment", "Behavior", "class"]
    with pytest.raises(DataError, match="'MouseID', 'Genotype', 'Treatment', 'Behavior', 'class' hold no numbers"):
        read_table(path)
    table = read_table(path, drop=text[:-1], target="class")
    assert table.values.shape == (1080, 77)
    assert np.isnan(table.values).sum() == 1396
    assert len(np.unique(table.target)) == 8


def test_the_digits_text_is_balanced_and_rewritten_byte_for_byte(real_data, tmp_path):
    path = real_data("digits/digitsvalid.txt.gz")
    splits = load_digits_text(path.parent)
    for table, count in zip(splits, (300, 100, 300), strict=True):
        assert np.bincount(table.target).tolist() == [count] * 10
        assert table.image_shape == (28, 28)
    again = write_digits_text(tmp_path / "digits.txt", splits.valid.values, splits.valid.target)
    assert again.read_bytes() == gzip.decompress(path.read_bytes())


def test_mnist_is_found_through_the_environment(real_data, monkeypatch):
    folder = real_data("mnist/t10k-images-idx3-ubyte.gz").parent
    monkeypatch.setenv("SUFFICE_DATA", str(folder.parent))
    splits = load_mnist()
    assert splits.train.values.shape == (60000, 784)
    assert splits.train.values.dtype == np.float32
    assert splits.valid is None
    assert (splits.test.values.min(), splits.test.values.max()) == (0, 1)
    assert np.bincount(splits.test.target).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]


def test_binarised_mnist_holds_zeros_and_ones(real_data):
    splits = load_mnist(real_data("mnist/binarized_mnist.npz").parent, binarized=True)
    assert [len(table.values) for table in splits] == [50000, 10000, 10000]
    assert all(table.image_shape == (28, 28) for table in splits)
    assert np.unique(splits.test.values).tolist() == [0, 1]


def test_archives_of_images_ask_for_one(real_data):
    path = real_data("images/binary_images.npz")
    with pytest.raises(DataError, match="holds 5 arrays"):
        read_table(path)
    table = read_table(path, array="letterA")
    assert table.values.shape == (128, 128)
    assert table.values.dtype == bool
