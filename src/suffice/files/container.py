"""One safetensors file: arrays as tensors, everything else in its header, and a checksum over both."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save as to_bytes

from suffice.files.atomic import FileError, write_atomically
from suffice.files.decode import decode
from suffice.files.encode import encode
from suffice.files.plausible import refuse_impossible

VERSION = 1


Json: TypeAlias = "dict[str, Json] | list[Json] | str | float | bool | None"
"""What a JSON text says."""


def write_record(record: dict[str, Any], path: Path, kind: str) -> None:
    """Write a dict of numbers, text, arrays and lists or dicts of them to one file.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from suffice.files import read_record, write_record
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "state.safetensors")
    ...     write_record({"round": 3, "totals": np.array([1.0, 2.0])}, path, "my-state")
    ...     read_record(path, "my-state", "my_program")
    {'round': 3, 'totals': array([1., 2.])}
    """
    tensors: dict[str, np.ndarray] = {}
    write(encode(record, "record", tensors, classes=False), tensors, path, kind)


def read_record(path: Path, kind: str, writer: str) -> dict[str, Any]:
    """What ``write_record`` wrote.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from suffice.files import FileError, read_record, write_record
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = Path(folder, "state.safetensors")
    ...     write_record({"round": 3}, path, "my-state")
    ...     try:
    ...         read_record(path, "other", "the other program")
    ...     except FileError as error:
    ...         print(error.args[0].split(" ", 1)[1])
    was not written by the other program; it is a safetensors file of another program.
    """
    return loaded(path, kind, writer)


def write(structure: Json, tensors: dict[str, np.ndarray], target: Path, kind: str) -> None:
    """Write a structure of JSON and its arrays to one file of a kind."""
    tree = json.dumps(structure, allow_nan=False)
    header = {"format": kind, "version": str(VERSION), "tree": tree, "checksum": _checksum(tree, tensors)}
    write_atomically(target, to_bytes(tensors, header))


def loaded(target: Path, kind: str, writer: str) -> Any:
    """What a file of a kind holds, if it is whole."""
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
        model = decode(json.loads(header["tree"]), tensors)
        refuse_impossible(model)
        return model
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as error:
        said = str(error) if isinstance(error, FileError) else f"it does not fit together ({error!r})"
        raise FileError(f"{target} cannot be loaded: {said}.") from None


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
