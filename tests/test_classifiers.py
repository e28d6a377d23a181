"""Naive Bayes over mixed columns, a mixture for each class, and both on the command line."""

import csv

import numpy as np
import pyarrow as pa
import pytest
from scipy.special import log_softmax
from scipy.stats import bernoulli, norm, poisson
from sklearn.naive_bayes import CategoricalNB, GaussianNB
from sklearn.tree import DecisionTreeClassifier

import suffice
from suffice import BernoulliMixture, GaussianMixture, MixedMixture, MixtureClassifier, NaiveBayes
from suffice.cli import main
from suffice.data import UnknownCategoryWarning
from suffice.files import load
from suffice.selection.cross_validation import cross_validated

ROWS = 120
KINDS = ["gaussian", "bernoulli", "categorical", "poisson"]


def drawn():
    """Rows of four kinds of columns and their classes."""
    draw = np.random.default_rng(0)
    labels = draw.integers(2, size=ROWS)
    colour = np.array(["blue", "green", "red"])[np.minimum(draw.integers(3, size=ROWS) + labels, 2)]
    numbers = draw.standard_normal(ROWS) + 2 * labels
    flags = (draw.random(ROWS) < 0.2 + 0.5 * labels).astype(float)
    return numbers, flags, colour, draw.poisson(1 + 3 * labels), labels


NUMBERS, FLAGS, COLOUR, COUNTS, Y = drawn()
CODES = np.searchsorted(["blue", "green", "red"], COLOUR)
X = np.column_stack([NUMBERS, FLAGS, CODES, COUNTS]).astype(float)
GAPS = np.where(np.random.default_rng(1).random(X.shape) < 0.2, np.nan, X)
TABLE = pa.table({"size": NUMBERS, "flag": FLAGS, "colour": COLOUR, "count": COUNTS})
NAMES = np.array(["small", "tall"])


@pytest.fixture(scope="module")
def naive():
    return NaiveBayes(KINDS, prior_strength=0.0, reg_covar=0.0).fit(X, Y)


def test_every_column_has_its_closed_form_and_classes_follow_from_bayes_rule(naive):
    parameters, joint = naive.column_parameters_, []
    for k in (0, 1):
        own = X[k == Y]
        share = np.bincount(own[:, 2].astype(int), minlength=3) / len(own)
        np.testing.assert_allclose(parameters[0]["mean"][k], own[:, 0].mean())
        np.testing.assert_allclose(parameters[0]["variance"][k], own[:, 0].var(), rtol=1e-9)
        np.testing.assert_allclose(parameters[1]["probability"][k], own[:, 1].mean())
        np.testing.assert_allclose(parameters[2]["probabilities"][k], share)
        np.testing.assert_allclose(parameters[3]["rate"][k], own[:, 3].mean())
        each = [norm(own[:, 0].mean(), own[:, 0].std()).logpdf(X[:, 0]), bernoulli(own[:, 1].mean()).logpmf(X[:, 1]),
                np.log(np.maximum(share, 2.3e-16))[CODES], poisson(own[:, 3].mean()).logpmf(X[:, 3])]  # fmt: skip
        joint.append(sum(each) + np.log((k == Y).mean()))
    found = naive.predict_log_proba(X)
    likely = found > -30
    np.testing.assert_allclose(found[likely], log_softmax(np.stack(joint, 1), axis=1)[likely], rtol=1e-9, atol=1e-9)
    own = np.stack(joint, 1)[np.arange(ROWS), Y]
    assert naive.negative_log_likelihood(X, Y) == pytest.approx(-own.sum(), rel=1e-9)


def test_columns_of_one_kind_agree_with_scikit_learn():
    theirs = GaussianNB(var_smoothing=0).fit(X[:, :1], Y)
    ours = NaiveBayes(["gaussian"], prior_strength=0.0, reg_covar=0.0).fit(X[:, :1], Y)
    np.testing.assert_allclose(ours.predict_proba(X[:, :1]), theirs.predict_proba(X[:, :1]), rtol=1e-9, atol=1e-12)
    theirs = CategoricalNB(alpha=1e-12).fit(CODES[:, None] * (Y == 0)[:, None], Y)
    ours = NaiveBayes("categorical", prior_strength=0.0).fit(CODES[:, None] * (Y == 0)[:, None], Y)
    np.testing.assert_allclose(ours.predict_proba([[0]]), theirs.predict_proba([[0]]), rtol=1e-9)


def test_a_table_of_text_gives_what_its_codes_give(naive):
    named = NaiveBayes({"flag": "bernoulli", "count": "poisson"}, prior_strength=0.0, reg_covar=0.0).fit(
        TABLE, NAMES[Y]
    )
    assert named.kinds_ == KINDS
    np.testing.assert_allclose(named.predict_proba(TABLE), naive.predict_proba(X), rtol=1e-12)
    rows, labels = named.sample(7, y="tall")
    assert set(np.asarray(rows)[:, 2]) <= {"green", "red"}
    assert set(labels) == {"tall"}


def test_pieces_with_gaps_give_what_all_rows_at_once_give():
    whole = NaiveBayes(KINDS).fit(GAPS, Y)
    pieces = NaiveBayes(KINDS).fit(GAPS[:60], Y[:60]).partial_fit(GAPS[60:], Y[60:])
    for one, other in zip(whole.column_parameters_, pieces.column_parameters_, strict=True):
        for name, value in one.items():
            np.testing.assert_allclose(other[name], value, rtol=1e-11)
    complete = NaiveBayes(KINDS).fit(X[:60], Y[:60]).partial_fit(GAPS[60:], Y[60:])
    both = NaiveBayes(KINDS).fit(np.r_[X[:60], GAPS[60:]], Y)
    np.testing.assert_allclose(complete.predict_proba(X), both.predict_proba(X), rtol=1e-9)


def test_rows_of_unknown_class_are_used_and_the_likelihood_climbs():
    hidden = np.where(np.random.default_rng(0).random(ROWS) < 0.7, -1, Y)
    model = NaiveBayes(KINDS, unlabelled=-1).fit(GAPS, hidden)
    assert (np.diff(model.lower_bounds_) > -1e-9).all()
    assert model.score(X, Y) > 0.8
    with pytest.raises(ValueError, match="no sums to add to"):
        model.partial_fit(X, Y)


def test_an_unknown_category_is_missing_or_refused(naive):
    strange = X[:1].copy()
    strange[0, 2] = 7
    with pytest.warns(UnknownCategoryWarning):
        found = naive.predict_proba(strange)
    strange[0, 2] = np.nan
    np.testing.assert_allclose(found, naive.predict_proba(strange))
    with pytest.raises(ValueError, match="did not occur"):
        NaiveBayes(KINDS, handle_unknown="error").fit(X, Y).predict(np.where(np.arange(4) == 2, 7.0, X[:1]))


def test_a_saved_classifier_says_the_same(tmp_path):
    model = NaiveBayes(KINDS).fit(X, NAMES[Y])
    loaded = load(suffice.save(model, tmp_path / "model"))
    np.testing.assert_array_equal(loaded.predict_proba(X), model.predict_proba(X))
    assert loaded.partial_fit(X, NAMES[Y]).predict(X).tolist() == model.predict(X).tolist()


def ring():
    """One class around another, which is two groups left and right of it."""
    draw = np.random.default_rng(0)
    labels = np.repeat([0, 1], 100)
    centres = np.where(labels == 0, 0, np.where(np.arange(200) % 2, 6.0, -6.0))
    return np.column_stack([centres, np.zeros(200)]) + draw.standard_normal((200, 2)), labels


def test_a_class_of_two_groups_takes_a_mixture(tmp_path):
    rows, labels = ring()
    model = MixtureClassifier(GaussianMixture(2), random_state=0).fit(rows, labels)
    loaded = load(suffice.save(model, tmp_path / "model"))
    np.testing.assert_array_equal(loaded.predict_proba(rows), model.predict_proba(rows))
    assert model.score(rows, labels) > 0.98
    own = [GaussianMixture(2, random_state=m.random_state).fit(rows[labels == k])
           for k, m in enumerate(model.mixtures_)]  # fmt: skip
    joint = np.stack([m.score_samples(rows) for m in own], 1) + np.log(0.5)
    np.testing.assert_allclose(model.predict_log_proba(rows), log_softmax(joint, axis=1), rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(model.score_samples(rows), np.logaddexp.reduce(joint, axis=1))
    drawn, of = model.sample(500)
    assert model.score(drawn, of) > 0.97
    hidden = np.where(np.random.default_rng(1).random(200) < 0.8, -1, labels)
    half = MixtureClassifier(GaussianMixture(2), unlabelled=-1, random_state=0).fit(rows, hidden)
    assert half.score(rows, labels) > 0.95
    assert half.n_iter_ > 1
    first = MixtureClassifier(GaussianMixture(2), random_state=0).partial_fit(rows[::2], labels[::2], classes=[0, 1])
    first.partial_fit(rows[1::2], labels[1::2])
    np.testing.assert_allclose(first.class_prior_, 0.5)


def test_what_a_mixture_classifier_cannot_do_is_refused():
    rows, labels = ring()
    with pytest.raises(ValueError, match="such as GaussianMixture"):
        MixtureClassifier(MixedMixture()).fit(rows, labels)
    with pytest.raises(ValueError, match="Class 0: "):
        MixtureClassifier(BernoulliMixture(2, binarize=None)).fit(rows, labels)
    with pytest.raises(ValueError, match=r"no rows of the classes \[1\]"):
        MixtureClassifier().partial_fit(rows[:9], labels[:9], classes=[0, 1])


def test_a_class_of_one_row_has_a_defined_density():
    rows, labels = ring()
    found = MixtureClassifier(random_state=0).fit(rows[99:], labels[99:])
    assert found.mixtures_[0].n_components == 1
    assert np.isfinite(found.predict_log_proba(rows)).all()


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "rows.csv"
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["size", "flag", "colour", "count", "kind"])
        kinds = np.where(np.arange(ROWS) % 10 == 3, "unknown", NAMES[Y])
        writer.writerows(zip(NUMBERS, FLAGS, COLOUR, COUNTS, kinds, strict=True))
    return str(path)


def test_the_command_line_fits_scores_and_shows(table, tmp_path, capsys):
    out = tmp_path / "run"
    words = ["fit", "naive-bayes", table, "--target", "kind", "--unlabelled", "unknown", "--out", str(out)]
    assert main(words) == 0
    said = capsys.readouterr().out
    assert "accuracy" in said
    assert "held out" in said
    assert sorted(file.name for file in out.iterdir()) == [
        "model.safetensors", "predictions.csv", "reading.json", "report.html",
    ]  # fmt: skip
    with open(out / "predictions.csv", newline="") as file:
        lines = list(csv.DictReader(file))
    assert {line["class"] for line in lines} == set(NAMES)
    page = (out / "report.html").read_text()
    assert page.count("<svg xmlns=") == 4
    for title in ("Decision regions", "Confusion matrix", "Calibration", "Densities of the classes"):
        assert title in page
    assert main(["score", str(out), table, "--out", str(tmp_path / "scored.csv")]) == 0
    assert (tmp_path / "scored.csv").read_text() == (out / "predictions.csv").read_text()
    assert main(["show", str(out)]) == 0
    assert main(["sample", str(out), "--n", "2"]) == 0
    assert main(["impute", str(out), table, "--out", str(tmp_path / "x.csv")]) == 2
    assert "holds a classifier" in capsys.readouterr().err


def test_the_command_line_refuses_what_cannot_be_classified_and_takes_rows_without_a_label(table, tmp_path, capsys):
    assert main(["fit", "gaussian-classifier", table, "--out", str(tmp_path / "a")]) == 2
    assert "--target" in capsys.readouterr().err
    words = ["fit", "gaussian-classifier", table, "--target", "kind", "--drop", "colour", "--out", str(tmp_path / "b")]
    assert main([*words, "--covariance-type", "tied_low_rank", "--rank", "9"]) == 2
    assert "rank=9" in capsys.readouterr().err
    gaps = tmp_path / "gaps.csv"
    gaps.write_text("a,kind\n1,x\n2,\n3,y\n")
    assert main(["fit", "gaussian-classifier", str(gaps), "--target", "kind", "--out", str(tmp_path / "c")]) == 0
    assert "1 row has no kind, and is fitted as unlabelled" in capsys.readouterr().err
    words = ["fit", "naive-bayes", "rows.parquet", "--stream", "--target", "kind", "--out", str(tmp_path / "d")]
    assert main(words) == 2
    assert "use --in-memory, or partial_fit" in capsys.readouterr().err


def test_rows_are_judged_by_classifiers_that_have_not_seen_them():
    draw = np.random.default_rng(0)
    rows, labels = draw.random((200, 2)), draw.integers(2, size=200)
    tree = DecisionTreeClassifier(random_state=0).fit(rows, labels)
    assert tree.score(rows, labels) == 1.0
    found = cross_validated(tree, rows, labels, np.where(np.arange(200) < 10, 0.0, 1.0))
    np.testing.assert_array_equal(np.sort(found.rows), np.arange(10, 200))
    assert (found.probability.argmax(1) == labels[found.rows]).mean() < 0.65  # four standard errors above chance
    assert "each part in turn of 5" in found.how
    lonely = cross_validated(tree, rows[:9], np.array([0] * 8 + [1]))
    assert "the rows that the classifier was fitted to" in lonely.how
