"""Questions to the graph of a Bayesian network, and its files."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from sklearn.utils.validation import check_is_fitted

from suffice.bayesian import graphs
from suffice.bayesian.files import write_bif, write_uai
from suffice.bayesian.network import DiscreteNetwork
from suffice.bayesian.normalisation import total_probability
from suffice.bayesian.rows import encode
from suffice.estimators.shared.shown import notebook_bundle
from suffice.rows.streams import is_collection, is_stream, parted
from suffice.runtime.types import PathLike, TableLike

if TYPE_CHECKING:
    import networkx

EXACT = 1e-9
"""Largest distance from 1 of a joint distribution's sum."""


class NetworkStructure:
    """What follows from the graph of a network with tables, and how it is written to files."""

    _repr_mimebundle_ = notebook_bundle

    model_: DiscreteNetwork
    hidden_: list[str]

    def graph(self) -> networkx.DiGraph:
        """The directed graph, as networkx has it."""
        return graphs.directed_graph(self._network())

    def moral_graph(self) -> networkx.Graph:
        """The undirected graph in which the parents of each node are joined."""
        return graphs.moral_graph(self._network())

    def markov_blanket(self, node: str) -> list[str]:
        """Parents, children and the children's other parents: given these, a node is independent of all others."""
        return graphs.markov_blanket(self._network(), node)

    def d_separated(
        self, first: str | Sequence[str], second: str | Sequence[str], given: str | Sequence[str] = ()
    ) -> bool:
        """Whether two sets of nodes are independent given a third, whatever the tables."""
        return graphs.d_separated(self._network(), first, second, given)

    def is_normalised(self) -> bool:
        """Whether the joint distribution sums to 1 (to 1e-9), nodes summed out in reverse topological order."""
        return abs(total_probability(self._network()) - 1) <= EXACT

    def to_bif(self, path: PathLike) -> Path:
        """Writes a BIF file, compressed where its name ends in ``.gz``; reading it gives the same bits."""
        return write_bif(self._network(), path)

    def to_uai(self, path: PathLike) -> Path:
        """Writes a UAI file, which has no names; reading it gives the same bits of the tables."""
        return write_uai(self._network(), path)

    def _network(self) -> DiscreteNetwork:
        check_is_fitted(self, "model_")
        return self.model_

    def _codes(self, X: TableLike, coded: bool) -> np.ndarray:
        network = self._network()
        if is_collection(X):
            raise ValueError(
                "A network's fit, score, score_samples and impute take Dask collections; ask for the rest partition by partition."
            )
        read = partial(encode, nodes=network.nodes, states=network.states, coded=coded, hidden=self.hidden_)
        return np.concatenate([read(rows) for rows, _ in parted(X)]) if is_stream(X) else read(X)
