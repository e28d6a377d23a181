"""The log-probability of observed cells as a function that JAX differentiates."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from string import ascii_letters
from typing import Any

import numpy as np
from jaxtyping import Float, Int

from suffice.bayesian.contraction import Shape
from suffice.bayesian.network import DiscreteNetwork
from suffice.bayesian.planner import planner_of
from suffice.bayesian.program import posterior_program
from suffice.bayesian.tape import Evidence
from suffice.runtime.arrays import Array
from suffice.runtime.precision import scope


def log_evidence(
    network: DiscreteNetwork, codes: Int[np.ndarray, "n nodes"], likelihoods: Sequence[Array] | None = None
) -> Float[Array, " n"]:
    r"""Logarithms of the probabilities of the observed cells of rows, for JAX.

    The derivative by the logarithm of a table's entries is the expected counts of a family, that by the logarithm of likelihoods
    the posteriors of a node (Darwiche, 2003).

    Parameters
    ----------
    network
        Its tables may be JAX's.
    codes
        States, -1 where a cell is missing.
    likelihoods
        Likelihoods (states, n) of each node; None makes them from ``codes``.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.bayesian.network import checked_network
    >>> states = {"rain": ["no", "yes"], "wet": ["no", "yes"]}
    >>> network = checked_network({"rain": [0.8, 0.2], "wet": [[0.9, 0.1], [0.1, 0.9]]}, {"wet": ["rain"]}, states)
    >>> np.exp(log_evidence(network, np.array([[-1, 1], [0, -1]]))).round(6).tolist()
    [0.26, 0.8]
    """
    import jax.numpy  # noqa: F401

    with scope("float64"):
        return _log_evidence(network, codes, likelihoods)


def _log_evidence(network: DiscreteNetwork, codes: np.ndarray, likelihoods: Sequence[Array] | None) -> Array:
    import jax.numpy as jnp

    planner = planner_of(network)
    tape = planner.tape(Evidence(0, planner.everything), planner.everything, 1)
    program = posterior_program(tape, planner.axes(tape), planner.cardinalities, 0, True, einsum_contraction)
    own = likelihoods or [_indicators(codes[:, node], size) for node, size in enumerate(network.cardinalities)]
    values: dict[int, Any] = {0: jnp.ones(())}
    for slot, leaf in enumerate(tape.leaves, 1):
        values[slot] = jnp.asarray(network.tables[leaf.node] if leaf.table else own[leaf.node])
    for step in (*program.same, *program.forward):
        values[step.slot] = step.function(values[step.left], values[step.right])
    return sum(jnp.log(values[root]) for root in tape.roots)  # type: ignore[return-value]


def _indicators(codes: np.ndarray, size: int) -> np.ndarray:
    return np.where(codes < 0, 1.0, codes == np.arange(size)[:, None])


def einsum_contraction(
    left: Shape, right: Shape, kept: Collection[int], sizes: Sequence[int], rows_kept: bool = True
) -> tuple[Shape, Any]:
    """Contraction of two factors by JAX."""
    both = tuple(dict.fromkeys((*left.axes, *right.axes)))
    shape = Shape(tuple(axis for axis in both if axis in kept), left.rows or right.rows)
    letter = dict(zip(both, ascii_letters, strict=False))
    names = ["".join(letter[axis] for axis in own.axes) + "Z" * own.rows for own in (left, right, shape)]
    path = f"{names[0]},{names[1]}->{names[2]}"

    def function(first: Array, second: Array) -> Array:
        import jax.numpy as jnp

        return jnp.einsum(path, first, second)

    return shape, function
