"""Online expectation-maximisation: statistics that run along with batches, and a maximisation after each."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from suffice.runtime.compiling import filter_jit


def step_size(step: int, decay: float, offset: float) -> float:
    """How much of the running statistics a step replaces, :math:`\rho_t = \\min(1, (t + t_0)^{-\alpha})`."""
    return min(1.0, float(step + offset) ** -decay)


def effective_rows(before: float, batch: float, rho: float) -> float:
    r"""Number of equally weighted rows that say as much as rows of unequal weight, :math:`(\sum w)^2 / \sum w^2` (Kish, 1965)."""
    return 1 / ((1 - rho) ** 2 / before + rho**2 / batch)


@filter_jit
def advanced(model: Any, batch: Any, running: Any, rho: np.ndarray, rows: np.ndarray) -> tuple[Any, Any]:
    """The model after one step, and the new running statistics :math:`(1 - \rho) s + \rho s_{batch} / w_{batch}`."""
    mixed = jax.tree.map(lambda old, new: (1 - rho) * old + rho * new / batch.weight, running, batch)
    return model.maximize(jax.tree.map(lambda leaf: rows * leaf, mixed)), mixed
