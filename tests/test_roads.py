"""Small tables by NumPy, large ones by JAX: both say the same, one goes on where the other stopped, and NumPy needs no JAX."""

from __future__ import annotations

import multiprocessing
import pickle
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from estimators import ESTIMATORS, Row, having
from table import LATENT, Case

from suffice import FactorAnalysis, GaussianMixture, load, save
from suffice.fit.expectation_maximization import em
from suffice.latent import TiedGaussian
from suffice.latent.families.gaussian_prior import GaussianPrior
from suffice.runtime import ROADS, computed_by, road, tree
from suffice.runtime.module import replaced

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore::suffice.DegenerateComponentWarning"),
]
BY_ROWS = [
    row for row in ESTIMATORS if row.can & {"mixture", "factors", "classifier"} and not row.can & {"rbm", "network"}
]


ONLY_AS_MODELS = ("tied diagonal", "factors", "beside noise")


def by_model(case: Case) -> Any:
    """A case of ``LATENT``; usually gaps are left to the estimator that fits the same mixture, which gets them below."""
    twice = "missing cells" in case.name and not any(word in case.name for word in ONLY_AS_MODELS)
    return pytest.param(case, id=str(case), marks=[pytest.mark.whole] if twice else [])


def same(one, other, tolerance=1e-8):
    """All that was learned; how many steps a search takes at rounding level, after its last digit, is left out."""
    left_out = {"model_", "encoder_", "mixtures_", "running_statistics_"}
    left_out |= {"n_iter_"} if isinstance(one, FactorAnalysis) else set()
    for name, value in vars(one).items():
        if name.endswith("_") and name not in left_out:
            assert_close(value, getattr(other, name), tolerance)


def assert_close(a, b, tolerance):
    if isinstance(a, dict):
        assert a.keys() == b.keys()
        a, b = list(a.values()), list(b.values())
    if isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for pair in zip(a, b, strict=True):
            assert_close(*pair, tolerance)
    elif isinstance(a, str):
        assert a == b
    elif np.asarray(a).dtype.kind == "f":
        scale = np.abs(np.asarray(b)[np.isfinite(b)]).max(initial=1.0)
        np.testing.assert_allclose(a, b, rtol=tolerance, atol=tolerance * scale)
    elif not hasattr(a, "get_params"):
        np.testing.assert_array_equal(a, b)


def on(which, work):
    with computed_by(which):
        return work()


def fitted(row: Row, X, **options):
    options |= {} if row.y is None else {"y": row.y}
    estimator = row.accepting(n_init=2, tol=1e-5, max_iter=40, prior_strength=1.0, random_state=0)
    if row.name == "MixtureClassifier":
        estimator.set_params(mixture__max_iter=20)
    return estimator.fit(X, **options)


@pytest.mark.parametrize("case", map(by_model, LATENT))
def test_both_roads_take_the_same_iterations_to_the_same_model(case: Case):
    one, other = (on(which, lambda: em(case.model, case.data, tol=1e-6, max_iter=60)) for which in ROADS)
    assert one.outcome == other.outcome
    np.testing.assert_allclose(one.trace, other.trace, rtol=1e-9, atol=1e-9)
    for ours, theirs in zip(tree.leaves(one.model), tree.leaves(other.model), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6, atol=1e-6 * np.abs(theirs).max(initial=1.0))


@pytest.mark.parametrize("row", BY_ROWS, ids=str)
def test_estimators_are_the_same_on_both_roads(row: Row):
    """With weights, restarts, a prior and missing cells, where they take them."""
    weight = {} if "weights" not in row.can else {"sample_weight": np.random.default_rng(1).uniform(0.5, 2, len(row.X))}
    X = row.with_gaps if "missing" in row.can else row.X
    one, other = (on(which, lambda: fitted(row, X, **weight)) for which in ROADS)
    same(one, other)
    for method in {"predict_proba", "score_samples", "impute", "transform"} & set(dir(one)):
        said = [on(which, lambda: getattr(one, method)(X)) for which in ROADS]  # noqa: B023
        assert_close(*said, 1e-10)


@pytest.mark.parametrize("name", ["GaussianMixture full", "BernoulliMixture", "PPCA by EM, noise known"])
def test_in_single_precision_both_roads_end_as_high(name):
    row = next(row for row in ESTIMATORS if row.name == name)
    one, other = (
        on(which, lambda: row.accepting(precision="float32", tol=1e-4, random_state=0).fit(row.X)) for which in ROADS
    )
    assert abs(one.lower_bound_ - other.lower_bound_) < 2e-4


@having("tied", "begins")
def test_frozen_and_tied_parameters_are_the_same_on_both_roads(row: Row):
    settings = {"tied": row.ties, "max_iter": 5, "tol": 1e-9}
    same(*(on(which, lambda: row.make(**settings).fit(row.X)) for which in ROADS))


@having("partial_fit")
def test_steps_of_online_learning_are_the_same_on_both_roads(row: Row):
    def steps():
        estimator = row.accepting(max_iter=20)
        for part in np.array_split(np.arange(len(row.X)), 2):
            classes = {} if row.y is None else {"classes": np.unique(row.y)}
            estimator.partial_fit(row.X[part], None if row.y is None else row.y[part], **classes)
        return estimator

    if row.can & {"rbm", "network"}:
        pytest.skip("learns by gradients: always by JAX")
    same(*(on(which, steps) for which in ROADS))


@pytest.fixture
def soon_handed_over(monkeypatch):
    monkeypatch.setattr(road, "passes_by_numpy", lambda work, wide=False: 3)
    monkeypatch.setattr("suffice.rows.place.passes_by_numpy", lambda work, wide=False: 3)


@pytest.mark.parametrize("n_init", [1, 3])
def test_a_fit_that_begins_by_numpy_goes_on_by_jax(soon_handed_over, n_init):
    row = next(row for row in ESTIMATORS if row.name == "GaussianMixture full")
    settings = {"n_init": n_init, "init_params": "random", "tol": 1e-6, "max_iter": 30}
    begun = row.make(**settings).fit(row.X)
    assert begun.n_iter_ > 4
    same(begun, on("jax", lambda: row.make(**settings).fit(row.X)))


@pytest.mark.parametrize("iterations", [2, 5])
def test_a_fit_goes_on_from_its_checkpoint_bit_for_bit_on_either_side_of_the_hand_over(
    soon_handed_over, tmp_path, iterations
):
    row = next(row for row in ESTIMATORS if row.name == "GaussianMixture full")
    whole = row.make(tol=0.0, max_iter=9).fit(row.X)

    class Stop(Exception):
        """What ends the process."""

    from suffice.fit import checkpoint

    kept, seen = checkpoint.write_record, []

    def write(record, path, kind):
        kept(record, path, kind)
        seen.append(record)
        if len(record["state"]["trace"]) >= iterations:
            raise Stop

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(checkpoint, "SECONDS", 0.0)
        patch.setattr(checkpoint, "SHARE", float("inf"))
        patch.setattr(checkpoint, "write_record", write)
        with pytest.raises(Stop):
            row.make(tol=0.0, max_iter=9).fit(row.X, checkpoint=tmp_path / "state")
    resumed = row.make(tol=0.0, max_iter=9).fit(row.X, checkpoint=tmp_path / "state")
    np.testing.assert_array_equal(resumed.lower_bounds_, whole.lower_bounds_)
    np.testing.assert_array_equal(resumed.covariances_, whole.covariances_)


def test_models_and_warm_starts_cross_from_one_road_to_the_other(tmp_path):
    row = next(row for row in ESTIMATORS if row.name == "GaussianMixture diag")
    first = on("numpy", lambda: row.make(warm_start=True, max_iter=3, tol=1e-9).fit(row.X))
    loaded = load(save(first, tmp_path / "model"))
    one, other = (on(which, lambda: pickle.loads(pickle.dumps(loaded)).fit(row.X)) for which in ROADS)
    same(one, other)


def test_a_road_is_named_by_one_of_two_words():
    with pytest.raises(ValueError, match="'numpy' or 'jax'"), computed_by("cuda"):  # type: ignore[arg-type]
        pass


FITS = {
    "GaussianMixture": "GaussianMixture(2, random_state=0).fit(X).predict(X)",
    "gaps": "GaussianMixture(2, random_state=0).fit(G).impute(G)",
    "BernoulliMixture": "BernoulliMixture(2, random_state=0).fit(X > 1).predict(X > 1)",
    "PoissonMixture": "PoissonMixture(2, random_state=0).fit(np.floor(abs(X))).score(np.floor(abs(X)))",
    "CategoricalMixture": "CategoricalMixture(2, random_state=0).fit(np.floor(abs(X))).predict(np.floor(abs(X)))",
    "MixedMixture": "MixedMixture(2, random_state=0).fit(X).predict(X)",
    "PPCA": "PPCA(1).fit(X).transform(X)",
    "FactorAnalysis": "FactorAnalysis(1).fit(G).transform(G)",
    "GaussianClassifier": "GaussianClassifier().fit(X, y).predict(X)",
    "NaiveBayes": "NaiveBayes().fit(X, y).predict(X)",
    "select": "select(GaussianMixture(random_state=0), X)",
}


@pytest.fixture(scope="module")
def imported_after():
    """Of one process that runs every fit in turn, what is imported after each."""
    begin = """
import sys, warnings
import numpy as np
import suffice
warnings.simplefilter("ignore")
X = np.random.default_rng(0).normal(size=(60, 3)) + 4 * np.repeat([0, 1], 30)[:, None]
G, y = np.where(np.random.default_rng(1).random(X.shape) < 0.2, np.nan, X), np.repeat([0, 1], 30)
"""
    fits = [f"from suffice import {NEEDED.get(name, name)}\n{fit}\n{FOUND}" for name, fit in FITS.items()]
    program = "\n".join([begin, *fits])
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    return dict(zip(FITS, done.stdout.splitlines(), strict=True))


NEEDED = {"gaps": "GaussianMixture", "select": "GaussianMixture, select"}
FOUND = 'print(sorted({"jax", "equinox", "optax", "matplotlib", "dask", "distributed"} & set(sys.modules)))'


@pytest.mark.parametrize("name", FITS)
def test_small_tables_import_neither_jax_nor_dask(name, imported_after):
    assert imported_after[name] == "[]"


def test_a_module_made_before_jax_is_a_tree_of_arrays_once_it_is_imported():
    program = """
import numpy as np
from suffice.latent import Bernoulli, Mixture
model = Mixture(np.array([0.5, 0.5]), Bernoulli(np.array([[0.9], [0.1]])))
import jax
doubled = jax.tree.map(lambda leaf: 2 * leaf, model)
print(doubled.components.probabilities.ravel(), jax.jit(lambda m: m.log_density(np.ones((1, 1))))(model).shape)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[1.8 0.2] (1,)"


def test_one_array_in_two_places_is_replaced_in_the_one_that_is_named():
    shared = np.eye(2)
    family = TiedGaussian(np.zeros((3, 2)), shared, GaussianPrior(1.0, np.zeros(2), shared, np.zeros(2)))
    moved = replaced(family, covariances=2 * shared)
    np.testing.assert_array_equal(moved.covariances, 2 * shared)
    np.testing.assert_array_equal(moved.prior.covariance, shared)
    with pytest.raises(TypeError, match="gives as features"):
        replaced(family, features=3)


def test_threads_give_the_same_bits():
    rows = np.random.default_rng(0).normal(size=(300, 3))

    def fit(_):
        return GaussianMixture(3, max_iter=20, random_state=0).fit(rows).covariances_

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(fit, range(16)))
    assert all(np.array_equal(one, found[0]) for one in found)


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="processes cannot be forked here")
def test_a_forked_process_answers():
    program = """
import multiprocessing
import numpy as np
from suffice import BernoulliMixture
from suffice.runtime import computed_by

def score_of_fit(seed):
    rows = np.random.default_rng(seed).random((100, 4)) < 0.5
    return BernoulliMixture(2, random_state=0).fit(rows).score(rows)

with computed_by("jax"):
    score_of_fit(0)
with multiprocessing.get_context("fork").Pool(2) as pool:
    print(pool.map_async(score_of_fit, range(2)).get(timeout=60) == [score_of_fit(0), score_of_fit(1)])
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True, timeout=300
    )
    assert done.stdout.strip() == "True"


def test_a_precision_does_not_depend_on_the_one_before():
    rows = np.random.default_rng(0).standard_normal((60, 3)) + np.repeat([[0.0], [8.0]], 30, 0)
    with computed_by("jax"):
        means = [
            GaussianMixture(2, covariance_type="spherical", precision=each, random_state=0).fit(rows).means_
            for each in ("float64", "float32", "float64")
        ]
    np.testing.assert_array_equal(means[0], means[2])
    np.testing.assert_allclose(means[1], means[0], atol=1e-4)
