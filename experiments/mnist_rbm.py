"""An RBM of binarised MNIST: test log-likelihood by annealing from both ends, with the recipe and its wall time.

``python experiments/mnist_rbm.py`` trains 500 hidden units within a quarter of an hour on two cores; ``--help`` has the recipe's
numbers as options, ``--quick`` takes some seconds. The rows are those of ``suffice.data.load_mnist(binarized=True)``.
"""

from __future__ import annotations

import argparse
import json
import time
from typing import Any

import numpy as np

from suffice import RBM
from suffice.data import DataError, load_mnist


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--hidden", type=int, default=500)
    parser.add_argument("--epochs", type=int, default=450)
    parser.add_argument("--batch-size", type=int, default=100)
    parser.add_argument("--chains", type=int, default=100)
    parser.add_argument("--steps", type=int, default=1)
    parser.add_argument("--learning-rate", type=float, default=0.1)
    parser.add_argument("--schedule", default="cosine")
    parser.add_argument("--averaging", type=float, default=0.9995)
    parser.add_argument("--weight-decay", type=float, default=0.0002)
    parser.add_argument("--plain", action="store_true", help="the plain gradient in place of the centred one")
    parser.add_argument("--temperatures", type=int, default=20_000)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="few rows, units and epochs, to see that everything runs")
    given = parser.parse_args()
    if given.quick:
        given.hidden, given.epochs, given.temperatures = 25, 2, 500
    return given


def run(train: np.ndarray, valid: np.ndarray, test: np.ndarray, given: argparse.Namespace, seed: int) -> dict[str, Any]:
    """One training and its evaluation."""
    rbm = RBM(
        given.hidden, sampler="pcd", n_steps=given.steps, n_chains=given.chains, centred=not given.plain,
        learning_rate=given.learning_rate, schedule=given.schedule, averaging=given.averaging,
        weight_decay=given.weight_decay, batch_size=given.batch_size, epochs=given.epochs, random_state=seed, verbose=1,
    )  # fmt: skip
    begin = time.perf_counter()
    rbm.fit(train)
    trained = time.perf_counter()
    forward = rbm.log_partition("ais", n_chains=200, n_temperatures=given.temperatures)
    back = rbm.log_partition("reverse_ais", n_chains=200, n_temperatures=given.temperatures)
    free = rbm.free_energy(test).mean()
    return {
        "seed": seed,
        "valid_log_likelihood_ais": -rbm.free_energy(valid).mean() - forward.value,
        "train_log_likelihood_ais": -rbm.free_energy(train[: len(test)]).mean() - forward.value,
        "test_log_likelihood_ais": -free - forward.value,
        "standard_error": forward.standard_error,
        "test_log_likelihood_reverse_ais": -free - back.value,
        "standard_error_reverse": back.standard_error,
        "train_seconds": trained - begin,
        "annealing_seconds": time.perf_counter() - trained,
    }


def main() -> None:
    """Train, anneal, print a line for each seed and one of JSON."""
    given = options()
    try:
        splits = load_mnist(binarized=True)
    except DataError as error:
        raise SystemExit(str(error)) from None
    rows = 2_000 if given.quick else None
    assert splits.valid is not None
    train, valid, test = (part.values[:rows] for part in (splits.train, splits.valid, splits.test))
    results = []
    for seed in range(given.seeds):
        result = run(train, valid, test, given, seed)
        results.append(result)
        print(
            f"seed {seed}: test log-likelihood {result['test_log_likelihood_ais']:.2f} +- {result['standard_error']:.2f} (AIS), "
            f"{result['test_log_likelihood_reverse_ais']:.2f} +- {result['standard_error_reverse']:.2f} (reverse AIS), "
            f"{result['train_seconds']:.0f} s of training, {result['annealing_seconds']:.0f} s of annealing"
        )
    print(json.dumps({"recipe": vars(given), "results": results}))


if __name__ == "__main__":
    main()
