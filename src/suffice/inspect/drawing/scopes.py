"""Groups of boxes by the scopes that they are in."""

from __future__ import annotations

from collections.abc import Sequence

from suffice.inspect.drawing.clusters import Ends, clusters
from suffice.inspect.drawing.outline import Group

Path = tuple[str, ...]


def grouped(paths: Sequence[Path], ends: Sequence[Ends], light: frozenset[int]) -> tuple[list[Group], list[int]]:
    """Groups of boxes that share a scope, two at least beside the ``light`` ones, and the innermost group of each box (-1: none).

    A scope that is left and entered again on one way makes several groups.
    """
    groups: list[Group] = []
    home = [-1] * len(paths)
    waiting = [(list(range(len(paths))), 0, -1)]
    for members, depth, parent in waiting:
        for cluster in _by_scope(members, depth, paths, ends):
            if len(set(cluster) - light) < 2:
                continue
            shared = _shared(cluster, paths)
            if parent < 0 and len(cluster) == len(paths):
                waiting.append((cluster, shared, parent))
                continue
            groups.append(Group(".".join(paths[cluster[0]][depth:shared]), parent, depth=shared))
            for member in cluster:
                home[member] = len(groups) - 1
            waiting.append((cluster, shared, len(groups) - 1))
    return groups, home


def _by_scope(members: list[int], depth: int, paths: Sequence[Path], ends: Sequence[Ends]) -> list[list[int]]:
    """Members of each cluster of at least two at this depth."""
    place = {member: number for number, member in enumerate(members)}
    keys = [paths[member][depth] if len(paths[member]) > depth else None for member in members]
    if all(key is None for key in keys):
        return []
    own = [(place[source], place[target]) for source, target in ends if source in place and target in place]
    found: dict[int, list[int]] = {}
    for member, cluster in zip(members, clusters(keys, own), strict=True):
        found.setdefault(cluster, []).append(member)
    return [cluster for cluster in found.values() if len(cluster) > 1]


def _shared(members: list[int], paths: Sequence[Path]) -> int:
    """Length of the path that all members share."""
    own = [paths[member] for member in members]
    same = (len(set(step)) == 1 for step in zip(*own, strict=False))
    return next((depth for depth, one in enumerate(same) if not one), min(map(len, own)))
