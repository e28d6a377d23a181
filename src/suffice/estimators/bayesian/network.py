"""Discrete Bayesian networks with scikit-learn's manners."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import KW_ONLY, dataclass
from typing import Any, Self

from sklearn.base import BaseEstimator

from suffice.bayesian.files import read_bif, read_uai
from suffice.bayesian.network import DiscreteNetwork, checked_network
from suffice.estimators.bayesian.attributes import attributes_of, given_attributes
from suffice.estimators.bayesian.fitting import fitted_attributes
from suffice.estimators.bayesian.parameters import checked_states
from suffice.estimators.bayesian.searching import CRITERIA, STRUCTURES
from suffice.estimators.bayesian.shown import ShownNetwork
from suffice.estimators.shared.attributes import forget, set_attributes
from suffice.estimators.shared.callbacks import CallbackSupportMixin, with_callbacks
from suffice.runtime.blas import one_blas_thread
from suffice.runtime.types import ArrayLike, PathLike, TableLike
from suffice.validation import check_at_least, check_choice, check_count, check_tolerance

PRIORS = ("bdeu", "cell")


@dataclass(eq=False, repr=False)
class BayesianNetwork(ShownNetwork, CallbackSupportMixin, BaseEstimator):
    r"""Network of discrete variables, each of which depends on its parents.

    .. math:: p(x) = \prod_k p(x_k \mid x_{\mathrm{pa}(k)})

    Inference is exact, for whole tables of rows at once, whatever cells they lack. Tables are learned from complete rows in one
    pass, from rows with missing cells by expectation-maximisation (Lauritzen, 1995), structures by search. Formulas: Koller and
    Friedman, *Probabilistic Graphical Models* (2009).

    Parameters
    ----------
    edges
        Pairs (parent, child) of names, or a directed graph of networkx. The parents of a node keep this order. Columns that no
        edge names are nodes without edges.
    structure
        How to find the edges where none are given: ``"hill-climbing"``, which None means too, or ``"chow-liu"``, the tree of
        highest likelihood.
    states
        Labels of the nodes, by name, in order; those of other columns are learned, sorted or in the order of their category.
    hidden
        Numbers of states of the nodes that no row observes, by name.
    criterion
        What hill climbing raises: ``"bic"``, ``"aic"``, ``"bdeu"`` (with ``prior_strength`` rows) or ``"log-likelihood"``.
    required
        Edges that hill climbing keeps.
    forbidden
        Edges that it does not take.
    max_parents
        Most parents of a node that it takes; None is as many as pay.
    prior
        ``"bdeu"`` spreads ``prior_strength`` rows over each table, ``"cell"`` adds them to every cell.
    prior_strength
        Rows seen beforehand; 0 is maximum likelihood, where the child of parents' states that no row shows stays uniform. What
        a fit raises is the log-likelihood plus the sum of these rows times the logarithms of the probabilities.
    tol
        None accelerates expectation-maximisation by the slope of the log-likelihood and stops where a stationary point is less
        than about 1e-6 nats away, over all rows. A number means plain iterations, which stop when the mean log-likelihood of a
        row changes by less than this, in nats.
    max_iter
        Largest number of its iterations; 0 gives the start.
    n_init
        Starts of expectation-maximisation, of which the best end is kept. The first begins with the rows that observe a family.
    random_state
        Seed, or NumPy random state, of the starts.
    verbose
        1 shows a progress bar.

    Attributes
    ----------
    nodes_ : list of str
        Names, in the order of ``states``, else of first mention: in ``edges``, ``hidden``, then the columns; a file's own.
    states_ : dict
        Labels of each node, in order.
    parents_ : dict
        Parents of each node, in the order of the edges given.
    tables_ : dict
        Table of each node; its axes are the parents, in their order, then the node.
    edges_ : list of tuple
        Pairs (parent, child).
    hidden_ : list of str
        Nodes that no row observed.
    structure_score_ : float
        The criterion of the structure that a search found, in nats; NaN where edges were given.
    lower_bounds_ : numpy.ndarray
        Mean log-likelihood of a row, plus log-prior, at each iteration of the best start.
    lower_bound_, n_iter_, converged_, traces_ : float, int, bool, list
        The last of them, their number, whether they were enough, and those of all starts.
    outcome_ : str
        How the fit ended, a sentence.
    model_ : suffice.bayesian.DiscreteNetwork
        The module.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice import BayesianNetwork
    >>> rows = np.array([["yes", "wet"], ["yes", "wet"], ["no", "dry"], ["no", None]], object)
    >>> net = BayesianNetwork([("rain", "grass")], prior_strength=0).fit(rows)
    >>> net.states_["grass"], net.tables_["rain"].tolist()
    (['dry', 'wet'], [0.5, 0.5])
    """

    edges: Any = None
    _: KW_ONLY
    structure: str | None = None
    states: Any = None
    hidden: Any = None
    criterion: str = "bic"
    required: Any = None
    forbidden: Any = None
    max_parents: int | None = None
    prior: str = "bdeu"
    prior_strength: float = 1.0
    tol: float | None = None
    max_iter: int = 1000
    n_init: int = 1
    random_state: Any = None
    verbose: int = 0

    @classmethod
    def from_bif(cls, path: PathLike) -> Self:
        """A fitted network from a BIF file, compressed or not.

        Parameters
        ----------
        path
            The file.

        Returns
        -------
        BayesianNetwork
            Its nodes and states keep the order of the file; ``fit`` learns the tables of the same structure anew.

        Raises
        ------
        FileError
            If the file is missing, ends early or holds what is no network; the message names the line.
        """
        return cls.from_network(read_bif(path))

    @classmethod
    def from_uai(cls, path: PathLike) -> Self:
        """A fitted network from a UAI file, compressed or not: nodes ``x0``, ``x1``, ... with states 0, 1, ...

        Parameters
        ----------
        path
            The file.

        Raises
        ------
        FileError
            If the file is missing, ends early or holds what is no Bayesian network; the message names the line.
        """
        return cls.from_network(read_uai(path))

    @classmethod
    def from_tables(
        cls,
        tables: Mapping[str, ArrayLike],
        parents: Mapping[str, Sequence[str]],
        states: Mapping[str, Sequence[Hashable]],
    ) -> Self:
        """A fitted network from given tables.

        Parameters
        ----------
        tables
            Table of each node; its axes are the parents, in their order, then the node. Rows whose sum differs from 1 by 1e-12
            to 1e-5 are rescaled.
        parents
            Parents of each node; a node that is absent has none.
        states
            Labels of each node; their order is that of the nodes.

        Raises
        ------
        ValueError
            If a table is missing, has another shape, is negative or does not sum to 1, if names or states are unknown or there
            twice, or if the edges form a cycle.

        Examples
        --------
        >>> from suffice import BayesianNetwork
        >>> states = {"rain": ["no", "yes"], "wet": ["no", "yes"]}
        >>> tables = {"rain": [0.8, 0.2], "wet": [[0.9, 0.1], [0.1, 0.9]]}
        >>> net = BayesianNetwork.from_tables(tables, {"wet": ["rain"]}, states)
        >>> net.edges_
        [('rain', 'wet')]
        """
        return cls.from_network(checked_network(tables, parents, checked_states(states)))

    @classmethod
    def from_network(cls, network: DiscreteNetwork) -> Self:
        """A fitted network from a module.

        Parameters
        ----------
        network
            Tables, nodes, states and parents.
        """
        found = attributes_of(network)
        estimator = cls(found["edges_"], states=found["states_"])
        return set_attributes(estimator, found | given_attributes(network))

    @with_callbacks
    def fit(
        self,
        X: TableLike,
        y: object = None,
        sample_weight: ArrayLike | None = None,
        *,
        coded: bool = False,
        checkpoint: PathLike | None = None,
    ) -> Self:
        """Learn the tables, and the edges where none are given.

        Parameters
        ----------
        X
            Rows ``(n, D)``: a DataFrame, whose columns go by name, an array, whose columns are the nodes in the order of
            ``states``, else of first mention, or an object that yields batches of them (or pairs of batch and weight). Where
            edges are given, rows of batches that miss no cell are counted and let go; others, and all rows of a search, are
            kept as positions of states, two bytes a cell. None and NaN are missing cells.
        y
            Ignored; for scikit-learn's sake.
        sample_weight
            Row weights ``(n,)``, not negative, as numbers of rows: 2 is the row twice; None is 1 for every row. Those that sum
            to less than the number of rows that carry any are relative: they are scaled to sum to that number, and
            ``outcome_`` says so.
        coded
            Cells are positions of states, NaN or -1 where they are missing.
        checkpoint
            File to keep the state of expectation-maximisation in, every second or less often. If it is there, the fit goes on
            from it. It stays when the fit ends: remove it once the result is safe.

        Returns
        -------
        self
            The fitted estimator.

        Raises
        ------
        ValueError
            If a parameter, the rows or the checkpoint cannot be used; the message says what to do.

        Warns
        -----
        ConvergenceWarning
            If the best start did not converge within ``max_iter`` iterations.
        UnseenParentsWarning
            If without a prior states of parents were seen in no row.
        """
        self._check_parameters()
        with one_blas_thread():
            found, interrupted = fitted_attributes(self, X, sample_weight, coded, checkpoint)
        if "feature_names_in_" not in found:
            forget(self, ["feature_names_in_"])
        set_attributes(self, found)
        if interrupted:
            raise KeyboardInterrupt
        return self

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = tags.input_tags.categorical = tags.input_tags.string = True
        return tags

    def _check_parameters(self) -> None:
        check_choice("prior", self.prior, PRIORS)
        check_choice("criterion", self.criterion, CRITERIA)
        if self.structure is not None:
            check_choice("structure", self.structure, STRUCTURES)
        if self.structure is not None and self.edges is not None:
            raise ValueError(
                f"edges and structure={self.structure!r} were both given; edges that a search has to keep are required=[...]."
            )
        check_at_least("prior_strength", self.prior_strength, 0.0)
        check_tolerance(self.tol)
        check_count("max_iter", self.max_iter, 0)
        check_count("n_init", self.n_init)
