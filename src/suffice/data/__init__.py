"""Reading tables of numbers and text, and the sets of digits that examples and tests use."""

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
from suffice.data.labels import UnknownCategoryWarning
from suffice.data.parquet import ParquetRows, stream_parquet
from suffice.data.pictures import read_pictures
from suffice.data.read import read_columns, read_table
from suffice.data.table import DataError, MixedTable, Table

__all__ = [
    "ColumnEncoder",
    "DataError",
    "MixedTable",
    "ParquetRows",
    "Splits",
    "Table",
    "UnknownCategoryWarning",
    "balanced_splits",
    "balanced_subset",
    "bundled_digits",
    "load_digits_text",
    "load_mnist",
    "read_columns",
    "read_pictures",
    "read_table",
    "stream_parquet",
    "write_digits_text",
]
