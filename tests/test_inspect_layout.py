"""Layouts of graphs: links run downwards, nothing overlaps, few links cross, and depth costs no recursion."""

import sys
from itertools import combinations, pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.inspect.layout.crossings import crossings, crossings_between, segments_below
from suffice.inspect.layout.items import Item, Link
from suffice.inspect.layout.layers import layers
from suffice.inspect.layout.order import ordered
from suffice.inspect.layout.place import lay_out
from suffice.inspect.layout.room import BEND, BEND_GAP, GAP
from suffice.inspect.layout.rows import rows_of


@st.composite
def graphs(draw, most=24):
    """Items of any size and links to later ones, some of several values of one item."""
    count = draw(st.integers(0, most))
    sizes = st.floats(1, 90)
    items = [Item(draw(sizes), draw(sizes), draw(sizes)) for _ in range(count)]
    if count < 2:
        return items, []
    ends = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda pair: pair[0] != pair[1])
    found = draw(st.lists(ends, max_size=2 * count))
    weights = st.sampled_from([0.5, 1.0, 2.0])
    return items, [Link(min(p), max(p), draw(st.integers(0, 1)), weight=draw(weights)) for p in found]


def extent(items, member):
    return (items[member].left, items[member].right) if member < len(items) else (BEND, BEND)


@settings(deadline=None, max_examples=150)
@given(graphs())
def test_members_of_a_layer_keep_their_distance(graph):
    items, links = graph
    found = lay_out(items, links)
    for row in found.rows:
        for left, right in pairwise(row):
            gap = GAP if max(left, right) < len(items) else BEND_GAP
            room = found.across[right] - extent(items, right)[0] - found.across[left] - extent(items, left)[1]
            assert room >= gap - 1e-6
    for member, place in enumerate(found.across):
        assert place - extent(items, member)[0] >= -1e-6
        assert place + extent(items, member)[1] <= found.width + 1e-6


@settings(deadline=None, max_examples=150)
@given(graphs())
def test_every_link_runs_down_one_layer_at_a_time(graph):
    items, links = graph
    found = lay_out(items, links)
    assert sorted(member for row in found.rows for member in row) == list(range(len(found.across)))
    assert all(set(range(len(items))) >= {way[0], way[-1]} for way in found.ways)
    for link, way in zip(links, found.ways, strict=True):
        assert (way[0], way[-1]) == (link.source, link.target)
        assert all(found.row[lower] == found.row[upper] + 1 for upper, lower in pairwise(way))


@settings(deadline=None, max_examples=150)
@given(graphs())
def test_crossings_are_at_most_those_of_simple_orders(graph):
    items, links = graph
    rows = rows_of(items, links, layers(items, links))
    best = crossings(ordered(rows))
    assert best <= crossings(rows)
    assert best <= crossings(type(rows)(items, by_mean_place(rows), rows.segments, rows.ways))


def by_mean_place(rows):
    """One pass down, each layer in the order of the mean places of what it is linked to above."""
    found = [rows.rows[0]] if rows.rows else []
    for level, row in enumerate(rows.rows[1:]):
        place = {member: number for number, member in enumerate(found[-1])}
        above = {member: [place[s.upper] for s in segments_below(rows)[level] if s.lower == member] for member in row}
        found.append(
            sorted(row, key=lambda member: sum(above[member]) / len(above[member])) if all(above.values()) else row
        )
    return found


@settings(deadline=None, max_examples=100)
@given(graphs(most=14))
def test_crossings_are_those_of_each_pair(graph):
    items, links = graph
    rows = rows_of(items, links, layers(items, links))
    for (upper, lower), own in zip(pairwise(rows.rows), segments_below(rows), strict=True):
        ends = [(upper.index(s.upper), lower.index(s.lower)) for s in own]
        each = sum((a - c) * (b - d) < 0 for (a, b), (c, d) in combinations(ends, 2))
        assert crossings_between(upper, lower, own) == each


@settings(deadline=None, max_examples=60)
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=40))
def test_a_tree_has_no_crossings(parents):
    links = [Link(parent % (child + 1), child + 1) for child, parent in enumerate(parents)]
    assert lay_out([Item(10, 10, 10)] * (len(parents) + 1), links).crossings == 0


def test_a_chain_is_straight_and_its_skips_lie_beside_it():
    links = [Link(0, 1), Link(1, 2), Link(2, 3), Link(0, 3), Link(3, 4), Link(4, 5), Link(5, 6), Link(3, 6)]
    found = lay_out([Item(40, 30, 20)] * 7, links)
    assert found.crossings == 0
    assert len({round(place, 6) for place in found.across[:7]}) == 1
    assert all(abs(place - found.across[0]) > 30 for place in found.across[7:])


def test_heavy_links_that_cross_are_not_both_straight():
    heavy = {(0, 3), (1, 2)}
    links = [Link(a, b, weight=2.0 if (a, b) in heavy else 1.0) for a in (0, 1) for b in (2, 3)]
    found = lay_out([Item(10, 10, 10)] * 4, links)
    assert found.crossings == 1
    assert all(found.across[b] - found.across[a] >= 20 for a, b in (found.rows[0], found.rows[1]))


def test_what_is_read_far_below_lies_just_above_its_reader():
    links = [Link(0, 2), Link(2, 3), Link(3, 4), Link(1, 4)]
    assert layers([Item(1, 1, 1)] * 5, links) == [0, 2, 1, 2, 3]


def test_links_of_one_value_share_their_way():
    links = [Link(0, 1), Link(1, 2), Link(2, 3), Link(0, 2), Link(0, 3)]
    found = lay_out([Item(1, 1, 1)] * 4, links)
    assert len(found.across) == 6
    assert found.ways[3][1] == found.ways[4][1]


def test_depth_needs_no_recursion():
    deep = 5000
    links = [Link(i, i + 1) for i in range(deep - 1)] + [Link(i, i + 3) for i in range(0, deep - 3, 3)]
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(200 + len(__import__("inspect").stack()))
    try:
        found = lay_out([Item(10, 10, 10)] * deep, links)
    finally:
        sys.setrecursionlimit(limit)
    assert (len(found.rows), found.crossings) == (deep, 0)


@pytest.mark.parametrize("link", [Link(1, 0), Link(0, 0), Link(0, 2), Link(-1, 1)])
def test_a_link_that_does_not_run_to_a_later_item_is_refused(link):
    with pytest.raises(ValueError, match="must run to a later item"):
        lay_out([Item(1, 1, 1)] * 2, [link])
