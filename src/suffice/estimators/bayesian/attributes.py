"""Fitted attributes of a Bayesian network that follow from its module."""

from __future__ import annotations

from typing import Any

from suffice.bayesian.network import DiscreteNetwork


def attributes_of(network: DiscreteNetwork) -> dict[str, Any]:
    """Nodes, states, parents, tables and edges by their names."""
    nodes = network.nodes
    parents = {node: [nodes[parent] for parent in own] for node, own in zip(nodes, network.parents, strict=True)}
    return {
        "model_": network,
        "nodes_": list(nodes),
        "states_": {node: list(own) for node, own in zip(nodes, network.states, strict=True)},
        "parents_": parents,
        "tables_": dict(zip(nodes, network.tables, strict=True)),
        "edges_": [(parent, node) for node, own in parents.items() for parent in own],
    }
