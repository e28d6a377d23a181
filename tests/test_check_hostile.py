"""Formulas that mean harm: a sentence each, nothing run that the grammar does not have, time and memory within limits."""

import tracemalloc

import pytest

from suffice.check import check_gradient
from suffice.check.grammar.evaluating import MOST_WORK, evaluate
from suffice.check.grammar.reading import read

UNREAD = {
    "X.__class__": "attribute .__class__",
    "().__class__.__bases__[0].__subclasses__()": "method .__subclasses__",
    "x.tofile('a')": "method .tofile",
    "__import__('os')": "no function '__import__'",
    "__builtins__": "not a variable",
    "eval('1')": "no function 'eval'",
    "np.load('a')": "no function 'load'",
    "os.system('true')": "method .system",
    "(lambda: x)()": "Only functions by name",
    "lambda x: x": "A lambda",
    "[x for i in x for j in x]": "A comprehension",
    "sum(i for i in x)": "A comprehension",
    "{i: x for i in x}": "A comprehension",
    "f'{x}'": "A string",
    "'a' * 10**9": "'a' is not a number",
    "x if 1 else b": "if ... else",
    "x and b": "and/or",
    "(y := x)": "An assignment",
    "x; b": "not complete or not correct",
    "import os": "not complete or not correct",
    "x % 2": "The operator Mod",
    "x << 10**9": "The operator LShift",
    "1e400": "larger than 1e300",
    "sum(x, axis=10**10)": "An axis",
    "(" * 100 + "x" + ")" * 100: "nested deeper",
    "-" * 3000 + "x": "cannot be read|nested",
    "1" + "+1" * 1500: "more than 600 parts",
    "x" * 5000: "5000 characters",
    "x\x00": "not complete or not correct|plain characters",
    "": "is empty",
    "...": "gives no numbers",
}
"""Nothing of these is run."""

REFUSED = {
    "ones(10**9)": "30,000,000 numbers",
    "ones(1e300)": "30,000,000 numbers",
    "ones((10**5, 10**5))": "30,000,000 numbers",
    "eye(10**6)": "30,000,000 numbers",
    "arange(10**12)": "30,000,000 numbers",
    "onehot(x, 10**9)": "30,000,000 numbers",
    "outer(ones(10**4), ones(10**4))": "30,000,000 numbers",
    "ones((4000, 4000)) @ ones((4000, 4000))": "30,000,000 numbers",
    "inv(eye(1500))": "30,000,000 numbers",
    "outer(ones(3000), ones(3000))": "9,000,000 numbers",
    "zeros(-1)": "cannot be computed",
    "x[10**30]": "no whole number",
    "x[1 / 0]": "no whole number",
    "x[" + "None," * 70 + "]": "cannot be computed",
    "max(x[9:])": "cannot be computed",
    "array([x, 1])": "cannot be computed",
}
"""These are read, and stopped."""

HARMLESS = (
    "10**10**10",
    "9**9**9**9 * x",
    "exp(exp(exp(exp(x))))",
    "var(x, ddof=5)",
    "mean(x[9:])",
    "((x @ x)**(x @ x))**(x @ x)",
)
"""These are computed: numbers overflow to infinity, and no warning is left."""


@pytest.mark.parametrize("claim", UNREAD)
def test_what_the_grammar_does_not_have_is_not_read(claim):
    with pytest.raises(ValueError, match=UNREAD[claim]) as refused:
        read(claim)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 300


def test_large_claims_are_stopped_within_memory():
    tracemalloc.start()
    for claim, said in REFUSED.items():
        report = check_gradient("quadratic-form", "x", claim)
        assert (report.verdict, said in report.message) == ("not comparable", True), report.message
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 4 * 8 * MOST_WORK


def test_infinite_numbers_are_a_sentence():
    for claim in HARMLESS:
        report = check_gradient("quadratic-form", "x", claim)
        assert report.verdict == "wrong"
        assert "\n" not in report.message


def test_work_is_counted_over_the_whole_formula():
    with pytest.raises(ValueError, match="numbers in all"):
        evaluate(read(" + ".join(["sum(ones(10**6))"] * 40)), {})
