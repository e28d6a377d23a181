"""Claims of the second bank, networks: written before the naming rules were read. Lambdas are answers too."""

import numpy as np

from bank.exercise import derivative, gradient, vjp


def sig(u):
    return 1 / (1 + np.exp(-u))


EXERCISES = (
    gradient(
        "scalar-network",
        "w1",
        (
            "w3 * s2 * (1 - s2) * w2 * s1 * (1 - s1) * x",
            lambda w1, w2, w3, x: (lambda a: (lambda b: w3 * b * (1 - b) * w2 * a * (1 - a) * x)(sig(w2 * a)))(
                sig(w1 * x)
            ),
        ),
        {
            "w3 * w2 * x * s1 * (1 - s1) * s2": "missing | 1 - s2|derivative",
            "w3 * w2 * s1 * s1 * (1 - s1) * s2 * (1 - s2)": "wrong | x|s1",
            "-w3 * w2 * x * s1 * (1 - s1) * s2 * (1 - s2)": "sign",
            "w3 * w2 * x * s2 * (1 - s2)": "missing | s1|derivative",
            lambda w1, w2, w3, x, s1, s2: w3 + w2 * x * s1 * (1 - s1) * s2 * (1 - s2): "wrong | w3",
        },
    ),
    gradient(
        "mlp",
        "W1",
        (
            "X.T @ (((P - T) @ W2.T) * (1 - tanh(X @ W1 + b1)**2)) + lam * W1",
            lambda X, P, T, W1, W2, H, lam: np.einsum("nd,nk,mk,nm->dm", X, P - T, W2, 1 - H**2) + lam * W1,
        ),
        {
            lambda X, P, T, W1, W2, H, lam: X.T @ ((P - T) @ W2.T * H * (1 - H)) + lam * W1: "derivative",
            lambda X, P, T, W1, W2, H, lam: X.T @ ((P - T) @ W2.T * (1 - H**2)) - lam * W1: "sign | lam|W1",
            lambda X, P, T, W1, W2, H, lam: (
                X.T @ ((P * (1 - P) * (P - T)) @ W2.T * (1 - H**2)) + lam * W1
            ): "extra | P|softmax",
            lambda X, P, T, W1, W2, H, lam: X.T @ ((P - T) @ W2.T * (1 - np.tanh(H) ** 2)) + lam * W1: "wrong | H|tanh",
            "X.T @ ((P - T) @ W2.T * (1 - H**2)) + lam * (W1 + sum(W2))": "extra | W2",
            "X.T @ (P - T) @ W2.T + lam * W1": "missing | H|tanh|derivative",
            "X.T @ ((P - T) @ W2.T * (1 - H**2)) / N + lam * W1 / N": "sum for mean",
            "X.T @ ((P - T) @ W2.T * sqrt(1 - H**2)) + lam * W1": "wrong | root|sqrt|derivative|tanh",
        },
    ),
    gradient(
        "mlp",
        "b2",
        ("sum(P - T, axis=0)", lambda P, T: np.ones(len(P)) @ (P - T)),
        {
            "sum(P - T, axis=0) + lam * b2": "extra | lam|penalty",
            "sum(T - P, axis=0)": "sign",
            "sum(P - T, axis=1)": "shape | axis|shape",
            "sum((P - T)**2, axis=0)": "wrong | square|\\*\\*|2",
        },
    ),
    gradient(
        "mlp",
        "X",
        (
            "((P - T) @ W2.T * (1 - H * H)) @ W1.T",
            lambda P, T, W1, W2, H: np.einsum("nk,mk,nm,dm->nd", P - T, W2, 1 - H**2, W1),
        ),
        {
            lambda P, T, W1, W2, H: ((P - T) @ W2.T * H) @ W1.T: "derivative",
            lambda P, T, W1, W2, H: (P @ W2.T * (1 - H**2)) @ W1.T: "missing | \\bT\\b",
            lambda P, T, W1, W2, H: (P - T) @ W2.T @ W1.T: "missing | H|tanh|derivative",
        },
    ),
    gradient(
        "mlp-relu",
        "W1",
        (
            "X.T @ (residual[:, None] * w2 * (where(H > 0, 1, 0)))",
            lambda X, residual, w2, A: X.T @ (np.outer(residual, w2) * (A > 0)),
        ),
        {
            "X.T @ (outer(residual, w2) * where(X @ W1 > 0, 1, 0))": "missing | b1",
            "X.T @ (outer(y - X @ W1 @ w2, w2) * where(A > 0, 1, 0))": "wrong",
            "X.T @ (outer(residual, w2) * where(A > 0, 1, 0)) / N": "sum for mean",
            lambda X, residual, w2, H: X.T @ (np.outer(residual, w2) * (1 - H**2)): "derivative",
            lambda X, residual, w2, A: X.T @ (np.outer(residual, w2) * sig(A)): "derivative | relu|maximum|sigmoid",
        },
    ),
    gradient(
        "mlp-relu",
        "b1",
        ("sum(outer(residual, w2) * where(A > 0, 1, 0), axis=0)", lambda residual, w2, A: w2 * (residual @ (A > 0))),
        {
            "sum(outer(residual, w2), axis=0)": "missing | A|H|relu|derivative",
            "w2 * sum(residual)": "missing | A|H|relu|derivative",
            "sum(residual[:, None] * where(A > 0, 1, 0), axis=0)": "missing | w2",
        },
    ),
    vjp(
        "residual-block",
        "W",
        "y_bar",
        (
            "outer(dz * (y_bar + V.T @ (y_bar * dr)), x)",
            lambda y_bar, V, dr, dz, x: np.outer(((np.diag(dr) @ V + np.eye(len(x))).T @ y_bar) * dz, x),
        ),
        {
            lambda y_bar, V, dr, dz, x: np.outer(y_bar + V.T @ (y_bar * dr) * dz, x): "wrong | dz|order|y_bar",
            lambda y_bar, V, dr, dz, x: np.outer(V.T @ (y_bar * dr) * dz, x): "missing | y_bar|skip|\\bh\\b",
            lambda y_bar, V, dr, dz, x: np.outer((y_bar * dr + V.T @ y_bar) * dz, x): "wrong | dr|order",
            lambda y_bar, V, dr, dz, x: np.outer((y_bar + V.T @ (y_bar * dr)) * dz, x).T: "layout",
            "outer((y_bar + V.T @ (y_bar * dr)) * dz, z)": "wrong | x|z",
            "outer((2 * y_bar + V.T @ (y_bar * dr)) * dz, x)": "twice | y_bar|\\bh\\b",
        },
    ),
    vjp(
        "residual-block",
        "b",
        "y_bar",
        ("(y_bar + V.T @ (y_bar * dr)) * dz", lambda y_bar, V, dr, dz: dz * (y_bar + (y_bar * dr) @ V)),
        {
            "(y_bar + V @ (y_bar * dr)) * dz": "transpose",
            "V.T @ (y_bar * dr) * dz": "missing | y_bar|skip|\\bh\\b",
            "(y_bar + V.T @ (y_bar * dr)) * dz * x": "extra | x",
            "y_bar * dz * dr": "wrong | V",
            "(y_bar + V.T @ (y_bar * dr)) * (1 - z**2)": "activation | tanh|z",
        },
    ),
    vjp(
        "softmax",
        "Z",
        "Y_bar",
        (
            "Y * Y_bar - Y * sum(Y * Y_bar, axis=1, keepdims=True)",
            lambda Y, Y_bar: np.stack([(np.diag(y) - np.outer(y, y)) @ g for y, g in zip(Y, Y_bar, strict=True)]),
        ),
        {
            lambda Y, Y_bar: np.stack(
                [(np.diag(y) + np.outer(y, y)) @ g for y, g in zip(Y, Y_bar, strict=True)]
            ): "sign",
            lambda Y, Y_bar: np.stack(
                [np.diag(y * (1 - y)) @ g for y, g in zip(Y, Y_bar, strict=True)]
            ): "missing | off|diagonal",
            lambda Y, Y_bar: Y * (Y_bar - Y_bar.mean(1, keepdims=True)): "wrong | Y|mean",
            lambda Y, Y_bar: -Y * (Y * Y_bar).sum(1, keepdims=True): "missing | Y_bar|numerator|exp",
            "Y * (Y_bar - Y * sum(Y_bar, axis=1, keepdims=True))": "wrong | Y",
            "Y_bar - Y": "wrong",
            "exp(Z) / R * Y_bar": "missing | sum|\\bR\\b|denominator|constant|normalis",
            "Y * (Y_bar - Y * Y_bar)": "missing | off|diagonal|sum",
            "exp(Z) / R * Y_bar - sum(Y_bar * exp(Z) / R**2, axis=1, keepdims=True)": "missing | exp|Z|Y",
        },
    ),
    derivative(
        "jacobian",
        "softmax",
        "Z",
        (
            lambda Y: (
                np.einsum("ni,nm,ij->nimj", Y, np.eye(len(Y)), np.eye(Y.shape[1]))
                - np.einsum("ni,nj,nm->nimj", Y, Y, np.eye(len(Y)))
            ),
            lambda Y: np.stack(
                [
                    np.stack([(np.diag(y) - np.outer(y, y)) * (n == m) for m in range(len(Y))], 1)
                    for n, y in enumerate(Y)
                ]
            ),
        ),
        {
            lambda Y: np.einsum(
                "ni,nm,ij->nimj", Y, np.eye(len(Y)), np.eye(Y.shape[1])
            ): "missing | Y|off|sum|denominator",
            lambda Y: np.einsum(
                "ni,nm,ij->nimj", Y * (1 - Y), np.eye(len(Y)), np.eye(Y.shape[1])
            ): "missing | off|diagonal|Y|element",
            lambda Y: (
                np.einsum("ni,nj,nm->nimj", Y, Y, np.eye(len(Y)))
                - np.einsum("ni,nm,ij->nimj", Y, np.eye(len(Y)), np.eye(Y.shape[1]))
            ): "sign",
        },
    ),
    gradient(
        "softmax-cross-entropy",
        "z",
        ("softmax(z) - t", lambda z, t: np.exp(z) / np.exp(z).sum() - t),
        {
            "sigmoid(z) - t": "activation | softmax|sigmoid",
            "exp(z) - t": "activation | softmax",
            "y - 2 * t": "twice | t",
            "-t * (1 - y)": "missing | off|diagonal|other|sum|Jacobian",
            lambda y, t: -t + y * 0: "missing | y|log|normalis",
            lambda z, t, y: (y - t) / len(y): "sum for mean",
        },
    ),
    vjp(
        "batch-norm",
        "X",
        "Y_bar",
        (
            "(gamma * Y_bar - mean(gamma * Y_bar, axis=0) - xhat * mean(gamma * Y_bar * xhat, axis=0)) / s",
            lambda gamma, s, Y_bar, xhat: gamma / s * (Y_bar - Y_bar.mean(0) - xhat * (Y_bar * xhat).mean(0)),
        ),
        {
            lambda gamma, s, Y_bar, xhat: (
                gamma / s * (Y_bar - Y_bar.mean(1, keepdims=True) - xhat * (Y_bar * xhat).mean(1, keepdims=True))
            ): "axis",
            lambda gamma, s, Y_bar, xhat: (
                gamma / s * (Y_bar - Y_bar.sum(0) - xhat * (Y_bar * xhat).sum(0))
            ): "sum for mean",
            lambda gamma, s, Y_bar, xhat: gamma / s * (Y_bar - Y_bar.mean(0)): "missing | variance|xhat|s\\b|deviation",
            "gamma / s * (Y_bar - mean(Y_bar, axis=0) - mean(Y_bar * xhat, axis=0))": "missing | xhat",
            "gamma / s * (Y_bar - mean(Y_bar, axis=0) - xhat * sum(Y_bar * xhat, axis=0) / (N - 1))": "biased",
            "gamma * s * (Y_bar - mean(Y_bar, axis=0) - xhat * mean(Y_bar * xhat, axis=0))": "inverse | \\bs\\b",
        },
    ),
    vjp(
        "layer-norm",
        "gamma",
        "Y_bar",
        ("sum(Y_bar * xhat, axis=0)", lambda Y_bar, xhat: np.einsum("nd,nd->d", Y_bar, xhat)),
        {
            "sum(Y_bar * X, axis=0)": "wrong | xhat|X",
            "mean(Y_bar * xhat, axis=0)": "sum for mean",
            "sum(Y_bar * xhat / s, axis=0)": "extra | \\bs\\b",
            "Y_bar * xhat": "shape",
        },
    ),
    vjp(
        "attention",
        "K",
        "O_bar",
        (
            "(A * (O_bar @ V.T - sum(A * (O_bar @ V.T), axis=1, keepdims=True))).T @ Q / sqrt(d)",
            lambda A, O_bar, V, Q, d: (lambda G: (A * (G - (A * G).sum(1, keepdims=True))).T @ Q / np.sqrt(d))(
                O_bar @ V.T
            ),
        ),
        {
            "(A * (O_bar @ V.T - sum(A * (O_bar @ V.T), axis=1, keepdims=True))).T @ Q": "missing | sqrt|\\bd\\b|factor",
            "(A * (O_bar @ V.T)).T @ Q / sqrt(d)": "missing | sum|A|softmax|denominator",
            "(A * (1 - A) * (O_bar @ V.T)).T @ Q / sqrt(d)": "missing | off|diagonal",
            lambda A, O_bar, V, Q, d: (lambda G: (G - (A * G).sum(1, keepdims=True)).T @ Q / np.sqrt(d))(
                O_bar @ V.T
            ): "missing | \\bA\\b",
            lambda A, O_bar, V, Q, d: (lambda G: (A * (G - (A * G).sum(0))).T @ Q / np.sqrt(d))(O_bar @ V.T): "axis",
        },
    ),
    vjp(
        "attention",
        "V",
        "O_bar",
        ("softmax(Q @ K.T / sqrt(d), axis=1).T @ O_bar", lambda A, O_bar: np.einsum("nm,ne->me", A, O_bar)),
        {
            "softmax(Q @ K.T / d, axis=1).T @ O_bar": "wrong | sqrt|\\bd\\b",
            "A.T @ O_bar / N": "sum for mean",
            "exp(Q @ K.T / sqrt(d)).T @ O_bar": "activation | softmax",
            "softmax(Q @ K.T * sqrt(d), axis=1).T @ O_bar": "wrong | sqrt|\\bd\\b",
        },
    ),
    gradient(
        "conv-pool-softmax",
        "w",
        ("v[:, :, :, None] * (y - onehot(t, len(y)))", lambda v, delta: np.tensordot(v, delta, 0)),
        {
            lambda v, delta: np.tensordot(v * v, delta, 0): "extra | v",
            lambda v, y, delta: np.tensordot(v, y * (1 - y) * delta, 0): "extra | y",
            lambda v, delta, w: np.tensordot(v, delta, 0) * w: "extra | w",
            "mean(v) * delta * ones(w.shape)": "wrong | mean|v",
        },
    ),
)
