"""Why another count is another number."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from suffice.inspect.accounting import Account, account, account_of
from suffice.inspect.convention import Convention, ConventionLike
from suffice.inspect.flow import POOLING
from suffice.inspect.of_network import InputShape, Network
from suffice.inspect.tabular import Table, Tabular
from suffice.inspect.xla import ELEMENTS, PADDING, PRODUCTS, UNCHANGING, counted_by_xla, expected_of_xla
from suffice.validation import check_choice

MULTIPLYING = {"convolution", "affine", "matrix product", "attention"}
POOLING_KIND, UNRULED, ROUNDING = "pooling", "layers without a rule", "XLA's rounding to single precision"


@dataclass(frozen=True)
class Reconciliation(Tabular):
    """The way from our FLOPs to another count, in named steps.

    Attributes
    ----------
    ours, theirs
        FLOPs by the account's convention, a multiplication and its addition counted as 2, and by the other count.
    causes
        FLOPs that each cause adds, or takes away; together they lead from one to the other.
    notes
        Sentences that stand under the table.

    Examples
    --------
    >>> import numpy as np
    >>> from suffice.inspect import reconcile
    >>> found = reconcile(lambda x: np.ones((2, 3)) @ x, (3,))
    >>> found.ours, found.theirs, found.causes
    (12, 12, {})
    """

    ours: int
    theirs: int
    causes: dict[str, int]
    notes: tuple[str, ...]

    @property
    def unexplained(self) -> int:
        """What no cause explains."""
        return self.theirs - self.ours - sum(self.causes.values())

    def table(self) -> Table:
        """One line a cause."""
        rest = {"not explained": self.unexplained} if self.unexplained else {}
        lines = {"this account": self.ours, **self.causes, **rest}
        return Table(("cause", "FLOPs"), tuple(lines.items()), ("XLA", self.theirs), self.notes)


def reconcile(
    net: Network | Account,
    input_shape: InputShape | None = None,
    against: str = "xla",
    convention: ConventionLike = "course",
) -> Reconciliation:
    """Why XLA's count of FLOPs (``cost_analysis`` of the program before it is optimised) is not that of an account.

    XLA leaves out taps on padding, counts the body of a loop once whatever its turns, and counts element-by-element
    operations and reductions, but no exponentials and their like.

    Parameters
    ----------
    net, input_shape, convention
        As for ``account``; or an account, whose own shape and convention are taken.
    against
        ``"xla"``.

    Raises
    ------
    ValueError
        When ``against`` is another name, or the network does not take such an input.

    Examples
    --------
    >>> import jax
    >>> import numpy as np
    >>> from suffice.inspect import reconcile
    >>> kernel = np.ones((2, 1, 2, 2), np.float32)
    >>> def convolved(x):
    ...     return jax.lax.conv_general_dilated(x, kernel, (1, 1), "SAME")
    >>> print(reconcile(convolved, (1, 1, 4, 4)))
    cause         FLOPs
    -------------------
    this account    256
    padding taps    -60
    -------------------
    XLA             196
    FLOPs of this account: a multiplication and its addition are 2, padding counts, biases are not counted,
    element-by-element operations are not counted.
    """
    check_choice("against", against, ("xla",))
    if isinstance(net, Account):
        given = net
    elif input_shape is None:
        raise ValueError("input_shape is missing: give the shape of an example, such as (3, 227, 227), or an account.")
    else:
        given = account(net, input_shape, convention)
    convention = replace(given.convention, mac_or_flop="flop", batch=1)
    ours = account_of(given.graph, given.source, convention).total.operations
    plain = account_of(given.graph, given.source, replace(convention, bias=False))
    causes, theirs = _causes(plain, int(ours)), counted_by_xla(given.graph)
    unchanging = causes.pop(UNCHANGING, 0)
    rest = theirs - int(ours) - sum(causes.values())
    if unchanging and rest == unchanging:
        causes[UNCHANGING], rest = rest, 0
    if rest and abs(rest) <= np.spacing(np.float32(theirs)):
        causes[ROUNDING] = rest
    return Reconciliation(int(ours), theirs, causes, (_told(convention),))


def _causes(plain: Account, ours: int) -> dict[str, int]:
    """Differences by kind; ``plain`` counts no biases."""
    nodes, unknown = plain.graph.nodes, {row.path[0] for row in plain.rows if row.operations is None}
    kinds: Counter[str] = Counter()
    for node, expected in zip(nodes, expected_of_xla(plain.graph), strict=True):
        alone = POOLING_KIND if node.operation in POOLING else UNRULED if node.number in unknown else None
        counted = {kind: count for kind, count in expected.items() if alone is None or kind != UNCHANGING}
        kinds.update(counted if alone is None else {alone: sum(counted.values())})
    products = sum(row.operations or 0 for row in plain.rows if row.kind in MULTIPLYING)
    kinds[PADDING] += kinds.pop(PRODUCTS, 0) - products
    kinds[ELEMENTS] -= ours - products
    return {kind: count for kind, count in kinds.items() if count}


def _told(convention: Convention) -> str:
    padding = "counts" if convention.padding_taps else "does not count"
    biases = "are additions" if convention.bias else "are not counted"
    return (
        f"FLOPs of this account: a multiplication and its addition are 2, padding {padding}, biases {biases}, "
        "element-by-element operations are not counted."
    )
