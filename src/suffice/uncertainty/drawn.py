"""Models whose parameters are drawn: as rows drawn anew would have them."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice
from typing import Any

import numpy as np

from suffice.uncertainty.neighbourhood import neighbourhood
from suffice.uncertainty.resampling import to_resampled_rows
from suffice.validation import check_choice, check_count

PARAMETERS = ("fixed", "drawn")
MOST_LOST = 10
"""As many samples at most are drawn for each that is wanted: some lose a component."""


def drawn_models(model: Any, rows: np.ndarray, count: int, generator: np.random.Generator) -> list[Any]:
    """So many models, each refitted to rows drawn from the rows."""
    near = neighbourhood(model, rows, None)
    refits = (one for _ in range(MOST_LOST) for one in to_resampled_rows(near, count, generator) if one is not None)
    found = list(islice(refits, count))
    if len(found) < count:
        raise ValueError(
            "Rows drawn anew lose components again and again; use fewer components, or parameters='fixed'."
        )
    return found


def completed(
    draw: Callable[..., np.ndarray], model: Any, rows: np.ndarray, draws: int, parameters: str,
    generator: np.random.Generator, precision: str,
) -> np.ndarray:  # fmt: skip
    """Rows (draws, n, D) completed by ``draw``, with the model's parameters or with those of a refit each."""
    if parameters == "fixed":
        return draw(model, rows, draws, generator, precision)
    models = drawn_models(model, rows, draws, generator)
    return np.concatenate([draw(one, rows, 1, generator, precision) for one in models])


def check_drawn(draws: int | None, parameters: str) -> None:
    """Refuse parameters that are drawn for means, and what is no choice."""
    check_choice("parameters", parameters, PARAMETERS)
    if draws is None and parameters == "drawn":
        raise ValueError(
            "parameters='drawn' was given without draws; say how many completed arrays to draw, such as draws=20."
        )
    if draws is not None:
        check_count("draws", draws)
