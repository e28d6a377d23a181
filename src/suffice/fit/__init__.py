"""How parameters move: expectation-maximisation, gradient descent, contrastive learning."""

from suffice.fit.em import em

__all__ = ["em"]
