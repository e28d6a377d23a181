"""What runs underneath: NumPy or JAX, precision, compilation, random keys, threads, progress, and names imported late."""

from suffice.runtime import forked
from suffice.runtime.road import ROADS, computed_by

__all__ = ["ROADS", "computed_by"]
