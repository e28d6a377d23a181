"""Expected counts equal enumeration of the joint table."""

import numpy as np
import pytest
from bayesian_networks import joint, marginal, random_network, rows_of, weighted
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.bayesian import groups
from suffice.bayesian.expected_counts import PlannedRows
from suffice.bayesian.most_probable import most_probable_states
from suffice.bayesian.planner import planner_of
from suffice.bayesian.row_posteriors import row_posteriors

networks = st.builds(random_network, st.integers(0, 10**6), st.integers(1, 8), zeros=st.sampled_from([0.0, 0.3]))
laws = settings(max_examples=60, deadline=None, derandomize=True)


def enumerated(network, codes, weight):
    table, counts, total = joint(network), [np.zeros(table.shape) for table in network.tables], 0.0
    for own, each in zip(codes, weight, strict=True):
        kept = weighted(table, own)
        total += each * np.log(kept.sum())
        for family, sums in zip(network.families, counts, strict=True):
            sums += each * marginal(kept, family) / kept.sum()
    return counts, total


@laws
@given(networks, st.integers(0, 10**6), st.floats(0, 1))
def test_expected_counts_are_those_of_the_joint_table(network, seed, missing):
    codes = rows_of(network, seed, 15, missing)
    weight = np.random.default_rng(seed).random(15)
    counts, log_likelihood = PlannedRows(network.parents, network.cardinalities, codes, weight).expected(network.tables)
    expected, total = enumerated(network, codes, weight)
    assert np.isclose(log_likelihood, total, atol=1e-11)
    for found, own in zip(counts, expected, strict=True):
        np.testing.assert_allclose(found, own, atol=1e-12)


def test_rows_of_weight_zero_count_nothing_even_if_they_cannot_be():
    tables = [np.array([1.0, 0.0]), np.eye(2)]
    codes = np.array([[0, -1], [1, 1], [-1, 1]])
    counts, total = PlannedRows(((), (0,)), (2, 2), codes, np.array([2.0, 0.0, 0.0])).expected(tables)
    assert total == 0
    np.testing.assert_array_equal(counts[0], [2, 0])
    assert PlannedRows(((), (0,)), (2, 2), codes, np.ones(3)).expected(tables)[1] == -np.inf


def test_equal_rows_are_one_row_with_their_weights():
    network = random_network(2, 6)
    codes = rows_of(network, 0, 400, 0.3)
    weight = np.random.default_rng(0).random(400)
    together = PlannedRows(network.parents, network.cardinalities, codes, weight)
    counts, total = together.expected(network.tables)
    assert together.codes.shape[1] < 400
    halves = [
        PlannedRows(network.parents, network.cardinalities, codes[part], weight[part]).expected(network.tables)
        for part in (slice(None, 150), slice(150, None))
    ]
    assert np.isclose(total, halves[0][1] + halves[1][1], rtol=1e-13)
    for node in range(6):
        np.testing.assert_allclose(counts[node], halves[0][0][node] + halves[1][0][node], atol=1e-11)


@pytest.mark.parametrize("seconds", [0.0, 2e-9, 1e-8, 4e-8])
def test_groups_as_fine_as_may_be_give_the_same_numbers(monkeypatch, seconds):
    network = random_network(21, 9, zeros=0.2)
    codes = rows_of(network, 1, 120, 0.5)
    nodes, weight = range(len(network.nodes)), np.random.default_rng(0).random(120)

    def answers():
        posteriors = row_posteriors(network, codes, nodes)
        counts, total = PlannedRows(network.parents, network.cardinalities, codes, weight).expected(network.tables)
        states, logs = most_probable_states(network, codes)
        return [posteriors.table, posteriors.log_evidence, *counts, np.array(total), logs, states]

    expected = answers()
    before = len(groups.grouped(planner_of(network), codes.T, 1))
    monkeypatch.setattr(groups, "PLAN", seconds)
    monkeypatch.setattr(groups, "RUN", seconds)
    after = groups.grouped(planner_of(network), codes.T, 1)
    assert len(after) > before
    assert sorted(np.concatenate([group.rows for group in after])) == list(range(120))
    for found, own in zip(answers(), expected, strict=True):
        np.testing.assert_allclose(found, own, atol=1e-11)
