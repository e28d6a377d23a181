"""The page about a network."""
