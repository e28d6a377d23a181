"""What is right, worked out without the checks: by differences, and by slopes that vanish at a maximum."""

import numpy as np

from suffice.check import problems
from suffice.check.grammar.functions import FUNCTIONS
from suffice.check.problem import call


def ones(shape):
    return np.ones([int(size) for size in np.atleast_1d(shape)])


NAMES = {**FUNCTIONS, "pi": np.pi, "ones": ones}


def value(claim, point):
    """A claim at a point; strings of the bank are trusted here."""
    if callable(claim):
        return call(claim, point)
    return eval(claim, {**NAMES, **point})


def parts(answer):
    return answer if isinstance(answer, tuple) else (answer,)


def same(one, other, tolerance=1e-9):
    """Whether two answers are alike in shapes and numbers."""
    pairs = list(zip(parts(one), parts(other), strict=True))
    alike = all(np.shape(a) == np.shape(b) for a, b in pairs)
    return alike and all(np.allclose(a, b, rtol=tolerance, atol=0.1 * tolerance) for a, b in pairs)


def points(exercise):
    """Points of an exercise with what a claim may name, the last of other sizes."""
    problem = problems.problem(exercise.problem)
    for seed, draw in enumerate((problem.draw, problem.draw, problem.draw_other or problem.draw)):
        generator = np.random.default_rng(seed + 1)
        point = problem.complete(draw(generator))
        if exercise.check == "vjp":
            point[exercise.options["cotangent"]] = generator.normal(size=np.shape(call(problem.objective, point)))
        yield point


def slope(function, at):
    """Gradient of a number by central differences of three steps, extrapolated to none."""
    found = np.empty(at.shape)
    for place in np.ndindex(*at.shape):
        along = np.zeros(at.shape)
        along[place] = 1.0
        steps = [4e-4, 2e-4, 1e-4]
        one, two, three = ((function(at + s * along) - function(at - s * along)) / (2 * s) for s in steps)
        found[place] = (64 * three - 20 * two + one) / 45
    return found


def derivative(exercise, point):
    """The right answer where it is a derivative or the objective itself, else None."""
    problem = problems.problem(exercise.problem)
    wrt = exercise.options.get("wrt")

    def moved(array):
        return call(problem.objective, {**point, wrt: array})

    def felt(array):
        return np.sum(moved(array) * point[exercise.options["cotangent"]])

    def row(place):
        return slope(lambda array: slope(moved, array)[place], point[wrt])

    if exercise.check == "equal":
        return call(problem.objective, point)
    if exercise.check == "hessian":
        return np.stack([row(place) for place in np.ndindex(*point[wrt].shape)])
    if exercise.check in ("gradient", "vjp"):
        return slope(moved if exercise.check == "gradient" else felt, np.asarray(point[wrt]))
    return None


def slopes(exercise, point):
    """Derivatives of what an update maximises at the answer, along the simplex where the parameter lies on one."""
    problem = problems.problem(exercise.problem)
    objective = problem.expected if exercise.check == "m_step" else problem.objective
    names = exercise.options["params"]
    answers = {name: np.asarray(part) for name, part in zip(names, parts(value(exercise.right[0], point)), strict=True)}
    for name in names:
        found = slope(lambda array, name=name: call(objective, {**point, **answers, name: array}), answers[name])
        centred = found - found.mean(-1, keepdims=True) if problem.constraints.get(name) == "simplex" else found
        yield np.abs(centred).max()
