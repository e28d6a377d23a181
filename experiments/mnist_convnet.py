"""A convolutional network of MNIST: test accuracy and wall time.

``python experiments/mnist_convnet.py`` reads MNIST from the folder that SUFFICE_DATA names, and learns a network with 20 and 50
maps (after LeCun et al., 1998) for a few epochs of Adam; ``--rows`` takes fewer rows, to see that it runs.
"""

from __future__ import annotations

import argparse
import json
import time

from suffice import NeuralClassifier
from suffice.data import DataError, load_mnist


def main() -> None:
    """Learn, test, print one line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--rows", type=int, default=60_000)
    given = parser.parse_args()
    try:
        splits = load_mnist()
    except DataError as error:
        raise SystemExit(str(error)) from None
    train, test = splits.train, splits.test
    assert train.target is not None
    classifier = NeuralClassifier(
        "convnet", image_shape=(28, 28), epochs=given.epochs, batch_size=given.batch_size, random_state=0
    )
    begin = time.perf_counter()
    classifier.fit(train.values[: given.rows], train.target[: given.rows])
    seconds = time.perf_counter() - begin
    accuracy = classifier.score(test.values, test.target)
    print(json.dumps(vars(given) | {"seconds": round(seconds, 1), "test_accuracy": accuracy}))
    said = "holds" if accuracy >= 0.985 and seconds <= 300 else "does not hold"
    print(f"{said}: at least 98.5 % test accuracy within five minutes ({accuracy:.2%}, {seconds:.0f} s)")


if __name__ == "__main__":
    main()
