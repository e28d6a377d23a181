"""Whatever a function is made of, its graph has its derivative: by values, by the schedule, by paths, at both levels."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax import lax

from suffice.inspect import graph

X = np.random.default_rng(0).standard_normal(4)


@jax.custom_vjp
def clipped(x):
    return x


clipped.defvjp(lambda x: (x, None), lambda _, cotangent: (jnp.clip(cotangent, -0.1, 0.1),))


@jax.custom_jvp
def tripled(x):
    return jnp.sin(x)


tripled.defjvp(lambda primals, tangents: (tripled(*primals), 3 * tangents[0]))


def spread(x):
    return jnp.outer(x, x) + jnp.eye(4)


FUNCTIONS = {
    "a backward rule of its own": lambda x: jnp.sum(clipped(x) ** 2),
    "a forward rule of its own": lambda x: tripled(x).sum(),
    "a branch": lambda x: lax.cond(x[0] > 0, lambda x: jnp.sin(x).sum(), lambda x: jnp.cos(x).sum(), x),
    "a rematerialised part": lambda x: jax.checkpoint(lambda y: jnp.tanh(jnp.sin(y)))(x).sum(),
    "a gradient inside": lambda x: jax.grad(lambda y: jnp.sum(jnp.tanh(y) ** 2))(x).sum(),
    "a second derivative": lambda x: jax.jvp(jax.grad(lambda y: jnp.sum(jnp.tanh(y))), (x,), (jnp.ones(4),))[1].sum(),
    "a compiled function": jax.jit(lambda x: jnp.sum(jax.nn.gelu(x))),
    "a loop of fixed length": lambda x: lax.fori_loop(0, 5, lambda _, h: jnp.sin(h), x).sum(),
    "sorted numbers": lambda x: (jnp.sort(x) * jnp.arange(4.0)).sum(),
    "the largest numbers": lambda x: lax.top_k(x, 2)[0].sum(),
    "a determinant": lambda x: jnp.linalg.slogdet(spread(x))[1],
    "a factor": lambda x: jnp.linalg.qr(spread(x))[1].sum(),
    "a norm": jnp.linalg.norm,
    "numbers replaced and strides": lambda x: x.at[1].set(2.0).sum() + x[::2].sum(),
    "parts": lambda x: sum((place + 1.0) * part.sum() for place, part in enumerate(jnp.split(x, 2))),
    "a product of all": jnp.prod,
    "moments": lambda x: jnp.var(x) + jnp.std(x),
    "chance": lambda x: jnp.where(jax.random.bernoulli(jax.random.key(0), 0.5, (4,)), x, 0.0).sum(),
    "two maps": lambda x: jax.vmap(lambda a: jax.vmap(lambda b: jnp.exp(a * b))(x))(x).sum(),
    "numbers picked twice": lambda x: x[jnp.array([0, 0, 2])].sum(),
}


@pytest.mark.parametrize("level", ["course", "primitive"])
@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_derivative_is_jaxs(name, level):
    f = FUNCTIONS[name]
    with jax.enable_x64(True):
        right = np.asarray(jax.jit(jax.grad(f))(X))
    found = graph(f, X, level=level)
    for derivative in (found.backward()[0], found.paths(0).total, next(iter(found.schedule().run().values()))):
        np.testing.assert_allclose(derivative, right, rtol=0, atol=1e-12 * max(1, np.abs(right).max()))


@pytest.mark.parametrize("name", FUNCTIONS)
def test_all_questions_have_an_answer(name):
    found = graph(FUNCTIONS[name], X)
    assert found.needs().bytes >= 0
    assert found.timeline().moments[-1].bytes >= 0
    assert found.saved().bytes >= 0
    assert all(found.rule(node.number).text.count("+=") <= len(node.inputs) for node in found.nodes)
    assert "unknown" not in [node.operation for node in found.nodes]


def test_a_loop_of_unknown_length_has_a_graph_and_no_derivative():
    found = graph(lambda x: lax.while_loop(lambda h: h.sum() < 10, lambda h: h * 2 + 1, x).sum(), X)
    assert [node.operation for node in found.nodes] == ["input", "repeated", "reduce sum"]
    with pytest.raises(ValueError, match="while_loop"):
        found.backward()
