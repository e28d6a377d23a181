"""Factor models, energies, chains, networks of chance, conjugate priors, divergences and matrices."""

import numpy as np

from bank.exercise import Exercise, Wrong, chance, derivative, equal, gradient, update

ENERGY = {"h": "binary"}
SEEN = {"v": "binary"}
SPINS = {"x": "spin"}
PATH = {"z": ("states", lambda pi: range(len(pi)))}


def bound(problem, direction, right, wrong):
    return Exercise(
        "bound", problem, {"direction": direction}, right, tuple(Wrong(c, *w.split(" | ")) for c, w in wrong.items())
    )


FACTORS = (
    chance(
        "posterior",
        "ppca",
        {"z": "real"},
        "mean_var",
        (
            lambda X, u, sigma2: (X @ u / (sigma2 + u @ u), sigma2 / (sigma2 + u @ u) * np.ones(len(X))),
            lambda X, u, sigma2: ((X @ u / sigma2) / (1 + u @ u / sigma2), np.ones(len(X)) / (1 + u @ u / sigma2)),
        ),
        {
            lambda X, u, sigma2: (
                X @ u,
                sigma2 / (sigma2 + u @ u) * np.ones(len(X)),
            ): "missing | sigma2|u|divid|factor",
            lambda X, u, sigma2: (X @ u / (sigma2 + u @ u), np.ones(len(X)) * sigma2): "wrong | variance|var",
            lambda X, u, sigma2: (
                X @ u / (u @ u),
                sigma2 / (sigma2 + u @ u) * np.ones(len(X)),
            ): "missing | sigma2|mean|prior",
            lambda X, u, sigma2: (
                X @ u / (sigma2 + u @ u),
                (sigma2 / (sigma2 + u @ u)) ** 0.5 * np.ones(len(X)),
            ): "deviation",
            lambda X, u, sigma2, s: (X @ u / (sigma2 + u @ u), s): "wrong | moment|variance|var|mean",
        },
    ),
    update(
        "m_step",
        "ppca",
        ["u"],
        ("X.T @ m / sum(s)", "sum(X * m[:, None], axis=0) / sum(s)"),
        {
            "X.T @ m / sum(m**2)": "missing | variance|s\\b|second moment",
            "X.T @ m": "missing | sum|s\\b|divid",
            "X.T @ m / N": "wrong | s\\b|N|sum",
            "u": "old",
            "-X.T @ m / sum(s)": "sign",
            "X.T @ m / sum(s)**2": "extra | s\\b|sum|square",
        },
    ),
    update(
        "m_step",
        "ppca",
        ["sigma2"],
        (
            "(sum(X**2) - 2 * m @ X @ u + sum(s) * u @ u) / (N * D)",
            "mean((X - outer(m, u))**2 + (s - m**2)[:, None] * u**2)",
        ),
        {
            "(sum(X**2) - 2 * m @ X @ u + sum(s) * u @ u) / N": "factor | D|mean|sum",
            "sum((X - outer(m, u))**2) / (N * D)": "missing | variance|s\\b|second moment",
            "sqrt((sum(X**2) - 2 * m @ X @ u + sum(s) * u @ u) / (N * D))": "deviation",
            "(sum(X**2) - m @ X @ u + sum(s) * u @ u) / (N * D)": "twice | m",
            "sigma2": "old",
        },
    ),
    gradient(
        "ppca",
        "u",
        ("inv(C) @ (X.T @ X @ inv(C) @ u - N * u)", "inv(C) @ X.T @ X @ inv(C) @ u - N * inv(C) @ u"),
        {
            "inv(C) @ X.T @ X @ inv(C) @ u": "missing | N|det|log",
            "inv(C) @ (X.T @ X @ inv(C) @ u + N * u)": "sign",
            "inv(C) @ (X.T @ X @ inv(C) @ u - u)": "missing | \\bN\\b|factor 0.1",
            "inv(C) @ (X.T @ X @ inv(C) @ u - N * u) / 2": "twice",
            "X.T @ X @ inv(C) @ u - N * u": "missing | C|inv",
        },
    ),
    chance(
        "posterior",
        "factor-analysis",
        {"z": "gaussian"},
        "mean_cov",
        (
            lambda x, mu, W, psi, V: (V @ W.T @ ((x - mu) / psi), V),
            lambda x, mu, W, psi, C: (
                W.T @ np.linalg.solve(C, x - mu),
                np.eye(W.shape[1]) - W.T @ np.linalg.solve(C, W),
            ),
        ),
        {
            lambda x, W, psi, V: (V @ W.T @ (x / psi), V): "missing | mu|mean",
            lambda x, mu, W, V: (V @ W.T @ (x - mu), V): "missing | psi",
            lambda x, mu, W, psi, V: (V @ W.T @ ((x - mu) / psi), np.linalg.inv(V)): "inverse",
            lambda x, mu, W, psi: (
                np.linalg.solve(W.T @ (W / psi[:, None]), W.T @ ((x - mu) / psi)),
                np.linalg.inv(W.T @ (W / psi[:, None])),
            ): "missing | prior|identity|eye|covariance|z\\*\\*2",
            lambda x, mu, W, psi, V: (-V @ W.T @ ((x - mu) / psi), V): "sign",
        },
    ),
    update(
        "m_step",
        "factor-analysis",
        ["W"],
        ("(X - mu).T @ M @ inv(S)", "(inv(S) @ M.T @ (X - mu)).T"),
        {
            "X.T @ M @ inv(S)": "missing | mu",
            "(X - mu).T @ M": "missing | S|inv",
            "(X - mu).T @ M @ inv(M.T @ M)": "missing | V|S\\b|covariance|second moment",
            "(X - mu).T @ M @ S": "inverse",
            "(X - mu).T @ M / N": "wrong | S|N",
        },
    ),
    chance(
        "posterior",
        "ppca-factors",
        {"z": "gaussian"},
        "mean_cov",
        (
            lambda x, mu, W, B, sigma2: (np.linalg.solve(B, W.T @ (x - mu)), sigma2 * np.linalg.inv(B)),
            lambda x, mu, W, C: (W.T @ np.linalg.solve(C, x - mu), np.eye(W.shape[1]) - W.T @ np.linalg.solve(C, W)),
        ),
        {
            lambda x, mu, W, B: (np.linalg.solve(B, W.T @ (x - mu)), np.linalg.inv(B)): "missing | sigma2|covariance",
            lambda x, W, B, sigma2: (np.linalg.solve(B, W.T @ x), sigma2 * np.linalg.inv(B)): "missing | mu|mean",
            lambda x, mu, W, sigma2: (
                np.linalg.solve(W.T @ W, W.T @ (x - mu)),
                sigma2 * np.linalg.inv(W.T @ W),
            ): "missing | prior|sigma2|identity|covariance|z\\*\\*2",
        },
    ),
    chance(
        "posterior",
        "bayesian-linear-regression",
        {"w": "gaussian"},
        "mean_cov",
        (
            lambda X, y, alpha, beta: (
                beta * np.linalg.solve(alpha * np.eye(X.shape[1]) + beta * X.T @ X, X.T @ y),
                np.linalg.inv(alpha * np.eye(X.shape[1]) + beta * X.T @ X),
            ),
            lambda X, y, alpha, beta: (
                X.T @ np.linalg.solve(np.eye(len(X)) / beta + X @ X.T / alpha, y) / alpha,
                np.eye(X.shape[1]) / alpha
                - X.T @ np.linalg.solve(np.eye(len(X)) / beta + X @ X.T / alpha, X) / alpha**2,
            ),
        ),
        {
            lambda X, y, alpha, beta: (
                np.linalg.solve(X.T @ X, X.T @ y),
                np.linalg.inv(X.T @ X) / beta,
            ): "missing | prior|alpha|covariance",
            lambda X, y, alpha, beta: (
                np.linalg.solve(alpha * np.eye(X.shape[1]) + beta * X.T @ X, X.T @ y),
                np.linalg.inv(alpha * np.eye(X.shape[1]) + beta * X.T @ X),
            ): "missing | beta|factor",
            lambda X, y, alpha, beta: (
                beta * np.linalg.solve(alpha * np.eye(X.shape[1]) + beta * X.T @ X, X.T @ y),
                alpha * np.eye(X.shape[1]) + beta * X.T @ X,
            ): "inverse",
        },
    ),
)

ENERGIES = (
    chance(
        "conditional",
        "rbm",
        ENERGY,
        "prob_one",
        ("sigmoid(v @ W + a)", "1 / (1 + exp(-(W.T @ v + a)))"),
        {
            "sigmoid(v @ W)": "missing | \\ba\\b|bias",
            "sigmoid(-(v @ W + a))": "sign",
            "v @ W + a": "activation | sigmoid",
            "sigmoid(v @ W - a)": "sign",
            "exp(v @ W + a)": "normalise",
            "sigmoid(2 * (v @ W + a))": "twice",
            "tanh(v @ W + a)": "activation | sigmoid|tanh",
            "sigmoid(v @ W + a + sum(b * v))": "extra | b|sum",
            "softmax(v @ W + a)": "activation | sigmoid|softmax|normalis",
        },
    ),
    chance(
        "conditional",
        "rbm",
        SEEN,
        "prob_one",
        ("sigmoid(W @ h + b)", "1 / (1 + exp(-b - h @ W.T))"),
        {
            "sigmoid(W @ h)": "missing | \\bb\\b|bias",
            "sigmoid(-W @ h - b)": "sign",
            "W @ h + b": "activation | sigmoid",
            "1 - sigmoid(W @ h + b)": "wrong | 1 -|1 −|opposite|sign|of 0",
        },
    ),
    gradient(
        "rbm-free-energy",
        "W",
        ("-outer(v, ph)", "-v[:, None] * sigmoid(v @ W + a)"),
        {
            "outer(v, ph)": "sign",
            "-outer(v, h)": "wrong | ph|h|mean|expect",
            "-outer(v, v @ W + a)": "activation | sigmoid",
            "-outer(v, sigmoid(v @ W))": "missing | \\ba\\b|bias",
            "-outer(v, ph * (1 - ph))": "extra | ph|derivative",
            "-outer(ph, v)": "layout",
        },
    ),
    gradient(
        "rbm-free-energy",
        "a",
        ("-ph", "-sigmoid(v @ W + a)"),
        {
            "ph": "sign",
            "-(v @ W + a)": "activation | sigmoid",
            "-h": "wrong | ph|h|mean|expect",
            "-sigmoid(v @ W)": "missing | \\ba\\b|bias",
        },
    ),
    gradient(
        "rbm",
        "W",
        ("V.T @ PH - N * model_vh", "sum(V[:, :, None] * PH[:, None, :] - model_vh, axis=0)"),
        {
            "V.T @ PH": "missing | model_vh|partition|Z",
            "N * model_vh - V.T @ PH": "sign",
            "V.T @ PH - model_vh": "missing | \\bN\\b|factor 0.1",
            "V.T @ PH / N - model_vh": "sum for mean",
            "V.T @ PH - N * outer(model_v, model_h)": "wrong | model_vh|product|outer",
            "V.T @ PH + N * model_vh": "sign",
        },
    ),
    gradient(
        "rbm",
        "b",
        ("sum(V, axis=0) - N * model_v", "sum(V - model_v, axis=0)"),
        {
            "sum(V, axis=0)": "missing | model_v|partition|Z",
            "sum(V, axis=0) - model_v": "missing | \\bN\\b|factor 0.1",
            "N * model_v - sum(V, axis=0)": "sign",
            "mean(V, axis=0) - model_v": "sum for mean",
        },
    ),
    equal(
        "ising-flip",
        ("2 * h - 2 * beta * ne - 2 * eta * y", "2 * (h - beta * ne - eta * y)"),
        {
            "2 * h - 4 * beta * ne - 2 * eta * y": "pairs | beta|ne|pair",
            "h - beta * ne - eta * y": "twice",
            "2 * h + 2 * beta * ne - 2 * eta * y": "sign",
            "-2 * h + 2 * beta * ne + 2 * eta * y": "sign",
            "2 * h - 2 * beta * ne": "missing | eta|y",
            "2 * h - 2 * beta * ne - 2 * eta * y * x": "extra | x",
            "-2 * beta * ne - 2 * eta * y": "missing | \\bh\\b",
        },
    ),
    equal(
        "ising",
        ("h * sum(x) - beta * pairs - eta * sum(x * y)", "h * sum(x) - beta * sum(x * ne) / 2 - eta * sum(x * y)"),
        {
            "h * sum(x) - beta * sum(x * ne) - eta * sum(x * y)": "pairs | twice|pair|2|beta|half",
            "-h * sum(x) - beta * pairs - eta * sum(x * y)": "sign",
            "h * sum(x) - beta * pairs": "missing | eta|y",
            "h * sum(x) + beta * pairs - eta * sum(x * y)": "sign",
        },
    ),
    chance(
        "conditional",
        "ising",
        SPINS,
        "prob_one",
        ("sigmoid(2 * beta * ne + 2 * eta * y - 2 * h)", "1 / (1 + exp(2 * (h - beta * ne - eta * y)))"),
        {
            "sigmoid(beta * ne + eta * y - h)": "twice",
            "sigmoid(2 * h - 2 * beta * ne - 2 * eta * y)": "sign",
            "sigmoid(2 * beta * ne + 2 * eta * y)": "missing | \\bh\\b",
            "sigmoid(2 * beta * ne - 2 * h)": "missing | eta|y",
            "tanh(beta * ne + eta * y - h)": "activation | sigmoid|tanh|mean",
            "sigmoid(4 * beta * ne + 2 * eta * y - 2 * h)": "pairs | twice|2|beta|pair",
        },
    ),
)

CHAINS = (
    chance(
        "posterior",
        "hidden-markov-model",
        PATH,
        "marginals",
        ("alpha * beta / sum(alpha[-1])", "alpha * beta / sum(alpha * beta, axis=1, keepdims=True)"),
        {
            "alpha / sum(alpha, axis=1, keepdims=True)": "missing | beta|backward|future",
            "alpha * beta": "normalise",
            "beta / sum(beta, axis=1, keepdims=True)": "missing | alpha|forward",
            "alpha * beta / sum(alpha * beta, axis=0, keepdims=True)": "axis",
            "alpha * beta / sum(alpha * beta)": "normalise",
        },
    ),
    chance(
        "posterior",
        "hidden-markov-model",
        PATH,
        "pairwise",
        (
            "alpha[:-1, :, None] * A * (B[:, x[1:]].T * beta[1:])[:, None, :] / sum(alpha[-1])",
            lambda x, A, B, alpha, beta: np.stack(
                [alpha[t][:, None] * A * (B[:, x[t + 1]] * beta[t + 1]) / alpha[-1].sum() for t in range(len(x) - 1)]
            ),
        ),
        {
            "alpha[:-1, :, None] * A * beta[1:][:, None, :] / sum(alpha[-1])": "missing | \\bB\\b|emission",
            "alpha[:-1, :, None] * A * (B[:, x[1:]].T * beta[1:])[:, None, :]": "normalise",
            "gamma[:-1, :, None] * gamma[1:, None, :]": "wrong | \\bA\\b|transition|independen",
            "alpha[:-1, :, None] * A.T * (B[:, x[1:]].T * beta[1:])[:, None, :] / sum(alpha[-1])": "transpose",
        },
    ),
    update(
        "m_step",
        "hidden-markov-model",
        ["A"],
        ("sum(xi, axis=0) / sum(gamma[:-1], axis=0)[:, None]", "sum(xi, axis=0) / sum(xi, axis=(0, 2))[:, None]"),
        {
            "sum(xi, axis=0) / sum(gamma, axis=0)[:, None]": "normalise",
            "sum(xi, axis=0) / (T - 1)": "normalise",
            "sum(xi, axis=0) / sum(xi, axis=(0, 1))": "axis",
            "sum(xi, axis=0).T / sum(xi, axis=(0, 1))[:, None]": "transpose",
            "A": "old",
        },
    ),
    update(
        "m_step",
        "hidden-markov-model",
        ["B"],
        ("gamma.T @ X / sum(gamma, axis=0)[:, None]", "gamma.T @ X / sum(gamma.T @ X, axis=1, keepdims=True)"),
        {
            "gamma.T @ X / T": "normalise",
            "gamma.T @ X": "normalise",
            "gamma.T @ X / sum(gamma.T @ X, axis=0)": "axis",
            "ones((K, 1)) * mean(X, axis=0)": "missing | gamma|posterior|weigh",
        },
    ),
    update(
        "m_step",
        "hidden-markov-model",
        ["pi"],
        ("gamma[0]", "alpha[0] * beta[0] / sum(alpha[0] * beta[0])"),
        {
            "mean(gamma, axis=0)": "index | first|gamma\\[0\\]|0",
            "alpha[0] / sum(alpha[0])": "missing | beta",
            "gamma[-1]": "wrong | first|gamma\\[0\\]",
        },
    ),
    gradient(
        "hidden-markov-model",
        "A",
        (
            "sum(xi, axis=0) / A",
            "sum(alpha[:-1, :, None] * (B[:, x[1:]].T * beta[1:])[:, None, :], axis=0) / sum(alpha[-1])",
        ),
        {
            "sum(xi, axis=0)": "missing | \\bA\\b",
            "sum(xi, axis=0) / A - T": "multiplier",
            "mean(xi, axis=0) / A": "sum for mean | T|mean|sum",
            "sum(xi, axis=0) / A.T": "transpose",
        },
    ),
    gradient(
        "bayesian-network",
        "p_a",
        ("sum(q, axis=(1, 2)) / p_a", "sum(sum(q, axis=2), axis=1) / p_a"),
        {
            "sum(q, axis=(1, 2))": "missing | p_a",
            "1 / p_a": "missing | \\bq\\b",
            "sum(q, axis=(1, 2)) * p_a": "factor | p_a",
            "-sum(q, axis=(1, 2)) / p_a": "sign",
        },
    ),
    gradient(
        "bayesian-network",
        "p_b",
        ("sum(q, axis=2) / p_b", lambda q, p_b: np.einsum("abc,ab->ab", q, 1 / p_b)),
        {
            "sum(q, axis=2)": "missing | p_b",
            "sum(q, axis=2) / sum(q, axis=(1, 2))[:, None]": "wrong | p_b|normalis",
            "sum(q, axis=2) / p_b / p_a[:, None]": "extra | p_a",
        },
    ),
)

CONJUGATE = (
    update(
        "map",
        "dirichlet-categorical",
        ["theta"],
        ("(n + alpha - 1) / sum(n + alpha - 1)", "(n + alpha - 1) / (N + sum(alpha) - K)"),
        {
            "n / N": "prior",
            "(n + alpha) / sum(n + alpha)": "prior | − 1|- 1|alpha",
            "(n + alpha - 1) / N": "normalise",
            "n + alpha - 1": "normalise",
            "(n + alpha - 1) / (N + K)": "normalise",
            "(n + 1) / (N + K)": "prior",
            "(n - alpha + 1) / sum(n - alpha + 1)": "sign",
        },
    ),
    gradient(
        "dirichlet-categorical",
        "theta",
        ("(n + alpha - 1) / theta", "n / theta + (alpha - 1) / theta"),
        {
            "n / theta": "missing | alpha|prior",
            "(n + alpha) / theta": "missing | \\b1\\b",
            "n + alpha - 1": "missing | theta",
            "(n + alpha - 1) / theta - sum(n + alpha - 1)": "multiplier",
            "(n - alpha + 1) / theta": "sign",
        },
    ),
    update(
        "map",
        "beta-bernoulli",
        ["theta"],
        ("(heads + a - 1) / (heads + tails + a + b - 2)", "1 - (tails + b - 1) / (heads + tails + a + b - 2)"),
        {
            "heads / (heads + tails)": "prior | prior|\\ba\\b",
            "(heads + a) / (heads + tails + a + b)": "prior | − 1|- 1|\\b1\\b",
            "(heads + a - 1) / (heads + tails + a + b)": "wrong | 2|\\b1\\b",
            "(tails + b - 1) / (heads + tails + a + b - 2)": "wrong | heads|tails|1 -|swap",
        },
    ),
    update(
        "map",
        "gamma-poisson",
        ["rate"],
        ("(a + sum(x) - 1) / (b + N)", "(sum(x) + (a - 1)) / (N + b)"),
        {
            "mean(x)": "prior | prior|\\ba\\b",
            "(a + sum(x)) / (b + N)": "missing | \\b1\\b",
            "(a + sum(x) - 1) / b": "missing | \\bN\\b|rate",
            "(a + sum(x) - 1) / (1 / b + N)": "wrong | divides by b|invers|recipro",
        },
    ),
    gradient(
        "gamma-poisson",
        "rate",
        ("(a - 1 + sum(x)) / rate - b - N", "(a - 1) / rate - b + sum(x / rate - 1)"),
        {
            "sum(x) / rate - N": "missing | prior|\\ba\\b|\\bb\\b",
            "(a + sum(x)) / rate - b - N": "missing | \\b1\\b",
            "(a - 1 + sum(x)) / rate + b + N": "sign",
            "(a - 1 + sum(x)) / rate - b": "missing | N",
        },
    ),
    chance(
        "posterior",
        "beta-bernoulli",
        {"theta": "unit"},
        "mean_var",
        (
            lambda heads, tails, a, b: (
                (heads + a) / (heads + tails + a + b),
                (heads + a) * (tails + b) / ((heads + tails + a + b) ** 2 * (heads + tails + a + b + 1)),
            ),
            lambda heads, tails, a, b: (
                1 - (tails + b) / (heads + tails + a + b),
                1
                / (heads + tails + a + b + 1)
                * (heads + a)
                / (heads + tails + a + b)
                * (1 - (heads + a) / (heads + tails + a + b)),
            ),
        ),
        {
            lambda heads, tails, a, b: (
                (heads + a - 1) / (heads + tails + a + b - 2),
                (heads + a) * (tails + b) / ((heads + tails + a + b) ** 2 * (heads + tails + a + b + 1)),
            ): "wrong | mean|mode",
            lambda heads, tails, a, b: (
                heads / (heads + tails),
                heads * tails / ((heads + tails) ** 2 * (heads + tails + 1)),
            ): "missing | prior|\\ba\\b|mean",
            lambda heads, tails, a, b: (
                (heads + a) / (heads + tails + a + b),
                (heads + a) * (tails + b) / (heads + tails + a + b) ** 2,
            ): "wrong | variance|factor|var",
        },
    ),
)

DIVERGENCES = (
    equal(
        "gaussian-kl",
        (
            "(logdet(S2) - logdet(S1) - D + trace(inv(S2) @ S1) + (m2 - m1) @ inv(S2) @ (m2 - m1)) / 2",
            "(trace(inv(S2) @ (S1 + outer(m1 - m2, m1 - m2))) - D - logdet(S1 @ inv(S2))) / 2",
        ),
        {
            "(logdet(S1) - logdet(S2) - D + trace(inv(S2) @ S1) + (m2 - m1) @ inv(S2) @ (m2 - m1)) / 2": "sign",
            "(logdet(S2) - logdet(S1) + trace(inv(S2) @ S1) + (m2 - m1) @ inv(S2) @ (m2 - m1)) / 2": "missing | D",
            "logdet(S2) - logdet(S1) - D + trace(inv(S2) @ S1) + (m2 - m1) @ inv(S2) @ (m2 - m1)": "twice",
            "(logdet(S2) - logdet(S1) - D + trace(inv(S1) @ S2) + (m2 - m1) @ inv(S1) @ (m2 - m1)) / 2": "wrong | S1|S2|swap",
            "(logdet(S2) - logdet(S1) - D + trace(inv(S2) @ S1)) / 2": "missing | m1|m2|mean",
            "(logdet(S2) - logdet(S1) - D + trace(S2 @ S1) + (m2 - m1) @ inv(S2) @ (m2 - m1)) / 2": "inverse",
        },
    ),
    gradient(
        "gaussian-kl",
        "m2",
        ("inv(S2) @ (m2 - m1)", "-inv(S2) @ (m1 - m2)"),
        {
            "inv(S2) @ (m1 - m2)": "sign",
            "2 * inv(S2) @ (m2 - m1)": "twice",
            "S2 @ (m2 - m1)": "inverse",
            "inv(S1) @ (m2 - m1)": "wrong | S1|S2",
            "m2 - m1": "missing | S2",
        },
    ),
    gradient(
        "gaussian-kl",
        "S1",
        ("(inv(S2) - inv(S1)) / 2", "inv(S2) / 2 - inv(S1) / 2"),
        {
            "inv(S2) - inv(S1)": "twice",
            "(inv(S1) - inv(S2)) / 2": "sign",
            "inv(S2) / 2": "missing | S1|det|log",
            "(S2 - S1) / 2": "inverse",
        },
    ),
    equal(
        "gaussian-kl-standard",
        (
            "sum(mu**2 + exp(log_variance) - 1 - log_variance) / 2",
            "(mu @ mu + sum(exp(log_variance)) - D - sum(log_variance)) / 2",
        ),
        {
            "sum(mu**2 + exp(log_variance) - 1 + log_variance) / 2": "sign",
            "sum(1 + log_variance - mu**2 - exp(log_variance)) / 2": "sign",
            "sum(mu**2 + exp(log_variance) - 1 - log_variance)": "twice",
            "mean(mu**2 + exp(log_variance) - 1 - log_variance) / 2": "sum for mean | mean|sum|\\bD\\b",
            "sum(mu**2 + exp(log_variance) - log_variance) / 2": "missing | \\b1\\b|\\bD\\b",
            "sum(mu**2 + exp(2 * log_variance) - 1 - log_variance) / 2": "twice",
        },
    ),
    gradient(
        "gaussian-kl-standard",
        "log_variance",
        ("(exp(log_variance) - 1) / 2", "0.5 * exp(log_variance) - 0.5"),
        {
            "exp(log_variance) - 1": "twice",
            "(1 - exp(log_variance)) / 2": "sign",
            "exp(log_variance) / 2": "missing | \\b1\\b",
            "(1 - 1 / exp(log_variance)) / 2": "wrong | multiply by exp|chain|logarithm",
        },
    ),
    gradient(
        "elbo",
        "m",
        ("W.T @ residual / sigma2 - m", "W.T @ (x - W @ m) / sigma2 - m"),
        {
            "W.T @ residual / sigma2": "missing | \\bm\\b|KL|prior",
            "W.T @ residual / sigma2 + m": "sign",
            "W.T @ residual - m": "missing | sigma2",
            "W.T @ x / sigma2 - m": "missing | \\bW @ m\\b|residual",
            "-W.T @ residual / sigma2 - m": "sign",
        },
    ),
    gradient(
        "elbo",
        "s",
        ("1 / s - s - s * sum(W**2, axis=0) / sigma2", "1 / s - s * (1 + diag(W.T @ W) / sigma2)"),
        {
            "1 / s - s": "missing | \\bW\\b",
            "-s - s * sum(W**2, axis=0) / sigma2": "missing | 1 / s|\\bs\\b|entropy|log",
            "1 / s - s - sum(W**2, axis=0) / sigma2": "missing | \\bs\\b",
            "1 / (2 * s) - s - s * sum(W**2, axis=0) / sigma2": "twice",
            "1 / s - s - s * sum(W**2) / sigma2": "axis",
        },
    ),
    gradient(
        "elbo-discrete",
        "q",
        ("log_joint - log(q) - 1", "-(1 + log(q) - log_joint)"),
        {
            "log_joint - log(q)": "multiplier",
            "log_joint + log(q) + 1": "sign",
            "log_joint": "missing | q|entropy",
            "log_joint - log(q) + 1": "multiplier",
            "log(q) - log_joint + 1": "sign",
        },
    ),
    bound(
        "elbo-discrete",
        "upper",
        ("log_evidence", "log(sum(exp(log_joint)))"),
        {"log_evidence - 2": "wrong", "sum(posterior * log_joint) - 1": "wrong"},
    ),
    bound(
        "elbo",
        "upper",
        ("log_evidence", "log_evidence + 0.1"),
        {"log_evidence - 100": "wrong"},
    ),
)

MATRICES = (
    gradient(
        "quadratic-form",
        "x",
        ("(A + A.T) @ x + b", "A @ x + x @ A + b"),
        {
            "2 * A @ x + b": "wrong | symmetric|transpos|\\.T|twice",
            "A @ x + b": "missing | A",
            "(A + A.T) @ x": "missing | \\bb\\b",
            "(A + A.T) @ x - b": "sign",
            "(A - A.T) @ x + b": "sign",
            "A.T @ x + b": "missing | A",
        },
    ),
    gradient(
        "quadratic-form",
        "A",
        ("outer(x, x)", "x[:, None] * x"),
        {
            "2 * outer(x, x)": "twice",
            "diag(x**2)": "element",
            "outer(x, x) + outer(x, b)": "extra | \\bb\\b",
            "x * x": "outer",
        },
    ),
    derivative(
        "hessian",
        "quadratic-form",
        "x",
        ("A + A.T", "A.T + A"),
        {
            "2 * A": "transpose | symmetric|transpos|\\.T",
            "A": "missing | \\bA\\.T|A itself",
            "A - A.T": "sign",
            "(A + A.T) / 2": "twice",
        },
    ),
    gradient(
        "log-determinant",
        "B",
        ("inv(A).T", "inv(A.T)"),
        {"inv(A)": "layout", "A.T": "inverse", "-inv(A).T": "sign", "A": "inverse", "inv(A).T @ B": "extra | B"},
    ),
    gradient(
        "log-determinant",
        "A",
        ("inv(A).T - inv(A).T @ B.T @ inv(A).T", "inv(A.T) @ (eye(D) - B.T @ inv(A.T))"),
        {
            "inv(A).T": "missing | B|trace",
            "-inv(A).T @ B.T @ inv(A).T": "missing | det|A|log",
            "inv(A).T + inv(A).T @ B.T @ inv(A).T": "sign",
            "inv(A) - inv(A) @ B @ inv(A)": "layout",
            "inv(A).T - inv(A).T @ B @ inv(A).T": "transpose | B",
            "1 / A - inv(A).T @ B.T @ inv(A).T": "inverse",
        },
    ),
    gradient(
        "matrix-factorisation",
        "U",
        ("-E @ V + lam * U", "(U @ V.T - X) @ V + lam * U"),
        {
            "E @ V + lam * U": "sign",
            "-E @ V": "missing | lam|penalty",
            "-2 * E @ V + lam * U": "twice",
            "-X @ V + lam * U": "missing | U|E\\b",
            "-E @ V + 2 * lam * U": "twice",
            "-E @ V - lam * U": "sign",
        },
    ),
    gradient(
        "matrix-factorisation",
        "V",
        ("-E.T @ U + lam * V", "(V @ U.T - X.T) @ U + lam * V"),
        {
            "E.T @ U + lam * V": "sign",
            "-E.T @ U + lam": "missing | V",
            "-E.T @ U + lam * V / 2": "twice",
            "-E.T @ U": "missing | lam|penalty",
        },
    ),
    equal(
        "sort-two",
        (
            "array([X[:, 0] - relu(X[:, 0] - X[:, 1]), X[:, 1] + relu(X[:, 0] - X[:, 1])]).T",
            "array([X[:, 1] - relu(X[:, 1] - X[:, 0]), X[:, 0] + relu(X[:, 1] - X[:, 0])]).T",
        ),
        {
            "array([X[:, 1] + relu(X[:, 0] - X[:, 1]), X[:, 0] - relu(X[:, 0] - X[:, 1])]).T": (
                "order | swap|order|first|second|revers|column"
            ),
            "array([X[:, 0] + relu(X[:, 0] - X[:, 1]), X[:, 1] - relu(X[:, 0] - X[:, 1])]).T": "sign",
            "array([X[:, 0] - (X[:, 0] - X[:, 1]), X[:, 1] + X[:, 0] - X[:, 1]]).T": "activation | relu|maximum",
        },
    ),
)

EXERCISES = (*FACTORS, *ENERGIES, *CHAINS, *CONJUGATE, *DIVERGENCES, *MATRICES)
