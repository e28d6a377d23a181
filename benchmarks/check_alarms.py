"""How often right claims over the named problems are called wrong: ``python benchmarks/check_alarms.py [--checks 10000]``.

Right claims of ``tests/bank`` at random points of both sizes, every third in single precision; and a ladder of ill-conditioned
systems, each solved in two ways.
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path

import jax.numpy as jnp
import numpy as np

from suffice import check
from suffice.check import problems
from suffice.check.claims import Claim, claim_of
from suffice.check.points import intermediates_of

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))
from bank.all import EXERCISES

FIRST = ("wrt", "params", "latent")


def asked(exercise, claim, seed):
    """The report on one right claim."""
    options = dict(exercise.options)
    first = [options.pop(name) for name in FIRST if name in options]
    if exercise.at is not None:
        options["at"] = exercise.at
    return getattr(check, f"check_{exercise.check}")(exercise.problem, *first, claim, seed=seed, **options)


def single(exercise, claim):
    """The claim in single precision, where it is one array."""
    problem = problems.problem(exercise.problem)
    known = set(intermediates_of(problem, problem.draw(np.random.default_rng(0))))
    cotangent = {exercise.options["cotangent"]} if "cotangent" in exercise.options else set()
    inner = claim_of(claim, known | cotangent)
    return Claim(lambda point: np.float32(inner(point)))


def solved(A, b):
    return 0.5 * b @ jnp.linalg.solve(A, b)


LADDER = (lambda A, b: np.linalg.inv(A) @ b, lambda A, b: np.linalg.solve(A, b))


def ladder(seed):
    """The report on a linear system of condition 1 to 1e12."""
    generator = np.random.default_rng(seed)
    vectors = np.linalg.qr(generator.normal(size=(5, 5)))[0]
    A = (vectors * np.logspace(0, -generator.uniform(0, 12), 5)) @ vectors.T
    point = {"A": A, "b": generator.normal(size=5)}
    return check.check_gradient(solved, "b", LADDER[seed % 2], at=point, seed=seed)


def reports(many):
    """Names and reports, the same problem's together so that its programs are kept."""
    right = [(exercise, claim) for exercise in EXERCISES for claim in exercise.right]
    each = -(-many // (len(right) + len(right) // 10))
    for exercise, claim in right:
        one_array = exercise.check in ("gradient", "vjp", "equal", "hessian", "jacobian")
        for seed in range(1, each + 1):
            given = single(exercise, claim) if one_array and seed % 3 == 0 else claim
            yield exercise.name, asked(exercise, given, seed)
    for seed in range(many // 11):
        yield "ladder", ladder(seed)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checks", type=int, default=10_000)
    started, found = time.perf_counter(), Counter()
    for name, report in reports(parser.parse_args().checks):
        found[report.verdict] += 1
        if report.verdict in ("wrong", "not comparable", "approximate"):
            print(f"{name}: {report.verdict}: {report.message}")
    print(dict(found), f"{sum(found.values())} checks in {time.perf_counter() - started:.0f} s")


if __name__ == "__main__":
    main()
