"""What a command says: notes on the standard error, its answer on the standard output, in sentences or as JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import typer

Form = Literal["text", "json"]
_QUIET: ContextVar[bool] = ContextVar("_QUIET", default=False)
_FORM: ContextVar[Form] = ContextVar("_FORM", default="text")
TELLING = "What is said"


class Interrupted(Exception):
    """Ctrl-C, with what is kept and how to go on."""


def begin() -> None:
    """Say everything, in sentences."""
    _QUIET.set(False)
    _FORM.set("text")


def _be_quiet(value: bool) -> bool:
    _QUIET.set(value)
    return value


def _take_form(value: Form) -> Form:
    _FORM.set(value)
    return value


@dataclass(frozen=True)
class Telling:
    """How much is said, and how; reading the options is what sets it."""

    quiet: Annotated[
        bool,
        typer.Option("--quiet", "-q", callback=_be_quiet, help="Say errors and nothing else.", rich_help_panel=TELLING),
    ] = False
    form: Annotated[
        Form,
        typer.Option("--format", callback=_take_form, help="Form of the answer.", rich_help_panel=TELLING),
    ] = "text"


def note(sentence: str) -> None:
    """Something that was noticed."""
    if not _QUIET.get():
        typer.echo(sentence, err=True)


def say(sentence: str) -> None:
    """A sentence of the answer."""
    if not _QUIET.get() and _FORM.get() == "text":
        typer.echo(sentence)


def answer(**record: Any) -> None:
    """The answer as one JSON object, where that is asked for."""
    if _FORM.get() == "json":
        typer.echo(json.dumps({name: _as_json_has_it(value) for name, value in record.items()}, allow_nan=False))


def as_json() -> bool:
    """Whether the answer is one JSON object."""
    return _FORM.get() == "json"


def is_quiet() -> bool:
    """Whether nothing but errors is said."""
    return _QUIET.get()


def verbosity() -> int:
    """1 where progress is told, else 0."""
    return int(not is_quiet() and sys.stderr is not None)


def _as_json_has_it(value: Any) -> Any:
    """Numbers and text as JSON has them; what is not finite is null."""
    if isinstance(value, Mapping):
        return {str(name): _as_json_has_it(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [_as_json_has_it(part) for part in value]
    if hasattr(value, "tolist"):
        return _as_json_has_it(value.tolist())
    if isinstance(value, float) and value - value != 0:
        return None
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)
