"""Document 004: gradients of a mixture of Gaussians, the backward pass of a softmax."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from suffice.check.ledger.building import softmax
from suffice.check.ledger.entry import Built, Entry, Lost, formula
from suffice.check.problems.gaussian_mixtures import FULL
from suffice.runtime.either import jnp

MIXTURE = "gaussian-mixture"


_entry = partial(Entry, "004")


def _by_rows(X: Any, r: Any, means: Any, precisions: Any) -> Any:
    return np.stack([r[:, k] @ ((X - means[k]) @ precisions[k].T) for k in range(len(means))])


def slope_at_the_maximum(weights: Any, r: Any) -> Any:
    """Slope of Q in every weight at π_k = N_k / N."""
    return jnp.sum(r, 0) / (jnp.sum(r, 0) / r.shape[0]) + 0 * weights


def _complete(generator: np.random.Generator) -> dict[str, Any]:
    return FULL.complete(FULL.draw(generator))


def _two(generator: np.random.Generator) -> dict[str, Any]:
    return {"Z": generator.normal(size=(1, 2))}


def _of_two(Y_bar: Any, Z: Any) -> Any:
    e = np.exp(Z[0])
    R_bar = -(Y_bar[0, 0] * e[0] + Y_bar[0, 1] * e[1]) / e.sum() ** 2
    return np.array([[Y_bar[0, 0] * e[0] / e.sum() + R_bar * e[0], Y_bar[0, 1] * e[1] / e.sum() + R_bar * e[1]]])


MIXTURE_ROWS = (
    _entry(
        "1(1)",
        "∂ℓ/∂μ_k = Σ_n r_nk Σ_k⁻¹ (x_n − μ_k)",
        formula("gradient", MIXTURE, _by_rows, wrt="means"),
        "right",
        reading="r_nk is not defined: the responsibility; the middle line has (x − μ)·Σ⁻¹",
    ),
    _entry(
        "1(2)①",
        "∂ℓ/∂π_k = Σ_n N(x_n|μ_k, Σ_k)/P(x_n) = Σ_n r_nk",
        formula("gradient", MIXTURE, "sum(r, axis=0)", wrt="weights"),
        "wrong",
        remark="Σ_n r_nk / π_k: the factor 1/π_k is lost",
    ),
    _entry(
        "1(2)①",
        "∂ℓ/∂π_k = Σ_n N(x_n|μ_k, Σ_k)/P(x_n)",
        formula("gradient", MIXTURE, "sum(density / p[:, None], axis=0)", wrt="weights"),
        "right",
        reading="the side before the last",
    ),
    _entry(
        "1(2)②",
        "λ = N/K",
        formula("equal", slope_at_the_maximum, "N / K * ones(K)", at=_complete),
        "wrong",
        remark="λ = N",
    ),
    _entry(
        "1(2)②",
        "the gradient along the constraint is Σ_n r_nk − N/K",
        formula("gradient", MIXTURE, "sum(r, axis=0) - N / K", wrt="weights"),
        "wrong",
        remark="Σ_n r_nk / π_k − N; the printed one vanishes only where all N_k are equal",
    ),
    _entry(
        "1(2)②",
        "Σ_n r_nk / π_k − λ = 0, so π_k = N_k / N",
        formula("m_step", MIXTURE, "Nk / N", params=["weights"]),
        "right",
        reading="not in the document: what the Lagrangian gives",
    ),
    _entry(
        "1(2)②",
        "Σ_n r_nk − N/K in logits",
        formula("gradient", "gaussian-mixture-logits", "Nk - N / K", wrt="logits"),
        "wrong",
        reading="not claimed: the printed gradient as that of softmax logits",
        remark="N_k − N π_k; the same at π_k = 1/K alone",
    ),
)

SOFTMAX_ROWS = (
    _entry("2(a)", "computation graph", Lost("The figure is lost; 'REPLACEABLE' is noise of the page."), "not judged"),
    _entry(
        "2(b)",
        "two outputs: r̄ = −(ȳ1 e^z1 + ȳ2 e^z2)/r², z̄_j = ȳ_j e^z_j/r + r̄ e^z_j",
        formula("vjp", "softmax", _of_two, wrt="Z", cotangent="Y_bar", at=_two),
        "right",
    ),
    _entry(
        "2(b)",
        "z̄_j = ȳ_j e^z_j/r + r̄ e^z_j",
        formula(
            "vjp",
            "softmax",
            "Y_bar * exp(Z) / R - sum(Y_bar * exp(Z), axis=1, keepdims=True) / R**2 * exp(Z)",
            wrt="Z",
            cotangent="Y_bar",
        ),
        "right",
        reading="with the right r̄",
    ),
    _entry(
        "2(b)",
        "r̄ = −(∂E/∂y_i) e^z_i/r²",
        formula("vjp", "softmax", "Y_bar * exp(Z) / R - Y_bar * exp(Z) / R**2 * exp(Z)", wrt="Z", cotangent="Y_bar"),
        "wrong",
        reading="put into z̄; printed as −z̄_i ȳ_i e^z_i/r² as well",
        remark="Σ_i is missing",
    ),
    _entry(
        "2(c)",
        "the code, as printed",
        Built(softmax.compiles),
        "wrong",
        reading="softmax-VJP, Y-bar, no indentation, I_bar, a broken line",
        remark="it does not compile",
    ),
    _entry(
        "2(c)",
        "the code, names and lines repaired",
        formula("vjp", "softmax", softmax.repaired, wrt="Z", cotangent="Y_bar"),
        "right",
        reading="softmax_VJP, Y_bar in all places",
    ),
    _entry(
        "2(c)",
        "it can be used for any Z",
        Built(softmax.survives),
        "wrong",
        reading="Z of ±800",
        remark="subtract the largest of each row",
    ),
)

ENTRIES = (*MIXTURE_ROWS, *SOFTMAX_ROWS)
