"""What networks are made of: counts, their conventions and formulas, and what cannot be counted."""

import json
from functools import cache

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from random_networks import EVERY, USUAL, brute_force, networks

from suffice.inspect import Convention, account, explain, reconcile
from suffice.inspect.accounting import SUMMED, account_of
from suffice.inspect.of_network import network_graph
from suffice.nets import MLP, AlexNet, Autoencoder, ConvNet, ResNet, initial_state

UNITS = [290400, 186624, 64896, 64896, 43264, 4096, 4096, 1000]
WEIGHTS = [34848, 307200, 884736, 663552, 442368, 37748736, 16777216, 4096000]
CONNECTIONS = [105415200, 223948800, 149520384, 112140288, 74760192, 37748736, 16777216, 4096000]
UNGROUPED = (62_367_776, 1_135_256_096)


@cache
def alexnet(towers=2, convention="course"):
    return account(lambda: AlexNet(towers=towers, key=0), (3, 227, 227), convention)


def evaluated(expression):
    return eval(expression.replace("·", "*"), {"__builtins__": {}})


def test_alexnet_in_two_towers_is_the_course_table():
    rows = alexnet().rows
    assert [row.units for row in rows] == UNITS
    assert [row.weights for row in rows] == WEIGHTS
    assert [row.connections for row in rows] == CONNECTIONS
    assert [row.layer for row in rows] == ["conv1", "conv2", "conv3", "conv4", "conv5", "fc6", "fc7", "fc8"]
    total = alexnet().total
    assert (total.units, total.weights, total.connections) == (659_272, 60_954_656, 724_406_816)
    assert total.parameters == 60_965_224


def test_one_tower_doubles_the_second_fourth_and_fifth_convolution():
    one, two = alexnet(1), alexnet(2)
    for number, (row, other) in enumerate(zip(one.rows, two.rows, strict=True)):
        factor = 2 if number in (1, 3, 4) else 1
        assert (row.weights, row.connections) == (factor * other.weights, factor * other.connections)
    assert (one.total.weights, one.total.connections) == UNGROUPED


def test_connections_over_weights_are_the_places_of_a_map():
    places = [row.connections // row.weights for row in alexnet(1).rows]
    assert places == [3025, 729, 169, 169, 169, 1, 1, 1]


def second_convolution(x, kernel):
    """The second convolution of two towers, as the native operation."""
    return jax.lax.conv_general_dilated(x, kernel, (1, 1), [(2, 2), (2, 2)], feature_group_count=2)


@pytest.mark.parametrize(("taps", "connections"), [(True, 223_948_800), (False, 204_484_608)])
def test_taps_on_padding_are_a_matter_of_convention(taps, connections):
    convention = Convention(padding_taps=taps)
    assert alexnet(2, convention)["conv2"].connections == connections
    kernel = np.ones((256, 48, 5, 5), np.float32)
    by_jax = account(lambda x: second_convolution(x, kernel), (1, 96, 27, 27), convention)
    assert by_jax.total.connections == connections
    assert str(convention) in str(by_jax)


def test_without_padding_it_is_half_of_what_xla_counts():
    shapes = [jax.ShapeDtypeStruct(shape, np.float32) for shape in ((1, 96, 27, 27), (256, 48, 5, 5))]
    counted = jax.jit(second_convolution).lower(*shapes).cost_analysis()["flops"]
    assert counted / 2 == 204_484_608


def test_xla_leaves_out_taps_on_padding():
    kernel = np.ones((2, 1, 2, 2), np.float32)
    found = reconcile(lambda x: jax.lax.conv_general_dilated(x, kernel, (1, 1), "SAME"), (1, 1, 4, 4), against="xla")
    assert (found.ours, found.theirs, found.causes) == (256, 196, {"padding taps": -60})


def test_xla_counts_the_body_of_a_loop_once():
    weights = np.ones((8, 8), np.float32)
    found = reconcile(lambda h: jax.lax.scan(lambda h, _: (weights @ h, None), h, None, length=10)[0], (8,))
    assert found.ours == 1280
    assert found.causes["loop body counted once"] == -9 * 128
    assert found.unexplained == 0


NETWORKS = {
    "alexnet": (lambda: AlexNet(towers=2, key=0), (3, 227, 227)),
    "resnet": (lambda: ResNet(4, key=0), (1, 28, 28)),
    "lenet": (lambda: ConvNet([20, 50], hidden_sizes=[500], key=0), (1, 28, 28)),
    "mlp": (lambda: MLP(784, [100], 10, key=0), (784,)),
}


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("convention", ["course", "xla"])
def test_nothing_of_the_way_to_xla_is_unexplained(name, convention):
    found = reconcile(*NETWORKS[name], convention=convention)
    assert found.unexplained == 0
    assert found.ours + sum(found.causes.values()) == found.theirs


@USUAL
@given(networks())
def test_totals_of_random_networks_are_those_counted_place_by_place(network):
    assert_totals_are_counted(network)


@pytest.mark.whole
@EVERY
@given(networks())
def test_totals_of_many_random_networks_are_those_counted_place_by_place(network):
    assert_totals_are_counted(network)


def assert_totals_are_counted(network):
    shapes = jax.tree.map(lambda leaf: jax.ShapeDtypeStruct(leaf.shape, np.float32), network.parameters())
    graph, source = network_graph(eqx.Partial(network, shapes), network.shapes[0])
    for rules in ({}, {"padding_taps": False, "pool": True}, {"bias": True, "padding_taps": False}):
        total = account_of(graph, source, Convention(**rules)).total
        assert (total.units, total.weights, total.biases, total.connections) == brute_force(network, **rules)


def test_a_tied_autoencoder_has_its_weights_once_and_each_use_of_them():
    total = account(Autoencoder(784, 100, tied=True, key=0), (784,)).total
    assert (total.weights, total.connections) == (784 * 100, 2 * 784 * 100)


@pytest.mark.parametrize("channels", [1, 2, 4])
def test_weights_and_biases_are_all_parameters_of_a_network(channels):
    network = ResNet(channels, key=0)
    total = account(network, (1, 28, 28)).total
    assert total.parameters == sum(leaf.size for leaf in jax.tree.leaves(eqx.filter(network, eqx.is_inexact_array)))
    assert total.parameters == 18 * channels**2 + 25 * channels + 10
    assert initial_state(network)


def test_lenet_has_the_shapes_of_the_course():
    found = account(lambda: ConvNet([20, 50], hidden_sizes=[500], key=0), (1, 28, 28), Convention(pool=True))
    assert [row.shape[:1] + row.shape[2:] for row in found.rows[:4]] == [
        (20, 24, 24),
        (20, 12, 12),
        (50, 8, 8),
        (50, 4, 4),
    ]
    assert found["conv2"].weights == 25_000


def test_every_formula_evaluates_to_its_count():
    assert explain(alexnet()["conv2"]) == "conv2: (27·27·256)·(5·5·48) = 223,948,800"
    conventions = ["course", "xla", Convention(bias=True, pool=True, batch=3)]
    for table in [account(*NETWORKS[name], convention) for name in NETWORKS for convention in conventions]:
        for row in table.rows:
            for column in SUMMED:
                layer, _, told = explain(row, column).partition(": ")
                expression, _, number = told.partition(" = ")
                assert layer == row.layer
                assert evaluated(expression) == getattr(row, column) == int(number.split()[0].replace(",", ""))


def test_what_has_no_rule_is_unknown_and_totals_are_at_least():
    def solved(x):
        return jnp.linalg.solve(jnp.eye(4) + jnp.outer(x, x), jnp.ones((4, 4)) @ x)

    found = account(solved, (4,))
    assert any(row.operations is None for row in found.rows)
    assert "≥" in str(found)
    assert "There is no rule for" in str(found)
    assert json.loads(found.to_json())["rows"][-1]["connections"] is None


def test_loops_count_each_turn_and_their_weights_once():
    weights = np.ones((3, 8, 8), np.float32)
    stacked = account(lambda h: jax.lax.scan(lambda h, w: (jnp.tanh(w @ h), None), h, weights)[0], (8,)).total
    unrolled = account(lambda h: [h := jnp.tanh(w @ h) for w in weights][-1], (8,)).total
    assert stacked == unrolled
    shared = account(lambda h: jax.lax.scan(lambda h, _: (weights[0] @ h, None), h, None, length=7)[0], (8,)).total
    assert (shared.weights, shared.connections) == (64, 7 * 64)


def test_a_batch_multiplies_all_but_weights():
    one, many = account(*NETWORKS["lenet"]), account(*NETWORKS["lenet"], Convention(batch=32))
    assert many.total.weights == one.total.weights
    assert many.total.connections == 32 * one.total.connections
    assert "32 examples" in str(many)


def test_a_network_a_thousand_times_as_wide_is_never_made():
    found = account(lambda: AlexNet(width=1000, key=0), (3, 227, 227))
    assert found["fc7"].weights == 4_096_000**2
    assert found["conv3"].connections == 1000**2 * alexnet(1)["conv3"].connections


def test_each_form_of_a_table_says_the_same():
    found = alexnet()
    assert found.to_markdown().splitlines()[-1].startswith("**Total:** 659,272 units, 60,954,656 weights")
    assert str(found.convention) in found.to_markdown()
    frame = found.to_dataframe()
    assert frame["connections"].tolist() == CONNECTIONS
    assert frame.attrs["notes"][0] == str(found.convention)
    assert json.loads(found.to_json())["total"]["weights"] == 60_954_656
    assert found.to_csv().splitlines()[2].split(",")[3:5] == ["186624", "307200"]
    assert found.to_latex().count(r" \\") == 10
    assert found._repr_html_().count("<tr>") == 10
    assert "60,954,656" in found._repr_html_()


@pytest.mark.parametrize("dimensions", [1, 2, 3])
def test_equinox_convolutions_of_any_dimension_count_as_ours(dimensions):
    made = eqx.nn.Conv(dimensions, 2, 4, 3, padding=1, groups=2, stride=2, key=jax.random.key(0))
    (row,) = account(made, (2, *(9,) * dimensions)).rows
    assert (row.weights, row.biases, row.units) == (4 * 3**dimensions, 4, 4 * 5**dimensions)
    assert row.connections == row.weights * 5**dimensions
    assert row.receptive_field.size == (3,) * dimensions


def test_a_transposed_convolution_connects_each_input_to_each_place_of_its_kernel():
    made = eqx.nn.ConvTranspose2d(2, 3, 3, stride=2, key=jax.random.key(0))
    (row,) = account(made, (2, 8, 8)).rows
    assert (row.units, row.weights, row.connections) == (3 * 17 * 17, 54, 8 * 8 * 54)
    assert row.receptive_field.status == "bound"


def test_arrays_that_a_function_holds_are_weights_too():
    weights, bias = np.ones((3, 4), np.float32), np.ones(3, np.float32)
    (row,) = account(lambda x: weights @ x + bias, (4,)).rows
    assert (row.layer, row.weights, row.connections) == ("fc1", 12, 12)


def test_embeddings_and_added_positions_are_parameters():
    found = account(eqx.nn.Embedding(10, 4, key=jax.random.key(0)), jax.ShapeDtypeStruct((), np.int32))
    assert (found.total.weights, found.total.units) == (40, 4)


class Attending(eqx.Module):
    """A transformer block of Equinox."""

    attention: eqx.nn.MultiheadAttention
    norms: tuple[eqx.nn.LayerNorm, eqx.nn.LayerNorm]
    layers: tuple[eqx.nn.Linear, eqx.nn.Linear]

    def __init__(self, size):
        first, up, down = jax.random.split(jax.random.key(0), 3)
        self.attention = eqx.nn.MultiheadAttention(4, size, key=first)
        self.norms = (eqx.nn.LayerNorm(size), eqx.nn.LayerNorm(size))
        self.layers = (eqx.nn.Linear(size, 4 * size, key=up), eqx.nn.Linear(4 * size, size, key=down))

    def __call__(self, x):
        rows = jax.vmap(self.norms[0])(x)
        x = x + self.attention(rows, rows, rows)
        return x + jax.vmap(lambda row: self.layers[1](jax.nn.gelu(self.layers[0](row))))(jax.vmap(self.norms[1])(x))


def flax_block(size):
    """The same of Flax NNX."""
    nnx = pytest.importorskip("flax.nnx")

    class FlaxBlock(nnx.Module):
        def __init__(self, rngs):
            self.attention = nnx.MultiHeadAttention(4, size, use_bias=False, decode=False, rngs=rngs)
            self.first, self.second = nnx.LayerNorm(size, rngs=rngs), nnx.LayerNorm(size, rngs=rngs)
            self.up, self.down = nnx.Linear(size, 4 * size, rngs=rngs), nnx.Linear(4 * size, size, rngs=rngs)

        def __call__(self, x):
            x = x + self.attention(self.first(x))
            return x + self.down(nnx.gelu(self.up(self.second(x))))

    return FlaxBlock(nnx.Rngs(0))


def test_transformer_blocks_have_no_unknown_operation():
    size, tokens = 32, 10
    by_equinox, by_flax = account(Attending(size), (tokens, size)), account(flax_block(size), (1, tokens, size))
    for found in (by_equinox, by_flax):
        total = found.total
        assert all(row.operations is not None for row in found.rows)
        assert (total.weights, total.biases) == (12 * size**2 + 2 * size, 5 * size + 2 * size)
        assert total.connections == tokens * (12 * size**2 + 2 * size)
        assert total.operations == total.connections + 2 * tokens**2 * size


class Damaged(eqx.Module):
    def __call__(self, x):
        raise RuntimeError("no such layer")


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        (lambda: account(ResNet(4, key=0), (3, 28, 28)), "this network takes"),
        (lambda: account(ResNet(4, key=0), (1, 0, 28)), "input_shape="),
        (lambda: account(ResNet(4, key=0), "28"), "input_shape="),
        (lambda: account(MLP(4, [3], 2, key=0), (5,)), "takes 4 inputs"),
        (lambda: account(MLP(4, [3], 2, key=0), (4,), "courses"), "convention='courses'"),
        (lambda: account(3, (4,)), "int was given"),
        (lambda: account(Damaged(), (4,)), "no such layer"),
        (lambda: account(lambda x: np.asarray(x) + 1, (4,)), "use jax.numpy"),
        (lambda: account(lambda: MLP(0, [3], 2, key=0), (4,)), "at least one unit"),
        (lambda: Convention(bias=2), "bias=2"),
        (lambda: Convention(mac_or_flop="flops"), "mac_or_flop"),
        (lambda: Convention(batch=0), "batch=0"),
        (lambda: alexnet()["conv9"], "names no layers"),
        (lambda: explain(alexnet()["conv1"], "wheels"), "column='wheels'"),
        (lambda: explain("conv1"), "a row of an account"),
        (lambda: reconcile(MLP(4, [3], 2, key=0), (4,), against="torch"), "against='torch'"),
        (lambda: reconcile(MLP(4, [3], 2, key=0)), "input_shape is missing"),
    ],
)
def test_bad_input_gets_a_sentence(question, sentence):
    with pytest.raises(ValueError, match=sentence):
        question()
