"""Peers of Bayesian networks, given our float64 tables: pyAgrum on one thread, and pgmpy."""

from __future__ import annotations

import importlib
import warnings
from typing import Any

import numpy as np

from suffice.bayesian.network import DiscreteNetwork


def imported(name: str) -> Any:
    """A module without the warnings of its import."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return importlib.import_module(name)


def agrum_network(network: DiscreteNetwork) -> Any:
    """The network of pyAgrum; states are named by their labels."""
    pyagrum = imported("pyagrum")
    peer = pyagrum.BayesNet()
    for node, labels in zip(network.nodes, network.states, strict=True):
        peer.add(pyagrum.LabelizedVariable(node, node, [str(label) for label in labels]))
    for family in network.families:
        for parent in family[:-1]:
            peer.addArc(network.nodes[parent], network.nodes[family[-1]])
    for family, table in zip(network.families, network.tables, strict=True):
        own, names = peer.cpt(network.nodes[family[-1]]), [network.nodes[axis] for axis in family]
        order = [names.index(name) for name in reversed(own.names)]
        own[:] = np.ascontiguousarray(np.asarray(table).transpose(order))
    return peer


def agrum_engine(peer: Any, name: str) -> Any:
    """``LazyPropagation`` or ``ShaferShenoyInference`` on one thread."""
    engine = getattr(imported("pyagrum"), name)(peer)
    engine.setNumberOfThreads(1)
    return engine


def agrum_posteriors(engine: Any, network: DiscreteNetwork, codes: np.ndarray) -> list[list[np.ndarray]]:
    """Posteriors of all nodes, row by row."""
    found = []
    for own in codes:
        engine.setEvidence({network.nodes[node]: int(code) for node, code in enumerate(own) if code >= 0})
        engine.makeInference()
        found.append([engine.posterior(node).toarray() for node in network.nodes])
    return found


def agrum_learner(peer: Any, frame: Any) -> Any:
    """A learner from a frame of strings, ``?`` where a cell is missing, on one thread."""
    learner = imported("pyagrum").BNLearner(frame, peer, ["?"])
    learner.setNumberOfThreads(1)
    return learner


def pgmpy_network(network: DiscreteNetwork) -> Any:
    """The network of pgmpy; states are named by their positions."""
    models, factors = imported("pgmpy.models"), imported("pgmpy.factors.discrete")
    made = models.DiscreteBayesianNetwork()
    made.add_nodes_from(network.nodes)
    for family, table in zip(network.families, network.tables, strict=True):
        *parents, node = [network.nodes[axis] for axis in family]
        made.add_edges_from((parent, node) for parent in parents)
        sizes = [network.cardinalities[axis] for axis in family]
        values = np.moveaxis(np.asarray(table), -1, 0).reshape(sizes[-1], -1)
        states = {network.nodes[axis]: list(range(network.cardinalities[axis])) for axis in family}
        made.add_cpds(factors.TabularCPD(node, sizes[-1], values, parents, sizes[:-1], state_names=states))
    return made
