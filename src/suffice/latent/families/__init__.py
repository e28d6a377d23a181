"""Exponential families: the distributions that components can have, one a file."""
