"""Classification by a Bayesian network, with scikit-learn's manners."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Self

import numpy as np
from sklearn.utils.validation import check_is_fitted

from suffice.bayesian.evidence import Query
from suffice.bayesian.learning.counts import Counts
from suffice.bayesian.learning.tables import rows_before
from suffice.bayesian.network import DiscreteNetwork
from suffice.bayesian.row_posteriors import row_posteriors
from suffice.bayesian.rows import MOST_STATES
from suffice.bayesian.sampling import draw_states
from suffice.data.alignment import fitted_names
from suffice.data.digest import digest
from suffice.data.encode import ColumnEncoder
from suffice.data.frame import frame_from
from suffice.estimators.bayesian.attributes import attributes_of
from suffice.estimators.bayesian.binning import Bins, kinds_of, note_of, states_of_labels
from suffice.estimators.bayesian.classified import InMemory, OnWorkers, state_codes
from suffice.estimators.bayesian.learned import Wanted, learned_tables, skeleton_of
from suffice.estimators.bayesian.parameters import Edge, checked_edges, refuse_unknown
from suffice.estimators.classifiers.answers import log_shares
from suffice.estimators.classifiers.base import Classifier, refuse_empty
from suffice.estimators.classifiers.on_workers import learned_on_workers
from suffice.estimators.shared.attributes import set_attributes
from suffice.estimators.shared.labelled_columns import LabelledColumns
from suffice.rows.frequencies import weighed
from suffice.rows.streams import is_collection, on_host, partitions_of
from suffice.runtime.blas import one_blas_thread
from suffice.runtime.types import ArrayLike, TableLike
from suffice.validation import check_at_least, check_choice, check_count, check_tolerance


@dataclass(eq=False, repr=False)
class BayesianNetworkClassifier(Classifier):
    r"""Classifier whose class and columns are the nodes of a Bayesian network.

    .. math:: p(y = k \mid x) \propto p(y = k) \prod_d p(x_d \mid x_{\mathrm{pa}(d)}, y = k)

    With a tree between the columns each depends on the class and on one other column, the tree of highest likelihood (Friedman,
    Geiger and Goldszmidt, 1997). Missing cells may be anywhere, in ``fit`` and in ``predict``: what is given is exact.

    Parameters
    ----------
    structure
        ``"tree-augmented"``, ``"naive"``, where columns depend on the class alone, or edges: pairs (parent, child) of names of
        columns, ``x0``, ``x1``, ... where they have none, and of the class.
    n_bins
        States into which columns of numbers are cut, at quantiles of the rows of the fit; up to 10 different whole numbers stay
        states of their own. ``notes_`` says so.
    class_name
        What edges and ``nodes_`` call the class.
    prior
        ``"bdeu"`` spreads ``prior_strength`` rows over the table of each column, ``"cell"`` adds them to every cell.
    prior_strength
        Rows seen beforehand; with 0 what a class has not shown is impossible there.
    handle_unknown
        What becomes of labels in X that did not occur in the fit: ``"missing"``, with a warning, or ``"error"``.
    priors
        Probabilities of the classes ``(K,)`` in the order of ``classes_``; None takes their shares of the row weights.
    weight_concentration_prior
        Concentration of the symmetric Dirichlet prior over the class probabilities, at least 1; None is 1, which adds nothing.
    unlabelled
        Value of ``y`` that marks rows of unknown class, such as -1; None means that every row has its class.
    tol, max_iter
        As in ``BayesianNetwork``, where cells are missing or rows unlabelled.
    random_state
        Seed, or NumPy random state, of ``sample``.

    Attributes
    ----------
    classes_ : numpy.ndarray
        ``(K,)``, sorted.
    class_prior_ : numpy.ndarray
        Probabilities of the classes, ``(K,)``.
    notes_ : list of str
        Sentences that say how columns of numbers were cut.
    nodes_, states_, parents_, tables_, edges_, model_ : list, dict, dict, dict, list, suffice.bayesian.DiscreteNetwork
        As in ``BayesianNetwork``; the class is the first node.
    bins_ : dict
        For each column that was cut the thresholds between its states, and the mean of the rows in each.
    encoder_ : suffice.data.ColumnEncoder
        Turns labels into codes, and back.
    lower_bounds_, lower_bound_, n_iter_, converged_, outcome_ : numpy.ndarray, float, int, bool, str
        As in ``BayesianNetwork``.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from suffice import BayesianNetworkClassifier
    >>> X, y = load_iris(return_X_y=True)
    >>> classifier = BayesianNetworkClassifier(n_bins=4).fit(X, y)
    >>> print(classifier.notes_[2])
    Column 'x2' is cut at quantiles into 4 states: below 1.65, 1.65 to 4.35, 4.35 to 5.15, from 5.15.
    >>> bool(classifier.score(X, y) > 0.9)
    True
    """

    structure: Any = "tree-augmented"
    _: KW_ONLY
    n_bins: int = 5
    class_name: str = "class"
    prior: str = "bdeu"
    prior_strength: float = 1.0
    handle_unknown: str = "missing"
    tol: float | None = None
    max_iter: int = 1000
    n_init: int = field(default=1, init=False)
    verbose: int = field(default=0, init=False)

    encoder_: ColumnEncoder = field(init=False)
    model_: DiscreteNetwork = field(init=False)
    nodes_: list[str] = field(init=False)
    bins_: dict[str, dict[str, Any]] = field(init=False)

    @property
    def _input(self) -> LabelledColumns:
        return LabelledColumns(self, new_encoder=getattr(self, "_new_encoder", ColumnEncoder()))

    def fit(self, X: TableLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Learn the tables, and the tree between columns where one is asked for.

        Parameters
        ----------
        X
            Rows ``(n, D)``: numbers, text, truth values, in memory or a Dask collection. NaN and None are missing cells.
        y
            Class of each row, ``(n,)``: numbers or text; of a Dask collection another one of the same partitions.
        sample_weight
            Row weights ``(n,)``, not negative, as numbers of rows: 2 is the row twice; None is 1 for every row. Those that sum
            to less than the number of rows that carry any are relative: they are scaled to sum to it, and ``outcome_`` says so.

        Returns
        -------
        self
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter or the data cannot be used; the message says what to do.

        Warns
        -----
        ConvergenceWarning
            If expectation-maximisation did not converge within ``max_iter`` iterations.
        """
        self._check_parameters()
        if is_collection(X):
            data, scaled = learned_on_workers(self, X, y, sample_weight)
            table: InMemory | OnWorkers = OnWorkers(data)
        else:
            X, sample_weight, scaled = weighed(X, sample_weight)
            self._settle_columns(X)
            table = InMemory(*self._labelled_rows(X, y, sample_weight))
        refuse_empty(table.empty())
        numbers = [column for column, labels in enumerate(self.encoder_.categories_) if labels is None]
        bins = table.cut(numbers, self.n_bins)
        with one_blas_thread():
            learned = self._learned(table, bins)
        found = learned.attributes
        found["outcome_"] = " ".join(filter(None, (found["outcome_"], scaled)))
        names = fitted_names(self.encoder_)
        found["notes_"] = list(filter(None, (note_of(names[column], own) for column, own in bins.items())))
        found["bins_"] = {str(column): own.record() for column, own in bins.items()}
        set_attributes(self, attributes_of(learned.network) | found)
        self.class_prior_ = row_posteriors(self.model_, np.full((1, len(self.nodes_)), -1), [0]).table[0]
        if learned.interrupted:
            raise KeyboardInterrupt
        return self

    def _check_parameters(self) -> None:
        check_count("n_bins", self.n_bins, 2)
        check_choice("prior", self.prior, ("bdeu", "cell"))
        check_at_least("prior_strength", self.prior_strength, 0.0)
        check_choice("handle_unknown", self.handle_unknown, ("error", "missing"))
        check_tolerance(self.tol)
        check_count("max_iter", self.max_iter, 0)
        if isinstance(self.structure, str):
            check_choice("structure", self.structure, ("tree-augmented", "naive"))

    def _settle_columns(self, X: TableLike) -> None:
        there = partitions_of(X) is not None
        frame = digest(X, MOST_STATES, self)[0] if there else frame_from(on_host(X), self)  # type: ignore[arg-type]
        self._new_encoder = ColumnEncoder(kinds_of(frame), MOST_STATES)

    def _states(self, bins: dict[int, Bins]) -> dict[str, tuple[Hashable, ...]]:
        """Labels of the states of each node: the class, then the columns."""
        names = [str(name) for name in fitted_names(self.encoder_)]
        if self.class_name in names:
            raise ValueError(
                f"X has a column {self.class_name!r}, as the class is called; give class_name another name."
            )
        known = self.encoder_.categories_
        states = {self.class_name: tuple(self.classes_.tolist())}
        for column, name in enumerate(names):
            states[name] = bins[column].labels if column in bins else states_of_labels(known[column])  # type: ignore
        return states

    def _learned(self, table: InMemory | OnWorkers, bins: dict[int, Bins]) -> Any:
        states = self._states(bins)
        sizes = [len(own) for own in states.values()]
        edges = self._edges(tuple(states), table, sizes)
        rows = table.rows(tuple(states), tuple(states.values()), edges)
        counts = Counts(rows.codes, rows.weight, sizes, rows.counted)
        skeleton = skeleton_of(rows, edges)
        cells = np.array([rows_before(self.prior, self.prior_strength, shape) for shape in skeleton.shapes])
        given = self._class_prior()
        if given is not None and skeleton.parents[0]:
            raise ValueError("priors were given, and edges make the class depend on columns; give one of them.")
        cells[0] = cells[0] if skeleton.parents[0] else self._concentration() - 1
        wanted = Wanted(rows, counts, skeleton, cells, given={} if given is None else {0: given})
        return learned_tables(self, wanted, None, attributes_of)

    def _edges(self, nodes: tuple[str, ...], table: InMemory | OnWorkers, sizes: list[int]) -> list[Edge]:
        if not isinstance(self.structure, str):
            edges = checked_edges(self.structure, "edges in structure")
            refuse_unknown(edges, nodes, "edges in structure")
            return edges
        pairs = [(0, column) for column in range(1, len(nodes))]
        if self.structure == "tree-augmented":
            pairs += table.tree(sizes)
        return [(nodes[parent], nodes[child]) for parent, child in pairs]

    def _log_joint(self, rows: np.ndarray) -> np.ndarray:
        codes = state_codes(rows, self._known_bins(), np.zeros(len(rows), int))
        joint = np.empty((len(rows), len(self.classes_)))
        for place in range(len(self.classes_)):
            codes[:, 0] = place
            joint[:, place] = row_posteriors(self.model_, codes, []).log_evidence
        impossible = np.isneginf(joint).all(1)
        if impossible.any():
            row = int(impossible.argmax())
            raise ValueError(
                f"Row {row} (counted from 0) is impossible in every class; prior_strength above 0 avoids that."
            )
        return joint

    def _drawn(self, codes: np.ndarray, generator: np.random.Generator) -> Any:
        states = np.empty((len(codes), len(self.nodes_)), int)
        for label in np.unique(codes):
            own, given = codes == label, np.full(len(self.nodes_), -1)
            given[0] = label
            states[own] = draw_states(self.model_, int(own.sum()), Query(given, {}), generator)[0]
        cells = states[:, 1:].astype(float)
        for column, bins in self._known_bins().items():
            cells[:, column] = bins.numbers[states[:, 1 + column]]
        return self._input.labelled(cells)

    def _known_bins(self) -> dict[int, Bins]:
        return {int(column): Bins.of(record) for column, record in self.bins_.items()}

    def _log_joint_of(self, X: TableLike) -> np.ndarray:
        check_is_fitted(self, "model_")
        return self._log_joint(self._input.table(on_host(X)))

    def _most_probable(self, X: TableLike) -> np.ndarray:
        return self._log_joint_of(X).argmax(1)

    def _probabilities(self, X: TableLike) -> np.ndarray:
        return np.exp(log_shares(self._log_joint_of(X)))

    def _evidence(self, X: TableLike) -> np.ndarray:
        return np.logaddexp.reduce(self._log_joint_of(X), axis=1)
