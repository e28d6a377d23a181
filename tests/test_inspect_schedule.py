"""Schedules, what rules need, what JAX keeps, memory step by step, exercises, and differences of graphs."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax
from test_inspect_values import BLOCK, SIZE, block

from suffice.inspect import diff, graph, name
from suffice.inspect.labels import barred
from suffice.inspect.rules.formulas import names_in
from suffice.nets import MLP, ConvNet, ResidualBlock, ScalarNetwork, cross_entropy, forward, residual_block_vjp
from suffice.runtime.precision import cast


def test_a_schedule_gives_the_gradient_of_a_residual_block():
    module = cast(ResidualBlock(SIZE, key=0), "float64")
    row, cotangent = BLOCK[4], BLOCK[1]
    found = graph(module, row).schedule().run(cotangent)
    right, of_row = residual_block_vjp(module, row, cotangent)
    np.testing.assert_allclose(found["first_weight"], right.first.weight, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found["second_weight"], right.second.weight, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found["first_bias"], right.first.bias, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found["row"], of_row, rtol=0, atol=1e-12)


def test_the_residual_block_is_computed_back_in_the_order_of_the_book():
    assert [line.code for line in graph(block, *BLOCK).schedule().lines[1:]] == [
        "v̄11 = np.broadcast_to(d_loss, (4,))",
        "ȳ = 2 * v̄11 * y",
        "d̄ = ȳ",
        "h̄ = ȳ",
        "r̄ = d̄ * (1 - d ** 2)",
        "V̄ = np.outer(r̄, h)",
        "h̄ = h̄ + V.T @ r̄",
        "c̄ = r̄",
        "ā = h̄",
        "x̄ = h̄",
        "z̄ = ā * (1 - a ** 2)",
        "W̄ = np.outer(z̄, x)",
        "x̄ = x̄ + W.T @ z̄",
        "b̄ = z̄",
    ]


def test_the_scalar_network_gives_its_weights_derivatives_last_one_first():
    found = graph(ScalarNetwork(0.7, -1.3, 2.1), 0.9)
    schedule = found.schedule()
    order = [found.labels[line.target] for line in schedule.lines]
    assert [label for label in order if label.startswith("w")] == ["w3", "w2", "w1"]
    derivatives = schedule.run()
    for label, right in zip(("w1", "w2", "w3"), (-0.1169507006, 0.2876398062, 0.2998029645), strict=True):
        assert derivatives[label] == pytest.approx(right, abs=1e-10)


def test_every_derivative_is_whole_before_it_is_used():
    found = graph(block, *BLOCK)
    lines = found.schedule().lines
    for line in lines:
        own = barred(found.labels[line.node])
        assert not any(later.target == line.node for later in lines[line.number :]), own


def test_nothing_is_read_after_it_was_freed():
    found = graph(block, *BLOCK)
    schedule, freed = found.schedule(), set()
    for line in schedule.lines:
        assert not freed.intersection(names_in(line.code.partition(" = ")[2]))
        freed.update(line.frees)
    names = schedule.names()
    for line in schedule.lines:
        exec(line.code, names)
        for label in line.frees:
            del names[label]
    with jax.enable_x64(True):
        right = jax.jit(jax.grad(block, argnums=range(5)))(*BLOCK)
    for label, derivative in zip("WbVcx", right, strict=True):
        np.testing.assert_allclose(names[barred(label)], derivative, rtol=0, atol=1e-12)


def classified(network, rows, labels):
    logits = forward(network, rows, jnp.ones(len(rows)), (), None, False)[0]
    return jnp.mean(cross_entropy(logits, labels))


def test_a_schedule_of_a_convolutional_network_gives_its_gradient():
    network = cast(ConvNet([2, 3], 3, (1, 12, 12), kernel_size=3, padding=1, hidden_sizes=[4], key=0), "float64")
    rows, labels = np.random.default_rng(0).standard_normal((2, 1, 12, 12)), np.array([2, 0])
    found = graph(classified, network, rows, labels)
    derivatives, right = found.schedule().run(), found.backward()
    assert len(derivatives) == 9
    for label, derivative in derivatives.items():
        np.testing.assert_allclose(derivative, right[label], rtol=0, atol=1e-12)


def needs(f, *arguments):
    found = graph(f, *arguments)
    return {(need.kind, found.labels[need.value]) for need in found.needs().needs}


def test_rules_need_what_the_textbook_says():
    x, W = np.ones(3), np.ones((2, 3))
    assert needs(lambda x, b: x + b, x, x) == set()
    assert needs(lambda W, x: W @ x, W, x) == {("value", "W"), ("value", "x")}
    assert needs(lambda x: name(jnp.tanh(x), "h"), x) == {("value", "h")}
    assert needs(lambda x: name(jax.nn.relu(x), "h"), x) == {("mask", "x")}
    assert needs(lambda x: name(jax.nn.softmax(x), "p"), x) == {("value", "p")}
    assert needs(lambda x: 2.0 * x, x) == set()
    assert needs(lambda x: jnp.sum(x**2), x) == {("value", "x")}


def test_what_is_needed_twice_counts_once_and_masks_take_a_byte_a_number():
    found = graph(lambda x: jnp.sin(x) * x, np.ones(10)).needs()
    assert found.bytes == 2 * 80
    assert len(found.of("v2")) == 2
    assert graph(jax.nn.relu, np.ones(10)).needs().bytes == 10


def leaf_bytes(f, *arguments):
    with jax.enable_x64(True):
        leaves = jax.tree.leaves(jax.vjp(f, *map(jnp.asarray, arguments))[1])
        return sum({id(leaf): leaf.nbytes for leaf in leaves if isinstance(leaf, jax.Array)}.values())


@pytest.mark.parametrize("f", [block, jax.checkpoint(block)])
def test_what_jax_keeps_has_the_bytes_of_its_derivatives_leaves(f):
    assert graph(f, *BLOCK).saved().bytes == leaf_bytes(f, *BLOCK)


def test_what_jax_keeps_is_told_by_the_values_it_comes_from():
    def f(W, x):
        h = jnp.tanh(W @ x)
        return jnp.sum(h)

    found = graph(f, np.ones((2, 3)), np.ones(3))
    kept = found.saved()
    assert kept.bytes == leaf_bytes(f, np.ones((2, 3)), np.ones(3))
    assert {found.labels[each.node] for each in kept.arrays if each.node is not None} == {"W", "x", "h"}
    assert any(re.search(r"\bh\b", each.told) for each in kept.arrays)
    assert "together" in str(kept)


def test_a_loop_that_is_unrolled_is_backpropagation_through_time():
    def f(W, h, rows):
        def turn(h, row):
            h = jnp.tanh(W @ h + row)
            return h, jax.nn.softmax(h)

        h, shares = lax.scan(turn, h, rows)
        return (h * shares.sum(0)).sum()

    draw = np.random.default_rng(0)
    arguments = draw.normal(size=(3, 3)), draw.normal(size=3), draw.normal(size=(4, 3))
    found = graph(f, *arguments, unroll=True)
    operations = [node.operation for node in found.nodes]
    assert (operations.count("tanh"), operations.count("softmax"), operations.count("repeated")) == (4, 4, 0)
    assert "pull_" not in str(found.schedule())
    with jax.enable_x64(True):
        right = jax.jit(jax.grad(f, argnums=(0, 1, 2)))(*arguments)
    for ours, theirs in zip(found.schedule().run().values(), right, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)


def test_turns_of_a_loop_keep_values_of_their_own():
    def f(x):
        for _ in range(4):
            x = jnp.tanh(x)
        return x.sum()

    found = graph(f, np.ones(3))
    kept = {found.labels[each.node] for each in found.saved().arrays}
    assert kept == {"x_2", "x_3", "x_4", "x_5"}


def chain(length, block=0):
    def some(x, count):
        for _ in range(count):
            x = jnp.tanh(x)
        return x

    def f(x):
        for _ in range(length // block if block else 0):
            x = jax.checkpoint(lambda x: some(x, block))(x)
        return some(x, 0 if block else length).sum()

    return graph(f, np.ones(10))


def test_the_most_memory_a_chain_holds_is_all_that_its_rules_need():
    found = chain(16)
    assert found.timeline().peak == found.needs().bytes == 16 * 80
    assert found.timeline().moments[-1].bytes == 0


def test_rematerialised_blocks_of_the_square_root_of_a_chain_need_least():
    peaks = {size: chain(64, size).timeline().peak / 80 for size in (1, 2, 4, 8, 16, 32, 64)}
    assert min(peaks, key=peaks.get) == 8
    assert peaks == {size: 64 / size + size for size in peaks}
    assert "again" in str(chain(4, 2).timeline())


def test_the_answers_of_an_exercise_are_right_and_one_that_is_swapped_is_found():
    exercise = graph(block, *BLOCK).blank(8, seed=3)
    assert exercise.check(exercise.answers) == ()
    assert {"value", "derivative", "rule"} == {blank.kind for blank in exercise.blanks}
    for blank in exercise.blanks:
        other = "x + 1" if blank.kind == "rule" else 1.01 * exercise.answers[blank.number] + 1e-3
        assert exercise.check({**exercise.answers, blank.number: other}) == (blank.number,)
        missing = {number: answer for number, answer in exercise.answers.items() if number != blank.number}
        assert exercise.check(missing) == (blank.number,)
        assert exercise.check({**exercise.answers, blank.number: "1 +"}) == (blank.number,)
    text = str(exercise)
    assert all(f"({blank.number}) ____" in text for blank in exercise.blanks)


def test_an_exercise_depends_on_its_seed_alone_and_has_room_for_so_many():
    found = graph(block, *BLOCK)
    assert found.blank(5, seed=1).blanks == found.blank(5, seed=1).blanks
    assert found.blank(5, seed=1).blanks != found.blank(5, seed=2).blanks
    with pytest.raises(ValueError, match="room for 1 to"):
        found.blank(1000)
    with pytest.raises(ValueError, match="room for 1 to"):
        found.blank(0)


def skipping(stop):
    def f(W, x):
        h = jnp.tanh(W @ x)
        y = h + (lax.stop_gradient(x) if stop else x)
        return y

    return graph(f, np.ones((3, 3)), np.ones(3))


def test_stopping_a_derivative_loses_exactly_its_paths():
    found = diff(skipping(False), skipping(True))
    assert found.lost == (("x", "y"),)
    assert (found.gained, found.removed, found.added) == ((), (), ("stop gradient 1",))
    assert diff(skipping(True), skipping(False)).gained == (("x", "y"),)


def test_a_graph_does_not_differ_from_itself():
    found = diff(skipping(False), skipping(False))
    assert not found
    assert str(found) == "no difference"


def test_rematerialisation_and_shapes_are_seen():
    found = diff(chain(4), chain(4, 2))
    assert len(found.recomputed) == 4
    assert (found.lost, found.gained) == ((), ())
    wider = diff(graph(MLP(4, [5], 3, key=0), np.ones(4)), graph(MLP(4, [6], 3, key=0), np.ones(4)))
    assert any("(5,)" in before and "(6,)" in after for _, before, after in wider.changed)


def turned(times, factor):
    return lambda x: lax.fori_loop(0, times, lambda _, carried: factor * carried, x)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (lambda x: 2.0 * x, lambda x: x * x, "multiply of x constants (2.0,) became multiply of x, x"),
        (lambda x: 2.0 * x, lambda x: 3.0 * x, "constants (2.0,) became multiply constants (3.0,)"),
        (lambda x: x - jnp.exp(x), lambda x: jnp.exp(x) - x, "subtract of x, exp 1 became subtract of exp 1, x"),
        (lambda x: x.sum(0), lambda x: x.sum(1), "axis (0,) became reduce sum axis (1,)"),
        (turned(3, 2), turned(4, 2), "length 3 became repeated length 4"),
        (turned(3, 2), turned(3, 3), "another body"),
        (lambda x: np.eye(2) @ x, lambda x: np.ones((2, 2)) @ x, "digest"),
    ],
    ids=["input", "constant", "order", "axis", "turns", "body", "array"],
)
def test_what_a_node_reads_and_how_it_is_set_is_a_difference(before, after, said):
    x = np.array([[0.5, 0.2], [0.1, 0.9]])
    assert said in str(diff(graph(before, x), graph(after, x)))
    assert not diff(graph(before, x), graph(before, x))
