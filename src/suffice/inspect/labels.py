"""Names for the values of a graph, each one valid in Python and no two the same."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from keyword import iskeyword
from typing import TYPE_CHECKING
from unicodedata import normalize

if TYPE_CHECKING:
    from suffice.inspect.node import Node

MACRON = "\N{COMBINING MACRON}"


def labels(nodes: Sequence[Node]) -> tuple[str, ...]:
    """A name for each node: the author's, with its scope or a number where it is used twice, or ``v`` and the node's number."""
    plain = [_identifier(node.name) if node.name else "" for node in nodes]
    twice = {name for name, count in Counter(plain).items() if count > 1}
    scoped = [_scoped(node) if name in twice else name for name, node in zip(plain, nodes, strict=True)]
    counts, seen, taken = Counter(scoped), Counter[str](), set(scoped)
    found = []
    for node, name in zip(nodes, scoped, strict=True):
        seen[name] += 1
        choice = name if name and counts[name] == 1 else f"{name}_{seen[name]}" if name else f"v{node.number}"
        while choice in taken and (not name or counts[name] > 1):
            choice += "_"
        taken.add(choice)
        found.append(choice)
    return tuple(found)


def barred(label: str) -> str:
    """Name of the derivative with respect to a value: its letter under a bar, or ``d_`` and its name."""
    letter = re.fullmatch(r"([^\W\d_])([\d_]*)", label)
    return normalize("NFKC", letter[1] + MACRON) + letter[2] if letter else f"d_{label}"


def _scoped(node: Node) -> str:
    if not node.name:
        return ""
    return _identifier("_".join((*node.scope, node.name)) if node.operation == "parameter" else node.name)


def _identifier(name: str) -> str:
    parts = re.sub(r"[\[\].]+", "_", name).replace("__", "_").strip("_")
    word = normalize("NFKC", re.sub(r"\W+", "", parts)) or "x"
    return f"_{word}" if word[0].isdigit() else f"{word}_" if iskeyword(word) else word
