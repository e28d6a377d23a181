"""Which mixture suits the data: numbers of components, parameters and families, compared by one criterion."""

from suffice.selection.result import Selection
from suffice.selection.search import select

__all__ = ["Selection", "select"]
