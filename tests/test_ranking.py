"""The best of several fits is the best sound one; more starts contain fewer; what collapsed is named."""

import warnings
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from estimators import having
from sklearn.cluster import kmeans_plusplus
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import adjusted_rand_score

from suffice import DegenerateComponentWarning, GaussianClassifier, GaussianMixture, MixedMixture, MixtureOfPPCA
from suffice.fit.ranking import best_of, judged, ranking
from suffice.latent import Gaussian, Mixture
from suffice.latent.kmeans import kmeans_plus_plus
from suffice.outcome import Outcome, Solution

SOUND = {"held less than one row's weight": np.zeros(0, int)}
SPIKE = SOUND | {"collapsed: no spread in column 0": np.array([1])}
quietly = pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "ignore::suffice.DegenerateComponentWarning"
)


def test_finite_goes_before_nan_and_sound_before_degenerate():
    values = np.array([3.0, np.nan, 1.0, np.inf, 2.0, 9.0])
    sound = np.array([True, True, True, True, True, False])
    assert ranking(values, sound) == [0, 4, 2, 5, 1, 3]


def solution(ends, means, found):
    count = len(ends)
    model = Mixture(np.full((count, 2), 0.5), Gaussian(np.asarray(means, float), np.ones((count, 2, 1, 1))))
    trace = np.stack([np.asarray(ends) - 1, ends])
    return judged(Solution(model, trace, Outcome.CONVERGED, {"converged": np.ones(count, bool)}), found)


def test_a_restart_whose_parameters_are_no_numbers_never_wins():
    means = np.zeros((3, 2, 1))
    means[0, 1] = np.nan
    assert best_of(solution([9.0, 1.0, 2.0], means, [SOUND] * 3)) == 2
    assert best_of(solution([9.0, 8.0, 2.0], means, [SOUND, SPIKE, SPIKE])) == 1


@having("mixture")
@quietly
def test_more_restarts_are_ranked_at_least_as_high(row):
    fits = [row.make(n_init=count, max_iter=20).fit(row.X) for count in (1, 2, 5)]
    ranks = [(not fit.degenerate_.startswith("Component"), fit.lower_bound_) for fit in fits]
    assert all(now[0] >= before[0] for before, now in pairwise(ranks))
    assert all(now[1] >= before[1] - 1e-9 for before, now in pairwise(ranks) if now[0] == before[0])


def with_an_outlier():
    """Thirty numbers of which one lies apart: a component on it alone has the highest likelihood."""
    draw = np.random.default_rng(3)
    return np.append(draw.normal(1.0, 0.1, 28), [-0.4, 0.5])[:, None]


@quietly
def test_a_sound_start_is_kept_before_a_spike_of_higher_likelihood_and_said():
    rows, settings = with_an_outlier(), {"init_params": "random_from_data", "random_state": 0}
    alone = GaussianMixture(2, n_init=20, **settings).fit(rows)
    higher = [trace[-1] for trace in alone.traces_ if trace[-1] > alone.lower_bound_]
    assert higher
    assert alone.covariances_.min() > 1e-4
    assert f"{len(higher)} of 20 starts ended higher with degenerate components and were passed over" in alone.outcome_
    assert "collapsed: no spread in column 0" in alone.outcome_


@pytest.mark.parametrize("mixture", [
    GaussianMixture(2), GaussianMixture(2, covariance_type="tied"), GaussianMixture(2, covariance_type="diag"),
    MixedMixture(2, kinds="gaussian"),
], ids=["full", "tied", "diag", "mixed"])  # fmt: skip
def test_the_units_of_columns_change_neither_partition_nor_rank(mixture):
    draw = np.random.default_rng(0)
    rows = np.concatenate([draw.normal((x, 0.0), (0.3, 10.0), (150, 2)) for x in (-1.0, 1.0)])
    labels = [mixture.set_params(random_state=0).fit(rows * units).predict(rows * units)
              for units in ([1.0, 1.0], [1.0, 1e-3], [1e4, 1e-4])]  # fmt: skip
    assert adjusted_rand_score(labels[0], np.repeat([0, 1], 150)) > 0.95
    for other in labels[1:]:
        np.testing.assert_array_equal(other, labels[0])


def test_seeds_of_k_means_lie_as_close_as_scikit_learns():
    rows, weight = load_iris().data, np.ones(150)

    def sum_of_squares(seeds):
        return np.square(rows[:, None] - seeds).sum(-1).min(1).sum()

    ours = kmeans_plus_plus(rows, weight, 5, 200, np.random.default_rng(0))
    theirs = [kmeans_plusplus(rows, 5, random_state=seed)[0] for seed in range(200)]
    assert np.mean([*map(sum_of_squares, ours)]) < 1.05 * np.mean([*map(sum_of_squares, theirs)])


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag"])
def test_most_seeds_reach_the_best_optimum_of_iris(covariance_type):
    rows = load_iris().data
    ends = [GaussianMixture(3, covariance_type=covariance_type, tol=1e-5, max_iter=500, random_state=seed).fit(rows)
            .lower_bound_ for seed in range(10)]  # fmt: skip
    assert np.mean(ends > np.max(ends) - 1e-3) >= 0.8


def one_flat_cluster():
    draw = np.random.default_rng(0)
    flag = np.repeat([0.0, 1.0], 60)
    return pd.DataFrame({
        "height": draw.normal(12 * flag, 1.0), "flag": np.where(flag > 0, 1.0, draw.normal(size=120)),
        "width": draw.normal(0, 1, 120),
    })  # fmt: skip


@pytest.mark.parametrize("covariance_type", ["full", "diag"])
def test_the_warning_and_the_outcome_name_the_columns_without_spread(covariance_type):
    with pytest.warns(DegenerateComponentWarning, match=r"collapsed: no spread in column flag\."):
        mixture = GaussianMixture(2, covariance_type=covariance_type, random_state=0).fit(one_flat_cluster())
    assert mixture.outcome_.endswith(mixture.degenerate_)
    assert "collapsed: no spread in column flag" in mixture.degenerate_


def test_a_direction_across_columns_names_those_that_take_part():
    rows = one_flat_cluster()
    rows["flag"] = np.where(np.arange(120) < 60, rows["flag"], rows["width"])
    with pytest.warns(DegenerateComponentWarning, match="some direction of columns flag, width"):
        GaussianMixture(2, random_state=0).fit(rows)


def few_rows():
    draw = np.random.default_rng(0)
    plane = draw.normal(size=(2, 15, 2)) @ draw.normal(size=(2, 2, 30))
    return np.concatenate(plane + 0.3 * draw.normal(size=plane.shape) + np.array([0.0, 8.0])[:, None, None])


@pytest.mark.parametrize("covariance_type", ["full", "tied"])
def test_singular_covariances_without_a_floor_are_no_maximum(covariance_type):
    with pytest.warns(DegenerateComponentWarning, match="collapsed"), pytest.warns(ConvergenceWarning):
        mixture = GaussianMixture(2, covariance_type=covariance_type, reg_covar=0, random_state=0).fit(few_rows())
    assert not mixture.converged_
    assert mixture.outcome_.startswith(Outcome.UNBOUNDED)
    assert np.isfinite(mixture.precisions_).all()


@pytest.mark.parametrize("reg_covar", [1e-6, 0])
def test_a_component_on_one_point_is_named_with_a_floor_and_without(reg_covar):
    rows = np.concatenate([np.random.default_rng(0).normal(size=(50, 2)), np.full((50, 2), 3.0)])
    with warnings.catch_warnings(record=True) as met:
        warnings.simplefilter("always")
        mixture = GaussianMixture(2, reg_covar=reg_covar, random_state=0).fit(rows)
    assert any("collapsed" in str(one.message) for one in met)
    assert mixture.converged_ == (reg_covar > 0)


@quietly
def test_nearly_as_many_components_as_rows_are_answered():
    rows = np.random.default_rng(0).normal(size=(20, 2))
    assert "collapsed" in GaussianMixture(19, reg_covar=0, random_state=0).fit(rows).outcome_


def test_principal_components_of_few_rows_reach_their_maximum():
    """Clusters far apart: each has the maximum of one probabilistic principal component analysis."""
    rows = few_rows()
    mixture = MixtureOfPPCA(2, n_factors=2, reg_covar=0, random_state=0).fit(rows)
    expected = [np.linalg.eigvalsh(np.cov(part.T, bias=True))[:-2].mean() for part in (rows[:15], rows[15:])]
    np.testing.assert_allclose(np.sort(mixture.noise_variance_), np.sort(expected), rtol=1e-6)


@pytest.mark.parametrize("matrix", [-np.eye(2), [[1.0, 0.5], [0.0, 1.0]], [[1.0, 2.0], [2.0, 1.0]]])
def test_a_prior_covariance_that_is_none_is_refused(matrix):
    rows = np.random.default_rng(0).normal(size=(40, 2))
    with pytest.raises(ValueError, match="prior_covariance is no covariance"):
        GaussianMixture(2, prior_strength=5, prior_covariance=matrix).fit(rows)
    with pytest.raises(ValueError, match="prior_covariance is no covariance"):
        GaussianClassifier(prior_strength=5, prior_covariance=matrix).fit(rows, np.arange(40) % 2)
