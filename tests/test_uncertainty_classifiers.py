"""Shrinkage of covariances as rows suggest it, and the axes that tell classes apart."""

import numpy as np
import pytest
from sklearn.covariance import ledoit_wolf, oas
from sklearn.datasets import load_iris
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

from suffice import GaussianClassifier
from suffice.runtime import computed_by

X, Y = load_iris(return_X_y=True)


@pytest.fixture(autouse=True)
def by_numpy():
    with computed_by("numpy"):
        yield


@pytest.mark.parametrize(("name", "method"), [("ledoit_wolf", ledoit_wolf), ("oas", oas)])
def test_shares_are_scikit_learns(name, method):
    centred = X - np.stack([X[k == Y].mean(0) for k in range(3)])[Y]
    tied = GaussianClassifier("tied", shrinkage=name).fit(X, Y)
    expected, share = method(centred, assume_centered=True)
    assert tied.shrinkage_ == pytest.approx(share)
    np.testing.assert_allclose(tied.covariances_, expected, rtol=1e-8)
    full = GaussianClassifier("full", shrinkage=name).fit(X, Y)
    assert full.shrinkage_.shape == (3,)
    np.testing.assert_allclose(full.covariances_[1], method(centred[Y == 1], assume_centered=True)[0], rtol=1e-8)


def test_numbers_stay_numbers_and_gaps_are_left_out():
    assert GaussianClassifier("tied", shrinkage=0.2).fit(X, Y).shrinkage_ == 0.2
    gaps = X.copy()
    gaps[::10, 0] = np.nan
    found = GaussianClassifier("tied", shrinkage="oas").fit(gaps, Y)
    complete = GaussianClassifier("tied", shrinkage="oas").fit(gaps[~np.isnan(gaps).any(1)], Y[~np.isnan(gaps).any(1)])
    assert found.shrinkage_ == complete.shrinkage_


@pytest.mark.parametrize(
    ("options", "weight", "said"),
    [
        ({"shrinkage": "auto"}, None, "'ledoit_wolf' or 'oas' is expected"),
        ({"shrinkage": True}, None, "a number from 0 to 1"),
        ({"shrinkage": "oas", "covariance_type": "diag"}, None, "use 'tied' or 'full'"),
        ({"shrinkage": "oas"}, np.arange(1.0, 151.0), "equal weight"),
    ],
)
def test_shrinkage_that_cannot_be_used(options, weight, said):
    with pytest.raises(ValueError, match=said):
        GaussianClassifier(**{"covariance_type": "tied", **options}).fit(X, Y, sample_weight=weight)
    with pytest.raises(ValueError, match="give partial_fit a number"):
        GaussianClassifier("tied", shrinkage="oas").partial_fit(X, Y, classes=[0, 1, 2])
    with pytest.raises(ValueError, match="at least 2 complete rows"):
        GaussianClassifier("tied", shrinkage="oas").fit(X[49:], Y[49:])


def test_axes_are_those_of_linear_discriminant_analysis():
    ours = GaussianClassifier("tied", reg_covar=0).fit(X, Y)
    found, theirs = ours.transform(X), LinearDiscriminantAnalysis(solver="eigen").fit(X, Y).transform(X)
    assert found.shape == (150, 2)
    for axis in range(2):
        assert abs(np.corrcoef(found[:, axis], theirs[:, axis])[0, 1]) == pytest.approx(1)
    within = np.concatenate([found[k == Y] - found[k == Y].mean(0) for k in range(3)])
    np.testing.assert_allclose(within.T @ within / 150, np.eye(2), atol=1e-8)
    np.testing.assert_allclose(found.mean(0), 0, atol=1e-9)


def test_axes_of_independent_columns_of_gaps_and_of_two_classes():
    diagonal = GaussianClassifier().fit(X, Y)
    within = np.concatenate([diagonal.transform(X)[k == Y] - diagonal.transform(X)[k == Y].mean(0) for k in range(3)])
    assert np.isfinite(within).all()
    two = GaussianClassifier("tied").fit(X[:100], Y[:100])
    line = two.transform(X[:100])
    assert line.shape == (100, 1)
    assert abs(np.corrcoef(line[:, 0], two.decision_function(X[:100]))[0, 1]) == pytest.approx(1)
    gaps = X.copy()
    gaps[0, 1] = np.nan
    filled = GaussianClassifier("tied").fit(X, Y).transform(gaps)
    assert np.isfinite(filled).all()
    np.testing.assert_allclose(filled[1:], GaussianClassifier("tied").fit(X, Y).transform(X)[1:])
    assert not hasattr(GaussianClassifier("full").fit(X, Y), "transform")
