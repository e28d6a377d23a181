"""How often intervals hold the truth: 95 % intervals over simulated data sets, and slopes from imputed tables.

    python experiments/coverage.py --sets 500 --kept coverage.jsonl
    python experiments/coverage.py --case "three steps" --sets 20

Prints the share of intervals that hold the truth, by case, beside three Monte Carlo errors of 0.95; where a slope of 1 is
estimated, and a difference of 1, also their means with Monte Carlo errors. Results in the file of ``--kept`` are not found again.
"""

from __future__ import annotations

import argparse
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
from data_sets import Found, Kept
from scipy.stats import linregress
from scipy.stats import t as student

import suffice
from suffice import BernoulliMixture, GaussianMixture, PoissonMixture
from suffice.runtime import computed_by

CHANCES = np.array([[0.2, 0.15, 0.3, 0.25, 0.2], [0.8, 0.9, 0.7, 0.75, 0.85]])
EDGE = np.array([[0.0, 0.15, 0.3, 0.25, 0.2], [0.8, 0.9, 0.7, 0.75, 0.85]])
WEIGHTS = np.array([0.6, 0.4])

One = Callable[[np.random.Generator], Found]
"""Of one data set, which intervals hold the truth, and estimates of what is 1."""


def classes(draw: np.random.Generator, chances: np.ndarray, missing: float = 0.0) -> np.ndarray:
    """Answers of 500 people of two classes."""
    rows = (draw.random((500, chances.shape[1])) < chances[draw.choice(2, 500, p=WEIGHTS)]).astype(float)
    return np.where(draw.random(rows.shape) < missing, np.nan, rows)


def of_classes(chances: np.ndarray, missing: float, method: str) -> One:
    """Whether intervals hold the weights and the chances of the classes."""

    def one(draw: np.random.Generator) -> Found:
        rows = classes(draw, chances, missing)
        start = {"weights_init": WEIGHTS, "probabilities_init": np.clip(chances, 0.01, 0.99)}
        fitted = BernoulliMixture(2, binarize=None, random_state=0, **start).fit(rows)
        ends = fitted.confidence_intervals(rows, method=method, samples=400)
        inside = chances > 0
        return found([*held(ends["weights_"], WEIGHTS)[:1], *held(ends["probabilities_"], chances)[inside.ravel()]])

    return one


def of_counts(method: str) -> One:
    """Whether intervals of a Poisson model, which is wrong here, hold the mean of overdispersed counts."""

    def one(draw: np.random.Generator) -> Found:
        rows = draw.negative_binomial(2, 0.25, (300, 1))
        ends = PoissonMixture(1).fit(rows).confidence_intervals(rows, method=method, samples=400)
        return found(held(ends["rates_"], np.array([[6.0]])))

    return one


def of_memberships(draw: np.random.Generator) -> Found:
    """Whether intervals hold the coefficients of a covariate, fitted in one step."""
    covariate = draw.standard_normal(500)
    second = draw.random(500) < 1 / (1 + np.exp(0.4 - covariate))
    rows = (draw.random((500, 5)) < CHANCES[second.astype(int)]).astype(float)
    fitted = BernoulliMixture(2, binarize=None, random_state=0, weights_init=WEIGHTS, probabilities_init=CHANCES)
    fitted.fit(rows, covariates=covariate)
    ends = fitted.confidence_intervals(rows, covariates=covariate)["membership_coefficients_"][1]
    return found(held(ends, np.array([-0.4, 1.0])), fitted.membership_coefficients_[1, 1])


def of_steps(way: dict) -> One:
    """Whether intervals hold the coefficients, and the means of an outcome, found after the classes."""

    def one(draw: np.random.Generator) -> Found:
        covariate = draw.standard_normal(500)
        second = draw.random(500) < 1 / (1 + np.exp(0.4 - covariate))
        rows = (draw.random((500, 5)) < CHANCES[second.astype(int)]).astype(float)
        outcome = second + draw.standard_normal(500)
        start = {"weights_init": WEIGHTS, "probabilities_init": CHANCES}
        classes = BernoulliMixture(2, binarize=None, random_state=0, **start).fit(rows)
        slope = suffice.membership_regression(classes, rows, covariate, **way)
        means = suffice.distal_outcome(classes, rows, outcome, **way)
        values = np.append(slope.coefficients[1], means.estimates)
        errors = np.append(slope.standard_errors[1], means.standard_errors)
        inside = np.abs(values - [-0.4, 1.0, 0.0, 1.0]) < 1.959964 * errors
        return found(inside, slope.coefficients[1, 1], np.ptp(means.estimates))

    return one


def of_noise(draw: np.random.Generator) -> Found:
    """Whether intervals hold the share of uniform noise, and the means of two clusters in it."""
    centres = np.array([[-4.0, 0.0], [4.0, 1.0]])
    kind = draw.choice(3, 400, p=[0.45, 0.35, 0.2])
    rows = np.where(
        kind[:, None] == 2, draw.uniform(-10, 10, (400, 2)), centres[kind % 2] + draw.standard_normal((400, 2))
    )
    fitted = GaussianMixture(2, noise=400.0, random_state=0).fit(rows)
    order = np.argsort(fitted.means_[:, 0])
    ends = fitted.confidence_intervals(rows)
    return found([*held(ends["noise_weight_"], np.array(0.2)), *held(ends["means_"][order], centres)])


def of_imputed(parameters: str) -> One:
    """Whether the pooled interval of a slope holds it, where effects are missing beside large causes."""

    def one(draw: np.random.Generator) -> Found:
        cause = draw.standard_normal(60)
        rows = np.c_[cause, cause + draw.standard_normal(60)]
        rows[(cause > -0.3) & (draw.random(60) < 0.7), 1] = np.nan
        tables = GaussianMixture(1, random_state=int(draw.integers(2**31))).fit(rows)
        tables = tables.impute(rows, draws=20, parameters=parameters)
        slopes = [linregress(*table.T) for table in tables]
        pooled = suffice.pool([fit.slope for fit in slopes], [fit.stderr**2 for fit in slopes], complete_dof=58)
        reach = student.ppf(0.975, pooled.degrees_of_freedom) * pooled.standard_error
        return found(np.abs(pooled.estimate - 1) < reach, *pooled.estimate)

    return one


def found(inside: np.ndarray | list, *ones: float) -> Found:
    """The result of a data set."""
    return {"held": [float(one) for one in np.ravel(inside)], "ones": [float(one) for one in ones]}


def held(ends: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Which intervals (..., 2) hold the truth (...)."""
    return ((ends[..., 0] <= truth) & (truth <= ends[..., 1])).ravel()


CASES: dict[str, One] = {
    "two classes, observed": of_classes(CHANCES, 0.0, "observed"),
    "two classes, robust": of_classes(CHANCES, 0.0, "robust"),
    "two classes, bootstrap": of_classes(CHANCES, 0.0, "bootstrap"),
    "two classes, 20 % missing, observed": of_classes(CHANCES, 0.2, "observed"),
    "one chance 0, the others, observed": of_classes(EDGE, 0.0, "observed"),
    "wrong model (overdispersed counts), observed": of_counts("observed"),
    "wrong model (overdispersed counts), robust": of_counts("robust"),
    "wrong model (overdispersed counts), bootstrap": of_counts("bootstrap"),
    "covariates of classes, one step": of_memberships,
    "covariate and outcome, two steps": of_steps({"n_steps": 2}),
    "covariate and outcome, three steps, BCH": of_steps({"correction": "bch"}),
    "covariate and outcome, three steps, ML": of_steps({"correction": "ml"}),
    "covariate and outcome, three steps, uncorrected": of_steps({"correction": None}),
    "clusters in uniform noise, observed": of_noise,
    "slope from imputed tables, parameters drawn": of_imputed("drawn"),
    "slope from imputed tables, parameters fixed": of_imputed("fixed"),
}


def told(results: list[Found]) -> str:
    """Shares of intervals that hold the truth, and means of what is 1 with their Monte Carlo errors."""
    shares = np.array([one["held"] for one in results]).mean(0)
    ones = np.array([one["ones"] for one in results])
    errors = ones.std(0) / np.sqrt(len(ones))
    means = "".join(f"   {mean:.3f} ({error:.3f})" for mean, error in zip(ones.mean(0), errors, strict=True))
    return f"mean {shares.mean():.3f}   from {shares.min():.3f} to {shares.max():.3f}{means}"


def main() -> None:
    """Every case, or those whose names hold a word."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=500)
    parser.add_argument("--case", default="", help="words in the names of the cases wanted")
    parser.add_argument("--kept", type=Path, help="file of JSON lines with results by data set")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    kept, margin = Kept(asked.kept), 3 * np.sqrt(0.95 * 0.05 / asked.sets)
    print(f"share of 95 % intervals that hold the truth, {asked.sets} data sets; three errors of 0.95: {margin:.3f}")
    for name, one in CASES.items():
        if asked.case in name:
            with computed_by("numpy"):
                results = kept.results(name, lambda number: one(np.random.default_rng([7, number])), asked.sets)  # noqa: B023
            print(f"{name:48s} {told(results)}   {kept.seconds(name):.2f} s of processor time each", flush=True)


if __name__ == "__main__":
    main()
