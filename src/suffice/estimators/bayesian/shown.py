"""What a Bayesian network shows: its graph with probabilities, and which evidence would tell most."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from sklearn.utils.validation import check_is_fitted

from suffice.bayesian.evidence import Given, check_possible, query_of
from suffice.bayesian.informative import information_about
from suffice.bayesian.rows import encode
from suffice.estimators.bayesian.queries import FittedNetwork
from suffice.runtime.types import TableLike

if TYPE_CHECKING:
    from suffice.report.bayesian.drawing import Drawing


class ShownNetwork(FittedNetwork):
    """Drawings of a fitted network, and what evidence would tell about a node."""

    nodes_: list[str]
    states_: dict[str, list[Any]]
    parents_: dict[str, list[str]]
    tables_: dict[str, np.ndarray]
    edges_: list[tuple[str, str]]
    structure_score_: float
    traces_: Sequence[np.ndarray]
    lower_bounds_: np.ndarray
    lower_bound_: float
    n_iter_: int
    n_features_in_: int
    converged_: bool
    outcome_: str

    def mutual_information(self, target: str, evidence: Given | None = None) -> dict[str, float]:
        r"""How much each other node would tell about one, were it observed as well.

        .. math:: I(T; X \mid e) = \sum_{t, x} p(t, x \mid e) \log \frac{p(t, x \mid e)}{p(t \mid e) \, p(x \mid e)}

        Parameters
        ----------
        target
            Name of the node.
        evidence
            States of nodes that are observed already, by name.

        Returns
        -------
        dict
            Mutual information in nats of each node that is not observed, the most informative first.

        Raises
        ------
        ValueError
            If a node or state is unknown, the target is observed, or the evidence has probability 0.

        Examples
        --------
        >>> from suffice import BayesianNetwork
        >>> states = {"rain": ["no", "yes"], "wet": ["no", "yes"]}
        >>> tables = {"rain": [0.8, 0.2], "wet": [[0.9, 0.1], [0.1, 0.9]]}
        >>> net = BayesianNetwork.from_tables(tables, {"wet": ["rain"]}, states)
        >>> round(net.mutual_information("rain")["wet"], 4)
        0.248
        """
        check_is_fitted(self, "model_")
        network, query = self.model_, query_of(self.model_, evidence, None)
        place = network.position(target)
        if query.codes[place] >= 0:
            raise ValueError(f"{target!r} is the target and observed too; leave it out of one of the two.")
        found = information_about(network, place, query.codes)
        check_possible(network, query, -np.inf if np.isnan(found).any() else 0.0)
        others = [node for node in np.argsort(-found, kind="stable") if query.codes[node] < 0 and node != place]
        return {network.nodes[node]: float(found[node]) for node in others}

    def draw(
        self, evidence: Given | None = None, *, target: str | None = None, rows: TableLike | None = None
    ) -> Drawing:
        """A picture of the graph in layers, each node with its states and their probabilities as bars.

        Parameters
        ----------
        evidence
            States of nodes that are observed, by name; they are marked, and all other probabilities are given them.
        target
            Node to mark as the one asked for.
        rows
            Rows whose shares of the states are marked beside the probabilities.

        Returns
        -------
        Drawing
            ``svg`` is the picture as text, ``save(path)`` writes it; notebooks show it. Networks of more than 90 nodes are drawn
            without bars.

        Raises
        ------
        ValueError
            If a node or state is unknown, the evidence has probability 0, or the network has more than 400 nodes.

        Examples
        --------
        >>> from suffice import BayesianNetwork
        >>> net = BayesianNetwork.from_tables({"rain": [0.8, 0.2]}, {}, {"rain": ["no", "yes"]})
        >>> net.draw().svg[:4]
        '<svg'
        """
        from suffice.report.bayesian.drawing import Drawing, Shown, network_svg

        check_is_fitted(self, "model_")
        if target is not None:
            self.model_.position(target)
        observed = {} if rows is None else self.observed_shares(rows)
        shown = Shown(self.marginals(evidence), evidence or {}, target, observed)
        return Drawing(network_svg(self.model_, shown))

    def observed_shares(self, rows: TableLike, sample_weight: Any = None) -> dict[str, dict[Hashable, float]]:
        """Shares of the states among the rows that observe each node, by name; nodes that no row observes are left out.

        Parameters
        ----------
        rows
            Rows ``(n, D)`` as ``fit`` takes them.
        sample_weight
            Row weights ``(n,)``; None is 1 for every row.
        """
        check_is_fitted(self, "model_")
        codes = encode(rows, self.model_.nodes, self.model_.states, hidden=self.hidden_)
        weight = np.ones(len(codes)) if sample_weight is None else np.asarray(sample_weight, float)
        shares = {}
        for place, (node, states) in enumerate(zip(self.model_.nodes, self.model_.states, strict=True)):
            seen = codes[:, place] >= 0
            counts = np.bincount(codes[seen, place], weight[seen], len(states))
            if counts.sum() > 0:
                shares[node] = dict(zip(states, (counts / counts.sum()).tolist(), strict=True))
        return shares
