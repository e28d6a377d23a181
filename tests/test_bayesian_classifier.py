"""Classification by Bayesian networks: by enumeration, under weights, with gaps, along trees."""

import itertools

import numpy as np
import pytest
from sklearn.datasets import load_iris

import suffice
from suffice import BayesianNetworkClassifier
from suffice.estimators.bayesian.binning import bins_of

DRAW = np.random.default_rng(0)
LABELS = DRAW.integers(3, size=300)
CODES = np.column_stack([(LABELS + DRAW.integers(2, size=300)) % 3, DRAW.integers(2, size=300), (LABELS + 1) % 2])
CODES[:, 1] = (CODES[:, 1] + CODES[:, 0]) % 2
WORDS = np.array(["low", "mid", "top"], object)
TABLE = np.column_stack([WORDS[CODES[:, 0]], WORDS[CODES[:, 1]], WORDS[CODES[:, 2]]])
EDGES = [("x0", "class"), ("class", "x1"), ("x0", "x1"), ("class", "x2")]
STRUCTURES = ("naive", "tree-augmented", EDGES)


def joint(classifier, cells):
    """log p(x, k) by a product over the tables, for the states of all nodes."""
    position = dict(zip(classifier.nodes_, cells, strict=True))
    logs = 0.0
    for node, table in classifier.tables_.items():
        axes = [*classifier.parents_[node], node]
        logs += np.log(table[tuple(position[axis] for axis in axes)])
    return logs


@pytest.mark.parametrize("structure", STRUCTURES, ids=str)
def test_probabilities_equal_enumeration_with_gaps_anywhere(structure):
    classifier = BayesianNetworkClassifier(structure).fit(TABLE, LABELS)
    states = [range(3), *(range(len(classifier.states_[f"x{column}"])) for column in range(3))]
    rows = TABLE[:40].copy()
    rows[np.random.default_rng(1).random(rows.shape) < 0.4] = None
    for row, found, evidence in zip(rows, classifier.predict_proba(rows), classifier.score_samples(rows), strict=True):
        known = [None if cell is None else classifier.states_[f"x{j}"].index(cell) for j, cell in enumerate(row)]
        total = np.zeros(3)
        for cells in itertools.product(*states):
            if all(own is None or own == cell for own, cell in zip(known, cells[1:], strict=True)):
                total[cells[0]] += np.exp(joint(classifier, cells))
        assert np.allclose(found, total / total.sum())
        assert evidence == pytest.approx(np.log(total.sum()))


def test_naive_tables_are_counts_with_the_prior_spread_over_them():
    classifier = BayesianNetworkClassifier("naive", prior_strength=3.0).fit(TABLE, LABELS)
    counts = np.zeros((3, 3))
    np.add.at(counts, (LABELS, CODES[:, 0]), 1)
    assert np.allclose(classifier.tables_["x0"], (counts + 1 / 3) / (counts + 1 / 3).sum(1, keepdims=True))
    assert np.allclose(classifier.class_prior_, np.bincount(LABELS) / 300)
    assert classifier.edges_ == [("class", "x0"), ("class", "x1"), ("class", "x2")]


def test_the_tree_joins_the_columns_that_depend_on_each_other():
    classifier = BayesianNetworkClassifier().fit(TABLE, LABELS)
    assert ("x0", "x1") in classifier.edges_
    assert len(classifier.edges_) == 3 + 2
    better = classifier.score_samples(TABLE).mean()
    assert better > BayesianNetworkClassifier("naive").fit(TABLE, LABELS).score_samples(TABLE).mean()


@pytest.mark.parametrize("structure", STRUCTURES, ids=str)
def test_weight_two_is_the_row_twice(structure):
    X = np.random.default_rng(2).normal(size=(300, 3)) + LABELS[:, None]
    twice = np.arange(300) % 3 == 0
    heavy = BayesianNetworkClassifier(structure).fit(X, LABELS, sample_weight=1.0 + twice)
    double = BayesianNetworkClassifier(structure).fit(np.concatenate([X, X[twice]]), np.append(LABELS, LABELS[twice]))
    assert heavy.notes_ == double.notes_
    assert np.allclose(heavy.predict_proba(X), double.predict_proba(X))


def test_rows_of_unknown_class_and_gaps_raise_the_likelihood():
    X, y = load_iris(return_X_y=True)
    X[np.random.default_rng(0).random(X.shape) < 0.2] = np.nan
    y[::3] = -1
    classifier = BayesianNetworkClassifier(n_bins=3, unlabelled=-1).fit(X, y)
    bounds = classifier.lower_bounds_[np.isfinite(classifier.lower_bounds_)]
    assert classifier.converged_
    assert len(bounds) > 3
    assert np.diff(bounds).min() > -1e-12
    assert classifier.score(X, load_iris().target) > 0.85


def test_class_priors_that_are_given_stay():
    gaps = TABLE.copy()
    gaps[::4, 0] = None
    unknown = np.where(np.arange(300) % 5 == 0, -1, LABELS)
    for X, y in ((TABLE, LABELS), (gaps, unknown)):
        classifier = BayesianNetworkClassifier(priors=[0.5, 0.3, 0.2], unlabelled=-1).fit(X, y)
        assert np.allclose(classifier.class_prior_, [0.5, 0.3, 0.2])


def test_columns_of_numbers_are_cut_at_quantiles_and_that_is_said():
    X = np.column_stack([np.arange(100.0) / 7, np.arange(100) % 3, np.arange(100) % 2 == 0])
    classifier = BayesianNetworkClassifier(n_bins=4).fit(X, LABELS[:100])
    assert [len(classifier.states_[f"x{column}"]) for column in range(3)] == [4, 3, 2]
    assert classifier.states_["x1"] == [0, 1, 2]
    assert [note[:40] for note in classifier.notes_] == ["Column 'x0' is cut at quantiles into 4 s"]
    assert classifier.states_["x0"] == ["below 3.5", "3.5 to 7.07", "7.07 to 10.6", "from 10.6"]


@pytest.mark.parametrize("seed", range(3))
def test_bins_hold_about_equal_weight_and_every_value_lies_in_its_own(seed):
    draw = np.random.default_rng(seed)
    values, weight = draw.normal(size=500).round(2), draw.uniform(0.5, 2, 500)
    bins = bins_of(values, weight, 5)
    shares = np.bincount(bins.codes(values), weight) / weight.sum()
    assert np.allclose(shares, 0.2, atol=0.02)
    assert np.array_equal(bins.codes(bins.numbers), np.arange(5))
    assert bins.codes(np.array([np.nan, -np.inf, np.inf])).tolist() == [-1, 0, 4]


def test_a_column_of_few_values_or_one_has_as_many_states():
    assert bins_of(np.array([1.5, 1.5, 2.5]), np.ones(3), 5).codes(np.array([1.5, 2.5, 1.9])).tolist() == [0, 1, 0]
    assert bins_of(np.full(4, 0.25), np.ones(4), 5).labels == ("any",)
    assert bins_of(np.full(4, 3.0), np.ones(4), 5).labels == (3,)


def test_numbers_that_differ_in_the_last_digit_are_told_apart():
    values = np.array([0.3, np.nextafter(0.3, 1), 0.3])
    assert bins_of(values, np.ones(3), 5).codes(values).tolist() == [0, 1, 0]


def test_rows_drawn_from_a_class_are_like_its_rows():
    X, y = load_iris(return_X_y=True)
    classifier = BayesianNetworkClassifier(random_state=0).fit(X, y)
    drawn, classes = classifier.sample(600)
    assert classifier.score(drawn, classes) > 0.9
    assert np.allclose(drawn[classes == 2].mean(0), X[y == 2].mean(0), atol=0.2)
    assert set(classifier.sample(5, y=1)[1]) == {1}


def test_saved_and_loaded_it_says_the_same(tmp_path):
    X, y = load_iris(return_X_y=True)
    classifier = BayesianNetworkClassifier().fit(X, y)
    loaded = suffice.load(suffice.save(classifier, tmp_path / "classifier"))
    assert np.array_equal(loaded.predict_proba(X), classifier.predict_proba(X))
    assert loaded.states_ == classifier.states_


def test_an_unknown_label_is_taken_as_missing_and_said():
    classifier = BayesianNetworkClassifier().fit(TABLE, LABELS)
    odd, gap = np.array([["odd", "low", "low"]], object), np.array([[None, "low", "low"]], object)
    with pytest.warns(suffice.data.UnknownCategoryWarning, match="'odd'"):
        found = classifier.predict_proba(odd)
    assert np.array_equal(found, classifier.predict_proba(gap))


BAD = {
    "structure": ({"structure": "forest"}, "'tree-augmented', 'naive'"),
    "edges": ({"structure": [("x0", "x9")]}, "'x9', which is no column; the columns are 'class', 'x0'"),
    "cycle": ({"structure": [("x0", "x1"), ("x1", "class"), ("class", "x0")]}, "x0 -> x1 -> class|form a cycle"),
    "bins": ({"n_bins": 1}, "n_bins=1"),
    "prior": ({"prior": "flat"}, "'bdeu', 'cell'"),
    "strength": ({"prior_strength": -1}, "prior_strength=-1"),
    "name": ({"class_name": "x1"}, "a column 'x1', as the class is called"),
    "priors and edges": ({"structure": EDGES, "priors": [0.3, 0.3, 0.4]}, "give one of them"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_bad_parameters_are_refused_with_a_sentence(name):
    settings, said = BAD[name]
    with pytest.raises(ValueError, match=said):
        BayesianNetworkClassifier(**settings).fit(TABLE, LABELS)


def test_a_row_that_no_class_allows_is_refused_without_a_prior():
    X, y = np.array([["a", "u"], ["b", "v"], ["b", "v"], ["c", "v"]]), [0, 0, 1, 1]
    with pytest.warns(UserWarning, match="seen in no row"):
        classifier = BayesianNetworkClassifier(prior_strength=0).fit(X, y)
    with pytest.raises(ValueError, match=r"Row 1 .* impossible in every class"):
        classifier.predict(np.array([["b", "v"], ["a", "v"]]))
