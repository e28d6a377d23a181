"""Networks in BIF and UAI files: read, written and read again to the same bits; what is damaged is refused by its line."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest

from suffice import FileError
from suffice.bayesian.files import read_bif, read_uai, write_bif, write_uai
from suffice.bayesian.files.bif_reader import network_from_bif
from suffice.bayesian.files.bif_writer import bif_of
from suffice.bayesian.files.uai import network_from_uai, uai_of
from suffice.bayesian.network import checked_network

FOLDER = Path(os.environ.get("SUFFICE_DATA", "no-data")) / "bif"
needs_networks = pytest.mark.skipif(not FOLDER.is_dir(), reason="SUFFICE_DATA names no folder with bif in it")
NAMES = "alarm andes asia cancer child earthquake hailfinder hepar2 insurance link munin1 pathfinder pigs sachs survey win95pts"
WITH_REMARKS = """
// a remark, with a "quote and a {bracket
network "a name" { property author = "somebody; else"; }
variable weather { /* three
  lines */ type discrete [ 3 ] { "hot, dry", Asy/Patch, ">= 5" }; property position = (7, 9); }
variable 'odd' { type discrete[2]{yes no}; }
variable wet { type discrete [ 2 ] { NA, "" }; }
probability ( wet | weather, 'odd' ) {
  (">= 5", no) 0.1, 0.9;
  default 0.25 0.75;  // for all other rows
  ("hot, dry", yes) 1 0;
}
probability ( weather ) { table 0.2, .3, 5e-1; }
probability ('odd' | weather) { table 0.1 0.2 0.3 0.9 0.8 0.7; }
"""


def same(one, other):
    assert (one.parents, one.cardinalities) == (other.parents, other.cardinalities)
    assert all(a.tobytes() == b.tobytes() and a.shape == b.shape for a, b in zip(one.tables, other.tables, strict=True))


@needs_networks
@pytest.mark.parametrize("name", NAMES.split())
def test_published_networks_are_written_and_read_to_the_same_bits(name):
    network = read_bif(FOLDER / f"{name}.bif.gz")
    again = network_from_bif(bif_of(network))
    same(network, again)
    assert (network.nodes, network.states) == (again.nodes, again.states)
    same(network, network_from_uai(uai_of(network)))


@needs_networks
def test_the_numbers_of_a_file_are_its_own():
    asia = read_bif(FOLDER / "asia.bif.gz")
    assert asia.nodes[:3] == ("asia", "tub", "smoke")
    either = asia.tables[asia.position("either")]
    assert asia.parents[asia.position("either")] == (asia.position("lung"), asia.position("tub"))
    assert either.tolist() == [[[1.0, 0.0], [1.0, 0.0]], [[1.0, 0.0], [0.0, 1.0]]]
    assert "NA" in read_bif(FOLDER / "pathfinder.bif.gz").states[3]


@needs_networks
def test_another_reader_finds_the_same_tables(tmp_path):
    gum = pytest.importorskip("pyagrum")
    network = read_bif(FOLDER / "alarm.bif.gz")
    theirs = gum.loadBN(str(write_bif(network, tmp_path / "alarm.bif")))
    for node, table in zip(network.nodes, network.tables, strict=True):
        cpt = theirs.cpt(node)
        above = [network.nodes[parent] for parent in network.parents[network.position(node)]]
        order = [list(reversed(cpt.names)).index(name) for name in (*above, node)]
        assert np.allclose(np.transpose(cpt.toarray(), order), table, atol=1e-6)


def test_quotes_remarks_properties_defaults_and_rows_in_any_order():
    network = network_from_bif(WITH_REMARKS)
    assert network.states == (("hot, dry", "Asy/Patch", ">= 5"), ("yes", "no"), ("NA", ""))
    assert network.tables[0].tolist() == [0.2, 0.3, 0.5]
    assert network.tables[1].tolist() == [[0.1, 0.9], [0.2, 0.8], [0.3, 0.7]]
    assert network.tables[2].tolist() == [[[1, 0], [0.25, 0.75]], [[0.25, 0.75]] * 2, [[0.25, 0.75], [0.1, 0.9]]]
    same(network, network_from_bif(bif_of(network)))
    assert network_from_bif(bif_of(network)).states == network.states


@pytest.mark.parametrize(
    "label", ['say "no"', "back\\slash", "two  words", "a//b", "/* c", "ä", "{", "", "x\ny", '\\"']
)
def test_any_label_comes_back(label):
    network = checked_network({label: [0.5, 0.5]}, {}, {label: [label, "other"]})
    again = network_from_bif(bif_of(network))
    assert (again.nodes, again.states) == (network.nodes, network.states)


def test_rows_that_hardly_miss_one_are_rescaled_and_no_other_is_touched():
    text = "variable a { type discrete [2] {x, y}; } probability (a) { table %s; }"
    assert network_from_bif(text % "0.3333333, 0.666667").tables[0].sum() == pytest.approx(1, abs=1e-15)
    assert network_from_bif(text % "0.1, 0.9").tables[0].tolist() == [0.1, 0.9]


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_files_are_compressed_where_their_names_say_so(tmp_path, suffix):
    network = network_from_bif(WITH_REMARKS)
    bif, uai = write_bif(network, tmp_path / f"net.bif{suffix}"), write_uai(network, tmp_path / f"net.uai{suffix}")
    assert bif.read_bytes().startswith(b"\x1f\x8b") is bool(suffix)
    same(read_bif(bif), network)
    same(read_uai(uai), network)
    assert read_uai(uai).nodes == ("x0", "x1", "x2")
    assert read_uai(uai).states[0] == (0, 1, 2)


def test_a_file_that_is_cut_short_names_the_line_at_every_place():
    for end in range(WITH_REMARKS.index("variable"), len(WITH_REMARKS) - 3):
        with pytest.raises(FileError, match=r"line \d+|no table|is no variable|no nodes"):
            network_from_bif(WITH_REMARKS[:end], "cut.bif")


A = "variable a { type discrete [2] {x, y}; }\n"
B = "variable b { type discrete [2] {u, v}; }\n"
P = "probability (a) { table 0.5, 0.5; }\n"
BAD = {
    "other words": ("<?xml version='1.0'?>", "line 1: .* stands where network, variable or probability"),
    "nothing": ("", "has no nodes"),
    "counts": ("variable a { type discrete [3] {x, y}; }", "line 1: 3 states are announced and 2 named"),
    "twice": (A + A, "line 2: the variable 'a' is there twice"),
    "states twice": ("variable a { type discrete [2] {x, x}; }" + P, "'a' has the state 'x' twice"),
    "no type": ("variable a { property p; }", "'a' has no type"),
    "continuous": ("variable a { type continuous; }", "'discrete' is expected"),
    "no table": (A + B + P, "'b' has no table"),
    "unknown": (A + "\nprobability (c) { table 1; }", "line 3: 'c' is no variable; known are 'a'"),
    "unknown state": (A + B + P + "probability (b | a) { (z) 0.5 0.5; }", "line 4: 'z' is no state of 'a'.*'x', 'y'"),
    "too few": (A + "probability (a) { table 0.5; }", "line 2: 1 numbers stand where 2"),
    "no number": (A + "probability (a) {\n table 0.5,\n half; }", "line 4: 'half' stands where a number"),
    "row missing": (A + B + P + "probability (b | a) { (x) 0.5 0.5; }", r"line 4: p\(b \| a=y\) is missing"),
    "row twice": (A + B + P + "probability (b | a) { (x) .5 .5; (x) .5 .5; }", r"line 4: the row \(x\) is there twice"),
    "negative": (A + "probability (a) { table -0.5, 1.5; }", r"p\(a\) holds -0.5"),
    "sum": (A + B + P + "probability (b | a) { (x) 0.5 0.5; (y) 0.4 0.5; }", r"p\(b \| a=y\) sums to 0.9"),
    "cycle": (A + B + "probability (a | b) { default .5 .5; } probability (b | a) { default .5 .5; }", "form a cycle"),
    "own parent": (A + "probability (a | a) { default .5 .5; }", "its own parent"),
    "semicolon": (A + "probability (a) { table 0.5, 0.5 }\n" + B + "probability (b) { table .5 .5; }", "number is expected|'}'"),
    "infinite": (A + "probability (a) { table inf, 0.5; }", "not finite"),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_what_is_no_network_is_refused_with_a_sentence(name):
    text, said = BAD[name]
    with pytest.raises(FileError, match=said):
        network_from_bif(text, "bad.bif")


BAD_UAI = {
    "MARKOV\n1\n2\n": "begins with 'MARKOV'",
    "BAYES\n1\n2\n1\n1 0\n2\n0.5": "ends early, in line 7",
    "BAYES\n1\n2\n1\n1 0\n3\n0.5 0.5 0": "line 6: a table of 3 numbers",
    "BAYES\n1\n2\n1\n1 4\n2\n0.5 0.5": "line 5: the function",
    "BAYES\n1\n2\n1\n1 0\n2\n0.5 x": "no number",
    "BAYES\n1\n2\n1\n1 0\n2\n0.5 0.5 3 3": "line 7: 2 words come after",
    "BAYES\none\n": "line 2: 'one' stands where the number of variables",
    "BAYES\n2\n2 2\n2\n1 0\n1 0\n2\n.5 .5\n2\n.5 .5": "two functions",
}


@pytest.mark.parametrize("text", BAD_UAI)
def test_damaged_uai_files_are_refused_by_their_line(text):
    with pytest.raises(FileError, match=BAD_UAI[text]):
        network_from_uai(text, "bad.uai")


def test_missing_and_damaged_files_are_said(tmp_path):
    with pytest.raises(FileError, match="There is no file"):
        read_bif(tmp_path / "none.bif")
    cut = tmp_path / "cut.bif.gz"
    cut.write_bytes(gzip.compress(WITH_REMARKS.encode())[:-20])
    with pytest.raises(FileError, match="damaged or incomplete"):
        read_bif(cut)


def test_labels_that_look_alike_are_not_written():
    network = checked_network({"a": [0.5, 0.5]}, {}, {"a": [1, "1"]})
    with pytest.raises(ValueError, match="look alike"):
        bif_of(network)
