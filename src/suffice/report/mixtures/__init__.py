"""The page about a mixture, part by part."""
