"""Kinds of mistakes that are named, each on a model that no rule knows of."""

import re

import jax.numpy as jnp
import numpy as np
import pytest

from suffice.check import check_derivation, check_equal, check_gradient, check_map, check_mle, check_posterior


def draw(generator, rows=5):
    root = generator.normal(size=(3, 3))
    return {
        "X": generator.normal(size=(rows, 3)),
        "Z": generator.uniform(0.3, 1.9, (rows, 3)),
        "q": generator.uniform(0.2, 0.8, rows),
        "v": generator.normal(size=3),
        "B": generator.normal(size=(3, 3)),
        "S": root @ root.T + np.eye(3),
        "c": generator.uniform(1.2, 2.4),
        "n": rows - 2,
    }


GENERATOR = np.random.default_rng(3)
AT = [draw(GENERATOR, rows) for rows in (5, 5, 5, 7)]
"""A formula right for one number of rows alone is told at the last one."""


def slope(objective, claim):
    return check_gradient(objective, "v", claim, at=AT)


def value(function, claim):
    return check_equal(function, claim, at=AT)


def bent(v, B, c):
    return v @ B @ v + c**2 * jnp.sum(jnp.sin(v))


def scaled(v, S, c):
    return -0.5 * v @ jnp.linalg.inv(S) @ v + c * v[0]


def hinge(X, v):
    return jnp.sum(jnp.abs(X @ v))


NAMED = {
    "a matrix taken as symmetric": (lambda: slope(bent, "2 * B @ v + c**2 * cos(v)"), "right only where B is symmetric"),
    "a matrix taken as diagonal": (
        lambda: slope(scaled, "-v / diag(S) + c * array([1, 0, 0])"),
        "right only where S is (diagonal|the identity)",
    ),
    "a number left out of two places": (
        lambda: value(lambda v, c: jnp.sum(v) * c + jnp.exp(c) * v[0], f"sum(v) + {np.e} * v[0]"),
        "leaves out c: it is right only where c is 1",
    ),
    "the argument for the slope of |x|": (
        lambda: slope(hinge, "X.T @ (X @ v)"),
        "absolute value at X @ v is taken as the argument",
    ),
    "the first rows alone": (
        lambda: value(lambda X, v: jnp.sum(jnp.tanh(X @ v)), "sum(tanh(X @ v)[:n])"),
        "takes the elements :n alone, where all are right",
    ),
    "parts of two arrays": (
        lambda: value(lambda X, q: q @ jnp.exp(X), "q[1:] @ exp(X)[1:]"),
        "takes the elements 1: alone.* and .*takes the elements 1: alone",
    ),
    "a mean for the first element": (lambda: value(lambda Z: Z[0], "mean(Z, axis=0)"), "the first element, Z\\[0\\], is right"),
    "a quotient of sums": (
        lambda: value(lambda Z, q: jnp.sum(Z / q[:, None], 0), "sum(Z, axis=0) / sum(q)"),
        "quotient of two sums",
    ),
    "a complement": (lambda: value(lambda Z, q: (q * (1 - q)) @ Z, "q @ Z"), "lacks the factor 1 - q|1 - q"),
    "a factor wherever it stands": (
        lambda: value(lambda X, Z: X * Z / jnp.sum(X * Z, 1, keepdims=True), "X / sum(X, axis=1, keepdims=True)"),
        "X lacks the factor Z wherever it stands",
    ),
    "a factor at the same index": (
        lambda: value(lambda X, Z: X[-1] * Z[-1], "X[-1]"),
        "lacks the factor Z\\[-1\\]|last element",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", NAMED)
def test_kinds_are_named(kind):
    ask, said = NAMED[kind]
    report = ask()
    assert report.verdict == "wrong"
    assert report.findings
    assert re.search(said, report.message), report.message


def gamma(generator):
    return {"rate": generator.uniform(0.5, 2), "k": generator.uniform(2, 5), "s": generator.uniform(1, 3)}


def log_gamma(rate, k, s):
    return (k - 1) * jnp.log(rate) - s * rate


def test_means_and_modes_are_told_apart():
    on = {"rate": "positive"}
    assert check_map(log_gamma, ["rate"], "(k - 1) / s", constraints=on, at=gamma)
    report = check_map(log_gamma, ["rate"], "k / s", constraints=on, at=gamma)
    assert report.findings[0].kind == "mean for mode"
    moments = {"latent": {"rate": "positive"}, "form": "mean_var", "at": gamma}
    assert check_posterior(log_gamma, claim=("k / s", "k / s**2"), **moments)
    report = check_posterior(log_gamma, claim=("(k - 1) / s", "k / s**2"), **moments)
    assert report.findings[0].kind == "mode for mean"


def test_a_prior_that_is_left_out_is_told():
    def log_posterior(p, heads, tails, a, b):
        return (heads + a - 1) * jnp.log(p) + (tails + b - 1) * jnp.log(1 - p)

    def throws(generator):
        heads, tails = generator.poisson(6, 2) + 1.5
        return {"p": 0.4, "heads": heads, "tails": tails, "a": generator.uniform(2, 4), "b": generator.uniform(2, 4)}

    report = check_map(log_posterior, ["p"], "heads / (heads + tails)", constraints={"p": "unit"}, at=throws)
    assert "leaves out a and b" in report.message
    assert "prior" in report.message


def test_pairs_as_if_independent_are_told():
    def joint(z, A, w):
        return jnp.log(w)[z[0]] + jnp.log(A)[z[0], z[1]]

    def chain(generator):
        return {"A": generator.dirichlet([2, 2, 2], 3), "w": generator.dirichlet([2, 2, 2]), "z": np.array([0, 1])}

    def independent(A, w):
        return (w[:, None] * (w @ A))[None]

    ask = {"latent": {"z": 3}, "form": "pairwise", "at": chain}
    assert check_posterior(joint, claim=lambda A, w: (w[:, None] * A)[None], **ask)
    assert check_posterior(joint, claim=independent, **ask).findings[0].kind == "independence"


def test_an_explanation_holds_at_every_size():
    """The factor of an edge is 1/N at every size, and not the number that 1/N is at one."""

    def objective(X, v, c):
        return jnp.sum(jnp.exp(X @ v)) + c * jnp.sum(v**3)

    def claim(X, v, c):
        for _ in range(1):
            found = X.T @ np.exp(X @ v) / len(X) + 3 * c * v**2
        return found

    report = check_gradient(objective, "v", claim, at=AT)
    assert len({point["X"] for point in report.points}) == 2
    assert "1/" in report.message
    assert "0.2" not in report.message


def test_a_size_that_no_variable_holds_is_a_factor():
    lines = ["sum((v - mean(v))**2)", "sum(v**2) - mean(v)**2"]
    report = check_derivation(lines, at=lambda generator: {"v": generator.normal(size=int(generator.integers(4, 6)))})
    assert "lacks the factor len(v)" in report.message


def test_laplace_smoothing_is_no_likelihood_estimate():
    def log_likelihood(p, heads, tails):
        return heads * jnp.log(p) + tails * jnp.log(1 - p)

    point = [{"p": 0.4, "heads": 5.0, "tails": 2.0}, {"p": 0.4, "heads": 1.0, "tails": 7.0}]
    report = check_mle(log_likelihood, ["p"], "(heads + 1) / (heads + tails + 2)", constraints={"p": "unit"}, at=point)
    assert report.findings[0].kind == "mean for mode"


def closeness(m, X):
    return -jnp.sum((X - m) ** 2)


@pytest.mark.parametrize(("factor", "sense", "does"), [(1, "min", "maximises"), (-1, "max", "minimises")])
def test_the_optimum_of_the_opposite_sense_is_told(factor, sense, does):
    report = check_mle(
        lambda m, X: factor * closeness(m, X) - factor * 0.1 * m**4, ["m"], "mean(X)", sense=sense,
        at=[{"m": 0.1, "X": np.zeros((4, 3))}] * 3,
    )  # fmt: skip
    assert does in report.message


def powers(A, x, n):
    return jnp.sum(jnp.tanh(A @ x) ** n)


def test_what_is_kept_of_a_model_holds_for_one_whole_number():
    draw = np.random.default_rng(5)
    at = [{"A": draw.normal(size=(2, 3)), "x": draw.normal(size=3)} for _ in range(3)]

    def said(n):
        claim = "A.T @ (n * tanh(A @ x)**(n - 1))"
        return check_gradient(powers, "x", claim, at=[{**point, "n": n} for point in at]).message

    assert said(2) == said(3)
