"""NumPy arrays, in memory and in npy and npz files, to tables."""

from __future__ import annotations

import gzip
import io
import tokenize
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from suffice.data import layout
from suffice.data.conventions import PLAIN, Conventions
from suffice.data.layout import GZIP_ERRORS, blocks, open_bytes
from suffice.data.table import DataError, Table, listing, position_names, select_columns
from suffice.runtime.types import ArrayLike
from suffice.validation import unmasked

# what NumPy and zipfile raise on damaged headers, shapes and members
_DAMAGE = (
    *GZIP_ERRORS,
    ValueError,
    OSError,
    KeyError,
    RuntimeError,
    NotImplementedError,
    MemoryError,
    OverflowError,
    SyntaxError,
    zipfile.BadZipFile,
    tokenize.TokenError,
)


def table_from_array(
    array: ArrayLike,
    name: str,
    *,
    columns: Sequence[str] | None = None,
    drop: Sequence[str] | None = None,
    target: str | np.ndarray | None = None,
    written: Conventions = PLAIN,
) -> Table:
    """A ``Table`` from an array of numbers, whose columns are called ``x0``, ``x1`` and so on; masked cells are missing."""
    array = _as_numbers(unmasked(array), name)
    image_shape = array.shape[1:] if array.ndim > 2 else None
    notes = [f"Images of {' x '.join(map(str, image_shape))} values, one a row."] if image_shape else []
    values = array.reshape(len(array), -1)
    names = position_names(values.shape[1])
    labels = target if isinstance(target, np.ndarray) else None
    named = target if isinstance(target, str) else None
    if labels is not None and labels.shape != (len(values),):
        raise DataError(
            f"{name}: the target has shape {labels.shape}; one label for each of the {len(values)} rows is needed."
        )
    chosen = select_columns(names, columns=columns, drop=drop, target=named, where=name)
    if named is not None:
        labels = values[:, names.index(named)]
    if chosen != names:
        place = {column: j for j, column in enumerate(names)}
        values, image_shape = values[:, [place[column] for column in chosen]], None
    values = _without_marks(values, chosen, written)
    return Table(values, chosen, name, notes, image_shape, labels)


def _without_marks(values: np.ndarray, columns: Sequence[str], written: Conventions) -> np.ndarray:
    """Numbers with NaN where they stand for nothing."""
    for j, column in enumerate(columns):
        marks = [float(mark) for mark in written.marks(column) if _is_float(mark)]
        gaps = np.isin(values[:, j], marks) if marks else np.zeros(0, bool)
        if gaps.any():
            values = values.astype(float) if values.dtype.kind != "f" else values.copy()
            values[gaps, j] = np.nan
    return values


def _is_float(mark: str) -> bool:
    try:
        float(mark)
    except ValueError:
        return False
    return True


def read_npy(path: Path) -> np.ndarray:
    """The array in an npy file."""
    try:
        with open_bytes(path) as stream:
            packed = isinstance(stream, gzip.GzipFile)
            return np.load(io.BytesIO(b"".join(blocks(path))) if packed else stream, allow_pickle=False)
    except DataError:
        raise
    except _DAMAGE as error:
        raise _unreadable(path.name, error) from None


def read_npz(path: Path, array: str | None, target: str | None) -> tuple[np.ndarray, str, str | np.ndarray | None]:
    """One array of an npz archive, what to call it, and the labels if another array holds them."""
    try:
        with open_bytes(path) as stream, np.load(stream, allow_pickle=False) as archive:
            chosen = _chosen(path.name, archive.files, array, target)
            _refuse_bombs(archive, [chosen, target], path.name)
            labels = np.asarray(archive[target]) if target in archive.files else target
            return np.asarray(archive[chosen]), f"{path.name}, array {chosen}", labels
    except DataError:
        raise
    except _DAMAGE as error:
        raise _unreadable(path.name, error) from None


def _refuse_bombs(archive: np.lib.npyio.NpzFile, arrays: Sequence[str | None], name: str) -> None:
    """Refuse arrays that unpack to more than memory should hold."""
    parts = [] if archive.zip is None else archive.zip.infolist()
    size = {Path(part.filename).stem: part.file_size for part in parts}
    if sum(size.get(array, 0) for array in arrays if array) > layout.MOST_UNPACKED:
        raise DataError(
            f"{name} unpacks to more than {layout.MOST_UNPACKED / 1e9:g} GB, which is not read at once; write it as Parquet, "
            "which is read in batches."
        )


def _chosen(name: str, held: list[str], array: str | None, target: str | None) -> str:
    if not held:
        raise DataError(f"{name} holds no arrays.")
    others = [other for other in held if other != target]
    if array is None and len(others) == 1:
        return others[0]
    if array in held:
        return str(array)
    what = f"{name} holds {len(held)} arrays" if array is None else f"{name} holds no array {array!r}, only"
    raise DataError(
        f"{what} {listing(held)}: choose one with array={others[0]!r} (--array {others[0]})." if others else what
    )


def _unreadable(name: str, error: Exception) -> DataError:
    if "pickle" in str(error) and "Object arrays" in str(error):
        return DataError(f"{name} holds Python objects, which are never unpickled; save it as an array of numbers.")
    return DataError(f"{name} is damaged, incomplete or no NumPy file; write it again with numpy.save or numpy.savez.")


def _as_numbers(array: ArrayLike, name: str) -> np.ndarray:
    try:
        array = np.asarray(array)
    except ValueError:
        raise DataError(
            f"{name}: its rows have different lengths; every row needs the same number of values."
        ) from None
    if array.dtype == object:
        array = _objects_as_numbers(array, name)
    if array.dtype.kind not in "biuf":
        raise DataError(f"{name} holds cells of type {array.dtype}; numbers are needed.")
    if array.ndim == 0 or array.size == 0:
        raise DataError(f"{name} has shape {array.shape}; at least one row and one column of numbers are needed.")
    if array.dtype == np.longdouble:
        array = array.astype(np.float64)
    array = array.astype(array.dtype.newbyteorder("="), copy=False)
    return array[:, np.newaxis] if array.ndim == 1 else array


def _objects_as_numbers(array: np.ndarray, name: str) -> np.ndarray:
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError) as error:
        raise DataError(
            f"{name} holds Python objects that are not numbers ({error}); leave those columns out."
        ) from None
