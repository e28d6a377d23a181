"""Pages of the reference: one a public name, from its docstring, and one a package."""

from __future__ import annotations

import enum
import inspect
from importlib import import_module
from pathlib import Path

from lacking import remarks
from names import Name, exported, names_of, packages

UNLISTED = ":orphan:"
"""Beside every page stands the list of pages: with all names it would be most of the site, and take most of the time."""


def write_reference(folder: Path) -> None:
    """Write all pages to a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for name in exported():
        (folder / f"{name.full}.rst").write_text(page_of_name(name))
    for package in packages():
        (folder / f"{package}.rst").write_text(page_of_package(package))


def page_of_name(name: Name) -> str:
    """A public name: its docstring, its methods, and why it has no formula, errors or example where it has none."""
    above = f"In :doc:`{name.package}`."
    parts = [UNLISTED, headed(name.name, "="), above, documented(name), *map(paragraph, remarks(name))]
    if name.methods:
        parts += [headed("Methods", "-"), *(member(name, each) for each in name.methods)]
    return "\n\n".join(parts) + "\n"


def documented(name: Name) -> str:
    """What makes Sphinx write the docstring; of an enumeration with its members, of another value the value."""
    if not callable(name.thing):
        return f".. py:data:: {name.full}\n   :value: {name.thing!r}"
    kind = "class" if inspect.isclass(name.thing) else "function"
    members = inspect.isclass(name.thing) and issubclass(name.thing, enum.Enum)
    return f".. auto{kind}:: {name.full}" + "\n   :members:\n   :undoc-members:" * members


def member(name: Name, method: str) -> str:
    """A method or a property."""
    kind = "property" if isinstance(inspect.getattr_static(name.thing, method), property) else "method"
    return f".. auto{kind}:: {name.full}.{method}"


def page_of_package(package: str) -> str:
    """What a package is for, and its names."""
    homes = {id(name.thing): name for name in exported()}
    names = [homes[id(name.thing)] for name in names_of(package)]
    introduction = inspect.getdoc(import_module(package)) or ""
    return "\n\n".join([headed(package, "="), introduction, table(names)]) + "\n"


def table(names: list[Name]) -> str:
    """Names, and what they are in a sentence."""
    rows = [f"   * - :doc:`{name.name} <{name.full}>`\n     - {name.first_sentence}" for name in names]
    return "\n".join([".. list-table::", "   :class: names", "   :widths: 30 70", "", *rows])


def list_of_packages() -> str:
    """All packages, with what each is for, in Markdown."""
    said = [f"- [{package}](reference/{package}.rst): {_first_line(package)}" for package in packages()]
    contents = "\n".join(["```{toctree}", ":hidden:", "", *(f"reference/{package}" for package in packages()), "```"])
    return "\n".join(
        [f"\n{len(exported())} names, by the package that they are imported from:\n", *said, "", contents, ""]
    )


def _first_line(package: str) -> str:
    return (inspect.getdoc(import_module(package)) or "").split("\n")[0]


def headed(title: str, line: str) -> str:
    """A heading."""
    return f"{title}\n{line * len(title)}"


def paragraph(remark: str) -> str:
    """A remark below a docstring."""
    return f".. container:: remark\n\n   {remark}"
