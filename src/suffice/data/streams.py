"""Files and folders of rows as streams of batches: Parquet, and delimited text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from suffice.data.delimited_stream import delimited_files, stream_delimited
from suffice.data.parquet import stream_parquet
from suffice.data.table import DataError

PARQUET = (".parquet", ".pq")


def stream_files(
    source: str | Sequence[str],
    *,
    columns: Sequence[str] | None = None,
    drop: Sequence[str] | None = None,
    header: bool | None = None,
    delimiter: str | None = None,
    text: bool = False,
) -> Any:
    """Rows of Parquet files, of delimited texts, or of folders of either, in batches."""
    paths = [Path(source)] if isinstance(source, str) else [Path(path) for path in source]
    texts = [delimited_files(path) if _may_hold_text(path) else [] for path in paths]
    if not any(texts):
        return stream_parquet(source, columns=columns, drop=drop, text=text)
    if not all(texts):
        other = paths[[bool(own) for own in texts].index(False)]
        raise DataError(f"{other.name} is no delimited text, unlike others; files read together are of one format.")
    files = [file for own in texts for file in own]
    return stream_delimited(files, header=header, delimiter=delimiter, columns=columns, drop=drop, text=text)


def mapped_rows(path: Path) -> np.ndarray:
    """The rows (n, D) of an npy file where they lie; images of several axes are rows of their values."""
    try:
        rows = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path.name} is a damaged or incomplete npy file ({str(error).splitlines()[0]}).") from None
    if rows.dtype.kind not in "fiub" or rows.ndim < 2 or not rows.size:
        raise DataError(f"{path.name} holds {rows.dtype} of shape {rows.shape}; rows (n, D) of numbers are expected.")
    return rows.reshape(len(rows), -1)


def _may_hold_text(path: Path) -> bool:
    """Whether a path is no Parquet file, and no folder of such."""
    if not path.exists():
        return False
    return next(path.rglob("*.parquet"), None) is None if path.is_dir() else path.suffix not in PARQUET
