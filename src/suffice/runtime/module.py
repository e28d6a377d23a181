"""Modules: dataclasses that are trees of arrays, for NumPy alone and, once it is loaded, for JAX."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar, Self, TypeVar, dataclass_transform

import numpy as np

from suffice.runtime.when_loaded import when_loaded


def field(*, static: bool = False, **options: Any) -> Any:
    """A field of a module; one that is ``static`` belongs to its kind, not to its arrays."""
    return dataclasses.field(metadata={"static": static}, **options)


@dataclass_transform(field_specifiers=(field,), kw_only_default=False)
class Module:
    """A dataclass whose fields are set once: arrays, modules and other trees of arrays, and static ones that are compared.

    What ``equinox.Module`` is, without the second that importing JAX takes: JAX knows modules as trees once it is loaded.
    """

    dynamic_fields: ClassVar[tuple[str, ...]] = ()
    static_fields: ClassVar[tuple[str, ...]] = ()
    _generated: ClassVar[bool] = True

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls._generated = "__init__" not in vars(cls) and cls._generated
        dataclasses.dataclass(eq=False, repr=False, init=cls._generated)(cls)
        names = {each.name: bool(each.metadata.get("static")) for each in dataclasses.fields(cls)}  # type: ignore[arg-type]
        cls.dynamic_fields = tuple(name for name, static in names.items() if not static)
        cls.static_fields = tuple(name for name, static in names.items() if static)
        when_loaded("jax", lambda jax: _register(jax, cls))

    def __setattr__(self, name: str, value: Any) -> None:
        own = self.__dict__
        if name in own:
            raise dataclasses.FrozenInstanceError(
                f"{type(self).__name__}.{name} cannot be set anew: modules do not change."
            )
        own[name] = value

    def __repr__(self) -> str:
        fields = (f"{name}={_shown(getattr(self, name))}" for name in (*self.dynamic_fields, *self.static_fields))
        return f"{type(self).__name__}({', '.join(fields)})"

    def dynamic_values(self) -> list[Any]:
        """Values of the fields that are not static."""
        own = self.__dict__
        return [own[name] for name in self.dynamic_fields]

    def static_values(self) -> tuple[Any, ...]:
        """Values of the static fields."""
        own = self.__dict__
        return tuple(own[name] for name in self.static_fields)

    @classmethod
    def rebuilt(cls, static: tuple[Any, ...], dynamic: Any) -> Self:
        """The module of these values."""
        made = object.__new__(cls)
        made.__dict__.update(zip(cls.dynamic_fields, dynamic, strict=True))
        made.__dict__.update(zip(cls.static_fields, static, strict=True))
        return made


M = TypeVar("M", bound="Module")


def replaced(module: M, **values: Any) -> M:
    """A module with other values in some of its fields, or in place of what a property hands out of its inside."""
    own = {*module.dynamic_fields, *module.static_fields}
    made = object.__new__(type(module))
    made.__dict__.update(module.__dict__ | {name: value for name, value in values.items() if name in own})
    inner = {name: value for name, value in values.items() if name not in own}
    return _replaced_inside(made, inner) if inner else made


class _Place:
    """A leaf of a module, told from others that hold the same array."""

    def __init__(self, leaf: Any):
        self.leaf = leaf


def _replaced_inside(module: M, values: dict[str, Any]) -> M:
    marked, swaps = _marked(module), {}
    for name, value in values.items():
        try:
            inside = getattr(marked, name)
        except AttributeError:  # worked out from arrays, not one of them
            inside = None
        swaps |= zip(map(id, inside), value, strict=True) if isinstance(inside, tuple) else {id(inside): value}
    made = _settled(marked, swaps)
    if swaps:
        raise TypeError(
            f"{type(module).__name__} holds nothing that it gives as {' or '.join(values)}; replace its fields."
        )
    return made


def _marked(node: Any) -> Any:
    if isinstance(node, Module):
        return node.rebuilt(node.static_values(), [_marked(child) for child in node.dynamic_values()])
    return tuple(map(_marked, node)) if type(node) is tuple else _Place(node)


def _settled(node: Any, swaps: dict[int, Any]) -> Any:
    if id(node) in swaps:
        return swaps.pop(id(node))
    if isinstance(node, Module):
        return node.rebuilt(node.static_values(), [_settled(child, swaps) for child in node.dynamic_values()])
    return tuple(_settled(child, swaps) for child in node) if type(node) is tuple else node.leaf


def _register(jax: Any, cls: type[Module]) -> None:
    key = jax.tree_util.GetAttrKey
    jax.tree_util.register_pytree_with_keys(
        cls,
        lambda module: ([(key(n), module.__dict__[n]) for n in cls.dynamic_fields], module.static_values()),
        cls.rebuilt,
        lambda module: (module.dynamic_values(), module.static_values()),
    )


def _shown(value: Any) -> str:
    return f"{value.dtype}{list(value.shape)}" if isinstance(value, np.ndarray) and value.ndim else repr(value)
