"""Tied low-rank covariances, whose steps are not accelerated, beside tied ones, whose steps are: E-steps and nats short.

``python benchmarks/low_rank.py`` prints a table in Markdown. Rows of three groups whose eight columns share two latent variables,
with cells missing; a mixture starts from the groups' means. "To 0.05 nats" counts plain E-steps until so near their own end.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from measure import processor, timed

from suffice.fit import em
from suffice.latent import GaussianPrior, LowRankGaussian, LowRankPrior, Mixture, TiedGaussian
from suffice.runtime import computed_by

COUNT, FEATURES, RANK, GROUPS = 400, 8, 2, 3
NEAR, LONGEST = 0.05, 400
SHARES, SEEDS = (0.0, 0.1, 0.3), (0, 1, 2)


def drawn(seed: int, share: float) -> tuple[np.ndarray, np.ndarray]:
    """Rows of which this share of the cells is missing, and the groups' means."""
    draw = np.random.default_rng(seed)
    loadings, means = draw.standard_normal((RANK, FEATURES)), 1.5 * draw.standard_normal((GROUPS, FEATURES))
    group, noise = draw.integers(GROUPS, size=COUNT), draw.standard_normal((COUNT, FEATURES))
    rows = draw.standard_normal((COUNT, RANK)) @ loadings + means[group] + noise
    return np.where(draw.random(rows.shape) < share, np.nan, rows), means


def starts(rows: np.ndarray, means: np.ndarray) -> dict[str, Mixture]:
    """A mixture with each covariance, at the groups' means."""
    zero = np.zeros(FEATURES)
    covariance: Any = np.diag(np.nanvar(rows, 0))
    low = LowRankGaussian(means, covariance, LowRankPrior(None, zero, covariance * 0, zero, rank=RANK))
    tied = TiedGaussian(means, covariance, GaussianPrior(None, zero, covariance * 0, zero))
    return {name: Mixture(np.full(GROUPS, 1 / GROUPS), each) for name, each in (("low rank", low), ("tied", tied))}


def measured(start: Mixture, rows: np.ndarray) -> str:
    """Cells of the table: the fit's own E-steps, plain ones to 0.05 nats, nats short and seconds."""
    found: list = []
    seconds = timed(lambda: found.append(em(start, rows)))
    plain = np.asarray(em(start, rows, tol=1e-12, max_iter=LONGEST).trace)
    longer = np.asarray(em(found[0].model, rows, tol=1e-12, max_iter=LONGEST).trace)
    near = int(np.argmax((plain[-1] - plain) * COUNT < NEAR)) + 1
    return f"{len(found[0].trace)} | {near} | {(longer[-1] - longer[0]) * COUNT:.2g} | {seconds:.2f}"


def main() -> None:
    """Print the table."""
    columns = " | ".join(f"{name}: E-steps | plain to 0.05 nats | nats short | s" for name in ("low rank", "tied"))
    print(f"{processor()}\n\n| cells missing, seed | {columns} |\n|---|" + "---|" * 8)
    for share in SHARES:
        for seed in SEEDS:
            rows, means = drawn(seed, share)
            cells = " | ".join(measured(start, rows) for start in starts(rows, means).values())
            print(f"| {share:.0%}, {seed} | {cells} |", flush=True)


if __name__ == "__main__":
    with warnings.catch_warnings(), computed_by("numpy"):
        warnings.simplefilter("ignore")
        main()
