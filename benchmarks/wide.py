"""More columns than rows, and sparse rows: ours beside scikit-learn and statsmodels, time and memory in processes of their own.

``python benchmarks/wide.py`` prints each case and ends with one JSON line; ``--help`` has the options.
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from measure import fresh_process, machine
from mixtures import CONSOLE, say
from scipy.sparse import csr_array

Fit = Callable[[], Any]
MEBIBYTE = 2**20
STATUS = Path("/proc/self/status")


def rows_of_factors(count: int, columns: int, components: int, *, missing: float = 0.0, one_noise: bool = False) -> Any:
    """Rows of a factor model, and the same with cells hidden."""
    draw = np.random.default_rng(0)
    loadings = draw.standard_normal((columns, components))
    scale = np.ones(columns) if one_noise else draw.uniform(0.5, 1.5, columns)
    rows = draw.standard_normal((count, components)) @ loadings.T
    rows += scale * draw.standard_normal((count, columns))
    hidden = rows
    if missing:
        hidden = rows.copy()
        hidden[draw.random(rows.shape) < missing] = np.nan
    return rows, hidden


def classes(count: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of three classes of one covariance."""
    draw, labels = np.random.default_rng(0), np.arange(count) % 3
    return 0.3 * draw.standard_normal((3, columns))[labels] + draw.standard_normal((count, columns)), labels


def sparse(count: int, columns: int, ones: bool) -> csr_array:
    """Rows of counts, or of zeros and ones, of which a thousandth of the cells is stored."""
    draw = np.random.default_rng(0)
    stored = count * columns // 1000
    place = draw.integers(count, size=stored), draw.integers(columns, size=stored)
    rows = csr_array((draw.poisson(1.0, stored) + 1.0, place), (count, columns))
    if ones:
        rows.data[:] = 1.0
    return rows


def factor_analysis(count: int, columns: int, components: int) -> dict[str, Fit]:
    """Complete rows; scikit-learn's own log-likelihood of the fit, as its ``score`` takes a matrix of the columns."""
    from sklearn.decomposition import FactorAnalysis as ScikitLearn

    from suffice import FactorAnalysis

    rows, _ = rows_of_factors(count, columns, components)
    return {
        "suffice": lambda: FactorAnalysis(components).fit(rows).lower_bound_,
        "scikit-learn": lambda: ScikitLearn(components).fit(rows).loglike_[-1] / count,
    }


def large_factor_analysis(count: int, columns: int, components: int) -> dict[str, Fit]:
    """Complete rows, without scikit-learn, which takes minutes."""
    return {"suffice": factor_analysis(count, columns, components)["suffice"]}


def principal(count: int, columns: int, components: int) -> dict[str, Fit]:
    """A tenth of the cells missing; the result is the root mean square error of imputed cells."""
    from suffice import PPCA

    whole, rows = rows_of_factors(count, columns, components, missing=0.1, one_noise=True)
    gaps = np.isnan(rows)

    def error(filled: np.ndarray) -> float:
        return float(np.sqrt(np.square(filled - whole)[gaps].mean()))

    fits: dict[str, Fit] = {
        "suffice": lambda: error(PPCA(components).fit(rows).impute(rows)),
        "iterated SVD": lambda: error(iterated_svd(rows, components)),
    }
    try:
        from statsmodels.multivariate.pca import PCA
    except ImportError:
        return fits
    fits["statsmodels"] = lambda: error(PCA(rows, components, standardize=False, missing="fill-em")._adjusted_data)
    return fits


def closed_form(count: int, columns: int, components: int) -> dict[str, Fit]:
    """Complete rows of probabilistic PCA; scikit-learn's log-likelihood would take a matrix of the columns."""
    from suffice import PPCA

    rows, _ = rows_of_factors(count, columns, components, one_noise=True)
    return {"suffice": lambda: PPCA(components).fit(rows).lower_bound_}


def iterated_svd(rows: np.ndarray, components: int, rounds: int = 50) -> np.ndarray:
    """Rows whose missing cells are what so many principal components make of them, again and again."""
    gaps, filled = np.isnan(rows), np.where(np.isnan(rows), np.nanmean(rows, 0), rows)
    for _ in range(rounds):
        mean = filled.mean(0)
        left, values, axes = np.linalg.svd(filled - mean, full_matrices=False)
        found = mean + (left[:, :components] * values[:components]) @ axes[:components]
        moved = np.abs(found - filled)[gaps].max()
        filled[gaps] = found[gaps]
        if moved < 1e-4:
            break
    return filled


def mixture(count: int, columns: int, components: int) -> dict[str, Fit]:
    """Two clusters, each with directions of its own."""
    from suffice import MixtureOfPPCA

    draw, parts = np.random.default_rng(1), [rows_of_factors(count // 2, columns, components)[0] for _ in range(2)]
    rows = np.concatenate([part + draw.standard_normal(columns) for part in parts])
    return {"suffice": lambda: MixtureOfPPCA(2, n_factors=components, random_state=0).fit(rows).lower_bound_}


def classifier(count: int, columns: int, _: int) -> dict[str, Fit]:
    """A shared covariance, without and with shrinkage; scikit-learn's takes shrinkage with a matrix of the columns alone."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    from suffice import GaussianClassifier

    rows, labels = classes(count, columns)
    return {
        "suffice": lambda: GaussianClassifier("tied").fit(rows, labels).score(rows, labels),
        "suffice, shrinkage": lambda: GaussianClassifier("tied", shrinkage=0.3).fit(rows, labels).score(rows, labels),
        "scikit-learn": lambda: LinearDiscriminantAnalysis().fit(rows, labels).score(rows, labels),
    }


def counts(count: int, columns: int, components: int) -> dict[str, Fit]:
    """Ten iterations from sparse counts, the start included."""
    from suffice import PoissonMixture

    rows = sparse(count, columns, ones=False)
    return {"suffice": lambda: PoissonMixture(components, max_iter=10, random_state=0).fit(rows).lower_bound_}


def ones(count: int, columns: int, components: int) -> dict[str, Fit]:
    """Ten iterations from sparse zeros and ones, the start included."""
    from suffice import BernoulliMixture

    rows = sparse(count, columns, ones=True)
    return {"suffice": lambda: BernoulliMixture(components, max_iter=10, random_state=0).fit(rows).lower_bound_}


def labels(count: int, columns: int, components: int) -> dict[str, Fit]:
    """Ten iterations from four categories a column."""
    from suffice import CategoricalMixture

    rows = np.random.default_rng(0).integers(0, 4, (count, columns)).astype(float)
    return {"suffice": lambda: CategoricalMixture(components, max_iter=10, random_state=0).fit(rows).lower_bound_}


def dense_ones(count: int, columns: int, components: int) -> dict[str, Fit]:
    """Ten iterations from zeros and ones in every cell."""
    from suffice import BernoulliMixture

    rows = (np.random.default_rng(0).random((count, columns)) < 0.3).astype(float)
    return {"suffice": lambda: BernoulliMixture(components, max_iter=10, random_state=0).fit(rows).lower_bound_}


CASES: dict[str, tuple[Callable[[int, int, int], dict[str, Fit]], tuple[int, int, int]]] = {
    "factor analysis, complete": (factor_analysis, (200, 20_000, 3)),
    "factor analysis, large": (large_factor_analysis, (2_000, 50_000, 20)),
    "probabilistic PCA, large": (closed_form, (2_000, 50_000, 20)),
    "probabilistic PCA, 10 % missing": (principal, (200, 20_000, 5)),
    "mixture of probabilistic PCA": (mixture, (200, 5_000, 2)),
    "shared covariance": (classifier, (300, 5_000, 3)),
    "categories": (labels, (2_000, 2_000, 3)),
    "categories, wide": (labels, (1_000, 20_000, 3)),
    "zeros and ones": (dense_ones, (1_000, 20_000, 3)),
    "sparse counts": (counts, (20_000, 30_000, 5)),
    "sparse zeros and ones": (ones, (20_000, 30_000, 5)),
}


def measured(case: str, name: str, quick: bool) -> dict[str, Any]:
    """Seconds of one fit, MiB above what was there before it, and its result; to be called in a process of its own."""
    make, (count, columns, components) = CASES[case]
    fit = make(count // (4 if quick else 1), columns // (4 if quick else 1), components)[name]
    before, start = peak_from_here(), time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        result = float(fit())
    return {"seconds": time.perf_counter() - start, "mebibytes": peak() - before, "result": result}


def peak_from_here() -> float:
    """The same, once what was had to make the rows is forgotten, where the system forgets it (Linux)."""
    if STATUS.exists():
        Path("/proc/self/clear_refs").write_text("5")
    return peak()


def peak() -> float:
    """Most memory that this process has had, in MiB."""
    if STATUS.exists():
        return int(STATUS.read_text().split("VmHWM:")[1].split()[0]) / 1024
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / (MEBIBYTE if sys.platform == "darwin" else 1024)


def compared(case: str, quick: bool, repeats: int) -> dict[str, Any]:
    """All fits of a case, taking turns, each in a process of its own; the quickest run of each."""
    make, shape = CASES[case]
    names, runs = list(make(40, 80, 2)), {}
    for _ in range(repeats):
        for name in names:
            command = [sys.executable, __file__, "--only", case, name, *(["--quick"] if quick else [])]
            found = json.loads(fresh_process(command)[1].splitlines()[-1])
            runs.setdefault(name, []).append(found)
    best = {name: min(found, key=lambda run: run["seconds"]) for name, found in runs.items()}
    said = "; ".join(
        f"{name} {run['seconds']:.2f} s, {run['mebibytes']:.0f} MiB above the data, result {run['result']:.4f}"
        for name, run in best.items()
    )
    return say(f"{case}, {shape[1]} columns", said, rows=shape[0], runs=best)


def main() -> None:
    """Run every case, or one fit of one."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small cases, to see that everything runs")
    parser.add_argument("--only", nargs=2, metavar=("CASE", "FIT"), help="one fit, whose figures are one JSON line")
    options = parser.parse_args()
    if options.only:
        print(json.dumps(measured(*options.only, options.quick)))
        return
    CONSOLE.print(machine())
    cases = [compared(case, options.quick, 1 if options.quick else 3) for case in CASES]
    print(json.dumps({"machine": machine(), "script": Path(__file__).name, "cases": cases}))


if __name__ == "__main__":
    main()
