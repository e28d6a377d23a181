"""What one check is asked, from plain values as files and command lines have them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

from suffice.check.claims import Claim
from suffice.check.confined.sampler import ConfinedSampler
from suffice.check.problem import Problem
from suffice.check.report import CheckReport, not_comparable


class Kind(NamedTuple):
    """A check by its name: what it must be told, what it may be told."""

    needed: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()


ANYWHERE = ("at", "layout")
KINDS: dict[str, Kind] = {
    "gradient": Kind(("wrt",), ("constraints", *ANYWHERE)),
    "vjp": Kind(("wrt",), ("cotangent", *ANYWHERE)),
    "jvp": Kind(("wrt",), ("tangent", *ANYWHERE)),
    "jacobian": Kind(("wrt",), ANYWHERE),
    "hessian": Kind(("wrt",), ANYWHERE),
    "posterior": Kind(("latent",), ("form", *ANYWHERE)),
    "conditional": Kind(("latent",), ("form", *ANYWHERE)),
    "m-step": Kind(("params",), ("sense", "constraints", *ANYWHERE)),
    "mle": Kind(("params",), ("sense", "constraints", *ANYWHERE)),
    "map": Kind(("params",), ("sense", "constraints", *ANYWHERE)),
    "normalised": Kind(("over",), ("support", "at")),
    "factorised": Kind(("of",), ("given", "variables", "at")),
    "expectation": Kind(("latent", "function"), ANYWHERE),
    "sampler": Kind(("latent",), ("at",)),
    "bound": Kind((), ("direction", "at")),
    "equal": Kind((), ANYWHERE),
    "derivation": Kind((), ANYWHERE),
    "table": Kind(("layers", "input_shape")),
}
"""Checks whose questions are plain values."""
OF_VARIABLES = ("wrt", "params")
OF_LATENTS = ("latent", "over", "of", "given")


@dataclass(frozen=True)
class Question:
    """A check, its problem, and what it is told."""

    check: str
    problem: Problem | Any
    options: Mapping[str, Any]

    def report(self, claim: Any, seed: int = 0) -> CheckReport:
        """The report on a claim; what is wrong with a claim is never an error."""
        try:
            return self._report(claim, seed)
        except ValueError as error:
            return not_comparable(str(error), seed=seed)

    def _report(self, claim: Any, seed: int) -> CheckReport:
        from suffice import check

        if self.check == "table":
            return check.check_table(claim, **self.options)
        run = getattr(check, f"check_{self.check.replace('-', '_')}")
        if self.check == "derivation":
            return run(claim, problem=self.problem, seed=seed, **self.options)
        options = dict(self.options)
        if self.check == "sampler":
            return run(_sampler(claim), self.problem, seed=seed, **options)
        if self.check == "expectation":
            function = options.pop("function")
            return run(function, claim, log_density=self.problem, seed=seed, **options)
        first = [options.pop(name) for name in ("wrt", "params", "latent") if name in options]
        return run(self.problem, *first, claim, seed=seed, **options)


def _sampler(claim: Any) -> Any:
    """A sampler as a check takes it: a function, or one of a file."""
    if isinstance(claim, Claim):
        return ConfinedSampler(claim)
    if not callable(claim):
        raise ValueError("A sampler is a function in a file, such as step.py:step, which takes a generator first.")
    return claim


def question_of(check: str, problem: Any, told: Mapping[str, Any]) -> Question:
    """The question that plain values ask; raises ``ValueError`` where a check or a name is not known.

    ``problem`` is a named problem or its name, or a function of one's own, to which ``told`` must give ``at``.
    """
    kind = _kind(check)
    _refuse_options(check, kind, told)
    if check == "table":
        return _asked(Question(check, None, dict(told)))
    found = _problem(check, problem)
    _refuse_names(found, told)
    options = {name: _option(name, value, found) for name, value in told.items()}
    return _asked(Question(check, found, {**options, **_completed(check, options, found)}))


def _asked(question: Question) -> Question:
    """A question that can be answered: what is wrong with it shows without a claim."""
    if question.check not in ("derivation", "factorised", "sampler"):
        try:
            question._report(None, 0)
        except TypeError as error:
            raise ValueError(f"what the check is told cannot be used: {error}.") from None
    return question


def _kind(check: str) -> Kind:
    from difflib import get_close_matches

    if check in KINDS:
        return KINDS[check]
    near = get_close_matches(check, KINDS, n=1)
    said = f"did you mean {near[0]}?" if near else f"the checks are {', '.join(KINDS)}."
    raise ValueError(f"There is no check {check!r}; {said}")


def _refuse_options(check: str, kind: Kind, told: Mapping[str, Any]) -> None:
    known = (*kind.needed, *kind.allowed)
    unknown = [name for name in told if name not in known]
    if unknown:
        said = f"it takes {', '.join(known)}" if known else "it takes nothing"
        raise ValueError(f"The check {check} takes no {unknown[0]!r}; {said}.")
    missing = [name for name in kind.needed if name not in told]
    if missing:
        raise ValueError(f"The check {check} needs {missing[0]}.")


def _problem(check: str, problem: Any) -> Any:
    from suffice.check.problems.catalogue import problem as named

    if problem is None:
        raise ValueError(f"The check {check} needs a problem, such as gaussian-mixture.")
    return named(problem) if isinstance(problem, str) else problem


def _refuse_names(problem: Any, told: Mapping[str, Any]) -> None:
    """Refuse variables and latents that the problem does not have."""
    if not isinstance(problem, Problem):
        return
    variables = list(told["at"]) if isinstance(told.get("at"), Mapping) else _variables(problem)
    for option, known in (
        *((name, variables) for name in OF_VARIABLES),
        *((name, list(problem.latents)) for name in OF_LATENTS),
    ):
        for name in _names(told.get(option, ())):
            if name not in known and (option in OF_VARIABLES or not isinstance(told[option], Mapping)):
                have = f"it has {', '.join(known)}" if known else "it has none"
                sort = "variable" if option in OF_VARIABLES else "latent variable"
                raise ValueError(f"{problem.name} has no {sort} {name!r}; {have}.")


def _variables(problem: Problem) -> list[str]:
    return list(problem.draw(np.random.default_rng(0)))


def _names(value: Any) -> list[str]:
    if not isinstance(value, str | list | tuple | Mapping):
        raise ValueError(f"{value!r} was given; a name or a list of names is expected.")
    return [value] if isinstance(value, str) else list(value)


def _option(name: str, value: Any, problem: Any) -> Any:
    if name == "latent" and isinstance(value, str):
        return _supports(problem, [value])
    if name == "latent" and isinstance(value, list):
        return _supports(problem, value)
    if name in ("latent", "support", "variables"):
        return (
            {own: _paired(support) for own, support in value.items()} if isinstance(value, Mapping) else _paired(value)
        )
    if name in ("params", "over", "of", "given"):
        return _names(value)
    if name == "wrt" and not isinstance(value, str):
        return tuple(value)
    return value


def _paired(support: Any) -> Any:
    """A support as checks take it: pairs are lists in files."""
    return tuple(support) if isinstance(support, list) else support


def _supports(problem: Any, names: list[str]) -> dict[str, Any]:
    known = dict(problem.latents) if isinstance(problem, Problem) else {}
    missing = [name for name in names if name not in known]
    if missing:
        raise ValueError(f"The support of {missing[0]!r} is not known; give it, such as {{ {missing[0]} = 'binary' }}.")
    return {name: known[name] for name in names}


def _completed(check: str, options: Mapping[str, Any], problem: Any) -> dict[str, Any]:
    """Supports that the problem knows."""
    if check == "normalised" and "support" not in options:
        return {"support": _supports(problem, options["over"])}
    if check == "factorised" and "variables" not in options:
        return {"variables": _supports(problem, list(getattr(problem, "latents", {})))}
    return {}
