"""Restricted Boltzmann machines: modules, their Markov chains, and their partition functions."""
