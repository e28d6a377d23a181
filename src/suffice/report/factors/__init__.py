"""The page about a factor model."""
