"""Claims of the second bank, energies: written before the naming rules were read. Lambdas are answers too."""

import numpy as np

from bank.exercise import chance, equal, gradient, update

PATH = {"z": ("states", lambda pi: range(len(pi)))}


def sig(u):
    return 1 / (1 + np.exp(-u))


EXERCISES = (
    chance(
        "conditional",
        "rbm",
        {"h": "binary"},
        "prob_one",
        (
            "exp(v @ W + a) / (1 + exp(v @ W + a))",
            lambda v, W, a: np.array([sig(W[:, j] @ v + a[j]) for j in range(len(a))]),
        ),
        {
            "softmax(v @ W + a)": "activation | sigmoid|softmax",
            "sigmoid((v @ W + a) / 2)": "twice",
            "exp(v @ W + a) / (1 + exp(v @ W))": "missing | \\ba\\b",
            "1 / (1 + exp(v @ W + a))": "sign",
            "where(v @ W + a > 0, 1, 0)": "hard",
            lambda v, W, a: np.exp(v @ W + a) / (np.exp(v @ W + a)).sum(): "activation | sigmoid|softmax|normalis",
            lambda v, W, a, b: sig(v @ W + b.sum()): "wrong | \\ba\\b|bias|\\bb\\b",
            lambda v, W, a: sig(v @ W) + a: "wrong | \\ba\\b|bias|sigmoid",
        },
    ),
    gradient(
        "rbm-free-energy",
        "b",
        ("-v", "-1 * v"),
        {"v": "sign", "-sigmoid(v)": "wrong | v|sigmoid", "-v * b": "extra | \\bb\\b", "-v - ph.sum()": "extra"},
    ),
    gradient(
        "rbm-free-energy",
        "v",
        ("-b - W @ ph", lambda v, W, a, b: -b - W @ sig(v @ W + a)),
        {
            "-b - W @ h": "wrong | ph|h",
            "-b": "missing | W|h|ph",
            "-W @ ph": "missing | \\bb\\b",
            "b + W @ ph": "sign",
            "-b - W @ (v @ W + a)": "activation | sigmoid",
            "-b - W @ (ph * (1 - ph))": "extra | ph|derivative",
        },
    ),
    equal(
        "rbm-free-energy",
        ("-b @ v - sum(log(1 + exp(v @ W + a)))", lambda v, W, a, b: -(b @ v) - np.logaddexp(0, v @ W + a).sum()),
        {
            "-b @ v - sum(log(exp(v @ W + a)))": "wrong | log1p|\\b1\\b",
            "b @ v + sum(log(1 + exp(v @ W + a)))": "sign",
            "-b @ v - log(1 + sum(exp(v @ W + a)))": "order | sum|log",
            "-b @ v - sum(log(1 + exp(v @ W)))": "missing | \\ba\\b",
            "-b @ v - v @ W @ h - a @ h": "wrong | energy|h|sum|log",
            "-b @ v - sum(1 + exp(v @ W + a))": "activation | log",
        },
    ),
    gradient(
        "rbm",
        "a",
        ("sum(PH, axis=0) - N * model_h", lambda PH, model_h: (PH - model_h).sum(0)),
        {
            "sum(PH, axis=0)": "missing | model_h|partition|Z",
            "sum(PH, axis=0) - model_h": "missing | \\bN\\b",
            "mean(PH, axis=0) - model_h": "sum for mean",
            "N * model_h - sum(PH, axis=0)": "sign",
            lambda PH, model_h: ((PH > 0.5) - model_h).sum(0): "hard",
        },
    ),
    gradient(
        "rbm",
        "W",
        ("V.T @ PH - len(V) * model_vh", lambda V, PH, model_vh: np.einsum("nd,np->dp", V, PH) - len(V) * model_vh),
        {
            lambda V, PH, model_vh: V.T @ np.round(PH) - len(V) * model_vh: "hard",
            lambda V, W, model_vh: V.T @ (V @ W) - len(V) * model_vh: "activation | sigmoid|PH",
            lambda V, W, model_vh: V.T @ sig(V @ W) - len(V) * model_vh: "missing | \\ba\\b|bias",
            lambda V, PH, model_vh: (V.T @ PH - len(V) * model_vh).T: "layout",
            "PH.T @ V - N * model_vh.T": "layout",
            "V.T @ PH / N": "missing | model_vh|partition",
        },
    ),
    gradient(
        "ising",
        "beta",
        ("-pairs", "-sum(x * ne) / 2"),
        {"-sum(x * ne)": "pairs", "pairs": "sign", "-beta * pairs": "extra | beta"},
    ),
    chance(
        "conditional",
        "ising",
        {"x": "spin"},
        "prob_one",
        (
            "exp(2 * (beta * ne + eta * y - h)) / (1 + exp(2 * (beta * ne + eta * y - h)))",
            lambda ne, y, beta, eta, h: (1 + np.tanh(beta * ne + eta * y - h)) / 2,
        ),
        {
            "sigmoid(2 * beta * ne + 2 * eta * y + 2 * h)": "sign | \\bh\\b",
            "sigmoid(2 * beta * ne + eta * y - 2 * h)": "twice | eta|y",
            "where(beta * ne + eta * y - h > 0, 1, 0)": "hard",
            "exp(beta * ne + eta * y - h)": "normalise",
            lambda ne, y, beta, eta, h, x: sig(2 * beta * ne * x + 2 * eta * y - 2 * h): "extra | x",
            lambda ne, y, beta, eta, h: sig(-2 * beta * ne + 2 * eta * y - 2 * h): "sign | beta|ne",
        },
    ),
    chance(
        "posterior",
        "hidden-markov-model",
        PATH,
        "marginals",
        (
            "alpha * beta / sum(alpha * beta, axis=1)[:, None]",
            lambda alpha, beta: np.array([a * b / (a @ b) for a, b in zip(alpha, beta, strict=True)]),
        ),
        {
            "alpha / sum(alpha[-1])": "missing | beta",
            "alpha * beta / sum(alpha)": "normalise",
            "(alpha + beta) / sum(alpha + beta, axis=1, keepdims=True)": "wrong | alpha|beta|product|sum",
            lambda alpha, beta, B, x: (lambda g: g / g.sum(1, keepdims=True))(
                alpha * beta * B[:, x].T
            ): "extra | \\bB\\b|emission|twice",
            lambda B, x: (lambda g: g / g.sum(1, keepdims=True))(
                B[:, x].T
            ): "missing | A|pi|alpha|beta|transition|prior",
            lambda alpha, beta: (lambda g: (g == g.max(1, keepdims=True)) * 1.0)(alpha * beta): "hard",
        },
    ),
    chance(
        "posterior",
        "hidden-markov-model",
        PATH,
        "pairwise",
        (
            lambda x, A, B, alpha, beta: (
                alpha[:-1, :, None] * A * (B[:, x[1:]].T * beta[1:])[:, None] / alpha[-1].sum()
            ),
            lambda xi: xi,
        ),
        {
            lambda x, A, B, alpha, beta: (
                alpha[:-1, :, None] * A * (B[:, x[:-1]].T * beta[1:])[:, None] / alpha[-1].sum()
            ): "wrong | t \\+ 1|next|emission|\\bB\\b|normalis|sum to 1",
            lambda x, A, B, alpha, beta: (
                alpha[:-1, :, None] * (B[:, x[1:]].T * beta[1:])[:, None] / alpha[-1].sum()
            ): "missing | \\bA\\b|transition",
            lambda x, A, B, alpha, beta: (
                alpha[:-1, :, None] * A * B[:, x[1:]].T[:, None] / alpha[-1].sum()
            ): "missing | beta|backward",
            lambda x, A, B, alpha, beta: (
                alpha[1:, :, None] * A * (B[:, x[1:]].T * beta[1:])[:, None] / alpha[-1].sum()
            ): "wrong | alpha|t - 1|t \\+ 1|normalis|sum to 1",
            lambda xi: xi.transpose(0, 2, 1): "layout | axes",
            lambda x, A, B, alpha, beta: (lambda g: g / g.sum(2, keepdims=True))(
                alpha[:-1, :, None] * A * (B[:, x[1:]].T * beta[1:])[:, None]
            ): "axis | axis|normalis|sum to 1",
        },
    ),
    update(
        "m_step",
        "hidden-markov-model",
        ["pi", "A", "B"],
        (
            lambda gamma, xi, X: (
                gamma[0],
                xi.sum(0) / gamma[:-1].sum(0)[:, None],
                gamma.T @ X / gamma.sum(0)[:, None],
            ),
            lambda gamma, xi, X: (
                gamma[0],
                xi.sum(0) / xi.sum((0, 2))[:, None],
                (gamma[:, :, None] * X[:, None]).sum(0) / gamma.sum(0)[:, None],
            ),
        ),
        {
            lambda gamma, xi, X: (
                gamma[0],
                xi.sum(0) / gamma.sum(0)[:, None],
                gamma.T @ X / gamma.sum(0)[:, None],
            ): "normalise | \\bA\\b",
            lambda gamma, xi, X: (
                gamma.mean(0),
                xi.sum(0) / gamma[:-1].sum(0)[:, None],
                gamma.T @ X / gamma.sum(0)[:, None],
            ): "wrong | pi.*gamma\\[0\\]",
            lambda gamma, xi, X: (
                gamma[0],
                xi.sum(0) / gamma[:-1].sum(0)[:, None],
                gamma.T @ X / len(X),
            ): "normalise | \\bB\\b",
            lambda gamma, xi, X: (
                gamma[0],
                xi.sum(0) / xi.sum(),
                gamma.T @ X / gamma.sum(0)[:, None],
            ): "normalise | \\bA\\b",
        },
    ),
    gradient(
        "hidden-markov-model",
        "pi",
        ("gamma[0] / pi", lambda gamma, pi: gamma[0] / pi),
        {
            "gamma[0]": "missing | pi",
            "sum(gamma, axis=0) / pi": "index | first|gamma\\[0\\]|sum|\\b0\\b",
            "gamma[0] / pi - 1": "multiplier",
            "1 / pi": "missing | gamma",
        },
    ),
    gradient(
        "hidden-markov-model",
        "B",
        ("gamma.T @ X / B", lambda gamma, X, B: np.einsum("tk,tm->km", gamma, X) / B),
        {
            "gamma.T @ X": "missing | \\bB\\b",
            "gamma.T @ X / B / T": "sum for mean",
            "sum(gamma, axis=0)[:, None] / B": "missing | \\bX\\b",
            "alpha.T @ X / B": "missing | beta|gamma",
        },
    ),
    gradient(
        "bayesian-network",
        "p_d",
        (
            lambda q, p_d, d: (lambda s: np.stack([s * (k == d) for k in range(p_d.shape[2])], -1) / p_d)(q.sum(0)),
            lambda q, p_d, d: np.einsum("abc,k->bck", q, np.eye(p_d.shape[2])[d]) / p_d,
        ),
        {
            lambda q, p_d: q.sum(0)[:, :, None] / p_d: "missing | \\bd\\b|observed|indicator|onehot|element",
            lambda q, p_d, d: np.einsum("abc,k->bck", q, np.eye(p_d.shape[2])[d]): "missing | p_d",
            lambda q, p_d, d: -np.einsum("abc,k->bck", q, np.eye(p_d.shape[2])[d]) / p_d: "sign",
        },
    ),
    gradient(
        "bayesian-network",
        "p_c",
        ("sum(q, axis=1) / p_c", lambda q, p_c: q.sum(1) / p_c),
        {
            "sum(q, axis=1)": "missing | p_c",
            "sum(q, axis=1) / p_c - 1": "multiplier",
            "sum(q, axis=1) / sum(sum(q, axis=1), axis=1)[:, None]": "wrong | p_c|normalis",
        },
    ),
)
