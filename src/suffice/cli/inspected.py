"""What ``suffice inspect`` looks at: networks by name, in a file of Python, or of a run that was written."""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from suffice.cli.writing import MODEL


@dataclass(frozen=True)
class Inspected:
    """A network, or a function without arguments that makes one, with the shape of an example if it is known."""

    network: Any
    shape: tuple[int, ...] | None
    title: str


@dataclass(frozen=True)
class Sizes:
    """What networks with a name are made with; None where nothing was said."""

    towers: int | None
    channels: int | None
    classes: int | None
    hidden_sizes: tuple[int, ...] | None


def inspected(target: str, shape: tuple[int, ...] | None, sizes: Sizes) -> Inspected:
    """What a word on the command line names."""
    if target in NAMED:
        return NAMED[target](shape, sizes)
    _refuse(target, sizes, ())
    path, colon, name = target.rpartition(":")
    if colon and path.endswith(".py"):
        return Inspected(_from_file(Path(path), name), shape, name)
    if target.endswith(".py"):
        raise ValueError(f"{target} was given; a name in it is expected too, such as {target}:build.")
    if not Path(target).exists():
        raise ValueError(
            f"{target!r} was given; expected {', '.join(NAMED)}, a file of Python and a name in it such as net.py:build, or "
            "the folder of a saved run."
        )
    return _saved(Path(target), shape)


def _alexnet(shape: tuple[int, ...] | None, sizes: Sizes) -> Inspected:
    from suffice.nets import AlexNet

    _refuse("alexnet", sizes, ("towers", "classes"))
    towers, classes, shape = sizes.towers or 1, sizes.classes or 1000, shape or (3, 227, 227)
    images = _channels(shape)
    title = f"AlexNet, {towers} tower{'s' * (towers > 1)}"
    return Inspected(lambda: AlexNet(classes, towers, images, key=0), shape, title)


def _resnet(shape: tuple[int, ...] | None, sizes: Sizes) -> Inspected:
    from suffice.nets import ResNet

    _refuse("resnet", sizes, ("channels", "classes"))
    channels, classes, shape = sizes.channels or 16, sizes.classes or 10, shape or (1, 28, 28)
    images = _channels(shape)
    return Inspected(lambda: ResNet(channels, classes, images, key=0), shape, f"ResNet({channels})")


def _lenet(shape: tuple[int, ...] | None, sizes: Sizes) -> Inspected:
    from suffice.nets import ConvNet

    _refuse("lenet", sizes, ("classes", "hidden_sizes"))
    image, classes, hidden = shape or (1, 28, 28), sizes.classes or 10, sizes.hidden_sizes or (500,)
    _channels(image)
    return Inspected(lambda: ConvNet((20, 50), classes, image, hidden_sizes=hidden, key=0), image, "LeNet")


def _mlp(shape: tuple[int, ...] | None, sizes: Sizes) -> Inspected:
    from suffice.nets import MLP

    _refuse("mlp", sizes, ("classes", "hidden_sizes"))
    row, classes, hidden = shape or (784,), sizes.classes or 10, sizes.hidden_sizes or (100,)
    if len(row) != 1:
        raise ValueError(f"--input {'x'.join(map(str, row))} was given; an mlp takes rows: one number, such as 784.")
    return Inspected(lambda: MLP(row[0], hidden, classes, key=0), row, "MLP")


NAMED: dict[str, Callable[[tuple[int, ...] | None, Sizes], Inspected]] = {
    "alexnet": _alexnet,
    "resnet": _resnet,
    "lenet": _lenet,
    "mlp": _mlp,
}


def _channels(shape: tuple[int, ...]) -> int:
    if len(shape) != 3:
        raise ValueError(
            f"--input {'x'.join(map(str, shape))} was given; an image is channels x height x width, such as 3x224x224."
        )
    return shape[0]


def _refuse(target: str, sizes: Sizes, known: tuple[str, ...]) -> None:
    """Refuse options that the network does not have."""
    for name, value in vars(sizes).items():
        if value is not None and name not in known:
            own = f"its options are {', '.join(map(_option, known))}" if known else "its sizes are its own"
            raise ValueError(f"{_option(name)} was given, but {target} has none: {own}.")


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _from_file(path: Path, name: str) -> Any:
    """Something that a file of Python calls by a name."""
    if not path.is_file():
        raise FileNotFoundError(f"{path} is no file.")
    module = _run(path)
    if not hasattr(module, name):
        there = [own for own, value in vars(module).items() if callable(value) and not own.startswith("_")]
        raise ValueError(f"{path} has no {name!r}; it has {', '.join(there[:20]) or 'no functions'}.")
    return getattr(module, name)


def _run(path: Path) -> ModuleType:
    """The module that a file of Python makes; it may import what lies beside it."""
    spec = spec_from_file_location(f"inspected_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(path.parent.resolve()))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        lines = [
            line.lineno for line in traceback.extract_tb(error.__traceback__) if line.filename == str(path.resolve())
        ]
        line = getattr(error, "lineno", None) or (lines[-1] if lines else None)
        where = f" at line {line}" if line else ""
        raise ValueError(
            f"{path} fails{where}: {type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
        ) from error
    finally:
        sys.path.remove(str(path.parent.resolve()))
    return module


def _saved(path: Path, shape: tuple[int, ...] | None) -> Inspected:
    """The network of a run folder, or of a model file."""
    from suffice.files import load
    from suffice.nets.batch_network import BatchNetwork

    file = path / MODEL if path.is_dir() else path
    if not file.exists():
        raise FileNotFoundError(
            f"{path} holds no {MODEL}: `suffice fit neural-classifier DATA --out {path}` writes one."
        )
    found = load(file)
    network = getattr(found, "model_", found)
    if not callable(network) and not isinstance(network, BatchNetwork):
        raise ValueError(
            f"{file} holds a {type(found).__name__}; a network is expected, such as a NeuralClassifier has."
        )
    own = getattr(found, "image_shape_", None) or (
        (found.n_features_in_,) if hasattr(found, "n_features_in_") else None
    )
    return Inspected(network, shape or own, f"{type(network).__name__} of {path.name}")
