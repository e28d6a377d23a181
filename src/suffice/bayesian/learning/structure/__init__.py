"""Structures from rows: scores of families, the tree of highest likelihood, hill climbing."""
