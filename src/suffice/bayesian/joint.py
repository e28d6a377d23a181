"""The joint distribution of several nodes given what is observed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from suffice.bayesian.contraction import contraction
from suffice.bayesian.cost import check_memory
from suffice.bayesian.evidence import Query
from suffice.bayesian.network import DiscreteNetwork
from suffice.bayesian.planner import mask_of, planner_of
from suffice.bayesian.query_run import run_query
from suffice.bayesian.single import evidence_of


def joint_posterior(
    network: DiscreteNetwork, targets: Sequence[int], query: Query, max_bytes: int | None = None
) -> tuple[np.ndarray, float]:
    """Posterior of the targets, one axis each, and the log-probability of the evidence; NaN where it is impossible."""
    evidence, planner = evidence_of(query.codes, query.soft), planner_of(network)
    check_memory(planner.joint(evidence, mask_of(targets), contraction), 1, max_bytes)
    with np.errstate(all="ignore"):
        run = run_query(
            network,
            lambda contract: planner.joint(evidence, mask_of(targets), contract),
            query.codes.tolist(),
            query.soft,
        )
        joint = run.program.tape.joint
        assert joint is not None
        value, axes = run.values[joint], run.program.shapes[joint].axes
        largest = float(np.max(value))
        turned = value.transpose([axes.index(node) for node in targets])
        linear = np.exp(turned - largest) if run.logarithms else turned
        total = linear.sum()
    return linear / total, run.log_evidence + float(np.log(total)) + (largest if run.logarithms else 0.0)
