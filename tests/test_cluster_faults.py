"""A cluster of real processes: a worker that is killed changes no bit, and nothing waits for ever."""

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

PROGRAM = """
    import os, signal, sys, threading, time, warnings
    from pathlib import Path

    import dask.array as da
    import distributed
    import numpy as np

    from suffice import GaussianMixture
    from suffice.rows.cluster import waiting
    from suffice.rows.cluster.place import OnWorkers

    warnings.simplefilter("ignore")


    def rows():
        draw = np.random.default_rng(0)
        X = draw.standard_normal((4000, 3)) + 2.0 * draw.integers(3, size=(4000, 1))
        return da.from_array(X, chunks=(500, 3))


    def fit(passes=12, **options):
        return GaussianMixture(3, random_state=0, tol=0.0, max_iter=passes).fit(rows(), **options)


    def local(**options):
        return distributed.Client(threads_per_worker=1, dashboard_address=":0", **options)


    def before_pass(number, act):
        total, passes = OnWorkers.total, iter(range(number))

        def acting(self, fn):
            if next(passes, None) is None:
                act()
            return total(self, fn)

        OnWorkers.total = acting


    if __name__ == "__main__":
        {body}
"""


def outcome(tmp_path, body, *arguments):
    path = tmp_path / "program.py"
    path.write_text(textwrap.dedent(PROGRAM).replace("{body}", textwrap.indent(textwrap.dedent(body), " " * 4).strip()))
    ended = subprocess.run([sys.executable, path, *arguments], capture_output=True, text=True, timeout=600)
    assert ended.returncode in (0, -signal.SIGKILL), ended.stderr[-3000:]
    return ended.stdout


def test_a_worker_killed_in_the_middle_changes_no_bit(tmp_path):
    said = outcome(
        tmp_path,
        """
        with local(n_workers=2, memory_limit=0) as client:
            whole = fit()
            victim = next(iter(client.run(os.getpid).values()))
            killed = []

            def kill():
                if not killed:
                    killed.append(os.kill(victim, signal.SIGKILL))

            before_pass(4, kill)
            again = fit()
            print(bool(killed), np.array_equal(whole.means_, again.means_),
                  np.array_equal(whole.lower_bounds_, again.lower_bounds_))
        """,
    )
    assert said.split() == ["True"] * 3


def test_a_client_killed_goes_on_from_its_checkpoint(tmp_path):
    fits = """
        import suffice.fit.checkpoint as checkpoint
        checkpoint.SECONDS, checkpoint.SHARE = 0.0, 1.0
        with local(n_workers=1, processes=False, memory_limit=0) as client:
            if sys.argv[2] == "kill":
                before_pass(6, lambda: os.kill(os.getpid(), signal.SIGKILL))
            found = fit(checkpoint=Path(sys.argv[1]) / "kept")
            whole = fit()
            print(np.array_equal(whole.means_, found.means_), found.n_iter_ == whole.n_iter_)
        """
    assert outcome(tmp_path, fits, tmp_path, "kill") == ""
    assert os.path.getsize(tmp_path / "kept") > 0
    assert outcome(tmp_path, fits, tmp_path, "resume").split() == ["True", "True"]


def test_a_command_whose_process_was_killed_goes_on_with_resume(tmp_path):
    folder = parquet_folder(tmp_path)
    fits = f"""
        import suffice.cli.cluster as command
        import suffice.fit.checkpoint as checkpoint
        from suffice.cli import main
        checkpoint.SECONDS, checkpoint.SHARE = 0.0, 1.0
        command.client_for = lambda job: local(n_workers=1, processes=False, memory_limit=0)
        if sys.argv[2] == "kill":
            before_pass(6, lambda: os.kill(os.getpid(), signal.SIGKILL))
        words = ["fit", "gaussian-mixture", {str(folder)!r}, "--n-components", "2", "--tol", "0", "--max-iter", "9"]
        words += ["--workers", "1"]
        assert main([*words, "--out", sys.argv[1] + "/run", "--resume"]) == 0
        assert main([*words, "--out", sys.argv[1] + "/whole"]) == 0
    """
    outcome(tmp_path, fits, tmp_path, "kill")
    assert (tmp_path / "run.checkpoint").exists()
    assert not (tmp_path / "run").exists()
    outcome(tmp_path, fits, tmp_path, "resume")
    resumed, whole = (load(tmp_path / run / "model.safetensors") for run in ("run", "whole"))
    assert np.array_equal(resumed.means_, whole.means_)
    assert np.array_equal(resumed.lower_bounds_, whole.lower_bounds_)


def test_workers_out_of_memory_end_with_a_sentence(tmp_path):
    said = outcome(
        tmp_path,
        """
        import dask

        def large():
            held = np.ones(90_000_000)
            time.sleep(20)
            return held.reshape(-1, 3)

        dask.config.set({"distributed.scheduler.allowed-failures": 0})
        with local(n_workers=1, memory_limit="500MB") as client:
            blocks = [dask.delayed(rows().blocks[0].compute)(), dask.delayed(large, pure=False)()]
            try:
                GaussianMixture(2).fit(blocks)
            except waiting.ClusterError as error:
                print(error)
        """,
    )
    assert "want of memory" in said


def test_no_worker_and_no_scheduler_end_with_a_sentence(tmp_path):
    said = outcome(
        tmp_path,
        """
        waiting.PATIENCE_SECONDS = 2.0
        with distributed.LocalCluster(n_workers=0, processes=False, dashboard_address=":0") as cluster:
            with distributed.Client(cluster) as client:
                try:
                    fit()
                except waiting.ClusterError as error:
                    print(error)
        cluster = distributed.LocalCluster(n_workers=1, processes=False, dashboard_address=":0", memory_limit=0)
        client = distributed.Client(cluster)
        before_pass(3, cluster.close)
        try:
            fit()
        except waiting.ClusterError as error:
            print(error)
        """,
    )
    assert "no worker for 2 seconds" in said
    assert "connection to the scheduler" in said


def parquet_folder(tmp_path):
    draw, folder = np.random.default_rng(0), tmp_path / "rows"
    folder.mkdir()
    for part in range(3):
        rows = pd.DataFrame(draw.standard_normal((300, 2)) + 5.0 * draw.integers(2, size=(300, 1)), columns=["a", "b"])
        rows.assign(times=draw.integers(0, 3, 300)).to_parquet(folder / f"{part}.parquet", row_group_size=120)
    return folder


def test_one_command_fits_a_pattern_of_files_with_workers_of_its_own(tmp_path):
    pattern = parquet_folder(tmp_path) / "*.parquet"
    words = ["fit", "gaussian-mixture", str(pattern), "--n-components", "2", "--weights", "times", "--out"]
    program = "import sys; from suffice.cli import main\nif __name__ == '__main__': sys.exit(main(sys.argv[1:]))"
    (tmp_path / "program.py").write_text(program)
    with_workers = [*words, tmp_path / "workers", "--workers", "1"]
    ended = subprocess.run([sys.executable, tmp_path / "program.py", *with_workers], capture_output=True, timeout=180)
    assert ended.returncode == 0, ended.stderr[-2000:]
    for name, how in (("memory", "--in-memory"), ("stream", "--stream")):
        assert main([*words, str(tmp_path / name), how]) == 0
        one, other = (load(tmp_path / run / "model.safetensors") for run in (name, "workers"))
        np.testing.assert_allclose(np.sort(one.means_, 0), np.sort(other.means_, 0), atol=1e-6)
        assert other.feature_names_in_.tolist() == ["a", "b"]


def test_a_cluster_that_does_not_answer_is_given_up(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("suffice.cli.cluster.SECONDS", 1)
    words = ["fit", "gaussian-mixture", str(parquet_folder(tmp_path)), "--out", str(tmp_path / "run")]
    assert main([*words, "--cluster", "tcp://127.0.0.1:1"]) == 2
    assert "does not answer within 1 seconds" in capsys.readouterr().err
    assert main([*words, "--n-components", "1-3", "--workers", "2"]) == 2
    assert "fit one model" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
