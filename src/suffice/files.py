"""Saving and loading models: one safetensors file, arrays as tensors and everything else as JSON in its header."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import importlib
import json
import math
import os
import re
import secrets
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from typing import Any

import jax
import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes
from sklearn.base import BaseEstimator

FORMAT, VERSION, SUFFIX = "suffice", 1, ".safetensors"
PUBLIC_MODULES = (
    "suffice",
    "suffice.latent",
    "suffice.energy",
    "suffice.nets",
    "suffice.data",
    "suffice.outcome",
    "equinox.nn",
)
_FITTED = re.compile(r"[A-Za-z](\w*[^_\W])?_")
_INTEGERS = [f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)]
_TENSOR_TYPES = ("bool", "float16", "float32", "float64", *_INTEGERS)


class FileError(ValueError):
    """A model file that cannot be written or read; the message says why and what to do.

    Examples
    --------
    >>> import suffice.files
    >>> try:
    ...     suffice.files.load("no/such/model")
    ... except suffice.files.FileError as error:
    ...     print(error)
    There is no file no/such/model.safetensors.
    """


def save(model: Any, path: str | os.PathLike[str]) -> Path:
    """Save a module or an estimator to one file, which replaces an earlier one only when it is complete.

    Arrays keep every bit and their type. Of an estimator, its parameters and the attributes that end in ``_`` are kept; not
    kept are ``set_output`` and metadata requests.

    Parameters
    ----------
    model
        A module of ``suffice.latent``, ``suffice.energy`` or ``suffice.nets``, or an estimator of ``suffice``.
    path
        Where to write; ``.safetensors`` is added unless it is there. Missing folders are made.

    Returns
    -------
    pathlib.Path
        The file written.

    Raises
    ------
    FileError
        If the model holds something that a file cannot keep, such as a function, or the file cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> import numpy as np
    >>> from suffice.files import load, save
    >>> from suffice.latent import Bernoulli
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = save(Bernoulli(np.array([[0.2, 0.7]])), f"{folder}/model")
    ...     load(path).probabilities
    array([[0.2, 0.7]])
    """
    tensors: dict[str, np.ndarray] = {}
    structure = _encode(model, "model", tensors, _names_of_classes())
    if not isinstance(structure, dict) or not structure.keys() & {"module", "estimator"}:
        raise FileError(f"A {type(model).__name__} cannot be saved; give a module or an estimator of suffice.")
    target = _with_suffix(path)
    _write(structure, tensors, target, FORMAT)
    return target


def load(path: str | os.PathLike[str], *, net: Any = None) -> Any:
    """Load a model that ``save`` wrote. No code from the file is run: it can only name public classes of suffice.

    Parameters
    ----------
    path
        The file, with or without ``.safetensors``.
    net
        For an estimator of a network of your own, of which the file holds the weights alone: what its ``net`` was.

    Returns
    -------
    Any
        The module or estimator; its arrays are NumPy arrays.

    Raises
    ------
    FileError
        If the file is damaged, incomplete, written by something else or by a newer version, or ``net`` is missing or does not
        fit the weights.

    Examples
    --------
    See ``save``.
    """
    target = _with_suffix(path)
    model = _loaded(target, FORMAT, "suffice.save")
    if hasattr(model, "own_weights_"):
        _give_net(model, net, target)
    elif net is not None:
        raise FileError(f"{target} holds all of its model, so it takes no net=.")
    return model


def _give_net(model: Any, net: Any, target: Path) -> None:
    if net is None:
        raise FileError(
            f"{target} holds the weights of a network of your own, not the network: give what net was, as load(path, net=...)."
        )
    try:
        model._take_net(net)
    except ValueError as error:
        raise FileError(f"{target} cannot be loaded: {error}") from None


def write_record(record: dict[str, Any], path: Path, kind: str) -> None:
    """Write a dict of numbers, text, arrays and lists or dicts of them to one file."""
    tensors: dict[str, np.ndarray] = {}
    _write(_encode(record, "record", tensors, {}), tensors, path, kind)


def read_record(path: Path, kind: str, writer: str) -> dict[str, Any]:
    """What ``write_record`` wrote."""
    return _loaded(path, kind, writer)


def _write(structure: Any, tensors: dict[str, np.ndarray], target: Path, kind: str) -> None:
    tree = json.dumps(structure, allow_nan=False)
    header = {"format": kind, "version": str(VERSION), "tree": tree, "checksum": _checksum(tree, tensors)}
    write_atomically(target, to_bytes(tensors, header))


def _loaded(target: Path, kind: str, writer: str) -> Any:
    header, tensors = _read(target)
    if header.get("format") != kind:
        raise FileError(f"{target} was not written by {writer}; it is a safetensors file of another program.")
    if not header.get("version", "").isdecimal() or int(header["version"]) > VERSION:
        raise FileError(
            f"{target} has format {header.get('version')}, newer than this suffice reads ({VERSION}): upgrade it."
        )
    if _checksum(header.get("tree", ""), tensors) != header.get("checksum"):
        raise FileError(f"{target} is damaged: its checksum does not match its contents.")
    try:
        return _decode(json.loads(header["tree"]), tensors, public_classes())
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        said = str(error) if isinstance(error, FileError) else f"it does not fit together ({error!r})"
        raise FileError(f"{target} cannot be loaded: {said}.") from None


def write_atomically(path: Path, content: bytes) -> None:
    """Write a file so that either all of it or the file before it is there, whatever happens."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _write_through(temporary, content)
        os.replace(temporary, path)
    except OSError as error:
        raise FileError(
            f"{path} cannot be written ({error.strerror or error}); nothing that was there is changed."
        ) from None
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def public_classes() -> dict[str, type]:
    """The classes that a file may name: the public ones of suffice, and the layers of Equinox that its nets consist of."""
    found = {}
    for module in map(importlib.import_module, PUBLIC_MODULES):
        members = {name: getattr(module, name) for name in getattr(module, "__all__", vars(module))}
        found |= {f"{module.__name__}.{name}": member for name, member in members.items() if _can_be_kept(member)}
    return found


def _can_be_kept(member: Any) -> bool:
    if not isinstance(member, type) or not member.__module__.startswith(("suffice.", "equinox.nn.")):
        return False
    return dataclasses.is_dataclass(member) or issubclass(member, Enum | BaseEstimator) or _is_named_tuple(member)


def _is_named_tuple(kind: type) -> bool:
    return issubclass(kind, tuple) and hasattr(kind, "_fields")


def _names_of_classes() -> dict[type, str]:
    return {kind: name for name, kind in reversed(public_classes().items())}


def _encode(value: Any, where: str, tensors: dict[str, np.ndarray], names: dict[type, str]) -> Any:
    """JSON for a value; its arrays go to ``tensors`` under the place where they were found."""

    def inside(parts: Any) -> dict[str, Any]:
        return {str(key): _encode(part, f"{where}.{key}", tensors, names) for key, part in parts}

    if type(value) in names:
        return _encode_object(value, names[type(value)], inside)
    if value is None or type(value) in (bool, int, str):
        return value
    if type(value) is np.str_:
        return str(value)
    if type(value) is float:
        return value if math.isfinite(value) else {"float": str(value)}
    if isinstance(value, np.ndarray | np.generic | jax.Array):
        return _encode_array(value, where, tensors)
    if type(value) in (list, tuple):
        return {type(value).__name__: list(inside(enumerate(value)).values())}
    if type(value) is dict and all(isinstance(key, str) for key in value):
        return {"dict": inside(value.items())}
    what = f"the function {getattr(value, '__name__', value)}" if callable(value) else f"a {type(value).__name__}"
    raise FileError(
        f"{where} is {what}, which a file cannot keep: numbers, text, arrays and public classes of suffice can be."
    )


def _encode_object(value: Any, name: str, inside: Any) -> dict[str, Any]:
    if isinstance(value, Enum):
        return {"enum": name, "name": value.name}
    if isinstance(value, BaseEstimator):
        fitted = {key: part for key, part in vars(value).items() if _FITTED.fullmatch(key)}
        params = value.get_params(deep=False)
        own = getattr(value, "_without_own_net", None)
        if own is not None:
            params, fitted = own(params, fitted, frozenset(public_classes().values()))
        return {"estimator": name, "params": inside(params.items()), "fitted": inside(fitted.items())}
    fields = _field_names(type(value))
    return {"module": name, "fields": inside((field, getattr(value, field)) for field in fields)}


def _field_names(kind: type) -> tuple[str, ...]:
    return kind._fields if _is_named_tuple(kind) else tuple(field.name for field in dataclasses.fields(kind))  # type: ignore


def _encode_array(value: Any, where: str, tensors: dict[str, np.ndarray]) -> dict[str, Any]:
    if jax.numpy.issubdtype(value.dtype, jax.dtypes.extended):
        raise FileError(f"{where} is a JAX key, which a file cannot keep; give jax.random.key_data of it.")
    array = np.asarray(value)
    if array.dtype.kind in "OU" and all(type(cell) in (str, np.str_) for cell in array.ravel()):
        kind = "object" if array.dtype == object else array.dtype.newbyteorder("=").str
        return {"strings": array.ravel().tolist(), "dtype": kind, "shape": list(array.shape)}
    if array.dtype.name not in _TENSOR_TYPES:
        raise FileError(
            f"{where} is an array of {array.dtype}, which a file cannot keep; numbers, truth values and text can be."
        )
    tensors[where] = np.asarray(array, array.dtype.newbyteorder("="), order="C")
    return {"scalar" if isinstance(value, np.generic) else "array": where}


def _decode(node: Any, tensors: dict[str, np.ndarray], classes: dict[str, type]) -> Any:
    if not isinstance(node, dict):
        return node

    def parts(of: Any) -> Iterator[Any]:
        return (_decode(part, tensors, classes) for part in of)

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
            return np.array([str(cell) for cell in cells], object if kind == "object" else np.dtype(kind)).reshape(
                shape
            )
        case {"enum": name, "name": member}:
            return _class(name, classes, Enum)[member]
        case {"estimator": name, "params": params, "fitted": fitted}:
            return _rebuilt_estimator(_class(name, classes, BaseEstimator), named(params), named(fitted))
        case {"module": name, "fields": fields}:
            return _rebuilt_module(_class(name, classes, object), named(fields))
    raise FileError(f"it holds an entry of unknown kind {sorted(node)}")


def _class(name: str, classes: dict[str, type], kind: type) -> Any:
    if name not in classes or not issubclass(classes[name], kind):
        raise FileError(f"it names {name!r}, which is no public class of this version of suffice")
    return classes[name]


def _rebuilt_module(kind: type, fields: dict[str, Any]) -> Any:
    _refuse_other_names(kind, set(_field_names(kind)), set(fields))
    if _is_named_tuple(kind):
        return kind(**fields)
    if not dataclasses.is_dataclass(kind):
        raise FileError(f"it names {kind.__name__!r} as a module, which it is not")
    module = object.__new__(kind)
    for name, value in fields.items():
        object.__setattr__(module, name, value)
    return module


def _rebuilt_estimator(kind: type, params: dict[str, Any], fitted: dict[str, Any]) -> Any:
    _refuse_other_names(kind, set(kind._get_param_names()), set(params))  # type: ignore[attr-defined]
    estimator = kind(**params)
    for name, value in fitted.items():
        if not _FITTED.fullmatch(name) or name in params:
            raise FileError(f"it sets {name!r}, which is no fitted attribute")
        setattr(estimator, name, value)
    return estimator


def _refuse_other_names(kind: type, expected: set[str], given: set[str]) -> None:
    missing, added = sorted(expected - given), sorted(given - expected)
    if missing or added:
        what = f"lacks {missing}" if missing else f"has {added}, which this version of suffice does not know"
        raise FileError(f"its {kind.__name__} {what}")


def _checksum(tree: str, tensors: dict[str, np.ndarray]) -> str:
    digest = hashlib.sha256(tree.encode())
    for name, tensor in sorted(tensors.items()):
        digest.update(f"\n{name} {tensor.dtype} {tensor.shape}\n".encode())
        digest.update(tensor.tobytes())
    return digest.hexdigest()


def _read(path: Path) -> tuple[dict[str, str], dict[str, np.ndarray]]:
    if not path.is_file():
        raise FileError(f"There is no file {path}.")
    try:
        with safe_open(path, "np") as file:
            return file.metadata() or {}, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise FileError(f"{path} is damaged, incomplete or no model file ({error}).") from None


def _write_through(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _with_suffix(path: str | os.PathLike[str]) -> Path:
    path = Path(path)
    return path if path.suffix == SUFFIX else path.with_name(path.name + SUFFIX)
