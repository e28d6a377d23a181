"""Networks that take a whole batch at a time: what they offer to ``suffice.fit.descend``."""

from __future__ import annotations

from abc import abstractmethod
from typing import Protocol, TypeAlias

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Float, Key, Num, PyTree

from suffice.runtime.arrays import Array
from suffice.runtime.compiling import compiled
from suffice.runtime.precision import in_own_precision
from suffice.runtime.types import ArrayLike


class RowNetwork(Protocol):
    """A module from one row to its outputs, numbers of any shape."""

    def __call__(self, row: Array, /) -> Array: ...


NetworkState: TypeAlias = PyTree[Array]
"""What training changes of a network beside its parameters, such as running moments; ``()`` where there is nothing."""


class BatchNetwork(eqx.Module):
    """A network whose outputs depend on the other rows of a batch (BatchNorm) or on chance (dropout), while training.

    Its parameters are its floating-point arrays. What else training changes, such as running moments, is a state apart
    from them, handed in and given back. Networks that need none of it are plain modules from one row to its outputs.

    Examples
    --------
    See ``suffice.nets.ResNet``.
    """

    @abstractmethod
    def forward(
        self,
        rows: Num[Array, "n ..."],
        weight: Num[Array, " n"],
        state: PyTree[Array],
        key: Key[Array, ""] | None,
        training: bool,
        axis_name: str | None = None,
    ) -> tuple[Float[Array, "n ..."], PyTree[Array]]:
        """Outputs for a batch, and the state after it.

        Parameters
        ----------
        rows
            Shape (n, ...).
        weight
            Row weights, at least 0, shape (n,). A row of weight 0 changes nothing for the others.
        state
            What ``initial_state`` or an earlier call gave.
        key
            JAX key for what is left to chance while training; None where ``training`` is False.
        training
            False evaluates: running moments, nothing left to chance, the state given back as it was.
        axis_name
            Name of the mapped axis of devices that share the batch, None where one has all of it.
        """

    def initial_state(self) -> PyTree[Array]:
        """State before any training, NumPy arrays; ``()`` where the network has none."""
        return ()


Network: TypeAlias = BatchNetwork | RowNetwork


def initial_state(network: Network) -> PyTree[Array]:
    """State of a network before any training; ``()`` for a plain module.

    Parameters
    ----------
    network
        ``BatchNetwork`` or plain module.

    Examples
    --------
    >>> from suffice.nets import MLP, initial_state
    >>> initial_state(MLP(4, [8], 3, key=0))
    ()
    """
    return network.initial_state() if isinstance(network, BatchNetwork) else ()


@in_own_precision
def forward(
    network: Network,
    rows: ArrayLike,
    weight: Num[Array, " n"],
    state: PyTree[Array],
    key: Key[Array, ""] | None,
    training: bool,
    axis_name: str | None = None,
) -> tuple[Float[Array, "n ..."], PyTree[Array]]:
    """Outputs of any network for a batch and the state after it.

    Parameters
    ----------
    network
        ``BatchNetwork``, or a plain module from one row to its outputs.
    rows, weight, state, key, training, axis_name
        As for ``BatchNetwork.forward``.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.nets import MLP, forward
    >>> forward(MLP(4, [8], 3, key=0), np.ones((5, 4), np.float32), np.ones(5), (), None, training=False)[0].shape
    (5, 3)
    """
    if isinstance(network, BatchNetwork):
        return network.forward(jnp.asarray(rows), weight, state, key, training, axis_name)
    return jax.vmap(network)(jnp.asarray(rows)), state


@in_own_precision
def evaluate(network: Network, rows: ArrayLike, state: PyTree[Array]) -> Float[Array, "n ..."]:
    """Outputs of a network after training, one for each row whatever the rows beside it: ``forward`` without training.

    Parameters
    ----------
    network
        ``BatchNetwork`` or plain module.
    rows
        Shape (n, ...).
    state
        The network's state: ``solution.details["state"].running`` of ``descend``, or ``initial_state(network)``.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.nets import MLP, evaluate
    >>> evaluate(MLP(4, [8], 3, key=0), np.ones((5, 4), np.float32), ()).shape
    (5, 3)
    """
    return _evaluated(network, rows, state)


@compiled
def _evaluated(network: Network, rows: ArrayLike, state: PyTree[Array]) -> Float[Array, "n ..."]:
    return forward(network, rows, jnp.ones(np.shape(rows)[0]), state, None, training=False)[0]
