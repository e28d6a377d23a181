"""The graph of a network as networkx has it, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from suffice.bayesian.network import DiscreteNetwork

if TYPE_CHECKING:
    import networkx


def directed_graph(network: DiscreteNetwork) -> networkx.DiGraph:
    """The directed graph, nodes by name."""
    import networkx

    graph = networkx.DiGraph()
    graph.add_nodes_from(network.nodes)
    for family in network.families:
        *parents, node = (network.nodes[place] for place in family)
        graph.add_edges_from((parent, node) for parent in parents)
    return graph


def moral_graph(network: DiscreteNetwork) -> networkx.Graph:
    """The undirected graph in which the parents of a node are joined."""
    import networkx

    return networkx.moral_graph(directed_graph(network))


def markov_blanket(network: DiscreteNetwork, node: str) -> list[str]:
    """Parents, children and their other parents, in the order of the nodes."""
    around = moral_graph(network)[network.nodes[network.position(node)]]
    return [name for name in network.nodes if name in around]


def d_separated(
    network: DiscreteNetwork, first: str | Sequence[str], second: str | Sequence[str], given: str | Sequence[str]
) -> bool:
    """Whether all paths between two sets of nodes are blocked by a third."""
    import networkx

    sets = [_names(network, nodes) for nodes in (first, second, given)]
    if sets[0] & sets[1] or sets[2] & (sets[0] | sets[1]):
        raise ValueError("d_separated takes three sets of nodes of which no two share a node.")
    return networkx.is_d_separator(directed_graph(network), *sets)


def _names(network: DiscreteNetwork, nodes: str | Iterable[str]) -> set[str]:
    names = {nodes} if isinstance(nodes, str) else set(nodes)
    for name in names:
        network.position(name)
    return names
