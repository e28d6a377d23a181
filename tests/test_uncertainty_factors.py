"""Factors of covariance matrices: published answers, statistics by their definitions, scores, parallel analysis."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import chi2, ncx2

import suffice
from suffice import DegenerateComponentWarning, FactorAnalysis, GaussianMixture
from suffice.latent import LinearGaussian
from suffice.uncertainty.covariance_fit import fit_statistics

DATA = Path(os.environ.get("SUFFICE_DATA", "")) / "tabular"
published = pytest.mark.skipif(
    not (DATA / "ability_cov.csv").is_file(), reason="SUFFICE_DATA names no folder with ability_cov.csv"
)


def rows_of(size, count=300, columns=6):
    draw = np.random.default_rng(0)
    return draw.standard_normal((count, size)) @ draw.standard_normal((size, columns)) + draw.standard_normal(
        (count, columns)
    )


@published
@pytest.mark.parametrize(
    ("file", "rows", "uniquenesses", "value", "freedom"),
    [
        ("ability_cov.csv", 112, [0.455, 0.589, 0.218, 0.769, 0.052, 0.334], 6.11, 4),
        ("physical_cor.csv", 305, [0.170, 0.107, 0.166, 0.199, 0.089, 0.364, 0.416, 0.537], 75.74, 13),
    ],
)
def test_published_factors(file, rows, uniquenesses, value, freedom):
    matrix = pd.read_csv(DATA / file)
    fitted = FactorAnalysis(2).fit_covariance(matrix, n_rows=rows)
    assert (fitted.noise_variance_ / np.diag(matrix)).round(3).tolist() == uniquenesses
    assert round(fitted.fit_statistics_["chi2"], 2) == value
    assert fitted.fit_statistics_["dof"] == freedom
    assert fitted.feature_names_in_.tolist() == matrix.columns.tolist()


def test_a_matrix_says_what_its_rows_do():
    rows = rows_of(2)
    by_rows, matrix = FactorAnalysis(2, rotation="varimax").fit(rows), np.cov(rows.T, ddof=0)
    fitted = FactorAnalysis(2, rotation="varimax").fit_covariance(matrix, n_rows=300)
    np.testing.assert_allclose(fitted.loadings_, by_rows.loadings_, rtol=1e-6)
    for name, value in by_rows.fit_statistics(rows).items():
        assert fitted.fit_statistics_[name] == pytest.approx(value, rel=1e-6)
    twice = by_rows.fit_statistics(rows[:150], sample_weight=np.full(150, 2.0))
    assert twice == pytest.approx(by_rows.fit_statistics(np.repeat(rows[:150], 2, 0)))
    units = np.array([1e3, 1, 1e-3, 1, 2, 5])
    scaled = FactorAnalysis(2).fit_covariance(matrix * units * units[:, None], n_rows=300)
    assert scaled.fit_statistics_ == pytest.approx(fitted.fit_statistics_, rel=1e-6)


def test_statistics_are_those_of_their_definitions():
    rows = rows_of(3, columns=8)
    fitted = FactorAnalysis(1).fit(rows)
    found, freedom = fitted.fit_statistics(rows), 20
    exact = GaussianMixture(reg_covar=0).fit(rows)
    ratio = 2 * (exact.score(rows) - fitted.score(rows)) * (300 - 1 - 21 / 6 - 2 / 3)
    assert found["chi2"] == pytest.approx(ratio)
    assert found["dof"] == freedom
    assert found["p_value"] == pytest.approx(chi2.sf(ratio, freedom))
    assert found["rmsea"] == pytest.approx(np.sqrt((ratio - freedom) / freedom / 299))
    for name, share in (("rmsea_low", 0.95), ("rmsea_high", 0.05)):
        assert ncx2.cdf(ratio, freedom, found[name] ** 2 * freedom * 299) == pytest.approx(share, abs=1e-6)
    scale = np.sqrt(np.diag(np.cov(rows.T, ddof=0)))
    residual = np.corrcoef(rows.T) - fitted.get_covariance() / scale / scale[:, None]
    assert found["srmr"] == pytest.approx(np.sqrt(np.square(residual[np.tril_indices(8)]).mean()))
    alone = -np.linalg.slogdet(np.corrcoef(rows.T))[1] * (299 - 21 / 6) / 28
    assert found["tli"] == pytest.approx((alone - ratio / freedom) / (alone - 1))


def test_a_saturated_model_has_no_test():
    found = (
        FactorAnalysis(1)
        .fit_covariance(np.array([[1, 0.5, 0.4], [0.5, 1, 0.3], [0.4, 0.3, 1]]), n_rows=50)
        .fit_statistics_
    )
    assert found["dof"] == 0
    assert found["chi2"] == pytest.approx(0, abs=1e-6)
    assert [found[name] for name in ("p_value", "rmsea", "rmsea_low", "rmsea_high", "tli")] == [1, 0, 0, 0, 1]


def nearly_singular(distance):
    draw = np.random.default_rng(5)
    values = draw.standard_normal((200, 6)) @ draw.standard_normal((6, 6))
    values[:, 5] = values[:, 4] + distance * draw.standard_normal(200)
    return np.corrcoef(values.T)


@pytest.mark.filterwarnings("ignore::suffice.outcome.DegenerateComponentWarning")
def test_columns_that_follow_from_others_have_the_limits_of_their_statistics():
    singular = nearly_singular(0.0)
    singular[4], singular[:, 4] = singular[5], singular[:, 5]
    singular[4, 4] = singular[4, 5] = singular[5, 4] = 1.0
    found = FactorAnalysis(2).fit_covariance(singular, n_rows=200).fit_statistics_
    assert [found[name] for name in ("chi2", "p_value", "rmsea", "rmsea_low")] == [np.inf, 0, np.inf, np.inf]
    far, near = (FactorAnalysis(2).fit_covariance(nearly_singular(d), n_rows=200).fit_statistics_ for d in (1e-4, 1e-6))
    assert abs(found["tli"] - near["tli"]) < abs(found["tli"] - far["tli"])
    assert np.isfinite(found["srmr"])


def test_factors_of_columns_that_go_together_in_nothing():
    alone = np.eye(6) + 0.001 * (nearly_singular(1.0) - np.eye(6))
    fitted = FactorAnalysis(1).fit_covariance(alone, n_rows=100)
    assert fitted.fit_statistics_["tli"] == 1
    assert fitted.fit_statistics_["rmsea"] == 0
    worse = fit_statistics(LinearGaussian(np.zeros(6), np.full((6, 1), 0.9), np.full(6, 0.19)), np.eye(6), 100)
    assert worse["tli"] == 0


@pytest.mark.parametrize("rotation", [None, "varimax", "promax"])
def test_scores(rotation):
    rows = rows_of(2)
    fitted = FactorAnalysis(2, rotation=rotation).fit(rows)
    scaled = fitted.loadings_.T / fitted.noise_variance_
    likeliest = np.linalg.solve(scaled @ fitted.loadings_, scaled @ (rows - fitted.mean_).T).T
    np.testing.assert_allclose(fitted.scores(rows, "bartlett"), likeliest, rtol=1e-6, atol=1e-9)
    np.testing.assert_array_equal(fitted.scores(rows), fitted.transform(rows))
    rows[0, 1:], rows[1, :] = np.nan, np.nan
    few = fitted.scores(rows, "bartlett")
    assert np.isfinite(few).all()
    np.testing.assert_allclose(few[1], 0, atol=1e-12)
    assert few[0] @ fitted.loadings_[0] + fitted.mean_[0] == pytest.approx(rows[0, 0])


def test_parallel_analysis_finds_the_factors():
    rows = rows_of(2, columns=8)
    found = suffice.parallel_analysis(rows, samples=40, random_state=0)
    assert found.n_components == 2
    assert found.outcome.startswith("2 factors")
    np.testing.assert_allclose(found.eigenvalues, np.linalg.eigvalsh(np.corrcoef(rows.T))[::-1])
    by_matrix = suffice.parallel_analysis(np.cov(rows.T), n_rows=300, samples=40, random_state=0)
    np.testing.assert_allclose(by_matrix.thresholds, found.thresholds)
    rows[np.random.default_rng(1).random(rows.shape) < 0.1] = np.nan
    assert suffice.parallel_analysis(rows, samples=40, random_state=0).n_components == 2
    nothing = np.random.default_rng(2).standard_normal((200, 5))
    assert suffice.parallel_analysis(nothing, samples=200, random_state=0).n_components == 0


def test_heywood_cases_are_told():
    matrix = np.array([[1, 0.8, 0.8], [0.8, 1, 0.4], [0.8, 0.4, 1]])
    with pytest.warns(DegenerateComponentWarning, match="Columns 0 have no noise"):
        FactorAnalysis(1).fit_covariance(matrix, n_rows=100)


@pytest.mark.parametrize(
    ("matrix", "rows", "said"),
    [
        (np.ones((2, 3)), 100, r"shape \(2, 3\)"),
        (np.array([[1, 2.0], [2.0, 1]]), 100, "no covariance"),
        (np.array([[1, 0.5], [0.1, 1]]), 100, "no covariance"),
        (np.array([[1, np.nan], [np.nan, 1]]), 100, "not finite"),
        (np.diag([1.0, 0.0]), 100, "not above 0"),
        (np.eye(6) + 0.5, 4, "too few"),
        (np.eye(6) + 0.5, 0, "n_rows=0"),
    ],
)
def test_matrices_that_are_none(matrix, rows, said):
    with pytest.raises(ValueError, match=said):
        FactorAnalysis(1).fit_covariance(matrix, n_rows=rows)


def test_questions_that_have_no_answer():
    rows = rows_of(1)
    fitted = FactorAnalysis(1).fit(rows)
    with pytest.raises(ValueError, match="method='thurstone'"):
        fitted.scores(rows, "thurstone")
    rows[0, 0] = np.nan
    with pytest.raises(ValueError, match="complete rows"):
        fitted.fit_statistics(rows)
    with pytest.raises(ValueError, match="quantile=95"):
        suffice.parallel_analysis(rows, quantile=95)
    with pytest.raises(ValueError, match="one value only"):
        suffice.parallel_analysis(np.c_[rows, np.ones(300)])
    with pytest.raises(ValueError, match=r"shape \(300,\)"):
        suffice.parallel_analysis(rows[:, 1])
