"""Gradients and estimates of Gaussians and of classes."""

from bank.exercise import chance, derivative, gradient, update

CLASSES = {"y": ("states", lambda alpha: range(len(alpha)))}


def class_means(X, Y, Nk):
    return Y.T @ X / Nk[:, None]


EXERCISES = (
    gradient(
        "gaussian",
        "mean",
        ("precision @ sum(X - mean, axis=0)", "sum((X - mean) @ precision, axis=0)"),
        {
            "sum(X - mean, axis=0)": "missing | precision|covariance",
            "covariance @ sum(X - mean, axis=0)": "inverse",
            "-precision @ sum(X - mean, axis=0)": "sign",
            "precision @ (sum(X, axis=0) / N - mean)": "sum for mean",
            "precision @ sum(X - mean, axis=0) / 2": "twice",
            "precision @ sum(X, axis=0)": "missing | mean",
            "precision @ (sum(X, axis=0) - mean)": "missing | N",
            "sum(X - mean, axis=0) / diag(covariance)": "element | diag|elements",
        },
    ),
    gradient(
        "gaussian-precision",
        "precision",
        ("(N * inv(precision) - S) / 2", "N * inv(precision) / 2 - (X - mean).T @ (X - mean) / 2"),
        {
            "N * inv(precision) - S": "twice",
            "(S - N * inv(precision)) / 2": "sign",
            "(N * precision - S) / 2": "inverse",
            "-S / 2": "missing | det|log|precision",
            "N * inv(precision) / 2": "missing | S|X",
            "(inv(precision) - S) / 2": "missing | \\bN\\b|factor 0.1",
            "(N * inv(precision) + S) / 2": "sign",
            "(N * inv(precision) - X.T @ X) / 2": "missing | mean",
        },
    ),
    gradient(
        "gaussian",
        "covariance",
        ("(precision @ S @ precision - N * precision) / 2", "precision @ (S - N * covariance) @ precision / 2"),
        {
            "precision @ S @ precision - N * precision": "twice",
            "(N * precision - precision @ S @ precision) / 2": "sign",
            "(precision @ S @ precision - precision) / 2": "missing | \\bN\\b|factor 0.1",
            "(S @ precision - N * precision) / 2": "missing | precision",
            "precision @ S @ precision / 2": "missing | det|log|N|precision",
        },
    ),
    gradient(
        "gaussian-diagonal",
        "variances",
        (
            "sum((X - mean)**2, axis=0) / (2 * variances**2) - N / (2 * variances)",
            "sum((X - mean)**2 / variances - 1, axis=0) / (2 * variances)",
        ),
        {
            "sum((X - mean)**2, axis=0) / (2 * variances**2) + N / (2 * variances)": "sign",
            "sum((X - mean)**2, axis=0) / (2 * variances**2) - 1 / (2 * variances)": "missing | \\bN\\b|factor 0.1",
            "sum((X - mean)**2, axis=0) / variances**2 - N / variances": "twice",
            "sum((X - mean)**2, axis=0) / (2 * variances**2)": "missing | variances|log|N",
            "sum((X - mean)**2, axis=0) / (2 * variances**2) - N / variances": "twice",
            "sum(X - mean, axis=0) / (2 * variances**2) - N / (2 * variances)": "missing | square|X",
        },
    ),
    update(
        "mle",
        "gaussian-diagonal",
        ["mean", "variances"],
        (
            lambda X: (X.mean(0), X.var(0)),
            lambda X: (X.sum(0) / len(X), (X**2).mean(0) - X.mean(0) ** 2),
        ),
        {
            lambda X: (X.mean(0), X.var(0, ddof=1)): "biased",
            lambda X: (X.mean(0), X.std(0)): "deviation",
            lambda X: (X.mean(0), (X**2).mean(0)): "missing | mean",
            lambda X: (X.sum(0), ((X - X.mean(0)) ** 2).mean(0)): "sum for mean",
            lambda X: (X.mean(0), ((X - X.mean(0)) ** 2).sum(0)): "sum for mean",
        },
    ),
    update(
        "mle",
        "gaussian",
        ["mean", "covariance"],
        (
            lambda X: (X.mean(0), (X - X.mean(0)).T @ (X - X.mean(0)) / len(X)),
            lambda X: (X.mean(0), X.T @ X / len(X) - X.mean(0)[:, None] * X.mean(0)),
        ),
        {
            lambda X: (X.mean(0), (X - X.mean(0)).T @ (X - X.mean(0)) / (len(X) - 1)): "biased",
            lambda X: (X.mean(0), (X - X.mean(0)).T @ (X - X.mean(0))): "sum for mean",
            lambda X: (X.mean(0), X.T @ X / len(X)): "missing | mean",
        },
    ),
    gradient(
        "gaussian-classes",
        "mu",
        ("-(Y.T @ X - Nk[:, None] * mu) / sigma2", "(Nk[:, None] * mu - Y.T @ X) / sigma2"),
        {
            "(Y.T @ X - Nk[:, None] * mu) / sigma2": "sign",
            "-(Y.T @ X - Nk[:, None] * mu)": "missing | sigma2",
            "-(sum(X, axis=0) - N * mu) / sigma2": "missing | Y|indicator|class",
            "-(Y.T @ X - N * mu) / sigma2": "N for Nk",
            "ones((K, D)) * -sum((Y.T @ X - Nk[:, None] * mu) / sigma2)": "extra | sum|axis",
            "-2 * (Y.T @ X - Nk[:, None] * mu) / sigma2": "twice",
            "-(Y.T @ X - Nk[:, None] * mu) / sigma2**2": "extra | sigma2",
        },
    ),
    gradient(
        "gaussian-classes",
        "sigma2",
        (
            "N / (2 * sigma2) - sum((X - mu[y])**2, axis=0) / (2 * sigma2**2)",
            "-sum((X - Y @ mu)**2 / (2 * sigma2**2) - 1 / (2 * sigma2), axis=0)",
        ),
        {
            "sum((X - mu[y])**2, axis=0) / (2 * sigma2**2) - N / (2 * sigma2)": "sign",
            "N / (2 * sigma2) - sum((X - mu[y])**2, axis=0) / (2 * sigma2)": "wrong | sigma2",
            "-1 / (2 * sigma2) + 0 * sigma2 - sum((X - mu[y])**2, axis=0) / (2 * sigma2**2)": "wrong | \\bN\\b|sign|factor -0.09",
            "ones(D) * sum(N / (2 * sigma2) - sum((X - mu[y])**2, axis=0) / (2 * sigma2**2))": "extra | sum|axis",
            "N / sigma2 - sum((X - mu[y])**2, axis=0) / sigma2**2": "twice",
        },
    ),
    gradient(
        "gaussian-classes",
        "alpha",
        ("-Nk / alpha", "-sum(Y / alpha, axis=0)"),
        {
            "-1 / alpha": "missing | Nk|N_k",
            "Nk / alpha": "sign",
            "-Nk / N": "wrong | alpha",
            "-Nk / alpha + N": "multiplier",
            "-N / alpha": "N for Nk",
        },
    ),
    update(
        "mle",
        "gaussian-classes",
        ["mu", "sigma2"],
        (
            lambda X, Y, Nk, y: (class_means(X, Y, Nk), ((X - class_means(X, Y, Nk)[y]) ** 2).mean(0)),
            lambda X, Y, Nk: (
                class_means(X, Y, Nk),
                (X**2).mean(0) - (Nk[:, None] * class_means(X, Y, Nk) ** 2).sum(0) / len(X),
            ),
        ),
        {
            lambda X, Y, Nk, y: (
                class_means(X, Y, Nk),
                ((X - class_means(X, Y, Nk)[y]) ** 2).sum(0) / (len(X) - len(Nk)),
            ): "biased | K|N",
            lambda X, Y, Nk: (class_means(X, Y, Nk), X.var(0)): "missing | class|mu|Y",
            lambda X, Y, Nk, y, N: (Y.T @ X / N, ((X - class_means(X, Y, Nk)[y]) ** 2).mean(0)): "N for Nk | mu",
            lambda X, Y, Nk, y, mu: (class_means(X, Y, Nk), ((X - mu[y]) ** 2).mean(0)): "old | mu",
        },
        sense="min",
    ),
    update(
        "mle",
        "gaussian-classes",
        ["alpha"],
        ("Nk / N", "mean(Y, axis=0)"),
        {
            "Nk": "normalise",
            "ones(K) / K": "wrong",
            "Nk / K": "normalise",
            "(Nk + 1) / (N + K)": "wrong | prior|\\b1\\b|add",
        },
        sense="min",
    ),
    chance(
        "posterior",
        "gaussian-classes",
        CLASSES,
        "table",
        (
            "softmax(log(alpha) - 0.5 * sum((X[:, None, :] - mu)**2 / sigma2, axis=2), axis=1)",
            "softmax(log(alpha) + (X / sigma2) @ mu.T - 0.5 * sum(mu**2 / sigma2, axis=1), axis=1)",
        ),
        {
            "softmax(-0.5 * sum((X[:, None, :] - mu)**2 / sigma2, axis=2), axis=1)": "missing | alpha|prior",
            "softmax(log(alpha) + 0.5 * sum((X[:, None, :] - mu)**2 / sigma2, axis=2), axis=1)": "sign",
            "softmax(log(alpha) - sum((X[:, None, :] - mu)**2 / sigma2, axis=2), axis=1)": "twice",
            "softmax(log(alpha) - 0.5 * sum((X[:, None, :] - mu)**2, axis=2), axis=1)": "missing | sigma2",
            "softmax(alpha - 0.5 * sum((X[:, None, :] - mu)**2 / sigma2, axis=2), axis=1)": "activation | log",
            "softmax(log(alpha) - 0.5 * sum((X[:, None, :] - mu)**2 / sigma2**2, axis=2), axis=1)": "extra | sigma2",
            "alpha * exp(-0.5 * sum((X[:, None, :] - mu)**2 / sigma2, axis=2))": "normalise",
            "softmax(log(alpha) + (X / sigma2) @ mu.T, axis=1)": "missing | mu",
        },
    ),
    chance(
        "posterior",
        "gaussian-classes-tied",
        CLASSES,
        "table",
        (
            "softmax(log(alpha) + X @ precision @ mu.T - 0.5 * sum(mu @ precision * mu, axis=1), axis=1)",
            "softmax(log(alpha) - 0.5 * sum((X[:, None, :] - mu) @ precision * (X[:, None, :] - mu), axis=2), axis=1)",
        ),
        {
            "softmax(log(alpha) + X @ precision @ mu.T, axis=1)": "missing | mu",
            "softmax(log(alpha) + X @ covariance @ mu.T - 0.5 * sum(mu @ covariance * mu, axis=1), axis=1)": "inverse",
            "softmax(X @ precision @ mu.T - 0.5 * sum(mu @ precision * mu, axis=1), axis=1)": "missing | alpha|prior",
            "softmax(log(alpha) + X @ precision @ mu.T - sum(mu @ precision * mu, axis=1), axis=1)": "twice",
            "softmax(log(alpha) + X @ precision @ mu.T + 0.5 * sum(mu @ precision * mu, axis=1), axis=1)": "sign",
        },
    ),
    gradient(
        "gaussian-mean",
        "mu",
        (
            "inv(S) @ sum(X - mu, axis=0) + inv(S0) @ (m0 - mu)",
            "inv(S) @ (sum(X, axis=0) - N * mu) - inv(S0) @ (mu - m0)",
        ),
        {
            "inv(S) @ sum(X - mu, axis=0)": "missing | S0|prior|m0",
            "inv(S) @ sum(X - mu, axis=0) + inv(S0) @ (mu - m0)": "sign",
            "S @ sum(X - mu, axis=0) + S0 @ (m0 - mu)": "inverse",
            "inv(S) @ sum(X - mu, axis=0) - inv(S0) @ mu": "missing | m0",
        },
    ),
    derivative(
        "hessian",
        "gaussian-mean",
        "mu",
        ("-N * inv(S) - inv(S0)", "-(inv(S0) + inv(S / N))"),
        {
            "N * inv(S) + inv(S0)": "sign",
            "-N * inv(S)": "missing | S0|prior",
            "-inv(S) - inv(S0)": "missing | \\bN\\b|factor 0.1",
            "-inv(N * S + S0)": "wrong",
            "-N * S - S0": "inverse",
        },
    ),
    update(
        "map",
        "gaussian-mean",
        ["mu"],
        (
            "inv(inv(S0) + N * inv(S)) @ (inv(S0) @ m0 + inv(S) @ sum(X, axis=0))",
            "m0 + inv(inv(S0) + N * inv(S)) @ inv(S) @ sum(X - m0, axis=0)",
        ),
        {
            "sum(X, axis=0) / N": "missing | prior|m0|S0",
            "inv(inv(S0) + inv(S)) @ (inv(S0) @ m0 + inv(S) @ sum(X, axis=0))": "missing | N",
            "inv(inv(S0) + N * inv(S)) @ inv(S) @ sum(X, axis=0)": "missing | m0|prior",
            "(inv(S0) + N * inv(S)) @ (inv(S0) @ m0 + inv(S) @ sum(X, axis=0))": "inverse",
            "(m0 + sum(X, axis=0)) / (N + 1)": "wrong",
        },
    ),
)
