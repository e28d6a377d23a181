"""Bayesian networks on the command line, and their pages."""

import csv
import os
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

import suffice
from suffice import BayesianNetwork, BayesianNetworkClassifier
from suffice.cli import main
from suffice.report import write_report

FOLDER = Path(os.environ.get("SUFFICE_DATA", "no-data")) / "bif"
STATES = {"rain": ["no", "yes"], "answer": ["NA", "10", "9"], "grass": ["dry, brown", "wet"]}
TABLES = {
    "rain": [0.8, 0.2],
    "answer": [[0.1, 0.6, 0.3], [0.7, 0.2, 0.1]],
    "grass": [[[0.9, 0.1]] * 3, [[0.3, 0.7], [0.2, 0.8], [0.1, 0.9]]],
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with a network, rows of it, and the same with gaps."""
    monkeypatch.chdir(tmp_path)
    net = network()
    net.to_bif("garden.bif.gz")
    rows = net.sample(300, random_state=0)
    write("full.csv", rows)
    gaps = rows.copy()
    gaps[np.random.default_rng(1).random(rows.shape) < 0.2] = ""
    write("gaps.csv", gaps)
    return tmp_path


def network():
    return BayesianNetwork.from_tables(TABLES, {"answer": ["rain"], "grass": ["rain", "answer"]}, STATES)


def write(path, rows):
    with open(path, "w", newline="") as file:
        csv.writer(file).writerows([list(STATES), *rows.tolist()])


def read(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_a_case_is_asked(here, capsys):
    assert main(["query", "garden.bif.gz", "--given", 'grass=wet,"answer=NA"', "--target", "rain"]) == 0
    said = capsys.readouterr().out
    found = network().marginals({"grass": "wet", "answer": "NA"})
    assert "garden.bif.gz, given grass = wet, answer = NA" in said
    assert f"{found['rain']['yes']:.6f}" in said
    assert f"{found.log_evidence:.6f}" in said


def test_states_with_commas_stand_in_quotes_and_what_tells_most_is_said(here, capsys):
    assert (
        main(["query", "garden.bif.gz", "--given", '"grass=dry, brown"', "--target", "rain", "--draw", "garden.svg"])
        == 0
    )
    most = network().mutual_information("rain", {"grass": "dry, brown"})
    assert f"answer ({most['answer']:.4f})" in capsys.readouterr().out
    assert ET.parse("garden.svg").getroot().tag.endswith("svg")


@pytest.mark.parametrize("method", ["likelihood-weighting", "loopy"])
def test_estimates_say_that_they_are_estimates(here, capsys, method):
    assert main(["query", "garden.bif.gz", "--given", "grass=wet", "--target", "rain", "--method", method]) == 0
    said = capsys.readouterr().out
    assert "estimates, not exact" in said
    assert ("±" in said) is (method == "likelihood-weighting")


def test_the_most_probable_states_are_those_of_all_together(here, capsys):
    assert main(["query", "garden.bif.gz", "--given", "grass=wet", "--most-probable"]) == 0
    said, found = capsys.readouterr().out, network().most_probable({"grass": "wet"})
    assert all(f"  {node} = {state}" in said for node, state in found.states.items())


def test_rows_are_asked_and_a_word_for_gaps_is_a_label_where_it_is_one(here, capsys):
    assert main(["query", "garden.bif.gz", "gaps.csv", "--target", "rain,answer", "--out", "found.csv"]) == 0
    assert "2 nodes for each of 300 rows" in capsys.readouterr().out
    cells = np.array([[cell or None for cell in row.values()] for row in read("gaps.csv")], object)
    found, wanted = read("found.csv"), network().predict_proba(cells)
    assert np.allclose([float(row["rain=yes"]) for row in found], wanted["rain"][:, 1])
    assert np.allclose([float(row["answer=NA"]) for row in found], wanted["answer"][:, 0])
    assert np.allclose([float(row["log_probability"]) for row in found], network().score_samples(cells))
    assert {row["answer=NA"] for row, own in zip(found, cells, strict=True) if own[1] == "NA"} == {"1"}


@pytest.mark.parametrize(
    "options", [["--structure", "chow-liu"], ["--edges", "rain>answer,rain>grass"], ["--max-parents", "1"]]
)
def test_a_network_is_fitted_and_then_used(here, capsys, options):
    assert main(["fit", "bayesian-network", "gaps.csv", "--out", "run", *options]) == 0
    said = capsys.readouterr().out
    assert "Bayesian network, 3 nodes, 2 edges" in said or "--max-parents" in options
    loaded = suffice.load("run/model.safetensors")
    assert loaded.states_["answer"] == ["9", "10"]
    assert "What tells most about each node" in Path("run/report.html").read_text()
    assert main(["show", "run"]) == 0
    assert main(["score", "run", "full.csv", "--out", "scores.csv"]) == 0
    rows = [[row[node] or None for node in STATES] for row in read("full.csv")]
    rows = [[None if cell == "NA" else cell for cell in row] for row in rows]
    wanted = loaded.score_samples(np.array(rows, object))
    assert np.allclose([float(row["log_likelihood"]) for row in read("scores.csv")], wanted)
    assert main(["sample", "run", "--n", "20", "--out", "drawn.csv"]) == 0
    assert {row["grass"] for row in read("drawn.csv")} <= set(STATES["grass"])
    assert main(["query", "run", "--given", "rain=yes", "--target", "grass"]) == 0


def test_gaps_are_filled_with_labels_or_draws(here):
    assert main(["fit", "bayesian-network", "full.csv", "--edges", "rain>answer,rain>grass", "--out", "run"]) == 0
    before = read("gaps.csv")
    assert main(["impute", "run", "gaps.csv", "--out", "filled.csv"]) == 0
    assert main(["impute", "run", "gaps.csv", "--out", "draws.csv", "--draws", "2"]) == 0
    filled, draws = read("filled.csv"), read("draws.csv")
    assert (len(filled), len(draws)) == (300, 600)
    for old, new in zip(before, filled, strict=True):
        assert all(new[node] == old[node] or old[node] in ("", "NA") for node in STATES)
        assert all(new.values())
    assert {row["draw"] for row in draws} == {"1", "2"}
    assert draws[:300] != [row | {"draw": "1"} for row in draws[300:]]


def test_a_classifier_is_fitted_to_numbers_cut_into_states(here, capsys):
    draw = np.random.default_rng(0)
    labels = draw.integers(2, size=120)
    rows = np.column_stack([draw.normal(size=120) + 2 * labels, draw.normal(size=120), np.where(labels, "a", "b")])
    with open("labelled.csv", "w", newline="") as file:
        csv.writer(file).writerows([["one", "two", "kind"], *rows.tolist()])
    assert (
        main(
            ["fit", "bayesian-network-classifier", "labelled.csv", "--target", "kind", "--n-bins", "3", "--out", "run"]
        )
        == 0
    )
    assert "accuracy" in capsys.readouterr().out
    page = Path("run/report.html").read_text()
    assert "is cut at quantiles into 3 states" in page
    assert "The class above the columns that depend on it" in page
    assert isinstance(suffice.load("run/model.safetensors"), BayesianNetworkClassifier)


def test_a_page_of_rows_in_python_says_how_they_compare(tmp_path):
    rows = network().sample(200, random_state=1)
    net = BayesianNetwork(network().edges_, states=STATES).fit(rows)
    text = write_report(net, rows, tmp_path / "page.html").read_text()
    assert "Fitted beside observed" in text
    assert "strokes are their shares among the rows" in text
    assert f"{net.score(rows):,.4f}" in text


BAD = {
    "unknown state": (["query", "garden.bif.gz", "--given", "rain=maybe"], "its states are 'no', 'yes'"),
    "unknown node": (["query", "garden.bif.gz", "--given", "snow=yes"], "the nodes are|its nodes are"),
    "no state": (["query", "garden.bif.gz", "--given", "rain"], "node=state is expected"),
    "node twice": (["query", "garden.bif.gz", "--given", "rain=no,rain=yes"], "named twice"),
    "unknown target": (["query", "garden.bif.gz", "--target", "snow"], "'snow' is no node"),
    "no file": (["query", "none.bif"], "There is no file none.bif"),
    "rows without out": (["query", "garden.bif.gz", "full.csv"], "--out FILE"),
    "rows and a case": (["query", "garden.bif.gz", "full.csv", "--given", "rain=no", "--out", "x.csv"], "--given is for one"),
    "out without rows": (["query", "garden.bif.gz", "--out", "x.csv"], "name a table of rows"),
    "edges": (["fit", "bayesian-network", "full.csv", "--edges", "rain-grass", "--out", "run"], "parent>child is expected"),
    "both": (["fit", "bayesian-network", "full.csv", "--edges", "rain>grass", "--structure", "chow-liu", "--out", "run"],
             "both given"),
    "absent": (["fit", "bayesian-network", "full.csv", "--edges", "rain>snow", "--out", "run"], "no column of X"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_cannot_be_done_is_one_line(here, capsys, name):
    import re

    words, said = BAD[name]
    assert main(words) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert re.search(said, error), error
    assert not Path("run").exists()
    assert not Path("x.csv").exists()


def test_only_a_network_is_asked(here, capsys):
    write_numbers = np.random.default_rng(0).normal(size=(50, 2))
    np.savetxt("numbers.csv", write_numbers, delimiter=",", header="a,b", comments="")
    assert main(["fit", "gaussian-mixture", "numbers.csv", "--out", "run"]) == 0
    assert main(["query", "run"]) == 2
    assert "a Bayesian network is asked" in capsys.readouterr().err


@pytest.mark.skipif(not FOLDER.is_dir(), reason="SUFFICE_DATA names no folder with bif in it")
def test_alarm_is_asked(capsys):
    path = FOLDER / "alarm.bif.gz"
    assert main(["query", str(path), "--given", "HR=HIGH,CVP=LOW", "--target", "LVFAILURE"]) == 0
    found = BayesianNetwork.from_bif(path).marginals({"HR": "HIGH", "CVP": "LOW"})
    assert f"{found['LVFAILURE']['TRUE']:.6f}" in capsys.readouterr().out
