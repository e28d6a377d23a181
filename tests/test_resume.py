"""``suffice fit --resume`` after the process was killed, interrupted, or never started."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pyarrow
import pytest
from pyarrow import parquet
from safetensors import safe_open

from suffice import GaussianMixture
from suffice.cli import main
from suffice.fit import checkpoint

WRITE_OFTEN = (
    "import sys; from suffice.cli import main; from suffice.fit import checkpoint; "
    "checkpoint.SECONDS, checkpoint.SHARE = 0, float('inf'); sys.exit(main(sys.argv[1:]))"
)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A Parquet file of several row groups, whose fit is long enough to be killed in its midst."""
    draw = np.random.default_rng(0)
    rows = draw.standard_normal((60_000, 6)) + 2 * draw.integers(3, size=(60_000, 1))
    path = tmp_path_factory.mktemp("data") / "rows.parquet"
    table = pyarrow.table({f"c{j}": column for j, column in enumerate(rows.T)})
    parquet.write_table(table, path, row_group_size=20_000)
    return str(path)


def words(data, out, *more, iterations=60):
    fixed = [
        "--stream",
        "--n-components",
        "4",
        "--n-init",
        "2",
        "--tol",
        "0",
        "--out",
        str(out),
        "--max-iter",
        str(iterations),
    ]
    return ["fit", "gaussian-mixture", data, *fixed, *more]


@pytest.fixture(scope="module")
def whole(data, tmp_path_factory):
    """What the fit that nobody stopped writes."""
    out = tmp_path_factory.mktemp("whole") / "run"
    assert main(words(data, out)) == 0
    return content(out)


def content(run):
    """Every bit of a model file: its arrays, and the checksum over these and all else; the order in it changes."""
    with safe_open(run / "model.safetensors", "np") as file:
        arrays = {name: file.get_tensor(name).tobytes() for name in file.keys()}  # noqa: SIM118
        return arrays, file.metadata()["checksum"]


def killed_in_its_midst(command, file, changes=3):
    """Start a command, and kill it once a file has changed so many times."""
    process = subprocess.Popen([sys.executable, "-c", WRITE_OFTEN, *command], stderr=subprocess.PIPE)
    seen, deadline = set(), time.monotonic() + 120
    while len(seen) < changes:
        assert process.poll() is None, process.stderr.read()
        assert time.monotonic() < deadline, "no checkpoint was written"
        if file.exists():
            seen.add(file.stat().st_mtime_ns)
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL


def test_a_streamed_fit_that_was_killed_twice_ends_with_the_same_bytes(data, whole, tmp_path, capsys):
    out, kept = tmp_path / "run", tmp_path / "run.checkpoint"
    killed_in_its_midst(words(data, out), kept)
    assert not out.exists()
    first = kept.read_bytes()
    killed_in_its_midst(words(data, out, "--resume"), kept)
    assert kept.read_bytes() != first
    assert main(words(data, out, "--resume")) == 0
    assert "begins anew" not in capsys.readouterr().err
    assert content(out) == whole
    assert [file.name for file in tmp_path.iterdir()] == ["run"]


@pytest.fixture
def interrupted(data, tmp_path, monkeypatch, capsys):
    """A run folder of a fit that was interrupted, with its checkpoint beside it."""
    monkeypatch.setattr(checkpoint, "SECONDS", 0)
    monkeypatch.setattr(checkpoint, "SHARE", np.inf)
    written, original = [], checkpoint.write_record

    def interrupt(*arguments):
        original(*arguments)
        written.append(arguments)
        if len(written) == 4:
            raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "write_record", interrupt)
        assert main(words(data, tmp_path / "run")) == 130
    assert "with --resume --overwrite continues the fit" in capsys.readouterr().err
    return tmp_path / "run"


def test_an_interrupted_fit_says_how_to_go_on_and_does(interrupted, data, whole):
    assert content(interrupted) != whole
    assert main(words(data, interrupted, "--resume", "--overwrite")) == 0
    assert content(interrupted) == whole
    assert [file.name for file in interrupted.parent.iterdir()] == ["run"]


def test_a_checkpoint_is_not_lost_unasked(interrupted, data, capsys):
    kept = interrupted.parent / "run.checkpoint"
    for file in [*interrupted.iterdir()]:
        file.unlink()
    before = kept.read_bytes()
    assert main(words(data, interrupted)) == 2
    assert "run.checkpoint beside" in (said := capsys.readouterr().err)
    assert "--resume, or begin anew with --overwrite" in said
    assert kept.read_bytes() == before


def test_other_options_are_refused_in_one_line_and_the_checkpoint_stays(interrupted, data, capsys):
    kept = interrupted.parent / "run.checkpoint"
    before = kept.read_bytes()
    assert main(words(data, interrupted, "--resume", "--overwrite", iterations=9)) == 2
    assert "it had --max-iter=60, and this one has 9" in capsys.readouterr().err
    assert kept.read_bytes() == before


def test_overwriting_begins_anew(interrupted, data, monkeypatch):
    fit, seen = GaussianMixture.fit, []

    def watched(self, *arguments, **options):
        seen.append(options["checkpoint"].exists())
        return fit(self, *arguments, **options)

    monkeypatch.setattr(GaussianMixture, "fit", watched)
    assert main(words(data, interrupted, "--overwrite", iterations=2)) == 0
    assert seen == [False]
    assert [file.name for file in interrupted.parent.iterdir()] == ["run"]


def test_nothing_to_resume_is_said_and_the_fit_begins_anew(data, tmp_path, capsys):
    assert main(words(data, tmp_path / "run", "--resume", iterations=2)) == 0
    assert "--resume: there is no run.checkpoint beside" in capsys.readouterr().err


def test_what_a_killed_write_left_is_removed(tmp_path):
    for name in ("run.checkpoint", ".run.checkpoint.0a1b2c3d", ".other.checkpoint.0a1b2c3d"):
        (tmp_path / name).write_text("half")
    checkpoint.remove_checkpoint(tmp_path / "run.checkpoint")
    assert [file.name for file in tmp_path.iterdir()] == [".other.checkpoint.0a1b2c3d"]
