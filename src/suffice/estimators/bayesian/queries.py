"""Questions to a Bayesian network: marginals, joint posteriors, most probable states, draws, rows with gaps, its graph."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Hashable, Mapping, Sequence
from functools import partial
from typing import Any, Self

import numpy as np
from sklearn.utils import check_random_state

from suffice.bayesian import answers, row_answers
from suffice.bayesian.cost import Cost
from suffice.bayesian.evidence import Given, SoftGiven, query_of
from suffice.bayesian.interventions import intervened
from suffice.bayesian.marginals import Marginals, MostProbable
from suffice.bayesian.network import DiscreteNetwork
from suffice.bayesian.rows import decode
from suffice.estimators.bayesian.structure import NetworkStructure
from suffice.rows.cluster.lazily import lazily
from suffice.rows.streams import is_collection
from suffice.runtime.types import ArrayLike, RandomState, TableLike
from suffice.validation import check_choice, check_count


class FittedNetwork(NetworkStructure):
    """What a network with tables answers; all of it is exact, unless a method says otherwise."""

    @classmethod
    @abstractmethod
    def from_network(cls, network: DiscreteNetwork) -> Self:
        """A fitted network from a module."""

    def marginals(
        self,
        evidence: Given | None = None,
        *,
        soft: SoftGiven | None = None,
        method: str = "exact",
        n_samples: int = 10_000,
        random_state: RandomState = None,
        max_bytes: int | None = None,
    ) -> Marginals:
        r"""Posterior probabilities of the states of all nodes, $p(x_k \mid e)$, given the states of some.

        Parameters
        ----------
        evidence
            States of nodes by name; none gives the priors.
        soft
            Likelihoods of states: ``{"HR": {"LOW": 0.2, "HIGH": 0.8}}``. A state that is not named has likelihood 0.
        method
            ``"exact"``; ``"likelihood-weighting"`` estimates from draws and gives standard errors; ``"loopy"`` sends messages as
            if the graph had no loops, and is exact, but for rounding, where it has none.
        n_samples, random_state
            Draws of likelihood weighting, and their seed or NumPy random state.
        max_bytes
            Memory that exact inference may use; None is half of what is free.

        Returns
        -------
        Marginals
            A mapping of mappings, ``found[node][state]``, with ``log_evidence``, ``exact`` and ``standard_errors``.

        Raises
        ------
        ValueError
            If a node or state is unknown, the evidence has probability 0, or more memory is needed.

        Examples
        --------
        >>> from suffice import BayesianNetwork
        >>> states = {"rain": ["no", "yes"], "wet": ["no", "yes"]}
        >>> tables = {"rain": [0.8, 0.2], "wet": [[0.9, 0.1], [0.1, 0.9]]}
        >>> net = BayesianNetwork.from_tables(tables, {"wet": ["rain"]}, states)
        >>> found = net.marginals({"wet": "yes"})
        >>> round(found["rain"]["yes"], 4), round(found.log_evidence, 4)
        (0.6923, -1.3471)
        """
        check_choice("method", method, answers.METHODS)
        check_count("n_samples", n_samples)
        if method == "exact":
            return answers.marginals(self._network(), evidence, soft, max_bytes)
        generator = _generator(random_state)
        return answers.approximate_marginals(self._network(), evidence, soft, method, n_samples, generator)

    def posterior(
        self,
        targets: Sequence[str],
        evidence: Given | None = None,
        *,
        soft: SoftGiven | None = None,
        max_bytes: int | None = None,
    ) -> np.ndarray:
        """Joint posterior of some nodes, an axis each, in the order asked; it is exact or refused.

        Parameters
        ----------
        targets
            Names of nodes.
        evidence, soft, max_bytes
            As in ``marginals``.

        Raises
        ------
        ValueError
            As in ``marginals``, and if a target is observed.
        """
        return answers.joint(self._network(), targets, evidence, soft, max_bytes)

    def most_probable(
        self,
        evidence: Given | None = None,
        *,
        soft: SoftGiven | None = None,
        max_bytes: int | None = None,
    ) -> MostProbable:
        """The states of all nodes that are most probable together, and the logarithm of their joint probability.

        Like ``posterior`` and all that is asked of rows it is exact, or refused where that takes too much memory: estimates are
        those of ``marginals`` alone.

        Parameters
        ----------
        evidence, soft, max_bytes
            As in ``marginals``; likelihoods count as factors of the probability.
        """
        return answers.most_probable(self._network(), evidence, soft, max_bytes)

    def sample(
        self,
        n_samples: int = 1,
        given: Given | None = None,
        *,
        soft: SoftGiven | None = None,
        coded: bool = False,
        random_state: RandomState = None,
        max_bytes: int | None = None,
    ) -> np.ndarray:
        """Independent, exact draws of rows (n_samples, nodes), in the order of ``nodes_``.

        Parameters
        ----------
        n_samples
            Number of rows.
        given, soft, max_bytes
            As ``evidence``, ``soft`` and ``max_bytes`` in ``marginals``.
        coded
            Whether cells are positions of states rather than labels.
        random_state
            Seed, or NumPy random state.
        """
        check_count("n_samples", n_samples)
        network = self._network()
        generator = _generator(random_state)
        codes = answers.draws(network, n_samples, given, soft, generator, max_bytes)
        return codes if coded else decode(codes, network.nodes, network.states)

    def predict_proba(
        self,
        X: TableLike,
        targets: Sequence[str] | None = None,
        *,
        coded: bool = False,
        impossible: str = "raise",
        max_bytes: int | None = None,
    ) -> dict[str, np.ndarray]:
        """Posteriors (n, states) of nodes given what each row observes.

        Parameters
        ----------
        X
            Rows (n, nodes) by the names of their columns or in the order of ``nodes_``, with any cells missing.
        targets
            Names of nodes; None is all of them. Where a row observes a target, its probabilities are 0 and 1.
        coded
            Whether cells are positions of states, NaN or -1 where they are missing.
        impossible
            What becomes of rows of probability 0: ``"raise"`` or ``"nan"``.
        max_bytes
            Memory that may be used beyond the result; None is half of what is free. ``cost`` says it beforehand.

        Raises
        ------
        ValueError
            If columns or labels are unknown, rows have probability 0, or more memory is needed.
        """
        return row_answers.posteriors_of_rows(self._network(), self._codes(X, coded), targets, impossible, max_bytes)

    @lazily("log_likelihood")
    def score_samples(self, X: TableLike, *, coded: bool = False, max_bytes: int | None = None) -> np.ndarray:
        """Logarithms (n,) of the probabilities of the observed cells of rows, minus infinity where they are impossible.

        Parameters
        ----------
        X, coded, max_bytes
            As in ``predict_proba``.
        """
        return row_answers.log_evidence_of_rows(self._network(), self._codes(X, coded), max_bytes)

    def score(
        self, X: TableLike, y: None = None, *, sample_weight: ArrayLike | None = None, coded: bool = False
    ) -> float:
        """Mean of ``score_samples``.

        Parameters
        ----------
        X, coded
            As in ``predict_proba``.
        y
            Ignored.
        sample_weight
            Row weights (n,).
        """
        if is_collection(X):
            from suffice.rows.cluster.sums import weighted_sums

            sums, counted = weighted_sums(X, sample_weight, partial(self.score_samples, coded=coded))
            return float(sums[0]) / counted
        weight = None if sample_weight is None else np.asarray(sample_weight, float)
        return float(np.average(self.score_samples(X, coded=coded), weights=weight))

    @lazily("cells")
    def impute(
        self,
        X: TableLike,
        *,
        joint: bool = False,
        coded: bool = False,
        impossible: str = "raise",
        max_bytes: int | None = None,
    ) -> Any:
        """Rows with their gaps filled, a frame where a frame is given.

        Parameters
        ----------
        X, coded, impossible, max_bytes
            As in ``predict_proba``; impossible rows keep their gaps.
        joint
            Whether a row's missing cells get the states that are most probable together, rather than each its own.
        """
        network, codes = self._network(), self._codes(X, coded)
        found = row_answers.filled(network, codes, joint, impossible, max_bytes)
        return found if coded else decode(found, network.nodes, network.states, X)

    def cost(self, X: TableLike | Given | None = None, *, coded: bool = False) -> Cost:
        """What posteriors take: entries of the largest table, bytes at a time, and products.

        Parameters
        ----------
        X
            Rows as in ``predict_proba``, or the evidence of one query; None is no evidence.
        coded
            As in ``predict_proba``.
        """
        network = self._network()
        one = X is None or isinstance(X, Mapping)
        codes = query_of(network, X, None).codes[None] if one else self._codes(X, coded)  # type: ignore[arg-type]
        return row_answers.cost_of_rows(network, codes)

    def do(self, states: Mapping[str, Hashable]) -> Self:
        """The network in which nodes are set from outside, their arcs from their parents cut (Pearl, 2009).

        Parameters
        ----------
        states
            States of nodes by name.
        """
        network = self._network()
        codes = query_of(network, states, None).codes
        set_from_outside = {int(node): int(codes[node]) for node in np.flatnonzero(codes >= 0)}
        made = self.from_network(intervened(network, set_from_outside))
        made.hidden_ = list(self.hidden_)
        return made


def _generator(random_state: RandomState) -> np.random.Generator:
    return np.random.default_rng(check_random_state(random_state).randint(2**31 - 1, size=4))
