"""A person's table is marked: each wrong cell found and its cause named; two networks are compared."""

from functools import cache

import numpy as np
import pytest

from suffice.inspect import Convention, account, compare, from_table
from suffice.nets import MLP, AlexNet, ConvNet

DOCUMENT = """
| layer | units | weights | connections |
|---|---|---|---|
| C1 | 290,400 | 34,848 | 105,415,200 |
| C2 | 186,624 | 614,400 | 111,974,400 |
| C3 | 64,896 | 884,736 | 149,520,384 |
| C4 | 64,896 | 1,327,104 | 112,140,288 |
| C5 | 43,264 | 884,736 | 74,760,192 |
| F1 | 4,096 | 37,748,736 | 37,748,736 |
| F2 | 4,096 | 16,777,216 | 16,777,216 |
| Out | 1,000 | 4,096,000 | 4,096,000 |
"""
"""A student's table of AlexNet."""


@cache
def alexnet(towers, convention=Convention()):  # noqa: B008
    return account(lambda: AlexNet(towers=towers, key=0), (3, 227, 227), convention)


def right_table(found):
    """The table that is right, as rows of numbers."""
    return [
        {"layer": row.layer, **{name: getattr(row, name) for name in ("units", "weights", "connections")}}
        for row in found.rows
    ]


def test_the_three_wrong_cells_of_the_document_are_named():
    wrong = from_table(DOCUMENT, alexnet(1)).wrong
    assert [(cell.layer, cell.column) for cell in wrong] == [(f"conv{number}", "connections") for number in (2, 4, 5)]
    assert wrong[0].cause == "one tower of 2 only"
    assert wrong[1].cause == wrong[2].cause == "counted with 2 groups, and not in the weights of the same layer"


def test_of_the_grouped_network_its_weights_are_ungrouped_with_connections_grouped_twice():
    wrong = {(cell.layer, cell.column): cell.cause for cell in from_table(DOCUMENT, alexnet(2)).wrong}
    assert wrong["conv2", "connections"] == "one tower of 2 only"
    for layer in ("conv4", "conv5"):
        assert wrong[layer, "weights"] == "groups forgotten, and not in the connections of the same layer"


def test_a_total_that_is_the_sum_of_wrong_cells_is_told_apart():
    table = DOCUMENT + "| total | 659,272 | 62,367,776 | 612,432,416 |\n"
    (total,) = [cell for cell in from_table(table, alexnet(1)).wrong if cell.layer == "total"]
    assert total.cause == "the sum of the cells above, of which some are wrong"
    assert "✗ 612,432,416 → 1,135,256,096" in str(from_table(table, alexnet(1)))


def test_a_right_table_has_nothing_wrong():
    for towers in (1, 2):
        assert from_table(right_table(alexnet(towers)), alexnet(towers)).wrong == ()
        assert from_table(alexnet(towers).to_markdown(), alexnet(towers)).wrong == ()
        assert from_table(alexnet(towers).to_csv(), alexnet(towers)).wrong == ()
        assert from_table(alexnet(towers).to_dataframe(), alexnet(towers)).wrong == ()


MISTAKES = {
    "groups forgotten": ("conv2", "weights", 5 * 5 * 96 * 256),
    "one tower of 2 only": ("conv4", "connections", 3 * 3 * 192 * 192 * 13 * 13),
    "biases counted": ("conv3", "weights", 3 * 3 * 256 * 384 + 384),
    "a bias for each unit": ("conv5", "weights", 3 * 3 * 192 * 256 + 256 * 13 * 13),
    "connections to padding left out": ("conv2", "connections", 204_484_608),
    "output size one too large": ("conv1", "connections", 34_848 * 56 * 56),
    "output size one too small": ("conv1", "units", 96 * 54 * 54),
    "stride forgotten": ("conv1", "units", 96 * 217 * 217),
    "size of the input in place of that of the output": ("conv1", "connections", 34_848 * 227 * 227),
    "padding forgotten": ("conv3", "units", 384 * 11 * 11),
    "pooling before the layer forgotten": ("fc6", "connections", 43_264 * 4096),
    "one side of the kernel forgotten": ("conv1", "weights", 11 * 3 * 96),
    "input channels forgotten": ("conv3", "weights", 3 * 3 * 384),
    "weights not shared between places": ("conv3", "weights", 3 * 3 * 256 * 384 * 13 * 13),
    "each weight counted once, whatever its places": ("conv1", "connections", 34_848),
    "a multiplication and its addition counted as two": ("conv1", "connections", 2 * 105_415_200),
    "maps forgotten": ("conv5", "units", 13 * 13),
    "digits exchanged": ("conv1", "units", 294_000),
    "a digit mistyped": ("conv4", "units", 64_886),
    "a digit left out": ("fc6", "weights", 3_748_736),
    "the number of fc6": ("fc8", "connections", 37_748_736),
    "groups forgotten; output size one too large": ("conv2", "connections", 5 * 5 * 96 * 256 * 28 * 28),
}


@pytest.mark.parametrize("cause", MISTAKES)
def test_each_seeded_mistake_is_found_and_named(cause):
    layer, column, number = MISTAKES[cause]
    table = right_table(alexnet(2))
    next(line for line in table if line["layer"] == layer)[column] = number
    (wrong,) = from_table(table, alexnet(2)).wrong
    assert (wrong.layer, wrong.column, wrong.given) == (layer, column, number)
    assert wrong.cause.startswith(cause)


def test_what_no_mistake_leads_to_is_not_explained():
    table = right_table(alexnet(2))
    table[3]["connections"] = 123_456_789
    (wrong,) = from_table(table, alexnet(2)).wrong
    assert wrong.cause == "cause not known"


def test_tables_may_be_written_in_several_ways():
    found = account(MLP(4, [3], 2, key=0), (4,))
    columns = {"Layer": ["fc1", "fc2"], "Weights": ["12", 6.0], "Neurons": [3, np.int64(2)], "colour": ["red", "blue"]}
    assert from_table(columns, found).wrong == ()
    assert from_table("name, parameters\nlayers[0], 15\nlayers[1], 8", found).wrong == ()
    (wrong,) = from_table("name,parameters\nlayers[0],12\nlayers[1],8", found).wrong
    assert wrong.cause == "biases left out"


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ("layer,weights\nfc1,many\nfc2,6", "'many' stands in line 'fc1', column 'weights'"),
        ("layer,colour\nfc1,red\nfc2,blue", "no column of counts"),
        ("layer,weights\na,1\nb,2\nc,3", "one called 'a'"),
        ("layer,weights\nfc1,12,3\nfc2,6", "equally long lines"),
        ("", "equally long lines"),
        ([], "list was given"),
        (7, "int was given"),
        ({"layer": ["fc1"], "weights": [12, 6]}, "as many in each"),
    ],
)
def test_a_table_that_cannot_be_read_gets_a_sentence(table, sentence):
    found = account(MLP(4, [3], 2, key=0), (4,))
    with pytest.raises(ValueError, match=sentence):
        from_table(table, found)


def test_two_networks_are_compared_layer_by_layer():
    found = compare(alexnet(1), alexnet(2))
    assert {(one.layer, one.column) for one in found.layers} == {
        (layer, column) for layer in ("conv2", "conv4", "conv5") for column in ("weights", "connections", "operations")
    }
    assert all(2 * one.change == -one.first for one in found.layers)
    totals = {one.column: one.change for one in found.totals}
    assert totals["weights"] == 60_954_656 - 62_367_776
    assert compare(alexnet(1), alexnet(1)).layers == ()
    assert "-50.0 %" in str(found)


def test_a_layer_of_one_network_alone_is_told():
    one, two = (account(MLP(4, hidden, 2, key=0), (4,)) for hidden in ([3], [3, 3]))
    extra = [change for change in compare(one, two).layers if change.first is None]
    assert [(change.layer, change.column, change.second) for change in extra][:2] == [
        ("fc3", "units", 2),
        ("fc3", "weights", 6),
    ]


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (lambda: compare(alexnet(1), 3), "int was given"),
        (lambda: compare(alexnet(1), alexnet(2, Convention(bias=True))), "different conventions"),
        (lambda: from_table(DOCUMENT, AlexNet), "an account of the network is expected"),
        (lambda: from_table(DOCUMENT, account(lambda: ConvNet([2], key=0), (1, 28, 28))), "use as many lines"),
    ],
)
def test_bad_input_gets_a_sentence(question, sentence):
    with pytest.raises(ValueError, match=sentence):
        question()
