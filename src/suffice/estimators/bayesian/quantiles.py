"""Columns of numbers on the workers of a cluster, cut at the quantiles that they have in memory.

Quantiles are found bits by bits, the highest ones first: in each pass workers weigh the numbers that begin like one, by their
next bits.
"""

from __future__ import annotations

import operator
from functools import partial
from typing import Any, NamedTuple, Self

import numpy as np

from suffice.estimators.bayesian.binning import (
    Bins,
    are_whole,
    bins_between,
    few_states,
    most_as_they_are,
    shares_of_bins,
)
from suffice.rows.cluster.partitions import reduced

BITS = (10, 9, 9, 9, 9, 9, 9)
"""Bits of a number, 64 in all, that are looked at in each pass."""
SIGN = np.uint64(1 << 63)


def bins_of_partitions(data: Any, columns: list[int], n_bins: int) -> dict[int, Bins]:
    """States of columns of numbers, of partitions of ``Labelled`` cells and their weights."""
    if not columns:
        return {}
    looks = reduced(data, partial(_look, columns, most_as_they_are(n_bins) + 1), _all_joined)
    pairs = zip(columns, looks, strict=True)
    few = {column: few_states(look.different, look.whole, n_bins) for column, look in pairs}
    many = [column for column, bins in few.items() if bins is None]
    if many:
        few |= _at_quantiles(
            data, many, [look for look, bins in zip(looks, few.values(), strict=True) if bins is None], n_bins
        )
    return {column: bins for column, bins in few.items() if bins is not None}


class Look(NamedTuple):
    """Of a column up to ``most`` different numbers, the smallest ones, the largest of all, and what its rows weigh."""

    most: int
    different: np.ndarray
    largest: float
    whole: bool
    weight: float

    def joined(self, other: Self) -> Look:
        """Of the rows of both."""
        different = np.union1d(self.different, other.different)[: self.most]
        whole, largest = self.whole and other.whole, max(self.largest, other.largest)
        return Look(self.most, different, largest, whole, self.weight + other.weight)


class Cut(NamedTuple):
    """Of each bin of a column what its rows weigh, their weighted sum, and the smallest number beyond the bin."""

    weight: np.ndarray
    total: np.ndarray
    following: np.ndarray

    def joined(self, other: Self) -> Cut:
        """Of the rows of both."""
        following = np.minimum(self.following, other.following)
        return Cut(self.weight + other.weight, self.total + other.total, following)


def _at_quantiles(data: Any, columns: list[int], looks: list[Look], n_bins: int) -> dict[int, Bins]:
    ends = _quantiles(data, columns, np.array([look.weight for look in looks]), shares_of_bins(n_bins))
    lasts = [np.unique(own[own < look.largest]) for own, look in zip(ends, looks, strict=True)]
    cuts = reduced(data, partial(_cut, columns, lasts), _all_joined)
    return {
        column: bins_between(last, cut.following[:-1], cut.total / cut.weight)
        for column, last, cut in zip(columns, lasts, cuts, strict=True)
    }


def _quantiles(data: Any, columns: list[int], weight: np.ndarray, shares: np.ndarray) -> np.ndarray:
    """The smallest numbers up to which lie these shares of the weight (C,) of columns, (C, shares)."""
    heads = np.zeros((len(columns), len(shares)), np.uint64)
    below = np.zeros(heads.shape)
    for place, bits in enumerate(BITS):
        weights = reduced(data, partial(_weights_of_bits, columns, heads, bits, sum(BITS[place + 1 :])), operator.add)
        up_to = below[..., None] + np.cumsum(weights, axis=-1)
        reached = (up_to / weight[:, None, None] >= shares[:, None]) | (up_to == up_to[..., -1:])
        digit = reached.argmax(-1)[..., None]
        below = np.take_along_axis(up_to - weights, digit, -1)[..., 0]
        heads = (heads << np.uint64(bits)) | digit[..., 0].astype(np.uint64)
    return _numbers_of(heads)


def _weights_of_bits(
    columns: list[int], heads: np.ndarray, bits: int, after: int, kept: Any, number: int
) -> np.ndarray:
    """What numbers weigh that begin with each of the heads (C, shares), by the next bits: (C, shares, 2^bits)."""
    found = np.zeros((*heads.shape, 1 << bits))
    for place, column in enumerate(columns):
        values, weight = _known(kept, column)
        begun = _in_order(values) >> np.uint64(after)
        for head in np.unique(heads[place]):
            own = begun >> np.uint64(bits) == head
            digits = (begun[own] - (head << np.uint64(bits))).astype(np.intp)
            found[place, heads[place] == head] = np.bincount(digits, weight[own], 1 << bits)
    return found


def _look(columns: list[int], most: int, kept: Any, number: int) -> list[Look]:
    return [_look_at(*_known(kept, column), most) for column in columns]


def _look_at(values: np.ndarray, weight: np.ndarray, most: int) -> Look:
    largest = float(np.max(values, initial=-np.inf))
    return Look(most, np.unique(values)[:most], largest, are_whole(values), float(weight.sum()))


def _cut(columns: list[int], lasts: list[np.ndarray], kept: Any, number: int) -> list[Cut]:
    return [_cut_at(*_known(kept, column), last) for column, last in zip(columns, lasts, strict=True)]


def _cut_at(values: np.ndarray, weight: np.ndarray, last: np.ndarray) -> Cut:
    count = len(last) + 1
    bins = np.searchsorted(last, values)
    smallest = np.full(count + 1, np.inf)
    np.minimum.at(smallest, bins, values)
    following = np.minimum.accumulate(smallest[:0:-1])[::-1]
    return Cut(np.bincount(bins, weight, count), np.bincount(bins, weight * values, count), following)


def _all_joined(left: list[Any], right: list[Any]) -> list[Any]:
    return [one.joined(other) for one, other in zip(left, right, strict=True)]


def _known(kept: Any, column: int) -> tuple[np.ndarray, np.ndarray]:
    """The numbers of a column, without missing cells, and the weights of their rows."""
    values = kept.rows.rows[:, column]
    there = ~np.isnan(values)
    return values[there] + 0.0, kept.weight[there]


def _in_order(values: np.ndarray) -> np.ndarray:
    """Whole numbers of 64 bits that have the order of these numbers."""
    bits = np.ascontiguousarray(values, np.float64).view(np.uint64)
    return np.where(bits >= SIGN, ~bits, bits | SIGN)


def _numbers_of(ordered: np.ndarray) -> np.ndarray:
    return np.where(ordered >= SIGN, ordered ^ SIGN, ~ordered).view(np.float64)
