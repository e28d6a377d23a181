"""How long first checks take: ``python benchmarks/check_times.py [--every] [--word gaussian] [--least 3]``.

Each claim has a process of its own, so that JAX is imported and programs are compiled within its time. One right and one wrong
claim of each check of each problem of ``tests/bank`` (``--every``: all of its claims), and of the checks that it has none of.
Then 200 claims of one problem in one process. Seconds by the clock and of the processor; from ``--least`` on they are listed.
"""

import argparse
import json
import subprocess
import sys
import time
from itertools import cycle, islice
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from bank.all import EXERCISES

from suffice import check

MANY = "gaussian-mixture"


def timed(ask):
    """Seconds by the clock and of the processor, and the verdict."""
    clock, processor = time.perf_counter(), time.process_time()
    report = ask()
    return {
        "clock": time.perf_counter() - clock,
        "processor": time.process_time() - processor,
        "verdict": report.verdict,
    }


def of_bank(exercise, claim):
    """The check of a claim of the bank."""
    ask = getattr(check, f"check_{exercise.check}")
    return lambda: ask(exercise.problem, **exercise.options, claim=claim)


def claims_of(exercise, every):
    """Right claims, then wrong ones, by name: the first of each, or all."""
    many = None if every else 1
    right = {f"right {place}": claim for place, claim in enumerate(exercise.right[:many], 1)}
    return {**right, **{f"wrong {place}": wrong.claim for place, wrong in enumerate(exercise.wrong[:many], 1)}}


def field(x, W):
    return 0.5 * x @ W @ x


def gibbs(generator, x, W):
    """One sweep over the spins."""
    for i in range(len(x)):
        x[i] = 1 if generator.random() < 1 / (1 + np.exp(-2 * (W[i] @ x))) else -1
    return x


def spins(generator):
    """Four spins and their couplings."""
    W = np.triu(generator.normal(size=(4, 4)), 1)
    return {"x": generator.choice([-1, 1], 4), "W": W + W.T}


SPINS = {"x": "spin"}
LAYERS = [{"type": "conv", "name": "C1", "out": 20, "k": 5}, {"type": "pool", "k": 2}, {"type": "linear", "out": 10}]
OTHERS = {
    "jvp mlp": lambda: check.check_jvp("mlp", "W1", "sum(dW1)", tangent="dW1"),
    "jacobian softmax": lambda: check.check_jacobian(lambda x: x**2, "x", "2 * x", at={"x": [0.3, 1.2, 2.5]}),
    "normalised field": lambda: check.check_normalised(field, "log(16)", over="x", support="spin", at=spins),
    "factorised field": lambda: check.check_factorised(field, "0.5 ** len(x)", of="x", variables=SPINS, at=spins),
    "expectation gamma-poisson": lambda: check.check_expectation(
        "rate**2", "((a + sum(x)) / (b + N))**2", latent={"rate": "positive"}, log_density="gamma-poisson"
    ),
    "density gamma-poisson": lambda: check.check_posterior(
        "gamma-poisson", {"rate": "positive"}, "exp(-(b + N) * rate) * rate**(a + sum(x) - 1)", form="density"
    ),
    "sampler field": lambda: check.check_sampler(gibbs, field, latent=SPINS, at=spins),
    "derivation gaussian-mixture": lambda: check.check_derivation(
        ["sum(r, axis=0)", "N * mean(r, axis=1)"], problem=MANY
    ),
    "table": lambda: check.check_table(
        "layer,units,weights\nC1,11520,500\nF,10,100", layers=LAYERS, input_shape=(1, 28, 28)
    ),
}


def questions(every, word):
    """What is asked, by name."""
    found = {
        f"{exercise.name}, {which}": of_bank(exercise, claim)
        for exercise in EXERCISES
        for which, claim in claims_of(exercise, every).items()
    }
    return {name: ask for name, ask in {**found, **OTHERS}.items() if word in name}


def alone(name):
    """The times of a question in a process of its own."""
    run = subprocess.run([sys.executable, __file__, "--one", name], capture_output=True, text=True, check=False)
    if run.returncode:
        raise SystemExit(f"{name}: {run.stderr}")
    return json.loads(run.stdout)


def in_a_row(problem, many):
    """So many claims of one problem, one after the other, as an exercise is graded."""
    own = [one for one in EXERCISES if one.problem == problem]
    asks = [of_bank(one, claim) for one in own for claim in claims_of(one, True).values()]
    return [timed(ask) for ask in islice(cycle(asks), many)], len(asks)


def shown(name, times):
    """A line of the table."""
    print(f"{times['clock']:6.2f} {times['processor']:6.2f}  {times['verdict']:22} {name}", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", action="store_true", help="all claims, not two of each exercise")
    parser.add_argument("--word", default="", help="only questions with this in their name")
    parser.add_argument(
        "--least", type=float, default=3.0, help="seconds of the processor from which a question is listed"
    )
    parser.add_argument("--many", type=int, default=200, help="claims of one problem")
    parser.add_argument("--problem", default=MANY, help="that problem")
    parser.add_argument("--one", default="", help="a question, asked in this process")
    given = parser.parse_args()
    asks = questions(given.every or bool(given.one), "" if given.one else given.word)
    if given.one:
        print(json.dumps(timed(asks[given.one])))
        return
    found = {}
    print("first checks: seconds by the clock, of the processor", flush=True)
    for name in asks:
        found[name] = alone(name)
        if found[name]["processor"] >= given.least:
            shown(name, found[name])
    print(f"of {len(found)}, the slowest:")
    for name in sorted(found, key=lambda name: -found[name]["processor"])[:10]:
        shown(name, found[name])
    times, different = in_a_row(given.problem, given.many)
    clock, processor = (sum(one[kind] for one in times) for kind in ("clock", "processor"))
    print(
        f"{given.many} claims of {given.problem} ({different} different ones): {clock:.1f} s, {processor:.1f} s of the processor"
    )


if __name__ == "__main__":
    main()
