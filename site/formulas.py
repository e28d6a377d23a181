"""Formulas as MathML, which browsers draw by themselves: no script, no font, no network."""

from __future__ import annotations

from html import escape

from docutils import nodes
from latex2mathml.converter import convert


def drawn(latex: str, display: str) -> str:
    """MathML of a formula; screen readers and searches find its LaTeX."""
    return convert(latex, display=display).replace("<math ", f'<math aria-label="{escape(latex)}" ', 1)


def inline(translator, node: nodes.math) -> None:
    """Write a formula between words."""
    translator.body.append(drawn(node.astext(), "inline"))
    raise nodes.SkipNode


def block(translator, node: nodes.math_block) -> None:
    """Write a formula on a line of its own."""
    translator.body.append(f'<div class="formula">{drawn(node.astext(), "block")}</div>')
    raise nodes.SkipNode


def setup(app) -> dict[str, bool]:
    """Name the renderer to Sphinx."""
    app.add_html_math_renderer("mathml", inline_renderers=(inline, None), block_renderers=(block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
