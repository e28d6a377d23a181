"""Columns of a frame against those that were fitted."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from suffice.data.frame import Frame
from suffice.data.table import DataError, listing, position_names

if TYPE_CHECKING:
    from suffice.data.encode import ColumnEncoder


def aligned(frame: Frame, fitted: ColumnEncoder) -> Frame:
    """The columns in the order that was fitted, with the names that they had then."""
    if fitted.labels_ is None or frame.labels is None:
        check_width(fitted, len(frame.columns))
        _warn_of_names(frame, fitted)
        names = zip(frame.columns, fitted_names(fitted), strict=True)
        return frame._replace(columns=[column._replace(name=name) for column, name in names])
    return columns_named(frame, fitted.labels_)


def fitted_names(fitted: ColumnEncoder) -> list[str]:
    """What messages call the columns."""
    labels = fitted.labels_
    return position_names(fitted.n_features_in_) if labels is None else [str(label) for label in labels]


def check_width(fitted: ColumnEncoder, width: int) -> None:
    """Refuse another number of columns than was fitted."""
    if width != fitted.n_features_in_:
        raise DataError(
            f"X has {width} features, but ColumnEncoder is expecting {fitted.n_features_in_} features as input: the columns "
            f"that were fitted, {listing(fitted_names(fitted))}."
        )


def _warn_of_names(frame: Frame, fitted: ColumnEncoder) -> None:
    if hasattr(fitted, "feature_names_in_"):
        warnings.warn(
            "X does not have valid feature names, but ColumnEncoder was fitted with feature names: its columns are taken "
            "in the order that was fitted.",
            stacklevel=5,
        )
    elif frame.labels is not None and all(isinstance(label, str) for label in frame.labels):
        warnings.warn(
            "X has feature names, but ColumnEncoder was fitted without feature names: its columns are taken in their order.",
            stacklevel=5,
        )


def columns_named(frame: Frame, labels: list[Any]) -> Frame:
    """The columns of these labels, in this order; those of the frame have to be the same."""
    own = frame.labels or []
    missing = [label for label in labels if label not in own]
    unexpected = [label for label in own if label not in labels]
    if missing or unexpected:
        said = [f"lacks {listing(missing)}"] * bool(missing) + [f"has {listing(unexpected)} besides"] * bool(unexpected)
        raise DataError(
            f"X {' and '.join(said)}; the columns that were fitted are expected: {listing(labels)}. Rename, add or drop columns."
        )
    return frame if own == labels else frame._replace(columns=[frame.columns[own.index(label)] for label in labels])


def refuse_empty(frame: Frame) -> None:
    """Refuse columns all of whose cells are missing."""
    empty = [column.name for column in frame.columns if column.cells.null_count == len(column.cells)]
    if empty:
        raise DataError(
            f"Column{'s' * (len(empty) > 1)} {listing(empty)} of X hold{'s' * (len(empty) == 1)} no cell that is not missing; "
            "leave out what has no cells."
        )
