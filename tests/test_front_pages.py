"""Reports under a reader's hands: values, tables, pictures to take away; in a real browser where there is one."""

from __future__ import annotations

import csv
import html
import io
import json
import re
import sys
from pathlib import Path

import numpy as np
import pytest

from suffice import GaussianMixture, write_report
from suffice.plot.marks import Bars, Dots, Image, Line, Words, cells
from suffice.plot.panel import Axis, Panel
from suffice.report.numbers import MOST, numbers_of
from suffice.report.scatter import MOST_ROWS, scatter
from suffice.report.svg.sheet import svg

sys.path.insert(0, str(Path(__file__).parents[1] / "site"))
import browse
import gallery
import seen

ROWS = np.concatenate([np.random.default_rng(0).normal(size=(30, 3)) + 4 * side for side in (0, 1)])
BROWSER = browse.browser()
in_a_browser = pytest.mark.skipif(BROWSER is None, reason="no browser is on PATH")


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    model = GaussianMixture(2, random_state=0).fit(ROWS)
    return write_report(model, ROWS, tmp_path_factory.mktemp("page") / "report.html", columns=["a", "b", "<c>"])


def read(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_the_numbers_of_a_picture_are_those_of_its_marks():
    x, y = np.array([0.0, 1.0, 2.0]), np.array([1 / 3, np.nan, 5.0])
    marks = [
        Line(x, y, "#000", label="way, with a comma"),
        Bars(x, x + 1, 0 * x, y, "#000"),
        Words(x, y, list("abc"), "#000"),
    ]
    lines = read(numbers_of([Panel(marks, x=Axis(ticks=[1.0], names=["one"]))]))
    assert [line["mark"] for line in lines] == ["line"] * 3 + ["bars"] * 3
    assert lines[0] | {"series": ""} == {"panel": "0", "series": "", "mark": "line", "x": "0", "y": "0.333333", "x_end": "",
                                         "y_end": "", "value": ""}  # fmt: skip
    assert (lines[0]["series"], lines[1]["x"], lines[1]["y"]) == ("way, with a comma", "one", "")
    assert (lines[5]["x"], lines[5]["x_end"], lines[5]["y_end"]) == ("2", "3", "5")


def test_cells_lie_where_they_are_drawn_and_too_many_are_said_to_be_left_out():
    image = Image(np.array([[1.0, 2.0]]), "gray_r", (0.0, 4.0, 0.0, 1.0))
    assert [(line["x"], line["y"], line["value"]) for line in read(numbers_of([Panel([image])]))] == [
        ("1", "0.5", "1"),
        ("3", "0.5", "2"),
    ]
    (line,) = read(numbers_of([Panel([Image(np.zeros((MOST, 2)), "gray_r", (0.0, 1.0, 0.0, 1.0))])]))
    assert line["value"] == f"left out: {2 * MOST} lines"


def test_groups_of_dots_are_told():
    dots = Dots(np.arange(3.0), np.arange(3.0), ["#a", "#b", "#a"])
    assert [line["value"] for line in read(numbers_of([Panel([dots])]))] == ["0", "1", "0"]


def test_graphs_of_functions_tell_their_values_and_outlines_do_not():
    graph = Line(np.arange(50.0), np.arange(50.0) ** 2, "#000", label="loss")
    told = re.findall("<title>(.*?)</title>", svg(Panel([graph])))
    assert told[0] == "loss: 0, 0"
    assert told[-1] == "loss: 49, 2401"
    assert 10 < len(told) <= 24
    turn = np.linspace(0, 6, 50)
    assert "<title>" not in svg(Panel([Line(np.cos(turn), np.sin(turn), "#000")]))


def test_the_first_line_of_a_table_is_above_the_others_whether_the_axis_says_so_or_not():
    table = Image(np.arange(6.0).reshape(3, 2), "gray_r", cells(np.zeros((3, 2))), 0.0, 5.0)
    first, last = (
        float(re.search(rf'y="([\d.]+)"[^>]*><title>{value}</title>', svg(Panel([table], bare=True)))[1])
        for value in (0, 5)
    )
    assert first < last
    said = Panel([table], y=Axis(low=2.5, high=-0.5), bare=True)
    assert svg(said) == svg(Panel([table], bare=True))


def test_rows_for_a_picture_of_two_columns_are_few_and_safe_in_html():
    rows = np.random.default_rng(0).normal(size=(2 * MOST_ROWS + 1, 3))
    rows[0, 1] = np.nan
    text = scatter(rows, ["a", "</script>", "c"], np.zeros(len(rows), int), ["all"])
    assert "<" not in text
    found = json.loads(text)
    assert len(found["rows"]) == len(found["groups"]) <= MOST_ROWS
    assert found["rows"][0][1] is None
    assert scatter(rows[:, :2], ["a", "b"], np.zeros(len(rows), int), ["all"]) == ""


def test_a_page_asks_nobody_for_anything_and_reads_without_scripts(report):
    text = report.read_text()
    assert len(text) < 2_000_000
    plain = re.sub("<script.*?</script>", "", text, flags=re.DOTALL)
    assert not re.search(r"""(src|href)=["']?(https?:)?//""", text)
    assert "Any two columns" not in plain
    assert plain.count("<figure") == plain.count("<details") >= 4
    assert "<button" not in plain


@in_a_browser
def test_reports_look_well_and_their_scripts_make_no_errors(report):
    assert seen.faults_of_report(BROWSER, report) == []


@in_a_browser
def test_what_looks_badly_is_found(tmp_path):
    faint = '<p style="color: #bbb; background: #fff">faint</p>'
    bad = f'{faint}<div class="picture"><svg width="90" height="30"><text y="20">one</text>'
    page = tmp_path / "bad.html"
    page.write_text(f"<!doctype html><body>{bad}<text y='22'>other</text></svg></div><script>lacking()</script>")
    found = "\n".join(seen.faults_of_report(BROWSER, page))
    assert "lie over one another" in found
    assert "has a contrast of" in found
    assert "lacking is not defined" in found


TOUCH = """<script>addEventListener("load", () => {
  const table = [...document.querySelectorAll(".table > table")].find(one => one.tHead && one.tBodies[0].rows.length > 1);
  const column = () => [...table.tBodies[0].rows].map(row => row.cells[1].textContent);
  const button = table.tHead.rows[0].cells[1].querySelector("button"), orders = [];
  for (let k = 0; k < 3; k++) { button.click(); orders.push(column()); }
  const links = [...document.querySelector("figure .take").children];
  links.forEach(link => link.addEventListener("click", event => event.preventDefault()));
  links.slice(1).forEach(link => link.click());
  const chosen = document.querySelector(".chosen select");
  chosen.value = "2"; chosen.dispatchEvent(new Event("change"));
  const details = document.querySelector("details"); details.open = true;
  setTimeout(() => {
    const told = { orders, links: links.map(link => link.download), csv: links[2].href.slice(0, 60), html: links[3].href.length,
      axis: document.querySelector(".chosen svg").textContent, dots: document.querySelectorAll(".chosen circle").length,
      lines: details.querySelectorAll("tbody tr").length, hints: document.querySelectorAll("[data-tip]").length };
    const one = document.createElement("pre"); one.id = "told"; one.textContent = JSON.stringify(told); document.body.append(one);
  }, 200);
});</script>"""


@in_a_browser
def test_tables_sort_columns_are_chosen_and_pictures_are_taken_away(report, tmp_path):
    page = tmp_path / "touched.html"
    page.write_text(report.read_text() + TOUCH)
    shown, said = browse.opened(BROWSER, page.as_uri())
    assert said == []
    told = json.loads(html.unescape(re.search('<pre id="told">(.*?)</pre>', shown, re.DOTALL)[1]))
    down, up, first = told["orders"]
    assert down == sorted(first, key=float, reverse=True)
    assert up == sorted(first, key=float)
    assert [name.rpartition(".")[2] for name in told["links"]] == ["png", "svg", "csv", "html"]
    assert told["csv"].startswith("data:text/csv;charset=utf-8,panel%2Cseries")
    assert told["html"] > 1000
    assert "<c>" in told["axis"]
    assert told["dots"] == len(ROWS)
    assert told["lines"] > 1
    assert told["hints"] > 10


def test_the_gallery_has_a_report_of_every_kind():
    page = gallery.page()
    assert all(f"reports/{one.file}.html" in page for one in gallery.GALLERY)
    assert len({one.made for one in gallery.GALLERY}) == len(gallery.GALLERY)
