"""Gradients, responsibilities and updates of mixtures."""

from bank.exercise import chance, gradient, update

STATES = {"z": ("states", lambda weights: range(len(weights)))}


def _scatter(X, r, Nk, centres):
    deviation = X[:, None] - centres
    return (r[:, :, None, None] * deviation[..., :, None] * deviation[..., None, :]).sum(0) / Nk[:, None, None]


def full_update(X, r, Nk):
    means = r.T @ X / Nk[:, None]
    return means, _scatter(X, r, Nk, means)


def full_update_by_moments(X, r):
    total = r.sum(0)
    means = (r[:, :, None] * X[:, None]).sum(0) / total[:, None]
    second = (r[:, :, None, None] * (X[:, :, None] * X[:, None, :])[:, None]).sum(0) / total[:, None, None]
    return means, second - means[:, :, None] * means[:, None, :]


def about_old_means(X, r, Nk, means):
    return r.T @ X / Nk[:, None], _scatter(X, r, Nk, means)


def over_all_rows(X, r, Nk):
    means = r.T @ X / Nk[:, None]
    return means, _scatter(X, r, Nk, means) * Nk[:, None, None] / len(X)


def unbiased(X, r, Nk):
    means = r.T @ X / Nk[:, None]
    return means, _scatter(X, r, Nk, means) * Nk[:, None, None] / (Nk[:, None, None] - 1)


def unweighted(X, r):
    means = np_mean_rows(X, r)
    return means, _scatter(X, r * 0 + 1, (r * 0 + 1).sum(0), means)


def np_mean_rows(X, r):
    return (r * 0 + 1).T @ X / len(X)


EXERCISES = (
    gradient(
        "gaussian-mixture",
        "weights",
        ("sum(r, axis=0) / weights", "sum(density / p[:, None], axis=0)"),
        {
            "sum(r, axis=0)": "missing | weights",
            "sum(r, axis=0) - N / K": "missing | weights",
            "sum(r, axis=0) / N": "missing | weights",
            "sum(r, axis=0) * weights": "factor | weights",
            "-sum(r, axis=0) / weights": "sign",
            "mean(r, axis=0) / weights": "sum for mean",
            "sum(density, axis=0)": "missing | p",
            "sum(r, axis=0) / weights**2": "extra | weights|square",
            "sum(density * weights / p[:, None], axis=0)": "extra | weights",
            "sum(softmax(log(weights) + log(density), axis=0), axis=0) / weights": "axis",
        },
    ),
    gradient(
        "gaussian-mixture",
        "means",
        (
            lambda X, r, means, precisions: sum(
                r[n, :, None] * (precisions @ (X[n] - means)[:, :, None])[..., 0] for n in range(len(X))
            ),
            lambda X, r, Nk, means, precisions: (precisions @ (r.T @ X - Nk[:, None] * means)[:, :, None])[:, :, 0],
        ),
        {
            lambda X, r, Nk, means: r.T @ X - Nk[:, None] * means: "missing | precisions|covariances|inverse",
            lambda X, r, Nk, means, covariances: (covariances @ (r.T @ X - Nk[:, None] * means)[:, :, None])[
                :, :, 0
            ]: "inverse",
            lambda X, r, Nk, means, precisions: (precisions @ (Nk[:, None] * means - r.T @ X)[:, :, None])[
                :, :, 0
            ]: "sign",
            lambda X, r, Nk, means, precisions: (
                2 * (precisions @ (r.T @ X - Nk[:, None] * means)[:, :, None])[:, :, 0]
            ): "twice",
            lambda X, r, means, precisions: (precisions @ (X.sum(0) - len(X) * means)[:, :, None])[
                :, :, 0
            ]: "missing | r|responsib",
            lambda X, N, Nk, r, means, precisions: (precisions @ (r.T @ X / N - Nk[:, None] * means / N)[:, :, None])[
                :, :, 0
            ]: "sum for mean",
        },
    ),
    gradient(
        "gaussian-mixture-logits",
        "logits",
        ("Nk - N * weights", "sum(r - weights, axis=0)"),
        {
            "Nk - N / K": "wrong | weights|K",
            "Nk / weights": "wrong | softmax|weights|N",
            "Nk": "missing | weights|N",
            "N * weights - Nk": "sign",
            "Nk - weights": "missing | N",
            "Nk / N - weights": "sum for mean",
        },
    ),
    gradient(
        "gaussian-mixture-diagonal",
        "means",
        (
            "(r.T @ X - Nk[:, None] * means) / variances",
            "sum(r[:, :, None] * (X[:, None, :] - means), axis=0) / variances",
        ),
        {
            "r.T @ X - Nk[:, None] * means": "missing | variances",
            "(r.T @ X - Nk[:, None] * means) / variances**2": "extra | variances",
            "(r.T @ X - Nk[:, None] * means) / sqrt(variances)": "deviation | variances|sqrt|root",
            "(Nk[:, None] * means - r.T @ X) / variances": "sign",
            "(r.T @ X - N * means) / variances": "N for Nk",
            "r.T @ X / variances": "missing | means",
            "(r.T @ X - means) / variances": "missing | Nk|N_k",
        },
    ),
    gradient(
        "gaussian-mixture-diagonal",
        "variances",
        (
            "sum(r[:, :, None] * ((X[:, None, :] - means)**2 / variances - 1), axis=0) / (2 * variances)",
            "sum(r[:, :, None] * (X[:, None, :] - means)**2, axis=0) / (2 * variances**2) - Nk[:, None] / (2 * variances)",
        ),
        {
            "sum(r[:, :, None] * (X[:, None, :] - means)**2, axis=0) / (2 * variances**2)": "missing | Nk|variances|normal",
            "sum(r[:, :, None] * (X[:, None, :] - means)**2, axis=0) / (2 * variances**2) + Nk[:, None] / (2 * variances)": "sign",
            "sum(r[:, :, None] * (X[:, None, :] - means)**2, axis=0) / variances**2 - Nk[:, None] / variances": "twice",
            "sum(r[:, :, None] * (X[:, None, :] - means)**2, axis=0) / (2 * variances) - Nk[:, None] / (2 * variances)": (
                "wrong | variances"
            ),
            "sum(r[:, :, None] * (X[:, None, :] - means)**2, axis=0) / (2 * variances**2) - N / (2 * variances)": "N for Nk",
        },
    ),
    gradient(
        "bernoulli-mixture",
        "probabilities",
        (
            "r.T @ X / probabilities - r.T @ (1 - X) / (1 - probabilities)",
            "(r.T @ X - Nk[:, None] * probabilities) / (probabilities * (1 - probabilities))",
        ),
        {
            "r.T @ X / probabilities + r.T @ (1 - X) / (1 - probabilities)": "sign",
            "r.T @ X / probabilities": "missing | X|probabilities",
            "r.T @ X - Nk[:, None] * probabilities": "missing | probabilities",
            "(r.T @ X - N * probabilities) / (probabilities * (1 - probabilities))": "N for Nk",
            "r.T @ (1 - X) / (1 - probabilities) - r.T @ X / probabilities": "sign",
            "(r.T @ X - Nk[:, None] * probabilities) / probabilities": "missing | probabilities",
            "r.T @ X / probabilities - r.T @ (1 - X) / probabilities": "wrong | probabilities",
        },
    ),
    gradient(
        "bernoulli-mixture",
        "weights",
        ("Nk / weights", "sum(r / weights, axis=0)"),
        {
            "Nk": "missing | weights",
            "Nk - N * weights": "wrong | weights",
            "Nk / weights - N": "multiplier",
            "N / weights": "missing | r|Nk|N_k",
            "sum(density, axis=0) / sum(p)": "wrong",
        },
    ),
    gradient(
        "poisson-mixture",
        "rates",
        ("r.T @ X / rates - Nk[:, None]", "sum(r[:, :, None] * (X[:, None, :] / rates - 1), axis=0)"),
        {
            "r.T @ X / rates": "missing | Nk|N_k",
            "r.T @ X / rates - N": "N for Nk",
            "r.T @ X / rates + Nk[:, None]": "sign",
            "r.T @ X - Nk[:, None] * rates": "missing | rates",
            "r.T @ X / rates - 1": "missing | Nk|N_k",
        },
    ),
    chance(
        "posterior",
        "gaussian-mixture",
        STATES,
        "table",
        (
            "weights * density / p[:, None]",
            "softmax(log(weights) + log(density), axis=1)",
        ),
        {
            "density / sum(density, axis=1, keepdims=True)": "missing | weights|prior",
            "weights * density": "normalise",
            "softmax(log(weights) + log(density), axis=0)": "axis",
            "softmax(log(weights) - log(density), axis=1)": "sign",
            "weights * ones((N, K))": "missing | density|likelihood|X|data|prior",
            "softmax(log(weights) + log(density) / 2, axis=1)": "twice",
            "softmax(2 * log(weights) + log(density), axis=1)": "twice | weights",
            "where(r == r.max(axis=1, keepdims=True), 1, 0)": "hard",
            "r / weights": "missing | weights",
        },
    ),
    chance(
        "posterior",
        "bernoulli-mixture",
        STATES,
        "table",
        (
            "softmax(log(weights) + X @ log(probabilities).T + (1 - X) @ log(1 - probabilities).T, axis=1)",
            "density * weights / (density @ weights)[:, None]",
        ),
        {
            "softmax(X @ log(probabilities).T + (1 - X) @ log(1 - probabilities).T, axis=1)": "missing | weights|prior",
            "softmax(log(weights) + X @ log(probabilities).T, axis=1)": "missing | 1 - X|1 - probabilities|X",
            "softmax(log(weights) + X @ log(probabilities).T - (1 - X) @ log(1 - probabilities).T, axis=1)": "sign",
            "density * weights / sum(density * weights)": "axis",
            "density * weights / sum(density * weights, axis=0)": "axis",
        },
    ),
    chance(
        "posterior",
        "poisson-mixture",
        STATES,
        "table",
        ("softmax(log(weights) + X @ log(rates).T - sum(rates, axis=1), axis=1)", "weights * density / p[:, None]"),
        {
            "softmax(log(weights) + X @ log(rates).T, axis=1)": "missing | rates",
            "softmax(log(weights) + X @ log(rates).T + sum(rates, axis=1), axis=1)": "sign",
            "softmax(X @ log(rates).T - sum(rates, axis=1), axis=1)": "missing | weights|prior",
        },
    ),
    update(
        "m_step",
        "gaussian-mixture",
        ["weights"],
        ("Nk / N", "mean(r, axis=0)"),
        {
            "Nk": "normalise",
            "ones(K) / K": "wrong",
            "weights": "old",
            "sum(r, axis=0) / K": "normalise",
            "softmax(Nk)": "wrong",
        },
    ),
    update(
        "m_step",
        "gaussian-mixture",
        ["means"],
        ("r.T @ X / Nk[:, None]", "sum(r[:, :, None] * X[:, None, :], axis=0) / sum(r, axis=0)[:, None]"),
        {
            "r.T @ X / N": "N for Nk",
            "r.T @ X": "missing | Nk|N_k|divid",
            "ones((K, 1)) * mean(X, axis=0)": "missing | r|responsib",
            "means": "old",
            "r.T @ X / Nk[:, None] / 2": "twice",
            "r.T @ X / (Nk[:, None] - 1)": "biased",
            "(r**2).T @ X / Nk[:, None]": "extra | r|square",
        },
    ),
    update(
        "m_step",
        "gaussian-mixture",
        ["means", "covariances"],
        (full_update, full_update_by_moments),
        {
            about_old_means: "old | means",
            over_all_rows: "N for Nk",
            unbiased: "biased",
            unweighted: "missing | r|responsib",
        },
    ),
    update(
        "m_step",
        "gaussian-mixture-diagonal",
        ["means", "variances"],
        (
            lambda X, r, Nk: (
                r.T @ X / Nk[:, None],
                (r[:, :, None] * (X[:, None] - (r.T @ X / Nk[:, None])) ** 2).sum(0) / Nk[:, None],
            ),
            lambda X, r, Nk: (r.T @ X / Nk[:, None], r.T @ X**2 / Nk[:, None] - (r.T @ X / Nk[:, None]) ** 2),
        ),
        {
            lambda X, r, Nk: (
                r.T @ X / Nk[:, None],
                ((r[:, :, None] * (X[:, None] - (r.T @ X / Nk[:, None])) ** 2).sum(0) / Nk[:, None]) ** 0.5,
            ): "deviation",
            lambda X, r, Nk, means: (
                r.T @ X / Nk[:, None],
                (r[:, :, None] * (X[:, None] - means) ** 2).sum(0) / Nk[:, None],
            ): "old | means",
            lambda X, r, Nk: (r.T @ X / Nk[:, None], r.T @ X**2 / Nk[:, None]): "missing | means|mean",
            lambda X, r, N, Nk: (
                r.T @ X / N,
                r.T @ X**2 / Nk[:, None] - (r.T @ X / Nk[:, None]) ** 2,
            ): "N for Nk",
        },
    ),
    update(
        "m_step",
        "bernoulli-mixture",
        ["probabilities"],
        ("r.T @ X / Nk[:, None]", "sum(r[:, :, None] * X[:, None, :], axis=0) / sum(r, axis=0)[:, None]"),
        {
            "r.T @ X / N": "N for Nk",
            "r.T @ X": "missing | Nk|N_k|divid",
            "r.T @ (1 - X) / Nk[:, None]": "wrong | 1 - X|complement",
            "r.T @ X / (2 * r.T @ X - Nk[:, None])": "sign",
            "ones((K, 1)) * mean(X, axis=0)": "missing | r|responsib",
            "(r.T @ X + 1) / (Nk[:, None] + 2)": "wrong | prior|pseudo|\\b1\\b|add",
        },
    ),
    update(
        "m_step",
        "bernoulli-mixture",
        ["weights"],
        ("Nk / N", "Nk / sum(Nk)"),
        {
            "Nk / K": "normalise",
            "N / Nk": "wrong | invers|recipro|divid|normalis",
            "mean(r, axis=0) * weights / sum(mean(r, axis=0) * weights)": "extra | weights|old",
        },
    ),
    update(
        "m_step",
        "poisson-mixture",
        ["rates"],
        ("r.T @ X / Nk[:, None]", "(X.T @ r / Nk).T"),
        {
            "r.T @ X / N": "N for Nk",
            "Nk[:, None] / (r.T @ X)": "wrong | invers|recipro",
            "rates": "old",
            "r.T @ X / rates / Nk[:, None]": "extra | rates",
        },
    ),
)
