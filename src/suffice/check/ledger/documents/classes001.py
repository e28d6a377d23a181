"""Document 001: counts of AlexNet, and Gaussian classes that share a diagonal covariance."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from suffice.check.ledger.building import alexnet
from suffice.check.ledger.entry import Built, Entry, Formula, Lost, formula
from suffice.check.problems.gaussians import CLASSES
from suffice.runtime.either import jnp

CLASS = "gaussian-classes"
STATES = {"y": ("states", lambda alpha: range(len(alpha)))}
INDICATOR = "sum((X - mu[y])**2, axis=0)"


_entry = partial(Entry, "001")


def connections(maps: Any, kernel: Any, channels: Any, groups: Any, height: Any) -> Any:
    return kernel**2 * channels / groups * maps * height**2


def _small(generator: np.random.Generator) -> dict[str, Any]:
    return {"x": generator.normal(size=2), "mu": generator.normal(size=2), "sigma2": generator.uniform(1.2, 1.9, 2)}


def log_density(x: Any, mu: Any, sigma2: Any) -> Any:
    return -0.5 * jnp.sum((x - mu) ** 2 / sigma2 + jnp.log(2 * np.pi * sigma2))


def slope_in_alpha(alpha: Any, Nk: Any) -> Any:
    return Nk / (Nk / jnp.sum(Nk)) + 0 * alpha


def _complete(generator: np.random.Generator) -> dict[str, Any]:
    return CLASSES.complete(CLASSES.draw(generator))


TABLE_ROWS = (
    *(_entry("1a", said, Built(part), expected, remark=remark) for said, part, expected, remark in alexnet.ROWS),
    _entry(
        "1a",
        "the whole table",
        Built(alexnet.whole_table),
        "wrong",
        remark="C2, C4 and C5: weights of all kernels, connections of two towers or of one",
    ),
)

REDUCING_ROWS = (
    _entry(
        "1b.i",
        "fewer parameters: reduce kernels from 96 to, say, 90 at every layer",
        Built(alexnet.fewer_kernels),
        "wrong",
        reading="that this is the way to it",
        remark="the fully connected layers hold 94 % of the weights: halving F1 saves ten times as much",
    ),
    _entry(
        "1b.i",
        "fully connected weights are in proportion to the number of kernels",
        Built(alexnet.proportional),
        "wrong",
        remark="true of the input of F1 alone",
    ),
    _entry(
        "1b.ii",
        "connections = weights × input size",
        formula("equal", connections, "kernel**2 * channels * maps * 224**2", at=alexnet.FIRST),
        "wrong",
        remark="weights × size of the output map, as in the document's own table",
    ),
    _entry(
        "1b.ii",
        "connections = weights × output map size",
        formula("equal", connections, "kernel**2 * channels / groups * maps * height**2", at=alexnet.FIRST),
        "right",
        reading="as its table has it",
    ),
    _entry(
        "1b.ii",
        "re-banking of kernels reduces connections",
        Lost("Damaged: what re-banking is cannot be read."),
        "not judged",
    ),
    _entry(
        "1b.ii",
        "fewer connections: fewer kernels",
        Built(alexnet.fewer_connections),
        "right",
        reading="96 to 90 kernels, or 90 of 96 in every layer",
    ),
)

LIKELIHOOD_ROWS = (
    _entry(
        "2a",
        "P(y=k|x) = α_k exp(−Σ_i (x_i − μ_ki)²/(2σ_i²)) / Σ_k' α_k' exp(−Σ_i (x_i − μ_k'i)²/(2σ_i²))",
        formula(
            "posterior",
            CLASS,
            "softmax(log(alpha) - sum((X[:, None, :] - mu)**2 / (2 * sigma2), axis=2), axis=1)",
            latent=STATES,
            form="table",
        ),
        "right",
        reading="the extra factor P(μ, σ) / P(μ, σ) cancels",
    ),
    _entry(
        "2b",
        "line 4: −Σ_n Σ_k' [log α_k' − ½ Σ_j log 2πσ_j² − Σ_j (x_nj − μ_k'j)²/(2σ_j²)]",
        formula(
            "equal",
            CLASS,
            "-sum(log(alpha) - 0.5 * sum(log(2 * pi * sigma2)) - sum((X[:, None, :] - mu)**2 / (2 * sigma2), axis=2))",
        ),
        "wrong",
        remark="the indicator 1[y_n = k'] is missing",
    ),
    _entry(
        "2b",
        "line 5: log(Π_i 1/(2πσ_i²))^(−½)",
        formula(
            "normalised",
            None,
            "exp(-0.5 * sum((x - mu)**2 / sigma2)) * exp(0.5 * sum(log(2 * pi * sigma2)))",
            over="x",
            support=("real", 2),
            at=_small,
        ),
        "wrong",
        reading="as the density it belongs to",
        remark="(Π 2πσ²)^(−½): the inverse power is printed",
    ),
    _entry(
        "2b",
        "(Π_i 2πσ_i²)^(−½) exp(−Σ_i (x_i − μ_i)²/(2σ_i²))",
        formula("equal", log_density, "-0.5 * sum((x - mu)**2 / sigma2) - 0.5 * sum(log(2 * pi * sigma2))", at=_small),
        "right",
        reading="line 5 with the right power",
    ),
    _entry(
        "2b",
        "line 6: −Σ_n [log α_y − ½ Σ_j log 2πσ_j² − Σ_j (x_nj − μ_yj)²/(2σ_j²)]",
        formula(
            "equal",
            CLASS,
            "-sum(log(alpha)[y]) + 0.5 * N * sum(log(2 * pi * sigma2)) + sum((X - mu[y])**2 / (2 * sigma2))",
        ),
        "right",
    ),
    _entry(
        "2b",
        "last line: −Σ_k' log α_k' − …",
        formula(
            "equal",
            CLASS,
            "-sum(log(alpha)) + 0.5 * N * sum(log(2 * pi * sigma2)) + sum((X - mu[y])**2 / (2 * sigma2))",
        ),
        "wrong",
        reading="unfinished: the rest taken from line 6",
        remark="−Σ_k N_k log α_k",
    ),
)

ESTIMATE_ROWS = (
    _entry(
        "2c",
        "∂ℓ/∂μ_kj = −Σ_n Σ_k' Σ_j 1[y_n = k'] (x_nj − μ_k'j)/σ_j²",
        formula("gradient", CLASS, "-sum(Y[:, :, None] * (X[:, None, :] - mu) / sigma2) * ones((K, D))", wrt="mu"),
        "wrong",
        remark="no sum over k' and j: the derivative is by one of them",
    ),
    _entry(
        "2c",
        "∂ℓ/∂σ_j² = −Σ_n Σ_k' Σ_j 1[y_n = k'] (−1/(2σ_j²) + (x_nj − μ_k'j)²/(2σ_j⁴))",
        formula("gradient", CLASS, f"sum(N / (2 * sigma2) - {INDICATOR} / (2 * sigma2**2)) * ones(D)", wrt="sigma2"),
        "wrong",
        remark="no sum over j",
    ),
    _entry(
        "2c",
        "∂ℓ/∂μ_kj = −Σ_n 1[y_n = k] (x_nj − μ_kj)/σ_j²",
        formula("gradient", CLASS, "-(Y.T @ X - Nk[:, None] * mu) / sigma2", wrt="mu"),
        "right",
        reading="the form used for the estimate",
    ),
    _entry(
        "2c",
        "∂ℓ/∂σ_j² = −Σ_n (−1/(2σ_j²) + (x_nj − μ_yj)²/(2σ_j⁴))",
        formula("gradient", CLASS, f"N / (2 * sigma2) - {INDICATOR} / (2 * sigma2**2)", wrt="sigma2"),
        "right",
        reading="the form used for the estimate",
    ),
    _entry(
        "2c",
        "μ_kj = Σ_n 1[y_n = k] x_nj / Σ_n 1[y_n = k]",
        formula("mle", CLASS, "Y.T @ X / Nk[:, None]", params=["mu"], sense="min"),
        "right",
    ),
    _entry(
        "2c",
        "middle line: Σ_n 1/(2σ_j⁴) = Σ_n (x_nj − μ_yj)²/(2σ_j⁴)",
        formula("gradient", CLASS, f"N / (2 * sigma2**2) - {INDICATOR} / (2 * sigma2**2)", wrt="sigma2"),
        "wrong",
        reading="the two sides as the two terms of the derivative",
        remark="1/(2σ_j²) on the left",
    ),
    _entry(
        "2c",
        "σ_j² = Σ_n (x_nj − μ_yj)² / N",
        Formula(
            "mle",
            CLASS,
            lambda X, Y, Nk, y: (Y.T @ X / Nk[:, None], ((X - (Y.T @ X / Nk[:, None])[y]) ** 2).mean(0)),
            {"params": ["mu", "sigma2"], "sense": "min"},
        ),
        "right",
        reading="with the means above; the result is right",
    ),
    _entry(
        "2d",
        "α maximises the NLL",
        formula("mle", CLASS, "Nk / N", params=["alpha"], sense="max"),
        "wrong",
        remark="it minimises it",
    ),
    _entry(
        "2d",
        "λ = N",
        formula("equal", slope_in_alpha, "N * ones(K)", at=_complete),
        "right",
        reading="argued from every class appearing",
        remark="Σ_k α_k λ = Σ_k N_k = N is the reason",
    ),
    _entry("2d", "α_k = N_k / N", formula("mle", CLASS, "Nk / N", params=["alpha"], sense="min"), "right"),
)

ENTRIES = (*TABLE_ROWS, *REDUCING_ROWS, *LIKELIHOOD_ROWS, *ESTIMATE_ROWS)
