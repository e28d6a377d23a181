"""What the counts of one layer follow from."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import prod

from suffice.inspect.accounting import Account
from suffice.inspect.convention import Convention
from suffice.inspect.flow import convolution_shapes, moved_shape
from suffice.inspect.layer_row import Row
from suffice.inspect.reads import layout
from suffice.inspect.windows import taps_on_input, windows


@dataclass(frozen=True)
class Facts:
    """What the counts of a convolution or a fully connected layer follow from."""

    inputs: int
    outputs: int
    kernel: tuple[int, ...] = ()
    before: tuple[int, ...] = ()
    after: tuple[int, ...] = ()
    stride: tuple[int, ...] = ()
    padding: tuple[tuple[int, int], ...] = ()
    groups: int = 1
    bias: bool = False
    taps: bool = True
    dilation: tuple[int, ...] = ()
    convention: Convention = field(default_factory=Convention)

    def numbers(self) -> dict[str, int]:
        """Counts by column."""
        weights = prod(self.kernel) * self.inputs * self.outputs // self.groups
        biases, units = self.outputs if self.bias else 0, prod(self.after) * self.outputs
        along = [self._taps(axis) for axis in range(len(self.kernel))]
        places = prod(along) * prod(self.after[len(self.kernel) :])
        products = places * self.inputs * self.outputs // self.groups
        to_biases = units if self.bias and self.convention.bias else 0
        operations = products * (1 if self.convention.mac_or_flop == "mac" else 2)
        batch = self.convention.batch
        return {
            "units": batch * units,
            "weights": weights,
            "biases": biases,
            "parameters": weights + biases,
            "connections": batch * (products + to_biases),
            "operations": batch * (operations + to_biases),
        }

    def _taps(self, axis: int) -> int:
        length, kernel, outputs = self.before[axis], self.kernel[axis], self.after[axis]
        low, _ = self.padding[axis]
        if self.taps:
            return outputs * kernel
        return taps_on_input(length, kernel, self.stride[axis], low, outputs, self.dilation[axis])

    @property
    def windows(self) -> tuple[int, ...]:
        """Sizes after the layer, from those before it."""
        sides = zip(self.before, self.kernel, self.stride, map(sum, self.padding), self.dilation, strict=True)
        return tuple(windows(*side) for side in sides)


def facts_of(row: Row, account: Account) -> Facts | None:
    """Facts of a layer, None where it is of another kind or in a loop."""
    if len(row.path) != 1 or row.kind not in ("convolution", "affine"):
        return None
    number = row.path[0]
    node, unit = account.graph.nodes[number], account.graph.units[number]
    settings, bias = node.settings, bool(node.settings.get("bias"))
    if row.kind == "affine":
        return _of_product(row, _whole(settings["contracted"]), bias, account.convention)
    assert unit is not None
    (_, _, *before), _, (_, _, *after) = layout(settings)
    sources = iter(account.graph.nodes[number].shape for number in node.inputs)
    moved = [moved_shape(one, () if one.source is None else next(sources)) for one in unit.operands]
    maps, value = convolution_shapes(node, unit, moved)
    inputs, outputs = settings["channels"]  # type: ignore[misc]
    if any(spread > 1 for spread in settings.get("input_dilation", ())):  # type: ignore[attr-defined]
        return None
    names = ("kernel", "stride", "padding", "dilation")
    kernel, stride, padding, dilation = (tuple(settings[name]) for name in names)  # type: ignore[arg-type]
    small, large = tuple(value[axis] for axis in after), tuple(maps[axis] for axis in before)
    groups, taps = _whole(settings["groups"]), account.convention.padding_taps
    return Facts(
        inputs, outputs, kernel, large, small, stride, padding, groups, bias, taps, dilation, account.convention
    )


def _of_product(row: Row, inputs: int, bias: bool, convention: Convention) -> Facts | None:
    """Facts of a fully connected layer; its units are so many outputs for each of so many places."""
    if row.counts.units is None or not row.counts.units.terms:
        return None
    outputs = row.counts.units.terms[0][-1][0]
    places = int(row.counts.units) // outputs // convention.batch
    return Facts(inputs, outputs, after=(places,) if places > 1 else (), bias=bias, convention=convention)


def _whole(value: object) -> int:
    return int(value)  # type: ignore[call-overload]
