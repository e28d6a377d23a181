"""The house stands: imports run downwards only and in no circle, packages say what they hold, files stay short."""

import ast
import runpy
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[1] / "src" / "suffice"
FLOORS = (
    ("runtime", "outcome", "choices"),
    ("files",),
    ("rows",),
    ("validation",),
    ("model",),
    ("latent", "energy", "nets", "bayesian"),
    ("fit", "data", "inspect"),
    ("uncertainty",),
    ("estimators", "check"),
    ("selection",),
    ("plot",),
    ("report",),
    ("cli", "demo"),
    ("__main__",),
)
"""From the ground up: a package imports from floors below its own, and from itself."""
UPWARDS = {("selection", "plot"), ("estimators", "report")}
"""Imports that run upwards, when ``found.plot()`` or ``network.draw()`` is called."""
HEIGHT = {name: height for height, names in enumerate(FLOORS) for name in names}
FILES = sorted(path for path in SOURCE.rglob("*.py"))
MOST_LINES = 300


def module_of(path):
    return ".".join(("suffice", *path.relative_to(SOURCE).with_suffix("").parts)).removesuffix(".__init__")


MODULES = {module_of(path): path for path in FILES}


def for_type_checkers(tree):
    """Lines that only a type checker reads."""
    blocks = [node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)]
    return {line for block in blocks for line in ast.walk(block)}


def imported(nodes, unseen=frozenset()):
    """Modules of this package that these nodes import, those that are packages' own names among them."""
    for node in nodes:
        if node in unseen:
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "suffice":
            for alias in node.names:
                name = f"{node.module}.{alias.name}"
                yield name if name in MODULES else node.module
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names if alias.name.split(".")[0] == "suffice")


def room(module):
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else "suffice"


def test_every_room_stands_on_a_floor():
    assert {room(module) for module in MODULES} - {"suffice"} == HEIGHT.keys()


def test_imports_run_downwards():
    upwards = []
    for module, path in MODULES.items():
        here, tree = room(module), ast.parse(path.read_text())
        for other in {room(name) for name in imported(ast.walk(tree), for_type_checkers(tree))} - {here, "suffice"}:
            if here != "suffice" and HEIGHT[other] >= HEIGHT[here] and (here, other) not in UPWARDS:
                upwards.append(f"{module} imports from {other}")
    assert upwards == []


def test_no_module_imports_itself_by_way_of_others():
    graph = {
        module: set(imported(ast.parse(path.read_text()).body)) & MODULES.keys() for module, path in MODULES.items()
    }
    TopologicalSorter(graph).prepare()  # CycleError names the circle


def test_each_package_says_what_lives_there():
    packages = SOURCE.rglob("__init__.py")
    assert [path for path in packages if not ast.get_docstring(ast.parse(path.read_text()))] == []


def test_files_are_short():
    assert not [path for path in FILES if len(path.read_text().splitlines()) > MOST_LINES]


def test_a_gaussian_mixture_imports_what_it_needs():
    program = "import sys; from suffice import GaussianMixture; print(*sys.modules)"
    loaded = set(
        subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    )
    others = {f"suffice.{name}" for name in ("data", "energy", "nets", "plot", "report", "cli")}
    assert loaded & (others | {"optax", "matplotlib"}) == set()


def test_no_family_replaces_an_answer():
    """Classes above a family ask, or answer what it leaves alone; none has many methods, or many classes above it."""
    measured = runpy.run_path(str(SOURCE.parents[1] / "benchmarks" / "structure.py"))
    files = {path: ast.parse(path.read_text()) for path in FILES if "families" in path.parts}
    classes = measured["classes_of"](files)
    replaced, methods = measured["overrides"](classes)
    assert (replaced, methods > 200) == (0, True)
    assert all(len(measured["methods_of"](node)) <= 20 for node in classes.values())
    assert all(len(list(measured["ancestors"](node, classes))) <= 4 for node in classes.values())
