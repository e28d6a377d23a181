"""Shapes that signatures state, checked while tests run: ``jaxtyping`` hands every function of ``suffice`` to ``checked``."""

import functools
import inspect
import types
import typing

from jaxtyping import AbstractArray


def checked(function):
    """The function, refusing arrays of other shapes or types than its annotations say; sizes of one name have to agree."""
    hints = {name: hint for name, hint in function.__annotations__.items() if has_shape(hint) and name != "return"}
    if not hints:
        return function
    signature = inspect.signature(function)

    @functools.wraps(function)
    def run(*args, **kwargs):
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            if name in hints and not fits(value, hints[name]):
                raise TypeError(f"{name} of shape {getattr(value, 'shape', None)} is no {hints[name]}")
        return function(*args, **kwargs)

    return run


def has_shape(hint):
    """Whether an annotation names the shape of an array."""
    if inspect.isclass(hint) and issubclass(hint, AbstractArray):
        return True
    return any(map(has_shape, typing.get_args(hint)))


def fits(value, hint):
    """Whether a value, or each part of a tuple, is of its annotation."""
    parts = typing.get_args(hint)
    if typing.get_origin(hint) is tuple:
        return len(value) == len(parts) and all(map(fits, value, parts))
    if typing.get_origin(hint) in (typing.Union, types.UnionType):
        return any(fits(value, part) for part in parts)
    return hint is typing.Any or isinstance(value, typing.get_origin(hint) or hint)
