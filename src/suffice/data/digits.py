"""Handwritten digits: MNIST, its 785-column text format, balanced subsets, and the small set that scikit-learn ships."""

from __future__ import annotations

import gzip
import io
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from sklearn.datasets import load_digits

from suffice.data.arrays import read_npz, table_from_array
from suffice.data.delimited import PIXELS, read_delimited
from suffice.data.idx import read_idx
from suffice.data.table import DataError, Table
from suffice.files import write_atomically


class Splits(NamedTuple):
    """Tables to learn from, to choose with and to test on; ``valid`` is None where the data have no such part.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from suffice.data import load_digits_text, write_digits_text
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for part in ("train", "valid", "test"):
    ...         _ = write_digits_text(f"{folder}/digits{part}.txt", np.zeros((2, 784)), [0, 1])
    ...     splits = load_digits_text(folder)
    >>> splits._fields
    ('train', 'valid', 'test')
    >>> splits.test.values.shape
    (2, 784)
    """

    train: Table
    valid: Table | None
    test: Table


def bundled_digits() -> Table:
    """The 1,797 digits of 8 x 8 pixels that come with scikit-learn, scaled to [0, 1].

    Returns
    -------
    Table
        ``values`` ``(1797, 64)`` are whole numbers divided by 16; ``target`` holds 0 to 9.

    Examples
    --------
    >>> from suffice.data import bundled_digits
    >>> digits = bundled_digits()
    >>> digits.values.shape, digits.image_shape, float(digits.values.max())
    ((1797, 64), (8, 8), 1.0)
    """
    bunch: Any = load_digits()
    note = "Images of 8 x 8 pixels from 0 to 1, bundled with scikit-learn."
    return Table(bunch.data / 16, list(bunch.feature_names), "digits", [note], (8, 8), bunch.target)


def load_digits_text(folder: str | Path | None = None) -> Splits:
    """Read ``digitstrain.txt``, ``digitsvalid.txt`` and ``digitstest.txt``, gzipped or not.

    Each line holds 784 pixels in [0, 1] in raster order, then the label, separated by commas. Nothing is downloaded.

    Parameters
    ----------
    folder
        Where the files are, or a folder that holds them in ``digits``; None for the folder that the environment variable
        ``SUFFICE_DATA`` names.

    Raises
    ------
    DataError
        If a file is not there or is not in this format.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from suffice.data import load_digits_text, write_digits_text
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for part in ("train", "valid", "test"):
    ...         _ = write_digits_text(f"{folder}/digits{part}.txt", np.zeros((2, 784)), [0, 1])
    ...     load_digits_text(folder).train.target
    array([0, 1])
    """
    train, valid, test = (_digits_table(folder, f"digits{part}.txt") for part in ("train", "valid", "test"))
    return Splits(train, valid, test)


def load_mnist(folder: str | Path | None = None, binarized: bool = False) -> Splits:
    """Read MNIST from its four IDX files, or its binarised form from ``binarized_mnist.npz``. Nothing is downloaded.

    Parameters
    ----------
    folder
        Where the files are, or a folder that holds them in ``mnist``; None for the folder that the environment variable
        ``SUFFICE_DATA`` names.
    binarized
        Read the fixed binarisation (0 or 1, 50,000 + 10,000 + 10,000 rows, no labels).

    Returns
    -------
    Splits
        ``values`` ``(n, 784)``: float32 in [0, 1], or uint8 when binarised.

    Raises
    ------
    DataError
        If a file is not there or is damaged.

    Examples
    --------
    >>> from suffice.data import DataError, load_mnist
    >>> try:
    ...     load_mnist("no/such/folder")
    ... except DataError as error:
    ...     print(error)
    There is no file train-images-idx3-ubyte.gz in no/such/folder; MNIST is read from its files, which folder= or
    SUFFICE_DATA must hold.
    """
    if binarized:
        archive = _find(folder, "mnist", "binarized_mnist.npz")
        train, valid, test = (_binarized(archive, part) for part in ("train", "valid", "test"))
        return Splits(train, valid, test)
    return Splits(_mnist_part(folder, "train", "MNIST train"), None, _mnist_part(folder, "t10k", "MNIST test"))


def balanced_subset(
    values: np.ndarray, labels: Sequence[int] | np.ndarray, per_class: int, random_state: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Equally many rows of every class, drawn without replacement and sorted by class.

    Parameters
    ----------
    values
        Rows ``(n, D)``.
    labels
        Class of each row, ``(n,)``.
    per_class
        Number of rows of each class.
    random_state
        Seed of the draw.

    Returns
    -------
    tuple of numpy.ndarray
        The rows ``(classes * per_class, D)`` and their labels.

    Raises
    ------
    DataError
        If a class has too few rows.

    Examples
    --------
    >>> from suffice.data import balanced_subset, bundled_digits
    >>> digits = bundled_digits()
    >>> values, labels = balanced_subset(digits.values, digits.target, 30, random_state=0)
    >>> values.shape, labels[:3].tolist()
    ((300, 64), [0, 0, 0])
    """
    return balanced_splits(values, labels, [per_class], random_state)[0]


def balanced_splits(
    values: np.ndarray, labels: Sequence[int] | np.ndarray, per_class: Sequence[int], random_state: int | None = None
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Several balanced subsets that share no row, each sorted by class.

    Parameters
    ----------
    values
        Rows ``(n, D)``.
    labels
        Class of each row, ``(n,)``.
    per_class
        For each subset the number of rows of each class, such as ``[300, 100]``.
    random_state
        Seed of the draw.

    Raises
    ------
    DataError
        If a class has too few rows for all subsets together.

    Examples
    --------
    >>> from suffice.data import balanced_splits, bundled_digits
    >>> digits = bundled_digits()
    >>> train, valid = balanced_splits(digits.values, digits.target, [100, 50], random_state=0)
    >>> len(train[1]), len(valid[1])
    (1000, 500)
    """
    values, labels, counts = np.asarray(values), np.asarray(labels), [int(count) for count in per_class]
    if labels.shape != values.shape[:1]:
        raise DataError(f"labels has shape {labels.shape}; one label for each of the {len(values)} rows is needed.")
    if any(count < 1 for count in counts):
        raise DataError(f"per_class={per_class!r}: every subset needs at least 1 row of each class.")
    drawn = _drawn(labels, sum(counts), np.random.default_rng(random_state))
    ends = np.cumsum(counts)
    chosen = [drawn[:, end - count : end].ravel() for count, end in zip(counts, ends, strict=True)]
    return [(values[rows], labels[rows]) for rows in chosen]


def write_digits_text(path: str | Path, values: np.ndarray, labels: Sequence[int] | np.ndarray) -> Path:
    """Write lines of 784 pixels with four decimals and a label, sorted by class; gzipped if the name ends in ``.gz``.

    Parameters
    ----------
    path
        Where to write.
    values
        Pixels in [0, 1], ``(n, 784)``, in raster order; rounded to four decimals.
    labels
        Whole numbers from 0 to 9, ``(n,)``.

    Raises
    ------
    DataError
        If shapes or ranges are others.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from suffice.data import read_table, write_digits_text
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = write_digits_text(f"{folder}/digits.txt.gz", np.full((2, 784), 0.5), [7, 3])
    ...     read_table(path).target
    array([3, 7])
    """
    path, values, labels = Path(path), np.asarray(values), np.asarray(labels)
    if values.ndim != 2 or values.shape[1] != PIXELS or labels.shape != values.shape[:1]:
        raise DataError(
            f"The text format takes values (n, {PIXELS}) and labels (n,); got {values.shape} and {labels.shape}."
        )
    if not np.all((values >= 0) & (values <= 1)) or not np.all(np.isin(labels, np.arange(10))):
        raise DataError("The text format takes values from 0 to 1 and labels from 0 to 9; scale the values first.")
    order = np.argsort(labels, kind="stable")
    text = io.StringIO()
    lines = np.column_stack([values[order], labels[order]])
    np.savetxt(text, lines, fmt=",".join(["%.4f"] * PIXELS + ["%d"]))
    content = text.getvalue().encode()
    write_atomically(path, gzip.compress(content, mtime=0) if path.suffix == ".gz" else content)
    return path


def _drawn(labels: np.ndarray, count: int, generator: np.random.Generator) -> np.ndarray:
    """For each class ``count`` row numbers, ``(classes, count)``."""
    members = {label: np.flatnonzero(labels == label) for label in np.unique(labels)}
    for label, rows in members.items():
        if len(rows) < count:
            raise DataError(f"Class {label} has {len(rows)} rows and {count} are asked for; ask for fewer per class.")
    return np.array([generator.permutation(rows)[:count] for rows in members.values()])


def _find(folder: str | Path | None, within: str, name: str) -> Path:
    """A file in the folder or in the folder ``within`` it, gzipped or not."""
    place = folder or os.environ.get("SUFFICE_DATA")
    if place is None:
        raise DataError(
            f"Where is {name}? Give folder=, or set the environment variable SUFFICE_DATA to the folder with it."
        )
    stem = name.removesuffix(".gz")
    for candidate in (Path(place, *parts, file) for parts in ((), (within,)) for file in (stem, f"{stem}.gz")):
        if candidate.is_file():
            return candidate
    what = "MNIST is read" if within == "mnist" else "the digits are read"
    raise DataError(
        f"There is no file {name} in {place}; {what} from its files, which folder= or SUFFICE_DATA must hold."
    )


def _digits_table(folder: str | Path | None, name: str) -> Table:
    table = read_delimited(_find(folder, "digits", name))
    if table.image_shape is None:
        raise DataError(
            f"{table.name} is not in the format of {PIXELS} values from 0 to 1 and a label from 0 to 9 a line."
        )
    return table


def _mnist_part(folder: str | Path | None, prefix: str, name: str) -> Table:
    images = read_idx(_find(folder, "mnist", f"{prefix}-images-idx3-ubyte.gz"))
    labels = read_idx(_find(folder, "mnist", f"{prefix}-labels-idx1-ubyte.gz"))
    return table_from_array(images.astype(np.float32) / np.float32(255), name, target=labels)


def _binarized(archive: Path, part: str) -> Table:
    values, _, _ = read_npz(archive, part, None)
    return table_from_array(values.reshape(len(values), 28, 28), f"binarised MNIST {part}")
