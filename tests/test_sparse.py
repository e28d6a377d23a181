"""Sparse matrices of binary rows and counts: the same fits and scores as dense arrays, a block of rows at a time."""

import warnings

import numpy as np
import pytest
import scipy.sparse

import suffice.rows.sparse
from suffice import (
    BernoulliMixture,
    CategoricalMixture,
    DegenerateComponentWarning,
    GaussianMixture,
    MixedMixture,
    PoissonMixture,
)

DRAW = np.random.default_rng(0)
COMPONENT = DRAW.integers(2, size=300)
BINARY = (DRAW.random((300, 12)) < np.array([[0.05], [0.3]])[COMPONENT]).astype(float)
COUNTS = DRAW.poisson(np.array([[0.1], [1.5]])[COMPONENT], (300, 12)).astype(float)
CASES = [
    (BernoulliMixture(2, accept_sparse=True, random_state=0), BINARY),
    (PoissonMixture(2, accept_sparse=True, random_state=0), COUNTS),
]
both = pytest.mark.parametrize(("mixture", "rows"), CASES, ids=["bernoulli", "poisson"])


@both
@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "lil", "dok"])
def test_sparse_and_dense_fits_are_the_same(mixture, rows, kind):
    dense = mixture.fit(rows)
    expected = dense.lower_bounds_, dense.predict_proba(rows), dense.bic(rows), dense.icl(rows)
    sparse = scipy.sparse.coo_array(rows).asformat(kind)
    mixture.fit(sparse)
    found = mixture.lower_bounds_, mixture.predict_proba(sparse), mixture.bic(sparse), mixture.icl(sparse)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10)


@both
def test_weights_and_missing_cells_are_used(mixture, rows):
    weight, hidden = np.random.default_rng(1).uniform(0.5, 2, len(rows)), rows.copy()
    hidden[np.random.default_rng(2).random(rows.shape) < 0.1] = np.nan
    expected = mixture.fit(hidden, sample_weight=weight).lower_bounds_
    found = mixture.fit(scipy.sparse.csr_array(hidden), sample_weight=weight).lower_bounds_
    np.testing.assert_allclose(found, expected, rtol=1e-10)
    np.testing.assert_allclose(mixture.impute(scipy.sparse.csr_array(hidden)), mixture.impute(hidden))


@both
def test_stored_zeros_and_unsorted_columns_change_nothing(mixture, rows):
    plain = scipy.sparse.csr_array(rows)
    data, indices, ends = np.r_[plain.data, 0.0], np.r_[plain.indices, 0], np.array(plain.indptr)
    ends[-1] += 1
    first = slice(ends[0], ends[1])
    data[first], indices[first] = data[first][::-1].copy(), indices[first][::-1].copy()
    odd = scipy.sparse.csr_array((data, indices, ends), rows.shape)
    assert odd.nnz == plain.nnz + 1
    np.testing.assert_allclose(mixture.fit(odd).lower_bounds_, mixture.fit(plain).lower_bounds_, rtol=1e-12)


@both
def test_only_blocks_are_made_dense(mixture, rows, monkeypatch):
    monkeypatch.setattr(suffice.rows.sparse, "BLOCK_CELLS", 12 * 50)
    sizes, prepared = [], type(mixture)._prepared
    monkeypatch.setattr(type(mixture), "_prepared", lambda self, rows: sizes.append(len(rows)) or prepared(self, rows))
    mixture = type(mixture)(2, accept_sparse=True, random_state=0, init_params="random_from_data", tol=1e-3)
    monkeypatch.setattr("suffice.estimators.mixtures.start.sample_size", lambda components: 40)
    with warnings.catch_warnings():  # random rows of 40 are a poor start, after which a component may hold hardly a row
        warnings.simplefilter("ignore", DegenerateComponentWarning)
        mixture.fit(scipy.sparse.csr_array(rows)).score(scipy.sparse.csr_array(rows))
    assert max(sizes[1:]) <= max(50, suffice.rows.survey.PIECE // 12)


def test_what_cannot_be_sparse_is_refused():
    sparse = scipy.sparse.csr_array(COUNTS)
    for estimator in (GaussianMixture(), MixedMixture(), CategoricalMixture(), PoissonMixture()):
        with pytest.raises((TypeError, ValueError), match=r"[Ss]parse"):
            estimator.fit(sparse)
    for estimator in (MixedMixture(), CategoricalMixture()):
        with pytest.raises(TypeError, match="no label stands for the cells"):
            estimator.fit(sparse)
    with pytest.raises(TypeError, match="no label stands for the cells"):
        CategoricalMixture(1).fit(COUNTS).predict(sparse)
    with pytest.raises(ValueError, match="Negative values"):
        PoissonMixture(accept_sparse=True).fit(-sparse)
    with pytest.raises(ValueError, match="infinity"):
        PoissonMixture(accept_sparse=True).fit(sparse * np.inf)
    with pytest.raises(ValueError, match="a sparse matrix"):
        PoissonMixture(2, accept_sparse=True).fit(sparse, component_labels=np.zeros(300, int))
    with pytest.raises(ValueError, match="12 features"):
        PoissonMixture(accept_sparse=True).fit(sparse).predict(sparse[:, :3])
