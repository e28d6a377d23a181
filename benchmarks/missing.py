"""Missing cells and columns of several kinds: ours and the peers in one run.

``python benchmarks/missing.py`` prints each case and ends with one JSON line; ``--help`` has the options. The extra ``bench``
brings StepMix; it is named and skipped where it is not installed.
"""

from __future__ import annotations

import argparse
import json
import time
import warnings
from collections.abc import Callable
from importlib.util import find_spec
from typing import Any

import numpy as np
from measure import machine
from mixtures import CONSOLE, say
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer
from sklearn.mixture import GaussianMixture as ScikitLearn

from suffice import CategoricalMixture, GaussianMixture, MixedMixture

MISSING = 0.2


def correlated_rows(count: int, columns: int, components: int) -> np.ndarray:
    """Rows of a Gaussian mixture whose components overlap and whose columns say much of one another."""
    draw = np.random.default_rng(0)
    means = 2 * draw.standard_normal((components, columns))
    factors = draw.standard_normal((components, columns, 4))
    component = draw.integers(components, size=count)
    latent = np.einsum("nij,nj->ni", factors[component], draw.standard_normal((count, 4)))
    return means[component] + latent + 0.5 * draw.standard_normal((count, columns))


def hidden(rows: np.ndarray, share: float = MISSING) -> np.ndarray:
    """The rows with a share of the cells missing at random."""
    return np.where(np.random.default_rng(1).random(rows.shape) < share, np.nan, rows)


def seconds_of(run: Callable[[], Any]) -> tuple[float, Any]:
    """Time of one run, warnings about limits apart, and what it gives."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        begin = time.perf_counter()
        result = run()
        return time.perf_counter() - begin, result


def an_iteration(make: Callable[[int], Any], X: Any, repeats: int = 3) -> float:
    """Seconds of one iteration more: 22 less 2, the best of some repeats; the first run, which compiles, is not counted."""
    make(2).fit(X)
    pairs = [[seconds_of(lambda n=n: make(n).fit(X))[0] for n in (2, 22)] for _ in range(repeats)]
    short, long = np.min(pairs, axis=0)
    return float(long - short) / 20


def gaussian_iterations(count: int) -> dict[str, Any]:
    """Seconds of an iteration with a fifth of the cells missing, and with none."""
    rows = correlated_rows(count, 16, 8)

    def make(iterations: int) -> GaussianMixture:
        return GaussianMixture(8, random_state=0, tol=0, max_iter=iterations)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        complete, gaps = an_iteration(make, rows), an_iteration(make, hidden(rows))
    said = f"{1e3 * complete:.1f} ms complete, {1e3 * gaps:.1f} ms with {MISSING:.0%} of the cells missing"
    times = f"{gaps / complete:.1f} times"
    return say("an iteration, full covariance", f"{said}: {times}", rows=count, complete=complete, missing=gaps)


def gaussian_end_to_end(count: int) -> dict[str, Any]:
    """Fit to rows with missing cells, against imputation followed by a fit; likelihood of complete rows held out."""
    rows = correlated_rows(count + 20_000, 16, 8)
    train, test = hidden(rows[:count]), rows[count:]
    first, ours = seconds_of(lambda: GaussianMixture(8, random_state=0).fit(train))
    again, ours = seconds_of(lambda: GaussianMixture(8, random_state=0).fit(train))
    seconds, filled = seconds_of(lambda: IterativeImputer(random_state=0).fit_transform(train))
    fit_seconds, theirs = seconds_of(lambda: ScikitLearn(8, random_state=0).fit(filled))
    total = seconds + fit_seconds
    case = {"suffice": again, "suffice_first": first, "imputer": seconds, "scikit_learn": fit_seconds,
            "suffice_held_out": ours.score(test), "scikit_learn_held_out": theirs.score(test)}  # fmt: skip
    said = (
        f"suffice {again:.2f} s (first {first:.2f} s, {ours.n_iter_} iterations), IterativeImputer and scikit-learn "
        f"{seconds:.2f} + {fit_seconds:.2f} s ({theirs.n_iter_} iterations): {total / again:.1f} times "
        f"({total / first:.1f} times the first); held-out log-likelihood of a row {case['suffice_held_out']:.4f} against "
        f"{case['scikit_learn_held_out']:.4f}"
    )
    return say("end to end, full covariance", said, rows=count, **case)


def labelled_rows(count: int, categories: int, numbers: int) -> tuple[np.ndarray, list[str]]:
    """Columns of codes with 2 to 6 categories and of numbers, a fifth of the cells missing."""
    draw = np.random.default_rng(0)
    component = draw.integers(5, size=count)
    codes = [draw.dirichlet(np.ones(2 + j % 5), 5)[component].cumsum(1) for j in range(categories)]
    codes = [(draw.random((count, 1)) > level).sum(1).clip(max=level.shape[1] - 1) for level in codes]
    real = 2 * draw.standard_normal((5, numbers))[component] + draw.standard_normal((count, numbers))
    return hidden(np.column_stack([*codes, real]) if numbers else np.column_stack(codes)), [
        *["categorical"] * categories, *["gaussian"] * numbers]  # fmt: skip


def labelled_case(name: str, count: int, categories: int, numbers: int, iterations: int) -> dict[str, Any]:
    """The same number of iterations of ours and of StepMix, end to end, from starts of their own."""
    rows, kinds = labelled_rows(count, categories, numbers)
    if not numbers:

        def make() -> Any:
            return CategoricalMixture(5, random_state=0, tol=0, max_iter=iterations)
    else:

        def make() -> Any:
            return MixedMixture(5, kinds=kinds, random_state=0, tol=0, max_iter=iterations)

    first, _ = seconds_of(lambda: make().fit(rows))
    again, ours = seconds_of(lambda: make().fit(rows))
    case = {"suffice_first": first, "suffice": again, "suffice_log_likelihood": ours.lower_bound_}
    said = f"suffice {again:.2f} s (first {first:.2f} s), log-likelihood of a row {ours.lower_bound_:.4f}"
    if find_spec("stepmix") is None:
        return say(name, f"{said}; StepMix is not installed", rows=count, **case)
    from stepmix.stepmix import StepMix

    measurement: Any = "categorical_nan"
    if numbers:
        measurement = {"labels": {"model": "categorical_nan", "n_columns": categories},
                       "numbers": {"model": "gaussian_diag_nan", "n_columns": numbers}}  # fmt: skip
    peer = StepMix(
        5, measurement=measurement, max_iter=iterations, abs_tol=0, rel_tol=0, random_state=0, progress_bar=0
    )
    seconds, fitted = seconds_of(lambda: peer.fit(rows))
    case |= {"stepmix": seconds, "stepmix_log_likelihood": float(fitted.score(rows))}
    return say(name, f"{said}; StepMix {seconds:.2f} s, {case['stepmix_log_likelihood']:.4f}: {seconds / again:.1f} times "
               f"({seconds / first:.1f} times the first)", rows=count, **case)  # fmt: skip


def main() -> None:
    """Run every case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small cases, to see that everything runs")
    quick = parser.parse_args().quick
    CONSOLE.print(machine())
    scale = 20 if quick else 1
    cases = [
        gaussian_iterations(100_000 // scale),
        gaussian_end_to_end(100_000 // scale),
        labelled_case("20 categorical columns", 200_000 // scale, 20, 0, 20),
        labelled_case("10 categorical and 10 Gaussian columns", 200_000 // scale, 10, 10, 20),
    ]
    print(json.dumps({"machine": machine(), "cases": cases}))


if __name__ == "__main__":
    main()
