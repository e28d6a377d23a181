"""What is shown is true: public names are documented, documented parameters exist, examples and commands run."""

import dataclasses
import enum
import importlib
import inspect
import re
import shlex
import subprocess
from pathlib import Path

import pytest

from suffice.cli import main
from suffice.model import Hyperparameters

REPOSITORY = Path(__file__).resolve().parents[1]
PACKAGES = (
    "suffice",
    "suffice.latent",
    "suffice.energy",
    "suffice.nets",
    "suffice.fit",
    "suffice.inspect",
    "suffice.data",
    "suffice.plot",
)
PAGES = sorted([*REPOSITORY.glob("*.md"), *REPOSITORY.glob("docs/*.md")])
QUICK = [page for page in PAGES if "\n<!-- slow" not in page.read_text()]
"""Pages that are run here; ``make docs`` runs the slow ones, and compares what they print with what they show."""
MACHINE = re.compile(
    r"/wor[k]/|/tm[p]/|/roo[t]/|/hom[e]/|index-ur[l]|/simpl[e]/[a-z]|pyp[i]\.org|pythonhoste[d]|registr[y] *= *.?http"
)


def public_names():
    return [(package, name) for package in PACKAGES for name in importlib.import_module(package).__all__]


def public_objects():
    """Every function and class in an ``__all__``, once, by its full name."""
    found = {}
    for package, name in public_names():
        thing = getattr(importlib.import_module(package), name, None)
        if (inspect.isclass(thing) or inspect.isfunction(thing)) and thing.__module__.startswith("suffice"):
            found[f"{thing.__module__}.{thing.__qualname__}"] = thing
    return found


def public_methods():
    """Every method written here of a public class that does not begin with an underscore."""
    for owner, thing in public_objects().items():
        for name, method in inspect.getmembers(thing, inspect.isroutine) if inspect.isclass(thing) else ():
            if not name.startswith("_") and (getattr(method, "__module__", None) or "").startswith("suffice"):
                yield f"{owner}.{name}", method


OBJECTS = public_objects()
METHODS = dict(public_methods())
each_object = pytest.mark.parametrize("name", OBJECTS)
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


def documented_parameters(docstring):
    """Names in the numpydoc section "Parameters", None where there is no such section."""
    text = inspect.cleandoc(docstring or "")
    section = re.search(r"^Parameters\n-+\n(.*?)(?=^\S[^\n]*\n-+$|\Z)", text, re.MULTILINE | re.DOTALL)
    if section is None:
        return None
    headings = re.findall(r"^(?! )(.+)$", section.group(1), re.MULTILINE)
    return {name.strip().lstrip("*") for heading in headings for name in heading.split(" :")[0].split(",")}


def actual_parameters(thing):
    return {name for name in inspect.signature(thing).parameters if name not in ("self", "cls")}


def is_record(thing):
    """Whether users get it (a named tuple, a value, an error) or hand it on (a prior) rather than work with it."""
    if not inspect.isclass(thing):
        return False
    given_back = dataclasses.is_dataclass(thing) and documented_parameters(thing.__doc__) is None
    return issubclass(thing, tuple | enum.Enum | Exception | Hyperparameters) or (
        given_back and "Attributes\n" in thing.__doc__
    )


def blocks(page, *languages):
    """Code blocks of a Markdown page in these languages, in order."""
    fenced = re.findall(r"^```(\w+)\n(.*?)^```", page.read_text(), re.MULTILINE | re.DOTALL)
    return [(language, code) for language, code in fenced if language in languages and not code.startswith("# not run")]


@pytest.mark.parametrize(("package", "name"), public_names())
def test_public_name_is_importable_and_documented(package, name):
    thing = getattr(importlib.import_module(package), name)
    assert inspect.getdoc(thing)


@pytest.mark.parametrize("package", PACKAGES)
def test_every_public_name_is_listed_once(package):
    names = importlib.import_module(package).__all__
    assert len(names) == len(set(names)) > 0
    assert not [name for name in names if name.startswith("_") and name != "__version__"]


@each_object
def test_documented_parameters_are_the_parameters(name):
    thing = OBJECTS[name]
    if is_record(thing):
        pytest.skip("read rather than called")
    bases = thing.__mro__ if inspect.isclass(thing) else [thing]
    sections = [documented for base in bases if (documented := documented_parameters(base.__doc__)) is not None]
    named = set(re.findall(r"``(\w+)``", inspect.getdoc(thing)))  # a short class may name its parameters in a sentence
    assert (sections[0] if sections else named & actual_parameters(thing)) == actual_parameters(thing)


@pytest.mark.parametrize("name", METHODS)
def test_method_is_documented_with_the_parameters_it_has(name):
    documented = documented_parameters(inspect.getdoc(METHODS[name]))
    assert inspect.getdoc(METHODS[name])
    assert documented is None or documented == actual_parameters(METHODS[name])


@each_object
def test_public_name_has_an_example(name):
    if is_record(OBJECTS[name]):
        pytest.skip("shown in the example of what gives it")
    assert re.search(r"^Examples\n-+\n(.*>>> |See ``)", inspect.getdoc(OBJECTS[name]), re.MULTILINE)


@pytest.mark.parametrize("page", QUICK, ids=lambda page: page.name)
def test_examples_and_commands_of_a_page_run_in_order(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", str(tmp_path / "cache"))
    namespace = {"__name__": page.stem}
    for language, code in blocks(page, "python", "bash"):
        if language == "python":
            exec(compile(code, page.name, "exec"), namespace)
        else:
            run_commands(code)


def run_commands(code):
    """Run the lines that call ``suffice``; check that the others name what exists."""
    for line in code.splitlines():
        words = shlex.split(line, comments=True)
        if words[:1] == ["suffice"]:
            assert main(words[1:]) == 0, line
        elif words[:1] == ["make"]:
            assert re.search(rf"^{words[1]}:", (REPOSITORY / "Makefile").read_text(), re.MULTILINE), line
        elif words[:1] == ["python"]:
            assert (REPOSITORY / words[1]).exists(), line


@each_page
def test_links_between_pages_lead_somewhere(page):
    targets = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_no_file_names_a_machine_path_or_a_package_host():
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=REPOSITORY,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    paths = [REPOSITORY / name for name in listed.stdout.split("\0") if name]
    texts = {path: path.read_bytes().decode(errors="ignore") for path in paths if path.is_file()}
    assert {str(path): found.group() for path, text in texts.items() if (found := MACHINE.search(text))} == {}


def test_every_outcome_stands_on_its_page_with_a_test_that_is_there():
    from suffice.outcome import Outcome

    page = (REPOSITORY / "docs" / "outcomes.md").read_text()
    assert not [outcome for outcome in Outcome if f"| {outcome.value} |" not in page]
    named = re.findall(r"`(tests/\w+\.py)::(\w+)`", page)
    assert len(named) >= len(Outcome)
    assert not [(path, test) for path, test in named if f"def {test}(" not in (REPOSITORY / path).read_text()]


def test_relative_weights_are_said():
    import numpy as np

    from suffice import PPCA

    rows = np.random.default_rng(0).normal(size=(400, 2))
    weighted = PPCA(1).fit(rows, sample_weight=np.full(400, 1 / 400))
    said = "Row weights are relative, since they sum to 1 over 400 rows: they were scaled to sum to 400."
    assert weighted.outcome_.endswith(said)
    assert "relative" not in PPCA(1).fit(rows, sample_weight=np.full(400, 2.0)).outcome_
