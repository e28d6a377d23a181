"""Many small fits, one row, and very many rows: ours beside scikit-learn's in turns, with what was aimed at.

python benchmarks/small_calls.py             # all
python benchmarks/small_calls.py rows        # questions of 1 and 100 rows, with gaps too
python benchmarks/small_calls.py select      # 60 models of 1,797 x 20 rows beside a loop over scikit-learn's
python benchmarks/small_calls.py partial     # partial_fit of 5 to 200 rows: RBM, network, with memory
python benchmarks/small_calls.py large       # predict_proba of 5 million rows beside score_samples, with memory
python benchmarks/small_calls.py command     # `suffice fit` of a file, second run, beside a process of scikit-learn's

Memory over ever new shapes is measured by ``benchmarks/programs.py``, first fits of processes by ``benchmarks/first_second.py``.
"""

from __future__ import annotations

import gc
import resource
import sys
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
from measure import fresh_process, processor, timed
from programs import megabytes
from sklearn.datasets import load_digits
from sklearn.decomposition import PCA
from sklearn.mixture import GaussianMixture as Theirs
from sklearn.neural_network import BernoulliRBM, MLPClassifier

from suffice import RBM, GaussianMixture, NeuralClassifier, select

CALLS, TURNS = 200, 7
SUFFICE = [sys.executable, "-m", "suffice"]
SECOND = 1.12
"""A second, in processes of scikit-learn's, where such a process takes .89 s."""
Action = Callable[[], Any]


def clusters(count: int, features: int, components: int) -> np.ndarray:
    """Rows around centres drawn with a fixed seed."""
    draw = np.random.default_rng(0)
    centres = 3 * draw.standard_normal((components, features))
    return centres[draw.integers(components, size=count)] + draw.standard_normal((count, features))


def told(name: str, ours: Action, theirs: Action, wanted: float, turns: int = TURNS) -> None:
    """Print the medians of both in turns, and their ratio beside the one that is wanted."""
    ours(), theirs()
    pairs = [(timed(ours), timed(theirs)) for _ in range(turns)]
    own, other = (median(part) for part in zip(*pairs, strict=True))
    ratio = median(one / two for one, two in pairs)
    met = "met" if ratio <= wanted else "missed"
    aim = "no goal, more work" if wanted == np.inf else f"{wanted:g}, {met}"
    print(f"| {name} | {1e3 * own:.2f} | {1e3 * other:.2f} | {ratio:.2f} | {aim} |", flush=True)


def repeated(call: Callable[[np.ndarray], Any], questions: list[np.ndarray]) -> Action:
    """All questions one after another."""
    return lambda: [call(question) for question in questions]


def rows() -> None:
    """Questions of 1 and 100 rows, CALLS of them; those with gaps beside scores of whole rows."""
    data = clusters(1800, 4, 3)
    ours, theirs = GaussianMixture(3, random_state=0).fit(data), Theirs(3, random_state=0).fit(data)
    for size in (1, 100):
        asked = [data[i : i + size] for i in range(CALLS)]
        for name in ("predict_proba", "score_samples"):
            told(f"{CALLS} x {name}, {size} rows", repeated(getattr(ours, name), asked),
                 repeated(getattr(theirs, name), asked), 2.0)  # fmt: skip
    draw = np.random.default_rng(1)
    whole = [row[None] for row in clusters(CALLS, 12, 3)]
    gaps = [np.where(np.arange(12) == draw.integers(12), np.nan, row) for row in whole]
    patterns = [np.where(draw.random((1, 12)) < 0.3, np.nan, row) for row in whole]
    wide = GaussianMixture(3, random_state=0).fit(clusters(1800, 12, 3))
    for name in ("impute", "predict_proba", "score_samples"):
        for what, asked in (("a gap", gaps), ("ever new gaps", patterns)):
            told(f"{CALLS} x {name}, one row with {what}, whole rows scored", repeated(getattr(wide, name), asked),
                 repeated(wide.score_samples, whole), 2.0)  # fmt: skip


def selections() -> None:
    """A selection among 60 models, beside the loop that scikit-learn's users write."""
    data = PCA(20, random_state=0).fit_transform(load_digits().data)
    kinds, sizes = ["full", "tied", "diag", "spherical"], range(1, 16)

    def loop() -> Any:
        return [Theirs(k, covariance_type=kind, random_state=0).fit(data).bic(data) for kind in kinds for k in sizes]

    told("select, 60 models of 1,797 x 20 rows", lambda: select(GaussianMixture(tol=1e-3, random_state=0), data,
         n_components=sizes, covariance_type=kinds), loop, 1.5, turns=3)  # fmt: skip


def partial() -> None:
    """CALLS of partial_fit with batches of ever new sizes from 5 to 200 rows, and memory over 2,000 of them."""
    draw = np.random.default_rng(0)
    binary = [(draw.random((int(size), 64)) < 0.5).astype(float) for size in draw.integers(5, 201, CALLS)]
    alike = {"sampler": "pcd", "n_chains": 10, "centred": False}
    machine, classes = BernoulliRBM(100, random_state=0), {"classes": [0, 1, 2]}
    network = NeuralClassifier(hidden_sizes=(100,), random_state=0), MLPClassifier((100,), random_state=0)
    pairs = {
        "RBM, the same sampler": (RBM(100, random_state=0, **alike), machine, {}, 3.0),
        "RBM, ten temperatures of 100 chains": (RBM(100, random_state=0), machine, {}, np.inf),
        "NeuralClassifier": (*network, classes, 3.0),
    }
    for name, (ours, theirs, options, wanted) in pairs.items():

        def steps(model: Any, options: Any = options) -> Action:
            return lambda: [model.partial_fit(batch, np.arange(len(batch)) % 3, **options) for batch in binary]

        told(f"{CALLS} x {name}, partial_fit of 5 to 200 rows", steps(ours), steps(theirs), wanted)
    print()
    for name, (model, _, options, _) in pairs.items():
        print(
            f"{name}: {_growth(model, draw, options):+.1f} MB over 2,000 calls (none wanted, but for a few)", flush=True
        )


def _growth(model: Any, draw: np.random.Generator, options: dict[str, Any]) -> float:
    """Megabytes that the process holds more after 2,000 further calls of partial_fit with new sizes."""
    gc.collect()
    before = megabytes()
    for size in draw.integers(5, 201, 2000):
        batch = (draw.random((int(size), 64)) < 0.5).astype(float)
        model.partial_fit(batch, np.arange(len(batch)) % 3, **options)
    gc.collect()
    return megabytes() - before


def large() -> None:
    """predict_proba of 5 million x 8 rows, K = 16, beside score_samples; and how much memory it takes beyond its result."""
    data = clusters(5_000_000, 8, 16)
    model = GaussianMixture(16, random_state=0, max_iter=3).fit(data[:20_000])
    model.score_samples(data)
    before = _peak()
    size = model.predict_proba(data).nbytes
    print(f"predict_proba of 5,000,000 x 8: {_peak() - before - size / 1e9:.2f} GB beyond its result (0.2 wanted)\n")
    told("predict_proba of 5,000,000 x 8 rows, K = 16, beside score_samples", lambda: model.predict_proba(data),
         lambda: model.score_samples(data), 2.0, turns=3)  # fmt: skip


def command() -> None:
    """The command line on a file of 1,800 x 4 rows, its second run, beside a fresh process of scikit-learn's; --help too."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.csv"
        np.savetxt(path, clusters(1800, 4, 3), delimiter=",", header="a,b,c,d", comments="")
        fit = f"GaussianMixture(3, random_state=0).fit(np.loadtxt({str(path)!r}, delimiter=',', skiprows=1))"
        peer = [sys.executable, "-c", f"import numpy as np\nfrom sklearn.mixture import GaussianMixture\n{fit}"]
        out = iter(range(1000))

        def ours(*words: str) -> Action:
            start = [*SUFFICE, "fit", "gaussian-mixture", str(path), *words]
            return lambda: fresh_process([*start, "--out", str(Path(folder) / str(next(out)))])

        theirs = lambda: fresh_process(peer)  # noqa: E731
        told("suffice fit, report and all", ours("--n-components", "3"), theirs, 2.0)
        told("suffice fit, 1 to 4 components, full and diag", ours("--n-components", "1-4", "--covariance-type", "full,diag"),
             theirs, 4.0)  # fmt: skip
        told("suffice --help", lambda: fresh_process([*SUFFICE, "--help"]), theirs, 0.25)
        told("suffice show", lambda: fresh_process([*SUFFICE, "show", f"{folder}/0"]), theirs, SECOND)
        told("suffice score", lambda: fresh_process([*SUFFICE, "score", f"{folder}/0", str(path)]), theirs, SECOND)


def _peak() -> float:
    """Largest resident memory of this process so far, in gigabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1 << 10) / 1e9


PARTS = {"rows": rows, "select": selections, "partial": partial, "large": large, "command": command}


def main(names: list[str]) -> None:
    """Print Markdown tables."""
    warnings.simplefilter("ignore")
    print(
        f"{processor()}; medians of turns\n\n| what | ours, ms | beside it, ms | ratio | wanted |\n|---|---|---|---|---|"
    )
    for name in names or PARTS:
        PARTS[name]()


if __name__ == "__main__":
    main(sys.argv[1:])
