"""What a fit cannot use is refused by the names of its columns: infinite cells, missing weights, columns without a value."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np

    from suffice.cli.source import Source


def finite(source: Source) -> Source:
    """The source as it is, if no cell of its rows is infinite and no weight is missing; a stream is checked as it is read."""
    import numpy as np

    from suffice.data import DataError

    if source.weight is not None and not np.isfinite(source.weight).all():
        row = int((~np.isfinite(source.weight)).argmax())
        raise DataError(
            f"{source.name}: the weight of row {row} (counted from 0) is {source.weight[row]:g}; every row needs a finite weight."
        )
    bad = np.isinf(source.rows) if isinstance(source.rows, np.ndarray) else np.zeros((0, 0), bool)
    if not bad.any():
        return source
    columns = _hit(source.columns, np.any(bad, axis=0))
    raise DataError(
        f"{source.name}: {int(bad.sum()):,} cells are infinite, the first in row {int(bad.any(axis=1).argmax())} (counted from "
        f"0); columns {', '.join(columns[:10])}{' ...' if len(columns) > 10 else ''}. Empty these cells (missing), "
        f"remove the rows, or leave the columns out with --drop {','.join(columns[:10])}."
    )


def refuse_empty_columns(source: Source) -> None:
    """Refuse columns without any value, by name; a fit checks those of a stream itself."""
    import numpy as np

    from suffice.data import DataError

    if not isinstance(source.rows, np.ndarray) or source.rows.dtype.kind != "f":
        return
    used = source.rows if source.weight is None else source.rows[source.weight > 0]
    columns = _hit(source.columns, np.all(np.isnan(used), axis=0)) if len(used) else []
    if columns:
        raise DataError(
            f"{source.name}: every cell of {', '.join(columns[:10])}{' ...' if len(columns) > 10 else ''} is missing (in "
            f"the rows with a weight), so nothing can be learned of it: leave it out with --drop {','.join(columns)}."
        )


def _hit(columns: list[str], mask: Sequence[bool] | np.ndarray) -> list[str]:
    return [name for name, hit in zip(columns, mask, strict=True) if hit]
