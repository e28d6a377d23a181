"""RBMs of 3,000 digits: learning curves, steps of contrastive divergence, chains and hidden sizes, over several seeds.

``python experiments/digits_rbm.py --out FOLDER`` (``make reproduce-energy``) writes pictures, and prints for each claim about
these experiments whether it holds, does not hold or is undecided: whether its mean over seeds is two standard errors from 0.
``--quick`` takes few rows, epochs and seeds.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from digits_data import Digits, digits
from matplotlib.figure import Figure
from verdicts import each_seed, overlay, table, verdict

from suffice import RBM
from suffice.plot import FilterDisplay
from suffice.plot.canvas import PALETTE
from suffice.plot.mosaic import mosaic

STEPS, SIZES, SHAPE = (1, 5, 10, 20), (50, 100, 200, 500), (28, 28)
TRAIN, VALID = "reconstruction", "validation_reconstruction"


def learned(data: Digits, hidden: int, steps: int, epochs: int, seed: int) -> RBM:
    """CD-k from weights of N(0, 0.1^2), with a constant rate of 0.1 and the plain gradient."""
    return RBM(
        hidden, sampler="cd", n_steps=steps, epochs=epochs, learning_rate=0.1, schedule="constant", centred=False,
        weight_scale=0.1, batch_size=100, random_state=seed,
    ).fit(data.train, validation=data.valid)  # fmt: skip


def curves(fits: Sequence[RBM], name: str) -> np.ndarray:
    """A figure of the trace, seeds by epochs."""
    return np.stack([rbm.trace_[name] for rbm in fits])


def of_learning(one: Sequence[RBM]) -> list[dict[str, Any]]:
    """Experiment a: training and validation error of CD-1."""
    train, valid = curves(one, TRAIN), curves(one, VALID)
    gap, late = valid - train, int(train.shape[1] * 125 / 200) - 1
    return [
        verdict("a: training error falls faster than validation error", gap[:, -1] - gap[:, late // 10]),
        verdict("a: validation error falls by less than 1 % after epoch 125", valid[:, -1] - 0.99 * valid[:, late]),
    ]


def of_steps(fits: dict[int, list[RBM]]) -> list[dict[str, Any]]:
    """Experiment b: k of CD-k."""
    train, valid = ({k: curves(f, name) for k, f in fits.items()} for name in (TRAIN, VALID))
    epochs = train[1].shape[1]
    early, quarter = epochs // 20, epochs // 4 - 1
    final = {k: curve[:, -1] for k, curve in valid.items()}
    others = np.min([train[k][:, early] for k in (5, 10, 20)], axis=0)
    return [
        verdict("b: k = 1 has the smallest training error early on", others - train[1][:, early]),
        verdict("b: k = 5 has the smallest validation error", np.min([final[k] for k in (1, 10, 20)], 0) - final[5]),
        verdict("b: k = 10 is within 1 % of k = 5 in validation", 0.01 * final[5] - abs(final[10] - final[5])),
        verdict("b: k = 1 has the largest validation error", final[1] - np.max([final[k] for k in (5, 10, 20)], 0)),
        verdict("b: k = 20 underfits k = 1 at epoch 50", train[20][:, quarter] - train[1][:, quarter]),
    ]


def of_sizes(fits: dict[int, list[RBM]]) -> list[dict[str, Any]]:
    """Hidden sizes: errors at the end, and epochs until within 1 % of it."""
    ends = {name: {p: curves(f, name)[:, -1] for p, f in fits.items()} for name in (TRAIN, VALID)}
    epochs = {p: [int(np.argmax(c < 1.01 * c[-1])) for c in curves(f, TRAIN)] for p, f in fits.items()}
    return [
        verdict("g: 500 hidden units have a smaller training error than 50", ends[TRAIN][50] - ends[TRAIN][500]),
        verdict("g: 500 hidden units have a smaller validation error than 50", ends[VALID][50] - ends[VALID][500]),
        verdict("g: 500 hidden units take more epochs than 50", np.subtract(epochs[500], epochs[50])),
    ]


def of_chains(rbm: RBM, steps: int) -> tuple[np.ndarray, float]:
    """Experiment c: 100 chains from random states, and the mean share of pixels in which two of them differ."""
    start = (np.random.default_rng(0).random((100, 784)) < 0.5).astype(float)
    ends = rbm.gibbs(start, steps)
    share = ends.mean(axis=0)
    return ends, float((2 * share * (1 - share)).mean())


def picture_of_curves(fits: dict[int, list[RBM]], label: str, path: Path) -> None:
    """Mean over seeds of both errors, with bands of two standard errors."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    for ax, name, title in zip(axes, (TRAIN, VALID), ("training", "validation"), strict=True):
        for colour, (value, of) in zip(PALETTE, fits.items(), strict=False):
            curve = curves(of, name)
            mean, error = curve.mean(0), 2 * curve.std(0, ddof=1) / np.sqrt(len(curve))
            epoch = np.arange(1, len(mean) + 1)
            ax.plot(epoch, mean, color=colour, label=f"{label} = {value}")
            ax.fill_between(epoch, mean - error, mean + error, color=colour, alpha=0.2)
        ax.set(title=title, xlabel="epoch")
        ax.xaxis.get_major_locator().set_params(integer=True)
    axes[0].set_ylabel("reconstruction cross-entropy (nats)")
    axes[1].legend(frameon=False)
    seeds = len(next(iter(fits.values())))
    figure.suptitle(f"Means over {seeds} seeds, with bands of two standard errors", fontsize="medium")
    figure.savefig(path, dpi=120)


def picture_of_differences(fits: dict[int, list[RBM]], path: Path) -> None:
    """How far the errors lie above those of CD-1 of the same seed."""
    figure = Figure(figsize=(10, 4), layout="constrained")
    axes = figure.subplots(1, 2, sharey=True)
    for ax, name, title in zip(axes, (TRAIN, VALID), ("training", "validation"), strict=True):
        above = {f"k = {k}": curves(of, name) - curves(fits[1], name) for k, of in fits.items()}
        overlay(ax, np.arange(1, above["k = 1"].shape[1] + 1), above)
        ax.set(title=f"{title}, less that of k = 1", xlabel="epoch")
    axes[0].set_ylabel("reconstruction cross-entropy (nats)")
    figure.savefig(path, dpi=120)


def print_ends(by_steps: dict[int, list[RBM]], by_size: dict[int, list[RBM]]) -> None:
    """A table of both errors at the end."""
    rows = {f"k = {k}, 100 hidden units": of for k, of in by_steps.items()}
    rows |= {f"k = 1, {p} hidden units": of for p, of in by_size.items()}
    table(["training error", "validation error"], {
        label: [curves(of, name)[:, -1] for name in (TRAIN, VALID)] for label, of in rows.items()
    })  # fmt: skip


def picture_of_filters(rbm: RBM, path: Path) -> None:
    figure = Figure(figsize=(6.5, 6), layout="constrained")
    FilterDisplay.from_estimator(rbm, image_shape=SHAPE, ax=figure.subplots())
    figure.savefig(path, dpi=120)


def picture_of_chains(ends: np.ndarray, path: Path) -> None:
    figure = Figure(figsize=(6, 6), layout="constrained")
    ax = figure.subplots()
    ax.imshow(mosaic(ends.reshape(-1, *SHAPE), 10), cmap="gray_r", interpolation="none")
    ax.set_axis_off()
    figure.savefig(path, dpi=120)


def main() -> None:
    """Run everything, write the pictures, print the verdicts and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("reproduced"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="few rows, epochs and seeds, to see that everything runs")
    given = parser.parse_args()
    seeds, epochs, chain_steps, data = given.seeds, 200, 1000, digits()
    if given.quick:
        seeds, epochs, chain_steps = 2, 20, 50
        data = data.thinned(10)
    os.makedirs(given.out, exist_ok=True)
    print(f"{len(data.train):,} + {len(data.valid):,} rows of {data.name}, {seeds} seeds, {epochs} epochs")
    by_steps = {k: [learned(data, 100, k, epochs, seed) for seed in each_seed(seeds, f"CD-{k}")] for k in STEPS}
    by_size = {
        p: by_steps[1] if p == 100 else [learned(data, p, 1, epochs, s) for s in each_seed(seeds, f"{p} hidden units")]
        for p in SIZES
    }
    print_ends(by_steps, by_size)
    verdicts = [*of_learning(by_steps[1]), *of_steps(by_steps), *of_sizes(by_size)]
    ends, differ = of_chains(by_steps[1][0], chain_steps)
    print(f"c: after {chain_steps} steps two of 100 chains differ in {differ:.1%} of the pixels on average")
    picture_of_curves(by_steps, "k", given.out / "steps.png")
    picture_of_differences(by_steps, given.out / "steps_differences.png")
    picture_of_curves(by_size, "hidden units", given.out / "sizes.png")
    picture_of_filters(by_steps[1][0], given.out / "filters.png")
    picture_of_chains(ends, given.out / "chains.png")
    print(json.dumps({"data": data.name, "seeds": seeds, "epochs": epochs, "verdicts": verdicts, "differ": differ}))


if __name__ == "__main__":
    main()
