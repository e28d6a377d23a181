"""Laws of every estimator of ``estimators.py``: files, weights, streams, missing cells, checkpoints, and what a mixture lacks."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from estimators import ESTIMATORS, FEATURES_OF_MIXTURES, Row, having

from suffice import FileError, load, save, select

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::suffice.DegenerateComponentWarning"),
    pytest.mark.filterwarnings("ignore::suffice.SaturatedUnitWarning"),
]


def fit(row: Row, X, estimator=None, **options):
    estimator = row.make() if estimator is None else estimator
    return estimator.fit(X, **options) if row.y is None else estimator.fit(X, row.y, **options)


def said(estimator, X):
    """What a fitted estimator says of rows."""
    for method in ("predict_proba", "score_samples", "transform", "predict"):
        if hasattr(estimator, method):
            found = getattr(estimator, method)(X)
            return np.column_stack(list(found.values())) if isinstance(found, dict) else np.asarray(found)
    return estimator.denoise(X).images


def parts(rows):
    return np.split(rows, 2)


@pytest.mark.parametrize("row", ESTIMATORS, ids=str)
def test_a_loaded_estimator_says_the_same(row, tmp_path):
    fitted = row.make() if "denoiser" in row.can else fit(row, row.X)
    loaded = load(save(fitted, tmp_path / "model"))
    np.testing.assert_array_equal(said(loaded, row.X), said(fitted, row.X))
    if hasattr(fitted, "get_params"):
        assert str(loaded.get_params()) == str(fitted.get_params())


@having("weights")
def test_weight_two_is_the_row_twice_and_weight_zero_is_no_row(row):
    half = len(row.X) // 2
    twice = np.tile(row.X[:half], (2, 1))
    y = {} if row.y is None else {"y": np.tile(row.y[:half], 2)}
    weighted = row.make().fit(
        row.X, **({} if row.y is None else {"y": row.y}), sample_weight=np.repeat([2.0, 0.0], half)
    )
    np.testing.assert_allclose(said(weighted, row.X), said(row.make().fit(twice, **y), row.X), rtol=1e-6, atol=1e-6)


@having("missing")
def test_cells_may_be_missing_and_are_filled_where_rows_have_a_density(row):
    fitted = fit(row, row.with_gaps)
    assert np.isfinite(said(fitted, row.with_gaps)).all()
    assert np.isfinite(said(fitted, np.full_like(row.X, np.nan)[:2])).all()
    if not hasattr(fitted, "impute"):
        return
    filled, seen = np.asarray(fitted.impute(row.with_gaps), float), ~np.isnan(row.with_gaps)
    np.testing.assert_array_equal(filled[seen], row.X[seen])
    assert np.isfinite(filled).all()


@having("mixture", "missing")
def test_the_likelihood_never_falls_with_cells_missing_and_all_are_scored_as_the_fit_says(row):
    shorter, longer = (row.make(tol=0, max_iter=most, prior_strength=0.0).fit(row.with_gaps) for most in (5, 20))
    assert np.diff(longer.lower_bounds_).min() > -1e-12
    assert shorter.score(row.with_gaps) == pytest.approx(longer.lower_bounds_[5], abs=1e-10)


@having("streams")
def test_rows_of_a_stream_are_scored_one_by_one(row):
    fitted = row.make().fit(row.with_gaps)
    np.testing.assert_allclose(
        fitted.score_samples(parts(row.with_gaps)), fitted.score_samples(row.with_gaps), rtol=1e-10
    )


@having("streams", "begins")
def test_a_stream_is_fitted_as_the_table_is(row):
    settings = {"tol": 0, "max_iter": 6, **row.started}
    whole, stream = row.make(**settings).fit(row.with_gaps), row.make(**settings).fit(parts(row.with_gaps))
    np.testing.assert_allclose(stream.lower_bounds_, whole.lower_bounds_, rtol=1e-10)


@having("checkpoint")
def test_a_fit_goes_on_from_its_checkpoint_and_another_fit_does_not(row, tmp_path):
    settings = {"tol": 0.0, "max_iter": 6, "algorithm": "em"}
    whole = row.accepting(**settings).fit(row.X)
    kept = row.accepting(**settings).fit(row.X, checkpoint=tmp_path / "state")
    again = row.accepting(**settings).fit(row.X, checkpoint=tmp_path / "state")
    for one in (kept, again):
        assert all(map(np.array_equal, jax.tree.leaves(one.model_), jax.tree.leaves(whole.model_)))
    with pytest.raises(FileError, match="another fit"):
        row.accepting(**settings | {"max_iter": 7}).fit(row.X, checkpoint=tmp_path / "state")


@having("mixture", "select")
def test_a_selection_takes_the_lowest_bic_and_more_components_fit_no_worse(row):
    """From poor starts: rows drawn at random, once, and few iterations."""
    found = select(row.make(init_params="random_from_data"), row.X, n_components=[2, 3])
    assert found.best is found.estimators[int(np.argmin(found.table["bic"]))]
    assert np.diff(found.table["log_likelihood"])[0] > -1e-3


TRIED = {
    "tied": lambda row: row.make().set_params(tied={"weights": [0, 0, 1]}),
    "frozen": lambda row: row.make().set_params(frozen=["weights"], weights_init=[0.5, 0.3, 0.2]).fit(row.X),
    "partial_fit": lambda row: row.make().partial_fit(row.X),
    "component_labels": lambda row: row.make().fit(row.X, component_labels=row.labels),
    "missing": lambda row: row.make().fit(row.with_gaps),
    "streams": lambda row: row.make().fit(parts(row.X)),
    "checkpoint": lambda row: row.make().fit(row.X, checkpoint="state"),
    "weights": lambda row: row.make().fit(row.X, sample_weight=np.ones(len(row.X))),
    "select": lambda row: select(row.make(), row.X, n_components=[2, 3]),
    "select from a stream": lambda row: select(row.make(), parts(row.X), n_components=[2, 3]),
}


def test_every_mixture_can_or_lacks_with_a_reason_all_that_mixtures_can():
    for row in ESTIMATORS:
        if "mixture" in row.can:
            assert FEATURES_OF_MIXTURES == TRIED.keys() == (row.can & FEATURES_OF_MIXTURES) | row.lacks.keys(), row
            assert all(len(reason.split()) > 5 for reason in row.lacks.values()), row


LACKS = [pytest.param(row, what, id=f"{row}-{what}") for row in ESTIMATORS for what in row.lacks]


@pytest.mark.parametrize(("row", "what"), LACKS)
def test_what_an_estimator_lacks_is_refused_in_a_sentence(row, what):
    with pytest.raises(ValueError, match=r"^(\w+\W+){6}") as error:
        TRIED[what](row)
    assert what.split()[0] in str(error.value)
