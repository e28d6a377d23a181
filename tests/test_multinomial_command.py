"""Naive Bayes of counts on the command line and on its page."""

import csv

import numpy as np
import pytest
from scipy.special import rel_entr
from sklearn.naive_bayes import ComplementNB, MultinomialNB

from suffice import MultinomialNaiveBayes
from suffice.cli import main
from suffice.files import load
from suffice.report.classifiers.counts import speaking

DRAW = np.random.default_rng(0)
WORDS = ["goal", "team", "vote", "law", "the", "of"]
TOPICS = np.array(["sport", "politics"])[(np.arange(80) % 4 == 0).astype(int)]
RATES = np.where(TOPICS[:, None] == "sport", [2.0, 2.0, 0.2, 0.2, 4.0, 3.0], [0.2, 0.2, 2.0, 2.0, 4.0, 3.0])
COUNTS = DRAW.poisson(RATES)


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "words.csv"
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([*WORDS, "topic"])
        writer.writerows([*row, topic] for row, topic in zip(COUNTS, TOPICS, strict=True))
    return path


def run(*words):
    return main([str(word) for word in words])


def fit(table, *words):
    return run("fit", "multinomial-naive-bayes", table, "--target", "topic", *words)


def read(path):
    with path.open() as file:
        return list(csv.DictReader(file))


@pytest.mark.parametrize(
    ("options", "theirs"),
    [
        (["--alpha", "0.5"], MultinomialNB(alpha=0.5)),
        (["--priors", "0.5,0.5"], MultinomialNB(class_prior=[0.5, 0.5])),
        (["--complement", "--norm"], ComplementNB(norm=True)),
    ],
    ids=["alpha", "priors", "complement"],
)
def test_classes_are_those_of_scikit_learn(options, theirs, table, tmp_path):
    assert fit(table, *options, "--out", tmp_path / "run") == 0
    assert run("predict", tmp_path / "run", table, "--out", tmp_path / "predicted.csv") == 0
    expected, lines = theirs.fit(COUNTS, TOPICS), read(tmp_path / "predicted.csv")
    assert [line["class"] for line in lines] == expected.predict(COUNTS).tolist()
    found = [float(line["probability_sport"]) for line in lines]
    np.testing.assert_allclose(found, expected.predict_proba(COUNTS)[:, 1], rtol=1e-9)
    assert isinstance(load(tmp_path / "run" / "model.safetensors"), MultinomialNaiveBayes)


def test_a_run_is_shown_scored_and_sampled(table, tmp_path, capsys):
    assert fit(table, "--out", tmp_path / "run") == 0
    page = (tmp_path / "run" / "report.html").read_text()
    for title in ("Columns that speak for each class", "Confusion matrix", "Calibration"):
        assert f"<h3>{title}</h3>" in page or f">{title}<" in page
    capsys.readouterr()
    for words in (
        ["show", tmp_path / "run"],
        ["sample", tmp_path / "run", "--n", "2"],
        ["score", tmp_path / "run", table],
    ):
        assert run(*words) == 0
    said = capsys.readouterr().out
    assert f"{MultinomialNaiveBayes().fit(COUNTS, TOPICS).score_samples(COUNTS).mean():.6f}" in said


def test_complements_have_classes_and_no_distribution(table, tmp_path, capsys):
    assert fit(table, "--complement", "--out", tmp_path / "run") == 0
    assert "put classes in order" in capsys.readouterr().err
    assert "log_likelihood" not in read(tmp_path / "run" / "predictions.csv")[0]
    assert run("score", tmp_path / "run", table) == 2
    assert run("sample", tmp_path / "run", "--n", "2") == 2
    assert "draws no rows" in capsys.readouterr().err


@pytest.mark.parametrize("complement", [False, True])
def test_what_columns_say_sums_to_the_divergence_of_a_class_from_all_others(complement):
    draw = np.random.default_rng(1)
    classes = draw.integers(3, size=60)
    fitted = MultinomialNaiveBayes(0.3, complement=complement).fit(
        draw.poisson(2.0, (60, 5)) + classes[:, None], classes
    )
    own, every = fitted.feature_count_ + 0.3, fitted.feature_count_.sum(0) + 0.3
    others = every - fitted.feature_count_
    shares, rest = (part / part.sum(1, keepdims=True) for part in (own, others))
    np.testing.assert_allclose(speaking(fitted).sum(1), rel_entr(shares, rest).sum(1), rtol=1e-9)


def test_the_columns_that_were_made_to_speak_are_told():
    said = speaking(MultinomialNaiveBayes().fit(COUNTS, TOPICS))
    best = [{WORDS[j] for j in np.argsort(-own)[:2]} for own in said]
    assert best == [{"vote", "law"}, {"goal", "team"}]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--alpha", "0"], "--alpha"),
        (["--norm"], "give both"),
        (["--complement", "--priors", "0.5,0.5"], "--priors play no part"),
        (["--priors", "0.1,0.2,0.7"], "priors"),
        (["--priors", "some"], "numbers with commas"),
    ],
)
def test_options_that_cannot_be_used_are_refused(options, said, table, tmp_path, capsys):
    assert fit(table, *options, "--out", tmp_path / "run") == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(
    ("cells", "said"),
    [("1,-2,x\n2,1,y\n", "at least 0"), ("1,,x\n2,1,y\n", "takes gaps"), ("1,2,x\n2,1,\n", "unlabelled")],
)
def test_rows_that_are_no_counts_are_refused(cells, said, tmp_path, capsys):
    (tmp_path / "rows.csv").write_text(f"a,b,topic\n{cells}")
    assert fit(tmp_path / "rows.csv", "--complement", "--out", tmp_path / "run") == 2
    assert said in capsys.readouterr().err


def test_one_class_is_shown_without_a_warning(tmp_path, capsys):
    (tmp_path / "rows.csv").write_text("a,b,topic\n1,0,x\n2,3,x\n")
    assert fit(tmp_path / "rows.csv", "--out", tmp_path / "run") == 0
    told = capsys.readouterr()
    assert "1 class of topic" in told.out
    assert "warning" not in told.err
