"""Rows in Python: masked cells are missing cells, and frames that cannot be fitted are refused by the names of their columns."""

import numpy as np
import pytest

from suffice import PPCA, FactorAnalysis, GaussianClassifier, GaussianMixture, MixedMixture, NaiveBayes

ROWS = np.random.default_rng(0).normal(size=(30, 2))
KIND = ROWS[:, 0] > 0


def masked():
    rows = np.ma.array(ROWS.copy(), mask=np.zeros_like(ROWS, bool))
    rows[3, 1] = np.ma.masked
    rows.data[3, 1] = 1e6
    return rows


def with_gap():
    rows = ROWS.copy()
    rows[3, 1] = np.nan
    return rows


@pytest.mark.parametrize(
    ("estimator", "target", "figure"),
    [
        (GaussianMixture(random_state=0), (), "means_"),
        (PPCA(1, random_state=0), (), "mean_"),
        (GaussianClassifier(), (KIND,), "means_"),
        (NaiveBayes(), (KIND,), "class_prior_"),
        (MixedMixture(random_state=0), (), "weights_"),
    ],
)
def test_masked_cells_are_missing(estimator, target, figure):
    told = [np.asarray(getattr(estimator.fit(rows, *target), figure)) for rows in (masked(), with_gap())]
    np.testing.assert_array_equal(*told)
    np.testing.assert_array_equal(estimator.score_samples(masked()), estimator.score_samples(with_gap()))


@pytest.mark.parametrize("estimator", [GaussianMixture(), MixedMixture(), GaussianClassifier(), FactorAnalysis(1)])
def test_queries_dates_and_names_that_occur_twice_are_refused_in_a_sentence(estimator):
    pandas, polars = pytest.importorskip("pandas"), pytest.importorskip("polars")
    frame = pandas.DataFrame(ROWS, columns=["a", "b"])
    target = (KIND,) if isinstance(estimator, GaussianClassifier) else ()
    dated = frame.assign(day=pandas.date_range("2020-01-01", periods=30))
    for given, says in (
        (polars.from_pandas(frame).lazy(), r"LazyFrame.*frame.collect\(\)"),
        (dated, r"olumn 'day' holds dates or times"),
        (polars.from_pandas(dated), r"olumn 'day' holds dates or times"),
        (frame.rename(columns={"b": "a"}), r"column name 'a' occurs 2 times"),
    ):
        with pytest.raises(ValueError, match=says):
            estimator.fit(given, *target)


def test_text_in_a_frame_is_named_with_what_reads_it():
    pandas = pytest.importorskip("pandas")
    frame = pandas.DataFrame({"a": [1.0, 2.0], "c": ["x", "y"]})
    with pytest.raises(ValueError, match=r"column 'c' holds text, such as 'x'.*MixedMixture"):
        GaussianMixture().fit(frame)


@pytest.mark.parametrize("estimator", [PPCA(1), FactorAnalysis(1), GaussianMixture(), GaussianClassifier()])
@pytest.mark.parametrize("scale", [1e160, 1e-200])
def test_numbers_whose_squares_are_none_are_refused_in_a_sentence(estimator, scale):
    target = (KIND,) if isinstance(estimator, GaussianClassifier) else ()
    with pytest.raises(ValueError, match="give them in other units"):
        estimator.fit(ROWS * scale, *target)
