"""Components that collapse are kept with a warning, taken out, or put elsewhere, as asked."""

import warnings

import numpy as np
import pytest

from suffice import (
    BernoulliMixture,
    CategoricalMixture,
    DegenerateComponentWarning,
    GaussianMixture,
    MixedMixture,
    PoissonMixture,
    load,
    save,
)

POINTS = np.repeat([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0]], 20, axis=0)


def clouds(count=80):
    draw = np.random.default_rng(0)
    return np.concatenate([draw.standard_normal((count, 2)), 8 + draw.standard_normal((count, 2))])


def far(covariance_type="full", **settings):
    """A start of which one component is far from every row."""
    return GaussianMixture(2, covariance_type=covariance_type, means_init=[[4.0, 4.0], [900.0, 900.0]],
                           random_state=0, max_iter=500, **settings)  # fmt: skip


def quiet(mixture, rows):
    """A fit that must give no warning of degenerate components."""
    with warnings.catch_warnings():
        warnings.simplefilter("error", DegenerateComponentWarning)
        return mixture.fit(rows)


@pytest.mark.parametrize("covariance_type", ["full", "tied"])
def test_removal_ends_without_degenerate_components(covariance_type):
    mixture = GaussianMixture(6, covariance_type=covariance_type, degenerate="remove", random_state=0, max_iter=500)
    mixture = quiet(mixture, POINTS)
    left = len(mixture.weights_)
    assert 1 <= left < 6
    assert mixture.means_.shape == (left, 2)
    assert f"{6 - left} of 6" in mixture.outcome_
    assert np.isclose(mixture.weights_.sum(), 1)
    assert (mixture.weights_ * len(POINTS) >= 1).all()
    assert np.isfinite(mixture.score_samples(POINTS)).all()
    assert np.isfinite(mixture.bic(POINTS))


@pytest.mark.parametrize("covariance_type", ["full", "diag"])
def test_removal_does_not_lower_the_likelihood_of_what_is_kept(covariance_type):
    rows = clouds()
    with pytest.warns(DegenerateComponentWarning):
        before = far(covariance_type).fit(rows)
    after = quiet(far(covariance_type, degenerate="remove"), rows)
    assert len(after.weights_) == 1
    assert after.score(rows) >= before.score(rows) - 1e-9
    assert np.allclose(after.means_[0], rows.mean(0))


def test_one_component_is_always_left():
    with pytest.warns(DegenerateComponentWarning):
        mixture = GaussianMixture(2, degenerate="remove", random_state=0, reg_covar=1e-6).fit(
            np.repeat(np.arange(8.0)[:, None], 2, axis=1)
        )
    assert len(mixture.weights_) == 1


@pytest.mark.parametrize("covariance_type", ["full", "spherical"])
def test_restart_escapes_a_start_far_from_every_row(covariance_type):
    rows = clouds()
    mixture = quiet(far(covariance_type, degenerate="restart"), rows)
    assert "restarted" in mixture.outcome_
    assert np.allclose(np.sort(mixture.means_[:, 0]), [rows[:80, 0].mean(), rows[80:, 0].mean()], atol=0.1)
    assert np.array_equal(mixture.means_, far(covariance_type, degenerate="restart").fit(rows).means_)


def test_restart_that_does_not_help_keeps_and_warns():
    with pytest.warns(DegenerateComponentWarning):
        kept = GaussianMixture(3, random_state=0).fit(POINTS)
    with pytest.warns(DegenerateComponentWarning):
        mixture = GaussianMixture(3, degenerate="restart", random_state=0).fit(POINTS)
    assert "did not help" in mixture.outcome_
    assert np.array_equal(mixture.means_, kept.means_)


def families():
    draw = np.random.default_rng(1)
    binary = (draw.random((60, 4)) < np.repeat([[0.9], [0.1]], 30, axis=0)).astype(float)
    counts = draw.poisson(np.repeat([[2.0], [20.0]], 30, axis=0), (60, 3)).astype(float)
    yield BernoulliMixture(2, weights_init=[1.0, 0.0]), binary
    yield PoissonMixture(2, weights_init=[1.0, 0.0]), counts
    yield CategoricalMixture(2, weights_init=[1.0, 0.0]), binary


@pytest.mark.parametrize(("mixture", "rows"), list(families()), ids=["bernoulli", "poisson", "categorical"])
def test_every_family_restarts_and_removes(mixture, rows):
    mixture.set_params(random_state=0, max_iter=500)
    kinds = {}
    for rule in ("remove", "restart"):
        kinds[rule] = quiet(mixture.set_params(degenerate=rule), rows)
        assert len(kinds[rule].weights_) == (1 if rule == "remove" else 2)
        assert np.isfinite(kinds[rule].score(rows))


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("rule", ["remove", "restart"])
def test_columns_of_several_kinds(rule):
    rows = np.column_stack([clouds(10), np.repeat([0.0, 1.0], 10)])
    mixture = MixedMixture(3, kinds=["gaussian", "gaussian", "bernoulli"], covariance_type="tied", n_init=2,
                           weights_init=[0.5, 0.5, 0.0], degenerate=rule, random_state=0)  # fmt: skip
    mixture = quiet(mixture, rows)
    assert len(mixture.weights_) == (2 if rule == "remove" else 3)
    assert len(mixture.column_parameters_[0]["mean"]) == len(mixture.weights_)


def test_nothing_changes_where_nothing_is_degenerate(tmp_path):
    rows = clouds()
    kept = GaussianMixture(2, random_state=0).fit(rows)
    for rule in ("remove", "restart"):
        other = GaussianMixture(2, random_state=0, degenerate=rule).fit(rows)
        assert np.array_equal(other.means_, kept.means_)
        assert other.outcome_ == kept.outcome_
    save(other, tmp_path / "mixture.suffice")
    assert load(tmp_path / "mixture.suffice").degenerate == "restart"


@pytest.mark.parametrize("name", ["frozen", "component_labels", "checkpoint"])
def test_what_needs_the_components_as_they_are_is_refused(name, tmp_path):
    rows = clouds()
    given = {"component_labels": np.full(len(rows), -1), "checkpoint": tmp_path / "state"}
    frozen = {"frozen": ["weights"], "weights_init": [0.5, 0.5]} if name == "frozen" else {}
    mixture = GaussianMixture(2, degenerate="remove", **frozen)
    with pytest.raises(ValueError, match=f"{name} needs them as they are"):
        mixture.fit(rows, **({} if frozen else {name: given[name]}))


def test_an_unknown_rule_is_refused():
    with pytest.raises(ValueError, match="degenerate='drop'"):
        GaussianMixture(2, degenerate="drop").fit(clouds())
