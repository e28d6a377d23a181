"""The picture of ``choose-a-model.md``: what you want, what your rows are, and the models, which lead to their pages on the site.

``python docs/choose.py`` (``make figures``) writes ``docs/figures/choose.svg``.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import NamedTuple

FILE = Path(__file__).parent / "figures" / "choose.svg"
WIDTHS = (176, 246, 400)
"""Of the three columns."""
GAP, STEP, HEIGHT, INDENT = 26, 38, 30, 10


class Way(NamedTuple):
    """What you want, what your rows are, and the models to take."""

    wish: str
    rows: str
    models: tuple[str, ...]


WAYS = (
    Way("groups", "real numbers", ("GaussianMixture",)),
    Way("groups", "many columns of real numbers", ("MixtureOfPPCA",)),
    Way("groups", "zeros and ones", ("BernoulliMixture",)),
    Way("groups", "labels, answers (latent classes)", ("CategoricalMixture",)),
    Way("groups", "counts", ("PoissonMixture", "NegativeBinomialMixture")),
    Way("groups", "waiting times", ("ExponentialMixture",)),
    Way("groups", "columns of several kinds", ("MixedMixture",)),
    Way("few causes, codes", "real numbers on one scale", ("PPCA",)),
    Way("few causes, codes", "tests, ratings: any scale", ("FactorAnalysis",)),
    Way("few causes, codes", "zeros and ones, pixels", ("RBM", "RBMStack")),
    Way("few causes, codes", "images, values from 0 to 1", ("Autoencoder", "DenoisingAutoencoder")),
    Way("to predict a label", "real numbers, with gaps", ("GaussianClassifier", "MixtureClassifier")),
    Way("to predict a label", "columns of several kinds", ("NaiveBayes",)),
    Way("to predict a label", "counts of words, sparse", ("MultinomialNaiveBayes",)),
    Way("to predict a label", "labels that depend on one another", ("BayesianNetworkClassifier",)),
    Way("to predict a label", "images, much data", ("NeuralClassifier",)),
    Way("to predict a label", "zeros and ones", ("RBMClassifier",)),
    Way("what depends on what", "labels, with gaps", ("BayesianNetwork",)),
    Way("an image restored", "two values", ("IsingDenoiser",)),
    Way("an image restored", "a few labels", ("PottsDenoiser",)),
)
STYLE = """text { font: 13px system-ui, sans-serif; fill: currentColor; } .title { font-weight: 600; }
rect { fill: none; stroke: currentColor; stroke-opacity: 0.45; } path { fill: none; stroke: currentColor; stroke-opacity: 0.45; }
a text { fill: var(--color-link, #2a6fc9); } a rect { stroke: var(--color-link, #2a6fc9); stroke-opacity: 1; }
a:hover rect { stroke-width: 2; }"""


def left(column: int) -> int:
    """Where a column begins."""
    return sum(WIDTHS[:column]) + column * GAP + 1


def box(column: int, place: float, words: str, width: int | None = None, shift: int = 0) -> str:
    """A frame with words in it."""
    x, y = left(column) + shift, top(place)
    frame = f'<rect x="{x}" y="{y:g}" width="{width or WIDTHS[column]}" height="{HEIGHT}" rx="5"/>'
    return f'{frame}<text x="{x + INDENT}" y="{y + 20:g}">{escape(words)}</text>'


def top(place: float) -> float:
    """Where the box at a place begins, below the titles."""
    return 34 + place * STEP


def joined(column: int, one: float, other: float) -> str:
    """A line from a box to one in the next column."""
    x, y, end = left(column) + WIDTHS[column], top(one) + HEIGHT / 2, top(other) + HEIGHT / 2
    return f'<path d="M{x} {y:g} C{x + GAP / 2} {y:g} {x + GAP / 2} {end:g} {x + GAP} {end:g}"/>'


def models(place: int, names: tuple[str, ...]) -> str:
    """Boxes of models side by side, which lead to their pages."""
    width = (WIDTHS[2] - 10 * (len(names) - 1)) // len(names)
    boxes = [box(2, place, name, width, k * (width + 10)) for k, name in enumerate(names)]
    return "".join(
        f'<a href="reference/suffice.{name}.html">{each}</a>' for name, each in zip(names, boxes, strict=True)
    )


def drawn() -> str:
    """The picture."""
    wishes = {way.wish: [k for k, each in enumerate(WAYS) if each.wish == way.wish] for way in WAYS}
    middle = {wish: sum(places) / len(places) for wish, places in wishes.items()}
    titles = ("You want", "Your rows are", "Take")
    parts = [f'<text class="title" x="{left(k)}" y="18">{title}</text>' for k, title in enumerate(titles)]
    parts += [box(0, place, wish) for wish, place in middle.items()]
    for k, way in enumerate(WAYS):
        parts += [joined(0, middle[way.wish], k), box(1, k, way.rows), joined(1, k, k), models(k, way.models)]
    width, height = left(2) + WIDTHS[2] + 1, top(len(WAYS))
    size = f'viewBox="0 0 {width} {height:g}" width="{width}" height="{height:g}"'
    opening = f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-label="Which model for what">'
    return f"{opening}\n<style>{STYLE}</style>\n" + "\n".join(parts) + "\n</svg>\n"


if __name__ == "__main__":
    FILE.write_text(drawn())
    print(FILE.name)
