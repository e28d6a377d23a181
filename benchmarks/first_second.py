"""Fresh processes that import and fit a table of 1,800 x 4 rows, each beside one of scikit-learn, in turns.

python benchmarks/first_second.py             # all
python benchmarks/first_second.py gaussian    # some
"""

from __future__ import annotations

import sys
from statistics import median

from measure import fresh_process, processor

PAIRS = 5
ROWS = """
import warnings
import numpy as np
warnings.simplefilter("ignore")
draw = np.random.default_rng(0)
y = np.repeat([0, 1, 2], 600)
X = 3 * draw.standard_normal((3, 4))[y] + draw.standard_normal((1800, 4))
binary, counts = (X > 0).astype(float), draw.poisson(np.exp(X / 4)).astype(float)
"""
PEERS = {
    "mixture": "from sklearn.mixture import GaussianMixture\nGaussianMixture(3, random_state=0, tol=1e-3).fit(X)",
    "factor": "from sklearn.decomposition import FactorAnalysis\nFactorAnalysis(2).fit(X)",
    "bayes": "from sklearn.naive_bayes import GaussianNB\nGaussianNB().fit(X, y)",
    "discriminant": "from sklearn.discriminant_analysis import LinearDiscriminantAnalysis as L\nL().fit(X, y)",
    "network": "from sklearn.neural_network import MLPClassifier\nMLPClassifier((50,), max_iter=20).fit(X, y)",
    "rbm": "from sklearn.neural_network import BernoulliRBM\nBernoulliRBM(8).fit(binary)",
}
FITS = {
    "gaussian": ("mixture", "GaussianMixture(3, random_state=0, tol=1e-3).fit(X)"),
    "gaussian as it stops itself": ("mixture", "GaussianMixture(3, random_state=0).fit(X)"),
    "bernoulli": ("mixture", "BernoulliMixture(3, random_state=0).fit(binary)"),
    "categorical": ("mixture", "CategoricalMixture(3, random_state=0).fit(binary)"),
    "poisson": ("mixture", "PoissonMixture(3, random_state=0).fit(counts)"),
    "mixed": ("mixture", "MixedMixture(3, random_state=0).fit(np.column_stack([X[:, :2], counts[:, :2]]))"),
    "ppca": ("factor", "PPCA(2).fit(X)"),
    "factor analysis": ("factor", "FactorAnalysis(2).fit(X)"),
    "gaussian classifier, tied": ("discriminant", "GaussianClassifier().fit(X, y)"),
    "naive bayes": ("bayes", "NaiveBayes().fit(X, y)"),
    "neural classifier": ("network", "NeuralClassifier(hidden_sizes=(50,), epochs=20, random_state=0).fit(X, y)"),
    "rbm": ("rbm", "RBM(8, epochs=10, random_state=0).fit(binary)"),
}


def seconds(program: str) -> float:
    """Wall-clock seconds of a fresh process."""
    return fresh_process([sys.executable, "-c", ROWS + program])[0]


def main(names: list[str]) -> None:
    """Print a Markdown table: medians, and the median of the ratios of neighbours."""
    print(
        f"{processor()}; medians of {PAIRS} pairs\n\n| first fit | ours, s | scikit-learn's | ratio |\n|---|---|---|---|"
    )
    for name in names or FITS:
        peer, fit = FITS[name]
        ours = f"from suffice import {fit.split('(')[0]}\n{fit}"
        pairs = [(seconds(ours), seconds(PEERS[peer])) for _ in range(PAIRS)]
        ratio = median(one / other for one, other in pairs)
        print(
            f"| {name} | {median(p[0] for p in pairs):.2f} | {median(p[1] for p in pairs):.2f} | {ratio:.2f} |",
            flush=True,
        )


if __name__ == "__main__":
    main(sys.argv[1:])
