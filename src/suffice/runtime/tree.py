"""Trees of arrays: tuples, lists, dictionaries and modules, without JAX; with it, whatever else it knows as a tree."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from suffice.runtime.module import Module

Rebuild = Callable[[list[Any]], Any]
IsLeaf = Callable[[Any], bool]


def opened(node: Any, whole: bool = False) -> tuple[list[Any], Rebuild] | None:
    """The children of a node and what makes the node of them; None of a leaf.

    Of a node that JAX alone knows they are all its leaves where it is opened as a ``whole``, which is quicker.
    """
    if type(node) is np.ndarray:
        return None
    if node is None:
        return [], lambda _: None
    if isinstance(node, Module):
        return node.dynamic_values(), lambda children: node.rebuilt(node.static_values(), children)
    if isinstance(node, tuple):
        kind: Any = type(node)
        return list(node), (tuple if kind is tuple else lambda children: kind(*children))
    if type(node) is list:
        return list(node), list
    if type(node) is dict:
        names = sorted(node)
        return [node[name] for name in names], lambda children: dict(zip(names, children, strict=True))
    return _opened_by_jax(node, whole)


def _opened_by_jax(node: Any, whole: bool) -> tuple[list[Any], Rebuild] | None:
    jax = sys.modules.get("jax")
    if jax is None or hasattr(node, "dtype") or isinstance(node, (float, int, str)):
        return None
    children, structure = jax.tree.flatten(node, is_leaf=None if whole else lambda part: part is not node)
    return None if len(children) == 1 and children[0] is node else (children, structure.unflatten)


def map_leaves(fn: Callable[..., Any], tree: Any, *others: Any, is_leaf: IsLeaf | None = None) -> Any:
    """``fn`` of each leaf of a tree and of what stands at its place in others, as such a tree."""
    parts = None if is_leaf is not None and is_leaf(tree) else opened(tree, whole=is_leaf is None)
    if parts is None:
        return fn(tree, *others)
    children, rebuild = parts
    beside = [_children(other, len(children), whole=is_leaf is None) for other in others]
    return rebuild([map_leaves(fn, *same, is_leaf=is_leaf) for same in zip(children, *beside, strict=True)])


def leaves(tree: Any, is_leaf: IsLeaf | None = None) -> list[Any]:
    """All leaves, in order."""
    return list(_leaves(tree, is_leaf))


def unflattened(tree: Any, new: list[Any]) -> Any:
    """A tree with ``new`` leaves in the place of its own."""
    remaining = iter(new)
    return map_leaves(lambda _: next(remaining), tree)


def outline(tree: Any) -> str:
    """What a tree is but for its leaves: types, names and static values."""
    parts = opened(tree)
    if parts is None:
        return "*"
    inside = ", ".join(map(outline, parts[0]))
    said = (
        f"{tree.dynamic_fields}{tree.static_values()}"
        if isinstance(tree, Module)
        else sorted(tree)
        if isinstance(tree, dict)
        else ""
    )
    return f"{type(tree).__name__}{said}[{inside}]"


def _leaves(tree: Any, is_leaf: IsLeaf | None) -> Iterator[Any]:
    parts = None if is_leaf is not None and is_leaf(tree) else opened(tree, whole=is_leaf is None)
    if parts is None:
        yield tree
        return
    for child in parts[0]:
        yield from _leaves(child, is_leaf)


def _children(other: Any, count: int, whole: bool) -> list[Any]:
    parts = opened(other, whole)
    if parts is None or len(parts[0]) != count:
        raise ValueError(
            f"Trees of one shape are expected; {type(other).__name__} stands in the place of {count} children."
        )
    return parts[0]
