"""Gaussian classifiers: ours and scikit-learn's in one run.

``python benchmarks/classify.py`` prints each case and ends with one JSON line; ``--quick`` takes small sizes.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from typing import Any

import numpy as np
from measure import interleaved, machine
from mixtures import CONSOLE, say
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis, QuadraticDiscriminantAnalysis
from sklearn.naive_bayes import GaussianNB

from suffice import GaussianClassifier

CLASSES = 10
REPEATS = 5


def labelled_rows(count: int, columns: int) -> tuple[np.ndarray, np.ndarray]:
    """Rows of classes that overlap, in random order, and their labels."""
    draw = np.random.default_rng(0)
    labels = draw.integers(CLASSES, size=count)
    mixing = np.eye(columns) + 0.3 * draw.standard_normal((columns, columns)) / np.sqrt(columns)
    centres = 0.7 * draw.standard_normal((CLASSES, columns))
    return centres[labels] + draw.standard_normal((count, columns)) @ mixing, labels


def case(name: str, ours: Callable[[], Any], theirs: Callable[[], Any], X: np.ndarray, y: np.ndarray) -> dict[str, Any]:
    """Median seconds of fits and of ``predict_proba``, and how far the probabilities are apart."""
    first = interleaved({"first": lambda: ours().fit(X, y)}, 1)["first"]["seconds"]
    fits = interleaved({"suffice": lambda: ours().fit(X, y), "scikit-learn": lambda: theirs().fit(X, y)}, REPEATS)
    models = {who: fit["result"] for who, fit in fits.items()}
    models["suffice"].predict_proba(X)
    said = interleaved({who: lambda m=model: m.predict_proba(X) for who, model in models.items()}, REPEATS)
    apart = float(np.abs(said["suffice"]["result"] - said["scikit-learn"]["result"]).max())
    seconds = {
        what: {who: run["seconds"] for who, run in runs.items()} for what, runs in (("fit", fits), ("proba", said))
    }
    ratios = {what: times["scikit-learn"] / times["suffice"] for what, times in seconds.items()}
    words = [f"{what} {times['suffice']:.3f} s against {times['scikit-learn']:.3f} s: {ratios[what]:.1f} times"
             for what, times in seconds.items()]  # fmt: skip
    line = f"{', '.join(words)}; the first fit {first:.2f} s; probabilities within {apart:.1e}"
    return say(name, line, rows=len(X), columns=X.shape[1], first_fit=first, apart=apart, **seconds)


def main() -> None:
    """Run every case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="small cases, to see that everything runs")
    scale = 50 if parser.parse_args().quick else 1
    CONSOLE.print(machine())

    def gaussian(kind: str) -> Callable[[], Any]:
        return lambda: GaussianClassifier(kind, reg_covar=0.0)

    X, y = labelled_rows(1_000_000 // scale, 50)
    cases = [case("diag, GaussianNB", gaussian("diag"), lambda: GaussianNB(var_smoothing=0), X, y)]
    X, y = labelled_rows(200_000 // scale, 64)
    cases.append(case("tied, LDA lsqr", gaussian("tied"), lambda: LinearDiscriminantAnalysis(solver="lsqr"), X, y))
    cases.append(case("full, QDA", gaussian("full"), lambda: QuadraticDiscriminantAnalysis(), X, y))
    print(json.dumps({"machine": machine(), "cases": cases}))


if __name__ == "__main__":
    main()
