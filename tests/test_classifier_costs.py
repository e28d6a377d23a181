"""Decisions of classifiers by what mistakes cost."""

import numpy as np
import pytest

from suffice import GaussianClassifier, NaiveBayes
from suffice.runtime import computed_by

DRAW = np.random.default_rng(0)
KNOWN = DRAW.integers(0, 3, 300)
X = DRAW.standard_normal((300, 2)) + np.array([[0, 0], [2, 0], [0, 2]])[KNOWN]
Y = np.array(["a", "b", "c"])[KNOWN]


@pytest.fixture(autouse=True)
def by_numpy():
    with computed_by("numpy"):
        yield


@pytest.mark.parametrize("make", [GaussianClassifier, NaiveBayes], ids=lambda make: make.__name__)
def test_equal_costs_predict_and_others_cost_least(make):
    classifier = make().fit(X, Y)
    same = 1 - np.eye(3)
    np.testing.assert_array_equal(classifier.decide(X, same), classifier.predict(X))
    np.testing.assert_array_equal(classifier.decide(X, 5 * same + [[3], [0], [1]]), classifier.predict(X))
    costs = np.array([[0.0, 1, 1], [9, 0, 1], [1, 4, 0]])
    decided = np.searchsorted(classifier.classes_, classifier.decide(X, costs))
    expected = classifier.predict_proba(X) @ costs
    np.testing.assert_allclose(expected[np.arange(300), decided], expected.min(1))
    paid = [costs[KNOWN, np.searchsorted(classifier.classes_, found)].mean()
            for found in (classifier.decide(X, costs), classifier.predict(X))]  # fmt: skip
    assert paid[0] < paid[1]


def test_of_two_classes_costs_are_a_threshold():
    two = GaussianClassifier().fit(X[KNOWN < 2], Y[KNOWN < 2])
    chance = two.predict_proba(X)[:, 1]
    np.testing.assert_array_equal(two.decide(X, [[0, 3], [1, 0]]) == "b", chance > 0.75)


@pytest.mark.parametrize(
    ("costs", "said"),
    [
        ([[0, 1], [1, 0]], r"\(3, 3\) are expected"),
        (np.full((3, 3), np.nan), "finite numbers"),
        ([["x"] * 3] * 3, "finite numbers"),
        (np.eye(3), "cheaper than the right decision where the class is 'a'"),
    ],
)
def test_costs_that_are_none(costs, said):
    with pytest.raises(ValueError, match=said):
        GaussianClassifier().fit(X, Y).decide(X, costs)
