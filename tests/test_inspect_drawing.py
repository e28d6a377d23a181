"""Drawings: nothing overlaps, arrows run downwards past boxes, groups and repeats keep what they hold, text can be read back."""

import itertools
import re
import sys
from dataclasses import replace
from graphlib import TopologicalSorter
from xml.etree import ElementTree

import numpy as np
import pytest
from graph_examples import Builder, chain, graphs, residual_block, residual_network
from hypothesis import given, settings
from hypothesis import strategies as st

from suffice.inspect import draw
from suffice.inspect.drawing.clusters import clusters
from suffice.inspect.drawing.numbers import array_lines
from suffice.inspect.drawing.place import placed
from suffice.inspect.drawing.svg import way

quickly = settings(deadline=None, max_examples=100)


def laid_out(drawing, outline=None):
    outline = drawing._seen if outline is None else outline
    return outline, placed(drawing._arranged(outline, drawing._labels(outline)))


def apart(one, other):
    return one.right < other.left or other.right < one.left or one.bottom < other.top or other.bottom < one.top


def inside(one, other):
    return (
        other.left <= one.left and one.right <= other.right and other.top <= one.top and one.bottom <= other.bottom
    )  # fmt: skip


def ancestors(outline, part):
    group = outline.home[part] if part < len(outline.boxes) else outline.groups[part - len(outline.boxes)].parent
    while group >= 0:
        yield group + len(outline.boxes)
        group = outline.groups[group].parent


@quickly
@given(graphs(), st.booleans())
def test_no_two_boxes_overlap_and_groups_hold_their_own(graph, parameters):
    outline, sheet = laid_out(draw(graph, parameters=parameters, most=None))
    for one, other in itertools.combinations(range(len(sheet.rectangles)), 2):
        first, second = sheet.rectangles[one], sheet.rectangles[other]
        if one in ancestors(outline, other):
            assert inside(second, first)
        elif other in ancestors(outline, one):
            assert inside(first, second)
        else:
            assert apart(first, second)
    assert all(box.left >= 0 and box.right <= sheet.width and box.bottom <= sheet.height for box in sheet.rectangles)


@quickly
@given(graphs())
def test_every_line_runs_downwards_past_all_boxes(graph):
    outline, sheet = laid_out(draw(graph, parameters=True, most=None))
    boxes = sheet.rectangles[: len(outline.boxes)]
    for line in sheet.lines:
        heights = [height for stop in line.stops for height in (stop.top, stop.bottom)]
        assert heights == sorted(heights)
        points = np.array(list(along(way(line))))
        assert (np.diff(points[:, 1]) >= -1e-6).all()
        for box in boxes:
            within = (points > (box.left + 0.1, box.top + 0.1)) & (points < (box.right - 0.1, box.bottom - 0.1))
            assert not within.all(1).any()


def along(path):
    """Points of a path of straight pieces and curves."""
    x = y = 0.0
    for letter, numbers in re.findall(r"([MVC])([^MVC]*)", path):
        found = [float(number) for number in numbers.split()]
        if letter == "C":
            ends = np.array([[x, y], found[:2], found[2:4], found[4:]])
            for t in np.linspace(0, 1, 24):
                yield np.array([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3]) @ ends
            x, y = found[4:]
        else:
            x, y = (x, found[0]) if letter == "V" else found
            yield x, y


@quickly
@given(graphs())
def test_the_lines_of_an_arrow_lead_from_its_source_to_its_target(graph):
    outline, sheet = laid_out(draw(graph, parameters=True, most=None))
    for number, arrow in enumerate(outline.arrows):
        pieces = sorted((line for line in sheet.lines if number in line.arrows), key=lambda line: line.stops[0].top)
        source, target = sheet.rectangles[arrow.source], sheet.rectangles[arrow.target]
        first, last = pieces[0].stops[0], pieces[-1].stops[-1]
        assert first.top == pytest.approx(source.bottom)
        assert source.left <= first.x <= source.right
        assert last.bottom == pytest.approx(target.top)
        assert target.left <= last.x <= target.right
        assert [line.ends for line in pieces] == [False] * (len(pieces) - 1) + [True]
        for upper, lower in itertools.pairwise(pieces):
            assert (upper.stops[-1].x, upper.stops[-1].bottom) == pytest.approx((lower.stops[0].x, lower.stops[0].top))


@quickly
@given(st.lists(st.sampled_from([None, *"abc"]), max_size=14), st.data())
def test_clusters_make_no_circle_and_stay_whole_where_they_can(keys, data):
    count = len(keys)
    pair = st.tuples(st.integers(0, max(count - 1, 0)), st.integers(0, max(count - 1, 0))).filter(
        lambda ends: ends[0] < ends[1]
    )
    ends = data.draw(st.lists(pair, max_size=2 * count)) if count > 1 else []
    found = clusters(keys, ends)
    assert is_acyclic(found, ends)
    assert all(len({keys[v] for v in range(count) if found[v] == own}) == 1 for own in found)
    assert all(found.count(own) == 1 for own, key in zip(found, keys, strict=True) if key is None)
    whole = [(number, key) if key is None else key for number, key in enumerate(keys)]
    if is_acyclic(whole, ends):
        assert len(set(found)) == len(set(whole))


def is_acyclic(labels, ends):
    between = {}
    for source, target in ends:
        if labels[source] != labels[target]:
            between.setdefault(labels[target], set()).add(labels[source])
    try:
        TopologicalSorter(between).prepare()
    except ValueError:
        return False
    return True


@quickly
@given(graphs(most=12), st.integers(1, 6))
def test_folding_keeps_every_operation(graph, most):
    """Boxes times how often their groups are there are all operations, whatever is folded."""
    drawing = draw(graph, parameters=False, most=most)
    counted = [
        len(box.nodes)
        * np.prod([drawing.outline.groups[g].repeats for g in drawing.outline.enclosing(place)], dtype=int)
        for place, box in enumerate(drawing.outline.boxes)
    ]
    assert sum(counted) == len(draw(graph, parameters=False, most=None).outline.boxes)
    assert not any(arrow.source == arrow.target for arrow in drawing._seen.arrows)


@pytest.mark.parametrize("length", [2, 40, 5000])
def test_a_chain_of_like_blocks_is_drawn_as_one_with_their_number(length):
    drawing = draw(chain(length, "affine", "tanh", "normalisation"), most=6)
    assert drawing.boxes == 4
    assert f"× {length:,}:" in str(drawing)


def test_copies_beside_one_another_are_no_repeats():
    build = Builder()
    x = build("input", name="x")
    heads = [build("tanh", build("affine", x)) for _ in range(5)]
    total = heads[0]
    for head in heads[1:]:
        total = build("multiply", total, head)
    assert draw(build.graph(total), most=3).boxes == 1 + 10 + 4


def test_a_residual_network_is_drawn_in_sixty_boxes_at_most():
    drawing = draw(residual_network())
    assert drawing.boxes <= 60
    assert "blocks[1–5] × 5" in drawing.to_html()
    text = str(drawing)
    assert "blocks[1–2] × 2:" in text
    assert re.search(r"■ +stages\[3\]", text)


def test_depth_needs_no_recursion():
    limit = sys.getrecursionlimit()
    drawing = draw(chain(2500, "affine", "tanh"), most=None)
    sys.setrecursionlimit(400)
    try:
        assert drawing.to_svg().count("<rect") == len(str(drawing).splitlines()) == 5001
    finally:
        sys.setrecursionlimit(limit)


def test_paths_past_a_sum_are_marked():
    outline = draw(residual_block(), parameters=False, most=None).outline
    named = {place: residual_block().nodes[box.nodes[0]].name for place, box in enumerate(outline.boxes)}
    assert [(named[one.source], named[one.target]) for one in outline.arrows if one.skip] == [("x", "h"), ("h", "y")]
    projected = draw(residual_network((1,)), most=None).outline
    assert sum(arrow.skip for arrow in projected.arrows) == 3


@quickly
@given(graphs())
def test_text_can_be_read_back(graph):
    """The rails say which box reads which."""
    drawing = draw(graph, parameters=True, most=None)
    arrows = {(arrow.source, arrow.target) for arrow in drawing._seen.arrows}
    assert read_back(drawing) == arrows


def read_back(drawing):
    from suffice.inspect.drawing.parts import parts
    from suffice.inspect.drawing.text import _in_order

    order = [part for part, _ in _in_order(parts(drawing._seen)) if part < len(drawing._seen.boxes)]
    lines = [line for line in str(drawing).splitlines() if re.match(r"[│├┤┴┼╰╯─ ]*[○●■]", line)]
    unread = {arrow.source for arrow in drawing._seen.arrows}
    columns, found = {}, set()
    for box, line in zip(order, lines, strict=True):
        rails = dict(enumerate(re.match(r"[│├┤┴┼╰╯─ ]*[○●■][│├┤┴┼╰╯─ ]*", line)[0].rstrip()[::2]))
        own = next(column for column, sign in rails.items() if sign in "○●■")
        assert {column for column, sign in rails.items() if sign in "│├┤┴┼╰╯"} | {own} == columns.keys() | {own}
        read = {column for column, sign in rails.items() if sign in "├┤┴┼╰╯"} | ({own} & columns.keys())
        found |= {(columns[column], box) for column in read}
        columns = {column: value for column, value in columns.items() if rails[column] not in "┴╰╯" and column != own}
        if box in unread:
            columns[own] = box
    return found


def test_text_stays_as_it_is():
    assert str(draw(residual_block(), parameters=False)) == (
        "○    x     input                     4\n"
        "├─●  z     affine, W (4 × 4), b (4)  4\n"
        "│ ●  tanh                            4\n"
        "●─╯  h     residual add              4\n"
        "├─●  r     affine, V (4 × 4), c (4)  4\n"
        "│ ●  tanh                            4\n"
        "●─╯  y     residual add              4"
    )


def test_names_are_escaped():
    build = Builder()
    x = build("input", name='<script>"&', scope=("</title>", "a"))
    y = build("tanh", x, name="</script>]]>\x00\u202e", scope=("</title>", "a"))
    drawing = draw(build.graph(build("relu", y)), title="</script><b>")
    ElementTree.fromstring(drawing.to_svg())
    page = drawing.to_html()
    assert '<script>"' not in page
    assert page.count("</script>") == 2
    assert "\x00" not in page


def test_names_stay_in_one_line_of_a_bearable_length():
    build = Builder()
    x = build("input", name="line\nbreak\x1b[31m")
    text = str(draw(build.graph(build("tanh", x, name="n" * 300))))
    assert len(text.splitlines()) == 2
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) < 100


def test_no_picture_and_no_page_refers_to_another_place():
    drawing = draw(residual_network())
    for text in (drawing.to_svg(), drawing.to_html()):
        outside = re.findall(r"https?://[^\s\"']+|@import|url\(|\bsrc=|\bhref=|//[a-z]+\.", text)
        assert set(outside) <= {"http://www.w3.org/2000/svg"}
    assert "<script" not in drawing.to_svg()


def test_values_and_derivatives_stand_in_their_boxes():
    import jax.numpy as jnp

    from suffice.inspect import graph

    def block(x):
        z = 3.0 * x
        h = jnp.tanh(z) + x
        return h

    traced = graph(block, 0.5)
    drawing = draw(traced, traced.forward(), traced.backward())
    h, slope = np.tanh(1.5) + 0.5, 1 + 3 * (1 - np.tanh(1.5) ** 2)
    for text in (str(drawing), drawing.to_svg(), drawing.to_html()):
        assert f"{h:.4g}" in text
        assert f"{slope:.4g}" in text


def test_a_notebook_shows_a_graph_as_its_picture():
    graph = residual_block()
    assert graph._repr_html_() == draw(graph)._repr_html_() == draw(graph).to_svg()


def test_blanks_hide_their_answers_and_nothing_else():
    from suffice.inspect import graph

    def f(w, x):
        u = w * x
        y = u**2
        return y

    traced = graph(f, 1.25, 3.0)
    values, derivatives = traced.forward(), traced.backward()
    everything = traced.blank(8)
    hidden = draw(traced, values, derivatives, blanks=everything.blanks)
    for text in (str(hidden), hidden.to_svg(), hidden.to_html()):
        text = text.replace("\N{NO-BREAK SPACE}", " ")
        assert all(f"({blank.number}) ____" in text for blank in everything.blanks)
        assert "3.75" not in text  # u
        assert "14.06" not in text  # y
    one = next(blank for blank in everything.blanks if blank.kind == "value")
    shown = str(draw(traced, values, derivatives, blanks=[one]))
    assert shown.count("____") == 1
    assert f"({one.number}) ____" in shown.splitlines()[one.node]


def test_saving_is_by_the_ending_and_leaves_older_files_until_it_is_done(tmp_path):
    drawing = draw(residual_block())
    for ending, begin in ((".svg", "<svg"), (".html", "<!doctype html>"), (".txt", "○")):
        assert drawing.save(tmp_path / f"graph{ending}").read_text().startswith(begin)
    with pytest.raises(ValueError, match=r"'graph.png' was given; a name ending in .svg, .html, .txt is expected"):
        drawing.save(tmp_path / "graph.png")
    with pytest.raises(ValueError, match="nothing that was there is changed"):
        drawing.save(tmp_path / "graph.txt" / "graph.svg")


def test_what_cannot_be_drawn_is_a_sentence():
    from suffice.inspect import Graph

    graph = residual_block()
    with pytest.raises(ValueError, match="list was given; draw takes a graph"):
        draw([1, 2])
    with pytest.raises(ValueError, match="has no nodes"):
        draw(Graph((), ()))
    with pytest.raises(ValueError, match="most"):
        draw(graph, most=0)
    with pytest.raises(ValueError, match="derivatives are not those of this graph"):
        draw(graph, None, np.ones(3))


def test_one_turn_of_a_loop_is_a_group_with_its_number():
    import jax
    import jax.numpy as jnp

    from suffice.inspect import graph

    def turn(carry, x):
        h = jnp.tanh(0.5 * carry + x)
        return h, 2.0 * h

    def loop(x, start):
        last, every = jax.lax.scan(turn, start, x)
        total = every.sum()
        return total + last.sum()

    traced = graph(loop, np.ones((10, 3)), np.ones(3))
    drawing = draw(traced, traced.forward(), traced.backward())
    assert "repeated × 10:" in str(drawing)
    operations = [drawing.opened.graph.nodes[box.nodes[0]].operation for box in drawing.outline.boxes]
    assert [operations.count(one) for one in ("tanh", "reduce sum", "output", "repeated")] == [1, 2, 0, 0]
    assert f"total = {float(traced.forward()['total']):.4g}" in str(drawing)


def test_a_loop_and_what_is_not_known_have_boxes_too():
    build = Builder()
    x = build("repeated", build("input", name="x"))
    build.nodes[x] = replace(build.nodes[x], repeats=10)
    drawing = draw(build.graph(build("unknown", x)))
    assert "repeated × 10" in str(drawing)
    assert 'class="box unknown output"' in drawing.to_svg()


@pytest.mark.parametrize(
    ("values", "lines"),
    [
        (0.62958622, ["0.6296"]),
        (-0.0, ["0"]),
        (-1.5e-7, ["−1.5e−7"]),
        (np.inf, ["inf"]),
        (True, ["True"]),
        (3 - 2j, ["(3-2j)"]),
        ([1.0, -2.0], ["[1 −2]"]),
        ([[1.0, -2.0], [10.0, 2.5]], ["[ 1  −2]", "[10 2.5]"]),
        (np.zeros((0, 3)), ["no values"]),
        (np.arange(50.0), ["0 to 49"]),
        (np.full((9, 9), 2.0), ["all 2"]),
        (np.array([np.nan, *range(8)]), ["0 to 7, 1 not finite"]),
        (np.full(20, np.nan), ["20 values, none finite"]),
        (np.zeros(20, bool), ["20 values"]),
    ],
)
def test_numbers_take_few_letters(values, lines):
    assert array_lines(np.asarray(values)) == lines
