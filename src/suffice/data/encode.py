"""Columns of numbers, truth values and categories as one matrix of float64, and back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from numbers import Integral
from typing import Any, ClassVar, Self

import numpy as np
from sklearn.base import BaseEstimator, OneToOneFeatureMixin, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils.validation import check_is_fitted

from suffice.data.alignment import aligned, check_width, fitted_names, refuse_empty
from suffice.data.coded import coded_columns
from suffice.data.conventions import Missing
from suffice.data.decode import data_frame, decoded, joined
from suffice.data.detection import detected_kinds
from suffice.data.digest import digest
from suffice.data.frame import Column, Frame, frame_from
from suffice.data.kinds import Kinds, given_kinds, sentences, warn_left_out
from suffice.data.labels import codes, distinct_labels, numbers
from suffice.latent.families.kinds import KINDS, LEFT_OUT
from suffice.runtime.types import ArrayLike, TableLike
from suffice.validation import check_choice


class ColumnEncoder(OneToOneFeatureMixin, TransformerMixin, BaseEstimator):
    """Columns of different kinds as one matrix of float64: numbers as they are, labels as codes, missing cells NaN.

    The kind of a column that is not given is detected from its cells, never from the type of number nor from gaps:

    ============================================================  =====================
    cells, missing ones apart                                     kind
    ============================================================  =====================
    truth values; 0 and 1; two other whole numbers in 10 rows or  ``bernoulli``
    more, such as 1 and 2
    a type that declares categories; text                         ``categorical``
    text or whole numbers of which none stands twice, in 20 rows  ``left-out``
    or more
    other whole numbers: what makes them most probable (BIC) of
    - up to 11 different ones, each in 5 rows on average          ``categorical``
    - counts, none negative                                       ``poisson``
    - counts that vary more, in 20 rows or more                   ``negative-binomial``
    - more different ones, far from 0 (or some negative)          ``gaussian``
    other numbers                                                 ``gaussian``
    ============================================================  =====================

    Of a column that is ``left-out`` a model says nothing: a warning names it, and its cells come back as missing ones. Parts of
    a table may look unlike the whole: where they are fitted one by one, as in scikit-learn's cross-validation, give ``kinds``;
    ``suffice.select`` and reports take the kinds of the whole table for its parts. The code of a label is its place in
    ``categories_``: in the order that the type declares (every pandas category, a polars Enum, an ordered Arrow dictionary),
    else sorted. None, NaN, NaT, ``pandas.NA`` and Arrow nulls are missing; text such as ``"NA"`` is a label here
    (``read_columns`` takes it as missing).

    Parameters
    ----------
    kinds
        None to detect all, one kind for all columns (one of those above, or of another family of ``suffice.latent``), a list of
        D of them, or a dictionary from names or positions of some columns to their kinds. Columns without names go by ``x0``,
        ``x1`` and so on too; ``suffice.save`` keeps names, not positions.
    max_categories
        Largest number of labels of a categorical column; what the estimators take, too.
    handle_unknown
        What ``transform`` makes of labels that did not occur in the fit, and with ``kinds=None`` of numbers that the kind of
        their column does not have: ``"error"``, or ``"missing"`` with a warning.
    missing_values
        Cells that stand for nothing, such as ``[-9, 99]``; or such lists by the names of columns.

    Attributes
    ----------
    kinds_
        Kind of each column, a list of D strings.
    categories_
        For each column the array of its labels, None for columns of numbers.
    notes_
        Sentences about what was detected.
    dtypes_
        The type that each column had.
    labels_
        The columns' own labels; None for arrays.
    is_pandas_
        Whether a pandas data frame was fitted.
    n_features_in_
        Number of columns D.
    feature_names_in_
        Names of the columns, where all have one that is text.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from suffice.data import ColumnEncoder
    >>> table = pa.table({"mass": [5.1, None, 3.7], "species": ["Gentoo", "Adelie", None], "eggs": [2, 0, 1]})
    >>> encoder = ColumnEncoder().fit(table)
    >>> encoder.kinds_
    ['gaussian', 'categorical', 'poisson']
    >>> encoder.transform(table)
    array([[5.1, 1. , 2. ],
           [nan, 0. , 0. ],
           [3.7, nan, 1. ]])
    >>> encoder.inverse_transform([[4.2, 1, 3]]).tolist()
    [[4.2, 'Gentoo', 3]]
    """

    earlier_params: ClassVar[dict[str, Any]] = {"missing_values": None}

    def __init__(
        self, kinds: Kinds = None, max_categories: int = 65_535, handle_unknown: str = "error",
        missing_values: Missing | None = None,
    ) -> None:  # fmt: skip
        self.kinds, self.max_categories = kinds, max_categories
        self.handle_unknown, self.missing_values = handle_unknown, missing_values

    def fit(self, X: TableLike | Frame, y: ArrayLike | None = None) -> Self:
        """Find the kind of each column and its labels.

        Parameters
        ----------
        X
            ``(n, D)``: an array, a pandas or polars data frame, an Arrow table or a ``MixedTable``.
        y
            Not used.

        Raises
        ------
        ValueError
            If a column holds nothing but missing cells, dates or a mixture of text and numbers, or too many labels, or does not
            fit the kind given for it; if a cell is infinite; if a parameter is not as described.
        """
        self._check_parameters()
        frame = frame_from(X, self)
        return self._fit_frame(frame, [column.cells.null_count for column in frame.columns])

    def fit_batches(self, batches: Iterable[Any]) -> Self:
        """Find the kind of each column and its labels in one pass over batches of rows, in bounded memory.

        The result is that of ``fit`` with the batches put together, but for the order of labels where batches declare different
        ones: it is sorted then.

        Parameters
        ----------
        batches
            Tables as ``fit`` takes them, or pairs of table and weights, which are not looked at.

        Raises
        ------
        ValueError
            As in ``fit``; if a batch has other columns, or text where another has numbers.

        Examples
        --------
        >>> from suffice.data import ColumnEncoder
        >>> encoder = ColumnEncoder().fit_batches([[["red", 1.5]], [["blue", None]]])
        >>> encoder.kinds_, encoder.categories_[0].tolist()
        (['categorical', 'gaussian'], ['blue', 'red'])
        """
        self._check_parameters()
        return self._fit_frame(*digest(batches, int(self.max_categories), self))

    def _check_parameters(self) -> None:
        if not isinstance(self.max_categories, Integral) or self.max_categories < 1:
            given = f"max_categories={self.max_categories!r} was given"
            raise ValueError(f"{given}; a whole number of at least 1 is expected.")
        check_choice("handle_unknown", self.handle_unknown, ("error", "missing"))

    def _fit_frame(self, frame: Frame, missing: Sequence[int]) -> Self:
        refuse_empty(frame)
        given = given_kinds(self.kinds, frame)
        unknown = [column for kind, column in zip(given, frame.columns, strict=True) if kind is None]
        found = iter(detected_kinds(unknown))
        kinds, detected = [kind or next(found) for kind in given], [kind is None for kind in given]
        warn_left_out(frame, kinds, detected)
        categories: list[Any] = [self._labels(column, kind) for column, kind in zip(frame.columns, kinds, strict=True)]
        self.kinds_, self.categories_ = kinds, categories
        self.notes_ = sentences(frame, kinds, detected, missing)
        self.dtypes_ = [column.dtype for column in frame.columns]
        self.labels_, self.is_pandas_ = frame.labels, frame.is_pandas
        self.n_features_in_ = len(kinds)
        self.__dict__.pop("feature_names_in_", None)
        if frame.labels is not None and all(isinstance(label, str) for label in frame.labels):
            self.feature_names_in_ = np.array(frame.labels, dtype=object)
        return self

    def transform(self, X: TableLike) -> np.ndarray:
        """Encode rows.

        Parameters
        ----------
        X
            As in ``fit``; columns with names may come in another order.

        Returns
        -------
        numpy.ndarray
            float64, ``(n, D)``.

        Raises
        ------
        ValueError
            If X has other columns, a label that was not fitted, a count that is negative or fractional, or an infinite cell.
        """
        check_is_fitted(self)
        return coded_columns(aligned(frame_from(X, self), self).columns, self._coded)

    def codes_of(self, cells: np.ndarray, columns: Sequence[int]) -> np.ndarray:
        """Codes and numbers of cells of some columns, whatever ``handle_unknown`` says of unknown labels.

        Parameters
        ----------
        cells
            ``(n, A)``, without names.
        columns
            Positions of their columns, A of them.

        Raises
        ------
        ValueError
            If a cell holds no label, or no number, of its column; missing cells are NaN.
        """
        check_is_fitted(self)
        names, frame = fitted_names(self), frame_from(cells, self)
        named = [column._replace(name=names[j]) for j, column in zip(columns, frame.columns, strict=True)]
        return np.stack([self._coded(column, j, "error") for j, column in zip(columns, named, strict=True)], axis=1)

    def inverse_transform(self, values: ArrayLike) -> Any:
        """Decode rows.

        Parameters
        ----------
        values
            ``(n, D)``, as ``transform`` gives them.

        Returns
        -------
        pandas.DataFrame or numpy.ndarray
            Where a pandas data frame was fitted, one with its labels and, where the cells allow it, its types; else an array of
            numbers, or of objects where a column holds text. Missing cells are None, NaN or ``pandas.NA``.

        Raises
        ------
        ValueError
            If the number of columns is another, a code has no label, or a count is negative or fractional.
        """
        check_is_fitted(self)
        array: Any = check_array(values, dtype=np.float64, ensure_all_finite="allow-nan", input_name="values")  # type: ignore
        check_width(self, array.shape[1])
        fitted = zip(array.T, self.kinds_, self.categories_, self.dtypes_, fitted_names(self), strict=True)
        columns = [decoded(*column) for column in fitted]
        if self.is_pandas_:
            return data_frame(columns, self.labels_ or [], self.dtypes_, self.categories_)
        return joined(columns)

    def among(self, columns: Sequence[int]) -> ColumnEncoder:
        """A fitted encoder of some columns.

        Parameters
        ----------
        columns
            Their positions, in the order wanted.

        Returns
        -------
        ColumnEncoder
            Its kinds are given rather than detected.
        """
        check_is_fitted(self)
        kinds = [self.kinds_[column] for column in columns]
        part = ColumnEncoder(kinds, self.max_categories, self.handle_unknown, self.missing_values)
        part.kinds_, part.notes_ = kinds, []
        part.categories_ = [self.categories_[column] for column in columns]
        part.dtypes_ = [self.dtypes_[column] for column in columns]
        part.labels_ = None if self.labels_ is None else [self.labels_[column] for column in columns]
        part.is_pandas_, part.n_features_in_ = self.is_pandas_, len(kinds)
        if hasattr(self, "feature_names_in_"):
            part.feature_names_in_ = self.feature_names_in_[list(columns)]
        return part

    def _coded(self, column: Column, j: int, handle_unknown: str | None = None) -> np.ndarray:
        """Cells of the column that was fitted in place ``j`` as codes or numbers."""
        labels, kind = self.categories_[j], self.kinds_[j]
        handle_unknown = handle_unknown or self.handle_unknown
        if kind == LEFT_OUT:
            return np.zeros(len(column.cells))
        if labels is not None:
            return codes(column, labels, handle_unknown)
        return numbers(column, kind, handle_unknown if self.kinds is None else "error")

    def _labels(self, column: Column, kind: str) -> np.ndarray | None:
        if kind == LEFT_OUT:
            return None
        if KINDS[kind].labels:
            return distinct_labels(column, kind, self.max_categories)
        numbers(column, kind)
        return None

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.categorical = tags.input_tags.string = True
        tags.transformer_tags.preserves_dtype = []
        return tags
