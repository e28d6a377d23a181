"""Mixtures: ours and the peers in one run, from one start, for one number of iterations.

``python benchmarks/mixtures.py`` prints a table for each case and ends with one JSON line; ``--help`` has the options.
The extra ``bench`` brings the peers; one that is not installed is named and skipped.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import warnings
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from fresh import blobs
from measure import fresh_fit, fresh_process, interleaved, machine, product_rate, timed
from peers import BERNOULLI, GAUSSIAN, Peer, Start, installed
from rich.console import Console
from rich.table import Table

import suffice

GAUSSIAN_SIZES = [
    (100_000, 32, 32),
    (100_000, 8, 16),
    (200_000, 2, 8),
    (20_000, 64, 32),
    (20_000, 64, 4),
    (20_000, 128, 4),
]
RESTART_SIZES = [(20_000, 8, 8), (100_000, 32, 32)]
REPOSITORY = Path(__file__).resolve().parents[1]
DATA = Path(os.environ.get("SUFFICE_DATA") or REPOSITORY.parent / "shared" / "data")
CONSOLE = Console(width=110, highlight=False)


def gaussian_case(size: tuple[int, int, int], iterations: int, repeats: int) -> dict[str, Any]:
    """Full covariance, float64, against every peer, with our share of the matrix-product peak."""
    n_rows, n_features, n_components = size
    rng = np.random.default_rng(0)
    means = 3 * rng.standard_normal((n_components, n_features))
    X = means[rng.integers(n_components, size=n_rows)] + rng.standard_normal((n_rows, n_features))
    start = Start(np.full(n_components, 1 / n_components), means + rng.standard_normal(means.shape))
    case = compare(installed(GAUSSIAN), X, start, iterations, repeats)
    n_statistics = n_features * (n_features + 1) // 2 + n_features + 1
    flops = 4 * n_rows * n_statistics * n_components * iterations
    peak = product_rate(n_statistics, n_components)
    case |= {"product_gflops": peak / 1e9, "share_of_product_peak": flops / case["suffice"]["seconds"] / peak}
    title = f"Gaussian mixture, full covariance, float64, N D K = {size}, {iterations} iterations"
    show(title, case)
    return {"case": "gaussian", "size": size, "iterations": iterations, **case}


def bernoulli_case(X: np.ndarray, name: str, n_components: int, iterations: int, repeats: int) -> dict[str, Any]:
    """Binary rows against every peer: the whole fit, and what one more iteration costs."""
    start = binary_start(X.shape[1], n_components)
    peers = installed(BERNOULLI)
    case = compare(peers, X, start, iterations, repeats)
    more = {}
    for fitter, peer in peers.items():
        extra = 2 if fitter == "pomegranate" else 20
        seconds = timed(partial(peer.fit, X, start, iterations + extra)) - case[fitter]["seconds"]
        more[fitter] = seconds / extra
    show(f"Bernoulli mixture, {name} {X.shape}, K = {n_components}, {iterations} iterations", case)
    for fitter, seconds in more.items():
        CONSOLE.print(f"{fitter}: {seconds:.3f} s for one more iteration, {seconds / more['suffice']:.1f} times ours")
    size = [*X.shape, n_components]
    return {"case": "bernoulli", "size": size, "iterations": iterations, "seconds_an_iteration": more, **case}


def binary_start(n_features: int, n_components: int) -> Start:
    """Equal weights, probabilities between 1/4 and 3/4."""
    probabilities = np.random.default_rng(0).uniform(0.25, 0.75, (n_components, n_features))
    return Start(np.full(n_components, 1 / n_components), probabilities)


def compare(peers: dict[str, Peer], X: np.ndarray, start: Start, iterations: int, repeats: int) -> dict[str, Any]:
    """Seconds, ratio to ours and final log-likelihood of every peer; our compile time apart."""
    fits = {name: partial(peer.fit, X, start, iterations) for name, peer in peers.items()}
    first, *_ = [timed(fit) for name, fit in fits.items() if name.startswith("suffice")]
    timings = interleaved(fits, repeats)
    ours = timings["suffice"]["seconds"]
    case: dict[str, Any] = {"compile_seconds": first - ours}
    reference = peers["suffice"].score(timings["suffice"]["result"], X)
    for name, timing in timings.items():
        score = peers[name].score(timing["result"], X)
        row = {"seconds": timing["seconds"], "ratio": timing["seconds"] / ours, "log_likelihood": score}
        case[name] = {**row, "relative_difference": abs(score / reference - 1)}
    return case


def show(title: str, case: dict[str, Any]) -> None:
    """Print one comparison."""
    CONSOLE.print(f"\n{title}")
    table = Table("library", "seconds", "times ours", "log-likelihood a row", "agrees to")
    for name, row in case.items():
        if isinstance(row, dict):
            cells = (f"{row['seconds']:.3f}", f"{row['ratio']:.1f}", f"{row['log_likelihood']:.10f}")
            table.add_row(name, *cells, f"{row['relative_difference']:.0e}")
    CONSOLE.print(table)
    CONSOLE.print(f"compile and first call: {case['compile_seconds']:.2f} s more than a warm fit")
    if "share_of_product_peak" in case:
        share, rate = case["share_of_product_peak"], case["product_gflops"]
        CONSOLE.print(f"share of the matrix-product peak at these shapes ({rate:.0f} GFLOP/s): {share:.0%}")


def say(case: str, sentence: str, **numbers: Any) -> dict[str, Any]:
    """Print a case that has no peers, and hand back its numbers."""
    CONSOLE.print(f"{case}: {sentence}")
    return {"case": case, **numbers}


def binary_digits(quick: bool) -> tuple[np.ndarray, np.ndarray, str]:
    """Training rows, test rows and the name of what they are."""
    path = DATA / "mnist" / "binarized_mnist.npz"
    rows = 2_000 if quick else 50_000
    if path.exists():
        archive = np.load(path)
        return archive["train"][:rows], archive["test"][: rows // 5], "binarised MNIST"
    rng = np.random.default_rng(0)
    probabilities = rng.beta(0.3, 0.7, (50, 784))
    drawn = [
        (rng.random((n, 784)) < probabilities[rng.integers(50, size=n)]).astype("uint8") for n in (rows, rows // 5)
    ]
    return drawn[0], drawn[1], "synthetic binary rows (binarised MNIST was not found: set SUFFICE_DATA)"


def large_bernoulli(
    train: np.ndarray, test: np.ndarray, name: str, n_components: int, iterations: int
) -> dict[str, Any]:
    """Ours alone, many components, float32, one row seen beforehand, with the log-likelihood of rows that were not fitted."""
    mixture = suffice.BernoulliMixture(
        n_components,
        binarize=None,
        precision="float32",
        tol=0.0,
        max_iter=iterations,
        prior_strength=1.0,
        random_state=0,
    )
    seconds = timed(lambda: mixture.fit(train))
    score = float(mixture.score(test))
    what = f"{name}, K = {n_components}, {iterations} iterations, float32, prior_strength 1"
    sentence = f"{what}: {seconds:.1f} s with start and compilation"
    return say("bernoulli large", f"{sentence}, test log-likelihood {score:.2f} nats", seconds=seconds, test=score)


def restarts(size: tuple[int, int, int], iterations: int, repeats: int) -> dict[str, Any]:
    """Ten restarts in one program against one, from random rows, for a fixed number of iterations."""
    X = blobs(*size)
    options = {"max_iter": iterations, "tol": 0.0, "init_params": "random_from_data", "random_state": 0}
    fits = {
        str(n_init): partial(suffice.GaussianMixture(size[2], n_init=n_init, **options).fit, X) for n_init in (1, 10)
    }
    for fit in fits.values():
        fit()
    timings = interleaved(fits, repeats)
    one, ten = (timings[n_init]["seconds"] for n_init in ("1", "10"))
    sentence = (
        f"N D K = {size}, {iterations} iterations: 1 in {one:.2f} s, 10 in {ten:.2f} s, {ten / one:.1f} single fits"
    )
    return say("restarts", sentence, size=size, one=one, ten=ten, ratio=ten / one)


def memory(size: tuple[int, int, int]) -> dict[str, Any]:
    """Peak resident memory above data and imports."""
    result = fresh_fit("memory", *size)
    sentence = f"N D K = {size}: peak {result['above_megabytes']:.0f} MB above data and imports"
    return say("memory", sentence, size=size, **result)


def stream(gigabytes: float) -> dict[str, Any]:
    """Peak resident memory of a fit to a Parquet file larger than that."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        write_parquet(path, gigabytes, n_features=32)
        written = path.stat().st_size / 1e9
        result = fresh_fit("stream", path, 8)
    sentence = f"Parquet file of {written:.1f} GB, K = 8, 2 iterations: peak {result['peak_megabytes']:.0f} MB resident"
    return say("stream", f"{sentence}, {result['process_seconds']:.0f} s", gigabytes=written, **result)


def write_parquet(path: Path, gigabytes: float, n_features: int) -> None:
    """Rows of float64 columns, row group by row group, so that the whole is never in memory."""
    group = blobs(1 << 16, n_features, 8)
    names = [f"x{j}" for j in range(n_features)]
    schema = pa.schema([(name, pa.float64()) for name in names])
    with pq.ParquetWriter(path, schema, compression="none", use_dictionary=False) as writer:
        for _ in range(max(1, round(gigabytes * 1e9 / group.nbytes))):
            writer.write_table(pa.table(dict(zip(names, group.T.copy(), strict=True)), schema=schema))


def first_fit() -> dict[str, Any]:
    """A fresh process to its first fitted model, and the command line's second process on its compile cache."""
    library = min(fresh_fit("first")["process_seconds"] for _ in range(3))
    with tempfile.TemporaryDirectory() as folder:
        first, second = (command_line_seconds(Path(folder)) for _ in range(2))
    sentence = f"1800 x 4 rows, import included: {library:.2f} s; command line {first:.2f} s, again {second:.2f} s"
    return say("first fit", sentence, library=library, command_line=first, command_line_again=second)


def command_line_seconds(folder: Path) -> float:
    """Seconds of ``suffice fit`` in a fresh process that caches under this folder."""
    data, run = folder / "rows.npy", folder / "run"
    np.save(data, blobs(1800, 4, 3))
    command = [sys.executable, "-m", "suffice", "fit", "gaussian-mixture", str(data), "--n-components", "3"]
    return fresh_process(
        [*command, "--out", str(run), "--overwrite"], {"JAX_COMPILATION_CACHE_DIR": str(folder / "cache")}
    )[0]


def gaussian_cases(quick: bool, repeats: int, gigabytes: float) -> list[dict[str, Any]]:
    """Everything about Gaussian mixtures."""
    largest = 5_000 if quick else 1_000_000
    cases = [gaussian_case((min(n, largest), d, k), 10, repeats) for n, d, k in GAUSSIAN_SIZES]
    cases += [restarts((min(n, largest), d, k), 50, repeats) for n, d, k in RESTART_SIZES]
    return [*cases, memory((largest, 32, 64)), stream(gigabytes), first_fit()]


def bernoulli_cases(quick: bool, repeats: int) -> list[dict[str, Any]]:
    """Everything about Bernoulli mixtures."""
    train, test, name = binary_digits(quick)
    compared = bernoulli_case(train, name, 10 if quick else 50, 3, repeats)
    large = large_bernoulli(train, test, name, 20 if quick else 500, 10 if quick else 60)
    return [compared, large]


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, to see that everything runs")
    parser.add_argument("--full", action="store_true", help="a Parquet stream of 5 GB")
    parser.add_argument("--family", choices=["gaussian", "bernoulli", "all"], default="all")
    parser.add_argument("--repeats", type=int, default=3, help="fits whose median is taken (default 3)")
    parser.add_argument("--stream-gigabytes", type=float, help="size of the Parquet stream (default 1)")
    return parser.parse_args()


def main() -> None:
    chosen = arguments()
    warnings.simplefilter("ignore")  # a fixed number of iterations does not converge
    gigabytes = chosen.stream_gigabytes or (0.05 if chosen.quick else 5.0 if chosen.full else 1.0)
    about = machine()
    CONSOLE.print(", ".join(f"{name} {value}" for name, value in about.items()))
    cases = []
    if chosen.family != "bernoulli":
        cases += gaussian_cases(chosen.quick, chosen.repeats, gigabytes)
    if chosen.family != "gaussian":
        cases += bernoulli_cases(chosen.quick, chosen.repeats)
    print(json.dumps(valid({"benchmark": "mixtures", "quick": chosen.quick, "machine": about, "cases": cases})))


def valid(value: Any) -> Any:
    """The same with None for numbers that are not finite (a peer's likelihood may be), which JSON does not know."""
    if isinstance(value, dict):
        return {name: valid(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [valid(part) for part in value]
    return None if isinstance(value, float) and not np.isfinite(value) else value


if __name__ == "__main__":
    main()
