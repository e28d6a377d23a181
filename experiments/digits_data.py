"""The 3,000 + 1,000 + 3,000 digits of the experiments: their own files, or a balanced subset of MNIST under another name."""

from __future__ import annotations

from typing import NamedTuple
from urllib.error import URLError

import numpy as np

from suffice.data import DataError, balanced_splits, load_digits_text


class Digits(NamedTuple):
    """Rows (n, 784) in [0, 1] to learn from and to validate on, and what they are."""

    train: np.ndarray
    valid: np.ndarray
    name: str


def digits() -> Digits:
    """The files that SUFFICE_DATA names, else a cached download of MNIST."""
    try:
        splits = load_digits_text()
    except DataError as error:
        return _rebuilt(error)
    assert splits.valid is not None
    return Digits(splits.train.values, splits.valid.values, "the course's digits files")


def _rebuilt(missing: DataError) -> Digits:
    from sklearn.datasets import fetch_openml

    try:
        bunch = fetch_openml("mnist_784", version=1, as_frame=False, parser="liac-arff")
    except (URLError, OSError) as error:
        raise SystemExit(f"{missing} It could not be downloaded either ({error}).") from None
    train, valid, _ = balanced_splits(bunch.data / 255, bunch.target.astype(int), [300, 100, 300], random_state=0)
    return Digits(train[0], valid[0], "a balanced subset of MNIST, not the course's own files")
