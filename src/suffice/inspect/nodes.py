"""The graph of a computation: nodes in forward order, each with the nodes it reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from suffice.inspect import values
from suffice.inspect.edges import Contributions, contributions
from suffice.inspect.exercise import Exercise, blank
from suffice.inspect.labels import labels
from suffice.inspect.needed import Needs, needs
from suffice.inspect.node import Node
from suffice.inspect.routes import Paths, paths
from suffice.inspect.rule import Rule, rule
from suffice.inspect.saved import SavedArrays, saved
from suffice.inspect.schedule import Schedule, schedule
from suffice.inspect.timeline import Timeline, timeline
from suffice.inspect.values import Given, Values
from suffice.runtime.types import ArrayLike

if TYPE_CHECKING:
    from suffice.inspect.unit import Unit


@dataclass(frozen=True)
class Graph:
    """A computation, traced once.

    Attributes
    ----------
    nodes
        In forward order.
    outputs
        Numbers of the nodes whose values are given back.
    units
        What computes each node, None for leaves and for one of several results.
    leaves
        What is known of inputs, parameters and constants, by the numbers of their nodes: an array, or a shape.
    precision
        ``"float32"`` or ``"float64"``.
    function
        Of all leaves that were traced, in the order of the first ``count`` nodes; None where there is none.
    count
        How many of the first nodes are its arguments.
    """

    nodes: tuple[Node, ...]
    outputs: tuple[int, ...]
    units: tuple[Unit | None, ...] = field(default=(), repr=False)
    leaves: Mapping[int, Any] = field(default_factory=dict, repr=False)
    precision: str = "float32"
    function: Callable[..., Any] | None = field(default=None, repr=False, compare=False)
    count: int = 0

    def _repr_html_(self) -> str:
        from suffice.inspect.drawing.draw import draw

        return draw(self).to_svg()

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """A name for each node, valid in Python and unlike any other: the author's, or ``v`` and its number."""
        return labels(self.nodes)

    def find(self, node: int | str) -> int:
        """Number of a node, from its number, its label or its author's name.

        Parameters
        ----------
        node
            Number or name.

        Raises
        ------
        ValueError
            When there is none, or a name belongs to several.
        """
        if not isinstance(node, str):
            if not 0 <= node < len(self.nodes):
                raise ValueError(f"There is no node {node}; nodes are numbered from 0 to {len(self.nodes) - 1}.")
            return int(node)
        if node in self.labels:
            return self.labels.index(node)
        named = [each.number for each in self.nodes if each.name == node]
        if len(named) == 1:
            return named[0]
        if named:
            raise ValueError(
                f"{node!r} is the name of {', '.join(self.labels[number] for number in named)}; choose one of them."
            )
        raise ValueError(f"There is no node {node!r}; there are {', '.join(self.labels)}.")

    def forward(self, at: Given | None = None) -> Values:
        """Value of every node.

        Parameters
        ----------
        at
            Arrays for inputs, parameters and constants by their names, in the place of those that were traced.

        Raises
        ------
        ValueError
            When a leaf was given as a shape and has no array here, or an array is of another shape.

        Examples
        --------
        >>> import jax.numpy as jnp
        >>> from suffice.inspect import graph
        >>> def f(x):
        ...     u = 3.0 * x
        ...     return jnp.exp(u)
        >>> float(graph(f, 0.0).forward({"x": 1.0})["u"])
        3.0
        """
        return values.forward(self, at)

    def backward(self, cotangent: ArrayLike | None = None, at: Given | None = None) -> Values:
        """Derivative of the output with respect to every node, None for nodes that have none.

        Parameters
        ----------
        cotangent
            Derivative with respect to the output, or a list for several; None is 1 and needs one number as output.
        at
            As for ``forward``.

        Raises
        ------
        ValueError
            As ``forward``; when a cotangent is missing or does not fit, or an output is no real number.

        Examples
        --------
        >>> import jax.numpy as jnp
        >>> from suffice.inspect import graph
        >>> def f(x):
        ...     u = 3.0 * x
        ...     return jnp.exp(u)
        >>> found = graph(f, 0.0).backward()
        >>> float(found["u"]), float(found["x"])
        (1.0, 3.0)
        """
        return values.backward(self, cotangent, at)

    def schedule(self) -> Schedule:
        """Lines that compute the derivative with respect to every leaf, in an order in which each is whole before it is used.

        Examples
        --------
        See ``Schedule``.
        """
        return schedule(self)

    def paths(
        self, node: int | str, *, most: int = 64, cotangent: ArrayLike | None = None, at: Given | None = None
    ) -> Paths:
        """Ways from a node to the output, and what comes back along each: contributions that add up to its derivative.

        Parameters
        ----------
        node
            Number or name.
        most
            How many ways may be told one by one; where there are more, those that begin with the same edge are one.
        cotangent, at
            As for ``backward``.

        Raises
        ------
        ValueError
            As ``backward``; when the node has no derivative.

        Examples
        --------
        >>> from suffice.inspect import graph
        >>> def block(x):
        ...     h = x**2 + x
        ...     return h
        >>> print(graph(block, 3.0).paths("x"))
        x → h  1
        x → v1 → h  6
        sum  7
        """
        return paths(self, node, most, cotangent, at)

    def contributions(
        self, wrt: Sequence[int | str], *, cotangent: ArrayLike | None = None, at: Given | None = None
    ) -> Contributions:
        """Derivatives with respect to nodes, and for each edge the part of them that comes through it.

        Parameters
        ----------
        wrt
            Numbers or names of nodes.
        cotangent, at
            As for ``backward``.

        Raises
        ------
        ValueError
            As ``backward``.

        Examples
        --------
        >>> from suffice.inspect import graph
        >>> def block(x):
        ...     h = x**2 + x
        ...     return h
        >>> found = graph(block, 3.0).contributions(["x"])
        >>> found.gradient["x"], found.parts["x"], [(edge.source, edge.target) for edge in found.edges]
        (array(7.), array([6., 6., 1.]), [(0, 1), (1, 2), (0, 2)])
        """
        return contributions(self, wrt, cotangent, at)

    def rule(self, node: int | str) -> Rule:
        """Backward rule of a node: what it gives to each of its inputs, as text, in LaTeX and for NumPy.

        Parameters
        ----------
        node
            Number or name.

        Examples
        --------
        >>> import jax
        >>> import numpy as np
        >>> from suffice.inspect import graph
        >>> def f(z):
        ...     p = jax.nn.softmax(z)
        ...     return p
        >>> print(graph(f, np.ones(3)).rule("p"))
        z̄ += p ⊙ (p̄ − Σ (p ⊙ p̄))
        """
        return rule(self, node)

    def needs(self) -> Needs:
        """Forward values that the backward rule of each node needs, and their bytes: what a textbook would keep.

        Examples
        --------
        >>> import jax.numpy as jnp
        >>> import numpy as np
        >>> from suffice.inspect import graph
        >>> def layer(W, x):
        ...     z = W @ x
        ...     h = jnp.tanh(z)
        ...     return h
        >>> print(graph(layer, np.ones((2, 3)), np.ones(3)).needs())
        z (matrix product): x, 24 bytes
        z (matrix product): W, 48 bytes
        h (tanh): h, 16 bytes
        together 88 bytes
        """
        return needs(self)

    def saved(self) -> SavedArrays:
        """Arrays that this version of JAX keeps for the backward pass, and their bytes. Other versions keep others.

        Raises
        ------
        ValueError
            When the graph was not traced from a function.
        """
        return saved(self)

    def timeline(self) -> Timeline:
        """Bytes of forward values held for backward rules, after each step of the forward and the backward pass."""
        return timeline(self)

    def blank(self, k: int, seed: int = 0) -> Exercise:
        """An exercise: the graph with k values, derivatives and rules left out, and the answers.

        Parameters
        ----------
        k
            How many blanks.
        seed
            Which they are.

        Raises
        ------
        ValueError
            When there is no room for so many, or as ``backward`` with neither cotangent nor arrays.

        Examples
        --------
        >>> from suffice.inspect import graph
        >>> def f(w, x):
        ...     u = w * x
        ...     y = u**2
        ...     return y
        >>> exercise = graph(f, 2.0, 3.0).blank(2, seed=0)
        >>> exercise.check(exercise.answers), len(exercise.check({}))
        ((), 2)
        """
        return blank(self, k, seed)
