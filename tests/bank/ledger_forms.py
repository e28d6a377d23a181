"""Of the ledger's formulas: another algebraic form of each right one, and words that name the cause of each wrong one."""

import numpy as np


def _second_density(a, b, c, d, p_a, p_b, p_c, p_d):
    return np.exp(np.log(p_a[a]) + np.log(p_b[a][b]) + np.log(p_c[a][c]) + np.log(p_d[b][c][d]))


def _to_largest(v_bar, winners):
    spread = winners.copy()
    for m, g, h in np.argwhere(winners == 1):
        spread[m, g, h] = v_bar[m, g // 2, h // 2]
    return spread


def _windows(image, theta):
    size = (len(image) - len(theta)) // 2 + 1
    k = len(theta)
    return np.array([[image[2 * g : 2 * g + k, 2 * h : 2 * h + k] for h in range(size)] for g in range(size)])


def _kernel(image, theta, v_bar, winners):
    found, k = np.zeros(theta.shape), theta.shape[1]
    for m, g, h in np.argwhere(winners == 1):
        found[m] += v_bar[m, g // 2, h // 2] * image[2 * g : 2 * g + k, 2 * h : 2 * h + k]
    return found


def _by_components(X, r, Nk, means, covariances):
    return np.stack(
        [np.linalg.solve(s, row - n * m) for s, row, n, m in zip(covariances, r.T @ X, Nk, means, strict=True)]
    )


def _both(X, Nk, Y):
    means = Y.T @ X / Nk[:, None]
    return means, (X**2).mean(0) - (Nk[:, None] * means**2).sum(0) / len(X)


def _softmax_product(Z, Y_bar):
    e = np.exp(Z - Z.max(1, keepdims=True))
    y = e / e.sum(1, keepdims=True)
    return y * (Y_bar - (y * Y_bar).sum(1, keepdims=True))


RIGHT = {
    ("000-1a.i", "P(x|q)"): "exp(x @ log(q / (1 - q)) + sum(log(1 - q)))",
    ("000-1a.ii", "P(x|p"): "density @ weights",
    ("000-1a.iii", "log P(D|π, p) = Σ_{i=1}^{n}"): "sum(logsumexp(log(weights) + log(density), axis=1))",
    ("000-1b.i", "P(z|π)"): "log(Z @ weights)",
    ("000-1b.ii", "P(x|z"): "log(sum(Z * density, axis=1))",
    ("000-1b.iii", "P(Z, D|p, π) = Π_{i=1}^{n}"): "sum(Z @ log(weights)) + sum(log(sum(Z * density, axis=1)))",
    (
        "000-1b.iv",
        "P(z_k",
    ): "softmax(log(weights) + X @ log(probabilities).T + (1 - X) @ log(1 - probabilities).T, axis=1)",
    ("000-1b.v", "E[log P(Z, D)] = Σ_i"): "Nk @ log(weights) + sum(r * log(density))",
    ("000-1c.i", "Σ_i η_ik (x_i − p_k)"): "sum(r[:, :, None] * (X[:, None, :] - probabilities), axis=0)",
    ("000-1c.i", "p_k = Σ_i"): "(X.T @ r / Nk).T",
    ("000-1c.ii", "π_k"): "sum(r, axis=0) / N",
    ("000-1c.ii", "λ"): "sum(r) * ones(K)",
    ("000-2b", "σ'(u) = e"): "exp(-u) / (1 + 2 * exp(-u) + exp(-2 * u))",
    ("000-2b", "σ'(u) = σ"): "sigmoid(u) * sigmoid(-u)",
    ("000-2d", ""): "sigmoid(w2 * sigmoid(w1 * x))",
    ("000-2e", ""): "w3 * s1 * (s2 - s2**2)",
    ("000-2f", ""): "w3 * w2 * x * (s1 - s1**2) * (s2 - s2**2)",
    ("000-2d-f", "∂f/∂w2"): "w3 * (s2 - s2**2) * s1",
    ("000-2d-f", "∂f/∂w1"): "w2 * x * (w3 * s1 * (s2 - s2**2)) * (1 - s1)",
    ("000-2h", "output size = (input size) −"): "1 + (n - k) / s",
    ("001-1b.ii", "connections = weights × output"): "(kernel * height)**2 * channels * maps",
    ("001-2a", ""): "softmax(log(alpha) + (X / sigma2) @ mu.T - 0.5 * sum(mu**2 / sigma2, axis=1), axis=1)",
    ("001-2b", "(Π_i"): "-0.5 * sum((x - mu)**2 / sigma2 + log(2 * pi * sigma2))",
    ("001-2b", "line 6"): "-sum(Nk * log(alpha)) + 0.5 * sum((X - Y @ mu)**2 / sigma2 + log(2 * pi * sigma2))",
    ("001-2c", "∂ℓ/∂μ_kj = −Σ_n 1"): "(Nk[:, None] * mu - Y.T @ X) / sigma2",
    ("001-2c", "∂ℓ/∂σ_j² = −Σ_n (−"): "sum(1 - (X - Y @ mu)**2 / sigma2, axis=0) / (2 * sigma2)",
    ("001-2c", "μ_kj"): "Y.T @ X / sum(Y, axis=0)[:, None]",
    ("001-2c", "σ_j² ="): _both,
    ("001-2d", "λ"): "sum(Nk) * ones(K)",
    ("001-2d", "α_k"): "mean(Y, axis=0)",
    ("002-P1", "∂J/∂β"): "y - onehot(t, len(y))",
    ("002-P1", "∂J/∂w"): lambda v, delta: np.einsum("lef,i->lefi", v, delta),
    ("002-P1", "∂J/∂v"): "sum(w * delta, axis=3)",
    ("002-P1", "∂J/∂a"): _to_largest,
    ("002-P1 (9)-(16)", ""): "diag(y) - outer(y, y)",
    ("002-P1 (17)", "∂a_gh/∂θ_ab = input"): _windows,
    ("002-P1 (19), (20)", ""): "y * (J_bar - sum(y * J_bar))",
    ("002-P1 (21)", "∂J/∂θ^l_ab = Σ_{g,h} ∂J/∂a^l_gh input"): _kernel,
    ("002-P1", "∂J/∂θ_l"): "sum(w @ delta, axis=(1, 2))",
    ("002-P2", ""): _second_density,
    ("002-P3", "p(h"): "1 / (1 + exp(-W.T @ v - a))",
    ("002-P3", "p(v"): "exp(W @ h + b) / (1 + exp(W @ h + b))",
    ("002-P3", "F(v)"): "-sum(b * v) - sum(logaddexp(0 * a, W.T @ v + a))",
    ("002-P4 (50)", ""): "2 * (h - beta * ne - eta * y)",
    ("003-1", "min"): "array([X[:, 1] - relu(X[:, 1] - X[:, 0]), X[:, 0] + relu(X[:, 1] - X[:, 0])]).T",
    ("003-1", "if x"): "maximum(x, 0) + minimum(x, 0)",
    ("003-2b", "∂ℓ/∂V = (ȳ"): "(y_bar * dr)[:, None] * h",
    ("003-2b", "∂ℓ/∂c"): "diag(dr) @ y_bar",
    ("003-2b", "∂ℓ/∂b = ȳ φ'(z) [φ'(r) V + I] for n = 1"): "y_bar * dz * (dr * V[0] + 1)",
    ("003-2b", "∂ℓ/∂b = ȳ φ'(r) V"): "(V.T @ (dr * y_bar) + y_bar) * dz",
    ("003-2b", "∂ℓ/∂x"): "(eye(n) + W.T @ diag(dz)) @ (eye(n) + V.T @ diag(dr)) @ y_bar",
    ("003-3a", "p(z|x)"): lambda X, u, sigma2: (
        (X @ u / sigma2) / (1 + u @ u / sigma2),
        np.ones(len(X)) / (1 + u @ u / sigma2),
    ),
    ("003-3b", "p(x|z) = 1/((2π)^(J/2) σ^J)"): "-sum((x - u * z)**2 / sigma2 + log(2 * pi * sigma2)) / 2",
    ("003-3b", "u = Σ_i m"): "sum(X * m[:, None], axis=0) / sum(s)",
    ("004-1(1)", ""): _by_components,
    ("004-1(2)①", "∂ℓ/∂π_k = Σ_n N(x_n|μ_k, Σ_k)/P(x_n)"): "sum(r, axis=0) / weights",
    ("004-1(2)②", "Σ_n r_nk / π_k"): "mean(r, axis=0)",
    ("004-2(b)", "two"): _softmax_product,
    ("004-2(b)", "z̄_j"): "Y * (Y_bar - sum(Y * Y_bar, axis=1, keepdims=True))",
    ("004-2(c)", "the code, names"): "Y * Y_bar - Y * sum(Y * Y_bar, axis=1)[:, None]",
}
"""By row and the beginning of its claim."""

CAUSES = {
    ("000-1a.iii", "log P(D|π, p) = Σ_{i=1}^{D}"): r"\bN\b|\bD\b|rows|sum over",
    ("000-1b.iii", "P(Z, D|p, π) = Π_{i=1}^{D}"): r"\bN\b|\bD\b|rows|sum over",
    ("000-1b.v", "E[log P(Z, D)] = log"): r"\br\b|responsib|expect",
    ("000-1b.v", "(Σ_i"): r"-1|rows|sum over|term|index",
    ("000-1c.i", "dQ/dp_k"): r"sign|minus|subtract",
    ("000-1c.i", "Σ_i η_ik [x_i"): r"sign|minus|subtract",
    ("000-1c.i", "the root"): r"sign|\[0, 1\]|between 0 and 1|outside|minus|unit",
    ("000-2h", "output size = (input size) *"): r"-|minus|subtract",
    ("001-1b.ii", "connections = weights × input"): r"height|224|groups|output",
    ("001-2b", "line 4"): r"\bY\b|indicator|\by\b|K|missing|class",
    ("001-2b", "line 5"): r"normalis|integrat|invers|power|det|sigma2|sign",
    ("001-2b", "last line"): r"Nk|N_k|\by\b|missing",
    ("001-2c", "∂ℓ/∂μ_kj = −Σ_n Σ_k'"): r"sum|axis|Y|index",
    ("001-2c", "∂ℓ/∂σ_j² = −Σ_n Σ_k'"): r"sum|axis|index",
    ("001-2c", "middle line"): r"sigma2",
    ("001-2d", "α maximises"): r"minim|maxim|sign|saddle",
    ("002-P1 (17)", "∂a_gh/∂θ_ab = Σ"): r"sum|axis",
    ("002-P1 (19)", ""): r"S|sum|axis|zero|\b0\b|order",
    ("002-P1 (20)", ""): r"diagonal|diag|multiplied by target",
    ("002-P1 (21)", "∂J/∂θ^l_ab = Σ_{g,h} ∂J/∂a^l_gh Σ"): r"sum|twice|axis",
    ("002-P2 (26)", ""): r"normalis|sum",
    ("002-P4 (47)", ""): r"normalis|sum",
    ("002-P4", "E(h"): r"twice|pair|\b2\b|half|beta",
    ("003-2b", "∂ℓ/∂V = ȳ φ'(r) h"): r"outer|shape",
    ("003-2b", "∂ℓ/∂W"): r"order|before|after|dz|diag",
    ("003-2b", "∂ℓ/∂b = ȳ φ'(z) [φ'(r) V + I]"): r"order|before|after|dz|diag",
    ("003-3a", "z = u'x"): r"sigma2|factor|divid|mean|missing|scale",
    ("003-3b", "p(x|z) = 1/((2π)^(J/2) σ)"): r"\bJ\b|power|missing|sigma2",
    ("004-1(2)①", "∂ℓ/∂π_k = Σ_n N(x_n|μ_k, Σ_k)/P(x_n) = "): r"weights",
    ("004-1(2)②", "λ = N/K"): r"\bK\b|factor",
    ("004-1(2)②", "the gradient"): r"weights|multiplier",
    ("004-1(2)②", "Σ_n r_nk − N/K in"): r"weights|K",
    ("004-2(b)", "r̄"): r"sum|axis|diagonal",
}
