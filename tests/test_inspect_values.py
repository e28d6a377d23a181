"""Values of a graph, derivatives with respect to them, and the parts that make up a derivative."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from suffice.inspect import graph
from suffice.inspect.edges import edge_program
from suffice.nets import MLP, ResidualBlock, ScalarNetwork, classification_loss, scalar_network_vjp
from suffice.runtime.precision import cast

draw = np.random.default_rng(0)
SIZE = 4
BLOCK = [draw.standard_normal(shape) for shape in ((SIZE, SIZE), SIZE, (SIZE, SIZE), SIZE, SIZE)]


def block(W, b, V, c, x):
    z = W @ x + b
    a = jnp.tanh(z)
    h = a + x
    r = V @ h + c
    d = jnp.tanh(r)
    y = d + h
    loss = jnp.sum(y**2)
    return loss


def disturbed(W, b, V, c, x, eps):
    z = W @ x + b + eps["z"]
    a = jnp.tanh(z) + eps["a"]
    h = a + x + eps["h"]
    r = V @ h + c + eps["r"]
    d = jnp.tanh(r) + eps["d"]
    y = d + h + eps["y"]
    return jnp.sum(y**2) + eps["loss"]


def test_a_nodes_derivative_is_that_of_a_disturbance_at_it():
    eps = {name: np.zeros(() if name == "loss" else SIZE) for name in ("z", "a", "h", "r", "d", "y", "loss")}
    with jax.enable_x64(True):
        right = jax.jit(jax.grad(disturbed, argnums=5))(*BLOCK, eps)
    found = graph(block, *BLOCK).backward()
    for name, derivative in right.items():
        np.testing.assert_allclose(found[name], derivative, rtol=0, atol=1e-12)


def test_leaves_have_the_gradient():
    with jax.enable_x64(True):
        right = jax.jit(jax.grad(block, argnums=range(5)))(*BLOCK)
    found = graph(block, *BLOCK).backward()
    for name, derivative in zip("WbVcx", right, strict=True):
        np.testing.assert_allclose(found[name], derivative, rtol=0, atol=1e-12)


def test_the_scalar_network_has_the_values_and_derivatives_of_the_book():
    found = graph(ScalarNetwork(0.7, -1.3, 2.1), 0.9)
    assert found.forward()[found.outputs[0]] == pytest.approx(0.6295862254, abs=1e-10)
    gradient = found.backward()
    right = scalar_network_vjp(ScalarNetwork(0.7, -1.3, 2.1), 0.9)
    for name, number in zip(("w1", "w2", "w3"), (-0.1169507006, 0.2876398062, 0.2998029645), strict=True):
        assert gradient[name] == pytest.approx(number, abs=1e-10)
        assert gradient[name] == pytest.approx(float(getattr(right, name)), abs=1e-15)


def test_float32_stays_float32():
    found = graph(classification_loss, MLP(4, [5], 3, key=0), np.ones(4, np.float32), np.array(1))
    assert {str(array.dtype) for array in found.backward().arrays if array is not None} == {"float32"}


def test_other_values_can_be_given():
    found = graph(block, *(jax.ShapeDtypeStruct(np.shape(array), np.float64) for array in BLOCK))
    at = dict(zip("WbVcx", BLOCK, strict=True))
    np.testing.assert_allclose(found.forward(at)["loss"], graph(block, *BLOCK).forward()["loss"], rtol=1e-15)
    with pytest.raises(ValueError, match="has shape"):
        found.forward({**at, "x": np.ones(3)})
    with pytest.raises(ValueError, match="computed by the graph"):
        found.forward({**at, "z": np.ones(4)})


def test_a_derivative_needs_a_cotangent_for_what_is_not_one_number():
    found = graph(lambda x: 2.0 * x, np.ones(3))
    with pytest.raises(ValueError, match="cotangent=array"):
        found.backward()
    np.testing.assert_array_equal(found.backward(np.arange(3.0))["x"], 2 * np.arange(3.0))
    with pytest.raises(ValueError, match="has no derivative"):
        graph(lambda i: 2 * i, np.arange(3)).backward(np.ones(3))


def test_loops_and_several_results_have_derivatives():
    def f(W, x):
        def turn(h, row):
            h = jnp.tanh(W @ h + row)
            return h, h.sum()

        last, sums = lax.scan(turn, x, jnp.linspace(0, 1, 12).reshape(4, 3))
        return last.sum() + (sums**2).sum()

    W, x = draw.standard_normal((3, 3)), draw.standard_normal(3)
    with jax.enable_x64(True):
        right = jax.jit(jax.grad(f, argnums=(0, 1)))(W, x)
    found = graph(f, W, x)
    for name, derivative in zip("Wx", right, strict=True):
        np.testing.assert_allclose(found.backward()[name], derivative, rtol=0, atol=1e-12)
        np.testing.assert_allclose(found.schedule().run()[name], derivative, rtol=0, atol=1e-12)


def test_where_derivatives_stop_they_are_zero():
    found = graph(lambda x: jnp.sum(lax.stop_gradient(x) * 2.0), np.ones(3))
    np.testing.assert_array_equal(found.backward()["x"], np.zeros(3))


def test_paths_of_a_residual_block_add_up_to_the_derivative():
    found = graph(block, *BLOCK)
    ways = found.paths("x")
    assert ways.whole
    assert {way.nodes[:-2] for way in ways.paths} == {
        ("x", "h", "y"),
        ("x", "z", "a", "h", "y"),
        ("x", "h", "r", "d", "y"),
        ("x", "z", "a", "h", "r", "d", "y"),
    }
    total = sum(way.contribution for way in ways.paths)
    np.testing.assert_allclose(total, found.backward()["x"], rtol=0, atol=1e-12)
    np.testing.assert_allclose(ways.total, total, rtol=0, atol=1e-15)


def test_what_comes_along_the_skips_alone_is_the_derivative_without_the_layers():
    ways = {way.nodes: way.contribution for way in graph(block, *BLOCK).paths("x").paths}
    both = next(contribution for nodes, contribution in ways.items() if len(nodes) == 5)
    np.testing.assert_allclose(both, graph(block, *BLOCK).backward()["y"], rtol=0, atol=1e-12)


def test_too_many_paths_are_told_by_their_first_edge():
    found = graph(block, *BLOCK)
    ways = found.paths("x", most=3)
    assert not ways.whole
    assert {way.nodes for way in ways.paths} == {("x", "z"), ("x", "h")}
    np.testing.assert_allclose(ways.total, found.backward()["x"], rtol=0, atol=1e-12)


def test_a_node_is_a_path_of_its_own():
    ways = graph(block, *BLOCK).paths("loss")
    assert [way.nodes for way in ways.paths] == [("loss",)]
    assert ways.total == 1


def test_without_an_edge_the_derivative_lacks_what_the_edge_contributes():
    def without_skip(W, b, V, c, x):
        h = jnp.tanh(W @ x + b) + lax.stop_gradient(x)
        return jnp.sum((jnp.tanh(V @ h + c) + h) ** 2)

    found = graph(block, *BLOCK)
    parts = found.contributions(["x", "W"])
    skip = next(
        number
        for number, edge in enumerate(parts.edges)
        if (edge.source, edge.target) == (found.find("x"), found.find("h"))
    )
    with jax.enable_x64(True):
        right = jax.jit(jax.grad(without_skip, argnums=4))(*BLOCK)
    np.testing.assert_allclose(parts.gradient["x"] - parts.parts["x"][skip], right, rtol=0, atol=1e-12)
    np.testing.assert_array_equal(parts.parts["W"][skip], 0)


def test_edges_out_of_a_leaf_contribute_all_of_its_derivative():
    found = graph(block, *BLOCK)
    parts = found.contributions(["x"])
    own = [number for number, edge in enumerate(parts.edges) if edge.source == found.find("x")]
    np.testing.assert_allclose(parts.parts["x"][own].sum(0), found.backward()["x"], rtol=0, atol=1e-12)


def test_contributions_at_many_points_come_from_one_compiled_call():
    found = graph(block, *BLOCK)
    edges, run = edge_program(found, [found.find("x")])
    points = {number: np.stack([array, 2 * array, -array]) for number, array in enumerate(BLOCK)}
    with jax.enable_x64(True):
        (gradient,), (parts,) = jax.jit(jax.vmap(run, (0, None)))(points, {found.outputs[0]: np.ones(())})
    assert parts.shape == (3, len(edges), SIZE)
    for place, factor in enumerate((1, 2, -1)):
        alone = graph(block, *(factor * array for array in BLOCK)).contributions(["x"])
        np.testing.assert_allclose(gradient[place], alone.gradient["x"], rtol=0, atol=1e-12)
        np.testing.assert_allclose(parts[place], alone.parts["x"], rtol=0, atol=1e-12)


def test_values_are_printed_with_their_names():
    assert str(graph(block, *BLOCK).forward()).splitlines()[-1].startswith("loss")
    module = cast(ResidualBlock(SIZE, key=0), "float64")
    assert "hidden" in str(graph(module, np.ones(SIZE)).forward())
