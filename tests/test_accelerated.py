"""Expectation-maximisation without a tolerance ends at its maximum, says so, and gets there in fewer E-steps."""

import warnings

import numpy as np
import pytest
from table import FACTORS, LATENT
from test_charts import objective

from suffice import (
    PPCA,
    BernoulliMixture,
    FactorAnalysis,
    GaussianMixture,
    MixtureClassifier,
    NegativeBinomialMixture,
    PoissonMixture,
)
from suffice.fit import em
from suffice.fit.gains import by_rate
from suffice.fit.secants import Secants
from suffice.outcome import Outcome
from suffice.runtime import computed_by
from suffice.runtime.either import solved_triangle

CASES = [(str(case), case.model, case.data) for case in [*LATENT, *FACTORS]]
PATTERNS = np.array(np.meshgrid(*[[0.0, 1.0]] * 4, indexing="ij")).reshape(4, -1).T
COUNTS = np.array([20, 2, 9, 2, 6, 1, 4, 1, 38, 7, 24, 6, 25, 6, 23, 42], float)
"""Four items on role conflict, 216 answers (Stouffer and Toby, 1951; Goodman, 1974)."""


def bounds_of(solution):
    trace = np.asarray(solution.trace).reshape(len(solution.trace), -1)
    return [column[np.isfinite(column)] for column in trace.T]


@pytest.mark.parametrize(("name", "model", "rows"), CASES, ids=[name for name, *_ in CASES])
def test_ends_at_a_maximum_and_never_falls(name, model, rows):
    found = em(model, rows)
    assert found.outcome in (Outcome.STATIONARY, Outcome.RESTING)
    for bounds in bounds_of(found):
        assert np.all(np.diff(bounds) >= -1e-12 * np.abs(bounds[1:]))
    farther = em(found.model, rows, tol=1e-13, max_iter=3000)
    assert np.all((np.nanmax(farther.trace, 0) * len(rows) - objective(found.model, rows)) < 0.05)


@pytest.mark.parametrize(("components", "right"), [(2, -504.4677), (3, -503.3011)])
def test_published_latent_classes(components, right):
    """poLCA's log-likelihoods of the same table (Linzer and Lewis, 2011)."""
    mixture = BernoulliMixture(components, binarize=None, n_init=10, random_state=0).fit(PATTERNS, sample_weight=COUNTS)
    assert mixture.score(PATTERNS, sample_weight=COUNTS) * COUNTS.sum() == pytest.approx(right, abs=1e-3)
    assert mixture.outcome_ == Outcome.STATIONARY


def test_hard_cases_take_a_fraction_of_the_steps():
    start = {"n_components": 3, "binarize": None, "random_state": 0}
    own = BernoulliMixture(**start).fit(PATTERNS, sample_weight=COUNTS)
    plain = BernoulliMixture(**start, tol=1e-9, max_iter=20_000).fit(PATTERNS, sample_weight=COUNTS)
    assert own.n_iter_ < plain.n_iter_ / 5
    assert own.lower_bound_ >= plain.lower_bound_ - 1e-6


def test_iterations_are_e_steps_and_bounds_the_accepted_ones():
    rows = np.random.default_rng(1).standard_normal((200, 3))
    mixture = GaussianMixture(3, random_state=0).fit(rows)
    assert len(mixture.lower_bounds_) <= mixture.n_iter_
    assert np.all(np.diff(mixture.lower_bounds_) > -1e-12)
    assert mixture.lower_bounds_[-1] == mixture.lower_bound_


def test_a_probability_that_leaves_zero_does_not_end_the_fit():
    """At the edge the slope is 0 although the likelihood rises inwards: a stationary point, and no maximum."""
    draw = np.random.default_rng(0)
    rows = (draw.random((400, 6)) < np.array([[0.9], [0.2]])[draw.integers(2, size=400)]).astype(float)
    from suffice.latent import Bernoulli, Mixture

    edge = np.where(np.arange(6) < 3, 1e-14, 0.6)
    start = Mixture(np.array([0.5, 0.5]), Bernoulli(np.stack([edge, np.full(6, 0.4)])))
    found, plain = em(start, rows), em(start, rows, tol=1e-12, max_iter=20_000)
    assert bounds_of(found)[0][-1] >= np.nanmax(plain.trace) - 1e-8


def test_a_tolerance_means_plain_steps():
    rows = np.random.default_rng(0).standard_normal((300, 2))
    mixture = GaussianMixture(2, tol=1e-4, random_state=0).fit(rows)
    steps = GaussianMixture(2, tol=0.0, max_iter=mixture.n_iter_, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        steps.fit(rows)
    np.testing.assert_array_equal(mixture.lower_bounds_, steps.lower_bounds_)
    assert mixture.outcome_ == Outcome.CONVERGED
    assert abs(mixture.lower_bounds_[-1] - mixture.lower_bounds_[-2]) < 1e-4


def test_both_roads_end_alike():
    rows = np.random.default_rng(3).standard_normal((500, 3)) * [1.0, 2.0, 3.0]
    ends = []
    for road in ("numpy", "jax"):
        with computed_by(road):
            ends.append(GaussianMixture(3, n_init=3, random_state=0).fit(rows))
    np.testing.assert_allclose(ends[0].lower_bound_, ends[1].lower_bound_, rtol=1e-9)
    assert {end.outcome_ for end in ends} == {Outcome.STATIONARY}


def test_restarts_run_as_they_would_alone():
    rows = np.random.default_rng(2).standard_normal((150, 3))
    from suffice.fit.restarts import restarts_at
    from suffice.latent import Gaussian, Mixture

    means = np.random.default_rng(0).standard_normal((4, 2, 3))
    start = Mixture(np.full((4, 2), 0.5), Gaussian(means, np.broadcast_to(np.eye(3), (4, 2, 3, 3))))
    together = em(start, rows)
    for place, bounds in enumerate(bounds_of(together)):
        alone = bounds_of(em(restarts_at(start, place), rows))[0]
        np.testing.assert_allclose(bounds[-1], alone[-1], rtol=1e-9)


def test_float32_ends_within_rounding():
    rows = np.random.default_rng(4).standard_normal((400, 3))
    coarse, fine = (GaussianMixture(2, precision=name, random_state=0).fit(rows) for name in ("float32", "float64"))
    assert coarse.converged_
    assert coarse.score(rows) == pytest.approx(fine.score(rows), abs=1e-4)


@pytest.mark.parametrize("seed", [2, 3, 4, 5])
def test_dispersions_at_their_bound_do_not_hold_up_the_means(seed):
    """Counts without more spread than Poisson's: the likelihood still rises where dispersions have come to their least."""
    draw = np.random.default_rng(seed)
    rates = np.array([[2.0, 12.0, 4.0], [10.0, 2.0, 5.0]])[draw.integers(2, size=300)]
    rows = draw.poisson(rates).astype(float)
    spread, plain = (kind(2, random_state=0).fit(rows) for kind in (NegativeBinomialMixture, PoissonMixture))
    assert spread.n_iter_ <= plain.n_iter_ + 4


def test_held_coordinates_are_as_if_they_were_not_there():
    draw = np.random.default_rng(0)
    steps, growths = draw.standard_normal((2, 4, 6))
    falls = steps + 0.1 * draw.standard_normal((4, 6))
    slope, ahead = draw.standard_normal((2, 6))
    free, used = np.array([True, True, False, True, False, True]), np.array([True, True, True, False])
    whole, part = (Secants(*(each[:, kept] for each in (steps, falls, growths)), used) for kept in (slice(None), free))
    found = whole.restricted(free).direction(slope * free, ahead * free)
    np.testing.assert_allclose(found[free], part.direction(slope[free], ahead[free]), rtol=1e-9)
    np.testing.assert_array_equal(found[~free], 0)


@pytest.mark.parametrize("upper", [True, False])
def test_triangular_systems_of_a_stack_are_solved_one_by_one(upper):
    draw = np.random.default_rng(0)
    matrices, right = draw.standard_normal((2, 3, 4, 4)) + 4 * np.eye(4), draw.standard_normal((2, 3, 4))
    found = solved_triangle(matrices, right, upper)
    triangles = np.triu(matrices) if upper else np.tril(matrices)
    np.testing.assert_allclose((triangles @ found[..., None])[..., 0], right, atol=1e-12)


@pytest.mark.parametrize("order", [("float64", "float32"), ("float32", "float64")])
@pytest.mark.parametrize("covariance_type", ["full", "tied"])
def test_precisions_one_after_another_end_alike(covariance_type, order):
    rows = np.random.default_rng(4).standard_normal((200, 3))
    with computed_by("jax"):
        fits = [GaussianMixture(2, covariance_type=covariance_type, precision=name, random_state=0) for name in order]
        one, other = (fit.fit(rows).score(rows) for fit in fits)
    assert one == pytest.approx(other, abs=1e-3)


def test_a_classifier_says_what_its_mixtures_say():
    draw = np.random.default_rng(0)
    rows, labels = draw.standard_normal((120, 2)), np.repeat([0, 1], 60)
    short = MixtureClassifier(GaussianMixture(3, max_iter=2), random_state=0)
    with pytest.warns(UserWarning, match="limit of iterations"):
        short.fit(rows, labels)
    assert not short.converged_
    assert "limit" in short.outcome_


def test_factor_models_with_gaps_end_at_their_maximum():
    draw = np.random.default_rng(0)
    rows = draw.standard_normal((300, 2)) @ draw.standard_normal((2, 6)) + draw.standard_normal((300, 6))
    rows[draw.random(rows.shape) < 0.3] = np.nan
    own, plain = FactorAnalysis(2).fit(rows), FactorAnalysis(2, tol=1e-12, max_iter=20_000).fit(rows)
    assert own.lower_bound_ == pytest.approx(plain.lower_bound_, abs=1e-7)
    assert own.n_iter_ < plain.n_iter_


def test_complete_rows_say_how_their_maximum_was_found():
    draw = np.random.default_rng(0)
    rows = draw.standard_normal((100, 1)) @ [[1.0, 0.8, -0.9, 0.7]] + draw.standard_normal((100, 4))
    assert PPCA(2).fit(rows).outcome_ == Outcome.ONE_PASS
    searched = FactorAnalysis(1).fit(rows)
    assert searched.outcome_ == Outcome.STATIONARY
    longer = em(searched.model_, rows, tol=1e-14, max_iter=5000)
    assert (longer.trace[-1] - longer.trace[0]) * len(rows) < 1e-6


def test_one_gain_has_no_rate():
    assert by_rate(1e-3, np.inf) == np.inf
    assert by_rate(0.5, 1.0) == pytest.approx(0.5)  # 1/4 + 1/8 + ...
    assert by_rate(1.0, 0.5) == np.inf
    assert by_rate(0.0, 0.5) == 0
