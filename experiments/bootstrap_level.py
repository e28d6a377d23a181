"""How often the bootstrap likelihood-ratio test finds classes: where there are none (its level), and where there are (power).

    python experiments/bootstrap_level.py --sets 400 --kept level.jsonl
    python experiments/bootstrap_level.py --case 0.35 --sets 20

Data sets are of 200 people and 5 yes-or-no questions; two classes differ by so much in each chance. One class is tested against
two, and in the last case, of two classes, two against three. Beside the test at 5 % stands how often BIC takes the larger number.
Results in the file of ``--kept`` are not found again.
"""

from __future__ import annotations

import argparse
import warnings
from pathlib import Path

import numpy as np
from data_sets import Found, Kept

import suffice
from suffice import BernoulliMixture
from suffice.runtime import computed_by

CASES = {"0 apart, one class": (0.0, 1), "0.35 apart, one class": (0.35, 1), "0.45 apart, one class": (0.45, 1),
         "0.6 apart, two classes": (0.6, 2)}  # fmt: skip
"""How far chances lie apart, and the number of classes that is tested."""


def answers(apart: float, draw: np.random.Generator) -> np.ndarray:
    """Of two classes as large as each other, whose chances lie so far apart around a half."""
    half = np.where(draw.random(200) < 0.5, apart / 2, -apart / 2)
    return (draw.random((200, 5)) < 0.5 + half[:, None]).astype(float)


def one(apart: float, classes: int, number: int, samples: int) -> Found:
    """Whether the test finds a further class, and whether BIC does."""
    X = answers(apart, np.random.default_rng([11, number]))
    fewer, more = (BernoulliMixture(size, binarize=None, random_state=number) for size in (classes, classes + 1))
    test = suffice.bootstrap_test(fewer, X, samples=samples)
    return {"found": [float(test.p_value <= 0.05), float(more.fit(X).bic(X) < fewer.fit(X).bic(X))]}


def main() -> None:
    """Every case, or those whose names hold a word."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=400)
    parser.add_argument("--samples", type=int, default=99)
    parser.add_argument("--case", default="", help="words in the names of the cases wanted")
    parser.add_argument("--kept", type=Path, help="file of JSON lines with results by data set")
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    kept, margin = Kept(asked.kept), 3 * np.sqrt(0.05 * 0.95 / asked.sets)
    print(f"{asked.sets} data sets, {asked.samples} samples; three errors of 0.05: {margin:.3f}")
    for name, case in CASES.items():
        if asked.case in name:
            with computed_by("numpy"):
                results = kept.results(name, lambda number: one(*case, number, asked.samples), asked.sets)  # noqa: B023
            test, bic = np.array([result["found"] for result in results]).mean(0)
            print(f"{name:24s} test {test:.3f}   BIC {bic:.3f}   {kept.seconds(name):.2f} s of processor time each",
                  flush=True)  # fmt: skip


if __name__ == "__main__":
    main()
