"""Claims of the second bank, mixtures: written before the naming rules were read. Lambdas are answers too."""

import numpy as np

from bank.exercise import chance, equal, gradient, update

STATES = {"z": ("states", lambda weights: range(len(weights)))}


EXERCISES = (
    gradient(
        "gaussian-mixture",
        "covariances",
        (
            lambda X, r, means, precisions: np.array(
                [
                    0.5 * sum(r[n, k] * (P @ np.outer(X[n] - means[k], X[n] - means[k]) @ P - P) for n in range(len(X)))
                    for k, P in enumerate(precisions)
                ]
            ),
            lambda X, r, Nk, means, precisions: (
                0.5
                * np.stack(
                    [
                        P @ ((X - m).T * r[:, k]) @ (X - m) @ P - Nk[k] * P
                        for k, (P, m) in enumerate(zip(precisions, means, strict=True))
                    ]
                )
            ),
        ),
        {
            lambda X, r, means, precisions: np.array(
                [
                    sum(r[n, k] * (P @ np.outer(X[n] - means[k], X[n] - means[k]) @ P - P) for n in range(len(X)))
                    for k, P in enumerate(precisions)
                ]
            ): "twice",
            lambda X, r, Nk, N, means, precisions: (
                0.5
                * np.stack(
                    [
                        P @ ((X - m).T * r[:, k]) @ (X - m) @ P - N * P
                        for k, (P, m) in enumerate(zip(precisions, means, strict=True))
                    ]
                )
            ): "N for Nk",
            lambda X, r, Nk, means, precisions: (
                0.5
                * np.stack(
                    [
                        P @ ((X - m).T * r[:, k]) @ (X - m) @ P + Nk[k] * P
                        for k, (P, m) in enumerate(zip(precisions, means, strict=True))
                    ]
                )
            ): "sign",
            lambda X, r, Nk, means, precisions: (
                0.5
                * np.stack(
                    [
                        P @ ((X - m).T * r[:, k]) @ (X - m) @ P
                        for k, (P, m) in enumerate(zip(precisions, means, strict=True))
                    ]
                )
            ): "missing | Nk|det|log",
        },
    ),
    chance(
        "posterior",
        "gaussian-mixture",
        STATES,
        "table",
        (
            "weights * density / sum(weights * density, axis=1, keepdims=True)",
            lambda weights, density: (lambda j: j / j.sum(1)[:, None])(weights * density),
        ),
        {
            "weights * density / sum(density, axis=1, keepdims=True)": "normalise",
            "softmax(weights * density, axis=1)": "activation | log",
            "density / p[:, None]": "missing | weights",
            "weights * density**2 / sum(weights * density**2, axis=1, keepdims=True)": "twice | density",
            "softmax(log(weights) / 2 + log(density), axis=1)": "twice | weights",
            lambda weights, density: (lambda j: (j == j.max(1, keepdims=True)) * 1.0)(weights * density): "hard",
            lambda weights, density: (lambda j: j / j.sum())(weights * density): "axis",
        },
    ),
    gradient(
        "gaussian-mixture-logits",
        "logits",
        ("Nk - sum(Nk) * softmax(logits)", lambda r, weights: (r - weights[None]).sum(0)),
        {
            "Nk * (1 - weights)": "missing | off|Jacobian|diagonal|sum|weights",
            "Nk - N * logits": "activation | softmax|weights",
            "weights - Nk / N": "wrong | sign|N",
            lambda Nk, weights: Nk / weights - Nk.sum(): "wrong | weights|softmax|Jacobian",
            lambda Nk, weights: weights * Nk: "wrong | N|weights|Nk",
        },
    ),
    gradient(
        "gaussian-mixture-diagonal",
        "variances",
        (
            "(r.T @ X**2 - 2 * means * (r.T @ X) + Nk[:, None] * means**2) / (2 * variances**2) - Nk[:, None] / (2 * variances)",
            lambda X, r, means, variances: (
                0.5 * np.einsum("nk,nkd->kd", r, (X[:, None] - means) ** 2 / variances**2 - 1 / variances)
            ),
        ),
        {
            lambda X, r, means, variances: np.einsum(
                "nk,nkd->kd", r, (X[:, None] - means) ** 2 / variances**1.5 - 1 / variances**0.5
            ): "deviation",
            lambda X, r, means, variances: (
                0.5 * np.einsum("nk,nkd->kd", r, (X[:, None] - means) ** 2 / variances - 1 / variances)
            ): "wrong | variances",
            lambda X, r, means, variances: (
                0.5 * np.einsum("nk,nkd->kd", r, (X[:, None] - means) ** 2 / variances**2) - 0.5 / variances
            ): "missing | Nk",
            lambda X, r, means, variances: (
                0.5 * ((X[:, None] - means) ** 2 / variances**2 - 1 / variances).sum(0)
            ): "missing | \\br\\b|respons",
        },
    ),
    update(
        "m_step",
        "gaussian-mixture-diagonal",
        ["weights", "means", "variances"],
        (
            lambda X, r: (lambda n: (lambda m: (n / len(X), m, r.T @ X**2 / n[:, None] - m**2))(r.T @ X / n[:, None]))(
                r.sum(0)
            ),
            lambda X, r, Nk: (
                r.mean(0),
                (r.T @ X) / Nk[:, None],
                np.array([(r[:, [k]] * (X - r[:, k] @ X / Nk[k]) ** 2).sum(0) / Nk[k] for k in range(len(Nk))]),
            ),
        ),
        {
            lambda X, r: (lambda n: (lambda m: (n, m, r.T @ X**2 / n[:, None] - m**2))(r.T @ X / n[:, None]))(
                r.sum(0)
            ): "normalise | weights",
            lambda X, r: (lambda n: (lambda m: (n / len(X), m, r.T @ X**2 / len(X) - m**2))(r.T @ X / n[:, None]))(
                r.sum(0)
            ): "N for Nk",
            lambda X, r, means: (
                lambda n: (lambda m: (n / len(X), m, r.T @ X**2 / n[:, None] - 2 * means * m + means**2))(
                    r.T @ X / n[:, None]
                )
            )(r.sum(0)): "old",
            lambda X, r: (
                lambda n: (lambda m: (n / len(X), m, (r.T @ X**2 / n[:, None] - m**2) * n[:, None] / (n[:, None] - 1)))(
                    r.T @ X / n[:, None]
                )
            )(r.sum(0)): "biased",
            lambda X, r: (
                lambda n: (lambda m: (np.ones(len(n)) / len(n), m, r.T @ X**2 / n[:, None] - m**2))(
                    r.T @ X / n[:, None]
                )
            )(r.sum(0)): "wrong | weights|uniform|equal",
            lambda X, r: (
                lambda h: (lambda n: (lambda m: (n / len(X), m, h.T @ X**2 / n[:, None] - m**2))(h.T @ X / n[:, None]))(
                    h.sum(0) + 1e-9
                )
            )((r == r.max(1, keepdims=True)) * 1.0): "hard",
        },
    ),
    chance(
        "posterior",
        "bernoulli-mixture",
        STATES,
        "table",
        (
            "softmax(log(weights) + log(density), axis=1)",
            lambda X, probabilities, weights: (lambda j: j / j.sum(1, keepdims=True))(
                weights * np.prod(np.where(X[:, None] == 1, probabilities, 1 - probabilities), axis=-1)
            ),
        ),
        {
            "softmax(log(weights) + X @ log(probabilities).T + (1 - X) @ (1 - log(probabilities)).T, axis=1)": "wrong | log|1 -",
            "softmax(log(weights) + X @ probabilities.T + (1 - X) @ (1 - probabilities).T, axis=1)": "activation | log",
            "softmax(log(weights) + (1 - X) @ log(probabilities).T + X @ log(1 - probabilities).T, axis=1)": "wrong | swap|X|probabilities",
            "softmax(log(weights) + sum(log(probabilities), axis=1) + sum(log(1 - probabilities), axis=1) + 0 * density, axis=1)": "wrong | X|data|row",
            lambda X, probabilities, weights: (lambda j: j / j.sum(1, keepdims=True))(
                weights * np.where(X[:, None] == 1, probabilities, 1 - probabilities).sum(-1)
            ): "wrong | sum|product|log",
        },
    ),
    gradient(
        "bernoulli-mixture",
        "probabilities",
        (
            "(r.T @ X) / probabilities - (Nk[:, None] - r.T @ X) / (1 - probabilities)",
            lambda X, r, probabilities: np.einsum(
                "nk,nkd->kd", r, (X[:, None] - probabilities) / (probabilities * (1 - probabilities))
            ),
        ),
        {
            "r.T @ X / probabilities - (N - r.T @ X) / (1 - probabilities)": "N for Nk",
            "(r.T @ X - Nk[:, None] * probabilities) / (probabilities * (1 + probabilities))": "sign",
            "r.T @ X * log(probabilities) + r.T @ (1 - X) * log(1 - probabilities)": "wrong | log|derivative|differentiat",
            "(X.T @ r).T / probabilities - sum(1 - X, axis=0) / (1 - probabilities)": "wrong | where r weighs|\\br\\b",
            lambda X, r, probabilities: np.einsum(
                "nk,nkd->kd", r, X[:, None] / probabilities + (1 - X[:, None]) / (1 - probabilities)
            ): "sign",
        },
    ),
    update(
        "m_step",
        "poisson-mixture",
        ["rates", "weights"],
        (
            lambda X, r: (r.T @ X / r.sum(0)[:, None], r.mean(0)),
            lambda X, r, Nk, N: (np.array([r[:, k] @ X / Nk[k] for k in range(len(Nk))]), Nk / N),
        ),
        {
            lambda X, r, Nk: (r.T @ X / Nk[:, None], Nk / len(Nk)): "normalise",
            lambda X, r, Nk: (r.T @ X, r.mean(0)): "missing | Nk|divid|sum|mean",
            lambda X, r, Nk: (np.log(r.T @ X / Nk[:, None] + 1e-300), r.mean(0)): "wrong | log",
            lambda X, r, Nk: ((r.T @ X + 1) / (Nk[:, None] + 1), r.mean(0)): "wrong | prior|pseudo|\\b1\\b|add",
        },
    ),
    gradient(
        "poisson-mixture",
        "rates",
        (
            "(r.T @ X - Nk[:, None] * rates) / rates",
            lambda X, r, rates: np.einsum("nk,nkd->kd", r, X[:, None] / rates - 1),
        ),
        {
            "r.T @ (X - 1)": "wrong | rates",
            "r.T @ X / rates - Nk[:, None] * rates": "extra | rates",
            "r.T @ X * log(rates) - Nk[:, None]": "derivative | log|derivative|differentiat",
            "sum(X, axis=0) / rates - N": "missing | \\br\\b|respons",
        },
    ),
    gradient(
        "poisson-mixture",
        "weights",
        ("Nk / weights", lambda r, weights: (r / weights).sum(0)),
        {
            "Nk / weights - N": "multiplier",
            "sum(density, axis=0) / sum(p)": "wrong | sum|p",
            "sum(log(density), axis=0)": "wrong | log|density|weights|p",
        },
    ),
    equal(
        "poisson-mixture",
        ("sum(log(density @ weights))", "sum(logsumexp(log(weights) + log(density), axis=1))"),
        {
            "sum(log(weights) + log(density))": "wrong | logsumexp|sum|inside|log|Jensen",
            "sum(log(density))": "wrong | weights|where p is right",
            "mean(log(density @ weights))": "sum for mean",
            "log(sum(density @ weights))": "order | log|sum|order",
            "sum(r * (log(weights) + log(density)))": "wrong | entropy|r|log|bound|expect",
            "sum(density @ weights)": "activation | log",
        },
    ),
)
