"""Expected counts equal enumeration of the joint table."""

import numpy as np
from bayesian_networks import joint, marginal, random_network, rows_of, weighted
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.bayesian.expected_counts import PlannedRows

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
