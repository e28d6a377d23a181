"""Networks in the format of the UAI competitions, which knows neither names nor labels."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import numpy as np

from suffice.bayesian.files.text import read_text, write_text
from suffice.bayesian.network import DiscreteNetwork, checked_network
from suffice.files.atomic import FileError
from suffice.runtime.types import PathLike


def read_uai(path: PathLike) -> DiscreteNetwork:
    """The network of a UAI file (``BAYES``), compressed or not: nodes x0, x1, ... with states 0, 1, ...

    Parameters
    ----------
    path
        The file. The last variable of each function is the node whose table it is.

    Raises
    ------
    FileError
        Where the file is missing, ends early or holds what is no Bayesian network; the line is named.

    Examples
    --------
    >>> import tempfile
    >>> from suffice import BayesianNetwork
    >>> from suffice.bayesian.files import read_uai, write_uai
    >>> network = BayesianNetwork.from_tables({"rain": [0.8, 0.2]}, {}, {"rain": ["no", "yes"]}).model_
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = read_uai(write_uai(network, f"{folder}/rain.uai"))
    >>> found.nodes, found.tables[0]
    (('x0',), array([0.8, 0.2]))
    """
    return network_from_uai(read_text(path), Path(path).name)


def write_uai(network: DiscreteNetwork, path: PathLike) -> Path:
    """Write a network to a UAI file, every number to its last bit; names and labels are left out.

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
    >>> from suffice.bayesian.files import read_uai, write_uai
    >>> network = BayesianNetwork.from_tables({"rain": [0.8, 0.2]}, {}, {"rain": ["no", "yes"]}).model_
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     print(write_uai(network, f"{folder}/rain.uai").read_text().split())
    ['BAYES', '1', '2', '1', '1', '0', '2', '0.8', '0.2']
    """
    return write_text(uai_of(network), path)


def uai_of(network: DiscreteNetwork) -> str:
    """A network as a text in the format of the UAI competitions."""
    families = network.families
    scopes = [" ".join(map(str, (len(family), *family))) for family in families]
    head = ["BAYES", str(len(families)), " ".join(map(str, network.cardinalities)), str(len(families)), *scopes]
    tables = [f"\n{np.size(table)}\n {_numbers(np.asarray(table))}" for table in network.tables]
    return "\n".join([*head, *tables]) + "\n"


def network_from_uai(text: str, name: str = "The text") -> DiscreteNetwork:
    """The network that a text in the format of the UAI competitions describes; errors call it ``name``."""
    numbers = _Numbers(text, name)
    if numbers.kind != "BAYES":
        raise FileError(f"{name} begins with {numbers.kind!r}; a Bayesian network begins with 'BAYES'.")
    sizes = [numbers.count("a number of states", 1) for _ in range(numbers.count("the number of variables", 1))]
    scopes = [numbers.scope(len(sizes)) for _ in range(numbers.count("the number of functions", 1))]
    tables = {scope[-1]: numbers.table([sizes[variable] for variable in scope]) for scope in scopes}
    numbers.check_end()
    nodes = [f"x{variable}" for variable in range(len(sizes))]
    if len(tables) < len(scopes):
        raise FileError(f"{name} has two functions whose last variable is the same; each node has one table.")
    try:
        return checked_network(
            {nodes[node]: table for node, table in tables.items()},
            {nodes[scope[-1]]: [nodes[parent] for parent in scope[:-1]] for scope in scopes},
            {node: range(size) for node, size in zip(nodes, sizes, strict=True)},
        )
    except ValueError as error:
        raise FileError(f"{name}: {error}") from None


class _Numbers:
    """The numbers of a file one after the other."""

    def __init__(self, text: str, name: str):
        self.text, self.name, self.place = text, name, 1
        self.words = text.split()
        self.kind = self.words[0] if self.words else ""

    def count(self, what: str, least: int = 0) -> int:
        """A whole number."""
        word = self._take(1)[0]
        if not word.isdecimal() or int(word) < least:
            self._refuse(f"{word!r} stands where {what} is expected")
        return int(word)

    def scope(self, variables: int) -> list[int]:
        """Variables of one function."""
        found = [self.count("the number of a variable") for _ in range(self.count("the size of a function", 1))]
        if max(found) >= variables or len(set(found)) < len(found):
            self._refuse(f"the function {found} is no list of different variables from 0 to {variables - 1}")
        return found

    def table(self, shape: list[int]) -> np.ndarray:
        """The numbers of one function, its last variable fastest."""
        size = self.count("the size of a table", 1)
        if size != int(np.prod(shape)):
            self._refuse(f"a table of {size} numbers stands where {int(np.prod(shape))} are expected")
        found = self._take(size)
        try:
            return np.array(found, float).reshape(shape)
        except ValueError:
            self._refuse("a table holds what is no number")

    def check_end(self) -> None:
        """Refuse what comes after the last table."""
        if self.place < len(self.words):
            self._refuse(f"{len(self.words) - self.place} words come after the last table", self.place)

    def _take(self, count: int) -> list[str]:
        if self.place + count > len(self.words):
            last = self.text.rstrip().count("\n") + 1
            raise FileError(f"{self.name} ends early, in line {last}: it is incomplete.")
        self.place += count
        return self.words[self.place - count : self.place]

    def _refuse(self, why: str, place: int | None = None) -> NoReturn:
        ahead = self.place - 1 if place is None else place
        lines = [number for number, line in enumerate(self.text.split("\n"), 1) for _ in line.split()]
        raise FileError(f"{self.name}, line {lines[ahead]}: {why}.")


def _numbers(table: np.ndarray) -> str:
    return " ".join(repr(float(number)) for number in table.ravel())
