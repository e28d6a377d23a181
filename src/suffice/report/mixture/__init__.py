"""The page about a mixture, section by section."""
