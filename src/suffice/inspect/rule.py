"""The backward rule of one node, to be read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from suffice.inspect.labels import barred
from suffice.inspect.notation import name_in_latex, pulled_back, written
from suffice.inspect.rules.formulas import contributions
from suffice.inspect.values import differentiable

if TYPE_CHECKING:
    from suffice.inspect.nodes import Graph


@dataclass(frozen=True)
class Rule:
    """What a node gives to the derivative of each of its inputs.

    Attributes
    ----------
    targets
        Names of the inputs' derivatives.
    formulas
        For each, an expression that NumPy runs.
    label, sources
        Names of the node, and of the input of each line.
    numbers
        Names of values that are one number each.
    """

    targets: tuple[str, ...]
    formulas: tuple[str, ...]
    label: str
    sources: tuple[str, ...]
    numbers: frozenset[str]

    @property
    def text(self) -> str:
        """The rule as it is written by hand, a line for each input."""
        lines = (self._written(place, latex=False) for place in range(len(self.formulas)))
        return "\n".join(f"{target} += {line}" for target, line in zip(self.targets, lines, strict=True))

    @property
    def latex(self) -> str:
        """The rule in LaTeX, a line for each input."""
        lines = (self._written(place, latex=True) for place in range(len(self.formulas)))
        named = map(name_in_latex, self.targets)
        return " \\\\\n".join(f"{target} \\mathrel{{+}}= {line}" for target, line in zip(named, lines, strict=True))

    def _written(self, place: int, *, latex: bool) -> str:
        formula = self.formulas[place]
        if formula.startswith("pull_"):
            return pulled_back(self.label, self.sources[place], barred(self.label), latex=latex)
        return written(formula, latex=latex, numbers=self.numbers)

    def __str__(self) -> str:
        return self.text


def rule(graph: Graph, node: int | str) -> Rule:
    """The backward rule of a node, without the parts that nobody needs."""
    number = graph.find(node)
    wanted = differentiable(graph)
    found = zip(graph.nodes[number].inputs, contributions(graph, number), strict=True)
    kept = [(graph.labels[source], formula) for source, formula in found if formula is not None and wanted[source]]
    single = [label for label, each in zip(graph.labels, graph.nodes, strict=True) if each.shape == ()]
    return Rule(
        tuple(barred(source) for source, _ in kept),
        tuple(formula for _, formula in kept),
        graph.labels[number],
        tuple(source for source, _ in kept),
        frozenset((*single, *map(barred, single))),
    )
