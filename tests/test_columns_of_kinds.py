"""Categorical, Poisson and mixed mixtures: tables in their own labels, start to end."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.stats import poisson
from sklearn.mixture import GaussianMixture as Peer

import suffice
from suffice import (
    BernoulliMixture,
    CategoricalMixture,
    GaussianMixture,
    MixedMixture,
    NaiveBayes,
    PoissonMixture,
    select,
)
from suffice.data import ColumnEncoder, LeftOutWarning, UnknownCategoryWarning

SPECIES = np.array(["Adelie", "Chinstrap", "Gentoo"])


def frame(count=600, gaps=0.1, seed=0):
    draw = np.random.default_rng(seed)
    z = draw.integers(3, size=count)
    table = pd.DataFrame({
        "mass": 2.0 * z + draw.standard_normal(count),
        "species": SPECIES[np.where(draw.random(count) < 0.8, z, draw.integers(3, size=count))],
        "breeding": draw.random(count) < np.array([0.1, 0.5, 0.9])[z],
        "eggs": draw.poisson(np.array([1.0, 4.0, 12.0])[z]),
        "length": draw.standard_normal(count) - z,
    })  # fmt: skip
    for column in table:
        hidden = draw.random(count) < gaps
        table[column] = table[column].astype(object).where(~hidden, None) if hidden.any() else table[column]
    numbers = dict.fromkeys(["mass", "eggs", "length"], float)
    return table.astype(numbers if gaps else {})


def test_kinds_are_detected_and_said():
    mixture = MixedMixture(2, random_state=0).fit(frame())
    assert mixture.kinds_ == ["gaussian", "categorical", "bernoulli", "negative-binomial", "gaussian"]
    stated = MixedMixture(2, kinds={"eggs": "gaussian"}, random_state=0).fit(frame())
    assert stated.kinds_ == ["gaussian", "categorical", "bernoulli", "gaussian", "gaussian"]
    assert "dispersion" in mixture.column_parameters_[3]
    assert stated.column_parameters_[3].keys() == {"mean", "variance"}


@pytest.mark.parametrize("covariance_type", ["full", "tied", "diag", "spherical"])
def test_gaussian_columns_alone_are_a_gaussian_mixture(covariance_type):
    rows = np.random.default_rng(0).standard_normal((200, 3)) + np.repeat([[0.0], [5]], 100, 0)
    rows[::7, 1] = np.nan
    settings = {"covariance_type": covariance_type, "random_state": 0, "tol": 1e-8, "max_iter": 1000}
    mixed, plain = MixedMixture(2, **settings).fit(rows), GaussianMixture(2, **settings).fit(rows)
    np.testing.assert_allclose(mixed.lower_bound_, plain.lower_bound_, rtol=1e-9)
    np.testing.assert_allclose(mixed.impute(rows), plain.impute(rows), rtol=1e-6)


def test_kinds_on_their_own_agree_with_their_own_estimators():
    table = frame()
    settings = {"random_state": 0, "tol": 1e-10, "max_iter": 3000}
    for columns, plain in [
        (["eggs"], PoissonMixture),
        (["species"], CategoricalMixture),
        (["breeding"], BernoulliMixture),
    ]:
        values = table[columns].astype(float) if plain is BernoulliMixture else table[columns]
        mixed = MixedMixture(1, kinds={"eggs": "poisson"} if columns == ["eggs"] else None, **settings).fit(
            table[columns]
        )
        np.testing.assert_allclose(
            mixed.score(table[columns]), plain(1, **settings).fit(values).score(values), rtol=1e-9
        )


def test_columns_are_independent_given_the_component():
    """The density of a complete row, written out."""
    table = frame(gaps=0)
    mixture = MixedMixture(3, kinds={"eggs": "poisson"}, random_state=0).fit(table)
    parameters = mixture.column_parameters_
    each = np.zeros((len(table), 3))
    for name in ("mass", "length"):
        own = parameters[list(table).index(name)]
        gap = table[name].to_numpy(float)[:, None] - own["mean"]
        each += -np.square(gap) / own["variance"] / 2 - np.log(2 * np.pi * own["variance"]) / 2
    each += poisson(parameters[3]["rate"]).logpmf(table["eggs"].to_numpy(float)[:, None])
    chance = np.where(
        table["breeding"].to_numpy(bool)[:, None], parameters[2]["probability"], 1 - parameters[2]["probability"]
    )
    code = np.searchsorted(SPECIES, table["species"].to_numpy(str))
    each += np.log(chance) + np.log(parameters[1]["probabilities"].T[code])
    np.testing.assert_allclose(mixture.score_samples(table), np.log(np.exp(each) @ mixture.weights_), rtol=1e-9)


@pytest.mark.parametrize("covariance_type", ["diag", "full"])
def test_imputed_tables_keep_their_labels_and_their_known_cells(covariance_type):
    table = frame(gaps=0.2)
    mixture = MixedMixture(3, covariance_type=covariance_type, random_state=0).fit(table)
    filled, deviation = mixture.impute(table, return_std=True)
    assert list(filled.columns) == list(table.columns)
    assert not filled.isna().to_numpy().any()
    assert set(filled["species"]) <= set(SPECIES)
    assert (filled["eggs"] == filled["eggs"].round()).all()
    known = table.notna().to_numpy()
    assert (filled.to_numpy()[known] == table.to_numpy()[known]).all()
    assert (deviation[known] == 0).all()
    assert (deviation[~known] >= 0).all()
    for draw in mixture.impute(table, draws=2):
        assert (draw.to_numpy()[known] == table.to_numpy()[known]).all()


def test_an_imputed_category_is_right_as_often_as_it_says():
    """1,500 hidden labels: five standard errors are 0.06."""
    table = frame(5000, gaps=0)
    hidden = table.copy()
    gone = np.random.default_rng(1).random(len(table)) < 0.3
    hidden["species"] = table["species"].astype(object).where(~gone, None)
    mixture = MixedMixture(3, random_state=0, tol=1e-6).fit(hidden)
    filled, deviation = mixture.impute(hidden, return_std=True)
    right = (filled["species"] == table["species"])[gone].mean()
    assert abs(right - (1 - deviation[gone, 1]).mean()) < 0.06


def test_regression_and_conditioning_speak_in_labels():
    table = frame(gaps=0)
    mixture = MixedMixture(3, random_state=0).fit(table)
    given = mixture.conditional({"species": "Gentoo"})
    assert given.kinds_ == ["gaussian", "bernoulli", "negative-binomial", "gaussian"]
    regressed = mixture.regress([["Gentoo"], ["Adelie"]], ["species"])
    assert list(regressed.columns) == ["mass", "breeding", "eggs", "length"]
    means = np.array([part["mean"] for part in given.column_parameters_ if "variance" in part])
    np.testing.assert_allclose(regressed.loc[0, ["mass", "length"]].to_numpy(float), means @ given.weights_)
    wrong = [("species", "Emperor"), ("species", 0), ("eggs", -1), ("eggs", 0.5), ("mass", "1"), ("breeding", 2)]
    for column, value in wrong:
        for ask in (lambda c, v: mixture.conditional({c: v}), lambda c, v: mixture.regress([[v]], [c])):
            with pytest.raises(ValueError, match=f"Column '{column}' (is|holds text, such as) {value!r} in row 0"):
                ask(column, value)


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("mixture", [CategoricalMixture, MixedMixture])
def test_labels_are_no_codes_and_gaps_tell_nothing(mixture):
    draw = np.random.default_rng(0)
    table = np.column_stack([draw.choice(labels, 60) for labels in ([10, 20, 30], [1, 2], [7, 8, 9])]).astype(object)
    fitted = mixture(2, random_state=0, max_iter=5).fit(table, None)
    for code in (0, 1, 2, "10"):
        with pytest.raises(ValueError, match="did not occur"):
            fitted.conditional({0: code})
        with pytest.raises(ValueError, match="did not occur"):
            fitted.regress([[code]], [0])
    without = fitted.marginal([0, 2]).conditional({0: 20})
    np.testing.assert_allclose(fitted.conditional({0: 20, 1: None}).weights_, without.weights_)
    np.testing.assert_allclose(fitted.conditional({0: np.nan}).weights_, fitted.weights_)
    given = np.array([[20, None], [None, 2], [10, 1]], object)
    rows = np.column_stack([given, [None] * 3])
    assert fitted.regress(given, [0, 1]).tolist() == fitted.impute(rows)[:, [2]].tolist()


def test_samples_look_like_the_table():
    mixture = MixedMixture(2, random_state=0).fit(frame())
    rows, component = mixture.sample(50)
    assert list(rows.columns) == list(frame())
    assert set(rows["species"]) <= set(SPECIES)
    assert component.shape == (50,)


def test_pandas_arrow_and_arrays_give_the_same_fit():
    table = frame()
    kinds = ["gaussian", "categorical", "bernoulli", "poisson", "gaussian"]
    fits = [
        MixedMixture(2, kinds=kinds, random_state=0).fit(data)
        for data in (table, pa.Table.from_pandas(table, preserve_index=False), table.to_numpy(object))
    ]
    for other in fits[1:]:
        np.testing.assert_allclose(other.lower_bounds_, fits[0].lower_bounds_, rtol=1e-12)


@pytest.mark.parametrize("estimator", [MixedMixture(2, random_state=0), CategoricalMixture(2, random_state=0)])
def test_saving_keeps_labels(estimator, tmp_path):
    table = frame()[["species", "breeding"]]
    estimator.fit(table)
    loaded = suffice.load(suffice.save(estimator, tmp_path / "model"))
    np.testing.assert_array_equal(loaded.predict_proba(table), estimator.predict_proba(table))
    pd.testing.assert_frame_equal(loaded.impute(table), estimator.impute(table))


def test_an_unseen_category_is_missing_with_a_warning_or_refused():
    table = pd.DataFrame({"colour": ["red", "blue", "red", "blue"], "size": ["s", "l", "s", "l"]})
    mixture = CategoricalMixture(2, random_state=0).fit(table)
    unseen, missing = table.head(1).assign(colour="green"), table.head(1).assign(colour=None)
    with pytest.warns(UnknownCategoryWarning, match="'green' in row 0"):
        found = mixture.predict_proba(unseen)
    np.testing.assert_array_equal(found, mixture.predict_proba(missing))
    strict = CategoricalMixture(2, handle_unknown="error", random_state=0).fit(table)
    with pytest.raises(ValueError, match="'green' in row 0"):
        strict.predict(unseen)
    with pytest.raises(ValueError, match="handle_unknown='ignore'"):
        CategoricalMixture(handle_unknown="ignore").fit(table)


def test_labels_of_rows_without_weight_are_not_learned():
    table = pd.DataFrame({"colour": ["red", "blue", "green"]})
    mixture = CategoricalMixture(random_state=0).fit(table, sample_weight=[1, 1, 0])
    assert list(mixture.categories_[0]) == ["blue", "red"]


def test_given_probabilities_are_where_a_fit_starts():
    table = frame(gaps=0)[["species", "breeding"]]
    start = [np.array([[0.5, 0.3, 0.2], [0.1, 0.2, 0.7]]), np.array([[0.9, 0.1], [0.4, 0.6]])]
    mixture = CategoricalMixture(2, probabilities_init=start, weights_init=[0.4, 0.6], max_iter=1, tol=0)
    with pytest.warns(UserWarning, match="limit"):
        mixture.fit(table)
    codes = np.c_[np.searchsorted(SPECIES, table["species"].to_numpy(str)), table["breeding"].to_numpy(int)]
    joint = np.log([0.4, 0.6]) + sum(np.log(start[d].T[codes[:, d]]) for d in range(2))
    np.testing.assert_allclose(mixture.lower_bound_, np.log(np.exp(joint).sum(1)).mean())
    for wrong, message in [
        (start[:1], "one for each of the 2"),
        ([start[0], start[1] * 2], "must sum to 1"),
        (3, "list"),
    ]:
        with pytest.raises(ValueError, match=message):
            CategoricalMixture(2, probabilities_init=wrong).fit(table)


def test_counts_are_checked():
    for wrong, message in [(-1.0, "Negative values"), (np.inf, "infinity")]:
        with pytest.raises(ValueError, match=message):
            PoissonMixture().fit([[1.0, 2.0], [wrong, 0.0]])
    with pytest.raises(ValueError, match=r"Fractional values .* row 1, column 0"):
        PoissonMixture(allow_fractional=False).fit([[1.0, 2.0], [0.5, 0.0]])
    with pytest.raises(ValueError, match="at least 0"):
        PoissonMixture(rates_init=[[-1.0]]).fit([[1.0], [2.0]])
    assert PoissonMixture().fit([[0.5], [1.5]]).rates_ == pytest.approx(np.array([[1.0]]))


def test_a_column_of_zeros_gives_a_rate_of_zero_and_no_nan():
    mixture = PoissonMixture(2, random_state=0).fit(np.c_[np.zeros(40), np.r_[np.zeros(20), np.full(20, 9.0)]])
    assert np.isfinite(mixture.score_samples([[0.0, 0.0], [5.0, 9.0]])).all()
    np.testing.assert_allclose(mixture.rates_[:, 0], 0, atol=1e-12)


def test_large_counts_keep_their_digits():
    rows = np.random.default_rng(0).poisson(1e6, (200, 2)).astype(float)
    mixture = PoissonMixture(1).fit(rows)
    expected = poisson(rows.mean(0)).logpmf(rows).sum(1).mean()
    np.testing.assert_allclose(mixture.score(rows), expected, rtol=1e-10)


def test_constant_and_too_many_columns_are_said():
    with pytest.raises(ValueError, match="Columns fixed are constant and reg_covar=0"):
        MixedMixture(reg_covar=0).fit(pd.DataFrame({"fixed": [1.5, 1.5], "x": [0.1, 0.2]}))
    with pytest.raises(ValueError, match="covariance_type='round'"):
        MixedMixture(covariance_type="round").fit([[0.1], [0.2]])


@pytest.mark.parametrize("count", [255, 256, 300])
def test_a_column_may_have_many_labels(count):
    """Codes take two bytes where one is too few, missing cells included."""
    labels = np.array([f"label {i:03}" for i in range(count)] * 2)
    table = pd.DataFrame({"name": labels, "side": np.repeat(["a", "b"], count)})
    table.loc[0, "name"] = None
    for mixture in (CategoricalMixture(1), MixedMixture(1)):
        fitted = mixture.fit(table)
        assert len(fitted.categories_[0]) == count
        chance = fitted.conditional({"side": "a"}).sample(1)[0].shape[1]
        assert chance == 1
        seen = np.log([2 / (2 * count - 1)] * 2 * count) + np.log(0.5)
        seen[[0, count]] = np.log(0.5), np.log(0.5 / (2 * count - 1))
        np.testing.assert_allclose(fitted.score_samples(table), seen)


def test_what_names_the_rows_does_not_rule_the_fit_and_is_no_part_of_it():
    draw = np.random.default_rng(0)
    z = draw.integers(2, size=200)
    table = pd.DataFrame(
        {"id": np.arange(200), "size": draw.normal(4 * z), "answer": draw.binomial(1, 0.1 + 0.8 * z) + 1}
    )
    settings = {"n_components": 2, "random_state": 0, "tol": 1e-12, "max_iter": 5000}
    plain = MixedMixture(**settings).fit(table[["size", "answer"]])
    with pytest.warns(LeftOutWarning, match="'id'"):
        mixture = MixedMixture(**settings).fit(table)
    assert mixture.kinds_ == ["left-out", "gaussian", "bernoulli"]
    assert mixture.n_features_in_ == 3
    np.testing.assert_allclose(mixture.score_samples(table), plain.score_samples(table[["size", "answer"]]), atol=1e-4)
    assert mixture.bic(table) == pytest.approx(plain.bic(table[["size", "answer"]]), abs=1e-4)
    assert mixture.conditional({"answer": 2}).kinds_ == ["left-out", "gaussian"]
    given = mixture.conditional({"id": 7, "answer": 2})
    np.testing.assert_allclose(np.sort(given.weights_), np.sort(plain.conditional({"answer": 2}).weights_), atol=1e-4)
    assert mixture.marginal(["size"]).kinds_ == ["gaussian"]
    assert list(mixture.sample(3)[0].columns) == list(table)
    with pytest.warns(LeftOutWarning):
        classifier = NaiveBayes().fit(table, z)
    expected = NaiveBayes().fit(table[["size", "answer"]], z).predict_proba(table[["size", "answer"]])
    np.testing.assert_allclose(classifier.predict_proba(table), expected)


@pytest.mark.filterwarnings("ignore::suffice.data.UnknownCategoryWarning")
def test_parts_that_are_held_out_are_of_the_kinds_of_the_whole_table():
    """Whole numbers that are 0 and 1, or all different, in most of the parts."""
    draw = np.random.default_rng(0)
    rare = np.r_[draw.integers(0, 2, 58), 2, 3]
    table = pd.DataFrame({"rare": rare, "twice": np.r_[np.arange(0, 590, 10), 580], "size": draw.standard_normal(60)})
    kinds = ColumnEncoder().fit(table).kinds_
    settings = {"n_components": [1], "criterion": "held_out", "cv": 5}
    found = select(MixedMixture(random_state=0), table, **settings)
    stated = select(MixedMixture(kinds=kinds, random_state=0), table, **settings)
    np.testing.assert_allclose(found.table["held_out"], stated.table["held_out"])


def test_numbers_alone_equal_scikit_learn():
    rows = np.random.default_rng(0).standard_normal((300, 2)) + np.repeat([[0.0], [4], [9]], 100, 0)
    start = {
        "means_init": np.array([[0.0, 0], [4, 4], [9, 9]]),
        "weights_init": np.ones(3) / 3,
        "precisions_init": np.ones((3, 2)),
    }
    peer = Peer(3, covariance_type="diag", reg_covar=0, tol=1e-10, max_iter=500, **start).fit(rows)
    mixed = MixedMixture(3, reg_covar=0, tol=1e-10, max_iter=500, random_state=0).fit(rows)
    np.testing.assert_allclose(mixed.score(rows), peer.score(rows), rtol=1e-7)


def test_numbers_of_components_are_compared_for_labelled_tables():
    found = suffice.select(MixedMixture(random_state=0), frame(), n_components=[1, 3])
    assert found.best.n_components == 3
    assert (found.table["converged"]).all()
