"""``suffice inspect``: tables and graphs of networks by name, in a file, or of a run; layers between two lengths."""

import csv
import io
import json
import re

import numpy as np
import pytest

from suffice.cli import main

NET = """
from __future__ import annotations
import equinox as eqx
import jax

WIDTH = 3
class Net(eqx.Module):
    net: eqx.nn.MLP
    def __call__(self, x):
        return self.net(x)
def build():
    return Net(eqx.nn.MLP(4, 2, WIDTH, 1, key=jax.random.key(0)))
def of_width(width):
    return eqx.nn.MLP(4, 2, width, 1, key=jax.random.key(0))
network = build()
def double(x):
    return 2.0 * x
def fails():
    return 1 / 0
"""


@pytest.fixture
def net(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.py").write_text(NET)
    return tmp_path


def said(capsys, *words):
    status = main(["inspect", *words])
    out = capsys.readouterr()
    return status, out.out, out.err


def rows(capsys, *words):
    status, out, _ = said(capsys, *words, "--format", "csv")
    assert status == 0
    return list(csv.DictReader(io.StringIO(out)))


def test_alexnet_by_name_with_its_towers(capsys):
    one, two = rows(capsys, "alexnet"), rows(capsys, "alexnet", "--towers", "2")
    weights = [[int(row["weights"]) for row in table] for table in (one, two)]
    assert [first // second for first, second in zip(*weights, strict=True)] == [1, 2, 1, 2, 2, 1, 1, 1]
    assert sum(weights[1]) == 60_954_656


@pytest.mark.parametrize(
    ("words", "parameters"),
    [
        (["resnet", "--channels", "4"], 398),
        (["resnet", "--channels", "2", "--classes", "3", "--input", "3x20x20"], 9 * 2 * (4 + 3) + 12 + 9),
        (["mlp", "--input", "6", "--hidden-sizes", "5x4", "--classes", "3"], 7 * 5 + 6 * 4 + 5 * 3),
        (["lenet", "--hidden-sizes", "7"], 20 * 26 + 50 * 501 + 801 * 7 + 80),
        (["net.py:build", "--input", "4"], 5 * 3 + 4 * 2),
        (["net.py:network", "--input", "4"], 5 * 3 + 4 * 2),
    ],
)
def test_parameters_are_those_of_the_network(net, capsys, words, parameters):
    table = rows(capsys, *words)
    assert sum(int(row["weights"]) + int(row["biases"]) for row in table) == parameters


@pytest.mark.parametrize("form", ["text", "markdown", "latex", "html", "csv", "json"])
def test_every_form_holds_the_same_numbers(capsys, form):
    status, out, _ = said(capsys, "mlp", "--input", "6", "--hidden-sizes", "50", "--classes", "3", "--format", form)
    assert status == 0
    assert {"300", "150"} <= set(re.findall(r"\d+", out))
    if form == "json":
        assert [row["weights"] for row in json.loads(out)["rows"]] == [300, 150]


@pytest.mark.parametrize(("name", "begin"), [("g.html", "<!doctype html>"), ("g.svg", "<svg"), ("g.txt", "○")])
def test_a_graph_is_written_beside_the_table(net, capsys, name, begin):
    status, out, err = said(capsys, "net.py:build", "--input", "4", "--graph", name)
    assert (status, "fc1" in out, err.strip()) == (0, True, f"{name} holds the graph of build")
    assert (net / name).read_text().startswith(begin)


def test_a_graph_has_few_boxes_where_few_are_asked_for(net, capsys):
    said(capsys, "resnet", "--graph", "all.txt")
    said(capsys, "resnet", "--graph", "few.txt", "--most", "9")
    few = [line for line in (net / "few.txt").read_text().splitlines() if re.match(r"[│ ]*[○●■]", line)]
    assert len(few) <= 9 < len((net / "all.txt").read_text().splitlines())
    assert any(line.startswith("■") for line in few)


def test_a_function_is_inspected_too(net, capsys):
    status, _, _ = said(capsys, "net.py:double", "--input", "4", "--graph", "g.txt")
    assert status == 0
    assert "multiply" in (net / "g.txt").read_text()


def test_a_saved_run_knows_its_own_shape(net, capsys):
    from suffice import NeuralClassifier, save

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(40, 6)), rng.integers(0, 2, 40)
    save(NeuralClassifier(hidden_sizes=(5,), epochs=1, random_state=0).fit(X, y), net / "model.safetensors")
    assert [row["weights"] for row in rows(capsys, str(net))] == ["30", "10"]
    assert [row["weights"] for row in rows(capsys, str(net / "model.safetensors"))] == ["30", "10"]


def test_layers_between_two_lengths(capsys):
    found = rows(capsys, "--solve", "12 -> 8, padding 0")
    convolutions = [row for row in found if row["layer"] == "convolution"]
    assert [(row["kernel"], row["stride"]) for row in convolutions] == [("5", "1")]


def test_sizes_that_meet_constraints(net, capsys):
    _, layers, _ = said(capsys, "--solve", "receptive field >= 32, kernel 3, stride 1")
    assert "16" in layers
    _, widths, _ = said(capsys, "net.py:of_width", "--input", "4", "--solve", "weights <= 100")
    assert "16" in widths  # 6 weights a unit
    _, batches, _ = said(capsys, "net.py:build", "--input", "4", "--solve", "units <= 50")
    assert "10" in batches  # 5 units an example


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "No network was given; `suffice inspect alexnet` is an example"),
        (["nets"], "'nets' was given; expected alexnet, resnet, lenet, mlp, a file of Python"),
        (["net.py"], "a name in it is expected too, such as net.py:build"),
        (["absent.py:build"], "absent.py is no file"),
        (["net.py:nothing"], "net.py has no 'nothing'; it has Net, build, of_width, network, double, fails"),
        (["net.py:WIDTH", "--input", "4"], "int was given; a network, or a function of one example, is expected"),
        (["net.py:build"], "The shape of an example is not known; give it with --input"),
        (["net.py:build", "--input", "5"], "fails"),
        (["net.py:fails", "--input", "4"], "division by zero"),
        (["broken.py:build"], "broken.py fails at line 2: NameError: name 'b' is not defined"),
        (["wrong.py:build"], "wrong.py fails at line 1: SyntaxError"),
        (
            ["alexnet", "--channels", "3"],
            "--channels was given, but alexnet has none: its options are --towers, --classes",
        ),
        (["net.py:build", "--classes", "3"], "--classes was given, but net.py:build has none: its sizes are its own"),
        (["alexnet", "--input", "224"], "an image is channels x height x width, such as 3x224x224"),
        (["alexnet", "--input", "3x20x20"], "too small"),
        (["mlp", "--input", "3x4x4"], "an mlp takes rows: one number, such as 784"),
        (["mlp", "--graph", "g.png"], "a name ending in .html, .svg or .txt is expected"),
        (["mlp", "--format", "xml"], "'xml' is not one of"),
        (["mlp", "--solve", "12 -> 8"], "of a network ask for example 'weights <= 1e6'"),
        (["mlp", "--solve", "weights <= 10"], "Loosen 'weights <= 10'"),
        (["--solve", "12 - 8"], "expected lengths and settings, such as"),
        (["--solve", "12 -> 8, kernel 2"], "loosen"),
        (["empty"], "holds no model.safetensors"),
        (["mixture.safetensors"], "holds a GaussianMixture; a network is expected"),
        (["net.csv"], "net.csv"),
    ],
)
def test_what_cannot_be_inspected_is_a_sentence(net, capsys, words, sentence):
    from suffice import GaussianMixture, save

    (net / "broken.py").write_text("a = 1\nc = b\n")
    (net / "wrong.py").write_text("def build(:\n")
    (net / "net.csv").write_text("1,2\n")
    (net / "empty").mkdir()
    save(GaussianMixture(1).fit(np.random.default_rng(0).normal(size=(20, 2))), net / "mixture.safetensors")
    status, _, err = said(capsys, *words)
    assert status == 2
    assert sentence in err
    assert len(err.strip().splitlines()) == 1
    assert not (net / "g.png").exists()
