"""Rows on a cluster: the fit of memory, the same bits for any number of workers, lazy answers, sentences for what is wrong."""

import gc
import warnings
from contextlib import contextmanager

import numpy as np
import pytest

dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")

import dask.array as da  # noqa: E402
import dask.dataframe as dd  # noqa: E402
import pandas as pd  # noqa: E402

from suffice import GaussianClassifier, GaussianMixture, select, total  # noqa: E402
from suffice.rows.cluster.place import OnWorkers  # noqa: E402
from suffice.rows.cluster.waiting import ClusterError  # noqa: E402

UNEVEN = (1, 0, 119, 200)


def rows_of(count=320, missing=0.0):
    draw = np.random.default_rng(3)
    rows = draw.standard_normal((count, 3)) @ np.diag([1.0, 2.0, 0.5]) + 5.0 * draw.integers(3, size=(count, 1))
    rows[draw.random(rows.shape) < missing] = np.nan
    return rows


ROWS = rows_of()
GAPS = rows_of(missing=0.1)


@contextmanager
def client_of(workers):
    """A client whose workers are threads; the sockets that its servers leave open are collected here."""
    options = {"threads_per_worker": 1, "processes": False, "memory_limit": 0, "dashboard_address": ":0"}
    with ignoring(ResourceWarning):
        client = distributed.Client(n_workers=workers, **options)
    try:
        yield client
    finally:
        with ignoring(ResourceWarning):
            client.close()
            gc.collect()


@contextmanager
def ignoring(kind):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", kind)
        yield


@pytest.fixture(scope="module", autouse=True)
def client():
    with client_of(1) as client:
        yield client


def uneven(rows):
    return da.from_array(rows, chunks=(UNEVEN, rows.shape[1:]))


def mixture(**options):
    return GaussianMixture(3, random_state=0, **options)


@pytest.mark.parametrize("rows", [ROWS, GAPS], ids=["complete", "gaps"])
def test_the_fit_is_that_of_memory_starts_included(rows):
    weight = np.random.default_rng(0).integers(0, 3, len(rows)).astype(float)
    memory = mixture().fit(rows, sample_weight=weight)
    cluster = mixture().fit(uneven(rows), sample_weight=da.from_array(weight, chunks=100))
    np.testing.assert_allclose(cluster.means_, memory.means_, atol=1e-8)
    np.testing.assert_allclose(cluster.covariances_, memory.covariances_, atol=1e-7)
    assert (cluster.n_iter_, cluster.outcome_) == (memory.n_iter_, memory.outcome_)


def test_same_partitions_same_bits_whatever_the_workers():
    def fitted():
        return mixture(tol=1e-6).fit(uneven(GAPS))

    one = fitted()
    with client_of(3) as three, three.as_current():
        other = fitted()
    for name in ("means_", "covariances_", "weights_", "lower_bounds_"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name


def test_relative_weights_are_scaled_as_in_memory():
    weight = np.full(len(ROWS), 1e-3)
    memory, cluster = (mixture().fit(*both) for both in [(ROWS, None, weight), (uneven(ROWS), None, weight)])
    assert cluster.outcome_ == memory.outcome_
    assert "relative" in cluster.outcome_
    np.testing.assert_allclose(cluster.means_, memory.means_, atol=1e-8)


def test_answers_are_lazy_and_those_of_memory():
    fitted, rows, table = mixture().fit(GAPS), uneven(GAPS), pd.DataFrame(GAPS, columns=list("abc"))
    frame, named = dd.from_pandas(table, npartitions=3), mixture().fit(table)
    for name in ("predict", "predict_proba", "score_samples", "impute"):
        expected, lazy = getattr(fitted, name)(GAPS), getattr(fitted, name)(rows)
        assert lazy.chunks[0] == UNEVEN
        assert lazy.dtype == expected.dtype
        assert lazy.shape == expected.shape
        np.testing.assert_allclose(lazy.compute(), expected, atol=1e-12)
        np.testing.assert_allclose(getattr(named, name)(frame).compute(), expected, atol=1e-6)
    assert list(fitted.impute(rows, return_std=True)[1].chunks[0]) == list(UNEVEN)
    of_frame = mixture().fit(frame)
    assert of_frame.feature_names_in_.tolist() == ["a", "b", "c"]
    assert of_frame.impute(frame).columns.tolist() == ["a", "b", "c"]
    assert of_frame.predict(frame).name == "component"
    assert of_frame.predict(frame).divisions == frame.divisions
    for name in ("score", "bic", "aic", "icl"):
        assert getattr(fitted, name)(rows) == pytest.approx(getattr(fitted, name)(GAPS), rel=1e-12)


def moments(rows, weight):
    return {"weight": weight.sum(), "second": (rows * weight[:, None]).T @ rows}


def test_total_of_arrays_frames_and_delayed_blocks():
    blocks = [dask.delayed(part) for part in (ROWS[:7], ROWS[7:7], ROWS[7:])]
    weighted = [dask.delayed((part, np.full(len(part), 2.0))) for part in (ROWS[:7], ROWS[7:])]
    expected = total(moments, ROWS)
    for data in (
        uneven(ROWS),
        uneven(ROWS).rechunk((80, 2)),
        dd.from_pandas(pd.DataFrame(ROWS), npartitions=2),
        blocks,
    ):
        np.testing.assert_allclose(total(moments, data)["second"], expected["second"], rtol=1e-12)
    assert total(moments, weighted)["weight"] == 2 * expected["weight"]
    np.testing.assert_allclose(mixture().fit(blocks).means_, mixture().fit(ROWS).means_, atol=1e-8)
    assert [part.shape for part in dask.compute(*mixture().fit(ROWS).predict(blocks))] == [(7,), (0,), (313,)]


def test_a_fit_goes_on_from_its_checkpoint_bit_by_bit(tmp_path):
    def fit(max_iter, **options):
        start = {"means_init": ROWS[:3], "tol": 0.0, "max_iter": max_iter}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return mixture(**start).fit(uneven(GAPS), **options)

    class Killed(BaseException):
        pass

    kept, beyond = tmp_path / "kept", iter(range(5))
    with pytest.MonkeyPatch.context() as patch:
        total = OnWorkers.total

        def once_more(self, fn):
            if next(beyond, None) is None:
                raise Killed
            return total(self, fn)

        patch.setattr(OnWorkers, "total", once_more)
        patch.setattr("suffice.fit.checkpoint.SECONDS", 0.0)
        patch.setattr("suffice.fit.checkpoint.SHARE", 1.0)
        with pytest.raises(Killed):
            fit(12, checkpoint=kept)
    whole, resumed = fit(12), fit(12, checkpoint=kept)
    assert np.array_equal(whole.means_, resumed.means_)
    assert np.array_equal(whole.lower_bounds_, resumed.lower_bounds_)


def test_a_selection_and_derivatives_are_those_of_memory():
    tables = [select(GaussianMixture(random_state=0), X, n_components=[1, 3]).table for X in (ROWS, uneven(ROWS))]
    np.testing.assert_allclose(tables[1]["bic"], tables[0]["bic"], rtol=1e-9)
    fitted = GaussianMixture(2, random_state=0).fit(ROWS[:100])
    slopes = [fitted.log_likelihood_gradient(X)["means"] for X in (ROWS, uneven(ROWS))]
    np.testing.assert_allclose(slopes[1], slopes[0], rtol=1e-9)
    with pytest.raises(ValueError, match="component_labels needs rows in memory"):
        mixture().fit(uneven(ROWS), component_labels=np.zeros(320))


BAD = {
    "infinite": (
        lambda: uneven(np.where(np.arange(320)[:, None] == 150, np.inf, ROWS)),
        "Partition 3 .*infinity at row 30",
    ),
    "text": (lambda: uneven(ROWS.astype(str).astype(object)[:, :2] + "x"), r"Partition \d .*could not convert"),
    "columns": (
        lambda: [dask.delayed(pd.DataFrame(ROWS[:9], columns=list(names))) for names in ("abc", "abd")],
        "Partition 1 .*columns.*'d'.*'c'",
    ),
    "types": (
        lambda: [dask.delayed(pd.DataFrame({"a": values, "b": values})) for values in ([1.0, 2.0], ["x", "y"])],
        "Partition 1 .*column 'a' holds",
    ),
    "columns of a data frame": (
        lambda: from_parts(pd.DataFrame(ROWS, columns=list("abc")), pd.DataFrame(ROWS[:, :2], columns=list("ab"))),
        "Partition 1 .*columns.*'a', 'b'.*are expected",
    ),
    "types of a data frame": (
        lambda: from_parts(pd.DataFrame({"a": [1.0, 2.0]}), pd.DataFrame({"a": ["x", "y"]})),
        "Partition 1 .*column 'a' holds",
    ),
    "no columns": (lambda: uneven(ROWS)[:, 0], "Dask array of shape"),
    "unknown width": (lambda: ROWS_OF_UNKNOWN_WIDTH(), "unknown.*D known"),
    "empty": (lambda: uneven(ROWS)[:0], "no rows"),
    "a series": (lambda: dd.from_pandas(pd.DataFrame(ROWS), npartitions=2)[0], "Dask Series"),
}


def from_parts(*parts):
    """A Dask DataFrame that says of all its partitions what holds of the first."""
    return dd.from_delayed([dask.delayed(part) for part in parts], meta=parts[0].iloc[:0], verify_meta=False)


def ROWS_OF_UNKNOWN_WIDTH():
    rows = uneven(ROWS)
    return rows[:, rows.sum(0) > 0]


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gets_a_sentence(name):
    make, said = BAD[name]
    with pytest.raises(ValueError, match=said):
        mixture().fit(make())


def test_labels_and_weights_that_are_none_are_named_with_their_partition():
    wrong = da.from_array(np.where(np.arange(320) == 200, np.nan, 1.0), chunks=(UNEVEN,))
    with pytest.raises(ValueError, match=r"Partition 3 .*y contains NaN"):
        GaussianClassifier().fit(uneven(ROWS), wrong)
    for weight in (wrong, -wrong):
        with pytest.raises(ValueError, match=r"Partition \d .*weights must be finite, not negative"):
            mixture().fit(uneven(ROWS), sample_weight=weight)
    with pytest.raises(ValueError, match="y has shape"):
        GaussianClassifier().fit(uneven(ROWS), np.zeros(319))


def test_chunks_of_unknown_length_are_fitted():
    rows = uneven(ROWS)
    some = rows[rows[:, 0] > 0]
    assert np.isnan(some.shape[0])
    np.testing.assert_allclose(mixture().fit(some).means_, mixture().fit(ROWS[ROWS[:, 0] > 0]).means_, atol=1e-8)
    assert len(mixture().fit(some).predict(some).compute()) == (ROWS[:, 0] > 0).sum()


def test_a_partition_that_fails_once_is_read_again(tmp_path):
    tried = tmp_path / "tried"

    def read():
        if not tried.exists():
            tried.touch()
            raise OSError("the disk was busy")
        return ROWS[100:]

    blocks = [dask.delayed(ROWS[:100]), dask.delayed(read, pure=False)()]
    np.testing.assert_allclose(mixture().fit(blocks).means_, mixture().fit(ROWS).means_, atol=1e-8)
    assert tried.exists()


def test_rows_beyond_the_memory_of_the_workers_are_refused_before(monkeypatch):
    monkeypatch.setattr("suffice.rows.cluster.waiting.memory_of", lambda client: 10_000)
    with pytest.raises(ValueError, match=r"workers have.*stream_parquet"):
        mixture().fit(uneven(ROWS))


def test_another_version_on_a_worker_is_named(monkeypatch):
    monkeypatch.setattr(
        "suffice.rows.cluster.partitions.versions", lambda: {"suffice": "0.0", "jax": "0", "numpy": "0"}
    )
    with pytest.raises(ClusterError, match=r"A worker has suffice .* client has 0.0"):
        mixture().fit(uneven(ROWS))


def test_without_a_client_a_sentence(monkeypatch):
    def none():
        raise ValueError("No clients found")

    monkeypatch.setattr(distributed, "default_client", none)
    with pytest.raises(ClusterError, match=r"no Dask client.*distributed.Client"):
        mixture().fit(uneven(ROWS))
