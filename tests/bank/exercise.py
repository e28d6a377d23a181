"""An exercise: what is asked of a problem, right answers, and wrong ones with their causes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Answer = str | Callable[..., Any]


class Wrong(NamedTuple):
    """A wrong answer, the kind of mistake, and words of which the report must have one."""

    claim: Answer
    cause: str
    about: str = ""


@dataclass(frozen=True)
class Exercise:
    """``check_<check>(problem, **options, claim=...)``, at least two right forms, and what people write instead."""

    check: str
    problem: str
    options: Mapping[str, Any]
    right: tuple[Answer, ...]
    wrong: tuple[Wrong, ...]
    at: Any = field(default=None, compare=False)

    @property
    def name(self) -> str:
        """For tests' names."""
        asked = "-".join(value if isinstance(value, str) else "-".join(value) for value in self.options.values())
        return f"{self.check} {self.problem} {asked}".strip()


def _wrong(answers: Mapping[Answer, str]) -> tuple[Wrong, ...]:
    return tuple(Wrong(claim, *(part.strip() for part in cause.split("|", 1))) for claim, cause in answers.items())


def gradient(problem: str, wrt: str, right: tuple[Answer, ...], wrong: Mapping[Answer, str]) -> Exercise:
    """Of ``check_gradient``."""
    return Exercise("gradient", problem, {"wrt": wrt}, right, _wrong(wrong))


def vjp(problem: str, wrt: str, cotangent: str, right: tuple[Answer, ...], wrong: Mapping[Answer, str]) -> Exercise:
    """Of ``check_vjp``."""
    return Exercise("vjp", problem, {"wrt": wrt, "cotangent": cotangent}, right, _wrong(wrong))


def derivative(check: str, problem: str, wrt: Any, right: tuple[Answer, ...], wrong: Mapping[Answer, str]) -> Exercise:
    """Of ``check_hessian``, ``check_jacobian``."""
    return Exercise(check, problem, {"wrt": wrt}, right, _wrong(wrong))


def equal(problem: str, right: tuple[Answer, ...], wrong: Mapping[Answer, str]) -> Exercise:
    """Of ``check_equal``."""
    return Exercise("equal", problem, {}, right, _wrong(wrong))


def update(
    check: str, problem: str, params: list[str], right: tuple[Answer, ...], wrong: Mapping[Answer, str], **options: Any
) -> Exercise:
    """Of ``check_m_step``, ``check_mle`` and ``check_map``."""
    return Exercise(check, problem, {"params": params, **options}, right, _wrong(wrong))


def chance(
    check: str,
    problem: str,
    latent: Mapping[str, Any],
    form: str,
    right: tuple[Answer, ...],
    wrong: Mapping[Answer, str],
) -> Exercise:
    """Of ``check_posterior`` and ``check_conditional``."""
    return Exercise(check, problem, {"latent": latent, "form": form}, right, _wrong(wrong))
