"""Standard errors and intervals: equal to those of independent likelihoods, closed forms and refits; what is held is said."""

import numpy as np
import pytest
from densities import observed_log_density
from scipy.special import expit, logsumexp
from sklearn.datasets import load_iris
from sklearn.exceptions import ConvergenceWarning
from table import FACTORS, LATENT

from suffice import (
    CategoricalMixture,
    DegenerateComponentWarning,
    FactorAnalysis,
    GaussianClassifier,
    GaussianMixture,
    HeldParameterWarning,
    MixtureClassifier,
    NaiveBayes,
    NegativeBinomialMixture,
    PoissonMixture,
)
from suffice.fit import em
from suffice.fit.restarts import one_restart, restarts_at
from suffice.latent import Mixture
from suffice.runtime import computed_by
from suffice.uncertainty.information import information
from suffice.uncertainty.named import numbers
from suffice.uncertainty.neighbourhood import neighbourhood
from suffice.uncertainty.side_by_side import refitted_to_counts

COMPLETE = [case for case in [*LATENT, *FACTORS] if not np.isnan(case.data).any()]
CASES = [case for case in COMPLETE if case.model.chart.exists(case.model)]
each_case = pytest.mark.parametrize("case", CASES, ids=str)
IRIS, SPECIES = load_iris(return_X_y=True)


@pytest.fixture(autouse=True)
def by_numpy():
    with computed_by("numpy"):
        yield


@pytest.fixture(scope="module")
def mixture():
    return GaussianMixture(2, random_state=0).fit(IRIS)


def independent(case, model, rows):
    """Log-likelihood of a model by a density of the tests' own."""
    if not isinstance(model, Mixture):
        return case.log_density(one_restart(model), 0, rows).sum()
    parts = [case.log_density(model.components, k, rows) + np.log(weight) for k, weight in enumerate(model.weights)]
    return logsumexp(parts, axis=0).sum()


@each_case
def test_information_is_the_bend_of_an_independent_likelihood(case):
    start = case.model if isinstance(case.model, Mixture) else restarts_at(case.model, 0)
    found = information(neighbourhood(em(start, case.data).model, case.data, None))
    near = found.near
    for direction in np.random.default_rng(0).standard_normal((2, len(found.matrix))):
        direction = found.size * direction
        path = near.position + 1e-2 * np.array([-2, -1, 0, 1, 2])[:, None] * (found.steps @ direction)
        models = [near.moved(position).restored() for position in path]
        values = np.array([independent(case, model, case.data) for model in models])
        bend = values @ np.array([-1, 16, -30, 16, -1]) / 12 / 1e-4
        assert -bend == pytest.approx(direction @ found.matrix @ direction, rel=1e-4)


def likelihood_of_classes(position, rows):
    """Log-likelihood of two latent classes of four items, by log-odds (9,)."""
    chance = expit(position[1:].reshape(2, 4))
    joint = np.where(rows[:, None], chance, 1 - chance).prod(-1)
    return np.log(joint @ [1 - expit(position[0]), expit(position[0])]).sum()


def numerical_hessian(fn, at, step=1e-3):
    units = step * np.eye(len(at))
    return np.array([[(fn(at + i + j) - fn(at + i - j) - fn(at - i + j) + fn(at - i - j)) / (4 * step**2)
                      for j in units] for i in units])  # fmt: skip


def test_latent_classes_have_the_errors_of_a_numerical_hessian():
    draw = np.random.default_rng(0)
    chance = np.array([[0.3, 0.8, 0.7, 0.8], [0.7, 0.2, 0.3, 0.4]])
    rows = draw.random((400, 4)) < chance[draw.choice(2, 400, p=[0.7, 0.3])]
    fitted = CategoricalMixture(2, n_init=5, random_state=0).fit(rows.astype(int))
    weights, chances = fitted.weights_, np.array(fitted.probabilities_)[:, :, 1].T
    at = np.r_[np.log(weights[1] / weights[0]), np.log(chances / (1 - chances)).ravel()]
    covariance = np.linalg.inv(-numerical_hessian(lambda position: likelihood_of_classes(position, rows), at))
    errors = np.sqrt(np.diag(covariance)) * np.r_[weights.prod(), (chances * (1 - chances)).ravel()]
    found = fitted.standard_errors(rows.astype(int))
    np.testing.assert_allclose(found["weights_"], errors[0], rtol=1e-4)
    np.testing.assert_allclose(np.array(found["probabilities_"])[:, :, 1].T.ravel(), errors[1:], rtol=1e-4)


@pytest.mark.parametrize("method", ["observed", "robust"])
def test_more_rows_of_the_same_divide_errors_and_units_multiply_them(mixture, method):
    once = mixture.standard_errors(IRIS, method=method)["means_"]
    twice = mixture.standard_errors(np.repeat(IRIS, 2, 0), method=method)["means_"]
    weighted = mixture.standard_errors(IRIS, method=method, sample_weight=np.full(len(IRIS), 2.0))["means_"]
    np.testing.assert_allclose(twice, once / np.sqrt(2), rtol=1e-8)
    np.testing.assert_allclose(weighted, twice, rtol=1e-8)
    np.testing.assert_allclose(mixture.standard_errors(IRIS[::-1], method=method)["means_"], once, rtol=1e-8)
    units = np.array([1e5, 1e-5, 3.0, 1.0])
    scaled = GaussianMixture(2, random_state=0).fit(IRIS * units).standard_errors(IRIS * units, method=method)
    np.testing.assert_allclose(scaled["means_"] / units, once, rtol=1e-6)


@pytest.mark.parametrize("method", ["robust", "bootstrap"])
@pytest.mark.parametrize(
    ("estimator", "known"),
    [
        (GaussianMixture(2, random_state=0), ()),
        (FactorAnalysis(1, random_state=0), ()),
        (GaussianClassifier(random_state=0), (SPECIES,)),
        (MixtureClassifier(GaussianMixture(1, random_state=0)), (SPECIES,)),
    ],
    ids=["mixture", "factors", "classifier", "mixtures"],
)
@pytest.mark.filterwarnings("ignore::suffice.outcome.HeldParameterWarning")
@pytest.mark.filterwarnings("ignore::suffice.outcome.DegenerateComponentWarning")
def test_errors_and_intervals_at_once_are_those_one_by_one(estimator, known, method):
    fitted, given = estimator.fit(IRIS, *known), {"method": method, "samples": 4}
    errors, ends = fitted.errors_and_intervals(IRIS, *known, level=0.8, **given)
    assert numbers(errors).tolist() == numbers(fitted.standard_errors(IRIS, *known, **given)).tolist()
    assert numbers(ends).tolist() == numbers(fitted.confidence_intervals(IRIS, *known, level=0.8, **given)).tolist()


def test_known_answers():
    counts = np.random.default_rng(0).negative_binomial(2, 0.3, (500, 1))
    poisson = PoissonMixture().fit(counts)
    assert poisson.standard_errors(counts)["rates_"] == pytest.approx(np.sqrt(counts.mean() / 500))
    robust = poisson.standard_errors(counts, method="robust")["rates_"]
    assert robust == pytest.approx(counts.std() / np.sqrt(500))
    assert poisson.standard_errors(counts, method="bootstrap")["rates_"] == pytest.approx(robust, rel=0.2)
    simulated = poisson.standard_errors(counts, method="parametric")["rates_"]
    assert simulated == pytest.approx(np.sqrt(counts.mean() / 500), rel=0.2)
    classes = GaussianClassifier("diag").fit(IRIS, SPECIES).standard_errors(IRIS, SPECIES)
    np.testing.assert_allclose(classes["means_"][1], IRIS[50:100].std(0) / np.sqrt(50), rtol=1e-5)
    np.testing.assert_allclose(classes["covariances_"][1], IRIS[50:100].var(0) * np.sqrt(2 / 50), rtol=1e-4)
    np.testing.assert_allclose(classes["class_prior_"], np.sqrt(2 / 9 / 150), rtol=1e-6)


def test_missing_cells_count_as_in_the_likelihood():
    gaps = np.where(np.random.default_rng(0).random(IRIS.shape) < 0.1, np.nan, IRIS)
    fitted = GaussianMixture(2, random_state=0).fit(gaps)
    found = information(neighbourhood(fitted.model_, gaps, None))
    direction = found.size * np.random.default_rng(1).standard_normal(len(found.matrix))
    path = found.near.position + 1e-2 * np.array([-2, -1, 0, 1, 2])[:, None] * (found.steps @ direction)
    values = []
    for position in path:
        model = found.near.moved(position).restored()
        each = [[observed_log_density(None, model.components, k, row) for row in gaps] for k in range(2)]
        values.append(logsumexp(np.array(each) + np.log(model.weights)[:, None], axis=0).sum())
    bend = np.array(values) @ np.array([-1, 16, -30, 16, -1]) / 12 / 1e-4
    assert -bend == pytest.approx(direction @ found.matrix @ direction, rel=1e-4)


@pytest.mark.parametrize("place", [1, 5, 6])
def test_refits_side_by_side_are_those_one_by_one(place):
    case = LATENT[place]
    rows = np.where(np.random.default_rng(3).random(case.data.shape) < 0.05, np.nan, case.data)
    counts = np.random.default_rng(4).multinomial(len(rows), np.full(len(rows), 1 / len(rows)), 3).T.astype(np.int32)
    for column, model in zip(counts.T, refitted_to_counts(case.model, None, rows, counts), strict=True):
        alone = em(case.model, rows, weight=column.astype(float)).model
        np.testing.assert_allclose(np.asarray(model.weights), np.asarray(alone.weights), rtol=1e-3, atol=1e-4)


def test_what_is_fixed_has_no_error(mixture):
    frozen = GaussianMixture(2, weights_init=[0.3, 0.7], frozen=["weights"], random_state=0).fit(IRIS)
    errors = frozen.standard_errors(IRIS)
    assert (errors["weights_"] == 0).all()
    assert (errors["means_"] < mixture.standard_errors(IRIS)["means_"] * 1.1).all()
    tied = GaussianMixture(2, covariance_type="diag", tied={"covariances": [0, 0]}, random_state=0).fit(IRIS)
    shared = tied.standard_errors(IRIS)["covariances_"]
    np.testing.assert_allclose(shared[0], shared[1])
    given = GaussianClassifier(priors=[0.2, 0.3, 0.5]).fit(IRIS, SPECIES)
    assert (given.standard_errors(IRIS, SPECIES)["class_prior_"] == 0).all()


def test_edges_are_held_and_named():
    answers = np.array([[0, 0, 0], [0, 0, 1], [1, 1, 1], [1, 1, 0], [1, 0, 1], [0, 1, 0]]).repeat(
        [30, 9, 40, 8, 7, 6], 0
    )
    fitted = CategoricalMixture(2, n_init=5, random_state=0).fit(answers)
    with pytest.warns(HeldParameterWarning, match=r"edge.*probabilities_\["):
        errors = fitted.standard_errors(answers)
    chances, found = np.array(fitted.probabilities_), np.array(errors["probabilities_"])
    assert np.isfinite(found).all()
    assert (found[(chances < 1e-6) | (chances > 1 - 1e-6)] == 0).all()
    assert (found > 0).any()
    few = np.random.default_rng(0).poisson(3.0, (200, 1))
    with pytest.warns(HeldParameterWarning, match=r"dispersions_\[0, 0\]"):
        assert NegativeBinomialMixture().fit(few).standard_errors(few)["dispersions_"] == 0
    line = np.random.default_rng(0).standard_normal((200, 1)) * [1.0, 2.0, 1.0]
    line[:, 2] += np.random.default_rng(1).standard_normal(200)
    with pytest.warns(DegenerateComponentWarning):
        factor = FactorAnalysis(1).fit(line)
    with pytest.warns(HeldParameterWarning, match="noise_variance_"):
        assert np.isfinite(factor.standard_errors(line)["loadings_"]).all()


def test_what_rows_do_not_tell_is_named():
    rows = np.random.default_rng(0).integers(0, 2, (400, 3))
    fitted = CategoricalMixture(3, random_state=0, max_iter=5000).fit(rows)
    with pytest.warns(HeldParameterWarning, match="do not tell"):
        errors = fitted.standard_errors(rows)
    assert np.isfinite(np.array(errors["probabilities_"])).all()


@pytest.mark.parametrize("rotation", ["varimax", "oblimin"])
def test_rotated_loadings_differ_as_much_as_refits_do(rotation):
    draw = np.random.default_rng(0)
    loadings = np.array([[1, 0.8, 1.2, 0.1, 0, 0.1], [0, 0.2, 0, 1.1, 0.7, 0.9]])
    rows = draw.standard_normal((500, 2)) * [1.0, 1.5] @ loadings + draw.standard_normal((500, 6))
    fitted = FactorAnalysis(2, rotation=rotation, random_state=0).fit(rows)
    errors = fitted.standard_errors(rows)
    refits = fitted.standard_errors(rows, method="parametric", samples=40)
    ratio = errors["loadings_"] / refits["loadings_"]
    assert np.exp(np.abs(np.log(ratio)).mean()) < 1.3
    assert ("factor_correlation_" in errors) == (rotation == "oblimin")


def test_intervals_stay_where_parameters_are(mixture):
    ends = mixture.confidence_intervals(IRIS, level=0.999)
    wider, errors = mixture.confidence_intervals(IRIS, level=0.9999), mixture.standard_errors(IRIS)
    assert (ends["weights_"] > 0).all()
    assert (ends["weights_"] < 1).all()
    assert (np.diagonal(ends["covariances_"], axis1=1, axis2=2) > 0).all()
    reach = 3.2905 * errors["means_"]
    np.testing.assert_allclose(ends["means_"][..., 1], mixture.means_ + reach, rtol=1e-4)
    assert (np.diff(wider["means_"]) > np.diff(ends["means_"])).all()
    of_classes = NaiveBayes().fit(IRIS, SPECIES).confidence_intervals(IRIS, SPECIES)
    assert of_classes["column_parameters_"][0]["variance"].shape == (3, 2)
    each = MixtureClassifier(random_state=0).fit(IRIS, SPECIES).confidence_intervals(IRIS, SPECIES)
    assert each["mixtures_"][2]["means_"].shape == (2, 4, 2)


def test_questions_that_have_no_answer(mixture):
    with pytest.raises(ValueError, match="method='sandwich'"):
        mixture.standard_errors(IRIS, method="sandwich")
    with pytest.raises(ValueError, match="level=95"):
        mixture.confidence_intervals(IRIS, level=95)
    with pytest.raises(ValueError, match="samples=1"):
        mixture.standard_errors(IRIS, method="bootstrap", samples=1)
    with pytest.raises(ValueError, match="rows in memory"):
        mixture.standard_errors([IRIS[:75], IRIS[75:]], method="bootstrap")
    with pytest.raises(ValueError, match="shrinkage"):
        GaussianClassifier(shrinkage=0.1).fit(IRIS, SPECIES).standard_errors(IRIS, SPECIES)
    with pytest.raises(ValueError, match="method='bootstrap'"):
        GaussianClassifier("tied_low_rank").fit(IRIS, SPECIES).standard_errors(IRIS, SPECIES)
    with pytest.warns((ConvergenceWarning, HeldParameterWarning)) as said:
        mixture.standard_errors(IRIS[:60])
    assert any("at no maximum" in str(one.message) for one in said)


def test_samples_that_lose_a_component_are_left_out_and_said():
    counts = np.r_[np.zeros(60), np.full(2, 90.0)][:, None]
    counts[:60] += np.random.default_rng(0).poisson(4, (60, 1))
    fitted = PoissonMixture(2, random_state=0).fit(counts)
    with pytest.warns(HeldParameterWarning, match="samples lost a component"):
        errors = fitted.standard_errors(counts, method="bootstrap", samples=60)
    assert np.isfinite(errors["rates_"]).all()


def test_a_fit_that_has_not_converged_is_said_or_gone_on_from():
    with pytest.warns(ConvergenceWarning):
        short = GaussianMixture(3, max_iter=2, init_params="random", random_state=0).fit(IRIS)
    with pytest.warns((ConvergenceWarning, HeldParameterWarning)) as said:
        errors = short.standard_errors(IRIS)
    assert any("at no maximum" in str(one.message) for one in said)
    assert np.isfinite(errors["means_"]).all()
