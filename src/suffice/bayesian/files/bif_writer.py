"""Writing networks in the Bayesian interchange format (BIF)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import product
from pathlib import Path

import numpy as np

from suffice.bayesian.files.bif_words import quoted
from suffice.bayesian.files.text import write_text
from suffice.bayesian.network import DiscreteNetwork
from suffice.runtime.types import PathLike


def write_bif(network: DiscreteNetwork, path: PathLike) -> Path:
    """Write a network to a BIF file, every number to its last bit; labels become text.

    Parameters
    ----------
    network
        The network.
    path
        The file, compressed where its name ends in ``.gz``; one that is there is replaced once the new one is complete.

    Examples
    --------
    >>> import tempfile
    >>> from suffice import BayesianNetwork
    >>> from suffice.bayesian.files import read_bif, write_bif
    >>> network = BayesianNetwork.from_tables({"rain": [0.8, 0.2]}, {}, {"rain": ["no", "yes"]}).model_
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     read_bif(write_bif(network, f"{folder}/rain.bif")).tables[0]
    array([0.8, 0.2])
    """
    return write_text(bif_of(network), path)


def bif_of(network: DiscreteNetwork) -> str:
    """A network as a text in the interchange format."""
    labels = written_states(network)
    names = [quoted(node) for node in network.nodes]
    variables = [_variable(*pair) for pair in zip(names, labels, strict=True)]
    tables = (_table(network, node, names, labels) for node in range(len(names)))
    return "network unknown {\n}\n" + "".join((*variables, *tables))


def written_states(network: DiscreteNetwork) -> list[list[str]]:
    """Labels as files hold them."""
    for node, own in zip(network.nodes, network.states, strict=True):
        if len({str(label) for label in own}) < len(own):
            raise ValueError(f"Two states of {node!r} look alike as text ({own!r}); a file cannot tell them apart.")
    return [[quoted(str(label)) for label in own] for own in network.states]


def _variable(name: str, labels: list[str]) -> str:
    return f"variable {name} {{\n  type discrete [ {len(labels)} ] {{ {', '.join(labels)} }};\n}}\n"


def _table(network: DiscreteNetwork, node: int, names: list[str], labels: list[list[str]]) -> str:
    parents, table = network.parents[node], np.asarray(network.tables[node])
    if not parents:
        return f"probability ( {names[node]} ) {{\n  table {_numbers(table)};\n}}\n"
    above = ", ".join(names[parent] for parent in parents)
    rows = "".join(_rows(table, [labels[parent] for parent in parents]))
    return f"probability ( {names[node]} | {above} ) {{\n{rows}}}\n"


def _rows(table: np.ndarray, labels: list[list[str]]) -> Iterator[str]:
    for given, row in zip(product(*labels), table.reshape(-1, table.shape[-1]), strict=True):
        yield f"  ({', '.join(given)}) {_numbers(row)};\n"


def _numbers(row: Iterable[float]) -> str:
    return ", ".join(repr(float(number)) for number in row)
