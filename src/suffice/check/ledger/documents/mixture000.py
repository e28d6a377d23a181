"""Document 000, first problem: mixtures of Bernoullis, by expectation-maximisation."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from suffice.check.ledger.entry import Entry, formula
from suffice.check.problems.discrete_mixtures import BERNOULLI
from suffice.runtime.either import jnp

MIXTURE = "bernoulli-mixture"
STATES = {"z": ("states", lambda weights: range(len(weights)))}


_entry = partial(Entry, "000")


def _one_row(generator: np.random.Generator) -> dict[str, Any]:
    return {"x": (generator.random(5) < 0.5) * 1.0, "q": generator.uniform(0.2, 0.8, 5)}


def _complete(generator: np.random.Generator, rows: int = 11) -> dict[str, Any]:
    point = BERNOULLI.complete(BERNOULLI.draw(generator))
    z = generator.integers(0, 3, rows)
    return {**point, "z": z, "Z": np.eye(3)[z]}


def weighted_derivative(X: Any, r: Any, probabilities: Any) -> Any:
    """p (1 - p) times the derivative of Q in p, term by term of the sum over rows."""
    return jnp.sum(r[:, :, None] * (X[:, None] * (1 - probabilities) - probabilities * (1 - X[:, None])), 0)


def slope_in_weights(r: Any, weights: Any) -> Any:
    return jnp.sum(r, 0) / (jnp.sum(r, 0) / r.shape[0]) + 0 * weights


EXPECTED = BERNOULLI.expected

ENTRIES = (
    _entry(
        "1a.i",
        "P(x|q) = Π_d q_d^x_d (1 − q_d)^(1 − x_d)",
        formula(
            "normalised", None, "exp(sum(x * log(q) + (1 - x) * log(1 - q)))", over="x", support="binary", at=_one_row
        ),
        "right",
    ),
    _entry(
        "1a.ii",
        "P(x|p, π) = Σ_k π_k P(x|p_k)",
        formula(
            "equal",
            lambda X, weights, probabilities: (
                jnp.exp(X @ jnp.log(probabilities).T + (1 - X) @ jnp.log(1 - probabilities).T) @ weights
            ),
            "sum(weights * density, axis=1)",
            at=_complete,
        ),
        "right",
    ),
    _entry(
        "1a.iii",
        "log P(D|π, p) = Σ_{i=1}^{D} log Σ_k π_k P(x_i|p_k)",
        formula("equal", MIXTURE, "sum(log(density @ weights)[:D])"),
        "wrong",
        remark="the sum runs over the n rows; D is the number of columns",
    ),
    _entry(
        "1a.iii",
        "log P(D|π, p) = Σ_{i=1}^{n} log Σ_k π_k P(x_i|p_k)",
        formula("equal", MIXTURE, "sum(log(density @ weights))"),
        "right",
        reading="the limit D read as n, as in every later sum",
    ),
    _entry(
        "1b.i",
        "P(z|π) = Π_k π_k^z_k",
        formula("equal", lambda weights, z: jnp.log(weights)[z], "sum(Z * log(weights), axis=1)", at=_complete),
        "right",
    ),
    _entry(
        "1b.ii",
        "P(x|z, p) = Π_k P(x|p_k)^z_k",
        formula(
            "equal",
            lambda X, z, probabilities: jnp.sum(
                X * jnp.log(probabilities)[z] + (1 - X) * jnp.log(1 - probabilities)[z], 1
            ),
            "sum(Z * log(density), axis=1)",
            at=_complete,
        ),
        "right",
    ),
    _entry(
        "1b.iii",
        "P(Z, D|p, π) = Π_{i=1}^{D} Π_k [π_k P(x_i|p_k)]^z_ik",
        formula("equal", BERNOULLI.log_joint, "sum((Z * (log(weights) + log(density)))[:D])", at=_complete),
        "wrong",
        remark="the product runs over the n rows",
    ),
    _entry(
        "1b.iii",
        "P(Z, D|p, π) = Π_{i=1}^{n} Π_k [π_k P(x_i|p_k)]^z_ik",
        formula("equal", BERNOULLI.log_joint, "sum(Z * (log(weights) + log(density)))", at=_complete),
        "right",
        reading="the limit D read as n",
    ),
    _entry(
        "1b.iv",
        "P(z_k = 1|x, p, π) = π_k P(x|p_k) / Σ_j π_j P(x|p_j)",
        formula("posterior", MIXTURE, "weights * density / (density @ weights)[:, None]", latent=STATES, form="table"),
        "right",
        reading="the middle line conditions on z_k where z_k = 1 is meant",
    ),
    _entry(
        "1b.v",
        "E[log P(Z, D)] = Σ_i Σ_k η_ik [log π_k + Σ_d x_id log p_kd + (1 − x_id) log(1 − p_kd)]",
        formula(
            "equal",
            EXPECTED,
            "sum(r * (log(weights) + X @ log(probabilities).T + (1 - X) @ log(1 - probabilities).T))",
            at=_complete,
        ),
        "right",
    ),
    _entry(
        "1b.v",
        "E[log P(Z, D)] = log P(Z, D)",
        formula("equal", EXPECTED, "sum(Z * (log(weights) + log(density)))", at=_complete),
        "wrong",
        reading="first line of the derivation",
        remark="the expectation puts η_ik in the place of z_ik",
    ),
    _entry(
        "1b.v",
        "(Σ_i Σ_k η_ik log π_k) + Σ_k η_ik Σ_d (x_id log p_kd + …), the sum over rows around the first term alone",
        formula("equal", EXPECTED, "sum(r * log(weights)) + sum((r * log(density))[-1])", at=_complete),
        "wrong",
        reading="the brackets of the second line taken literally, i the last row",
        remark="the sum over rows covers both terms",
    ),
    _entry(
        "1c.i",
        "dQ/dp_k = Σ_i η_ik [x_i/p_k + (1 − x_i)/(1 − p_k)]",
        formula(
            "gradient",
            EXPECTED,
            "r.T @ X / probabilities + r.T @ (1 - X) / (1 - probabilities)",
            wrt="probabilities",
            at=_complete,
        ),
        "wrong",
        remark="the second term has a minus",
    ),
    _entry(
        "1c.i",
        "Σ_i η_ik [x_i (1 − p_k) + p_k (1 − x_i)]",
        formula(
            "equal",
            weighted_derivative,
            "r.T @ X * (1 - probabilities) + probabilities * (r.T @ (1 - X))",
            at=_complete,
        ),
        "wrong",
        reading="the same line times p_k (1 − p_k)",
        remark="the second term has a minus",
    ),
    _entry(
        "1c.i",
        "Σ_i η_ik (x_i − p_k)",
        formula("equal", weighted_derivative, "r.T @ X - Nk[:, None] * probabilities", at=_complete),
        "right",
    ),
    _entry(
        "1c.i",
        "p_k = Σ_i η_ik x_i / Σ_i η_ik",
        formula("m_step", MIXTURE, "r.T @ X / Nk[:, None]", params=["probabilities"]),
        "right",
        reading="a slip in two lines before, the result is right",
    ),
    _entry(
        "1c.i",
        "the root of the derivative as printed, p_k = A / (2A − N_k), A = Σ_i η_ik x_i",
        formula("m_step", MIXTURE, "r.T @ X / (2 * r.T @ X - Nk[:, None])", params=["probabilities"]),
        "wrong",
        reading="what the printed + would lead to; not in the document",
        remark="it lies outside [0, 1]",
    ),
    _entry(
        "1c.ii",
        "π_k = Σ_i η_ik / Σ_k Σ_i η_ik",
        formula("m_step", MIXTURE, "Nk / sum(Nk)", params=["weights"]),
        "right",
    ),
    _entry(
        "1c.ii",
        "λ = Σ_k Σ_i η_ik = n",
        formula("equal", slope_in_weights, "N * ones(K)", at=_complete),
        "right",
        reading="λ is the slope of Q in every π_k at the maximum",
    ),
)
