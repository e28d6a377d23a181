"""Rows written as JSON: an object a line, or a list of objects."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pyarrow as pa
from pyarrow import json as arrow_json

from suffice.data.layout import blocks
from suffice.data.table import DataError, listing
from suffice.data.text_cells import is_numeric, is_text


def read_json(path: Path) -> pa.Table:
    """Columns of objects, in the order in which their names first stand."""
    content = b"".join(blocks(path)).removeprefix(b"\xef\xbb\xbf").strip()
    table = _of_list(content, path.name) if content.startswith(b"[") else _of_lines(content, path.name)
    nested = [field.name for field in table.schema if not _is_flat(field.type)]
    if nested:
        raise DataError(
            f"{path.name}: {listing(nested)} hold{'s' * (len(nested) == 1)} lists or objects; a number or text in each is "
            "expected: write their parts as columns of their own."
        )
    return table


def _of_lines(content: bytes, name: str) -> pa.Table:
    options = arrow_json.ReadOptions(block_size=max(1 << 22, min(len(content), 1 << 30)))
    try:
        return arrow_json.read_json(io.BytesIO(content), read_options=options)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(f"{name} is no JSON with an object of the same types on each line ({_short(error)}).") from None


def _of_list(content: bytes, name: str) -> pa.Table:
    try:
        rows = json.loads(content)
        if not all(isinstance(row, dict) for row in rows):
            raise DataError(f"{name} is a JSON list of other things than objects; a list of rows by name is expected.")
        names = dict.fromkeys(column for row in rows for column in row)
        return pa.table({column: [row.get(column) for row in rows] for column in names})
    except DataError:
        raise
    except (ValueError, RecursionError, pa.ArrowException) as error:
        raise DataError(f"{name} is no JSON list of rows with one type a column ({_short(error)}).") from None


def _is_flat(kind: pa.DataType) -> bool:
    return is_numeric(kind) or is_text(kind) or pa.types.is_temporal(kind)


def _short(error: Exception) -> str:
    return str(error).split("\n")[0].rstrip(".")
