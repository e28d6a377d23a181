"""What ``make demo`` runs: the command line on two sets of real data that come with scikit-learn."""

from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits, load_wine

from suffice.cli import main

OUT = Path("demo")


def wine() -> int:
    """178 wines of three growers, 13 chemical measurements each; the grower is left out and compared with it."""
    bunch, path = load_wine(), OUT / "wine.csv"
    header = ",".join([*bunch.feature_names, "grower"])
    np.savetxt(path, np.column_stack([bunch.data, bunch.target]), "%g", ",", header=header, comments="")
    options = ["--n-components", "3", "--covariance-type", "tied", "--n-init", "10"]
    return fit("gaussian-mixture", path, *options, "--target", "grower", "--out", str(OUT / "wine"))


def digits() -> int:
    """1,797 handwritten digits of 8 x 8 pixels, black where more than half full; the digit is left out."""
    bunch, path = load_digits(), OUT / "digits.npz"
    np.savez(path, images=bunch.images / 16, digit=bunch.target)
    options = ["--n-components", "20", "--binarize", "0.5", "--n-init", "5"]
    return fit("bernoulli-mixture", path, *options, "--array", "images", "--target", "digit", "--out", str(OUT))


def fit(model: str, path: Path, *options: str) -> int:
    """Print the command and run it."""
    words = ["fit", model, str(path), *options, "--overwrite"]
    print("\n$ suffice", *words, flush=True)
    return main(words)


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    raise SystemExit(wine() or digits())
