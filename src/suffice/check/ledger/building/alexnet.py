"""Units, weights and connections of AlexNet as the document counts them: no biases, padded zeros count."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import NamedTuple


class Layer(NamedTuple):
    """Kernel, channels in, maps, side of a map, and the groups of the original; fully connected ones have side 1."""

    name: str
    kernel: int
    channels: int
    maps: int
    side: int
    groups: int = 1

    def weights(self, towers: bool) -> int:
        """k · k · C_in / groups · C_out."""
        return self.kernel**2 * self.channels * self.maps // (self.groups if towers else 1)

    def connections(self, towers: bool) -> int:
        """Weights times elements of an output map."""
        return self.weights(towers) * self.side**2


LAYERS = (
    Layer("C1", 11, 3, 96, 55),
    Layer("C2", 5, 96, 256, 27, 2),
    Layer("C3", 3, 256, 384, 13),
    Layer("C4", 3, 384, 384, 13, 2),
    Layer("C5", 3, 384, 256, 13, 2),
    Layer("F1", 6, 256, 4096, 1),
    Layer("F2", 1, 4096, 4096, 1),
    Layer("Out", 1, 4096, 1000, 1),
)
PRINTED = {
    "C1": (34_848, 105_415_200),
    "C2": (614_400, 111_974_400),
    "C3": (884_736, 149_520_384),
    "C4": (1_327_104, 112_140_288),
    "C5": (884_736, 74_760_192),
    "F1": (37_748_736, 37_748_736),
    "F2": (16_777_216, 16_777_216),
    "Out": (4_096_000, 4_096_000),
}
"""Weights and connections of the document."""
FIRST = [
    {"maps": 96.0, "kernel": 11.0, "channels": 3.0, "groups": 1.0, "height": 55.0},
    {"maps": 256.0, "kernel": 5.0, "channels": 96.0, "groups": 1.0, "height": 27.0},
    {"maps": 384.0, "kernel": 3.0, "channels": 256.0, "groups": 1.0, "height": 13.0},
]
"""Sizes of the first three convolutions."""


def total(count: Callable[[Layer], int], layers: tuple[Layer, ...] = LAYERS) -> int:
    """Sum over layers."""
    return sum(count(layer) for layer in layers)


def _row(layer: Layer) -> tuple[bool, str]:
    """Both numbers of a layer under one convention."""
    printed = PRINTED[layer.name]
    whole, parted = ((layer.weights(towers), layer.connections(towers)) for towers in (False, True))
    if printed in (whole, parted):
        return (
            True,
            f"weights {printed[0]:,}, connections {printed[1]:,}; ratio {printed[1] // printed[0]:,} = elements of a map",
        )
    said = f"connections / weights is {printed[1] / printed[0]:,.5g}, not the {layer.side**2:,} elements of a map; "
    return (
        False,
        said + f"one kernel over all maps: {whole[0]:,} and {whole[1]:,}; two towers: {parted[0]:,} and {parted[1]:,}",
    )


def _units() -> tuple[bool, str]:
    count = sum(layer.maps * layer.side**2 for layer in LAYERS)
    return count == 659_272, f"{count:,} units in all"


def _sum_of_weights() -> tuple[bool, str]:
    whole, parted = (total(lambda layer, towers=towers: layer.weights(towers)) for towers in (False, True))
    return whole == sum(printed for printed, _ in PRINTED.values()), f"{whole:,}; with two towers {parted:,}"


def _sum_of_connections() -> tuple[bool, str]:
    whole, parted = (total(lambda layer, towers=towers: layer.connections(towers)) for towers in (False, True))
    printed = sum(connections for _, connections in PRINTED.values())
    return printed in (whole, parted), f"{printed:,} printed; {whole:,}, or with two towers {parted:,}"


def whole_table() -> tuple[bool, str]:
    """Whether one convention gives every cell."""
    wrong = [layer.name for layer in LAYERS if not _row(layer)[0]]
    return not wrong, f"{len(LAYERS) - len(wrong)} of {len(LAYERS)} layers under one convention; not {', '.join(wrong)}"


REMARKS = {
    "C2": "447,897,600, or 223,948,800 with two towers: the number printed is one tower's",
    "C4": "weights of all kernels, connections of two towers",
    "C5": "weights of all kernels, connections of two towers",
}


def _said(layer: Layer) -> str:
    weights, connections = PRINTED[layer.name]
    return f"{layer.name}: {weights:,} weights, {connections:,} connections"


ROWS: tuple[tuple[str, Callable[[], tuple[bool, str]], str, str], ...] = (
    ("units: 290,400 in C1 = 55 · 55 · 96, and so on", _units, "right", "the paper's own figure prints 253,440 for C1"),
    *(
        (_said(layer), partial(_row, layer), "wrong" if layer.name in REMARKS else "right", REMARKS.get(layer.name, ""))
        for layer in LAYERS
    ),
    ("62,367,776 weights in all", _sum_of_weights, "right", "all kernels over all maps"),
    ("612,432,416 connections in all", _sum_of_connections, "wrong", "1,135,256,096, or 724,406,816 with two towers"),
)


def _changed(name: str | None, share: float) -> tuple[Layer, ...]:
    """Layers with a share of the maps of one layer, or of all convolutions."""
    layers = list(LAYERS)
    for place, layer in enumerate(LAYERS):
        if name == layer.name or (name is None and layer.name.startswith("C")):
            layers[place] = layers[place]._replace(maps=round(layer.maps * share))
            after = layers[place + 1]
            layers[place + 1] = after._replace(channels=layers[place].maps)
    return tuple(layers)


def effects(name: str | None, share: float) -> tuple[float, float]:
    """Shares by which weights and connections change."""
    layers = _changed(name, share)
    return (
        total(lambda layer: layer.weights(False), layers) / total(lambda layer: layer.weights(False)) - 1,
        total(lambda layer: layer.connections(False), layers) / total(lambda layer: layer.connections(False)) - 1,
    )


def fewer_kernels() -> tuple[bool, str]:
    """What the document's change saves, beside halving F1."""
    kernels, first, halved = effects(None, 90 / 96)[0], effects("C1", 90 / 96)[0], effects("F1", 0.5)[0]
    said = f"weights: C1 96 → 90 {first:+.2%}, all convolutions × 90/96 {kernels:+.2%}, F1 halved {halved:+.2%}"
    return kernels < halved, said


def fewer_connections() -> tuple[bool, str]:
    """The same of connections."""
    kernels, first, halved = effects(None, 90 / 96)[1], effects("C1", 90 / 96)[1], effects("F1", 0.5)[1]
    said = f"connections: C1 96 → 90 {first:+.2%}, all convolutions × 90/96 {kernels:+.2%}, F1 halved {halved:+.2%}"
    return kernels < halved and first < 0, said


def proportional() -> tuple[bool, str]:
    """Whether halving all kernels halves the weights of the fully connected layers."""
    layers = _changed(None, 0.5)
    shares = [new.weights(False) / old.weights(False) for new, old in zip(layers, LAYERS, strict=True) if old.side == 1]
    return all(share == 0.5 for share in shares), f"half the kernels leave F1, F2 and Out {shares} of their weights"
