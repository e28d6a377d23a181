"""Reading tables of numbers and text, and the sets of digits that examples and tests use."""

from typing import TYPE_CHECKING

from suffice.runtime.lazy import export_lazily

if TYPE_CHECKING:
    from suffice.data.digits import (
        Splits,
        balanced_splits,
        balanced_subset,
        bundled_digits,
        load_digits_text,
        load_mnist,
        write_digits_text,
    )
    from suffice.data.encode import ColumnEncoder
    from suffice.data.labels import LeftOutWarning, UnknownCategoryWarning
    from suffice.data.parquet import ParquetRows, stream_parquet
    from suffice.data.pictures import read_pictures
    from suffice.data.read import read_columns, read_table
    from suffice.data.table import DataError, MixedTable, Table

export_lazily(__name__)
