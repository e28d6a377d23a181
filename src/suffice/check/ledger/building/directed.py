"""Joint distributions of Bayesian networks, of a directed cycle, and of a Boltzmann machine."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.check.problem import Point, call
from suffice.check.problems.directed import NETWORK
from suffice.check.problems.energies import RBM
from suffice.check.problems.mathematics import simplex

SUPPORT = {"a": 2, "b": 3, "c": 4, "d": 5}


def draw(generator: np.random.Generator) -> Point:
    """States and tables of the network."""
    return NETWORK.draw(generator)


def joint(a: Any, b: Any, c: Any, d: Any, p_a: Any, p_b: Any, p_c: Any, p_d: Any) -> Any:
    """p(a) p(b|a) p(c|a) p(d|b, c)."""
    return p_a[a] * p_b[a, b] * p_c[a, c] * p_d[b, c, d]


def draw_cycle(generator: np.random.Generator) -> Point:
    """Two nodes, each the parent of the other."""
    return {"a": 0, "b": 1, "p_a": simplex(generator, 2, 2), "p_b": simplex(generator, 2, 2)}


def cycle(a: Any, b: Any, p_a: Any, p_b: Any) -> Any:
    """p(a|b) p(b|a)."""
    return p_a[b, a] * p_b[a, b]


def _hidden_states(size: int) -> np.ndarray:
    return np.array(list(np.ndindex(*(2,) * size)), float)


def factorises() -> tuple[bool, str]:
    """p(h|v) by enumeration against the product of its marginals."""
    point = RBM.draw(np.random.default_rng(0))
    states = _hidden_states(len(point["h"]))
    weights = np.exp([call(RBM.log_joint, {**point, "h": h}) for h in states]) if RBM.log_joint else np.ones(1)
    chances = weights / weights.sum()
    ones = chances @ states
    product = np.prod(np.where(states == 1, ones, 1 - ones), axis=1)
    worst = float(np.abs(product - chances).max())
    return worst < 1e-14, f"p(h|v) and the product of p(h_j|v) differ by {worst:.1g} over {len(states)} states"


def normaliser_of_unit() -> tuple[bool, str]:
    """Z_j = 1 + exp(W_j'v + a_j) for two visible states."""
    point = RBM.draw(np.random.default_rng(0))
    first, second = (1 + np.exp(v @ point["W"] + point["a"]) for v in (np.zeros(5), np.ones(5)))
    return bool(np.allclose(first, second)), f"Z_1 = {first[0]:.4f} for v = 0 and {second[0]:.4f} for v = 1"
