"""From the words of a command line to values: readers of options, and groups of options as one argument."""

from __future__ import annotations

import csv
import dataclasses
import inspect
import re
from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any, get_args, get_type_hints

from suffice.choices import Criterion

MOST = 1000


def sizes(text: str | tuple[int, ...]) -> tuple[int, ...]:
    """Whole numbers with an x between them, such as the size of an image or of the layers of a network."""
    if isinstance(text, tuple):
        return text
    parts = str(text).lower().split("x")
    if not all(part.isdecimal() and int(part) > 0 for part in parts):
        raise _bad(text, "whole numbers of at least 1 with an x between them are expected, such as 28x28")
    return tuple(int(part) for part in parts)


def counts(text: str | int) -> int | list[int]:
    """One number of components, or several: a range such as 1-8, numbers with commas between them, or both."""
    found: set[int] = set()
    for part in str(text).split(","):
        range_given = re.fullmatch(r"\s*(\d{1,9})\s*(?:-\s*(\d{1,9})\s*)?", part)
        first, last = (0, 0) if range_given is None else (int(range_given[1]), int(range_given[2] or range_given[1]))
        if not 1 <= first <= last or last - first >= MOST:
            raise _bad(text, "a whole number of at least 1 is expected, or several such as 1-8 or 2,4,8")
        found.update(range(first, last + 1))
    return found.pop() if len(found) == 1 else sorted(found)


def choices(kind: Any) -> Callable[[Any], str | list[str]]:
    """A reader of one choice of a ``Literal``, or of several with commas between them."""
    allowed = get_args(kind)

    def read(text: str) -> str | list[str]:
        found = list(dict.fromkeys(words(text)))
        if not set(found) <= set(allowed):
            raise _bad(text, f"one of {', '.join(allowed)} is expected, or several with commas between them")
        return found[0] if len(found) == 1 else found

    return read


def one_criterion(text: str) -> str:
    """What selects, with a hyphen or an underscore."""
    found = str(text).replace("-", "_")
    if found not in get_args(Criterion):
        raise _bad(text, "one of bic, aic, icl, sabic, caic and held-out is expected")
    return found


def pairs(text: str) -> dict[str, str]:
    """Settings of columns, written as name=value with commas between them."""
    found: dict[str, str] = {}
    for part in str(text).split(","):
        name, _, value = (word.strip() for word in part.rpartition("="))
        if not name or not value:
            raise _bad(text, "name=value is expected, or several such as year=gaussian,sex=categorical")
        if name in found:
            raise _bad(text, f"each column once is expected, and {name!r} is named twice")
        found[name] = value
    return found


def states(text: str) -> dict[str, str]:
    """States of nodes, written as node=state with commas between them; what holds a comma stands in quotes."""
    found: dict[str, str] = {}
    for part in next(csv.reader([str(text)], skipinitialspace=True)):
        node, sign, state = (word.strip() for word in part.partition("="))
        if not node or not sign:
            raise _bad(text, "node=state is expected, or several such as HR=HIGH,CVP=LOW")
        if node in found:
            raise _bad(text, f"each node once is expected, and {node!r} is named twice")
        found[node] = state
    return found


def edges(text: str) -> tuple[tuple[str, str], ...]:
    """Edges from parents to children, written as parent>child with commas between them."""
    found = [tuple(word.strip() for word in part.split(">")) for part in str(text).split(",")]
    if not all(len(edge) == 2 and all(edge) for edge in found):
        raise _bad(text, "parent>child is expected, or several such as 'smoke>lung,smoke>bronc'")
    return tuple((edge[0], edge[1]) for edge in found)


def sizes_by_name(text: str) -> dict[str, int]:
    """Whole numbers by name, written as name=number with commas between them."""
    found = pairs(text)
    if not all(value.isdecimal() for value in found.values()):
        raise _bad(text, "name=number is expected, or several such as class=3,group=2")
    return {name: int(value) for name, value in found.items()}


def shares(text: str) -> tuple[float, ...]:
    """Numbers with commas between them."""
    try:
        return tuple(float(part) for part in str(text).split(","))
    except ValueError:
        raise _bad(text, "numbers with commas between them are expected, such as 0.2,0.8") from None


def shrinkage_of(text: str | float) -> str | float:
    """A share, or the name of a rule that finds it."""
    try:
        return float(text)
    except ValueError:
        if text not in ("ledoit_wolf", "oas"):
            raise _bad(str(text), "a share from 0 to 1 is expected, or ledoit_wolf or oas") from None
        return text


def costs(text: str) -> dict[tuple[str, str], float]:
    """What mistakes cost, written as class>decision=cost with commas between them."""
    found: dict[tuple[str, str], float] = {}
    for pair, cost in pairs(text).items():
        known, sign, decided = (word.strip() for word in pair.partition(">"))
        try:
            found[known, decided] = float(cost)
        except ValueError:
            sign = ""
        if not (known and sign and decided):
            raise _bad(text, "class>decision=cost is expected, or several such as ill>well=20,well>ill=1")
    return found


def words(text: str) -> tuple[str, ...]:
    """Names with commas between them."""
    return tuple(part.strip() for part in str(text).split(","))


def names(text: str) -> list[str]:
    """Column names with commas between them, or of a file's lines, as @FILE."""
    if not str(text).startswith("@"):
        return [name for name in words(text) if name]
    path = Path(str(text)[1:])
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise _bad(text, f"a file of names is expected, which cannot be read ({error})") from None
    return [line.strip() for line in lines if line.strip()]


def marks(text: str) -> dict[str, list[str]]:
    """Cells that stand for nothing, with commas between them; those of one column as column=cell."""
    found: dict[str, list[str]] = {}
    for part in next(csv.reader([str(text)], skipinitialspace=True)):
        column, _, mark = part.rpartition("=")
        found.setdefault(column.strip(), []).append(mark.strip())
    return found


def together(found: Any) -> dict[str, list[str]] | None:
    """The cells of an option that was given several times, or that are together already."""
    if not found or isinstance(found, dict):
        return found or None
    return {column: [cell for one in found for cell in one.get(column, ())] for one in found for column in one}


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


def _bad(text: str | int | tuple[int, ...], expected: str) -> Exception:
    import typer

    return typer.BadParameter(f"{str(text)!r} was given; {expected}.")
