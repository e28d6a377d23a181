"""Columns to codes and back: what is detected, that nothing is lost, and what is refused."""

import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from pandas.testing import assert_frame_equal
from pyarrow import parquet
from sklearn.base import clone

from suffice import load, save
from suffice.data import ColumnEncoder, DataError, LeftOutWarning, UnknownCategoryWarning, read_columns

CONTENT = {
    "size": [1.5, None, -0.25, 3.0, 8.0],
    "colour": ["red", "blue", None, "red", "green"],
    "alive": [True, False, True, None, True],
    "eggs": [2, 0, 7, 1, 2],
    "marked": [0, 1, 1, 0, None],
    "twin": ["yes", "no", "no", None, "yes"],
}
KINDS = ["gaussian", "categorical", "bernoulli", "poisson", "bernoulli", "categorical"]
CODES = np.array(
    [
        [1.5, 2, 1, 2, 0, 1],
        [np.nan, 0, 0, 0, 1, 0],
        [-0.25, np.nan, 1, 7, 1, 0],
        [3.0, 2, np.nan, 1, 0, np.nan],
        [8.0, 1, 1, 2, np.nan, 1],
    ]
)


def as_array(content):
    return np.array(list(map(list, zip(*content.values(), strict=True))), dtype=object)


SOURCES = {
    "pandas": pd.DataFrame,
    "objects of pandas": lambda content: pd.DataFrame(content, dtype=object),
    "nullable pandas": lambda content: pd.DataFrame(content).convert_dtypes(),
    "polars": pl.DataFrame,
    "polars in chunks": lambda content: pl.concat(
        [pl.DataFrame(content)[:2], pl.DataFrame(content)[2:]], rechunk=False
    ),
    "Arrow": pa.table,
    "read_columns": lambda content: read_columns(pa.table(content)),
    "array": as_array,
    "lists": lambda content: as_array(content).tolist(),
}
each_source = pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES)


def equal_cells(left, right):
    """Whether two tables of objects hold the same, missing cells of all sorts alike."""
    left, right = np.asarray(left, dtype=object), np.asarray(right, dtype=object)
    missing = pd.isna(left)
    return left.shape == right.shape and (missing == pd.isna(right)).all() and (left[~missing] == right[~missing]).all()


@each_source
def test_every_source_gives_the_same_kinds_and_codes_and_comes_back(source):
    X = source(CONTENT)
    encoder = ColumnEncoder()
    values = encoder.fit_transform(X)
    assert encoder.kinds_ == KINDS
    assert values.dtype == np.float64
    np.testing.assert_array_equal(values, CODES)
    assert equal_cells(encoder.inverse_transform(values), as_array(CONTENT))


def test_codes_are_places_among_sorted_labels():
    encoder = ColumnEncoder().fit(pa.table(CONTENT))
    assert [None if labels is None else labels.tolist() for labels in encoder.categories_] == [
        None, ["blue", "green", "red"], [False, True], None, [0, 1], ["no", "yes"],
    ]  # fmt: skip
    assert encoder.get_feature_names_out().tolist() == list(CONTENT)
    assert encoder.n_features_in_ == len(CONTENT)


GAPLESS = ["bool", "int64", "uint8"]
DTYPES = ["str", "object", "string", "category", "boolean", "Int64", "float32", "float64", "Float64", "int64[pyarrow]"]


@pytest.mark.parametrize(("dtype", "gap"), [(d, False) for d in GAPLESS + DTYPES] + [(d, True) for d in DTYPES])
def test_a_pandas_column_comes_back_in_its_type(dtype, gap):
    cells = [True, False, True] if dtype.startswith("bool") else [3, 1, 2] if "nt" in dtype else [1.5, -2.0, 0.1]
    if dtype in ("str", "object", "string", "category"):
        cells = ["b", "a", "b"]
    X = pd.DataFrame({"a": pd.Series([*cells[:2], None] if gap else cells, dtype=dtype), "b": [1.0, 2.5, 3.0]})
    encoder = ColumnEncoder().fit(X)
    assert_frame_equal(encoder.inverse_transform(encoder.transform(X)), X)


@pytest.mark.parametrize("ordered", [False, True])
@pytest.mark.parametrize("categories", [["low", "mid", "high", "never"], [3, 1, 2, 7], [2.5, 0.5, 1.5]])
def test_pandas_categories_keep_their_order_and_those_that_do_not_occur(categories, ordered):
    cells = [categories[1], None, categories[0], categories[2]]
    X = pd.DataFrame({"a": pd.Categorical(cells, categories, ordered=ordered)})
    encoder = ColumnEncoder().fit(X)
    np.testing.assert_array_equal(encoder.transform(X)[:, 0], [1, np.nan, 0, 2])
    assert encoder.kinds_ == ["categorical"]
    assert encoder.categories_[0].tolist() == categories
    assert_frame_equal(encoder.inverse_transform(encoder.transform(X)), X)


def test_a_polars_enum_keeps_its_order_and_arrow_dictionaries_are_sorted():
    enum = pl.DataFrame({"a": pl.Series(["u", "v", None], dtype=pl.Enum(["v", "w", "u"]))})
    np.testing.assert_array_equal(ColumnEncoder().fit_transform(enum)[:, 0], [2, 0, np.nan])
    categorical = pl.DataFrame({"a": pl.Series(["u", "t", None], dtype=pl.Categorical)})
    np.testing.assert_array_equal(ColumnEncoder().fit_transform(categorical)[:, 0], [1, 0, np.nan])
    parts = [pa.table({"a": pa.array(cells).dictionary_encode()}) for cells in (["x", "y"], ["b", None, "y"])]
    np.testing.assert_array_equal(ColumnEncoder().fit_transform(pa.concat_tables(parts))[:, 0], [1, 2, 0, np.nan, 2])


def test_labels_of_a_frame_that_are_no_text_come_back():
    X = pd.DataFrame([[1.5, "a"], [2.5, "b"]], columns=pd.Index([7, 3]))
    encoder = ColumnEncoder(kinds={3: "bernoulli"}).fit(X)
    assert encoder.kinds_ == ["gaussian", "bernoulli"]
    assert not hasattr(encoder, "feature_names_in_")
    assert_frame_equal(encoder.inverse_transform(encoder.transform(X[[3, 7]])), X)


@pytest.mark.parametrize(
    ("cells", "kind"),
    [
        (pa.array(["a", "b"]), "categorical"),
        (pa.array(["a", None]), "categorical"),
        (pa.array(["1", "0"]), "categorical"),
        (pa.array([3, 1]).dictionary_encode(), "categorical"),
        (pa.array([True, True]), "bernoulli"),
        (pa.array([0, 0]), "bernoulli"),
        (pa.array([0.0, 1.0]), "bernoulli"),
        (pa.array([1.0, None]), "bernoulli"),
        (pa.array([0, 2]), "poisson"),
        (pa.array([1, 2] * 5), "bernoulli"),
        (pa.array([-1.0, None, 3.0] * 5), "bernoulli"),
        (pa.array([1, 2, 3, 4, 5] * 9 + [5] * 20), "categorical"),
        (pa.array([10, 20, 30] * 5), "categorical"),
        (pa.array([-2, -1, 0, 1, 2] * 5), "categorical"),
        (pa.array([5, 5], pa.uint8()), "poisson"),
        (pa.array([0, None, 2]), "poisson"),
        (pa.array([4.0, None, 2.0]), "poisson"),
        (pa.array([4.0, float("nan"), 2.0]), "poisson"),
        (pa.array([4.0, 2.0]), "poisson"),
        (pa.array([4.5, None]), "gaussian"),
        (pa.array([-4.0, None]), "gaussian"),
        (pa.array([-1, 2]), "gaussian"),
        (pa.array([0.5, 0.5]), "gaussian"),
    ],
)
def test_the_kind_is_detected_by_cells(cells, kind):
    assert ColumnEncoder().fit(pa.table({"a": cells})).kinds_ == [kind]


SEEN = np.random.default_rng(0)
WHOLE = {
    "id": (SEEN.permutation(np.arange(1, 401)), "left-out"),
    "large id": (SEEN.choice(10**6, 400, replace=False), "left-out"),
    "name": (np.array([f"row {i}" for i in range(400)], object), "left-out"),
    "zip": (SEEN.integers(10_000, 99_999, 400), "gaussian"),
    "year": (SEEN.integers(1950, 2020, 400), "gaussian"),
    "centimetres": (SEEN.normal(170, 9, 400).round(), "gaussian"),
    "degrees": (SEEN.normal(0, 9, 400).round(), "gaussian"),
    "answer": (SEEN.integers(1, 3, 400), "bernoulli"),
    "Likert": (SEEN.integers(1, 6, 400), "categorical"),
    "events": (SEEN.poisson(3, 400), "poisson"),
    "many events": (SEEN.poisson(100, 400), "poisson"),
    "bursts": (SEEN.negative_binomial(1, 0.1, 400), "negative-binomial"),
}


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.filterwarnings("ignore::suffice.data.LeftOutWarning")
def test_whole_numbers_are_what_makes_them_probable_whatever_their_type_and_gaps(name):
    cells, kind = WHOLE[name]
    beside = SEEN.standard_normal(400)
    gaps = cells.astype(object)
    gaps[3] = None
    tables = [pd.DataFrame({"a": a, "b": beside}) for a in (cells, gaps)]
    if name != "name":
        tables += [np.column_stack([cells.astype(float), beside]), tables[1].assign(a=gaps.astype(float))]
    for table in tables:
        assert ColumnEncoder().fit(table).kinds_ == [kind, "gaussian"]


def test_what_names_the_rows_is_left_out_and_named_unless_there_is_nothing_else():
    table = pd.DataFrame({"id": np.arange(400), "size": SEEN.standard_normal(400)})
    with pytest.warns(
        LeftOutWarning, match="Left out, since no cell stands twice, .*: 'id'. Give kinds={'id': 'gaussian'}"
    ):
        encoder = ColumnEncoder().fit(table)
    assert encoder.inverse_transform(encoder.transform(table))["id"].isna().all()
    assert ColumnEncoder({"id": "gaussian"}).fit(table).kinds_ == ["gaussian"] * 2
    assert ColumnEncoder({"size": "left-out"}).fit(table[["size"]]).kinds_ == ["left-out"]
    assert ColumnEncoder().fit(table[["id"]]).kinds_ == ["negative-binomial"]


def test_numbers_that_a_kind_does_not_have_are_missing_where_unknown_labels_are():
    encoder = ColumnEncoder(handle_unknown="missing").fit([[0.0], [3.0], [1.0]])
    with pytest.warns(
        UnknownCategoryWarning, match="2 cells of column 'x0', such as -1.0 in row 1 .* taken as missing"
    ):
        np.testing.assert_array_equal(encoder.transform([[2.0], [-1.0], [0.5]]), [[2], [np.nan], [np.nan]])


def test_notes_name_columns_kinds_and_gaps():
    content = {**CONTENT, "same": [3.5] * 5}
    notes = ColumnEncoder(kinds={"twin": "bernoulli"}).fit(pa.table(content)).notes_
    assert notes == [
        "Detected as gaussian (other numbers): 'size', 'same'.",
        "Detected as bernoulli (truth values, or two whole numbers only): 'alive', 'marked'.",
        "Detected as categorical (text, categories, or few whole numbers that are no counts): 'colour'.",
        "Detected as poisson (counts): 'eggs'.",
        "5 missing cells in 'size', 'colour', 'alive', 'marked', 'twin'.",
        "One value only: 'same'.",
    ]


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ("categorical", ["categorical"] * 6),
        ({"eggs": "categorical", 5: "bernoulli"}, [*KINDS[:3], "categorical", KINDS[4], "bernoulli"]),
        ({np.int64(0): "categorical"}, ["categorical", *KINDS[1:]]),
        (["gaussian", "categorical", "categorical", "gaussian", "poisson", "bernoulli"], None),
        (np.array(KINDS), KINDS),
    ],
)
def test_given_kinds_overrule_and_still_come_back(kinds, expected):
    X = pd.DataFrame(CONTENT)
    encoder = ColumnEncoder(kinds=kinds).fit(X)
    assert encoder.kinds_ == (expected or kinds)
    assert equal_cells(encoder.inverse_transform(encoder.transform(X)), as_array(CONTENT))
    assert_frame_equal(clone(encoder).fit(X).inverse_transform(encoder.transform(X)), X)


def test_the_order_of_rows_changes_neither_kinds_nor_categories():
    generator = np.random.default_rng(0)
    first = ColumnEncoder().fit(pa.table(CONTENT))
    for _ in range(5):
        order = generator.permutation(5)
        for X in (pd.DataFrame(CONTENT).iloc[order], pa.table(CONTENT).take(order), as_array(CONTENT)[order]):
            encoder = ColumnEncoder().fit(X)
            assert encoder.kinds_ == first.kinds_
            for labels, others in zip(encoder.categories_, first.categories_, strict=True):
                np.testing.assert_array_equal(labels, others)
            np.testing.assert_array_equal(encoder.transform(X), CODES[order])


def test_columns_are_matched_by_name_whatever_frame_holds_them():
    encoder = ColumnEncoder().fit(pd.DataFrame(CONTENT))
    backwards = dict(reversed(CONTENT.items()))
    for source in (pd.DataFrame, pl.DataFrame, pa.table):
        np.testing.assert_array_equal(encoder.transform(source(backwards)), CODES)


def test_rows_without_names_are_taken_in_order_with_a_warning():
    encoder = ColumnEncoder().fit(pd.DataFrame(CONTENT))
    with pytest.warns(UserWarning, match="does not have valid feature names") as caught:
        np.testing.assert_array_equal(encoder.transform(as_array(CONTENT)), CODES)
    assert caught[0].filename == __file__
    nameless = ColumnEncoder().fit(as_array(CONTENT))
    with pytest.warns(UserWarning, match="was fitted without feature names"):
        np.testing.assert_array_equal(nameless.transform(pd.DataFrame(CONTENT)), CODES)


def test_set_output_gives_a_frame_with_names():
    X = pd.DataFrame(CONTENT)
    values = ColumnEncoder().set_output(transform="pandas").fit_transform(X)
    assert_frame_equal(values, pd.DataFrame(CODES, columns=list(CONTENT)))


def test_whole_columns_may_be_missing_later_and_truth_values_may_come_as_numbers():
    encoder = ColumnEncoder().fit(pa.table(CONTENT))
    empty = pa.table({name: pa.nulls(3) for name in CONTENT})
    assert np.isnan(encoder.transform(empty)).all()
    numbers = pa.table({**CONTENT, "alive": [1.0, 0.0, 1.0, None, 1.0], "marked": [False, True, True, False, None]})
    np.testing.assert_array_equal(encoder.transform(numbers), CODES)


def test_large_whole_labels_are_told_apart():
    X = np.array([[2**60], [2**60 + 1]])
    encoder = ColumnEncoder("categorical").fit(X)
    np.testing.assert_array_equal(encoder.transform(X[::-1])[:, 0], [1, 0])
    np.testing.assert_array_equal(encoder.inverse_transform([[1.0], [0.0]]), X[::-1])


def test_fractions_drawn_for_a_column_of_integers_are_not_cut_off():
    encoder = ColumnEncoder("gaussian").fit(
        pd.DataFrame({"a": [1, 2], "b": pd.array([3, None], "Int64"), "c": [True, False]})
    )
    drawn = np.array([[1.25, 2.5, 0.5], [0.0, np.nan, 2.0]])
    np.testing.assert_array_equal(encoder.inverse_transform(drawn).to_numpy(float), drawn)


def test_a_refit_forgets_names():
    encoder = ColumnEncoder().fit(pd.DataFrame(CONTENT)).fit(as_array(CONTENT))
    assert not hasattr(encoder, "feature_names_in_")
    assert encoder.labels_ is None


@each_source
def test_a_fitted_encoder_survives_saving_and_loading(tmp_path, source):
    X = source(CONTENT)
    encoder = ColumnEncoder(kinds={"twin": "bernoulli"} if hasattr(X, "columns") else None).fit(X)
    loaded = load(save(encoder, tmp_path / "encoder"))
    assert vars(loaded).keys() == vars(encoder).keys()
    assert loaded.get_params() == encoder.get_params()
    np.testing.assert_array_equal(loaded.transform(X), encoder.transform(X))
    before, after = (each.inverse_transform(CODES) for each in (encoder, loaded))
    assert type(before) is type(after)
    assert equal_cells(before, after)


def test_saved_categories_keep_type_and_order(tmp_path):
    X = pd.DataFrame(
        {"a": pd.Categorical(["low", None], ["low", "high"], ordered=True), "b": pd.Categorical([2, 1], [2, 1])}
    )
    encoder = load(save(ColumnEncoder().fit(X), tmp_path / "encoder"))
    assert_frame_equal(encoder.inverse_transform(encoder.transform(X)), X)


@pytest.mark.parametrize(
    ("X", "says"),
    [
        (pa.table({"a": [1.0], "b": pa.nulls(1)}), "Column 'b' of X holds no cell"),
        (pd.DataFrame({"a": [None, np.nan], "b": ["", ""]}), "Column 'a' of X holds no cell"),
        (pd.DataFrame({"a": [1, 2], "b": pd.to_datetime(["2020-01-01"] * 2)}), "Column 'b' holds dates or times"),
        (pl.DataFrame({"a": [datetime.date(2020, 1, 1)]}), "Column 'a' holds dates or times"),
        (np.array([["2020-01-01"]], "M8[D]"), "Column 'x0' holds dates or times"),
        (pd.DataFrame({"a": pd.cut(pd.Series([1.0, 2.0]), 2)}), "Column 'a' holds cells of type .*interval"),
        (pd.DataFrame({"a": [1, "u"]}), r"Column 'a' \(dtype object\) holds cells that do not belong together"),
        (np.array([[1, True]] * 2 + [[2, 5]], object), "Column 'x1' .* do not belong together"),
        (np.array([[1j]]), "Complex data not supported"),
        (pa.table({"a": [[1, 2]]}), "Column 'a' holds cells of type list"),
        (pa.table({"a": [b"\xff"]}), "Column 'a' holds bytes that are no text"),
        (pa.table({"a": [1.0, float("-inf")]}), r"Column 'a' is infinite \(-inf\) in row 1"),
        (pa.table({"a": pa.array([], pa.int64())}), "X has 0 rows and 1 columns"),
        (pd.DataFrame(np.ones((2, 2)), columns=["a", "a"]), "'a' occurs 2 times"),
        (np.zeros((0, 2)), "0 sample"),
        ([1, 2], "Expected 2D array"),
        (pd.Series([1, 2]), "Expected a 2-dimensional container"),
    ],
)  # fmt: skip
def test_what_cannot_be_encoded_is_refused_by_name(X, says):
    with pytest.raises(ValueError, match=says):
        ColumnEncoder().fit(X)


@pytest.mark.parametrize(
    ("kinds", "says"),
    [
        ("normal", "kinds= holds 'normal'; each kind is one of 'gaussian', 'bernoulli', 'categorical', 'poisson'"),
        (3, "kinds=3 was given"),
        (["gaussian"] * 2, "names 2 kinds, and X has 6 columns"),
        (["gaussian"] * 5 + [None], "kinds= holds None"),
        ({"egg": "poisson"}, "a column 'egg', which X does not have; did you mean 'eggs'"),
        ({6: "poisson"}, "a column 6, which X does not have; .* or 0 to 5"),
        ({-1: "poisson"}, "a column -1"),
        ({True: "poisson"}, "a column True"),
        ({0: "gaussian", "size": "gaussian"}, "names column 'size' twice"),
        ({"colour": "gaussian"}, "Column 'colour' holds text, such as 'red' in row 0 .* kind 'gaussian' needs numbers"),
        ({"colour": "bernoulli"}, "Column 'colour' holds 3 different labels .* kind 'bernoulli' has two"),
        ({"eggs": "bernoulli"}, "Column 'eggs' holds 4 different labels"),
        ({"size": "poisson"}, r"Column 'size' is 1\.5 in row 0 .* needs counts"),
    ],
)
def test_kinds_that_do_not_fit_are_refused(kinds, says):
    with pytest.raises(ValueError, match=says):
        ColumnEncoder(kinds=kinds).fit(pa.table(CONTENT))


@pytest.mark.parametrize("most", [0, 1.5, "many"])
def test_an_impossible_number_of_categories_is_refused(most):
    with pytest.raises(ValueError, match=r"max_categories=.* a whole number of at least 1"):
        ColumnEncoder(max_categories=most).fit(pa.table(CONTENT))


def test_the_number_of_categories_is_a_limit_that_can_be_moved():
    X = pa.table({"name": [f"row {i}" for i in range(300)]})
    assert len(ColumnEncoder("categorical").fit(X).categories_[0]) == 300
    with pytest.raises(ValueError, match=r"Column 'name' holds 300 different labels .*max_categories=299"):
        ColumnEncoder(max_categories=299).fit(X)
    declared = pd.DataFrame({"a": pd.Categorical(["u"], ["u", "v", "w"])})
    with pytest.raises(DataError, match="3 different labels"):
        ColumnEncoder(max_categories=2).fit(declared)


@pytest.mark.parametrize(
    ("column", "cells", "says"),
    [
        ("colour", ["red", None, "puce", "red", "red"], "Column 'colour' is 'puce' in row 2 .*known are 'blue', 'green', 'red'"),
        ("colour", [None, None, 4, 5, 6], "Column 'colour' is 4 in row 2 "),
        ("marked", [0, 1, None, 2, 1], r"Column 'marked' is 2 in row 3 .*known are 0, 1"),
        ("marked", ["yes", "no", "no", "no", "no"], "Column 'marked' is 'yes' in row 0"),
        ("alive", [0.0, 0.5, 1.0, 1.0, 1.0], r"Column 'alive' is 0\.5 in row 1"),
        ("eggs", [1, 2, None, -3, 0], "Column 'eggs' is -3 in row 3 .* needs counts"),
        ("eggs", [1, 2, None, 3.5, 0], r"Column 'eggs' is 3\.5 in row 3 .* needs counts"),
        ("eggs", ["1"] * 5, "Column 'eggs' holds text, such as '1' in row 0"),
        ("size", [1.0, float("inf"), 1.0, 1.0, 1.0], "Column 'size' is infinite"),
    ],
)  # fmt: skip
def test_cells_that_were_not_fitted_are_named(column, cells, says):
    encoder = ColumnEncoder().fit(pa.table(CONTENT))
    with pytest.raises(DataError, match=says):
        encoder.transform(pa.table({**CONTENT, column: cells}))


def test_other_columns_are_named():
    encoder = ColumnEncoder().fit(pa.table(CONTENT))
    renamed = pd.DataFrame(CONTENT).rename(columns={"size": "length"})
    with pytest.raises(DataError, match=r"X lacks 'size' and has 'length' besides; .* expected: 'size', 'colour'"):
        encoder.transform(renamed)
    with pytest.raises(DataError, match="X lacks 'eggs'; "):
        encoder.transform(pa.table(CONTENT).drop_columns("eggs"))
    with pytest.raises(DataError, match="X has 'more' besides; "):
        encoder.transform(pa.table({**CONTENT, "more": [1] * 5}))
    with pytest.raises(DataError, match="X has 2 features, but ColumnEncoder is expecting 6"):
        encoder.transform(np.zeros((3, 2)))


@pytest.mark.parametrize(
    ("place", "value", "says"),
    [
        ((1, 1), 3, "Column 'colour' is 3 in row 1 .* no code: 0 to 2"),
        ((0, 2), 0.5, r"Column 'alive' is 0\.5 in row 0"),
        ((0, 5), -1, "Column 'twin' is -1 in row 0"),
        ((2, 3), 1.5, r"Column 'eggs' is 1\.5 in row 2 .* needs counts"),
        ((2, 0), np.inf, "infinity"),
    ],
)
def test_codes_without_a_label_are_refused(place, value, says):
    encoder = ColumnEncoder().fit(pa.table(CONTENT))
    codes = CODES.copy()
    codes[place] = value
    with pytest.raises(ValueError, match=says):
        encoder.inverse_transform(codes)
    with pytest.raises(DataError, match="X has 5 features"):
        encoder.inverse_transform(CODES[:, :5])


@pytest.mark.parametrize("name", ["rows.csv", "rows.tsv", "rows.csv.gz", "rows.parquet"])
def test_a_file_gives_the_same_codes_as_the_frame(tmp_path, name):
    frame = pd.DataFrame(CONTENT)
    if name.endswith("parquet"):
        frame.to_parquet(tmp_path / name)
    else:
        frame.to_csv(tmp_path / name, index=False, sep="\t" if name == "rows.tsv" else ",", na_rep="NA")
    table = read_columns(tmp_path / name)
    assert table.columns == list(CONTENT)
    assert table.notes[-1] == "5 missing cells (null)."
    encoder = ColumnEncoder().fit(table)
    assert encoder.kinds_ == KINDS
    np.testing.assert_array_equal(encoder.transform(table), CODES)


@pytest.mark.parametrize("missing", ["", "NA", "?", " NA ", "null", "."])
def test_text_columns_have_the_same_missing_cells_as_numbers(tmp_path, missing):
    path = tmp_path / "rows.csv"
    path.write_text(f"a,b\n1,u\n{missing},{missing}\n3, v \n")
    assert read_columns(path).values.to_pydict() == {"a": [1, None, 3], "b": ["u", None, "v"]}


def test_decimal_commas_marks_and_row_names_are_seen_as_in_tables_of_numbers(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_bytes("\ufefföl;size;colour\n1,5;2;rot\n-0,25;3;grün\n".encode())
    table = read_columns(path)
    assert table.values.to_pydict() == {"öl": [1.5, -0.25], "size": [2, 3], "colour": ["rot", "grün"]}
    assert any("'1,5' is read as 1.5" in note for note in table.notes)
    path.write_text("rownames,a,b\nMazda,1,u\nFiat,2,v\n")
    table = read_columns(path)
    assert table.columns == ["a", "b"]
    assert any("numbers or names the rows" in note for note in table.notes)
    assert read_columns(path, columns=["rownames", "b"]).columns == ["rownames", "b"]
    assert read_columns(path, row_names=True).columns == ["rownames", "a", "b"]


def test_a_target_is_taken_out_and_columns_are_chosen(tmp_path):
    path = tmp_path / "rows.parquet"
    parquet.write_table(pa.table(CONTENT), path)
    for source in (path, pd.DataFrame(CONTENT), pl.DataFrame(CONTENT), pa.table(CONTENT)):
        table = read_columns(source, target="eggs", drop=["size", "alive"])
        assert table.columns == ["colour", "marked", "twin"]
        assert table.target is not None
        assert table.target.tolist() == [2, 0, 7, 1, 2]
    with pytest.raises(DataError, match=r"no column 'egg' .* did you mean 'eggs'"):
        read_columns(path, columns=["egg"])


def test_declared_categories_stay_unless_one_says_missing():
    ordered = pd.DataFrame({"a": pd.Categorical(["2", "1"], ["2", "1"], ordered=True)})
    np.testing.assert_array_equal(ColumnEncoder().fit_transform(read_columns(ordered))[:, 0], [0, 1])
    gaps = pd.DataFrame({"a": pd.Categorical(["u", "?"])})
    assert read_columns(gaps).values.to_pydict() == {"a": ["u", None]}
    categorical = pl.DataFrame({"a": pl.Series(["u", "t", None], dtype=pl.Categorical)})
    assert read_columns(categorical).values["a"].to_pylist() == ["u", "t", None]


def test_read_columns_refuses_lists_keeps_dates_aside_and_reads_arrays_of_numbers(tmp_path):
    path = tmp_path / "rows.csv"
    path.write_text("day,a,b\n2020-01-01,1,u\n2020-01-02,2,v\n")
    assert read_columns(path).columns == ["a", "b"]
    with pytest.raises(DataError, match=r"'day' holds dates or times, and models read numbers and text; .*--drop day"):
        read_columns(path, columns=["day", "a"])
    days = pa.table({"a": [datetime.date(2020, 1, 1)], "b": [[1]]})
    with pytest.raises(DataError, match="column 'b' holds cells of type list"):
        read_columns(days)
    parquet.write_table(days, tmp_path / "rows.parquet")
    with pytest.raises(DataError, match="column 'b' holds cells of type list"):
        read_columns(tmp_path / "rows.parquet")
    with pytest.raises(DataError, match="delimiter=',' is for text"):
        read_columns(np.ones((2, 2)), delimiter=",")
    assert read_columns(np.array([[1.0, np.nan]])).values.to_pydict() == {"x0": [1.0], "x1": [None]}
    assert read_columns(np.eye(2), drop=["x0"]).columns == ["x1"]


def test_real_tables_come_back(real_data):
    table = read_columns(real_data("tabular/mice_protein.csv"), drop=["MouseID"])
    encoder = ColumnEncoder().fit(table)
    assert encoder.kinds_ == ["gaussian"] * 77 + ["categorical"] * 4
    cells = table.values.to_pandas()
    assert equal_cells(encoder.inverse_transform(encoder.transform(table)), cells)
