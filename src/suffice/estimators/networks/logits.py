"""What a network says of the classes of rows, and how well."""

from __future__ import annotations

import equinox as eqx
import numpy as np
from scipy.special import log_softmax

from suffice.nets import evaluate
from suffice.nets.batch_network import Network, NetworkState
from suffice.rows.each import each_row


def logits_of(net: Network, running: NetworkState, rows: np.ndarray, precision: str) -> np.ndarray:
    """Logits (n, K) of rows (n, ...)."""
    return each_row(eqx.Partial(evaluate, net, state=running), rows, precision)


def loss_and_error(logits: np.ndarray, codes: np.ndarray, weight: np.ndarray) -> dict[str, float]:
    """Weighted mean cross-entropy in nats, and share of wrong predictions."""
    own = np.take_along_axis(log_softmax(logits.astype(np.float64), axis=1), codes[:, None], 1)[:, 0]
    wrong = logits.argmax(1) != codes
    return {"loss": float(np.average(-own, weights=weight)), "error": float(np.average(wrong, weights=weight))}
