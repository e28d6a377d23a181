"""Queries by labels: evidence in, posteriors, draws and most probable states out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from suffice.bayesian.evidence import Given, Query, SoftGiven, check_possible, query_of
from suffice.bayesian.joint import joint_posterior
from suffice.bayesian.loopy import loopy_marginals
from suffice.bayesian.marginals import Marginals, MostProbable, by_label
from suffice.bayesian.most_probable import most_probable_states
from suffice.bayesian.network import DiscreteNetwork
from suffice.bayesian.sampling import draw_states
from suffice.bayesian.single import single_posteriors
from suffice.bayesian.weighting import weighted_marginals

METHODS = ("exact", "likelihood-weighting", "loopy")


def marginals(
    network: DiscreteNetwork,
    evidence: Given | None,
    soft: SoftGiven | None,
    max_bytes: int | None,
) -> Marginals:
    """Posteriors of all nodes."""
    query = query_of(network, evidence, soft)
    everything = range(len(network.nodes))
    found, log_evidence = single_posteriors(network, query.codes, everything, query.soft, max_bytes)
    check_possible(network, query, log_evidence)
    return Marginals(by_label(network, found), log_evidence)


def approximate_marginals(
    network: DiscreteNetwork,
    evidence: Given | None,
    soft: SoftGiven | None,
    method: str,
    draws: int,
    generator: np.random.Generator,
) -> Marginals:
    """Estimates of the posteriors of all nodes."""
    query = query_of(network, evidence, soft)
    if method == "loopy":
        return loopy_marginals(network, query)
    return weighted_marginals(network, query, draws, generator)


def joint(
    network: DiscreteNetwork,
    targets: Sequence[str],
    evidence: Given | None,
    soft: SoftGiven | None,
    max_bytes: int | None,
) -> np.ndarray:
    """Joint posterior of some nodes, one axis each."""
    query = query_of(network, evidence, soft)
    places = _places(network, targets, query)
    found, log_evidence = joint_posterior(network, places, query, max_bytes)
    check_possible(network, query, log_evidence)
    return found


def _places(network: DiscreteNetwork, targets: Sequence[str], query: Query) -> list[int]:
    names = [targets] if isinstance(targets, str) else list(targets)
    places = [network.position(name) for name in names]
    if not places or len(set(places)) < len(places):
        raise ValueError(f"targets={names!r} was given; name one node or more, each once.")
    for name, place in zip(names, places, strict=True):
        if query.codes[place] >= 0:
            raise ValueError(f"{name!r} is a target and observed too; leave it out of one of the two.")
    return places


def most_probable(
    network: DiscreteNetwork, evidence: Given | None, soft: SoftGiven | None, max_bytes: int | None
) -> MostProbable:
    """The states of all nodes that are most probable together."""
    query = query_of(network, evidence, soft)
    states, logs = most_probable_states(network, query.codes[None], query.soft, max_bytes)
    check_possible(network, query, float(logs[0]))
    labels = {node: network.states[place][states[0, place]] for place, node in enumerate(network.nodes)}
    return MostProbable(labels, float(logs[0]))


def draws(
    network: DiscreteNetwork,
    count: int,
    evidence: Given | None,
    soft: SoftGiven | None,
    generator: np.random.Generator,
    max_bytes: int | None,
) -> np.ndarray:
    """Positions of states (count, nodes), drawn."""
    query = query_of(network, evidence, soft)
    states, log_evidence = draw_states(network, count, query, generator, max_bytes)
    check_possible(network, query, log_evidence)
    return states
