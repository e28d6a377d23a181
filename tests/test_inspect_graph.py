"""The graph of a computation: one node for each operation of a course, with the author's names and scopes."""

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from suffice.inspect import graph, name
from suffice.nets import MLP, AlexNet, Autoencoder, ConvNet, ResNet, classification_loss, forward

LEAVES = {"input", "parameter", "constant"}
draw = np.random.default_rng(0)


def operations(found):
    return [node.operation for node in found.nodes if node.operation not in LEAVES]


def softmax_regression(W, b, X, y):
    logits = X @ W + b
    log_p = jax.nn.log_softmax(logits)
    picked = log_p[jnp.arange(len(y)), y]
    return jnp.mean(picked)


def data():
    return (
        draw.standard_normal((4, 3)),
        draw.standard_normal(3),
        draw.standard_normal((5, 4)),
        np.array([0, 2, 1, 1, 0]),
    )


def test_softmax_regression_has_four_operations_at_course_level_and_more_than_ten_at_primitive_level():
    assert operations(graph(softmax_regression, *data())) == ["affine", "log-softmax", "pick", "mean"]
    assert len(operations(graph(softmax_regression, *data(), level="primitive"))) > 10


def test_nodes_stand_after_what_they_read():
    for level in ("course", "primitive"):
        found = graph(softmax_regression, *data(), level=level)
        assert [node.number for node in found.nodes] == list(range(len(found.nodes)))
        assert all(source < node.number for node in found.nodes for source in node.inputs)


def test_both_levels_compute_what_the_function_does():
    arguments = data()
    with jax.enable_x64(True):
        right = softmax_regression(*arguments)
    for level in ("course", "primitive"):
        found = graph(softmax_regression, *arguments, level=level)
        np.testing.assert_allclose(found.forward()[found.outputs[0]], right, rtol=1e-14)


def test_variables_give_names_with_no_annotation():
    def layer(W, b, x):
        z = W @ x + b
        h = jnp.tanh(z)
        return h

    found = graph(layer, np.ones((2, 3)), np.ones(2), np.ones(3))
    assert [(node.name, node.operation) for node in found.nodes[-2:]] == [("z", "affine"), ("h", "tanh")]


def test_a_variable_that_takes_what_a_function_returns_names_the_last_operation_in_it():
    def unit(w, x):
        return jnp.exp(jnp.sin(w * x))

    def f(w, x):
        first = unit(w, x)
        second = jax.vmap(unit, (None, 0))(w, first)
        return second

    named = {node.name: node.operation for node in graph(f, 2.0, np.ones(3)).nodes if node.name}
    assert named == {"w": "input", "x": "input", "first": "exp", "second": "exp"}


def test_turns_of_a_loop_are_nodes_of_their_own_and_known_apart():
    def f(x):
        for _ in range(3):
            x = jax.nn.softmax(x)
        return x

    found = graph(f, np.ones(3))
    assert operations(found) == ["softmax"] * 3
    assert len(set(found.labels)) == len(found.labels)


def test_equal_layers_one_after_the_other_are_not_one():
    network = ConvNet([2, 2], 3, (2, 8, 8), kernel_size=3, padding=1, key=0)

    def f(network, maps):
        for layer in network.convolutions:
            maps = layer(maps)
        return maps

    assert operations(graph(f, network, np.ones((2, 1, 8, 8), np.float32))) == ["convolution"] * 2
    pooled = graph(lambda xs: [jax.nn.logsumexp(x) for x in xs], list(np.ones((3, 4))))
    assert operations(pooled) == ["log-sum-exp"] * 3


def test_jitted_functions_look_the_same_whether_jax_has_seen_them_or_not():
    @jax.jit
    def f(x):
        h = jnp.tanh(x)
        return jax.nn.softmax(h)

    f(np.ones(3))
    first, second = graph(f, np.ones(3)), graph(f, np.ones(3))
    assert operations(first) == operations(second) == ["tanh", "softmax"]
    assert first.labels == second.labels == ("x", "h", "v2")


def test_a_name_can_be_given():
    assert graph(lambda x: 2.0 * name(jnp.exp(x), "z1"), 1.0).labels == ("x", "z1", "v2")


def test_scopes_are_fields_of_modules_and_named_scopes():
    found = graph(ResNet(2, key=0), np.ones((1, 1, 12, 12), np.float32))
    scopes = {node.operation: node.scope for node in found.nodes if node.inputs}
    assert scopes["residual add"] == ("block",)
    assert scopes["affine"] == ("linear",)
    convolutions = [node.scope for node in found.nodes if node.operation == "convolution"]
    assert convolutions == [("convolution",), ("block", "convolutions[0]"), ("block", "convolutions[1]")]

    def f(x):
        with jax.named_scope("outer"), jax.named_scope("inner"):
            return jax.vmap(jnp.sin)(x)

    assert graph(f, np.ones(3)).nodes[-1].scope == ("outer", "inner")


def test_layers_of_this_library_are_one_node_each():
    found = graph(AlexNet(10, width=1 / 16, towers=2, key=0), jax.ShapeDtypeStruct((1, 3, 227, 227), np.float32))
    stage = ["convolution", "relu", "max pooling"]
    last = ["convolution", "relu"] * 2 + stage
    assert operations(found) == [*stage * 2, *last, "average pooling", "affine", "relu", "affine", "relu", "affine"]
    settings = [node.settings for node in found.nodes if node.operation == "convolution"]
    assert [each["kernel"] for each in settings] == [(11, 11), (5, 5), (3, 3), (3, 3), (3, 3)]
    assert [each["stride"] for each in settings] == [(4, 4), *[(1, 1)] * 4]
    assert [each["padding"][0] for each in settings] == [(0, 0), (2, 2), (1, 1), (1, 1), (1, 1)]
    assert [each["groups"] for each in settings] == [1, 2, 1, 2, 2]


def test_the_native_convolution_has_the_settings_of_ours(monkeypatch):
    network, rows = (
        ConvNet([4], 3, (2, 9, 9), kernel_size=3, stride=2, padding=1, key=0),
        np.ones((1, 2, 9, 9), np.float32),
    )
    ours = graph(network, rows)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    native = graph(network, rows)
    assert operations(ours) == operations(native)
    for words in ("kernel", "stride", "padding", "groups", "channels", "layout", "bias"):
        one, other = (
            next(n for n in found.nodes if n.operation == "convolution").settings[words] for found in (ours, native)
        )
        assert one == other, words


def test_dropout_and_cross_entropy_are_seen_while_training():
    network = AlexNet(10, width=1 / 16, key=0)

    def loss(network, rows, labels):
        from suffice.nets import cross_entropy

        logits = forward(network, rows, jnp.ones(len(rows)), (), jax.random.key(0), True)[0]
        return jnp.mean(cross_entropy(logits, labels))

    found = graph(loss, network, jax.ShapeDtypeStruct((2, 3, 67, 67), np.float32), jax.ShapeDtypeStruct((2,), np.int32))
    assert operations(found).count("dropout") == 2
    assert operations(found)[-2:] == ["cross-entropy", "mean"]


def test_weights_that_two_layers_share_are_one_node():
    tied = graph(Autoencoder(6, 3, tied=True, key=0), np.ones(6, np.float32))
    weights = [node.inputs[0] for node in tied.nodes if node.operation == "affine"]
    assert weights[0] == weights[1]
    first = MLP(4, [4], 4, key=0)
    twice = eqx.tree_at(lambda net: net.layers[1].weight, first, first.layers[0].weight)
    nodes = [node for node in graph(twice, np.ones(4, np.float32)).nodes if node.operation == "affine"]
    assert nodes[0].inputs[0] == nodes[1].inputs[0]


def test_a_scan_is_one_node_with_its_body():
    def f(W, x):
        def turn(h, row):
            h = jnp.tanh(W @ h + row)
            return h, h.sum()

        return lax.scan(turn, x, jnp.ones((10, 3)))

    found = graph(f, np.ones((3, 3)), np.ones(3))
    loop = next(node for node in found.nodes if node.operation == "repeated")
    assert loop.repeats == 10
    assert operations(loop.body) == ["affine", "tanh", "reduce sum"]
    assert [node.name for node in loop.body.nodes if node.operation == "tanh"] == ["h"]
    leaves = [node for node in loop.body.nodes if node.operation in ("parameter", "input")]
    assert [node.name for node in leaves] == ["W", "h", "row"]
    assert len(found.outputs) == 2
    with jax.enable_x64(True):
        right = f(np.ones((3, 3)), np.ones(3))
    for number, value in zip(found.outputs, right, strict=True):
        np.testing.assert_allclose(found.forward()[number], value)


def test_a_skip_is_a_residual_add_and_a_sum_of_two_inputs_is_none():
    assert operations(graph(lambda x: jnp.sin(x) + x, np.ones(3))) == ["sin", "residual add"]
    assert operations(graph(lambda x, y: jnp.sin(x) + jnp.cos(y), np.ones(3), np.ones(3)))[-1] == "add"


def test_a_skip_may_be_projected_but_two_branches_are_no_skip():
    W, V, x = np.ones((3, 3)), np.ones((3, 3)), np.ones(3)
    projected = graph(lambda W, V, x: jnp.tanh(W @ x) + V @ x, W, V, x, parameters=("W", "V"))
    assert operations(projected) == ["affine", "tanh", "affine", "residual add"]
    branches = graph(lambda W, V, x: W @ x + V @ x, W, V, x, parameters=("W", "V"))
    assert operations(branches) == ["affine", "affine", "add"]


def test_relu_is_known_however_it_is_written():
    for relu in (jax.nn.relu, lambda x: jnp.maximum(x, 0), lambda x: jnp.maximum(0.0, x)):
        assert operations(graph(lambda x, relu=relu: relu(x), np.ones(3))) == ["relu"]


def test_depth_5000_takes_no_recursion():
    def f(x):
        for _ in range(5000):
            x = jnp.tanh(x)
        return x.sum()

    found = graph(f, np.ones(2))
    assert len(found.nodes) == 5002
    assert found.labels[-2] == "x_5001"
    assert len(found.schedule().lines) == 5002
    assert found.timeline().peak == found.needs().bytes == 5000 * 16


def test_shapes_are_enough_however_large():
    network = eqx.filter_eval_shape(AlexNet, 1000, width=1000.0, key=0)
    found = graph(network, jax.ShapeDtypeStruct((1, 3, 227, 227), np.float32))
    assert found.nodes[0].shape == (96000, 3, 11, 11)
    with pytest.raises(ValueError, match="given as a shape"):
        found.forward()


def test_blocks_of_transformers_have_no_unknown_operation():
    class Block(eqx.Module):
        attention: eqx.nn.MultiheadAttention
        norms: tuple
        mlp: eqx.nn.MLP

        def __init__(self, key):
            first, second = jax.random.split(key)
            self.attention = eqx.nn.MultiheadAttention(4, 16, key=first)
            self.norms = (eqx.nn.LayerNorm(16), eqx.nn.LayerNorm(16))
            self.mlp = eqx.nn.MLP(16, 16, 32, 1, activation=jax.nn.gelu, key=second)

        def __call__(self, x):
            rows = jax.vmap(self.norms[0])(x)
            x = x + self.attention(rows, rows, rows)
            return x + jax.vmap(self.mlp)(jax.vmap(self.norms[1])(x))

    found = operations(graph(Block(jax.random.key(0)), np.ones((7, 16), np.float32)))
    attention = ["affine"] * 3 + ["attention", "affine", "residual add"]
    assert found == ["normalisation", *attention, "normalisation", "affine", "gelu", "affine", "residual add"]


@pytest.mark.filterwarnings("ignore")
def test_modules_of_flax_nnx_are_read_like_any():
    nnx = pytest.importorskip("flax.nnx")

    class Block(nnx.Module):
        def __init__(self, rngs):
            self.norm = nnx.LayerNorm(16, rngs=rngs)
            self.attention = nnx.MultiHeadAttention(4, 16, decode=False, rngs=rngs)
            self.up, self.down = nnx.Linear(16, 32, rngs=rngs), nnx.Linear(32, 16, rngs=rngs)

        def __call__(self, x):
            x = x + self.attention(self.norm(x))
            return x + self.down(nnx.gelu(self.up(x)))

    found = graph(Block(nnx.Rngs(0)), np.ones((2, 7, 16), np.float32))
    attention = ["normalisation", *["affine"] * 3, "attention", "affine", "residual add"]
    assert operations(found) == [*attention, "affine", "gelu", "affine", "residual add"]
    assert {node.scope for node in found.nodes if node.operation == "affine"} > {("up",), ("attention", "query")}


def test_any_loss_of_a_module_has_its_parameters():
    found = graph(classification_loss, MLP(4, [5], 3, key=0), np.ones(4, np.float32), np.array(2))
    assert [node.operation for node in found.nodes][:6] == ["parameter"] * 4 + ["input"] * 2
    assert operations(found) == ["affine", "relu", "affine", "cross-entropy"]


def test_arguments_can_be_named_as_parameters():
    found = graph(softmax_regression, *data(), parameters=("W", "b"))
    assert [node.operation for node in found.nodes[:4]] == ["parameter", "parameter", "input", "input"]


def fails(x):
    return x.nothing


def writes_in_place(x):
    y = np.zeros(3)
    y[0] = x[0]
    return y


@pytest.mark.parametrize(
    ("f", "arguments", "words"),
    [
        (fails, [np.ones(3)], "line .* of test_inspect_graph.py, 'return x.nothing': .*nothing"),
        (writes_in_place, [np.ones(3)], "use jax.numpy in place of NumPy"),
        (lambda x: np.sin(x), [np.ones(3)], "use jax.numpy in place of NumPy"),
        (lambda x: x if x > 0 else -x, [1.0], "no value of an array in 'if'"),
        (lambda n, x: [x for _ in range(n)], [np.array(3), 1.0], "or 'range'"),
        (lambda W, x: W @ x, [np.ones((2, 3)), np.ones(2)], r"got \(3,\) and \(2,\)"),
        (MLP(4, [5], 3, key=0), [np.ones(5)], "takes 4 inputs"),
        (ConvNet([2], 3, (1, 8, 8), key=0), [np.ones((2, 8, 8, 1))], "move the channels first"),
        (lambda x: x, ["a"], "No array was given"),
        (3, [np.ones(3)], "int was given"),
    ],
)
def test_bad_input_gets_a_sentence(f, arguments, words):
    with pytest.raises(ValueError, match=words):
        graph(f, *arguments)


def test_unknown_levels_are_refused():
    with pytest.raises(ValueError, match="'course' or 'primitive'"):
        graph(jnp.sin, 1.0, level="fine")


def test_nodes_are_found_by_number_and_name():
    found = graph(softmax_regression, *data())
    assert found.find("W") == found.find(0) == 0
    with pytest.raises(ValueError, match="there are W, b, X, y"):
        found.find("z")
    with pytest.raises(ValueError, match="numbered from 0"):
        found.find(99)
