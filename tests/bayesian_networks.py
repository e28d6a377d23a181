"""Random networks, rows with gaps, and the joint table by enumeration, for tests."""

import numpy as np

from suffice.bayesian.network import DiscreteNetwork


def random_network(seed, nodes=6, most_states=3, most_parents=3, zeros=0.0):
    """A network whose tables have zeros, and some rows of all but one."""
    generator = np.random.default_rng(seed)
    sizes = generator.integers(1 if zeros else 2, most_states + 1, nodes)
    place = generator.permutation(nodes)
    tables, parents = [], []
    for node in range(nodes):
        above = [other for other in range(nodes) if place[other] < place[node]]
        own = generator.permutation(np.array(above, int))[: generator.integers(0, most_parents + 1)]
        table = generator.gamma(0.7, size=[*sizes[own], sizes[node]]) + 1e-3
        table *= generator.random(table.shape) >= zeros
        table[table.sum(-1) == 0] = 1.0
        tables.append(table / table.sum(-1, keepdims=True))
        parents.append(tuple(own.tolist()))
    states = tuple(tuple(f"s{code}" for code in range(size)) for size in sizes)
    return DiscreteNetwork(tuple(tables), tuple(f"n{node}" for node in range(nodes)), states, tuple(parents))


def joint(network):
    """The joint table, one axis a node."""
    total = np.ones(network.cardinalities)
    for family, table in zip(network.families, network.tables, strict=True):
        total = np.einsum(total, list(range(len(network.nodes))), table, list(family), list(range(len(network.nodes))))
    return total


def weighted(table, codes, soft=None):
    """The joint table where it agrees with the evidence, times likelihoods."""
    kept = table.copy()
    for node, code in enumerate(codes):
        if code >= 0:
            kept = np.where(np.arange(kept.shape[node]).reshape(across(kept, node)) == code, kept, 0.0)
        if soft and node in soft:
            kept = kept * soft[node].reshape(across(kept, node))
    return kept


def across(table, node):
    return [-1 if axis == node else 1 for axis in range(table.ndim)]


def marginal(table, nodes):
    """Sum over all axes but these, in their order."""
    kept = sorted(nodes)
    summed = table.sum(tuple(axis for axis in range(table.ndim) if axis not in nodes))
    return summed.transpose([kept.index(node) for node in nodes])


def rows_of(network, seed, count, missing=0.4):
    """Rows drawn from the network, as codes, -1 where missing."""
    generator = np.random.default_rng(seed)
    table = joint(network)
    flat = generator.choice(table.size, size=count, p=table.ravel() / table.sum())
    codes = np.stack(np.unravel_index(flat, table.shape), axis=1)
    return np.where(generator.random(codes.shape) < missing, -1, codes)
