"""How many classes, and how well they fit: the bootstrap test, criteria, tables."""

import warnings

import numpy as np
import pytest
from scipy.stats import chi2_contingency

import suffice
from suffice import BernoulliMixture, CategoricalMixture, FactorAnalysis, GaussianMixture, PoissonMixture
from suffice.runtime import computed_by


@pytest.fixture(autouse=True)
def by_numpy():
    with computed_by("numpy"):
        yield


def answers(count, apart):
    """Yes and no to five items, of two groups whose chances differ by so much."""
    draw = np.random.default_rng(0)
    chance = 0.5 + np.array([[apart], [-apart]]) / 2 * np.ones(5)
    return (draw.random((count, 5)) < chance[draw.integers(0, 2, count)]).astype(int)


def test_two_groups_are_told_from_one_and_one_is_not_split():
    rows = answers(150, 0.7)
    clear = suffice.bootstrap_test(BernoulliMixture(1, random_state=0), rows, samples=19)
    assert clear.p_value == 1 / 20
    assert clear.statistic > clear.statistics.max()
    assert clear.n_components == (1, 2)
    one = np.random.default_rng(0).poisson(4.0, (40, 1))
    none = suffice.bootstrap_test(PoissonMixture(1, random_state=0), one, samples=100)
    assert none.p_value > 0.05
    assert len(none.statistics) < 100
    assert "stopped early" in none.outcome


def test_a_test_goes_on_where_it_ended():
    rows = np.random.default_rng(0).poisson(4.0, (40, 1))
    estimator = PoissonMixture(1, random_state=0)
    whole = suffice.bootstrap_test(estimator, rows, samples=4, stop_early=False)
    part = suffice.bootstrap_test(estimator, rows, samples=2, stop_early=False)
    more = suffice.bootstrap_test(estimator, rows, samples=4, stop_early=False, resume=part)
    np.testing.assert_array_equal(more.statistics, whole.statistics)
    assert whole.p_value == more.p_value == (1 + (whole.statistics >= whole.statistic - 1e-6).sum()) / 5
    share = (1 + (whole.statistics >= whole.statistic - 1e-6).sum()) / 6  # never 0 or 1, so that no error is 0
    assert whole.standard_error == pytest.approx(np.sqrt(share * (1 - share) / 4))


def test_labels_gaps_weights_and_factors_are_taken():
    table = np.array(["no", "yes"], object)[answers(60, 0.8)]
    table[::7, 0] = None
    weight = np.r_[np.full(30, 2.0), np.ones(30)]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = suffice.bootstrap_test(CategoricalMixture(1, random_state=0), table, samples=2, sample_weight=weight)
    assert found.statistic > 0
    draw = np.random.default_rng(0)
    rows = draw.standard_normal((80, 2)) @ draw.standard_normal((2, 6)) + draw.standard_normal((80, 6))
    assert suffice.bootstrap_test(FactorAnalysis(1, random_state=0), rows, samples=3).p_value == 0.25


@pytest.mark.parametrize(
    ("estimator", "options", "said"),
    [
        (PoissonMixture(2), {"n_components": 2}, "at least 3"),
        (PoissonMixture(2), {"samples": 0}, "samples=0"),
        (PoissonMixture(0), {}, "n_components=0"),
    ],
)
def test_tests_that_cannot_be_made(estimator, options, said):
    with pytest.raises(ValueError, match=said):
        suffice.bootstrap_test(estimator, np.ones((20, 2)), **options)
    with pytest.raises(ValueError, match="not batches"):
        suffice.bootstrap_test(PoissonMixture(1), [np.ones((5, 1)), np.ones((5, 1))])


def test_criteria_are_those_of_their_papers():
    rows = answers(150, 0.5)
    fitted = BernoulliMixture(2, random_state=0).fit(rows)
    ends, count = -2 * fitted.score(rows) * 150, 11
    assert fitted.sabic(rows) == pytest.approx(ends + count * np.log(152 / 24))
    assert fitted.caic(rows) == pytest.approx(fitted.bic(rows) + count)
    tests = np.random.default_rng(0).standard_normal((50, 1)) + np.random.default_rng(1).standard_normal((50, 4))
    factors = FactorAnalysis(1).fit(tests)
    assert factors.caic(tests) == pytest.approx(factors.bic(tests) + 12)
    found = suffice.select(BernoulliMixture(random_state=0), rows, n_components=[1, 2], criterion="sabic")
    assert found.table["sabic"][1] == pytest.approx(fitted.sabic(rows), rel=1e-4)


def test_rows_that_are_sure_have_no_entropy():
    rows = np.r_[np.zeros(20), np.full(30, 9.0)][:, None] + np.linspace(0, 0.1, 50)[:, None]
    fitted = GaussianMixture(2, random_state=0).fit(rows)
    assert fitted.relative_entropy(rows) == pytest.approx(1)
    np.testing.assert_allclose(fitted.classification_table(rows), np.eye(2), atol=1e-9)
    assert GaussianMixture().fit(rows).relative_entropy(rows) == 1
    binary = answers(200, 0.4)
    vague = BernoulliMixture(2, random_state=0).fit(binary)
    assert 0 < vague.relative_entropy(binary) < 1
    table, share = vague.classification_table(binary), vague.predict_proba(binary)
    np.testing.assert_allclose(table[0], share[share.argmax(1) == 0].mean(0))
    weight = np.full(200, 3.0)
    np.testing.assert_allclose(vague.classification_table(binary, sample_weight=weight), table)


def test_independence_is_pearson_s_test():
    rows = np.random.default_rng(0).integers(0, [2, 3], (300, 2))
    rows[:60, 1] = rows[:60, 0]
    fitted = CategoricalMixture(1).fit(rows)
    counts = np.zeros((2, 3))
    np.add.at(counts, tuple(rows.T), 1)
    pearson, ratio = (
        chi2_contingency(counts, correction=False, lambda_=name) for name in ("pearson", "log-likelihood")
    )
    found = fitted.absolute_fit(rows)
    assert found["dof"] == 2
    assert found["x2"] == pytest.approx(pearson.statistic)
    assert found["g2"] == pytest.approx(ratio.statistic)
    assert found["g2_p_value"] == pytest.approx(ratio.pvalue)
    assert fitted.bivariate_residuals(rows)[0, 1] == pytest.approx(pearson.statistic / 2)
    saturated = CategoricalMixture(2, random_state=0).fit(rows).absolute_fit(rows)
    assert saturated["dof"] < 0
    assert saturated["g2_p_value"] == saturated["x2_p_value"] == 1


def test_tables_of_what_has_none():
    rows = answers(50, 0.5).astype(float)
    with pytest.raises(ValueError, match="'gaussian' have no table"):
        GaussianMixture().fit(rows).bivariate_residuals(rows)
    fitted = BernoulliMixture(2, binarize=None, random_state=0).fit(rows)
    rows[0, 0] = np.nan
    assert np.isfinite(fitted.bivariate_residuals(rows)[0, 1])
    with pytest.raises(ValueError, match="complete rows"):
        fitted.absolute_fit(rows)
    wide = np.random.default_rng(0).integers(0, 2, (30, 25))
    with pytest.raises(ValueError, match="more than 1,000,000"):
        BernoulliMixture().fit(wide).absolute_fit(wide)


def test_patterns_with_their_numbers_are_tested_as_the_rows_are():
    rows = np.random.default_rng(0).poisson(4.0, (300, 1)).astype(float)
    values, counts = np.unique(rows, axis=0, return_counts=True)
    estimator = PoissonMixture(1, random_state=0)
    one = suffice.bootstrap_test(estimator, rows, samples=20, stop_early=False)
    two = suffice.bootstrap_test(estimator, values, sample_weight=counts, samples=20, stop_early=False)
    assert two.statistic == pytest.approx(one.statistic, abs=1e-6)
    assert two.statistics.max() < 3 * one.statistics.max() + 3
    error = [estimator.fit(rows).standard_errors(rows, method="parametric", samples=60)["rates_"][0, 0],
             estimator.fit(values, sample_weight=counts).standard_errors(
                 values, method="parametric", samples=60, sample_weight=counts)["rates_"][0, 0]]  # fmt: skip
    assert abs(np.log(error[1] / error[0])) < 0.5
    with pytest.raises(ValueError, match="resume is a test of"):
        suffice.bootstrap_test(PoissonMixture(2, random_state=0), rows, resume=one)
