"""Probabilities of the pixels of an Ising field: exact where it is narrow, else from chains that begin by annealing."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.special import softmax

from suffice.energy.grid.exact_marginals import affordable, marginals
from suffice.energy.grid.methods import ORDERED, Field
from suffice.energy.rbm.mixing import mixing

AGREED = 1.1
"""Largest r-hat at which chains are said to agree."""
FEW = 4
"""Effective number of chains below which their weights say little."""


class Posterior(NamedTuple):
    """Probability of the higher value at each pixel, and how well it is known; of a batch, arrays have a first axis (B,).

    ``standard_error`` is that of each probability, 0 where they are exact. ``r_hat`` compares the chains of an image by its sums
    of pixels, of equal neighbours and of agreement with the noisy image, the largest of the three; 1 where exact.
    ``effective_chains`` is how many chains of equal weight say as much, infinite where exact.
    """

    probability: Any
    standard_error: Any
    r_hat: Any
    effective_chains: Any
    exact: bool
    outcome: str


def posterior(
    field: Field, noisy: np.ndarray, first: int, *, n_sweeps: int, burn_in: int, n_chains: int, random_state: int
) -> Posterior:
    """The posterior of images (B, H, W), of which the first has this number."""
    if affordable(*noisy.shape[1:]):
        exact = np.stack([marginals(field.eta * image - field.h, field.beta) for image in noisy.astype(float)])
        ones = np.ones(len(noisy))
        return Posterior(exact, np.zeros(exact.shape), ones, ones * np.inf, True, "Exact: sums over all images.")
    means, totals, log_weights = _chains(field, noisy, first, n_chains, -(-n_sweeps // n_chains), burn_in, random_state)
    share = softmax(log_weights, axis=1)
    r_hat = np.array([max(mixing(figure.T).r_hat for figure in image) for image in totals])
    probability, error = _weighted(means, share, totals.shape[-1], modes=field.beta > ORDERED)
    effective = 1 / (share**2).sum(1)
    return Posterior(probability, error, r_hat, effective, False, said(r_hat, effective))


def disagree(r_hat: np.ndarray, effective: np.ndarray) -> np.ndarray:
    """Of which images the chains do not tell the same, (B,)."""
    return ~(r_hat <= AGREED) | (effective < FEW)


def said(r_hat: np.ndarray, effective: np.ndarray) -> str:
    """Whether the chains of images agree, a sentence."""
    apart = np.flatnonzero(disagree(r_hat, effective))
    if not len(apart):
        return f"Estimated by Gibbs sampling: the chains agree (r-hat at most {AGREED})."
    if np.isnan(r_hat).any():
        return (
            "Estimated by Gibbs sampling, of too few sweeps or chains to tell whether the chains agree: raise n_sweeps, and take "
            "at least 2 chains."
        )
    named = ", ".join(map(str, apart[:20]))
    return (
        f"The chains disagree (r-hat {r_hat.max():.3g}; images {named}): several modes compete, weighed by annealing as if "
        f"{effective.min():.2g} chains were there. Raise burn_in or n_chains; standard errors may be too small."
    )


def together(parts: list[Posterior]) -> Posterior:
    """The posterior of a batch from those of its parts."""
    probability, error, r_hat, effective = (np.concatenate([part[place] for part in parts]) for place in range(4))
    exact = all(part.exact for part in parts)
    return Posterior(probability, error, r_hat, effective, exact, parts[0].outcome if exact else said(r_hat, effective))


def _weighted(means: np.ndarray, share: np.ndarray, sweeps: int, *, modes: bool) -> tuple[np.ndarray, np.ndarray]:
    """Means over chains (B, chains, H, W) and their standard errors, at least those of independent sweeps.

    Where there may be several ``modes``, three of them hold what one of probability 1 / (n + 2) may change, in which it is no
    wonder if none of n chains ended.
    """
    share = share[:, :, None, None]
    mean, squares = (share * means).sum(1), (share**2).sum(1)
    between = (share**2 * (means - mean[:, None]) ** 2).sum(1)
    smoothed = (mean * sweeps + 1) / (sweeps + 2)
    error = np.sqrt(np.maximum(between, smoothed * (1 - smoothed) * squares / sweeps))
    return mean, np.maximum(error, modes * squares / (1 + 2 * squares) / 3)


def _chains(
    field: Field, noisy: np.ndarray, first: int, n_chains: int, n_sweeps: int, burn_in: int, random_state: int
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shares of +1 (B, chains, H, W), sums after every sweep (B, 3, chains, sweeps), log-weights (B, chains).

    Chains begin at pixels without neighbours; their couplings rise by ``burn_in`` steps of one sweep (Neal, 2001).
    """
    from suffice.energy.grid.checkerboard import Layout, join, split
    from suffice.energy.grid.spin_sums import sums
    from suffice.energy.grid.spins import annealed, counted, observed, thresholds
    from suffice.runtime.keys import as_key
    from suffice.runtime.precision import scope

    copies = np.repeat(noisy, n_chains, axis=0)
    layout, seen = Layout(*copies.shape), observed(copies, first * n_chains)
    betas = np.linspace(0, field.beta, burn_in + 1)
    tables = np.stack([thresholds(field._replace(beta=beta).of_neighbours()) for beta in betas])
    starts = _alone(field, copies, random_state, first)
    with scope("float64"):
        spins, passed = annealed(split(starts), as_key(random_state), tables[1:], seen, layout)
        key = as_key(random_state + 1)
        counts, totals = counted(spins, key, tables[-1], seen, layout, n_sweeps, 0)
        pixels = np.asarray(join(counts, layout)) / n_sweeps
    agreeing = np.concatenate([sums(starts, copies)[None], np.asarray(passed)])[:-1, :, 1].astype(float)
    log_weights = field.beta / max(burn_in, 1) * agreeing.sum(0)
    by_image = np.asarray(totals, float).transpose(1, 2, 0).reshape(len(noisy), n_chains, 3, n_sweeps)
    means = pixels.reshape(len(noisy), n_chains, *noisy.shape[1:])
    return means, by_image.swapaxes(1, 2), log_weights.reshape(len(noisy), n_chains)


def _alone(field: Field, noisy: np.ndarray, random_state: int, first: int) -> np.ndarray:
    """Images (B, H, W) drawn as if no pixel had neighbours."""
    up = 1 / (1 + np.exp(-2 * (field.eta * noisy.astype(float) - field.h)))
    drawn = np.random.default_rng([random_state, first]).random(noisy.shape) < up
    return np.where(drawn, np.int8(1), np.int8(-1))
