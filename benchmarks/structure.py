"""How the code is built: lines, functions, classes, and what a fit and a command walk through. Prints one table.

python benchmarks/structure.py              # this package
python benchmarks/structure.py tinygp efax  # installed packages beside it, lines and classes only
"""

from __future__ import annotations

import ast
import contextlib
import io
import itertools
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

Functions = list[ast.FunctionDef | ast.AsyncFunctionDef]


def trees(package: str) -> dict[Path, ast.Module]:
    """Every file of a package, parsed."""
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise SystemExit(f"{package} is not installed.")
    return {path: ast.parse(path.read_text()) for path in sorted(Path(spec.origin).parent.rglob("*.py"))}


def lines_of(node: Any) -> int:
    """Lines from the first to the last, docstring included."""
    return node.end_lineno - node.lineno + 1


def functions_of(tree: ast.AST) -> Functions:
    """Functions and methods, nested ones too."""
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def classes_of(files: dict[Path, ast.Module]) -> dict[str, ast.ClassDef]:
    """Classes by name."""
    return {node.name: node for tree in files.values() for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}


def methods_of(node: ast.ClassDef) -> dict[str, Any]:
    """Methods written in the body of a class."""
    return {item.name: item for item in node.body if isinstance(item, ast.FunctionDef)}


def ancestors(node: ast.ClassDef, classes: dict[str, ast.ClassDef]) -> Iterator[ast.ClassDef]:
    """Classes of the package above one."""
    seen, waiting = set(), [node]
    while waiting:
        for base in waiting.pop().bases:
            name = ast.unparse(base).split("[")[0].split(".")[-1]
            if name in classes and name not in seen and classes[name] is not node:
                seen.add(name)
                waiting.append(classes[name])
                yield classes[name]


def is_concrete(method: ast.FunctionDef) -> bool:
    """Whether a method does something: neither abstract, nor a hook that only returns a constant or raises."""
    body = [line for line in method.body if not (isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant))]
    if any("abstract" in ast.unparse(decorator) for decorator in method.decorator_list) or not body:
        return False
    return not isinstance(body[0], ast.Raise | ast.Pass)


def overrides(classes: dict[str, ast.ClassDef]) -> tuple[int, int]:
    """Methods that replace a concrete one of a class above, and all methods; dunder methods aside."""
    count, methods = 0, 0
    for node in classes.values():
        above = [methods_of(base) for base in ancestors(node, classes)]
        for name in methods_of(node):
            methods += 1
            hidden = name.startswith("__")
            count += not hidden and any(name in own and is_concrete(own[name]) for own in above)
    return count, methods


def parameters_of(function: Any) -> int:
    """Parameters without ``self`` and ``cls``."""
    given = function.args.posonlyargs + function.args.args + function.args.kwonlyargs
    return sum(argument.arg not in ("self", "cls") for argument in given)


def share_of_any(functions: Functions) -> str:
    """Parameters that are annotated ``Any`` and nothing else."""
    given = [a for f in functions for a in f.args.posonlyargs + f.args.args + f.args.kwonlyargs]
    given = [argument for argument in given if argument.arg not in ("self", "cls")]
    loose = [argument for argument in given if argument.annotation and ast.unparse(argument.annotation) == "Any"]
    return f"{100 * len(loose) / max(1, len(given)):.0f} %"


def static_figures(package: str) -> dict[str, Any]:
    """What the text of a package says."""
    files = trees(package)
    sizes = sorted(len(path.read_text().splitlines()) for path in files)
    functions = [function for tree in files.values() for function in functions_of(tree)]
    lengths, classes = sorted(map(lines_of, functions)), classes_of(files)
    replaced, methods = overrides(classes)
    wide = [f for f in functions if parameters_of(f) > 12 and f.name != "__init__"]
    return {
        "files / lines": f"{len(files)} / {sum(sizes):,}",
        "lines of a file, median / 95 % / most": f"{statistics.median(sizes):.0f} / {quantile(sizes)} / {sizes[-1]}",
        "lines of a function, median / 95 % / most": f"{statistics.median(lengths):.0f} / {quantile(lengths)} / {lengths[-1]}",
        "methods of the largest class": max((len(methods_of(node)) for node in classes.values()), default=0),
        "most classes of the package above one": max(len(list(ancestors(c, classes))) for c in classes.values()),
        "overrides of concrete methods": f"{replaced} ({100 * replaced / max(1, methods):.1f} %)",
        "functions with more than 12 parameters, constructors aside": len(wide),
        "parameters annotated Any": share_of_any(functions),
    }


def quantile(values: list[int]) -> int:
    """95 % of the values are at most this."""
    return values[int(0.95 * len(values))]


def walked(work: Callable[[], Any]) -> list[Path]:
    """The files of this package whose functions ``work`` called, in the order of calls."""
    root = str(Path(find_spec("suffice").origin).parent)  # type: ignore[union-attr, arg-type]
    files: list[Path] = []

    def note(frame: Any, event: str, _: Any) -> None:
        if event == "call" and frame.f_code.co_filename.startswith(root) and not frame.f_code.co_name.startswith("<"):
            files.append(Path(frame.f_code.co_filename).relative_to(root))

    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(None)
    return files


def legs(files: list[Path]) -> int:
    """How often a reader who follows the calls changes file."""
    return sum(before != after for before, after in itertools.pairwise(files))


def ways(files: list[Path]) -> int:
    """How many different changes of file there are among these: what is left where loops go round."""
    return len({pair for pair in itertools.pairwise(files) if pair[0] != pair[1]})


def walks() -> dict[str, Any]:
    """What following a fit and a command takes."""
    from suffice import GaussianMixture
    from suffice.cli import main

    import_module("suffice.cli.fit")  # what it calls when it is imported is no way of a fit
    rows = np.random.default_rng(0).normal(size=(120, 3))
    fit = walked(lambda: GaussianMixture(2, random_state=0).fit(rows))
    with tempfile.TemporaryDirectory() as folder:
        np.savetxt(f"{folder}/rows.csv", rows, delimiter=",", header="a,b,c", comments="")
        words = ["fit", "gaussian-mixture", f"{folder}/rows.csv", "--n-components", "2", "--out", f"{folder}/run"]
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            command = [file for file in walked(lambda: main(words)) if file.parts[0] == "cli"]
    return {
        "GaussianMixture.fit on 120 x 3, files": len(set(fit)),
        "the same, changes of file": legs(fit),
        "the same, different changes of file": ways(fit),
        "suffice fit gaussian-mixture, legs through cli/": legs(command),
    }


def main(packages: list[str]) -> None:
    """Print a Markdown table."""
    columns = {package: static_figures(package) for package in ["suffice", *packages]}
    columns["suffice"] |= walks()
    print("| |", " | ".join(columns), "|")
    print("|---|", "---|" * len(columns), sep="")
    for row in columns["suffice"]:
        print(f"| {row} |", " | ".join(str(column.get(row, "")) for column in columns.values()), "|")


if __name__ == "__main__":
    main(sys.argv[1:])
