"""What a network says of the classes of rows, and how well."""

from __future__ import annotations

import equinox as eqx
import numpy as np

from suffice.nets import evaluate
from suffice.nets.batch_network import Network, NetworkState
from suffice.rows.each import each_row


def logits_of(net: Network, running: NetworkState, rows: np.ndarray, precision: str) -> np.ndarray:
    """Logits (n, K) of rows (n, ...)."""
    return each_row(eqx.Partial(evaluate, net, state=running), rows, precision)


@np.errstate(all="ignore")
def loss_and_error(logits: np.ndarray, codes: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    """Weighted mean cross-entropy in nats, and share of wrong predictions."""
    below = logits.max(1)[:, None] - logits.astype(np.float64)
    loss = np.log(np.exp(-below).sum(1)) + below[np.arange(len(codes)), codes]
    wrong, total = logits.argmax(1) != codes, weight.sum()
    return {"loss": float(weight @ loss / total), "error": float(weight @ wrong / total)}
