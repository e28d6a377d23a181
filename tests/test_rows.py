"""Where rows live: the same sums from every place, from any thread, and wrong input refused in each."""

import subprocess
import sys
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from scipy.sparse import csr_array
from sklearn.exceptions import ConvergenceWarning

from suffice import GaussianMixture, total
from suffice.fit import em
from suffice.latent import Bernoulli, Gaussian, Mixture
from suffice.model import LatentModel
from suffice.rows import blocks
from suffice.rows.blocks import end_to_end
from suffice.rows.finite import SHARE_BYTES, sum_of
from suffice.rows.place import place
from suffice.rows.row_function import RowFunction
from suffice.rows.streams import is_stream
from suffice.runtime.precision import scope

LARGE = 50_000
"""Rows of four columns that are shared out to threads."""


def first_moments(rows, weight):
    return {"weight": weight.sum(), "first": weight @ rows}


class Scaled(RowFunction):
    """A function that is prepared as a closure over what is worked out once."""

    logarithm: Any

    def prepare(self):
        scale = jnp.exp(self.logarithm)
        return lambda rows, weight: (weight @ rows) * scale


class Closed(LatentModel):
    """A mixture whose E-step is a plain function, as a model of a user's own may have it."""

    mixture: Mixture

    def expectation(self, centred):
        expectation = self.mixture.expectation(centred)
        return lambda rows, weight, given=None: expectation(rows, weight, given)

    def maximize(self, statistics):
        return Closed(self.mixture.maximize(statistics))

    def needs_centring(self):
        return self.mixture.needs_centring()


class Norms(RowFunction):
    """The length of each row, and its first cell."""

    def __call__(self, rows, weight):
        return {"length": jnp.sqrt(jnp.square(rows).sum(1)), "first": rows[:, 0]}


def rows_of(count, seed=0):
    return np.random.default_rng(seed).standard_normal((count, 4))


def mixture_of(X):
    return Mixture(np.array([0.5, 0.5]), Gaussian(X[:2].copy(), np.stack([np.eye(4)] * 2)))


@pytest.mark.parametrize("count", [1, 500, LARGE])
def test_a_function_may_be_prepared_as_a_closure(count):
    X = rows_of(count)
    np.testing.assert_allclose(total(Scaled(np.zeros(4)), X), X.sum(0), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("count", [500, LARGE])
def test_an_e_step_may_be_a_closure(count):
    X = rows_of(count)
    closed, plain = (em(start, X, tol=0, max_iter=4) for start in (Closed(mixture_of(X)), mixture_of(X)))
    np.testing.assert_allclose(closed.trace, plain.trace, rtol=1e-12)


def test_a_list_of_rows_is_an_array():
    rows = [[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]]
    for data in (rows, [tuple(row) for row in rows], [np.array(row) for row in rows], pd.DataFrame(rows)):
        np.testing.assert_array_equal(total(first_moments, data)["first"], [2, 2])
    start = Mixture(np.array([0.5, 0.5]), Bernoulli(np.array([[0.9, 0.3], [0.4, 0.8]])))
    for data in (rows, (rows, np.zeros((3, 2)))):
        np.testing.assert_array_equal(em(start, data).model.weights, em(start, np.array(rows)).model.weights)


def test_a_list_of_tables_is_a_stream():
    whole = rows_of(30)
    tables = [whole[:10], whole[10:]]
    weighted = [(table, np.ones(len(table))) for table in tables]
    nested = [table.tolist() for table in tables]
    for batches in (tables, weighted, nested, [pd.DataFrame(table) for table in tables], iter(tables)):
        assert is_stream(batches)
    for batches in (tables, weighted, nested):
        np.testing.assert_allclose(total(first_moments, batches)["first"], whole.sum(0), rtol=1e-12)
    for data in (
        whole,
        whole.tolist(),
        list(whole),
        pd.DataFrame(whole),
        csr_array(whole),
        (whole, whole),
        {"a": whole},
    ):
        assert not is_stream(data)


def test_a_sparse_matrix_is_its_rows():
    dense = np.where(rows_of(50) > 1, 1.0, 0.0)
    np.testing.assert_array_equal(total(first_moments, csr_array(dense))["first"], dense.sum(0))


def test_rows_that_are_no_numbers_are_refused():
    for data in ([["a", "b"]], np.array([["a"]]), pd.DataFrame({"a": ["x"]})):
        with pytest.raises(ValueError, match="numbers are expected"):
            total(first_moments, data)


def test_an_iterator_that_can_be_read_once_is_refused():
    for use in (lambda data: total(first_moments, data), lambda data: em(mixture_of(rows_of(5)), data)):
        with pytest.raises(ValueError, match="read only once"):
            use(iter([rows_of(5)]))


def places(data):
    return {"memory": data[:100], "blocks": data, "batches": [data[:60], data[60:]]}


@pytest.mark.parametrize("where", ["memory", "blocks", "batches"])
def test_every_place_sums_and_reads_each_row(where):
    with jax.enable_x64(True):
        data = places(rows_of(LARGE))[where]
        rows = place(data, None, origin=np.ones(4), precision="float64", tile=64)
        sums, read = rows.total(first_moments), rows.each(Norms())
    whole = np.concatenate(data) - 1 if where == "batches" else np.asarray(data) - 1
    np.testing.assert_allclose(sums["first"], whole.sum(0), rtol=1e-9)
    np.testing.assert_allclose(read["first"], whole[:, 0], rtol=1e-12)
    np.testing.assert_allclose(read["length"], np.linalg.norm(whole, axis=1), rtol=1e-12)


@pytest.mark.parametrize("precision", ["float64", "float32"])
@pytest.mark.parametrize("count", [500, LARGE])
def test_a_place_measures_from_its_origin_and_nobody_else_knows(count, precision, tmp_path):
    X, seen = rows_of(count) + 1000.0, []
    start, options = mixture_of(X), {"precision": precision, "tol": 0, "max_iter": 6}

    def note(done, objective, model):
        seen.append(model.components.means)
        return len(seen) == 2

    with jax.enable_x64(precision == "float64"):
        rows = place(X, None, origin=X.mean(0), precision=precision, tile=start.tile)
        em(start, rows, on_step=note, step_by_step=True, checkpoint=tmp_path / "c", **options)
        whole = em(start, rows, step_by_step=True, **options)
        again = em(start, rows, step_by_step=True, checkpoint=tmp_path / "c", **options)
    np.testing.assert_array_equal(again.model.components.means, whole.model.components.means)
    assert abs(np.array(seen) - 1000).max() < 4
    plain = em(start, X, tol=0, max_iter=6)
    np.testing.assert_allclose(whole.model.components.means, plain.model.components.means, atol=1e-3)
    np.testing.assert_allclose(whole.model.components.covariances, plain.model.components.covariances, atol=2e-3)


@pytest.mark.parametrize("kind", [np.uint8, np.int64, np.float32])
def test_weights_of_any_type_count_as_numbers(kind):
    X, weight = np.full((10, 2), 3, np.uint8), np.full(10, 100, kind)
    for sums in (total(first_moments, X, weight=weight), total(first_moments, [(X, weight)])):
        np.testing.assert_array_equal(sums["first"], [3000, 3000])


@pytest.mark.parametrize("count", [100, LARGE])
def test_weights_that_do_not_fit_the_rows_are_refused(count):
    X = rows_of(count)
    for given in (np.ones(5), np.ones(count + 1), np.ones((count, 1))):
        with pytest.raises(ValueError, match="one for each"):
            total(first_moments, X, weight=given)
        with pytest.raises(ValueError, match="one for each"):
            total(first_moments, [(X, given)])


def test_small_whole_numbers_do_not_overflow():
    X = np.random.default_rng(0).integers(0, 200, (1000, 4)).astype(np.uint8)
    small, real = (em(mixture_of(X.astype(float)), data, tol=0, max_iter=5).model for data in (X, X.astype(float)))
    np.testing.assert_allclose(small.components.means, real.components.means, rtol=1e-9)


def test_a_sum_inside_a_sum_does_not_wait_for_itself():
    X = rows_of(LARGE)
    whole = X.sum()

    def inside(rows):
        return np.asarray(total(first_moments, X)["first"].sum())

    def outside(rows, weight):
        return weight.sum() * jax.pure_callback(inside, jax.ShapeDtypeStruct((), np.float64), rows.sum())

    np.testing.assert_allclose(total(outside, X), LARGE * whole, rtol=1e-6)


def test_a_thread_that_outlives_the_program_still_fits():
    code = """
import threading, numpy as np
from suffice import total
def first(rows, weight): return weight @ rows
def late():
    threading.main_thread().join()
    print(total(first, np.ones((200000, 4)))[0])
threading.Thread(target=late).start()
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout.strip() == "200000.0", done.stderr


def test_blas_threads_come_back_after_overlapping_uses():
    code = """
import threading
import numpy, scipy.linalg
from threadpoolctl import threadpool_info
from suffice.runtime.blas import one_blas_thread

def threads():
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]

before, begun, end = threads(), threading.Event(), threading.Event()

def first():
    with one_blas_thread():
        begun.set()
        end.wait(20)

other = threading.Thread(target=first)
other.start()
begun.wait(20)
with one_blas_thread():
    end.set()
    other.join()
    inside = threads()
print(set(inside) <= {1}, threads() == before)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=120)
    assert done.stdout.split() == ["True", "True"], done.stderr


def test_scores_of_weighted_batches_have_every_row():
    X, weight = rows_of(300), np.arange(300.0) % 3
    batches = [(X[:100], weight[:100]), (X[100:], weight[100:])]
    with pytest.warns(ConvergenceWarning):
        mixture = GaussianMixture(2, random_state=0, max_iter=2, tol=0).fit(batches)
    np.testing.assert_array_equal(mixture.predict(batches), mixture.predict(X))
    for name in ("score", "bic", "aic", "icl"):
        ours, whole = getattr(mixture, name)(batches), getattr(mixture, name)(X, sample_weight=weight)
        np.testing.assert_allclose(ours, whole, rtol=1e-9)


def test_streams_without_rows_weight_or_columns_are_refused_or_summed():
    X = rows_of(20)
    mixture = GaussianMixture(1).fit(X)
    with pytest.raises(ValueError, match="no rows"):
        mixture.predict([X[:0]])
    with pytest.raises(ValueError, match="weights are zero"):
        GaussianMixture(1, means_init=X[:1]).fit([(X, np.zeros(20))])
    assert total(first_moments, [X[:, :0]])["weight"] == 20


@pytest.mark.parametrize(("bad", "seen"), [(np.nan, np.isnan), (np.inf, np.isinf), (-np.inf, np.isinf)])
def test_a_bad_value_anywhere_shows_in_the_sum(bad, seen):
    values = np.ones((3 * SHARE_BYTES // 80 + 1, 10))
    assert sum_of(values) == values.size
    for row in (0, len(values) // 2, len(values) - 1):
        values[row, 3] = bad
        assert seen(sum_of(values))
        values[row, 3] = 1.0


def test_parts_put_into_place_are_those_put_end_to_end():
    draw = np.random.default_rng(0)
    parts = [(draw.random((n, 3)), draw.random(n)) for n in (4, 0, 7)]
    found = end_to_end(iter(parts), 15)
    for whole, pieces in zip(found, zip(*parts, strict=True), strict=True):
        np.testing.assert_array_equal(whole, np.concatenate(pieces))


def test_large_rows_give_one_result_for_each_row_with_weight(monkeypatch):
    rows = np.random.default_rng(1).random((5000, 4))
    monkeypatch.setattr(blocks, "THREADED_BYTES", 1 << 10)
    monkeypatch.setattr(blocks, "RESIDENT_BYTES", 1 << 10)
    monkeypatch.setattr(blocks, "BLOCK_BYTES", 1 << 15)
    weight = np.ones(5000)
    weight[10:2000:3] = 0
    with scope("float64"):
        found = place(rows, weight, precision="float64", tile=64).each(first_column)
    np.testing.assert_array_equal(found, rows[weight > 0, 0])


def first_column(rows, weight):
    return rows[:, 0]
