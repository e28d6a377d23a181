"""Claims of the second bank, conjugate: written before the naming rules were read. Lambdas are answers too."""

import numpy as np

from bank.exercise import chance, equal, gradient, update

EXERCISES = (
    update(
        "map",
        "dirichlet-categorical",
        ["theta"],
        (lambda n, alpha: (n + alpha - 1) / (n + alpha - 1).sum(), "(alpha + n - 1) / (N - K + sum(alpha))"),
        {
            lambda n, alpha: (n + alpha) / (n.sum() + alpha.sum()): "prior",
            "(n + alpha - 1) / (N + sum(alpha) - 1)": "wrong | \\bK\\b|normalis|sum",
            "(n + alpha + 1) / sum(n + alpha + 1)": "sign",
            "alpha / sum(alpha)": "wrong | \\bn\\b|data|counts|prior",
            "(n * alpha) / sum(n * alpha)": "wrong | alpha|add|\\+",
        },
    ),
    update(
        "map",
        "gamma-poisson",
        ["rate"],
        ("(sum(x) + a - 1) / (N + b)", lambda x, a, b: (a - 1 + x.sum()) / (b + len(x))),
        {
            "(a + mean(x) - 1) / (b + 1)": "wrong | sum|mean|\\bN\\b",
            "(a + sum(x) + 1) / (b + N)": "sign",
            "sum(x) / N": "prior",
            "(a + sum(x) - 1) / (b * N)": "wrong | \\bb\\b|\\bN\\b|\\+|add",
            "(b + N) / (a + sum(x) - 1)": "inverse | invers|recipro|upside",
        },
    ),
    chance(
        "posterior",
        "gamma-poisson",
        {"rate": "positive"},
        "mean_var",
        (
            lambda x, a, b: ((a + x.sum()) / (b + len(x)), (a + x.sum()) / (b + len(x)) ** 2),
            lambda x, a, b, N: ((x.sum() + a) / (N + b), (x.sum() + a) / (N + b) / (N + b)),
        ),
        {
            lambda x, a, b: (
                (a + x.sum() - 1) / (b + len(x)),
                (a + x.sum()) / (b + len(x)) ** 2,
            ): "wrong | mode|mean|\\b1\\b",
            lambda x, a, b: ((a + x.sum()) / (b + len(x)), (a + x.sum()) / (b + len(x))): "wrong | variance|var",
            lambda x, a, b: (
                (a + x.sum()) * (b + len(x)),
                (a + x.sum()) * (b + len(x)) ** 2,
            ): "wrong | rate|scale|invers|divid",
            lambda x, a, b: (x.mean(), x.mean() / len(x)): "missing | prior|\\ba\\b",
            lambda x, a, b: ((a + x.sum()) / (b + len(x)), np.sqrt(a + x.sum()) / (b + len(x))): "deviation",
        },
    ),
    equal(
        "gaussian-kl",
        (
            "(trace(inv(S2) @ S1) - D + (m1 - m2) @ inv(S2) @ (m1 - m2) + log(det(S2) / det(S1))) / 2",
            lambda m1, S1, m2, S2: (
                0.5
                * (
                    np.trace(np.linalg.solve(S2, S1))
                    - len(m1)
                    + (m2 - m1) @ np.linalg.solve(S2, m2 - m1)
                    + np.linalg.slogdet(S2)[1]
                    - np.linalg.slogdet(S1)[1]
                )
            ),
        ),
        {
            "(trace(inv(S2) @ S1) - D + (m1 - m2) @ inv(S2) @ (m1 - m2) + log(det(S1) / det(S2))) / 2": "sign",
            "(trace(inv(S2) @ S1) + (m1 - m2) @ inv(S2) @ (m1 - m2) + log(det(S2) / det(S1))) / 2": "missing | \\bD\\b",
            "(trace(inv(S2) @ S1) - D + (m1 - m2) @ inv(S1) @ (m1 - m2) + log(det(S2) / det(S1))) / 2": "wrong | S1|S2",
            "(trace(inv(S2) @ S1) - D + (m1 - m2) @ inv(S2) @ (m1 - m2) + det(S2) / det(S1)) / 2": "activation | log",
            "(trace(inv(S2) @ S1) - D + (m1 - m2) @ (m1 - m2) + log(det(S2) / det(S1))) / 2": "missing | S2|inv",
            "trace(inv(S2) @ S1) / 2 - D + (m1 - m2) @ inv(S2) @ (m1 - m2) / 2 + log(det(S2) / det(S1)) / 2": "twice | D",
        },
    ),
    gradient(
        "gaussian-kl",
        "S2",
        (
            "(inv(S2) - inv(S2) @ (S1 + outer(m2 - m1, m2 - m1)) @ inv(S2)) / 2",
            lambda m1, S1, m2, S2: (lambda P: 0.5 * (P - P @ S1 @ P - np.outer(P @ (m2 - m1), P @ (m2 - m1))))(
                np.linalg.inv(S2)
            ),
        ),
        {
            "(inv(S2) - inv(S2) @ S1 @ inv(S2)) / 2": "missing | m1|m2|outer",
            "(inv(S2) + inv(S2) @ (S1 + outer(m2 - m1, m2 - m1)) @ inv(S2)) / 2": "sign",
            "inv(S2) - inv(S2) @ (S1 + outer(m2 - m1, m2 - m1)) @ inv(S2)": "twice",
            "(inv(S2) - S1 - outer(m2 - m1, m2 - m1)) / 2": "missing | S2|inv",
        },
    ),
    gradient(
        "gaussian-kl-standard",
        "mu",
        ("mu", "1 * mu"),
        {
            "2 * mu": "twice",
            "mu / 2": "twice",
            "-mu": "sign",
            "mu * exp(-log_variance)": "extra | variance|log_variance|exp",
            "mu**2 / 2": "derivative",
        },
    ),
    gradient(
        "gaussian-kl-standard",
        "log_variance",
        ("exp(log_variance) / 2 - 1 / 2", lambda log_variance: 0.5 * np.expm1(log_variance)),
        {
            "(exp(log_variance / 2) - 1) / 2": "twice",
            "(exp(log_variance) + 1) / 2": "sign",
            "(log_variance - 1) / 2": "activation | exp",
            "(exp(log_variance) - log_variance) / 2": "wrong | \\b1\\b|log_variance",
        },
    ),
    gradient(
        "elbo",
        "W",
        (
            "outer(residual, m) / sigma2 - W * s**2 / sigma2",
            lambda x, W, m, s, sigma2: (np.outer(x - W @ m, m) - W @ np.diag(s**2)) / sigma2,
        ),
        {
            "outer(residual, m) / sigma2": "missing | \\bs\\b|variance",
            "(outer(residual, m) - W * s) / sigma2": "deviation | \\bs\\b",
            "(outer(residual, m) + W * s**2) / sigma2": "sign",
            "outer(residual, m) - W * s**2": "missing | sigma2",
            "(outer(residual, m) - W * s**2) / sigma2 - W": "extra | \\bW\\b",
            "outer(m, residual) / sigma2 - (W * s**2).T / sigma2": "layout",
        },
    ),
    gradient(
        "elbo",
        "sigma2",
        (
            "(residual @ residual + sum(W**2 * s**2)) / (2 * sigma2**2) - D / (2 * sigma2)",
            lambda residual, W, s, sigma2: (
                -len(residual) / (2 * sigma2) + ((residual**2).sum() + ((W * s) ** 2).sum()) / (2 * sigma2**2)
            ),
        ),
        {
            "residual @ residual / (2 * sigma2**2) - D / (2 * sigma2)": "missing | \\bs\\b|\\bW\\b",
            "(residual @ residual + sum(W**2 * s**2)) / (2 * sigma2**2)": "missing | \\bD\\b|log|normal",
            "(residual @ residual + sum(W**2 * s**2)) / (2 * sigma2**2) - 1 / (2 * sigma2)": "missing | \\bD\\b",
            "(residual @ residual + sum(W**2 * s**2)) / sigma2**2 - D / sigma2": "twice",
        },
    ),
    gradient(
        "quadratic-form",
        "x",
        ("A.T @ x + A @ x + b", lambda A, x, b: A @ x + x @ A + b),
        {
            lambda A, x, b: 2 * A @ x + b: "wrong | symmetric|transpos|\\.T",
            lambda A, x, b: (A + A.T) @ x + b * x: "extra | x",
            lambda A, x, b: 2 * A.T @ x + b: "wrong | symmetric|transpos|\\.T",
            "(A + A.T) @ x + 2 * b": "twice | \\bb\\b",
            "(A + A.T) @ x / 2 + b": "twice | A",
            "x @ A @ x + b": "wrong | derivative|x|shape|element",
        },
    ),
    gradient(
        "log-determinant",
        "A",
        ("inv(A.T) - inv(A.T) @ B.T @ inv(A.T)", lambda A, B: (lambda P: (P - P @ B @ P).T)(np.linalg.inv(A))),
        {
            "inv(A).T - inv(A).T @ B.T": "missing | inv|A",
            "det(A) * inv(A).T - inv(A).T @ B.T @ inv(A).T": "extra | det",
            "inv(A).T / det(A) - inv(A).T @ B.T @ inv(A).T": "extra | det",
            "A.T - inv(A).T @ B.T @ inv(A).T": "inverse",
            lambda A, B: (lambda P: P.T - P.T @ B.T @ P)(np.linalg.inv(A)): "transpose",
            lambda A, B: (lambda P: P.T + (P @ B @ P).T)(np.linalg.inv(A)): "sign",
            lambda A, B: (lambda P: P - P.T @ B.T @ P.T)(np.linalg.inv(A)): "transpose",
        },
    ),
    gradient(
        "matrix-factorisation",
        "V",
        ("lam * V - E.T @ U", lambda X, U, V, lam: (U @ V.T - X).T @ U + lam * V),
        {
            lambda X, U, V, lam: (U @ V.T - X).T @ U: "missing | lam",
            lambda X, U, V, lam: -X.T @ U + lam * V: "missing | U|V|E",
            lambda X, U, V, lam: 2 * (U @ V.T - X).T @ U + lam * V: "twice",
            lambda X, U, V, lam: (U @ V.T - X).T @ U + lam * U.sum(0): "wrong | lam|V|U",
            "-U.T @ E + lam * V.T": "layout",
        },
    ),
    update(
        "m_step",
        "ppca-factors",
        ["W"],
        ("(X - mu).T @ M @ inv(S)", lambda X, mu, M, S: np.linalg.solve(S, M.T @ (X - mu)).T),
        {
            "(X - mu).T @ M @ inv(M.T @ M)": "missing | \\bV\\b|\\bS\\b|covariance|second",
            "(X - mu).T @ M / sum(diag(S))": "wrong | \\bS\\b|inv|trace",
            lambda X, mu, M, S: X.T @ M @ np.linalg.inv(S): "missing | mu",
            lambda X, mu, M, S: (X - X.mean(0)).T @ M @ np.linalg.inv(S): "wrong | mu|mean",
            "W": "old",
        },
    ),
    update(
        "m_step",
        "factor-analysis",
        ["psi"],
        (
            "mean((X - mu)**2, axis=0) - 2 * diag(W @ M.T @ (X - mu)) / N + diag(W @ S @ W.T) / N",
            lambda X, mu, W, M, S: np.diag((X - mu).T @ (X - mu) - 2 * W @ M.T @ (X - mu) + W @ S @ W.T) / len(X),
        ),
        {
            "mean((X - mu - M @ W.T)**2, axis=0)": "missing | \\bV\\b|\\bS\\b|variance|second|covariance",
            "mean((X - mu)**2, axis=0)": "missing | \\bW\\b|\\bM\\b",
            "sum((X - mu)**2, axis=0) - 2 * diag(W @ M.T @ (X - mu)) + diag(W @ S @ W.T)": "sum for mean",
            "mean((X - mu)**2, axis=0) + 2 * diag(W @ M.T @ (X - mu)) / N + diag(W @ S @ W.T) / N": "sign",
            "sqrt(mean((X - mu)**2, axis=0) - 2 * diag(W @ M.T @ (X - mu)) / N + diag(W @ S @ W.T) / N)": "deviation",
        },
    ),
)
