"""Probabilistic PCA and factor analysis: ours and scikit-learn in one run, complete rows and missing cells.

``python benchmarks/factor.py`` prints each case and ends with one JSON line; ``--help`` has the options.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

import numpy as np
from measure import interleaved, machine
from missing import an_iteration, hidden, seconds_of
from mixtures import CONSOLE, say
from sklearn.decomposition import PCA, IncrementalPCA
from sklearn.decomposition import FactorAnalysis as ScikitLearn
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer

from suffice import PPCA, FactorAnalysis

MISSING = 0.3


def factor_rows(count: int, columns: int, components: int, noise: tuple[float, float] = (1.0, 1.0)) -> np.ndarray:
    """Rows of a factor model whose columns have noise between two standard deviations."""
    draw = np.random.default_rng(0)
    loadings = draw.standard_normal((columns, components))
    scale = np.linspace(*noise, columns)
    return draw.standard_normal((count, components)) @ loadings.T + scale * draw.standard_normal((count, columns))


def complete(count: int, columns: int, components: int, repeats: int) -> dict[str, Any]:
    """Fits to complete rows, taking turns; ours compiled by a first run."""
    rows = factor_rows(count, columns, components, (0.5, 1.5))
    fits = {
        "PPCA": lambda: PPCA(components).fit(rows),
        "FactorAnalysis": lambda: FactorAnalysis(components).fit(rows),
        "sklearn PCA (covariance)": lambda: PCA(components, svd_solver="covariance_eigh").fit(rows),
        "sklearn IncrementalPCA": lambda: IncrementalPCA(components).fit(rows),
        "sklearn FactorAnalysis": lambda: ScikitLearn(components).fit(rows),
    }
    first = {name: seconds_of(fits[name])[0] for name in ("PPCA", "FactorAnalysis")}
    found = interleaved(fits, repeats)
    seconds = {name: one["seconds"] for name, one in found.items()}
    scores = {name: float(found[name]["result"].score(rows)) for name in ("FactorAnalysis", "sklearn FactorAnalysis")}
    said = (
        ", ".join(f"{name} {value:.3f} s" for name, value in seconds.items())
        + f"; first PPCA {first['PPCA']:.2f} s, first FactorAnalysis {first['FactorAnalysis']:.2f} s: FactorAnalysis "
        f"{seconds['sklearn FactorAnalysis'] / seconds['FactorAnalysis']:.1f} times scikit-learn's speed, PPCA takes "
        f"{seconds['PPCA'] / seconds['sklearn PCA (covariance)']:.2f} times its covariance PCA's time; log-likelihood of a row "
        f"{scores['FactorAnalysis']:.4f} against {scores['sklearn FactorAnalysis']:.4f}"
    )
    return say(f"complete, {columns} columns, {components} components", said, rows=count, seconds=seconds, first=first,
               scores=scores)  # fmt: skip


def iterations(count: int, columns: int, components: int) -> dict[str, Any]:
    """Seconds of an iteration with cells missing, nearly every row a pattern of its own."""
    rows = hidden(factor_rows(count, columns, components), MISSING)
    seconds = an_iteration(lambda n: PPCA(components, tol=0, max_iter=n), rows)
    said = f"{seconds:.3f} s with {MISSING:.0%} of the cells missing"
    return say(f"an iteration, {columns} columns, {components} components", said, rows=count, seconds=seconds)


def imputation(count: int, columns: int, components: int) -> dict[str, Any]:
    """Fit and imputation with cells missing, against imputation followed by PCA; error in the missing cells."""
    whole = factor_rows(count, columns, components)
    rows = hidden(whole, MISSING)
    gaps = np.isnan(rows)

    def ours() -> np.ndarray:
        return PPCA(components).fit(rows).impute(rows)

    def theirs() -> np.ndarray:
        filled = IterativeImputer(random_state=0).fit_transform(rows)
        PCA(components).fit(filled)
        return filled

    first, _ = seconds_of(ours)
    again, filled = seconds_of(ours)
    seconds, imputed = seconds_of(theirs)
    errors = [float(np.sqrt(np.square(found - whole)[gaps].mean())) for found in (filled, imputed)]
    said = (
        f"PPCA {again:.2f} s (first {first:.2f} s), IterativeImputer and PCA {seconds:.2f} s: {seconds / again:.1f} times "
        f"({seconds / first:.1f} times the first); root mean square error {errors[0]:.4f} against {errors[1]:.4f}"
    )
    return say(f"imputation, {columns} columns, {components} components", said, rows=count, suffice=again,
               suffice_first=first, scikit_learn=seconds, suffice_error=errors[0], scikit_learn_error=errors[1])  # fmt: skip


def main() -> None:
    """Run every case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small cases, to see that everything runs")
    quick = parser.parse_args().quick
    CONSOLE.print(machine())
    scale = 20 if quick else 1
    cases = [
        complete(100_000 // scale, 200, 20, 1 if quick else 5),
        iterations(100_000 // scale, 200, 20),
        imputation(10_000 // scale, 20 if quick else 50, 5),
    ]
    print(json.dumps({"machine": machine(), "cases": cases}))


if __name__ == "__main__":
    main()
