"""Derivatives are held against automatic differentiation; kinks, conditioning, constraints and layouts are what they are."""

import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from suffice.check import check_gradient, check_hessian, check_jacobian, check_jvp, check_vjp
from suffice.check.functions import model_of


def loss(X, w, t, penalty):
    return 0.5 * jnp.sum((X @ w - t) ** 2) + 0.5 * penalty * w @ w


def draw(generator):
    return {
        "X": generator.normal(size=(7, 3)),
        "w": generator.normal(size=3),
        "t": generator.normal(size=7),
        "penalty": generator.uniform(0.5, 2.0),
    }


RIGHT = "X.T @ (X @ w - t) + penalty * w"


@pytest.mark.parametrize(
    "claim", [RIGHT, "(X @ w - t) @ X + w * penalty", lambda X, w, t, penalty: X.T @ (X @ w - t) + penalty * w]
)
def test_right_in_any_form(claim):
    report = check_gradient(loss, "w", claim, at=draw)
    assert report.verdict == "right"
    assert report.max_rel_err < 1e-12
    assert "agree" in report.second_opinion


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (lambda g, p: -g, "sign"),
        (lambda g, p: 2 * g, "factor"),
        (lambda g, p: g / 7, "factor"),
        (lambda g, p: g * p["penalty"], "factor"),
        (lambda g, p: g - p["penalty"] * p["w"], "missing term"),
        (lambda g, p: g * [1, 1, -1], "element pattern"),
        (lambda g, p: g * np.nan, "not finite"),
        (lambda g, p: np.sum(g), "shape"),
    ],
)
def test_wrong_is_detected_and_named(change, kind):
    def claim(X, w, t, penalty):
        return change(X.T @ (X @ w - t) + penalty * w, {"penalty": penalty, "w": w})

    report = check_gradient(loss, "w", claim, at=draw)
    assert report.verdict == "wrong"
    assert report.findings[0].kind == kind, report.message


def test_the_size_of_the_data_is_named():
    report = check_gradient(loss, "w", f"({RIGHT}) / 7", at=draw)
    assert report.findings[0].factor == pytest.approx(1 / 7)
    assert "1/X.shape[0]" in report.message or "1/the length of t" in report.message


def test_an_edge_of_the_graph_is_named():
    def network(W, b, v, x, t):
        return 0.5 * (v @ jnp.tanh(W @ x + b) - t) ** 2

    def point(g):
        return {
            "W": g.normal(size=(4, 3)),
            "b": g.normal(size=4),
            "v": g.normal(size=4),
            "x": g.normal(size=3),
            "t": g.normal(),
        }

    def forgotten(W, b, v, x, t):
        for _ in range(1):
            error = v @ np.tanh(W @ x + b) - t
        return np.outer(error * v, x)

    def without_bias(W, b, v, x, t):
        for _ in range(1):
            h = np.tanh(W @ x)
        return np.outer((v @ h - t) * v * (1 - h**2), x)

    report = check_gradient(network, "W", forgotten, at=point)
    assert report.findings[0].kind == "local derivative"
    assert "tanh" in report.message
    report = check_gradient(network, "W", without_bias, at=point)
    assert report.findings[0].kind == "other model"
    assert "without the term b" in report.message


def test_a_penalty_of_the_wrong_sign_is_named():
    def claim(X, w, t, penalty):
        for _ in range(1):
            slope = X.T @ (X @ w - t)
        return slope - penalty * w

    assert check_gradient(loss, "w", claim, at=draw).findings[0].kind == "sign"


def test_a_flipped_element_is_found_in_a_large_gradient():
    generator = np.random.default_rng(3)
    A, W = generator.normal(size=(200, 200)), generator.normal(size=(200, 200))
    right = A * np.cos(W)
    i, j = 137, 44
    right[i, j] *= -1
    report = check_gradient(lambda W, A: jnp.sum(A * jnp.sin(W)), "W", right, at={"W": W, "A": A})
    assert report.worst[0].index == (i, j)
    assert report.findings[0].where == f"element [{i}, {j}]"
    assert report.findings[0].factor == -1.0


def test_nonsense_is_not_named():
    generator = np.random.default_rng(5)
    named = 0
    for _ in range(30):
        noise = generator.normal(size=3)
        report = check_gradient(loss, "w", lambda w, noise=noise: w * 0 + noise, at=draw)
        assert report.verdict == "wrong"
        named += bool(report.findings)
    assert named == 0


@pytest.mark.parametrize(
    ("slope", "verdict"), [(0.0, "right"), (0.5, "right"), (1.0, "right"), (2.0, "wrong"), (-0.1, "wrong")]
)
def test_any_slope_between_the_sides_of_a_kink_is_right(slope, verdict):
    point = {"x": np.array([0.0, 1.3, -0.4])}
    report = check_gradient(lambda x: jnp.sum(jnp.maximum(x, 0)), "x", np.array([slope, 1.0, 0.0]), at=point)
    assert report.verdict == verdict


@pytest.mark.parametrize(
    ("claim", "verdict"), [([1, 0], "right"), ([0.3, 0.7], "right"), ([1, 1], "wrong"), ([0.2, 0.2], "wrong")]
)
def test_a_tie_of_a_maximum_may_be_shared_out(claim, verdict):
    assert (
        check_gradient(lambda x: jnp.max(x), "x", np.array(claim, float), at={"x": np.array([0.5, 0.5])}).verdict
        == verdict
    )


@pytest.mark.parametrize("power", range(1, 13))
def test_ill_conditioned_right_answers_are_never_wrong(power):
    generator = np.random.default_rng(power)
    vectors = np.linalg.qr(generator.normal(size=(5, 5)))[0]
    A = (vectors * np.logspace(0, -power, 5)) @ vectors.T
    point = {"A": A, "b": generator.normal(size=5)}

    def objective(A, b):
        return 0.5 * b @ jnp.linalg.solve(A, b)

    for claim in (lambda A, b: np.linalg.inv(A) @ b, lambda A, b: np.linalg.solve(A, b)):
        assert check_gradient(objective, "b", claim, at=point).verdict in ("right", "inconclusive")
    off = check_gradient(objective, "b", lambda A, b: np.linalg.solve(A, b) * (1 + 1e-6 * np.arange(5)), at=point)
    assert off.verdict in (("inconclusive",) if power >= 11 else ("approximate", "inconclusive", "wrong"))


def test_single_precision_is_right_to_its_digits():
    report = check_gradient(loss, "w", lambda X, w, t, penalty: np.float32(X.T @ (X @ w - t) + penalty * w), at=draw)
    assert report.verdict == "right"

    def nearly(X, w, t, penalty):
        for _ in range(1):
            rounding = np.array([3e-7, -2e-7, 7e-7])
        return X.T @ (X @ w - t) + penalty * w + rounding

    small = check_gradient(loss, "w", nearly, at=draw)
    assert small.verdict == "approximate"


def test_a_stopped_gradient_leaves_the_reference_in_doubt():
    def stopped(x):
        return jnp.sum(x**2 * jax.lax.stop_gradient(x))

    for claim in ("3 * x**2", "2 * x**2"):
        assert check_gradient(stopped, "x", claim, at={"x": np.array([0.4, 1.7])}).verdict == "inconclusive"


def test_constraints_take_up_their_multiplier():
    def log_likelihood(n, p):
        return jnp.sum(n * jnp.log(p))

    def point(g):
        return {"n": g.uniform(1, 9, 4), "p": g.dirichlet(np.full(4, 3.0))}

    on = {"p": "simplex"}
    assert check_gradient(log_likelihood, "p", "n / p", at=point, constraints=on).verdict == "right"
    report = check_gradient(log_likelihood, "p", "n / p - sum(n)", at=point, constraints=on)
    assert report.verdict == "right up to convention"
    assert "multiplier" in report.message
    assert check_gradient(log_likelihood, "p", "n / p - sum(n)", at=point).verdict == "wrong"
    assert check_gradient(log_likelihood, "p", "n - p", at=point, constraints=on).verdict == "wrong"


def test_symmetric_matrices_have_a_convention():
    def quadratic(S, x):
        return x @ S @ x

    def point(g):
        root = g.normal(size=(3, 3))
        return {"S": root @ root.T + np.eye(3), "x": g.normal(size=3)}

    on = {"S": "spd"}
    assert check_gradient(quadratic, "S", "outer(x, x)", at=point, constraints=on).verdict == "right"
    report = check_gradient(quadratic, "S", "2 * outer(x, x) - diag(x**2)", at=point, constraints=on)
    assert report.verdict == "right up to convention"
    assert "diag" in report.message


def test_a_transposed_answer_is_a_convention_unless_the_layout_is_fixed():
    def bilinear(W, x, y):
        return y @ W @ x

    point = {"W": np.ones((2, 3)), "x": np.array([0.3, 1.2, -0.7]), "y": np.array([1.1, -0.6])}
    assert check_gradient(bilinear, "W", "outer(y, x)", at=point)
    assert check_gradient(bilinear, "W", "outer(x, y)", at=point).verdict == "right up to convention"
    assert check_gradient(bilinear, "W", "outer(x, y)", at=point, layout="same").verdict == "wrong"


def test_right_for_one_size_alone_is_wrong():
    def mean_square(x):
        return jnp.mean(x**2)

    sizes = iter([4, 4, 4, 4, 6])
    report = check_gradient(mean_square, "x", "2 * x / 4", at=lambda g: {"x": g.normal(size=next(sizes))})
    assert report.verdict == "wrong"


@pytest.mark.parametrize(
    ("function", "claim", "programs"),
    [
        (lambda x, n: x[n] ** 2 * jnp.sum(x), lambda x, n: 2 * x[n] * sum(x) * (np.arange(5) == n) + x[n] ** 2, 1),
        (
            lambda x, n: jnp.sum(jnp.where(jnp.arange(5) < n, x, x**2)),
            lambda x, n: np.where(np.arange(5) < n, 1, 2 * x),
            1,
        ),
        (lambda x, n: jnp.sum(x**n), lambda x, n: n * x ** (n - 1), 4),
        (lambda x, n: sum(x[:n] ** 2), lambda x, n: 2 * x * (np.arange(5) < n), 4),
    ],
)
def test_a_class_is_served_by_one_program_and_a_size_or_power_is_not(function, claim, programs):
    """Whole numbers that pick elements are arrays of a program; others are its constants, so that derivatives stay exact."""
    at = [{"x": np.random.default_rng(n).normal(size=5), "n": n} for n in range(1, 5)]
    assert check_gradient(function, "x", claim, at=at).verdict == "right"
    kept = {sizes for key, sizes in model_of(function).programs if key == ("gradient", "x", "")}
    assert len(kept) == programs


def test_models_in_numpy_are_differenced():
    def plain(w, X):
        return float(np.sum(np.tanh(np.asarray(X) @ np.asarray(w))))

    def point(g):
        return {"w": g.normal(size=3), "X": g.normal(size=(5, 3))}

    assert check_gradient(plain, "w", "X.T @ (1 - tanh(X @ w)**2)", at=point)
    assert check_gradient(plain, "w", "X.T @ (1 - tanh(X @ w))", at=point).verdict == "wrong"


def test_products_jacobians_and_hessians():
    def residual(W, V, x):
        h = jnp.tanh(W @ x) + x
        return jnp.tanh(V @ h) + h

    def point(g):
        return {"W": g.normal(size=(3, 3)), "V": g.normal(size=(3, 3)), "x": g.normal(size=3)}

    def backward(W, V, x, dy):
        z = W @ x
        h = np.tanh(z) + x
        dh = dy + V.T @ (dy * (1 - np.tanh(V @ h) ** 2))
        return np.outer(dh * (1 - np.tanh(z) ** 2), x)

    def without_skip(W, V, x, dy):
        z = W @ x
        h = np.tanh(z) + x
        dh = V.T @ (dy * (1 - np.tanh(V @ h) ** 2))
        return np.outer(dh * (1 - np.tanh(z) ** 2), x)

    assert check_vjp(residual, "W", backward, cotangent="dy", at=point)
    report = check_vjp(residual, "W", without_skip, cotangent="dy", at=point)
    assert report.findings[0].kind == "missing path", report.message
    assert check_jvp(lambda x: jnp.sin(x), "x", "cos(x) * dx", tangent="dx", at={"x": np.array([0.2, 1.4])})
    assert check_jacobian(lambda A, x: A @ x, "x", "A", at={"A": np.ones((2, 3)), "x": np.ones(3)})
    assert check_hessian(
        lambda x, y: jnp.sum(x) * jnp.sum(y**2),
        ("x", "y"),
        "outer(ones(2), 2 * y)",
        at={"x": [1.0, 2.0], "y": [0.3, 1.4, 2.2]},
    )


def test_the_same_seed_gives_the_same_bytes():
    reports = [check_gradient(loss, "w", f"2 * ({RIGHT})", at=draw, seed=4).to_json() for _ in range(2)]
    assert reports[0] == reports[1]
    assert "5 of 5 points" in reports[0]


def test_precision_is_left_as_it_was():
    before = jax.config.jax_enable_x64
    check_gradient(loss, "w", RIGHT, at=draw)
    assert jax.config.jax_enable_x64 is before
    assert jnp.ones(2).dtype == (jnp.float64 if before else jnp.float32)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: check_gradient(loss, "v", RIGHT, at=draw), "no variable of the model"),
        (lambda: check_gradient(loss, "w", RIGHT), "needs at="),
        (lambda: check_gradient(loss, "w", RIGHT, at={"w": [1.0, 2.0, 3.0]}), "which at= does not give"),
        (lambda: check_gradient(loss, "w", RIGHT, at={"w": []}), "is empty"),
        (lambda: check_gradient(loss, "w", RIGHT, at={"w": [np.nan]}), "NaN"),
        (lambda: check_gradient(loss, "w", RIGHT, at={"w": ["a"]}), "not numbers"),
        (lambda: check_gradient(loss, "w", RIGHT, at=3), "gives no point"),
        (lambda: check_gradient(loss, "w", RIGHT, at=draw, layout="rows"), "layout="),
        (lambda: check_gradient("gaussian-mixtures", "w", RIGHT), "did you mean"),
        (lambda: check_gradient(7, "w", RIGHT, at=draw), "A model is a function"),
        (lambda: check_gradient(lambda X, w: X @ w, "w", "w", at=draw), "check_jacobian"),
        (lambda: check_gradient(lambda X, w: X.T @ w, "w", "w", at=draw), "cannot be computed"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_sentence(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_a_persons_file_never_brings_jax():
    import subprocess

    claim = "claim_of('x + 1', {'x'})({'x': 1})"
    program = f"import sys; from suffice.check.claims import claim_of; {claim}; print('jax' in sys.modules)"
    assert (
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()
        == "False"
    )
