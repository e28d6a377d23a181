"""The page about a restricted Boltzmann machine."""
