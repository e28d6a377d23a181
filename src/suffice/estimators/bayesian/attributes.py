"""Fitted attributes of a Bayesian network that follow from its module."""

from __future__ import annotations

from typing import Any

import numpy as np

from suffice.bayesian.network import DiscreteNetwork

GIVEN = "The tables were given, not learned."


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


def given_attributes(network: DiscreteNetwork) -> dict[str, Any]:
    """What the attributes of a fit are where tables are given."""
    return {
        "hidden_": [],
        "n_features_in_": len(network.nodes),
        "feature_names_in_": np.array(network.nodes, object),
        "structure_score_": float("nan"),
        "traces_": [],
        "lower_bounds_": np.zeros(0),
        "lower_bound_": float("nan"),
        "n_iter_": 0,
        "converged_": True,
        "outcome_": GIVEN,
    }
