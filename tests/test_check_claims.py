"""Claims: what the grammar reads, what it refuses, and that nothing of a string is run beyond it."""

import numpy as np
import pytest

from suffice.check import check_equal
from suffice.check.claims import ClaimError, claim_of
from suffice.check.grammar.evaluating import evaluate
from suffice.check.grammar.reading import UnreadableError, read
from suffice.check.grammar.source import formula_of

GENERATOR = np.random.default_rng(0)
POINT = {
    "X": GENERATOR.normal(size=(5, 3)),
    "w": GENERATOR.normal(size=3),
    "y": np.array([0, 2, 1, 1, 0]),
    "S": np.eye(3) * 2 + 0.3,
}
FORMULAS = {
    "X.T @ (X @ w)": lambda X, w, y, S: X.T @ (X @ w),
    "np.sum(X**2, axis=0) / len(X)": lambda X, w, y, S: (X**2).mean(0),
    "X.mean(0)": lambda X, w, y, S: X.mean(0),
    "X.sum(axis=1, keepdims=True)": lambda X, w, y, S: X.sum(1, keepdims=True),
    "np.linalg.inv(S) @ w": lambda X, w, y, S: np.linalg.solve(S, w),
    "logdet(S) - log(det(S))": lambda X, w, y, S: 0.0,
    "onehot(y, 3).T @ X": lambda X, w, y, S: np.eye(3)[y].T @ X,
    "X[:, None, 0] * X[..., 1:]": lambda X, w, y, S: X[:, None, 0] * X[..., 1:],
    "X[y, 0]": lambda X, w, y, S: X[y, 0],
    "where(w > 0, w, -w)": lambda X, w, y, S: np.abs(w),
    "softmax(X, axis=1)": lambda X, w, y, S: np.exp(X) / np.exp(X).sum(1, keepdims=True),
    "logsumexp(X, axis=1)": lambda X, w, y, S: np.log(np.exp(X).sum(1)),
    "-w**2": lambda X, w, y, S: -(w**2),
    "2 - 3 - w": lambda X, w, y, S: -1 - w,
    "2 / 4 / w": lambda X, w, y, S: 0.5 / w,
    "array([1, 2, 3]) * w": lambda X, w, y, S: np.array([1, 2, 3]) * w,
    "outer(w, w) - diag(w)": lambda X, w, y, S: np.outer(w, w) - np.diag(w),
    "std(X, axis=0, ddof=1)": lambda X, w, y, S: X.std(0, ddof=1),
    "X.shape[0] + 0 * w": lambda X, w, y, S: 5 + 0 * w,
    "2**-1 * y": lambda X, w, y, S: 0.5 * y,
}


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_has_the_value_that_numpy_gives(text):
    tree = read(text)
    expected = FORMULAS[text](**POINT)
    np.testing.assert_allclose(np.asarray(evaluate(tree, POINT), float), expected, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(np.asarray(evaluate(read(str(tree)), POINT), float), expected, rtol=1e-12, atol=1e-12)


def identity(w):
    return w


def doubled(w):
    return 2 * w


HOSTILE = {
    "__import__('os').system('true')": "method",
    "__import__('os')": "no function",
    "open('x')": "no function",
    "exec('1')": "no function",
    "X.__class__.__bases__[0]": "attribute",
    "X.tofile": "attribute",
    "X.tofile('x')": "method",
    "np.load('x')": "no function",
    "np.linalg.os.system": "attribute",
    "lambda: X": "lambda",
    "(lambda: X)()": "by name",
    "[x for x in X]": "comprehension",
    "{x for x in X}": "comprehension",
    "sum(x for x in X)": "comprehension",
    "X if w else y": "if ... else",
    "w and y": "and/or",
    "(a := w)": "assignment",
    "f'{X}'": "string",
    "'a' * 10**9": "not a number",
    "__builtins__": "not a variable",
    "w; w": "not complete or not correct",
    "import os": "not complete or not correct",
    "sum(*X)": "star",
    "sum(**{'a': 1})": "takes",
    "w = 3": "not complete or not correct",
    "": "empty",
    "(" * 300 + "w" + ")" * 300: "nested",
    "-" * 3000 + "w": "parts|nested|read",
    "w" + " + w" * 2500: "characters|parts",
    r"\frac{1}{2} w": "LaTeX",
    "w^2": r"\*\*",
    "1e999 * w": "1e300",
    "1j * w": "not a number",
    "~w": "operator",
    "w % 2": "operator",
    "unknown(w)": "no function",
    "sums(w)": "did you mean sum",
    "w.T.T.real": "attribute",
    "sum(w, axis=w)": "axis",
    "sum(w, foo=1)": "takes no argument",
    "outer(w)": "takes 2",
    "é\x00": "read|not complete",
}


@pytest.mark.parametrize("text", HOSTILE)
def test_what_the_grammar_does_not_have_is_refused_in_a_sentence(text):
    with pytest.raises(UnreadableError, match=HOSTILE[text]) as caught:
        read(text)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "ones((100000, 100000))",
        "eye(10**6)",
        "outer(outer(ones(3000), ones(3000)), ones(3000))",
        "ones((4000, 4000)) @ ones((4000, 4000))",
        "onehot(y, 10**12)",
        "arange(10**12)",
        "inv(ones((2000, 2000)))",
        "X[7]",
        "X[0.5]",
        "inv(X)",
        "ones(-3)",
    ],
)
def test_what_cannot_be_computed_is_not_comparable(text):
    report = check_equal(identity, text, at=POINT)
    assert report.verdict == "not comparable"
    assert report.message.endswith(".")
    assert "\n" not in report.message


def test_large_powers_of_whole_numbers_cost_nothing():
    report = check_equal(identity, "w + 9**9**9**9", at=POINT)
    assert report.verdict == "wrong"
    assert "infinite" in report.message


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        (lambda v: v, "'v'"),
        (lambda: None, "None"),
        (lambda w: 1 / 0, "ZeroDivisionError"),
        (lambda w: [w @ np.ones(7) for _ in range(1)], "ValueError"),
        (lambda w: "text", "real"),
        (lambda w: [[1, 2], [3]], "different shapes"),
        (lambda w: w + 1j, "real"),
        (lambda *w: w, "by position"),
        (lambda w: exit(3), "SystemExit"),
        (np.add, "no names|by position"),
        (None, "no claim"),
        ("w + v", "'v'"),
        ({"a": 1}, "no array"),
    ],
)
def test_claims_that_give_nothing_get_a_sentence(claim, said):
    import re

    report = check_equal(identity, claim, at=POINT)
    assert report.verdict == "not comparable"
    assert re.search(said, report.message), report.message


def test_claims_get_copies():
    def claim(w):
        w += 1
        return w - 1

    point = {"w": np.array([0.5, 1.5])}
    assert check_equal(identity, claim, at=point)
    assert point["w"].tolist() == [0.5, 1.5]


def test_functions_may_loop_and_use_scipy():
    from scipy.special import logsumexp

    def claim(X, S):
        total = 0.0
        for row in X:
            total += logsumexp(row) + row @ np.linalg.solve(S, row)
        return total

    def model(X, S):
        import jax

        return jax.numpy.sum(jax.scipy.special.logsumexp(X, axis=1)) + jax.numpy.sum(
            X * jax.numpy.linalg.solve(S, X.T).T
        )

    assert check_equal(model, claim, at=POINT)


def test_numbers_are_compared_at_one_point():
    assert check_equal(doubled, [1.0, 4.0], at={"w": [0.5, 2.0]})
    report = check_equal(doubled, (1.0, -4.0), at={"w": [0.5, 2.0]})
    assert report.verdict == "wrong"
    assert "one point" in report.message


def test_the_source_of_a_function_is_read_where_it_is_a_formula():
    def written(X, w):
        """What is written."""
        residual = X @ w
        return X.T @ residual

    def looped(X, w):
        for _ in range(2):
            w = w + 1
        return w

    names = {"X", "w"}
    assert str(formula_of(written, names)) == "X.T @ (X @ w)"
    assert str(formula_of(lambda X, w: X @ w + 1, names)) == "X @ w + 1"
    assert formula_of(looped, names) is None
    assert formula_of(np.sum, names) is None


def test_symbols_are_taken_by_name():
    sympy = pytest.importorskip("sympy")
    a, b = sympy.symbols("a b")
    point = {"a": 0.7, "b": 1.3}
    assert check_equal(lambda a, b: (a + b) ** 2, a**2 + 2 * a * b + b**2, at=point)
    assert check_equal(lambda a: a, a + sympy.Symbol("c"), at=point).verdict == "not comparable"


def test_names_are_suggested():
    with pytest.raises(ClaimError, match="did you mean weights"):
        claim_of("weight + 1", {"weights", "X"})
