"""Inference equals enumeration of the joint table."""

import jax
import numpy as np
from bayesian_networks import joint, marginal, random_network, rows_of, weighted
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, logsumexp

from suffice.bayesian.differentiable import log_evidence
from suffice.bayesian.evidence import Query
from suffice.bayesian.expected_counts import PlannedRows
from suffice.bayesian.interventions import intervened
from suffice.bayesian.joint import joint_posterior
from suffice.bayesian.most_probable import most_probable_states
from suffice.bayesian.network import DiscreteNetwork
from suffice.bayesian.row_posteriors import row_posteriors
from suffice.bayesian.sampling import draw_states
from suffice.bayesian.single import single_posteriors
from suffice.runtime.module import replaced

networks = st.builds(random_network, st.integers(0, 10**6), st.integers(1, 8), zeros=st.sampled_from([0.0, 0.3]))
laws = settings(max_examples=60, deadline=None, derandomize=True)


@laws
@given(networks, st.integers(0, 10**6), st.floats(0, 1))
def test_posteriors_of_rows_are_those_of_the_joint_table(network, seed, missing):
    codes, table = rows_of(network, seed, 12, missing), joint(network)
    targets = range(len(network.nodes))
    found = row_posteriors(network, codes, targets)
    for row, own in enumerate(codes):
        kept = weighted(table, own)
        assert np.isclose(found.log_evidence[row], np.log(kept.sum()), atol=1e-12)
        for node in targets:
            expected = marginal(kept, [node]) / kept.sum()
            np.testing.assert_allclose(found.table[row, found.columns[node]], expected, atol=1e-13)


@laws
@given(networks, st.integers(0, 10**6), st.floats(0, 1))
def test_one_query_is_the_joint_tables(network, seed, missing):
    own, table = rows_of(network, seed, 1, missing)[0], joint(network)
    generator = np.random.default_rng(seed)
    soft = {0: generator.random(network.cardinalities[0])}
    found, log_evidence = single_posteriors(network, own, range(len(network.nodes)), soft)
    kept = weighted(table, own, soft)
    assert np.isclose(log_evidence, np.log(kept.sum()), atol=1e-12)
    for node, posterior in found.items():
        np.testing.assert_allclose(posterior, marginal(kept, [node]) / kept.sum(), atol=1e-13)


@laws
@given(networks, st.integers(0, 10**6), st.floats(0.3, 1))
def test_most_probable_states_are_the_joint_tables(network, seed, missing):
    codes, table = rows_of(network, seed, 12, missing), joint(network)
    states, logs = most_probable_states(network, codes)
    assert np.all((states == codes) | (codes < 0))
    for own, found, log in zip(codes, states, logs, strict=True):
        best = weighted(table, own).max()
        assert np.isclose(table[tuple(found)], best, rtol=1e-12)
        assert np.isclose(log, np.log(best), atol=1e-12)


@laws
@given(networks, st.integers(0, 10**6), st.floats(0, 1))
def test_a_joint_posterior_is_the_joint_tables(network, seed, missing):
    own, table = rows_of(network, seed, 1, missing)[0], joint(network)
    generator = np.random.default_rng(seed)
    nodes = generator.permutation(len(own))
    targets = [node for node in nodes.tolist() if own[node] < 0][:3]
    soft = {0: generator.random(network.cardinalities[0]) + 0.01} if own[0] < 0 else {}
    if targets:
        found, log_evidence = joint_posterior(network, targets, Query(own, soft))
        kept = weighted(table, own, soft)
        np.testing.assert_allclose(found, marginal(kept, targets) / kept.sum(), atol=1e-13)
        assert np.isclose(log_evidence, np.log(kept.sum()), atol=1e-12)


@settings(max_examples=15, deadline=None, derandomize=True)
@given(networks, st.integers(0, 10**6), st.floats(0.3, 1))
def test_draws_have_the_frequencies_of_the_joint_table(network, seed, missing):
    own, table = rows_of(network, seed, 1, missing)[0], joint(network)
    count, generator = 4000, np.random.default_rng(seed)
    soft = {0: generator.random(network.cardinalities[0]) + 0.1} if own[0] < 0 else {}
    states, _ = draw_states(network, count, Query(own, soft), generator)
    kept = weighted(table, own, soft) / weighted(table, own, soft).sum()
    found = np.zeros(table.shape)
    np.add.at(found, tuple(states.T), 1 / count)
    assert np.all(found[kept == 0] == 0)
    assert np.all(np.abs(found - kept) < 6 * np.sqrt(kept / count) + 6 / count)


@settings(max_examples=4, deadline=None, derandomize=True)
@given(st.builds(random_network, st.integers(0, 10**6), st.integers(2, 6)), st.integers(0, 10**6), st.floats(0.2, 0.9))
def test_a_gradient_by_jax_gives_posteriors_and_counts(network, seed, missing):
    codes, weight = rows_of(network, seed, 5, missing), np.random.default_rng(seed).random(5)
    likelihoods = [
        np.where(own < 0, 1.0, own == np.arange(size)[:, None])
        for own, size in zip(codes.T, network.cardinalities, strict=True)
    ]

    def total(logs, likelihoods):
        moved = replaced(network, tables=tuple(jax.numpy.exp(log) for log in logs))
        return weight @ log_evidence(moved, codes, likelihoods)

    with jax.enable_x64(True):
        logs = [jax.numpy.log(table) for table in network.tables]
        counts, slopes = jax.grad(total, (0, 1))(logs, [jax.numpy.asarray(own) for own in likelihoods])
    expected, _ = PlannedRows(network.parents, network.cardinalities, codes, weight).expected(network.tables)
    found = row_posteriors(network, codes, range(len(network.nodes)))
    for node in range(len(network.nodes)):
        np.testing.assert_allclose(counts[node], expected[node], atol=1e-12)
        posterior = found.table[:, found.columns[node]]
        slope = np.asarray(slopes[node]) * likelihoods[node]
        np.testing.assert_allclose(slope.T / weight[:, None], posterior, atol=1e-12)


def test_improbable_evidence_does_not_underflow():
    """400 children against the odds: the cause they speak for is not lost, nor its counts."""
    cause, child = np.array([0.5, 0.5]), np.array([[1 - 1e-3, 1e-3], [1 - 1e-6, 1e-6]])
    states = tuple((0, 1) for _ in range(401))
    parents = ((), *((0,) for _ in range(400)))
    network = DiscreteNetwork((cause, *(child for _ in range(400))), tuple(map(str, range(401))), states, parents)
    codes = np.ones((3, 401), int)
    codes[:, 0] = -1
    codes[1, 1:6] = -1
    codes[2, 1:] = np.arange(400) % 2
    logs = np.array(
        [(codes[:, 1:] == 1).sum(1) * np.log(own[1]) + (codes[:, 1:] == 0).sum(1) * np.log(own[0]) for own in child]
    )
    expected = logsumexp(logs, axis=0) - np.log(2)
    found = row_posteriors(network, codes, [0])
    np.testing.assert_allclose(found.log_evidence, expected, rtol=1e-12)
    np.testing.assert_allclose(found.table[:, 1], expit(logs[1] - logs[0]), rtol=1e-9)
    one, log = single_posteriors(network, codes[0], [0, 7])
    np.testing.assert_allclose(log, expected[0], rtol=1e-12)
    np.testing.assert_allclose(one[0], found.table[0], atol=1e-15)
    table, log = joint_posterior(network, [0], Query(codes[0], {}))
    np.testing.assert_allclose(table, found.table[0], rtol=1e-9)
    np.testing.assert_allclose(log, expected[0], rtol=1e-12)
    draws, log = draw_states(network, 20, Query(codes[0], {}), np.random.default_rng(0))
    assert np.all(draws[:, 0] == found.table[0].argmax())
    assert most_probable_states(network, codes[:1])[0][0, 0] == found.table[0].argmax()
    counts, total = PlannedRows(parents, network.cardinalities, codes, np.ones(3)).expected(network.tables)
    np.testing.assert_allclose(total, expected.sum(), rtol=1e-12)
    np.testing.assert_allclose(counts[0], found.table.sum(0), rtol=1e-9)


def test_states_that_only_logarithms_tell_apart_are_told_apart():
    """Each state of the cause is out of floating point's reach given some child; together they are not."""
    child = np.array([[1e-250, 1 - 1e-250], [1e-260, 1 - 1e-260]])
    states = tuple((0, 1) for _ in range(4))
    network = DiscreteNetwork(
        (np.array([0.5, 0.5]), child, child, child), ("c", "x", "y", "z"), states, ((), (0,), (0,), (0,))
    )
    codes = np.array([[-1, 0, 0, 0]])
    found = row_posteriors(network, codes, [0])
    np.testing.assert_allclose(found.log_evidence, 3 * np.log(1e-250) - np.log(2), rtol=1e-12)
    np.testing.assert_allclose(found.table[0, 1], 1e-30, rtol=1e-9)


def test_rows_that_cannot_be_are_minus_infinity_and_nan():
    network = DiscreteNetwork((np.array([1.0, 0.0]), np.eye(2)), ("a", "b"), ((0, 1), (0, 1)), ((), (0,)))
    codes = np.array([[-1, 1], [0, -1], [0, 1], [1, 1], [-1, -1]])
    found = row_posteriors(network, codes, [0, 1])
    assert np.isneginf(found.log_evidence).tolist() == [True, False, True, True, False]
    assert np.isnan(found.table[[0, 2, 3]]).all()
    np.testing.assert_array_equal(found.table[[1, 4]], [[1, 0, 1, 0], [1, 0, 1, 0]])


@laws
@given(networks, st.integers(0, 10**6))
def test_an_intervention_leaves_out_one_table(network, seed):
    """The joint distribution of all others is the product of their tables, one node held (truncated factorisation)."""
    node = seed % len(network.nodes)
    code = seed // 7 % network.cardinalities[node]
    held = intervened(network, {node: code})
    without = replaced(network, tables=tuple(np.ones_like(t) if k == node else t for k, t in enumerate(network.tables)))
    expected = weighted(joint(without), [code if other == node else -1 for other in range(len(network.nodes))])
    np.testing.assert_allclose(joint(held), expected, atol=1e-14)
    found, log = single_posteriors(held, np.full(len(network.nodes), -1), range(len(network.nodes)))
    assert abs(log) < 1e-12
    for other, posterior in found.items():
        np.testing.assert_allclose(posterior, marginal(expected, [other]), atol=1e-13)
