"""Options declared once, as the fields of a dataclass, and used by several commands."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, get_type_hints


def flat(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function with every dataclass among its parameters replaced by the fields of this dataclass."""
    hints = get_type_hints(function, include_extras=True)
    given = inspect.signature(function).parameters.values()
    records = {p.name: hints[p.name] for p in given if dataclasses.is_dataclass(hints[p.name])}

    @wraps(function)
    def command(**values: Any) -> Any:
        for name, record in records.items():
            own = {field.name: values.pop(field.name) for field in dataclasses.fields(record) if field.init}
            values[name] = record(**own)
        return function(**values)

    parameters = [q for p in given for q in _spread(p, hints[p.name])]
    command.__signature__ = inspect.Signature(parameters)  # pyright: ignore[reportAttributeAccessIssue]
    command.__annotations__ = {p.name: p.annotation for p in parameters}
    return command


def _spread(parameter: inspect.Parameter, hint: Any) -> list[inspect.Parameter]:
    if not dataclasses.is_dataclass(hint):
        return [parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY, annotation=hint)]
    hints = get_type_hints(hint, include_extras=True)
    return [
        inspect.Parameter(
            field.name,
            inspect.Parameter.KEYWORD_ONLY,
            default=inspect.Parameter.empty if field.default is dataclasses.MISSING else field.default,
            annotation=hints[field.name],
        )
        for field in dataclasses.fields(hint)
        if field.init
    ]
