"""Classes related to covariates and outcomes in two and three steps: laws, another program, bias, and what cannot be asked."""

import numpy as np
import pytest
from scipy.stats import chi2
from sklearn.exceptions import ConvergenceWarning

import suffice
from suffice import BernoulliMixture, GaussianMixture, HeldParameterWarning, distal_outcome, membership_regression
from suffice.latent.membership import MembershipMixture
from suffice.runtime import computed_by
from suffice.uncertainty.steps import outcomes
from suffice.uncertainty.steps.logit import Logit
from suffice.uncertainty.steps.outcomes import ByShares, NumbersByEvidence
from suffice.uncertainty.steps.seen import Steps, seen

WAYS = [
    {"n_steps": 2},
    {"correction": "bch"},
    {"correction": "bch", "assignment": "soft"},
    {"correction": "ml"},
    {"correction": "ml", "assignment": "soft"},
    {"correction": None},
    {"correction": None, "assignment": "soft"},
]


@pytest.fixture(autouse=True)
def by_numpy():
    with computed_by("numpy"):
        yield


def simulated(seed, chance, rows=500):
    draw = np.random.default_rng(seed)
    covariates = np.c_[draw.standard_normal(rows), draw.integers(0, 2, rows)]
    second = draw.random(rows) < 1 / (1 + np.exp(0.4 - covariates[:, 0]))
    X = (draw.random((rows, 6)) < np.where(second, chance, 1 - chance)[:, None]).astype(float)
    return (
        X,
        covariates,
        second,
        second + draw.standard_normal(rows),
        np.where(draw.random(rows) < 0.3 + 0.4 * second, "a", "b"),
    )


def fitted(X, chance):
    start = {"weights_init": [0.5, 0.5], "probabilities_init": [[1 - chance] * 6, [chance] * 6]}
    return BernoulliMixture(2, binarize=None, **start).fit(X)


@pytest.fixture(scope="module")
def blurred():
    with computed_by("numpy"):
        data = simulated(0, 0.75)
        return fitted(data[0], 0.75), *data


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_classes_that_are_sure_give_a_plain_regression_and_plain_means(way):
    X, covariates, second, y, kind = simulated(1, 0.5)
    X = np.c_[X[:, :2], np.repeat(second[:, None], 20, 1)].astype(float)
    start = {"weights_init": [0.5, 0.5], "probabilities_init": [[0.5] * 2 + [0.05] * 20, [0.5] * 2 + [0.95] * 20]}
    classes = BernoulliMixture(2, binarize=None, **start).fit(X)
    plain = Logit(np.c_[np.ones(500), covariates], np.ones(500), np.c_[~second, second].astype(float))
    at = plain.maximum(np.zeros(3))
    found = membership_regression(classes, X, covariates, **way)
    np.testing.assert_allclose(found.coefficients[1], at, atol=1e-5)
    means = distal_outcome(classes, X, y, **way)
    np.testing.assert_allclose(means.estimates, [y[~second].mean(), y[second].mean()], atol=1e-6)
    expected = [y[own].std() / np.sqrt(own.sum()) for own in (~second, second)]
    np.testing.assert_allclose(means.standard_errors, expected, rtol=1e-3)
    shares = distal_outcome(classes, X, kind, **way)
    np.testing.assert_allclose(
        shares.estimates[:, 0], [(kind[own] == "a").mean() for own in (~second, second)], atol=1e-6
    )
    difference = means.estimates @ [-1, 1]
    statistic = difference**2 / np.square(expected).sum()
    assert means.wald_test["statistic"] == pytest.approx(statistic, rel=1e-3)
    assert means.wald_test["p_value"] == pytest.approx(chi2.sf(statistic, 1), rel=0.1, abs=1e-12)


def test_the_logit_climbs_to_where_its_slope_is_none_and_bends_as_it_says(blurred):
    _, _, covariates, second, *_ = blurred
    evidence = np.log(np.where(np.c_[~second, second], 0.8, 0.2))
    problem = Logit(np.c_[np.ones(500), covariates], np.ones(500), evidence=evidence)
    at = problem.maximum(np.zeros(3))
    assert np.abs(problem.scores(at).sum(0)).max() < 1e-6
    steps = 1e-5 * np.eye(3)
    slope = [(problem.value(at + step) - problem.value(at - step)) / 2e-5 for step in steps]
    np.testing.assert_allclose(slope, 0, atol=1e-4)
    bend = [(problem.scores(at + step) - problem.scores(at - step)).sum(0) / 2e-5 for step in steps]
    np.testing.assert_allclose(problem.information(at), -np.array(bend), rtol=1e-5, atol=1e-5)


def test_two_steps_are_the_likelihood_of_all_given_the_classes(blurred):
    classes, X, covariates, *_ = blurred
    found = membership_regression(classes, X, covariates, n_steps=2)
    model = MembershipMixture(found.coefficients, classes.model_.components)
    sums = model.expectation(False)((X, np.c_[np.ones(500), covariates]), np.ones(500))
    np.testing.assert_allclose(sums.rise, 0, atol=1e-4)


def test_steps_that_do_not_settle_are_said(blurred, monkeypatch):
    classes, X, _, _, y, kind = blurred
    found = distal_outcome(classes, X, y, correction="ml")
    assert "settle" not in found.outcome
    monkeypatch.setattr(outcomes, "LONGEST", 3)
    with pytest.warns(ConvergenceWarning, match="did not settle"):
        assert "did not settle" in distal_outcome(classes, X, y, correction="ml").outcome
    with pytest.warns(ConvergenceWarning, match="did not settle"):
        distal_outcome(classes, X, kind, n_steps=2)


def quickly(classes, X, covariates, y, way):
    """Slope and difference of means without their errors, which take most of the time."""
    found = seen(classes.model_, X, np.ones(len(X)), Steps(**way))
    lines = len(found.lines) // len(X)
    designed = np.repeat(np.c_[np.ones(len(X)), covariates], lines, 0)
    slope = Logit(designed, found.lines, found.shares, found.evidence).maximum(np.zeros(3))[1]
    if found.shares is None:
        means = NumbersByEvidence(np.repeat(y, lines), found.evidence, found.lines).estimate()
    else:
        means = ByShares(y[:, None], found.shares, found.lines).estimate()
    return slope, means[1] - means[0]


def test_bias_without_a_correction_and_none_with_one():
    found = np.zeros((len(WAYS), 12, 2))
    for seed in range(12):
        X, covariates, _, y, _ = simulated(seed, 0.72, 800)
        classes = fitted(X, 0.72)
        for place, way in enumerate(WAYS):
            found[place, seed] = quickly(classes, X, covariates, y, way)
    for way, each in zip(WAYS, found, strict=True):
        mean, error = each.mean(0), each.std(0) / np.sqrt(12)
        if way.get("correction", "bch") is not None:
            assert (np.abs(mean - 1) < 3.5 * error).all(), (way, mean, error)
        else:
            assert (mean < 0.9).all(), (way, mean)


def test_errors_count_the_uncertainty_of_the_classes(blurred):
    classes, X, covariates, *_ = blurred
    for way in ({"n_steps": 2}, {"correction": "ml"}):
        found = membership_regression(classes, X, covariates, **way)
        one = BernoulliMixture(
            2, binarize=None, weights_init=classes.weights_, probabilities_init=classes.probabilities_
        )
        one = one.fit(X, covariates=covariates)
        errors = one.standard_errors(X, covariates=covariates)["membership_coefficients_"]
        np.testing.assert_allclose(found.standard_errors[1], errors[1], rtol=0.2)
        np.testing.assert_allclose(found.coefficients[1], one.membership_coefficients_[1], atol=0.1)
    assert found.wald_tests.keys() == {"0", "1"}
    test = found.wald_tests["0"]
    assert test["statistic"] == pytest.approx((found.coefficients[1, 1] / found.standard_errors[1, 1]) ** 2)
    assert found.p_values[1, 1] == pytest.approx(test["p_value"], rel=1e-6)
    assert np.isnan(found.p_values[0]).all()


def test_units_weights_and_order(blurred):
    classes, X, covariates, _, y, _ = blurred
    found = membership_regression(classes, X, covariates, correction="bch")
    moved = membership_regression(classes, X, 1000 * covariates + 5, correction="bch")
    np.testing.assert_allclose(1000 * moved.coefficients[:, 1:], found.coefficients[:, 1:], rtol=1e-5)
    np.testing.assert_allclose(1000 * moved.standard_errors[1, 1:], found.standard_errors[1, 1:], rtol=1e-3)
    twice = membership_regression(classes, np.repeat(X, 2, 0), np.repeat(covariates, 2, 0), correction="bch")
    weighed = membership_regression(classes, X, covariates, correction="bch", sample_weight=np.full(500, 2.0))
    np.testing.assert_allclose(twice.standard_errors, found.standard_errors / np.sqrt(2), rtol=1e-5)
    np.testing.assert_allclose(weighed.standard_errors, twice.standard_errors, rtol=1e-6)
    for way in ({"correction": "bch"}, {"correction": "ml"}):
        gone = np.append(y[:499], np.nan)
        some = distal_outcome(classes, X, gone, **way)
        other = distal_outcome(classes, X, np.append(y[:499], 0.0), **way)
        assert 0 < np.abs(some.estimates - other.estimates).max() < 0.01
        turned = distal_outcome(classes, X[::-1], gone[::-1], **way)
        np.testing.assert_allclose(turned.estimates, some.estimates, atol=1e-6)


def test_another_program_agrees(blurred):
    stepmix = pytest.importorskip("stepmix", reason="the extra bench brings StepMix")
    classes, X, covariates, _, y, _ = blurred
    for correction, assignment in (("BCH", "modal"), ("ML", "modal")):
        settings = {"n_steps": 3, "correction": correction, "assignment": assignment, "measurement": "binary"}
        fine = {"abs_tol": 1e-11, "rel_tol": 0.0, "max_iter": 3000, "n_init": 2, "random_state": 0, "progress_bar": 0}
        other = stepmix.StepMix(2, structural="gaussian_unit", **settings, **fine).fit(X, y)
        theirs = np.sort(np.ravel(other.get_parameters()["structural"]["means"]))
        own = {None: None, "BCH": "bch", "ML": "ml"}[correction]
        if own != "ml":
            ours = distal_outcome(classes, X, y, correction=own, assignment=assignment).estimates
            np.testing.assert_allclose(np.sort(ours), theirs, atol=2e-3)
        newton = {"method": "newton-raphson", "max_iter": 30, "intercept": True}
        other = stepmix.StepMix(2, structural="covariate", structural_params=newton, **settings, **fine).fit(
            X, covariates
        )
        beta = np.asarray(other.get_parameters()["structural"]["beta"])
        ours = membership_regression(classes, X, covariates, correction=own, assignment=assignment).coefficients
        theirs = np.abs((beta - beta[0])[1])
        np.testing.assert_allclose(np.abs(ours[1]), theirs, atol=5e-3)


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"n_steps": 1}, "is the fit in one step"),
        ({"correction": "none"}, "correction"),
        ({"assignment": "hard"}, "assignment"),
    ],
)
def test_ways_that_are_none(blurred, settings, said):
    classes, X, covariates, _, y, _ = blurred
    with pytest.raises(ValueError, match=said):
        membership_regression(classes, X, covariates, **settings)
    with pytest.raises(ValueError, match=said):
        distal_outcome(classes, X, y, **settings)


def test_covariates_outcomes_and_mixtures_that_cannot_be_used(blurred):
    classes, X, covariates, second, y, _ = blurred
    for wrong, said in [
        (np.where(covariates > 1, np.nan, covariates), "missing or infinite"),
        (np.ones(500), "hold one value"),
        (np.c_[covariates, covariates.sum(1)], "follow from others"),
        (covariates[:9], "a line for each row"),
    ]:
        with pytest.raises(ValueError, match=said):
            membership_regression(classes, X, wrong)
    for wrong, said in [
        (np.ones(500), "one value only"),
        (y[:9], "an outcome for each row"),
        ([None] * 500, "one value"),
    ]:
        with pytest.raises(ValueError, match=said):
            distal_outcome(classes, X, wrong)
    with pytest.raises(ValueError, match="numbers are expected"):
        distal_outcome(classes, X, np.where(second, "a", "b"), categorical=False)
    with pytest.raises(ValueError, match="one class only"):
        membership_regression(BernoulliMixture(1, binarize=None).fit(X), X, covariates)
    with pytest.raises(ValueError, match="fitted with covariates"):
        membership_regression(fitted(X, 0.75).fit(X, covariates=covariates), X, covariates)
    noisy = GaussianMixture(2, noise=True, random_state=0).fit(np.random.default_rng(0).normal(size=(200, 2)))
    with pytest.raises(ValueError, match="noise, which is no class"):
        distal_outcome(noisy, np.random.default_rng(0).normal(size=(200, 2)), np.arange(200.0))
    lopsided = BernoulliMixture(2, binarize=None, weights_init=[0.99, 0.01], probabilities_init=[[0.5] * 6, [0.51] * 6],
                                frozen=["weights", "probabilities"]).fit(X)  # fmt: skip
    with pytest.raises(ValueError, match="No row is assigned to class 1"):
        distal_outcome(lopsided, X, y)


@pytest.fixture(scope="module")
def clear():
    with computed_by("numpy"):
        X, covariates, second, *_ = simulated(3, 0.95, 150)
        return fitted(X, 0.95), X, covariates[:, :1], second


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_a_covariate_that_tells_the_class_is_held(clear, way):
    classes, X, _, _ = clear
    sure = classes.predict(X) + np.random.default_rng(0).uniform(0, 0.1, len(X))
    with pytest.warns(HeldParameterWarning, match="tell a class .* errors are 0 and their p-values 1"):
        found = membership_regression(classes, X, sure, **way)
    assert np.isfinite(found.coefficients).all()
    assert found.standard_errors[1, 1] == 0
    assert found.p_values[1, 1] == 1
    assert found.wald_tests["0"] == {"statistic": 0.0, "dof": 0, "p_value": 1.0}
    held = found.standard_errors[1] == 0
    np.testing.assert_array_equal(found.covariance[held], 0)


def test_what_is_told_beside_a_held_direction_has_its_error(clear):
    classes, X, *_ = clear
    second = classes.predict(X) == 1
    marked = second & (np.arange(len(X)) % 4 == 0)
    with pytest.warns(HeldParameterWarning, match="Covariates 0 tell"):
        found = membership_regression(classes, X, marked, correction=None)
    rest = second[~marked].mean()
    assert found.coefficients[1, 0] == pytest.approx(np.log(rest / (1 - rest)), abs=1e-6)
    assert found.standard_errors[1, 0] == pytest.approx(1 / np.sqrt((~marked).sum() * rest * (1 - rest)), rel=1e-4)
    assert found.standard_errors[1, 1] == 0


def test_held_coefficients_follow_units(clear):
    classes, X, covariates, _ = clear
    marked = np.c_[(classes.predict(X) == 1) & (np.arange(len(X)) % 4 == 0), covariates]
    with pytest.warns(HeldParameterWarning, match="Covariates 0 tell"):
        found = membership_regression(classes, X, marked)
    with pytest.warns(HeldParameterWarning, match="Covariates 0 tell"):
        other = membership_regression(classes, X, marked * [1, 1000])
    assert (found.standard_errors[1] > 0).tolist() == [True, False, True]
    np.testing.assert_allclose(other.standard_errors[1], found.standard_errors[1] / [1, 1, 1000], rtol=1e-4)
    assert other.p_values[1, 2] == pytest.approx(found.p_values[1, 2], rel=1e-3)


def test_rows_without_an_outcome_are_counted(clear):
    classes, X, covariates, _ = clear
    outcome = np.where(np.arange(len(X)) % 10 == 0, np.nan, covariates[:, 0])
    found = distal_outcome(classes, X, outcome)
    assert found.left_out == 15
    assert "Left out: 15 without an outcome" in found.outcome
    assert "Left out" not in distal_outcome(classes, X, covariates[:, 0]).outcome


@pytest.mark.parametrize("way", [{"n_steps": 2}, {"correction": "ml"}, {"correction": None}], ids=str)
def test_classes_in_which_an_outcome_does_not_vary_are_held(clear, way):
    classes, X, *_ = clear
    second = classes.predict(X) == 1
    kinds = np.where(second, np.where(np.arange(len(X)) % 3 == 0, "a", "b"), "a")
    with pytest.warns(HeldParameterWarning, match="among rows of class 0:"):
        found = distal_outcome(classes, X, kinds, **way)
    assert found.standard_errors[0].tolist() == [0.0, 0.0]
    assert (found.standard_errors[1] > 0).all()


def test_outcomes_of_three_kinds_in_three_classes():
    draw = np.random.default_rng(0)
    known = draw.integers(0, 3, 600)
    X = np.array([[0.0, 0], [5, 0], [0, 5]])[known] + draw.standard_normal((600, 2))
    classes = GaussianMixture(3, random_state=0).fit(X)
    kinds = np.array(["x", "y", "z"])[(known + draw.integers(0, 2, 600)) % 3]
    found = distal_outcome(classes, X, kinds)
    assert found.categories.tolist() == ["x", "y", "z"]
    assert found.wald_test["dof"] == 4
    np.testing.assert_allclose(found.estimates.sum(1), 1)
    assert found.estimates.shape == found.standard_errors.shape == (3, 3)
    codes = distal_outcome(classes, X, (kinds == "x").astype(int), categorical=True)
    np.testing.assert_allclose(codes.estimates[:, 1], found.estimates[:, 0])
    assert suffice.DistalOutcome is type(found)
