"""Sparse matrices of binary rows and counts: the same fits and scores as dense arrays, of what is stored alone."""

import warnings

import numpy as np
import pytest
import scipy.sparse
from sklearn.base import clone
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.pipeline import make_pipeline

from suffice import (
    BernoulliMixture,
    CategoricalMixture,
    GaussianMixture,
    MixedMixture,
    NegativeBinomialMixture,
    PoissonMixture,
    select,
)

DRAW = np.random.default_rng(0)
COMPONENT = DRAW.integers(2, size=300)
BINARY = (DRAW.random((300, 12)) < np.array([[0.05], [0.3]])[COMPONENT]).astype(float)
COUNTS = DRAW.poisson(np.array([[0.1], [1.5]])[COMPONENT], (300, 12)).astype(float)
CASES = [
    (BernoulliMixture(2, random_state=0), BINARY),
    (PoissonMixture(2, random_state=0), COUNTS),
    (NegativeBinomialMixture(2, tol=1e-4, random_state=0), COUNTS),
]
both = pytest.mark.parametrize(("mixture", "rows"), CASES, ids=["bernoulli", "poisson", "negative binomial"])


@both
@pytest.mark.parametrize("kind", ["csr", "csc", "coo", "lil", "dok"])
def test_sparse_and_dense_fits_are_the_same(mixture, rows, kind):
    dense = mixture.fit(rows)
    expected = dense.lower_bounds_, dense.predict_proba(rows), dense.bic(rows), dense.icl(rows)
    sparse = scipy.sparse.coo_array(rows).asformat(kind)
    mixture.fit(sparse)
    found = mixture.lower_bounds_, mixture.predict_proba(sparse), mixture.bic(sparse), mixture.icl(sparse)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


@both
def test_weights_and_missing_cells_are_used(mixture, rows):
    weight, hidden = np.random.default_rng(1).uniform(0.5, 2, len(rows)), rows.copy()
    hidden[np.random.default_rng(2).random(rows.shape) < 0.1] = np.nan
    expected = mixture.fit(hidden, sample_weight=weight).lower_bounds_
    sparse = scipy.sparse.csr_array(hidden)
    found = mixture.fit(
        sparse, sample_weight=weight
    ).lower_bounds_  # rows alike may stand in another order when it starts
    assert found[-1] == pytest.approx(expected[-1], abs=1e-5)
    assert mixture.score(sparse, sample_weight=weight) == pytest.approx(
        mixture.score(hidden, sample_weight=weight), abs=1e-11
    )
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
def test_nothing_is_made_dense_from_start_to_score(mixture, rows, monkeypatch):
    wide = scipy.sparse.hstack([scipy.sparse.csr_array(rows), scipy.sparse.csr_array((len(rows), 3000))]).tocsr()
    mixture = type(mixture)(2, max_iter=5, tol=0.0, n_init=2, random_state=0)
    monkeypatch.setattr("suffice.rows.sparse.TILE_ROWS", 100)

    def refuse(self, *_):
        assert self.shape[1] <= 512, "rows were made dense"
        return dense(self)

    dense = scipy.sparse.csr_array.toarray
    monkeypatch.setattr(scipy.sparse.csr_array, "toarray", refuse)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        mixture.fit(wide, sample_weight=np.linspace(0.5, 2, len(rows)))
    assert np.isfinite(mixture.score(wide))
    assert (mixture.predict_proba(wide).argmax(1) == mixture.predict(wide)).all()
    before = mixture.score(wide)
    assert mixture.partial_fit(wide).score(wide) > before - 0.1


def test_steps_known_components_and_cost_of_sparse_rows_are_those_of_dense_ones():
    sparse, batches = scipy.sparse.csr_array(COUNTS), range(0, 300, 100)
    one, other = PoissonMixture(2, random_state=0), PoissonMixture(2, random_state=0)
    for start in batches:
        one = one.partial_fit(COUNTS[start : start + 100])
        other = other.partial_fit(sparse[start : start + 100])
    np.testing.assert_allclose(other.rates_, one.rates_, rtol=1e-9)
    labels = np.where(np.arange(300) < 20, COMPONENT, -1)
    for mixture, rows in ((one, COUNTS), (other, sparse)):
        mixture.partial_fit(rows, component_labels=labels)
    np.testing.assert_allclose(other.rates_, one.rates_, rtol=1e-9)


def test_counted_words_are_taken_in_a_pipeline_and_selected():
    texts = ["sum rows weight sum", "rows weight model", "graph node edge", "edge node tree graph"] * 20
    words = CountVectorizer().fit_transform(texts)
    found = make_pipeline(CountVectorizer(), PoissonMixture(2, random_state=0)).fit(texts).predict(texts)
    assert found[:4].tolist() in ([0, 0, 1, 1], [1, 1, 0, 0])
    assert select(BernoulliMixture(random_state=0), words, n_components=[1, 2]).best.n_components == 2


def test_what_cannot_be_sparse_is_refused():
    sparse = scipy.sparse.csr_array(COUNTS)
    for estimator in (GaussianMixture(), MixedMixture(), CategoricalMixture()):
        with pytest.raises((TypeError, ValueError), match=r"[Ss]parse"):
            estimator.fit(sparse)
    for estimator in (MixedMixture(), CategoricalMixture()):
        with pytest.raises(TypeError, match="no label stands for the cells"):
            estimator.fit(sparse)
    with pytest.raises(TypeError, match="no label stands for the cells"):
        CategoricalMixture(1).fit(COUNTS).predict(sparse)
    with pytest.raises(ValueError, match="Negative values"):
        PoissonMixture().fit(-sparse)
    with pytest.raises(ValueError, match="infinity"):
        PoissonMixture().fit(sparse * np.inf)
    with pytest.raises(ValueError, match="a sparse matrix"):
        PoissonMixture(2).fit(sparse, component_labels=np.zeros(300, int))
    with pytest.raises(ValueError, match="would count as 1"):
        BernoulliMixture(binarize=-1.0).fit(sparse)
    with pytest.raises(ValueError, match="-1 at row 7, column 3"):
        PoissonMixture().fit(scipy.sparse.csr_array(([-1.0], ([7], [3])), (300, 12)))
    with pytest.raises(ValueError, match="12 features"):
        PoissonMixture().fit(sparse).predict(sparse[:, :3])


@both
def test_cells_that_are_stored_in_parts_are_their_sum(mixture, rows):
    whole = scipy.sparse.csr_array(rows)
    half = np.where(whole.data > 1, 1.0, whole.data)
    parts = np.stack([half, whole.data - half], 1).ravel()
    doubled = scipy.sparse.csr_array((parts, np.repeat(whole.indices, 2), 2 * whole.indptr), whole.shape)
    stored = doubled.nnz
    fitted = clone(mixture).fit(doubled)
    np.testing.assert_array_equal(fitted.score_samples(doubled), clone(mixture).fit(whole).score_samples(whole))
    assert doubled.nnz == stored


@both
def test_batches_of_sparse_rows_are_rows_in_memory(mixture, rows, monkeypatch):
    weight, hidden = np.random.default_rng(1).integers(1, 4, 300).astype(float), rows.copy()
    hidden[np.random.default_rng(2).random(rows.shape) < 0.1] = np.nan
    sparse, cuts = scipy.sparse.csr_array(hidden), [slice(0, 120), slice(120, 120), slice(120, 300)]
    monkeypatch.setattr("suffice.rows.sparse.SparseRows.dense", lambda self: pytest.fail("a batch was made dense"))
    stream = [(sparse[cut], weight[cut]) for cut in cuts]
    found = clone(mixture).fit(stream)
    memory = clone(mixture).fit(sparse, sample_weight=weight)
    assert found.lower_bound_ == pytest.approx(memory.lower_bound_, abs=1e-6)
    np.testing.assert_allclose(found.score_samples(stream), found.score_samples(sparse), rtol=1e-12)
    assert found.bic(stream) == pytest.approx(found.bic(sparse, sample_weight=weight), rel=1e-12)
    mixed = clone(mixture).fit([(sparse[:120], weight[:120]), (hidden[120:], weight[120:])])
    np.testing.assert_array_equal(mixed.score_samples(sparse), found.score_samples(sparse))


def test_a_stream_of_sparse_rows_is_sampled_selected_and_refused_where_batches_differ(monkeypatch):
    sparse = scipy.sparse.csr_array(COUNTS)
    stream = [sparse[:100], sparse[100:]]
    assert select(PoissonMixture(random_state=0), stream, n_components=[1, 2]).best.n_components == 2
    monkeypatch.setattr("suffice.rows.survey.SPREAD_OUT", 50)
    monkeypatch.setattr("suffice.selection.rows.SAMPLE_ROWS", 80)
    sampled = PoissonMixture(2, random_state=0).fit(stream)
    assert sampled.lower_bound_ == pytest.approx(PoissonMixture(2, random_state=0).fit(COUNTS).lower_bound_, abs=1e-6)
    with pytest.raises(ValueError, match="A batch is sparse, and the first one is not"):
        PoissonMixture(2).fit([COUNTS[:100], sparse[100:]])
    with pytest.raises(ValueError, match=r"A batch has shape \(200, 5\)"):
        PoissonMixture(2).fit([sparse[:100], sparse[100:, :5]])
    with pytest.raises(TypeError, match="dense data is required"):
        GaussianMixture(2).fit(stream)
    with pytest.raises(ValueError, match="hold no rows"):
        PoissonMixture(2).fit([sparse[:0]])
    with pytest.raises(ValueError, match="All sample weights are zero"):
        PoissonMixture(2).fit([(sparse, np.zeros(300))])
