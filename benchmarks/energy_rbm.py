"""Restricted Boltzmann machines: epochs of CD-1 and PCD, ours and the peers in one run, in float32.

``python benchmarks/energy_rbm.py`` prints each case and ends with one JSON line; ``--quick`` takes few rows. The extra ``bench``
brings PyTorch; it is named and skipped where it is not installed.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from functools import partial
from importlib.util import find_spec
from statistics import median
from typing import Any

import jax.numpy as jnp
import numpy as np
from measure import machine, product_seconds, timed
from mixtures import CONSOLE, say
from sklearn.neural_network import BernoulliRBM

from suffice.energy import RBM
from suffice.fit import Ascent, Gibbs, contrast

HIDDEN, BATCH, RATE = 500, 100, 0.05
PRODUCTS = 5
"""Products of a batch with the weights in a step: two upwards, one downwards, and two of statistics."""


def rows_of(count: int) -> np.ndarray:
    """Binary rows of 784 columns that come in ten kinds."""
    draw = np.random.default_rng(0)
    kinds = draw.random((10, 784)) ** 3
    return (draw.random((count, 784), np.float32) < kinds[draw.integers(10, size=count)]).astype(np.float32)


def epoch_seconds(run: Callable[[int], Any], repeats: int = 3) -> float:
    """Seconds of one epoch more: three less one, the median of some repeats after one that compiles."""
    run(1)
    return median((timed(lambda: run(3)) - timed(lambda: run(1))) / 2 for _ in range(repeats))


def ours(rows: np.ndarray, persistent: bool, epochs: int) -> Any:
    return contrast(
        RBM(784, HIDDEN, key=0),
        rows,
        sampling=Gibbs(persistent=persistent),
        ascent=Ascent(RATE),
        batch_size=BATCH,
        epochs=epochs,
    )


def scikit_learn(rows: np.ndarray, epochs: int) -> Any:
    return BernoulliRBM(HIDDEN, learning_rate=RATE, batch_size=BATCH, n_iter=epochs, random_state=0).fit(rows)


def pytorch(rows: np.ndarray, persistent: bool, epochs: int) -> Any:
    """A plain loop with the same sampling and the same statistics."""
    import torch

    generator, X = torch.Generator().manual_seed(0), torch.from_numpy(rows)
    W, b, a = 0.1 * torch.randn(784, HIDDEN, generator=generator), torch.zeros(784), torch.zeros(HIDDEN)
    chains = torch.bernoulli(torch.full((BATCH, 784), 0.5), generator=generator)
    with torch.inference_mode():
        for _ in range(epochs):
            for index in torch.randperm(len(X), generator=generator).split(BATCH):
                v = X[index]
                h = torch.sigmoid(torch.addmm(a, v, W))
                start = torch.sigmoid(torch.addmm(a, chains, W)) if persistent else h
                down = torch.sigmoid(torch.addmm(b, torch.bernoulli(start, generator=generator), W.T))
                chains = torch.bernoulli(down, generator=generator)
                up = torch.sigmoid(torch.addmm(a, chains, W))
                step = RATE / len(v)
                W.addmm_(v.T, h, alpha=step).addmm_(chains.T, up, alpha=-RATE / len(chains))
                b += RATE * (v.mean(0) - chains.mean(0))
                a += RATE * (h.mean(0) - up.mean(0))
    return W


def peak() -> tuple[float, float]:
    """Flops a second in float32: of the products of a batch, in their own shapes, and of square matrices."""
    draw = np.random.default_rng(0)
    v, h, W, square = (
        jnp.asarray(draw.standard_normal(shape), jnp.float32)
        for shape in ((BATCH, 784), (BATCH, HIDDEN), (784, HIDDEN), (2048, 2048))
    )
    pairs = ((v, W), (h, W.T), (v, W), (v.T, h), (v.T, h))
    seconds = sum(product_seconds(left, right, 64) for left, right in pairs)
    return PRODUCTS * 2 * BATCH * 784 * HIDDEN / seconds, 2 * 2048**3 / product_seconds(square, square, 4)


def case(name: str, rows: np.ndarray, persistent: bool, rates: tuple[float, float]) -> dict[str, Any]:
    """One kind of learning by every library."""
    products = PRODUCTS + (1 if persistent else 0)
    flops = products * 2 * len(rows) * 784 * HIDDEN
    numbers = {"suffice": epoch_seconds(partial(ours, rows, persistent))}
    if persistent:
        numbers["scikit-learn"] = epoch_seconds(partial(scikit_learn, rows))
    if find_spec("torch") is not None:
        numbers["pytorch"] = epoch_seconds(partial(pytorch, rows, persistent))
    own, square = (flops / numbers["suffice"] / rate for rate in rates)
    others = ", ".join(f"{n} {s:.2f} s ({s / numbers['suffice']:.1f} times)" for n, s in list(numbers.items())[1:])
    sentence = (
        f"{numbers['suffice']:.2f} s an epoch, {own:.0%} of the products alone, {square:.0%} of the peak; {others}"
    )
    return say(name, sentence, rows=len(rows), of_products=own, of_peak=square, **numbers)


def main() -> None:
    """Run every case."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few rows, to see that everything runs")
    rows = rows_of(2_000 if parser.parse_args().quick else 60_000)
    CONSOLE.print(machine())
    rates = peak()
    cases = [case("CD-1", rows, False, rates), case("PCD-1", rows, True, rates)]
    print(json.dumps({"machine": machine(), "flops": rates, "cases": cases}))


if __name__ == "__main__":
    main()
