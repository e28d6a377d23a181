"""A cluster of real processes: a worker that is killed changes no bit, and nothing waits for ever."""

import json
import os
import signal
import subprocess
import sys
import textwrap

import numpy as np
import pandas as pd
import pytest

from suffice.cli import main
from suffice.files import load

pytest.importorskip("distributed")

from test_cluster import client_of, ignoring

BEGIN = """
    import json, os, signal, sys, time, warnings

    import dask
    import dask.array as da
    import distributed
    import numpy as np

    from suffice import GaussianMixture
    from suffice.rows.cluster import partitions, waiting
    from suffice.rows.cluster.place import OnWorkers

    warnings.simplefilter("ignore")


    def acting_at(number, act, fn):
        calls = iter(range(number))

        def acting(*arguments):
            if next(calls, None) is None:
                act()
            return fn(*arguments)

        return acting
"""
FAULTS = """
    def rows():
        draw = np.random.default_rng(0)
        X = draw.standard_normal((2000, 3)) + 2.0 * draw.integers(3, size=(2000, 1))
        return da.from_array(X, chunks=(500, 3))


    def fit():
        return GaussianMixture(3, random_state=0, tol=0.0, max_iter=8).fit(rows())


    def said(X=None):
        try:
            return str(fit() if X is None else GaussianMixture(2).fit(X))
        except waiting.ClusterError as error:
            return str(error)


    def large():
        held = np.ones(90_000_000)
        time.sleep(120)  # the nanny kills before
        return held.reshape(-1, 3)


    def local(**options):
        return distributed.LocalCluster(threads_per_worker=1, dashboard_address=None, **options)


    if __name__ == "__main__":
        found, result_of = {}, partitions.result_of
        with local(n_workers=2, memory_limit="600MB") as cluster, distributed.Client(cluster) as client:
            results, killed = [], []
            partitions.result_of = acting_at(0, lambda: results.append(1), result_of)
            whole = fit()
            victim = next(iter(client.run(os.getpid).values()))

            def kill():
                if not killed:
                    killed.append(os.kill(victim, signal.SIGKILL))

            partitions.result_of = acting_at(len(results) - 4, kill, result_of)  # tasks of a pass are on their way
            again = fit()
            partitions.result_of = result_of
            found["killed"] = [bool(killed), np.array_equal(whole.means_, again.means_),
                               np.array_equal(whole.lower_bounds_, again.lower_bounds_)]
            cluster.scheduler.allowed_failures = 0
            found["memory"] = said([dask.delayed(rows().blocks[0].compute)(), dask.delayed(large, pure=False)()])
        waiting.PATIENCE_SECONDS = 2.0
        with local(n_workers=0, processes=False) as cluster, distributed.Client(cluster):
            found["no worker"] = said()
        cluster = local(n_workers=1, processes=False, memory_limit=0)
        client = distributed.Client(cluster)
        OnWorkers.total = acting_at(3, cluster.close, OnWorkers.total)
        found["no scheduler"] = said()
        print(json.dumps(found), flush=True)
        os._exit(0)
"""
COMMAND = """
    if __name__ == "__main__":
        import suffice.cli.cluster as command
        import suffice.fit.checkpoint as checkpoint
        from suffice.cli import main

        checkpoint.SECONDS, checkpoint.SHARE = 0.0, 1.0
        command.client_for = lambda job: distributed.Client(
            n_workers=1, threads_per_worker=1, processes=False, memory_limit=0, dashboard_address=None
        )
        OnWorkers.total = acting_at(6, lambda: os.kill(os.getpid(), signal.SIGKILL), OnWorkers.total)
        main(sys.argv[1:])
"""
PATIENT = {f"DASK_DISTRIBUTED__COMM__TIMEOUTS__{name}": "120s" for name in ("CONNECT", "TCP")}
"""A machine that has much else to do is no fault."""


def run(folder, program, *arguments):
    path = folder / "program.py"
    path.write_text(textwrap.dedent(BEGIN) + textwrap.dedent(program))
    return subprocess.run(
        [sys.executable, path, *arguments], capture_output=True, text=True, timeout=300, env=os.environ | PATIENT
    )


@pytest.fixture(scope="module")
def faults(tmp_path_factory):
    ended = run(tmp_path_factory.mktemp("faults"), FAULTS)
    assert ended.returncode == 0, ended.stderr[-3000:]
    return json.loads(ended.stdout.splitlines()[-1])


def test_a_worker_killed_in_the_middle_changes_no_bit(faults):
    assert faults["killed"] == [True] * 3


def test_workers_out_of_memory_end_with_a_sentence(faults):
    assert "want of memory" in faults["memory"]


def test_no_worker_and_no_scheduler_end_with_a_sentence(faults):
    assert "no worker for 2 seconds" in faults["no worker"]
    assert "connection to the scheduler" in faults["no scheduler"]


def parquet_folder(tmp_path):
    draw, folder = np.random.default_rng(0), tmp_path / "rows"
    folder.mkdir()
    for part in range(3):
        rows = pd.DataFrame(draw.standard_normal((300, 2)) + 5.0 * draw.integers(2, size=(300, 1)), columns=["a", "b"])
        rows.assign(times=draw.integers(0, 3, 300)).to_parquet(folder / f"{part}.parquet", row_group_size=120)
    return folder


def test_a_command_whose_process_was_killed_goes_on_with_resume(tmp_path, monkeypatch):
    words = [
        "fit",
        "gaussian-mixture",
        str(parquet_folder(tmp_path)),
        "--n-components",
        "2",
        "--tol",
        "0",
        "--max-iter",
        "9",
    ]
    words += ["--workers", "1", "--out"]
    ended = run(tmp_path, COMMAND, *words, tmp_path / "run", "--resume")
    assert ended.returncode == -signal.SIGKILL, ended.stderr[-3000:]
    assert (tmp_path / "run.checkpoint").exists()
    assert not (tmp_path / "run").exists()
    monkeypatch.setattr("suffice.cli.cluster.client_for", lambda job: client_of(1))
    with ignoring(UserWarning):
        assert main([*words, str(tmp_path / "run"), "--resume"]) == 0
        assert main([*words, str(tmp_path / "whole")]) == 0
    resumed, whole = (load(tmp_path / run / "model.safetensors") for run in ("run", "whole"))
    assert np.array_equal(resumed.means_, whole.means_)
    assert np.array_equal(resumed.lower_bounds_, whole.lower_bounds_)


def test_one_command_fits_a_pattern_of_files_with_workers_of_its_own(tmp_path):
    pattern = parquet_folder(tmp_path) / "*.parquet"
    words = ["fit", "gaussian-mixture", str(pattern), "--n-components", "2", "--weights", "times", "--out"]
    with ignoring(ResourceWarning):
        assert main([*words, str(tmp_path / "workers"), "--workers", "1"]) == 0
    for name, how in (("memory", "--in-memory"), ("stream", "--stream")):
        assert main([*words, str(tmp_path / name), how]) == 0
        one, other = (load(tmp_path / run / "model.safetensors") for run in (name, "workers"))
        np.testing.assert_allclose(np.sort(one.means_, 0), np.sort(other.means_, 0), atol=1e-6)
        assert other.feature_names_in_.tolist() == ["a", "b"]


def test_a_cluster_that_does_not_answer_or_is_too_small_is_given_up(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("suffice.cli.cluster.SECONDS", 1)
    words = ["fit", "gaussian-mixture", str(parquet_folder(tmp_path)), "--out", str(tmp_path / "run")]
    assert main([*words, "--cluster", "tcp://127.0.0.1:1"]) == 2
    assert "does not answer within 1 seconds" in capsys.readouterr().err
    assert main([*words, "--n-components", "1-3", "--workers", "2"]) == 2
    assert "fit one model" in capsys.readouterr().err
    monkeypatch.setattr("suffice.rows.cluster.waiting.memory_of", lambda client: 10_000)
    monkeypatch.setattr("suffice.cli.cluster.client_for", lambda job: client_of(1))
    assert main([*words, "--workers", "1"]) == 2
    assert "--stream in place of --cluster" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
