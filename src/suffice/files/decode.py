"""Models from JSON and their arrays; no code from a file is run."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from enum import Enum
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator

from suffice.files.atomic import FileError
from suffice.files.classes import class_named, field_names, is_named_tuple
from suffice.files.encode import FITTED

MOST_TEXT = 1 << 28
"""Bytes of an array of text at most."""


def decode(node: Any, tensors: dict[str, np.ndarray]) -> Any:
    """What ``encode`` was given."""
    if not isinstance(node, dict):
        return node

    def parts(of: Any) -> Iterator[Any]:
        return (decode(part, tensors) for part in of)

    def named(of: dict[str, Any]) -> dict[str, Any]:
        return dict(zip(of, parts(of.values()), strict=True))

    match node:
        case {"float": value}:
            return float(value)
        case {"list": items}:
            return list(parts(items))
        case {"tuple": items}:
            return tuple(parts(items))
        case {"dict": items}:
            return named(items)
        case {"array": key}:
            return tensors[key]
        case {"scalar": key}:
            return tensors[key][()]
        case {"strings": cells, "dtype": kind, "shape": shape}:
            return np.array([str(cell) for cell in cells], _text_type(kind, len(cells))).reshape(shape)
        case {"enum": name, "name": member}:
            return _class(name, Enum)[member]
        case {"estimator": name, "params": params, "fitted": fitted}:
            return _rebuilt_estimator(_class(name, BaseEstimator), named(params), named(fitted))
        case {"module": name, "fields": fields}:
            return _rebuilt_module(_class(name, object), named(fields))
    raise FileError(f"it holds an entry of unknown kind {sorted(node)}")


def _text_type(kind: str, count: int) -> np.dtype:
    """The type of an array of text, unless its cells would be larger than any that was saved."""
    found = np.dtype(object if kind == "object" else kind)
    if found.kind not in "OU" or found.itemsize * max(count, 1) > MOST_TEXT:
        raise FileError(f"it does not fit together: text of type {kind!r} is in no model")
    return found


def _class(name: str, kind: type) -> Any:
    found = class_named(name)
    if found is None or not issubclass(found, kind):
        raise FileError(f"it names {name!r}, which is no public class of this version of suffice")
    return found


def _rebuilt_module(kind: type, fields: dict[str, Any]) -> Any:
    if set(fields) == getattr(kind, "earlier_fields", None):
        return kind(**fields)
    _refuse_other_names(kind, set(field_names(kind)), set(fields))
    if is_named_tuple(kind):
        return kind(**fields)
    if not dataclasses.is_dataclass(kind):
        raise FileError(f"it names {kind.__name__!r} as a module, which it is not")
    module = object.__new__(kind)
    for name, value in fields.items():
        object.__setattr__(module, name, value)
    return module


def _rebuilt_estimator(kind: type, params: dict[str, Any], fitted: dict[str, Any]) -> Any:
    params = getattr(kind, "earlier_params", {}) | params
    _refuse_other_names(kind, set(kind._get_param_names()), set(params))  # type: ignore[attr-defined]
    estimator = kind(**params)
    for name, value in fitted.items():
        if not FITTED.fullmatch(name) or name in params:
            raise FileError(f"it sets {name!r}, which is no fitted attribute")
        setattr(estimator, name, value)
    return estimator


def _refuse_other_names(kind: type, expected: set[str], given: set[str]) -> None:
    missing, added = sorted(expected - given), sorted(given - expected)
    if missing or added:
        what = f"lacks {missing}" if missing else f"has {added}, which this version of suffice does not know"
        raise FileError(f"its {kind.__name__} {what}")
