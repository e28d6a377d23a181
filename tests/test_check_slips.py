"""Slips on the way back, in a formula's order and in estimates: each named on a model that no rule knows of."""

import re

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from suffice import inspect
from suffice.check import check_equal, check_gradient, check_m_step, check_mle, check_posterior
from suffice.check.derivatives import Differentiable
from suffice.check.graph.backward import backward
from suffice.runtime.precision import scope


def draw(generator, rows=5):
    root = generator.normal(size=(3, 3))
    return {
        "X": generator.normal(size=(rows, 3)),
        "q": generator.dirichlet([2, 2, 2], rows),
        "v": generator.uniform(0.4, 1.8, 3),
        "w": generator.uniform(0.2, 2, rows),
        "S": root @ root.T + np.eye(3),
        "c": generator.uniform(1.2, 2.4, 3),
    }


GENERATOR = np.random.default_rng(5)
AT = [draw(GENERATOR, rows) for rows in (5, 5, 7)]


def mixed(X, v, c):
    return jnp.sum(jax.nn.logsumexp(X * v, axis=1)) - jnp.sum(v**2 / c)


def shares(X, v):
    weights = np.exp(X * v)
    return weights / weights.sum(1, keepdims=True)


def spread(X, v):
    return -0.5 * jnp.sum(X**2 / v) - 0.5 * len(X) * jnp.sum(jnp.log(v))


def squashed(v, c):
    return c @ jax.nn.softmax(v)


def solved(v, c, S):
    return v @ jnp.linalg.solve(S, c)


def classified(X, v):
    return jnp.sum(jax.nn.softplus(X @ v))


def root(S):
    return np.linalg.cholesky(S)


def softmax(v):
    weights = np.exp(v)
    return weights / weights.sum()


SLIPS = {
    "the sum of logarithms": (mixed, lambda X, v, c: X.sum(0) - 2 * v / c, "no term is weighed by its share"),
    "the largest term alone": (
        mixed,
        lambda X, v, c: np.einsum("nd,nd->d", X, X * v == (X * v).max(1)[:, None]) - 2 * v / c,
        "the largest of .* a hard assignment",
    ),
    "a factor on one edge": (
        mixed,
        lambda X, v, c: np.einsum("nd,nd->d", X, shares(X, v)) - 2 * v / c**2,
        "too large by the factor 1/c, element by element",
    ),
    "a standard deviation for a variance": (
        spread,
        lambda X, v: (X**2).sum(0) / v**1.5 - len(X) / v**0.5,
        "the gradient by the square root of v",
    ),
    "a precision for a variance": (spread, lambda X, v: (len(X) * v - (X**2).sum(0)) / 2, "the gradient by the reciprocal of v"),
    "the diagonal of a softmax": (
        squashed,
        lambda v, c: np.einsum("d,d->d", softmax(v) * (1 - softmax(v)), c),
        "the diagonal alone",
    ),
    "the factor before a softmax": (squashed, lambda v, c: np.add(c, -np.vdot(softmax(v), c)), "the factor y before the bracket"),
    "a softmax without its own factor inside": (
        squashed,
        lambda v, c: np.multiply(softmax(v), c - c.sum()),
        "the factor y inside the sum",
    ),
    "the chain stops at the softmax": (squashed, lambda c: np.multiply(c, 1.0), "the chain rule stops early"),
    "a Cholesky factor": (solved, lambda c, S: np.linalg.solve(root(S), c), "the Cholesky factor of S"),
    "a threshold": (classified, "X.T @ (X @ v > 0)", "hard assignment .* sigmoid\\(X @ v\\) is right"),
    "a derivative in terms of the value": (
        lambda X, v: jnp.sum(jax.nn.sigmoid(X @ v)),
        "X.T @ ones(len(X)) + 0 * v",
        "sigmoid at X @ v is forgotten",
    ),
}  # fmt: skip


@pytest.mark.parametrize("kind", SLIPS)
def test_slips_are_named(kind):
    objective, claim, said = SLIPS[kind]
    report = check_gradient(objective, "v", claim, at=AT)
    assert report.verdict == "wrong"
    assert report.findings
    assert re.search(said, report.message), report.message


ORDERS = {
    "log(1 + sum(exp(v)))": (lambda v: jnp.sum(jnp.log(1 + jnp.exp(v))), "log and sum are in the wrong order"),
    "round(q) @ c": (lambda q, c: q @ c, "hard assignment .* where the probability q is right"),
    "sum(log(X**2))": (lambda X: jnp.log(jnp.sum(X**2)), "sum and log are in the wrong order"),
    "1 - exp(v)": (lambda v: jnp.exp(1 - v), "1 - exp\\(v\\) is where exp\\(1 - v\\) is right"),
    "sum(X, axis=0)": (lambda X, w: w @ X, "counts all rows alike where w weighs them"),
    "v + S @ c": (lambda v, c, S: jnp.log(v) + S @ jnp.log(c), "log is not applied to c, and log is not applied to v|to v, and"),
    "(1 - v) * exp(c) + v * sin(c)": (
        lambda v, c: v * jnp.exp(c) + (1 - v) * jnp.sin(c),
        "v and 1 - v the wrong way round; it is right as v \\* exp\\(c\\) \\+ \\(1 - v\\) \\* sin\\(c\\)",
    ),
}  # fmt: skip


@pytest.mark.parametrize("claim", ORDERS)
def test_orders_weights_and_pairs_are_named(claim):
    function, said = ORDERS[claim]
    report = check_equal(function, claim, at=AT)
    assert report.verdict == "wrong"
    assert re.search(said, report.message), report.message


def test_constants_are_written_as_people_write_them():
    report = check_equal(lambda v: 0.5 * jnp.sum(jnp.log(2 * jnp.pi * v)), "sum(log(v)) / 2", at=AT)
    assert "2 * pi" in report.message
    assert "6.28" not in report.message


def gaussian(X, q, m):
    return -0.5 * jnp.sum(q[:, :, None] * (X[:, None] - m) ** 2)


def test_hard_assignments_in_an_update_are_named():
    def claim(X, q):
        hard = np.eye(3)[np.argmax(q, axis=1)] + 0.0
        return np.einsum("nk,nd->kd", hard, X) / hard.sum(0)[:, None]

    at = [
        {
            "X": p["X"],
            "q": np.roll(np.eye(3)[np.arange(len(p["X"])) % 3] * 0.5 + p["q"] * 0.5, 0, 0),
            "m": np.ones((3, 3)),
        }
        for p in AT
    ]
    report = check_m_step(gaussian, ["m"], claim, at=at)
    assert report.findings[0].kind == "hard assignment", report.message


def test_moments_of_all_rows_and_values_out_of_bounds_are_named():
    def likelihood(X, S, c):
        gaps = X - c
        return -0.5 * len(X) * jnp.linalg.slogdet(S)[1] - 0.5 * jnp.sum(gaps @ jnp.linalg.inv(S) * gaps)

    asked = {"constraints": {"S": "spd"}, "at": AT}
    assert check_mle(likelihood, ["S"], lambda X, c: (X - c).T @ (X - c) / len(X), **asked)
    report = check_mle(likelihood, ["S"], lambda X: np.cov(X.T, bias=True), **asked)
    assert "the covariance of all rows of X, each counted alike" in report.message
    report = check_mle(spread, ["v"], lambda X: np.log((X**2).mean(0) / 9), constraints={"v": "positive"}, at=AT)
    assert report.findings[0].kind == "infeasible"


def test_of_two_wrong_parts_the_explained_one_is_told():
    def joint(z, c):
        return -0.5 * jnp.sum(z**2 * c) + jnp.sum(z)

    claim = ("sin(3 * c + 1)", "diag(c)")
    report = check_posterior(joint, {"z": "gaussian"}, claim, form="mean_cov", at=[{"c": p["c"]} for p in AT])
    assert report.verdict == "wrong"
    assert "covariance" in report.message
    assert "inver" in report.message


def chained(z, p, A, B, x):
    pairs = jnp.sum(jnp.log(A)[z[:-1], z[1:]])
    return jnp.log(p)[z[0]] + pairs + jnp.sum(jnp.log(B)[z, x])


def chain(generator):
    chances = {
        "p": generator.dirichlet([2, 2]),
        "A": generator.dirichlet([2, 2], 2),
        "B": generator.dirichlet([2, 2, 2], 2),
    }
    return {**chances, "z": np.zeros(4, int), "x": generator.integers(0, 3, 4)}


def pairs_of(p, A, B, x, seen, moves=None):
    """p(z_t, z_t+1 | x) with given emissions at the second time."""
    emitted = B[:, x].T
    forward = [p * emitted[0]]
    for row in emitted[1:]:
        forward.append(row * (forward[-1] @ A))
    backward = [np.ones(2)]
    for row in emitted[:0:-1]:
        backward.insert(0, A @ (row * backward[0]))
    moves = A if moves is None else moves
    return (
        np.stack([f[:, None] * moves * (s * b) for f, s, b in zip(forward[:-1], seen, backward[1:], strict=True)])
        / forward[-1].sum()
    )


PAIRS = {
    "right": lambda p, A, B, x: pairs_of(p, A, B, x, B[:, x].T[1:]),
    "the emission of the time before": lambda p, A, B, x: pairs_of(p, A, B, x, B[:, x].T[:-1]),
    "no emission": lambda p, A, B, x: pairs_of(p, A, B, x, np.ones((3, 2))),
    "no transition": lambda p, A, B, x: pairs_of(p, A, B, x, B[:, x].T[1:], np.ones((2, 2))),
    "the other axis first": lambda p, A, B, x: pairs_of(p, A, B, x, B[:, x].T[1:]).transpose(0, 2, 1),
}
SAID = {
    "the emission of the time before": "B\\[:, x\\].T at t of the second state stands where B\\[:, x\\].T at t \\+ 1",
    "no emission": "the factor B\\[:, x\\].T at t \\+ 1 of the second state is missing",
    "no transition": "the factor A is missing|multiply by A ",
    "the other axis first": "right with the last two axes exchanged",
}


def test_factors_of_pairs_are_named():
    generator = np.random.default_rng(2)
    asked = {"latent": {"z": 2}, "form": "pairwise", "at": [chain(generator) for _ in range(2)]}
    for kind, claim in PAIRS.items():
        report = check_posterior(chained, claim=claim, **asked)
        assert (report.verdict == "right") == (kind == "right")
        assert re.search(SAID.get(kind, "Right"), report.message), report.message


def test_hard_and_unnormalised_chances_of_spins_are_named():
    def field(s, b):
        return b @ s

    def spins(generator):
        return {"b": generator.normal(size=3), "s": np.ones(3, int)}

    asked = {"latent": {"s": "spin"}, "form": "prob_one", "at": spins}
    assert check_posterior(field, claim="sigmoid(2 * b)", **asked)
    assert "hard assignment" in check_posterior(field, claim=lambda b: np.heaviside(b, 0), **asked).message
    assert "not normalised" in check_posterior(field, claim="exp(b)", **asked).message


def test_a_missing_indicator_is_named():
    report = check_gradient(lambda v: jnp.log(v[0]) + jnp.log(v[1]), "v", lambda v: np.reciprocal(v), at=AT)
    assert "an indicator is missing" in report.message


def test_edges_are_those_of_inspect():
    """What one edge adds to a derivative is told alike by checks and by graphs that are looked at."""
    source = Differentiable(lambda X, v: jnp.sum(jnp.tanh(X @ v)) + jnp.sum(v**3), "v")
    made, arrays = backward(source, AT[0])
    ours = made.directions(arrays)
    edges = [ours[number] for number, slip in enumerate(made.slips) if slip.kind == "edge"]
    with scope("float64"):
        graph = inspect.graph(source.model.function, AT[0]["X"], AT[0]["v"])
    parts = next(iter(graph.contributions(["v"]).parts.values()))
    for part in parts:
        assert min(np.max(np.abs(part - edge)) for edge in edges) < 1e-9


def test_a_kink_within_reach_of_differences_is_no_doubt():
    def objective(v):
        return jnp.sum(jnp.maximum(v, 0.02)) + jnp.sum(v**2)

    assert check_gradient(objective, "v", "1 + 2 * v", at={"v": np.array([0.0204, 0.7, 0.5])})


def test_points_that_tell_nothing_do_not_hide_those_that_do():
    def objective(A, b):
        return 0.5 * b @ jnp.linalg.solve(A, b)

    basis = np.linalg.qr(np.random.default_rng(0).normal(size=(4, 4)))[0]
    at = [{"A": (basis * np.logspace(0, -worst, 4)) @ basis.T, "b": np.arange(1.0, 5)} for worst in (1, 12)]
    claim = "inv(A @ A) @ A @ b"
    report = check_gradient(objective, "b", claim, at=at)
    assert report
    assert "at 1 of 2 points" in report.message
    assert check_gradient(objective, "b", claim, at=at[1]).verdict == "inconclusive"
    assert check_gradient(objective, "b", "2 * inv(A @ A) @ A @ b", at=at).verdict == "wrong"
