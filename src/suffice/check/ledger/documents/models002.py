"""Document 002: backward pass of a convolution, Bayesian networks, Boltzmann machines, an Ising field."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np

from suffice.check.ledger.building import convolution, directed, ising
from suffice.check.ledger.entry import Built, Entry, Lost, formula
from suffice.check.problems.convolutions import CONVOLUTION
from suffice.check.problems.energies import ISING
from suffice.check.problems.mathematics import log_sum_exp
from suffice.runtime.either import jnp

CONV = "conv-pool-softmax"


_entry = partial(Entry, "002")


def _scores(generator: np.random.Generator) -> dict[str, Any]:
    t = int(generator.integers(5))
    x = generator.normal(size=5)
    y = np.exp(x) / np.exp(x).sum()
    return {
        "x": x,
        "y": y,
        "t": np.int64(t),
        "target": np.eye(5)[t],
        "J_bar": -np.eye(5)[t] / y[t],
        "S": np.diag(y) - np.outer(y, y),
    }


def loss(x: Any, target: Any) -> Any:
    return log_sum_exp(x) - target @ x


def _field(generator: np.random.Generator) -> dict[str, Any]:
    small = {name: generator.choice([-1.0, 1.0], (2, 3)) for name in "xy"}
    return {**ISING.draw(generator), **small}


BACKWARD_ROWS = (
    _entry(
        "P1 (1)-(7)",
        "a^l_gh = Σ_ab θ^l_ab input_(gs+a, hs+b) + θ_l, v^l_ef the largest of a cell, x = Σ w v + β, y = softmax(x)",
        Built(convolution.forward),
        "right",
        reading="the numbers of the equations as the inventory gives them; (8) is printed twice",
    ),
    _entry("P1", "∂J/∂β_i = y_i − 1[i = t]", formula("gradient", CONV, "delta", wrt="beta"), "right"),
    _entry("P1", "∂J/∂w^l_efi = δ_i v^l_ef", formula("gradient", CONV, "v[:, :, :, None] * delta", wrt="w"), "right"),
    _entry(
        "P1",
        "∂J/∂v^l_ef = Σ_i δ_i w^l_efi",
        formula("gradient", convolution.of_cells, "w @ delta", wrt="v", at=convolution.completed),
        "right",
    ),
    _entry(
        "P1",
        "∂J/∂a^l_gh = ∂J/∂v^l_(⌊g/p⌋⌊h/p⌋) · 1[arg max]",
        formula("gradient", convolution.of_maps, convolution.map_gradient, wrt="a", at=convolution.completed),
        "right",
    ),
    _entry(
        "P1 (9)-(16)",
        "∂y_j/∂x_i = y_j (1[i = j] − y_i)",
        formula("jacobian", lambda x: jnp.exp(x) / jnp.sum(jnp.exp(x)), "S", wrt="x", at=_scores),
        "right",
    ),
    _entry(
        "P1 (17)",
        "∂a_gh/∂θ_ab = Σ_{g,h} input_(gs+a, hs+b)",
        formula(
            "jacobian",
            convolution.one_map,
            "sum(windows, axis=(0, 1)) * ones(windows.shape)",
            wrt="theta",
            at=convolution.draw,
        ),
        "wrong",
        remark="one element a_gh gives the single value input_(gs+a, hs+b)",
    ),
    _entry(
        "P1 (17)",
        "∂a_gh/∂θ_ab = input_(gs+a, hs+b)",
        formula("jacobian", convolution.one_map, convolution.each_once, wrt="theta", at=convolution.draw),
        "right",
        reading="without the sum, which belongs into the chain rule",
    ),
    _entry(
        "P1 (19)",
        "∂J/∂x_i = ∂J/∂y Σ_j ∂y_j/∂x_i",
        formula("gradient", loss, "J_bar * sum(S, axis=0)", wrt="x", at=_scores),
        "wrong",
        reading="∂J/∂y taken out of the sum as printed",
        remark="Σ_j ∂J/∂y_j ∂y_j/∂x_i; the sum as printed is 0",
    ),
    _entry(
        "P1 (20)",
        "∂J/∂x_i = Σ_i ∂J/∂y_i ∂y_j/∂x_i",
        formula("gradient", loss, "J_bar @ diag(diag(S))", wrt="x", at=_scores),
        "wrong",
        reading="the sum over i leaves ∂J/∂y_i ∂y_i/∂x_i",
        remark="the sum runs over j",
    ),
    _entry(
        "P1 (19), (20)",
        "∂J/∂x_i = Σ_j ∂J/∂y_j ∂y_j/∂x_i",
        formula("gradient", loss, "S @ J_bar", wrt="x", at=_scores),
        "right",
        reading="with the sum over j around both",
    ),
    _entry(
        "P1 (21)",
        "∂J/∂θ^l_ab = Σ_{g,h} ∂J/∂a^l_gh Σ_{g,h} input_(gs+a, hs+b)",
        formula(
            "gradient",
            CONVOLUTION.objective,
            "sum(a_bar[:, :, :, None, None] * sum(windows, axis=(0, 1)), axis=(1, 2))",
            wrt="theta",
            at=convolution.with_windows,
        ),
        "wrong",
        reading="(17) put into (21); q, h read as g, h",
        remark="one sum over g and h around the product",
    ),
    _entry(
        "P1 (21)",
        "∂J/∂θ^l_ab = Σ_{g,h} ∂J/∂a^l_gh input_(gs+a, hs+b)",
        formula("gradient", CONV, convolution.kernel_gradient, wrt="theta"),
        "right",
        reading="with single sums",
    ),
    _entry(
        "P1",
        "∂J/∂θ_l, the bias of a convolution",
        formula("gradient", CONV, "sum(v_bar, axis=(1, 2))", wrt="bias"),
        "right",
        reading="not in the document: Σ_{g,h} ∂J/∂a^l_gh",
    ),
    _entry(
        "P1",
        "how the backward pass has to be modified",
        Lost("Not answered: sum over shared positions, send to the arg max only."),
        "not judged",
    ),
    _entry(
        "P1 (8)",
        "equation number (8), printed twice",
        Lost("Damaged numbering; m is both the true class and the number of classes."),
        "not judged",
    ),
)

NETWORK_ROWS = (
    _entry(
        "P2",
        "Σ_x Π_k p(x_k|pa_k) = 1",
        formula(
            "normalised", None, directed.joint, over=["a", "b", "c", "d"], support=directed.SUPPORT, at=directed.draw
        ),
        "right",
        reading="labels in topological order, so that x_K has no children, which is not stated",
    ),
    _entry(
        "P2 (26)",
        "the last factor can be pulled out for any labels",
        formula("normalised", None, directed.cycle, over=["a", "b"], support={"a": 2, "b": 2}, at=directed.draw_cycle),
        "wrong",
        reading="tried on a directed cycle",
        remark="true where the labels are in topological order",
    ),
    _entry(
        "P3",
        "p(h_j = 1|v) = σ(Σ_i W_ij v_i + a_j)",
        formula("conditional", "rbm", "sigmoid(v @ W + a)", latent={"h": "binary"}, form="prob_one"),
        "right",
    ),
    _entry(
        "P3",
        "p(v_i = 1|h) = σ(Σ_j W_ij h_j + b_i)",
        formula("conditional", "rbm", "sigmoid(W @ h + b)", latent={"v": "binary"}, form="prob_one"),
        "right",
        reading="the mirror image",
    ),
    _entry(
        "P3 (33)",
        "p(h|v) = Π_j p(h_j|v)",
        Built(directed.factorises),
        "right",
        reading="asserted from the Markov blanket; here by enumeration",
    ),
    _entry(
        "P3 (36)-(39)",
        "Z_j does not depend on v",
        Built(directed.normaliser_of_unit),
        "wrong",
        reading="what the notation suggests",
    ),
    _entry(
        "P3 (40)",
        "p(h_j = 1|v) = p(h_j = 1|v) / (p(h_j = 1|v) + p(h_j = 0|v))",
        Lost("A tautology: unnormalised values are meant."),
        "not judged",
        reading="a stray bracket in (44)",
    ),
    _entry(
        "P3",
        "F(v) = −b'v − Σ_j log(1 + exp(W_j'v + a_j))",
        formula("equal", "rbm-free-energy", "-b @ v - sum(log(1 + exp(v @ W + a)))"),
        "right",
        reading="used by P5",
    ),
)

FIELD_ROWS = (
    _entry(
        "P4 (50)",
        "ΔE_k = 2h − 2β Σ_{j ∈ ne(k)} x_j − 2η y_k",
        formula("equal", "ising-flip", "2 * h - 2 * beta * ne - 2 * eta * y"),
        "right",
        reading="each pair of neighbours once",
    ),
    _entry(
        "P4 (48), (49)",
        "E(x_k = 1) = h Σ_{i≠k} x_i + h − β Σ_{i≠k} x_i x_j − …, the sum over pairs with i ≠ k",
        Built(ising.literal_sums),
        "wrong",
        reading="only i ≠ k is excluded, so that pairs (i, k) stay",
        remark="j ≠ k as well; the result (50) is right",
    ),
    _entry(
        "P4 (47)",
        "p(x, y) = ½ exp(−E(x, y))",
        formula("normalised", None, ising.half, over=["x", "y"], support="spin", at=_field),
        "wrong",
        reading="literally",
        remark="1/Z, of which ½ is a damaged print",
    ),
    _entry("P4", "h = β = 0 gives x_i = y_i", Built(ising.copies), "right", reading="η > 0"),
    _entry("P4", "the same for η ≥ 0", Built(ising.ties), "wrong", remark="η > 0: at η = 0 all states tie"),
    _entry(
        "P4",
        "x_k ← −sign(ΔE_k) lowers the energy and restores the image",
        Built(ising.restores),
        "right",
        reading="named in the handout only",
    ),
    _entry(
        "P4",
        "E(h, β, η) with each pair counted twice",
        formula("equal", "ising", "h * sum(x) - beta * sum(x * ne) - eta * sum(x * y)"),
        "wrong",
        reading="not claimed; (50) depends on it",
        remark="each pair once",
    ),
)

ENTRIES = (*BACKWARD_ROWS, *NETWORK_ROWS, *FIELD_ROWS)
