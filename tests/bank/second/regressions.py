"""Claims of the second bank, regressions: written before the naming rules were read. Lambdas are answers too."""

import numpy as np

from bank.exercise import derivative, gradient


def sig(u):
    return 1 / (1 + np.exp(-u))


EXERCISES = (
    gradient(
        "linear-regression",
        "w",
        (
            "X.T @ X @ w - y @ X + w * lam",
            lambda X, w, y, lam: np.array([(X[:, d] * (X @ w - y)).sum() + lam * w[d] for d in range(len(w))]),
        ),
        {
            "X.T @ (X @ w + y) + lam * w": "sign | y",
            "(X @ w - y) @ X / 2 + lam * w / 2": "twice",
            "X.T @ (X @ w - y) + lam * w / sqrt(w @ w)": "wrong | norm|square|penalty|lam|w @ w",
            "2 / N * X.T @ (X @ w - y) + lam * w": "wrong | 2|\\bN\\b",
            "X.T @ (X @ w) - y.sum() + lam * w": "wrong | X|y",
            "X.T @ (X @ w - y)**2 + lam * w": "wrong | square|power|residual|\\*\\*",
            lambda X, w, y, lam: (
                X.T @ (X @ w - y) + lam * w * np.array([0.0] + [1.0] * (len(w) - 1))
            ): "element | \\[0\\]|first|w",
            lambda X, w, y, lam: X.T @ (y - X @ w) - lam * w: "sign",
            lambda X, w, y, lam: X.T @ (X @ w - y) / len(y) + lam * w: "extra | len|N",
            lambda X, w, y, lam: X.T @ (X @ w - y) + lam**2 * w: "extra | lam",
        },
    ),
    gradient(
        "linear-regression",
        "X",
        ("outer(residual, w)", "(X @ w - y)[:, None] * w"),
        {
            "outer(w, residual)": "layout",
            "outer(X @ w, w)": "missing | y",
            "outer(residual, w) + lam * X": "extra | lam",
            "outer(y - X @ w, w)": "sign",
        },
    ),
    derivative(
        "hessian",
        "lasso",
        "w",
        ("X.T @ X", lambda X: X.T.dot(X)),
        {
            "X.T @ X + lam * eye(D)": "extra | lam",
            "2 * X.T @ X": "twice",
            "X.T @ X / N": "sum for mean",
        },
    ),
    gradient(
        "logistic-regression",
        "X",
        ("outer(p - t, w)", lambda X, w, t, p: (p - t)[:, None] * w[None]),
        {
            "outer(p, w)": "missing | \\bt\\b",
            "outer(t - p, w)": "sign",
            "outer((p - t) * p * (1 - p), w)": "extra | p",
        },
    ),
    gradient(
        "logistic-regression",
        "w",
        ("X.T @ p - X.T @ t + lam * w", lambda X, w, t, lam: -(X * (t - sig(X @ w))[:, None]).sum(0) + lam * w),
        {
            "X.T @ (t / p - (1 - t) / (1 - p)) + lam * w": "wrong | p|sign|derivative",
            "-X.T @ (t / p - (1 - t) / (1 - p)) + lam * w": "missing | p|derivative|sigmoid",
            "X.T @ (-t * (1 - p) - (1 - t) * p) + lam * w": "sign",
            "X.T @ (tanh(X @ w) - t) + lam * w": "activation | sigmoid|tanh",
            "X.T @ (p - t) - lam * w": "sign | lam",
            lambda X, w, t, lam: X.T @ ((X @ w > 0) - t) + lam * w: "hard | hard|sigmoid|threshold|argmax",
            lambda X, w, t, p, lam: X.T @ (p - t) / len(t) + lam * w / len(t): "sum for mean",
            lambda X, w, t, p, lam: (p - t) @ X + lam * abs(w): "wrong | abs|sign|lam|absolute",
        },
    ),
    derivative(
        "hessian", "logistic-regression", ("w", "lam"), ("w", "1 * w"), {"2 * w": "twice", "lam * w": "extra | lam"}
    ),
    derivative(
        "hessian",
        "logistic-regression",
        "w",
        (
            "X.T @ diag(p * (1 - p)) @ X + lam * eye(D)",
            lambda X, p, lam: (
                sum(p[n] * (1 - p[n]) * np.outer(X[n], X[n]) for n in range(len(X))) + lam * np.eye(X.shape[1])
            ),
        ),
        {
            "X.T @ diag(p - t) @ X + lam * eye(D)": "wrong | p|1 - p",
            "X.T @ diag(sqrt(p * (1 - p))) @ X + lam * eye(D)": "wrong | sqrt|root|p",
            "X.T @ diag(p * (1 - p)) @ X + lam**2 * eye(D)": "extra | lam",
            "mean(p * (1 - p)) * X.T @ X + lam * eye(D)": "wrong | mean|p",
        },
    ),
    gradient(
        "poisson-regression",
        "w",
        (
            "X.T @ (rate - y) + lam * w",
            lambda X, w, y, lam: sum((np.exp(X[n] @ w) - y[n]) * X[n] for n in range(len(X))) + lam * w,
        ),
        {
            "X.T @ (1 - y / rate) + lam * w": "missing | rate",
            "X.T @ (rate * (rate - y)) + lam * w": "extra | rate",
            "X.T @ (y - rate) + lam * w": "sign",
            "sum(rate - y) + X.T @ (rate - y) * 0 + lam * w": "missing | X",
            lambda X, w, y, rate, lam: X.T @ (rate - y) + lam: "missing | w",
        },
    ),
    derivative(
        "hessian",
        "poisson-regression",
        "w",
        (
            "X.T @ diag(rate) @ X + lam * eye(D)",
            lambda X, rate, lam: np.einsum("n,ni,nj->ij", rate, X, X) + lam * np.eye(X.shape[1]),
        ),
        {
            "X.T @ diag(rate**2) @ X + lam * eye(D)": "extra | rate|square",
            "X.T @ diag(rate) @ X": "missing | lam|penalty",
            "X.T @ diag(1 / rate) @ X + lam * eye(D)": "inverse | rate",
        },
    ),
    gradient(
        "softmax-regression",
        "W",
        ("X.T @ P + lam * W - X.T @ T", lambda X, P, T, W, lam: np.einsum("nd,nk->dk", X, P - T) + lam * W),
        {
            "X.T @ (sigmoid(X @ W + b) - T) + lam * W": "activation | softmax|sigmoid",
            "X.T @ (P * (P - T)) + lam * W": "extra | P",
            "X.T @ (P - T) / K + lam * W": "wrong | \\bK\\b|factor",
            "X.T @ (exp(X @ W + b) - T) + lam * W": "activation | softmax",
            "X.T @ (P - T) + lam * sum(W, axis=0)": "wrong | sum|axis|W",
            lambda X, P, T, W, lam: X.T @ ((P.max(1, keepdims=True) == P) - T) + lam * W: "hard",
            lambda X, P, T, W, lam: X.T @ (P - T) + 2 * lam * W: "twice | lam",
            lambda X, P, T, W, lam: X.T @ np.log(P) + lam * W: "wrong | T|log|softmax",
        },
    ),
    gradient(
        "softmax-regression",
        "b",
        ("sum(P - T, axis=0)", lambda P, T: (P - T).sum(0)),
        {
            "sum(P * (1 - P), axis=0)": "wrong | T|P",
            "sum(P - T, axis=0) * b": "extra | \\bb\\b",
        },
    ),
)
