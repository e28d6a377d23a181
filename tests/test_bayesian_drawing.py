"""Drawings of networks: parents above their children, boxes apart, bars as long as probabilities, evidence marked."""

import os
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest

from suffice.bayesian.files import read_bif
from suffice.bayesian.network import checked_network
from suffice.report.bayesian.drawing import BAR, OBSERVED, SEEN, WANTED, Shown, network_svg
from suffice.report.bayesian.layers import layout

FOLDER = Path(os.environ.get("SUFFICE_DATA", "no-data")) / "bif"
STATES = {"rain": ["no", "yes"], "sprinkler": ["off", "on"], "grass": ["dry", "wet"]}
TABLES = {
    "rain": [0.8, 0.2],
    "sprinkler": [[0.6, 0.4], [0.99, 0.01]],
    "grass": [[[1.0, 0.0], [0.1, 0.9]], [[0.2, 0.8], [0.01, 0.99]]],
}
NETWORK = checked_network(TABLES, {"sprinkler": ["rain"], "grass": ["rain", "sprinkler"]}, STATES)
MARGINALS = {
    "rain": {"no": 0.25, "yes": 0.75},
    "sprinkler": {"off": 1.0, "on": 0.0},
    "grass": {"dry": 0.0001, "wet": 0.9999},
}


def random_parents(seed, nodes=30):
    draw = np.random.default_rng(seed)
    return [
        sorted(draw.choice(node, min(node, int(draw.integers(0, 4))), replace=False).tolist()) for node in range(nodes)
    ]


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("most", [3, 9])
def test_parents_are_above_and_boxes_apart(seed, most):
    parents = random_parents(seed)
    found = layout(parents, most)
    for node, own in enumerate(parents):
        assert all(found.layer[parent] < found.layer[node] for parent in own)
        for parent in own:
            passed = [layer for _, layer in found.routes[parent, node]]
            assert passed == list(range(found.layer[parent] + 1, found.layer[node]))
    for layer in set(found.layer):
        across = sorted(at for at, own in zip(found.across, found.layer, strict=True) if own == layer)
        assert len(across) <= most
        assert min(np.diff(across), default=1) > 1 - 1e-9


def test_edges_are_short_where_they_can_be():
    chain_and_leaf = [[], [0], [1], [2], [], [3, 4]]
    assert layout(chain_and_leaf, 9).layer == [0, 1, 2, 3, 3, 4]


def rectangles(svg):
    space = "{http://www.w3.org/2000/svg}"
    return [(one, one.findtext(f"{space}title")) for one in ET.fromstring(svg).iter(f"{space}rect")]


def test_bars_are_as_long_as_the_probabilities():
    bars = {told: float(one.get("width")) for one, told in rectangles(network_svg(NETWORK, Shown(MARGINALS))) if told}
    assert bars["no: 0.25"] == pytest.approx(BAR / 4, abs=0.01)
    assert bars["off: 1"] == BAR
    text = network_svg(NETWORK, Shown(MARGINALS))
    assert all(word in text for word in (">25.0<", ">100%<", ">0%<", "&lt;0.1", "&gt;99.9"))


def test_evidence_target_and_shares_among_rows_are_marked():
    svg = network_svg(NETWORK, Shown(MARGINALS, {"rain": "yes"}, "grass", {"grass": {"dry": 0.5, "wet": 0.5}}))
    frames = {told: one.get("stroke") for one, told in rectangles(svg) if one.get("rx")}
    assert (frames["rain"], frames["grass"]) == (SEEN, WANTED)
    assert frames["sprinkler"] not in (SEEN, WANTED)
    assert svg.count(OBSERVED) == 2
    assert "wet: 0.9999, 0.5 of the rows" in svg


def test_of_many_states_the_likeliest_are_shown():
    states = [f"s{place}" for place in range(12)]
    network = checked_network({"many": np.full(12, 1 / 12)}, {}, {"many": states})
    chances = np.arange(12) / 66
    svg = network_svg(network, Shown({"many": dict(zip(states, chances, strict=True))}))
    assert "7 others" in svg
    assert "s11: " in svg
    assert "s2: " not in svg


def test_names_are_written_as_text():
    network = checked_network({'<a&"b': [1.0]}, {}, {'<a&"b': ["<x>"]})
    assert ET.fromstring(network_svg(network, Shown({'<a&"b': {"<x>": 1.0}}))) is not None


@pytest.mark.skipif(not FOLDER.is_dir(), reason="SUFFICE_DATA names no folder with bif in it")
@pytest.mark.parametrize("name", ["alarm", "hepar2", "andes"])
def test_published_networks_are_drawn(name):
    network = read_bif(FOLDER / f"{name}.bif.gz")
    even = {node: dict.fromkeys(own, 1 / len(own)) for node, own in zip(network.nodes, network.states, strict=True)}
    found = {told for _, told in rectangles(network_svg(network, Shown(even)))}
    assert found >= set(network.nodes)


@pytest.mark.skipif(not FOLDER.is_dir(), reason="SUFFICE_DATA names no folder with bif in it")
def test_a_network_of_too_many_nodes_is_refused():
    with pytest.raises(ValueError, match="724 nodes"):
        network_svg(read_bif(FOLDER / "link.bif.gz"), Shown({}))
