"""Posteriors, updates, densities, expectations, bounds and samplers, each with what people get wrong."""

import jax.numpy as jnp
import numpy as np
import pytest

from suffice.check import (
    check_bound,
    check_conditional,
    check_derivation,
    check_expectation,
    check_factorised,
    check_m_step,
    check_map,
    check_mle,
    check_normalised,
    check_posterior,
    check_sampler,
)


def mixture(x, z, weights, means):
    return jnp.sum(jnp.log(weights)[z] - 0.5 * (x - means[z]) ** 2)


def draw_mixture(g):
    return {"x": g.normal(size=7), "weights": g.dirichlet(np.full(4, 3.0)), "means": g.normal(size=4)}


POSTERIOR = "softmax(log(weights) - 0.5 * (x[:, None] - means)**2, axis=1)"


@pytest.mark.parametrize(
    ("claim", "verdict", "said"),
    [
        (POSTERIOR, "right", "Right"),
        (f"log({POSTERIOR})", "right up to convention", "logarithm"),
        ("softmax(-0.5 * (x[:, None] - means)**2, axis=1)", "wrong", "weights"),
        ("softmax(log(weights) + 0.5 * (x[:, None] - means)**2, axis=1)", "wrong", "sign"),
        ("softmax(log(weights) - (x[:, None] - means)**2, axis=1)", "wrong", "0.5|factor|twice|by 2"),
        ("weights * exp(-0.5 * (x[:, None] - means)**2)", "wrong", "not normalised"),
        ("softmax(log(weights) - 0.5 * (x[:, None] - means)**2, axis=0)", "wrong", "axis"),
        (
            lambda x, weights, means: np.eye(4)[np.argmax(np.log(weights) - 0.5 * (x[:, None] - means) ** 2, 1)],
            "wrong",
            "hard",
        ),
    ],
)
def test_responsibilities(claim, verdict, said):
    import re

    report = check_posterior(mixture, {"z": 4}, claim, at=draw_mixture)
    assert report.verdict == verdict, report.message
    assert re.search(said, report.message), report.message


def rbm(v, h, W, a, b):
    return v @ W @ h + b @ v + a @ h


def draw_rbm(g):
    return {"v": g.integers(0, 2, 5), "W": g.normal(size=(5, 3)), "a": g.normal(size=3), "b": g.normal(size=5)}


@pytest.mark.parametrize(
    ("claim", "said"),
    [
        ("sigmoid(W.T @ v)", "a"),
        ("sigmoid(-W.T @ v - a)", "sign|complement"),
        ("W.T @ v + a", "sigmoid"),
        ("tanh(W.T @ v + a)", "tanh"),
    ],
)
def test_units_of_a_boltzmann_machine(claim, said):
    import re

    assert check_conditional(rbm, {"h": "binary"}, "sigmoid(a + v @ W)", at=draw_rbm)
    report = check_conditional(rbm, {"h": "binary"}, claim, at=draw_rbm)
    assert report.verdict == "wrong"
    assert re.search(said, report.message), report.message


def chain(x, J, field):
    return J * jnp.sum(x[1:] * x[:-1]) + field @ x


def test_spins_given_their_neighbours_and_in_all():
    def point(g):
        return {"J": g.normal(), "field": g.normal(size=4), "x": g.choice([-1, 1], 4)}

    def conditional(x, J, field):
        wide = np.concatenate([[0], x, [0]])
        return 1 / (1 + np.exp(-2 * (field + J * (wide[2:] + wide[:-2]))))

    def marginal(J, field):
        states = np.array(np.meshgrid(*[[-1, 1]] * 4, indexing="ij")).reshape(4, -1)
        weights = np.exp(J * np.sum(states[1:] * states[:-1], 0) + field @ states)
        return (states == 1) @ weights / weights.sum()

    assert check_conditional(chain, {"x": "spin"}, conditional, at=point)
    assert check_posterior(chain, {"x": "spin"}, marginal, form="prob_one", at=point)
    assert check_posterior(chain, {"x": "spin"}, conditional, form="prob_one", at=point).verdict == "wrong"


def test_pairs_of_a_chain():
    def joint(z, A, start):
        return jnp.log(start)[z[0]] + jnp.sum(jnp.log(A)[z[:-1], z[1:]])

    def point(g):
        return {"A": g.dirichlet(np.ones(3) * 2, 3), "start": g.dirichlet(np.ones(3))}

    def pairs(A, start):
        singles = [start, start @ A, start @ A @ A]
        return np.array([single[:, None] * A for single in singles])

    assert check_posterior(joint, {"z": 3}, pairs, form="pairwise", at=point)
    assert (
        check_posterior(joint, {"z": 3}, lambda A, start: pairs(A.T, start), form="pairwise", at=point).verdict
        == "wrong"
    )


def factor(x, z, u, s2):
    return -0.5 * jnp.sum(z**2) - 0.5 * jnp.sum((x - z[:, None] * u) ** 2) / s2


def draw_factor(g):
    return {"x": g.normal(size=(5, 3)), "u": g.normal(size=3), "s2": g.uniform(0.5, 1.5)}


def test_a_gaussian_posterior_by_its_moments():
    def moments(x, u, s2):
        return x @ u / (s2 + u @ u), np.full(5, s2 / (s2 + u @ u))

    for support in ("gaussian", "real"):
        assert check_posterior(factor, {"z": support}, moments, form="mean_var", at=draw_factor)
    report = check_posterior(
        factor, {"z": "real"}, lambda x, u, s2: (x @ u / (u @ u), moments(x, u, s2)[1]), form="mean_var", at=draw_factor
    )
    assert report.verdict == "wrong"
    assert "mean of z" in report.message
    report = check_posterior(
        factor,
        {"z": "real"},
        lambda x, u, s2: (moments(x, u, s2)[0], np.sqrt(moments(x, u, s2)[1])),
        form="mean_var",
        at=draw_factor,
    )
    assert report.verdict == "wrong"
    assert "square" in report.message


def test_posteriors_on_a_line_by_quadrature():
    def beta(theta, a, b):
        return (a - 1) * jnp.log(theta) + (b - 1) * jnp.log1p(-theta)

    def gamma(rate, a, b):
        return (a - 1) * jnp.log(rate) - b * rate

    def point(g):
        return {"a": g.uniform(1.5, 4), "b": g.uniform(1.5, 4)}

    def right(a, b):
        return a / (a + b), a * b / ((a + b) ** 2 * (a + b + 1))

    assert check_posterior(beta, {"theta": "unit"}, right, form="mean_var", at=point)
    assert check_posterior(gamma, {"rate": "positive"}, ("a / b", "a / b**2"), form="mean_var", at=point)
    report = check_posterior(gamma, {"rate": "positive"}, ("(a - 1) / b", "a / b**2"), form="mean_var", at=point)
    assert report.verdict == "wrong"


def test_densities_at_values():
    from scipy import stats

    def beta(theta, a, b):
        return (a - 1) * jnp.log(theta) + (b - 1) * jnp.log1p(-theta)

    def dirichlet(p, alpha):
        return jnp.sum((alpha - 1) * jnp.log(p))

    point = {"a": 2.3, "b": 3.1}
    assert check_posterior(
        beta, {"theta": "unit"}, lambda theta, a, b: stats.beta(a, b).pdf(theta), form="density", at=point
    )
    logs = check_posterior(
        beta, {"theta": "unit"}, lambda theta, a, b: stats.beta(a, b).logpdf(theta), form="density", at=point
    )
    assert logs.verdict == "right up to convention"
    report = check_posterior(beta, {"theta": "unit"}, "theta**(a - 1) * (1 - theta)**(b - 1)", form="density", at=point)
    assert report.verdict == "wrong"
    weights = {"alpha": np.array([2.0, 3.5, 1.7])}
    claim = lambda p, alpha: stats.dirichlet(alpha).pdf(p / p.sum())  # noqa: E731
    assert check_posterior(dirichlet, {"p": ("simplex", 3)}, claim, form="density", at=weights)


def expected(r, X, weights, means, variances, alpha):
    logs = jnp.log(weights) - 0.5 * jnp.log(variances) - 0.5 * (X[:, None] - means) ** 2 / variances
    return jnp.sum(r * logs) + jnp.sum((alpha - 1) * jnp.log(weights))


def draw_expected(g):
    return {
        "r": g.dirichlet(np.full(3, 2.0), 11),
        "X": g.normal(size=11),
        "weights": g.dirichlet(np.full(3, 3.0)),
        "means": g.normal(size=3),
        "variances": g.uniform(0.5, 2, 3),
        "alpha": g.uniform(1.5, 3, 3),
    }


ON = {"weights": "simplex", "variances": "positive"}
WEIGHTS = "(sum(r, axis=0) + alpha - 1) / sum(sum(r, axis=0) + alpha - 1)"


@pytest.mark.parametrize(
    ("params", "claim", "said"),
    [
        ("weights", "sum(r, axis=0) + alpha - 1", "not normalised"),
        ("weights", "mean(r, axis=0)", "alpha|not all rows of r alike"),
        ("weights", "(sum(r, axis=0) + alpha) / sum(sum(r, axis=0) + alpha)", "1"),
        ("weights", "weights", "old"),
        ("means", "r.T @ X / 11", "sum\\(r|mean\\(r|N"),
        ("means", "ones(3) * mean(X)", "mean|r|weights"),
        ("means", "means", "old"),
        ("variances", "sqrt(sum(r * (X[:, None] - means)**2, axis=0) / sum(r, axis=0))", "square"),
        ("variances", "sum(r * (X[:, None] - means)**2, axis=0) / (sum(r, axis=0) - 1)", "1"),
        ("variances", "sum(r * (X[:, None] - means)**2, axis=0)", "factor|divided"),
    ],
)
def test_updates_of_a_mixture(params, claim, said):
    import re

    report = check_m_step(expected, [params], claim, constraints=ON, at=draw_expected)
    assert report.verdict == "wrong"
    assert report.findings
    assert re.search(said, report.message), report.message


def test_right_updates_of_a_mixture():
    def update(r, X, alpha):
        counts = r.sum(0)
        means = r.T @ X / counts
        return counts + alpha - 1, means, (r * (X[:, None] - means) ** 2).sum(0) / counts

    assert check_m_step(expected, ["weights"], WEIGHTS, constraints=ON, at=draw_expected)
    assert check_m_step(
        expected, ["means", "variances"], lambda r, X, alpha: update(r, X, alpha)[1:], constraints=ON, at=draw_expected
    )
    report = check_m_step(expected, ["weights", "means", "variances"], update, constraints=ON, at=draw_expected)
    assert report.verdict == "wrong"
    assert "weights" in report.message


def test_estimates_on_constraints():
    def gaussian(x, mean, variance):
        return -0.5 * jnp.sum(jnp.log(variance) + (x - mean) ** 2 / variance)

    def point(g):
        return {"x": g.normal(size=9), "mean": 0.3, "variance": 1.4}

    on = {"variance": "positive"}
    assert check_mle(gaussian, ["mean", "variance"], ("mean(x)", "var(x)"), constraints=on, at=point)
    report = check_mle(gaussian, ["mean", "variance"], ("mean(x)", "var(x, ddof=1)"), constraints=on, at=point)
    assert report.verdict == "wrong"
    assert "variance" in report.message
    assert "N - 1" in report.message + str(report.findings)

    def rayleigh(A, v):
        return v @ A @ v

    def matrix(g):
        root = g.normal(size=(4, 4))
        return {"A": root @ root.T, "v": np.ones(4) / 2}

    first = lambda A: np.linalg.eigh(A)[1][:, -1]  # noqa: E731
    assert check_map(rayleigh, ["v"], first, constraints={"v": "unit norm"}, at=matrix)
    assert (
        check_map(
            rayleigh, ["v"], lambda A: np.linalg.eigh(A)[1][:, 0], constraints={"v": "unit norm"}, at=matrix
        ).verdict
        == "wrong"
    )
    assert check_map(
        rayleigh, ["v"], lambda A: np.linalg.eigh(A)[1][:, 0], sense="min", constraints={"v": "unit norm"}, at=matrix
    )


def test_densities_are_normalised():
    parents = {"x": [0, 1, 0], "q": [0.2, 0.6, 0.7]}
    assert check_normalised(None, "prod(where(x == 1, q, 1 - q))", over="x", support="binary", at=parents)
    report = check_normalised(None, "prod(where(x == 1, q, q))", over="x", support="binary", at=parents)
    assert report.verdict == "wrong"
    assert "not to 1" in report.message

    def log_gaussian(x, m, s):
        return -0.5 * ((x - m) / s) ** 2

    point = {"m": 0.4, "s": 1.3}
    assert check_normalised(
        log_gaussian, "exp(-0.5 * ((x - m) / s)**2) / (s * sqrt(2 * pi))", over="x", support="real", at=point
    )
    assert check_normalised(log_gaussian, "log(s * sqrt(2 * pi))", over="x", support="real", at=point)
    report = check_normalised(
        log_gaussian, "exp(-0.5 * ((x - m) / s)**2) / (s**2 * sqrt(2 * pi))", over="x", support="real", at=point
    )
    assert report.verdict == "wrong"
    assert "s" in report.message


def test_a_cycle_is_no_density():
    table = np.array([[0.9, 0.1], [0.3, 0.7]])
    claim = lambda a, b, table: table[a, b] * table[b, a]  # noqa: E731
    report = check_normalised(None, claim, over=["a", "b"], support="binary", at={"table": table})
    assert report.verdict == "wrong"
    assert "1.36" in report.message


def test_factors_of_a_joint():
    def point(g):
        return {**draw_rbm(g), "h": g.integers(0, 2, 3)}

    of = {"of": "h", "given": "v", "variables": {"h": "binary", "v": "binary"}, "at": point}
    assert check_factorised(rbm, "prod(where(h == 1, sigmoid(v @ W + a), 1 - sigmoid(v @ W + a)))", **of)
    assert check_factorised(rbm, "prod(where(h == 1, sigmoid(v @ W), 1 - sigmoid(v @ W)))", **of).verdict == "wrong"


def test_expectations():
    def spins(x, J):
        return J * x[0] * x[1]

    point = {"J": 0.8, "x": np.array([1, 1])}
    on = {"latent": {"x": "spin"}, "log_density": spins, "at": point}
    assert check_expectation(lambda x: x[0] * x[1], lambda J: np.tanh(J), **on)
    report = check_expectation(lambda x: x[0] * x[1], "0 * J", **on)
    assert report.verdict == "wrong"
    assert report.findings[0].kind in ("function of the mean", "weights")


def test_bounds_have_a_side():
    def log_sum(x):
        return jnp.log(jnp.sum(jnp.exp(x)))

    def point(g):
        return {"x": g.normal(size=4)}

    assert check_bound(log_sum, "max(x)", at=point)
    assert check_bound(log_sum, "max(x) + log(len(x))", direction="upper", at=point)
    report = check_bound(log_sum, "max(x) + log(len(x))", at=point)
    assert report.verdict == "wrong"
    assert "upper bound" in report.message


def test_samplers():
    def log_joint(z, p):
        return jnp.log(p)[z]

    point = {"z": 0, "p": np.array([0.5, 0.2, 0.3])}

    def metropolis(generator, z, p):
        new = generator.integers(3)
        return new if generator.uniform() < p[new] / p[z] else z

    def careless(generator, z, p):
        new = generator.integers(3)
        return new if generator.uniform() < p[z] / p[new] else z

    many = {"z": np.zeros(8, int), "p": point["p"]}

    def by_element(generator, z, p):
        return generator.choice(3, size=8, p=p)

    def all_alike(generator, z, p):
        return generator.choice(3, size=8)

    def product(z, p):
        return jnp.sum(jnp.log(p)[z])

    assert check_sampler(by_element, product, latent={"z": 3}, at=many).verdict == "inconclusive"
    assert "at [" in check_sampler(all_alike, product, latent={"z": 3}, at=many).message

    ask = {"latent": {"z": 3}, "at": point}
    passed = check_sampler(metropolis, log_joint, **ask)
    assert passed.verdict == "inconclusive"
    assert "No evidence against" in passed.message
    assert check_sampler(careless, log_joint, **ask).verdict == "wrong"
    assert check_sampler(lambda generator, z: z, log_joint, **ask).findings[0].kind == "never moves"
    assert check_sampler(lambda generator, z: 1 / 0, log_joint, **ask).verdict == "not comparable"


LINES = [
    "sum((X @ w - t)**2) / 2 + lam * sum(w**2) / 2",
    "(X @ w - t) @ (X @ w - t) / 2 + lam * w @ w / 2",
    "(w @ X.T @ X @ w - 2 * t @ X @ w + t @ t) / 2 + lam * w @ w / 2",
    "w @ X.T @ X @ w / 2 - t @ X @ w + t @ t / 2 + lam * w @ w / 2",
    "w @ (X.T @ X / 2) @ w - t @ X @ w + sum(t**2) / 2 + lam * w @ w / 2",
    "w @ (X.T @ X / 2 + lam * eye(3) / 2) @ w - t @ X @ w + sum(t**2) / 2",
    "w @ (X.T @ X + lam * eye(3)) @ w / 2 - t @ X @ w + sum(t**2) / 2",
    "w @ (X.T @ X + lam * eye(3)) @ w / 2 - w @ (X.T @ t) + sum(t**2) / 2",
    "(w @ (X.T @ X + lam * eye(3)) @ w - 2 * w @ (X.T @ t) + sum(t**2)) / 2",
    "(w @ (X.T @ X + lam * eye(3)) @ w - 2 * w @ X.T @ t + t @ t) / 2",
]
CORRUPTED = (
    ("/ 2", "/ 3"),
    ("lam", "lam**2"),
    ("+ sum", "- sum"),
    ("- t @", "+ t @"),
    ("2 * t", "t"),
    ("@ t", "@ (2 * t)"),
    ("w**2", "w"),
)


def draw_lines(g):
    return {"X": g.normal(size=(5, 3)), "w": g.normal(size=3), "t": g.normal(size=5), "lam": g.uniform(0.5, 2)}


@pytest.mark.parametrize("number", range(1, 10))
def test_the_first_line_that_does_not_follow_is_found(number):
    for old, new in CORRUPTED:
        if old in LINES[number]:
            lines = [*LINES[:number], LINES[number].replace(old, new, 1), *LINES[number + 1 :]]
            report = check_derivation(lines, at=draw_lines)
            assert report.verdict == "wrong"
            assert report.message.startswith(f"Line {number + 1} does not follow"), report.message


def test_a_right_derivation_is_right():
    assert check_derivation(LINES, at=draw_lines)
    with pytest.raises(ValueError, match="two lines"):
        check_derivation(["x"], at=draw_lines)


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: check_posterior(mixture, {"z": "many"}, POSTERIOR, at=draw_mixture), "support 'many'"),
        (lambda: check_posterior(mixture, "z", POSTERIOR, at=draw_mixture), "dictionary"),
        (lambda: check_posterior(mixture, {"z": 4}, POSTERIOR, form="odds", at=draw_mixture), "form="),
        (lambda: check_posterior("gaussian", {"z": 3}, POSTERIOR), "no log joint"),
        (lambda: check_m_step(expected, ["weights"], WEIGHTS, sense="up", at=draw_expected), "sense="),
        (lambda: check_m_step(expected, ["w"], WEIGHTS, at=draw_expected), "'w'"),
        (
            lambda: check_m_step(expected, ["weights"], WEIGHTS, constraints={"weights": "round"}, at=draw_expected),
            "not known",
        ),
        (lambda: check_bound(chain, "J", direction="left", at=draw_rbm), "direction="),
        (lambda: check_normalised(None, "x", over="x", support=None, at={"y": 1.0}), "support"),
        (lambda: check_normalised(None, "sum(x)", over="x", support="binary", at={"x": np.zeros(40)}), "too many"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_sentence(call, said):
    with pytest.raises(ValueError, match=said):
        call()
