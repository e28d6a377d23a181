"""Names of the columns of a file, without reading its rows where that is possible."""

from __future__ import annotations

from os import PathLike
from pathlib import Path

from suffice.data.arff import read_arff
from suffice.data.json_rows import read_json
from suffice.data.layout import GZIP_ERRORS, detect_layout
from suffice.data.parquet import parquet_names, read_feather
from suffice.data.recognised import kind_of
from suffice.data.table import DataError
from suffice.data.workbook import sheet_as_text


def names_in(
    source: str | PathLike[str], *, header: bool | None = None, delimiter: str | None = None, array: str | None = None
) -> list[str] | None:
    """Names of the columns of a file as it has them; None where it has none."""
    path = Path(source)
    kind = kind_of(path)
    if kind == "text":
        return _of_text(path, header, delimiter)
    if kind == "Excel":
        with sheet_as_text(path, array) as text:
            return _of_text(text, header, ",")
    if kind == "Parquet":
        return parquet_names(path)
    if kind in ("JSON", "ARFF", "Arrow"):
        return {"JSON": read_json, "ARFF": read_arff, "Arrow": read_feather}[kind](path).column_names
    return None


def _of_text(path: Path, header: bool | None, delimiter: str | None) -> list[str] | None:
    try:
        layout = detect_layout(path, header, delimiter)
    except GZIP_ERRORS as error:
        raise DataError(f"{path.name} is a damaged or incomplete gzip file ({error}); write it again.") from None
    return layout.names if layout.header else None
