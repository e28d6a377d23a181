"""The one edit that makes a formula right is found, and what it suggests is right."""

import re

import jax.numpy as jnp
import numpy as np
import pytest

from suffice.check import check_equal, check_gradient
from suffice.check.grammar.evaluating import evaluate
from suffice.check.grammar.expression import at, changed_at, places, put
from suffice.check.grammar.reading import read
from suffice.check.repair.edits import edits_of


def point(g):
    root = g.normal(size=(3, 3))
    return {
        "X": g.normal(size=(5, 3)),
        "w": g.normal(size=3),
        "t": g.normal(size=5),
        "W": g.normal(size=(4, 3)),
        "b": g.normal(size=4),
        "L": root @ root.T + np.eye(3),
        "lam": g.uniform(0.5, 2.0),
    }


def sigmoid(x):
    return 1 / (1 + jnp.exp(-x))


MODELS = {
    "ridge": lambda X, w, t, lam: X.T @ (X @ w - t) + lam * w,
    "logistic": lambda X, w, t: X.T @ (sigmoid(X @ w) - t),
    "layer": lambda W, b, w: jnp.tanh(W @ w + b),
    "slope": lambda W, b, w: 1 - jnp.tanh(W @ w + b) ** 2,
    "solved": lambda L, w: jnp.linalg.solve(L, w),
    "spread": lambda X: jnp.mean((X - jnp.mean(X, axis=0)) ** 2, axis=0),
    "soft": lambda X: jnp.exp(X) / jnp.sum(jnp.exp(X), axis=1, keepdims=True),
    "quadratic": lambda w, L, lam: 0.5 * w @ L @ w - lam * jnp.sum(w),
    "outer": lambda W, w, b: jnp.outer(b, w) + W,
}
WRONG = {
    "ridge": (
        "X.T @ (X @ w + t) + lam * w",
        "X.T @ (X @ w - t) - lam * w",
        "X.T @ (X @ w - t)",
        "X.T @ (X @ w - t) + w",
        "X @ (X @ w - t) + lam * w",
        "2 * X.T @ (X @ w - t) + lam * w",
        "X.T @ (X @ w - t) + lam * w**2",
        "X.T @ (X @ w - t) / lam + w",
        "X.T @ (t - X @ w) + lam * w",
    ),
    "logistic": (
        "X.T @ (X @ w - t)",
        "X.T @ (tanh(X @ w) - t)",
        "X.T @ (sigmoid(-X @ w) - t)",
        "X @ (sigmoid(X @ w) - t)",
    ),
    "layer": ("tanh(W @ w)", "W @ w + b", "tanh(W.T @ w + b)", "tanh(W @ w - b)", "sigmoid(W @ w + b)"),
    "slope": ("1 - tanh(W @ w + b)", "tanh(W @ w + b)**2", "1 + tanh(W @ w + b)**2", "1 - (W @ w + b)**2"),
    "solved": ("L @ w", "inv(L) * w"),
    "spread": (
        "mean((X - mean(X, axis=1))**2, axis=0)",
        "sum((X - mean(X, axis=0))**2, axis=0)",
        "std(X, axis=0)",
        "mean(X - mean(X, axis=0), axis=0)",
    ),
    "soft": (
        "exp(X) / sum(exp(X), axis=0, keepdims=True)",
        "softmax(X, axis=0)",
        "exp(X)",
        "exp(X) / sum(exp(X), axis=1)",
    ),
    "quadratic": (
        "w @ L @ w - lam * sum(w)",
        "0.5 * w @ L @ w + lam * sum(w)",
        "0.5 * w @ L @ w - sum(w)",
        "0.5 * w @ inv(L) @ w - lam * sum(w)",
    ),
    "outer": ("outer(w, b) + W", "outer(b, w)", "outer(b, w) + W.T"),
}


@pytest.mark.parametrize("name", MODELS)
def test_what_is_suggested_is_right(name):
    repaired = 0
    for claim in WRONG[name]:
        report = check_equal(MODELS[name], claim, at=point, layout="same")
        assert report.verdict == "wrong", (claim, report.message)
        suggested = [re.search(r"it is right as (.*?) \(exact", str(finding)) for finding in report.findings]
        for found in filter(None, suggested):
            assert check_equal(MODELS[name], found[1], at=point)
            repaired += 1
            break
    assert repaired >= 0.7 * len(WRONG[name])


def test_an_answer_that_is_not_computed_is_repaired():
    report = check_gradient(lambda X, w, t: 0.5 * jnp.sum((X @ w - t) ** 2), "w", "X @ (X @ w - t)", at=point)
    assert report.verdict == "wrong"
    assert "X is not transposed" in report.message


def test_paths_lead_where_they_say():
    tree = read("X.T @ (sigmoid(X @ w) - t) + lam * w")
    for path, node in places(tree):
        assert at(tree, path) is node
        assert put(tree, path, node) == tree
    other = put(tree, (0, 1, 1), read("w"))
    assert changed_at(tree, other) == (0, 1, 1)
    assert changed_at(read("a + b"), read("a * b")) == ()


def test_edits_print_as_formulas_that_are_read_back():
    here = point(np.random.default_rng(0))
    named = [(name, np.ndim(value)) for name, value in here.items()]
    for edit in list(edits_of(read("X.T @ (sigmoid(X @ w) - t) + lam * w"), named))[::7]:
        again = read(str(edit.formula))
        try:
            value = evaluate(edit.formula, here)
        except ValueError:
            continue
        np.testing.assert_allclose(np.asarray(evaluate(again, here), float), np.asarray(value, float), rtol=1e-12)


def test_a_report_reads_well():
    report = check_equal(lambda a, b: a - b, "a + b", at={"a": np.array([1.5, 2.0]), "b": np.array([0.5, -1.0])})
    assert str(report) == "\n".join(
        [
            "wrong: In your formula, the sign of b is wrong; it is right as a - b (exact at the one point given).",
            "Or:",
            "  - In your value of f, the term b has the wrong sign, or is there twice: it is off by 2 * b; flip the sign of b "
            "(exact at the one point given).",
            "  index  claimed  right     ratio",
            "    [1]        1      3  0.333333",
            "    [0]        2      1         2",
            "reference: the function in float64",
        ]
    )
    assert "<b>wrong</b>" in report._repr_html_()
    assert not report
    with pytest.raises(AssertionError, match="sign of b"):
        report.raise_if_wrong()
