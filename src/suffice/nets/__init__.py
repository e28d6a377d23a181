"""Small neural networks and their losses, learned with ``suffice.fit.descend``."""

from suffice.nets.batch_network import BatchNetwork, evaluate, forward, initial_state
from suffice.nets.losses import classification_loss, cross_entropy, softmax_vjp
from suffice.nets.mlp import MLP

__all__ = [
    "MLP",
    "BatchNetwork",
    "classification_loss",
    "cross_entropy",
    "evaluate",
    "forward",
    "initial_state",
    "softmax_vjp",
]
