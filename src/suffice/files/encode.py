"""Models as JSON, with their arrays apart."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable
from enum import Enum
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from suffice.files.atomic import FileError
from suffice.files.classes import field_names, name_of
from suffice.runtime.arrays import Array
from suffice.runtime.either import is_array

FITTED = re.compile(r"[A-Za-z](\w*[^_\W])?_")
"""Names of fitted attributes."""
_INTEGERS = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
TENSOR_TYPES = ("bool", "float16", "float32", "float64", *_INTEGERS)


def encode(value: Any, where: str, tensors: dict[str, np.ndarray], classes: bool = True) -> Any:
    """JSON for a value; its arrays go to ``tensors`` under the place where they were found."""

    def inside(parts: Any) -> dict[str, Any]:
        return {str(key): encode(part, f"{where}.{key}", tensors, classes) for key, part in parts}

    name = name_of(type(value)) if classes else None
    if name is not None:
        return _encode_object(value, name, inside)
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is np.str_:
        return str(value)
    if type(value) is float:
        return value if math.isfinite(value) else {"float": str(value)}
    if is_array(value):
        return _encode_array(value, where, tensors)
    if type(value) in (list, tuple):
        return {type(value).__name__: list(inside(enumerate(value)).values())}
    if type(value) is dict and all(isinstance(key, str) for key in value):
        return {"dict": inside(value.items())}
    what = f"the function {getattr(value, '__name__', value)}" if callable(value) else f"a {type(value).__name__}"
    raise FileError(
        f"{where} is {what}, which a file cannot keep: numbers, text, arrays and public classes of suffice can be."
    )


def _encode_object(
    value: Any, name: str, inside: Callable[[Iterable[tuple[str, Any]]], dict[str, Any]]
) -> dict[str, Any]:
    if isinstance(value, Enum):
        return {"enum": name, "name": value.name}
    if isinstance(value, BaseEstimator):
        fitted = {key: part for key, part in vars(value).items() if FITTED.fullmatch(key)}
        params = value.get_params(deep=False)
        own = getattr(value, "_without_own_net", None)
        if own is not None:
            params, fitted = own(params, fitted)
        return {"estimator": name, "params": inside(params.items()), "fitted": inside(fitted.items())}
    fields = field_names(type(value))
    return {"module": name, "fields": inside((field, getattr(value, field)) for field in fields)}


def _encode_array(value: Array | np.generic, where: str, tensors: dict[str, np.ndarray]) -> dict[str, Any]:
    if not isinstance(value.dtype, np.dtype):
        raise FileError(f"{where} is a JAX key, which a file cannot keep; give jax.random.key_data of it.")
    array = np.asarray(value)
    if array.dtype.kind in "OU" and all(type(cell) in (str, np.str_) for cell in array.ravel()):
        kind = "object" if array.dtype == object else array.dtype.newbyteorder("=").str
        return {"strings": array.ravel().tolist(), "dtype": kind, "shape": list(array.shape)}
    if array.dtype.name not in TENSOR_TYPES:
        raise FileError(
            f"{where} is an array of {array.dtype}, which a file cannot keep; numbers, truth values and text can be."
        )
    tensors[where] = np.asarray(array, array.dtype.newbyteorder("="), order="C")
    return {"scalar" if isinstance(value, np.generic) else "array": where}
