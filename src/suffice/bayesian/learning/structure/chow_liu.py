"""The tree of highest likelihood (Chow and Liu, 1968)."""

from __future__ import annotations

from collections.abc import Sequence

from suffice.bayesian.learning.counts import Counts
from suffice.bayesian.learning.structure.pairs import PairCounts, mutual_information


def information_of_pairs(counts: Counts) -> dict[tuple[int, int], float]:
    """Mutual information of each pair of nodes, in nats."""
    pairs, nodes = PairCounts(counts), range(len(counts.sizes))
    return {(one, other): mutual_information(pairs.of(one, other)) for one in nodes for other in nodes if one < other}


def tree_of(information: dict[tuple[int, int], float], nodes: Sequence[int], root: int) -> list[tuple[int, int]]:
    """Edges (parent, child), away from the root, of the tree whose pairs share most information.

    The mutual information of the edges' ends is what a tree adds to the log-likelihood of independent nodes, for each row.
    """
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(nodes)
    graph.add_weighted_edges_from((one, other, gain) for (one, other), gain in information.items())
    tree = nx.maximum_spanning_tree(graph)
    return list(nx.bfs_edges(tree, root, sort_neighbors=sorted))
