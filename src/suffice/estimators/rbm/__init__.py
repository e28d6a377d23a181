"""Restricted Boltzmann machines with scikit-learn's manners, one a file."""
