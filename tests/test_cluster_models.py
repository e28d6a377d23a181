"""Every model that learns by sums: the fit to partitions of a cluster, one empty and one of one row, is that of memory."""

import numpy as np
import pytest

pytest.importorskip("distributed")

import dask.array as da
import dask.dataframe as dd
import pandas as pd
from estimators import ESTIMATORS
from test_cluster import client_of

from suffice import (
    BayesianNetwork,
    BayesianNetworkClassifier,
    GaussianClassifier,
    MixedMixture,
    MultinomialNaiveBayes,
    NaiveBayes,
)

CHUNKS = (1, 0, 59, 60)
WORDS = {"streams", "classifier"}
OTHERS = {"rbm", "network", "denoiser"}


@pytest.fixture(scope="module", autouse=True)
def client():
    with client_of(3) as client:
        yield client


def by_sums(row):
    return row.can & WORDS and not row.can & OTHERS


def partitions(rows):
    return da.from_array(np.asarray(rows), chunks=(CHUNKS, *np.shape(rows)[1:]))


@pytest.mark.filterwarnings(
    "ignore::sklearn.exceptions.ConvergenceWarning", "ignore::suffice.outcome.DegenerateComponentWarning"
)
@pytest.mark.parametrize("row", filter(by_sums, ESTIMATORS), ids=str)
def test_the_fit_to_partitions_is_that_of_memory(row):
    settings = {"max_iter": 8} if "max_iter" in row.make().get_params() else {}
    inner = {"mixture__max_iter": 4} if row.name == "MixtureClassifier" else {}
    X = row.with_gaps if "missing" in row.can else row.X
    weight = np.random.default_rng(1).integers(0, 3, len(X)).astype(float)
    labels = [() if row.y is None else (row.y,), () if row.y is None else (partitions(row.y),)]
    memory = row.make(**settings).set_params(**inner).fit(X, *labels[0], sample_weight=weight)
    cluster = row.make(**settings).set_params(**inner).fit(partitions(X), *labels[1], sample_weight=partitions(weight))
    for name in ("score_samples", "predict_proba", "transform"):
        if hasattr(memory, name) and not (name == "predict_proba" and row.name == "BayesianNetwork"):
            found = getattr(cluster, name)(partitions(X)).compute()
            np.testing.assert_allclose(found, getattr(memory, name)(X), rtol=1e-6, atol=1e-6)
    assert cluster.outcome_.split(".")[0] == memory.outcome_.split(".")[0]


BITS = {
    "FactorAnalysis",
    "NaiveBayes",
    "MixedMixture full",
    "PoissonMixture",
    "GaussianClassifier full",
    "BayesianNetwork",
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_same_partitions_same_bits_whatever_the_workers():
    rows = [row for row in ESTIMATORS if row.name in BITS]
    assert {row.name for row in rows} == BITS

    def answers():
        for row in rows:
            made = row.make(**({"max_iter": 4} if "max_iter" in row.make().get_params() else {}))
            labels = () if row.y is None else (partitions(row.y),)
            yield made.fit(partitions(row.with_gaps if "missing" in row.can else row.X), *labels).score_samples(row.X)

    three = list(answers())
    with client_of(1) as one, one.as_current():
        for row, found, other in zip(rows, answers(), three, strict=True):
            assert np.array_equal(found, other), row.name


def table():
    draw = np.random.default_rng(0)
    group = draw.integers(2, size=90)
    return pd.DataFrame({
        "colour": pd.array(np.array(["red", "blue", "green"])[(group + draw.integers(0, 2, 90)) % 3], dtype="str"),
        "size": group * 4.0 + draw.standard_normal(90),
        "count": draw.poisson(1 + 5 * group),
        "kind": pd.array(np.array(["a", "b"])[group], dtype="str"),
    })  # fmt: skip


def test_text_is_encoded_where_it_lies():
    rows, columns = table(), ["colour", "size", "count"]
    frame = dd.from_pandas(rows, npartitions=4)
    memory, cluster = (MixedMixture(2, random_state=0).fit(X[columns]) for X in (rows, frame))
    assert cluster.kinds_ == memory.kinds_
    assert [None if own is None else list(own) for own in cluster.categories_] == [
        None if own is None else list(own) for own in memory.categories_
    ]
    assert cluster.score(frame[columns]) == pytest.approx(memory.score(rows[columns]), abs=1e-6)
    filled = cluster.impute(frame[columns])
    assert list(filled.columns) == columns
    pd.testing.assert_frame_equal(filled.compute(), memory.impute(rows[columns]), check_dtype=False)


def test_classes_of_text_some_of_them_unknown():
    rows = table()
    rows.loc[::5, "kind"] = "?"
    frame = dd.from_pandas(rows, npartitions=4)
    for estimator, columns in (
        (NaiveBayes(unlabelled="?"), ["colour", "size"]),
        (GaussianClassifier(unlabelled="?"), ["size"]),
    ):
        memory = type(estimator)(**estimator.get_params()).fit(rows[columns], rows["kind"])
        cluster = estimator.fit(frame[columns], frame["kind"])
        assert cluster.classes_.tolist() == ["a", "b"]
        predicted = cluster.predict(frame[columns])
        assert predicted.name == "class"
        assert predicted.compute().tolist() == memory.predict(rows[columns]).tolist()
    with pytest.raises(ValueError, match="Every row is unlabelled"):
        GaussianClassifier(unlabelled="?").fit(frame[["size"]], dd.from_pandas(pd.Series(["?"] * 90), npartitions=4))


def test_edges_are_found_as_in_memory_and_rows_with_gaps_are_few():
    rows = table()[["colour", "kind"]].astype(object)
    rows.iloc[::7, 0] = None
    frame = dd.from_pandas(rows, npartitions=3)
    for options in ({"edges": [("kind", "colour")]}, {}):
        memory, cluster = (BayesianNetwork(**options, random_state=0).fit(X) for X in (rows, frame))
        assert cluster.edges_ == memory.edges_
        assert cluster.states_ == memory.states_
        assert cluster.score(frame) == pytest.approx(memory.score(rows), abs=1e-9)
        assert cluster.impute(frame).compute().equals(memory.impute(rows))


def test_classes_of_counts_are_lazy_too_and_refuse_what_they_do_in_memory():
    draw = np.random.default_rng(0)
    X, y = pd.DataFrame(draw.poisson(3, (90, 2)), columns=["a", "b"]), np.arange(90) % 2
    frame, labels = dd.from_pandas(X, npartitions=3), dd.from_pandas(pd.Series(y), npartitions=3)
    fitted = MultinomialNaiveBayes(unlabelled=-1).fit(frame, labels)
    assert fitted.predict(frame).compute().tolist() == MultinomialNaiveBayes().fit(X, y).predict(X).tolist()
    with pytest.raises(ValueError, match=r"Partition \d .*Negative"):
        MultinomialNaiveBayes().fit(-frame, labels)
    with pytest.raises(ValueError, match="takes labelled rows alone"):
        fitted.fit(frame, labels.replace(1, -1))


NUMBERS = {
    "heavy ties": lambda draw: draw.integers(-12, 12, 400) / 4.0,
    "every size": lambda draw: draw.standard_normal(400) * 10.0 ** draw.integers(-300, 150, 400),
    "whole": lambda draw: draw.integers(-20, 21, 400).astype(float),
    "few": lambda draw: draw.choice([-0.0, 0.0, 1.5], 400),
    "few whole": lambda draw: draw.integers(0, 9, 400).astype(float),
    "one": lambda draw: np.full(400, 2.5),
    "last holds most": lambda draw: np.where(draw.random(400) < 0.9, 7.5, draw.random(400)),
}


@pytest.mark.parametrize("bins", [2, 5, 20])
def test_numbers_are_cut_where_they_are_in_memory(bins):
    draw = np.random.default_rng(4)
    X = np.stack([make(draw) for make in NUMBERS.values()], 1)
    X[draw.random(X.shape) < 0.1] = np.nan
    weight, y = draw.integers(0, 3, 400).astype(float), draw.integers(2, size=400)
    chunks = (1, 0, 250, 148, 1)
    there = [da.from_array(own, chunks=(chunks, *own.shape[1:])) for own in (X, y, weight)]
    memory, cluster = (BayesianNetworkClassifier("naive", n_bins=bins, tol=1.0, max_iter=2).fit(*data)
                       for data in ((X, y, weight), there))  # fmt: skip
    assert cluster.states_ == memory.states_
    assert cluster.notes_ == memory.notes_
    for column, own in memory.bins_.items():
        assert np.array_equal(cluster.bins_[column]["thresholds"], own["thresholds"]), column
        np.testing.assert_allclose(cluster.bins_[column]["numbers"], own["numbers"], rtol=1e-12)


def test_a_network_of_classes_reads_text_and_gaps_and_gives_the_same_bits_by_one_worker():
    rows, columns = table(), ["colour", "size", "count"]
    rows.loc[::7, "colour"], rows.loc[3::11, "size"], rows.loc[::9, "kind"] = None, np.nan, "?"
    frame = dd.from_pandas(rows, npartitions=4)
    for options in ({"structure": [("class", "size"), ("size", "count")], "priors": [0.3, 0.7]}, {}):
        memory, cluster = (
            BayesianNetworkClassifier(**options, unlabelled="?").fit(X[columns], X["kind"]) for X in (rows, frame)
        )
        assert (cluster.edges_, cluster.states_) == (memory.edges_, memory.states_)
        found = cluster.predict_proba(frame[columns])
        assert list(found.columns) == ["class a", "class b"]
        np.testing.assert_allclose(found.compute(), memory.predict_proba(rows[columns]), atol=1e-6)
        assert cluster.predict(frame[columns]).compute().tolist() == memory.predict(rows[columns]).tolist()
    with client_of(1) as one, one.as_current():
        other = BayesianNetworkClassifier(**options, unlabelled="?").fit(frame[columns], frame["kind"])
    for node, own in cluster.tables_.items():
        assert np.array_equal(own, other.tables_[node]), node
    with pytest.raises(ValueError, match="Every row is unlabelled"):
        BayesianNetworkClassifier(unlabelled="?").fit(
            frame[columns], dd.from_pandas(pd.Series(["?"] * 90), npartitions=4)
        )
