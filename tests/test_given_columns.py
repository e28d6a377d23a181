"""Parameters of single columns of a mixed table: where a fit starts, what it holds, and what collapses."""

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning
from test_columns_of_kinds import frame

from suffice import DegenerateComponentWarning, MixedMixture, load, save

TABLE = frame(300)
START = {
    "mass": {"mean": [0.0, 2.0, 4.0], "variance": [1.0, 1.5, 2.0]},
    "length": {"mean": [0.0, -1.0, -2.0], "variance": [1.0, 1.0, 1.0]},
    "species": {"probabilities": [[0.8, 0.1, 0.1], [0.1, 0.8, 0.1], [0.1, 0.1, 0.8]]},
    "breeding": {"probability": [0.1, 0.5, 0.9]},
    "eggs": {"rate": [1.0, 4.0, 12.0]},
}
KEYS = {
    "means": ["mean"],
    "covariances": ["variance"],
    "probabilities": ["probability", "probabilities"],
    "rates": ["rate"],
}


def unfitted(frozen, **settings):
    defaults = {"tol": 0.0, "max_iter": 10, "reg_covar": 0.0, "random_state": 0, "column_parameters_init": START,
                "kinds": {"eggs": "poisson"}}  # fmt: skip
    return MixedMixture(3, frozen=frozen, **(defaults | settings))


def values(mixture):
    named = zip(TABLE.columns, mixture.column_parameters_, strict=True)
    return {(name, key): value for name, own in named for key, value in own.items()}


@pytest.mark.parametrize(
    "frozen", [["means"], ["covariances", "weights"], ["probabilities"], ["rates", "means"]], ids=str
)
def test_frozen_columns_stay_and_the_likelihood_never_falls(frozen, tmp_path):
    with pytest.warns(ConvergenceWarning):
        mixture = unfitted(frozen, weights_init=[0.2, 0.3, 0.5]).fit(TABLE)
    assert np.diff(mixture.lower_bounds_).min() > -1e-12
    held = [key for name in frozen for key in KEYS.get(name, [])]
    for (name, key), value in values(mixture).items():
        assert np.array_equal(value, np.array(START[name][key])) == (key in held)
    free = {"weights": 2, "means": 6, "covariances": 6, "probabilities": 9, "rates": 3}
    assert mixture.model_.parameter_count() == sum(count for name, count in free.items() if name not in frozen)
    assert np.array_equal(load(save(mixture, tmp_path / "model")).predict(TABLE), mixture.predict(TABLE))
    again = unfitted(frozen, weights_init=[0.2, 0.3, 0.5], precision="float32").partial_fit(TABLE).partial_fit(TABLE)
    assert all(np.array_equal(v, START[n][k]) for (n, k), v in values(again).items() if k in held)


def test_all_parameters_given_are_where_a_fit_starts():
    mixture = unfitted(["weights", *KEYS], weights_init=[0.2, 0.3, 0.5], tol=1e-9).fit(TABLE)
    assert mixture.model_.parameter_count() == 0
    with pytest.warns(ConvergenceWarning):
        first = unfitted(None, weights_init=[0.2, 0.3, 0.5], max_iter=1).fit(TABLE)
    assert first.lower_bound_ == pytest.approx(mixture.score(TABLE), abs=1e-10)


@pytest.mark.parametrize("covariance_type", ["full", "tied", "spherical"])
def test_variances_given_become_the_diagonal(covariance_type, monkeypatch):
    start = {name: {"mean": [0.0], "variance": [9.0]} for name in ("mass", "length")}
    settings = {"covariance_type": covariance_type, "reg_covar": 1e-6, "column_parameters_init": start}
    mixture = MixedMixture(1, random_state=0, **settings)
    seen = []
    monkeypatch.setattr(
        "suffice.estimators.mixtures.base.climb", lambda _, start, *rest, **others: seen.append(start) or 1 / 0
    )
    with pytest.raises(ZeroDivisionError):
        mixture.fit(TABLE)
    part = seen[0].components.parts[0]
    np.testing.assert_allclose(part.variances(), 9.0)


def test_known_components_leave_given_columns_as_given():
    start = {"mass": {"mean": [0.0, 2.0, 4.0]}}
    labels = np.full(len(TABLE), -1)
    labels[:9] = np.arange(9) % 3
    with pytest.warns(ConvergenceWarning):
        mixture = unfitted(None, column_parameters_init=start, max_iter=1).fit(TABLE, component_labels=labels)
    assert np.isfinite(mixture.lower_bound_)
    mixture = unfitted(["means"]).partial_fit(TABLE, component_labels=labels)
    assert mixture.column_parameters_[0]["mean"].tolist() == START["mass"]["mean"]


def test_collapsed_gaussian_columns_are_seen():
    rows = np.column_stack(
        [np.repeat([0.0, 5.0, 9.0], 20), np.r_[np.random.default_rng(0).normal(size=40), np.zeros(20)]]
    )
    kinds = ["gaussian", "gaussian"]
    with pytest.warns(DegenerateComponentWarning, match="collapsed"):
        MixedMixture(3, kinds=kinds, random_state=0).fit(rows)
    removed = MixedMixture(3, kinds=kinds, degenerate="remove", random_state=0, max_iter=500).fit(rows)
    assert "were removed" in removed.outcome_


def test_what_cannot_be_used_is_refused():
    for start, message in [
        (3, "a list of one dictionary for each of the 5 columns"),
        ([None], "a list of one dictionary for each of the 5 columns"),
        ({"weight": {"mean": [0, 1, 2]}}, "names column 'weight'"),
        ({"mass": {"rate": [0, 1, 2]}}, "'mean' and 'variance' is expected"),
        ({"mass": [0, 1, 2]}, "'mean' and 'variance' is expected"),
        ({"mass": {"mean": [0, 1]}}, r"shape \(2,\); \(3,\)"),
        ({"mass": {"mean": [0, np.nan, 1]}}, "not finite"),
        ({"mass": {"variance": [0, 1, 1]}}, "above 0"),
        ({"eggs": {"rate": [-1, 1, 1]}}, "at least 0"),
        ({"breeding": {"probability": [0.1, 0.2, 1.5]}}, "at most 1"),
        ({"species": {"probabilities": np.full((3, 3), 0.5)}}, "sum to 1"),
    ]:
        with pytest.raises(ValueError, match=message):
            unfitted(None, column_parameters_init=start).fit(TABLE)
    for settings, message in [
        ({"frozen": ["parts"]}, "frozen names 'parts'"),
        ({"frozen": ["weights"]}, "weights_init is None"),
        ({"frozen": ["rates"], "column_parameters_init": None}, "no 'rate' for column 'eggs'"),
        ({"frozen": ["means"], "column_parameters_init": {0: START["mass"]}}, "no 'mean' for column 'length'"),
        ({"frozen": ["covariances"], "covariance_type": "full"}, "covariance_type='diag'"),
    ]:
        with pytest.raises(ValueError, match=message):
            unfitted(**({"frozen": None} | settings)).fit(TABLE)
