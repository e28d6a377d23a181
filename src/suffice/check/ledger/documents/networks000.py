"""Document 000, second and third problem: backward passes of numbers, shapes of convolutions, a residual network."""

from __future__ import annotations

from functools import partial
from typing import Any

from suffice.check.ledger.building import networks, shapes
from suffice.check.ledger.entry import Built, Entry, Lost, Measured, drawn, formula, number
from suffice.check.problems.mathematics import sigmoid
from suffice.runtime.either import jnp

_entry = partial(Entry, "000")


def size(n: Any, k: Any, s: Any, p: Any) -> Any:
    return jnp.floor((n + 2 * p - k) / s) + 1


SIGMOID = drawn(u=number((5,), -2.0, 2.0))
ELEMENTS = {"at": SIGMOID}

NETWORK_ROWS = (
    _entry("2a", "computation graph of f = w3 σ(w2 σ(w1 x))", Lost("The figure is lost."), "not judged"),
    _entry(
        "2b",
        "σ'(u) = e^−u / (1 + e^−u)²",
        formula("equal", lambda u: sigmoid(u) * (1 - sigmoid(u)), "exp(-u) / (1 + exp(-u))**2", **ELEMENTS),
        "right",
    ),
    _entry(
        "2b",
        "σ'(u) = σ(u) (1 − σ(u))",
        formula("gradient", lambda u: jnp.sum(sigmoid(u)), "sigmoid(u) * (1 - sigmoid(u))", wrt="u", **ELEMENTS),
        "right",
    ),
    _entry(
        "2c",
        "the backward pass is the calculation of the change in weights using some gradient descent method",
        Lost(
            "A definition, no formula: the backward pass computes gradients by the chain rule, the update is another step."
        ),
        "not judged",
    ),
    _entry("2d", "∂f/∂w3 = σ(x2)", formula("gradient", "scalar-network", "s2", wrt="w3"), "right"),
    _entry(
        "2e",
        "∂f/∂w2 = w3 σ1 σ2 (1 − σ2)",
        formula("gradient", "scalar-network", "w3 * s1 * s2 * (1 - s2)", wrt="w2"),
        "right",
    ),
    _entry(
        "2f",
        "∂f/∂w1 = w3 w2 x σ1 (1 − σ1) σ2 (1 − σ2)",
        formula("gradient", "scalar-network", "w3 * w2 * x * s1 * (1 - s1) * s2 * (1 - s2)", wrt="w1"),
        "right",
    ),
    _entry(
        "2d-f",
        "∂f/∂w2 from what is stored: w3 σ1 d3 (1 − d3), d3 = ∂f/∂w3",
        formula("gradient", "scalar-network", "w3 * s1 * s2 * (1 - s2)", wrt="w2"),
        "right",
        reading="d3 = s2",
    ),
    _entry(
        "2d-f",
        "∂f/∂w1 from what is stored: ∂f/∂w2 · w2 x (1 − σ1)",
        formula("gradient", "scalar-network", "(w3 * s1 * s2 * (1 - s2)) * w2 * x * (1 - s1)", wrt="w1"),
        "right",
    ),
    _entry(
        "2d-f",
        "in the order w3, w2, w1, the reverse of the forward pass",
        Built(networks.reverse_order),
        "right",
        remark="x, w2 and w3 have to be kept as well",
    ),
)

SHAPE_ROWS = (
    _entry(
        "2g", "28 → 20 maps of 24 x 24 → 12 x 12 by kernels of 5 and cells of 2", Built(shapes.lenet_first), "right"
    ),
    _entry(
        "2h",
        "12 → 8 takes kernel 5 and stride 1",
        Built(shapes.only_five),
        "right",
        reading="without padding; no other pair gives 8",
    ),
    _entry("2h", "50 x 8 x 8, then 50 x 4 x 4", Built(shapes.lenet_second), "right"),
    _entry(
        "2h",
        "output size = (input size) * (kernel size) + 1",
        formula(
            "equal",
            size,
            "n * k + 1",
            at=[
                {"n": 12.0, "k": 5.0, "s": 1.0, "p": 0.0},
                {"n": 28.0, "k": 5.0, "s": 1.0, "p": 0.0},
                {"n": 11.0, "k": 3.0, "s": 1.0, "p": 0.0},
            ],
        ),
        "wrong",
        remark="(input size) − (kernel size) + 1 with stride 1 and no padding",
    ),
    _entry(
        "2h",
        "output size = (input size) − (kernel size) + 1",
        formula(
            "equal",
            size,
            "n - k + 1",
            at=[
                {"n": 12.0, "k": 5.0, "s": 1.0, "p": 0.0},
                {"n": 28.0, "k": 5.0, "s": 1.0, "p": 0.0},
                {"n": 11.0, "k": 3.0, "s": 1.0, "p": 0.0},
            ],
        ),
        "right",
        reading="* read as −",
    ),
    _entry(
        "2h",
        "channel dimension of the second convolution: 50",
        Built(shapes.second_kernel),
        "right",
        reading="50 out of 20, weights 50 x 20 x 5 x 5; the 20 in are not mentioned",
    ),
)

CAPACITY, PICTURE = "resnet_capacity", ("capacity.png",)

RESIDUAL_ROWS = (
    _entry("3a", "code of the block", Lost("Handed in elsewhere; the specification is built here."), "not judged"),
    _entry(
        "3a",
        "Block(x) = ReLU(x + f(x)) with scales of 0 is ReLU(x)",
        Built(networks.silent_block),
        "right",
        reading="of the handout's specification",
    ),
    _entry("3b", "code of the network", Lost("Handed in elsewhere; the specification is built here."), "not judged"),
    _entry(
        "3b",
        "shapes 28 → 14 → 7 → 7 → 1 and 18 C² + 25 C + 10 parameters",
        Built(networks.residual_network),
        "right",
        reading="of the handout's specification",
    ),
    _entry(
        "3c",
        "C = 1, 2, 4: training and test error nearly indistinguishable",
        Measured(CAPACITY, "with 1, 2 and 4 channels", "does not hold: 0.065 on average", PICTURE),
        reading="they differ by less than 0.02",
    ),
    _entry(
        "3c",
        "the gap seems to grow with C",
        Measured(CAPACITY, "the gap between test and training error grows", "holds: by 0.108 ± 0.006", PICTURE),
    ),
    _entry(
        "3c",
        "the y-axis is labelled accuracy",
        Lost("The author says that error is meant; the curves are lost."),
        "not judged",
        reading="error, as the author says",
    ),
    _entry(
        "3d",
        "C = 64: curves much smoother",
        Measured(CAPACITY, "the test error moves less", "holds", PICTURE),
        reading="the test error moves less from epoch to epoch in the second half",
    ),
    _entry(
        "3d",
        "very accurate after the first epoch",
        Measured(CAPACITY, "with 64 channels the test error is below 0.1", "holds: 0.018", PICTURE),
        reading="an error below 0.1 after as many steps as an epoch of MNIST has",
    ),
    _entry(
        "3d",
        "the gap is much more visible",
        Measured(CAPACITY, "the gap is larger with 64 channels", "does not hold: 0.110 ± 0.004 smaller", PICTURE),
    ),
    _entry(
        "3d",
        "training error much closer to 0 than test error",
        Measured(CAPACITY, "with 64 channels the training error", "holds: at 0", PICTURE),
        reading="it ends below half the test error",
    ),
    _entry(
        "3",
        "final training and test loss: 1.85 and 1.87 for C = 1, 1.0 and 1.25 for 2, 0.1 and 0.55 for 4, 0.000 and 0.061 for 64",
        Lost(
            "Read off a public figure of another run, made in training mode; docs/experiments.md has 1.72 and 1.77, 1.05 and "
            "1.25, 0.11 and 0.65, 0.0003 and 0.063."
        ),
        "not judged",
        reading="a range to compare with, no claim of the document",
    ),
)

ENTRIES = (*NETWORK_ROWS, *SHAPE_ROWS, *RESIDUAL_ROWS)
