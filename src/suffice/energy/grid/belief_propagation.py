"""Loopy belief propagation on an Ising field: probabilities of every pixel, exact where the grid is a chain."""

from __future__ import annotations

from typing import NamedTuple

import jax
import jax.numpy as jnp
from jaxtyping import Float

from suffice.energy.grid.relaxation import Relaxed, relax
from suffice.runtime.arrays import Array
from suffice.runtime.compiling import compiled


class Messages(NamedTuple):
    """Fields that every pixel is told from above, below, the left and the right, each (B, H, W), 0 at an edge."""

    above: Float[Array, "B H W"]
    below: Float[Array, "B H W"]
    left: Float[Array, "B H W"]
    right: Float[Array, "B H W"]


@compiled
def belief_propagation(
    noisy: Float[Array, "B H W"],
    parameters: Float[Array, 3],
    damping: float | Float[Array, ""],
    max_iter: int,
    tol: float,
) -> tuple[Relaxed, Float[Array, "B H W"]]:
    """Messages until none moves, and the field of every pixel: the probability of +1 is 1 / (1 + exp(-2 field))."""
    h, beta, eta = parameters
    own = eta * noisy - h

    def sweep(old: Messages) -> Messages:
        total = own + sum(old)
        new = Messages(
            above=_down(_passed(beta, total - old.below)[:, :-1]),
            below=_up(_passed(beta, total - old.above)[:, 1:]),
            left=_rightwards(_passed(beta, total - old.right)[:, :, :-1]),
            right=_leftwards(_passed(beta, total - old.left)[:, :, 1:]),
        )
        return jax.tree.map(lambda before, now: damping * before + (1 - damping) * now, old, new)

    def measure(messages: Messages) -> Float[Array, "B 3"]:
        return _sums(labels(own + sum(messages), noisy), noisy)

    nothing = jnp.zeros_like(noisy)
    relaxed = relax(Messages(*[nothing] * 4), sweep, measure, max_iter=max_iter, tol=tol)
    return relaxed, own + sum(relaxed.state)


def labels(field: Float[Array, "B H W"], noisy: Float[Array, "B H W"]) -> Float[Array, "B H W"]:
    """Signs of the fields, the noisy pixel where one is 0."""
    return jnp.where(field == 0, noisy, jnp.sign(field))


def _passed(beta: Float[Array, ""], field: Float[Array, "B h w"]) -> Float[Array, "B h w"]:
    """atanh(tanh(beta) tanh(field)) without overflow."""
    plus, minus = jnp.abs(beta + field), jnp.abs(beta - field)
    return (plus - minus + jnp.log1p(jnp.exp(-2 * plus)) - jnp.log1p(jnp.exp(-2 * minus))) / 2


def _sums(x: Float[Array, "B H W"], noisy: Float[Array, "B H W"]) -> Float[Array, "B 3"]:
    beside = (x[:, 1:] * x[:, :-1]).sum((1, 2)) + (x[:, :, 1:] * x[:, :, :-1]).sum((1, 2))
    return jnp.stack([x.sum((1, 2)), beside, (x * noisy).sum((1, 2))], 1)


def _down(part: Float[Array, "B h w"]) -> Float[Array, "B H w"]:
    return jnp.pad(part, ((0, 0), (1, 0), (0, 0)))


def _up(part: Float[Array, "B h w"]) -> Float[Array, "B H w"]:
    return jnp.pad(part, ((0, 0), (0, 1), (0, 0)))


def _rightwards(part: Float[Array, "B h w"]) -> Float[Array, "B h W"]:
    return jnp.pad(part, ((0, 0), (0, 0), (1, 0)))


def _leftwards(part: Float[Array, "B h w"]) -> Float[Array, "B h W"]:
    return jnp.pad(part, ((0, 0), (0, 0), (0, 1)))
