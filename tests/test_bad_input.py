"""What no mixture can use is refused in a sentence wherever it comes in, and what says nothing changes nothing."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone

from suffice import BernoulliMixture, CategoricalMixture, GaussianMixture, MixedMixture, PoissonMixture
from suffice.data import UnknownCategoryWarning

ROWS = np.random.default_rng(0).integers(0, 2, (40, 2)).astype(float)
MIXTURES = [
    GaussianMixture(covariance_type="diag"),
    BernoulliMixture(binarize=None),
    CategoricalMixture(),
    PoissonMixture(allow_fractional=False),
    MixedMixture(kinds=["poisson", "gaussian"]),
]
every_mixture = pytest.mark.parametrize("mixture", MIXTURES, ids=lambda mixture: type(mixture).__name__)
COUNTS = [(PoissonMixture(allow_fractional=False), "X"), (MixedMixture(kinds="poisson"), "'poisson' needs counts")]


def entrances(mixture):
    """Ways in which rows and weights come in, each on its own copy."""
    yield lambda rows, weight=None: clone(mixture).fit(rows, sample_weight=weight)
    yield lambda rows, weight=None: clone(mixture).partial_fit(rows, sample_weight=weight)
    yield lambda rows, weight=None: clone(mixture).fit([rows if weight is None else (rows, weight)])


@every_mixture
@pytest.mark.parametrize("wrong", [0.0, -1.0, np.nan, np.inf])
def test_weights_that_are_no_weights_are_refused(mixture, wrong):
    weight = np.zeros(40) if wrong == 0 else np.where(np.arange(40) == 7, wrong, 1.0)
    for learn in entrances(mixture):
        with pytest.raises(ValueError, match=r"[Ww]eight|NaN|infinity|[Nn]egative|hold no row"):
            learn(ROWS, weight)


@every_mixture
def test_weights_of_other_lengths_and_tables_of_other_widths_are_refused(mixture):
    for learn in entrances(mixture):
        with pytest.raises(ValueError, match="weight"):
            learn(ROWS, np.ones(39))
    with pytest.raises(ValueError, match=r"features|columns|\(rows, 2\)"):
        clone(mixture).fit([ROWS, ROWS[:, :1]])


@every_mixture
def test_a_column_without_cells_is_refused(mixture):
    empty = np.column_stack([ROWS[:, 0], np.full(40, np.nan)])
    for learn in entrances(mixture):
        with pytest.raises(ValueError, match=r"hold no value|holds no cell"):
            learn(empty)


@every_mixture
def test_a_row_without_cells_changes_nothing(mixture):
    with_empty = np.concatenate([ROWS, np.full((1, 2), np.nan)])
    fitted, without = clone(mixture).fit(with_empty), clone(mixture).fit(with_empty, sample_weight=np.arange(41) < 40)
    found = fitted.score_samples(with_empty)
    np.testing.assert_allclose(found, without.score_samples(with_empty), rtol=1e-6, atol=1e-12)
    assert found[-1] == pytest.approx(0.0, abs=1e-12)


@pytest.mark.parametrize(("mixture", "said"), COUNTS, ids=["poisson", "mixed"])
@pytest.mark.parametrize("wrong", [-1.0, 0.5])
def test_what_is_no_count_is_refused(mixture, said, wrong):
    rows = ROWS.copy()
    rows[3, 1] = wrong
    for learn in entrances(mixture):
        with pytest.raises(ValueError, match=said):
            learn(rows)
    fitted = clone(mixture).fit(ROWS)
    for use in (fitted.predict, fitted.partial_fit, fitted.impute, lambda rows: fitted.score([rows])):
        with pytest.raises(ValueError, match=said):
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
