"""How often the bootstrap likelihood-ratio test finds classes: where there are none (its level), and where there are (power).

    python experiments/bootstrap_level.py --sets 400

Data sets are of 200 people and 5 yes-or-no questions; two classes differ by so much in each chance. Beside the test at 5 % stands
how often BIC takes two classes.
"""

from __future__ import annotations

import argparse
import warnings

import numpy as np

import suffice
from suffice import BernoulliMixture
from suffice.runtime import computed_by

APART = (0.0, 0.35, 0.45)


def answers(apart: float, draw: np.random.Generator) -> np.ndarray:
    """Of two classes as large as each other, whose chances lie so far apart around a half."""
    half = np.where(draw.random(200) < 0.5, apart / 2, -apart / 2)
    return (draw.random((200, 5)) < 0.5 + half[:, None]).astype(float)


def one(apart: float, number: int, samples: int) -> tuple[bool, bool]:
    """Whether the test finds a second class, and whether BIC does."""
    X = answers(apart, np.random.default_rng([11, number]))
    model = BernoulliMixture(1, binarize=None, random_state=number)
    test = suffice.bootstrap_test(model, X, samples=samples)
    two = BernoulliMixture(2, binarize=None, random_state=number).fit(X)
    return test.p_value <= 0.05, two.bic(X) < model.fit(X).bic(X)


def main() -> None:
    """Every difference between classes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", type=int, default=400)
    parser.add_argument("--samples", type=int, default=99)
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    print(
        f"{asked.sets} data sets, {asked.samples} samples; three errors of 0.05: {3 * np.sqrt(0.05 * 0.95 / asked.sets):.3f}"
    )
    for apart in APART:
        with computed_by("numpy"):
            found = np.array([one(apart, number, asked.samples) for number in range(asked.sets)]).mean(0)
        print(f"chances {apart:.2f} apart: test {found[0]:.3f}   BIC {found[1]:.3f}")


if __name__ == "__main__":
    main()
