"""Reading networks in the Bayesian interchange format (BIF)."""

from __future__ import annotations

from pathlib import Path
from typing import NoReturn

import numpy as np

from suffice.bayesian.files.bif_words import Words, unquoted
from suffice.bayesian.files.text import read_text
from suffice.bayesian.network import DiscreteNetwork, checked_network, listed
from suffice.files.atomic import FileError
from suffice.runtime.types import PathLike


def read_bif(path: PathLike) -> DiscreteNetwork:
    """The network of a BIF file, compressed or not; its nodes and states keep the order of the file.

    Parameters
    ----------
    path
        The file. Names may be quoted; remarks, properties, ``default`` rows and rows in any order are understood.

    Raises
    ------
    FileError
        Where the file is missing, ends early or holds what is no network; the line is named.

    Examples
    --------
    >>> import tempfile
    >>> from suffice import BayesianNetwork
    >>> from suffice.bayesian.files import read_bif, write_bif
    >>> network = BayesianNetwork.from_tables({"rain": [0.8, 0.2]}, {}, {"rain": ["no", "yes"]}).model_
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     read_bif(write_bif(network, f"{folder}/rain.bif")).nodes
    ('rain',)
    """
    return network_from_bif(read_text(path), Path(path).name)


def network_from_bif(text: str, name: str = "The text") -> DiscreteNetwork:
    """The network that a text in the interchange format describes; errors call it ``name``."""
    words = Words(text, name)
    states: dict[str, list[str]] = {}
    tables = _Tables(words, states)
    while words.place < len(words.words):
        match words.next():
            case "network":
                _pass_over(words)
            case "variable":
                _read_variable(words, states)
            case "probability":
                tables.read()
            case other:
                words.refuse(f"{other!r} stands where network, variable or probability is expected", words.place - 1)
    try:
        return checked_network(tables.tables, tables.parents, states)
    except ValueError as error:
        raise FileError(f"{name}: {error}") from None


def _pass_over(words: Words) -> None:
    words.until("{")
    words.until("}")


def _read_variable(words: Words, states: dict[str, list[str]]) -> None:
    place = words.place
    name = unquoted(words.next())
    if name in states:
        words.refuse(f"the variable {name!r} is there twice", place)
    words.expect("{")
    while words.peek() != "}":
        match words.next():
            case "type":
                states[name] = _read_states(words)
            case "property":
                words.until(";")
            case other:
                words.refuse(f"{other!r} stands where type or property is expected", words.place - 1)
    words.expect("}")
    if name not in states:
        words.refuse(f"the variable {name!r} has no type", place)


def _read_states(words: Words) -> list[str]:
    words.expect("discrete")
    words.expect("[")
    counted, place = words.until("]"), words.place
    words.expect("{")
    found = words.names_until("}")
    if counted != [str(len(found))]:
        words.refuse(f"{' '.join(counted)} states are announced and {len(found)} named", place)
    if words.peek() == ";":
        words.next()
    return found


class _Tables:
    """Parents and tables of the nodes whose probabilities have been read."""

    def __init__(self, words: Words, states: dict[str, list[str]]):
        self.words, self.states = words, states
        self.parents: dict[str, list[str]] = {}
        self.tables: dict[str, np.ndarray] = {}

    def read(self) -> None:
        """Read the probabilities of one node."""
        self.words.expect("(")
        place = self.words.place
        names = self.words.names_until(")")
        self._check_names(names, place)
        self.words.expect("{")
        node, *parents = names
        shape = tuple(len(self.states[name]) for name in names)
        table = np.full((*shape[1:], shape[0]), np.nan)
        default = self._read_rows(table, parents)
        gaps = np.isnan(table[..., 0])
        if default is not None:
            table[gaps] = default
        elif gaps.any():
            self._refuse_gap(node, parents, tuple(np.argwhere(gaps)[0]), place)
        self.parents[node], self.tables[node] = parents, table

    def _read_rows(self, table: np.ndarray, parents: list[str]) -> list[float] | None:
        """Fill in the rows that are there; the row for all others."""
        words, default = self.words, None
        while words.peek() != "}":
            match words.next():
                case "(":
                    self._read_row(table, parents)
                case "table":
                    values = words.numbers_until(";", table.size)
                    table[...] = np.moveaxis(np.reshape(values, (table.shape[-1], *table.shape[:-1])), 0, -1)
                case "default":
                    default = words.numbers_until(";", table.shape[-1])
                case "property":
                    words.until(";")
                case other:
                    words.refuse(f"{other!r} stands where a row, table or default is expected", words.place - 1)
        words.expect("}")
        return default

    def _read_row(self, table: np.ndarray, parents: list[str]) -> None:
        place = self.words.place
        given = self.words.names_until(")")
        if len(given) != len(parents):
            self.words.refuse(
                f"{len(given)} states stand where the parents {listed(parents)} have {len(parents)}", place
            )
        at = tuple(self._code(*pair, place) for pair in zip(parents, given, strict=True))
        if not np.isnan(table[at]).all():
            self.words.refuse(f"the row ({', '.join(given)}) is there twice", place)
        table[at] = self.words.numbers_until(";", table.shape[-1])

    def _code(self, parent: str, state: str, place: int) -> int:
        known = self.states[parent]
        if state not in known:
            self.words.refuse(f"{state!r} is no state of {parent!r}; its states are {listed(known)}", place)
        return known.index(state)

    def _check_names(self, names: list[str], place: int) -> None:
        if not names:
            self.words.refuse("the name of a variable is expected", place)
        for offset, name in enumerate(names):
            if name not in self.states:
                self.words.refuse(f"{name!r} is no variable; known are {listed(list(self.states))}", place + offset)
        if names[0] in self.tables:
            self.words.refuse(f"the probabilities of {names[0]!r} are there twice", place)
        if len(set(names[1:])) < len(names) - 1:
            self.words.refuse(f"a parent of {names[0]!r} is named twice", place)

    def _refuse_gap(self, node: str, parents: list[str], at: tuple[int, ...], place: int) -> NoReturn:
        given = ", ".join(f"{name}={self.states[name][code]}" for name, code in zip(parents, at, strict=True))
        self.words.refuse(f"p({node} | {given}) is missing" if given else f"p({node}) is missing", place)
