"""A model as a compiled function of named arrays, in float64: its values and derivatives."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import Any

import jax
import numpy as np

from suffice.check.indices import indices_of
from suffice.runtime.precision import scope

QUICK: dict[str, bool | int | str] = {"xla_backend_optimization_level": 1, "xla_llvm_disable_expensive_passes": True}
if jax.__version_info__ < (0, 11):
    QUICK["xla_cpu_use_fusion_emitters"] = False
"""Programs run a few times on small arrays: compiling is what takes the time, and less of it with these options.

``xla_backend_optimization_level=0`` would halve it again, but gives wrong derivatives of maxima (JAX 0.10): the largest element,
computed twice, is not equal to itself.
"""

QUICKEST = {**QUICK, "xla_backend_optimization_level": 0}
"""For programs whose answers are only believed where they equal a claim at every point."""

Arrays = dict[str, Any]
Transform = Callable[[Callable[[Arrays], Any]], Callable[..., Any]]


class Model:
    """A function of named variables: what it takes, its program for a transform, and its value at a point."""

    def __init__(self, function: Callable[..., Any], moving: frozenset[str] = frozenset()):
        self.function = function
        self.moving = moving
        self.taken = _taken(function)
        self.programs: dict[Any, Callable[..., Any]] = {}
        self.kept: dict[Any, Any] = {}
        self.floating: set[str] = set()
        self.indices: frozenset[str] | None = None

    def arguments(self, point: Mapping[str, Any]) -> Arrays:
        """What the function takes of a point; floating arrays are float64, and single whole numbers stay what they are."""
        missing = [name for name, needed in self.taken.items() if needed and name not in point]
        if missing:
            raise ValueError(
                f"The model takes {missing[0]!r}, which at= does not give; it gives {', '.join(sorted(point))}."
            )
        return {name: _double(point[name], name in self.floating) for name in self.taken if name in point}

    def arrays(self, point: Mapping[str, Any]) -> Arrays:
        """What the function takes of a point but for sizes, which are constants of its programs."""
        return self._parted(point)[0]

    def kind_of(self, point: Mapping[str, Any]) -> tuple[Any, ...]:
        """What programs at a point are kept by: shapes, and sizes, which are their constants."""
        arrays, sizes = self._parted(point)
        return tuple(sorted((name, np.shape(value)) for name, value in arrays.items())), sizes

    def value(self, point: Mapping[str, Any]) -> np.ndarray:
        """The function at a point."""
        return self.run("value", lambda function: function, point)

    def run(self, key: Any, transform: Transform, point: Mapping[str, Any], *extra: Any) -> Any:
        """A transform of the function of a dictionary of arrays, compiled once for each kind of shapes, at a point."""
        arrays, sizes = self._parted(point)
        with scope("float64"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            result = _computed(self._program(key, transform, sizes), arrays, *extra)
            return jax.tree.map(np.asarray, result)

    def traced(self, point: Mapping[str, Any]) -> tuple[Any, Arrays]:
        """The function's jaxpr with what it takes as arrays."""
        arrays, sizes = self._parted(point)
        with scope("float64"), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return jax.make_jaxpr(lambda given: self.function(**given, **dict(sizes)))(arrays), arrays

    def _parted(self, point: Mapping[str, Any]) -> tuple[Arrays, tuple[tuple[str, Any], ...]]:
        """Arrays, and single whole numbers that may be sizes."""
        arguments = self.arguments(point)
        whole = {n: v for n, v in arguments.items() if v.ndim == 0 and v.dtype.kind in "biu" and n not in self.moving}
        if self.indices is None:
            arrays = {name: value for name, value in arguments.items() if name not in whole}
            with scope("float64"):
                self.indices = indices_of(self.function, arrays, whole)
        sizes = tuple((name, value.item()) for name, value in whole.items() if name not in self.indices)
        return {name: value for name, value in arguments.items() if name not in dict(sizes)}, sizes

    def _program(self, key: Any, transform: Transform, sizes: tuple[tuple[str, Any], ...]) -> Callable[..., Any]:
        if (key, sizes) not in self.programs:
            inner = transform(lambda given: self.function(**given, **dict(sizes)))
            self.programs[key, sizes] = jax.jit(inner, compiler_options=QUICK)
        return self.programs[key, sizes]


NOT_TRACEABLE = (jax.errors.TracerArrayConversionError, jax.errors.ConcretizationTypeError)
"""What JAX says of a model that is written for NumPy alone."""


def _computed(program: Callable[..., Any], *arguments: Any) -> Any:
    try:
        return program(*arguments)
    except NOT_TRACEABLE:
        raise
    except Exception as error:
        said = (str(error).splitlines() or [""])[0][:200].rstrip(".")
        raise ValueError(f"The model cannot be computed at the point: {type(error).__name__}: {said}.") from None


KEPT: OrderedDict[Any, Model] = OrderedDict()
MOST_KEPT = 24


def model_of(function: Callable[..., Any], moving: frozenset[str] = frozenset()) -> Model:
    """The model of a function, with the programs that it has; ``moving`` are no constants though they may be whole numbers."""
    if not callable(function):
        raise ValueError(f"A model is a function of named arrays or a problem's name, not {type(function).__name__}.")
    key = function, moving
    if key not in KEPT:
        KEPT[key] = Model(function, moving)
        if len(KEPT) > MOST_KEPT:
            KEPT.popitem(last=False)
    KEPT.move_to_end(key)
    return KEPT[key]


def _taken(function: Callable[..., Any]) -> dict[str, bool]:
    """Arguments by name, and whether they are needed."""
    try:
        parameters = signature(function).parameters.values()
    except (ValueError, TypeError):
        raise ValueError(
            "The arguments of the model have no names; wrap it in a function that names what it takes."
        ) from None
    return {
        p.name: p.default is Parameter.empty
        for p in parameters
        if p.kind not in (Parameter.VAR_KEYWORD, Parameter.VAR_POSITIONAL)
    }


def _double(value: Any, floating: bool) -> np.ndarray:
    array = np.asarray(value)
    return array.astype(float) if floating or array.dtype.kind == "f" else array
