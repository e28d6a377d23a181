"""What does not change an answer: the scale of weights, units, the order of rows, constant and repeated columns, precision."""

from functools import cache, partial

import numpy as np
import pytest
from estimators import BINARY, CODES, COUNTS, ESTIMATORS, GROUP, OF_EACH_KIND, REAL, SPREAD, WAITS, Row, having
from sklearn.metrics import adjusted_rand_score

from suffice import CategoricalMixture, GaussianClassifier, GaussianMixture, PoissonMixture, select

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::suffice.DegenerateComponentWarning"),
]
DRAW = np.random.default_rng(5)
GROUPS = np.repeat(np.arange(3), 40)
LABELS = (GROUPS[:, None] + np.arange(4)) % 3
NOISY = np.where(DRAW.random(LABELS.shape) < 0.03, DRAW.integers(0, 3, LABELS.shape), LABELS).astype(float)
APART = [
    (REAL, np.array([-9.0, 0.0, 9.0])[LABELS] + DRAW.standard_normal(LABELS.shape)),
    (BINARY, (DRAW.random((120, 12)) < np.where(np.tile(LABELS, 3) == 0, 0.98, 0.02)).astype(float)),
    (CODES, NOISY),
    (COUNTS, DRAW.poisson(np.array([1.0, 40.0, 400.0])[LABELS]).astype(float)),
    (SPREAD, DRAW.poisson(np.array([1.0, 40.0, 400.0])[LABELS]).astype(float)),
    (WAITS, DRAW.exponential(np.array([1.0, 1e3, 1e6])[LABELS])),
]
MIXTURES = [row for row in ESTIMATORS if "mixture" in row.can]
EACH_UNIT, ONE_UNIT = np.array([1e-6, 1.0, 1e3, 1e6]), np.full(4, 1e5)


def apart(row: Row) -> np.ndarray:
    """Rows like those of the table in three groups that any start finds."""
    return next((rows for like, rows in APART if like is row.X), row.X)


def groups(row: Row, X: np.ndarray, **options) -> np.ndarray:
    """Components of rows by the best of several starts."""
    return fit(row, X, row.make(n_init=5), **options).predict(X)


def fit(row: Row, X: np.ndarray, made=None, **options):
    made = row.make() if made is None else made
    return made.fit(X, **options) if row.y is None else made.fit(X, row.y, **options)


@cache
def plain(row: Row):
    """The fit to rows as they are, beside which laws put others."""
    return fit(row, row.X)


@cache
def plain_groups(row: Row) -> np.ndarray:
    return groups(row, apart(row))


def said(fitted, X: np.ndarray) -> np.ndarray:
    if not hasattr(fitted, "predict_proba"):
        return fitted.transform(X)
    found = fitted.predict_proba(X)
    return np.column_stack(list(found.values())) if isinstance(found, dict) else found


def same(one: np.ndarray, other: np.ndarray, tolerance: float = 1e-5) -> None:
    np.testing.assert_allclose(other, one, rtol=tolerance, atol=tolerance)


def counts_of(row: Row) -> np.ndarray:
    weight = np.random.default_rng(1).uniform(0.2, 1.8, len(row.X))
    return weight * len(weight) / weight.sum()


@cache
def counted_by(row: Row):
    return fit(row, row.X, sample_weight=counts_of(row))


@having("weights")
@pytest.mark.parametrize("size", [1e-3, 1e-300, 1e300], ids=str)
def test_weights_that_count_no_rows_are_relative_and_that_is_said(row, size):
    weight = counts_of(row)
    counted, relative = counted_by(row), fit(row, row.X, sample_weight=size * weight)
    same(said(counted, row.X), said(relative, row.X))
    assert "relative" in relative.outcome_
    assert f"scaled to sum to {len(weight)}" in relative.outcome_
    assert "relative" not in counted.outcome_


@having("weights", "mixture")
def test_criteria_count_rows_of_relative_weights(row):
    fitted, weight = plain(row), np.full(len(row.X), 1e-4)
    assert fitted.bic(row.X, sample_weight=weight) == pytest.approx(fitted.bic(row.X), rel=1e-12)
    relative = fit(row, row.X, sample_weight=weight)
    assert relative.effective_rows_ == pytest.approx(len(row.X))


def test_a_selection_and_a_prior_see_rows_in_relative_weights():
    X, weight = apart(MIXTURES[0]), np.full(120, 1 / 120)
    found = select(GaussianMixture(random_state=0), X, n_components=[1, 2, 3, 4], sample_weight=weight)
    assert found.best.n_components == 3
    assert "relative" in found.outcome
    for mixture in (
        GaussianMixture(3, prior_strength=20.0, random_state=0),
        PoissonMixture(3, prior_strength=5, random_state=0),
    ):
        rows = abs(np.rint(X))
        same(mixture.fit(rows).predict_proba(rows), mixture.fit(rows, sample_weight=weight).predict_proba(rows))


@pytest.mark.parametrize("row", MIXTURES, ids=str)
def test_starts_see_rows_in_relative_weights(row):
    X = apart(row)
    if row.X is not OF_EACH_KIND:
        assert adjusted_rand_score(GROUPS, groups(row, X, sample_weight=np.full(len(X), 1e-6))) > 0.97


def test_weights_of_batches_are_relative_to_one_another():
    X = apart(MIXTURES[0])
    weight = np.where(np.arange(120) % 2, 3e-5, 1e-5)
    whole = GaussianMixture(3, random_state=0).fit(X, sample_weight=weight)
    parts = list(zip(np.split(X, 3), np.split(weight, 3), strict=True))
    stream = GaussianMixture(3, random_state=0).fit(parts)
    same(np.sort(whole.means_, 0), np.sort(stream.means_, 0))
    assert whole.outcome_[-60:] == stream.outcome_[-60:]


@having("classifier", "partial_fit", "weights")
def test_pieces_of_relative_weight_give_what_all_rows_at_once_give(row):
    if "MixtureClassifier" in str(row):
        return
    weight = np.where(np.arange(len(row.X)) % 3, 1e-3, 2e-3)
    whole, pieces = fit(row, row.X, sample_weight=weight), row.make()
    for part in (slice(0, 50), slice(50, None)):
        pieces.partial_fit(row.X[part], row.y[part], classes=np.unique(row.y), sample_weight=weight[part])
    same(said(whole, row.X), said(pieces, row.X), 1e-9)


@having("weights")
def test_the_order_of_rows_does_not_matter(row):
    order = np.random.default_rng(2).permutation(len(row.X))
    shuffled = row.make().fit(row.X[order], *(() if row.y is None else (row.y[order],)))
    same(said(plain(row), row.X), said(shuffled, row.X))


@pytest.mark.parametrize("row", [row for row in ESTIMATORS if {"units", "unit"} & row.can], ids=str)
def test_units_do_not_matter(row):
    unit = ONE_UNIT if "unit" in row.can else EACH_UNIT
    if "mixture" in row.can:
        assert adjusted_rand_score(plain_groups(row), groups(row, apart(row) * unit)) == 1
    elif "classifier" in row.can:
        same(said(plain(row), row.X), said(fit(row, row.X * unit), row.X * unit))
    else:
        raw, scaled = plain(row), row.accepting(noise_variance=None).fit(row.X * unit)
        assert scaled.score(row.X * unit) + np.log(unit).sum() == pytest.approx(raw.score(row.X), abs=1e-4)


@pytest.mark.parametrize("row", [row for row in MIXTURES if not {"unit", "labelled"} & row.can], ids=str)
def test_a_constant_column_leaves_the_partition(row):
    X = apart(row)
    wide = np.column_stack([X, np.ones(len(X))])
    assert adjusted_rand_score(plain_groups(row), groups(row, wide)) == 1


@having("classifier", "units")
def test_a_constant_column_tells_classes_nothing(row):
    wide = np.column_stack([row.X, np.full(len(row.X), 7.0)])
    same(said(plain(row), row.X), said(fit(row, wide), wide))


@pytest.mark.parametrize("row", [row for row in MIXTURES if row.X is not OF_EACH_KIND], ids=str)
def test_a_repeated_column_gives_no_nan_and_counts_twice_where_columns_are_independent(row):
    X = apart(row)
    wide = np.column_stack([X, X[:, 0]])
    fitted = fit(row, wide, row.accepting(n_init=5, max_iter=60))
    assert np.isfinite(fitted.score(wide))
    assert adjusted_rand_score(plain_groups(row), fitted.predict(wide)) == 1
    if "independent" in row.can:
        first, last = fitted.model_.components.parameters_of_columns()[:: wide.shape[1] - 1]
        for name, values in first.items():
            same(values, last[name])


@having("classifier", "dependent")
def test_a_repeated_column_tells_classes_nothing_where_columns_depend_on_one_another(row):
    wide = np.column_stack([row.X, row.X[:, 0]])
    same(said(plain(row), row.X), said(fit(row, wide), wide))


REPEATED = {
    "diagonal": (partial(GaussianClassifier, "diag"), REAL),
    "tied diagonal": (GaussianClassifier, REAL),
}


@pytest.mark.parametrize("name", REPEATED)
def test_a_repeated_column_counts_twice_where_columns_are_independent(name):
    make, X = REPEATED[name]
    whole, alone = make().fit(X, GROUP), make().fit(X[:, :1], GROUP)
    wide = np.column_stack([X, X[:, 0]])
    joint = whole.predict_log_proba(X) + alone.predict_log_proba(X[:, :1]) - np.log(whole.class_prior_)
    same(joint - np.logaddexp.reduce(joint, axis=1, keepdims=True), make().fit(wide, GROUP).predict_log_proba(wide))


@having("factors")
def test_factors_of_a_repeated_column_are_finite(row):
    wide = np.column_stack([row.X, row.X[:, 0]])
    fitted = row.accepting(mean=None).fit(wide)
    assert np.isfinite(fitted.score(wide))
    assert np.isfinite(fitted.transform(wide)).all()


@having("weights")
def test_single_precision_is_near_double(row):
    if "precision" not in row.make().get_params():
        return
    start = row.started if "begins" in row.can else {}
    double, single = (fit(row, row.X, row.make(precision=kind, **start)) for kind in ("float64", "float32"))
    same(said(double, row.X), said(single, row.X), 5e-2)


def test_a_prior_of_categories_is_not_drowned_by_small_weights():
    """Starts met one row of the prior, which outweighed rows that together weigh 1."""
    rows = NOISY
    mixture = CategoricalMixture(3, random_state=0).fit(rows, sample_weight=np.full(len(rows), 1 / len(rows)))
    assert adjusted_rand_score(GROUPS, mixture.predict(rows)) > 0.95
