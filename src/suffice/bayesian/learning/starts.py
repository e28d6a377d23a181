"""Where expectation-maximisation begins: at the rows that observe a family; hidden nodes off the uniform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from suffice.bayesian.learning.counts import Counts
from suffice.bayesian.learning.model import RowsBefore, Skeleton, TableModel
from suffice.bayesian.learning.tables import rows_before, table_of

LEAST = 1.0
"""Rows that are spread over each table at the start, so that nothing begins as impossible."""
HIDDEN_SPREAD, OTHER_SPREAD = 0.5, 0.5
"""Standard deviation of the logarithm by which probabilities are moved: of families of hidden nodes, of others in restarts."""


def start_model(
    skeleton: Skeleton, counts: Counts, cells: np.ndarray, hidden: Sequence[int], n_init: int,
    generator: np.random.Generator, given: Mapping[int, np.ndarray],
) -> TableModel:  # fmt: skip
    """``n_init`` starts side by side; the first moves only what hidden nodes are part of. Tables that are ``given`` stay."""
    tables = []
    for family, shape in zip(skeleton.families, skeleton.shapes, strict=True):
        if family[-1] in given:
            tables.append(np.repeat(given[family[-1]][None], n_init, 0))
            continue
        mean = _mean_table(counts, family, shape, set(hidden))
        own = np.repeat(mean[None], n_init, 0)
        moved = slice(0, None) if set(family) & set(hidden) else slice(1, None)
        spread = HIDDEN_SPREAD if set(family) & set(hidden) else OTHER_SPREAD
        tables.append(_moved(own, moved, spread, generator))
    return TableModel(tuple(tables), RowsBefore(cells), skeleton, tuple(given))


def _mean_table(counts: Counts, family: Sequence[int], shape: tuple[int, ...], hidden: set[int]) -> np.ndarray:
    """Shares of the rows that observe the family, or that part of it which is not hidden, the same for all hidden states."""
    if family[-1] in hidden:
        return np.full(shape, 1.0 / shape[-1])
    observed = [node for node in family if node not in hidden]
    found = counts.of(observed)
    table = table_of(found + rows_before("bdeu", LEAST, found.shape), 0.0)
    wide = table.reshape([1 if node in hidden else size for node, size in zip(family, shape, strict=True)])
    return np.broadcast_to(wide, shape)


def _moved(tables: np.ndarray, which: slice, spread: float, generator: np.random.Generator) -> np.ndarray:
    noise = np.exp(spread * generator.standard_normal(tables[which].shape))
    tables[which] *= noise
    return tables / tables.sum(-1, keepdims=True)
