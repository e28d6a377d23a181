"""Restricted Boltzmann machines: modules, and their likelihoods by enumeration, annealing and tempering."""
