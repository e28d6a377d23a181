"""Missing cells: what is computed with them equals a direct computation row by row."""

import warnings

import jax
import numpy as np
import pytest
from densities import whole_covariance
from estimators import ESTIMATORS, with_gaps
from table import CASES, COMPONENTS

from suffice import BernoulliMixture, DegenerateComponentWarning, GaussianMixture
from suffice.fit import em
from suffice.latent import Bernoulli, Gaussian, Mixture
from suffice.rows.host import Host
from suffice.rows.patterns import grouped, pattern_blocks
from suffice.rows.place import place
from suffice.runtime.precision import scope

COVARIANCE_TYPES = [row.make().covariance_type for row in ESTIMATORS if "gaussian" in row.can]
MASKED = {case.name: case for case in CASES if case.name.endswith("missing cells")}
MATRICES = [case for name, case in MASKED.items() if ("full" in name or "tied" in name) and "diagonal" not in name]
INDEPENDENT = [case for name, case in MASKED.items() if "diagonal" in name or "spherical" in name]


def mixture_rows(count, columns=5, seed=0):
    draw = np.random.default_rng(seed)
    centres, factors = 3 * draw.standard_normal((3, columns)), draw.standard_normal((3, columns, columns))
    component = draw.integers(3, size=count)
    return centres[component] + np.einsum("nij,nj->ni", factors[component], draw.standard_normal((count, columns)))


def binary_rows(count, columns=8, seed=0):
    draw = np.random.default_rng(seed)
    chance = draw.uniform(0.1, 0.9, (2, columns))
    return (draw.random((count, columns)) < chance[draw.integers(2, size=count)]).astype(float)


def completed(mean, covariance, row):
    """Conditional mean and covariance of a row given its observed cells, by the formula on the covariance."""
    seen = ~np.isnan(row)
    filled, spread = np.where(seen, row, mean), np.zeros_like(covariance)
    across = np.linalg.solve(covariance[np.ix_(seen, seen)], covariance[np.ix_(seen, ~seen)]).T
    filled[~seen] += across @ (row[seen] - mean[seen])
    spread[np.ix_(~seen, ~seen)] = covariance[np.ix_(~seen, ~seen)] - across @ covariance[np.ix_(seen, ~seen)]
    return filled, spread


@pytest.mark.parametrize("case", MATRICES, ids=str)
def test_an_iteration_equals_regressions_row_by_row(case):
    model, rows = case.model, case.data
    share = model.responsibilities(rows)
    matrices = [whole_covariance(model.components, k) for k in range(COMPONENTS)]
    parts = [[completed(model.components.means[k], matrices[k], row) for k in range(COMPONENTS)] for row in rows]
    filled = np.array([[part[0] for part in row] for row in parts])
    spread = np.array([[part[1] for part in row] for row in parts])
    counts = share.sum(0)
    means = np.einsum("nk,nkd->kd", share, filled) / counts[:, None]
    deviation = filled - means
    second = np.einsum("nk,nkde->kde", share, np.einsum("nkd,nke->nkde", deviation, deviation) + spread)
    tied = "tied" in case.name
    covariances = second.sum(0) / counts.sum() if tied else second / counts[:, None, None]
    found = em(model, rows, max_iter=1, tol=0).model
    np.testing.assert_allclose(found.weights, counts / len(rows), rtol=1e-10)
    np.testing.assert_allclose(found.components.means, means, rtol=1e-8)
    np.testing.assert_allclose(found.components.covariances, covariances, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("case", INDEPENDENT, ids=str)
def test_an_iteration_equals_moments_of_observed_cells(case):
    model, rows = case.model, case.data
    share, seen = model.responsibilities(rows), ~np.isnan(rows)
    counts = share.T @ seen
    means = share.T @ np.nan_to_num(rows) / counts
    square = np.where(seen[:, None], np.square(np.nan_to_num(rows)[:, None] - means), 0)
    total = np.einsum("nk,nkd->kd", share, square)
    own = total / counts if "diagonal" in case.name else total.sum(1) / counts.sum(1)
    covariances = total.sum(0) / counts.sum(0) if "tied" in case.name else own
    found = em(model, rows, max_iter=1, tol=0).model.components
    np.testing.assert_allclose(found.means, means, rtol=1e-8)
    np.testing.assert_allclose(found.covariances, covariances, rtol=1e-8)


@pytest.mark.parametrize("case", list(MASKED.values()), ids=str)
def test_a_missing_column_is_the_marginal_model(case):
    rows = np.nan_to_num(case.data)
    hidden, kept = rows.copy(), [0, 2, 3]
    hidden[:, 1] = np.nan
    np.testing.assert_allclose(
        case.model.log_density(hidden), case.model.marginal(kept).log_density(rows[:, kept]), rtol=1e-11
    )
    np.testing.assert_allclose(
        case.model.responsibilities(hidden), case.model.marginal(kept).responsibilities(rows[:, kept]), atol=1e-12
    )


@pytest.mark.parametrize("case", [case for case in CASES if case.name + ", missing cells" in MASKED], ids=str)
def test_a_mask_that_hides_nothing_changes_nothing(case):
    plain = place(case.data, None, precision="float64", tile=64)
    masked = place(case.data, None, precision="float64", tile=64, missing=case.model.missing)
    one, other = (em(case.model, rows, max_iter=5, tol=0) for rows in (plain, masked))
    np.testing.assert_allclose(one.trace, other.trace, rtol=1e-11)
    for a, b in zip(jax.tree.leaves(one.model), jax.tree.leaves(other.model), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_intervals_of_imputed_cells_cover_as_often_as_they_say(covariance_type):
    """The rows are drawn from the fitted model, so that it is true; 12,000 missing cells: 0.3 % standard error."""
    mixture = GaussianMixture(1, covariance_type=covariance_type, random_state=0).fit(mixture_rows(500))
    rows, _ = mixture.sample(8000)
    hidden = with_gaps(rows, 0.3)
    gaps = np.isnan(hidden)
    refitted = GaussianMixture(1, covariance_type=covariance_type, tol=1e-6).fit(hidden)
    filled, deviation = refitted.impute(hidden, return_std=True)
    inside = np.abs(filled - rows)[gaps] < 1.6449 * deviation[gaps]
    assert 0.88 < inside.mean() < 0.92
    assert np.array_equal(filled[~gaps], rows[~gaps])
    assert (deviation[~gaps] == 0).all()


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_draws_have_the_mean_and_deviation_that_imputation_says(covariance_type):
    rows = mixture_rows(300)
    hidden = with_gaps(rows, 0.4)
    mixture = GaussianMixture(3, covariance_type=covariance_type, random_state=0).fit(hidden)
    filled, deviation = mixture.impute(hidden[:20], return_std=True)
    draws = mixture.impute(hidden[:20], draws=4000)
    gaps = np.isnan(hidden[:20])
    error = deviation[gaps] / np.sqrt(4000)
    assert (np.abs(draws.mean(0)[gaps] - filled[gaps]) < 5 * error).all()
    np.testing.assert_allclose(draws.std(0)[gaps], deviation[gaps], rtol=0.12)
    assert np.array_equal(draws[:, ~gaps], np.broadcast_to(hidden[:20][~gaps], draws[:, ~gaps].shape))
    assert np.array_equal(draws, mixture.impute(hidden[:20], draws=4000))


def test_draws_of_binary_cells_are_binary_and_as_frequent_as_imputation_says():
    hidden = with_gaps(binary_rows(500), 0.3)
    mixture = BernoulliMixture(2, random_state=0).fit(hidden)
    filled, deviation = mixture.impute(hidden, return_std=True)
    gaps = np.isnan(hidden)
    draws = mixture.impute(hidden, draws=200)
    assert set(np.unique(draws)) == {0, 1}
    np.testing.assert_allclose(deviation[gaps], np.sqrt(filled[gaps] * (1 - filled[gaps])))
    error = deviation[gaps] / np.sqrt(200)
    assert np.abs((draws.mean(0)[gaps] - filled[gaps]) / error).max() < 6


def test_regression_from_a_single_gaussian_is_least_squares():
    rows = mixture_rows(400, 4)
    mixture = GaussianMixture(1, reg_covar=0).fit(rows)
    given = rows[:, [3, 0]]
    design = np.c_[given, np.ones(len(rows))]
    fitted = design @ np.linalg.lstsq(design, rows[:, [1, 2]], rcond=None)[0]
    found, deviation = mixture.regress(given, [3, 0], return_std=True)
    np.testing.assert_allclose(found, fitted, rtol=1e-8)
    residual = np.sqrt(np.square(fitted - rows[:, [1, 2]]).mean(0))
    np.testing.assert_allclose(deviation, np.broadcast_to(residual, deviation.shape), rtol=1e-8)


def test_regression_refuses_what_it_cannot_do():
    mixture = GaussianMixture(1).fit(mixture_rows(50, 3))
    for given, X, message in [
        ([0, 1, 2], np.ones((2, 3)), "All columns are given"),
        ([0], np.ones((2, 2)), r"\(rows, 1\) is expected"),
        ([7], np.ones((2, 1)), "Column 7 is not known"),
    ]:
        with pytest.raises(ValueError, match=message):
            mixture.regress(X, given)
    with pytest.raises(ValueError, match="one of the two"):
        mixture.impute(np.ones((2, 3)), return_std=True, draws=2)
    with pytest.raises(ValueError, match="draws=0"):
        mixture.impute(np.ones((2, 3)), draws=0)


@pytest.mark.parametrize("covariance_type", COVARIANCE_TYPES)
def test_a_fit_with_gaps_finds_what_a_complete_fit_finds_far_from_zero(covariance_type):
    """Margins are five standard errors of a mean of 20,000 rows of which a fifth of the cells are gone."""
    draw, offset = np.random.default_rng(1), 1e6
    centres = np.array([[0.0, 0, 0], [8, 0, 0], [0, 8, 8]])
    rows = centres[draw.integers(3, size=20_000)] + draw.standard_normal((20_000, 3))
    mixture = GaussianMixture(3, covariance_type=covariance_type, random_state=0)
    mixture.fit(with_gaps(rows, 0.2) + offset)
    found = mixture.means_[np.lexsort(mixture.means_.round().T)] - offset
    expected = centres[np.lexsort(centres.T)]
    assert np.abs(found - expected).max() < 5 / np.sqrt(0.8 * 20_000 / 3) + 1e-3


def test_few_shapes_are_compiled():
    """Blocks have as many shapes as there are powers of two up to the number of columns, whatever the rows."""
    shapes = set()
    for seed, count in enumerate((3000, 17_000, 90_000)):
        rows = with_gaps(np.random.default_rng(seed).standard_normal((count, 12)), 0.2)
        makers, order = pattern_blocks(rows, np.ones(count), None, np.float64, 512)
        assert np.array_equal(np.sort(order), np.arange(count))
        shapes |= {make().arrays.missing.shape[2] for make in makers}
        assert len({make().arrays.missing.shape for make in makers}) <= 6
    assert shapes <= {0, 1, 2, 4, 8, 12}


def test_no_pattern_lists_more_columns_than_there_are():
    rows = np.random.default_rng(0).normal(size=(600, 20))
    rows[np.random.default_rng(1).random(rows.shape) < 0.85] = np.nan
    assert max(group.missing.shape[1] for group in grouped(rows)) == 20


def test_many_rows_with_regressed_cells_are_left_to_compiled_programs():
    """Not so many rows whose columns are independent."""
    rows = np.zeros((400, 20))
    rows[0, 0] = np.nan
    with scope("float64"):
        placed = [
            place(rows, precision="float64", tile=256, width=20, missing=layout) for layout in ("mask", "patterns")
        ]
    assert [isinstance(each, Host) for each in placed] == [True, False]


def test_rows_without_any_value_count_for_the_weights_alone():
    rows = mixture_rows(200)
    empty = np.full((50, 5), np.nan)
    mixture = GaussianMixture(2, random_state=0, tol=0, max_iter=3)
    with pytest.warns(UserWarning, match="limit"):
        mixture.fit(np.r_[rows, empty])
    np.testing.assert_allclose(mixture.score_samples(empty), 0, atol=1e-12)
    np.testing.assert_allclose(mixture.predict_proba(empty), np.tile(mixture.weights_, (50, 1)), rtol=1e-10)
    np.testing.assert_allclose(mixture.impute(empty)[0], mixture.weights_ @ mixture.means_, rtol=1e-10)


@pytest.mark.parametrize("estimator", [GaussianMixture(), BernoulliMixture()], ids=["gaussian", "bernoulli"])
def test_a_column_without_any_value_is_refused_by_name(estimator):
    import pandas as pd

    frame = pd.DataFrame({"a": [0.0, 1.0, 1.0], "empty": [np.nan] * 3})
    with pytest.raises(ValueError, match="Columns empty hold no value"):
        estimator.fit(frame)
    with pytest.raises(ValueError, match="Columns 1 hold no value"):
        estimator.fit(np.c_[[0.0, 1, 1], [1.0, np.nan, np.nan]], sample_weight=[0, 1, 1])


def test_a_component_that_never_sees_a_column_keeps_what_it_had():
    rows = np.array([[0.0, np.nan], [0.1, np.nan], [9.0, 1.0], [9.1, 2.0]])
    for kind in ("diag", "spherical"):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DegenerateComponentWarning)
            mixture = GaussianMixture(2, covariance_type=kind, random_state=0).fit(rows)
        assert np.isfinite(mixture.means_).all()
        assert (mixture.covariances_ > 0).all()
        assert np.isfinite(mixture.score(rows))


def test_cells_of_whole_number_rows_keep_their_code_of_missing():
    hidden = with_gaps(binary_rows(200), 0.2)
    loose, strict = BernoulliMixture(2, random_state=0), BernoulliMixture(2, binarize=None, random_state=0)
    np.testing.assert_array_equal(loose.fit(hidden).probabilities_, strict.fit(hidden).probabilities_)
    assert np.nanmax(loose.probabilities_) <= 1


def test_nearly_equal_columns_lose_no_digits():
    """A column that repeats another but for 1e-5 has a precision of 1e10; its cells are then known from the other."""
    draw = np.random.default_rng(0)
    first = draw.standard_normal((2000, 1))
    rows = np.c_[first, first + 1e-5 * draw.standard_normal((2000, 1)), draw.standard_normal((2000, 1))]
    hidden = rows.copy()
    hidden[:500, 1] = np.nan
    mixture = GaussianMixture(1, reg_covar=0, tol=1e-9).fit(hidden)
    filled, deviation = mixture.impute(hidden, return_std=True)
    np.testing.assert_allclose(deviation[:500, 1], 1e-5, rtol=0.1)
    assert np.abs(filled - rows)[:500, 1].max() < 6e-5


class Complete(Bernoulli):
    """A family that does not take missing cells."""

    missing = None


def test_a_family_that_takes_no_missing_cells_says_so():
    model = Mixture(np.full(2, 0.5), Complete(np.full((2, 8), 0.4)))
    assert np.isfinite(em(model, binary_rows(50), max_iter=2).trace).all()
    with pytest.raises(ValueError, match=r"Cells are missing .* take none"):
        em(model, with_gaps(binary_rows(50), 0.1))


def test_restarts_share_patterns():
    rows = with_gaps(mixture_rows(400), 0.3)
    draw = np.random.default_rng(2)
    means = draw.standard_normal((3, 2, 5))
    start = [Mixture(np.full(2, 0.5), Gaussian(mean, np.tile(np.eye(5), (2, 1, 1)))) for mean in means]
    together = Mixture(np.full((3, 2), 0.5), Gaussian(means, np.tile(np.eye(5), (3, 2, 1, 1))))
    batch = em(together, rows, max_iter=4, tol=0)
    for r, model in enumerate(start):
        np.testing.assert_allclose(batch.trace[:, r], em(model, rows, max_iter=4, tol=0).trace, rtol=1e-10)


def test_iterations_on_a_sample_bring_the_start_nearer(monkeypatch):
    """Of more rows than the sample has; starts that are given stay what they are."""
    draw = np.random.default_rng(5)
    component = draw.integers(3, size=9000)
    centres, mixing = 2 * draw.standard_normal((3, 4)), draw.standard_normal((4, 4))
    rows = with_gaps(centres[component] + draw.standard_normal((9000, 4)) @ mixing, 0.3)
    nearer = GaussianMixture(3, random_state=0).fit(rows)
    given = {"means_init": centres}
    from_centres = GaussianMixture(3, random_state=0, max_iter=2, tol=1e9, **given).fit(rows).lower_bounds_[0]
    monkeypatch.setattr("suffice.fit.start.SAMPLE_ITERATIONS", 0)
    plain = GaussianMixture(3, random_state=0).fit(rows)
    assert nearer.lower_bounds_[0] > plain.lower_bounds_[0] + 0.01
    assert nearer.n_iter_ < plain.n_iter_
    assert nearer.lower_bound_ > plain.lower_bound_ - 2e-3
    assert GaussianMixture(3, random_state=0, max_iter=2, tol=1e9, **given).fit(rows).lower_bounds_[0] == from_centres
