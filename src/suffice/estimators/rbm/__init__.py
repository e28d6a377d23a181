"""Estimators of restricted Boltzmann machines."""
