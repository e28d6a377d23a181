"""How far from their maximum fits end, and after how many E-steps: ours without tol, plain EM, scikit-learn and StepMix.

python benchmarks/convergence.py            # all data sets, about three minutes
python benchmarks/convergence.py --quick    # a few of them
python benchmarks/convergence.py --cases    # a line for each data set too

Every fit has one start. "Short" is what plain EM still gains from where a fit ended, in nats of all rows. Plain EM and ours begin
at the same place; the peers at their own, and are compared with what they reach themselves when they go on. Data sets of more
E-steps of plain EM until within 0.05 nats of its end are called medium (more than 15) and hard (more than 100).
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
from measure import processor
from sklearn.base import clone
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.mixture import GaussianMixture as Peer

from suffice import (
    PPCA,
    BernoulliMixture,
    CategoricalMixture,
    ExponentialMixture,
    FactorAnalysis,
    GaussianMixture,
    MixedMixture,
    MixtureOfPPCA,
    NegativeBinomialMixture,
    PoissonMixture,
)
from suffice.fit import em

NEAR, FAR = 0.05, 0.5
LONGEST = 20_000
FACTORS = (PPCA, FactorAnalysis)


@dataclass(frozen=True)
class DataSet:
    """Rows, a model for them, and scikit-learn's or StepMix's fit of the same kind where there is one."""

    name: str
    estimator: Any
    rows: np.ndarray
    peer: Callable[[np.ndarray], tuple[float, int]] | None = None
    weight: np.ndarray | None = None


def scikit_learn(components: int, covariance_type: str, rows: np.ndarray) -> tuple[float, int]:
    """How many nats its default fit is short of its own end, and its E-steps."""
    mixture = Peer(components, covariance_type=covariance_type, random_state=0, warm_start=True).fit(rows)
    ended, steps = mixture.score(rows), mixture.n_iter_
    mixture.set_params(tol=1e-11, max_iter=LONGEST).fit(rows)
    return (mixture.score(rows) - ended) * len(rows), steps


def stepmix(components: int, measurement: str, rows: np.ndarray) -> tuple[float, int]:
    """How many nats its default fit is short of where the same start ends with a tight tolerance, and its E-steps."""
    from stepmix.stepmix import StepMix

    made = partial(StepMix, components, measurement=measurement, progress_bar=0, random_state=0)
    ended = made().fit(rows)
    longer = made(abs_tol=1e-12, rel_tol=0.0, max_iter=LONGEST).fit(rows)
    return (longer.score(rows) - ended.score(rows)) * len(rows), ended.n_iter_


def holes(rows: np.ndarray, share: float, seed: int) -> np.ndarray:
    """Rows with this share of the cells missing."""
    draw = np.random.default_rng(seed)
    return np.where(draw.random(rows.shape) < share, np.nan, rows)


def normal_rows(seed: int, apart: float, count: int = 600, features: int = 4, components: int = 3) -> np.ndarray:
    """Clusters whose centres lie so many standard deviations from their middle."""
    draw = np.random.default_rng(seed)
    centres = apart * draw.standard_normal((components, features))
    return centres[draw.integers(components, size=count)] + draw.standard_normal((count, features))


def item_rows(seed: int, strong: float, count: int = 600, features: int = 10) -> np.ndarray:
    """Answers of three latent classes to yes/no items, each answered with this probability or its complement."""
    draw = np.random.default_rng(seed)
    chance = np.where(draw.random((3, features)) < 0.5, strong, 1 - strong)
    return (draw.random((count, features)) < chance[draw.choice(3, size=count, p=[0.5, 0.3, 0.2])]).astype(float)


def count_rows(seed: int, apart: float, dispersion: float = 0.0, count: int = 500) -> np.ndarray:
    """Counts of three groups, whose rates differ by factors of about exp(apart)."""
    draw = np.random.default_rng(seed)
    rates = 3 * np.exp(apart * draw.standard_normal((3, 5)))[draw.integers(3, size=count)]
    if dispersion:
        rates = draw.gamma(1 / dispersion, dispersion * rates)
    return draw.poisson(rates).astype(float)


def factor_rows(seed: int, noise: float, count: int = 400) -> np.ndarray:
    """Eight columns made of two latent variables and noise."""
    draw = np.random.default_rng(seed)
    loadings = draw.standard_normal((8, 2))
    return draw.standard_normal((count, 2)) @ loadings.T + noise * draw.standard_normal((count, 8)) * np.linspace(
        0.5, 2, 8
    )


def published() -> Iterator[DataSet]:
    """Stouffer and Toby's four items on role conflict, 216 answers in 16 patterns (Goodman, 1974)."""
    patterns = np.array(np.meshgrid(*[[0.0, 1.0]] * 4, indexing="ij")).reshape(4, -1).T
    counts = np.array([20, 2, 9, 2, 6, 1, 4, 1, 38, 7, 24, 6, 25, 6, 23, 42], float)
    for components in (2, 3):
        for kind in (BernoulliMixture(components, binarize=None), CategoricalMixture(components)):
            yield DataSet(f"role conflict, {components} classes, {type(kind).__name__}", kind, patterns, weight=counts)


def of_scikit_learn() -> Iterator[DataSet]:
    """Its own data sets."""
    for name, load, components in (
        ("iris", load_iris, 3),
        ("wine", load_wine, 3),
        ("breast cancer", load_breast_cancer, 2),
    ):
        rows = load().data
        for kind in ("full", "tied", "diag", "spherical"):
            yield DataSet(f"{name}, {kind}", GaussianMixture(components, covariance_type=kind), rows,
                          partial(scikit_learn, components, kind))  # fmt: skip
    digits = load_digits().data
    binary = (digits > 7).astype(float)
    yield DataSet("digits, Bernoulli", BernoulliMixture(10, binarize=None), binary, partial(stepmix, 10, "binary"))
    yield DataSet("digits, Poisson", PoissonMixture(10), digits)
    yield DataSet("digits, Bernoulli, 50 % missing", BernoulliMixture(10, binarize=None), holes(binary, 0.5, 0))
    yield DataSet("wine, mixture of PPCA", MixtureOfPPCA(3, n_factors=2), load_wine().data)


def generated() -> Iterator[DataSet]:
    """Clusters from far apart to hardly apart, of all families, with 0 to 80 % of the cells missing."""
    for seed, apart in enumerate((4.0, 2.0, 1.5, 1.0, 0.7)):
        for kind in ("full", "diag"):
            yield DataSet(f"clusters {apart:g} apart, {kind}", GaussianMixture(3, covariance_type=kind),
                          normal_rows(seed, apart), partial(scikit_learn, 3, kind))  # fmt: skip
    for seed, (share, kind) in enumerate(
        ((0.3, "full"), (0.3, "tied"), (0.6, "diag"), (0.8, "spherical"), (0.8, "diag"))
    ):
        rows = holes(normal_rows(seed, 2.0, 2000, 8), share, seed)
        yield DataSet(f"clusters, {share:.0%} missing, {kind}", GaussianMixture(3, covariance_type=kind), rows)
    for seed, strong in enumerate((0.95, 0.85, 0.75, 0.75, 0.75, 0.65)):
        yield DataSet(f"items answered {strong:.0%}, {seed}", BernoulliMixture(3, binarize=None), item_rows(seed, strong),
                      partial(stepmix, 3, "binary"))  # fmt: skip
    for seed, (strong, share) in enumerate(((0.85, 0.3), (0.75, 0.3), (0.85, 0.6))):
        rows = holes(item_rows(seed, strong), share, seed)
        yield DataSet(f"items answered {strong:.0%}, {share:.0%} missing", CategoricalMixture(3), rows)
    for seed, apart in enumerate((1.0, 0.5, 0.3)):
        yield DataSet(f"counts, {apart:g}", PoissonMixture(3), count_rows(seed, apart))
        yield DataSet(f"spread counts, {apart:g}", NegativeBinomialMixture(3), count_rows(seed, apart, 0.3))
        draw = np.random.default_rng(seed)
        times = draw.exponential(np.exp(2 * apart * draw.standard_normal((3, 5)))[draw.integers(3, size=500)])
        yield DataSet(f"waiting times, {apart:g}", ExponentialMixture(3), times)
        parts = normal_rows(seed, 2 * apart, 500), count_rows(seed, apart)[:, :2], item_rows(seed, 0.8, 500)[:, :3]
        mixed = np.column_stack(parts)
        yield DataSet(f"columns of three kinds, {apart:g}", MixedMixture(3), mixed)
        yield DataSet(f"columns of three kinds, {apart:g}, 30 % missing", MixedMixture(3), holes(mixed, 0.3, seed))
    for seed, noise in enumerate((0.3, 1.0)):
        for share in (0.1, 0.4):
            for kind in FACTORS:
                yield DataSet(f"{kind.__name__}, noise {noise:g}, {share:.0%} missing", kind(2),
                              holes(factor_rows(seed, noise), share, seed))  # fmt: skip


@dataclass(frozen=True)
class Measured:
    """E-steps of ours and of plain EM, how short ours is and what it says, and how far ours ended above plain EM's end."""

    name: str
    ours: int
    plain: int
    short: float
    said: bool
    above: float
    peer: tuple[float, int] | None

    @property
    def level(self) -> str:
        """Easy, medium or hard."""
        return "easy" if self.plain <= 15 else "medium" if self.plain <= 100 else "hard"


def measured(one: DataSet) -> Measured:
    """Fits of one data set."""
    start = clone(one.estimator).set_params(random_state=0)
    weight = {} if one.weight is None else {"sample_weight": one.weight}
    total = float(len(one.rows) if one.weight is None else one.weight.sum())
    ours = clone(start).fit(one.rows, **weight)
    plain = clone(start).set_params(tol=1e-13, max_iter=LONGEST).fit(one.rows, **weight)
    longer = em(ours.model_, _as_model_sees(ours, one.rows), weight=one.weight, tol=1e-13, max_iter=LONGEST)
    bounds = plain.lower_bounds_
    steps = int(np.argmax((bounds[-1] - bounds) * total < NEAR)) + 1
    peer = (
        None if one.peer is None or (one.peer.func is stepmix and find_spec("stepmix") is None) else one.peer(one.rows)
    )
    short = (longer.trace[-1] - longer.trace[0]) * total
    return Measured(one.name, ours.n_iter_, steps, float(short), "Converged" in ours.outcome_,
                    float((ours.lower_bound_ - bounds[-1]) * total), peer)  # fmt: skip


def _as_model_sees(estimator: Any, rows: np.ndarray) -> Any:
    """Rows as the fitted model takes them."""
    return estimator._input.table(rows, reset=False)


def report(found: list[Measured], cases: bool) -> None:
    """Tables in Markdown."""
    if cases:
        print("| data | E-steps | plain EM's | nats short | above plain EM's end | peer: nats short, E-steps |")
        print("|---|---|---|---|---|---|")
        for one in found:
            peer = "" if one.peer is None else f"{one.peer[0]:.2g}, {one.peer[1]}"
            print(f"| {one.name} | {one.ours} | {one.plain} | {one.short:.2g} | {one.above:.2g} | {peer} |")
        print()
    print(
        "| level | data sets | E-steps, median | plain EM to 0.05 nats | ratio: quartiles, worst | within 0.05 nats | over 0.5 |"
    )
    print("|---|---|---|---|---|---|---|")
    for level in ("easy", "medium", "hard", "all"):
        part = [one for one in found if level in (one.level, "all")]
        if part:
            ratio = np.array([one.ours / one.plain for one in part])
            said = [one for one in part if one.said]
            quartiles = ", ".join(f"{value:.2f}" for value in [*np.quantile(ratio, (0.25, 0.5, 0.75)), ratio.max()])
            print(f"| {level} | {len(part)} | {np.median([one.ours for one in part]):.0f} | "
                  f"{np.median([one.plain for one in part]):.0f} | {quartiles} | "
                  f"{np.mean([one.short < NEAR for one in part]):.0%} | {sum(one.short > FAR for one in said)} |")  # fmt: skip
    print(
        f"\nE-steps in all: {sum(one.ours for one in found)} ours, {sum(one.plain for one in found)} of plain EM to 0.05 nats"
    )
    other = [one.above > 0 for one in found if abs(one.above) > NEAR]
    print(f"another maximum than plain EM's: {len(other) - sum(other)} lower, {sum(other)} higher")
    peers = [(one.ours, *one.peer) for one in found if one.peer is not None]
    if peers:
        ours, nats, steps = np.array(peers).T
        print(f"peers' defaults on {len(peers)} data sets: {np.median(nats):.2g} nats short (median), {np.mean(nats > FAR):.0%} "
              f"more than 0.5, {nats.max():.3g} at worst; E-steps {np.median(steps):.0f} (median) against our "
              f"{np.median(ours):.0f}")  # fmt: skip


def main(words: list[str]) -> None:
    """Measure and print."""
    every = [*published(), *of_scikit_learn(), *generated()]
    every = every[::6] if "--quick" in words else every
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for one in every:
            found.append(measured(one))
            print(f"{len(found)} of {len(every)}: {one.name}", file=sys.stderr, flush=True)
    print(f"{processor()}; {len(found)} data sets, one start each\n")
    report(found, "--cases" in words)


if __name__ == "__main__":
    main(sys.argv[1:])
