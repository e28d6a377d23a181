"""Online expectation-maximisation: statistics that run along with batches, and a maximisation after each."""

from __future__ import annotations

from typing import Any

import jax
import numpy as np

from suffice.runtime.compiling import filter_jit


def step_size(step: int, decay: float, offset: float) -> float:
    r"""How much of the running statistics a step replaces, :math:`\rho_t = \min(1, (t + t_0)^{-\alpha})`.

    Parameters
    ----------
    step
        Number of the step t, from 1.
    decay
        :math:`\alpha`, above 0.5 and at most 1.
    offset
        :math:`t_0`, at least 0.

    Examples
    --------
    >>> from suffice.fit.online import step_size
    >>> step_size(4, decay=1.0, offset=0.0)
    0.25
    """
    return min(1.0, float(step + offset) ** -decay)


def effective_rows(before: float, batch: float, rho: float) -> float:
    r"""Number of equally weighted rows that say as much as rows of unequal weight, :math:`(\sum w)^2 / \sum w^2` (Kish, 1965).

    Parameters
    ----------
    before
        Effective number behind the running statistics.
    batch
        Weight of the batch.
    rho
        Share of the batch in the new statistics.

    Examples
    --------
    >>> from suffice.fit.online import effective_rows
    >>> effective_rows(100.0, 100.0, 0.5)
    200.0
    """
    return 1 / ((1 - rho) ** 2 / before + rho**2 / batch)


@filter_jit
def advanced(model: Any, batch: Any, running: Any, rho: np.ndarray, rows: np.ndarray) -> tuple[Any, Any]:
    r"""The model after one step, and the new running statistics :math:`(1 - \rho) s + \rho s_{batch} / w_{batch}`.

    Cappé and Moulines, *On-line expectation-maximization algorithm for latent data models* (2009).

    Parameters
    ----------
    model
        A latent-variable model.
    batch
        Its statistics of a batch, measured from the origin.
    running
        Statistics of the batches before it, per unit of weight.
    rho
        Size of the step, ``()``.
    rows
        Number of rows that the running statistics stand for in the maximisation, ``()``.
    """
    mixed = jax.tree.map(lambda old, new: (1 - rho) * old + rho * new / batch.weight, running, batch)
    return model.maximize(jax.tree.map(lambda leaf: rows * leaf, mixed)), mixed
