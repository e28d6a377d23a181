"""Gradients and vector-Jacobian products of networks and layers."""

import numpy as np

from bank.exercise import derivative, gradient, vjp


def kernel_gradient(image, theta, v_bar, winners, s, pool):
    a_bar = map_gradient(v_bar, winners, pool)
    reach = s * (a_bar.shape[1] - 1) + 1
    size = theta.shape[1]
    places = [[image[a : a + reach : s, b : b + reach : s] for b in range(size)] for a in range(size)]
    return np.array([[[(own * places[a][b]).sum() for b in range(size)] for a in range(size)] for own in a_bar])


def map_gradient(v_bar, winners, pool):
    spread = np.zeros(winners.shape)
    for m, g, h in np.ndindex(*winners.shape):
        e, f = g // pool, h // pool
        if e < v_bar.shape[1] and f < v_bar.shape[2]:
            spread[m, g, h] = v_bar[m, e, f] * winners[m, g, h]
    return spread


def kernel_gradient_by_winners(image, theta, v_bar, winners, s):
    found = np.zeros(theta.shape)
    for m, g, h in zip(*np.nonzero(winners), strict=True):
        size = theta.shape[1]
        found[m] += v_bar[m, g // 2, h // 2] * image[s * g : s * g + size, s * h : s * h + size]
    return found


def to_all_cells(image, theta, v_bar, winners, s, pool):
    return kernel_gradient(image, theta, v_bar, np.ones_like(winners), s, pool)


def summed_twice(image, theta, v_bar, winners, s, pool):
    whole = kernel_gradient(image, theta, np.ones_like(v_bar), np.ones_like(winners), s, pool)
    return whole * map_gradient(v_bar, winners, pool).sum((1, 2))[:, None, None]


EXERCISES = (
    gradient(
        "scalar-network",
        "w1",
        ("w3 * w2 * x * s1 * (1 - s1) * s2 * (1 - s2)", "w3 * (s2 - s2**2) * w2 * (s1 - s1**2) * x"),
        {
            "w3 * w2 * s1 * (1 - s1) * s2 * (1 - s2)": "missing | x",
            "w3 * w2 * x * s1 * s2 * (1 - s2)": "missing | 1 - s1|derivative",
            "w3 * x * s1 * (1 - s1) * s2 * (1 - s2)": "missing | w2",
            "w3 * w2 * x * s1 * (1 + s1) * s2 * (1 - s2)": "sign",
            "w3 * w2 * x * (1 - s1**2) * s2 * (1 - s2)": "derivative",
            "w2 * x * s1 * (1 - s1) * s2 * (1 - s2)": "missing | w3",
        },
    ),
    gradient(
        "scalar-network",
        "w2",
        ("w3 * s1 * s2 * (1 - s2)", "w3 * s1 * (s2 - s2**2)"),
        {
            "w3 * s2 * (1 - s2)": "missing | s1",
            "w3 * s1 * s2": "missing | 1 - s2|derivative",
            "s1 * s2 * (1 - s2)": "missing | w3",
            "w3 * x * s2 * (1 - s2)": "wrong | s1|x|sigmoid",
        },
    ),
    gradient(
        "scalar-network",
        "w3",
        ("s2", "sigmoid(w2 * sigmoid(w1 * x))"),
        {"s2 * (1 - s2)": "extra | s2", "w3 * s2": "extra | w3", "w2 * s1": "activation | sigmoid"},
    ),
    gradient(
        "mlp",
        "W2",
        ("H.T @ (P - T) + lam * W2", "H.T @ P - H.T @ T + lam * W2"),
        {
            "H.T @ (P - T)": "missing | lam|penalty",
            "H.T @ (T - P) + lam * W2": "sign",
            "(X @ W1 + b1).T @ (P - T) + lam * W2": "activation | tanh",
            "H.T @ (P - T) / N + lam * W2": "sum for mean",
            "H.T @ (P - T) + 2 * lam * W2": "twice",
            "(1 - H**2).T @ (P - T) + lam * W2": "wrong | H",
        },
    ),
    gradient(
        "mlp",
        "W1",
        ("X.T @ ((P - T) @ W2.T * (1 - H**2)) + lam * W1", "X.T @ ((P - T) @ W2.T / cosh(X @ W1 + b1)**2) + lam * W1"),
        {
            "X.T @ ((P - T) @ W2.T) + lam * W1": "missing | H|tanh|derivative",
            "X.T @ ((P - T) @ W2.T * (1 - H**2))": "missing | lam|penalty",
            "X.T @ ((P - T) @ W2.T * (1 - H)) + lam * W1": "derivative | tanh|H",
            "X.T @ ((P - T) @ W2.T * H * (1 - H)) + lam * W1": "derivative | tanh|H",
            "X.T @ ((T - P) @ W2.T * (1 - H**2)) + lam * W1": "sign",
            "X.T @ ((P - T) @ W2.T * (1 + H**2)) + lam * W1": "sign",
            "X.T @ (P @ W2.T * (1 - H**2)) + lam * W1": "missing | T",
            "X.T @ ((P - T) @ W2.T * (1 - (X @ W1 + b1)**2)) + lam * W1": "activation | tanh",
        },
    ),
    gradient(
        "mlp",
        "b1",
        ("sum((P - T) @ W2.T * (1 - H**2), axis=0)", "sum((1 - H * H) * ((P - T) @ W2.T), axis=0)"),
        {
            "mean((P - T) @ W2.T * (1 - H**2), axis=0)": "sum for mean",
            "sum((P - T) @ W2.T, axis=0)": "missing | H|tanh|derivative",
            "sum((P - T) @ W2.T * (1 - H**2), axis=0) + lam * b1": "extra | lam|penalty",
            "sum((P - T) @ W2.T * H, axis=0)": "derivative",
        },
    ),
    gradient(
        "mlp",
        "X",
        ("((P - T) @ W2.T * (1 - H**2)) @ W1.T", "dot((P - T) @ W2.T * (1 - H**2), W1.T)"),
        {
            "((P - T) @ W2.T) @ W1.T": "missing | H|tanh|derivative",
            "-((P - T) @ W2.T * (1 - H**2)) @ W1.T": "sign",
            "((P - T) @ W2.T * (1 - H**2)) @ W1.T + lam * X": "extra | lam|penalty",
        },
    ),
    gradient(
        "mlp-relu",
        "W1",
        ("X.T @ (outer(residual, w2) * where(A > 0, 1, 0))", "X.T @ (residual[:, None] * w2 * where(H > 0, 1, 0))"),
        {
            "X.T @ outer(residual, w2)": "missing | A|H|relu|maximum|derivative",
            "X.T @ (outer(residual, w2) * H)": "derivative",
            "-X.T @ (outer(residual, w2) * where(A > 0, 1, 0))": "sign",
            "X.T @ (outer(residual, w2) * where(A > 0, 0, 1))": "wrong | sign of A|derivative|where",
            "2 * X.T @ (outer(residual, w2) * where(A > 0, 1, 0))": "twice",
            "X.T @ (residual[:, None] * where(A > 0, 1, 0))": "missing | w2",
        },
    ),
    gradient(
        "mlp-relu",
        "w2",
        ("H.T @ residual", "sum(H * residual[:, None], axis=0)"),
        {
            "A.T @ residual": "activation | relu|maximum|\\bH\\b",
            "H.T @ residual / N": "sum for mean",
            "-H.T @ residual": "sign",
            "sum(H, axis=0)": "missing | residual",
        },
    ),
    vjp(
        "residual-block",
        "V",
        "y_bar",
        ("outer(y_bar * dr, h)", "(y_bar * dr)[:, None] * h"),
        {
            "y_bar * dr * h": "outer",
            "outer(h, y_bar * dr)": "layout",
            "outer(y_bar, h)": "missing | dr|derivative",
            "outer(y_bar * dr, x)": "missing | h|x",
            "outer(y_bar * dr, h - x)": "extra | x",
            "outer(y_bar * r, h)": "wrong | dr|derivative",
        },
    ),
    vjp(
        "residual-block",
        "c",
        "y_bar",
        ("y_bar * dr", "dr * y_bar"),
        {
            "y_bar": "missing | dr|derivative",
            "-y_bar * dr": "sign",
            "y_bar * tanh(r)": "derivative",
            "y_bar * (1 - tanh(r))": "derivative",
        },
    ),
    vjp(
        "residual-block",
        "W",
        "y_bar",
        ("outer((y_bar + V.T @ (y_bar * dr)) * dz, x)", "((y_bar + (y_bar * dr) @ V) * dz)[:, None] * x"),
        {
            "outer((y_bar * dz) + V.T @ (y_bar * dz * dr), x)": "order",
            "outer(V.T @ (y_bar * dr) * dz, x)": "missing | y_bar|skip|identity|\\bh\\b",
            "outer((y_bar + V @ (y_bar * dr)) * dz, x)": "transpose",
            "outer((y_bar + V.T @ y_bar) * dz, x)": "missing | dr|derivative",
            "outer(y_bar + V.T @ (y_bar * dr), x)": "missing | dz|derivative",
            "outer((y_bar + V.T @ (y_bar * dr)) * dz, h)": "wrong | x|h",
            "outer(y_bar * dz, x)": "missing | V|tanh\\(r\\)",
        },
    ),
    vjp(
        "residual-block",
        "x",
        "y_bar",
        (
            "y_bar + V.T @ (y_bar * dr) + W.T @ ((y_bar + V.T @ (y_bar * dr)) * dz)",
            "(eye(n) + W.T @ diag(dz)) @ (y_bar + V.T @ (dr * y_bar))",
        ),
        {
            "W.T @ ((y_bar + V.T @ (y_bar * dr)) * dz)": "missing | y_bar|skip|identity|x in h",
            "y_bar + V.T @ (y_bar * dr) + W @ ((y_bar + V.T @ (y_bar * dr)) * dz)": "transpose",
            "y_bar + V.T @ (y_bar * dr)": "missing | W|tanh\\(z\\)",
            "y_bar + W.T @ ((y_bar + V.T @ (y_bar * dr)) * dz)": "missing | V",
        },
    ),
    vjp(
        "softmax",
        "Z",
        "Y_bar",
        ("Y * (Y_bar - sum(Y * Y_bar, axis=1, keepdims=True))", "Y * Y_bar - Y * sum(Y_bar * Y, axis=1)[:, None]"),
        {
            "Y * Y_bar": "missing | Y|sum",
            "Y_bar - sum(Y * Y_bar, axis=1, keepdims=True)": "missing | Y",
            "Y * (1 - Y) * Y_bar": "missing | diagonal|Jacobian|other|off",
            "Y * (Y_bar - sum(Y * Y_bar, axis=0, keepdims=True))": "axis",
            "Y * (Y_bar + sum(Y * Y_bar, axis=1, keepdims=True))": "sign",
            "Y * (Y_bar - sum(Y_bar, axis=1, keepdims=True))": "missing | Y",
            "Y * (Y_bar - sum(Y * Y_bar))": "axis",
            "Y * (Y_bar - mean(Y * Y_bar, axis=1, keepdims=True))": "sum for mean | mean|sum|D",
            "Y * Y_bar - Y**2 * Y_bar": "missing | diagonal|Jacobian|sum|other|off",
            "exp(Z) * (Y_bar - sum(Y * Y_bar, axis=1, keepdims=True))": "missing | R|normalis|sum|softmax|Y",
        },
    ),
    derivative(
        "hessian",
        "softmax-cross-entropy",
        "z",
        ("diag(y) - outer(y, y)", "y[:, None] * (eye(K) - y)"),
        {
            "diag(y)": "missing | outer|y|off",
            "diag(y * (1 - y))": "element",
            "outer(y, y) - diag(y)": "sign",
            "diag(y) + outer(y, y)": "sign",
            "diag(y - t) - outer(y, y)": "extra | t",
        },
    ),
    gradient(
        "softmax-cross-entropy",
        "z",
        ("y - t", "softmax(z) - t"),
        {
            "t - y": "sign",
            "y": "missing | t",
            "(y - t) * y * (1 - y)": "extra | y",
            "-t / y": "wrong | softmax|y|Jacobian|derivative",
            "z - t": "activation | softmax|where y is",
            "y * (1 - t)": "wrong",
        },
    ),
    vjp(
        "batch-norm",
        "gamma",
        "Y_bar",
        ("sum(Y_bar * xhat, axis=0)", "diag(Y_bar.T @ xhat)"),
        {
            "mean(Y_bar * xhat, axis=0)": "sum for mean",
            "sum(Y_bar * X, axis=0)": "wrong | xhat|X|normalis|standard",
            "sum(Y_bar, axis=0)": "missing | xhat",
            "sum(Y_bar * xhat * gamma, axis=0)": "extra | gamma",
            "-sum(Y_bar * xhat, axis=0)": "sign",
        },
    ),
    vjp(
        "batch-norm",
        "X",
        "Y_bar",
        (
            "gamma / s * (Y_bar - mean(Y_bar, axis=0) - xhat * mean(Y_bar * xhat, axis=0))",
            "gamma * (N * Y_bar - sum(Y_bar, axis=0) - xhat * sum(Y_bar * xhat, axis=0)) / (N * s)",
        ),
        {
            "gamma / s * Y_bar": "missing | mean|xhat|s\\b|constant",
            "gamma / s * (Y_bar - mean(Y_bar, axis=0))": "missing | xhat|variance|deviation|\\bs\\b",
            "gamma / s * (Y_bar - xhat * mean(Y_bar * xhat, axis=0))": "missing | mean|sum\\(X\\)",
            "gamma * (Y_bar - mean(Y_bar, axis=0) - xhat * mean(Y_bar * xhat, axis=0))": "missing | \\bs\\b",
            "1 / s * (Y_bar - mean(Y_bar, axis=0) - xhat * mean(Y_bar * xhat, axis=0))": "missing | gamma",
            "gamma / s * (Y_bar - mean(Y_bar, axis=0) + xhat * mean(Y_bar * xhat, axis=0))": "sign",
            "gamma / s * (Y_bar - mean(Y_bar) - xhat * mean(Y_bar * xhat))": "axis",
            "gamma / s**2 * (Y_bar - mean(Y_bar, axis=0) - xhat * mean(Y_bar * xhat, axis=0))": "extra | \\bs\\b",
        },
    ),
    vjp(
        "layer-norm",
        "X",
        "Y_bar",
        (
            "(gamma * Y_bar - mean(gamma * Y_bar, axis=1, keepdims=True) - xhat * mean(gamma * Y_bar * xhat, axis=1, keepdims=True)) / s",
            "(D * gamma * Y_bar - sum(gamma * Y_bar, axis=1)[:, None] - xhat * sum(gamma * Y_bar * xhat, axis=1)[:, None]) / (D * s)",
        ),
        {
            "gamma * Y_bar / s": "missing | mean|xhat|constant",
            "(gamma * Y_bar - mean(gamma * Y_bar, axis=1, keepdims=True)) / s": "missing | xhat|variance|deviation|\\bs\\b",
            "gamma * (Y_bar - mean(Y_bar, axis=1, keepdims=True) - xhat * mean(Y_bar * xhat, axis=1, keepdims=True)) / s": "order | gamma",
            "(gamma * Y_bar - mean(gamma * Y_bar, axis=0) - xhat * mean(gamma * Y_bar * xhat, axis=0)) / s": "axis",
            "gamma * Y_bar - mean(gamma * Y_bar, axis=1, keepdims=True) - xhat * mean(gamma * Y_bar * xhat, axis=1, keepdims=True)": "missing | \\bs\\b",
            "(gamma * Y_bar - mean(gamma * Y_bar, axis=1, keepdims=True) + xhat * mean(gamma * Y_bar * xhat, axis=1, keepdims=True)) / s": "sign",
            "(gamma * Y_bar - sum(gamma * Y_bar, axis=1, keepdims=True) / (D - 1) - xhat * mean(gamma * Y_bar * xhat, axis=1, keepdims=True)) / s": "biased",
        },
    ),
    vjp(
        "layer-norm",
        "beta",
        "Y_bar",
        ("sum(Y_bar, axis=0)", "ones(N) @ Y_bar"),
        {
            "mean(Y_bar, axis=0)": "sum for mean",
            "sum(Y_bar * gamma, axis=0)": "extra | gamma",
            "sum(Y_bar * xhat, axis=0)": "extra | xhat",
            "Y_bar": "shape | sum|shape|axis|row",
        },
    ),
    vjp(
        "attention",
        "V",
        "O_bar",
        ("A.T @ O_bar", "(O_bar.T @ A).T"),
        {
            "softmax(Q @ K.T, axis=1).T @ O_bar": "missing | sqrt|d\\b|scal|1.732",
            "(Q @ K.T / sqrt(d)).T @ O_bar": "activation | softmax",
            "softmax(Q @ K.T / sqrt(d), axis=0).T @ O_bar": "axis",
            "-A.T @ O_bar": "sign",
        },
    ),
    vjp(
        "attention",
        "Q",
        "O_bar",
        (
            "(A * (O_bar @ V.T - sum(A * (O_bar @ V.T), axis=1, keepdims=True))) @ K / sqrt(d)",
            "(A * (O_bar @ V.T) - A * sum(A * (O_bar @ V.T), axis=1)[:, None]) @ (K / sqrt(d))",
        ),
        {
            "(A * (O_bar @ V.T - sum(A * (O_bar @ V.T), axis=1, keepdims=True))) @ K": "missing | sqrt|\\bd\\b",
            "(A * (O_bar @ V.T)) @ K / sqrt(d)": "missing | sum|A|normalis",
            "(O_bar @ V.T) @ K / sqrt(d)": "missing | A|softmax",
            "(A * (O_bar @ V.T - sum(A * (O_bar @ V.T), axis=1, keepdims=True))) @ K / d": "factor | sqrt|\\bd\\b",
            "(A * (O_bar @ V.T - sum(A * (O_bar @ V.T), axis=0, keepdims=True))) @ K / sqrt(d)": "axis",
            "(A * (O_bar @ V.T + sum(A * (O_bar @ V.T), axis=1, keepdims=True))) @ K / sqrt(d)": "sign",
        },
    ),
    gradient(
        "conv-pool-softmax",
        "beta",
        ("delta", lambda y, t: y - (np.arange(len(y)) == t)),
        {
            "-delta": "sign",
            "y": "missing | \\bt\\b|1\\[|delta",
            "2 * delta": "twice",
            "delta * y * (1 - y)": "extra | y",
        },
    ),
    gradient(
        "conv-pool-softmax",
        "w",
        ("v[:, :, :, None] * delta", lambda v, delta: np.einsum("lef,i->lefi", v, delta)),
        {
            "v[:, :, :, None] * y": "missing | \\bt\\b|delta",
            "-v[:, :, :, None] * delta": "sign",
            "v[:, :, :, None] * delta / 2": "twice",
            "sum(v) * delta * ones(w.shape)": "extra | sum|axis",
        },
    ),
    gradient(
        "conv-pool-softmax",
        "theta",
        (kernel_gradient, kernel_gradient_by_winners),
        {
            to_all_cells: "missing | winners|max|largest",
            summed_twice: "extra | sum|twice",
            lambda image, theta, v_bar, winners, s, pool: (
                -kernel_gradient(image, theta, v_bar, winners, s, pool)
            ): "sign",
            lambda image, theta, v_bar, winners, s, pool: kernel_gradient(image, theta, v_bar, winners, s, pool)[
                :, ::-1, ::-1
            ]: "order | flip|revers|turn|rotat|convol",
        },
    ),
    gradient(
        "conv-pool-softmax",
        "bias",
        ("sum(v_bar, axis=(1, 2))", lambda v_bar: v_bar.sum((1, 2))),
        {
            "mean(v_bar, axis=(1, 2))": "sum for mean",
            "sum(v_bar * v, axis=(1, 2))": "extra | v\\b",
            "-sum(v_bar, axis=(1, 2))": "sign",
            lambda v_bar, pool: pool**2 * v_bar.sum((1, 2)): "factor | pool|4|cell|max",
        },
    ),
)
