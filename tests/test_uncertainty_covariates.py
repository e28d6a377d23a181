"""Weights of a mixture that follow covariates: the maximum, its errors, predictions, and what cannot be fitted."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit, softmax

import suffice
from suffice import BernoulliMixture, CategoricalMixture, GaussianMixture, HeldParameterWarning
from suffice.latent import Bernoulli, MembershipMixture
from suffice.runtime import computed_by

DRAW = np.random.default_rng(0)
COVARIATES = np.c_[DRAW.normal(50, 10, 500), DRAW.integers(0, 2, 500)]
CLASSES = (DRAW.random(500) < expit(-4.5 + 0.08 * COVARIATES[:, 0] + COVARIATES[:, 1])).astype(int)
CHANCES = np.array([[0.2, 0.3, 0.25, 0.15], [0.8, 0.7, 0.75, 0.85]])
ANSWERS = (DRAW.random((500, 4)) < CHANCES[CLASSES]).astype(int)


@pytest.fixture(autouse=True)
def by_numpy():
    with computed_by("numpy"):
        yield


@pytest.fixture(scope="module")
def fitted():
    with computed_by("numpy"):
        return CategoricalMixture(2, n_init=3, random_state=0).fit(ANSWERS, covariates=COVARIATES)


def likelihood(position):
    """Of log-odds: three coefficients with the first covariate in tens about 50, and two classes of four items."""
    chance = expit(position[3:].reshape(2, 4))
    second = expit(position[0] + position[1] * (COVARIATES[:, 0] - 50) / 10 + position[2] * COVARIATES[:, 1])
    joint = np.where(ANSWERS[:, None], chance, 1 - chance).prod(-1)
    return np.log((1 - second) * joint[:, 0] + second * joint[:, 1]).sum()


def derivatives(at, step=1e-3):
    units = step * np.eye(len(at))
    slope = np.array([likelihood(at + i) - likelihood(at - i) for i in units]) / (2 * step)
    bend = [[likelihood(at + i + j) - likelihood(at + i - j) - likelihood(at - i + j) + likelihood(at - i - j)
             for j in units] for i in units]  # fmt: skip
    return slope, np.array(bend) / (4 * step**2)


def test_the_fit_is_a_maximum_of_an_independent_likelihood_with_its_errors(fitted):
    coefficients, chances = fitted.membership_coefficients_, np.array(fitted.probabilities_)[:, :, 1].T
    assert (coefficients[0] == 0).all()
    at = np.r_[
        coefficients[1] @ [1, 50, 0],
        10 * coefficients[1, 1],
        coefficients[1, 2],
        np.log(chances / (1 - chances)).ravel(),
    ]
    slope, bend = derivatives(at)
    covariance = np.linalg.inv(-bend)
    assert slope @ covariance @ slope / 2 < 1e-4
    assert fitted.lower_bound_ * 500 == pytest.approx(likelihood(at), abs=1e-5)
    turn = np.array([[1, -5, 0], [0, 0.1, 0], [0, 0, 1]])
    errors = fitted.standard_errors(ANSWERS, covariates=COVARIATES)
    expected = np.sqrt(np.diag(turn @ covariance[:3, :3] @ turn.T))
    np.testing.assert_allclose(errors["membership_coefficients_"][1], expected, rtol=1e-4)
    assert (errors["membership_coefficients_"][0] == 0).all()
    assert "weights_" not in errors
    ends = fitted.confidence_intervals(ANSWERS, covariates=COVARIATES)["membership_coefficients_"]
    np.testing.assert_allclose(ends.mean(-1), coefficients)


def test_truth_is_within_its_errors(fitted):
    sign = np.sign(fitted.membership_coefficients_[1, 1])
    errors = fitted.standard_errors(ANSWERS, covariates=COVARIATES, method="robust")["membership_coefficients_"][1]
    assert (np.abs(sign * fitted.membership_coefficients_[1] - [-4.5, 0.08, 1.0]) < 3 * errors).all()


def test_predictions_are_bayes_rule(fitted):
    chances = np.array(fitted.probabilities_)[:, :, 1].T
    logits = np.c_[np.ones(500), COVARIATES] @ fitted.membership_coefficients_.T
    joint = softmax(logits, axis=1) * np.where(ANSWERS[:, None], chances, 1 - chances).prod(-1)
    expected = joint / joint.sum(1, keepdims=True)
    np.testing.assert_allclose(fitted.predict_proba(ANSWERS, covariates=COVARIATES), expected, rtol=1e-8)
    np.testing.assert_array_equal(fitted.predict(ANSWERS, covariates=COVARIATES), expected.argmax(1))
    np.testing.assert_allclose(fitted.weights_, softmax(logits, axis=1).mean(0))


def test_units_of_covariates_and_rows_twice(fitted):
    scaled = CategoricalMixture(2, n_init=3, random_state=0).fit(ANSWERS, covariates=1000 * COVARIATES - 7)
    np.testing.assert_allclose(
        1000 * scaled.membership_coefficients_[:, 1:], fitted.membership_coefficients_[:, 1:], rtol=1e-3
    )
    errors = fitted.standard_errors(ANSWERS, covariates=COVARIATES)["membership_coefficients_"]
    both = np.repeat(ANSWERS, 2, 0), np.repeat(COVARIATES, 2, 0)
    twice = fitted.standard_errors(both[0], covariates=both[1])["membership_coefficients_"]
    np.testing.assert_allclose(twice, errors / np.sqrt(2), rtol=1e-6)


def test_frames_gaps_weights_files_and_other_families(fitted, tmp_path):
    suffice.save(fitted, tmp_path / "model")
    again = suffice.load(tmp_path / "model")
    np.testing.assert_array_equal(
        again.predict_proba(ANSWERS, covariates=COVARIATES), fitted.predict_proba(ANSWERS, covariates=COVARIATES)
    )
    rows = np.where(DRAW.random(ANSWERS.shape) < 0.1, np.nan, ANSWERS)
    table = pd.DataFrame(COVARIATES, columns=["age", "town"])
    weight = np.r_[np.full(250, 2.0), np.ones(250)]
    gaps = BernoulliMixture(2, binarize=None, random_state=0).fit(rows, sample_weight=weight, covariates=table)
    assert gaps.covariate_names_.tolist() == ["age", "town"]
    errors = gaps.standard_errors(rows, sample_weight=weight, covariates=table)
    assert np.isfinite(errors["membership_coefficients_"]).all()
    far = np.c_[CLASSES * 5.0 + 1e6 + DRAW.normal(size=500), DRAW.normal(size=500)]
    gaussian = GaussianMixture(2, random_state=0).fit(far, covariates=COVARIATES[:, 0])
    assert abs(gaussian.membership_coefficients_[1, 1]) == pytest.approx(0.08, rel=0.4)
    assert np.sort(gaussian.means_[:, 0]) == pytest.approx([1e6, 1e6 + 5], abs=0.5)
    assert not hasattr(gaussian.fit(far), "membership_coefficients_")


def test_refits_with_covariates(fitted):
    errors = fitted.standard_errors(ANSWERS, covariates=COVARIATES)["membership_coefficients_"][1]
    for method in ("bootstrap", "parametric"):
        found = fitted.standard_errors(ANSWERS, covariates=COVARIATES, method=method, samples=15)
        assert (np.abs(np.log(found["membership_coefficients_"][1] / errors)) < 1).all()


def test_a_covariate_that_tells_the_class_is_said():
    with pytest.warns(HeldParameterWarning, match="Covariates 0 tell a class"):
        sure = BernoulliMixture(2, binarize=None, random_state=0).fit(1.0 * ANSWERS, covariates=CLASSES)
    assert np.isfinite(sure.membership_coefficients_).all()


@pytest.mark.parametrize(
    ("covariates", "said"),
    [
        (COVARIATES[:10], r"\(500, q\) is expected"),
        (np.where(COVARIATES > 60, np.nan, COVARIATES), "missing or infinite"),
        (np.c_[COVARIATES, np.ones(500)], "Covariates 2 hold one value"),
        (np.c_[COVARIATES, COVARIATES.sum(1)], "follow from others"),
        (np.full(500, "town"), "encode labels"),
        (np.zeros((500, 0)), r"\(500, q\) is expected"),
    ],
)
def test_covariates_that_cannot_be_used(covariates, said):
    with pytest.raises(ValueError, match=said):
        BernoulliMixture(2, random_state=0).fit(ANSWERS, covariates=covariates)


def test_covariates_where_they_are_not_expected(fitted):
    plain = BernoulliMixture(2, random_state=0).fit(ANSWERS)
    with pytest.raises(ValueError, match="the fit had none"):
        plain.predict_proba(ANSWERS, covariates=COVARIATES)
    with pytest.raises(ValueError, match="covariates are expected where the fit had some"):
        fitted.standard_errors(ANSWERS)
    with pytest.raises(ValueError, match="2 are expected, as in the fit"):
        fitted.predict(ANSWERS, covariates=COVARIATES[:, 0])
    frozen = BernoulliMixture(2, frozen=["weights"], weights_init=[0.5, 0.5], random_state=0)
    with pytest.raises(ValueError, match="leave one out"):
        frozen.fit(ANSWERS, covariates=COVARIATES)


def test_maximisation_never_lowers_the_likelihood():
    model = MembershipMixture(np.array([[0.0, 0.0, 0.0], [3.0, -2.0, 1.0]]), Bernoulli(CHANCES))
    designed = np.c_[np.ones(500), (COVARIATES - COVARIATES.mean(0)) / COVARIATES.std(0)]
    ends = []
    for _ in range(20):
        sums = model.expectation(False)((1.0 * ANSWERS, designed), np.ones(500))
        ends.append(float(sums.log_likelihood))
        model = model.maximize(sums)
    assert (np.diff(ends) > -1e-9).all()


def test_criteria_and_draws_given_covariates(fitted):
    given = {"covariates": COVARIATES}
    total = fitted.score_samples(ANSWERS, **given).sum()
    assert fitted.score(ANSWERS, **given) == pytest.approx(total / 500)
    assert total / 500 == pytest.approx(fitted.lower_bound_, abs=1e-6)
    assert fitted.bic(ANSWERS, **given) == pytest.approx(-2 * total + (3 + 8) * np.log(500))
    assert fitted.aic(ANSWERS, **given) == pytest.approx(-2 * total + 2 * 11)
    plain = CategoricalMixture(2, n_init=3, random_state=0).fit(ANSWERS)
    assert fitted.bic(ANSWERS, **given) < plain.bic(ANSWERS)
    assert fitted.icl(ANSWERS, **given) > fitted.bic(ANSWERS, **given)
    assert fitted.relative_entropy(ANSWERS, **given) > fitted.relative_entropy(ANSWERS)
    rows, component = fitted.sample(500, **given)
    chance = softmax(np.c_[np.ones(500), COVARIATES] @ fitted.membership_coefficients_.T, axis=1)[:, 1]
    assert component.mean() == pytest.approx(chance.mean(), abs=0.07)
    assert np.corrcoef(component, chance)[0, 1] > 0.25
    assert rows.shape == (500, 4)
    for call, said in [
        (lambda: fitted.sample(3, **given), "one row is drawn for each"),
        (lambda: fitted.sample(component=0, **given), "give one of the two"),
        (lambda: plain.sample(**given), "the fit had none"),
        (lambda: plain.bic(ANSWERS, **given), "the fit had none"),
    ]:
        with pytest.raises(ValueError, match=said):
            call()


def test_covariates_go_by_name_and_criteria_without_them_are_refused():
    table = pd.DataFrame(COVARIATES, columns=["age", "town"])
    model = BernoulliMixture(2, binarize=None, random_state=0).fit(ANSWERS, covariates=table)
    with pytest.raises(ValueError, match=r"columns \['town', 'age'\]; \['age', 'town'\]"):
        model.predict_proba(ANSWERS, covariates=table[["town", "age"]])
    for criterion in (model.bic, model.caic):
        with pytest.raises(ValueError, match="The fit had covariates"):
            criterion(ANSWERS)
    with pytest.raises(ValueError, match="weight_concentration_prior"):
        BernoulliMixture(2, binarize=None, weight_concentration_prior=2.0).fit(ANSWERS, covariates=table)
