"""Names of Suffice in prose lead to their pages."""

from __future__ import annotations

from docutils import nodes
from names import exported
from sphinx.util.nodes import make_refnode


def targets() -> dict[str, str]:
    """Pages of the reference by the words that mean them; a short name that two packages have means none."""
    full = {name.full: f"reference/{name.full}" for name in exported()}
    short = [name.name for name in exported()]
    return full | {name.name: f"reference/{name.full}" for name in exported() if _is_clear(name.name, short)}


def _is_clear(name: str, names: list[str]) -> bool:
    return names.count(name) == 1 and not name.islower()


def link(app, doctree: nodes.document, page: str) -> None:
    """Turn ``Name`` and ``Name(...)`` into links, but in headings, other links and on the name's own page."""
    found = targets()
    for literal in list(doctree.findall(nodes.literal)):
        target = found.get(literal.astext().split("(")[0])
        if target not in (None, page) and not isinstance(literal.parent, nodes.reference | nodes.title):
            literal.replace_self(make_refnode(app.builder, page, target, "", literal.deepcopy()))


def setup(app) -> dict[str, bool]:
    """Hear of every page when its links are known."""
    app.connect("doctree-resolved", link)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
