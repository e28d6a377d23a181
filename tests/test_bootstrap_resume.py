"""Bootstrap tests that were killed or interrupted go on with the samples that they have, in Python and on the command line."""

import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import suffice
from suffice import PoissonMixture
from suffice.cli import main
from suffice.files import FileError, read_record
from suffice.selection import bootstrap

ROWS = np.random.default_rng(0).poisson(4.0, (60, 1))
WRITE_OFTEN = (
    "import sys; from suffice.cli import main; from suffice.fit import checkpoint; "
    "checkpoint.SECONDS, checkpoint.SHARE = 0, float('inf'); sys.exit(main(sys.argv[1:]))"
)
SAMPLES = "12"


def found(**options):
    return suffice.bootstrap_test(PoissonMixture(1, random_state=0), ROWS, stop_early=False, **options)


@pytest.fixture
def interrupted_at(monkeypatch):
    """Ctrl-C while so many samples are there."""

    def at(count):
        whole = bootstrap._Draws._next

        def next_one(self, place):
            if place == count:
                raise KeyboardInterrupt
            return whole(self, place)

        monkeypatch.setattr(bootstrap._Draws, "_next", next_one)

    return at


def test_samples_until_an_interrupt_are_told_and_the_file_goes_on(tmp_path, interrupted_at, monkeypatch):
    whole = found(samples=6)
    interrupted_at(3)
    part = found(samples=6, checkpoint=tmp_path / "kept")
    assert part.interrupted
    assert "interrupted after 3 of 6" in part.outcome
    monkeypatch.undo()
    more = found(samples=6, checkpoint=tmp_path / "kept")
    np.testing.assert_array_equal(more.statistics, whole.statistics)
    np.testing.assert_array_equal(more.statistics[:3], part.statistics)
    assert more.outcome == whole.outcome
    assert "All samples" in whole.outcome
    with pytest.raises(ValueError, match="give one of the two"):
        found(samples=6, checkpoint=tmp_path / "kept", resume=part)


def test_the_file_of_another_test_is_refused(tmp_path):
    found(samples=2, checkpoint=tmp_path / "kept")
    with pytest.raises(FileError, match="another fit"):
        suffice.bootstrap_test(PoissonMixture(1, random_state=0), ROWS + 1, samples=3, checkpoint=tmp_path / "kept")
    with pytest.raises(FileError, match="n_components"):
        found(samples=3, n_components=3, checkpoint=tmp_path / "kept")


def test_an_interrupt_before_any_sample_is_one(interrupted_at):
    interrupted_at(0)
    with pytest.raises(KeyboardInterrupt):
        found(samples=2)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "counts.csv"
    np.savetxt(path, ROWS, fmt="%d", header="events", comments="")
    return path


def words(data, out, *more):
    fixed = ["--n-components", "1", "--bootstrap-test", SAMPLES, "--out", str(out)]
    return ["fit", "poisson-mixture", str(data), *fixed, *more]


def said_of(capsys):
    return re.findall(r"and \d+ of \d+ samples.*", capsys.readouterr().out)[0]


def test_ctrl_c_leaves_the_fit_and_the_samples(data, tmp_path, capsys, interrupted_at, monkeypatch):
    assert main(words(data, tmp_path / "whole")) == 0
    whole = said_of(capsys)
    out, kept = tmp_path / "run", tmp_path / "run.bootstrap"
    interrupted_at(2)
    assert main(words(data, out)) == 130
    assert f"kept 2 of the {SAMPLES} samples" in capsys.readouterr().err
    assert "interrupted after 2 of" in (out / "report.html").read_text()
    monkeypatch.undo()
    assert main(words(data, tmp_path / "run")) == 2
    assert main(words(data, out, "--resume", "--overwrite")) == 0
    told = capsys.readouterr()
    assert "goes on from run.bootstrap" in told.err
    assert whole in told.out
    assert not kept.exists()


def test_ctrl_c_before_any_sample_leaves_the_fit(data, tmp_path, capsys, interrupted_at, monkeypatch):
    out = tmp_path / "run"
    interrupted_at(0)
    assert main(words(data, out)) == 130
    told = capsys.readouterr().err
    assert f"interrupted: {out} holds the fit" in told
    assert "the bootstrap test was interrupted" in told
    assert (out / "model.safetensors").exists()
    monkeypatch.undo()
    assert main(words(data, out, "--resume", "--overwrite")) == 0


@pytest.mark.parametrize("module", ["suffice.report.uncertain.estimates", "suffice.report.page.write_page"])
def test_ctrl_c_in_what_comes_after_a_fit_leaves_the_fit(data, tmp_path, capsys, monkeypatch, module):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(module, interrupt)
    given = ["fit", "poisson-mixture", str(data), "--standard-errors", "observed", "--out", str(tmp_path / "run")]
    assert main(given) == 130
    assert "holds the fit" in capsys.readouterr().err
    assert (tmp_path / "run" / "model.safetensors").exists()


def test_a_test_that_was_killed_goes_on(data, tmp_path, capsys):
    assert main(words(data, tmp_path / "whole")) == 0
    whole = said_of(capsys)
    out, kept = tmp_path / "run", tmp_path / "run.bootstrap"
    process = subprocess.Popen([sys.executable, "-c", WRITE_OFTEN, *words(data, out)])
    deadline = time.monotonic() + 120
    while not kept.exists():
        assert process.poll() is None, "the command ended before samples were kept"
        assert time.monotonic() < deadline, "no samples were kept"
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert len(read_record(kept, "suffice checkpoint", "a test")["state"]["statistics"]) > 0
    assert main(words(data, out)) == 2
    assert "--resume" in capsys.readouterr().err
    assert main(words(data, out, "--resume")) == 0
    assert said_of(capsys) == whole
    assert not kept.exists()


def test_several_candidates_may_resume_the_test_of_the_best(data, tmp_path, capsys, interrupted_at, monkeypatch):
    command = ["fit", "poisson-mixture", str(data), "--n-components", "1-2", "--bootstrap-test", SAMPLES]
    command += ["--out", str(tmp_path / "run")]
    interrupted_at(1)
    assert main(command) == 130
    monkeypatch.undo()
    assert main([*command, "--resume", "--overwrite"]) == 0
    capsys.readouterr()
    assert main([*command, "--resume", "--overwrite"]) == 2
    assert "continues one fit" in capsys.readouterr().err
