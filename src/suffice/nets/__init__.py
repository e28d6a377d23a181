"""Small neural networks and their losses, learned with ``suffice.fit.descend``."""

from suffice.nets.losses import classification_loss, cross_entropy, softmax_vjp
from suffice.nets.mlp import MLP

__all__ = ["MLP", "classification_loss", "cross_entropy", "softmax_vjp"]
