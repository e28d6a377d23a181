"""Naive Bayes of counts: scikit-learn's two kinds, enumeration, sparse as dense, steps as one fit, unlabelled rows."""

import numpy as np
import pytest
from scipy.sparse import csr_array
from scipy.stats import multinomial
from sklearn.datasets import make_multilabel_classification
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.naive_bayes import ComplementNB, MultinomialNB
from sklearn.pipeline import make_pipeline

import suffice
from suffice import MultinomialNaiveBayes

DRAW = np.random.default_rng(0)
Y = DRAW.integers(3, size=90)
X = DRAW.poisson(DRAW.gamma(1.0, 1.0, (3, 40))[Y]).astype(float)
WEIGHT = DRAW.integers(1, 4, 90).astype(float)
SPARSE = csr_array(X)


@pytest.mark.parametrize("rows", [X, SPARSE], ids=["dense", "sparse"])
@pytest.mark.parametrize("alpha", [1.0, 0.01, np.linspace(0.1, 2, 40)], ids=["one", "little", "by column"])
@pytest.mark.parametrize("priors", [None, [0.2, 0.3, 0.5]], ids=["shares", "given"])
def test_it_is_scikit_learns_multinomial_naive_bayes(rows, alpha, priors):
    ours = MultinomialNaiveBayes(alpha, priors=priors).fit(rows, Y, WEIGHT)
    theirs = MultinomialNB(alpha=alpha, class_prior=priors).fit(rows, Y, WEIGHT)
    np.testing.assert_allclose(ours.feature_log_prob_, theirs.feature_log_prob_, atol=1e-12)
    np.testing.assert_allclose(ours.feature_count_, theirs.feature_count_)
    np.testing.assert_allclose(ours.predict_log_proba(rows), theirs.predict_log_proba(rows), atol=1e-9)
    np.testing.assert_array_equal(ours.predict(rows), theirs.predict(rows))


@pytest.mark.parametrize("rows", [X, SPARSE], ids=["dense", "sparse"])
@pytest.mark.parametrize("norm", [False, True])
def test_it_is_scikit_learns_complement_naive_bayes(rows, norm):
    ours = MultinomialNaiveBayes(0.5, complement=True, norm=norm).fit(rows, Y, WEIGHT)
    theirs = ComplementNB(alpha=0.5, norm=norm).fit(rows, Y, WEIGHT)
    np.testing.assert_allclose(ours.feature_log_prob_, theirs.feature_log_prob_, atol=1e-12)
    np.testing.assert_allclose(ours.predict_proba(rows), theirs.predict_proba(rows), atol=1e-10)
    for ask in (ours.score_samples, lambda rows: ours.negative_log_likelihood(rows, Y), lambda rows: ours.sample(2)):
        with pytest.raises(ValueError, match="gives rows no distribution"):
            ask(rows)


@pytest.mark.parametrize("rows", [X, SPARSE], ids=["dense", "sparse"])
def test_densities_are_multinomial_given_the_totals(rows):
    fitted = MultinomialNaiveBayes().fit(rows, Y)
    shares = np.exp(fitted.feature_log_prob_)
    joint = fitted.class_prior_ * np.stack([multinomial.pmf(X, X.sum(1), share) for share in shares], 1)
    np.testing.assert_allclose(np.exp(fitted.score_samples(rows)), joint.sum(1), rtol=1e-9)
    assert fitted.negative_log_likelihood(rows, Y) == pytest.approx(-np.log(joint[np.arange(90), Y]).sum(), rel=1e-10)


def test_steps_are_one_fit_and_weight_two_is_the_row_twice():
    whole = MultinomialNaiveBayes().fit(X, Y, WEIGHT)
    steps = MultinomialNaiveBayes()
    for part in (slice(0, 50), slice(50, 90)):
        steps.partial_fit(SPARSE[part], Y[part], classes=[0, 1, 2], sample_weight=WEIGHT[part])
    np.testing.assert_allclose(steps.feature_log_prob_, whole.feature_log_prob_, atol=1e-13)
    twice = np.repeat(np.arange(90), WEIGHT.astype(int))
    np.testing.assert_allclose(
        MultinomialNaiveBayes().fit(X[twice], Y[twice]).predict_proba(X), whole.predict_proba(X), atol=1e-12
    )
    small = MultinomialNaiveBayes().fit(X, Y, WEIGHT / 100)
    assert "relative" in small.outcome_
    parts = MultinomialNaiveBayes().partial_fit(X, Y, [0, 1, 2], WEIGHT / 100)
    np.testing.assert_allclose(parts.feature_log_prob_, small.feature_log_prob_, atol=1e-13)


def test_unlabelled_rows_raise_the_posterior_that_the_priors_make():
    some = np.where(np.arange(90) < 12, Y, -1)
    fitted = MultinomialNaiveBayes(20.0, weight_concentration_prior=5, unlabelled=-1, tol=1e-12).fit(SPARSE, some)
    assert np.diff(fitted.lower_bounds_).min() > -1e-13
    likelihood = fitted.score_samples(X[12:]).sum() - fitted.negative_log_likelihood(X[:12], Y[:12])
    prior = 20 * fitted.feature_log_prob_.sum() + 4 * np.log(fitted.class_prior_).sum()
    assert fitted.lower_bounds_[-1] == pytest.approx((likelihood + prior) / 90, abs=1e-9)


def test_unlabelled_rows_raise_the_likelihood_and_change_nothing_without_them():
    some = np.where(np.arange(90) < 12, Y, -1)
    fitted = MultinomialNaiveBayes(unlabelled=-1, tol=1e-9).fit(SPARSE, some)
    assert np.diff(fitted.lower_bounds_).min() > -1e-9
    alone = MultinomialNaiveBayes().fit(X[:12], Y[:12])
    assert (fitted.predict(X) == Y).mean() > (alone.predict(X) == Y).mean() - 0.02
    assert fitted.class_count_.sum() == pytest.approx(90)
    known = MultinomialNaiveBayes(unlabelled=-1).fit(X, Y)
    np.testing.assert_array_equal(known.feature_log_prob_, MultinomialNaiveBayes().fit(X, Y).feature_log_prob_)
    with pytest.warns(ConvergenceWarning, match="Stopped at the limit"):
        MultinomialNaiveBayes(unlabelled=-1, tol=0.0, max_iter=2).fit(X, some)
    with pytest.raises(ValueError, match="leaves no sums to add to"):
        fitted.partial_fit(X, Y)


def test_draws_have_the_shares_and_the_totals_of_their_class(tmp_path):
    fitted = MultinomialNaiveBayes(random_state=0).fit(X, Y)
    drawn, classes = fitted.sample(4000, y=1)
    assert (classes == 1).all()
    mean = X[Y == 1].sum(1).mean()
    assert drawn.sum(1).mean() == pytest.approx(mean, abs=5 * np.sqrt(mean / 4000))
    expected = mean * np.exp(fitted.feature_log_prob_[1])
    assert np.abs((drawn.mean(0) - expected) / np.sqrt(expected / 4000)).max() < 5
    suffice.save(fitted, tmp_path / "model")
    np.testing.assert_array_equal(suffice.load(tmp_path / "model").predict_proba(X), fitted.predict_proba(X))


def test_fifty_thousand_columns_are_taken_without_a_dense_copy(monkeypatch):
    texts, labels = make_multilabel_classification(200, 50_000, n_classes=1, length=80, sparse=True, random_state=0)
    monkeypatch.setattr("suffice.rows.sparse.SparseRows.dense", lambda self: pytest.fail("rows were made dense"))
    fitted = MultinomialNaiveBayes().fit(texts, labels[:, 0])
    assert np.isfinite(fitted.score_samples(texts)).all()
    words = make_pipeline(CountVectorizer(), MultinomialNaiveBayes()).fit(["a word", "two words"], ["one", "two"])
    assert words.predict(["words"]).tolist() == ["two"]


def test_what_cannot_be_counted_is_refused():
    cases = [
        (MultinomialNaiveBayes(0.0), X, "alpha=0.0 was given; a number above 0"),
        (MultinomialNaiveBayes([1.0, -1.0]), X, "alpha holds numbers that are not above 0"),
        (MultinomialNaiveBayes(np.ones(3)), X, "alpha"),
        (MultinomialNaiveBayes(norm=True), X, "norm=True was given"),
        (MultinomialNaiveBayes(complement=True, unlabelled=-1), X, "leave these rows out"),
        (MultinomialNaiveBayes(), -X, "Negative values"),
        (MultinomialNaiveBayes(), np.where(X == 2, np.nan, X), "counts are needed together"),
        (MultinomialNaiveBayes(), [X, X], "comes in batches"),
    ]
    for estimator, rows, said in cases:
        with pytest.raises(ValueError, match=said):
            estimator.fit(rows, Y)
    with pytest.raises(ValueError, match="counts are needed together"):
        MultinomialNaiveBayes().fit(csr_array(np.where(X == 2, np.nan, X)), Y)
