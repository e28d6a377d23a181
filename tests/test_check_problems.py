"""Named problems: draws, values by NumPy and by JAX, and objectives and intermediates by enumeration, quadrature or scipy."""

from itertools import product

import jax
import numpy as np
import pytest
from scipy import integrate, signal, stats
from scipy.special import expit, logsumexp

from suffice import check
from suffice.check import problems
from suffice.check.functions import QUICK
from suffice.check.problem import Problem, call
from suffice.runtime.precision import scope

NAMES = problems.names()


def rng(seed=0):
    return np.random.default_rng(seed)


def points(name):
    problem = problems.problem(name)
    draws = [problem.draw, *([problem.draw_other] if problem.draw_other else [])]
    return problem, [problem.complete(draw(rng(3))) for draw in draws]


def first(name):
    problem, (point, *_) = points(name)
    return problem, point


def satisfied(kind, value):
    return {
        "simplex": lambda: np.allclose(np.sum(value, -1), 1) and np.min(value) > 0.01,
        "positive": lambda: np.min(value) > 0,
        "unit": lambda: np.min(value) > 0 and np.max(value) < 1,
        "spd": lambda: np.allclose(value, np.swapaxes(value, -1, -2)) and np.linalg.eigvalsh(value).min() > 1e-3,
    }[kind]()


@pytest.mark.parametrize("name", NAMES)
def test_points_satisfy_the_constraints_and_are_generic(name):
    problem, found = points(name)
    for point in found:
        assert all(satisfied(kind, point[symbol]) for symbol, kind in problem.constraints.items())
    again = problem.draw(rng(3))
    assert all(np.array_equal(again[symbol], found[0][symbol]) for symbol in again)
    continuous = [
        np.ravel(value) for value in again.values() if len(np.unique(value)) > 2 and np.asarray(value).dtype.kind == "f"
    ]
    for values in continuous:
        whole = np.array_equal(values, np.round(values))
        assert whole or (np.abs(values) > 1e-4).all(), "0 hides what is multiplied by it"


@pytest.mark.parametrize("name", [name for name in NAMES if problems.problem(name).draw_other])
def test_another_size_is_another(name):
    _, (one, other) = points(name)
    assert {symbol: np.shape(value) for symbol, value in one.items()} != {s: np.shape(v) for s, v in other.items()}


@pytest.mark.parametrize("name", NAMES)
def test_notation_names_what_there_is(name):
    problem, (point, *_) = points(name)
    assert set(problem.notation) == set(point) | set(problem.latents)
    assert set(problem.constraints) <= set(point)
    said = problems.describe(name)
    assert all(symbol in said for symbol in problem.notation)
    assert problem.example in said
    assert problem.example


@pytest.mark.parametrize("name", NAMES)
def test_numpy_and_jax_agree_and_gradients_are_finite(name):
    """One program gives both: compiling it is all that this takes."""
    problem, point = first(name)
    variables = {symbol: point[symbol] for symbol in problem.draw(rng(3))}
    moving = {symbol: value for symbol, value in variables.items() if np.asarray(value).dtype.kind == "f"}
    fixed = {symbol: value for symbol, value in variables.items() if symbol not in moving}
    with scope("float64"):

        def total(values, others):
            objective = call(problem.objective, {**others, **values})
            return objective.sum(), objective

        differentiated = jax.jit(jax.grad(total, has_aux=True), compiler_options=QUICK)
        gradients, compiled = differentiated(moving, fixed)
        assert compiled.dtype == np.float64
    ours = call(problem.objective, point)
    assert np.isfinite(ours).all()
    np.testing.assert_allclose(compiled, ours, rtol=1e-11, atol=1e-11)
    assert all(np.isfinite(value).all() for value in gradients.values())


def test_a_name_that_is_none_has_near_ones():
    with pytest.raises(ValueError, match="did you mean gaussian-mixture"):
        problems.describe("gausian-mixture")
    with pytest.raises(ValueError, match="names"):
        problems.problem("???")


def support(problem, latent, point):
    return list(call(problem.latents[latent][1], point))


MIXTURES = (
    "gaussian-mixture",
    "gaussian-mixture-diagonal",
    "gaussian-mixture-logits",
    "bernoulli-mixture",
    "poisson-mixture",
)


def rows_of(point, few):
    return {**point, "X": point["X"][:few]}


@pytest.mark.parametrize("name", MIXTURES)
def test_mixtures_are_sums_over_components(name):
    problem, point = first(name)
    point = problem.complete({symbol: rows_of(point, 4)[symbol] for symbol in problem.draw(rng(3))})
    states = support(problem, "z", point)
    every = np.array(list(product(states, repeat=4)))
    joints = np.array([call(problem.log_joint, {**point, "z": z}) for z in every])
    assert logsumexp(joints) == pytest.approx(call(problem.objective, point), abs=1e-10)
    posterior = np.exp(joints - logsumexp(joints))
    chances = np.stack([(posterior[:, None] * (every == k)).sum(0) for k in states], 1)
    np.testing.assert_allclose(point["r"], chances, atol=1e-12)
    np.testing.assert_allclose(point["Nk"], chances.sum(0), atol=1e-12)
    assert posterior @ joints == pytest.approx(call(problem.expected, point), abs=1e-10)
    if "p" in point:
        np.testing.assert_allclose(np.log(point["p"]).sum(), logsumexp(joints))
        np.testing.assert_allclose(point["weights"] * point["density"] / point["p"][:, None], point["r"])


def test_mixture_densities_are_those_of_scipy():
    _, point = first("gaussian-mixture")
    parts = zip(point["means"], point["covariances"], strict=True)
    want = np.stack([stats.multivariate_normal(m, s).pdf(point["X"]) for m, s in parts], 1)
    np.testing.assert_allclose(point["density"], want)
    np.testing.assert_allclose(point["precisions"] @ point["covariances"], np.stack([np.eye(3)] * 5), atol=1e-12)
    _, point = first("gaussian-mixture-diagonal")
    want = stats.norm(point["means"], np.sqrt(point["variances"])).pdf(point["X"][:, None]).prod(-1)
    np.testing.assert_allclose(point["density"], want)
    _, point = first("bernoulli-mixture")
    np.testing.assert_allclose(
        point["density"], stats.bernoulli(point["probabilities"]).pmf(point["X"][:, None]).prod(-1)
    )
    _, point = first("poisson-mixture")
    np.testing.assert_allclose(point["density"], stats.poisson(point["rates"]).pmf(point["X"][:, None]).prod(-1))


def test_gaussians_are_those_of_scipy():
    problem, p = first("gaussian")
    want = stats.multivariate_normal(p["mean"], p["covariance"]).logpdf(p["X"]).sum()
    assert call(problem.objective, p) == pytest.approx(want)
    np.testing.assert_allclose(p["S"], sum(np.outer(x - p["mean"], x - p["mean"]) for x in p["X"]))
    problem, p = first("gaussian-precision")
    want = stats.multivariate_normal(p["mean"], np.linalg.inv(p["precision"])).logpdf(p["X"]).sum()
    assert call(problem.objective, p) == pytest.approx(want)
    problem, p = first("gaussian-diagonal")
    assert call(problem.objective, p) == pytest.approx(
        stats.norm(p["mean"], np.sqrt(p["variances"])).logpdf(p["X"]).sum()
    )


@pytest.mark.parametrize("name", ["gaussian-classes", "gaussian-classes-tied"])
def test_classes_are_gaussians_of_each_class(name):
    problem, p = first(name)
    covariance = p["covariance"] if "covariance" in p else np.diag(p["sigma2"])
    want = sum(
        np.log(p["alpha"][k]) + stats.multivariate_normal(p["mu"][k], covariance).logpdf(x)
        for x, k in zip(p["X"], p["y"], strict=True)
    )
    sign = -1 if name == "gaussian-classes" else 1
    assert sign * call(problem.objective, p) == pytest.approx(want)
    assert call(problem.log_joint, p) == pytest.approx(want)
    np.testing.assert_array_equal(p["Nk"], np.bincount(p["y"]))
    np.testing.assert_array_equal(p["Y"].argmax(1), p["y"])


def test_regressions_are_negative_log_likelihoods():
    problem, p = first("logistic-regression")
    want = -stats.bernoulli(expit(p["X"] @ p["w"])).logpmf(p["t"]).sum() + 0.5 * p["lam"] * p["w"] @ p["w"]
    assert call(problem.objective, p) == pytest.approx(want)
    problem, p = first("poisson-regression")
    want = -stats.poisson(p["rate"]).logpmf(p["y"]).sum() + 0.5 * p["lam"] * p["w"] @ p["w"]
    constant = stats.poisson(1.0).logpmf(p["y"]).sum() + len(p["y"])
    assert call(problem.objective, p) == pytest.approx(want + constant)
    problem, p = first("softmax-regression")
    chances = np.exp(p["X"] @ p["W"] + p["b"])
    chances /= chances.sum(1, keepdims=True)
    np.testing.assert_allclose(p["P"], chances)
    want = -np.log(chances[p["T"] == 1]).sum() + 0.5 * p["lam"] * (p["W"] ** 2).sum()
    assert call(problem.objective, p) == pytest.approx(want)
    problem, p = first("linear-regression")
    want = (
        0.5 * sum((x @ p["w"] - y) ** 2 for x, y in zip(p["X"], p["y"], strict=True)) + 0.5 * p["lam"] * p["w"] @ p["w"]
    )
    assert call(problem.objective, p) == pytest.approx(want)
    lasso, p = first("lasso")
    want = 0.5 * (p["residual"] ** 2).sum() + p["lam"] * np.abs(p["w"]).sum()
    assert call(lasso.objective, p) == pytest.approx(want)
    problem, p = first("bayesian-linear-regression")
    want = (
        stats.norm(p["X"] @ p["w"], p["beta"] ** -0.5).logpdf(p["y"]).sum()
        + stats.norm(0, p["alpha"] ** -0.5).logpdf(p["w"]).sum()
    )
    assert call(problem.objective, p) == pytest.approx(want)


def test_networks_by_loops():
    problem, p = first("scalar-network")
    assert call(problem.objective, p) == pytest.approx(p["w3"] * expit(p["w2"] * expit(p["w1"] * p["x"])))
    problem, p = first("mlp")
    total = 0.5 * p["lam"] * ((p["W1"] ** 2).sum() + (p["W2"] ** 2).sum())
    for x, t in zip(p["X"], p["T"], strict=True):
        scores = np.tanh(x @ p["W1"] + p["b1"]) @ p["W2"] + p["b2"]
        total += logsumexp(scores) - scores[t == 1].item()
    assert call(problem.objective, p) == pytest.approx(total)
    problem, p = first("mlp-relu")
    total = 0.0
    for x, y in zip(p["X"], p["y"], strict=True):
        hidden = [max(x @ column + bias, 0) for column, bias in zip(p["W1"].T, p["b1"], strict=True)]
        total += 0.5 * (hidden @ p["w2"] + p["b2"] - y) ** 2
    assert call(problem.objective, p) == pytest.approx(total)
    problem, p = first("residual-block")
    np.testing.assert_allclose(call(problem.objective, p), np.tanh(p["V"] @ p["h"] + p["c"]) + p["h"])
    np.testing.assert_allclose(p["h"], np.tanh(p["W"] @ p["x"] + p["b"]) + p["x"])
    np.testing.assert_allclose([p["dz"], p["dr"]], [1 / np.cosh(p["z"]) ** 2, 1 / np.cosh(p["r"]) ** 2])


def test_layers_by_loops():
    problem, p = first("softmax")
    np.testing.assert_allclose(call(problem.objective, p), [np.exp(z) / np.exp(z).sum() for z in p["Z"]])
    np.testing.assert_allclose(np.exp(p["Z"]) / p["R"], p["Y"])
    problem, p = first("softmax-cross-entropy")
    assert call(problem.objective, p) == pytest.approx(-np.log(p["y"][p["t"] == 1]).item())
    for name, axis in (("batch-norm", 0), ("layer-norm", 1)):
        problem, p = first(name)
        mean, deviation = p["X"].mean(axis, keepdims=True), np.sqrt(p["X"].var(axis, keepdims=True) + 1e-3)
        np.testing.assert_allclose(call(problem.objective, p), p["gamma"] * (p["X"] - mean) / deviation + p["beta"])
        np.testing.assert_allclose(p["s"], deviation)
    problem, p = first("attention")
    scores = np.array([[q @ k / np.sqrt(3) for k in p["K"]] for q in p["Q"]])
    np.testing.assert_allclose(
        call(problem.objective, p), (np.exp(scores) / np.exp(scores).sum(1, keepdims=True)) @ p["V"]
    )


def test_a_convolution_by_scipy():
    for problem, p in ((points("conv-pool-softmax")[0], found) for found in points("conv-pool-softmax")[1]):
        maps = [signal.correlate2d(p["image"], kernel, "valid")[::2, ::2] for kernel in p["theta"]]
        np.testing.assert_allclose(p["a"], np.array(maps) + p["bias"][:, None, None])
        side = p["v"].shape[1]
        cells = [
            [[p["a"][m, 2 * e : 2 * e + 2, 2 * f : 2 * f + 2].max() for f in range(side)] for e in range(side)]
            for m in (0, 1)
        ]
        np.testing.assert_allclose(p["v"], cells)
        assert p["winners"].sum() == 2 * side**2
        np.testing.assert_allclose(p["a"][p["winners"] == 1].sum(), p["v"].sum())
        scores = sum(p["v"][place] * p["w"][place] for place in np.ndindex(p["v"].shape)) + p["beta"]
        assert call(problem.objective, p) == pytest.approx(-np.log(np.exp(scores) / np.exp(scores).sum())[p["t"]])
        assert p["delta"].sum() == pytest.approx(0)
        np.testing.assert_allclose(p["v_bar"], np.einsum("lefi,i->lef", p["w"], p["delta"]))


def test_one_factor_by_quadrature():
    problem, p = first("ppca")
    one = {**p, "X": p["X"][:1]}

    def joint(z):
        return np.exp(call(problem.log_joint, {**one, "z": np.array([z])}))

    moments = [integrate.quad(lambda z, k=k: z**k * joint(z), -8, 8, epsabs=1e-16)[0] for k in range(3)]
    assert np.log(moments[0]) == pytest.approx(call(problem.objective, one), abs=1e-8)
    np.testing.assert_allclose([p["m"][0], p["s"][0]], np.array(moments[1:]) / moments[0], rtol=1e-8)
    want = integrate.quad(lambda z: joint(z) / moments[0] * np.log(joint(z)), -8, 8)[0]
    assert call(problem.expected, {**one, "m": p["m"][:1], "s": p["s"][:1]}) == pytest.approx(want)


@pytest.mark.parametrize("name", ["factor-analysis", "ppca-factors"])
def test_factors_by_the_joint_gaussian(name):
    problem, p = first(name)
    psi = p["psi"] if "psi" in p else np.full(len(p["mu"]), p["sigma2"])
    covariance = p["W"] @ p["W"].T + np.diag(psi)
    want = stats.multivariate_normal(p["mu"], covariance).logpdf(p["X"]).sum()
    assert call(problem.objective, p) == pytest.approx(want)
    joint = stats.norm(p["mu"] + p["W"] @ p["z"], np.sqrt(psi)).logpdf(p["x"]).sum() + stats.norm.logpdf(p["z"]).sum()
    assert call(problem.log_joint, p) == pytest.approx(joint)
    gain = p["W"].T @ np.linalg.inv(covariance)
    np.testing.assert_allclose(p["M"], (p["X"] - p["mu"]) @ gain.T)
    np.testing.assert_allclose(p["V"], np.eye(p["L"]) - gain @ p["W"], atol=1e-12)
    entropy = stats.multivariate_normal(np.zeros(p["L"]), p["V"]).entropy()
    assert call(problem.expected, p) == pytest.approx(call(problem.objective, p) - p["N"] * entropy)
    np.testing.assert_allclose(p["S"], p["M"].T @ p["M"] + p["N"] * p["V"])


def test_boltzmann_machines_by_enumeration():
    problem, p = first("rbm")
    visible = np.array(list(product([0, 1], repeat=5)), float)
    hidden = np.array(list(product([0, 1], repeat=3)), float)
    joints = np.array([[call(problem.log_joint, {**p, "v": v, "h": h}) for h in hidden] for v in visible])
    chances = np.exp(joints - logsumexp(joints))
    where = {tuple(v): place for place, v in enumerate(visible)}
    rows = [where[tuple(v)] for v in p["V"]]
    assert call(problem.objective, p) == pytest.approx(sum(logsumexp(joints[row]) - logsumexp(joints) for row in rows))
    np.testing.assert_allclose(p["model_vh"], visible.T @ chances @ hidden)
    np.testing.assert_allclose(p["model_v"], visible.T @ chances.sum(1))
    np.testing.assert_allclose(p["model_h"], chances.sum(0) @ hidden)
    np.testing.assert_allclose(p["PH"], [chances[row] @ hidden / chances[row].sum() for row in rows])
    free, q = first("rbm-free-energy")
    want = -logsumexp([call(free.log_joint, {**q, "h": h}) for h in hidden])
    assert call(free.objective, q) == pytest.approx(want)
    np.testing.assert_allclose(q["ph"], expit(q["v"] @ q["W"] + q["a"]))


def test_an_ising_field_pair_by_pair():
    problem, p = first("ising")
    places = list(np.ndindex(p["x"].shape))

    def pair(i, j):
        return abs(i[0] - j[0]) + abs(i[1] - j[1]) == 1

    x, y = p["x"], p["y"]
    pairs = sum(x[i] * x[j] for i in places for j in places if i < j and pair(i, j))
    energy = p["h"] * x.sum() - p["beta"] * pairs - p["eta"] * (x * y).sum()
    assert call(problem.objective, p) == pytest.approx(energy)
    assert p["pairs"] == pytest.approx(pairs)
    np.testing.assert_allclose(
        p["ne"], [[sum(x[j] for j in places if pair((a, b), j)) for b in range(5)] for a in range(3)]
    )
    flip, q = first("ising-flip")
    np.testing.assert_allclose(call(flip.objective, q), 2 * q["h"] - 2 * q["beta"] * q["ne"] - 2 * q["eta"] * q["y"])


def test_a_chain_by_enumeration():
    problem, p = first("hidden-markov-model")
    every = np.array(list(product(range(3), repeat=5)))
    joints = np.array([call(problem.log_joint, {**p, "z": z}) for z in every])
    assert call(problem.objective, p) == pytest.approx(logsumexp(joints))
    posterior = np.exp(joints - logsumexp(joints))
    np.testing.assert_allclose(p["gamma"], [[posterior @ (every[:, t] == k) for k in range(3)] for t in range(5)])
    pairs = [
        [[posterior @ ((every[:, t] == j) & (every[:, t + 1] == k)) for k in range(3)] for j in range(3)]
        for t in range(4)
    ]
    np.testing.assert_allclose(p["xi"], pairs)
    np.testing.assert_allclose(p["alpha"] * p["beta"], np.exp(logsumexp(joints)) * p["gamma"])
    assert posterior @ joints == pytest.approx(call(problem.expected, p))


def test_a_bayesian_network_by_enumeration():
    problem, p = first("bayesian-network")
    shape = (2, 3, 4, 5)
    joints = np.array(
        [call(problem.log_joint, {**p, **dict(zip("abcd", s, strict=True))}) for s in np.ndindex(shape)]
    ).reshape(shape)
    assert logsumexp(joints) == pytest.approx(0)
    assert call(problem.objective, p) == pytest.approx(logsumexp(joints[..., p["d"]]))
    np.testing.assert_allclose(p["q"], np.exp(joints[..., p["d"]] - logsumexp(joints[..., p["d"]])))


def test_conjugate_priors_by_scipy():
    problem, p = first("dirichlet-categorical")
    want = stats.dirichlet(p["alpha"]).logpdf(p["theta"]) + p["n"] @ np.log(p["theta"])
    assert call(problem.objective, p) == pytest.approx(want)
    problem, p = first("beta-bernoulli")
    want = (
        stats.beta(p["a"], p["b"]).logpdf(p["theta"])
        + p["heads"] * np.log(p["theta"])
        + p["tails"] * np.log(1 - p["theta"])
    )
    assert call(problem.objective, p) == pytest.approx(want)
    problem, p = first("gamma-poisson")
    want = stats.gamma(p["a"], scale=1 / p["b"]).logpdf(p["rate"]) + stats.poisson(p["rate"]).logpmf(p["x"]).sum()
    assert call(problem.objective, p) == pytest.approx(want)
    problem, p = first("gaussian-mean")
    want = stats.multivariate_normal(p["mu"], p["S"]).logpdf(p["X"]).sum() + stats.multivariate_normal(
        p["m0"], p["S0"]
    ).logpdf(p["mu"])
    assert call(problem.objective, p) == pytest.approx(want)


def test_divergences_by_their_definition():
    problem, p = first("gaussian-kl")
    one, two = stats.multivariate_normal(p["m1"], p["S1"]), stats.multivariate_normal(p["m2"], p["S2"])
    nodes, weights = np.polynomial.hermite_e.hermegauss(12)
    grid = np.array(list(product(nodes, repeat=3))) @ np.linalg.cholesky(p["S1"]).T + p["m1"]
    weight = np.prod(list(product(weights / weights.sum(), repeat=3)), axis=1)
    assert call(problem.objective, p) == pytest.approx(weight @ (one.logpdf(grid) - two.logpdf(grid)))
    encoder, q = first("gaussian-kl-standard")
    other = {"m1": q["mu"], "S1": np.diag(np.exp(q["log_variance"])), "m2": np.zeros(3), "S2": np.eye(3)}
    assert call(encoder.objective, q) == pytest.approx(call(problem.objective, other))


def test_bounds_lie_below_and_touch_at_the_posterior():
    problem, p = first("elbo")
    nodes, weights = np.polynomial.hermite_e.hermegauss(7)
    total = 0.0
    for z, weight in zip(product(nodes, repeat=3), product(weights / weights.sum(), repeat=3), strict=True):
        z = p["m"] + p["s"] * np.array(z)
        logs = stats.norm(p["W"] @ z, np.sqrt(p["sigma2"])).logpdf(p["x"]).sum() + stats.norm.logpdf(z).sum()
        total += np.prod(weight) * (logs - stats.norm(p["m"], p["s"]).logpdf(z).sum())
    assert call(problem.objective, p) == pytest.approx(total)
    assert call(problem.objective, p) < p["log_evidence"]
    one = {**p, "W": p["W"][:, :1]}
    precision = 1 + (one["W"] ** 2).sum() / p["sigma2"]
    at = {**one, "m": (one["W"].T @ p["x"] / p["sigma2"] / precision), "s": np.array([precision**-0.5])}
    assert call(problem.objective, at) == pytest.approx(call(problem.intermediates["log_evidence"], at))
    discrete, q = first("elbo-discrete")
    assert call(discrete.objective, q) < q["log_evidence"]
    assert call(discrete.objective, {**q, "q": q["posterior"]}) == pytest.approx(q["log_evidence"])


@pytest.mark.parametrize("name", NAMES)
def test_examples_are_right(name):
    assert eval(
        problems.problem(name).example, {**vars(check), **{held: getattr(check, held) for held in check.__all__}}
    )


def test_a_problem_takes_what_it_names():
    own = Problem("own", "own", lambda x, y=2.0: x * y, lambda generator: {"x": 3.0}, {"x": "number"})
    assert call(own.objective, {"x": 3.0, "z": 4.0}) == 6.0
