"""How often right claims are called wrong, and nonsense is given a name: ``python benchmarks/check_alarms.py [--checks 10000]``.

Right claims of ``tests/bank`` at random points of both sizes, every third in single precision; and linear systems of condition 1
to 1e12, a new one at each point, solved in two ways. Parts of a long run take other seeds: ``--first 101`` begins there. Then
answers that nobody would come by: noise, noise times a variable, right answers with noise, formulas of chance. ``--word`` takes
the exercises with a word in their name.
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


def system(generator):
    """A linear system of condition 1 to 1e12."""
    vectors = np.linalg.qr(generator.normal(size=(5, 5)))[0]
    A = (vectors * np.logspace(0, -generator.uniform(0, 12), 5)) @ vectors.T
    return {"A": A, "b": generator.normal(size=5)}


def reports(many, exercises, first):
    """Names and reports, the same problem's together so that its programs are kept."""
    right = [(exercise, claim) for exercise in exercises for claim in exercise.right]
    each = -(-many // (len(right) + len(right) // 10))
    print(f"{len(right)} claims, seeds {first} to {first + each - 1}", flush=True)
    for exercise, claim in right:
        one_array = exercise.check in ("gradient", "vjp", "equal", "hessian", "jacobian")
        for seed in range(first, first + each):
            given = single(exercise, claim) if one_array and seed % 3 == 0 else claim
            yield exercise.name, asked(exercise, given, seed)
    for seed in range(each * first, each * first + many // 11):
        yield "ladder", check.check_gradient(solved, "b", LADDER[seed % 2], at=system, seed=seed)


def noise(shape, seed):
    """The same numbers for the same shape."""
    return np.random.default_rng([seed, *shape]).normal(size=shape)


SENSELESS = {
    "noise": lambda right, wrt, seed: noise(right.shape, seed),
    "noise times the variable": lambda right, wrt, seed: noise(right.shape, seed) * np.tanh(wrt),
    "noise of its own at each point": lambda right, wrt, seed: np.sin(noise(right.shape, seed) + 7 * np.sum(wrt)),
    "the right one with noise": lambda right, wrt, seed: right + noise(right.shape, seed),
    "the right one times noise": lambda right, wrt, seed: right * noise(right.shape, seed),
}


def senseless(exercise, kind, seed):
    """An answer of one kind, as a function of a point."""
    problem = problems.problem(exercise.problem)
    known = set(intermediates_of(problem, problem.draw(np.random.default_rng(0)))) | {exercise.options.get("cotangent")}
    right = claim_of(exercise.right[0], known - {None})
    wrt = exercise.options["wrt"]
    return Claim(lambda point: SENSELESS[kind](right.array(point), np.asarray(point[wrt], float), seed))


def formula(exercise, generator):
    """A formula of chance that has the right shape."""
    problem = problems.problem(exercise.problem)
    point = intermediates_of(problem, problem.draw(np.random.default_rng(0)))
    wrt = exercise.options["wrt"]
    alike = [name for name in point if np.shape(point[name]) in (np.shape(point[wrt]), ())]
    a, b, c = generator.choice(alike, 3)
    first, second = generator.choice(["sin", "tanh", "exp", "cos"], 2)
    x, y, z = generator.uniform(0.2, 1.9, 3).round(2)
    return f"{first}({x} * {wrt}) * {second}({y} * {a} - {b}) + {z} * {c} * cos({wrt})"


def nonsense(many, exercises):
    """Names and reports of answers without sense, about derivatives of one array."""
    derivatives = [one for one in exercises if one.check in ("gradient", "vjp")]
    generator = np.random.default_rng(0)
    kinds = [*SENSELESS, "a formula of chance"]
    for number in range(many):
        exercise = derivatives[int(generator.integers(len(derivatives)))]
        kind = kinds[number % len(kinds)]
        claim = senseless(exercise, kind, number) if kind in SENSELESS else formula(exercise, generator)
        said = claim if isinstance(claim, str) else kind
        yield f"{exercise.name}, {said}", asked(exercise, claim, number)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checks", type=int, default=10_000, help="of right claims")
    parser.add_argument("--nonsense", type=int, default=100, help="answers without sense")
    parser.add_argument("--first", type=int, default=1, help="seed of the first point")
    parser.add_argument("--word", default="", help="only exercises with this in their name")
    given = parser.parse_args()
    exercises = [exercise for exercise in EXERCISES if given.word in exercise.name]
    started, found = time.process_time(), Counter()
    for name, report in reports(given.checks, exercises, given.first) if given.checks else ():
        found[report.verdict] += 1
        if report.verdict not in ("right", "right up to convention"):
            print(f"{name}: {report.verdict}: {report.message}", flush=True)
    print(
        f"right claims: {dict(found)}, {sum(found.values())} checks in {time.process_time() - started:.0f} s of processor time",
        flush=True,
    )
    started, named, found = time.process_time(), 0, Counter()
    for name, report in nonsense(given.nonsense, exercises):
        found[report.verdict] += 1
        named += bool(report.findings)
        if report.findings or report.verdict != "wrong":
            print(f"{name}: {report.verdict}: {report.message}", flush=True)
    print(f"nonsense: {dict(found)}, {named} named, in {time.process_time() - started:.0f} s of processor time")


if __name__ == "__main__":
    main()
