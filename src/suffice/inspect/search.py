"""Which sizes of a network meet constraints."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from inspect import signature
from typing import Any, TypeAlias

import equinox as eqx

from suffice.inspect.accounting import Account, account
from suffice.inspect.constraints import Constraint, Constraints, read_constraints
from suffice.inspect.convention import Convention, ConventionLike, as_convention
from suffice.inspect.of_network import InputShape
from suffice.inspect.tabular import Table, Tabular
from suffice.inspect.windows import reach
from suffice.nets.batch_network import BatchNetwork

LARGEST = 2**20
Quantity: TypeAlias = Callable[[str, int], int]
"""A quantity, by its name, at a size of the network."""


@dataclass(frozen=True)
class NetSolution(Tabular):
    """The sizes that meet all constraints: all whole numbers from ``smallest`` to ``largest``.

    Attributes
    ----------
    unknown
        What was looked for: ``"layers"``, ``"batch"``, or the name of the parameter of the function that makes networks.
    smallest, largest
        The first and the last size; ``largest`` is None where nothing bounds it up to the end of the search.
    values
        The constrained quantities at the smallest size and at the largest, by name.
    notes
        Sentences that say what was searched.

    Examples
    --------
    >>> from suffice.inspect import solve_net
    >>> from suffice.nets import MLP
    >>> found = solve_net("weights <= 100", lambda width: MLP(4, [width], 3, key=0), (4,))
    >>> found.unknown, found.smallest, found.largest
    ('width', 1, 14)
    """

    unknown: str
    smallest: int
    largest: int | None
    values: dict[str, tuple[int, int | None]]
    notes: tuple[str, ...]

    def table(self) -> Table:
        """One line for the unknown, and one for each constrained quantity."""
        rows = (
            (self.unknown, self.smallest, _open(self.largest)),
            *((n, a, _open(b)) for n, (a, b) in self.values.items()),
        )
        return Table(("", "smallest", "largest"), tuple(rows), notes=self.notes)


def solve_net(
    constraints: Constraints,
    net: Callable[..., Any] | None = None,
    input_shape: InputShape | None = None,
    *,
    convention: ConventionLike = "course",
    most: int = 65_536,
) -> NetSolution:
    """The sizes of a network that meet constraints: its number of layers, its batch, or any size that a function takes.

    Without ``net``, the unknown is how many convolutions of one kind follow one another. With a network, it is the number of
    examples in a batch. With a function of one whole number that makes networks, it is that number.

    Quantities are taken to grow all the way with the unknown, or to fall all the way: sizes are doubled until a constraint is
    met, or no longer met, and the bound between two of them is found by halving. Networks are traced, never made.

    Parameters
    ----------
    constraints
        Such as ``"receptive field >= 32, kernel 3, stride 1"``, ``"weights <= 1e6"``, ``"backward bytes <= 8 GB"``, or a list
        of these. Quantities are those of ``account``'s totals, the receptive field of the last layer that has one, and the
        bytes that the backward rules need (``GB`` is 1000³, ``GiB`` 1024³).
    net
        None, a network, or a function of one whole number such as ``lambda width: MLP(784, [width], 10, key=0)``.
    input_shape
        Shape of an example.
    convention
        As for ``account``.
    most
        Largest size that is tried, up to 1,048,576.

    Raises
    ------
    ValueError
        When no size meets all constraints: the sentence says which one to loosen.

    Examples
    --------
    >>> from suffice.inspect import solve_net
    >>> solve_net("receptive field >= 32, kernel 3, stride 1").smallest
    16
    >>> from suffice.nets import MLP
    >>> solve_net("weights <= 1 M", lambda width: MLP(784, [width], 10, key=0), (784,)).largest
    1259
    """
    wanted, settings = read_constraints(constraints)
    if not wanted:
        raise ValueError("No quantity is constrained; add one such as 'receptive field >= 32'.")
    if not isinstance(most, int) or not 1 <= most <= LARGEST:
        raise ValueError(f"most={most!r} was given; a whole number from 1 to {LARGEST} is expected.")
    unknown, quantity = _question(net, input_shape, wanted, settings, as_convention(convention))
    found = [_range(constraint, quantity, most) for constraint in wanted]
    smallest, largest = max(low for low, _ in found), min(high for _, high in found)
    if smallest > largest:
        raise ValueError(_nothing(unknown, wanted, found, quantity, most))
    last = None if largest == most else largest
    values = {
        one.quantity: (quantity(one.quantity, smallest), None if last is None else quantity(one.quantity, last))
        for one in wanted
    }
    return NetSolution(unknown, smallest, last, values, (f"Searched from 1 to {most:,}.",))


def _question(
    net: Callable[..., Any] | None,
    input_shape: InputShape | None,
    wanted: list[Constraint],
    settings: dict[str, int],
    convention: Convention,
) -> tuple[str, Quantity]:
    """What is unknown, and the quantities by its size."""
    if net is None:
        return "layers", _of_layers(wanted, settings)
    if settings:
        raise ValueError(f"{next(iter(settings))} describes layers of one kind; leave it out where a network is given.")
    if input_shape is None:
        raise ValueError("input_shape is missing: give the shape of an example, such as (3, 227, 227).")
    if _makes_networks(net):
        return next(iter(signature(net).parameters)), _of_sizes(net, input_shape, convention)
    return "batch", _of_batches(net, input_shape, convention)


def _of_layers(wanted: list[Constraint], settings: dict[str, int]) -> Quantity:
    """Receptive fields of as many convolutions of one kind."""
    others = [one.text for one in wanted if one.quantity != "receptive field"]
    if others or not settings.get("kernel"):
        raise ValueError(
            f"{others[0]!r} needs a network: give a function of one whole number that makes it."
            if others
            else "Which layers? Add their kernel, such as 'kernel 3', or give a network."
        )
    step = reach(settings["kernel"], settings.get("dilation", 1)) - 1
    stride = settings.get("stride", 1)

    def quantity(name: str, layers: int) -> int:
        return 1 + step * (layers if stride == 1 else (stride**layers - 1) // (stride - 1))

    return quantity


def _makes_networks(net: Callable[..., Any]) -> bool:
    """Whether a function takes a whole number and gives a network."""
    if isinstance(net, eqx.Module):
        return False
    try:
        return len(signature(net).parameters) == 1 and _is_network(eqx.filter_eval_shape(lambda: net(8)))
    except Exception:
        return False


def _is_network(made: Any) -> bool:
    return callable(made) or isinstance(made, BatchNetwork)


def _of_sizes(net: Callable[..., Any], input_shape: InputShape, convention: Convention) -> Quantity:
    made = cache(lambda size: account(lambda: net(size), input_shape, convention))
    return lambda name, size: _of_account(made(size), name)


def _of_batches(net: Any, input_shape: InputShape, convention: Convention) -> Quantity:
    """What grows with the batch grows evenly: two of them tell all."""
    made = cache(lambda batch: account(net, input_shape, replace(convention, batch=batch)))

    def quantity(name: str, batch: int) -> int:
        one, two = _of_account(made(1), name), _of_account(made(2), name)
        return one + (batch - 1) * (two - one)

    return quantity


def _of_account(found: Account, name: str) -> int:
    if name == "backward bytes":
        return found.backward.total_needed
    if name == "receptive field":
        sizes = [min(row.receptive_field.size) for row in found.rows if row.receptive_field is not None]
        return sizes[-1] if sizes else 0
    return int(getattr(found.total, name))


def _range(constraint: Constraint, quantity: Quantity, most: int) -> tuple[int, int]:
    """First and last size that meet a constraint; the first above the last where none does."""
    if constraint.sign == "=":
        sides = [_range(replace(constraint, sign=sign), quantity, most) for sign in ("<=", ">=")]
        return max(low for low, _ in sides), min(high for _, high in sides)

    def holds(size: int) -> bool:
        return constraint.holds(quantity(constraint.quantity, size))

    start = holds(1)
    first = _first_change(lambda size: holds(size) is not start, most)
    if start:
        return 1, most if first is None else first - 1
    return (most + 1, 0) if first is None else (first, most)


def _first_change(changed: Callable[[int], bool], most: int) -> int | None:
    """The first size above 1 at which something has changed, if it changes once and for all."""
    low, high = 1, 1
    while not changed(high):
        if high == most:
            return None
        low, high = high, min(2 * high, most)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if changed(middle) else (middle, high)
    return high


def _nothing(
    unknown: str, wanted: list[Constraint], found: list[tuple[int, int]], quantity: Quantity, most: int
) -> str:
    """Which constraint to loosen."""
    told = [_told(one, *ends, quantity, most) for one, ends in zip(wanted, found, strict=True)]
    never = [repr(one.text) for one, (low, high) in zip(wanted, found, strict=True) if low > high]
    return (
        f"No {unknown} from 1 to {most:,} meets all constraints: {'; '.join(told)}. "
        f"Loosen {' and '.join(never) or 'one of them'}."
    )


def _told(one: Constraint, low: int, high: int, quantity: Quantity, most: int) -> str:
    if low <= high:
        return f"{one.text!r} holds from {low:,} to {high:,}"
    if one.sign == "=" and high >= 1 and low <= most:
        below, above = quantity(one.quantity, high), quantity(one.quantity, low)
        return f"{one.quantity} are {below:,} at {high:,} and {above:,} at {low:,}"
    return f"{one.text!r} holds for none"


def _open(bound: int | None) -> int | str:
    return "any" if bound is None else bound
