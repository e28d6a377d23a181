"""The page about a classifier."""
