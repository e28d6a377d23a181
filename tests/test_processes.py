"""A fit that two processes share, each with its own part of the rows: that of one process, and what ends it."""

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from suffice.energy import RBM
from suffice.fit import Ascent, Gibbs, contrast, descend
from suffice.nets import MLP, classification_loss

PROGRAM = """
import json, os, signal, sys
import jax
import numpy as np
sys.path.insert(0, {folder!r})
jax.config.update("jax_cpu_collectives_implementation", "gloo")
rank, work, kept = int(sys.argv[1]), sys.argv[3], sys.argv[4]
jax.distributed.initialize("127.0.0.1:" + sys.argv[2], 2, rank)
from jax.sharding import Mesh, NamedSharding, PartitionSpec as P
import test_processes as test
from suffice.fit import Watch, checkpoint
from suffice.fit.spanning import ProcessLost
checkpoint.SECONDS, checkpoint.SHARE = 0.0, 1.0
rows = NamedSharding(Mesh(np.array(jax.devices()), ("rows",)), P("rows"))


def own(array):
    half = len(array) // 2
    return jax.make_array_from_process_local_data(rows, array[rank * half : (rank + 1) * half])


def kill(state, record):
    if work == "die" and rank == 1 and record["epoch"] == 2:
        os.kill(os.getpid(), signal.SIGKILL)


try:
    found = {{}}
    if work == "die":
        found["rbm"] = test.machine(own(test.BITS)).trace["reconstruction"].tolist()
    watch = Watch(on_epoch=kill, checkpoint=kept)
    found["mlp"] = test.network((own(test.ROWS), own(test.CODES)), watch=watch).trace["loss"].tolist()
    print(json.dumps(found), flush=True)
except ProcessLost as error:
    print(json.dumps(found | {{"lost": str(error)}}), flush=True)
    os._exit(3)
"""
DRAW = np.random.default_rng(0)
CODES = np.repeat(np.arange(3), 100).astype(np.int32)
ROWS = (DRAW.standard_normal((300, 4)) + 3.0 * CODES[:, None]).astype(np.float32)
BITS = (ROWS > 2).astype(np.float32)
WEIGHT = (np.arange(300) % 4).astype(float)


def network(data, **more):
    return descend(
        MLP(4, [8], 3, key=0), data, loss=classification_loss, weight=WEIGHT, batch_size=32, epochs=4, random_state=0, **more
    )  # fmt: skip


def machine(data):
    return contrast(
        RBM(4, 3, key=0), data, weight=WEIGHT, batch_size=31, epochs=3, random_state=0,
        sampling=Gibbs(1, True, 10, 3), ascent=Ascent(0.05, centred=True),
    )  # fmt: skip


def two_processes(tmp_path, work) -> list[Any]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    program = tmp_path / "program.py"
    program.write_text(PROGRAM.format(folder=str(Path(__file__).parent)))
    commands = [[sys.executable, program, str(rank), port, work, tmp_path / "kept"] for rank in range(2)]
    started = [subprocess.Popen(one, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for one in commands]
    ended = [process.communicate(timeout=170) for process in started]
    return [json.loads(out.splitlines()[-1]) if "{" in out else error for out, error in ended]


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """What the survivor of two processes says, one of which died by SIGKILL after an epoch."""
    folder = tmp_path_factory.mktemp("processes")
    return folder, two_processes(folder, "die")[0]


def test_an_rbm_of_two_processes_is_that_of_one(killed):
    _, survivor = killed
    np.testing.assert_allclose(survivor["rbm"], machine(BITS).trace["reconstruction"], rtol=1e-4)


def test_a_process_that_dies_ends_the_other_with_a_sentence(killed):
    _, survivor = killed
    assert "Another process of this fit has ended" in survivor["lost"]
    assert "process 0 of 2" in survivor["lost"]


def test_started_again_they_go_on_to_the_network_of_one(killed):
    folder, _ = killed
    assert (folder / "kept").exists()
    losses = [found["mlp"] for found in two_processes(folder, "resume")]
    assert losses[0] == losses[1]
    np.testing.assert_allclose(losses[0], network((ROWS, CODES)).trace["loss"], rtol=1e-4)
