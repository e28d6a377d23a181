"""Rows become positions of states and labels again, whatever they come in."""

import numpy as np
import pyarrow as pa
import pytest

from suffice.bayesian.labels import labelled
from suffice.bayesian.network import DiscreteNetwork
from suffice.bayesian.row_posteriors import row_posteriors
from suffice.bayesian.rows import codes_of, decode, encode, learned_states

NODES = ("smoke", "packs", "ill")
STATES = (("no", "yes"), (1, 2, 3), (False, True))
CODES = np.array([[1, 0, 1], [-1, -1, 0], [0, 2, -1]])
CELLS = {"smoke": ["yes", None, "no"], "packs": [1, None, 3], "ill": [True, False, None]}


def frames():
    pandas = pytest.importorskip("pandas")
    made = {
        "pandas": pandas.DataFrame(CELLS, index=[7, 8, 9]),
        "categories": pandas.DataFrame(CELLS).astype("category"),
        "arrow": pa.table(CELLS),
        "array": pandas.DataFrame(CELLS).to_numpy(object),
        "list": [list(row) for row in zip(*CELLS.values(), strict=True)],
    }
    try:
        import polars
    except ImportError:
        return made
    return made | {"polars": polars.DataFrame(CELLS)}


def test_every_kind_of_rows_gives_the_same_codes_and_comes_back():
    for name, rows in frames().items():
        codes = encode(rows, NODES, STATES)
        assert codes.tolist() == CODES.tolist(), name
        again = decode(codes, NODES, STATES, like=rows)
        assert encode(again, NODES, STATES).tolist() == CODES.tolist(), name
        assert type(again) is type(rows) or name == "list"


def test_labels_come_back_in_the_index_and_type_of_the_frame():
    rows = frames()["pandas"]
    again = decode(encode(rows, NODES, STATES), NODES, STATES, like=rows)
    assert again.index.tolist() == [7, 8, 9]
    assert again["packs"].tolist() == [1, None, 3] or again["packs"].isna().tolist() == [False, True, False]
    assert str(decode(CODES, NODES, STATES, like=frames()["categories"])["smoke"].dtype) == "category"


def test_frames_go_by_name_and_absent_columns_are_missing():
    codes = encode(pa.table({"ill": [True, False], "smoke": ["no", "yes"]}), NODES, STATES)
    assert codes.tolist() == [[0, -1, 1], [1, -1, 0]]


def test_arrays_may_leave_out_hidden_nodes():
    rows = np.array([["yes", 1], [None, 2]], object)
    assert encode(rows, NODES, STATES, hidden=["ill"]).tolist() == [[1, 0, -1], [-1, 1, -1]]


@pytest.mark.parametrize("states", [("1", "2"), (1, 2)])
@pytest.mark.parametrize("cells", [np.array([1, 2]), np.array([1.0, 2.0]), np.array(["1", "2"], object)])
def test_numbers_and_their_digits_are_the_same_state(states, cells):
    assert codes_of(cells, states, "a").tolist() == [0, 1]


@pytest.mark.parametrize("states", [("FALSE", "TRUE"), ("false", "true"), ("False", "True"), (False, True)])
def test_truth_values_are_found_however_they_are_written(states):
    assert codes_of(np.array([True, False]), states, "a").tolist() == [1, 0]


def test_a_label_that_readers_take_for_a_gap_is_a_state_where_it_is_one():
    assert codes_of(np.array(["NA", None, "Yes"], object), ("NA", "Yes"), "a").tolist() == [0, -1, 1]


@pytest.mark.parametrize(
    ("cells", "states"),
    [
        (np.array(["b", "a", None], object), ("a", "b")),
        (np.array([2.0, np.nan, 1.0]), (1, 2)),
        (np.array([0.5, 2.0, 0.5]), (0.5, 2.0)),
        (np.array([10**12, 5, 5]), (5, 10**12)),
        (np.array([True, False]), (False, True)),
        (np.array(["b", 1, 2, "a"], object), (1, 2, "a", "b")),
        (pa.array(["b", "a"]).dictionary_encode(), ("b", "a")),
    ],
)
def test_states_are_learned_in_order(cells, states):
    found = learned_states(labelled(cells), "a")
    assert found == states
    assert [type(state) for state in found] == [type(state) for state in states]


def test_positions_are_taken_as_they_are():
    rows = np.array([[1, 0, np.nan], [-1, 2, 1]])
    assert encode(rows, NODES, STATES, coded=True).tolist() == [[1, 0, -1], [-1, 2, 1]]


BAD = {
    "unknown column": (lambda: encode(pa.table({"smok": ["no"]}), NODES, STATES), "no node; the nodes are 'smoke'"),
    "unknown label": (lambda: codes_of(np.array(["yes", "oui"], object), STATES[0], "smoke"), "'oui' in row 1 .* 'no', 'yes'"),
    "columns of an array": (lambda: encode(np.zeros((2, 2)), NODES, STATES), "2 columns; 3 are expected"),
    "one row": (lambda: encode(np.zeros(3), NODES, STATES), r"shape \(3,\)"),
    "no rows": (lambda: encode(np.zeros((0, 3)), NODES, STATES), "0 rows"),
    "position": (lambda: encode(np.array([[0, 3, 0]]), NODES, STATES, coded=True), "from 0 to 2"),
    "half a position": (lambda: encode(np.array([[0, 0.5, 0]]), NODES, STATES, coded=True), "whole numbers"),
    "labels as positions": (lambda: encode(np.array([["a", "b", "c"]]), NODES, STATES, coded=True), "holds labels"),
    "names of rows": (lambda: learned_states(labelled(np.arange(50_000)), "id"), "50000 different labels"),
    "all missing": (lambda: learned_states(labelled(np.full(3, np.nan)), "gone"), "every cell is missing"),
    "lists in cells": (lambda: labelled(pa.array([[1], [2]])), "collections"),
    "dates": (lambda: encode(np.array([["2020-01-01"] * 3], "datetime64[D]"), NODES, STATES), "array of datetime64"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_rows_are_refused_with_a_sentence(name):
    call, said = BAD[name]
    with pytest.raises(ValueError, match=said):
        call()


def test_tables_larger_than_the_numbers_that_codes_are_kept_in_are_read_right():
    generator = np.random.default_rng(0)
    sizes = (300, 400)  # 120,000 entries; codes take two bytes, up to 32,767
    tables = (np.full(sizes[0], 1 / sizes[0]), generator.dirichlet(np.ones(sizes[1]), sizes[0]))
    network = DiscreteNetwork(tables, ("a", "b"), tuple(tuple(range(size)) for size in sizes), ((), (0,)))
    codes = np.stack([generator.integers(0, size, 50) for size in sizes], 1).astype(np.int16)
    found = row_posteriors(network, codes, [1]).log_evidence
    np.testing.assert_allclose(found, np.log(tables[1][codes[:, 0], codes[:, 1]] / sizes[0]), rtol=1e-12)
    codes[:, 1] = -1
    posterior = row_posteriors(network, codes, [1]).table
    np.testing.assert_allclose(posterior, tables[1][codes[:, 0]], rtol=1e-12)
