"""How parameters move: expectation-maximisation, gradient descent, contrastive learning."""

from suffice.fit.contrast import contrast
from suffice.fit.descend import descend
from suffice.fit.em import em

__all__ = ["contrast", "descend", "em"]
