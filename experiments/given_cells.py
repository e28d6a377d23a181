"""Missing cells of RBMs and pixels of Ising fields beside enumeration, on 200 random models: flat, sharp, and of two modes.

``python experiments/given_cells.py`` prints a table: of each kind of model how far exact answers are off, the share of chains'
means and of draws within three standard errors, and of how many rows a sentence says that chains disagree. It takes a minute.
"""

from __future__ import annotations

import argparse
import itertools
from collections.abc import Callable, Iterator
from typing import NamedTuple

import equinox as eqx
import numpy as np
from scipy.special import softmax

from suffice.energy import RBM
from suffice.energy.grid import posterior
from suffice.energy.grid.methods import Field
from suffice.energy.rbm.clamped import anneal_rows
from suffice.energy.rbm.given_cells import N_STEPS, GivenCells, conditional_draws, conditional_means, doubtful_rows

VISIBLE, HIDDEN, ROWS, DRAWS = 10, 4, 12, 400
HEIGHT, WIDTH = 3, 4
STATES = np.array(list(itertools.product([0.0, 1.0], repeat=VISIBLE)))
IMAGES = np.array(list(itertools.product([-1.0, 1.0], repeat=HEIGHT * WIDTH))).reshape(-1, HEIGHT, WIDTH)
ALLOWED = 0.95
ROUNDING = 1e-3
"""Single precision, and the means of chains whose standard error is 0."""


class Found(NamedTuple):
    """Of one model: how far exact answers are off, cells within three standard errors, of how many, and rows that are named."""

    off: float
    inside: int
    cells: int
    named: int
    rows: int
    drawn_inside: int = 0
    drawn: int = 0


def machine(kind: str, seed: int) -> RBM:
    """A model of 10 visible units with flat or sharp weights, or with two modes that are each other's opposite."""
    draw = np.random.default_rng(seed)
    weights = draw.normal(0, {"flat": 0.3, "sharp": 2.0, "two modes": 0.3}[kind], (VISIBLE, HIDDEN))
    visible, hidden = draw.normal(0, 0.5, VISIBLE), draw.normal(0, 0.5, HIDDEN)
    if kind == "two modes":
        weights[:, 0] += np.where(np.arange(VISIBLE) % 2, 4.0, -4.0)
        visible -= weights[:, 0] / 2
        hidden[0] = -weights[:, 0].sum() / 2
    model = RBM(VISIBLE, HIDDEN, key=0)
    return eqx.tree_at(lambda rbm: (rbm.weights, rbm.visible_bias, rbm.hidden_bias), model, [weights, visible, hidden])


def enumerated(model: RBM, row: np.ndarray) -> np.ndarray:
    """Means of the units of a row given those that are known, by the sum over all states."""
    log_weight = STATES @ model.visible_bias + np.logaddexp(0, STATES @ model.weights + model.hidden_bias).sum(1)
    agreeing = (np.isnan(row) | (row == STATES)).all(1)
    return softmax(np.where(agreeing, log_weight, -np.inf)) @ STATES


def of_machine(kind: str, seed: int) -> Found:
    """Conditional means and draws of rows of which 0 to 90 % are missing."""
    model, draw = machine(kind, seed), np.random.default_rng(1000 + seed)
    rows = draw.integers(0, 2, (ROWS, VISIBLE)).astype(float)
    rows[draw.random(rows.shape) < np.linspace(0, 0.9, ROWS)[:, None]] = np.nan
    right, gaps = np.array([enumerated(model, row) for row in rows]), np.isnan(rows)
    base = np.zeros(VISIBLE)
    off = np.abs(conditional_means(model, rows, base, N_STEPS, key=seed).visible - right)[gaps]
    chains = anneal_rows(model, rows, base, N_STEPS, seed, apart=False)
    cells = GivenCells(chains.visible, chains.hidden, chains.visible_error, chains.hidden_error, False)
    inside = np.abs(cells.visible - right) <= 3 * cells.visible_error + ROUNDING
    drawn = conditional_draws(model, np.repeat(rows[-1:], DRAWS, axis=0), base, N_STEPS, key=seed).mean(0)
    spread = np.sqrt(np.maximum(right[-1] * (1 - right[-1]), 0) / DRAWS)
    near = np.abs(drawn - right[-1]) <= 3 * spread + 1 / DRAWS
    named = len(doubtful_rows(cells))
    return Found(float(off.max(initial=0)), int(inside[gaps].sum()), int(gaps.sum()), named, ROWS,
                 int(near[gaps[-1]].sum()), int(gaps[-1].sum()))  # fmt: skip


def of_field(kind: str, seed: int) -> Found:
    """Probabilities of the pixels of one image."""
    draw = np.random.default_rng(seed)
    beta, eta = {"flat": (0.2, 0.5), "sharp": (0.6, 1.0), "two modes": (1.2, 0.15)}[kind]
    field = Field(float(draw.normal(0, 0.1)), beta * draw.uniform(0.7, 1.3), eta * draw.uniform(0.7, 1.3))
    image = draw.choice([-1, 1], (1, HEIGHT, WIDTH)).astype(np.int8)
    log_weight = -np.array([field.energy(one[None], image)[0] for one in IMAGES])
    right = np.einsum("s,shw->hw", softmax(log_weight), IMAGES > 0)
    sweeps = {"n_sweeps": 4000, "burn_in": 100, "n_chains": 16, "random_state": seed}
    exact = posterior.posterior(field, image, 0, **sweeps)
    chains = by_chains(lambda: posterior.posterior(field, image, 0, **sweeps))
    inside = np.abs(chains.probability[0] - right) <= 3 * chains.standard_error[0] + ROUNDING
    named = int(posterior.disagree(chains.r_hat, chains.effective_chains).sum())
    return Found(float(np.abs(exact.probability[0] - right).max()), int(inside.sum()), inside.size, named, 1)


def by_chains(ask: Callable[[], posterior.Posterior]) -> posterior.Posterior:
    """An answer by chains where elimination would give it."""
    kept, posterior.affordable = posterior.affordable, lambda height, width: False
    try:
        return ask()
    finally:
        posterior.affordable = kept


def kinds(models: int) -> Iterator[tuple[str, str, Callable[[str, int], Found], int]]:
    """Half of the models are RBMs, half Ising fields, a third of each of every kind."""
    for name, study in (("RBM", of_machine), ("Ising field", of_field)):
        for place, kind in enumerate(("flat", "sharp", "two modes")):
            yield name, kind, study, len(range(place, models // 2, 3))


def main() -> None:
    """A line for each kind of model, then whether what was asked holds."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=int, default=200, help="how many in all")
    print(
        f"{'model':14}{'kind':12}{'models':>8}{'exact off by':>14}{'chains inside':>15}{'draws inside':>14}{'named':>14}"
    )
    every = []
    for name, kind, study, count in kinds(parser.parse_args().models):
        found = [study(kind, seed) for seed in range(count)]
        total = Found(max(one.off for one in found), *(sum(column) for column in list(zip(*found, strict=True))[1:]))
        drawn = f"{total.drawn_inside / total.drawn:.1%}" if total.drawn else "none"
        said = f"{total.named} of {total.rows}"
        inside = f"{total.inside / total.cells:.1%}"
        print(f"{name:14}{kind:12}{count:8}{total.off:14.1e}{inside:>15}{drawn:>14}{said:>14}")
        every.append(total)
    share = sum(one.inside for one in every) / sum(one.cells for one in every)
    drawn = sum(one.drawn_inside for one in every) / sum(one.drawn for one in every)
    for what, found in (("chains' means", share), ("draws", drawn)):
        verdict = "holds" if found >= ALLOWED else "does not hold"
        print(f"at least {ALLOWED:.0%} of {what} within three standard errors: {verdict} ({found:.1%})")


if __name__ == "__main__":
    main()
