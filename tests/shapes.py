"""Shapes that signatures state, checked while tests run: ``jaxtyping``'s import hook wraps every function of ``suffice``."""

import functools
import inspect
import typing


def checked(function):
    """The function, refusing arrays of other shapes or types than its annotations say; sizes of one name have to agree."""
    text = {name: hint for name, hint in function.__annotations__.items() if isinstance(hint, str) and "[Array" in hint}
    if not text:
        return function
    signature = inspect.signature(function)

    @functools.wraps(function)
    def run(*args, **kwargs):
        hints = hints_of(function, tuple(text))
        for name, value in signature.bind(*args, **kwargs).arguments.items():
            if name in hints:
                check(value, hints[name], f"{name} of {function.__qualname__}")
        result = function(*args, **kwargs)
        if "return" in hints:
            check(result, hints["return"], f"the result of {function.__qualname__}")
        return result

    return run


@functools.cache
def hints_of(function, names):
    """The annotations of these names, evaluated."""
    place = vars(inspect.getmodule(function))
    return {name: eval(function.__annotations__[name], place) for name in names}


def check(value, hint, what):
    """Raise where a value is not of its annotation; of tuples, every part is looked at."""
    if typing.get_origin(hint) is tuple:
        for number, (part, own) in enumerate(zip(value, typing.get_args(hint), strict=True)):
            check(part, own, f"{what}[{number}]")
    elif not isinstance(value, hint):
        raise TypeError(f"{what} is {type(value).__name__} of shape {getattr(value, 'shape', None)}; {hint} is expected.")


