"""Answers for tables of rows: posteriors, log-probabilities, gaps filled, and what all this takes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from suffice.bayesian.cost import Cost, cost_of_program, total_cost
from suffice.bayesian.groups import grouped
from suffice.bayesian.most_probable import most_probable_states
from suffice.bayesian.network import DiscreteNetwork, listed
from suffice.bayesian.planner import planner_of
from suffice.bayesian.row_posteriors import RowPosteriors, row_posteriors

IMPOSSIBLE = ("raise", "nan")


def posteriors_of_rows(
    network: DiscreteNetwork,
    codes: np.ndarray,
    targets: Sequence[str] | None,
    impossible: str,
    max_bytes: int | None = None,
) -> dict[str, np.ndarray]:
    """Posteriors (n, states) by name of the target."""
    names = network.nodes if targets is None else ([targets] if isinstance(targets, str) else list(targets))
    places = [network.position(name) for name in names]
    found = row_posteriors(network, codes, places, log_evidence=False, max_bytes=max_bytes)
    check_rows(found.log_evidence, impossible)
    possible = ~np.isneginf(found.log_evidence)
    for place in places:
        _settle_observed(found.table[:, found.columns[place]], codes[:, place], possible)
    return {name: found.table[:, found.columns[place]] for name, place in zip(names, places, strict=True)}


def _settle_observed(table: np.ndarray, codes: np.ndarray, possible: np.ndarray) -> None:
    """Probabilities of what a row observes are 0 and 1, not nearly so."""
    rows = np.flatnonzero((codes >= 0) & possible)
    table[rows] = 0.0
    table[rows, codes[rows]] = 1.0


def log_evidence_of_rows(network: DiscreteNetwork, codes: np.ndarray, max_bytes: int | None = None) -> np.ndarray:
    """Log-probabilities (n,) of the observed cells."""
    return row_posteriors(network, codes, [], max_bytes=max_bytes).log_evidence


def filled(
    network: DiscreteNetwork, codes: np.ndarray, joint: bool, impossible: str, max_bytes: int | None = None
) -> np.ndarray:
    """Codes (n, nodes) with the gaps filled: by the most probable states together, or of each cell; -1 in impossible rows."""
    if joint:
        found, logs = most_probable_states(network, codes, max_bytes=max_bytes)
    else:
        found, logs = _of_each(network, codes, max_bytes)
    check_rows(logs, impossible)
    return np.where(np.isneginf(logs)[:, None], codes, found)


def _of_each(network: DiscreteNetwork, codes: np.ndarray, max_bytes: int | None) -> tuple[np.ndarray, np.ndarray]:
    states, missing = np.array(codes), codes < 0
    targets = np.flatnonzero(missing.any(0)).tolist()
    found: RowPosteriors = row_posteriors(network, codes, targets, log_evidence=False, max_bytes=max_bytes)
    for node in targets:
        rows = missing[:, node]
        states[rows, node] = found.table[rows, found.columns[node]].argmax(1)
    return states, found.log_evidence


def check_rows(log_evidence: np.ndarray, impossible: str) -> None:
    """Refuses rows of probability 0, unless they may be NaN."""
    if impossible not in IMPOSSIBLE:
        raise ValueError(f"impossible={impossible!r} is not known; use 'raise' or 'nan'.")
    rows = np.flatnonzero(np.isneginf(log_evidence))
    if len(rows) and impossible == "raise":
        raise ValueError(
            f"What is observed has probability 0 in {len(rows)} of {len(log_evidence)} rows (counted from 0): "
            f'{listed(rows.tolist(), 10)}. With impossible="nan" these rows are left without an answer.'
        )


def cost_of_rows(network: DiscreteNetwork, codes: np.ndarray) -> Cost:
    """What the posteriors of all nodes take for rows (n, nodes) of observed states."""
    planner = planner_of(network)
    each = []
    for group in grouped(planner, np.ascontiguousarray(codes.T), 1):
        rows = 0 if len(group.rows) == 1 else group.magnitude
        program = planner.posteriors(group.evidence, planner.everything & ~group.evidence.observed, rows)
        each.append(cost_of_program(program, len(group.rows)))
    return total_cost(each)
