"""Posteriors of discrete latent variables: by enumeration, or element by element given the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from suffice.check.functions import model_of
from suffice.check.problem import Point
from suffice.check.supports import Support

MOST_CONFIGURATIONS = 2**17
FORMS = ("table", "prob_one", "marginals", "pairwise", "mean_var", "mean", "var")


class Discrete:
    """The posterior of a latent variable with states, of a shape, in a form.

    ``by_element`` gives each element's conditional given the others, which are those of the point; it is the posterior where
    elements are independent of one another.
    """

    wrt = ""
    remade: Callable[[Point], Any] | None = None
    """The same posterior at a point of other shapes."""

    def __init__(
        self,
        log_joint: Callable[..., Any],
        name: str,
        support: Support,
        shape: tuple[int, ...],
        form: str,
        by_element: bool,
    ):
        self.model = model_of(log_joint, frozenset((name,)))
        self.name, self.support, self.shape, self.form, self.by_element = name, support, shape, form, by_element
        self.states = np.asarray(support.states)
        self.key = ("posterior", name, support.states[:3], len(support.states), shape, form, by_element)

    def at(self, point: Mapping[str, Any]) -> Point:
        """A point with a value of the latent variable."""
        given = np.asarray(point.get(self.name, 0))
        held = given if self.name in point and given.shape == self.shape else np.full(self.shape, self.states[0])
        return {**point, self.name: held.astype(self.states.dtype)}

    def answer(self, point: Mapping[str, Any]) -> np.ndarray:
        """The posterior in the form."""
        at = self.at(point)
        return self.model.run(self.key, lambda function: lambda arrays: self.question(function, arrays), at)

    def question(self, function: Callable[[dict[str, Any]], Any], arrays: dict[str, Any]) -> Any:
        """The same, of any log-joint of the arrays."""
        return self._formed(*self._probabilities(function, arrays))

    def logs(self, function: Callable[[dict[str, Any]], Any], arrays: dict[str, Any]) -> Any:
        """Log-weights: (configurations, ...) or, element by element, (elements, states, ...)."""
        configurations = self._flipped(arrays[self.name]) if self.by_element else self.configurations
        flat = configurations.reshape(-1, *self.shape)
        found = jax.vmap(lambda z: function({**arrays, self.name: z}))(flat)
        return found.reshape(configurations.shape[: configurations.ndim - len(self.shape)] + found.shape[1:])

    @property
    def configurations(self) -> np.ndarray:
        """All values of the latent variable."""
        many = int(np.prod(self.shape))
        if len(self.states) ** many > MOST_CONFIGURATIONS:
            raise ValueError(
                f"{self.name} has {len(self.states)}^{many} values, too many to be summed; check a smaller point."
            )
        return np.array(list(product(self.states, repeat=many))).reshape(-1, *self.shape)

    def _flipped(self, base: Any) -> Any:
        """(elements, states, *shape): each element at each state, the others as they are."""
        many = int(np.prod(self.shape))
        flat = jnp.broadcast_to(jnp.reshape(base, -1), (many, len(self.states), many))
        chosen = np.eye(many, dtype=bool)[:, None, :]
        return jnp.where(chosen, self.states[None, :, None], flat).reshape(many, len(self.states), *self.shape)

    def _probabilities(self, function: Callable[[dict[str, Any]], Any], arrays: dict[str, Any]) -> tuple[Any, Any]:
        """(elements, states), and the probabilities of configurations where they were enumerated."""
        logs = self.logs(function, arrays)
        if self.by_element:
            return jax.nn.softmax(logs, axis=1), None
        weights = jax.nn.softmax(logs)
        is_state = self.configurations.reshape(len(weights), -1, 1) == self.states
        return jnp.einsum("m,mik->ik", weights, is_state * 1.0), weights

    def _formed(self, table: Any, weights: Any) -> Any:
        many = len(self.states)
        if self.form == "pairwise":
            is_state = (self.configurations.reshape(len(weights), -1, 1) == self.states) * 1.0
            return jnp.einsum("m,mtj,mtk->tjk", weights, is_state[:, :-1], is_state[:, 1:])
        if self.form == "prob_one":
            return table[:, -1].reshape(self.shape)
        mean = table @ self.states
        if self.form == "mean":
            return mean.reshape(self.shape)
        if self.form == "var":
            return (table @ self.states**2 - mean**2).reshape(self.shape)
        return table.reshape(*self.shape, many)


def is_independent(source: Discrete, point: Point) -> bool:
    """Whether each element's conditional is the same whatever the others are."""
    generator = np.random.default_rng(0)
    found = [
        source.answer({**point, source.name: generator.choice(source.states, size=source.shape)}) for _ in range(2)
    ]
    return bool(np.allclose(found[0], found[1], rtol=1e-9, atol=1e-12))
