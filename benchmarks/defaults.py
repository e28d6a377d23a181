"""What defaults reach beside the defaults of peers: accuracies, explained variances, log-likelihoods.

python benchmarks/defaults.py            # five seeds, some ten minutes
python benchmarks/defaults.py --quick    # one seed

Classifiers: stratified 3-fold accuracy on rows as they are and on standardised ones, beside scikit-learn's MLPClassifier;
RBMClassifier beside BernoulliRBM and logistic regression. Autoencoders: explained variance of standardised rows beside PCA
with as many components. RBMs: test log-likelihood in nats a row beside independent columns. Only sizes are given.
"""

import sys
import warnings
from itertools import product

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_score
from sklearn.neural_network import BernoulliRBM, MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from suffice import RBM, Autoencoder, NeuralClassifier, RBMClassifier

SETS = {"iris": load_iris, "wine": load_wine, "breast cancer": load_breast_cancer, "digits": load_digits}
SEEDS = range(1 if "--quick" in sys.argv else 5)
CODES = {"iris": 2, "wine": 5, "digits": 32}


def accuracy(make, rows, labels):
    """Mean over folds and seeds."""
    scores = [
        cross_val_score(make(seed), rows, labels, cv=StratifiedKFold(3, shuffle=True, random_state=seed))
        for seed in SEEDS
    ]
    return np.mean(scores)


def standardised(make):
    return lambda seed: make_pipeline(StandardScaler(), make(seed))


def classifiers():
    print("| accuracy | NeuralClassifier | MLPClassifier |\n|---|---|---|")
    for (name, load), scaled in product(SETS.items(), (False, True)):
        rows, labels = load(return_X_y=True)
        ours, peers = (lambda seed, made=made: made(random_state=seed) for made in (NeuralClassifier, MLPClassifier))
        found = [accuracy(standardised(make) if scaled else make, rows, labels) for make in (ours, peers)]
        print(f"| {name}{', standardised' if scaled else ''} | {found[0]:.3f} | {found[1]:.3f} |", flush=True)
    rows, labels = load_digits(return_X_y=True)
    ours = accuracy(lambda seed: RBMClassifier(random_state=seed), rows / 16, labels)
    logistic = LogisticRegression(max_iter=1000)
    peer = accuracy(lambda seed: make_pipeline(BernoulliRBM(random_state=seed), logistic), rows / 16, labels)
    print(
        f"| digits / 16: RBMClassifier, BernoulliRBM and logistic regression | {ours:.3f} | {peer:.3f} |\n", flush=True
    )


def autoencoders():
    print("| explained variance | Autoencoder | PCA |\n|---|---|---|")
    for name, count in CODES.items():
        rows = StandardScaler().fit_transform(SETS[name]().data)
        found = []
        for seed in SEEDS:
            coder = Autoencoder(count, random_state=seed).fit(rows)
            lost = np.square(rows - coder.inverse_transform(coder.transform(rows))).sum()
            found.append(1 - lost / np.square(rows).sum())
        peer = PCA(count).fit(rows).explained_variance_ratio_.sum()
        print(f"| {name}, {count} hidden units | {np.mean(found):.3f} | {peer:.3f} |", flush=True)


def binary_tables():
    """Training and test rows: digits above 7, and two kinds of drawn tables."""
    draw, digits = np.random.default_rng(0), (load_digits().data > 7).astype(float)
    order = draw.permutation(len(digits))
    yield "digits > 7, 64 columns", digits[order[:1200]], digits[order[1200:]]
    means = np.where(draw.random((20, 112)) < 0.2, 0.97, 0.03)
    groups = (draw.random((4000, 112)) < means[draw.integers(0, 20, 4000)]).astype(float)
    yield "20 groups, 112 columns", groups[:2000], groups[2000:]
    topics = draw.beta(0.3, 3, (30, 500))
    rows = draw.random((2400, 1, 30)) < 0.1
    words = 1 - np.exp(np.where(rows.swapaxes(1, 2), np.log1p(-topics), 0.0).sum(1))
    drawn = (draw.random((2400, 500)) < words.clip(0.01, 0.99)).astype(float)
    yield "30 topics, 500 columns", drawn[:400], drawn[400:]


def machines():
    print("\n| nats a row, test | RBM(64) | independent columns | standard error of log Z |\n|---|---|---|---|")
    for name, train, test in binary_tables():
        share = train.mean(0).clip(1 / len(train), 1 - 1 / len(train))
        alone = (test * np.log(share) + (1 - test) * np.log1p(-share)).sum(1).mean()
        fitted = [RBM(64, random_state=seed).fit(train) for seed in SEEDS]
        found = [rbm.score(test) for rbm in fitted]
        error = max(rbm.log_partition().standard_error for rbm in fitted)
        print(f"| {name}, {len(train)} rows | {np.mean(found):.2f} | {alone:.2f} | {error:.2f} |", flush=True)


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    classifiers()
    autoencoders()
    machines()
