"""From which sums a factor model is fitted: decided here for all of them, from shapes alone."""

from __future__ import annotations

from typing import Literal

from suffice.validation import fits_second_moments

Side = Literal["moments", "rows", "latent"]
"""Second moments of the columns; products of rows; or rows and their latent variables, by expectation-maximisation alone."""

MANY_COLUMNS = 256
"""Up to so many, second moments with gaps are little work whatever the number of rows."""

FEWEST_PASSES = 4
"""In fewer passes over the rows no eigenvectors are looked for."""


def side_of(rows: int | None, features: int, *, gaps: bool) -> Side:
    """What suits so many rows, None of a stream, with or without missing cells.

    Of complete rows, fewer than columns, products of rows tell all that second moments do, and are fewer. With gaps neither tells
    the maximum: second moments of pairs of columns are a start where these are few or the rows are more, latent variables of the
    rows elsewhere. Where second moments do not fit into memory, rows pass by as often as expectation-maximisation takes.
    """
    wide = rows is not None and rows < features
    if wide and not gaps:
        return "rows"
    if wide and features > MANY_COLUMNS:
        return "latent"
    return "moments" if fits_second_moments(features) else "latent"


def by_factors(features: int) -> bool:
    """Whether components of few latent variables sum products with these rather than second moments of the columns."""
    return features > MANY_COLUMNS


def passes_worth(rows: int, size: int) -> int:
    """Passes over rows with so many vectors that are no more work than products of every two rows; 0 where few are."""
    passes = rows // (8 * size)
    return passes if passes >= FEWEST_PASSES else 0
