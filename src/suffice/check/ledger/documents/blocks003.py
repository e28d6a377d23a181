"""Document 003: a network that sorts, the backward pass of a residual block, probabilistic PCA by EM."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from suffice.check.ledger.building import factors, networks
from suffice.check.ledger.entry import Built, Entry, Lost, drawn, formula, number
from suffice.check.problems.factors import ONE_FACTOR
from suffice.check.problems.networks import RESIDUAL
from suffice.runtime.either import jnp

BLOCK, PCA = "residual-block", "ppca"
LATENT = {"z": "real"}


_entry = partial(Entry, "003")


def _single(generator: np.random.Generator) -> dict[str, Any]:
    numbers = {
        name: generator.normal(size=(1,) * size) for name, size in (("x", 1), ("W", 2), ("b", 1), ("V", 2), ("c", 1))
    }
    return RESIDUAL.complete(numbers)


def _complete(generator: np.random.Generator) -> dict[str, Any]:
    return ONE_FACTOR.complete(ONE_FACTOR.draw(generator))


def _log_joint(x: Any, z: Any, u: Any, sigma2: Any) -> Any:
    noise = jnp.sum((x - u * z) ** 2) / sigma2 + x.shape[0] * jnp.log(2 * np.pi * sigma2)
    return -0.5 * (noise + z**2 + np.log(2 * np.pi))


def _row(generator: np.random.Generator) -> dict[str, Any]:
    point = ONE_FACTOR.draw(generator)
    return {
        "x": point["X"][0, :3],
        "u": point["u"][:3],
        "sigma2": point["sigma2"],
        "z": np.float64(generator.normal()),
        "J": 3,
    }


def log_density(x: Any, z: Any, u: Any, sigma2: Any) -> Any:
    return -0.5 * jnp.sum((x - u * z) ** 2) / sigma2 - 0.5 * x.shape[0] * jnp.log(2 * np.pi * sigma2)


SORT_ROWS = (
    _entry(
        "1",
        "min(x, y) = x − ReLU(x − y), max(x, y) = y + ReLU(x − y)",
        formula("equal", "sort-two", "array([X[:, 0] - relu(X[:, 0] - X[:, 1]), X[:, 1] + relu(X[:, 0] - X[:, 1])]).T"),
        "right",
    ),
    _entry(
        "1",
        "if x is 've', x = ReLU(x); else x = −ReLU(−x)",
        formula("equal", lambda x: x, "relu(x) - relu(-x)", at=drawn(x=number((7,), -2.0, 2.0))),
        "right",
        reading="'ve' read as '+ve'; both bullets as x = ReLU(x) − ReLU(−x)",
    ),
    _entry(
        "1",
        "the network with the weights printed gives (min, max)",
        Built(networks.sorts),
        "right",
        reading="hidden units ReLU(−x1), ReLU(x1), ReLU(x1 − x2), ReLU(x2), ReLU(−x2), biases 0; the diagram is lost",
    ),
    _entry(
        "1",
        "five hidden units are needed",
        Built(networks.sorts_with_four),
        "wrong",
        reading="not claimed; four suffice",
    ),
)

BLOCK_ROWS = (
    _entry("2a", "computation graph", Lost("The figure is lost; its text agrees with the block."), "not judged"),
    _entry(
        "2b",
        "∂ℓ/∂V = ȳ φ'(r) h",
        formula("vjp", BLOCK, "y_bar * dr * h", wrt="V", cotangent="y_bar"),
        "wrong",
        reading="literally, as a product of elements, it has n numbers",
        remark="the outer product (ȳ φ'(r)) hᵀ",
    ),
    _entry(
        "2b",
        "∂ℓ/∂V = (ȳ φ'(r)) hᵀ",
        formula("vjp", BLOCK, "outer(y_bar * dr, h)", wrt="V", cotangent="y_bar"),
        "right",
        reading="with the outer product that is meant",
    ),
    _entry("2b", "∂ℓ/∂c = ȳ φ'(r)", formula("vjp", BLOCK, "y_bar * dr", wrt="c", cotangent="y_bar"), "right"),
    _entry(
        "2b",
        "∂ℓ/∂W = ȳ φ'(z) x [φ'(r) V + I]",
        formula("vjp", BLOCK, "outer(y_bar @ (diag(dz) @ (diag(dr) @ V + eye(n))), x)", wrt="W", cotangent="y_bar"),
        "wrong",
        reading="boxed, with outer product and transposes",
        remark="φ'(z) comes after [φ'(r) V + I]",
    ),
    _entry(
        "2b",
        "∂ℓ/∂b = ȳ φ'(z) [φ'(r) V + I]",
        formula("vjp", BLOCK, "y_bar @ (diag(dz) @ (diag(dr) @ V + eye(n)))", wrt="b", cotangent="y_bar"),
        "wrong",
        reading="boxed, row by matrix",
        remark="φ'(z) comes after [φ'(r) V + I]",
    ),
    _entry(
        "2b",
        "∂ℓ/∂b = ȳ φ'(z) [φ'(r) V + I] for n = 1",
        formula(
            "vjp", RESIDUAL.objective, "(y_bar * dz) @ (diag(dr) @ V + eye(1))", wrt="b", cotangent="y_bar", at=_single
        ),
        "right",
        reading="numbers commute",
    ),
    _entry(
        "2b",
        "∂ℓ/∂b = ȳ φ'(r) V φ'(z) + ȳ φ'(z)",
        formula("vjp", BLOCK, "(y_bar * dr) @ V * dz + y_bar * dz", wrt="b", cotangent="y_bar"),
        "right",
        reading="the line that is not boxed; dv, dz and dh mixed up in the print",
    ),
    _entry(
        "2b",
        "∂ℓ/∂x",
        formula(
            "vjp",
            BLOCK,
            "y_bar + V.T @ (y_bar * dr) + W.T @ ((y_bar + V.T @ (y_bar * dr)) * dz)",
            wrt="x",
            cotangent="y_bar",
        ),
        "right",
        reading="not in the document: h̄ + Wᵀz̄",
    ),
)

PCA_ROWS = (
    _entry(
        "3a",
        "p(z|x) = N(u'x/(σ² + u'u), σ²/(σ² + u'u))",
        formula(
            "posterior",
            PCA,
            lambda X, u, sigma2: (X @ u / (sigma2 + u @ u), sigma2 / (sigma2 + u @ u) * np.ones(len(X))),
            latent=LATENT,
            form="mean_var",
        ),
        "right",
    ),
    _entry("3a", "m = u'x/(σ² + u'u), s = σ²/(σ² + u'u) + m²", Built(factors.moments), "right"),
    _entry(
        "3a",
        "z = u'x",
        formula(
            "posterior",
            PCA,
            lambda X, u, sigma2: (X @ u, sigma2 / (sigma2 + u @ u) * np.ones(len(X))),
            latent=LATENT,
            form="mean_var",
        ),
        "wrong",
        reading="as the posterior mean",
        remark="E[z|x] = u'x/(σ² + u'u)",
    ),
    _entry(
        "3a",
        "x|z ~ N(uz, σ²)",
        Lost("A number in the place of a matrix: σ² I is meant; zu or uz is the same for one factor."),
        "not judged",
        reading="N(uz, σ² I)",
    ),
    _entry(
        "3b",
        "p(x|z) = 1/((2π)^(J/2) σ) exp(−‖x − uz‖²/(2σ²))",
        formula(
            "equal",
            log_density,
            "-0.5 * sum((x - u * z)**2) / sigma2 - J / 2 * log(2 * pi) - log(sqrt(sigma2))",
            at=_row,
        ),
        "wrong",
        reading="its logarithm",
        remark="σ^J: the evidence is off by σ^(J−1)",
    ),
    _entry(
        "3b",
        "p(x|z) = 1/((2π)^(J/2) σ^J) exp(−‖x − uz‖²/(2σ²))",
        formula(
            "equal",
            log_density,
            "-0.5 * sum((x - u * z)**2) / sigma2 - J / 2 * log(2 * pi) - J * log(sqrt(sigma2))",
            at=_row,
        ),
        "right",
        reading="with the power that belongs there",
    ),
    _entry("3b", "u = Σ_i m_i x_i / Σ_i s_i", formula("m_step", PCA, "X.T @ m / sum(s)", params=["u"]), "right"),
    _entry(
        "3b",
        "u = Σ_i x^(i)T m^(i) / Σ_i s_i",
        formula("m_step", PCA, "(m @ X)[None] / sum(s)", params=["u"]),
        "right up to convention",
        reading="literally a row of 1 x J",
        remark="x^(i), a column of J, as u is",
    ),
    _entry(
        "3b",
        "EM converges to √(λ1 − σ²) times the first eigenvector",
        Built(factors.converges),
        "right",
        reading="the fixed point of both steps",
    ),
)

ENTRIES = (*SORT_ROWS, *BLOCK_ROWS, *PCA_ROWS)
