"""Single whole numbers that only pick elements or are compared, such as a class: one program serves all of their values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import jax
import numpy as np

from suffice.inspect.program import closed

PICKING = frozenset(("gather", "dynamic_slice", "dynamic_update_slice", "scatter", "scatter-add", "select_n"))
CALLING = frozenset(("pjit", "jit", "closed_call", "custom_jvp_call", "custom_vjp_call"))


def indices_of(function: Callable[..., Any], arrays: Mapping[str, Any], whole: Mapping[str, Any]) -> frozenset[str]:
    """Names of the whole numbers that may be arrays of a program; none where the function needs one as a Python number.

    A size or a power is a constant of a program: ``range(n)`` cannot be traced, and ``x**n`` has other derivatives.
    """
    if not whole:
        return frozenset()
    try:
        traced = jax.make_jaxpr(lambda given, others: function(**given, **others))(dict(whole), dict(arrays))
    except Exception:  # whatever a function raises that is written for Python's numbers
        return frozenset()
    inputs = zip(sorted(whole), traced.jaxpr.invars, strict=False)
    return frozenset(name for name, variable in inputs if _only_picks(traced.jaxpr, [variable]))


def _only_picks(jaxpr: Any, variables: Iterable[Any]) -> bool:
    """Whether no floating number is computed from whole ones in another way than by picking."""
    carried = set(variables)
    for equation in jaxpr.eqns:
        given = [not hasattr(operand, "val") and operand in carried for operand in equation.invars]
        if not any(given):
            continue
        if equation.primitive.name in CALLING:
            inner = closed(equation.params.get("jaxpr") or equation.params["call_jaxpr"]).jaxpr
            if not _only_picks(inner, [v for v, is_given in zip(inner.invars, given, strict=True) if is_given]):
                return False
        elif not _picks(equation, given):
            return False
        carried.update(result for result in equation.outvars if not _is_floating(result))
    return True


def _picks(equation: Any, given: list[bool]) -> bool:
    if not any(map(_is_floating, equation.outvars)):
        return True
    name, first = equation.primitive.name, equation.invars[0].aval.dtype
    return (name in PICKING and not _is_floating(equation.invars[given.index(True)])) or (
        name == "convert_element_type" and first == np.bool_
    )


def _is_floating(variable: Any) -> bool:
    return np.issubdtype(variable.aval.dtype, np.floating)
