"""Inference equals enumeration of the joint table."""

import numpy as np
import pytest
from bayesian_networks import joint, marginal, random_network, rows_of, weighted
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.bayesian.evidence import Query
from suffice.bayesian.joint import joint_posterior
from suffice.bayesian.most_probable import most_probable_states
from suffice.bayesian.row_posteriors import row_posteriors
from suffice.bayesian.sampling import draw_states
from suffice.bayesian.single import single_posteriors

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
