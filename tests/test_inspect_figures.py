"""Pictures of graphs in the documentation: the command that makes them, and the numbers known from working them out by hand."""

import runpy
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[1] / "docs"
BY_HAND = {
    "graph-scalar": ("f = 0.6296", "w̄1 = −0.117", "w̄2 = 0.2876", "w̄3 = 0.2998"),
    "graph-sort": ("low = −1", "high = 3", "d_low = 1", "b̄ = 1", "ā = 0"),
    "graph-residual": ("residual add", "ȳ = [1 1 1 1]", "line skip"),
    "graph-softmax": ("−0.04952", "0.008863", "0.04066", "−0.0001727", "−0.0005188", "0.0006915"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("figures")
    program = runpy.run_path(str(DOCS / "graphs.py"))
    program["main"].__globals__["FOLDER"] = folder
    words, sys.argv = sys.argv, ["graphs.py"]
    try:
        program["main"]()
    finally:
        sys.argv = words
    return folder


@pytest.mark.parametrize("name", BY_HAND)
def test_a_picture_holds_the_numbers_worked_out_by_hand(made, name):
    for path in (made, DOCS / "figures"):
        picture = (path / f"{name}.svg").read_text().replace("\N{NO-BREAK SPACE}", " ")
        assert [number for number in BY_HAND[name] if number not in picture] == []


def test_every_picture_of_the_page_is_made_by_a_command_on_it():
    page = (DOCS / "inspect.md").read_text()
    by_script = (DOCS / "graphs.py").read_text()
    for path in sorted((DOCS / "figures").glob("graph-*.svg")):
        assert f"figures/{path.name}" in page
        assert f'"{path.stem}"' in by_script or f"--graph {path.name}" in page
