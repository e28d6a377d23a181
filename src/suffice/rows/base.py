"""What every place of rows offers."""

from __future__ import annotations

from typing import Any

from jaxtyping import Float

from suffice.rows.block import Block
from suffice.runtime.arrays import Array
from suffice.runtime.precision import cast


class Place:
    """Rows that can be summed, wherever they live, measured from ``origin`` (D,), or from zero where it is None.

    Functions see them in tiles of one fixed size, the last one filled up with rows of weight 0, so the number of rows hardly
    ever changes a compiled shape.
    """

    origin: Float[Array, " D"] | None = None
    block: Block | None = None
    """All rows as one block, around which whole loops are compiled; None where they pass through."""

    passes: float = 0
    """How many iterations are worked out by NumPy, those whose sums others give among them."""

    def prepared(self, fn: Any) -> Any:
        """The function with all worked out that rows share; as often as it is asked, that is done once."""
        from suffice.rows.programs import prepared

        return prepared(fn)

    def total(self, fn: Any) -> Any:
        """Sum of ``fn(rows, weight)`` over all rows."""
        raise NotImplementedError

    def each(self, fn: Any) -> Any:
        """``fn(rows, weight)`` of every tile, put end to end: one result for each row of positive weight, in order."""
        raise NotImplementedError

    def centred(self, model: Any) -> Any:
        """A model of the data as one of the rows that functions see, which are measured from the origin; in double precision."""
        return model if self.origin is None else cast(model, "float64").translated(-self.origin)

    def restored(self, model: Any) -> Any:
        """A model of the rows that functions see as one of the data; in double precision, as digits would be lost otherwise."""
        return model if self.origin is None else cast(model, "float64").translated(self.origin)
