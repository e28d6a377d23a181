"""Claims of the second bank, gaussians: written before the naming rules were read. Lambdas are answers too."""

import numpy as np

from bank.exercise import chance, derivative, equal, gradient, update

CLASSES = {"y": ("states", lambda alpha: range(len(alpha)))}


EXERCISES = (
    gradient(
        "gaussian",
        "mean",
        (
            "precision @ (sum(X, axis=0) - N * mean)",
            lambda X, mean, covariance: np.linalg.solve(covariance, (X - mean).sum(0)),
        ),
        {
            "2 * precision @ sum(X - mean, axis=0)": "twice",
            lambda X, mean, covariance: np.linalg.solve(covariance, (X - mean).mean(0)): "sum for mean",
            lambda X, mean, covariance: np.linalg.solve(
                np.linalg.cholesky(covariance), (X - mean).sum(0)
            ): "wrong | cholesky|root|factor|inverse|covariance",
            lambda X, mean, precision: (
                np.linalg.cholesky(precision) @ (X - mean).sum(0)
            ): "wrong | cholesky|root|precision",
        },
    ),
    gradient(
        "gaussian",
        "covariance",
        (
            "precision @ S @ precision / 2 - N / 2 * precision",
            lambda S, N, precision: -0.5 * (N * precision - precision @ S @ precision),
        ),
        {
            "(precision @ S @ precision - N * covariance) / 2": "inverse",
            "(precision @ S @ precision + N * precision) / 2": "sign",
            "(S - N * covariance) / 2": "wrong | precision|products with covariance",
            "-N * precision / 2": "missing | S|X|precision",
            lambda S, N, precision: (S - N * precision) / 2: "wrong | precision|products with covariance",
        },
    ),
    gradient(
        "gaussian-diagonal",
        "mean",
        ("sum(X - mean, axis=0) / variances", lambda X, mean, variances: (X.sum(0) - len(X) * mean) / variances),
        {
            "sum(X - mean, axis=0) / sqrt(variances)": "deviation",
            "sum(X - mean, axis=0) / (2 * variances)": "twice",
            "(sum(X, axis=0) - mean) / variances": "missing | \\bN\\b",
            "sum(X - mean, axis=0) * variances": "inverse",
            "sum(X - mean, axis=0) / variances**2": "extra | variances|square",
            "sum(X - mean, axis=0) / sum(variances)": "wrong | sum|variances",
        },
    ),
    gradient(
        "gaussian-diagonal",
        "variances",
        (
            "(sum((X - mean)**2, axis=0) / variances - N) / (2 * variances)",
            lambda X, mean, variances: (((X - mean) ** 2).sum(0) - len(X) * variances) / (2 * variances**2),
        ),
        {
            "sum((X - mean)**2, axis=0) / variances**(3/2) - N / sqrt(variances)": "deviation",
            "sum((X - mean)**2, axis=0) / (2 * variances) - N / (2 * variances)": "wrong | variances",
            "-sum((X - mean)**2, axis=0) / (2 * variances**2) - N / (2 * variances)": "sign",
            lambda X, mean, variances: (
                ((X - mean) ** 2).mean(0) / (2 * variances**2) - 1 / (2 * variances)
            ): "sum for mean",
        },
    ),
    derivative(
        "hessian",
        "gaussian-diagonal",
        "mean",
        ("diag(-N / variances)", lambda N, variances: -N * np.diag(1 / variances)),
        {
            "diag(N / variances)": "sign",
            "diag(-1 / variances)": "missing | \\bN\\b|factor",
            "diag(-N * variances)": "inverse",
            "-N / variances": "outer | diag|shape",
        },
    ),
    update(
        "mle",
        "gaussian",
        ["mean", "covariance"],
        (
            lambda X: (X.mean(0), np.cov(X.T, bias=True)),
            lambda X: (X.sum(0) / len(X), sum(np.outer(x - X.mean(0), x - X.mean(0)) for x in X) / len(X)),
        ),
        {
            lambda X: (X.mean(0), np.cov(X.T)): "biased",
            lambda X: (X.mean(0), np.diag(X.var(0))): "wrong | diag|off|element|covariance",
            lambda X, mean: (X.mean(0), (X - mean).T @ (X - mean) / len(X)): "old",
            lambda X: (np.median(X, axis=0), np.cov(X.T, bias=True)): "wrong | mean|median|X",
        },
    ),
    update(
        "mle",
        "gaussian-precision",
        ["mean", "precision"],
        (
            lambda X: (X.mean(0), np.linalg.inv(np.cov(X.T, bias=True))),
            lambda X: (X.mean(0), len(X) * np.linalg.inv((X - X.mean(0)).T @ (X - X.mean(0)))),
        ),
        {
            lambda X: (X.mean(0), np.cov(X.T, bias=True)): "inverse",
            lambda X: (X.mean(0), np.linalg.inv(np.cov(X.T))): "biased",
            lambda X: (
                X.mean(0),
                np.linalg.inv((X - X.mean(0)).T @ (X - X.mean(0))),
            ): "missing | \\bN\\b|factor|sum|mean",
        },
    ),
    equal(
        "gaussian-classes",
        (
            "-Nk @ log(alpha) + N / 2 * sum(log(2 * pi * sigma2)) + sum((X - mu[y])**2 / (2 * sigma2))",
            lambda X, y, alpha, mu, sigma2: (
                -sum(
                    np.log(alpha[y[n]])
                    - 0.5 * np.log(2 * np.pi * sigma2).sum()
                    - ((X[n] - mu[y[n]]) ** 2 / (2 * sigma2)).sum()
                    for n in range(len(X))
                )
            ),
        ),
        {
            "-Nk @ log(alpha) + sum(log(2 * pi * sigma2)) / 2 + sum((X - mu[y])**2 / (2 * sigma2))": "missing | \\bN\\b",
            "-Nk @ log(alpha) + N / 2 * sum(log(sigma2)) + sum((X - mu[y])**2 / (2 * sigma2))": "missing | pi",
            "-Nk @ log(alpha) + N / 2 * sum(log(2 * pi * sigma2)) + sum((X - mu[y])**2 / sigma2)": "twice",
            "N / 2 * sum(log(2 * pi * sigma2)) + sum((X - mu[y])**2 / (2 * sigma2))": "missing | alpha",
            "-Nk @ log(alpha) - N / 2 * sum(log(2 * pi * sigma2)) + sum((X - mu[y])**2 / (2 * sigma2))": "sign",
            "-sum(alpha * log(alpha)) + N / 2 * sum(log(2 * pi * sigma2)) + sum((X - mu[y])**2 / (2 * sigma2))": "wrong | Nk|alpha",
        },
    ),
    chance(
        "posterior",
        "gaussian-classes",
        CLASSES,
        "table",
        (
            "softmax(log(alpha) - sum((X[:, None, :] - mu)**2 / (2 * sigma2), axis=2), axis=1)",
            lambda X, mu, alpha, sigma2: (lambda s: s / s.sum(1, keepdims=True))(
                alpha * np.exp(-(((X[:, None] - mu) ** 2) / (2 * sigma2)).sum(-1))
            ),
        ),
        {
            "softmax(log(Nk) - sum((X[:, None, :] - mu)**2 / (2 * sigma2), axis=2), axis=1)": "wrong | alpha|Nk",
            "softmax(log(alpha) - sum((X[:, None, :] - mu) / (2 * sigma2), axis=2), axis=1)": "wrong | square|\\*\\* ?2|X",
            "softmax(log(alpha) - sum((X[:, None, :] - mu)**2 / (2 * sqrt(sigma2)), axis=2), axis=1)": "activation | sqrt",
            lambda X, mu, alpha, sigma2: np.eye(len(alpha))[
                np.argmax(np.log(alpha) - (((X[:, None] - mu) ** 2) / (2 * sigma2)).sum(-1), axis=1)
            ]: "hard",
            lambda X, mu, alpha, sigma2: (lambda s: s / s.sum(0))(
                alpha * np.exp(-(((X[:, None] - mu) ** 2) / (2 * sigma2)).sum(-1))
            ): "axis",
        },
    ),
    chance(
        "posterior",
        "gaussian-classes-tied",
        CLASSES,
        "table",
        (
            "softmax(log(alpha) + X @ precision @ mu.T - diag(mu @ precision @ mu.T) / 2, axis=1)",
            lambda X, mu, alpha, covariance: (lambda s: np.exp(s - np.log(np.exp(s).sum(1, keepdims=True))))(
                np.log(alpha) - 0.5 * np.array([[(x - m) @ np.linalg.solve(covariance, x - m) for m in mu] for x in X])
            ),
        ),
        {
            "softmax(log(alpha) + X @ precision @ mu.T - diag(mu @ precision @ mu.T), axis=1)": "twice",
            "softmax(log(alpha) + X @ covariance @ mu.T - diag(mu @ covariance @ mu.T) / 2, axis=1)": "inverse",
            "softmax(X @ precision @ mu.T - diag(mu @ precision @ mu.T) / 2, axis=1)": "missing | alpha",
            "softmax(log(alpha) + X @ mu.T - diag(mu @ mu.T) / 2, axis=1)": "missing | precision|covariance",
        },
    ),
    update(
        "mle",
        "gaussian-classes-tied",
        ["mu", "covariance"],
        (
            lambda X, Y, Nk: (lambda m: (m, (X - Y @ m).T @ (X - Y @ m) / len(X)))(Y.T @ X / Nk[:, None]),
            lambda X, y, K: (
                lambda m: (m, sum(np.outer(X[n] - m[y[n]], X[n] - m[y[n]]) for n in range(len(X))) / len(X))
            )(np.array([X[y == k].mean(0) for k in range(K)])),
        ),
        {
            lambda X, Y, Nk: (lambda m: (m, (X - Y @ m).T @ (X - Y @ m) / (len(X) - len(Nk))))(
                Y.T @ X / Nk[:, None]
            ): "biased",
            lambda X, Y, Nk: (Y.T @ X / Nk[:, None], np.cov(X.T, bias=True)): "wrong | alike|class|mu|Y",
            lambda X, Y, Nk: (lambda m: (m, (X - Y @ m).T @ (X - Y @ m)))(Y.T @ X / Nk[:, None]): "sum for mean",
            lambda X, Y, Nk, mu: (Y.T @ X / Nk[:, None], (X - Y @ mu).T @ (X - Y @ mu) / len(X)): "old",
        },
    ),
    chance(
        "posterior",
        "gaussian-mean",
        {"mu": "gaussian"},
        "mean_cov",
        (
            lambda X, m0, S0, S: (lambda V: (V @ (np.linalg.solve(S0, m0) + np.linalg.solve(S, X.sum(0))), V))(
                np.linalg.inv(np.linalg.inv(S0) + len(X) * np.linalg.inv(S))
            ),
            lambda X, m0, S0, S: (
                m0 + S0 @ np.linalg.solve(S0 + S / len(X), X.mean(0) - m0),
                S0 - S0 @ np.linalg.solve(S0 + S / len(X), S0),
            ),
        ),
        {
            lambda X, m0, S0, S: (lambda V: (V @ (np.linalg.solve(S0, m0) + np.linalg.solve(S, X.sum(0))), V))(
                np.linalg.inv(np.linalg.inv(S0) + np.linalg.inv(S))
            ): "missing | \\bN\\b|factor 0",
            lambda X, m0, S0, S: (X.mean(0), S / len(X)): "missing | prior|m0|S0",
            lambda X, m0, S0, S: (
                lambda P: (np.linalg.solve(P, np.linalg.solve(S0, m0) + np.linalg.solve(S, X.sum(0))), P)
            )(np.linalg.inv(S0) + len(X) * np.linalg.inv(S)): "inverse",
            lambda X, m0, S0, S: (lambda V: (V @ (S0 @ m0 + S @ X.sum(0)), V))(
                np.linalg.inv(np.linalg.inv(S0) + len(X) * np.linalg.inv(S))
            ): "inverse",
            lambda X, m0, S0, S: (lambda V: (V @ np.linalg.solve(S, X.sum(0)), V))(
                np.linalg.inv(np.linalg.inv(S0) + len(X) * np.linalg.inv(S))
            ): "missing | m0|prior",
        },
    ),
)
