"""Posteriors of continuous latent variables: exact where they are Gaussian, else by quadrature; densities at values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from suffice.check.functions import Model, model_of
from suffice.check.problem import Point
from suffice.check.supports import Support
from suffice.runtime.either import numbers as either

Function = Callable[[dict[str, Any]], Any]
GRID = 3001
DEPTH = 60.0
"""Log-densities this far below the largest are left out."""


class GaussianPosterior:
    """Mean, variances or covariance of a latent variable whose log-joint is quadratic in it."""

    wrt = ""
    remade: Callable[[Point], Any] | None = None
    """The same posterior at a point of other shapes."""

    def __init__(
        self,
        log_joint: Callable[..., Any],
        name: str,
        shape: tuple[int, ...],
        form: str,
        cov_shape: tuple[int, ...] = (),
    ):
        self.model = model_of(log_joint, frozenset((name,)))
        self.name, self.shape, self.form, self.cov_shape = name, shape, form, cov_shape
        self.key = ("gaussian posterior", name, shape, form, cov_shape)

    def at(self, point: Mapping[str, Any]) -> Point:
        """A point with the latent variable at zero."""
        return {**point, self.name: np.zeros(self.shape)}

    def answer(self, point: Mapping[str, Any]) -> np.ndarray:
        """The moment in the form."""
        slope, curvature = self._local(self.at(point))
        try:
            return np.asarray(self._moment(slope, curvature))
        except np.linalg.LinAlgError:
            return np.full(self.cov_shape if self.form == "cov" else self.shape, np.nan)

    def question(self, function: Function, arrays: dict[str, Any]) -> Any:
        """The same, of any log-joint of the arrays."""
        return self._moment(*self._derivatives(function, arrays))

    def is_exact(self, point: Point) -> bool:
        """Whether the curvature is the same elsewhere."""
        at = self.at(point)
        (_, here), (_, there) = self._local(at), self._local({**at, self.name: np.full(self.shape, 0.7)})
        return bool(np.all(np.isfinite(here)) and np.allclose(here, there, rtol=1e-8, atol=1e-10))

    def _local(self, at: Point) -> tuple[np.ndarray, np.ndarray]:
        """Slope and curvature by one program for all moments."""
        key = ("slope and curvature", self.name, self.shape)
        return self.model.run(key, lambda function: lambda arrays: self._derivatives(function, arrays), at)

    def _derivatives(self, function: Function, arrays: dict[str, Any]) -> tuple[Any, Any]:
        slope = jax.grad(lambda z: function({**arrays, self.name: z.reshape(self.shape)}))
        at = arrays[self.name].reshape(-1)
        return slope(at), jax.jacfwd(slope)(at)

    def _moment(self, slope: Any, curvature: Any) -> Any:
        if self.form == "mean":
            return -either.linalg.solve(curvature, slope).reshape(self.shape)
        covariance = -either.linalg.inv(curvature)
        if self.form == "var":
            return either.diagonal(covariance).reshape(self.shape)
        return _blocks(covariance, self.shape, self.cov_shape)


def _blocks(covariance: Any, shape: tuple[int, ...], wanted: tuple[int, ...]) -> Any:
    """The covariance (d, d) of a vector, or those of rows (N, d, d), or the one that rows share."""
    if len(shape) < 2:
        return covariance.reshape(wanted) if not shape else covariance
    rows, size = int(np.prod(shape[:-1])), shape[-1]
    blocks = either.stack([covariance[i * size : (i + 1) * size, i * size : (i + 1) * size] for i in range(rows)])
    return blocks.reshape(*shape, size) if len(wanted) > 2 else blocks[0]


class OnLine:
    """Mean or variance of numbers on a line, each by quadrature given the others, which are taken to be independent of it."""

    wrt = ""
    remade: Callable[[Point], Any] | None = None
    """The same posterior at a point of other shapes."""

    def __init__(self, log_joint: Callable[..., Any], name: str, support: Support, shape: tuple[int, ...], form: str):
        self.model = model_of(log_joint, frozenset((name,)))
        self.name, self.support, self.shape, self.form = name, support, shape, form
        self.key = ("on a line", name, support.kind, shape, form)

    def at(self, point: Mapping[str, Any]) -> Point:
        """A point with a value of the latent variable inside its support."""
        return {**point, self.name: np.full(self.shape, 0.5)}

    def answer(self, point: Mapping[str, Any]) -> np.ndarray:
        """The moment in the form, on a grid where each element's density is not negligible."""
        at = self.at(point)
        line = np.sinh(np.linspace(-9.0, 9.0, GRID)) if self.support.kind == "real" else np.linspace(-40.0, 40.0, GRID)
        grids = np.tile(line, (int(np.prod(self.shape)), 1))
        for _ in range(2):
            logs, _ = self._along(at, grids)
            grids = np.stack([_narrowed(grid, log) for grid, log in zip(grids, logs, strict=True)])
        with np.errstate(all="ignore"):
            return np.asarray(self._moment(*self._along(at, grids)))

    def question(self, function: Function, arrays: dict[str, Any]) -> Any:
        """The same of any log-joint, on a grid that is wide enough for most."""
        line, width = _line(self.support.kind, GRID)
        grids = np.tile(line, (int(np.prod(self.shape)), 1))
        return self._moment(*self._logs(function, arrays, grids), width)

    def _along(self, at: Point, grids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Log-densities and values by one program for all grids and moments."""
        key = ("on a line", self.name, self.support.kind, self.shape)
        return self.model.run(
            key, lambda function: lambda arrays, given: self._logs(function, arrays, given), at, grids
        )

    def _moment(self, logs: Any, values: Any, width: Any = 1.0) -> Any:
        weights = either.exp(logs - either.max(logs, axis=1, keepdims=True)) * width
        weights = weights / either.sum(weights, axis=1, keepdims=True)
        mean = either.sum(weights * values, axis=1)
        found = mean if self.form == "mean" else either.sum(weights * (values - mean[:, None]) ** 2, axis=1)
        return found.reshape(self.shape)

    def _logs(self, function: Function, arrays: dict[str, Any], grids: Any) -> tuple[Any, Any]:
        values, logs = opened(grids, self.support.kind)
        base = arrays[self.name].reshape(-1)

        def at(place: Any, value: Any) -> Any:
            moved = jnp.where(jnp.arange(base.shape[0]) == place, value, base)
            return function({**arrays, self.name: moved.reshape(self.shape)})

        along = jax.vmap(jax.vmap(at, (None, 0)), (0, 0))
        return along(jnp.arange(base.shape[0]), values) + logs, values


def _narrowed(grid: np.ndarray, logs: np.ndarray) -> np.ndarray:
    logs = np.where(np.isfinite(logs), logs, -np.inf)
    inside = np.flatnonzero(logs > np.max(logs) - DEPTH)
    if not inside.size:
        raise ValueError("The log-joint is finite nowhere on the line of its latent variable.")
    low, high = max(inside[0] - 1, 0), min(inside[-1] + 1, len(grid) - 1)
    return np.linspace(grid[low], grid[high], GRID)


def opened(u: Any, kind: str) -> tuple[Any, Any]:
    """Numbers of a support as functions of all real numbers, and the logarithm of their derivative."""
    if kind == "positive":
        return jnp.exp(u), u
    if kind == "unit":
        return jax.nn.sigmoid(u), jax.nn.log_sigmoid(u) + jax.nn.log_sigmoid(-u)
    return u, jnp.zeros_like(u)


class DensityAt:
    """The normalised density of a latent variable at a value that the point gives, its normaliser by quadrature."""

    wrt = ""

    def __init__(self, log_joint: Callable[..., Any], name: str, support: Support):
        self.model: Model = model_of(log_joint, frozenset((name,)))
        self.name, self.support = name, support
        self.key = ("density", name, support.kind, support.size)

    def at(self, point: Mapping[str, Any]) -> Point:
        """The point itself."""
        return dict(point)

    def answer(self, point: Mapping[str, Any]) -> np.ndarray:
        """p(z | the rest) at the z of the point."""
        return self.model.run(self.key, lambda function: lambda arrays: self.question(function, arrays), point)

    def question(self, function: Function, arrays: dict[str, Any]) -> Any:
        """The same, of any log-joint of the arrays."""
        nodes, weights = nodes_of(self.support)
        logs = jax.vmap(lambda z: function({**arrays, self.name: z}))(jnp.asarray(nodes)) + weights
        return jnp.exp(function(arrays) - jax.scipy.special.logsumexp(logs))


def nodes_of(support: Support) -> tuple[np.ndarray, np.ndarray]:
    """Nodes of a quadrature (M, ...) and the logarithms of their weights."""
    if support.discrete:
        return np.asarray(support.states), np.zeros(len(support.states))
    size = support.size or 1
    free = size - 1 if support.kind == "simplex" else size
    many = {1: 4001, 2: 301, 3: 61}.get(free)
    if many is None:
        raise ValueError(f"A density over {free} dimensions is not integrated; use at most 3.")
    line, spacing = _line(support.kind, many)
    grids = np.stack(np.meshgrid(*[line] * free, indexing="ij"), -1).reshape(-1, free)
    logs = np.sum(np.meshgrid(*[np.log(spacing)] * free, indexing="ij"), axis=0).reshape(-1)
    return _mapped(grids, logs, support)


def _line(kind: str, many: int) -> tuple[np.ndarray, np.ndarray]:
    """Nodes on the real line and their weights: even ones, or hyperbolic sines of even ones, which reach far."""
    if kind in ("positive", "unit", "simplex"):
        return np.linspace(-30.0, 30.0, many), np.full(many, 60.0 / (many - 1))
    even = np.linspace(-4.2, 4.2, many)
    return np.sinh(even), np.cosh(even) * 8.4 / (many - 1)


def _mapped(grids: np.ndarray, logs: np.ndarray, support: Support) -> tuple[np.ndarray, np.ndarray]:
    if support.kind == "simplex":
        return _broken(grids, logs)
    if support.kind == "positive":
        values, change = np.exp(grids), grids.sum(-1)
    elif support.kind == "unit":
        values = 1 / (1 + np.exp(-grids))
        change = -np.logaddexp(0, grids).sum(-1) - np.logaddexp(0, -grids).sum(-1)
    else:
        values, change = grids, 0.0
    return (values[:, 0] if support.size is None else values), logs + change


def _broken(grids: np.ndarray, logs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Points of the simplex by breaking a stick at logistic places."""
    left = np.zeros(len(grids))
    parts, change = [], np.zeros(len(grids))
    for column in range(grids.shape[1]):
        u = grids[:, column]
        share, rest = -np.logaddexp(0, -u), -np.logaddexp(0, u)
        parts.append(left + share)
        change += left + share + rest
        left = left + rest
    return np.exp(np.stack([*parts, left], -1)), logs + change
