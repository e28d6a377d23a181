"""How often right claims are called wrong, and nonsense is given a name: ``python benchmarks/check_alarms.py [--checks 10000]``.

Right claims of ``tests/bank`` at random points of both sizes, every third in single precision; and linear systems of condition 1
to 1e12, a new one at each point, solved in two ways. Then answers that nobody would come by: noise, noise times a variable, right
answers with noise, formulas of chance. ``--first 101`` takes other seeds, ``--word`` the exercises with a word in their name,
``--part 1/2`` the first of two shares. ``--from alarms.jsonl`` goes on from what a file has and keeps there what is found.
"""

import argparse
import json
import sys
import time
from collections import Counter
from functools import partial
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
RIGHT = ("right", "right up to convention")


def asked(exercise, claim, seed, rough=False):
    """The report on one claim, in single precision where it is ``rough``."""
    options = dict(exercise.options)
    first = [options.pop(name) for name in FIRST if name in options]
    if exercise.at is not None:
        options["at"] = exercise.at
    claim = single(exercise, claim) if rough else claim
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


def right_ones(many, exercises, first):
    """Names of checks and what asks them, those of a claim one after the other so that its programs are kept."""
    right = [(exercise, place) for exercise in exercises for place in range(len(exercise.right))]
    each = -(-many // (len(right) + len(right) // 10))
    for exercise, place in right:
        claim = exercise.right[place]
        one_array = exercise.check in ("gradient", "vjp", "equal", "hessian", "jacobian")
        for seed in range(first, first + each):
            rough = one_array and seed % 3 == 0
            yield f"{exercise.name}, form {place + 1}, seed {seed}", partial(asked, exercise, claim, seed, rough)
    for seed in range(each * first, each * first + many // 11):
        form = LADDER[seed % 2]
        yield f"ladder, seed {seed}", partial(check.check_gradient, solved, "b", form, at=system, seed=seed)


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
    """Names of checks and what asks them, of answers without sense about derivatives of one array."""
    derivatives = [one for one in exercises if one.check in ("gradient", "vjp")]
    generator = np.random.default_rng(0)
    kinds = [*SENSELESS, "a formula of chance"]
    for number in range(many):
        exercise = derivatives[int(generator.integers(len(derivatives)))]
        kind = kinds[number % len(kinds)]
        claim = senseless(exercise, kind, number) if kind in SENSELESS else formula(exercise, generator)
        said = claim if isinstance(claim, str) else kind
        yield f"nonsense {number}, {exercise.name}, {said}", partial(asked, exercise, claim, number)


class Kept:
    """Verdicts by the names of checks, in a file where one is given."""

    def __init__(self, path):
        self.path = Path(path) if path else None
        lines = self.path.read_text().splitlines() if self.path and self.path.exists() else []
        self.found = {one["name"]: one for one in map(json.loads, lines)}

    def of(self, name, ask):
        """What was found before, or what is found now."""
        if name not in self.found:
            report = ask()
            one = {"name": name, "verdict": report.verdict, "named": bool(report.findings), "message": report.message}
            self.found[name] = one
            if self.path:
                with self.path.open("a") as file:
                    file.write(json.dumps(one) + "\n")
        return self.found[name]


def share(checks, part):
    """One of so many runs of the checks, so that those of a claim stay together."""
    place, many = part
    return checks[(place - 1) * len(checks) // many : place * len(checks) // many]


def counted(checks, kept, is_noted, every):
    """What was found, those that are to be noted printed and a count now and then; and the counts as a sentence."""
    found, started = [], time.process_time()
    for name, ask in checks:
        one = kept.of(name, ask)
        found.append(one)
        if is_noted(one):
            print(f"{name}: {one['verdict']}: {one['message']}", flush=True)
        if len(found) % every == 0:
            print(f"{len(found)} checks, {time.process_time() - started:.0f} s of the processor", flush=True)
    verdicts = dict(Counter(one["verdict"] for one in found))
    return found, f"{verdicts}, {len(found)} checks in {time.process_time() - started:.0f} s of the processor"


def share_of(text):
    """``1/2`` as numbers."""
    share, shares = map(int, text.split("/"))
    if not 1 <= share <= shares:
        raise ValueError
    return share, shares


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checks", type=int, default=10_000, help="of right claims")
    parser.add_argument("--nonsense", type=int, default=100, help="answers without sense")
    parser.add_argument("--first", type=int, default=1, help="seed of the first point")
    parser.add_argument("--word", default="", help="only exercises with this in their name")
    parser.add_argument("--part", type=share_of, default=(1, 1), help="a share of the checks, such as 1/2")
    parser.add_argument("--from", dest="kept", default="", help="file of what was found, which is gone on from")
    given = parser.parse_args()
    exercises = [exercise for exercise in EXERCISES if given.word in exercise.name]
    kept = Kept(given.kept)
    checks = list(right_ones(given.checks, exercises, given.first)) if given.checks else []
    _, said = counted(share(checks, given.part), kept, lambda one: one["verdict"] not in RIGHT, 500)
    print(f"right claims: {said}", flush=True)
    checks = list(nonsense(given.nonsense, exercises))
    found, said = counted(share(checks, given.part), kept, lambda one: one["named"] or one["verdict"] != "wrong", 20)
    print(f"nonsense: {said}, {sum(one['named'] for one in found)} named")


if __name__ == "__main__":
    main()
