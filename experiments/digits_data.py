"""The 3,000 + 1,000 + 3,000 digits of the experiments: their own files, or a balanced subset of MNIST under another name."""

from __future__ import annotations

from typing import NamedTuple
from urllib.error import URLError

import numpy as np

from suffice.data import DataError, balanced_splits, load_digits_text


class Digits(NamedTuple):
    """Rows (n, 784) in [0, 1] to learn from and to validate on, what they are, and their labels."""

    train: np.ndarray
    valid: np.ndarray
    name: str
    train_labels: np.ndarray
    valid_labels: np.ndarray

    def thinned(self, step: int) -> Digits:
        """One row in so many."""
        rows = (part[::step] for part in (self.train, self.valid))
        labels = (part[::step] for part in (self.train_labels, self.valid_labels))
        return Digits(*rows, f"one row in {step} of {self.name}", *labels)


def digits() -> Digits:
    """The files that SUFFICE_DATA names, else a cached download of MNIST."""
    try:
        splits = load_digits_text()
    except DataError as error:
        return _rebuilt(error)
    assert splits.valid is not None
    train, valid = splits.train, splits.valid
    assert train.target is not None
    assert valid.target is not None
    return Digits(train.values, valid.values, "the course's digits files", train.target, valid.target)


def _rebuilt(missing: DataError) -> Digits:
    from sklearn.datasets import fetch_openml

    try:
        bunch = fetch_openml("mnist_784", version=1, as_frame=False, parser="liac-arff")
    except (URLError, OSError) as error:
        raise SystemExit(f"{missing} It could not be downloaded either ({error}).") from None
    train, valid, _ = balanced_splits(bunch.data / 255, bunch.target.astype(int), [300, 100, 300], random_state=0)
    name = "a balanced subset of MNIST, not the course's own files"
    return Digits(train[0], valid[0], name, train[1], valid[1])
