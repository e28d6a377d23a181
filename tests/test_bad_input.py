"""What no mixture can use is refused in a sentence wherever it comes in, and what says nothing changes nothing."""

import warnings

import numpy as np
import pandas as pd
import pytest
from estimators import having

from suffice import CategoricalMixture
from suffice.data import UnknownCategoryWarning

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::suffice.DegenerateComponentWarning"),
]
every_mixture = having("mixture")
COUNTS_SAID = "X|needs counts"


def strict(row):
    return row.accepting(allow_fractional=False)


def entrances(row):
    """Ways in which rows and weights come in, each to an estimator of its own."""
    yield lambda X, weight=None: strict(row).fit(X, sample_weight=weight)
    yield lambda X, weight=None: strict(row).partial_fit(X, sample_weight=weight)
    yield lambda X, weight=None: strict(row).fit([X if weight is None else (X, weight)])


@every_mixture
@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan, np.inf])
def test_weights_that_are_no_weights_are_refused(row, wrong):
    count = len(row.X)
    weight = np.zeros(count) if wrong == 0 else np.where(np.arange(count) == 7, wrong, 1.0)
    for learn in entrances(row):
        with pytest.raises(ValueError, match=r"[Ww]eight|NaN|infinity|[Nn]egative|hold no row"):
            learn(row.X, weight)


@every_mixture
def test_weights_of_other_lengths_and_tables_of_other_widths_are_refused(row):
    for learn in entrances(row):
        with pytest.raises(ValueError, match="weight"):
            learn(row.X, np.ones(39))
    with pytest.raises(ValueError, match=r"features|columns|\(rows, \d\)"):
        row.make().fit([row.X, row.X[:, :1]])


@every_mixture
def test_a_column_without_cells_is_refused(row):
    empty = row.X.copy()
    empty[:, 1] = np.nan
    for learn in entrances(row):
        with pytest.raises(ValueError, match=r"hold no value|holds no cell"):
            learn(empty)


@every_mixture
def test_a_row_without_cells_changes_nothing(row):
    with_empty = row.X.copy()
    with_empty[-1] = np.nan
    absent = np.arange(len(with_empty)) < len(with_empty) - 1
    fitted = row.make(n_components=1).fit(with_empty)
    without = row.make(n_components=1).fit(with_empty, sample_weight=absent)
    found = fitted.score_samples(with_empty)
    np.testing.assert_allclose(found, without.score_samples(with_empty), rtol=1e-6, atol=1e-12)
    assert found[-1] == pytest.approx(0.0, abs=1e-12)


@having("counts")
@pytest.mark.parametrize("wrong", [-1.0, 0.5])
def test_what_is_no_count_is_refused(row, wrong):
    rows = row.X.copy()
    rows[3, 1] = wrong
    for learn in entrances(row):
        with pytest.raises(ValueError, match=COUNTS_SAID):
            learn(rows)
    fitted = strict(row).fit(row.X)
    for use in (fitted.predict, fitted.partial_fit, fitted.impute, lambda rows: fitted.score([rows])):
        with pytest.raises(ValueError, match=COUNTS_SAID):
            use(rows)


def test_an_unseen_category_of_a_stream_is_missing_with_a_warning_or_refused():
    table = pd.DataFrame({"colour": ["red", "blue"] * 10})
    unseen = table.assign(colour="green")
    mixture = CategoricalMixture(1).fit(table)
    with pytest.warns(UnknownCategoryWarning, match="'green' in row 0"):
        found = mixture.score_samples([table, unseen])
    np.testing.assert_allclose(found[20:], 0.0, atol=1e-12)
    with warnings.catch_warnings(), pytest.raises(ValueError, match="'green' in row 0"):
        mixture.set_params(handle_unknown="error").score([table, unseen])
