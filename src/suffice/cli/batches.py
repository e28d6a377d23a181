"""Streams of Arrow tables with a column of weights, or under other names of their columns."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    import pyarrow as pa

    from suffice.data.parquet import ParquetRows


class WeightedBatches:
    """Batches of a stream split into rows and the column of their weights."""

    def __init__(self, batches: ParquetRows, column: int, name: str) -> None:
        self.batches, self.column, self.name = batches, column, name
        self.columns = [name for j, name in enumerate(batches.columns) if j != column]

    def __iter__(self) -> Iterator[tuple[Any, Any]]:
        for batch in self.batches:
            yield self.split(batch)

    def split(self, batch: Any) -> tuple[Any, Any]:
        """A batch of all columns in rows and weights."""
        import numpy as np

        if isinstance(batch, np.ndarray):
            return np.delete(batch, self.column, axis=1), batch[:, self.column]
        return batch.remove_column(self.column), numbers_of(batch, batch.column_names[self.column], self.name)


class RenamedBatches:
    """Arrow tables of a stream, or pairs of table and weights, under other names of the columns."""

    def __init__(self, batches: ParquetRows, columns: list[str]) -> None:
        self.batches, self.columns = batches, columns

    def __iter__(self) -> Iterator[Any]:
        for batch in self.batches:
            yield self.renamed(batch)

    def renamed(self, batch: Any) -> Any:
        """A batch under these names."""
        if isinstance(batch, tuple):
            return batch[0].rename_columns(self.columns), batch[1]
        return batch.rename_columns(self.columns)


def numbers_of(rows: pa.Table, column: str, name: str) -> np.ndarray:
    """A column of an Arrow table as numbers."""
    import numpy as np

    from suffice.data import DataError
    from suffice.data.columns import matrix
    from suffice.data.text_cells import is_numeric

    chosen = rows.select([column])
    if not is_numeric(chosen.schema.field(0).type):
        raise DataError(f"{name}: --weights {column} names a column of text; weights are numbers.")
    return matrix(chosen, np.dtype(float))[:, 0]
