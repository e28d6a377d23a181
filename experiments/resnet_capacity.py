"""Capacity of a residual network: training and test error by epoch, for 1, 2, 4 and 64 channels, over several seeds.

``python experiments/resnet_capacity.py --out FOLDER`` (``make reproduce-nets``) takes the 1,797 digits that scikit-learn
ships, 896 of them, 7 whole batches, to train on; ``--full`` takes MNIST from the folder that SUFFICE_DATA names, for 400
epochs, which is meant for a GPU; ``--quick`` takes few epochs and seeds. Stochastic gradient descent with a constant rate of 0.1
and batches of 128 rows; errors are shares of wrong predictions, measured in evaluation mode.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.figure import Figure
from verdicts import each_seed, overlay, table, verdict

from suffice import NeuralClassifier
from suffice.data import bundled_digits, load_mnist

CHANNELS, BATCH, RATE, STEPS, MNIST_STEPS, SMOOTHED = (1, 2, 4, 64), 128, 0.1, 4000, 469, 5
TRAIN, TEST = "training_error", "validation_error"


class Halves(NamedTuple):
    """Images centred at 0 to train on and to test on, with their labels."""

    train: tuple[np.ndarray, np.ndarray]
    test: tuple[np.ndarray, np.ndarray]


def bundled(seed: int) -> Halves:
    """A random half of the bundled digits, cut to whole batches, against the other: two rows would be a batch of their own."""
    digits = bundled_digits()
    assert digits.target is not None
    order = np.random.default_rng(seed).permutation(len(digits.values))
    images, half = digits.values.reshape(-1, 1, 8, 8) - 0.5, len(order) // 2
    parts = order[: half // BATCH * BATCH], order[half:]
    train, test = ((images[part], digits.target[part]) for part in parts)
    return Halves(train, test)


def mnist(seed: int) -> Halves:
    """MNIST's own division; the seed only starts the network."""
    splits = load_mnist()
    train, test = ((part.values.reshape(-1, 1, 28, 28) - 0.5, part.target) for part in (splits.train, splits.test))
    return Halves(train, test)


def learned(data: Halves, channels: int, epochs: int, seed: int) -> dict[str, np.ndarray]:
    """Errors of one network, from before the first epoch on."""
    classifier = NeuralClassifier(
        "resnet",
        channels=channels,
        optimizer="sgd",
        learning_rate=RATE,
        batch_size=BATCH,
        epochs=epochs,
        random_state=seed,
    )
    return classifier.fit(*data.train, validation=data.test).trace_


def late(curve: np.ndarray) -> np.ndarray:
    """Mean over the last tenth of the epochs, one a seed."""
    return curve[:, -max(1, curve.shape[1] // 10) :].mean(1)


def roughness(curve: np.ndarray) -> np.ndarray:
    """Mean change from epoch to epoch over the second half, one a seed."""
    return np.abs(np.diff(curve[:, curve.shape[1] // 2 :], axis=1)).mean(1)


def judged(curves: dict[int, dict[str, np.ndarray]], first: int) -> list[dict[str, Any]]:
    """Each claim about capacity; ``first`` is the epoch that ends as many steps as one of MNIST has."""
    gap = {c: late(curve[TEST]) - late(curve[TRAIN]) for c, curve in curves.items()}
    small = np.mean([gap[c] for c in (1, 2, 4)], axis=0)
    rough = {c: roughness(curve[TEST]) for c, curve in curves.items()}
    large = curves[64]
    return [
        verdict("with 1, 2 and 4 channels test and training error differ by less than 0.02", 0.02 - np.abs(small)),
        verdict("the gap between test and training error grows from 1 to 4 channels", gap[4] - gap[1]),
        verdict("the gap is larger with 64 channels than with 4", gap[64] - gap[4]),
        verdict("the test error moves less from epoch to epoch with 64 channels than with 1, 2 and 4",
                np.min([rough[c] for c in (1, 2, 4)], axis=0) - rough[64]),
        verdict("with 64 channels the test error is below 0.1 after 469 steps, an epoch of MNIST", 0.1 - large[TEST][:, first]),
        verdict("with 64 channels the training error ends below half the test error",
                late(large[TEST]) / 2 - late(large[TRAIN])),
    ]  # fmt: skip


def draw(curves: dict[int, dict[str, np.ndarray]], path: Path) -> None:
    """All error curves overlaid, smoothed over a few epochs, and the lower part of the figure again."""
    figure = Figure(figsize=(10, 4.4), layout="constrained")
    axes = figure.subplots(1, 2)
    for ax, title, shown in zip(axes, ("all", "from 0 to 0.2"), (None, 0.2), strict=True):
        found = {
            f"{'training' if part == TRAIN else 'test'}, C = {c}": smooth(curve[part])
            for c, curve in curves.items() for part in (TRAIN, TEST)
        }  # fmt: skip
        overlay(ax, np.arange(next(iter(found.values())).shape[1]), found, styles=("-", "--"), beside=True)
        ax.set(title=title, xlabel="epoch", ylabel="error (share of wrong predictions)", ylim=(0, shown))
    axes[0].get_legend().remove()
    figure.savefig(path, dpi=120)


def smooth(curve: np.ndarray) -> np.ndarray:
    """Running mean over the last few epochs."""
    sums = np.cumsum(np.pad(curve, ((0, 0), (1, 0))), axis=1)
    end = np.arange(1, curve.shape[1] + 1)
    begin = np.maximum(end - SMOOTHED, 0)
    return (sums[:, end] - sums[:, begin]) / (end - begin)


def main() -> None:
    """Run everything, write the picture, print the table, the verdicts and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("reproduced"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--full", action="store_true", help="MNIST for 400 epochs; for a GPU")
    parser.add_argument("--quick", action="store_true", help="few epochs and seeds, to see that everything runs")
    given = parser.parse_args()
    data, name = (mnist, "MNIST") if given.full else (bundled, "bundled digits")
    per_epoch = -(-len(data(0).train[0]) // BATCH)
    seeds, epochs = given.seeds, 400 if given.full else STEPS // per_epoch
    if given.quick:
        seeds, epochs = 2, 4
    given.out.mkdir(parents=True, exist_ok=True)
    print(f"{name}, {seeds} seeds, {epochs} epochs")
    traces = {c: [learned(data(seed), c, epochs, seed) for seed in each_seed(seeds, f"C = {c}")] for c in CHANNELS}
    curves = {c: {part: np.stack([trace[part] for trace in of]) for part in (TRAIN, TEST)} for c, of in traces.items()}
    losses = {c: [np.array([trace[f"{part}_loss"][-1] for trace in of]) for part in ("training", "validation")]
              for c, of in traces.items()}  # fmt: skip
    table(
        ["training error", "test error", "training loss", "test loss"],
        {f"C = {c}": [late(curve[TRAIN]), late(curve[TEST]), *losses[c]] for c, curve in curves.items()},
    )
    verdicts = judged(curves, min(round(MNIST_STEPS / per_epoch), epochs))
    draw(curves, given.out / "capacity.png")
    print(json.dumps({"data": name, "seeds": seeds, "epochs": epochs, "verdicts": verdicts}))


if __name__ == "__main__":
    main()
