"""What a fit of an RBM leaves, as fitted attributes of an estimator."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np

from suffice.energy.rbm.chains import rows_with_missing
from suffice.energy.rbm.given_cells import GivenCells, doubtful_rows
from suffice.energy.rbm.machine import BoltzmannMachine
from suffice.estimators.rbm.worth import Worth
from suffice.estimators.shared.passes import FALLING, still_falling
from suffice.fit.contrastive.epoch import ContrastState
from suffice.outcome import Outcome, SaturatedUnitWarning, Solution
from suffice.rows.each import each_row
from suffice.runtime.types import Sparse

READ_ROWS = 2000
NEVER, ALWAYS = 0.01, 0.99
STACK = 5
"""From a warning here to whoever called ``fit``."""


def learned_attributes(
    solution: Solution, units: np.ndarray | Sparse, weight: np.ndarray, n_chains: int
) -> dict[str, Any]:
    """Fitted attributes by name, from the solution and the rows (n, U) that it was learned from."""
    state, done = solution.details["state"], solution.outcome is Outcome.STOPPED_AT_LIMIT
    return {
        "model_": solution.model,
        "weights_": solution.model.weights,
        "visible_bias_": solution.model.visible_bias,
        "hidden_bias_": solution.model.hidden_bias,
        "n_iter_": int(state.epoch),
        "trace_": solution.trace,
        "outcome_": "All epochs were done." if done else solution.outcome.value,
        "chains_": _chains(state, units, weight, n_chains),
        "log_partitions_": {},
    }


def persistent_chains(solution: Solution) -> np.ndarray | None:
    """Where the chains of the model stand, (M, U), at temperature 1; None where it kept none."""
    chains = solution.details["state"].chains
    return None if chains is None else np.asarray(chains if chains.ndim == 2 else chains[-1])


def begun_anew(solution: Solution) -> Solution:
    """The start in place of what was learned from it, and the trace of what was."""
    start = solution.details["start"]
    return Solution(start.best, solution.trace, solution.outcome, {"state": start, "start": start})


def worthless(found: Worth) -> str:
    """What is said of a model that is worth less than its columns alone."""
    return (
        f"Worse than independent columns after all epochs: about {found.log_likelihood:.4g} nats a row, where columns alone have "
        f"{found.independent:.4g}; the parameters of the start are kept. Take a smaller learning_rate, or tempering."
    )


def falling_words(reconstruction: np.ndarray) -> str:
    """That the reconstruction error was still falling, where it was."""
    falling = still_falling(reconstruction)
    if falling <= FALLING:
        return ""
    return (
        f" The reconstruction error was still falling: the last tenth of the epochs brought {falling:.0%} of its fall."
    )


def warn_of_bad_ends(solution: Solution, units: np.ndarray | Sparse, learning_rate: float) -> None:
    """Say that learning diverged, or which hidden units are stuck on the rows (n, U)."""
    if solution.outcome is Outcome.DIVERGED:
        epochs = int(solution.details["state"].epoch)
        warnings.warn(
            f"{solution.outcome.value} This was after {epochs} epochs; use a smaller learning_rate than {learning_rate:g}.",
            UserWarning, stacklevel=STACK,
        )  # fmt: skip
    stuck = _stuck_units(solution, units)
    if len(stuck):
        named = ", ".join(str(j) for j in stuck[:20]) + (" and more" if len(stuck) > 20 else "")
        warnings.warn(
            f"Hidden units {named} are always 1 or always 0 on the rows of the fit: as features they say nothing. Use a "
            "smaller learning_rate, weight_decay, or fewer hidden units.", SaturatedUnitWarning, stacklevel=STACK,
        )  # fmt: skip


def _stuck_units(solution: Solution, units: np.ndarray | Sparse) -> np.ndarray:
    """Hidden units that are always 1 or always 0 on the rows, by the range that was read with the last step or is read now."""
    found = solution.details.get("range") or _range_of_hidden(solution.model, units)
    return np.zeros(0, int) if found is None else np.flatnonzero((found[0] > ALWAYS) | (found[1] < NEVER))


def _range_of_hidden(model: BoltzmannMachine, units: np.ndarray | Sparse) -> tuple[np.ndarray, np.ndarray] | None:
    units = units[:: -(-units.shape[0] // READ_ROWS)]
    if rows_with_missing(units).any():
        return None
    features = each_row(model.hidden_probability, units, model.weights.dtype.name)
    return features.min(axis=0), features.max(axis=0)


def _chains(state: ContrastState, units: np.ndarray | Sparse, weight: np.ndarray, count: int) -> np.ndarray:
    """Where sampling begins, (M, U): the model's own chains, or complete rows."""
    if state.chains is not None:
        return np.asarray(state.chains if state.chains.ndim == 2 else state.chains[-1])
    if state.filled is not None:
        return np.asarray(state.filled)[:: -(-len(state.filled) // count)]
    used = np.flatnonzero(weight > 0)
    used = used[:: -(-len(used) // count)]
    rows = units[used]
    return np.asarray(rows if isinstance(rows, np.ndarray) else rows.toarray(), state.model.weights.dtype)


def warn_of_doubt(found: GivenCells, numbers: np.ndarray) -> None:
    """Say in which rows, of these numbers, the chains disagree."""
    rows = numbers[doubtful_rows(found)]
    if len(rows):
        named = ", ".join(map(str, rows[:20])) + (" and more" if len(rows) > 20 else "")
        warnings.warn(
            f"The chains of rows {named} disagree on what their missing cells are given the others: several explanations "
            "compete, and means there have standard errors above a tenth. Raise n_steps, or take draws.",
            UserWarning, stacklevel=3,
        )  # fmt: skip
