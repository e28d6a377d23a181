"""Tables of counts put to a description of the network's layers."""

import pytest

from suffice.check import check_table, grade
from suffice.inspect import account
from suffice.nets import AlexNet, Conv2d

LENET = [
    {"type": "conv", "name": "C1", "out": 20, "k": 5},
    {"type": "relu"},
    {"type": "pool", "k": 2},
    {"type": "conv", "name": "C2", "out": 50, "k": 5},
    {"type": "pool", "k": 2},
    {"type": "fc", "name": "F1", "out": 500},
    {"type": "fc", "name": "F2", "out": 10},
]
RIGHT = """
layer, units, weights, connections
C1, 11520, 500, 288000
C2, 3200, 25000, 1600000
F1, 500, 400000, 400000
F2, 10, 5000, 5000
"""
SHAPE = (1, 28, 28)


def test_a_right_table_is_right_and_each_changed_cell_is_found():
    assert check_table(RIGHT, layers=LENET, input_shape=SHAPE)
    report = check_table(RIGHT.replace("1600000", "25000"), layers=LENET, input_shape=SHAPE)
    assert report.verdict == "wrong"
    assert [element.index for element in report.worst] == [(1, 2)]
    assert report.findings[0].where == "C2, connections"
    assert "each weight counted once" in report.message
    assert "(8·8·50)·(5·5·20) = 1,600,000" in report.findings[0].fix


def test_descriptions_have_the_counts_of_the_networks_they_describe():
    kernels = ((11, 4, 0, 96, 1), (5, 1, 2, 256, 2), (3, 1, 1, 384, 1), (3, 1, 1, 384, 2), (3, 1, 1, 256, 2))
    layers = []
    for place, (k, s, p, out, groups) in enumerate(kernels):
        layers.append({"type": "conv", "k": k, "s": s, "p": p, "out": out, "groups": groups})
        layers += [{"type": "pool", "k": 3, "s": 2}] if place in (0, 1, 4) else []
    layers += [{"type": "linear", "out": out} for out in (4096, 4096, 1000)]
    found = account(lambda: AlexNet(towers=2, key=0), (3, 227, 227))
    table = [
        {"layer": row.layer, "units": row.units, "parameters": row.parameters, "connections": row.connections}
        for row in found.rows
    ]
    assert check_table(table, layers=layers, input_shape=(3, 227, 227))
    assert check_table(table, layers=lambda: AlexNet(towers=2, key=0), input_shape=(3, 227, 227))
    assert not check_table(table, layers=lambda: AlexNet(key=0), input_shape=(3, 227, 227))


def test_a_module_is_taken_as_account_takes_it():
    report = check_table(
        "layer,weights\nconv1,288", layers=Conv2d(4, 8, 3, groups=2, key=0), input_shape=(4, 1, 10, 10)
    )
    assert "groups forgotten" in report.message


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        ([], "layers= is empty"),
        (["conv"], "Layer 1: a layer is a dictionary"),
        ([{"type": "conv", "k": 5}], "needs out"),
        ([{"type": "conv", "k": 50, "out": 2, "name": "C1"}], r"Layer 1 \(C1\): a window of 50 does not fit"),
        ([{"type": "conv", "k": 5, "out": 4, "groups": 3}], "cannot be cut into 3 groups"),
        ([{"type": "fc", "out": 4}, {"type": "pool", "k": 2}], "Layer 2: it takes maps"),
        ([{"type": "fc", "out": 4, "k": 2}], "has no k"),
        ([{"type": "pool", "k": 0}], "k = 0 is no size"),
        ([{"type": "lstm"}], "its type is 'lstm'"),
    ],
)
def test_layers_that_cannot_be_are_refused(layers, said):
    with pytest.raises(ValueError, match=said):
        check_table(RIGHT, layers=layers, input_shape=SHAPE)


@pytest.mark.parametrize("table", ["none", "layer,units\nC9,3", {"layer": ["C1"], "units": ["many"]}, 7])
def test_what_is_no_table_is_not_comparable(table):
    report = check_table(table, layers=LENET, input_shape=SHAPE)
    assert report.verdict == "not comparable"
    assert "\n" not in report.message


def test_tables_are_graded(tmp_path):
    layers = ", ".join(
        f'{{ type = "{one["type"]}", name = "{one.get("name", "")}"'
        + "".join(f", {key} = {one[key]}" for key in ("k", "out") if key in one)
        + " }"
        for one in LENET
    )
    (tmp_path / "asked.toml").write_text(f'[lenet]\ncheck = "table"\ninput_shape = [1, 28, 28]\nlayers = [{layers}]\n')
    (tmp_path / "ada.csv").write_text(RIGHT.strip())
    (tmp_path / "given.toml").write_text(
        f'[Ada]\nlenet = "ada.csv"\n[Joe]\nlenet = """{RIGHT.replace("500,", "520,", 1)}"""\n'
    )
    marks = grade(tmp_path / "asked.toml", tmp_path / "given.toml")
    assert [(one.person, one.points) for one in marks.people] == [("Ada", 1), ("Joe", 0)]
    assert "biases counted" in marks.people[1].marks[0].report.message


def test_lines_may_stand_in_any_order():
    head, *lines = RIGHT.strip().splitlines()
    assert check_table("\n".join([head, *lines[::-1]]), layers=LENET, input_shape=SHAPE)
    unnamed = [{name: value for name, value in layer.items() if name != "name"} for layer in LENET]
    assert check_table(RIGHT, layers=unnamed, input_shape=SHAPE)
