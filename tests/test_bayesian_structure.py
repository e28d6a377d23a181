"""Structures found from rows: scores by hand, trees by brute force over all, climbs that end where no change helps."""

from itertools import combinations, permutations, product

import networkx as nx
import numpy as np
import pytest

from suffice.bayesian.learning.counts import Counts
from suffice.bayesian.learning.structure.chow_liu import information_of_pairs, tree_of
from suffice.bayesian.learning.structure.hill_climbing import Limits, climbed
from suffice.bayesian.learning.structure.pairs import PairCounts, mutual_information
from suffice.bayesian.learning.structure.reach import Reach
from suffice.bayesian.learning.structure.scores import CRITERIA, FamilyScores


def drawn(seed, rows=400, sizes=(2, 3, 2, 2), gaps=0.0):
    """Rows of nodes each of which leans on the two before it."""
    draw = np.random.default_rng(seed)
    codes = np.empty((rows, len(sizes)), np.int16)
    for node, size in enumerate(sizes):
        lean = codes[:, max(0, node - 2) : node].sum(1) if node else np.zeros(rows, int)
        codes[:, node] = np.where(draw.random(rows) < 0.6, lean % size, draw.integers(size, size=rows))
    codes[draw.random(codes.shape) < gaps] = -1
    return codes


def counts_of(codes, sizes=(2, 3, 2, 2), weight=None):
    return Counts(codes, np.ones(len(codes)) if weight is None else weight, sizes)


def log_likelihood(codes, node, parents):
    """Of a node given its parents, by shares of equal rows."""
    total = 0.0
    for given in {tuple(row) for row in codes[:, parents]}:
        own = codes[(codes[:, parents] == given).all(1), node]
        shares = np.bincount(own) / len(own)
        total += np.log(shares[own]).sum()
    return total


@pytest.mark.parametrize("parents", [(), (0,), (0, 3), (1, 0, 3)])
def test_scores_are_the_likelihood_less_the_cost_of_the_table(parents):
    codes, sizes = drawn(0), (2, 3, 2, 2)
    free = np.prod([sizes[parent] for parent in parents])  # times 2 - 1
    known = log_likelihood(codes, 2, list(parents))
    for criterion, cost in (("log-likelihood", 0), ("aic", free), ("bic", free * np.log(400) / 2)):
        assert FamilyScores(counts_of(codes), criterion).of(2, frozenset(parents)) == pytest.approx(known - cost)


def test_bdeu_is_the_probability_of_the_rows_one_after_another():
    codes = drawn(1, rows=40)
    score = FamilyScores(counts_of(codes), "bdeu", strength=3.0).of(1, frozenset([0]))
    seen, total = np.full((2, 3), 3.0 / 6), 0.0
    for parent, own in codes[:, :2]:
        total += np.log(seen[parent, own] / seen[parent].sum())
        seen[parent, own] += 1
    assert score == pytest.approx(total)


@pytest.mark.parametrize("criterion", CRITERIA)
def test_turning_a_covered_edge_changes_no_score(criterion):
    scores = FamilyScores(counts_of(drawn(2)), criterion)
    forth = scores.of(0, frozenset([2])) + scores.of(1, frozenset([0, 2]))
    back = scores.of(1, frozenset([2])) + scores.of(0, frozenset([1, 2]))
    assert forth == pytest.approx(back)


@pytest.mark.parametrize("gaps", [0.0, 0.3])
def test_pairs_are_counted_as_families_are(gaps):
    codes = drawn(3, gaps=gaps)
    counts = counts_of(codes, weight=np.random.default_rng(0).uniform(0.5, 2, len(codes)))
    pairs = PairCounts(counts)
    for one, other in permutations(range(4), 2):
        assert np.allclose(pairs.of(one, other), counts.of([one, other]))


@pytest.mark.parametrize("gaps", [0.0, 0.2])
def test_weight_two_is_the_row_twice(gaps):
    codes, twice = drawn(4, gaps=gaps), np.arange(400) % 3 == 0
    heavy = FamilyScores(counts_of(codes, weight=np.where(twice, 2.0, 1.0)), "bic")
    double = FamilyScores(counts_of(np.concatenate([codes, codes[twice]])), "bic")
    for node, parents in product(range(4), [(), (0,), (0, 1)]):
        if node not in parents:
            assert heavy.of(node, frozenset(parents)) == pytest.approx(double.of(node, frozenset(parents)))


def all_trees(nodes):
    """Every tree over labelled nodes, by Pruefer sequences."""
    return [nx.from_prufer_sequence(list(sequence)) for sequence in product(range(nodes), repeat=nodes - 2)]


@pytest.mark.parametrize("seed", range(3))
def test_the_tree_is_the_best_of_all_trees_of_six_nodes(seed):
    sizes = (2, 3, 2, 3, 2, 2)
    codes = drawn(seed, rows=150, sizes=sizes)
    scores = FamilyScores(counts_of(codes, sizes), "log-likelihood")

    def height(edges):
        parents = [[] for _ in sizes]
        for parent, child in edges:
            parents[child].append(parent)
        return scores.of_structure(parents)

    trees = all_trees(6)
    assert len(trees) == 6**4
    best = max(height(nx.bfs_edges(tree, 0)) for tree in trees)
    found = tree_of(information_of_pairs(counts_of(codes, sizes)), range(6), 0)
    assert height(found) == pytest.approx(best)
    assert {child for _, child in found} == {1, 2, 3, 4, 5}


def test_information_is_what_an_edge_adds_to_the_likelihood():
    codes = drawn(5)
    joint = counts_of(codes).of([0, 1])
    added = log_likelihood(codes, 1, [0]) - log_likelihood(codes, 1, [])
    assert mutual_information(joint) * len(codes) == pytest.approx(added)
    assert mutual_information(np.zeros((2, 2))) == 0
    assert mutual_information(np.outer([3.0, 1], [2.0, 6])) == pytest.approx(0, abs=1e-12)


def all_structures(nodes):
    pairs = list(combinations(range(nodes), 2))
    for ways in product((0, 1, 2), repeat=len(pairs)):
        edges = [(pair[::-1] if way == 2 else pair) for pair, way in zip(pairs, ways, strict=True) if way]
        graph = nx.DiGraph(edges)
        if nx.is_directed_acyclic_graph(graph):
            yield [[parent for parent, child in edges if child == node] for node in range(nodes)]


@pytest.mark.parametrize("criterion", ["bic", "bdeu"])
@pytest.mark.parametrize("seed", range(5))
def test_of_four_nodes_the_best_structure_of_all_is_found(seed, criterion):
    scores = FamilyScores(counts_of(drawn(seed)), criterion)
    assert climbed(scores, Limits()).score == pytest.approx(max(map(scores.of_structure, all_structures(4))))


def neighbours(parents, limits):
    count = len(parents)
    for parent, child in permutations(range(count), 2):
        changed = [set(own) for own in parents]
        if parent in changed[child]:
            changed[child] -= {parent}
            yield changed
            changed = [set(own) for own in changed]
            changed[parent] |= {child}
        else:
            changed[child] |= {parent}
        yield changed


def allowed(parents, limits):
    edges = {(parent, child) for child, own in enumerate(parents) for parent in own}
    acyclic = nx.is_directed_acyclic_graph(nx.DiGraph(list(edges)))
    few = limits.max_parents is None or max(map(len, parents)) <= limits.max_parents
    return acyclic and few and edges >= limits.required and not edges & limits.forbidden


LIMITS = {
    "none": Limits(),
    "required": Limits(required=frozenset([(4, 0), (0, 3)])),
    "forbidden": Limits(forbidden=frozenset([(0, 1), (1, 2), (2, 1), (3, 2)])),
    "one parent": Limits(max_parents=1),
    "all": Limits(frozenset([(4, 0)]), frozenset([(0, 1), (2, 3)]), 2),
}


@pytest.mark.parametrize("name", LIMITS)
@pytest.mark.parametrize("seed", range(3))
def test_no_allowed_change_of_one_edge_improves_what_is_found(name, seed):
    sizes, limits = (2, 3, 2, 2, 3, 2), LIMITS[name]
    scores = FamilyScores(counts_of(drawn(seed, rows=600, sizes=sizes), sizes), "bic")
    found = climbed(scores, limits)
    assert allowed(found.parents, limits)
    assert found.score == pytest.approx(scores.of_structure(found.parents))
    others = [scores.of_structure(other) for other in neighbours(found.parents, limits) if allowed(other, limits)]
    assert max(others) <= found.score + 1e-9 * abs(found.score)


def test_a_search_is_the_same_each_time():
    sizes = (2, 3, 2, 2, 3, 2)
    both = [climbed(FamilyScores(counts_of(drawn(7, sizes=sizes), sizes), "bic"), Limits()) for _ in range(2)]
    assert both[0] == both[1]


def test_paths_are_those_of_the_graph():
    draw = np.random.default_rng(0)
    reach, graph = Reach(7, []), nx.DiGraph()
    graph.add_nodes_from(range(7))
    for _ in range(200):
        parent, child = (int(end) for end in draw.choice(7, 2, replace=False))
        if graph.has_edge(parent, child):
            graph.remove_edge(parent, child)
            reach.drop(parent, child)
        elif not nx.has_path(graph, child, parent):
            graph.add_edge(parent, child)
            reach.add(parent, child)
        expected = [[one != other and nx.has_path(graph, one, other) for other in range(7)] for one in range(7)]
        assert reach.paths.tolist() == expected
        for one, other in graph.edges:
            without = graph.copy()
            without.remove_edge(one, other)
            assert reach.ways_round()[one, other] == nx.has_path(without, one, other)
