"""Components that are known for some rows: checks, and where a fit with them starts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from suffice.latent.begin import maximized_at
from suffice.latent.given import Given
from suffice.latent.mixture import Mixture
from suffice.rows.survey import Survey, survey
from suffice.runtime.module import replaced
from suffice.runtime.precision import cast

SOFTENED = 0.01
"""Share of a labelled row that all components have at the start, so that none holds a value to be impossible."""


def codes_of(labels: Any, components: int, weight: np.ndarray) -> np.ndarray | None:
    """Component numbers as the E-step takes them, (n,): 0 where it is not known or a row has no weight, else one more.

    None where no component is known.
    """
    given = np.asarray(labels)
    if given.shape != weight.shape:
        raise ValueError(f"component_labels has shape {given.shape}; one for each row, {weight.shape}, is expected.")
    if given.dtype.kind not in "iuf":
        raise ValueError(
            f"component_labels holds {given.dtype.name}; component numbers from 0 to {components - 1} are expected, "
            "and -1 where it is not known."
        )
    wrong = ~((given >= -1) & (given < components) & (given % 1 == 0))
    if wrong.any():
        row = int(wrong.argmax())
        raise ValueError(
            f"component_labels holds {given[row]} at row {row}; whole numbers from 0 to {components - 1} are expected, "
            "and -1 where the component is not known."
        )
    codes = np.where(weight > 0, given + 1, 0).astype(np.int32)
    return codes if codes.any() else None


def known_codes(labels: Any, components: int, data: Any, weight: np.ndarray | None) -> np.ndarray | None:
    """``codes_of`` for rows in memory; None where no component is known."""
    if labels is None:
        return None
    if not isinstance(data, np.ndarray):
        raise ValueError("component_labels needs rows in memory; give an array or a DataFrame, neither batches, a sparse "
                         "matrix nor rows spread over devices.")  # fmt: skip
    return codes_of(labels, components, np.ones(len(data)) if weight is None else weight)


def labelled_start(
    begin: Callable[[Survey], Mixture],
    data: np.ndarray,
    weight: np.ndarray | None,
    codes: np.ndarray,
    overview: Survey,
    *,
    size: int,
    complete: Callable[[Survey], np.ndarray],
    given: Given,
    origin: np.ndarray | None,
    generator: np.random.Generator,
) -> Mixture:
    """Where a fit starts when components are known for some rows (n, D): these decide which component is which.

    ``begin`` finds a start from a sample without labels, of ``size`` rows, which ``complete`` fills in; 0 needs none.
    """
    weight = np.ones(len(data)) if weight is None else weight
    if size == 0:
        return _without_contradiction(begin(overview), codes)
    rows, row_weight, row_codes = _sample(data, weight, codes, overview, size, complete, generator)
    start = cast(begin(replace(overview, sample=rows, sample_weight=row_weight)), "float64")
    centred, start = (rows, start) if origin is None else (rows - origin, start.translated(-origin))
    share = np.array(start.responsibilities(centred))
    names = given.names()
    if not names:
        clusters = start.clusters
        share[..., :clusters] = np.stack([_matched(one[:, :clusters], row_codes) for one in share])
    known = row_codes > 0
    share[:, known] = SOFTENED / share.shape[-1] + (1 - SOFTENED) * np.eye(share.shape[-1])[row_codes[known] - 1]
    found = maximized_at(start, centred, row_weight, share)
    found = _with_given(found, start, given, names, origin)
    return _without_contradiction(found if origin is None else found.translated(origin), codes)


def _sample(
    data: np.ndarray,
    weight: np.ndarray,
    codes: np.ndarray,
    overview: Survey,
    size: int,
    complete: Callable[[Survey], np.ndarray],
    generator: np.random.Generator,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of every label and rows without, their weights and their codes."""
    parts = []
    for code in np.unique(codes[weight > 0]):
        chosen = (codes == code) & (weight > 0)
        most = size if code == 0 else -(-size // codes.max())
        part = survey(data[chosen], weight[chosen], int(most), generator)
        mean = np.where(part.observed > 0, part.mean, overview.mean)
        rows = complete(replace(part, mean=mean))
        parts.append((rows, part.sample_weight, np.full(len(rows), code)))
    rows, weights, numbers = (np.concatenate(column) for column in zip(*parts, strict=True))
    return rows, weights, numbers


def _matched(share: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """Responsibilities (n, K) with components in the order in which they hold most of the rows so labelled."""
    labels = np.unique(codes[codes > 0]) - 1
    held = np.stack([share[codes == label + 1].mean(0) for label in labels])
    _, found = linear_sum_assignment(held, maximize=True)
    order = np.full(share.shape[1], -1)
    order[labels] = found
    order[order < 0] = np.setdiff1d(np.arange(share.shape[1]), found)
    return share[:, order]


def _with_given(found: Mixture, start: Mixture, given: Given, names: list[str], origin: np.ndarray | None) -> Mixture:
    """The model found, with what was given as it was at the start."""
    if given.has("weights"):
        found = replaced(found, log_weights=start.log_weights)
    components = given.put_back(found.components, names, start.components, origin)
    return replaced(found, components=components)


def _without_contradiction(start: Mixture, codes: np.ndarray) -> Mixture:
    refuse_contradiction(start.weights, codes)
    return start


def refuse_contradiction(weights: Any, codes: np.ndarray) -> None:
    """Refuse labels of components whose weight is 0, which stays so."""
    labels = np.unique(codes[codes > 0]) - 1
    never = labels[(np.asarray(weights).reshape(-1, np.shape(weights)[-1])[:, labels] == 0).any(0)]
    if len(never):
        raise ValueError(
            f"component_labels holds component {never[0]}, whose weight is 0 at the start and stays so: give it a weight above "
            "0 in weights_init, or another label."
        )
