"""Initial weights of a 784-100-10 classifier of digits: random, of an RBM, an autoencoder, a denoising autoencoder.

``python experiments/pretraining.py --out FOLDER`` (``make reproduce-nets``) writes validation accuracy by epoch, filters,
reconstructions and the losses of autoencoders with 50 to 500 hidden units, and judges each claim about them by numbers over
seeds. ``--quick`` takes few rows, epochs and seeds.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import numpy as np
from digits_data import Digits, digits
from matplotlib.figure import Figure
from verdicts import each_seed, overlay, table, verdict

from suffice import RBM, Autoencoder, DenoisingAutoencoder, NeuralClassifier
from suffice.estimators.rbm.rbm import InitialWeights
from suffice.plot import FilterDisplay, ReconstructionDisplay

HIDDEN, SIZES, SHAPE, RATE, BATCH, SCALE, DROPPED = 100, (50, 100, 200, 500), (28, 28), 0.1, 32, 0.1, 0.1
STARTS = ("random", "RBM", "autoencoder", "denoising")
TRAIN, VALID = "training_loss", "validation_loss"


class Normal:
    """Weights of N(0, 0.1^2) and biases of 0, for a network to start from."""

    def __init__(self, columns: int, hidden: int, seed: int) -> None:
        self.weights = np.random.default_rng(seed).normal(0, SCALE, (columns, hidden)).astype(np.float32)

    def as_initial_weights(self) -> InitialWeights:
        """As an RBM gives them."""
        columns, hidden = self.weights.shape
        return InitialWeights(self.weights, np.zeros(hidden, np.float32), np.zeros(columns, np.float32))


def rbm(data: Digits, epochs: int, seed: int) -> RBM:
    """CD-1 with a constant rate and the plain gradient."""
    return RBM(
        HIDDEN, sampler="cd", centred=False, learning_rate=RATE, schedule="constant", weight_scale=SCALE, batch_size=BATCH,
        epochs=epochs, random_state=seed,
    ).fit(data.train)  # fmt: skip


def autoencoder(data: Digits, hidden: int, epochs: int, seed: int, dropped: float = 0.0) -> Any:
    """Tied weights from N(0, 0.1^2), plain gradient descent; ``dropped`` makes it a denoising one.

    The weights kept are those of the epoch with the smallest validation loss.
    """
    options: dict[str, Any] = {
        "tied": True, "optimizer": "sgd", "learning_rate": RATE, "batch_size": BATCH, "epochs": epochs, "random_state": seed,
        "visible": "bernoulli", "init": Normal(data.train.shape[1], hidden, seed),
    }  # fmt: skip
    kind = DenoisingAutoencoder(hidden, rate=dropped, **options) if dropped else Autoencoder(hidden, **options)
    return kind.fit(data.train, validation=data.valid)


def classified(data: Digits, start: Any, epochs: int, seed: int) -> np.ndarray:
    """Validation accuracy by epoch, before the first one on."""
    classifier = NeuralClassifier(
        hidden_sizes=(HIDDEN,), activation="sigmoid", optimizer="sgd", learning_rate=RATE, batch_size=BATCH, epochs=epochs,
        init=start, random_state=seed,
    ).fit(data.train, data.train_labels, validation=(data.valid, data.valid_labels))  # fmt: skip
    return 1 - classifier.trace_["validation_error"]


def of_starts(accuracy: dict[str, np.ndarray]) -> list[dict[str, Any]]:
    """Claims about classifiers: which start is best, and whether accuracy falls again."""
    final = {name: curve[:, -max(1, curve.shape[1] // 20) :].mean(1) for name, curve in accuracy.items()}
    falls = {name: curve.max(1) - final[name] for name, curve in accuracy.items()}
    ten = min(10, accuracy["autoencoder"].shape[1] - 2)
    after = accuracy["autoencoder"][:, ten + 1 :].max(1) - accuracy["autoencoder"][:, ten]
    others = np.max([final[name] for name in STARTS if name != "RBM"], axis=0)
    least = np.min([falls[name] for name in STARTS if name != "RBM"], axis=0)
    return [
        verdict("d: the RBM's weights give the best validation accuracy", final["RBM"] - others),
        verdict(
            "d: from the RBM's weights accuracy falls less from its best than from any other", least - falls["RBM"]
        ),
        verdict("e: the autoencoder's weights are better than random ones", final["autoencoder"] - final["random"]),
        verdict("e: from the autoencoder's weights accuracy rises by less than 0.002 after 10 epochs", 0.002 - after),
        verdict("e: the autoencoder's weights are worse than the RBM's", final["RBM"] - final["autoencoder"]),
        verdict(
            "f: the denoising autoencoder's weights are better than random ones", final["denoising"] - final["random"]
        ),
        verdict("f: and better than the autoencoder's", final["denoising"] - final["autoencoder"]),
        verdict("f: and at most 0.005 worse than the RBM's", 0.005 - (final["RBM"] - final["denoising"])),
    ]


def of_sizes(kind: str, fits: dict[int, list[Any]]) -> list[dict[str, Any]]:
    """Claims about hidden sizes of one kind of autoencoder."""
    ends = {part: {p: np.array([f.trace_[part][-1] for f in of]) for p, of in fits.items()} for part in (TRAIN, VALID)}
    epochs = {p: [int(np.argmax(f.trace_[TRAIN] < 1.01 * f.trace_[TRAIN][-1])) for f in of] for p, of in fits.items()}
    table(
        ["training loss", "validation loss"],
        {f"{kind}, {p} hidden units": [ends[TRAIN][p], ends[VALID][p]] for p in fits},
    )
    small, large = min(fits), max(fits)
    less = {part: end[small] - end[large] for part, end in ends.items()}
    return [
        verdict(f"g: {kind}: {large} hidden units have a smaller training loss than {small}", less[TRAIN]),
        verdict(f"g: {kind}: and a smaller validation loss", less[VALID]),
        verdict(f"g: {kind}: and take more epochs", np.subtract(epochs[large], epochs[small])),
    ]


def draw_accuracy(accuracy: dict[str, np.ndarray], path: Path) -> None:
    """Validation accuracy by epoch, overlaid."""
    figure = Figure(figsize=(6.5, 4.4), layout="constrained")
    ax = figure.subplots()
    overlay(ax, np.arange(accuracy["random"].shape[1]), accuracy)
    ax.set(xlabel="epoch", ylabel="validation accuracy", ylim=(0.7, None))
    figure.savefig(path, dpi=120)


def draw_filters(estimators: dict[str, Any], path: Path) -> None:
    """Weights of the hidden units, side by side."""
    figure = Figure(figsize=(6.5 * len(estimators), 6), layout="constrained")
    for ax, (name, estimator) in zip(figure.subplots(1, len(estimators)), estimators.items(), strict=True):
        FilterDisplay(weights=estimator.weights_, image_shape=SHAPE).plot(ax=ax)
        ax.set_title(name)
    figure.savefig(path, dpi=100)


def draw_reconstructions(estimators: dict[str, Any], rows: np.ndarray, path: Path) -> None:
    """Rows and what each kind keeps of them."""
    figure = Figure(figsize=(9, 2.2 * len(estimators)), layout="constrained")
    for ax, (name, estimator) in zip(figure.subplots(len(estimators), 1), estimators.items(), strict=True):
        said = estimator.inverse_transform(estimator.transform(rows))
        ReconstructionDisplay(rows=rows, reconstructed=said, image_shape=SHAPE).plot(ax=ax)
        ax.set_title(name)
    figure.savefig(path, dpi=110)


def draw_sizes(fits: dict[str, dict[int, list[Any]]], path: Path) -> None:
    """Losses by epoch for each hidden size."""
    figure = Figure(figsize=(10, 4 * len(fits)), layout="constrained")
    for axes, (kind, by_size) in zip(figure.subplots(len(fits), 2, squeeze=False), fits.items(), strict=True):
        for ax, part, title in zip(axes, (TRAIN, VALID), ("training", "validation"), strict=True):
            curves = {f"{p} hidden units": np.stack([f.trace_[part] for f in of]) for p, of in by_size.items()}
            epochs = np.arange(next(iter(curves.values())).shape[1])
            overlay(ax, epochs[1:], {label: curve[:, 1:] for label, curve in curves.items()})
            ax.set(title=f"{kind}, {title}", xlabel="epoch", ylabel="cross-entropy per row (nats)")
    figure.savefig(path, dpi=110)


def main() -> None:
    """Run everything, write the pictures, print tables, verdicts and one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("reproduced"))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--quick", action="store_true", help="few rows, epochs and seeds, to see that everything runs")
    given = parser.parse_args()
    seeds, epochs, after, sizes, data = given.seeds, 200, 100, SIZES, digits()
    if given.quick:
        seeds, epochs, after, sizes, data = 2, 3, 4, (50, 100), data.thinned(10)
    given.out.mkdir(parents=True, exist_ok=True)
    print(f"{len(data.train):,} + {len(data.valid):,} rows of {data.name}, {seeds} seeds, {epochs} + {after} epochs")
    by_size = {
        kind: {
            p: [autoencoder(data, p, epochs, seed, dropped) for seed in each_seed(seeds, f"{kind}, {p} hidden units")]
            for p in sizes
        }
        for kind, dropped in (("autoencoder", 0.0), ("denoising", DROPPED))
    }
    starts = {
        "random": [Normal(data.train.shape[1], HIDDEN, seed) for seed in range(seeds)],
        "RBM": [rbm(data, epochs, seed) for seed in each_seed(seeds, "RBM")],
        **{kind: fits[HIDDEN] for kind, fits in by_size.items()},
    }
    accuracy = {
        name: np.stack([classified(data, of[seed], after, seed) for seed in each_seed(seeds, f"classifier, {name}")])
        for name, of in starts.items()
    }
    table(["validation accuracy", "best epoch"], {name: [c[:, -1], c.argmax(1)] for name, c in accuracy.items()})
    verdicts = of_starts(accuracy)
    for kind, fits in by_size.items():
        verdicts += of_sizes(kind, fits)
    learned = {name: starts[name][0] for name in STARTS[1:]}
    draw_accuracy(accuracy, given.out / "pretraining.png")
    draw_filters(learned, given.out / "pretraining_filters.png")
    draw_reconstructions({kind: starts[kind][0] for kind in STARTS[2:]}, data.valid[:: len(data.valid) // 10][:10],
                         given.out / "reconstructions.png")  # fmt: skip
    draw_sizes(by_size, given.out / "hidden_sizes.png")
    print(json.dumps({"data": data.name, "seeds": seeds, "epochs": epochs, "verdicts": verdicts}))


if __name__ == "__main__":
    main()
